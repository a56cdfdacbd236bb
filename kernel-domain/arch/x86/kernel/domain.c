// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what is particular to x86
 */
#include <linux/domain_image.h>
#include <linux/extable.h>
#include <linux/init.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>

#include <asm/alternative.h>
#include <asm/apic.h>
#include <asm/domain.h>
#include <asm/nmi.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/stacktrace.h>
#include <asm/text-patching.h>
#include <asm/tlbflush.h>
#include <asm/trap_pf.h>

/**
 * arch_domain_stack_left - bytes between a stack pointer and its stack's end
 * @sp: a stack pointer of the current context
 *
 * Context: any.
 * Return: the bytes left, 0 for a stack on which no domain may run.
 */
size_t arch_domain_stack_left(unsigned long sp)
{
	struct stack_info info = {};
	unsigned long visited = 0;

	if (get_stack_info((unsigned long *)sp, current, &info, &visited))
		return 0;
	if (info.type != STACK_TYPE_TASK && info.type != STACK_TYPE_IRQ &&
	    info.type != STACK_TYPE_SOFTIRQ)
		return 0;
	return sp - (unsigned long)info.begin;
}

/* In domain_gate.S */
void domain_stack_check(void);
extern const char domain_stack_overflow[];

static void domain_put_jump(u8 *insn, unsigned long from, const void *to)
{
	s32 rel = (unsigned long)to - (from + JMP32_INSN_SIZE);

	insn[0] = JMP32_INSN_OPCODE;
	memcpy(insn + 1, &rel, sizeof(rel));
	memset(insn + JMP32_INSN_SIZE, INT3_INSN_OPCODE,
	       DOMAIN_IMAGE_X86_THUNK_SIZE - JMP32_INSN_SIZE);
}

/**
 * arch_domain_fill_thunks - lead an image's indirect branches to the kernel's
 * @thunks: the slots, writable
 * @addr: where they will run
 * @size: their size in bytes
 *
 * The image has plain instructions in the slots. Where this CPU needs a
 * mitigation they are replaced by jumps to the thunks that the kernel patched
 * for it at boot, as the BPF JIT does.
 *
 * Context: process context, before the image can run.
 */
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size)
{
	unsigned int slot, off;

	if (size != DOMAIN_IMAGE_X86_NR_THUNKS * DOMAIN_IMAGE_X86_THUNK_SIZE)
		return;

	for (slot = 0; slot < DOMAIN_IMAGE_X86_THUNK_RETURN; slot++) {
		off = slot * DOMAIN_IMAGE_X86_THUNK_SIZE;
		if (cpu_feature_enabled(X86_FEATURE_INDIRECT_THUNK_ITS))
			domain_put_jump(thunks + off, addr + off,
					its_static_thunk(slot));
		else if (cpu_feature_enabled(X86_FEATURE_RETPOLINE))
			domain_put_jump(thunks + off, addr + off,
					__x86_indirect_thunk_array[slot]);
	}
	off = DOMAIN_IMAGE_X86_THUNK_RETURN * DOMAIN_IMAGE_X86_THUNK_SIZE;
	if (cpu_wants_rethunk())
		domain_put_jump(thunks + off, addr + off, x86_return_thunk);

	off = DOMAIN_IMAGE_X86_THUNK_FENTRY * DOMAIN_IMAGE_X86_THUNK_SIZE;
	domain_put_jump(thunks + off, addr + off, domain_stack_check);
}

#ifdef CONFIG_DOMAIN_FAULT
static bool domain_in_array(unsigned long ip, const void *array, size_t size)
{
	return ip - (unsigned long)array < size;
}

/* That of call depth tracking has a second return, after 16 calls */
static size_t domain_return_thunk_size(void)
{
	return cpu_feature_enabled(X86_FEATURE_CALL_DEPTH) ? 192 : 32;
}

/**
 * arch_domain_in_thunk - is this one of the thunks that images branch by?
 * @ip: an instruction pointer
 *
 * A branch to an address that is not canonical faults at the branch itself,
 * which is in a thunk of the kernel's where the CPU needs a mitigation.
 *
 * Context: any.
 * Return: whether it is.
 */
bool arch_domain_in_thunk(unsigned long ip)
{
#ifdef CONFIG_MITIGATION_RETPOLINE
	if (domain_in_array(ip, __x86_indirect_thunk_array,
			    16 * sizeof(retpoline_thunk_t)))
		return true;
#endif
#ifdef CONFIG_MITIGATION_ITS
	if (domain_in_array(ip, __x86_indirect_its_thunk_array,
			    16 * sizeof(its_thunk_t)))
		return true;
#endif
	if (ip == (unsigned long)domain_stack_overflow)
		return true;
	/* however long the one is that was chosen: they are cache lines apart */
	return cpu_wants_rethunk() &&
	       domain_in_array(ip, x86_return_thunk, domain_return_thunk_size());
}

/**
 * arch_domain_resume - return from a trap to domain_gate_return
 * @regs: registers at the trap
 * @sp: the stack pointer of the frame
 * @irqflags: the flags of the frame
 * @ret: what domain_gate() shall return
 *
 * Context: the trap handler.
 */
