// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of where a checked image may store: what it owns or has on loan,
 * which is private memory and shared objects. domain_bounds_kunit.c has the rest.
 */
#include <linux/slab.h>

#include "domain_bounds_test.h"

static long bounds_heap(struct test_call *call)
{
	const struct domain_services *s = &domain_services;
	struct bounds_call *b = bounds_call(call);
	u8 *p[12];
	int i, round;

	p[0] = s->alloc(33);
	KUNIT_ASSERT_NOT_NULL(b->test, p[0]);
	for (round = 0; round < 2; round++) {
		MAY(p[0], 33);
		MAY(p[0] + 32, 1);
		/* to the byte, though the allocator gave more */
		MAY_NOT(p[0] + 33, 1);
		MAY_NOT(p[0] + 26, 8);
		MAY_NOT(p[0] - 1, 1);
		MAY_NOT(p[0] - 1, 35);
		MAY_NOT(p[0], U64_MAX);
	}
	KUNIT_EXPECT_EQ(b->test, s->free(p[0]), 0);
	MAY_NOT(p[0], 1);
	MAY_NOT(p[0] + 8, 8);

	/* more than are remembered, in every order */
	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = s->alloc(16 + i);
		KUNIT_ASSERT_NOT_NULL(b->test, p[i]);
	}
	for (round = 0; round < 3; round++)
		for (i = 0; i < ARRAY_SIZE(p); i++) {
			u8 *q = p[(i * 5) % ARRAY_SIZE(p)];
			size_t size = 16 + (i * 5) % ARRAY_SIZE(p);

			MAY(q, size);
			MAY(q + size - 1, 1);
			MAY_NOT(q, size + 1);
		}
	/* one that is remembered is freed, the others stay */
	MAY(p[3], 16);
	MAY(p[4], 16);
	KUNIT_EXPECT_EQ(b->test, s->free(p[3]), 0);
	MAY_NOT(p[3], 1);
	MAY(p[4], 16);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		if (i != 3)
			KUNIT_EXPECT_EQ(b->test, s->free(p[i]), 0);
	for (i = 0; i < ARRAY_SIZE(p); i++)
		MAY_NOT(p[i], 1);

	/* what is another's, and what the ledger itself consists of */
	MAY_NOT(b->p[0], 8);
	MAY_NOT(b->p[1], 8);
	return 0;
}

static void domain_owned_test_heap(struct kunit *test)
{
	struct domain *other = test_domain(test, &domain_test_srcu_interface, 0);
	struct bounds_env *env = test->priv;
	struct bounds_call b;
	void *own;

	bounds_init(test, &b, bounds_heap);
	b.p[0] = domain_heap_alloc(other, 64, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, b.p[0]);
	/* less than the allocator gives, or it could end where the next begins */
	own = domain_heap_alloc(env->d, 40, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, own);
	b.p[1] = rb_entry(rb_first(&env->d->ledger.tree), struct domain_entry, node);
	bounds_run(test, &b, bounds_heap);
	domain_heap_free(env->d, own);
	domain_heap_free(other, b.p[0]);
	kunit_domain_forget(other);
}

/* A slot of the tree of the ledger is no memory, whatever its number is */
static long bounds_handle(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	MAY_NOT((void *)1, 1);
	MAY_NOT(b->p[0], 1);
	return 0;
}

static void domain_owned_test_handle(struct kunit *test)
{
	struct domain_entry *entry = kzalloc_obj(*entry);
	struct bounds_env *env = test->priv;
	struct domain_slot *other;
	struct bounds_call b;

	KUNIT_ASSERT_NOT_NULL(test, entry);
	other = domain_slot_create(&domain_test_rcu_interface, "kunit_handle");
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	refcount_inc(&other->refs);
	entry->res = DOMAIN_RES_SLOT;
	entry->ptr = other;
	domain_ledger_add(&env->d->ledger, entry);
	bounds_init(test, &b, bounds_handle);
	b.p[0] = other;
	bounds_run(test, &b, bounds_handle);
	KUNIT_EXPECT_PTR_EQ(test, entry,
			    domain_ledger_take(&env->d->ledger, DOMAIN_RES_SLOT,
					       entry->key));
	kfree(entry);
	domain_slot_put(other);
	domain_slot_destroy(other);
}

