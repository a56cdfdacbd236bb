// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of binding and updates
 *
 * What can be refused is refused and leaves everything as it was; and callers
 * on all CPUs notice nothing: every call that returned was executed exactly
 * once, none ran in a domain that had been closed, the counter goes on.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/smp.h>

#include "domain_test.h"

#define TEST_ROUNDS	40

struct test_caller {
	struct domain_slot *slot;
	struct task_struct *task;
	long (*count)(struct domain_slot *slot);
	u64 calls, busy, errors;
	bool irq;		/* call from an interrupt */
};

static void test_count_once(void *arg)
{
	struct test_caller *c = arg;
	long ret = c->count(c->slot);

	if (ret == -EBUSY)
		c->busy++;
	else if (ret <= 0)
		c->errors++;
	else
		c->calls++;
}

static int test_caller_thread(void *arg)
{
	struct test_caller *c = arg;

	while (!kthread_should_stop()) {
		if (c->irq)
			smp_call_function_single(raw_smp_processor_id(),
						 test_count_once, c, true);
		else
			test_count_once(c);
		/* sleeping between calls moves the thread about */
		if (!(c->calls % 256))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static void test_start_callers(struct kunit *test, struct test_caller *callers,
			       int n, struct domain_slot *slot,
			       long (*count)(struct domain_slot *slot), bool irq)
{
	int i;

	for (i = 0; i < n; i++) {
		callers[i] = (struct test_caller){
			.slot = slot,
			.count = count,
			.irq = irq && (i & 1),
		};
		callers[i].task = kthread_run(test_caller_thread, &callers[i],
					      "domain_caller/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(callers[i].task));
	}
}

static u64 test_stop_callers(struct kunit *test, struct test_caller *callers,
			     int n)
{
	u64 calls = 0;
	int i;

	for (i = 0; i < n; i++) {
		kthread_stop(callers[i].task);
		KUNIT_EXPECT_GT(test, callers[i].calls, 0ULL);
		KUNIT_EXPECT_EQ(test, callers[i].errors, 0ULL);
		calls += callers[i].calls;
	}
	return calls;
}

struct test_load {
	const char *name;
	struct domain_interface *iface;
	long (*count)(struct domain_slot *slot);
	bool stateful, irq;
};

static const struct test_load test_loads[] = {
	{ "rcu", &domain_test_rcu_interface, domain_test_rcu_count, false, true },
	{ "srcu", &domain_test_srcu_interface, domain_test_srcu_count, false, false },
	{ "ref", &domain_test_ref_interface, domain_test_ref_count, true, false },
	{ "ref_atomic", &domain_test_ref_atomic_interface,
	  domain_test_ref_atomic_count, true, true },
};
KUNIT_ARRAY_PARAM_DESC(load, test_loads, name);

static void domain_update_test_load(struct kunit *test)
{
	const struct test_load *load = test->param_value;
	struct domain_slot *slot = test_slot(test, load->iface);
	int i, n = 2 * num_online_cpus();
	struct test_caller *callers;
	struct domain *d, *next;
	u64 calls, counted = 0;

	callers = kunit_kcalloc(test, n, sizeof(*callers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, callers);
	d = test_domain(test, load->iface, load->stateful);
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	test_start_callers(test, callers, n, slot, load->count, load->irq);

	for (i = 0; i < TEST_ROUNDS; i++) {
		next = test_domain(test, load->iface, load->stateful);
		KUNIT_EXPECT_EQ(test, test_update(slot, next, d->id), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&d->state), DOMAIN_RETIRED);
		KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(d->id)->violations), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(d->id)->exits), 1);
		if (!load->stateful)
			counted += atomic64_read(&test_instance(d->id)->count);
		kunit_domain_forget(d);
		d = next;
		usleep_range(1000, 2000);
	}
	calls = test_stop_callers(test, callers, n);
	counted += atomic64_read(&test_instance(d->id)->count);
	/* not one lost, not one twice */
	KUNIT_EXPECT_EQ(test, counted, calls);
	KUNIT_EXPECT_EQ(test, slot->updates, TEST_ROUNDS + 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(d->id)->violations), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

static void domain_update_test_refused(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 2);
	struct domain *new = test_domain(test, iface, 1);
	struct domain *other = test_domain(test, &domain_test_rcu_interface, 0);
	struct domain *twin = test_domain(test, iface, 2);
	struct domain_update late = {
		.new = twin,
		.deadline_ns = DOMAIN_DEADLINE_MAX + 1,
	};

	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, 0), -EALREADY);
	KUNIT_EXPECT_EQ(test, domain_slot_update(slot, &late), -EINVAL);
	KUNIT_EXPECT_EQ(test, test_update(slot, old, 999), -ESTALE);
	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, twin, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, test_update(slot, old, old->id), -EINVAL);
	KUNIT_EXPECT_EQ(test, test_update(slot, other, old->id), -EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, test_update(slot, new, old->id), -EPROTO);
	twin->note.state_type++;
	KUNIT_EXPECT_EQ(test, test_update(slot, twin, old->id), -EPROTOTYPE);
	twin->note.state_type--;
	twin->ops.import_state = NULL;
	KUNIT_EXPECT_EQ(test, test_update(slot, twin, old->id), -EOPNOTSUPP);
	/* all of that before any of them was touched */
	KUNIT_EXPECT_EQ(test, atomic_read(&twin->state), DOMAIN_LOADED);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(twin->id)->inits), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(old->id)->exports), 0);

	KUNIT_EXPECT_EQ(test, domain_unload(old), -EBUSY);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(slot), 1);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, old->id), 0);
	/* what was used is not used again */
	KUNIT_EXPECT_EQ(test, test_update(slot, old, 0), -EBUSY);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
	kunit_domain_forget(other);
	kunit_domain_forget(twin);
}

