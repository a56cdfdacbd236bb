// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: replacing the domain of a slot
 *
 * An update is a transaction under slot->lock. All that can be refused is
 * refused before a caller notices anything: the slot must hold what the
 * controller expects, the images must fit each other, and the successor's
 * init() must succeed. Until the commit, which is one store of a pointer, the
 * predecessor is as it was, and every failure leaves it in place.
 *
 * Stateless interfaces need no more: publish, wait for readers, retire.
 *
 * A stateful one must have no call under way while the state moves. Its slot
 * counts its callers in a percpu_ref, slot->users, which a caller takes before
 * it reads slot->domain and drops after it returned. The update
 *
 *  1. switches the reference to atomic mode, with calls going on. Only this
 *     waits for a grace period, so none is part of the pause.
 *  2. closes: percpu_ref_kill() marks the reference dead and drops the initial
 *     count. From then on percpu_ref_tryget_live() fails.
 *  3. drains: the count reaches zero, or the deadline passes and the slot
 *     is reopened with the predecessor.
 *  4. transfers: export_state(), import_state(). Any failure reopens as in 3.
 *  5. commits: stores slot->domain.
 *  6. reopens: percpu_ref_resurrect(), then wakes who waited.
 *
 * Why no call is under way in 4, and none is lost:
 *
 *  - A caller that got the reference has incremented the one atomic counter:
 *    after 1 nobody uses the per-CPU ones, and what they held was added to it.
 *    The counter is independent of the CPU, so a caller that sleeps, migrates
 *    or outlives its CPU is still counted, until it returns.
 *  - A caller preempted between the check for "live" and the increment finds,
 *    when it goes on, either a count above zero, then it is counted and 3
 *    waits for it; or zero, then atomic_long_inc_not_zero() refuses it, as if
 *    it had come after the close. Zero is final: only 6 leaves it.
 *  - What a caller did in the domain happens before its drop of the reference
 *    (atomic_long_sub_and_test() is fully ordered; drops in per-CPU mode were
 *    before the grace period of 1), which happens before complete(), which
 *    happens before 4 reads the state.
 *  - A caller refused was not in the domain at all: it waits, or gets -EBUSY,
 *    and tries again. So each call runs exactly once, in one domain.
 *  - A caller admitted after 6 reads slot->domain after it saw the reference
 *    live (smp_rmb() in domain_slot_held()), and the reference became live
 *    after slot->domain was stored (smp_wmb() in domain_slot_reopen()): it
 *    enters the successor. So the predecessor is never entered again after 3,
 *    and may be retired at once.
 *  - A nested call into a closed slot by one who is inside it already, is let
 *    in: the count is above zero because of its own outer call. It ends before
 *    that does.
 *
 * A domain that dies is taken out of its slot at once, whatever goes on; see
 * fault.c and recover.c. An update that finds it dead fails, as it does after
 * any other error, or replaces it if it need not be asked.
 *
 * A deadlock of two slots whose callers wait for each other ends with the
 * deadline. What export_state() and import_state() call does not wait for
 * another slot to open, since theirs is closed, and what is allocated waits for no
 * I/O, which may need the slot. A controller that is killed while it drains
 * rolls back.
 */
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <trace/events/domain.h>

#include "domain.h"

static void domain_set_state(struct domain *d, enum domain_state state)
{
	atomic_set_release(&d->state, state);
}

/* A successor that came to nothing: what it has obtained goes back */
static void domain_discard(struct domain *d, bool inited)
{
	if (inited && d->ops.exit)
		domain_enter_lifecycle(d, d->ops.exit, 0, 0, 0, 0);
	domain_fault_flush(d);
	domain_reclaim(d);
	domain_set_state(d, DOMAIN_FAILED);
	complete_all(&d->retired);
}

/**
 * domain_retire_work - the end of a domain that was replaced
 * @work: its retire_work
 */
