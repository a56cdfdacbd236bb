// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of single bios with flags: what they ask of a disk with and
 * without requests.
 */
#include <kunit/static_stub.h>
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/unaligned.h>

#include "../badblocks.h"
#include "../pattern.h"
#include "cnull_disk_modes.h"
#include "cnull_store_test.h"

/* Both interfaces to the block layer. */
static const struct cnull_mode cnull_interfaces[] = {
	{ "bio", CNULL_Q_BIO, CNULL_IRQ_NONE, 512, 1 },
	{ "mq", CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_interface, cnull_interfaces, name);

/* Submits one bio with data from or to ctx->buf, without any if @len is 0. */
static blk_status_t cnull_test_bio(struct kunit *test, struct block_device *bdev,
				   blk_opf_t opf, sector_t sector,
				   unsigned int len)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct bio *bio = bio_alloc(bdev, 1, opf, GFP_KERNEL);
	blk_status_t sts;

	bio->bi_iter.bi_sector = sector;
	if (len)
		bio_add_virt_nofail(bio, ctx->buf, len);
	submit_bio_wait(bio);
	sts = bio->bi_status;
	bio_put(bio);
	return sts;
}

/* Cuts the power: what is only in the cache is lost. */
static struct block_device *cnull_test_power_cycle(struct kunit *test)
{
	cnull_test_power_off(test->priv);
	return cnull_test_power_on(test);
}

static void cnull_bio_test_flush(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.cache_size = 4;
	bdev = cnull_test_power_on(test);

	/* Neither flushed nor FUA: lost. */
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x11));
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x11);
	bdev = cnull_test_power_cycle(test);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0);

	/* Flushed. */
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x22));
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_flush(bdev));
	bdev = cnull_test_power_cycle(test);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x22);

	/* FUA: this, but nothing else. */
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x33));
	memset(ctx->buf, 0x44, SZ_4K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_FUA, 8, SZ_4K));
	bdev = cnull_test_power_cycle(test);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x22);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x44);

	/* Flush, then write: what came before, but not this. */
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0x55));
	memset(ctx->buf, 0x66, SZ_4K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_PREFLUSH, 8,
				       SZ_4K));
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x66);
	bdev = cnull_test_power_cycle(test);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x55);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x44);
}

/* Without the attribute fua the block layer, or bio.c, has to do without. */
static void cnull_bio_test_no_fua(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.cache_size = 4;
	ctx->dev->conf.fua = false;
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_FALSE(test, bdev_fua(bdev));

	memset(ctx->buf, 0x77, SZ_4K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_FUA, 8, SZ_4K));
	bdev = cnull_test_power_cycle(test);
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x77);
}

/*
 * A bio that must not sleep comes back, to be repeated; in a request it is a
 * worker that sleeps.
 */
static void cnull_bio_test_nowait(struct kunit *test)
{
	const struct cnull_mode *mode = test->param_value;
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_TRUE(test, bdev_nowait(bdev));

	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   cnull_only_if_sleeping);
	memset(ctx->buf, 0x11, SZ_4K);
	KUNIT_EXPECT_EQ(test,
			mode->queue_mode == CNULL_Q_BIO ? BLK_STS_AGAIN : BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_NOWAIT, 0,
				       SZ_4K));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE, 0, SZ_4K));
	/* The page is there. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_NOWAIT, 0,
				       SZ_4K));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0x11);
}

/* And pays, and counts, when it comes again only. */
static void cnull_bio_test_nowait_once(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_throttle *t = &ctx->dev->throttle;
	struct block_device *bdev;
	s64 tokens;

	ctx->dev->conf.queue_mode = CNULL_Q_BIO;
	ctx->dev->conf.irqmode = CNULL_IRQ_NONE;
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.mbps = 1;
	bdev = cnull_test_power_on(test);
	/* so that no tick is under way in what follows */
	hrtimer_cancel(&t->timer);
	atomic64_set(&t->tokens, t->budget);
	WRITE_ONCE(t->idle, 0);

	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   cnull_only_if_sleeping);
	KUNIT_EXPECT_EQ(test, BLK_STS_AGAIN,
			cnull_test_bio(test, bdev, REQ_OP_WRITE | REQ_NOWAIT, 0,
				       SZ_4K));
	tokens = atomic64_read(&t->tokens);
	KUNIT_EXPECT_EQ(test, t->budget, tokens);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE, 0, SZ_4K));
	KUNIT_EXPECT_EQ(test, tokens - SZ_4K, atomic64_read(&t->tokens));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
}

/* Not with requests, whose worker the stub does not apply to. */
static void cnull_bio_test_no_memory(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	ctx->dev->conf.queue_mode = CNULL_Q_BIO;
	ctx->dev->conf.memory_backed = true;
	bdev = cnull_test_power_on(test);

	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_no_page);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_test_bio(test, bdev, REQ_OP_WRITE, 0, SZ_4K));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_READ, 0, SZ_4K));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	cnull_test_expect(test, bdev, 0, SZ_4K, 0);
}