enum test_failure { FAIL_INIT, FAIL_EXPORT, FAIL_LENGTH, FAIL_IMPORT };

struct test_rollback {
	const char *name;
	enum test_failure failure;
	int ret;
};

static const struct test_rollback test_rollbacks[] = {
	{ "init", FAIL_INIT, -EIO },
	{ "export", FAIL_EXPORT, -ENOSPC },
	{ "garbage length", FAIL_LENGTH, -EOVERFLOW },
	{ "import", FAIL_IMPORT, -EILSEQ },
};
KUNIT_ARRAY_PARAM_DESC(rollback, test_rollbacks, name);

static void domain_update_test_rollback(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	const struct test_rollback *c = test->param_value;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *new = test_domain(test, iface, 1);
	struct test_instance *o = test_instance(old->id);
	struct test_instance *n = test_instance(new->id);

	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(slot), 1);
	switch (c->failure) {
	case FAIL_INIT:
		n->init_ret = c->ret;
		break;
	case FAIL_EXPORT:
		o->export_ret = c->ret;
		break;
	case FAIL_LENGTH:
		o->export_ret = old->ops.state_size + 1;
		break;
	case FAIL_IMPORT:
		n->import_ret = c->ret;
		break;
	}
	KUNIT_EXPECT_EQ(test, test_update(slot, new, old->id), c->ret);
	o->closed = false;
	KUNIT_EXPECT_EQ(test, atomic_read(&new->state), DOMAIN_FAILED);
	KUNIT_EXPECT_EQ(test, atomic_read(&n->exits), c->failure != FAIL_INIT);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	KUNIT_EXPECT_EQ(test, atomic_read(&old->state), DOMAIN_ACTIVE);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(slot), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&o->violations), 0);
	kunit_domain_forget(new);

	/* and the next one succeeds, with the state */
	o->export_ret = 0;
	new = test_domain(test, iface, 3);
	KUNIT_EXPECT_EQ(test, test_update(slot, new, old->id), 0);
	KUNIT_EXPECT_EQ(test, test_instance(new->id)->import_version, 1);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(slot), 3);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, new->id), 0);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
}

struct test_sleeper {
	struct test_call call;
	struct domain_slot *slot;
	struct completion entered, leave;
	unsigned int entered_on, left_on;
	long nested;
};

static long test_sleep_inside(struct test_call *call)
{
	struct test_sleeper *s = container_of(call, struct test_sleeper, call);

	s->entered_on = raw_smp_processor_id();
	complete(&s->entered);
	wait_for_completion(&s->leave);
	s->left_on = raw_smp_processor_id();
	if (s->slot)
		s->nested = domain_test_ref_count(s->slot);
	return 1;
}

