// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: slots, what callers hold
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include "domain.h"

static const char * const domain_policy_names[] = {
	[DOMAIN_POLICY_EMPTY] = "empty",
	[DOMAIN_POLICY_RESTART] = "restart",
	[DOMAIN_POLICY_FALLBACK] = "fallback",
};
static_assert(ARRAY_SIZE(domain_policy_names) == DOMAIN_NR_POLICIES);

/**
 * domain_policy_name - what a policy is called
 * @policy: the policy
 *
 * Return: its name.
 */
const char *domain_policy_name(enum domain_policy policy)
{
	return domain_policy_names[policy];
}

static bool domain_name_ok(const char *name)
{
	size_t len = strnlen(name, DOMAIN_NAME_LEN);
	size_t i;

	if (!len || len == DOMAIN_NAME_LEN)
		return false;
	/* isalnum() takes letters of Latin-1, which are no names in UTF-8 */
	for (i = 0; i < len; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && name[i] != '_' && name[i] != '-'))
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

/* The domain of a slot without one: no image, every method is @fn */
static struct domain *domain_stub_create(struct domain_slot *slot,
					 const char *name, domain_fn_t fn)
{
	const struct domain_interface *iface = slot->iface;
	struct domain *d = domain_alloc(iface);
	unsigned int i;

	if (!d)
		return NULL;
	d->slot = slot;
	strscpy(d->note.name, name);
	for (i = 0; i < iface->nr_methods; i++)
		d->method[i] = fn;
	return d;
}

static void domain_slot_free(struct domain_slot *slot)
{
	domain_store_destroy(&slot->store);
	domain_slot_exit_kind(slot);
	free_percpu(slot->calls);
	domain_file_put(slot->previous);
	kfree(slot->interim);
	kfree(slot->empty);
	domain_sysfs_put_slot(slot);
	/* domain_kill() may still try to get a reference */
	kfree_rcu_mightsleep(slot);
}

/**
 * domain_slot_new - make an empty slot, for domain_slot_create() or a controller
 * @iface: its interface, registered
 * @name: its name: up to DOMAIN_NAME_LEN - 1 letters, digits, '_' and '-'
 * @from_user: whether a controller may destroy it; if so, it takes over the caller's
 *	reference of the interface's module
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
	ratelimit_state_init(&slot->restarts, DOMAIN_RESTART_INTERVAL * HZ,
			     DOMAIN_RESTART_BURST);
	ratelimit_set_flags(&slot->restarts, RATELIMIT_MSG_ON_RELEASE);

	ret = domain_slot_init_kind(slot);
	if (ret) {
		kfree(slot);
		return ERR_PTR(ret);
	}
	ret = -ENOMEM;
	slot->calls = alloc_percpu(u64);
	slot->empty = domain_stub_create(slot, "empty", domain_method_empty);
	slot->interim = domain_stub_create(slot, "interim", domain_method_busy);
	if (!slot->calls || !slot->empty || !slot->interim)
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
 * domain_slot_on_reopen - be told when callers that got -EBUSY can try again
 * @slot: the slot, of a stateful interface
 * @fn: called at the end of each update that closed the slot, committed or not,
 *	in process context and with the slot's lock held; it must neither sleep
 *	for long nor update the slot. NULL for none.
 * @arg: passed to @fn
 *
 * It saves time, not correctness: a caller that was refused while an update
 * ended may put its work aside only after @fn has run, so it has to try again on
 * its own as well.
 *
 * Context: process context. May sleep: the last @fn has returned afterwards.
 */
void domain_slot_on_reopen(struct domain_slot *slot, void (*fn)(void *arg),
			   void *arg)
{
	guard(mutex)(&slot->lock);
	slot->on_reopen = fn;
	slot->on_reopen_arg = arg;
}
EXPORT_SYMBOL_GPL(domain_slot_on_reopen);

/* Closed by an update, or its domain died and has no successor yet */
static bool domain_slot_is_busy(struct domain_slot *slot)
{
	return percpu_ref_is_dying(&slot->users) ||
	       rcu_access_pointer(slot->domain) == slot->interim;
}

/**
 * domain_slot_wait - wait until a slot can be called
 * @slot: the slot, of a stateful interface
 *
 * For callers that got -EBUSY from a REF_ATOMIC interface where they may sleep:
 * until an update has opened the slot again, or a domain that died has a
 * successor, or will have none.
 *
 * Context: process context. May sleep.
 * Return: 0, also if the slot was open; -EINTR if the task was killed.
 */