void domain_retire_work(struct work_struct *work)
{
	struct domain *d = container_of(work, struct domain, retire_work);
	struct domain_slot *slot = d->slot;
	ktime_t start = ktime_get();
	unsigned int leaked;

	domain_slot_synchronize(slot);
	/* a timer function must not run beside exit() */
	domain_timers_kill(d);
	if (d->ops.exit)
		domain_enter_lifecycle(d, d->ops.exit, 0, 0, 0, 0);
	domain_fault_flush(d);
	leaked = domain_reclaim(d);
	trace_domain_retire(slot->name, d->id, leaked,
			    ktime_to_ns(ktime_sub(ktime_get(), start)));
	/* then the slot: until then, who would kill the domain relies on it */
	domain_set_state(d, domain_is_dead(d) ? DOMAIN_FAILED : DOMAIN_RETIRED);
	domain_slot_put(slot);
	complete_all(&d->retired);
	if (d->forget)
		domain_unload(d);
	domain_put(d);
}

/**
 * domain_retire - let a domain go that is not its slot's any more
 * @d: the domain; the second time nothing happens
 *
 * A caller may sleep in the old domain for as long as it likes, if the
 * interface allows; the slot is not kept busy by it, hence the work.
 *
 * Context: process context, with a reference of the slot.
 */
void domain_retire(struct domain *d)
{
	if (atomic_xchg(&d->leaving, 1))
		return;
	refcount_inc(&d->refs);
	refcount_inc(&d->slot->refs);
	/* a dead one stays dead */
	domain_claim(d, DOMAIN_ACTIVE, DOMAIN_RETIRING);
	queue_work(system_dfl_wq, &d->retire_work);
}

static bool domain_has_state(const struct domain *old,
			     const struct domain_update *update)
{
	return update->new && old->note.state_type;
}

/* Can @new take the place of @old, as far as can be told from outside? */
static int domain_update_check(struct domain_slot *slot, struct domain *old,
			       struct domain_update *update)
{
	struct domain *new = update->new;

	if (slot->gone && new)
		return -ENODEV;
	if (old->id != update->expected_old)
		return -ESTALE;
	if (!new)
		return old->id || update->recover ? 0 : -EALREADY;
	if (new == old)
		return -EINVAL;
	if (new->iface != slot->iface)
		return -EPROTOTYPE;
	if (slot->checked_only && !new->is_checked) {
		pr_warn_ratelimited("domain slot %s: %s %s is not a checked image, which the slot demands\n",
				    slot->name, new->note.name,
				    new->note.version);
		return -EACCES;
	}
	if (!domain_slot_is_ref(slot) || !domain_has_state(old, update))
		return 0;
	if (new->note.state_type != old->note.state_type)
		return -EPROTOTYPE;
	if (new->note.state_version < old->note.state_version)
		return -EPROTO;
	if (!old->ops.export_state || !new->ops.import_state)
		return -EOPNOTSUPP;
	return 0;
}

static int domain_drain(struct domain_slot *slot,
			const struct domain_update *update)
{
	unsigned long timeout = nsecs_to_jiffies(update->deadline_ns) + 1;
	long ret;

	if (update->uninterruptible)
		ret = wait_for_completion_timeout(&slot->drained, timeout);
	else
		ret = wait_for_completion_killable_timeout(&slot->drained,
							   timeout);
	if (ret > 0)
		return 0;
	return ret ? -EINTR : -ETIMEDOUT;
}

static int domain_transfer(struct domain *old, struct domain *new, void *buf)
{
	long len, ret;

	len = domain_enter_lifecycle(old, old->ops.export_state,
				     DOMAIN_FRAME_TRANSFER | DOMAIN_FRAME_OUTPUT,
				     (unsigned long)buf, old->ops.state_size, 0);
	if (len < 0)
		return domain_errno(len);
	if (len > old->ops.state_size)
		return -EOVERFLOW;
	ret = domain_enter_lifecycle(new, new->ops.import_state,
				     DOMAIN_FRAME_TRANSFER,
				     old->note.state_version,
				     (unsigned long)buf, len);
	return domain_errno(ret);
}