static int test_sleeper_thread(void *arg)
{
	struct test_sleeper *s = arg;
	struct domain_slot *slot = s->call.arg;
	long ret = domain_test_ref_run(slot, &s->call);

	while (!kthread_should_stop())
		fsleep(1000);
	return ret;
}

static struct task_struct *test_start_sleeper(struct kunit *test,
					      struct test_sleeper *s,
					      struct domain_slot *slot)
{
	struct task_struct *task;

	s->call.fn = test_sleep_inside;
	s->call.arg = slot;
	init_completion(&s->entered);
	init_completion(&s->leave);
	task = kthread_run(test_sleeper_thread, s, "domain_sleeper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&s->entered);
	return task;
}

/* A caller that does not come out: the deadline, and everything as before */
static void domain_update_test_deadline(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *new = test_domain(test, iface, 1);
	struct domain_update update = {
		.new = new,
		.expected_old = old->id,
		.deadline_ns = 20 * NSEC_PER_MSEC,
	};
	struct test_sleeper sleeper = {};
	struct test_caller caller;
	struct task_struct *task;

	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	task = test_start_sleeper(test, &sleeper, slot);
	test_start_callers(test, &caller, 1, slot, domain_test_ref_count, false);

	KUNIT_EXPECT_EQ(test, domain_slot_update(slot, &update), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, update.drain_ns, update.deadline_ns);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	KUNIT_EXPECT_EQ(test, atomic_read(&new->state), DOMAIN_FAILED);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(old->id)->exports), 0);
	KUNIT_EXPECT_EQ(test, slot->rollbacks, 1);
	msleep(20);
	test_stop_callers(test, &caller, 1);

	complete(&sleeper.leave);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 1);
	kunit_domain_forget(new);
	new = test_domain(test, iface, 1);
	update.new = new;
	update.deadline_ns = 10 * NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, domain_slot_update(slot, &update), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(old->id)->violations), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, new->id), 0);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
}

struct test_updater {
	struct domain_slot *slot;
	struct domain *new;
	u32 old_id;
};

static int test_updater_thread(void *arg)
{
	struct test_updater *u = arg;
	int ret = test_update(u->slot, u->new, u->old_id);

	while (!kthread_should_stop())
		fsleep(1000);
	return ret;
}

/* Returns when the slot is closed, which stays so while somebody is inside */
static struct task_struct *test_start_update(struct kunit *test,
					     struct test_updater *u)
{
	struct task_struct *task;

	task = kthread_run(test_updater_thread, u, "domain_updater");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!percpu_ref_is_dying(&u->slot->users))
		fsleep(1000);
	return task;
}

/* A nested call into a slot that closes, from inside of it */
static void domain_update_test_nested(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *new = test_domain(test, iface, 1);
	struct test_updater updater = { slot, new, old->id };
	struct test_sleeper sleeper = { .slot = slot };
	struct task_struct *task, *update_task;

	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	task = test_start_sleeper(test, &sleeper, slot);
	update_task = test_start_update(test, &updater);
	/* closed, and the sleeper is inside: now it calls its own slot */
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	complete(&sleeper.leave);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 1);
	KUNIT_EXPECT_EQ(test, sleeper.nested, 1);
	KUNIT_EXPECT_EQ(test, kthread_stop(update_task), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), new->id);
	KUNIT_EXPECT_EQ(test, domain_test_ref_count(slot), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(old->id)->violations), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, new->id), 0);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
}

/* A caller that comes in on one CPU and out on another, which a drain waits for */
static void domain_update_test_migrated(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *new = test_domain(test, iface, 1);
	struct test_updater updater = { slot, new, old->id };
	struct task_struct *task, *update_task;
	struct test_sleeper sleeper = {};
	unsigned int to;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs a second CPU");
	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	task = test_start_sleeper(test, &sleeper, slot);
	to = cpumask_any_but(cpu_online_mask, sleeper.entered_on);
	KUNIT_EXPECT_EQ(test, set_cpus_allowed_ptr(task, cpumask_of(to)), 0);
	update_task = test_start_update(test, &updater);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	complete(&sleeper.leave);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 1);
	KUNIT_EXPECT_EQ(test, sleeper.left_on, to);
	KUNIT_EXPECT_EQ(test, kthread_stop(update_task), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), new->id);
	KUNIT_EXPECT_EQ(test, atomic_read(&test_instance(old->id)->violations), 0);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, new->id), 0);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
}

