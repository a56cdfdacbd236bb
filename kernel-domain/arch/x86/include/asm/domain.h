/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_DOMAIN_H
#define _ASM_X86_DOMAIN_H

/* Bytes of registers that domain_gate() saves below its frame pointer */
#define DOMAIN_GATE_SAVED	(5 * 8)

#ifndef __ASSEMBLER__

#include <linux/cpufeature.h>
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

/*
 * An NMI will do, if pages can be made not executable at all. On Xen PV a flush
 * is a hypercall, whose buffer an NMI may find in use.
 */
static inline bool arch_domain_revoke_by_irq(void)
{
	return !(__supported_pte_mask & _PAGE_NX) ||
	       cpu_feature_enabled(X86_FEATURE_XENPV);
}

bool arch_domain_in_thunk(unsigned long ip);
void arch_domain_resume(struct pt_regs *regs, unsigned long sp,
			unsigned long irqflags, long ret);

#ifdef CONFIG_DOMAIN_FAULT
#define arch_domain_revoke_on	arch_domain_revoke_on
void arch_domain_revoke_on(unsigned int cpu, unsigned long start,
			   unsigned long end);

bool domain_trap(struct pt_regs *regs, int trapnr, unsigned long error_code,
		 unsigned long addr);
#else
static inline bool domain_trap(struct pt_regs *regs, int trapnr,
			       unsigned long error_code, unsigned long addr)
{
	return false;
}
#endif

#endif /* __ASSEMBLER__ */

#endif /* _ASM_X86_DOMAIN_H */
