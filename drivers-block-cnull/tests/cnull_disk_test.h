/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of whole disks share: a device, its power, and I/O to it.
 */
#ifndef _CNULL_DISK_TEST_H
#define _CNULL_DISK_TEST_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../cnull.h"

#define CNULL_TEST_BATCH	16
/* Pages of a batch; more than the 255 sectors of null_blk's largest request. */
#define CNULL_TEST_LEN		max(SZ_128K, CNULL_TEST_BATCH * PAGE_SIZE)
#define CNULL_TEST_MIB		16

struct cnull_disk_ctx {
	struct cnull_device	*dev;
	struct file		*file;
	u8			*buf;
	u8			*expected;
};

static inline int cnull_disk_test_init(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->buf = kunit_kzalloc(test, CNULL_TEST_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->buf);
	ctx->expected = kunit_kzalloc(test, CNULL_TEST_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->expected);
	ctx->dev = cnull_device_create("cnull_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->dev);
	ctx->dev->conf.size = CNULL_TEST_MIB;
	test->priv = ctx;
	return 0;
}

static inline void cnull_test_power_off(struct cnull_disk_ctx *ctx)
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

static inline struct block_device *cnull_test_power_on(struct kunit *test)
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

static inline void cnull_disk_test_exit(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;

	if (!ctx || !ctx->dev)
		return;
	cnull_test_power_off(ctx);
	cnull_device_free(ctx->dev);
}

static inline int cnull_test_read(struct kunit *test, struct block_device *bdev,
				  sector_t sector, unsigned int len)
{
	struct cnull_disk_ctx *ctx = test->priv;

	return bdev_rw_virt(bdev, sector, ctx->buf, len, REQ_OP_READ);
}

static inline void cnull_test_expect(struct kunit *test,
				     struct block_device *bdev, sector_t sector,
				     unsigned int len, u8 fill)
{
	struct cnull_disk_ctx *ctx = test->priv;

	memset(ctx->buf, ~fill, len);
	KUNIT_ASSERT_EQ(test, 0, cnull_test_read(test, bdev, sector, len));
	KUNIT_EXPECT_PTR_EQ_MSG(test, memchr_inv(ctx->buf, fill, len), NULL,
				"not all of %u bytes at sector %llu are %#x",
				len, (u64)sector, fill);
}

static inline int cnull_test_write(struct kunit *test,
				   struct block_device *bdev, sector_t sector,
				   unsigned int len, u8 fill)
{
	struct cnull_disk_ctx *ctx = test->priv;

	memset(ctx->buf, fill, len);
	return bdev_rw_virt(bdev, sector, ctx->buf, len, REQ_OP_WRITE);
}

/* Settings that lead through different code. */
struct cnull_mode {
	const char	*name;
	unsigned int	queue_mode;
	unsigned int	irqmode;
	unsigned int	blocksize;
	unsigned int	submit_queues;
	unsigned int	poll_queues;
	unsigned int	mbps;
	bool		blocking;
	bool		stats;
	bool		shared_tags;
};

static inline void cnull_test_set_mode(struct kunit *test)
{
	const struct cnull_mode *mode = test->param_value;
	struct cnull_disk_ctx *ctx = test->priv;
	struct cnull_config *conf = &ctx->dev->conf;

	conf->queue_mode = mode->queue_mode;
	conf->irqmode = mode->irqmode;
	conf->blocksize = mode->blocksize;
	conf->submit_queues = mode->submit_queues;
	conf->poll_queues = mode->poll_queues;
	conf->mbps = mode->mbps;
	conf->blocking = mode->blocking;
	conf->stats = mode->stats;
	conf->shared_tags = mode->shared_tags;
}

#endif /* _CNULL_DISK_TEST_H */
