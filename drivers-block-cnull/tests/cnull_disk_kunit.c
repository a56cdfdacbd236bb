// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of whole cnull disks, by real I/O through the block layer.
 */
#include <kunit/static_stub.h>
#include <linux/completion.h>
#include <linux/module.h>

#include "cnull_disk_modes.h"
#include "cnull_store_test.h"

/* A null device neither stores nor returns anything, but succeeds. */
static void cnull_disk_test_null(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, bdev_nr_sectors(bdev),
			CNULL_TEST_MIB * SZ_1M >> SECTOR_SHIFT);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x11));
	if (!IS_ENABLED(CONFIG_KMSAN)) {
		memset(ctx->buf, 0x22, SZ_4K);
		KUNIT_EXPECT_EQ(test, 0,
				bdev_rw_virt(bdev, 0, ctx->buf, SZ_4K, REQ_OP_READ));
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ctx->buf, 0x22, SZ_4K), NULL);
	}
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->dev->store.nr_pages), 0);
}

static void cnull_disk_test_memory(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	cnull_test_expect(test, bdev, 0, SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x33));
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 4096, CNULL_TEST_LEN, 0x44));
	cnull_test_expect(test, bdev, 0, SZ_4K, 0);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x33);
	cnull_test_expect(test, bdev, 4096, CNULL_TEST_LEN, 0x44);

	/* Off and on again: the data stays. */
	cnull_test_power_off(ctx);
	bdev = cnull_test_power_on(test);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x33);
	cnull_test_expect(test, bdev, 4096, CNULL_TEST_LEN, 0x44);
}

static void cnull_disk_test_discard(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.discard = true;
	bdev = cnull_test_power_on(test);

	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 0, CNULL_TEST_LEN, 0x55));
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_discard(bdev, 8, 8, GFP_KERNEL));
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x55);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0);
	cnull_test_expect(test, bdev, 16, SZ_4K, 0x55);
	/* Longer than what may run in the submitter's context. */
	KUNIT_EXPECT_EQ(test, 0,
			blkdev_issue_discard(bdev, 0, bdev_nr_sectors(bdev),
					     GFP_KERNEL));
	cnull_test_expect(test, bdev, 0, CNULL_TEST_LEN, 0);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->dev->store.nr_pages), 0);
}

/* Frees whole pages and needs no attribute. */
static void cnull_disk_test_write_zeroes(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	long nr_pages;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 0, CNULL_TEST_LEN, 0x55));
	nr_pages = atomic_long_read(&ctx->dev->store.nr_pages);
	KUNIT_EXPECT_EQ(test, 0,
			blkdev_issue_zeroout(bdev, 2 * PAGE_SECTORS, PAGE_SECTORS,
					     GFP_KERNEL, BLKDEV_ZERO_NOFALLBACK));
	cnull_test_expect(test, bdev, 0, 2 * PAGE_SIZE, 0x55);
	cnull_test_expect(test, bdev, 2 * PAGE_SECTORS, PAGE_SIZE, 0);
	cnull_test_expect(test, bdev, 3 * PAGE_SECTORS, PAGE_SIZE, 0x55);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->dev->store.nr_pages),
			nr_pages - 1);
	/* Longer than what may run in the submitter's context. */
	KUNIT_EXPECT_EQ(test, 0,
			blkdev_issue_zeroout(bdev, 0, bdev_nr_sectors(bdev),
					     GFP_KERNEL, BLKDEV_ZERO_NOFALLBACK));
	cnull_test_expect(test, bdev, 0, CNULL_TEST_LEN, 0);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->dev->store.nr_pages), 0);
}

/* A page that cannot be had without sleeping: a worker gets it. */
static void cnull_disk_test_deferred_write(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   cnull_only_if_sleeping);
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_write(test, bdev, 0, CNULL_TEST_LEN, 0x66));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	cnull_test_expect(test, bdev, 0, CNULL_TEST_LEN, 0x66);
}

static void cnull_test_batch_end_io(struct bio *bio)
{
	struct completion *done = bio->bi_private;

	complete(done);
}

/*
 * Submits bios of a page, @stride pages apart, under a plug: they arrive as one
 * list of requests, or merged into one request of several bios.
 */
static void cnull_test_batch(struct kunit *test, struct block_device *bdev,
			     unsigned int n, unsigned int stride, enum req_op op)
{
	struct cnull_disk_ctx *ctx = test->priv;
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio *bios[CNULL_TEST_BATCH];
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < n; i++) {
		bios[i] = bio_alloc(bdev, 1, op, GFP_KERNEL);
		bios[i]->bi_iter.bi_sector = i * stride * PAGE_SECTORS;
		bio_add_virt_nofail(bios[i], ctx->buf + i * PAGE_SIZE, PAGE_SIZE);
		bios[i]->bi_private = &done;
		bios[i]->bi_end_io = cnull_test_batch_end_io;
		submit_bio(bios[i]);
	}
	blk_finish_plug(&plug);

	for (i = 0; i < n; i++) {
		/* A request that is forgotten must not hang the test. */
		KUNIT_ASSERT_NE(test, 0, wait_for_completion_timeout(&done, 10 * HZ));
	}
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, BLK_STS_OK, bios[i]->bi_status);
		bio_put(bios[i]);
	}
}

