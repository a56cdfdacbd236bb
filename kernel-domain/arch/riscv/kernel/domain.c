// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what is particular to riscv
 */
#include <linux/array_size.h>
#include <linux/domain_fault.h>
#include <linux/kprobes.h>
#include <linux/sched.h>

#include <asm/csr.h>
#include <asm/domain.h>
#include <asm/ptrace.h>

#define AUIPC_T0	0x00000297U
#define JR_T0		0x00028067U

/**
 * arch_domain_fill_thunks - let an image call the kernel's check of the stack
 * @thunks: the slot, writable
 * @addr: where it will run, within the reach of modules
 * @size: its size in bytes
 */
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size)
{
	u32 offset = (unsigned long)domain_stack_check - addr;
	u32 *insn = thunks;

	/* the low part is signed */
	insn[0] = AUIPC_T0 | ((offset + 0x800) & 0xfffff000);
	insn[1] = JR_T0 | offset << 20;
}

/* By cause. What is not the doing of the code that runs has no name. */
static const char * const domain_trap_names[] = {
	[EXC_INST_MISALIGNED] = "misaligned branch",
	[EXC_INST_ACCESS] = "access fault (execute)",
	[EXC_INST_ILLEGAL] = "illegal instruction",
	[EXC_BREAKPOINT] = "breakpoint",
	[EXC_LOAD_MISALIGNED] = "misaligned read",
	[EXC_LOAD_ACCESS] = "access fault (read)",
	[EXC_STORE_MISALIGNED] = "misaligned write",
	[EXC_STORE_ACCESS] = "access fault (write)",
	[EXC_INST_PAGE_FAULT] = "page fault (execute)",
	[EXC_LOAD_PAGE_FAULT] = "page fault (read)",
	[EXC_STORE_PAGE_FAULT] = "page fault (write)",
};

/**
 * domain_trap - contain a trap if a domain made it
 * @regs: registers at the trap, of user or kernel mode
 *
 * Context: the trap handler, before it enables interrupts. Those of page faults
 * have entered like interrupts, all others like NMIs.
 * Return: whether the handler shall return.
 */
bool domain_trap(struct pt_regs *regs)
{
	unsigned long addr = regs->badaddr;
	unsigned int flags = 0;
	const char *name;

	if (user_mode(regs) || likely(!current->domain_frame))
		return false;
	if (regs->cause >= ARRAY_SIZE(domain_trap_names))
		return false;
	name = domain_trap_names[regs->cause];
	if (!name)
		return false;
	if (regs->epc == (unsigned long)domain_stack_overflow)
		name = "stack overflow";

	switch (regs->cause) {
	case EXC_INST_PAGE_FAULT:
		flags = DOMAIN_FAULT_FETCH;
		break;
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		break;
	case EXC_INST_MISALIGNED:
	case EXC_INST_ACCESS:
		flags = DOMAIN_FAULT_FETCH | DOMAIN_FAULT_NMI;
		break;
	case EXC_INST_ILLEGAL:
	case EXC_BREAKPOINT:
		/* some CPUs give the instruction, or where it is */
		addr = 0;
		fallthrough;
	default:
		flags = DOMAIN_FAULT_NMI;
		break;
	}
	return domain_handle_fault(regs, name, addr, flags);
}
NOKPROBE_SYMBOL(domain_trap);
