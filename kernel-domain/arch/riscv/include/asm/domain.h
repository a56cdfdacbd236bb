/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_RISCV_DOMAIN_H
#define _ASM_RISCV_DOMAIN_H

#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/types.h>

#include <asm/irq_stack.h>

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

static inline void arch_domain_fill_thunks(void *thunks, unsigned long addr,
					   size_t size)
{
}

static inline bool arch_domain_pte_exec(pte_t pte)
{
	return pte_val(pte) & _PAGE_EXEC;
}

#endif /* _ASM_RISCV_DOMAIN_H */
