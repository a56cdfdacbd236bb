// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of bad blocks: what can be set, what an I/O is told about them,
 * and disks that get them while in use.
 */
#include <linux/jump_label.h>
#include <linux/module.h>

#include "../badblocks.h"
#include "../io.h"
#include "cnull_disk_modes.h"

static int cnull_test_set_bad(struct kunit *test, const char *str)
{
	struct cnull_disk_ctx *ctx = test->priv;

	guard(mutex)(&ctx->dev->lock);
	return cnull_badblocks_store(ctx->dev, str);
}

static void cnull_expect_bad(struct kunit *test, const char *expected)
{
	struct cnull_disk_ctx *ctx = test->priv;
	ssize_t len = cnull_badblocks_show(ctx->dev, ctx->buf);

	KUNIT_ASSERT_LT(test, len, (ssize_t)PAGE_SIZE);
	ctx->buf[len] = '\0';
	KUNIT_EXPECT_STREQ(test, ctx->buf, expected);
}

static void cnull_badblocks_test_store(struct kunit *test)
{
	cnull_expect_bad(test, "");
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "+8-15\n"));
	cnull_expect_bad(test, "8 8\n");
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "+0x20-0x20"));
	cnull_expect_bad(test, "8 8\n32 1\n");
	/* A part, what is not bad, both at once. */
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "-10-11"));
	cnull_expect_bad(test, "8 2\n12 4\n32 1\n");
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "-100-200"));
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, " +1-2 , -0-31,\t+5-5 "));
	cnull_expect_bad(test, "5 1\n32 1\n");
	/* The last sector that an entry can name. */
	KUNIT_EXPECT_EQ(test, 0,
			cnull_test_set_bad(test, "-0-100,+18014398509481983-18014398509481983"));
	cnull_expect_bad(test, "18014398509481983 1\n");
}

static void cnull_badblocks_test_store_invalid(struct kunit *test)
{
	static const char * const invalid[] = {
		"", "\n", " ", ",", "+", "-", "+-", "+1", "1-2", "+1-", "+-1",
		"+2-1", "+a-b", "+1-2-3", "+1 -2", "*1-2", "+1-2,", ",+1-2",
		"+1-2,3-4", "+1-2 3", "+0-18014398509481984",
		"+0-99999999999999999999", "+18446744073709551616-18446744073709551616",
	};
	int i;

	KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, "+8-15"));
	for (i = 0; i < ARRAY_SIZE(invalid); i++) {
		KUNIT_EXPECT_EQ_MSG(test, cnull_test_set_bad(test, invalid[i]),
				    -EINVAL, "\"%s\"", invalid[i]);
		cnull_expect_bad(test, "8 8\n");
	}
}

/* The list is full: nothing of what does not fit is added, all of it is shown. */
static void cnull_badblocks_test_store_full(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct badblocks *bb = &ctx->dev->badblocks;
	char str[48];
	ssize_t len;
	u64 i;

	snprintf(str, sizeof(str), "+0-%llu", (u64)MAX_BADBLOCKS * BB_MAX_LEN);
	KUNIT_EXPECT_EQ(test, -ENOSPC, cnull_test_set_bad(test, str));
	cnull_expect_bad(test, "");

	/* Long numbers, so that the page for the text is full first. */
	for (i = 0; i < MAX_BADBLOCKS; i++) {
		const u64 sector = 10000000000000ULL + 2 * i;

		snprintf(str, sizeof(str), "+%llu-%llu", sector, sector);
		KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, str));
	}
	KUNIT_EXPECT_EQ(test, bb->count, MAX_BADBLOCKS);
	KUNIT_EXPECT_EQ(test, -ENOSPC, cnull_test_set_bad(test, "+0-0"));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			cnull_test_set_bad(test, "-10000000000000-10000000000000,+0-0,+2-2"));
	KUNIT_EXPECT_EQ(test, bb->count, MAX_BADBLOCKS);

	len = cnull_badblocks_show(ctx->dev, ctx->buf);
	KUNIT_EXPECT_EQ(test, len, PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "-0-18014398509481983"));
	cnull_expect_bad(test, "");
}

struct cnull_check_case {
	const char	*name;
	const char	*bad;
	unsigned int	blocksize;
	bool		once;
	bool		partial;
	sector_t	sector;
	unsigned int	nr_sectors;
	blk_status_t	sts;
	unsigned int	left;
	const char	*after;
};