int domain_slot_wait(struct domain_slot *slot)
{
	if (wait_event_killable(slot->reopened, !domain_slot_is_busy(slot)))
		return -EINTR;
	return 0;
}
EXPORT_SYMBOL_GPL(domain_slot_wait);

/**
 * domain_slot_wait_uninterruptible - the same, also for a task that was killed
 * @slot: the slot, of a stateful interface
 *
 * For what a domain must be told in any case, as that something is closed.
 *
 * Context: process context. May sleep.
 */
void domain_slot_wait_uninterruptible(struct domain_slot *slot)
{
	wait_event(slot->reopened, !domain_slot_is_busy(slot));
}
EXPORT_SYMBOL_GPL(domain_slot_wait_uninterruptible);

/**
 * domain_slot_put - return a reference that keeps a slot from being freed
 * @slot: the slot
 *
 * Context: any but NMI.
 */
void domain_slot_put(struct domain_slot *slot)
{
	if (refcount_dec_and_test(&slot->refs))
		complete(&slot->unused);
}

/**
 * domain_slot_set_policy - say what becomes of a slot whose domain crashes
 * @slot: the slot
 * @policy: DOMAIN_POLICY_EMPTY: it is empty, and the domain stays loaded to be
 *	looked at; DOMAIN_POLICY_RESTART: its image starts anew, with the blobs
 *	of the slot's store; DOMAIN_POLICY_FALLBACK: the image that the last
 *	update replaced starts anew
 *
 * A slot is empty at first, and whenever a successor cannot be had: it did not
 * load, or init() failed, or there were DOMAIN_RESTART_BURST restarts in the
 * last DOMAIN_RESTART_INTERVAL seconds, or no image to fall back to is left.
 *
 * Context: process context. May sleep.
 * Return: 0; -EINVAL if there is no such policy; -EOPNOTSUPP if faults are not
 * contained and the policy is another than DOMAIN_POLICY_EMPTY.
 */
int domain_slot_set_policy(struct domain_slot *slot, enum domain_policy policy)
{
	if ((unsigned int)policy >= DOMAIN_NR_POLICIES) {
		pr_warn_ratelimited("domain slot %s: policy %u, at most %u\n",
				    slot->name, policy, DOMAIN_NR_POLICIES - 1);
		return -EINVAL;
	}
	if (policy && !IS_ENABLED(CONFIG_DOMAIN_FAULT))
		return -EOPNOTSUPP;
	guard(mutex)(&slot->lock);
	WRITE_ONCE(slot->policy, policy);
	return 0;
}
EXPORT_SYMBOL_GPL(domain_slot_set_policy);

/**
 * domain_slot_demand_checked - say whether a slot takes checked images only
 * @slot: the slot
 * @demand: whether it does; at first it does not
 *
 * It holds for all that is bound from now on, by whomever, a successor after a
 * crash included.
 *
 * Context: process context. May sleep.
 * Return: 0; -EACCES if it has a domain whose image is not a checked one.
 */
int domain_slot_demand_checked(struct domain_slot *slot, bool demand)
{
	const struct domain *d;

	guard(mutex)(&slot->lock);
	d = rcu_dereference_protected(slot->domain,
				      lockdep_is_held(&slot->lock));
	if (demand && d->id && !d->is_checked)
		return -EACCES;
	WRITE_ONCE(slot->checked_only, demand);
	return 0;
}
EXPORT_SYMBOL_GPL(domain_slot_demand_checked);

static void domain_slot_dismantle(struct domain_slot *slot)
{
	struct module *owner = slot->from_user ? slot->iface->owner : NULL;
	struct domain_update update = {
		.deadline_ns = DOMAIN_DEADLINE_MAX,
		/* it cannot be left half done */
		.uninterruptible = true,
	};
	int ret;

	scoped_guard(mutex, &slot->lock)
		slot->gone = true;
	do {
		/* nobody can bind a domain any more, so this is the last */
		update.expected_old = domain_slot_current(slot);
		ret = domain_slot_update(slot, &update);
	} while (ret == -ETIMEDOUT);

	domain_slot_put(slot);
	wait_for_completion(&slot->unused);
	domain_slot_free(slot);
	module_put(owner);
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
	int ret = -EOPNOTSUPP;

	if (slot->from_user)
		ret = domain_slot_unregister_unused(slot);
	domain_slot_put(slot);
	if (!ret)
		domain_slot_dismantle(slot);
	return ret;
}