/* A bio longer than what the disk takes is split, and arrives complete. */
static void cnull_bio_test_split(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int i;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.max_sectors = PAGE_SECTORS;
	ctx->dev->conf.stats = true;
	bdev = cnull_test_power_on(test);

	for (i = 0; i < SZ_64K; i++)
		ctx->buf[i] = i / SECTOR_SIZE + i;
	memcpy(ctx->expected, ctx->buf, SZ_64K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_WRITE, 3, SZ_64K));
	memset(ctx->buf, 0, SZ_64K);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_READ, 3, SZ_64K));
	KUNIT_EXPECT_MEMEQ(test, ctx->buf, ctx->expected, SZ_64K);
}

/* An error of one part is that of the bio, although the parts after it succeed. */
static void cnull_bio_test_split_error(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.max_sectors = PAGE_SECTORS;
	bdev = cnull_test_power_on(test);
	scoped_guard(mutex, &ctx->dev->lock)
		KUNIT_ASSERT_EQ(test, 0, cnull_badblocks_store(ctx->dev, "+3-3"));

	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			cnull_test_bio(test, bdev, REQ_OP_WRITE, 3, SZ_64K));
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			cnull_test_bio(test, bdev, REQ_OP_READ, 3, SZ_64K));
}

static u64 cnull_pattern_word(u64 index, unsigned long seed)
{
	return (index + seed) * GOLDEN_RATIO_64;
}

static void cnull_bio_test_pattern(struct kunit *test)
{
	const unsigned long seed = 12345;
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;
	unsigned int i, bad = 0;
	u64 sector;

	cnull_test_set_mode(test);
	ctx->dev->conf.pattern = seed;
	bdev = cnull_test_power_on(test);
	sector = 7 * bdev_logical_block_size(bdev) >> SECTOR_SHIFT;

	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_4K, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_bio(test, bdev, REQ_OP_READ, sector, SZ_64K));
	for (i = 0; i < SZ_64K; i += 8)
		bad += get_unaligned_le64(ctx->buf + i) !=
		       cnull_pattern_word((sector * SECTOR_SIZE + i) / 8, seed);
	KUNIT_EXPECT_EQ(test, bad, 0);
	/* The value of the documentation, so that neither can change alone. */
	KUNIT_EXPECT_EQ(test, cnull_pattern_word(0, 1), 0x61c8864680b583ebULL);
}

/* Segments that end within a word. */
static void cnull_bio_test_pattern_segments(struct kunit *test)
{
	static const unsigned int lens[] = { 1, 7, 3, 8, 21, 511, 473 };
	struct cnull_disk_ctx *ctx = test->priv;
	unsigned int i, off = 0, bad = 0;
	struct bio_vec bvecs[ARRAY_SIZE(lens)];
	struct bio bio;

	memset(ctx->buf, 0, 2 * SECTOR_SIZE);
	bio_init(&bio, NULL, bvecs, ARRAY_SIZE(bvecs), REQ_OP_READ);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		bvec_set_virt(&bvecs[i], ctx->buf + off, lens[i]);
		off += lens[i];
	}
	bio.bi_vcnt = ARRAY_SIZE(lens);
	bio.bi_iter.bi_size = off;
	KUNIT_ASSERT_EQ(test, off, 2 * SECTOR_SIZE);

	cnull_pattern_fill(&bio, SZ_1G, 2 * SECTOR_SIZE, 3);
	for (i = 0; i < 2 * SECTOR_SIZE; i += 8)
		bad += get_unaligned_le64(ctx->buf + i) !=
		       cnull_pattern_word((SZ_1G + i) / 8, 3);
	KUNIT_EXPECT_EQ(test, bad, 0);

	/* Only the part that is asked for. */
	memset(ctx->buf, 0, 2 * SECTOR_SIZE);
	cnull_pattern_fill(&bio, 0, SECTOR_SIZE, 3);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ctx->buf + SECTOR_SIZE, 0, SECTOR_SIZE),
			    NULL);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(ctx->buf + SECTOR_SIZE - 8),
			cnull_pattern_word(63, 3));
	bio_uninit(&bio);
}

static struct kunit_case cnull_bio_cases[] = {
	KUNIT_CASE_PARAM(cnull_bio_test_flush, cnull_interface_gen_params),
	KUNIT_CASE_PARAM(cnull_bio_test_no_fua, cnull_interface_gen_params),
	KUNIT_CASE_PARAM(cnull_bio_test_nowait, cnull_interface_gen_params),
	KUNIT_CASE(cnull_bio_test_nowait_once),
	KUNIT_CASE(cnull_bio_test_no_memory),
	KUNIT_CASE_PARAM(cnull_bio_test_split, cnull_interface_gen_params),
	KUNIT_CASE_PARAM(cnull_bio_test_split_error, cnull_interface_gen_params),
	KUNIT_CASE_PARAM(cnull_bio_test_pattern, cnull_mode_gen_params),
	KUNIT_CASE(cnull_bio_test_pattern_segments),
	{}
};

static struct kunit_suite cnull_bio_suite = {
	.name = "cnull_bio",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_bio_cases,
};

kunit_test_suite(cnull_bio_suite);

MODULE_DESCRIPTION("KUnit tests of single bios to cnull disks");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
