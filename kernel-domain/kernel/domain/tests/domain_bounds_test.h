/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of where a checked image may store share: a domain that
 * is a function of the test, and asks what an image would ask. That images do
 * ask, and what becomes of those that do not like the answer, is the business of
 * domain_checked_kunit.c.
 */
#ifndef _DOMAIN_BOUNDS_TEST_H
#define _DOMAIN_BOUNDS_TEST_H

#include "domain_test.h"

struct bounds_env {
	struct domain_slot *slot;
	struct domain *d;
	u8 data[64];
};

/* What a test passes to the function that runs inside of the domain */
struct bounds_call {
	struct test_call call;	/* first: the method gets a pointer to it */
	struct kunit *test;
	struct domain *d;
	void *p[8];
};

static inline struct bounds_call *bounds_call(struct test_call *call)
{
	return container_of(call, struct bounds_call, call);
}

static inline bool may(const void *p, u64 size)
{
	return !domain_services.may_store(p, size);
}

#define MAY(p, size)		KUNIT_EXPECT_TRUE(b->test, may(p, size))
#define MAY_NOT(p, size)	KUNIT_EXPECT_FALSE(b->test, may(p, size))

static inline int bounds_test_init(struct kunit *test)
{
	struct bounds_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, env);
	env->slot = test_slot(test, &domain_test_srcu_interface);
	env->d = test_domain(test, &domain_test_srcu_interface, 0);
	domain_set_checked(env->d, true);
	env->d->memory.data = (unsigned long)env->data;
	env->d->memory.data_end = (unsigned long)env->data + 56;
	KUNIT_ASSERT_EQ(test, test_update(env->slot, env->d, 0), 0);
	test->priv = env;
	return 0;
}

static inline void bounds_test_exit(struct kunit *test)
{
	struct bounds_env *env = test->priv;

	if (!env)
		return;
	if (domain_slot_current(env->slot) == env->d->id)
		test_update(env->slot, NULL, env->d->id);
	kunit_domain_forget(env->d);
}

static inline void bounds_init(struct kunit *test, struct bounds_call *b,
			       long (*fn)(struct test_call *call))
{
	struct bounds_env *env = test->priv;

	*b = (struct bounds_call){
		.call.fn = fn, .test = test, .d = env->d,
	};
}

/* Run @fn inside of the domain */
static inline void bounds_run(struct kunit *test, struct bounds_call *b,
			      long (*fn)(struct test_call *call))
{
	struct bounds_env *env = test->priv;

	b->call.fn = fn;
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(env->slot, &b->call), 0);
}

#endif /* _DOMAIN_BOUNDS_TEST_H */
