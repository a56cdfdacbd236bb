// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of replacing the domain of a disk in use.
 *
 * Threads write and read back all the time, each its own part of the disk. No
 * I/O may fail, no data may be wrong, and what the domains have counted, taken
 * together, must be what the threads have done.
 */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "../tags.h"
#include "cnull_domain_io.h"
#include "cnull_domain_test.h"

#define CNULL_DOMAIN_ROUNDS	8

static const struct cnull_mode cnull_domain_update_modes[] = {
	{ "inline",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1 },
	{ "softirq",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 2 },
	{ "timer",	CNULL_Q_MQ, CNULL_IRQ_TIMER, 512, 1 },
	{ "blocking",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .blocking = true },
	{ "throttle",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1, .mbps = 100 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_domain_update_mode, cnull_domain_update_modes, name);

static void cnull_domain_update_test_stress(struct kunit *test)
{
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_slot *slot = ctx->dev->domain.slot;
	struct cnull_fake_counts *counts;
	struct block_device *bdev;
	s64 before;
	u64 ios;
	int i;

	cnull_test_set_mode(test);
	ctx->dev->conf.completion_nsec = 100 * NSEC_PER_USEC;
	bdev = cnull_test_power_on(test);
	before = atomic64_read(&cnull_fake(d)->counts.queued);
	cnull_domain_io_start(test, bdev, io);
	for (i = 0; i < CNULL_DOMAIN_ROUNDS; i++) {
		struct domain *new = cnull_fake_domain(test, DOMAIN_BLOCK_NOTIFY);

		/* those that follow each other treat requests differently */
		if (i % 4 == 1) {
			cnull_fake(new)->delay_ns = 200 * NSEC_PER_USEC;
			cnull_fake(new)->verdict |= DOMAIN_BLOCK_DELAY;
		} else if (i % 4 == 3) {
			cnull_fake(new)->verdict |= DOMAIN_BLOCK_MIRROR;
		}
		cnull_fake(new)->export_ms = i % 8 == 7;
		KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, new, d));
		kunit_domain_forget(d);
		d = new;
		usleep_range(500, 1500);
	}
	ios = cnull_domain_io_stop(test, io);

	counts = &cnull_fake(d)->counts;
	KUNIT_EXPECT_EQ(test, before + ios, atomic64_read(&counts->queued));
	KUNIT_EXPECT_EQ(test, atomic64_read(&counts->notify),
			atomic64_read(&counts->completed));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->errors));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->wrong));
	cnull_fake(d)->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, d);
}

/* Both a request that comes and one that ends, while the slot is closed. */
static void cnull_domain_update_test_closed(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct domain *new = cnull_fake_domain(test, DOMAIN_BLOCK_DO);
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_slot *slot = ctx->dev->domain.slot;
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	struct cnull_fake_counts *counts;
	unsigned long busy;

	busy = kunit_domain_busy(slot);
	/* of one thread: ends 50 ms later, in the middle of the transfer */
	cnull_fake(d)->only_below = CNULL_DOMAIN_SECTORS;
	cnull_fake(d)->delay_ns = 50 * NSEC_PER_MSEC;
	cnull_fake(d)->verdict = DOMAIN_BLOCK_NOTIFY | DOMAIN_BLOCK_DELAY;
	cnull_fake(d)->export_ms = 200;
	cnull_fake(new)->verdict = DOMAIN_BLOCK_NOTIFY;
	cnull_domain_io_start(test, bdev, io);
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, new, d));
	kunit_domain_forget(d);
	msleep(20);
	cnull_domain_io_stop(test, io);

	KUNIT_EXPECT_GT(test, kunit_domain_busy(slot), busy);
	counts = &cnull_fake(new)->counts;
	KUNIT_EXPECT_EQ(test, atomic64_read(&counts->notify),
			atomic64_read(&counts->completed));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->wrong));
	cnull_fake(new)->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, new);
}

static void cnull_domain_update_test_rollback(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_slot *slot = ctx->dev->domain.slot;
	struct cnull_fake_counts *counts = &cnull_fake(d)->counts;
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	s64 before;
	u64 ios;
	int i;

	before = atomic64_read(&counts->queued);
	cnull_domain_io_start(test, bdev, io);
	for (i = 0; i < CNULL_DOMAIN_ROUNDS; i++) {
		struct domain *new = cnull_fake_domain(test, -EIO);
		long *ret = i % 2 ? &cnull_fake(new)->init_ret :
				    &cnull_fake(new)->import_ret;

		*ret = -ENOMEDIUM;
		KUNIT_EXPECT_EQ(test, -ENOMEDIUM,
				kunit_domain_update(slot, new, d));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&cnull_fake(new)->asked));
		kunit_domain_forget(new);
		usleep_range(500, 1500);
	}
	ios = cnull_domain_io_stop(test, io);
	KUNIT_EXPECT_EQ(test, before + ios, atomic64_read(&counts->queued));
	KUNIT_EXPECT_EQ(test, atomic64_read(&counts->notify),
			atomic64_read(&counts->completed));
	cnull_test_unbind(test, d);
}

/* With the device open and in use, its domain goes, and comes back. */
static void cnull_domain_update_test_unbind(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_slot *slot = ctx->dev->domain.slot;
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	struct domain_block_stats stats;
	int i;

	cnull_domain_io_start(test, bdev, io);
	for (i = 0; i < CNULL_DOMAIN_ROUNDS; i++) {
		usleep_range(1000, 2000);
		KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, NULL, d));
		KUNIT_EXPECT_EQ(test, -ENOSYS,
				cnull_domain_stats(ctx->dev, &stats));
		KUNIT_EXPECT_EQ(test, 1, atomic_read(&cnull_fake(d)->exits));
		kunit_domain_forget(d);
		usleep_range(1000, 2000);
		d = cnull_fake_domain(test, DOMAIN_BLOCK_NOTIFY);
		KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, d, NULL));
	}
	/* the last one, too, is asked */
	for (i = 0; i < 200 && !atomic64_read(&cnull_fake(d)->counts.queued); i++)
		msleep(20);
	KUNIT_EXPECT_GT(test, atomic64_read(&cnull_fake(d)->counts.queued), 0);
	cnull_domain_io_stop(test, io);
	cnull_test_unbind(test, d);
}