static void domain_slot_close(struct domain_slot *slot)
{
	reinit_completion(&slot->drained);
	percpu_ref_kill(&slot->users);
}

/* With whatever domain the slot has */
static void domain_slot_reopen(struct domain_slot *slot)
{
	/* pairs with the barrier in domain_slot_held() */
	smp_wmb();
	percpu_ref_resurrect(&slot->users);
	wake_up_all(&slot->reopened);
	if (slot->on_reopen)
		slot->on_reopen(slot->on_reopen_arg);
}

static void domain_publish(struct domain_slot *slot, struct domain *old,
			   struct domain *new)
{
	slot->generation++;
	if (new->id) {
		new->generation = slot->generation;
		domain_set_state(new, DOMAIN_ACTIVE);
	}
	rcu_assign_pointer(slot->domain, new);
	if (new->id)
		domain_fault_published(new);
	if (old->id)
		domain_retire(old);
}

/* What the slot would fall back to is the image that had it before */
static void domain_remember(struct domain_slot *slot, struct domain *old,
			    const struct domain_update *update)
{
	if (update->recover || (update->new && !old->id))
		return;
	domain_file_put(slot->previous);
	slot->previous = NULL;
	if (update->new && old->file) {
		refcount_inc(&old->file->refs);
		slot->previous = old->file;
	}
}

static u64 domain_lap(ktime_t *since)
{
	ktime_t now = ktime_get();
	u64 ns = ktime_to_ns(ktime_sub(now, *since));

	*since = now;
	return ns;
}

static int domain_update_stateful(struct domain_slot *slot, struct domain *old,
				  struct domain *new,
				  struct domain_update *update)
{
	bool transfer = domain_has_state(old, update);
	void *buf __free(kvfree) = NULL;
	ktime_t closed, lap;
	int ret;