/* While a slot is closed: an atomic caller is told so, and not made to wait */
static void domain_update_test_busy(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_atomic_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *d = test_domain(test, iface, 0);

	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_echo(slot, 5), 5);
	percpu_ref_kill(&slot->users);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_echo(slot, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->busy), 1);
	wait_for_completion(&slot->drained);
	percpu_ref_reinit(&slot->users);
	KUNIT_EXPECT_EQ(test, domain_test_ref_atomic_echo(slot, 5), 5);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

/* Two controllers, one slot: one of them wins each time */
static void domain_update_test_race(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	int i, ret[2];

	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	for (i = 0; i < 10; i++) {
		struct test_updater u[2];
		struct task_struct *task;
		int winner;

		u[0] = (struct test_updater){ slot, test_domain(test, iface, 1), old->id };
		u[1] = (struct test_updater){ slot, test_domain(test, iface, 1), old->id };
		task = kthread_run(test_updater_thread, &u[0], "domain_updater");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		ret[1] = test_update(slot, u[1].new, old->id);
		ret[0] = kthread_stop(task);
		/* stopped before it ran, it did nothing */
		if (ret[0] == -EINTR)
			ret[0] = -ESTALE;
		KUNIT_EXPECT_TRUE(test, (!ret[0] && ret[1] == -ESTALE) ||
					(!ret[1] && ret[0] == -ESTALE));
		winner = ret[0] ? 1 : 0;
		KUNIT_EXPECT_EQ(test, domain_slot_current(slot), u[winner].new->id);
		kunit_domain_forget(u[!winner].new);
		kunit_domain_forget(old);
		old = u[winner].new;
	}
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, old->id), 0);
	kunit_domain_forget(old);
}

/* What a successor does before it is the slot's domain must not stay */
static long test_init_writes(void)
{
	u64 value = 1;

	test_current()->init_ret = domain_services.state_put(1, 1, 1, &value, 8);
	return 0;
}

static long test_state_put(struct test_call *call)
{
	u64 value = 2;

	return domain_services.state_put(1, 1, 1, &value, 8);
}

static void domain_update_test_store(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *d = test_domain(test, iface, 0);
	struct test_call call = { .fn = test_state_put };
	u64 value = 0;

	d->ops.init = test_init_writes;
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, test_instance(d->id)->init_ret, -EPERM);
	KUNIT_EXPECT_EQ(test, domain_test_ref_run(slot, &call), 0);
	KUNIT_EXPECT_EQ(test, domain_store_get(&slot->store, 1, 1, 1, &value, 8), 8);
	KUNIT_EXPECT_EQ(test, value, 2);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, d->id), 0);
	kunit_domain_forget(d);
}

static long test_state_put_late(struct test_call *call)
{
	struct domain_slot *slot = call->arg;
	struct domain *me = current->domain_frame->domain;
	struct domain *next = domain_get(me->id + 1);
	struct domain_update update = {
		.new = next,
		.expected_old = me->id,
		/* the predecessor does not retire before this call is over */
		.deadline_ns = NSEC_PER_MSEC,
	};
	int ret = domain_slot_update(slot, &update);

	domain_put(next);
	return ret ?: test_state_put(call);
}

/* A call that was under way in a stateless predecessor ends as it would have */
static void domain_update_test_store_late(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_srcu_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *d = test_domain(test, iface, 0);
	struct domain *next = test_domain(test, iface, 0);
	struct test_call call = { .fn = test_state_put_late, .arg = slot };

	KUNIT_ASSERT_EQ(test, next->id, d->id + 1);
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(slot, &call), 0);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), next->id);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, next->id), 0);
	kunit_domain_forget(d);
	kunit_domain_forget(next);
}

