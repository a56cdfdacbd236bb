// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of /dev/domain: files that are no images, and what each command
 * does and tells
 */
#include <linux/domain_command.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>

#include "../image.h"
#include "domain_control_test.h"
#include "domain_vfs_test.h"

/* Ask for a file to be loaded, which is closed then; it must not be an image */
static long control_load(struct kunit *test, struct file *file, u64 heap_limit)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct domain_ioc_load arg = {
		.fd = fd,
		.heap_limit = heap_limit,
	};
	long ret;

	KUNIT_ASSERT_GE(test, fd, 0);
	fd_install(fd, get_file(file));
	ret = control(test, DOMAIN_IOC_LOAD, &arg);
	close_fd(fd);
	KUNIT_EXPECT_EQ(test, arg.id, 0);
	return ret;
}

/* A file in memory that starts with some bytes */
static struct file *control_file(struct kunit *test, const void *bytes, size_t len,
				 loff_t size)
{
	struct file *file = shmem_file_setup("kunit", size, mk_vma_flags(VMA_NORESERVE_BIT));
	loff_t pos = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	if (len)
		KUNIT_EXPECT_EQ(test, len, kernel_write(file, bytes, len, &pos));
	return file;
}

/* As it would be opened by its name: who made it does not count as a writer */
static struct file *control_reopen(struct kunit *test, struct file *file, int flags)
{
	struct file *again = dentry_open(&file->f_path, flags, current_cred());

	KUNIT_ASSERT_FALSE(test, IS_ERR(again));
	vfs_test_close(file);
	return again;
}

static void control_expect_refused(struct kunit *test, struct file *file, long ret,
				   u64 heap_limit)
{
	KUNIT_EXPECT_EQ(test, ret, control_load(test, file, heap_limit));
	vfs_test_close(file);
}

static void domain_control_use_test_file(struct kunit *test)
{
	static const char garbage[] = "#!/bin/sh\nexit 0\n";
	static const int none[] = { -1, INT_MIN, INT_MAX, 1000 };
	struct control_env *env = test->priv;
	struct domain_ioc_load arg = {};
	struct file *file;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		arg.fd = none[i];
		KUNIT_EXPECT_EQ(test, -EBADF, control(test, DOMAIN_IOC_LOAD, &arg));
	}
	/* no regular file: a directory, a device, and that one is this one */
	control_expect_refused(test, vfs_test_open(env->mnt, O_RDONLY | O_DIRECTORY, "/"),
			       -EINVAL, 0);
	control_expect_refused(test, vfs_test_open(env->mnt, O_RDONLY, "null"),
			       -EINVAL, 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, control_load(test, env->file, 0));

	file = control_file(test, NULL, 0, 0);
	control_expect_refused(test, control_reopen(test, file, O_RDONLY), -EINVAL, 0);
	/* somebody may still write to it */
	file = control_file(test, garbage, sizeof(garbage), 0);
	control_expect_refused(test, control_reopen(test, file, O_RDWR), -ETXTBSY, 0);
	file = control_file(test, garbage, sizeof(garbage), 0);
	control_expect_refused(test, control_reopen(test, file, O_WRONLY), -EBADF, 0);
	file = control_file(test, garbage, sizeof(garbage), 0);
	control_expect_refused(test, control_reopen(test, file, O_RDONLY), -ENOEXEC, 0);
	file = control_file(test, garbage, sizeof(garbage), DOMAIN_IMAGE_MAX_FILE + 1);
	control_expect_refused(test, control_reopen(test, file, O_RDONLY), -EFBIG, 0);
	/* the limit is looked at before the image */
	file = control_file(test, garbage, sizeof(garbage), 0);
	file = control_reopen(test, file, O_RDONLY);
	KUNIT_EXPECT_EQ(test, -ENOEXEC, control_load(test, file, DOMAIN_HEAP_MAX));
	KUNIT_EXPECT_EQ(test, -EINVAL, control_load(test, file, DOMAIN_HEAP_MAX + 1));
	control_expect_refused(test, file, -EINVAL, U64_MAX);
}

/* The name, and zeros up to the end of the field: nothing else of the kernel's */
static void control_expect_name(struct kunit *test, const char *field,
				const char *name)
{
	char expected[DOMAIN_NAME_SIZE];

	strscpy_pad(expected, name);
	KUNIT_EXPECT_MEMEQ(test, field, expected, DOMAIN_NAME_SIZE);
}

