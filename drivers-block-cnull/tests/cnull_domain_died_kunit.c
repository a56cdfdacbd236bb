// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of disks whose domain dies in a method: what the gate answers then,
 * a domain of the test's answers here.
 *
 * No I/O may fail. Each request is asked about until there is a verdict, done
 * once, and its end reported once.
 */
#include <linux/module.h>

#include "cnull_domain_io.h"
#include "cnull_domain_modes.h"
#include "cnull_domain_test.h"

#define CNULL_DIED_ROUNDS	20

/* Asked again, until there is an answer. */
static void cnull_domain_died_test_queue_rq(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_fake *f = cnull_fake(d);
	int asked;
	s64 queued;

	asked = atomic_read(&f->asked);
	queued = atomic64_read(&f->counts.queued);
	f->put_off_with = -EOWNERDEAD;
	atomic_set(&f->put_off, 5);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0xd1));
	KUNIT_EXPECT_EQ(test, asked + 6, atomic_read(&f->asked));
	KUNIT_EXPECT_EQ(test, queued + 1, atomic64_read(&f->counts.queued));
	atomic_set(&f->put_off, 3);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0xd1);
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/* What it had written about the requests of a list does not count. */
static void cnull_domain_died_test_batch(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int i;

	cnull_test_set_mode(test);
	ctx->dev->conf.no_sched = true;
	bdev = cnull_test_power_on(test);
	for (i = 1; i <= 3; i++) {
		atomic_set(&f->dies, i);
		cnull_test_write_batch(test, bdev, i);
		/* a list that was refused comes back as single requests */
		KUNIT_EXPECT_EQ(test, atomic_read(&f->dies), i - 1);
	}
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/* It has been told, and its successor is not. */
static void cnull_domain_died_test_complete(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.no_sched = true;
	bdev = cnull_test_power_on(test);
	f->complete_ret = -EOWNERDEAD;
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0xd2));
	cnull_test_expect(test, bdev, 8, SZ_4K, 0xd2);
	cnull_test_write_batch(test, bdev, 0xd3);
	KUNIT_EXPECT_GT(test, atomic64_read(&f->counts.completed), 0);
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/* Nothing is kept back by one that died. */
static void cnull_domain_died_test_poll(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	ctx->dev->conf.poll_queues = 1;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	bdev = cnull_test_power_on(test);
	f->poll_ret = -EOWNERDEAD;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, cnull_test_write_polled(test, bdev));
	KUNIT_EXPECT_EQ(test, 3, atomic_read(&f->polls));
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/* Neither a disk nor who opens it is refused because of it. */
static void cnull_domain_died_test_life(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct file *file;
	int opens;

	ctx->dev->conf.submit_queues = 1;
	ctx->dev->conf.poll_queues = 0;
	atomic_set(&f->dies, 2);
	cnull_test_power_on(test);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->dies));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->hctxs));
	opens = atomic_read(&f->opens);

	/* the successor answers, and its answer counts */
	atomic_set(&f->dies, 1);
	file = bdev_file_open_by_dev(disk_devt(ctx->dev->disk), BLK_OPEN_READ,
				     NULL, NULL);
	KUNIT_ASSERT_EQ(test, 0, PTR_ERR_OR_ZERO(file));
	KUNIT_EXPECT_EQ(test, opens + 1, atomic_read(&f->opens));
	fput(file);
	flush_delayed_fput();
	f->open_ret = -EACCES;
	atomic_set(&f->dies, 1);
	cnull_test_expect_open(test, -EACCES);
	f->open_ret = 0;

	/* there is none that does not die of it: nobody refused */
	atomic_set(&f->dies, INT_MAX);
	cnull_test_expect_open(test, 0);
	atomic_set(&f->dies, 0);
	cnull_test_unbind(test, d);
}

/* Again and again while threads write and read back. */
static void cnull_domain_died_test_stress(struct kunit *test)
{
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_fake *f = cnull_fake(d);
	unsigned long end = jiffies + 30 * HZ;
	unsigned int i;
	s64 queued;
	int asked;
	u64 ios;

	asked = atomic_read(&f->asked);
	queued = atomic64_read(&f->counts.queued);
	f->put_off_with = -EOWNERDEAD;
	cnull_domain_io_start(test, bdev, io);
	for (i = 0; i < CNULL_DIED_ROUNDS; i++) {
		f->complete_ret = i % 2 ? -EOWNERDEAD : 0;
		atomic_set(&f->put_off, 10);
		usleep_range(500, 1500);
		/* a slow machine has not met one yet */
		while (atomic_read(&f->put_off) == 10 && time_before(jiffies, end))
			usleep_range(500, 1500);
	}
	ios = cnull_domain_io_stop(test, io);
	KUNIT_EXPECT_EQ(test, queued + ios, atomic64_read(&f->counts.queued));
	/* at least one in each round, whose request was asked about again */
	KUNIT_EXPECT_GE(test, atomic_read(&f->asked), asked + ios + CNULL_DIED_ROUNDS);
	cnull_test_expect_told(test, f);
	atomic_set(&f->put_off, 0);
	cnull_test_unbind(test, d);
}

static struct kunit_case cnull_domain_died_cases[] = {
	KUNIT_CASE_PARAM(cnull_domain_died_test_queue_rq, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_died_test_batch, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_died_test_complete, cnull_domain_mode_gen_params),
	KUNIT_CASE(cnull_domain_died_test_poll),
	KUNIT_CASE(cnull_domain_died_test_life),
	KUNIT_CASE_PARAM_ATTR(cnull_domain_died_test_stress,
			      cnull_domain_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite cnull_domain_died_suite = {
	.name = "cnull_domain_died",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_domain_died_cases,
};

kunit_test_suite(cnull_domain_died_suite);

MODULE_DESCRIPTION("KUnit tests of cnull disks whose domain dies");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
