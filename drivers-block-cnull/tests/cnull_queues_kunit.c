// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of hardware queues: polling, sharing, changing their number,
 * stopping them.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include "../tags.h"
#include "cnull_disk_test.h"

static void cnull_test_polled_end_io(struct bio *bio)
{
	bool *done = bio->bi_private;

	WRITE_ONCE(*done, true);
}

/* Submits a polled bio and polls for it; it must not complete without. */
static blk_status_t cnull_test_polled(struct kunit *test,
				      struct block_device *bdev, enum req_op op,
				      sector_t sector, unsigned int len)
{
	unsigned long end = jiffies + 4 * HZ;
	struct cnull_disk_ctx *ctx = test->priv;
	struct bio *bio = bio_alloc(bdev, 1, op | REQ_POLLED, GFP_KERNEL);
	bool done = false;
	blk_status_t sts;

	bio->bi_iter.bi_sector = sector;
	bio_add_virt_nofail(bio, ctx->buf, len);
	bio->bi_private = &done;
	bio->bi_end_io = cnull_test_polled_end_io;
	submit_bio(bio);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(done));
	while (!READ_ONCE(done) && time_before(jiffies, end)) {
		bio_poll(bio, NULL, 0);
		cond_resched();
	}
	/* The request times out after 5 s and ends then at the latest. */
	while (!READ_ONCE(done))
		msleep(100);
	sts = bio->bi_status;
	bio_put(bio);
	return sts;
}

static const struct cnull_mode cnull_poll_modes[] = {
	{ "inline",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .poll_queues = 1 },
	{ "softirq",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1, .poll_queues = 1 },
	{ "timer",	CNULL_Q_MQ, CNULL_IRQ_TIMER, 512, 1, .poll_queues = 1 },
	{ "stats",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .poll_queues = 1,
	  .stats = true },
	{ "two",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 2, .poll_queues = 2 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_poll_mode, cnull_poll_modes, name);

static void cnull_queues_test_poll(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	memset(ctx->buf, 0x5a, SZ_64K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_polled(test, bdev, REQ_OP_WRITE, 8, SZ_64K));
	cnull_test_expect(test, bdev, 8, SZ_64K, 0x5a);
	memset(ctx->buf, 0, SZ_64K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_polled(test, bdev, REQ_OP_READ, 8, SZ_64K));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ctx->buf, 0x5a, SZ_64K), NULL);
}

/* Without polled queues a polled bio is refused. */
static void cnull_queues_test_poll_none(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	struct bio *bio;

	ctx->dev->conf.poll_queues = 0;
	bdev = cnull_test_power_on(test);
	bio = bio_alloc(bdev, 1, REQ_OP_READ | REQ_POLLED, GFP_KERNEL);
	bio_add_virt_nofail(bio, ctx->buf, SZ_4K);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, submit_bio_wait(bio));
	bio_put(bio);
}

static int cnull_test_resize(struct kunit *test, unsigned int submit_queues,
			     unsigned int poll_queues)
{
	struct cnull_disk_ctx *ctx = test->priv;

	guard(mutex)(&ctx->dev->lock);
	return cnull_tags_resize(ctx->dev, submit_queues, poll_queues);
}

static void cnull_queues_test_resize(struct kunit *test)
{
	static const struct {
		unsigned int submit, poll;
	} steps[] = {
		{ 2, 0 }, { 1, 0 }, { 1, 1 }, { 2, 1 }, { 1, 2 }, { 2, 2 },
		{ 1, 0 }, { 2, 2 }, { 1, 1 },
	};
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	int i;

	if (nr_cpu_ids < 2)
		kunit_skip(test, "needs two CPUs for two queues");
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	ctx->dev->conf.poll_queues = 0;
	bdev = cnull_test_power_on(test);

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		KUNIT_ASSERT_EQ(test, 0, cnull_test_resize(test, steps[i].submit,
							   steps[i].poll));
		KUNIT_EXPECT_EQ(test, ctx->dev->tag_set->nr_hw_queues,
				steps[i].submit + steps[i].poll);
		KUNIT_EXPECT_EQ(test,
				ctx->dev->tag_set->map[HCTX_TYPE_POLL].nr_queues,
				steps[i].poll);
		KUNIT_EXPECT_EQ(test, 0,
				cnull_test_write(test, bdev, 8, SZ_4K, i + 1));
		cnull_test_expect(test, bdev, 8, SZ_4K, i + 1);
		if (steps[i].poll)
			KUNIT_EXPECT_EQ(test, BLK_STS_OK,
					cnull_test_polled(test, bdev, REQ_OP_READ,
							  8, SZ_4K));
	}

	/* Out of range: as it was. */
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_test_resize(test, 0, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_test_resize(test, nr_cpu_ids + 1, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_test_resize(test, 1, nr_cpu_ids + 1));
	KUNIT_EXPECT_EQ(test, ctx->dev->tag_set->nr_hw_queues, 2);
	cnull_test_expect(test, bdev, 8, SZ_4K, ARRAY_SIZE(steps));
}

