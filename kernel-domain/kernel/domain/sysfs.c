// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: /sys/kernel/domain
 *
 * A directory's kobject is an object of its own that points to its domain or
 * slot: kobject_del() waits for readers, after it nobody follows the pointer,
 * whoever still holds the kobject.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "domain.h"

struct domain_attr {
	struct attribute attr;
	ssize_t (*show)(const void *owner, char *buf);
};

static struct kobject *domain_root;
static struct kset *domain_domains;
static struct kset *domain_slots_kset;

static ssize_t domain_attr_show(struct kobject *kobj, struct attribute *attr,
				char *buf)
{
	struct domain_kobj *dk = container_of(kobj, struct domain_kobj, kobj);

	return container_of(attr, struct domain_attr, attr)->show(dk->owner,
								  buf);
}

static const struct sysfs_ops domain_sysfs_ops = {
	.show = domain_attr_show,
};

static void domain_kobj_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct domain_kobj, kobj));
}

/* A read-only attribute named prefix_name, whose owner is @o */
#define DOMAIN_ATTR(prefix, _name, type, fmt, ...)			\
static ssize_t prefix##_##_name##_show(const void *owner, char *buf)	\
{									\
	const type *o = owner;						\
									\
	return sysfs_emit(buf, fmt "\n", ##__VA_ARGS__);		\
}									\
static struct domain_attr prefix##_##_name##_attr = {			\
	.attr = { .name = #_name, .mode = 0444 },			\
	.show = prefix##_##_name##_show,					\
}

DOMAIN_ATTR(domain, image, struct domain, "%s", o->note.name);
DOMAIN_ATTR(domain, version, struct domain, "%s", o->note.version);
DOMAIN_ATTR(domain, interface, struct domain, "%s %u.%u", o->note.interface,
	    o->note.interface_major, o->note.interface_minor);
DOMAIN_ATTR(domain, state, struct domain, "%s",
	    domain_state_name(atomic_read(&o->state)));
DOMAIN_ATTR(domain, signed, struct domain, "%d", o->is_signed);
DOMAIN_ATTR(domain, checked, struct domain, "%d", o->is_checked);
DOMAIN_ATTR(domain, size, struct domain, "%zu", o->memory.size);
DOMAIN_ATTR(domain, heap_limit, struct domain, "%zu", o->ledger.limit);
DOMAIN_ATTR(domain, heap_bytes, struct domain, "%zu",
	    READ_ONCE(o->ledger.bytes));
DOMAIN_ATTR(domain, heap_peak, struct domain, "%zu",
	    READ_ONCE(o->ledger.peak));
DOMAIN_ATTR(domain, allocations, struct domain, "%u",
	    READ_ONCE(o->ledger.count[DOMAIN_RES_HEAP]));
DOMAIN_ATTR(domain, shared_objects, struct domain, "%u",
	    domain_shared_count(o));
DOMAIN_ATTR(domain, refused_frees, struct domain, "%lu",
	    READ_ONCE(o->ledger.refused));
DOMAIN_ATTR(domain, leaked, struct domain, "%lu", READ_ONCE(o->ledger.leaked));

static ssize_t domain_fault_show(const void *owner, char *buf)
{
	char why[DOMAIN_FAULT_LINE];

	domain_fault_describe(owner, why, sizeof(why));
	return sysfs_emit(buf, "%s\n", why);
}

static struct domain_attr domain_fault_attr = {
	.attr = { .name = "fault", .mode = 0400 },
	.show = domain_fault_show,
};

static struct attribute *domain_attrs[] = {
	&domain_image_attr.attr,
	&domain_version_attr.attr,
	&domain_interface_attr.attr,
	&domain_state_attr.attr,
	&domain_signed_attr.attr,
	&domain_checked_attr.attr,
	&domain_size_attr.attr,
	&domain_heap_limit_attr.attr,
	&domain_heap_bytes_attr.attr,
	&domain_heap_peak_attr.attr,
	&domain_allocations_attr.attr,
	&domain_shared_objects_attr.attr,
	&domain_refused_frees_attr.attr,
	&domain_leaked_attr.attr,
	&domain_fault_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(domain);

static const struct kobj_type domain_ktype = {
	.sysfs_ops = &domain_sysfs_ops,
	.release = domain_kobj_release,
	.default_groups = domain_groups,
};

/**
 * domain_slot_calls - how often a slot was called
 * @slot: the slot
 *
 * Context: any.
 * Return: the number of calls, empty slot included, refused ones not.
 */
u64 domain_slot_calls(const struct domain_slot *slot)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(slot->calls, cpu));
	return sum;
}

