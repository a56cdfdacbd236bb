// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: calling what a slot holds
 *
 * One function for each kind of interface. It holds the slot's domain for the
 * time of the call, in the cheapest way that the kind allows:
 *
 *	RCU		an RCU reader for the whole call
 *	SRCU		an SRCU-fast reader for the whole call
 *	REF, REF_ATOMIC	a reference of slot->users, a percpu_ref
 *
 * How an update waits for the calls, and why it misses none, is at the head of
 * update.c.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jump_label.h>
#include <linux/rcupdate.h>

#include "gate.h"

#define CREATE_TRACE_POINTS
#include <trace/events/domain.h>

/*
 * Set while one of the tracepoints of calls is in use: one test for both, and
 * they are where it costs nobody else, in domain_call_shared().
 */
static DEFINE_STATIC_KEY_FALSE(domain_traced);

/**
 * domain_trace_reg - a tracepoint of calls gets its first user
 *
 * Context: process context. May sleep.
 * Return: 0.
 */
int domain_trace_reg(void)
{
	static_branch_inc(&domain_traced);
	return 0;
}

/**
 * domain_trace_unreg - a tracepoint of calls has lost its last user
 *
 * Context: process context. May sleep.
 */
void domain_trace_unreg(void)
{
	static_branch_dec(&domain_traced);
}

static __always_inline long domain_call(unsigned long a0, unsigned long a1,
					unsigned long a2, unsigned long a3,
					struct domain_slot *slot,
					struct domain *d, unsigned long nr,
					u16 flags)
{
	this_cpu_inc(*slot->calls);
	return domain_enter_method(a0, a1, a2, a3, d, nr, flags);
}

/**
 * domain_call_rcu - call a method of a stateless interface for any context
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @slot: the slot
 * @nr: number of the method
 *
 * Context: any but NMI.
 * Return: what the method returns; -ENOSYS if the slot is empty or the image
 * lacks the method; -ENOBUFS if the stack is too short; -EOWNERDEAD if the
 * domain died during the call; -EBUSY if it did before, and has no successor yet.
 */
long domain_call_rcu(unsigned long a0, unsigned long a1,
		     unsigned long a2, unsigned long a3,
		     struct domain_slot *slot, unsigned long nr)
{
	long ret;

	if (static_branch_unlikely(&domain_traced))
		return domain_call_shared(a0, a1, a2, a3, slot, nr);
	rcu_read_lock();
	ret = domain_call(a0, a1, a2, a3, slot, rcu_dereference(slot->domain),
			  nr, 0);
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(domain_call_rcu);

/**
 * domain_call_srcu - call a method of a stateless interface that may sleep
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @slot: the slot
 * @nr: number of the method
 *
 * Context: process context. May sleep.
 * Return: as domain_call_rcu().
 */
long domain_call_srcu(unsigned long a0, unsigned long a1,
		      unsigned long a2, unsigned long a3,
		      struct domain_slot *slot, unsigned long nr)
{
	struct srcu_ctr __percpu *scp;
	long ret;

