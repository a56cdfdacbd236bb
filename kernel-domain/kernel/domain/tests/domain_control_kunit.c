// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of /dev/domain: what is refused before anything is done, and to
 * whom; and that what is asked for is what is done
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/domain_command.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/string.h>
#include <uapi/linux/domain.h>

#include "domain_control_test.h"
#include "domain_vfs_test.h"

static const unsigned int control_cmds[] = {
	DOMAIN_IOC_LOAD, DOMAIN_IOC_UNLOAD, DOMAIN_IOC_UPDATE,
	DOMAIN_IOC_SLOT_CREATE, DOMAIN_IOC_SLOT_DESTROY, DOMAIN_IOC_INFO,
	DOMAIN_IOC_NEXT, DOMAIN_IOC_CALL, DOMAIN_IOC_POLICY, DOMAIN_IOC_KILL,
	DOMAIN_IOC_DEMAND,
};

/* Arguments with which there is something that would be done */
static union control_arg control_arg(struct kunit *test, unsigned int cmd)
{
	struct control_env *env = test->priv;
	union control_arg arg = {};

	switch (cmd) {
	case DOMAIN_IOC_LOAD:
		arg.load.fd = -1;
		break;
	case DOMAIN_IOC_UNLOAD:
	case DOMAIN_IOC_KILL:
	case DOMAIN_IOC_INFO:
		arg.id.id = env->d->id;
		break;
	case DOMAIN_IOC_UPDATE:
		strscpy(arg.update.slot, "kunit");
		arg.update.new_id = env->d->id;
		break;
	case DOMAIN_IOC_SLOT_CREATE:
		strscpy(arg.slot.name, "kunit_made");
		strscpy(arg.slot.interface, "command");
		break;
	case DOMAIN_IOC_POLICY:
	case DOMAIN_IOC_DEMAND:
		strscpy(arg.policy.slot, "kunit");
		break;
	}
	return arg;
}

/* Nothing was done */
static void control_expect_untouched(struct kunit *test)
{
	struct control_env *env = test->priv;

	KUNIT_EXPECT_EQ(test, DOMAIN_LOADED, atomic_read(&env->d->state));
	KUNIT_EXPECT_EQ(test, 0, domain_slot_current(env->slot));
	KUNIT_EXPECT_EQ(test, DOMAIN_POLICY_EMPTY, env->slot->policy);
	KUNIT_EXPECT_FALSE(test, env->slot->checked_only);
	KUNIT_EXPECT_NULL(test, domain_slot_get("kunit_made"));
}

/* Fields that must be 0, and bits of them that need not */
static const struct control_field {
	const char *name;
	unsigned int cmd;
	size_t offset;
	u32 known;
} control_fields[] = {
	{ "load.flags", DOMAIN_IOC_LOAD, offsetof(struct domain_ioc_load, flags) },
	{ "load.reserved", DOMAIN_IOC_LOAD,
	  offsetof(struct domain_ioc_load, reserved) },
	{ "unload.flags", DOMAIN_IOC_UNLOAD, offsetof(struct domain_ioc_id, flags) },
	{ "update.flags", DOMAIN_IOC_UPDATE,
	  offsetof(struct domain_ioc_update, flags) },
	{ "update.reserved", DOMAIN_IOC_UPDATE,
	  offsetof(struct domain_ioc_update, reserved) },
	{ "policy.flags", DOMAIN_IOC_POLICY,
	  offsetof(struct domain_ioc_policy, flags) },
	{ "kill.flags", DOMAIN_IOC_KILL, offsetof(struct domain_ioc_id, flags) },
	{ "demand.demands", DOMAIN_IOC_DEMAND,
	  offsetof(struct domain_ioc_demand, demands), DOMAIN_DEMAND_CHECKED },
	{ "demand.reserved", DOMAIN_IOC_DEMAND,
	  offsetof(struct domain_ioc_demand, reserved) },
};

KUNIT_ARRAY_PARAM_DESC(field, control_fields, name);

static void domain_control_test_reserved(struct kunit *test)
{
	const struct control_field *field = test->param_value;
	union control_arg arg;
	u32 bit;

	for (bit = 1; bit; bit <<= 1) {
		if (bit & field->known)
			continue;
		arg = control_arg(test, field->cmd);
		*(u32 *)((void *)&arg + field->offset) = bit;
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, control(test, field->cmd, &arg),
				    "bit %#x", bit);
	}
	control_expect_untouched(test);
}

/* Numbers that are not those of a command of this size and direction */
static void domain_control_test_unknown(struct kunit *test)
{
	static const unsigned int others[] = {
		0, U32_MAX, _IO(DOMAIN_IOC, 0x0b), _IO(DOMAIN_IOC, 0xff),
		_IOWR(DOMAIN_IOC, 0x0b, struct domain_ioc_load),
		/* of another device of this series */
		DOMAIN_EMPTY_IOC_STAT, DOMAIN_EMPTY_IOC_DROP,
	};
	struct control_env *env = test->priv;
	unsigned int i, cmd, other;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		KUNIT_EXPECT_EQ_MSG(test, -ENOTTY, control_at(env, others[i], env->ubuf),
				    "%#x", others[i]);
	for (i = 0; i < ARRAY_SIZE(control_cmds); i++) {
		cmd = control_cmds[i];
		for (size = 0; size < 1U << _IOC_SIZEBITS; size++) {
			if (size == _IOC_SIZE(cmd))
				continue;
			other = _IOC(_IOC_DIR(cmd), DOMAIN_IOC, _IOC_NR(cmd), size);
			KUNIT_ASSERT_EQ_MSG(test, -ENOTTY,
					    control_at(env, other, env->ubuf),
					    "%#x of %zu bytes", cmd, size);
		}
		cmd ^= _IOC_READ << _IOC_DIRSHIFT;
		KUNIT_EXPECT_EQ(test, -ENOTTY, control_at(env, cmd, env->ubuf));
		cmd = control_cmds[i] ^ (1 << _IOC_TYPESHIFT);
		KUNIT_EXPECT_EQ(test, -ENOTTY, control_at(env, cmd, env->ubuf));
	}
	control_expect_untouched(test);
}