/**
 * domain_slot_current - the number of the domain that a slot has
 * @slot: the slot
 *
 * Context: any.
 * Return: the number, 0 if the slot is empty.
 */
u32 domain_slot_current(const struct domain_slot *slot)
{
	guard(rcu)();
	return rcu_dereference(slot->domain)->id;
}

DOMAIN_ATTR(slot, interface, struct domain_slot, "%s %u.%u", o->iface->name,
	    o->iface->major, o->iface->nr_methods);
DOMAIN_ATTR(slot, domain, struct domain_slot, "%u", domain_slot_current(o));
DOMAIN_ATTR(slot, calls, struct domain_slot, "%llu", domain_slot_calls(o));
DOMAIN_ATTR(slot, busy, struct domain_slot, "%ld",
	    atomic_long_read(&o->busy));
DOMAIN_ATTR(slot, waited, struct domain_slot, "%ld",
	    atomic_long_read(&o->waited));
DOMAIN_ATTR(slot, updates, struct domain_slot, "%llu", READ_ONCE(o->updates));
DOMAIN_ATTR(slot, rollbacks, struct domain_slot, "%llu",
	    READ_ONCE(o->rollbacks));
DOMAIN_ATTR(slot, last_pause_ns, struct domain_slot, "%llu",
	    READ_ONCE(o->last_pause_ns));
DOMAIN_ATTR(slot, max_pause_ns, struct domain_slot, "%llu",
	    READ_ONCE(o->max_pause_ns));
DOMAIN_ATTR(slot, store_bytes, struct domain_slot, "%zu",
	    READ_ONCE(o->store.bytes));
DOMAIN_ATTR(slot, policy, struct domain_slot, "%s",
	    domain_policy_name(READ_ONCE(o->policy)));
DOMAIN_ATTR(slot, checked_only, struct domain_slot, "%d",
	    READ_ONCE(o->checked_only));
DOMAIN_ATTR(slot, faults, struct domain_slot, "%ld",
	    atomic_long_read(&o->faults));
DOMAIN_ATTR(slot, recoveries, struct domain_slot, "%llu",
	    READ_ONCE(o->recoveries));