static void cnull_disk_test_batch(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 2, 3, CNULL_TEST_BATCH };
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int i, n, round, stride;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	/* With an I/O scheduler, requests do not come in lists. */
	ctx->dev->conf.no_sched = true;
	bdev = cnull_test_power_on(test);

	for (round = 0; round < 2 * ARRAY_SIZE(sizes); round++) {
		n = sizes[round / 2];
		stride = round % 2 + 1;
		for (i = 0; i < n; i++)
			memset(ctx->buf + i * PAGE_SIZE, 16 * round + i, PAGE_SIZE);
		memcpy(ctx->expected, ctx->buf, n * PAGE_SIZE);
		cnull_test_batch(test, bdev, n, stride, REQ_OP_WRITE);
		memset(ctx->buf, 0xee, n * PAGE_SIZE);
		cnull_test_batch(test, bdev, n, stride, REQ_OP_READ);
		KUNIT_EXPECT_EQ(test, 0, memcmp(ctx->buf, ctx->expected, n * PAGE_SIZE));
	}
}

/* Settings that are fine alone, but not together. */
static void cnull_disk_test_bad_config(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_config *conf = &ctx->dev->conf;
	struct cnull_config good = *conf;

	guard(mutex)(&ctx->dev->lock);

	conf->max_sectors = PAGE_SECTORS - 1;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), -EINVAL);
	KUNIT_EXPECT_NULL(test, ctx->dev->disk);
	*conf = good;

	conf->home_node = MAX_NUMNODES - 1;
	if (!node_online(conf->home_node)) {
		KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), -EINVAL);
		KUNIT_EXPECT_NULL(test, ctx->dev->disk);
	}
	*conf = good;

	conf->queue_mode = CNULL_Q_RQ;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), -EINVAL);
	*conf = good;

	conf->queue_mode = CNULL_Q_BIO;
	conf->irqmode = CNULL_IRQ_TIMER;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), -EINVAL);
	*conf = good;

	conf->pattern = 1;
	conf->memory_backed = true;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), -EINVAL);
	*conf = good;

	/* As null_blk: corrected, not refused. */
	conf->submit_queues = UINT_MAX;
	conf->poll_queues = UINT_MAX;
	conf->discard = true;
	conf->cache_size = 1;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), 0);
	KUNIT_EXPECT_EQ(test, conf->submit_queues, nr_cpu_ids);
	KUNIT_EXPECT_EQ(test, conf->poll_queues, nr_cpu_ids);
	KUNIT_EXPECT_FALSE(test, conf->discard);
	KUNIT_EXPECT_EQ(test, conf->cache_size, 0);
}

/* A device with a name of null_blk's does what null_blk does: requests. */
static void cnull_disk_test_compat(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_config *conf = &ctx->dev->conf;

	ctx->dev->compat = true;
	conf->queue_mode = CNULL_Q_BIO;
	conf->irqmode = CNULL_IRQ_TIMER;
	cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, conf->queue_mode, CNULL_Q_MQ);
	KUNIT_EXPECT_NOT_NULL(test, ctx->dev->tag_set);
	KUNIT_EXPECT_TRUE(test, queue_is_mq(ctx->dev->disk->queue));
}

/* Whatever user space asks for, the bytes of a request fit 32 bits. */
static void cnull_disk_test_max_sectors(struct kunit *test)
{
	static const struct {
		unsigned int max_sectors, limit;
	} cases[] = {
		{ 0, UINT_MAX >> SECTOR_SHIFT },
		{ 256, 256 },
		{ UINT_MAX >> SECTOR_SHIFT, UINT_MAX >> SECTOR_SHIFT },
		{ (UINT_MAX >> SECTOR_SHIFT) + 1, UINT_MAX >> SECTOR_SHIFT },
		{ UINT_MAX, UINT_MAX >> SECTOR_SHIFT },
	};
	struct cnull_disk_ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ctx->dev->conf.max_sectors = cases[i].max_sectors;
		cnull_test_power_on(test);
		/* The block layer may round it down. */
		KUNIT_EXPECT_LE(test, queue_max_hw_sectors(ctx->dev->disk->queue),
				cases[i].limit);
		KUNIT_EXPECT_GT(test, queue_max_hw_sectors(ctx->dev->disk->queue),
				cases[i].limit - PAGE_SECTORS);
		cnull_test_power_off(ctx);
	}
}

static void cnull_disk_test_names(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR(cnull_device_create("cnull_kunit")), -EEXIST);
	KUNIT_EXPECT_EQ(test,
			PTR_ERR(cnull_device_create("a_name_of_thirty_two_characters_")),
			-ENAMETOOLONG);
}

static struct kunit_case cnull_disk_cases[] = {
	KUNIT_CASE_PARAM(cnull_disk_test_null, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_memory, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_discard, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_write_zeroes, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_deferred_write, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_batch, cnull_mode_gen_params),
	KUNIT_CASE(cnull_disk_test_bad_config),
	KUNIT_CASE(cnull_disk_test_compat),
	KUNIT_CASE(cnull_disk_test_max_sectors),
	KUNIT_CASE(cnull_disk_test_names),
	{}
};

static struct kunit_suite cnull_disk_suite = {
	.name = "cnull_disk",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_disk_cases,
};

kunit_test_suite(cnull_disk_suite);

MODULE_DESCRIPTION("KUnit tests of cnull disks");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
