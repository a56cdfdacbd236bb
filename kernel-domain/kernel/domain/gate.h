/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering a domain, inlined into each kind of proxy
 */
#ifndef _KERNEL_DOMAIN_GATE_H
#define _KERNEL_DOMAIN_GATE_H

#include <asm/domain.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched/task_stack.h>

#include "domain.h"

/*
 * What must be left of the stack when a domain is entered: a quarter, which the
 * functions of an image leave to the services and the interrupts that run on top
 * of them (DOMAIN_STACK_KEPT on x86), and what a method may use that does not
 * look for itself (__domain_method).
 */
#define DOMAIN_STACK_RESERVE	(THREAD_SIZE / 4 + 2048UL)

long domain_enter_other_stack(unsigned long a0, unsigned long a1,
			      unsigned long a2, unsigned long a3,
			      struct domain *d, domain_fn_t fn, u16 flags);

/*
 * Call @fn of @d. The caller holds @d: by RCU, by SRCU, by a reference of the
 * slot's users, or because it alone knows the domain.
 *
 * An interrupt that arrives while the chain is changed links and unlinks its
 * own frame and leaves the chain as it found it, so a plain store of the
 * pointer is enough; the barrier keeps the compiler from making the frame
 * visible before it is complete.
 */
static __always_inline long domain_enter_frame(unsigned long a0,
					       unsigned long a1,
					       unsigned long a2,
					       unsigned long a3,
					       struct domain *d, domain_fn_t fn,
					       u16 flags)
{
	struct domain_frame frame __uninitialized;
	struct task_struct *task = current;
	long ret;

	frame.prev = task->domain_frame;
	frame.task = task;
	frame.domain = d;
	frame.irqflags = arch_local_save_flags();
	frame.preempt_count = preempt_count();
#ifdef CONFIG_PREEMPT_RCU
	frame.rcu_nesting = task->rcu_read_lock_nesting;
#endif
#ifdef CONFIG_LOCKDEP
	frame.lockdep_depth = task->lockdep_depth;
#endif
	frame.in_service = 0;
	frame.flags = flags;
	frame.ticks = 0;
	barrier();
	WRITE_ONCE(task->domain_frame, &frame);
	ret = domain_gate(a0, a1, a2, a3, &frame, fn);
	/* from the frame: a register kept for it would be saved twice */
	WRITE_ONCE(frame.task->domain_frame, frame.prev);
	return ret;
}

/* As above, after a look at the stack. Returns -ENOBUFS if it is too short. */
static __always_inline long domain_enter(unsigned long a0, unsigned long a1,
					 unsigned long a2, unsigned long a3,
					 struct domain *d, domain_fn_t fn,
					 u16 flags)
{
	unsigned long left = current_stack_pointer -
			     (unsigned long)task_stack_page(current);

	/* one comparison for "on the task's stack" and "far from its end" */
	if (unlikely(left - DOMAIN_STACK_RESERVE >=
		     THREAD_SIZE - DOMAIN_STACK_RESERVE))
		return domain_enter_other_stack(a0, a1, a2, a3, d, fn, flags);
	return domain_enter_frame(a0, a1, a2, a3, d, fn, flags);
}

#endif /* _KERNEL_DOMAIN_GATE_H */
