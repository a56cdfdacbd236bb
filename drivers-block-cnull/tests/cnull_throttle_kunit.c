// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's bandwidth limit: its arithmetic, and waiting for it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "../throttle.h"

static void cnull_throttle_test_budget(struct kunit *test)
{
	/* 20 ms of 1 MiB/s, rounded down. */
	KUNIT_EXPECT_EQ(test, cnull_throttle_budget(1), 20971);
	KUNIT_EXPECT_EQ(test, cnull_throttle_budget(50), SZ_1M);
	/* The largest that null_blk takes. */
	KUNIT_EXPECT_EQ(test, cnull_throttle_budget(40 * 1024), 858993459);
	KUNIT_EXPECT_EQ(test, cnull_throttle_budget(UINT_MAX), 90071992526438);
}

struct cnull_refill_case {
	const char	*name;
	s64		tokens;
	s64		budget;
	u64		ticks;
	s64		expected;
};

static const struct cnull_refill_case cnull_refill_cases[] = {
	{ "empty",		0,		100,	1,	100 },
	{ "almost_full",	99,		100,	1,	100 },
	{ "small_debt",		-50,		100,	1,	50 },
	{ "exact_debt",		-100,		100,	1,	0 },
	{ "large_debt",		-1000,		100,	1,	-900 },
	{ "missed_ticks",	-1000,		100,	9,	-100 },
	{ "no_burst",		-1000,		100,	50,	100 },
	{ "no_tick",		-1000,		100,	0,	-1000 },
	{ "slowest",		20971 - (s64)UINT_MAX,	20971,	1, 2 * 20971 - (s64)UINT_MAX },
	{ "fastest",		1,	90071992526438,	1,	90071992526438 },
	/* After a suspend of years. */
	{ "many_ticks",		-1000,		100,	U64_MAX, 100 },
	{ "ticks_wrap",		-1000,		100,	1ULL << 63, 100 },
	{ "sum_wraps",		99,		100,	S64_MAX / 100, 100 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_refill, cnull_refill_cases, name);

static void cnull_throttle_test_refill(struct kunit *test)
{
	const struct cnull_refill_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, cnull_throttle_refill(c->tokens, c->budget, c->ticks),
			c->expected);
}

static int cnull_throttle_test_init(struct kunit *test)
{
	struct cnull_throttle *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	cnull_throttle_init(t, 1, NULL);
	return 0;
}

static void cnull_throttle_test_exit(struct kunit *test)
{
	if (test->priv)
		cnull_throttle_exit(test->priv);
}

/* Larger than a tick: passes at once, and the next one pays. */
static void cnull_throttle_test_large(struct kunit *test)
{
	struct cnull_throttle *t = test->priv;

	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
	KUNIT_EXPECT_LT(test, atomic64_read(&t->tokens), 0);
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, 1, true), -EAGAIN);
	/* A flush moves nothing. */
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, 0, true), 0);
}

/* The timer runs while the bucket is not full, and starts again. */
static void cnull_throttle_test_idle(struct kunit *test)
{
	struct cnull_throttle *t = test->priv;
	int i;

	for (i = 0; i < 3; i++) {
		unsigned long end = jiffies + 10 * HZ;

		KUNIT_EXPECT_FALSE(test, hrtimer_active(&t->timer));
		/* The timer does not run, so none stays none. */
		atomic64_set(&t->tokens, 0);
		KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, 1, true), -EAGAIN);
		atomic64_set(&t->tokens, t->budget);
		/* A debt that is not paid yet when a slow machine looks. */
		KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
		KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, 1, true), -EAGAIN);
		KUNIT_EXPECT_TRUE(test, hrtimer_active(&t->timer));
		atomic64_set(&t->tokens, 0);
		KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, 1, false), 0);
		/* Two ticks: one fills the bucket, one sees that it is full. */
		while (hrtimer_active(&t->timer) && time_before(jiffies, end))
			msleep(20);
		KUNIT_EXPECT_EQ(test, atomic64_read(&t->tokens), t->budget);
	}
}

