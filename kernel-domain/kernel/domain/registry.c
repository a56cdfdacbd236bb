// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: names and numbers
 *
 * Interfaces and slots are found by name, domains by number. A number is not
 * given out again before all others were, so that who expects to replace
 * number 7 does not replace another that happens to have it.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "domain.h"

/*
 * What is in sysfs. To add or remove it, and to send a uevent, takes locks under
 * which others wait for memory, and so for I/O.
 */
static DEFINE_MUTEX(domain_shown_lock);

/* protects the lists, and with them what is found by name or number */
DEFINE_MUTEX(domain_registry_lock);
static LIST_HEAD(domain_interfaces);	/* domain_registry_lock */
static LIST_HEAD(domain_slots);		/* both; to read it, one of them */
static u64 domain_last_serial;		/* domain_registry_lock */

static DEFINE_XARRAY_ALLOC1(domain_ids);
static u32 domain_next_id;

/**
 * domain_interface_register - make an interface known
 * @iface: the interface, which stays until it is unregistered
 *
 * Context: process context. May sleep.
 * Return: 0 or -EEXIST if there is one of that name.
 */
int domain_interface_register(struct domain_interface *iface)
{
	guard(mutex)(&domain_registry_lock);
	if (domain_interface_find(iface->name))
		return -EEXIST;
	list_add_tail(&iface->list, &domain_interfaces);
	return 0;
}
EXPORT_SYMBOL_GPL(domain_interface_register);

/**
 * domain_interface_unregister - forget an interface
 * @iface: the interface; its slots are destroyed and its domains unloaded
 *
 * Context: process context. May sleep.
 */
void domain_interface_unregister(struct domain_interface *iface)
{
	guard(mutex)(&domain_registry_lock);
	list_del(&iface->list);
}
EXPORT_SYMBOL_GPL(domain_interface_unregister);

/**
 * domain_interface_find - an interface by its name
 * @name: the name
 *
 * Context: domain_registry_lock is held.
 * Return: the interface or NULL.
 */
struct domain_interface *domain_interface_find(const char *name)
{
	struct domain_interface *iface;

	lockdep_assert_held(&domain_registry_lock);
	list_for_each_entry(iface, &domain_interfaces, list)
		if (!strcmp(iface->name, name))
			return iface;
	return NULL;
}

/**
 * domain_interface_fits - can an image that was built for this be used?
 * @iface: the interface as the kernel has it
 * @major: the image's major version
 * @nr_methods: the methods it knows, its minor version
 * @hash: its layout hash
 *
 * Methods are only appended, so an older image's hash is that of the first
 * methods of the kernel's.
 *
 * Return: whether it fits.
 */
bool domain_interface_fits(const struct domain_interface *iface, u64 major,
			   u64 nr_methods, u64 hash)
{
	unsigned int i;
	u64 sum = 0;

	if (major != iface->major || nr_methods > iface->nr_methods)
		return false;
	for (i = 0; i < nr_methods; i++)
		sum += iface->methods[i].hash;
	return sum == hash;
}

static struct domain_slot *domain_slot_find(const char *name)
{
	struct domain_slot *slot;

	lockdep_assert_held(&domain_registry_lock);
	list_for_each_entry(slot, &domain_slots, list)
		if (!strcmp(slot->name, name))
			return slot;
	return NULL;
}

/**
 * domain_slot_register - make a slot known
 * @slot: the slot
 *
 * Context: process context. May sleep.
 * Return: 0, or -EEXIST if there is one of that name, or what sysfs says.
 */
int domain_slot_register(struct domain_slot *slot)
{
	int ret;

	/* a name that can be used again is not in the way in sysfs, either */
	guard(mutex)(&domain_shown_lock);
	scoped_guard(mutex, &domain_registry_lock)
		if (domain_slot_find(slot->name))
			return -EEXIST;
	ret = domain_sysfs_add_slot(slot);
	if (ret)
		return ret;
	scoped_guard(mutex, &domain_registry_lock) {
		slot->serial = ++domain_last_serial;
		list_add_tail(&slot->list, &domain_slots);
	}
	domain_sysfs_announce(slot->kobj);
	return 0;
}

/**
 * domain_slot_unregister - let a slot be found no more
 * @slot: the slot
 *
 * Context: process context. May sleep.
 * Return: whether it could be found until now.
 */
bool domain_slot_unregister(struct domain_slot *slot)
{
	guard(mutex)(&domain_shown_lock);
	if (list_empty(&slot->list))
		return false;
	scoped_guard(mutex, &domain_registry_lock)
		list_del_init(&slot->list);
	domain_sysfs_del_slot(slot);
	return true;
}

/**
 * domain_slot_unregister_unused - the same, if nobody but its creator has it
 * @slot: the slot, with the caller's reference
 *
 * Who would bind a domain or open a handle finds the slot before or after this,
 * and in the first case has a reference.
 *
 * Context: process context. May sleep.
 * Return: 0; -ENOENT if it could not be found any more; -EBUSY if it has a
 * domain, or somebody else a reference.
 */
int domain_slot_unregister_unused(struct domain_slot *slot)
{
	guard(mutex)(&domain_shown_lock);
	if (list_empty(&slot->list))
		return -ENOENT;
	scoped_guard(mutex, &domain_registry_lock) {
		/* its creator's and the caller's */
		if (refcount_read(&slot->refs) > 2)
			return -EBUSY;
		/*
		 * What was bound with a reference that was returned is seen.
		 * Pairs with the release in domain_slot_put().
		 */
		smp_acquire__after_ctrl_dep();
		if (domain_slot_current(slot))
			return -EBUSY;
		list_del_init(&slot->list);
	}
	domain_sysfs_del_slot(slot);
	return 0;
}