	might_sleep();
	if (static_branch_unlikely(&domain_traced))
		return domain_call_shared(a0, a1, a2, a3, slot, nr);
	scp = srcu_read_lock_fast(&slot->srcu);
	ret = domain_call(a0, a1, a2, a3, slot,
			  srcu_dereference(slot->domain, &slot->srcu), nr,
			  DOMAIN_FRAME_MAY_SLEEP);
	srcu_read_unlock_fast(&slot->srcu, scp);
	return ret;
}
EXPORT_SYMBOL_GPL(domain_call_srcu);

/*
 * The call of the slot that this context is inside of, or interrupts, if any. An
 * update cannot pass the drain before that call is over, so a nested one is
 * let in; to make it wait would be a deadlock. The exit() of a domain that was
 * replaced is no such call: the next update goes on without it.
 */
static const struct domain_frame *domain_slot_inside(const struct domain_slot *slot)
{
	const struct domain_frame *frame;

	for (frame = current->domain_frame; frame; frame = frame->prev)
		if (frame->domain->slot == slot)
			return frame;
	return NULL;
}

/* Whether this is an interrupt on top of a call: it has nothing to do with it */
static bool domain_interrupts(const struct domain_frame *frame)
{
	return (preempt_count() ^ frame->preempt_count) & ~PREEMPT_MASK;
}

/* Whether this context moves the state of a slot, which is closed meanwhile */
static bool domain_in_transfer(void)
{
	const struct domain_frame *frame;

	for (frame = current->domain_frame; frame; frame = frame->prev)
		if (frame->flags & DOMAIN_FRAME_TRANSFER)
			return true;
	return false;
}

/*
 * Whether this context is inside of a domain that is dead. A recovery waits for
 * it to come out, without a deadline, so it must not wait for another one.
 */
static bool domain_in_dead(void)
{
	const struct domain_frame *frame;

	for (frame = current->domain_frame; frame; frame = frame->prev)
		if (domain_is_dead(frame->domain))
			return true;
	return false;
}

/* A domain dies in any context, where those who wait inside cannot be woken */
#define DOMAIN_LOOK_AGAIN	(HZ / 10)

static noinline int domain_slot_get_slow(struct domain_slot *slot,
					 bool may_sleep)
{
	bool waited = false;

	for (;;) {
		const struct domain_frame *frame = domain_slot_inside(slot);

		if (frame) {
			if (percpu_ref_tryget(&slot->users))
				return 0;
			/* from export_state() or import_state(): never */
			if (!domain_interrupts(frame) && domain_in_transfer())
				return -EDEADLK;
		}
		if (!may_sleep || domain_in_transfer() || domain_in_dead()) {
			atomic_long_inc(&slot->busy);
			return -EBUSY;
		}
		if (!waited)
			atomic_long_inc(&slot->waited);
		waited = true;
		if (wait_event_killable_timeout(slot->reopened,
						!percpu_ref_is_dying(&slot->users),
						DOMAIN_LOOK_AGAIN) < 0)
			return -EINTR;
		if (percpu_ref_tryget_live(&slot->users))
			return 0;
	}
}

/* Hold the slot open until domain_slot_leave(). False if it is closed. */
static __always_inline bool domain_slot_tryenter(struct domain_slot *slot)
{
	bool live;

	rcu_read_lock();
	live = percpu_ref_tryget_live_rcu(&slot->users);
	rcu_read_unlock();
	return likely(live);
}

/* The domain of a slot that is held open */
static __always_inline struct domain *domain_slot_held(struct domain_slot *slot)
{
	/*
	 * The pointer is read after the slot was found open. Pairs with the
	 * barrier in domain_slot_reopen(): who sees the slot reopened sees the
	 * domain that it was reopened with.
	 */
	smp_rmb();
	return rcu_dereference_check(slot->domain, 1);
}

/*
 * Hold the slot open, and wait for that if it may be waited for. Returns the
 * domain, or an error pointer.
 */
static __always_inline struct domain *domain_slot_enter(struct domain_slot *slot,
							bool may_sleep)
{
	if (!domain_slot_tryenter(slot)) {
		int ret = domain_slot_get_slow(slot, may_sleep);

		if (ret)
			return ERR_PTR(ret);
	}
	return domain_slot_held(slot);
}

static __always_inline void domain_slot_leave(struct domain_slot *slot)
{
	percpu_ref_put(&slot->users);
}

/**
 * domain_call_ref - call a method of a stateful interface that may sleep
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @slot: the slot
 * @nr: number of the method
 *
 * During an update the caller waits, unless it is inside the slot already.
 *
 * Context: process context. May sleep.
 * Return: as domain_call_rcu(); -EINTR if the task was killed while it waited;
 * -EDEADLK if export_state() or import_state() calls its own slot, -EBUSY if it
 * calls another one that is being updated, or a domain does that has died.
 */
long domain_call_ref(unsigned long a0, unsigned long a1,
		     unsigned long a2, unsigned long a3,
		     struct domain_slot *slot, unsigned long nr)
{
	long ret;