/* Shared objects go to the successor with the state, and only then */
static void domain_update_test_reown(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *new = test_domain(test, iface, 1);
	struct domain_shared *obj;

	obj = domain_shared_alloc(sizeof(struct test_buf), TEST_BUF_TYPE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_EQ(test, test_update(slot, old, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_ref_give(slot, obj, 0), 0);
	test_instance(new->id)->import_ret = -EIO;
	KUNIT_EXPECT_EQ(test, test_update(slot, new, old->id), -EIO);
	KUNIT_EXPECT_EQ(test, domain_shared_count(old), 1);
	kunit_domain_forget(new);

	new = test_domain(test, iface, 1);
	KUNIT_EXPECT_EQ(test, test_update(slot, new, old->id), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(old), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(new), 1);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, new->id), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(new), 0);
	kunit_domain_forget(old);
	kunit_domain_forget(new);
}

struct test_name {
	const char *name;
	int ret;
};

static const struct test_name test_names[] = {
	{ "a", 0 },
	{ "a-b_C9", 0 },
	{ "0123456789012345678901234567890", 0 },	/* 31 */
	{ "01234567890123456789012345678901", -EINVAL },
	{ "", -EINVAL },
	{ "a/b", -EINVAL },
	{ "..", -EINVAL },
	{ "a b", -EINVAL },
	{ "kunit", -EEXIST },
};

static void domain_slot_test_names(struct kunit *test)
{
	int i;

	test_slot(test, &domain_test_rcu_interface);
	for (i = 0; i < ARRAY_SIZE(test_names); i++) {
		struct domain_slot *slot;

		slot = domain_slot_create(&domain_test_rcu_interface,
					  test_names[i].name);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(slot),
				    test_names[i].ret, "\"%s\"",
				    test_names[i].name);
		if (!IS_ERR(slot))
			domain_slot_destroy(slot);
	}
}

static void test_count_reopened(void *arg)
{
	atomic_inc(arg);
}

/* The owner of a slot hears of each end of a pause, and only of that */
static void domain_slot_test_on_reopen(struct kunit *test)
{
	struct domain_interface *iface = &domain_test_ref_atomic_interface;
	struct domain_slot *slot = test_slot(test, iface);
	struct domain *old = test_domain(test, iface, 1);
	struct domain *bad = test_domain(test, iface, 1);
	atomic_t reopened = ATOMIC_INIT(0);

	domain_slot_on_reopen(slot, test_count_reopened, &reopened);
	KUNIT_EXPECT_EQ(test, test_update(slot, old, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&reopened), 1);
	test_instance(bad->id)->import_ret = -EBADMSG;
	KUNIT_EXPECT_EQ(test, test_update(slot, bad, old->id), -EBADMSG);
	KUNIT_EXPECT_EQ(test, atomic_read(&reopened), 2);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, old->id + 1), -ESTALE);
	KUNIT_EXPECT_EQ(test, atomic_read(&reopened), 2);
	KUNIT_EXPECT_EQ(test, domain_slot_wait(slot), 0);

	domain_slot_on_reopen(slot, NULL, NULL);
	KUNIT_EXPECT_EQ(test, test_update(slot, NULL, old->id), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&reopened), 2);
	kunit_domain_forget(bad);
	kunit_domain_forget(old);
}

static struct kunit_case domain_update_cases[] = {
	KUNIT_CASE_PARAM_ATTR(domain_update_test_load, load_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(domain_update_test_refused),
	KUNIT_CASE_PARAM(domain_update_test_rollback, rollback_gen_params),
	KUNIT_CASE(domain_update_test_deadline),
	KUNIT_CASE(domain_update_test_nested),
	KUNIT_CASE(domain_update_test_migrated),
	KUNIT_CASE(domain_update_test_busy),
	KUNIT_CASE(domain_update_test_race),
	KUNIT_CASE(domain_update_test_store),
	KUNIT_CASE(domain_update_test_store_late),
	KUNIT_CASE(domain_update_test_reown),
	KUNIT_CASE(domain_slot_test_names),
	KUNIT_CASE(domain_slot_test_on_reopen),
	{}
};

static struct kunit_suite domain_update_suite = {
	.name = "domain_update",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_update_cases,
};
kunit_test_suite(domain_update_suite);