void arch_domain_resume(struct pt_regs *regs, unsigned long sp,
			unsigned long irqflags, long ret)
{
	regs->ip = (unsigned long)domain_gate_return;
	regs->sp = sp;
	/* the unwinder goes by it */
	regs->bp = sp + DOMAIN_GATE_SAVED;
	regs->ax = ret;
	/* a domain that set one of these, or IOPL, leaves it behind otherwise */
	regs->flags &= ~(X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_AC |
			 X86_EFLAGS_TF | X86_EFLAGS_RF | X86_EFLAGS_NT |
			 X86_EFLAGS_IOPL);
	regs->flags |= irqflags & X86_EFLAGS_IF;
	/* with FRED, that the next instruction must be an ENDBR */
	regs->fred_cs.wfe = 0;
}

static const char *domain_trap_name(const struct pt_regs *regs, int trapnr,
				    unsigned long error_code)
{
	switch (trapnr) {
	case X86_TRAP_PF:
		if (error_code & X86_PF_INSTR)
			return "page fault (execute)";
		return error_code & X86_PF_WRITE ? "page fault (write)" :
						   "page fault (read)";
	case X86_TRAP_DE:
		return "divide error";
	case X86_TRAP_BP:
		return "breakpoint";
	case X86_TRAP_UD:
		if (regs->ip == (unsigned long)domain_stack_overflow)
			return "stack overflow";
		return "invalid opcode";
	case X86_TRAP_DF:
		return "double fault";
	case X86_TRAP_SS:
		return "stack segment";
	case X86_TRAP_GP:
		return "general protection";
	case X86_TRAP_AC:
		return "alignment check";
	case X86_TRAP_CP:
		return "control protection";
	default:
		return "trap";
	}
}

/**
 * domain_trap - contain a trap if a domain made it
 * @regs: registers at the trap, of user or kernel mode
 * @trapnr: X86_TRAP_*
 * @error_code: the CPU's
 * @addr: the address that could not be accessed, or 0
 *
 * Context: the trap handler, entered as far as RCU and lockdep go, before it
 * enables interrupts.
 * Return: whether the handler shall return.
 */
bool domain_trap(struct pt_regs *regs, int trapnr, unsigned long error_code,
		 unsigned long addr)
{
	unsigned int flags = 0;

	if (user_mode(regs) || likely(!current->domain_frame))
		return false;
	switch (trapnr) {
	case X86_TRAP_PF:
		/* not bit 4 of the error code: without NX there is none */
		if (addr == regs->ip)
			flags = DOMAIN_FAULT_FETCH;
		break;
	case X86_TRAP_GP:
	case X86_TRAP_SS:
		/* some CPUs branch to the address and then fault there */
		if (!kernel_text_address(regs->ip))
			flags = DOMAIN_FAULT_FETCH;
		break;
	case X86_TRAP_CP:
		/* the branch is over, nothing at its target was executed */
		flags = DOMAIN_FAULT_FETCH;
		break;
	case X86_TRAP_BP:
	case X86_TRAP_DF:
		flags = DOMAIN_FAULT_NMI;
		break;
	default:
		break;
	}
	return domain_handle_fault(regs,
				   domain_trap_name(regs, trapnr, error_code),
				   addr, flags);
}
NOKPROBE_SYMBOL(domain_trap);

/* An NMI was sent to the CPU, which it has not taken yet */
static DEFINE_PER_CPU(bool, domain_nmi_pending);

/**
 * arch_domain_revoke_on - revoke text for a CPU that takes no interrupt
 * @cpu: the CPU, online
 * @start: address of the text's first page
 * @end: address behind its last byte
 *
 * set_memory_nx() would wait for that CPU, perhaps before it changes anything.
 * Nor can this be left to a work: all other CPUs may be waiting for that one
 * already, to flush something else. So change the page table here.
 *
 * No lock is needed. domain_memory_verify() has found the text mapped by pages
 * of 4K; these stay until the domain is freed, and all that others do to them
 * meanwhile is to set the same bit. CPA makes a large page only of a full page
 * table of contiguous pages that are alike, as set_memory_rox() has tried when
 * the image was loaded.
 *
 * Other CPUs learn of it by domain_memory_revoke(). To call this when @cpu has
 * left the text is harmless.
 *
 * Context: any, with interrupts disabled, so that @cpu stays online; the text
 * stays mapped.
 */
void arch_domain_revoke_on(unsigned int cpu, unsigned long start,
			   unsigned long end)
{
	unsigned long addr;
	unsigned int level;
	pte_t *pte;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		pte = lookup_address(addr, &level);
		if (!WARN_ON_ONCE(!pte || level != PG_LEVEL_4K))
			set_pte(pte, pte_set_flags(ptep_get(pte), _PAGE_NX));
	}
	/* one is enough, and of two the second might be nobody's */
	if (!xchg(per_cpu_ptr(&domain_nmi_pending, cpu), true))
		__apic_send_IPI(cpu, NMI_VECTOR);
}

/*
 * Flush all of the TLB, whatever PCIDs there are and whether the kernel's pages
 * are global: so there is no need to say which pages it is about, and no domain
 * that an NMI might find freed. The loop could not be ended here, since the
 * registers of an NMI are a copy; but the next instruction that it fetches is a
 * fault like others.
 */
static int domain_nmi(unsigned int type, struct pt_regs *regs)
{
	if (!this_cpu_read(domain_nmi_pending))
		return NMI_DONE;
	/* first: who asks from now on asks for another one */
	this_cpu_write(domain_nmi_pending, false);
	__flush_tlb_all();
	return NMI_HANDLED;
}
NOKPROBE_SYMBOL(domain_nmi);

static int __init domain_nmi_init(void)
{
	return register_nmi_handler(NMI_LOCAL, domain_nmi, 0, "domain");
}
core_initcall(domain_nmi_init);
#endif
