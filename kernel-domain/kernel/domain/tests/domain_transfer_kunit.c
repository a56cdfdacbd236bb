// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the time during which the state of a slot moves: export_state()
 * of the predecessor is held up, and the slot is looked at and called meanwhile.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#include "domain_test.h"

/* An update in a thread of its own, that stops in export_state() */
struct test_transfer {
	struct test_call call;
	struct completion entered, leave;
	struct domain_slot *slot;
	struct domain *old, *new;
	struct task_struct *task;
	long (*inside)(struct test_transfer *t);
	struct domain_slot *other;
	struct hrtimer timer;
	bool interrupted;
	long interrupt_ret;
};

static long test_in_export(struct test_call *call)
{
	struct test_transfer *t = container_of(call, struct test_transfer, call);
	long ret = 0;

	complete(&t->entered);
	wait_for_completion(&t->leave);
	if (t->inside)
		ret = t->inside(t);
	return ret;
}

static int test_transfer_thread(void *arg)
{
	struct test_transfer *t = arg;
	int ret = test_update(t->slot, t->new, t->old->id);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return ret;
}

/* Returns with the slot closed, drained, and the state on its way */
static void test_transfer_run(struct kunit *test, struct test_transfer *t,
			      struct domain_interface *iface)
{
	init_completion(&t->entered);
	init_completion(&t->leave);
	t->call.fn = test_in_export;
	t->new = test_domain(test, iface, 1);
	test_instance(t->old->id)->in_export = &t->call;
	t->task = kthread_run(test_transfer_thread, t, "domain_transfer");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->task));
	wait_for_completion(&t->entered);
}

/* The same, with a slot that has a domain */
static void test_transfer_start(struct kunit *test, struct test_transfer *t,
				struct domain_interface *iface)
{
	t->slot = test_slot(test, iface);
	t->old = test_domain(test, iface, 1);
	KUNIT_ASSERT_EQ(test, test_update(t->slot, t->old, 0), 0);
	test_transfer_run(test, t, iface);
}

/* Lets the state move; returns what the update returned */
static int test_transfer_finish(struct test_transfer *t)
{
	complete(&t->leave);
	return kthread_stop(t->task);
}

static void test_transfer_end(struct kunit *test, struct test_transfer *t)
{
	struct domain *d = domain_get(domain_slot_current(t->slot));

	KUNIT_EXPECT_EQ(test, test_update(t->slot, NULL, d->id), 0);
	domain_put(d);
	kunit_domain_forget(t->old);
	kunit_domain_forget(t->new);
}

/* An atomic caller is told, at once, and nothing of its call has happened */
static void domain_transfer_test_busy(struct kunit *test)
{
	struct test_transfer t = {};

	test_transfer_start(test, &t, &domain_test_ref_atomic_interface);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_count(t.slot), -EBUSY);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_echo(t.slot, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t.slot->busy), 2);
	KUNIT_EXPECT_EQ(test, atomic64_read(&test_instance(t.old->id)->count), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_calls(t.slot), 0);
	/* nobody else may change the slot meanwhile, or take its domains away */
	KUNIT_EXPECT_EQ(test, domain_unload(t.old), -EBUSY);
	KUNIT_EXPECT_EQ(test, domain_unload(t.new), -EBUSY);

	KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_current(t.slot), t.new->id);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_count(t.slot), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t.slot->busy), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(t.old->id)->violations), 0);
	test_transfer_end(test, &t);
}

static int test_counter_thread(void *arg)
{
	long ret = domain_test_ref_count(arg);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return ret;
}

/* One that may sleep waits, and goes on in the successor */
static void domain_transfer_test_waits(struct kunit *test)
{
	struct test_transfer t = {};
	struct task_struct *task;

	test_transfer_start(test, &t, &domain_test_ref_interface);
	task = kthread_create(test_counter_thread, t.slot, "domain_waiter");
	KUNIT_EXPECT_FALSE(test, IS_ERR(task));
	if (!IS_ERR(task)) {
		get_task_struct(task);
		wake_up_process(task);
		while (!atomic_long_read(&t.slot->waited))
			schedule_timeout_interruptible(1);
		KUNIT_EXPECT_EQ(test, domain_slot_calls(t.slot), 0);
	}
	KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), 0);
	if (!IS_ERR(task)) {
		/* the first count of all is the one that waited */
		KUNIT_EXPECT_EQ(test, kthread_stop_put(task), 1);
		KUNIT_EXPECT_EQ(test, atomic64_read(&test_instance(t.new->id)->count), 1);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&test_instance(t.old->id)->count), 0);
	test_transfer_end(test, &t);
}

static long test_calls_itself(struct test_transfer *t)
{
	return domain_test_ref_count(t->slot);
}

/* What export_state() calls must not wait for what waits for it */
static void domain_transfer_test_deadlock(struct kunit *test)
{
	struct test_transfer t = { .inside = test_calls_itself };

	test_transfer_start(test, &t, &domain_test_ref_interface);
	KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), -EDEADLK);
	KUNIT_EXPECT_EQ(test, domain_slot_current(t.slot), t.old->id);
	KUNIT_EXPECT_EQ(test, t.slot->rollbacks, 1);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(t.slot), 1);
	test_instance(t.old->id)->in_export = NULL;
	test_transfer_end(test, &t);
}

