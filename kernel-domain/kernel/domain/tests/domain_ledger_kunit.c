// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what a domain can obtain: ledger, heap, timers, and the services
 * that lead to them and to shared objects.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../gate.h"
#include "domain_test.h"

struct test_env {
	struct domain_slot *slot;
	struct domain *d;
};

static int domain_ledger_test_init(struct kunit *test)
{
	struct test_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, env);
	env->slot = test_slot(test, &domain_test_srcu_interface);
	env->d = test_domain(test, &domain_test_srcu_interface, 0);
	KUNIT_ASSERT_EQ(test, test_update(env->slot, env->d, 0), 0);
	test->priv = env;
	return 0;
}

static void domain_ledger_test_exit(struct kunit *test)
{
	struct test_env *env = test->priv;

	if (!env)
		return;
	if (domain_slot_current(env->slot) == env->d->id)
		test_update(env->slot, NULL, env->d->id);
	kunit_domain_forget(env->d);
}

static size_t test_cost(size_t size)
{
	return domain_ledger_cost(size, sizeof(struct domain_entry));
}

static void domain_heap_test_limit(struct kunit *test)
{
	struct test_env *env = test->priv;
	const size_t half = SZ_64K, cost = test_cost(half);
	struct domain *d = env->d;
	void *a, *b;

	d->ledger.limit = 2 * cost;
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(d, 0, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(d, KMALLOC_MAX_SIZE + 1UL, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(d, SIZE_MAX, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);

	a = domain_heap_alloc(d, half, GFP_KERNEL);
	b = domain_heap_alloc(d, half, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_NULL(test, memchr_inv(a, 0, half));
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, d->ledger.limit);
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(d, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, a), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, cost);
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], 1);
	a = domain_heap_alloc(d, half, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, a);
	KUNIT_EXPECT_EQ(test, d->ledger.peak, d->ledger.limit);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, b), 0);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, a), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
}

static void domain_heap_test_bad_free(struct kunit *test)
{
	struct test_env *env = test->priv;
	struct domain *other = test_domain(test, &domain_test_srcu_interface, 0);
	struct domain *d = env->d;
	u8 *p = domain_heap_alloc(d, 64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, NULL), 0);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, p + 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, (void *)8), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_heap_free(other, p), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, p), 0);
	KUNIT_EXPECT_EQ(test, domain_heap_free(d, p), -EINVAL);
	KUNIT_EXPECT_EQ(test, d->ledger.refused, 3);
	KUNIT_EXPECT_EQ(test, other->ledger.refused, 1);
	kunit_domain_forget(other);
}

/* Many entries in no particular order; what is left is reclaimed */
static void domain_ledger_test_many(struct kunit *test)
{
	struct test_env *env = test->priv;
	struct domain *d = env->d;
	static void *p[256];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = domain_heap_alloc(d, 16 + i, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, p[i]);
		memset(p[i], i, 16 + i);
	}
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], ARRAY_SIZE(p));
	/* 101 and 256 have no common factor: every entry once */
	for (i = 0; i < ARRAY_SIZE(p) / 2; i++)
		KUNIT_EXPECT_EQ(test, domain_heap_free(d, p[(i * 101) % 256]), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], ARRAY_SIZE(p) / 2);

	KUNIT_EXPECT_EQ(test, test_update(env->slot, NULL, d->id), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.leaked, ARRAY_SIZE(p) / 2);
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&d->ledger.tree));
}