	might_sleep();
	/* A closed slot goes there too: with no call here, no argument is saved. */
	if (static_branch_unlikely(&domain_traced) || !domain_slot_tryenter(slot))
		return domain_call_shared(a0, a1, a2, a3, slot, nr);
	ret = domain_call(a0, a1, a2, a3, slot, domain_slot_held(slot), nr,
			  DOMAIN_FRAME_MAY_SLEEP);
	domain_slot_leave(slot);
	return ret;
}
EXPORT_SYMBOL_GPL(domain_call_ref);

/**
 * domain_call_ref_atomic - call a method of a stateful interface for any context
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @slot: the slot
 * @nr: number of the method
 *
 * Context: any but NMI.
 * Return: as domain_call_rcu(); -EBUSY during an update: the method was not
 * called, and the caller tries again later; -EDEADLK if export_state() or
 * import_state() calls its own slot.
 */
long domain_call_ref_atomic(unsigned long a0, unsigned long a1,
			    unsigned long a2, unsigned long a3,
			    struct domain_slot *slot, unsigned long nr)
{
	long ret;

	if (static_branch_unlikely(&domain_traced) || !domain_slot_tryenter(slot))
		return domain_call_shared(a0, a1, a2, a3, slot, nr);
	ret = domain_call(a0, a1, a2, a3, slot, domain_slot_held(slot), nr, 0);
	domain_slot_leave(slot);
	return ret;
}
EXPORT_SYMBOL_GPL(domain_call_ref_atomic);

/* The callee is held: lend it the objects, call, take them back */
static long domain_call_loans(struct domain_slot *slot, struct domain *d,
			      unsigned long nr, u16 flags, unsigned long *arg)
{
	const struct domain_method *method = &slot->iface->methods[nr];
	struct domain_frame *frame = current->domain_frame;
	struct domain_loan loan[DOMAIN_MAX_ARGS];
	u32 caller = DOMAIN_ID_KERNEL;
	unsigned int i, loans = 0;
	long ret = 0;

	/* an interrupt does not pass objects in the name of whom it interrupts */
	if (frame && !domain_interrupts(frame))
		caller = frame->domain->id;
	for (i = 0; i < method->nr_args; i++) {
		struct domain_shared *obj = (struct domain_shared *)arg[i];

		if (method->arg[i] != DOMAIN_ARG_LEND &&
		    method->arg[i] != DOMAIN_ARG_GIVE)
			continue;
		ret = domain_shared_pass(&loan[loans], obj, caller, d->id,
					 method->arg[i] == DOMAIN_ARG_GIVE);
		if (ret)
			break;
		loans++;
		arg[i] = (unsigned long)obj->data;
	}
	trace_domain_call(slot->name, slot->iface, d->id, nr);
	if (!ret)
		ret = domain_call(arg[0], arg[1], arg[2], arg[3], slot, d, nr,
				  flags);
	trace_domain_return(slot->name, slot->iface, d->id, nr, ret);
	while (loans)
		domain_shared_settle(&loan[--loans], ret >= 0 ? d : NULL);
	return ret;
}

/**
 * domain_call_shared - call a method that may take shared objects
 * @a0: first argument, a struct domain_shared * where the method passes one
 * @a1: second argument, likewise
 * @a2: third argument, likewise
 * @a3: fourth argument, likewise
 * @slot: the slot, whose interface may be of any kind
 * @nr: number of the method
 *
 * Ownership moves to the callee before it is entered. When it returns, objects
 * that are lent go back, and so do those that are given unless the method
 * returned 0 or more.
 *
 * Context: as the interface's kind demands.
 * Return: as the call of the interface's kind; -EPERM if the caller does not
 * own an object; -EINVAL if one is missing.
 */
long domain_call_shared(unsigned long a0, unsigned long a1,
			unsigned long a2, unsigned long a3,
			struct domain_slot *slot, unsigned long nr)
{
	unsigned long arg[DOMAIN_MAX_ARGS] = { a0, a1, a2, a3 };
	struct srcu_ctr __percpu *scp;
	struct domain *d;
	long ret;