static void cnull_queues_test_resize_refused(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;

	ctx->dev->conf.queue_mode = CNULL_Q_BIO;
	cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_test_resize(test, 1, 1));
	cnull_test_power_off(ctx);

	ctx->dev->conf.queue_mode = CNULL_Q_MQ;
	ctx->dev->conf.shared_tags = true;
	cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, -EINVAL, cnull_test_resize(test, 1, 1));
}

/* Disks of different kinds share a tag set, until the last one goes. */
static void cnull_queues_test_shared(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_device *other;
	struct block_device *bdev;

	ctx->dev->conf.shared_tags = true;
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	other = cnull_device_create("cnull_other");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	other->conf.shared_tags = true;
	other->conf.irqmode = CNULL_IRQ_NONE;
	scoped_guard(mutex, &other->lock) {
		KUNIT_EXPECT_EQ(test, 0, cnull_disk_add(other));
		if (other->disk) {
			KUNIT_EXPECT_PTR_EQ(test, other->tag_set, ctx->dev->tag_set);
			cnull_disk_del(other);
		}
		KUNIT_EXPECT_NULL(test, other->tag_set);
	}
	cnull_device_free(other);

	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x77));
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x77);
}

/* The queues are those of the module parameters, polled ones included. */
static void cnull_queues_test_shared_poll(struct kunit *test)
{
	const unsigned int poll_queues = cnull_defaults.poll_queues;
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	ctx->dev->conf.shared_tags = true;
	ctx->dev->conf.poll_queues = 0;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	cnull_defaults.poll_queues = 1;
	bdev = cnull_test_power_on(test);
	cnull_defaults.poll_queues = poll_queues;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_polled(test, bdev, REQ_OP_READ, 8, SZ_4K));
}

/* The module parameter counts, and is checked as the attribute is. */
static void cnull_queues_test_shared_home_node(struct kunit *test)
{
	const int home_node = cnull_defaults.home_node;
	struct cnull_disk_ctx *ctx = test->priv;

	if (node_online(MAX_NUMNODES - 1))
		kunit_skip(test, "needs a node that is not online");
	ctx->dev->conf.shared_tags = true;
	cnull_defaults.home_node = MAX_NUMNODES - 1;
	scoped_guard(mutex, &ctx->dev->lock)
		KUNIT_EXPECT_EQ(test, -EINVAL, cnull_disk_add(ctx->dev));
	cnull_defaults.home_node = home_node;
	KUNIT_EXPECT_NULL(test, ctx->dev->tag_set);
}

/* A disk whose limit of bandwidth is far exceeded. */
static struct request_queue *cnull_test_exceed_limit(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	ctx->dev->conf.mbps = 1;
	bdev = cnull_test_power_on(test);
	KUNIT_ASSERT_EQ(test, 0, cnull_throttle_wait(&ctx->dev->throttle, SZ_1G,
						     true));
	return bdev_get_queue(bdev);
}

static bool cnull_test_is_stopped(struct request_queue *q)
{
	return test_bit(BLK_MQ_S_STOPPED, &queue_hctx(q, 0)->state);
}

/*
 * A request over the limit stops the queues. They may run again before the block
 * layer has put the request aside, which then has to see to a further run.
 */
static void cnull_queues_test_throttle_refused(struct kunit *test)
{
	struct request_queue *q = cnull_test_exceed_limit(test);
	struct request *rq = blk_mq_alloc_request(q, REQ_OP_READ, 0);
	struct blk_mq_queue_data bd = { .rq = rq, .last = true };

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rq);
	rq->__data_len = SZ_4K;
	KUNIT_EXPECT_EQ(test, BLK_STS_RESOURCE,
			q->mq_ops->queue_rq(rq->mq_hctx, &bd));
	KUNIT_EXPECT_TRUE(test, cnull_test_is_stopped(q));
	blk_mq_free_request(rq);
}