	if (transfer) {
		buf = kvzalloc(max(old->ops.state_size, 1), GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	percpu_ref_switch_to_atomic_sync(&slot->users);

	closed = ktime_get();
	lap = closed;
	domain_slot_close(slot);
	ret = domain_drain(slot, update);
	update->drain_ns = domain_lap(&lap);

	if (!ret && transfer) {
		ret = domain_transfer(old, new, buf);
		update->transfer_ns = domain_lap(&lap);
		if (!ret && ktime_to_ns(ktime_sub(lap, closed)) >
			    update->deadline_ns)
			ret = -ETIMEDOUT;
	}
	if (!ret) {
		if (transfer)
			domain_shared_reown(old, new);
		domain_publish(slot, old, new);
	}
	domain_slot_reopen(slot);
	update->swap_ns = domain_lap(&lap);
	update->pause_ns = ktime_to_ns(ktime_sub(lap, closed));

	percpu_ref_switch_to_percpu(&slot->users);
	slot->last_pause_ns = update->pause_ns;
	slot->max_pause_ns = max(slot->max_pause_ns, update->pause_ns);
	return ret;
}

static int __domain_update_locked(struct domain_slot *slot,
				  struct domain_update *update)
{
	struct domain *new = update->new ?: slot->empty;
	ktime_t lap = ktime_get();
	struct domain *old;
	long ret;

	old = rcu_dereference_protected(slot->domain,
					lockdep_is_held(&slot->lock));
	ret = domain_update_check(slot, old, update);
	if (ret)
		return ret;
	if (update->new) {
		if (!domain_claim(new, DOMAIN_LOADED, DOMAIN_BINDING))
			return -EBUSY;
		new->slot_serial = slot->serial;
		new->slot = slot;
		if (new->ops.init)
			ret = domain_enter_lifecycle(new, new->ops.init, 0,
						     0, 0, 0);
		if (ret < 0) {
			domain_discard(new, false);
			return domain_errno(ret);
		}
	}
	update->init_ns = domain_lap(&lap);

	if (domain_slot_is_ref(slot)) {
		ret = domain_update_stateful(slot, old, new, update);
	} else {
		domain_publish(slot, old, new);
		update->swap_ns = domain_lap(&lap);
		ret = 0;
	}
	if (ret) {
		slot->rollbacks++;
		if (update->new)
			domain_discard(new, true);
	} else {
		if (update->recover)
			slot->recoveries += !!update->new;
		else
			slot->updates++;
		domain_remember(slot, old, update);
	}
	trace_domain_update(slot->name, old->id, new->id, update->drain_ns,
			    update->transfer_ns, update->swap_ns,
			    update->pause_ns, ret);
	return ret;
}

/**
 * domain_update_locked - replace the domain of a slot, whose lock is held
 * @slot: the slot
 * @update: what to do, and what it took
 *
 * To write a page back may take a call of this slot, which is closed for a
 * part of the time, and for all of it if the domain has died: its successor
 * waits for the lock. So memory that is allocated meanwhile waits for no I/O, and
 * to tell user space, by domain_slot_notify(), is left to the caller without the
 * lock.
 *
 * Context: process context. May sleep.
 * Return: as domain_slot_update().
 */
int domain_update_locked(struct domain_slot *slot, struct domain_update *update)
{
	unsigned int noio = memalloc_noio_save();
	int ret = __domain_update_locked(slot, update);

	memalloc_noio_restore(noio);
	return ret;
}

static bool domain_wait_retired(struct domain *d, u64 deadline_ns)
{
	unsigned long timeout = nsecs_to_jiffies(deadline_ns) + 1;

	return wait_for_completion_killable_timeout(&d->retired, timeout) > 0;
}

/**
 * domain_slot_update - replace the domain of a slot
 * @slot: the slot, which the caller holds a reference of
 * @update: what to do, and what it took
 *
 * Afterwards the predecessor is on its way out, and usually there: the call
 * waits for that up to the deadline and tells in @update->retiring.
 *
 * Context: process context. May sleep.
 * Return: 0; on any error the slot has the domain that it had. -EINVAL if the
 * deadline exceeds DOMAIN_DEADLINE_MAX or the domain would replace itself;
 * -ESTALE if the slot has not the expected domain; -EALREADY if it is empty and
 * to be emptied; -EBUSY if the new domain is or was in use; -EPROTOTYPE if its
 * interface or state type is another; -EACCES if the slot demands a checked
 * image and this one is not; -EPROTO if it knows only older state;
 * -EOPNOTSUPP if there is state but no function to move it; -ETIMEDOUT if
 * callers did not leave, or the state was not moved, before the deadline;
 * -EINTR if the task was killed; -EOWNERDEAD if a domain crashed in init(),
 * export_state() or import_state(), or was dead; -EOVERFLOW if export_state() claims to have
 * written more than there was room for; -ENOMEM; -ENODEV if the slot is being
 * destroyed; or what init(), export_state() or import_state() returned, see
 * domain_errno().
 */
int domain_slot_update(struct domain_slot *slot, struct domain_update *update)
{
	struct domain *old = NULL;
	ktime_t start;
	int ret = 0;

	if (!update->deadline_ns)
		update->deadline_ns = DOMAIN_DEADLINE_DEFAULT;
	if (update->deadline_ns > DOMAIN_DEADLINE_MAX) {
		pr_warn_ratelimited("domain: deadline %llu ns, at most %llu\n",
				    update->deadline_ns,
				    (u64)DOMAIN_DEADLINE_MAX);
		return -EINVAL;
	}
	if (update->expected_old)
		old = domain_get(update->expected_old);

	if (update->uninterruptible)
		mutex_lock(&slot->lock);
	else
		ret = mutex_lock_killable(&slot->lock);
	if (!ret) {
		ret = domain_update_locked(slot, update);
		mutex_unlock(&slot->lock);
	}
	if (!ret)
		domain_slot_notify(slot);
	if (!ret && old) {
		start = ktime_get();
		update->retiring = !domain_wait_retired(old, update->deadline_ns);
		update->retire_ns = domain_lap(&start);
	}
	if (old)
		domain_put(old);
	return ret;
}
