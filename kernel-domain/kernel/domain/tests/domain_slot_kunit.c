// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the end of slots: what is still on its way when one is
 * destroyed, and what is left of one afterwards
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "domain_test.h"

/* A thread that is inside of a slot's domain until it is told to leave */
struct slot_sleeper {
	struct test_call call;
	struct domain_slot *slot;
	struct completion entered, leave;
};

static long slot_sleep_inside(struct test_call *call)
{
	struct slot_sleeper *s = container_of(call, struct slot_sleeper, call);

	complete(&s->entered);
	wait_for_completion(&s->leave);
	return 1;
}

static int slot_sleeper_thread(void *arg)
{
	struct slot_sleeper *s = arg;
	long ret = domain_test_ref_run(s->slot, &s->call);

	while (!kthread_should_stop())
		fsleep(1000);
	return ret;
}

static int slot_destroyer_thread(void *slot)
{
	/* as a task of user space that was killed */
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	domain_slot_destroy(slot);
	while (!kthread_should_stop())
		fsleep(1000);
	return fatal_signal_pending(current);
}

/* Who was killed waits for the slot's callers, and does not spin meanwhile */
static void domain_slot_test_killed(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct slot_sleeper sleeper = { .call.fn = slot_sleep_inside };
	struct domain *d = test_domain(test, iface, 0);
	struct task_struct *task, *destroyer;
	struct domain_slot *slot;

	slot = domain_slot_create(iface, "kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	sleeper.slot = slot;
	init_completion(&sleeper.entered);
	init_completion(&sleeper.leave);
	task = kthread_run(slot_sleeper_thread, &sleeper, "domain_sleeper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&sleeper.entered);
	destroyer = kthread_run(slot_destroyer_thread, slot, "domain_destroyer");
	KUNIT_ASSERT_FALSE(test, IS_ERR(destroyer));

	while (!READ_ONCE(slot->gone))
		fsleep(1000);
	msleep(200);
	KUNIT_EXPECT_EQ(test, slot->rollbacks, 0);
	complete(&sleeper.leave);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 1);
	KUNIT_EXPECT_EQ(test, kthread_stop(destroyer), 1);
	/* not bound any more; it may be on its way out still */
	wait_for_completion(&d->retired);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

/* A slot that takes the place of another one is not mistaken for it */
static void domain_slot_test_serial(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_rcu_interface;
	struct domain *d = test_domain(test, iface, 0);
	struct domain_slot *slot;

	scoped_guard(mutex, &domain_registry_lock)
		KUNIT_EXPECT_NULL(test, domain_slot_of(d));
	slot = domain_slot_create(iface, "kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	scoped_guard(mutex, &domain_registry_lock)
		KUNIT_EXPECT_PTR_EQ(test, domain_slot_of(d), slot);
	domain_slot_destroy(slot);

	/* as if it were where the other one was */
	d->slot = test_slot(test, iface);
	scoped_guard(mutex, &domain_registry_lock)
		KUNIT_EXPECT_NULL(test, domain_slot_of(d));
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

/* A recovery that comes when the slot is not shown any more */
static void domain_slot_test_late_recovery(struct kunit *test)
{
	struct domain_slot *slot = test_slot(test, &domain_test_rcu_interface);
	struct domain_update update = { .recover = true };
	struct domain_kobj *kobj = slot->kobj;
	int ret;

	/* as domain_slot_destroy() does; the test would crash on it */
	KUNIT_EXPECT_TRUE(test, domain_slot_unregister(slot));
	scoped_guard(mutex, &slot->lock) {
		slot->gone = true;
		ret = domain_update_locked(slot, &update);
		slot->gone = false;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	slot->kobj = NULL;
	domain_slot_notify(slot);
	slot->kobj = kobj;
}

struct slot_nested {
	struct test_call call;		/* its argument is the other slot */
	struct domain_slot *slot;
	struct completion done;
};

static long slot_call_other(struct test_call *call)
{
	return domain_test_ref_count(call->arg);
}

static int slot_nested_thread(void *arg)
{
	struct slot_nested *n = arg;
	long ret = domain_test_ref_run(n->slot, &n->call);

	complete(&n->done);
	while (!kthread_should_stop())
		fsleep(1000);
	return ret;
}

/* Who is inside of a domain that dies waits for no other slot */
static void domain_slot_test_dead_caller(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct slot_nested nested = { .call.fn = slot_call_other };
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *d = test_domain(test, iface, 0);
	struct domain_slot *other;
	struct task_struct *task;

	other = domain_slot_create(iface, "kunit_other");
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	nested.call.arg = other;
	nested.slot = slot;
	init_completion(&nested.done);
	percpu_ref_kill(&other->users);
	task = kthread_run(slot_nested_thread, &nested, "domain_nested");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!atomic_long_read(&other->waited))
		fsleep(1000);

	/* one that waits already, and one that would */
	atomic_set(&d->dead, 1);
	if (wait_for_completion_timeout(&nested.done, 10 * HZ))
		KUNIT_EXPECT_EQ(test, -EBUSY,
				domain_test_ref_run(slot, &nested.call));
	else
		KUNIT_FAIL(test, "still waits for the other slot");
	atomic_set(&d->dead, 0);

	wait_for_completion(&other->drained);
	percpu_ref_reinit(&other->users);
	wake_up_all(&other->reopened);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&other->waited), 1);
	/* nobody dead, nobody refused */
	KUNIT_EXPECT_NE(test, domain_test_ref_run(slot, &nested.call), -EBUSY);
	domain_slot_destroy(other);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

static int slot_leaver_thread(void *arg)
{
	struct slot_sleeper *l = arg;

	domain_slot_destroy(l->slot);
	while (!kthread_should_stop())
		fsleep(1000);
	return 0;
}

/* Before the last domain of a slot is gone, another slot can have its name */
static void domain_slot_test_name(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_rcu_interface;
	struct slot_sleeper l = { .call.fn = slot_sleep_inside };
	struct domain *d = test_domain(test, iface, 0);
	struct domain_slot *next;
	struct task_struct *task;

	init_completion(&l.entered);
	init_completion(&l.leave);
	test_instance(d->id)->in_exit = &l.call;
	l.slot = domain_slot_create(iface, "kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(l.slot));
	KUNIT_ASSERT_EQ(test, test_update(l.slot, d, 0), 0);
	task = kthread_run(slot_leaver_thread, &l, "domain_leaver");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&l.entered);
	next = domain_slot_create(iface, "kunit");
	KUNIT_EXPECT_FALSE(test, IS_ERR(next));
	complete(&l.leave);
	kthread_stop(task);
	wait_for_completion(&d->retired);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	if (!IS_ERR(next))
		domain_slot_destroy(next);
}

static struct kunit_case domain_slot_cases[] = {
	KUNIT_CASE(domain_slot_test_killed),
	KUNIT_CASE(domain_slot_test_serial),
	KUNIT_CASE(domain_slot_test_late_recovery),
	KUNIT_CASE(domain_slot_test_dead_caller),
	KUNIT_CASE(domain_slot_test_name),
	{}
};

static struct kunit_suite domain_slot_suite = {
	.name = "domain_slot",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_slot_cases,
};

kunit_test_suite(domain_slot_suite);

MODULE_DESCRIPTION("KUnit tests of the end of slots");
MODULE_LICENSE("GPL");
