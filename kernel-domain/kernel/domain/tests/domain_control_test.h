/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of /dev/domain share: the device, opened, and a driver's
 * slot "kunit" and a domain to do something with
 */
#ifndef _DOMAIN_CONTROL_TEST_H
#define _DOMAIN_CONTROL_TEST_H

#include <linux/fs.h>
#include <uapi/linux/domain.h>

#include "domain_test.h"

union control_arg {
	struct domain_ioc_load load;
	struct domain_ioc_id id;
	struct domain_ioc_update update;
	struct domain_ioc_slot slot;
	struct domain_ioc_info info;
	struct domain_ioc_call call;
	struct domain_ioc_policy policy;
	struct domain_ioc_demand demand;
};

struct control_env {
	struct vfsmount *mnt;
	struct file *file;		/* the device */
	void __user *ubuf;		/* a page, and nothing after it */
	struct domain_slot *slot;	/* "kunit", a driver's */
	struct domain *d;
};

struct control_env *control_test_open(struct kunit *test);
int control_test_init(struct kunit *test);
void control_test_exit(struct kunit *test);
long control_test_ask(struct kunit *test, const struct control_env *env,
		      unsigned int cmd, void *arg);

static inline long control_at(const struct control_env *env, unsigned int cmd,
			      void __user *at)
{
	return env->file->f_op->unlocked_ioctl(env->file, cmd, (unsigned long)at);
}

/* Of a suite that begins with control_test_init() */
static inline long control(struct kunit *test, unsigned int cmd, void *arg)
{
	return control_test_ask(test, test->priv, cmd, arg);
}

#endif /* _DOMAIN_CONTROL_TEST_H */
