// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains whose image is the kernel, see include/kunit/domain.h
 */
#include <kunit/domain.h>
#include <kunit/visibility.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../domain.h"

/**
 * kunit_domain_create - a domain that is loaded
 * @iface: its interface, registered
 * @methods: the interface's ops structure; what is NULL answers -ENOSYS
 * @ops: its other functions and state_size
 * @state_type: type of its state, 0 for none
 * @state_version: version of that
 *
 * Context: process context. May sleep.
 * Return: the domain, to be passed to kunit_domain_forget(), or an error pointer.
 */
struct domain *kunit_domain_create(const struct domain_interface *iface,
				   const void *const *methods,
				   const struct domain_image_ops *ops,
				   u32 state_type, u32 state_version)
{
	struct domain *d = domain_alloc(iface);
	unsigned int i;
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	domain_ledger_init(&d->ledger, SZ_1M);
	refcount_inc(&d->refs);
	strscpy(d->note.name, "kunit");
	strscpy(d->note.interface, iface->name);
	d->note.state_type = state_type;
	d->note.state_version = state_version;
	d->ops = *ops;
	for (i = 0; i < iface->nr_methods; i++)
		d->method[i] = methods[i] ? (domain_fn_t)methods[i] :
					    domain_method_empty;
	ret = domain_register(d, true);
	if (ret) {
		kfree(d);
		return ERR_PTR(ret);
	}
	/* as loading does; it goes with the domain's memory */
	__module_get(iface->owner);
	return d;
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_create);

/**
 * kunit_domain_forget - return a domain that is not in a slot any more
 * @d: the domain
 *
 * Waits for a retirement under way.
 *
 * Context: process context. May sleep.
 */
void kunit_domain_forget(struct domain *d)
{
	if (atomic_read(&d->state) == DOMAIN_RETIRING)
		wait_for_completion(&d->retired);
	domain_unload(d);
	domain_put(d);
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_forget);

/**
 * kunit_domain_update - domain_slot_update() with a deadline of 10 s
 * @slot: the slot
 * @new: the domain to have, or NULL
 * @old: the domain that is expected, or NULL
 *
 * Context: process context. May sleep.
 * Return: what domain_slot_update() returns.
 */
int kunit_domain_update(struct domain_slot *slot, struct domain *new,
			struct domain *old)
{
	struct domain_update update = {
		.new = new,
		.expected_old = old ? old->id : 0,
		.deadline_ns = 10 * NSEC_PER_SEC,
	};

	return domain_slot_update(slot, &update);
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_update);

/**
 * kunit_domain_id - the number of a domain
 * @d: the domain
 *
 * Return: the number.
 */
u32 kunit_domain_id(const struct domain *d)
{
	return d->id;
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_id);

/**
 * kunit_domain_current - the number of the domain that runs, for its functions
 *
 * Return: the number.
 */
u32 kunit_domain_current(void)
{
	return current->domain_frame->domain->id;
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_current);

/**
 * kunit_domain_busy - calls of a slot that were refused because of updates
 * @slot: the slot
 *
 * Return: their number.
 */
unsigned long kunit_domain_busy(struct domain_slot *slot)
{
	return atomic_long_read(&slot->busy);
}
EXPORT_SYMBOL_IF_KUNIT(kunit_domain_busy);