/* blocksize 512 unless said otherwise; what is bad "after" is what was before */
static const struct cnull_check_case cnull_check_cases[] = {
	{ "none", NULL, .nr_sectors = 8, .left = 8 },
	{ "before", "+8-8", .sector = 0, .nr_sectors = 8, .left = 8 },
	{ "behind", "+8-8", .sector = 9, .nr_sectors = 8, .left = 8 },
	{ "flush", "+0-0", .sector = 0, .nr_sectors = 0, .left = 0 },
	{ "last_sector", "+7-7", .nr_sectors = 8, .sts = BLK_STS_IOERR },
	{ "first_sector", "+0-0", .nr_sectors = 8, .sts = BLK_STS_IOERR },
	{ "partial", "+3-4", .partial = true, .nr_sectors = 8,
	  .sts = BLK_STS_IOERR, .left = 3 },
	{ "partial_first", "+0-4", .partial = true, .nr_sectors = 8,
	  .sts = BLK_STS_IOERR, .left = 0 },
	{ "partial_begins_before", "+0-9", .partial = true, .sector = 4,
	  .nr_sectors = 8, .sts = BLK_STS_IOERR, .left = 0 },
	{ "partial_rounds_to_block", "+13-13", .blocksize = 4096,
	  .partial = true, .nr_sectors = 32, .sts = BLK_STS_IOERR, .left = 8 },
	{ "partial_same_block", "+13-13", .blocksize = 4096, .partial = true,
	  .sector = 8, .nr_sectors = 32, .sts = BLK_STS_IOERR, .left = 0 },
	{ "once", "+3-4,+40-40", .once = true, .nr_sectors = 8,
	  .sts = BLK_STS_IOERR, .after = "40 1\n" },
	{ "once_partial", "+3-4", .once = true, .partial = true,
	  .nr_sectors = 8, .sts = BLK_STS_IOERR, .left = 3, .after = "" },
	/* only the range that was hit */
	{ "once_two", "+3-3,+5-5", .once = true, .nr_sectors = 8,
	  .sts = BLK_STS_IOERR, .after = "5 1\n" },
};

KUNIT_ARRAY_PARAM_DESC(cnull_check, cnull_check_cases, name);

static void cnull_badblocks_test_check(struct kunit *test)
{
	const struct cnull_check_case *c = test->param_value;
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_device *dev = ctx->dev;
	char *before = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct cnull_io io = {
		.op		= REQ_OP_WRITE,
		.sector		= c->sector,
		.nr_sectors	= c->nr_sectors,
	};

	KUNIT_ASSERT_NOT_NULL(test, before);
	if (c->bad)
		KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, c->bad));
	dev->conf.blocksize = c->blocksize ?: 512;
	dev->conf.badblocks_once = c->once;
	dev->conf.badblocks_partial_io = c->partial;
	cnull_badblocks_show(dev, before);

	/* Where nobody may sleep, what would change the list is put off. */
	io.gfp = CNULL_GFP_ATOMIC;
	if (c->once && c->sts != BLK_STS_OK) {
		KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
				cnull_badblocks_check(dev, &io));
		KUNIT_EXPECT_EQ(test, c->nr_sectors, io.nr_sectors);
	} else {
		KUNIT_EXPECT_EQ(test, c->sts, cnull_badblocks_check(dev, &io));
		KUNIT_EXPECT_EQ(test, c->left, io.nr_sectors);
	}
	cnull_expect_bad(test, before);

	io.gfp = CNULL_GFP_SLEEP;
	io.nr_sectors = c->nr_sectors;
	KUNIT_EXPECT_EQ(test, c->sts, cnull_badblocks_check(dev, &io));
	KUNIT_EXPECT_EQ(test, c->left, io.nr_sectors);
	cnull_expect_bad(test, c->after ?: before);
}