static void domain_timer_test(struct kunit *test)
{
	struct test_env *env = test->priv;
	struct domain *d = env->d;
	struct test_instance *inst = test_instance(d->id);
	int ticks;

	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, DOMAIN_MAX_TIMERS, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, U64_MAX, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 0, U64_MAX, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 0, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_timer_cancel(d, DOMAIN_MAX_TIMERS), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_timer_cancel(d, 0), 0);

	/* one time */
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 0, NSEC_PER_MSEC, 0), 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->ticks), 1);
	KUNIT_EXPECT_EQ(test, domain_timer_cancel(d, 0), 0);

	/* periodic, until it is cancelled */
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 7, NSEC_PER_MSEC, 2 * NSEC_PER_MSEC), 0);
	msleep(200);
	KUNIT_EXPECT_EQ(test, domain_timer_cancel(d, 7), 1);
	msleep(20);
	ticks = atomic_read(&inst->ticks);
	KUNIT_EXPECT_GT(test, ticks, 5);
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->ticks), ticks);

	/* armed when the domain leaves: silent, and no more to be armed */
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 3, 0, NSEC_PER_MSEC), 0);
	KUNIT_EXPECT_EQ(test, test_update(env->slot, NULL, d->id), 0);
	ticks = atomic_read(&inst->ticks);
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->ticks), ticks);
	KUNIT_EXPECT_EQ(test, domain_timer_arm(d, 3, 0, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->violations), 0);
}

struct test_cancel {
	struct test_call call;
	struct domain *d;
	bool arm;
	long armed;
};

static long test_cancel_itself(struct test_call *call)
{
	struct test_cancel *t = container_of(call, struct test_cancel, call);

	if (t->arm)
		domain_timer_arm(t->d, 0, NSEC_PER_MSEC, NSEC_PER_MSEC);
	t->armed = domain_timer_cancel(t->d, 0);
	return 0;
}

/* A timer that is cancelled while it expires does not expire again */
static void domain_timer_test_cancel(struct kunit *test)
{
	struct test_cancel t = { .call.fn = test_cancel_itself };
	struct test_env *env = test->priv;
	struct test_instance *inst = test_instance(env->d->id);
	int i;

	t.d = env->d;
	inst->in_timer = &t.call;
	for (i = 1; i <= 2; i++) {
		KUNIT_EXPECT_EQ(test, 0, domain_timer_arm(env->d, 0, NSEC_PER_MSEC,
							  NSEC_PER_MSEC));
		msleep(50);
		KUNIT_EXPECT_EQ(test, atomic_read(&inst->ticks), i);
		KUNIT_EXPECT_EQ(test, t.armed, 1);
		KUNIT_EXPECT_EQ(test, domain_timer_cancel(env->d, 0), 0);
		/* the second time it has armed itself before */
		t.arm = true;
	}
	/* and it can be armed again */
	inst->in_timer = NULL;
	KUNIT_EXPECT_EQ(test, domain_timer_arm(env->d, 0, NSEC_PER_MSEC, 0), 0);
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&inst->ticks), i);
}

struct test_service {
	struct test_call call;
	struct kunit *test;
	struct test_env *env;
};

