// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of disks whose requests a domain decides about: what each verdict
 * does, and what a domain is told.
 */
#include <kunit/static_stub.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "../tags.h"
#include "cnull_domain_modes.h"
#include "cnull_domain_test.h"

static void cnull_domain_test_empty(struct kunit *test)
{
	struct domain_block_stats stats;
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	cnull_test_slot(test);
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x11));
	cnull_test_expect(test, bdev, 0, SZ_4K, 0);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x11);
	KUNIT_EXPECT_EQ(test, -ENOSYS, cnull_domain_stats(ctx->dev, &stats));
}

static void cnull_domain_test_do(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_disk_ctx *ctx = test->priv;
	s64 queued;

	queued = atomic64_read(&cnull_fake(d)->counts.queued);
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 8, CNULL_TEST_LEN, 0x22));
	cnull_test_expect(test, bdev, 8, CNULL_TEST_LEN, 0x22);
	KUNIT_EXPECT_EQ(test, queued + 2,
			atomic64_read(&cnull_fake(d)->counts.queued));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&cnull_fake(d)->counts.completed));
	KUNIT_EXPECT_EQ(test, 0, atomic_long_read(&ctx->dev->domain.second.nr_pages));
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_notify(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_fake_counts *counts = &cnull_fake(d)->counts;
	struct cnull_disk_ctx *ctx = test->priv;
	struct domain_block_stats stats;

	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x33));
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x33);
	KUNIT_EXPECT_EQ(test, 0, cnull_domain_stats(ctx->dev, &stats));
	KUNIT_EXPECT_EQ(test, stats.completed, atomic64_read(&counts->completed));
	KUNIT_EXPECT_GE(test, atomic64_read(&counts->notify), 2);
	cnull_test_expect_told(test, cnull_fake(d));
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_delay(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_fake *f = cnull_fake(d);
	ktime_t start;

	f->delay_ns = 30 * NSEC_PER_MSEC;
	f->verdict = DOMAIN_BLOCK_DELAY | DOMAIN_BLOCK_NOTIFY;
	start = ktime_get();
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x44));
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), start), 30);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x44);
	KUNIT_EXPECT_EQ(test, 2, atomic64_read(&f->counts.completed));
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_skip(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_fake *f = cnull_fake(d);

	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x55));
	f->verdict = DOMAIN_BLOCK_SKIP;
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x66));
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x55);
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_mirror(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_fake *f = cnull_fake(d);

	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x77));
	f->verdict = DOMAIN_BLOCK_MIRROR;
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 8, CNULL_TEST_LEN, 0x88));
	cnull_test_expect(test, bdev, 8, CNULL_TEST_LEN, 0x88);
	f->verdict = DOMAIN_BLOCK_SECOND;
	cnull_test_expect(test, bdev, 0, SZ_4K, 0);
	cnull_test_expect(test, bdev, 8, CNULL_TEST_LEN, 0x88);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x99));
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x77);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x88);
	cnull_test_unbind(test, d);
}

/* A page that cannot be had without sleeping: a worker follows the verdict. */
static struct page *cnull_domain_sleeping_page(struct cnull_store *store,
					       gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? alloc_page(gfp) : NULL;
}

static void cnull_domain_test_mirror_deferred(struct kunit *test)
{
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_fake *f = cnull_fake(d);

	f->verdict = DOMAIN_BLOCK_MIRROR | DOMAIN_BLOCK_NOTIFY;
	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   cnull_domain_sleeping_page);
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 8, CNULL_TEST_LEN, 0xaa));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	KUNIT_EXPECT_EQ(test, 1, atomic64_read(&f->counts.completed));
	cnull_test_expect(test, bdev, 8, CNULL_TEST_LEN, 0xaa);
	f->verdict = DOMAIN_BLOCK_SECOND;
	cnull_test_expect(test, bdev, 8, CNULL_TEST_LEN, 0xaa);
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, d);
}