/* The shortest paths are left while there is a bad block, and no longer. */
static void cnull_badblocks_test_live(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	const bool before = static_key_enabled(&cnull_live_key);
	struct block_device *bdev;
	int i;

	cnull_test_set_mode(test);
	bdev = cnull_test_power_on(test);

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, 0, cnull_test_read(test, bdev, 16, SZ_4K));
		KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "+16-16"));
		KUNIT_EXPECT_EQ(test, -EIO, cnull_test_read(test, bdev, 16, SZ_4K));
		KUNIT_EXPECT_EQ(test, -EIO,
				cnull_test_write(test, bdev, 0, SZ_64K, 0));
		KUNIT_EXPECT_EQ(test, 0, cnull_test_read(test, bdev, 0, SZ_8K));
		KUNIT_EXPECT_EQ(test, 0, cnull_test_read(test, bdev, 24, SZ_8K));
		KUNIT_EXPECT_TRUE(test, static_key_enabled(&cnull_live_key));
		KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "-16-16"));
		KUNIT_EXPECT_EQ(test, before, static_key_enabled(&cnull_live_key));
	}
	KUNIT_EXPECT_EQ(test, 0, cnull_test_set_bad(test, "+16-16"));
	cnull_test_power_off(ctx);
	bdev = cnull_test_power_on(test);
	KUNIT_EXPECT_EQ(test, -EIO, cnull_test_read(test, bdev, 16, SZ_4K));
}

static void cnull_badblocks_test_partial(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.discard = true;
	ctx->dev->conf.badblocks_partial_io = true;
	bdev = cnull_test_power_on(test);

	KUNIT_ASSERT_EQ(test, 0, cnull_test_write(test, bdev, 0, SZ_64K, 0x11));
	KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, "+40-41"));

	/* Sector 40 begins a block of either size. */
	KUNIT_EXPECT_EQ(test, -EIO, cnull_test_write(test, bdev, 0, SZ_64K, 0x22));
	memset(ctx->buf, 0xff, SZ_64K);
	KUNIT_EXPECT_EQ(test, -EIO, cnull_test_read(test, bdev, 0, SZ_64K));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ctx->buf, 0x22, 40 * SECTOR_SIZE), NULL);
	KUNIT_EXPECT_PTR_EQ(test,
			    memchr_inv(ctx->buf + 40 * SECTOR_SIZE, 0xff,
				       SZ_64K - 40 * SECTOR_SIZE), NULL);
	KUNIT_EXPECT_EQ(test, -EIO, blkdev_issue_discard(bdev, 32, 32, GFP_KERNEL));

	KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, "-40-41"));
	cnull_test_expect(test, bdev, 0, 32 * SECTOR_SIZE, 0x22);
	cnull_test_expect(test, bdev, 32, 8 * SECTOR_SIZE, 0);
	cnull_test_expect(test, bdev, 40, SZ_64K - 40 * SECTOR_SIZE, 0x11);
}

static void cnull_badblocks_test_once(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct block_device *bdev;

	cnull_test_set_mode(test);
	ctx->dev->conf.memory_backed = true;
	ctx->dev->conf.badblocks_once = true;
	bdev = cnull_test_power_on(test);

	KUNIT_ASSERT_EQ(test, 0, cnull_test_set_bad(test, "+8-8,+24-24"));
	KUNIT_EXPECT_EQ(test, -EIO, cnull_test_write(test, bdev, 8, SZ_4K, 0x33));
	KUNIT_EXPECT_EQ(test, 0, cnull_test_write(test, bdev, 8, SZ_4K, 0x44));
	cnull_test_expect(test, bdev, 8, SZ_4K, 0x44);
	cnull_expect_bad(test, "24 1\n");
	KUNIT_EXPECT_EQ(test, -EIO, cnull_test_read(test, bdev, 24, SZ_4K));
	cnull_test_expect(test, bdev, 24, SZ_4K, 0);
}

static struct kunit_case cnull_badblocks_cases[] = {
	KUNIT_CASE(cnull_badblocks_test_store),
	KUNIT_CASE(cnull_badblocks_test_store_invalid),
	KUNIT_CASE(cnull_badblocks_test_store_full),
	KUNIT_CASE_PARAM(cnull_badblocks_test_check, cnull_check_gen_params),
	KUNIT_CASE_PARAM(cnull_badblocks_test_live, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_badblocks_test_partial, cnull_mode_gen_params),
	KUNIT_CASE_PARAM(cnull_badblocks_test_once, cnull_mode_gen_params),
	{}
};

static struct kunit_suite cnull_badblocks_suite = {
	.name = "cnull_badblocks",
	.init = cnull_disk_test_init,
	.exit = cnull_disk_test_exit,
	.test_cases = cnull_badblocks_cases,
};

kunit_test_suite(cnull_badblocks_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's bad blocks");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
