// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of shared objects: whose they are, and when
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "domain_test.h"

static void domain_shared_test_loans(struct kunit *test)
{
	struct domain_shared *obj = domain_shared_alloc(32, 1, GFP_KERNEL);
	struct domain *d = test_domain(test, &domain_test_srcu_interface, 0);
	struct domain_loan a, b, c;
	u32 id = d->id;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, domain_shared_pass(&a, obj, 1001, 1002, false), -EPERM);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->lent), 0);

	/* kernel to A to B, and back in the order of the calls */
	KUNIT_ASSERT_EQ(test, domain_shared_pass(&a, obj, 0, 1001, false), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_release(obj->data, 1001), -EBUSY);
	KUNIT_EXPECT_EQ(test, domain_shared_free(obj), -EINVAL);
	/* what is lent cannot be given away */
	KUNIT_EXPECT_EQ(test, domain_shared_pass(&b, obj, 1001, 1002, true), -EPERM);
	KUNIT_ASSERT_EQ(test, domain_shared_pass(&b, obj, 1001, 1002, false), 0);
	KUNIT_EXPECT_NULL(test, domain_shared_find(obj->data, 1001));
	domain_shared_settle(&b, NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), 1001);
	domain_shared_settle(&a, NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);

	/* given: on failure back, on success for good */
	KUNIT_ASSERT_EQ(test, domain_shared_pass(&c, obj, 0, id, true), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_release(obj->data, id), -EBUSY);
	domain_shared_settle(&c, NULL);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	KUNIT_ASSERT_EQ(test, domain_shared_pass(&c, obj, 0, id, true), 0);
	domain_shared_settle(&c, d);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), id);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 1);
	KUNIT_EXPECT_EQ(test, domain_shared_release(obj->data, id), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

struct test_lender {
	struct domain_shared *obj;
	u32 from, to;
	struct completion done;
};

static int test_lends(void *arg)
{
	struct test_lender *l = arg;
	struct domain_loan loan;
	int ret = domain_shared_pass(&loan, l->obj, l->from, l->to, false);

	if (!ret)
		domain_shared_settle(&loan, NULL);
	return ret;
}

static int test_lender_thread(void *arg)
{
	struct test_lender *l = arg;
	int ret = test_lends(l);

	complete(&l->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return ret;
}

static int test_another_lends(struct kunit *test, struct test_lender *l)
{
	struct task_struct *task;

	init_completion(&l->done);
	task = kthread_run(test_lender_thread, l, "domain_lender");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	wait_for_completion(&l->done);
	return kthread_stop(task);
}

/* Of the calls of a domain that has an object on loan, one can lend it on */
static void domain_shared_test_borrower(struct kunit *test)
{
	struct domain_shared *obj = domain_shared_alloc(32, 1, GFP_KERNEL);
	struct test_lender lender = { .obj = obj, .from = 1001, .to = 1002 };
	struct domain_loan loan;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_EQ(test, domain_shared_pass(&loan, obj, 0, 1001, false), 0);
	KUNIT_EXPECT_EQ(test, test_another_lends(test, &lender), -EPERM);
	KUNIT_EXPECT_EQ(test, test_lends(&lender), 0);
	domain_shared_settle(&loan, NULL);

	/* not on loan any more, it can be lent by anybody whose it is */
	lender.from = 0;
	KUNIT_EXPECT_EQ(test, test_another_lends(test, &lender), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_free(obj), 0);
}

/* Who found an object may use it although its owner freed it */
static void domain_shared_test_found(struct kunit *test)
{
	struct domain_shared *obj = domain_shared_alloc(32, 1, GFP_KERNEL);
	struct domain_shared *found;
	struct domain_loan loan;
	void *data;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	data = domain_shared_data(obj);
	KUNIT_EXPECT_NULL(test, domain_shared_find(data + 1, 0));
	found = domain_shared_find(data, 0);
	KUNIT_EXPECT_PTR_EQ(test, found, obj);
	KUNIT_EXPECT_EQ(test, domain_shared_free(obj), 0);
	KUNIT_EXPECT_NULL(test, domain_shared_find(data, 0));
	KUNIT_EXPECT_EQ(test, domain_shared_pass(&loan, found, 0, 1001, false), -EPERM);
	domain_shared_put(found);
}

static struct kunit_case domain_shared_cases[] = {
	KUNIT_CASE(domain_shared_test_loans),
	KUNIT_CASE(domain_shared_test_borrower),
	KUNIT_CASE(domain_shared_test_found),
	{}
};

static struct kunit_suite domain_shared_suite = {
	.name = "domain_shared",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_shared_cases,
};

kunit_test_suite(domain_shared_suite);

MODULE_DESCRIPTION("KUnit tests of shared objects of domains");
MODULE_LICENSE("GPL");