static struct attribute *slot_attrs[] = {
	&slot_interface_attr.attr,
	&slot_domain_attr.attr,
	&slot_calls_attr.attr,
	&slot_busy_attr.attr,
	&slot_waited_attr.attr,
	&slot_updates_attr.attr,
	&slot_rollbacks_attr.attr,
	&slot_last_pause_ns_attr.attr,
	&slot_max_pause_ns_attr.attr,
	&slot_store_bytes_attr.attr,
	&slot_policy_attr.attr,
	&slot_checked_only_attr.attr,
	&slot_faults_attr.attr,
	&slot_recoveries_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(slot);

static const struct kobj_type slot_ktype = {
	.sysfs_ops = &domain_sysfs_ops,
	.release = domain_kobj_release,
	.default_groups = slot_groups,
};

static struct domain_kobj *domain_kobj_add(struct kset *kset,
					   const struct kobj_type *ktype,
					   void *owner, const char *name)
{
	struct domain_kobj *dk = kzalloc_obj(*dk);
	int ret;

	if (!dk)
		return ERR_PTR(-ENOMEM);
	dk->owner = owner;
	dk->kobj.kset = kset;
	ret = kobject_init_and_add(&dk->kobj, ktype, NULL, "%s", name);
	if (ret) {
		kobject_put(&dk->kobj);
		return ERR_PTR(ret);
	}
	return dk;
}

static void domain_kobj_del(struct domain_kobj *dk)
{
	kobject_del(&dk->kobj);
	kobject_put(&dk->kobj);
}

/**
 * domain_sysfs_announce - tell user space what has been added
 * @dk: the kobject of a domain or a slot, which can be found by now
 *
 * Context: process context. May sleep.
 */
void domain_sysfs_announce(struct domain_kobj *dk)
{
	kobject_uevent(&dk->kobj, KOBJ_ADD);
}

/**
 * domain_sysfs_add - show a domain
 * @d: the domain, which has its number
 *
 * Context: process context. May sleep.
 * Return: 0 or an errno of kobject_init_and_add().
 */
int domain_sysfs_add(struct domain *d)
{
	struct domain_kobj *dk;
	char name[12];

	snprintf(name, sizeof(name), "%u", d->id);
	dk = domain_kobj_add(domain_domains, &domain_ktype, d, name);
	if (IS_ERR(dk))
		return PTR_ERR(dk);
	d->kobj = dk;
	return 0;
}

/**
 * domain_sysfs_del - show a domain no more
 * @d: the domain, which may never have been shown
 *
 * Context: process context. May sleep.
 */
void domain_sysfs_del(struct domain *d)
{
	if (d->kobj)
		domain_kobj_del(d->kobj);
}

/**
 * domain_sysfs_add_slot - show a slot
 * @slot: the slot
 *
 * Context: process context. May sleep.
 * Return: 0 or an errno of kobject_init_and_add().
 */
int domain_sysfs_add_slot(struct domain_slot *slot)
{
	struct domain_kobj *dk;

	dk = domain_kobj_add(domain_slots_kset, &slot_ktype, slot, slot->name);
	if (IS_ERR(dk))
		return PTR_ERR(dk);
	slot->kobj = dk;
	return 0;
}

/**
 * domain_sysfs_del_slot - show a slot no more
 * @slot: the slot
 *
 * Its name can be given to another one then. Waits for those who read an
 * attribute, none of which takes a lock of domains.
 *
 * Context: process context. May sleep.
 */
void domain_sysfs_del_slot(struct domain_slot *slot)
{
	kobject_del(&slot->kobj->kobj);
}

/**
 * domain_sysfs_put_slot - free what domain_sysfs_add_slot() made
 * @slot: the slot, which is not shown any more, or never was
 *
 * Context: process context. May sleep.
 */
void domain_sysfs_put_slot(struct domain_slot *slot)
{
	if (slot->kobj)
		kobject_put(&slot->kobj->kobj);
}

/**
 * domain_sysfs_notify - tell user space that a slot has another domain
 * @slot: the slot, which is shown
 *
 * Wakes those who poll its attribute "domain", and sends a uevent.
 *
 * Context: process context. May sleep.
 */
void domain_sysfs_notify(struct domain_slot *slot)
{
	sysfs_notify(&slot->kobj->kobj, NULL, "domain");
	kobject_uevent(&slot->kobj->kobj, KOBJ_CHANGE);
}

static int __init domain_sysfs_init(void)
{
	domain_root = kobject_create_and_add("domain", kernel_kobj);
	if (!domain_root)
		return -ENOMEM;
	domain_domains = kset_create_and_add("domains", NULL, domain_root);
	domain_slots_kset = kset_create_and_add("slots", NULL, domain_root);
	if (!domain_domains || !domain_slots_kset)
		return -ENOMEM;
	return 0;
}
postcore_initcall(domain_sysfs_init);