/* Back to the block layer, then again: the caller sees nothing but the time. */
static void cnull_domain_test_requeue(struct kunit *test)
{
	static const long ways[] = { DOMAIN_BLOCK_REQUEUE, -EBUSY, -ENOBUFS };
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_NOTIFY, &bdev);
	struct cnull_fake *f = cnull_fake(d);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		int asked = atomic_read(&f->asked);
		s64 queued = atomic64_read(&f->counts.queued);

		f->put_off_with = ways[i];
		atomic_set(&f->put_off, 5);
		KUNIT_EXPECT_EQ(test, 0,
				cnull_test_write(test, bdev, 8, SZ_4K, i));
		KUNIT_EXPECT_EQ(test, asked + 6, atomic_read(&f->asked));
		KUNIT_EXPECT_EQ(test, queued + 1, atomic64_read(&f->counts.queued));
		cnull_test_expect(test, bdev, 8, SZ_4K, i);
	}
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/* Errors of the domain's, and verdicts that make no sense. */
static void cnull_domain_test_errors(struct kunit *test)
{
	static const struct {
		long	verdict;
		u32	delay_ns;
		int	error;
	} cases[] = {
		{ -ENOSPC, 0, -ENOSPC },
		{ -ETIMEDOUT, 0, -ETIMEDOUT },
		{ -EIO, 0, -EIO },
		{ LONG_MIN, 0, -EIO },
		{ DOMAIN_BLOCK_VERDICTS + 1, 0, -EIO },
		{ LONG_MAX, 0, -EIO },
		{ 1L << 32, 0, -EIO },
		{ DOMAIN_BLOCK_DELAY, DOMAIN_BLOCK_DELAY_MAX + 1, -EIO },
		{ DOMAIN_BLOCK_MIRROR | DOMAIN_BLOCK_SECOND, 0, -EIO },
		{ DOMAIN_BLOCK_MIRROR | DOMAIN_BLOCK_SKIP, 0, -EIO },
		{ DOMAIN_BLOCK_REQUEUE | DOMAIN_BLOCK_NOTIFY, 0, -EIO },
		/* of a service, and so the domain's answer */
		{ -EFAULT, 0, -EIO },
		/* not its answer: the device goes on by itself */
		{ -ENOSYS, 0, 0 },
	};
	struct block_device *bdev;
	struct domain *d = cnull_test_start(test, DOMAIN_BLOCK_DO, &bdev);
	struct cnull_fake *f = cnull_fake(d);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const u8 found = cases[i].error ? 0 : 0xbb;

		f->verdict = cases[i].verdict;
		f->delay_ns = cases[i].delay_ns;
		KUNIT_EXPECT_EQ_MSG(test, cases[i].error,
				    cnull_test_write(test, bdev, 8, SZ_4K, 0xbb),
				    "verdict %#lx", cases[i].verdict);
		f->verdict = DOMAIN_BLOCK_DO;
		cnull_test_expect(test, bdev, 8, SZ_4K, found);
	}
	cnull_test_unbind(test, d);
}

/* Under a plug, requests come as a list: the domain gets one call for it. */
static void cnull_domain_test_batch(struct kunit *test)
{
	static const long verdicts[] = {
		DOMAIN_BLOCK_DO, DOMAIN_BLOCK_NOTIFY, DOMAIN_BLOCK_MIRROR,
		DOMAIN_BLOCK_NOTIFY | DOMAIN_BLOCK_SECOND,
	};
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int round;

	cnull_test_set_mode(test);
	ctx->dev->conf.no_sched = true;
	bdev = cnull_test_power_on(test);
	for (round = 0; round < ARRAY_SIZE(verdicts); round++) {
		f->verdict = verdicts[round];
		/* some of them a second time */
		f->put_off_with = DOMAIN_BLOCK_REQUEUE;
		atomic_set(&f->put_off, round);
		cnull_test_write_batch(test, bdev, round + 1);
	}
	KUNIT_EXPECT_GE(test, atomic_read(&f->batches), ARRAY_SIZE(verdicts));
	KUNIT_EXPECT_GT(test, atomic_read(&f->largest), 1);
	KUNIT_EXPECT_LE(test, atomic_read(&f->largest), DOMAIN_BLOCK_BATCH);
	cnull_test_expect_told(test, f);
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, d);
}

/* Takes more than the limit allows, which refuses all data until that is paid. */
static void cnull_domain_overdraw(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_throttle *t = &ctx->dev->throttle;

	/* what came before may have left nothing to be taken */
	atomic64_set(&t->tokens, t->budget);
	KUNIT_ASSERT_EQ(test, 0, cnull_throttle_wait(t, SZ_1G, true));
}

/* With the next tick, what waits may pass. */
static void cnull_domain_pay(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;

	atomic64_set(&ctx->dev->throttle.tokens, 0);
}

