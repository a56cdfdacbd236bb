// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what becomes of a slot whose domain crashed
 *
 * It stays empty, starts the image anew or falls back to the one before, within
 * limits; and callers on all CPUs that crash it all the time have either an
 * error or a result.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kobject.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "domain_fault_test.h"

/* The slot's policy is to start anew */
static void domain_recover_test_restart(struct kunit *test)
{
	const struct fault_kind *kind;
	struct domain_slot *slot;
	int i, n;
	u32 id;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		kind = &fault_kinds[i];
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
		for (n = 0; n < 10; n++) {
			id = domain_slot_current(slot);
			KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_LEAK, 64),
					-EOWNERDEAD);
			fault_expect_restart(test, kind, slot, id);
		}
		KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), n);
		KUNIT_EXPECT_EQ(test, slot->recoveries, n);
		KUNIT_EXPECT_EQ(test, slot->updates, 1);
		fault_done(test, slot);
	}
}

/* Between the fault and the successor nobody enters, and nobody is lost */
static void domain_recover_test_interim(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *slot;
	long ret;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	/* without the lock there is no successor */
	mutex_lock(&slot->lock);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	ret = kind->crash(slot, FAULTY_NONE, 0);
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), 0);
	mutex_unlock(&slot->lock);
	fault_expect_restart(test, kind, slot, id);
	fault_done(test, slot);
}

/* A controller is faster than the recovery: what it bound stays */
static void domain_recover_test_overtaken(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_REF];
	struct domain_slot *slot;
	struct domain *d, *dead;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	dead = domain_get(domain_slot_current(slot));
	d = fault_load(test, kind);
	mutex_lock(&slot->lock);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, atomic_read(&dead->state), DOMAIN_DEAD);
	KUNIT_EXPECT_EQ(test, domain_unload(dead), -EBUSY);
	/* as domain_slot_update() does */
	{
		struct domain_update update = {
			.new = d,
			.deadline_ns = 10 * NSEC_PER_SEC,
		};

		KUNIT_EXPECT_EQ(test, domain_update_locked(slot, &update), 0);
	}
	mutex_unlock(&slot->lock);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, dead));
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), d->id);
	KUNIT_EXPECT_EQ(test, slot->recoveries, 0);
	KUNIT_EXPECT_EQ(test, domain_unload(dead), 0);
	domain_put(dead);
	domain_put(d);
	fault_done(test, slot);
}

/* An update's successor crashes: its predecessor's image comes back, once */
static void domain_recover_test_fallback(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *slot;
	struct domain *d;
	u32 id, first;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_FALLBACK);
	first = domain_slot_current(slot);
	/* each with a limit of its own */
	d = domain_load(kind->image, kind->image_end - kind->image,
			DOMAIN_HEAP_DEFAULT / 2);
	KUNIT_ASSERT_FALSE(test, IS_ERR(d));
	KUNIT_ASSERT_EQ(test, fault_update(slot, d, first), 0);
	id = d->id;
	domain_put(d);
	d = domain_get(first);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	KUNIT_ASSERT_NOT_NULL(test, slot->previous);
	KUNIT_EXPECT_PTR_EQ(test, slot->previous, d->file);
	domain_put(d);

	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_NULL(test, slot->previous);

	/* there is nothing left to fall back to */
	d = domain_get(domain_slot_current(slot));
	KUNIT_EXPECT_EQ(test, d->ledger.limit, DOMAIN_HEAP_DEFAULT);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, d));
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), -ENOSYS);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	fault_done(test, slot);
}

/* A slot that crashes again and again stays empty in the end */
static void domain_recover_test_burst(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *slot;
	struct domain *d;
	int i;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	slot->restarts.burst = 3;
	slot->restarts.interval = 3600 * HZ;
	for (i = 0; i < 3; i++) {
		u32 id = domain_slot_current(slot);

		KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0),
				-EOWNERDEAD);
		fault_expect_restart(test, kind, slot, id);
	}
	d = domain_get(domain_slot_current(slot));
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, d));
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	fault_done(test, slot);
}

/* What is in the store of the slot outlives the crash */
static void domain_recover_test_store(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_SRCU];
	struct domain_slot *slot;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_remember(slot, 40), 40);
	id = domain_slot_current(slot);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_CALL_NULL, 0),
			-EOWNERDEAD);
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_remember(slot, 2), 42);
	fault_done(test, slot);
}

/* The successor crashes in init(): the slot is empty */
static void domain_recover_test_init(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_REF];
	struct domain_slot *slot;
	struct domain *d, *next;
	u64 way = FAULTY_NULL_WRITE;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	KUNIT_ASSERT_EQ(test, 0, domain_store_put(&slot->store, FAULTY_KEY_INIT,
						  FAULTY_TYPE, 1, &way,
						  sizeof(way), GFP_KERNEL));
	d = domain_get(domain_slot_current(slot));
	/* of a controller's: refused, and everything is as it was */
	next = fault_load(test, kind);
	KUNIT_EXPECT_EQ(test, fault_update(slot, next, d->id), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, atomic_read(&next->state), DOMAIN_FAILED);
	KUNIT_EXPECT_EQ(test, domain_unload(next), 0);
	domain_put(next);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 1);

	/* of the recovery's */
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, d));
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), 0);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), -ENOSYS);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	fault_done(test, slot);
}

/* Uevents that wait, as for a lock whose holder waits for I/O */
static struct {
	atomic_t waiting;
	struct completion go;
} recover_uevents;

static int recover_uevent_filter(const struct kobject *kobj)
{
	atomic_inc(&recover_uevents.waiting);
	wait_for_completion(&recover_uevents.go);
	return 1;
}

