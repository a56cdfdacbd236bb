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

long domain_enter_method_slow(unsigned long a0, unsigned long a1,
			      unsigned long a2, unsigned long a3,
			      struct domain *d, unsigned long nr, u16 flags);
long domain_enter_slow(unsigned long a0, unsigned long a1, unsigned long a2,
		       unsigned long a3, struct domain *d, domain_fn_t fn,
		       u16 flags);

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
					       struct domain_frame *frame,
					       struct domain *d, domain_fn_t fn,
					       u16 flags)
{
	struct task_struct *task = current;
	long ret;

	frame->prev = task->domain_frame;
	frame->task = task;
	frame->domain = d;
	frame->irqflags = arch_local_save_flags();
	frame->preempt_count = preempt_count();
#ifdef CONFIG_PREEMPT_RCU
	frame->rcu_nesting = task->rcu_read_lock_nesting;
#endif
#ifdef CONFIG_LOCKDEP
	frame->lockdep_depth = task->lockdep_depth;
#endif
	frame->in_service = 0;
	frame->flags = flags;
	frame->ticks = 0;
	barrier();
	WRITE_ONCE(task->domain_frame, frame);
	ret = domain_gate(a0, a1, a2, a3, frame, fn);
	/* from the frame: a register kept for it would be saved twice */
	WRITE_ONCE(frame->task->domain_frame, frame->prev);
	return ret;
}

/*
 * One comparison for "on the task's stack", "far from its end" and "not a
 * checked domain"
 */
static __always_inline bool domain_enter_is_fast(const struct domain *d)
{
	unsigned long left = current_stack_pointer -
			     (unsigned long)task_stack_page(current);

	return likely(left - DOMAIN_STACK_RESERVE < d->stack_room);
}

/* As above, after a look at the stack. Returns -ENOBUFS if it is too short. */
static __always_inline long domain_enter(unsigned long a0, unsigned long a1,
					 unsigned long a2, unsigned long a3,
					 struct domain *d, domain_fn_t fn,
					 u16 flags)
{
	struct domain_frame frame __uninitialized;

	if (!domain_enter_is_fast(d))
		return domain_enter_slow(a0, a1, a2, a3, d, fn, flags);
	return domain_enter_frame(a0, a1, a2, a3, &frame, d, fn, flags);
}

/* The same for a method, whose number tells what it may write to */
static __always_inline long domain_enter_method(unsigned long a0,
						unsigned long a1,
						unsigned long a2,
						unsigned long a3,
						struct domain *d,
						unsigned long nr, u16 flags)
{
	struct domain_frame frame __uninitialized;

	if (!domain_enter_is_fast(d))
		return domain_enter_method_slow(a0, a1, a2, a3, d, nr, flags);
	return domain_enter_frame(a0, a1, a2, a3, &frame, d, d->method[nr],
				  flags);
}

#endif /* _KERNEL_DOMAIN_GATE_H */
