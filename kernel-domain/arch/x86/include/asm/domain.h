/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_DOMAIN_H
#define _ASM_X86_DOMAIN_H

#include <linux/domain_fault.h>
#include <linux/pgtable.h>
#include <linux/types.h>

#include <asm/ptrace.h>
#include <asm/trapnr.h>

#define ARCH_DOMAIN_INSN_ALIGN	1
#define ARCH_DOMAIN_CALL_PUSHED	8

size_t arch_domain_stack_left(unsigned long sp);
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size);

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return !(pte_flags(pte) & _PAGE_NX);
}

/* Does a CPU learn by an interrupt that it may not execute a page any more? */
static inline bool arch_domain_revoke_by_irq(void)
{
	return true;
}

bool arch_domain_in_thunk(unsigned long ip);
void arch_domain_resume(struct pt_regs *regs, unsigned long sp,
			unsigned long irqflags, long ret);

#ifdef CONFIG_DOMAIN_FAULT
bool domain_trap(struct pt_regs *regs, int trapnr, unsigned long error_code,
		 unsigned long addr);
#else
static inline bool domain_trap(struct pt_regs *regs, int trapnr,
			       unsigned long error_code, unsigned long addr)
{
	return false;
}
#endif

#endif /* _ASM_X86_DOMAIN_H */
