/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_DOMAIN_H
#define _ASM_X86_DOMAIN_H

#include <linux/pgtable.h>
#include <linux/types.h>

#define ARCH_DOMAIN_INSN_ALIGN	1

size_t arch_domain_stack_left(unsigned long sp);
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size);

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return !(pte_flags(pte) & _PAGE_NX);
}

#endif /* _ASM_X86_DOMAIN_H */
