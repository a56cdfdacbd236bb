/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __UM_DOMAIN_H
#define __UM_DOMAIN_H

#include <linux/pgtable.h>
#include <linux/smp-internal.h>
#include <linux/types.h>

#define ARCH_DOMAIN_INSN_ALIGN	1
#define ARCH_DOMAIN_CALL_PUSHED	8

/* Interrupts run on a signal stack per CPU */
static inline size_t arch_domain_stack_left(unsigned long sp)
{
	unsigned long start = sp & ~(THREAD_SIZE - 1);

	if (start < (unsigned long)cpu_irqstacks ||
	    start >= (unsigned long)cpu_irqstacks + sizeof(cpu_irqstacks))
		return 0;
	return sp - start;
}

static inline void arch_domain_fill_thunks(void *thunks, unsigned long addr,
					   size_t size)
{
}

#endif /* __UM_DOMAIN_H */