static struct domain_ioc_info control_info(struct kunit *test, u32 id)
{
	struct domain_ioc_info info;

	/* what is passed in is of no interest but for the number */
	memset(&info, 0xff, sizeof(info));
	info.id = id;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_INFO, &info));
	return info;
}

static void domain_control_use_test_info(struct kunit *test)
{
	const size_t cost = domain_ledger_cost(100, sizeof(struct domain_entry));
	struct control_env *env = test->priv;
	struct domain *d = env->d;
	struct domain_ioc_info info;
	void *p;

	strscpy(d->note.version, "1.2~rc3");
	d->is_signed = true;
	d->is_checked = true;
	d->memory.size = 12288;
	info = control_info(test, d->id);
	KUNIT_EXPECT_EQ(test, info.state, DOMAIN_STATE_LOADED);
	control_expect_name(test, info.slot, "");
	KUNIT_EXPECT_EQ(test, info.slot_faults, 0);

	KUNIT_ASSERT_EQ(test, 0, test_update(env->slot, d, 0));
	atomic_long_set(&env->slot->faults, 3);
	env->slot->recoveries = 2;
	p = domain_heap_alloc(d, 100, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, domain_heap_alloc(d, 100, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, domain_heap_free(d, p));
	KUNIT_EXPECT_NE(test, 0, domain_heap_free(d, p));
	info = control_info(test, d->id);
	KUNIT_EXPECT_EQ(test, info.id, d->id);
	KUNIT_EXPECT_EQ(test, info.state, DOMAIN_STATE_ACTIVE);
	control_expect_name(test, info.image, "kunit");
	control_expect_name(test, info.version, "1.2~rc3");
	control_expect_name(test, info.interface, "test_srcu");
	control_expect_name(test, info.slot, "kunit");
	KUNIT_EXPECT_EQ(test, info.size, 12288);
	KUNIT_EXPECT_EQ(test, info.heap_limit, d->ledger.limit);
	KUNIT_EXPECT_EQ(test, info.heap_bytes, cost);
	KUNIT_EXPECT_EQ(test, info.heap_peak, 2 * cost);
	KUNIT_EXPECT_EQ(test, info.allocations, 1);
	KUNIT_EXPECT_EQ(test, info.shared_objects, 0);
	KUNIT_EXPECT_EQ(test, info.refused_frees, 1);
	KUNIT_EXPECT_EQ(test, info.leaked, 0);
	KUNIT_EXPECT_EQ(test, info.is_signed, 1);
	KUNIT_EXPECT_EQ(test, info.is_checked, 1);
	KUNIT_EXPECT_EQ(test, info.slot_faults, 3);
	KUNIT_EXPECT_EQ(test, info.slot_recoveries, 2);
	KUNIT_EXPECT_NULL(test, memchr_inv(info.fault, 0, sizeof(info.fault)));

	KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, NULL, d->id));
	info = control_info(test, d->id);
	KUNIT_EXPECT_EQ(test, info.state, DOMAIN_STATE_RETIRED);
	KUNIT_EXPECT_EQ(test, info.leaked, 1);
	control_expect_name(test, info.slot, "kunit");
}

/* Each domain once, by number, and then no more */
static void domain_control_use_test_next(struct kunit *test)
{
	struct control_env *env = test->priv;
	struct domain *other = test_domain(test, &domain_test_srcu_interface, 0);
	struct domain_ioc_info info = {};
	u32 last = 0;
	int found = 0;

	while (!control(test, DOMAIN_IOC_NEXT, &info)) {
		KUNIT_ASSERT_GT(test, info.id, last);
		last = info.id;
		found += info.id == env->d->id || info.id == other->id;
		info.id++;
	}
	KUNIT_EXPECT_EQ(test, found, 2);
	info.id = U32_MAX;
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_NEXT, &info));
	info.id = 0;
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_INFO, &info));
	info.id = last + 1;
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_INFO, &info));
	last = other->id;
	kunit_domain_forget(other);
	info.id = last;
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_INFO, &info));
}

static long control_update(struct kunit *test, u32 new, u32 old, u64 deadline_ns)
{
	struct domain_ioc_update arg = {
		.slot = "kunit",
		.new_id = new,
		.old_id = old,
		.deadline_ns = deadline_ns,
	};
	long ret = control(test, DOMAIN_IOC_UPDATE, &arg);

	KUNIT_EXPECT_EQ(test, arg.flags, 0);
	return ret;
}

