// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of whole cnull disks, by real I/O through the block layer.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../cnull.h"

#define CNULL_TEST_BATCH	16
/* Pages of a batch; more than the 255 sectors of null_blk's largest request. */
#define CNULL_TEST_LEN		max(SZ_128K, CNULL_TEST_BATCH * PAGE_SIZE)

struct cnull_disk_ctx {
	struct cnull_device	*dev;
	struct file		*file;
	u8			*buf;
	u8			*expected;
};

static int cnull_disk_test_init(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->buf = kunit_kzalloc(test, CNULL_TEST_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->buf);
	ctx->expected = kunit_kzalloc(test, CNULL_TEST_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->expected);
	ctx->dev = cnull_device_create("cnull_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->dev);
	ctx->dev->conf.size = 16;
	test->priv = ctx;
	return 0;
}

static void cnull_test_power_off(struct cnull_disk_ctx *ctx)
{
	if (ctx->file) {
		fput(ctx->file);
		/* The release, too, must be over before the disk goes. */
		flush_delayed_fput();
		ctx->file = NULL;
	}
	scoped_guard(mutex, &ctx->dev->lock) {
		if (ctx->dev->disk)
			cnull_disk_del(ctx->dev);
	}
}

static struct block_device *cnull_test_power_on(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	int err;

	scoped_guard(mutex, &ctx->dev->lock)
		err = cnull_disk_add(ctx->dev);
	KUNIT_ASSERT_EQ(test, err, 0);
	ctx->file = bdev_file_open_by_dev(disk_devt(ctx->dev->disk),
					  BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	if (IS_ERR(ctx->file)) {
		err = PTR_ERR(ctx->file);
		ctx->file = NULL;
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	return file_bdev(ctx->file);
}

static void cnull_disk_test_exit(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;

	if (!ctx)
		return;
	cnull_test_power_off(ctx);
	cnull_device_free(ctx->dev);
}

static void cnull_test_expect(struct kunit *test, struct block_device *bdev,
			      sector_t sector, unsigned int len, u8 fill)
{
	struct cnull_disk_ctx *ctx = test->priv;

	memset(ctx->buf, ~fill, len);
	KUNIT_ASSERT_EQ(test, 0,
			bdev_rw_virt(bdev, sector, ctx->buf, len, REQ_OP_READ));
	KUNIT_EXPECT_PTR_EQ_MSG(test, memchr_inv(ctx->buf, fill, len), NULL,
				"not all of %u bytes at sector %llu are %#x",
				len, (u64)sector, fill);
}

static int cnull_test_write(struct kunit *test, struct block_device *bdev,
			    sector_t sector, unsigned int len, u8 fill)
{
	struct cnull_disk_ctx *ctx = test->priv;

	memset(ctx->buf, fill, len);
	return bdev_rw_virt(bdev, sector, ctx->buf, len, REQ_OP_WRITE);
}

struct cnull_mode {
	const char	*name;
	unsigned int	irqmode;
	bool		blocking;
	unsigned int	blocksize;
	unsigned int	submit_queues;
};

static const struct cnull_mode cnull_modes[] = {
	{ "inline",		CNULL_IRQ_NONE,		false,	512,	1 },
	{ "softirq",		CNULL_IRQ_SOFTIRQ,	false,	512,	1 },
	{ "timer",		CNULL_IRQ_TIMER,	false,	512,	1 },
	{ "inline_4k",		CNULL_IRQ_NONE,		false,	4096,	1 },
	{ "blocking",		CNULL_IRQ_NONE,		true,	512,	1 },
	{ "blocking_softirq",	CNULL_IRQ_SOFTIRQ,	true,	4096,	1 },
	{ "two_queues",		CNULL_IRQ_SOFTIRQ,	false,	512,	2 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_mode, cnull_modes, name);

static void cnull_test_set_mode(struct kunit *test)
{
	const struct cnull_mode *mode = test->param_value;
	struct cnull_disk_ctx *ctx = test->priv;

	ctx->dev->conf.irqmode = mode->irqmode;
	ctx->dev->conf.blocking = mode->blocking;
	ctx->dev->conf.blocksize = mode->blocksize;
	ctx->dev->conf.submit_queues = mode->submit_queues;
}

/* A null device neither stores nor returns anything, but succeeds. */
static void cnull_disk_test_null(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, bdev_nr_sectors(bdev), 16 * SZ_1M >> SECTOR_SHIFT);
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

/* A page that cannot be had without sleeping: a worker gets it. */
static struct page *cnull_only_if_sleeping(struct cnull_store *store, gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? alloc_page(gfp) : NULL;
}

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

	/* As null_blk: corrected, not refused. */
	conf->submit_queues = UINT_MAX;
	conf->discard = true;
	KUNIT_EXPECT_EQ(test, cnull_disk_add(ctx->dev), 0);
	KUNIT_EXPECT_EQ(test, conf->submit_queues, nr_cpu_ids);
	KUNIT_EXPECT_FALSE(test, conf->discard);
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
	KUNIT_CASE_PARAM(cnull_disk_test_deferred_write, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_disk_test_batch, cnull_mode_gen_params),
	KUNIT_CASE(cnull_disk_test_bad_config),
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