/**
 * domain_slot_notify - tell user space that a slot has another domain
 * @slot: the slot; if it cannot be found any more, nobody is told
 *
 * Context: process context. May sleep. Not under the lock of the slot, which is
 * what a recovery needs.
 */
void domain_slot_notify(struct domain_slot *slot)
{
	guard(mutex)(&domain_shown_lock);
	if (!list_empty(&slot->list))
		domain_sysfs_notify(slot);
}

/**
 * domain_slot_of - the slot that a domain was bound to
 * @d: the domain
 *
 * By number: another slot may be where that one was.
 *
 * Context: domain_registry_lock is held.
 * Return: the slot or NULL if there was none, or it is not there any more.
 */
struct domain_slot *domain_slot_of(const struct domain *d)
{
	struct domain_slot *slot;

	lockdep_assert_held(&domain_registry_lock);
	list_for_each_entry(slot, &domain_slots, list)
		if (slot->serial == d->slot_serial)
			return slot;
	return NULL;
}

/**
 * domain_slot_get - a slot by its name
 * @name: the name
 *
 * Context: process context. May sleep.
 * Return: the slot, to be returned with domain_slot_put(), or NULL.
 */
struct domain_slot *domain_slot_get(const char *name)
{
	struct domain_slot *slot;

	guard(mutex)(&domain_registry_lock);
	slot = domain_slot_find(name);
	if (slot)
		refcount_inc(&slot->refs);
	return slot;
}

/**
 * domain_slot_next - walk all slots
 * @prev: the one before, whose reference is returned, or NULL for the first
 *
 * Context: process context. May sleep.
 * Return: the next, to be passed on or returned with domain_slot_put(), or
 * NULL. A walk during which @prev was destroyed ends.
 */
struct domain_slot *domain_slot_next(struct domain_slot *prev)
{
	struct domain_slot *slot, *next = NULL;

	scoped_guard(mutex, &domain_registry_lock) {
		bool found = !prev;

		list_for_each_entry(slot, &domain_slots, list) {
			if (found) {
				refcount_inc(&slot->refs);
				next = slot;
				break;
			}
			found = slot == prev;
		}
	}
	if (prev)
		domain_slot_put(prev);
	return next;
}

/* @entry is what is found by the number: the domain, or nobody yet */
static int domain_register_id(struct domain *d, struct domain *entry)
{
	unsigned int noio;
	int ret;

	guard(mutex)(&domain_registry_lock);
	/* a recovery, without which I/O may not go on, waits for the lock */
	noio = memalloc_noio_save();
	ret = xa_alloc_cyclic(&domain_ids, &d->id, entry, xa_limit_31b,
			      &domain_next_id, GFP_KERNEL);
	memalloc_noio_restore(noio);
	return min(ret, 0);
}

/**
 * domain_register - give a domain its number
 * @d: the domain
 * @show: whether it is shown in sysfs from the beginning; otherwise that is
 *	left to domain_show()
 *
 * Context: process context. May sleep.
 * Return: 0, -EBUSY if there are too many, -ENOMEM, or what sysfs says.
 */
int domain_register(struct domain *d, bool show)
{
	int ret;

	ret = domain_register_id(d, show ? NULL : d);
	if (ret || !show)
		return ret;
	guard(mutex)(&domain_shown_lock);
	ret = domain_sysfs_add(d);
	scoped_guard(mutex, &domain_registry_lock) {
		if (ret)
			xa_erase(&domain_ids, d->id);
		else
			/* cannot fail: the entry is there */
			xa_store(&domain_ids, d->id, d, GFP_KERNEL);
	}
	if (!ret)
		domain_sysfs_announce(d->kobj);
	return ret;
}

/**
 * domain_show - show a domain in sysfs that was registered without it
 * @d: the domain, which the caller has a reference of; if it was unloaded
 *	meanwhile, it is not shown
 *
 * Context: process context. May sleep. Not under the lock of a slot.
 */
void domain_show(struct domain *d)
{
	int ret;

	guard(mutex)(&domain_shown_lock);
	/* who unregisters it comes here after that */
	scoped_guard(mutex, &domain_registry_lock)
		if (xa_load(&domain_ids, d->id) != d)
			return;
	ret = domain_sysfs_add(d);
	if (!ret)
		domain_sysfs_announce(d->kobj);
	else
		pr_warn_ratelimited("domain %s (%u): not in sysfs: %pe\n",
				    d->note.name, d->id, ERR_PTR(ret));
}

/**
 * domain_unregister - let a domain be found no more
 * @d: the domain
 *
 * Context: process context. May sleep. Not under the lock of a slot.
 */
void domain_unregister(struct domain *d)
{
	scoped_guard(mutex, &domain_registry_lock)
		xa_erase(&domain_ids, d->id);
	guard(mutex)(&domain_shown_lock);
	domain_sysfs_del(d);
}

/**
 * domain_get - a domain by its number
 * @id: the number
 *
 * Context: process context. May sleep.
 * Return: the domain, to be returned with domain_put(), or NULL.
 */
struct domain *domain_get(u32 id)
{
	struct domain *d;

	guard(mutex)(&domain_registry_lock);
	d = xa_load(&domain_ids, id);
	if (d)
		refcount_inc(&d->refs);
	return d;
}

/**
 * domain_next_get - walk all domains by number
 * @id: the first number that is of interest
 *
 * Context: process context. May sleep.
 * Return: the domain with that or the next number, to be returned with
 * domain_put(), or NULL.
 */
struct domain *domain_next_get(u32 id)
{
	unsigned long index = id;
	struct domain *d;

	guard(mutex)(&domain_registry_lock);
	d = xa_find(&domain_ids, &index, U32_MAX, XA_PRESENT);
	if (d)
		refcount_inc(&d->refs);
	return d;
}