/* The argument cannot be read, or not all of it, or not be written */
static void domain_control_test_fault(struct kunit *test)
{
	struct control_env *env = test->priv;
	unsigned int i, cmd;
	unsigned long addr;

	for (i = 0; i < ARRAY_SIZE(control_cmds); i++) {
		cmd = control_cmds[i];
		KUNIT_EXPECT_EQ(test, -EFAULT, control_at(env, cmd, NULL));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				control_at(env, cmd, (void __user *)env->d));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				control_at(env, cmd, (void __user *)-8L));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				control_at(env, cmd, env->ubuf + PAGE_SIZE - 4));
	}
	addr = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, !addr || IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			control_at(env, DOMAIN_IOC_NEXT, (void __user *)addr));
	control_expect_untouched(test);
}

/* 32 characters and no NUL; names that a slot cannot have */
static void domain_control_test_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", " ", "a b", "a/b", "..", ".", "a\n", "\xff", "kunit:",
	};
	static const unsigned int by_name[] = {
		DOMAIN_IOC_UPDATE, DOMAIN_IOC_SLOT_DESTROY, DOMAIN_IOC_CALL,
		DOMAIN_IOC_POLICY, DOMAIN_IOC_DEMAND,
	};
	union control_arg arg;
	int i;

	for (i = 0; i < ARRAY_SIZE(by_name); i++) {
		arg = control_arg(test, by_name[i]);
		memset(arg.update.slot, 'x', DOMAIN_NAME_SIZE);
		KUNIT_EXPECT_EQ(test, -ENOENT, control(test, by_name[i], &arg));
		memset(arg.update.slot, 0, DOMAIN_NAME_SIZE);
		KUNIT_EXPECT_EQ(test, -ENOENT, control(test, by_name[i], &arg));
	}
	arg = control_arg(test, DOMAIN_IOC_SLOT_CREATE);
	memset(arg.slot.name, 'x', DOMAIN_NAME_SIZE);
	KUNIT_EXPECT_EQ(test, -EINVAL, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	arg = control_arg(test, DOMAIN_IOC_SLOT_CREATE);
	memset(arg.slot.interface, 'x', DOMAIN_NAME_SIZE);
	KUNIT_EXPECT_EQ(test, -EINVAL, control(test, DOMAIN_IOC_SLOT_CREATE, &arg));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arg = control_arg(test, DOMAIN_IOC_SLOT_CREATE);
		strscpy_pad(arg.slot.name, bad[i]);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    control(test, DOMAIN_IOC_SLOT_CREATE, &arg),
				    "\"%s\"", bad[i]);
	}
	control_expect_untouched(test);
}

static const struct cred *control_cred(struct kunit *test, bool privileged)
{
	struct cred *cred = prepare_creds();

	KUNIT_ASSERT_NOT_NULL(test, cred);
	if (privileged) {
		cap_clear(cred->cap_effective);
		cap_raise(cred->cap_effective, CAP_SYS_MODULE);
	} else {
		cap_lower(cred->cap_effective, CAP_SYS_MODULE);
	}
	return cred;
}

/* Who has the device open needs the capability all the same, and no other one */
static void domain_control_test_privilege(struct kunit *test)
{
	const struct cred *without = control_cred(test, false);
	const struct cred *only = control_cred(test, true);
	struct control_env *env = test->priv;
	union control_arg arg;
	struct file *file;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0600, file_inode(env->file)->i_mode & 07777);
	scoped_with_creds(without) {
		file = vfs_test_open(env->mnt, O_RDWR, "domain");
		KUNIT_EXPECT_EQ(test, -EPERM, PTR_ERR_OR_ZERO(file));
		vfs_test_close(file);
		for (i = 0; i < ARRAY_SIZE(control_cmds); i++) {
			arg = control_arg(test, control_cmds[i]);
			KUNIT_EXPECT_EQ_MSG(test, -EPERM,
					    control(test, control_cmds[i], &arg),
					    "%#x", control_cmds[i]);
		}
	}
	control_expect_untouched(test);
	scoped_with_creds(only) {
		file = vfs_test_open(env->mnt, O_RDWR, "domain");
		KUNIT_EXPECT_FALSE(test, IS_ERR(file));
		vfs_test_close(file);
		arg = control_arg(test, DOMAIN_IOC_INFO);
		KUNIT_EXPECT_EQ(test, 0, control(test, DOMAIN_IOC_INFO, &arg));
	}
	put_cred(without);
	put_cred(only);
}

static struct kunit_case domain_control_cases[] = {
	KUNIT_CASE_PARAM(domain_control_test_reserved, field_gen_params),
	KUNIT_CASE(domain_control_test_unknown),
	KUNIT_CASE(domain_control_test_fault),
	KUNIT_CASE(domain_control_test_names),
	KUNIT_CASE(domain_control_test_privilege),
	{}
};

static struct kunit_suite domain_control_suite = {
	.name = "domain_control",
	.init = control_test_init,
	.exit = control_test_exit,
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_control_cases,
};

kunit_test_suite(domain_control_suite);

MODULE_DESCRIPTION("KUnit tests of the control device of domains");
MODULE_LICENSE("GPL");
