// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what counts against the limit of a domain's memory
 */
#include <linux/sizes.h>

#include "domain_test.h"

/* What is small costs what it takes, with the kernel's record of it */
static void domain_limit_test_small(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_srcu_interface, 0);
	const size_t cost = domain_ledger_cost(1, sizeof(struct domain_entry));
	unsigned int n = 0;

	d->ledger.limit = SZ_16K;
	while (domain_heap_alloc(d, 1, GFP_KERNEL))
		n++;
	KUNIT_EXPECT_EQ(test, n, SZ_16K / cost);
	KUNIT_EXPECT_LE(test, n * (1 + sizeof(struct domain_entry)), SZ_16K);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, n * cost);
	KUNIT_EXPECT_EQ(test, domain_reclaim(d), n);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	kunit_domain_forget(d);
}

/* Who owns an object pays for it, a loan apart; who is given too much, too */
static void domain_limit_test_shared(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_srcu_interface, 0);
	struct domain *other = test_domain(test, &domain_test_srcu_interface, 0);
	size_t cost = domain_ledger_cost(100, sizeof(struct domain_shared));
	struct domain_shared *obj;
	struct domain_loan loan;
	int i;

	d->ledger.limit = 100 * cost;
	for (i = 0; i < 100; i++) {
		obj = domain_shared_create(d, 100, 1, GFP_KERNEL, NULL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
	}
	KUNIT_EXPECT_NULL(test, domain_shared_create(d, 1, 1, GFP_KERNEL, NULL));
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(d, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, d->ledger.limit);

	KUNIT_ASSERT_EQ(test, 0, domain_shared_pass(&loan, obj, d->id, other->id, false));
	domain_shared_settle(&loan, other);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 100);
	KUNIT_EXPECT_EQ(test, other->ledger.bytes, 0);

	other->ledger.limit = cost / 2;
	KUNIT_ASSERT_EQ(test, 0, domain_shared_pass(&loan, obj, d->id, other->id, true));
	domain_shared_settle(&loan, other);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 99);
	KUNIT_EXPECT_EQ(test, domain_shared_count(other), 1);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 99 * cost);
	KUNIT_EXPECT_EQ(test, other->ledger.bytes, cost);
	KUNIT_EXPECT_NULL(test, domain_heap_alloc(other, 1, GFP_KERNEL));

	KUNIT_EXPECT_EQ(test, domain_shared_reown(d, other), 99);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	KUNIT_EXPECT_EQ(test, other->ledger.bytes, 100 * cost);
	KUNIT_EXPECT_EQ(test, domain_shared_release(obj->data, d->id), -EINVAL);
	KUNIT_EXPECT_EQ(test, domain_shared_release(obj->data, other->id), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_reclaim(other), 99);
	KUNIT_EXPECT_EQ(test, domain_shared_count(other), 0);
	KUNIT_EXPECT_EQ(test, other->ledger.bytes, 0);
	kunit_domain_forget(other);
	kunit_domain_forget(d);
}

static struct kunit_case domain_limit_cases[] = {
	KUNIT_CASE(domain_limit_test_small),
	KUNIT_CASE(domain_limit_test_shared),
	{}
};

static struct kunit_suite domain_limit_suite = {
	.name = "domain_limit",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_limit_cases,
};
kunit_test_suite(domain_limit_suite);
