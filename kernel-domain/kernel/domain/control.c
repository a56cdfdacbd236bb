// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: /dev/domain
 *
 * A thin layer: it checks who asks and what was passed, and calls what the
 * other files offer. Whoever has the device open may load code into the
 * kernel, so every call asks for the capability again: the descriptor may have
 * been inherited by somebody with less privilege.
 */
#include <linux/capability.h>
#include <linux/cleanup.h>
#include <linux/domain_command.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/domain.h>

#include "domain.h"

static_assert(DOMAIN_NAME_SIZE == DOMAIN_NAME_LEN);
static_assert((int)DOMAIN_STATE_LOADED == (int)DOMAIN_LOADED &&
	      (int)DOMAIN_STATE_UNLOADING == (int)DOMAIN_UNLOADING &&
	      (int)DOMAIN_STATE_DEAD == (int)DOMAIN_DEAD);
static_assert((int)DOMAIN_SLOT_EMPTY == (int)DOMAIN_POLICY_EMPTY &&
	      (int)DOMAIN_SLOT_RESTART == (int)DOMAIN_POLICY_RESTART &&
	      (int)DOMAIN_SLOT_FALLBACK == (int)DOMAIN_POLICY_FALLBACK);

DEFINE_FREE(domain_put, struct domain *, if (!IS_ERR_OR_NULL(_T)) domain_put(_T))
DEFINE_FREE(domain_slot_put, struct domain_slot *, if (_T) domain_slot_put(_T))

static int domain_bad_value(const char *name, u64 value)
{
	pr_warn_ratelimited("domain: ioctl field %s is %llu, must be 0\n",
			    name, value);
	return -EINVAL;
}

static struct domain_slot *domain_ioc_slot(const char *name)
{
	if (strnlen(name, DOMAIN_NAME_SIZE) == DOMAIN_NAME_SIZE)
		return NULL;
	return domain_slot_get(name);
}

static long domain_ioc_load(struct domain_ioc_load *arg)
{
	struct domain *d __free(domain_put) = NULL;

	if (arg->flags)
		return domain_bad_value("flags", arg->flags);
	if (arg->reserved)
		return domain_bad_value("reserved", arg->reserved);
	d = domain_load_fd(arg->fd, arg->heap_limit);
	if (IS_ERR(d))
		return PTR_ERR(d);
	arg->id = d->id;
	arg->validate_ns = d->validate_ns;
	arg->load_ns = d->load_ns;
	return 0;
}

static long domain_ioc_unload(const struct domain_ioc_id *arg)
{
	struct domain *d __free(domain_put) = NULL;

	if (arg->flags)
		return domain_bad_value("flags", arg->flags);
	d = domain_get(arg->id);
	return d ? domain_unload(d) : -ENOENT;
}

static long domain_ioc_update(struct domain_ioc_update *arg)
{
	struct domain_update update = {
		.expected_old = arg->old_id,
		.deadline_ns = arg->deadline_ns,
	};
	struct domain_slot *slot __free(domain_slot_put) = NULL;
	struct domain *new __free(domain_put) = NULL;
	int ret;

	if (arg->flags)
		return domain_bad_value("flags", arg->flags);
	if (arg->reserved)
		return domain_bad_value("reserved", arg->reserved);
	slot = domain_ioc_slot(arg->slot);
	if (!slot)
		return -ENOENT;
	if (arg->new_id) {
		new = domain_get(arg->new_id);
		if (!new)
			return -ENOENT;
	}
	update.new = new;
	ret = domain_slot_update(slot, &update);
	if (ret)
		return ret;
	arg->flags = update.retiring ? DOMAIN_UPDATE_RETIRING : 0;
	arg->init_ns = update.init_ns;
	arg->drain_ns = update.drain_ns;
	arg->transfer_ns = update.transfer_ns;
	arg->swap_ns = update.swap_ns;
	arg->pause_ns = update.pause_ns;
	arg->retire_ns = update.retire_ns;
	return 0;
}

