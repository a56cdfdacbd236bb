// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit suites of /dev/domain share, see domain_control_test.h
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "domain_control_test.h"
#include "domain_vfs_test.h"

static void control_close(void *file)
{
	vfs_test_close(file);
}

/* The device, and memory for arguments; they go with the test */
struct control_env *control_test_open(struct kunit *test)
{
	struct control_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);
	struct vfsmount *mnt = vfs_test_mount(test, "devtmpfs");
	unsigned long addr;

	KUNIT_ASSERT_NOT_NULL(test, env);
	env->mnt = mnt;
	env->file = vfs_test_open(mnt, O_RDWR, "domain");
	KUNIT_ASSERT_FALSE(test, IS_ERR(env->file));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, control_close, env->file));
	addr = kunit_vm_mmap(test, NULL, 0, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, !addr || IS_ERR_VALUE(addr));
	KUNIT_ASSERT_EQ(test, 0, vm_munmap(addr + PAGE_SIZE, PAGE_SIZE));
	env->ubuf = (void __user *)addr;
	return env;
}

int control_test_init(struct kunit *test)
{
	struct control_env *env = control_test_open(test);

	env->slot = test_slot(test, &domain_test_srcu_interface);
	env->d = test_domain(test, &domain_test_srcu_interface, 0);
	test->priv = env;
	return 0;
}

void control_test_exit(struct kunit *test)
{
	struct control_env *env = test->priv;

	if (!env)
		return;
	if (domain_slot_current(env->slot))
		KUNIT_EXPECT_EQ(test, 0, test_update(env->slot, NULL, env->d->id));
	kunit_domain_forget(env->d);
}

/* As user space does it: the argument is in its memory, before and after */
long control_test_ask(struct kunit *test, const struct control_env *env,
		      unsigned int cmd, void *arg)
{
	size_t size = _IOC_SIZE(cmd);
	long ret;

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(env->ubuf, arg, size));
	ret = control_at(env, cmd, env->ubuf);
	KUNIT_ASSERT_EQ(test, 0, copy_from_user(arg, env->ubuf, size));
	return ret;
}