static long bounds_lent(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	u8 *p = b->p[0];

	MAY(p, sizeof(struct test_buf));
	MAY(p + sizeof(struct test_buf) - 1, 1);
	MAY_NOT(p + sizeof(struct test_buf), 1);
	MAY_NOT(p, sizeof(struct test_buf) + 1);
	MAY_NOT(p - 1, 1);
	MAY_NOT(p, U64_MAX);
	/* somebody else's */
	MAY_NOT(b->p[1], 1);
	/* that another object was asked for does not change it */
	MAY(p, 8);
	return 0;
}

static long bounds_not(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	MAY_NOT(b->p[0], 1);
	return 0;
}

/* At its entry point a domain has no number, and the kernel's is none of its own */
static long bounds_numberless(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	u32 id = b->d->id;

	b->d->id = DOMAIN_ID_KERNEL;
	MAY_NOT(b->p[0], 1);
	b->d->id = id;
	return 0;
}

static long bounds_own(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);

	MAY(b->p[0], 1);
	MAY(b->p[0], sizeof(struct test_buf));
	return 0;
}

/* An object that is remembered leaves during the call, and comes back */
static long bounds_leaves(struct test_call *call)
{
	struct bounds_call *b = bounds_call(call);
	struct domain_shared *obj = b->p[2];
	struct domain_loan loan;

	MAY(b->p[0], 8);
	KUNIT_EXPECT_EQ(b->test, 0,
			domain_shared_pass(&loan, obj, b->d->id, 1 << 30, false));
	MAY_NOT(b->p[0], 8);
	domain_shared_settle(&loan, NULL);
	MAY(b->p[0], 8);
	return 0;
}

static long bounds_freed(struct test_call *call)
{
	const struct domain_services *s = &domain_services;
	struct bounds_call *b = bounds_call(call);
	void *p = s->shared_alloc(40, TEST_BUF_TYPE);

	KUNIT_ASSERT_NOT_NULL(b->test, p);
	MAY(p, 40);
	KUNIT_EXPECT_EQ(b->test, s->shared_free(p), 0);
	/* its memory is there as long as the frame remembers it */
	MAY_NOT(p, 1);
	return 0;
}

static void domain_owned_test_shared(struct kunit *test)
{
	struct bounds_env *env = test->priv;
	struct domain_shared *obj, *other;
	struct bounds_call b;

	obj = domain_shared_alloc(sizeof(struct test_buf), TEST_BUF_TYPE,
				  GFP_KERNEL);
	other = domain_shared_alloc(sizeof(struct test_buf), TEST_BUF_TYPE,
				    GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_NOT_NULL(test, other);
	bounds_init(test, &b, bounds_not);
	b.p[0] = domain_shared_data(obj);
	b.p[1] = domain_shared_data(other);
	b.p[2] = obj;

	bounds_run(test, &b, bounds_not);
	bounds_run(test, &b, bounds_numberless);
	b.call.fn = bounds_lent;
	KUNIT_EXPECT_EQ(test, 0,
			domain_test_srcu_lend_run(env->slot, obj, &b.call));
	/* a loan ends with the call */
	bounds_run(test, &b, bounds_not);
	b.call.fn = bounds_leaves;
	KUNIT_EXPECT_EQ(test, 0,
			domain_test_srcu_lend_run(env->slot, obj, &b.call));
	bounds_run(test, &b, bounds_not);
	/* a gift stays */
	b.call.fn = bounds_own;
	KUNIT_EXPECT_EQ(test, 0,
			domain_test_srcu_give_run(env->slot, obj, &b.call));
	bounds_run(test, &b, bounds_own);
	KUNIT_EXPECT_EQ(test, 0, domain_shared_release(b.p[0], env->d->id));
	bounds_run(test, &b, bounds_not);

	bounds_run(test, &b, bounds_freed);
	KUNIT_EXPECT_EQ(test, domain_shared_count(env->d), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_free(other), 0);
}

static struct kunit_case domain_owned_cases[] = {
	KUNIT_CASE(domain_owned_test_heap),
	KUNIT_CASE(domain_owned_test_handle),
	KUNIT_CASE(domain_owned_test_shared),
	{}
};

static struct kunit_suite domain_owned_suite = {
	.name = "domain_owned",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.init = bounds_test_init,
	.exit = bounds_test_exit,
	.test_cases = domain_owned_cases,
};

kunit_test_suite(domain_owned_suite);

MODULE_DESCRIPTION("KUnit tests of what a checked image may store to because it owns it");
MODULE_LICENSE("GPL");