static void domain_control_use_test_update(struct kunit *test)
{
	struct control_env *env = test->priv;
	struct domain_slot *slot = env->slot;
	struct domain_ioc_id id = { .id = env->d->id };
	struct domain_ioc_id kill = { .id = U32_MAX };
	u32 n = env->d->id;

	KUNIT_EXPECT_EQ(test, -EALREADY, control_update(test, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, -ESTALE, control_update(test, n, n + 1, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, control_update(test, U32_MAX, 0, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, control_update(test, n, 0, DOMAIN_DEADLINE_MAX + 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, control_update(test, n, 0, U64_MAX));
	KUNIT_EXPECT_EQ(test, 0, domain_slot_current(slot));
	KUNIT_EXPECT_EQ(test, 0, control_update(test, n, 0, DOMAIN_DEADLINE_MAX));
	KUNIT_EXPECT_EQ(test, n, domain_slot_current(slot));
	KUNIT_EXPECT_EQ(test, -EINVAL, control_update(test, n, n, 0));
	KUNIT_EXPECT_EQ(test, -ESTALE, control_update(test, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, -EBUSY, control(test, DOMAIN_IOC_UNLOAD, &id));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			control(test, DOMAIN_IOC_KILL, &kill));
	KUNIT_EXPECT_EQ(test, 0, control_update(test, 0, n, 0));
	KUNIT_EXPECT_EQ(test, -EBUSY, control_update(test, n, 0, 0));
	KUNIT_EXPECT_EQ(test, IS_ENABLED(CONFIG_DOMAIN_FAULT) ? -ESRCH : -EOPNOTSUPP,
			control(test, DOMAIN_IOC_KILL, &id));
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_UNLOAD, &id));
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_UNLOAD, &id));
	KUNIT_EXPECT_EQ(test, -ENOENT, control_update(test, n, 0, 0));
}

static void domain_control_use_test_policy(struct kunit *test)
{
	struct domain_ioc_policy policy = { .slot = "kunit" };
	struct domain_ioc_demand demand = { .slot = "kunit" };
	struct control_env *env = test->priv;
	struct domain_slot *slot = env->slot;

	policy.policy = DOMAIN_SLOT_FALLBACK + 1;
	KUNIT_EXPECT_EQ(test, -EINVAL, control(test, DOMAIN_IOC_POLICY, &policy));
	policy.policy = U32_MAX;
	KUNIT_EXPECT_EQ(test, -EINVAL, control(test, DOMAIN_IOC_POLICY, &policy));
	KUNIT_EXPECT_EQ(test, slot->policy, DOMAIN_POLICY_EMPTY);
	policy.policy = DOMAIN_SLOT_RESTART;
	if (IS_ENABLED(CONFIG_DOMAIN_FAULT)) {
		KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_POLICY, &policy));
		KUNIT_EXPECT_EQ(test, slot->policy, DOMAIN_POLICY_RESTART);
	} else {
		KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
				control(test, DOMAIN_IOC_POLICY, &policy));
	}
	policy.policy = DOMAIN_SLOT_EMPTY;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_POLICY, &policy));
	KUNIT_EXPECT_EQ(test, slot->policy, DOMAIN_POLICY_EMPTY);

	demand.demands = DOMAIN_DEMAND_CHECKED;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_DEMAND, &demand));
	KUNIT_EXPECT_TRUE(test, slot->checked_only);
	KUNIT_EXPECT_EQ(test, -EACCES, control_update(test, env->d->id, 0, 0));
	demand.demands = 0;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_DEMAND, &demand));
	KUNIT_EXPECT_FALSE(test, slot->checked_only);
	KUNIT_EXPECT_EQ(test, 0, control_update(test, env->d->id, 0, 0));
	demand.demands = DOMAIN_DEMAND_CHECKED;
	KUNIT_EXPECT_EQ(test, -EACCES, control(test, DOMAIN_IOC_DEMAND, &demand));
	KUNIT_EXPECT_FALSE(test, slot->checked_only);
}

static long control_run(u64 nr, u64 arg)
{
	return nr ? -(long)arg : arg;
}