static long test_use_services(struct test_call *call)
{
	struct test_service *t = container_of(call, struct test_service, call);
	const struct domain_services *svc = &domain_services;
	struct domain *d = t->env->d;
	struct kunit *test = t->test;
	u64 value = 42, back = 0;
	void *p, *s;

	KUNIT_EXPECT_EQ(test, svc->print(6, "a line\nof text", 14), 0);
	KUNIT_EXPECT_EQ(test, svc->print(8, "x", 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, svc->print(6, "x", 257), -EINVAL);
	KUNIT_EXPECT_EQ(test, svc->print(6, (char *)8, 10), -EFAULT);
	KUNIT_EXPECT_GT(test, svc->time_ns(), 0ULL);

	p = svc->alloc(100);
	KUNIT_EXPECT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, test_cost(100));
	KUNIT_EXPECT_EQ(test, svc->free(p), 0);
	KUNIT_EXPECT_EQ(test, svc->free(p), -EINVAL);
	KUNIT_EXPECT_NULL(test, svc->alloc(U64_MAX));

	s = svc->shared_alloc(64, TEST_BUF_TYPE);
	KUNIT_EXPECT_NOT_NULL(test, s);
	KUNIT_EXPECT_NULL(test, svc->shared_alloc(64, 1ULL << 32));
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 1);
	KUNIT_EXPECT_EQ(test, svc->shared_free(s + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, svc->shared_free(s), 0);
	KUNIT_EXPECT_EQ(test, svc->shared_free(s), -EINVAL);

	KUNIT_EXPECT_EQ(test, svc->state_put(5, 1, 1, &value, 8), 0);
	KUNIT_EXPECT_EQ(test, svc->state_get(5, 1, 1, &back, 8), 8);
	KUNIT_EXPECT_EQ(test, back, 42);
	KUNIT_EXPECT_EQ(test, svc->state_put(5, 1ULL << 32, 1, &value, 8), -EINVAL);

	KUNIT_EXPECT_EQ(test, svc->timer_arm(9, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, svc->timer_cancel(0), 0);
	KUNIT_EXPECT_EQ(test, svc->sleep_ns(1000), 0);
	KUNIT_EXPECT_EQ(test, svc->sleep_ns(NSEC_PER_SEC + 1ULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, current->domain_frame->in_service, 0);
	return 0;
}

/* Another slot, from inside of a domain */
static long test_use_slot(struct test_call *call)
{
	struct test_service *t = container_of(call, struct test_service, call);
	static const u64 hash = DOMAIN_INTERFACE_HASH(test_rcu, TEST_METHODS);
	const struct domain_services *svc = &domain_services;
	u64 args[4] = { 1, 2, 3, 4 };
	struct kunit *test = t->test;
	u64 nr = DOMAIN_test_rcu_NR;
	struct test_buf *buf;
	long h;

	KUNIT_EXPECT_EQ(test, svc->slot_open("none", 1, hash, nr), -ENOENT);
	KUNIT_EXPECT_EQ(test, svc->slot_open((char *)8, 1, hash, nr), -EFAULT);
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit_other", 1, hash ^ 1, nr), -EPROTO);
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit_other", 2, hash, nr), -EPROTO);
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit", 1, hash, nr), -EDEADLK);
	h = svc->slot_open("kunit_other", 1, hash, nr);
	KUNIT_EXPECT_GT(test, h, 0);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, DOMAIN_test_rcu_weigh, args), 4321);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, nr, args), -ENOSYS);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h + 1, 0, args), -EBADF);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, 0, (u64 *)8), -EFAULT);

	/* a shared object by its payload: lent, given, gone */
	buf = svc->shared_alloc(sizeof(*buf), TEST_BUF_TYPE);
	KUNIT_EXPECT_NOT_NULL(test, buf);
	args[0] = (unsigned long)buf;
	args[1] = 6;
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, DOMAIN_test_rcu_lend, args), 6);
	KUNIT_EXPECT_EQ(test, buf->value, 1);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, DOMAIN_test_rcu_give, args), 6);
	KUNIT_EXPECT_EQ(test, domain_shared_count(t->env->d), 0);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, DOMAIN_test_rcu_lend, args), -EPERM);
	args[0] = 8;
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, DOMAIN_test_rcu_lend, args), -EPERM);

	KUNIT_EXPECT_EQ(test, svc->slot_close(h), 0);
	KUNIT_EXPECT_EQ(test, svc->slot_close(h), -EBADF);
	/* what was not compared cannot be called */
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit_other", 1, 0, 0), -EPROTO);
	h = svc->slot_open("kunit_other", 1,
			   domain_test_rcu_interface.methods[0].hash, 1);
	KUNIT_EXPECT_GT(test, h, 0);
	args[0] = 5;
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, 0, args), 5);
	KUNIT_EXPECT_EQ(test, svc->slot_call(h, 1, args), -ENOSYS);
	KUNIT_EXPECT_EQ(test, svc->slot_close(h), 0);

	/* this one is left for the ledger to close */
	KUNIT_EXPECT_GT(test, svc->slot_open("kunit_other", 1, hash, nr), 0);
	return 0;
}