/* The limit stops the queue when it refuses a request; that may be in a worker. */
static bool cnull_domain_is_refused(struct request_queue *q)
{
	unsigned long end = jiffies + 10 * HZ;

	while (!test_bit(BLK_MQ_S_STOPPED, &queue_hctx(q, 0)->state)) {
		if (time_after(jiffies, end))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/* However often a throttled request is offered, the domain is asked once. */
static void cnull_domain_test_asked_once(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	DECLARE_COMPLETION_ONSTACK(done);
	struct block_device *bdev;
	struct request_queue *q;
	struct bio *bio;
	s64 queued;
	int i;

	ctx->dev->conf.mbps = 8;
	ctx->dev->conf.no_sched = true;
	ctx->dev->conf.poll_queues = 0;
	bdev = cnull_test_power_on(test);
	q = bdev_get_queue(bdev);
	queued = atomic64_read(&f->counts.queued);
	/* 128 KiB are 0.8 of a tick's budget */
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, 0,
				cnull_test_write(test, bdev, 0, SZ_128K, i));
	KUNIT_EXPECT_EQ(test, queued + 8, atomic64_read(&f->counts.queued));

	/* a slow machine may have been refused none of these; this one is */
	cnull_domain_overdraw(test);
	bio = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_KERNEL);
	bio_add_virt_nofail(bio, ctx->buf, PAGE_SIZE);
	bio->bi_private = &done;
	bio->bi_end_io = cnull_test_end_io;
	submit_bio(bio);
	KUNIT_EXPECT_TRUE(test, cnull_domain_is_refused(q));
	for (i = 0; i < 3; i++) {
		blk_mq_start_stopped_hw_queues(q, true);
		KUNIT_EXPECT_TRUE(test, cnull_domain_is_refused(q));
	}
	KUNIT_EXPECT_FALSE(test, completion_done(&done));
	cnull_domain_pay(test);
	KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&done, 10 * HZ));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, bio->bi_status);
	bio_put(bio);
	KUNIT_EXPECT_EQ(test, queued + 9, atomic64_read(&f->counts.queued));
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

/*
 * A request that is refused waits with its verdict where others are merged into:
 * not so into this one, since nobody gave a verdict for more than it was.
 */
static void cnull_domain_test_refused_not_merged(struct kunit *test)
{
	/* pages; the block layer lists all but the first again, for their CPU */
	static const unsigned int pages[] = { 0, 4, 8, 9 };
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_NOTIFY);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct bio *bios[ARRAY_SIZE(pages)];
	DECLARE_COMPLETION_ONSTACK(done);
	struct block_device *bdev;
	struct blk_plug plug;
	unsigned int i;
	s64 bytes;

	ctx->dev->conf.mbps = 1;
	ctx->dev->conf.no_sched = true;
	ctx->dev->conf.poll_queues = 0;
	bdev = cnull_test_power_on(test);
	for (i = 0; i < ARRAY_SIZE(bios); i++) {
		bios[i] = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_KERNEL);
		bios[i]->bi_iter.bi_sector = pages[i] * PAGE_SECTORS;
		bio_add_virt_nofail(bios[i], ctx->buf, PAGE_SIZE);
		bios[i]->bi_private = &done;
		bios[i]->bi_end_io = cnull_test_end_io;
	}
	cnull_domain_overdraw(test);
	bytes = atomic64_read(&f->bytes);

	migrate_disable();
	blk_start_plug(&plug);
	for (i = 0; i < ARRAY_SIZE(bios) - 1; i++)
		submit_bio(bios[i]);
	blk_finish_plug(&plug);
	/* they have their verdicts, and are refused */
	KUNIT_EXPECT_TRUE(test, cnull_domain_is_refused(bdev_get_queue(bdev)));
	KUNIT_EXPECT_EQ(test, bytes + i * PAGE_SIZE, atomic64_read(&f->bytes));
	submit_bio(bios[i]);
	migrate_enable();
	cnull_domain_pay(test);

	for (i = 0; i < ARRAY_SIZE(bios); i++)
		KUNIT_ASSERT_NE(test, 0,
				wait_for_completion_timeout(&done, 10 * HZ));
	for (i = 0; i < ARRAY_SIZE(bios); i++) {
		KUNIT_EXPECT_EQ(test, BLK_STS_OK, bios[i]->bi_status);
		bio_put(bios[i]);
	}
	KUNIT_EXPECT_EQ(test, bytes + ARRAY_SIZE(bios) * PAGE_SIZE,
			atomic64_read(&f->bytes));
	cnull_test_expect_told(test, f);
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_poll(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int i;

	ctx->dev->conf.poll_queues = 1;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	bdev = cnull_test_power_on(test);
	f->delay_ns = NSEC_PER_MSEC;
	for (i = 0; i < 2; i++) {
		f->verdict = i ? DOMAIN_BLOCK_DELAY | DOMAIN_BLOCK_NOTIFY :
				 DOMAIN_BLOCK_NOTIFY;
		atomic_set(&f->polls, 0);
		KUNIT_EXPECT_EQ(test, BLK_STS_OK,
				cnull_test_write_polled(test, bdev));
		KUNIT_EXPECT_EQ(test, 3, atomic_read(&f->polls));
		KUNIT_EXPECT_EQ(test, i + 1,
				atomic64_read(&f->counts.completed));
	}
	f->verdict = DOMAIN_BLOCK_DO;
	cnull_test_unbind(test, d);
}

