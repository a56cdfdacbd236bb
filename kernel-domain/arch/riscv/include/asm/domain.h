/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_RISCV_DOMAIN_H
#define _ASM_RISCV_DOMAIN_H

/*
 * The frame of domain_gate(), below its frame pointer: s0 to s11 and ra, rounded
 * up to the stack's alignment of 16 bytes
 */
#define DOMAIN_GATE_FRAME	(14 * 8)

#ifndef __ASSEMBLER__

#include <linux/domain_fault.h>
#include <linux/kasan.h>	/* asm/irq_stack.h uses it */
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/types.h>

#include <asm/csr.h>
#include <asm/irq_stack.h>
#include <asm/ptrace.h>
#include <asm/sbi.h>

#define ARCH_DOMAIN_INSN_ALIGN	2

static inline size_t arch_domain_stack_left(unsigned long sp)
{
#ifdef CONFIG_IRQ_STACKS
	unsigned long low = (unsigned long)raw_cpu_read(irq_stack_ptr);

	if (sp >= low && sp - low < IRQ_STACK_SIZE)
		return sp - low;
#endif
	return 0;
}

void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size);

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return pte_val(pte) & _PAGE_EXEC;
}

/* If the firmware does it, it does so by an interrupt of its own */
static inline bool arch_domain_revoke_by_irq(void)
{
	return !riscv_use_sbi_for_rfence();
}

/* In domain_gate.S: the check that each function of an image calls */
void domain_stack_check(void);
extern const char domain_stack_overflow[];

static inline bool arch_domain_in_thunk(unsigned long ip)
{
	return ip == (unsigned long)domain_stack_overflow;
}

/*
 * The bits of the status that make a difference to the kernel are as they were
 * at entry. gp is the kernel's, unless it is the shadow call stack's, which
 * could not have been lost: the trap handler uses it.
 */
static inline void arch_domain_resume(struct pt_regs *regs, unsigned long sp,
				      unsigned long irqflags, long ret)
{
	const unsigned long kept = SR_SUM | SR_FS_VS | SR_VS_THEAD | SR_ELP;

	regs->epc = (unsigned long)domain_gate_return;
	regs->sp = sp;
	/* for the unwinder */
	regs->s0 = sp + DOMAIN_GATE_FRAME;
	regs->a0 = ret;
	regs->status &= ~(kept | SR_PIE);
	regs->status |= irqflags & kept;
	if (irqflags & SR_IE)
		regs->status |= SR_PIE;
	if (!IS_ENABLED(CONFIG_SHADOW_CALL_STACK))
		asm volatile("mv %0, gp" : "=r" (regs->gp));
}

#ifdef CONFIG_DOMAIN_FAULT
bool domain_trap(struct pt_regs *regs);
#else
static inline bool domain_trap(struct pt_regs *regs)
{
	return false;
}
#endif

#endif /* __ASSEMBLER__ */

#endif /* _ASM_RISCV_DOMAIN_H */