/*
 * There is no I/O that waits for the timer while a queue is frozen, but there may
 * be a resize, with hardware queues that are missing.
 */
static void cnull_queues_test_throttle_frozen(struct kunit *test)
{
	struct request_queue *q = cnull_test_exceed_limit(test);
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_throttle *t = &ctx->dev->throttle;
	unsigned int memflags;

	KUNIT_EXPECT_FALSE(test, cnull_throttle_charge(t, SZ_4K));
	KUNIT_EXPECT_TRUE(test, cnull_test_is_stopped(q));
	memflags = blk_mq_freeze_queue(q);
	atomic64_set(&t->tokens, 0);
	/* Ticks that fill the bucket, and then find it full. */
	msleep(200);
	KUNIT_EXPECT_EQ(test, t->budget, atomic64_read(&t->tokens));
	KUNIT_EXPECT_TRUE(test, cnull_test_is_stopped(q));
	blk_mq_unfreeze_queue(q, memflags);
	/* What comes now must not wait for ever. */
	msleep(200);
	KUNIT_EXPECT_FALSE(test, cnull_test_is_stopped(q));
}

/* A queue that a resize takes away is not stopped when another one brings it back. */
static void cnull_queues_test_throttle_resized(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_throttle *t = &ctx->dev->throttle;
	unsigned long end = jiffies + 10 * HZ;
	struct request_queue *q;

	if (nr_cpu_ids < 2)
		kunit_skip(test, "needs two CPUs for two queues");
	ctx->dev->conf.submit_queues = 2;
	ctx->dev->conf.poll_queues = 0;
	q = cnull_test_exceed_limit(test);
	KUNIT_EXPECT_FALSE(test, cnull_throttle_charge(t, SZ_4K));
	KUNIT_EXPECT_TRUE(test, test_bit(BLK_MQ_S_STOPPED, &queue_hctx(q, 1)->state));
	KUNIT_ASSERT_EQ(test, 0, cnull_test_resize(test, 1, 0));
	atomic64_set(&t->tokens, 0);
	while (cnull_test_is_stopped(q) && time_before(jiffies, end))
		msleep(20);
	KUNIT_EXPECT_FALSE(test, cnull_test_is_stopped(q));
	KUNIT_ASSERT_EQ(test, 0, cnull_test_resize(test, 2, 0));
	KUNIT_EXPECT_FALSE(test, test_bit(BLK_MQ_S_STOPPED, &queue_hctx(q, 1)->state));
}

/* The timer starts only what the limit has stopped. */
static void cnull_queues_test_throttle_tick(struct kunit *test)
{
	struct request_queue *q = cnull_test_exceed_limit(test);
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_throttle *t = &ctx->dev->throttle;

	blk_mq_stop_hw_queues(q);
	atomic64_set(&t->tokens, 0);
	msleep(200);
	KUNIT_EXPECT_EQ(test, t->budget, atomic64_read(&t->tokens));
	KUNIT_EXPECT_TRUE(test, cnull_test_is_stopped(q));
	blk_mq_start_stopped_hw_queues(q, true);
}

static struct kunit_case cnull_queues_cases[] = {
	KUNIT_CASE_PARAM(cnull_queues_test_poll, cnull_poll_mode_gen_params),
	KUNIT_CASE(cnull_queues_test_poll_none),
	KUNIT_CASE(cnull_queues_test_resize),
	KUNIT_CASE(cnull_queues_test_resize_refused),
	KUNIT_CASE(cnull_queues_test_shared),
	KUNIT_CASE(cnull_queues_test_shared_poll),
	KUNIT_CASE(cnull_queues_test_shared_home_node),
	KUNIT_CASE(cnull_queues_test_throttle_refused),
	KUNIT_CASE(cnull_queues_test_throttle_frozen),
	KUNIT_CASE(cnull_queues_test_throttle_resized),
	KUNIT_CASE(cnull_queues_test_throttle_tick),
	{}
};

static struct kunit_suite cnull_queues_suite = {
	.name = "cnull_queues",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_queues_cases,
};

kunit_test_suite(cnull_queues_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's hardware queues");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