/* A domain that keeps what is polled for ever, while somebody polls: it times out. */
static void cnull_domain_test_poll_kept(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	ctx->dev->conf.poll_queues = 1;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	bdev = cnull_test_power_on(test);
	blk_queue_rq_timeout(bdev_get_queue(bdev), HZ / 2);
	f->poll_ret = 0;
	/* what times out is not in the list then; much less than what a call may take */
	f->poll_ms = 200;
	KUNIT_EXPECT_EQ(test, BLK_STS_TIMEOUT, cnull_test_write_polled(test, bdev));
	f->poll_ret = INT_MAX;
	f->poll_ms = 0;
	blk_queue_rq_timeout(bdev_get_queue(bdev), 30 * HZ);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, cnull_test_write_polled(test, bdev));
	cnull_test_unbind(test, d);
}

/* Nothing has to keep the queue from going when the block layer commits. */
static void cnull_domain_test_commit_gone(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct blk_mq_hw_ctx *hctx;
	struct request_queue *q;
	int commits;

	if (nr_cpu_ids < 2)
		kunit_skip(test, "needs two CPUs for two queues");
	ctx->dev->conf.submit_queues = 2;
	ctx->dev->conf.poll_queues = 0;
	q = bdev_get_queue(cnull_test_power_on(test));
	/* not freed with the queue that it was for */
	hctx = queue_hctx(q, 1);
	commits = atomic_read(&f->commits);
	q->mq_ops->commit_rqs(hctx);
	KUNIT_EXPECT_GT(test, atomic_read(&f->commits), commits);
	scoped_guard(mutex, &ctx->dev->lock)
		KUNIT_ASSERT_EQ(test, 0, cnull_tags_resize(ctx->dev, 1, 0));
	KUNIT_ASSERT_NULL(test, hctx->driver_data);
	commits = atomic_read(&f->commits);
	q->mq_ops->commit_rqs(hctx);
	KUNIT_EXPECT_EQ(test, commits, atomic_read(&f->commits));
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_life(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	int err;

	/* refuses its queues: no disk */
	f->hctx_ret = -ENXIO;
	scoped_guard(mutex, &ctx->dev->lock)
		err = cnull_disk_add(ctx->dev);
	KUNIT_EXPECT_NE(test, 0, err);
	KUNIT_EXPECT_NULL(test, ctx->dev->disk);

	f->hctx_ret = 0;
	atomic_set(&f->hctxs, 0);
	ctx->dev->conf.submit_queues = min(2, nr_cpu_ids);
	ctx->dev->conf.poll_queues = 0;
	cnull_test_power_on(test);
	/* the partition scan's */
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, min(2, nr_cpu_ids), atomic_read(&f->hctxs));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->opens));

	f->open_ret = -EACCES;
	cnull_test_expect_open(test, -EACCES);
	f->open_ret = 0;
	cnull_test_power_off(ctx);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->opens));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->hctxs));
	cnull_test_unbind(test, d);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->exits));
}

/* Powers the disk off while it is open, and takes its domain away. */
static struct file *cnull_test_off_while_open(struct kunit *test)
{
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);
	struct cnull_fake *f = cnull_fake(d);
	struct cnull_disk_ctx *ctx = test->priv;
	struct file *file;

	cnull_test_power_on(test);
	file = ctx->file;
	ctx->file = NULL;
	/* the partition scan's */
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&f->opens));
	cnull_test_power_off(ctx);
	/* for the domain that was the last close */
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&f->opens));
	cnull_test_unbind(test, d);
	return file;
}

