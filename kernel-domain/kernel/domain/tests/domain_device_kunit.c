// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of /dev/domain_empty and /dev/domain_log: whatever the domain
 * does, the VFS gets what a device may answer.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/domain_empty_device.h>
#include <linux/domain_log.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>
#include <uapi/linux/domain.h>

#include "domain_test.h"

/* What the one domain of a test answers, and has been asked */
static struct device_fake {
	long ret;
	bool asleep;			/* open() and read() wait for @leave */
	struct completion entered, leave;
	atomic_t busy;			/* release() says so often -EBUSY */
	atomic_t releases;
} device_fake;

struct device_env {
	struct vfsmount *mnt;
	struct domain_slot *slot;
	struct domain *d;
};

static long device_fake_answer(void)
{
	if (device_fake.asleep) {
		complete(&device_fake.entered);
		wait_for_completion(&device_fake.leave);
	}
	return device_fake.ret;
}

static long device_fake_release(void)
{
	if (atomic_add_unless(&device_fake.busy, -1, 0))
		return -EBUSY;
	atomic_inc(&device_fake.releases);
	return 0;
}

/* No data: who reads in a thread of the kernel has nowhere to copy it to */
static long device_fake_read(u8 *buf, u64 len)
{
	return device_fake_answer() ?: -ENODATA;
}

static long device_fake_write(const u8 *buf, u64 len)
{
	return device_fake.ret;
}

static long device_fake_drop(void)
{
	return device_fake.ret;
}

static long device_fake_log(u64 level, const char *text, u64 len)
{
	return device_fake.ret;
}

static long device_fake_init(void)
{
	return device_fake.ret;
}

static struct domain *device_domain(struct kunit *test,
				    const struct domain_interface *iface)
{
	static const struct domain_empty_device_ops empty = {
		.open = device_fake_answer,
		.release = device_fake_release,
		.read = device_fake_read,
		.write = device_fake_write,
		.drop = device_fake_drop,
	};
	static const struct domain_log_ops log = { .write = device_fake_log };
	static const struct domain_image_ops ops = { .init = device_fake_init };
	const void *methods = &empty;
	struct domain *d;

	if (iface == &domain_log_interface)
		methods = &log;
	d = kunit_domain_create(iface, methods, &ops, 0, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(d));
	return d;
}

static int domain_device_test_init(struct kunit *test)
{
	struct device_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);
	struct file_system_type *type = get_fs_type("devtmpfs");

	KUNIT_ASSERT_NOT_NULL(test, env);
	if (!type)
		kunit_skip(test, "no devtmpfs");
	env->mnt = vfs_kern_mount(type, 0, "devtmpfs", NULL);
	put_filesystem(type);
	KUNIT_ASSERT_FALSE(test, IS_ERR(env->mnt));
	memset(&device_fake, 0, sizeof(device_fake));
	init_completion(&device_fake.entered);
	init_completion(&device_fake.leave);
	env->slot = domain_slot_get("empty_device");
	env->d = device_domain(test, &domain_empty_device_interface);
	KUNIT_ASSERT_EQ(test, 0, kunit_domain_update(env->slot, env->d, NULL));
	test->priv = env;
	return 0;
}

static void domain_device_test_exit(struct kunit *test)
{
	struct device_env *env = test->priv;

	if (!env)
		return;
	KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(env->slot, NULL, env->d));
	kunit_domain_forget(env->d);
	domain_slot_put(env->slot);
	mntput(env->mnt);
}

static struct file *device_open(struct kunit *test, const char *name)
{
	struct device_env *env = test->priv;

	return file_open_root_mnt(env->mnt, name, O_RDWR, 0);
}

/* Not later, by a worker, as fput() of a kernel thread */
static void device_close(struct file *file)
{
	__fput_sync(file);
}

/* What is no errno of user space's gets nowhere */
static void domain_device_test_errno(struct kunit *test)
{
	static const struct {
		long ret, expected;
	} answers[] = {
		{ -5000, -EIO }, { LONG_MIN, -EIO }, { -529, -EIO },
		{ -512, -EIO }, { -511, -511 }, { -ENOSYS, -ENXIO },
		{ -EPERM, -EPERM },
	};
	struct file *file, *log;
	struct device_env *env = test->priv;
	struct domain *d = device_domain(test, &domain_log_interface);
	struct domain_slot *slot = domain_slot_get("log");
	struct domain *next;
	char __user *ubuf;
	loff_t pos = 0;
	int i;

	ubuf = (char __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
					    PROT_READ | PROT_WRITE,
					    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, 0, (unsigned long)ubuf);
	KUNIT_ASSERT_EQ(test, 0, kunit_domain_update(slot, d, NULL));
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		const long expected = answers[i].expected;

		device_fake.ret = 0;
		file = device_open(test, "domain_empty");
		log = device_open(test, "domain_log");
		KUNIT_ASSERT_FALSE(test, IS_ERR(file) || IS_ERR(log));
		device_fake.ret = answers[i].ret;
		KUNIT_EXPECT_EQ(test, expected,
				file->f_op->read(file, ubuf, 8, &pos));
		KUNIT_EXPECT_EQ(test, expected,
				file->f_op->write(file, ubuf, 8, &pos));
		KUNIT_EXPECT_EQ(test, expected,
				file->f_op->unlocked_ioctl(file, DOMAIN_EMPTY_IOC_DROP, 0));
		KUNIT_EXPECT_EQ(test, expected,
				log->f_op->write(log, ubuf, 8, &pos));
		device_close(log);
		device_close(file);

		KUNIT_EXPECT_EQ(test, expected,
				PTR_ERR(device_open(test, "domain_empty")));
		next = device_domain(test, &domain_empty_device_interface);
		KUNIT_EXPECT_EQ(test,
				answers[i].ret == -ENOSYS ? -ENOSYS : expected,
				kunit_domain_update(env->slot, next, env->d));
		kunit_domain_forget(next);
	}
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(answers),
			atomic_read(&device_fake.releases));
	device_fake.ret = 0;
	KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, NULL, d));
	kunit_domain_forget(d);
	domain_slot_put(slot);
}