static void domain_service_test(struct kunit *test)
{
	struct test_env *env = test->priv;
	struct test_service t = {
		.call.fn = test_use_services,
		.test = test,
		.env = env,
	};
	u64 back = 0;

	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(env->slot, &t.call), 0);
	/* the state outlives the domain */
	KUNIT_EXPECT_EQ(test, test_update(env->slot, NULL, env->d->id), 0);
	KUNIT_EXPECT_EQ(test, domain_store_get(&env->slot->store, 5, 1, 1, &back, 8), 8);
	KUNIT_EXPECT_EQ(test, back, 42);
}

/* More lines than its domain may print, unless the other's are not its own */
static long test_print_much(struct test_call *call)
{
	struct kunit *test = call->arg;
	int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, domain_services.print(LOGLEVEL_DEBUG, "x", 1), 0);
	return 0;
}

static void domain_service_test_print(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_rcu_interface, 0);
	struct test_call call = { .fn = test_print_much, .arg = test };
	struct test_env *env = test->priv;
	struct domain_slot *slot;

	slot = domain_slot_create(&domain_test_rcu_interface, "kunit_other");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, env->d->prints.burst, DOMAIN_PRINT_BURST);
	env->d->prints.burst = 2;
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(env->slot, &call), 0);
	KUNIT_EXPECT_EQ(test, ratelimit_state_get_miss(&env->d->prints), 3);
	KUNIT_EXPECT_EQ(test, domain_test_rcu_run(slot, &call), 0);
	KUNIT_EXPECT_EQ(test, ratelimit_state_get_miss(&d->prints), 0);
	domain_slot_destroy(slot);
	kunit_domain_forget(d);
}

#define TEST_LONG_NAME	"a_name_of_31_characters________"

/* A name that is too long is not that of the slot with its first characters */
static long test_open_long(struct test_call *call)
{
	static const u64 hash = DOMAIN_INTERFACE_HASH(test_rcu, TEST_METHODS);
	const struct domain_services *svc = &domain_services;
	struct kunit *test = call->arg;
	u64 nr = DOMAIN_test_rcu_NR;
	long h;

	KUNIT_EXPECT_EQ(test, svc->slot_open(TEST_LONG_NAME "x", 1, hash, nr), -ENOENT);
	KUNIT_EXPECT_EQ(test, svc->slot_open(TEST_LONG_NAME "xy", 1, hash, nr), -ENOENT);
	h = svc->slot_open(TEST_LONG_NAME, 1, hash, nr);
	KUNIT_EXPECT_GT(test, h, 0);
	KUNIT_EXPECT_EQ(test, svc->slot_close(h), 0);
	return 0;
}

static void domain_service_test_long_name(struct kunit *test)
{
	struct test_call call = { .fn = test_open_long, .arg = test };
	struct test_env *env = test->priv;
	struct domain_slot *slot;

	static_assert(sizeof(TEST_LONG_NAME) == DOMAIN_NAME_LEN);
	slot = domain_slot_create(&domain_test_rcu_interface, TEST_LONG_NAME);
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(env->slot, &call), 0);
	domain_slot_destroy(slot);
}

static void domain_service_test_slot(struct kunit *test)
{
	struct test_env *env = test->priv;
	struct test_service t = {
		.call.fn = test_use_slot,
		.test = test,
		.env = env,
	};
	struct domain *d = test_domain(test, &domain_test_rcu_interface, 0);
	struct domain_slot *slot;

	slot = domain_slot_create(&domain_test_rcu_interface, "kunit_other");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(env->slot, &t.call), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&slot->refs), 2);
	KUNIT_EXPECT_EQ(test, test_update(env->slot, NULL, env->d->id), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&slot->refs), 1);
	KUNIT_EXPECT_EQ(test, env->d->ledger.leaked, 1);
	domain_slot_destroy(slot);
	kunit_domain_forget(d);
}

