// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what becomes of a slot whose domain crashed
 *
 * The domain was taken out of its slot when it died. Until here, the slot
 * answers -EBUSY, or -ENOSYS if its policy is to stay empty. The successor is
 * bound like a domain to an empty slot; what callers of the dead one still had
 * to do is over when the calls of a stateful slot are drained, or when the dead
 * domain is retired. There is no export_state(): what a dead domain has in its
 * memory is not to be relied on. What it put into the store of the slot is.
 *
 * The slot may be a disk's, and until there is a successor nothing is read from
 * it or written to it: what is allocated for that waits for no I/O, and neither
 * does who holds a lock of domains that is needed. To add to sysfs and to send a
 * uevent takes locks of others, which they hold while they wait for memory. So
 * that is done when the successor is in its slot.
 */
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include "domain.h"

/* The image to start, with a reference, or NULL */
static struct domain_file *domain_next_file(struct domain_slot *slot,
					    struct domain *d)
{
	struct domain_file *file = NULL;

	switch (slot->policy) {
	case DOMAIN_POLICY_RESTART:
		if (!__ratelimit(&slot->restarts)) {
			pr_err("domain slot %s: more than %d restarts in %d s, it stays empty\n",
			       slot->name, slot->restarts.burst,
			       DOMAIN_RESTART_INTERVAL);
			return NULL;
		}
		file = d->file;
		if (file)
			refcount_inc(&file->refs);
		return file;
	case DOMAIN_POLICY_FALLBACK:
		file = slot->previous;
		slot->previous = NULL;
		if (!file)
			pr_err("domain slot %s: no image to fall back to, it stays empty\n",
			       slot->name);
		return file;
	default:
		return NULL;
	}
}

static struct domain *domain_successor(struct domain_slot *slot,
				       struct domain *d)
{
	struct domain_file *file = domain_next_file(slot, d);
	struct domain *next;

	if (!file)
		return NULL;
	next = domain_load_file(file, false);
	domain_file_put(file);
	if (!IS_ERR(next))
		return next;
	pr_err("domain slot %s: cannot load the successor of %s: %pe\n",
	       slot->name, d->note.name, next);
	return NULL;
}

static int domain_slot_succeed(struct domain_slot *slot, struct domain *next)
{
	struct domain_update update = {
		.new = next,
		/*
		 * Callers of the dead domain leave it, however long it takes:
		 * they wait for no other slot, see domain_slot_get_slow().
		 */
		.deadline_ns = U64_MAX,
		.recover = true,
	};

	return domain_update_locked(slot, &update);
}

/**
 * domain_slot_recover - give a slot the successor of its dead domain
 * @slot: the slot, with a reference, which is used up
 * @d: the domain, which was the slot's when it died
 *
 * Context: process context. May sleep.
 */
void domain_slot_recover(struct domain_slot *slot, struct domain *d)
{
	unsigned int noio = memalloc_noio_save();
	struct domain *next = NULL;
	bool overtaken;
	int ret = 0;

	scoped_guard(mutex, &slot->lock) {
		/* a controller may have been faster */
		overtaken = slot->generation != d->generation;
		if (overtaken)
			break;
		if (!slot->gone)
			next = domain_successor(slot, d);
		ret = domain_slot_succeed(slot, next);
		if (ret && next) {
			pr_err("domain slot %s: cannot bind the successor of %s: %pe\n",
			       slot->name, d->note.name, ERR_PTR(ret));
			domain_slot_succeed(slot, NULL);
		}
	}
	memalloc_noio_restore(noio);
	/* nobody asked for the dead one's number any more */
	if (next && !ret)
		d->forget = true;
	domain_retire(d);

	/* last: calls and I/O go on, and a successor that dies can be recovered */
	if (next) {
		if (ret)
			domain_unload(next);
		else
			domain_show(next);
		domain_put(next);
	}
	if (!overtaken)
		domain_slot_notify(slot);
	domain_slot_put(slot);
}
