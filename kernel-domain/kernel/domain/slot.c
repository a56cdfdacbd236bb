// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: slots, what callers hold
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "domain.h"

static bool domain_name_ok(const char *name)
{
	size_t len = strnlen(name, DOMAIN_NAME_LEN);
	size_t i;

	if (!len || len == DOMAIN_NAME_LEN)
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum(name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	return true;
}

static void domain_users_drained(struct percpu_ref *users)
{
	complete(&container_of(users, struct domain_slot, users)->drained);
}

static int domain_slot_init_kind(struct domain_slot *slot)
{
	switch (slot->iface->kind) {
	case DOMAIN_KIND_RCU:
		return 0;
	case DOMAIN_KIND_SRCU:
		return init_srcu_struct_fast(&slot->srcu);
	default:
		return percpu_ref_init(&slot->users, domain_users_drained,
				       PERCPU_REF_ALLOW_REINIT, GFP_KERNEL);
	}
}

static void domain_slot_exit_kind(struct domain_slot *slot)
{
	switch (slot->iface->kind) {
	case DOMAIN_KIND_RCU:
		break;
	case DOMAIN_KIND_SRCU:
		cleanup_srcu_struct(&slot->srcu);
		break;
	default:
		percpu_ref_exit(&slot->users);
		break;
	}
}

/* The domain of an empty slot: no image, every method answers -ENOSYS */
static struct domain *domain_empty_create(struct domain_slot *slot)
{
	const struct domain_interface *iface = slot->iface;
	struct domain *d = domain_alloc(iface);
	unsigned int i;

	if (!d)
		return NULL;
	d->slot = slot;
	strscpy(d->note.name, "empty");
	for (i = 0; i < iface->nr_methods; i++)
		d->method[i] = domain_method_empty;
	return d;
}

static void domain_slot_free(struct domain_slot *slot)
{
	domain_store_destroy(&slot->store);
	domain_slot_exit_kind(slot);
	free_percpu(slot->calls);
	kfree(slot->empty);
	kfree(slot);
}

/**
 * domain_slot_new - make an empty slot, for domain_slot_create() or a controller
 * @iface: its interface, registered
 * @name: its name: up to DOMAIN_NAME_LEN - 1 letters, digits, '_' and '-'
 * @from_user: whether a controller may destroy it
 *
 * Context: process context. May sleep.
 * Return: the slot or an error pointer, see domain_slot_create().
 */
struct domain_slot *domain_slot_new(const struct domain_interface *iface,
				    const char *name, bool from_user)
{
	struct domain_slot *slot;
	int ret;

	if (!domain_name_ok(name)) {
		pr_warn_ratelimited("domain: slot name must be 1 to %d letters, digits, '_' or '-'\n",
				    DOMAIN_NAME_LEN - 1);
		return ERR_PTR(-EINVAL);
	}
	slot = kzalloc_obj(*slot);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	slot->iface = iface;
	slot->from_user = from_user;
	strscpy(slot->name, name);
	mutex_init(&slot->lock);
	init_waitqueue_head(&slot->reopened);
	init_completion(&slot->drained);
	init_completion(&slot->unused);
	refcount_set(&slot->refs, 1);
	domain_store_init(&slot->store);

	ret = domain_slot_init_kind(slot);
	if (ret) {
		kfree(slot);
		return ERR_PTR(ret);
	}
	ret = -ENOMEM;
	slot->calls = alloc_percpu(u64);
	slot->empty = domain_empty_create(slot);
	if (!slot->calls || !slot->empty)
		goto err;
	RCU_INIT_POINTER(slot->domain, slot->empty);

	ret = domain_slot_register(slot);
	if (ret)
		goto err;
	return slot;
err:
	domain_slot_free(slot);
	return ERR_PTR(ret);
}

/**
 * domain_slot_create - make an empty slot
 * @iface: its interface, registered
 * @name: its name, which no other slot has: up to DOMAIN_NAME_LEN - 1 letters,
 *	digits, '_' and '-'
 *
 * Context: process context. May sleep.
 * Return: the slot, whose methods answer -ENOSYS, or an error pointer: -EINVAL
 * if the name is malformed, -EEXIST if there is such a slot, -ENOMEM.
 */
struct domain_slot *domain_slot_create(const struct domain_interface *iface,
				       const char *name)
{
	return domain_slot_new(iface, name, false);
}
EXPORT_SYMBOL_GPL(domain_slot_create);

/**
 * domain_slot_put - return a reference that keeps a slot from being freed
 * @slot: the slot
 *
 * Context: any.
 */
void domain_slot_put(struct domain_slot *slot)
{
	if (refcount_dec_and_test(&slot->refs))
		complete(&slot->unused);
}

static void domain_slot_dismantle(struct domain_slot *slot)
{
	struct domain_update update = { .deadline_ns = DOMAIN_DEADLINE_MAX };
	int ret;

	scoped_guard(mutex, &slot->lock)
		slot->gone = true;
	do {
		/* nobody can bind a domain any more, so this is the last */
		update.expected_old = domain_slot_current(slot);
		ret = domain_slot_update(slot, &update);
	} while (ret == -ETIMEDOUT || ret == -EINTR);
	domain_sysfs_del_slot(slot);

	domain_slot_put(slot);
	wait_for_completion(&slot->unused);
	domain_slot_free(slot);
}

/**
 * domain_slot_destroy - take a slot away
 * @slot: the slot, or NULL; nobody calls through it any more, and nobody will
 *
 * A domain that is bound is retired; its state and the slot's store are gone.
 *
 * Context: process context. May sleep until other domains have closed their
 * handles of the slot and controllers have left it.
 */
void domain_slot_destroy(struct domain_slot *slot)
{
	if (!slot)
		return;
	domain_slot_unregister(slot);
	domain_slot_dismantle(slot);
}
EXPORT_SYMBOL_GPL(domain_slot_destroy);

/**
 * domain_slot_destroy_user - take away a slot that a controller created
 * @slot: the slot, with the caller's reference, which is used up
 *
 * Context: process context. May sleep.
 * Return: 0; -EOPNOTSUPP if its driver owns it; -EBUSY if it has a domain, or
 * somebody a handle; -ENOENT if somebody else destroyed it.
 */
int domain_slot_destroy_user(struct domain_slot *slot)
{
	int ret = 0;

	if (!slot->from_user)
		ret = -EOPNOTSUPP;
	else if (domain_slot_current(slot) || refcount_read(&slot->refs) > 2)
		ret = -EBUSY;
	else if (!domain_slot_unregister(slot))
		ret = -ENOENT;
	domain_slot_put(slot);
	if (!ret)
		domain_slot_dismantle(slot);
	return ret;
}