/* Nobody is inside of a domain, so nobody asks */
static void domain_service_test_outside(struct kunit *test)
{
	const struct domain_services *svc = &domain_services;
	u64 value = 0;

	KUNIT_EXPECT_NULL(test, svc->alloc(8));
	KUNIT_EXPECT_NULL(test, svc->shared_alloc(8, 1));
	KUNIT_EXPECT_EQ(test, svc->free(&value), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->shared_free(&value), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->print(6, "x", 1), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->state_put(1, 1, 1, &value, 8), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->state_get(1, 1, 1, &value, 8), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->timer_arm(0, 0, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->timer_cancel(0), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit", 1, 0, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->slot_close(1), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->slot_call(1, 0, &value), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->sleep_ns(1), -EPERM);
}

/* At its entry point a domain has no number, and gets nothing */
static long test_use_early(struct test_call *call)
{
	const struct domain_services *svc = &domain_services;
	struct kunit *test = call->arg;
	struct domain_shared *obj;

	KUNIT_EXPECT_NULL(test, svc->alloc(8));
	KUNIT_EXPECT_NULL(test, svc->shared_alloc(8, 1));
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit", 1, 0, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->print(6, "x", 1), -EPERM);
	KUNIT_EXPECT_EQ(test, svc->sleep_ns(1), -EPERM);
	KUNIT_EXPECT_EQ(test, current->domain_frame->in_service, 0);

	obj = domain_shared_alloc(8, 1, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	if (!obj)
		return 0;
	KUNIT_EXPECT_EQ(test, svc->shared_free(domain_shared_data(obj)), -EPERM);
	return domain_shared_free(obj);
}

static void domain_service_test_entry(struct kunit *test)
{
	struct test_call call = { .fn = test_use_early, .arg = test };
	struct domain *d = domain_alloc(&domain_test_rcu_interface);

	KUNIT_ASSERT_NOT_NULL(test, d);
	domain_ledger_init(&d->ledger, SZ_1M);
	KUNIT_EXPECT_EQ(test, 0,
			domain_enter_lifecycle(d, call.fn, 0,
					       (unsigned long)&call, 0, 0));
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&d->ledger.tree));
	domain_put(d);
}

/* In a context that must not sleep */
static long test_use_atomic(struct test_call *call)
{
	struct kunit *test = call->arg;
	const struct domain_services *svc = &domain_services;
	void *p = svc->alloc(64);

	KUNIT_EXPECT_EQ(test, svc->free(p), 0);
	KUNIT_EXPECT_EQ(test, svc->sleep_ns(1), -EWOULDBLOCK);
	KUNIT_EXPECT_EQ(test, svc->slot_open("kunit", 1, 0, 0), -EWOULDBLOCK);
	return 0;
}

static void domain_service_test_atomic(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_rcu_interface, 0);
	struct test_call call = { .fn = test_use_atomic, .arg = test };
	struct domain_slot *slot;

	slot = domain_slot_create(&domain_test_rcu_interface, "kunit_atomic");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_test_rcu_run(slot, &call), 0);
	domain_slot_destroy(slot);
	kunit_domain_forget(d);
}

static struct kunit_case domain_ledger_cases[] = {
	KUNIT_CASE(domain_heap_test_limit),
	KUNIT_CASE(domain_heap_test_bad_free),
	KUNIT_CASE(domain_ledger_test_many),
	KUNIT_CASE(domain_timer_test),
	KUNIT_CASE(domain_timer_test_cancel),
	KUNIT_CASE(domain_service_test),
	KUNIT_CASE(domain_service_test_slot),
	KUNIT_CASE(domain_service_test_print),
	KUNIT_CASE(domain_service_test_long_name),
	KUNIT_CASE(domain_service_test_outside),
	KUNIT_CASE(domain_service_test_entry),
	KUNIT_CASE(domain_service_test_atomic),
	{}
};

static struct kunit_suite domain_ledger_suite = {
	.name = "domain_ledger",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.init = domain_ledger_test_init,
	.exit = domain_ledger_test_exit,
	.test_cases = domain_ledger_cases,
};
kunit_test_suite(domain_ledger_suite);