static void cnull_domain_test_close_without_slot(struct kunit *test)
{
	struct file *file = cnull_test_off_while_open(test);
	struct cnull_disk_ctx *ctx = test->priv;

	scoped_guard(mutex, &ctx->dev->lock)
		KUNIT_EXPECT_EQ(test, 0, cnull_domain_store(ctx->dev, ""));
	fput(file);
	flush_delayed_fput();
}

/* The close of a disk that is gone does not count for the next one. */
static void cnull_domain_test_close_after_next(struct kunit *test)
{
	struct file *file = cnull_test_off_while_open(test);
	struct domain *d = cnull_test_bind(test, DOMAIN_BLOCK_DO);

	cnull_test_power_on(test);
	flush_delayed_fput();
	fput(file);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&cnull_fake(d)->opens));
	cnull_test_unbind(test, d);
}

static void cnull_domain_test_close_without_device(struct kunit *test)
{
	struct file *file = cnull_test_off_while_open(test);
	struct cnull_disk_ctx *ctx = test->priv;

	cnull_device_free(ctx->dev);
	ctx->dev = NULL;
	fput(file);
	flush_delayed_fput();
}

static int cnull_domain_try_add(struct cnull_device *dev)
{
	int err;

	guard(mutex)(&dev->lock);
	err = cnull_disk_add(dev);
	if (!err)
		cnull_disk_del(dev);
	return err;
}

static int cnull_domain_set(struct cnull_device *dev, const char *name)
{
	guard(mutex)(&dev->lock);
	return cnull_domain_store(dev, name);
}

static void cnull_domain_test_config(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_device *dev = ctx->dev;
	struct domain_slot *slot = cnull_test_slot(test);
	struct domain_slot *taken;

	KUNIT_EXPECT_EQ(test, 0, cnull_domain_set(dev, "cnull_kunit"));
	KUNIT_EXPECT_PTR_EQ(test, slot, dev->domain.slot);

	taken = domain_slot_create(&domain_block_interface, "cnull_taken");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, taken);
	KUNIT_EXPECT_EQ(test, -EEXIST, cnull_domain_set(dev, "cnull_taken\n"));
	domain_slot_destroy(taken);
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_domain_set(dev, "no/name\n"));
	KUNIT_EXPECT_EQ(test, -ENAMETOOLONG,
			cnull_domain_set(dev, "a_name_of_thirty_two_characters_"));
	KUNIT_EXPECT_STREQ(test, "cnull_kunit", dev->domain.name);

	dev->conf.queue_mode = CNULL_Q_BIO;
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_domain_try_add(dev));
	dev->conf.queue_mode = CNULL_Q_MQ;
	dev->conf.shared_tags = true;
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_domain_try_add(dev));
	dev->conf.shared_tags = false;
	KUNIT_EXPECT_EQ(test, 0, cnull_domain_try_add(dev));

	cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, -EBUSY, cnull_domain_set(dev, ""));
	KUNIT_EXPECT_EQ(test, -EBUSY, cnull_domain_set(dev, "other"));
	cnull_test_power_off(ctx);
	KUNIT_EXPECT_EQ(test, 0, cnull_domain_set(dev, "other"));
	KUNIT_EXPECT_EQ(test, 0, cnull_domain_set(dev, "\n"));
	KUNIT_EXPECT_NULL(test, dev->domain.slot);
}

static struct kunit_case cnull_domain_cases[] = {
	KUNIT_CASE_PARAM(cnull_domain_test_empty, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_do, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_notify, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_delay, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_skip, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_mirror, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_mirror_deferred, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_requeue, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_errors, cnull_domain_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_domain_test_batch, cnull_domain_mode_gen_params),
	KUNIT_CASE(cnull_domain_test_asked_once),
	KUNIT_CASE(cnull_domain_test_refused_not_merged),
	KUNIT_CASE(cnull_domain_test_poll),
	KUNIT_CASE_SLOW(cnull_domain_test_poll_kept),
	KUNIT_CASE(cnull_domain_test_commit_gone),
	KUNIT_CASE(cnull_domain_test_life),
	KUNIT_CASE(cnull_domain_test_close_without_slot),
	KUNIT_CASE(cnull_domain_test_close_after_next),
	KUNIT_CASE(cnull_domain_test_close_without_device),
	KUNIT_CASE(cnull_domain_test_config),
	{}
};

static struct kunit_suite cnull_domain_suite = {
	.name = "cnull_domain",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_domain_cases,
};

kunit_test_suite(cnull_domain_suite);

MODULE_DESCRIPTION("KUnit tests of cnull disks with a domain");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