/* A task that opens a device, reads from it and closes it */
struct device_user {
	struct kunit *test;
	const char *name;
	struct file *file;
	struct domain *next;		/* for who updates */
	struct completion done;
};

static int device_user_wait(struct device_user *u, long ret)
{
	complete(&u->done);
	while (!kthread_should_stop())
		fsleep(1000);
	return ret;
}

static int device_opener(void *arg)
{
	struct device_user *u = arg;

	u->file = device_open(u->test, u->name);
	if (!IS_ERR(u->file))
		device_close(u->file);
	return device_user_wait(u, PTR_ERR_OR_ZERO(u->file));
}

static int device_reader(void *arg)
{
	struct device_user *u = arg;
	loff_t pos = 0;

	return device_user_wait(u, u->file->f_op->read(u->file, NULL, 0, &pos));
}

/* As a task of user space that was killed */
static int device_closer(void *arg)
{
	struct device_user *u = arg;

	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	device_close(u->file);
	return device_user_wait(u, 0);
}

static int device_updater(void *arg)
{
	struct device_user *u = arg;
	struct device_env *env = u->test->priv;
	int ret = kunit_domain_update(env->slot, u->next, env->d);

	return device_user_wait(u, ret);
}

static struct task_struct *device_start(struct kunit *test, struct device_user *u,
					int (*fn)(void *arg))
{
	struct task_struct *task;

	u->test = test;
	init_completion(&u->done);
	task = kthread_run(fn, u, "domain_device");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	return task;
}

/* While the domain takes its time, other devices can be opened */
static void domain_device_test_open(struct kunit *test)
{
	struct device_user slow = { .name = "domain_empty" };
	struct device_user control = { .name = "domain" };
	struct task_struct *opener, *other;

	device_fake.asleep = true;
	opener = device_start(test, &slow, device_opener);
	wait_for_completion(&device_fake.entered);
	other = device_start(test, &control, device_opener);
	KUNIT_EXPECT_NE(test, 0,
			wait_for_completion_timeout(&control.done, 5 * HZ));
	complete(&device_fake.leave);
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(other));
	wait_for_completion(&slow.done);
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(opener));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&device_fake.releases));
}

static bool device_released(int n)
{
	int i;

	for (i = 0; i < 500 && atomic_read(&device_fake.releases) < n; i++)
		fsleep(10 * USEC_PER_MSEC);
	return atomic_read(&device_fake.releases) == n;
}

/* Who was killed closes the file while the slot is closed */
static void domain_device_test_release_killed(struct kunit *test)
{
	struct task_struct *reader, *updater, *closer;
	struct device_user read = {}, update = {}, close = {};
	struct device_env *env = test->priv;

	read.file = device_open(test, "domain_empty");
	close.file = device_open(test, "domain_empty");
	KUNIT_ASSERT_FALSE(test, IS_ERR(read.file) || IS_ERR(close.file));
	update.next = device_domain(test, &domain_empty_device_interface);
	device_fake.asleep = true;
	reader = device_start(test, &read, device_reader);
	wait_for_completion(&device_fake.entered);
	updater = device_start(test, &update, device_updater);
	while (!percpu_ref_is_dying(&env->slot->users))
		fsleep(1000);
	closer = device_start(test, &close, device_closer);
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&close.done, 5 * HZ));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&device_fake.releases));
	complete(&device_fake.leave);
	KUNIT_EXPECT_EQ(test, -ENODATA, kthread_stop(reader));
	wait_for_completion(&update.done);
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(updater));
	kunit_domain_forget(env->d);
	env->d = update.next;
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(closer));
	KUNIT_EXPECT_TRUE(test, device_released(1));
	device_close(read.file);
	KUNIT_EXPECT_TRUE(test, device_released(2));
}

/* Nor is one lost that comes when the domain has died, and has no successor yet */
static void domain_device_test_release_busy(struct kunit *test)
{
	struct file *file = device_open(test, "domain_empty");

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	atomic_set(&device_fake.busy, 3);
	device_close(file);
	KUNIT_EXPECT_TRUE(test, device_released(1));
}

static struct kunit_case domain_device_cases[] = {
	KUNIT_CASE(domain_device_test_errno),
	KUNIT_CASE(domain_device_test_open),
	KUNIT_CASE(domain_device_test_release_killed),
	KUNIT_CASE(domain_device_test_release_busy),
	{}
};

static struct kunit_suite domain_device_suite = {
	.name = "domain_device",
	.init = domain_device_test_init,
	.exit = domain_device_test_exit,
	.test_cases = domain_device_cases,
};

kunit_test_suite(domain_device_suite);

MODULE_DESCRIPTION("KUnit tests of the devices of domains");
MODULE_LICENSE("GPL");