/* A slot of a controller's, from its beginning to its end */
static void domain_control_use_test_slot(struct kunit *test)
{
	static const struct domain_command_ops methods = { .run = control_run };
	static const struct domain_image_ops ops = {};
	struct domain_ioc_slot arg = { .name = "kunit_made" };
	struct domain_ioc_call call = { .slot = "kunit_made", .arg = 42 };
	struct domain_slot *slot;
	struct domain *d;

	strscpy_pad(arg.interface, "no_such_interface");
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	strscpy_pad(arg.interface, "test_srcu");
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	strscpy_pad(arg.interface, "command");
	KUNIT_ASSERT_EQ(test, 0, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	KUNIT_EXPECT_EQ(test, -EEXIST, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));

	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_CALL, &call));
	KUNIT_EXPECT_EQ(test, -ENOSYS, call.result);
	slot = domain_slot_get("kunit_made");
	d = kunit_domain_create(&domain_command_interface,
				(const void *const *)&methods, &ops, 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(d));
	KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, d, NULL));
	/* what the method returns is not what the call of it returns */
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_CALL, &call));
	KUNIT_EXPECT_EQ(test, 42, call.result);
	call.nr = 1;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_CALL, &call));
	KUNIT_EXPECT_EQ(test, -42, call.result);
	strscpy_pad(call.slot, "kunit");
	KUNIT_EXPECT_EQ(test, -EPROTOTYPE, control(test, DOMAIN_IOC_CALL, &call));

	KUNIT_EXPECT_EQ(test, -EBUSY, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
	KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, NULL, d));
	kunit_domain_forget(d);
	/* somebody has a reference */
	KUNIT_EXPECT_EQ(test, -EBUSY, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
	domain_slot_put(slot);
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
	strscpy_pad(arg.name, "kunit");
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
}

#ifdef CONFIG_MODULE_UNLOAD
static void control_unregister(void *iface)
{
	domain_interface_unregister(iface);
}

/* The module of an interface goes before, or not before, a controller's slot */
static void domain_control_use_test_module(struct kunit *test)
{
	struct domain_ioc_slot arg = {
		.name = "kunit_made", .interface = "kunit_module",
	};
	struct domain_interface *iface;
	struct module *owner;

	owner = kunit_kzalloc(test, sizeof(*owner), GFP_KERNEL);
	iface = kunit_kzalloc(test, sizeof(*iface), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, owner);
	KUNIT_ASSERT_NOT_NULL(test, iface);
	*iface = domain_test_rcu_interface;
	iface->name = "kunit_module";
	iface->owner = owner;
	KUNIT_ASSERT_EQ(test, 0, domain_interface_register(iface));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, control_unregister, iface));

	strscpy(owner->name, "kunit_module");
	/* 1 is the module itself */
	atomic_set(&owner->refcnt, 1);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	KUNIT_EXPECT_EQ(test, 0, module_refcount(owner));
	iface->user_slots = true;
	owner->state = MODULE_STATE_GOING;
	KUNIT_EXPECT_EQ(test, -ENOENT, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	KUNIT_EXPECT_NULL(test, domain_slot_get("kunit_made"));

	owner->state = MODULE_STATE_LIVE;
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	KUNIT_EXPECT_EQ(test, 1, module_refcount(owner));
	KUNIT_EXPECT_EQ(test, -EEXIST, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	KUNIT_EXPECT_EQ(test, 1, module_refcount(owner));
	KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_SLOT_DESTROY, &arg));
	KUNIT_EXPECT_EQ(test, 0, module_refcount(owner));
}
#else
static void domain_control_use_test_module(struct kunit *test)
{
	kunit_skip(test, "needs modules that can be unloaded");
}
#endif

static struct kunit_case domain_control_use_cases[] = {
	KUNIT_CASE(domain_control_use_test_file),
	KUNIT_CASE(domain_control_use_test_info),
	KUNIT_CASE(domain_control_use_test_next),
	KUNIT_CASE(domain_control_use_test_update),
	KUNIT_CASE(domain_control_use_test_policy),
	KUNIT_CASE(domain_control_use_test_slot),
	KUNIT_CASE(domain_control_use_test_module),
	{}
};

static struct kunit_suite domain_control_use_suite = {
	.name = "domain_control_use",
	.init = control_test_init,
	.exit = control_test_exit,
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_control_use_cases,
};

kunit_test_suite(domain_control_use_suite);

MODULE_DESCRIPTION("KUnit tests of the commands of the control device of domains");
MODULE_LICENSE("GPL");