	switch (slot->iface->kind) {
	case DOMAIN_KIND_RCU:
		rcu_read_lock();
		ret = domain_call_loans(slot, rcu_dereference(slot->domain),
					nr, 0, arg);
		rcu_read_unlock();
		return ret;
	case DOMAIN_KIND_SRCU:
		might_sleep();
		scp = srcu_read_lock_fast(&slot->srcu);
		d = srcu_dereference(slot->domain, &slot->srcu);
		ret = domain_call_loans(slot, d, nr, DOMAIN_FRAME_MAY_SLEEP,
					arg);
		srcu_read_unlock_fast(&slot->srcu, scp);
		return ret;
	case DOMAIN_KIND_REF:
		might_sleep();
		d = domain_slot_enter(slot, true);
		break;
	default:
		d = domain_slot_enter(slot, false);
		break;
	}
	if (IS_ERR(d))
		return PTR_ERR(d);
	ret = domain_call_loans(slot, d, nr,
				slot->iface->kind == DOMAIN_KIND_REF ?
				DOMAIN_FRAME_MAY_SLEEP : 0, arg);
	domain_slot_leave(slot);
	return ret;
}
EXPORT_SYMBOL_GPL(domain_call_shared);

static long domain_run_timer(struct domain *current_d, struct domain *d, u64 id)
{
	if (current_d == d) {
		domain_enter(id, 0, 0, 0, d, (void *)d->ops.timer, 0);
		return 0;
	}
	switch (atomic_read(&d->state)) {
	case DOMAIN_BINDING:
		/* armed by init() of a domain that is not published yet, or may not be */
		return -EBUSY;
	case DOMAIN_ACTIVE:
		/* that changes between the look at the slot and this one */
		return -EBUSY;
	default:
		return -ESHUTDOWN;
	}
}

/**
 * domain_call_timer - call a domain's timer function
 * @d: the domain, bound to its slot or about to be
 * @id: number of the timer
 *
 * Context: softirq.
 * Return: 0 whatever the image returned; -EBUSY if the call has to be tried
 * again; -ESHUTDOWN if the slot has another domain.
 */
long domain_call_timer(struct domain *d, u64 id)
{
	struct domain_slot *slot = d->slot;
	struct srcu_ctr __percpu *scp;
	struct domain *current_d;
	long ret;

	switch (slot->iface->kind) {
	case DOMAIN_KIND_RCU:
		rcu_read_lock();
		ret = domain_run_timer(rcu_dereference(slot->domain), d, id);
		rcu_read_unlock();
		return ret;
	case DOMAIN_KIND_SRCU:
		scp = srcu_read_lock_fast(&slot->srcu);
		current_d = srcu_dereference(slot->domain, &slot->srcu);
		ret = domain_run_timer(current_d, d, id);
		srcu_read_unlock_fast(&slot->srcu, scp);
		return ret;
	default:
		current_d = domain_slot_enter(slot, false);
		if (IS_ERR(current_d))
			return -EBUSY;
		ret = domain_run_timer(current_d, d, id);
		domain_slot_leave(slot);
		return ret;
	}
}

/**
 * domain_slot_synchronize - wait for calls that may run in a replaced domain
 * @slot: the slot, whose pointer has been changed
 *
 * Context: process context. May sleep, without bound if callers do.
 */
void domain_slot_synchronize(struct domain_slot *slot)
{
	switch (slot->iface->kind) {
	case DOMAIN_KIND_RCU:
		synchronize_rcu();
		break;
	case DOMAIN_KIND_SRCU:
		synchronize_srcu(&slot->srcu);
		break;
	default:
		/* drained before the pointer was changed */
		break;
	}
}