/* Eleven ticks' worth take ten ticks, also in pieces that fill no tick evenly. */
static void cnull_throttle_test_rate(struct kunit *test)
{
	static const unsigned int sizes[] = { SZ_4K, 13 * SZ_4K, SZ_128K };
	struct cnull_throttle *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s64 left = 11 * t->budget;
		ktime_t start;

		msleep(20 + 20 * 7);
		start = ktime_get();
		while (left > 0) {
			KUNIT_ASSERT_EQ(test, cnull_throttle_wait(t, sizes[i], false), 0);
			left -= sizes[i];
		}
		/* The debt of the last piece, too. */
		KUNIT_ASSERT_EQ(test, cnull_throttle_wait(t, 1, false), 0);
		KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), start), 10 * 20 - 1);
		/* Generous: other tests may keep the CPU. */
		KUNIT_EXPECT_LE(test, ktime_ms_delta(ktime_get(), start), 5000);
	}
}

struct cnull_waiter {
	struct work_struct	work;
	struct cnull_throttle	*t;
	int			result;
};

static void cnull_waiter_fn(struct work_struct *work)
{
	struct cnull_waiter *waiter = container_of(work, struct cnull_waiter, work);

	waiter->result = cnull_throttle_wait(waiter->t, SZ_1G, false);
}

/* Power off does not wait the hour that the limit asks for. */
static void cnull_throttle_test_release(struct kunit *test)
{
	struct cnull_throttle *t = test->priv;
	struct cnull_waiter *waiters;
	int i;

	waiters = kunit_kcalloc(test, 3, sizeof(*waiters), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, waiters);
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
	for (i = 0; i < 3; i++) {
		waiters[i].t = t;
		waiters[i].result = -EBUSY;
		INIT_WORK(&waiters[i].work, cnull_waiter_fn);
		queue_work(system_dfl_wq, &waiters[i].work);
	}
	msleep(100);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, READ_ONCE(waiters[i].result), -EBUSY);
	cnull_throttle_release(t);
	for (i = 0; i < 3; i++) {
		flush_work(&waiters[i].work);
		KUNIT_EXPECT_EQ(test, waiters[i].result, 0);
	}
	/* Whatever comes later passes, too, and the timer leaves it so. */
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
	KUNIT_EXPECT_EQ(test, cnull_throttle_wait(t, UINT_MAX, true), 0);
}

/* Who waits does not miss the tokens of a bio that gives them back. */
static void cnull_throttle_test_refund(struct kunit *test)
{
	struct cnull_throttle *t = test->priv;
	unsigned long end = jiffies + 10 * HZ;
	struct cnull_waiter *waiter;

	waiter = kunit_kzalloc(test, sizeof(*waiter), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, waiter);
	waiter->t = t;
	waiter->result = -EBUSY;
	INIT_WORK(&waiter->work, cnull_waiter_fn);
	/* Nobody has taken them, so no tick will bring them back. */
	atomic64_set(&t->tokens, -SZ_1M);
	queue_work(system_dfl_wq, &waiter->work);
	while (!wq_has_sleeper(&t->wait) && time_before(jiffies, end))
		msleep(20);
	cnull_throttle_refund(t, SZ_512K);
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(waiter->result), -EBUSY);
	cnull_throttle_refund(t, SZ_1M);
	while (READ_ONCE(waiter->result) && time_before(jiffies, end))
		msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(waiter->result), 0);
	cnull_throttle_release(t);
	flush_work(&waiter->work);

	/* Never more than a full bucket, nor less than without a limit. */
	cnull_throttle_refund(t, SZ_1M);
	KUNIT_EXPECT_EQ(test, atomic64_read(&t->tokens), S64_MAX);
	atomic64_set(&t->tokens, t->budget - 1);
	cnull_throttle_refund(t, SZ_1M);
	KUNIT_EXPECT_EQ(test, atomic64_read(&t->tokens), t->budget);
}

static struct kunit_case cnull_throttle_cases[] = {
	KUNIT_CASE(cnull_throttle_test_budget),
	KUNIT_CASE_PARAM(cnull_throttle_test_refill, cnull_refill_gen_params),
	KUNIT_CASE(cnull_throttle_test_large),
	KUNIT_CASE_SLOW(cnull_throttle_test_idle),
	KUNIT_CASE_SLOW(cnull_throttle_test_rate),
	KUNIT_CASE(cnull_throttle_test_release),
	KUNIT_CASE(cnull_throttle_test_refund),
	{}
};

static struct kunit_suite cnull_throttle_suite = {
	.name = "cnull_throttle",
	.init = cnull_throttle_test_init,
	.exit = cnull_throttle_test_exit,
	.test_cases = cnull_throttle_cases,
};

kunit_test_suite(cnull_throttle_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's bandwidth limit");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