/* Updates and changes of the number of queues, which freezes the disk. */
static void cnull_domain_update_test_resize(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_slot *slot = ctx->dev->domain.slot;
	struct cnull_domain_io io[CNULL_DOMAIN_THREADS];
	struct cnull_fake_counts *counts;
	int i;

	cnull_domain_io_start(test, bdev, io);
	for (i = 0; i < CNULL_DOMAIN_ROUNDS; i++) {
		struct domain *new = cnull_fake_domain(test, DOMAIN_BLOCK_NOTIFY);

		/* refusing is too late for a disk in use */
		cnull_fake(new)->hctx_ret = -ENXIO;
		KUNIT_EXPECT_EQ(test, 0, kunit_domain_update(slot, new, d));
		kunit_domain_forget(d);
		d = new;
		scoped_guard(mutex, &ctx->dev->lock)
			KUNIT_EXPECT_EQ(test, 0,
					cnull_tags_resize(ctx->dev,
							  min(1 + i % 2, nr_cpu_ids),
							  i / 2 % 2));
	}
	cnull_domain_io_stop(test, io);
	counts = &cnull_fake(d)->counts;
	KUNIT_EXPECT_EQ(test, atomic64_read(&counts->notify),
			atomic64_read(&counts->completed));
	cnull_test_unbind(test, d);
}

struct cnull_domain_updater {
	struct domain_slot *slot;
	struct domain *old, *new;
};

static int cnull_domain_updater(void *arg)
{
	struct cnull_domain_updater *u = arg;
	int err = kunit_domain_update(u->slot, u->new, u->old);

	while (!kthread_should_stop())
		usleep_range(500, 1500);
	return err;
}

/* A task that was killed powers off while the slot is closed: all is told. */
static void cnull_domain_update_test_killed(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_domain_updater u = {
		.slot = ctx->dev->domain.slot,
		.old = d,
		.new = cnull_fake_domain(test, DOMAIN_BLOCK_DO),
	};
	struct cnull_fake *f = cnull_fake(d), *next = cnull_fake(u.new);
	struct task_struct *task;
	unsigned long busy;

	cnull_test_power_on(test);
	KUNIT_EXPECT_GT(test, atomic_read(&f->hctxs), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&f->opens), 0);
	busy = kunit_domain_busy(u.slot);
	f->export_ms = 500;
	task = kthread_run(cnull_domain_updater, &u, "cnull_updater");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	while (!READ_ONCE(f->exporting))
		usleep_range(500, 1500);
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	cnull_test_power_off(ctx);
	flush_signals(current);
	disallow_signal(SIGKILL);
	KUNIT_EXPECT_EQ(test, 0, kthread_stop(task));

	KUNIT_EXPECT_GT(test, kunit_domain_busy(u.slot), busy);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->hctxs) + atomic_read(&next->hctxs));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->opens) + atomic_read(&next->opens));
	kunit_domain_forget(d);
	cnull_test_unbind(test, u.new);
}

/*
 * An update while the disk is frozen, as in the midst of a resize, when hardware
 * queues may be missing: its end does not look for something to dispatch.
 */
static void cnull_domain_update_test_frozen(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct domain *new = cnull_fake_domain(test, DOMAIN_BLOCK_DO);
	struct cnull_disk_ctx *ctx = test->priv;
	struct blk_mq_hw_ctx *hctx;
	struct request_queue *q;

	q = bdev_get_queue(cnull_test_power_on(test));
	hctx = queue_hctx(q, 0);
	/* as by another task: who updates may wait for memory, and so for this disk */
	blk_freeze_queue_start_non_owner(q);
	blk_mq_freeze_queue_wait(q);
	/* As if software queue 0 had a request: whoever runs hctx clears this. */
	sbitmap_set_bit(&hctx->ctx_map, 0);
	KUNIT_EXPECT_EQ(test, 0,
			kunit_domain_update(ctx->dev->domain.slot, new, d));
	kunit_domain_forget(d);
	flush_delayed_work(&hctx->run_work);
	KUNIT_EXPECT_TRUE(test, sbitmap_test_bit(&hctx->ctx_map, 0));
	sbitmap_clear_bit(&hctx->ctx_map, 0);
	blk_mq_unfreeze_queue_non_owner(q);
	cnull_test_unbind(test, new);
}

static struct kunit_case cnull_domain_update_cases[] = {
	KUNIT_CASE_PARAM_ATTR(cnull_domain_update_test_stress,
			      cnull_domain_update_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(cnull_domain_update_test_closed,
			      cnull_domain_update_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(cnull_domain_update_test_rollback,
			      cnull_domain_update_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(cnull_domain_update_test_unbind,
			      cnull_domain_update_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM_ATTR(cnull_domain_update_test_resize,
			      cnull_domain_update_mode_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_SLOW(cnull_domain_update_test_killed),
	KUNIT_CASE(cnull_domain_update_test_frozen),
	{}
};

static struct kunit_suite cnull_domain_update_suite = {
	.name = "cnull_domain_update",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_domain_update_cases,
};

kunit_test_suite(cnull_domain_update_suite);

MODULE_DESCRIPTION("KUnit tests of updates of the domain of a cnull disk");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