struct test_leaver {
	struct test_call call;
	struct completion entered, leave;
	struct domain_slot *slot;
};

static long test_in_exit(struct test_call *call)
{
	struct test_leaver *l = container_of(call, struct test_leaver, call);

	complete(&l->entered);
	wait_for_completion(&l->leave);
	return domain_test_ref_count(l->slot);
}

/* exit() of a domain that was replaced waits as others do: no update needs it */
static void domain_transfer_test_exit(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_update first = { .deadline_ns = NSEC_PER_MSEC };
	struct test_leaver l = { .call.fn = test_in_exit };
	struct domain *d = test_domain(test, iface, 0);
	struct test_transfer t = {};

	init_completion(&l.entered);
	init_completion(&l.leave);
	test_instance(d->id)->in_exit = &l.call;
	t.slot = test_slot(test, iface);
	l.slot = t.slot;
	t.old = test_domain(test, iface, 1);
	KUNIT_ASSERT_EQ(test, test_update(t.slot, d, 0), 0);
	first.new = t.old;
	first.expected_old = d->id;
	KUNIT_EXPECT_EQ(test, domain_slot_update(t.slot, &first), 0);
	KUNIT_EXPECT_TRUE(test, first.retiring);
	wait_for_completion(&l.entered);

	test_transfer_run(test, &t, iface);
	complete(&l.leave);
	while (!atomic_long_read(&t.slot->waited) &&
	       atomic_read(&d->state) == DOMAIN_RETIRING)
		schedule_timeout_interruptible(1);
	KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), 0);
	wait_for_completion(&d->retired);
	KUNIT_EXPECT_EQ(test, test_instance(d->id)->in_exit_ret, 1);
	test_transfer_end(test, &t);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

static enum hrtimer_restart test_interrupt(struct hrtimer *timer)
{
	struct test_transfer *t = container_of(timer, struct test_transfer, timer);

	t->interrupt_ret = domain_test_ref_atomic_count(t->slot);
	/* pairs with test_is_interrupted() */
	smp_store_release(&t->interrupted, true);
	return HRTIMER_NORESTART;
}

static long test_is_interrupted(struct test_transfer *t)
{
	preempt_disable();
	hrtimer_start(&t->timer, ns_to_ktime(1000), HRTIMER_MODE_REL_PINNED_HARD);
	/* pairs with test_interrupt() */
	while (!smp_load_acquire(&t->interrupted))
		cpu_relax();
	preempt_enable();
	return 0;
}

/* An interrupt that arrives in export_state() is no part of it, but an atomic caller */
static void domain_transfer_test_interrupt(struct kunit *test)
{
	struct test_transfer t = { .inside = test_is_interrupted };

	hrtimer_setup_on_stack(&t.timer, test_interrupt, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);
	test_transfer_start(test, &t, &domain_test_ref_atomic_interface);
	KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), 0);
	hrtimer_cancel(&t.timer);
	destroy_hrtimer_on_stack(&t.timer);
	KUNIT_EXPECT_EQ(test, t.interrupt_ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t.slot->busy), 1);
	KUNIT_EXPECT_EQ(test, domain_slot_current(t.slot), t.new->id);
	test_transfer_end(test, &t);
}

static long test_calls_another(struct test_transfer *t)
{
	return domain_test_ref_count(t->other);
}

/* Nor for another slot that is being updated: two could wait for each other */
static void domain_transfer_test_other(struct kunit *test)
{
	struct test_transfer t = { .inside = test_calls_another };
	struct domain_slot *other;
	struct domain *d = test_domain(test, &domain_test_ref_interface, 0);

	test_transfer_start(test, &t, &domain_test_ref_interface);
	other = domain_slot_create(&domain_test_ref_interface, "kunit_other");
	KUNIT_EXPECT_FALSE(test, IS_ERR(other));
	if (IS_ERR(other)) {
		t.inside = NULL;
		test_transfer_finish(&t);
	} else {
		KUNIT_EXPECT_EQ(test, test_update(other, d, 0), 0);
		t.other = other;
		percpu_ref_kill(&other->users);
		KUNIT_EXPECT_EQ(test, test_transfer_finish(&t), -EBUSY);
		wait_for_completion(&other->drained);
		percpu_ref_reinit(&other->users);
		KUNIT_EXPECT_EQ(test, domain_test_ref_count(other), 1);
		KUNIT_EXPECT_EQ(test, test_update(other, NULL, d->id), 0);
		domain_slot_destroy(other);
	}
	KUNIT_EXPECT_EQ(test, domain_slot_current(t.slot), t.old->id);
	test_instance(t.old->id)->in_export = NULL;
	test_transfer_end(test, &t);
	kunit_domain_forget(d);
}

static struct kunit_case domain_transfer_cases[] = {
	KUNIT_CASE(domain_transfer_test_busy),
	KUNIT_CASE(domain_transfer_test_waits),
	KUNIT_CASE(domain_transfer_test_deadlock),
	KUNIT_CASE(domain_transfer_test_exit),
	KUNIT_CASE(domain_transfer_test_interrupt),
	KUNIT_CASE(domain_transfer_test_other),
	{}
};

static struct kunit_suite domain_transfer_suite = {
	.name = "domain_transfer",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_transfer_cases,
};
kunit_test_suite(domain_transfer_suite);