static const struct kset_uevent_ops recover_uevent_ops = {
	.filter = recover_uevent_filter,
};

static void recover_uevents_go(void *kset)
{
	((struct kset *)kset)->uevent_ops = NULL;
	complete_all(&recover_uevents.go);
}

static bool recover_uevent_waits(void *unused)
{
	return atomic_read(&recover_uevents.waiting);
}

static bool recover_is_shown(void *d)
{
	return READ_ONCE(((struct domain *)d)->kobj);
}

/* A slot has its successor, and that one if need be, before user space can be told */
static void recover_uevent(struct kunit *test, const struct fault_kind *kind,
			   bool of_slot)
{
	struct domain_slot *slot;
	struct kset *kset;
	struct domain *d;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	d = domain_get(id);
	kset = of_slot ? slot->kobj->kobj.kset : d->kobj->kobj.kset;
	domain_put(d);
	atomic_set(&recover_uevents.waiting, 0);
	init_completion(&recover_uevents.go);
	kset->uevent_ops = &recover_uevent_ops;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, recover_uevents_go, kset));

	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_EXPECT_TRUE(test, fault_wait(fault_recovered, slot));
	KUNIT_EXPECT_TRUE(test, fault_wait(recover_uevent_waits, NULL));
	id = domain_slot_current(slot);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), 1);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_EXPECT_TRUE(test, fault_wait(fault_recovered, slot));
	KUNIT_EXPECT_NE(test, domain_slot_current(slot), id);

	kunit_release_action(test, recover_uevents_go, kset);
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_EQ(test, slot->recoveries, 2);
	d = domain_get(domain_slot_current(slot));
	KUNIT_EXPECT_TRUE(test, fault_wait(recover_is_shown, d));
	domain_put(d);
	fault_done(test, slot);
}

static void domain_recover_test_uevent(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		recover_uevent(test, &fault_kinds[i], false);
		recover_uevent(test, &fault_kinds[i], true);
	}
}

struct fault_thread {
	struct task_struct *task;
	const struct fault_kind *kind;
	struct domain_slot *slot;
	u64 calls, crashes, refused, odd;
};

static int fault_caller(void *arg)
{
	struct fault_thread *t = arg;

	while (!kthread_should_stop()) {
		/* every eighth call crashes, each time in another way, if it can */
		u64 n = t->calls++;
		const struct fault_way *next = &fault_ways[n / 8 % ARRAY_SIZE(fault_ways)];
		u64 way = n % 8 || next->checked ? FAULTY_NONE : next->way;
		long ret = t->kind->crash(t->slot, way, 0);

		if (ret == -EOWNERDEAD)
			t->crashes++;
		else if (ret == -EBUSY)
			t->refused++;
		else if (ret <= 0 || way)
			t->odd++;
		cond_resched();
	}
	return 0;
}

static bool fault_often(void *slot)
{
	return atomic_long_read(&((struct domain_slot *)slot)->faults) >= 40;
}

/* They are counted after the slot has got the successor */
static bool fault_all_recovered(void *arg)
{
	struct domain_slot *slot = arg;

	return READ_ONCE(slot->recoveries) == atomic_long_read(&slot->faults);
}

/* Callers on all CPUs crash the domain while it is restarted */
static void domain_recover_test_stress(struct kunit *test)
{
	int i, k, n = 2 * num_online_cpus();
	struct fault_thread *threads;
	const struct fault_kind *kind;
	struct domain_slot *slot;
	u64 crashes;

	threads = kunit_kcalloc(test, n, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	for (k = 0; k < ARRAY_SIZE(fault_kinds); k++) {
		kind = &fault_kinds[k];
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
		for (i = 0; i < n; i++) {
			threads[i] = (struct fault_thread){
				.kind = kind, .slot = slot,
			};
			threads[i].task = kthread_run(fault_caller, &threads[i],
						      "domain_crash/%d", i);
			KUNIT_ASSERT_FALSE(test, IS_ERR(threads[i].task));
		}
		KUNIT_EXPECT_TRUE(test, fault_wait(fault_often, slot));
		for (i = 0, crashes = 0; i < n; i++) {
			kthread_stop(threads[i].task);
			KUNIT_EXPECT_EQ(test, threads[i].odd, 0);
			crashes += threads[i].crashes;
		}
		KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
		KUNIT_EXPECT_GE(test, crashes, atomic_long_read(&slot->faults));
		KUNIT_EXPECT_TRUE(test, fault_wait(fault_all_recovered, slot));
		KUNIT_EXPECT_EQ(test, slot->recoveries,
				atomic_long_read(&slot->faults));
		kunit_info(test, "%s: %llu calls cut short, %llu restarts\n",
			   kind->iface->name, crashes, slot->recoveries);
		fault_done(test, slot);
	}
}

static struct kunit_case domain_recover_cases[] = {
	KUNIT_CASE(domain_recover_test_restart),
	KUNIT_CASE(domain_recover_test_interim),
	KUNIT_CASE(domain_recover_test_overtaken),
	KUNIT_CASE(domain_recover_test_fallback),
	KUNIT_CASE(domain_recover_test_burst),
	KUNIT_CASE(domain_recover_test_store),
	KUNIT_CASE(domain_recover_test_init),
	KUNIT_CASE(domain_recover_test_uevent),
	KUNIT_CASE_SLOW(domain_recover_test_stress),
	{}
};

static struct kunit_suite domain_recover_suite = {
	.name = "domain_recover",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.test_cases = domain_recover_cases,
};
kunit_test_suite(domain_recover_suite);

MODULE_DESCRIPTION("KUnit tests of recovery after a fault of a domain");
MODULE_LICENSE("GPL");