/* With a reference of its module, as outside of the lock it may be on its way out */
static const struct domain_interface *domain_ioc_interface(const char *name)
{
	const struct domain_interface *iface;

	guard(mutex)(&domain_registry_lock);
	iface = domain_interface_find(name);
	if (!iface)
		return ERR_PTR(-ENOENT);
	if (!iface->user_slots) {
		pr_warn_ratelimited("domain: slots of interface %s come from its driver\n",
				    iface->name);
		return ERR_PTR(-EOPNOTSUPP);
	}
	return try_module_get(iface->owner) ? iface : ERR_PTR(-ENOENT);
}

static long domain_ioc_slot_create(const struct domain_ioc_slot *arg)
{
	const struct domain_interface *iface;
	struct domain_slot *slot;

	if (strnlen(arg->interface, DOMAIN_NAME_SIZE) == DOMAIN_NAME_SIZE)
		return -EINVAL;
	iface = domain_ioc_interface(arg->interface);
	if (IS_ERR(iface))
		return PTR_ERR(iface);
	slot = domain_slot_new(iface, arg->name, true);
	if (!IS_ERR(slot))
		return 0;
	module_put(iface->owner);
	return PTR_ERR(slot);
}

static long domain_ioc_slot_destroy(const struct domain_ioc_slot *arg)
{
	struct domain_slot *slot = domain_ioc_slot(arg->name);

	if (!slot)
		return -ENOENT;
	return domain_slot_destroy_user(slot);
}

static void domain_fill_info(struct domain_ioc_info *arg, struct domain *d)
{
	struct domain_slot *slot;

	*arg = (struct domain_ioc_info){
		.id = d->id,
		.state = atomic_read(&d->state),
		.size = d->memory.size,
		.is_signed = d->is_signed,
		.is_checked = d->is_checked,
		.shared_objects = domain_shared_count(d),
	};
	strscpy(arg->image, d->note.name);
	strscpy(arg->version, d->note.version);
	strscpy(arg->interface, d->note.interface);
	domain_fault_describe(d, arg->fault, sizeof(arg->fault));
	scoped_guard(spinlock_irqsave, &d->ledger.lock) {
		arg->heap_limit = d->ledger.limit;
		arg->heap_bytes = d->ledger.bytes;
		arg->heap_peak = d->ledger.peak;
		arg->allocations = d->ledger.count[DOMAIN_RES_HEAP];
		arg->refused_frees = d->ledger.refused;
		arg->leaked = d->ledger.leaked;
	}
	/* the slot that it was bound to may be gone */
	scoped_guard(mutex, &domain_registry_lock) {
		slot = domain_slot_of(d);
		if (slot) {
			strscpy(arg->slot, slot->name);
			arg->slot_faults = atomic_long_read(&slot->faults);
			arg->slot_recoveries = READ_ONCE(slot->recoveries);
		}
	}
}

static long domain_ioc_info(struct domain_ioc_info *arg, bool next)
{
	struct domain *d __free(domain_put) = NULL;

	d = next ? domain_next_get(arg->id) : domain_get(arg->id);
	if (!d)
		return -ENOENT;
	domain_fill_info(arg, d);
	return 0;
}

static long domain_ioc_call(struct domain_ioc_call *arg)
{
	struct domain_slot *slot __free(domain_slot_put) = NULL;

	slot = domain_ioc_slot(arg->slot);
	if (!slot)
		return -ENOENT;
	if (slot->iface != &domain_command_interface)
		return -EPROTOTYPE;
	arg->result = domain_command_run(slot, arg->nr, arg->arg);
	return 0;
}

static long domain_ioc_policy(const struct domain_ioc_policy *arg)
{
	struct domain_slot *slot __free(domain_slot_put) = NULL;

	if (arg->flags)
		return domain_bad_value("flags", arg->flags);
	slot = domain_ioc_slot(arg->slot);
	return slot ? domain_slot_set_policy(slot, arg->policy) : -ENOENT;
}

