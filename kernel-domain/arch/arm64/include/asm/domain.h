/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_DOMAIN_H
#define __ASM_DOMAIN_H

#include <linux/cpufeature.h>
#include <linux/domain_fault.h>
#include <linux/pgtable.h>
#include <linux/types.h>

#include <asm/daifflags.h>
#include <asm/ptrace.h>
#include <asm/stacktrace.h>

#define ARCH_DOMAIN_INSN_ALIGN	4

static inline size_t arch_domain_stack_left(unsigned long sp)
{
	return on_irq_stack(sp, 1) ? sp - stackinfo_get_irq().low : 0;
}

void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size);

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return !(pte_val(pte) & PTE_PXN);
}

/* Other CPUs' TLBs are invalidated by an instruction */
static inline bool arch_domain_revoke_by_irq(void)
{
	return false;
}

/* In domain_gate.S: the check that each function of an image calls */
void domain_stack_check(void);
extern const char domain_stack_overflow[];

static inline bool arch_domain_in_thunk(unsigned long ip)
{
	return ip == (unsigned long)domain_stack_overflow;
}

static inline bool domain_trap_brk(struct pt_regs *regs)
{
	return domain_handle_fault(regs, arch_domain_in_thunk(regs->pc) ?
				   "stack overflow" : "breakpoint", 0,
				   DOMAIN_FAULT_DEBUG);
}

/* In domain_gate.S */
extern const char domain_gate_recover[];

/*
 * The shadow call stack is as it was at entry, since images do not use it. A
 * return to domain_gate_recover need not land on BTI.
 */
static inline void arch_domain_resume(struct pt_regs *regs, unsigned long sp,
				      unsigned long irqflags, long ret)
{
	regs->pc = (unsigned long)domain_gate_recover;
	regs->regs[0] = ret;
	regs->regs[1] = sp;
	/* for the unwinder */
	regs->regs[29] = sp;
	/* a domain that set one of these leaves it behind otherwise */
	regs->pstate &= ~(DAIF_MASK | PSR_BTYPE_MASK | PSR_IL_BIT | PSR_TCO_BIT);
	if (system_uses_irq_prio_masking())
		regs->pmr = irqflags;
	else
		regs->pstate |= irqflags & DAIF_MASK;
	if (system_uses_hw_pan())
		regs->pstate |= PSR_PAN_BIT;
}

#endif /* __ASM_DOMAIN_H */
