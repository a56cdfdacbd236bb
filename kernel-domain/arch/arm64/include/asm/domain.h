/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_DOMAIN_H
#define __ASM_DOMAIN_H

#include <linux/pgtable.h>
#include <linux/types.h>

#include <asm/stacktrace.h>

#define ARCH_DOMAIN_INSN_ALIGN	4

static inline size_t arch_domain_stack_left(unsigned long sp)
{
	return on_irq_stack(sp, 1) ? sp - stackinfo_get_irq().low : 0;
}

static inline void arch_domain_fill_thunks(void *thunks, unsigned long addr,
					   size_t size)
{
}

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return !(pte_val(pte) & PTE_PXN);
}

#endif /* __ASM_DOMAIN_H */