static long domain_ioc_demand(const struct domain_ioc_demand *arg)
{
	struct domain_slot *slot __free(domain_slot_put) = NULL;

	if (arg->demands & ~DOMAIN_DEMAND_CHECKED)
		return domain_bad_value("demands", arg->demands);
	if (arg->reserved)
		return domain_bad_value("reserved", arg->reserved);
	slot = domain_ioc_slot(arg->slot);
	return slot ? domain_slot_demand_checked(slot, arg->demands) : -ENOENT;
}

static long domain_ioc_kill(const struct domain_ioc_id *arg)
{
	struct domain *d __free(domain_put) = NULL;

	if (arg->flags)
		return domain_bad_value("flags", arg->flags);
	d = domain_get(arg->id);
	return d ? domain_kill(d, "killed by a controller") : -ENOENT;
}

union domain_ioc_arg {
	struct domain_ioc_load load;
	struct domain_ioc_id id;
	struct domain_ioc_update update;
	struct domain_ioc_slot slot;
	struct domain_ioc_info info;
	struct domain_ioc_call call;
	struct domain_ioc_policy policy;
	struct domain_ioc_demand demand;
};

static long domain_ioctl_dispatch(unsigned int cmd, union domain_ioc_arg *arg)
{
	switch (cmd) {
	case DOMAIN_IOC_LOAD:
		return domain_ioc_load(&arg->load);
	case DOMAIN_IOC_UNLOAD:
		return domain_ioc_unload(&arg->id);
	case DOMAIN_IOC_UPDATE:
		return domain_ioc_update(&arg->update);
	case DOMAIN_IOC_SLOT_CREATE:
		return domain_ioc_slot_create(&arg->slot);
	case DOMAIN_IOC_SLOT_DESTROY:
		return domain_ioc_slot_destroy(&arg->slot);
	case DOMAIN_IOC_INFO:
		return domain_ioc_info(&arg->info, false);
	case DOMAIN_IOC_NEXT:
		return domain_ioc_info(&arg->info, true);
	case DOMAIN_IOC_CALL:
		return domain_ioc_call(&arg->call);
	case DOMAIN_IOC_POLICY:
		return domain_ioc_policy(&arg->policy);
	case DOMAIN_IOC_KILL:
		return domain_ioc_kill(&arg->id);
	case DOMAIN_IOC_DEMAND:
		return domain_ioc_demand(&arg->demand);
	default:
		return -ENOTTY;
	}
}

static long domain_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	void __user *to = (void __user *)uarg;
	union domain_ioc_arg arg = {};
	size_t size = _IOC_SIZE(cmd);
	long ret;

	if (_IOC_TYPE(cmd) != DOMAIN_IOC || size > sizeof(arg))
		return -ENOTTY;
	if (!capable(CAP_SYS_MODULE))
		return -EPERM;
	if (copy_from_user(&arg, to, size))
		return -EFAULT;
	ret = domain_ioctl_dispatch(cmd, &arg);
	if (ret || !(_IOC_DIR(cmd) & _IOC_READ) || !copy_to_user(to, &arg, size))
		return ret;
	/* nobody would know the number of what was loaded */
	if (cmd == DOMAIN_IOC_LOAD) {
		struct domain_ioc_id id = { .id = arg.load.id };

		domain_ioc_unload(&id);
	}
	return -EFAULT;
}

static int domain_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_MODULE) ? 0 : -EPERM;
}

static const struct file_operations domain_fops = {
	.owner = THIS_MODULE,
	.open = domain_open,
	.unlocked_ioctl = domain_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice domain_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "domain",
	.fops = &domain_fops,
	.mode = 0600,
};

static int __init domain_control_init(void)
{
	return misc_register(&domain_misc);
}
device_initcall(domain_control_init);
