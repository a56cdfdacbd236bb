// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of zoned cnull devices: settings, the shape of the zones, and
 * whole disks as the block layer sees them.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../badblocks.h"
#include "../cnull.h"
#include "../io.h"
#include "../zoned.h"

#define MIB_SECTORS	(SZ_1M >> SECTOR_SHIFT)

struct zoned_test {
	struct cnull_device	*dev;
	struct file		*file;
	u8			*buf;
};

static int zoned_test_init(struct kunit *test)
{
	struct zoned_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->buf = kunit_kzalloc(test, SZ_64K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->buf);
	t->dev = cnull_device_create("cnull_kunit_zoned");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->dev);
	t->dev->conf.zoned = true;
	t->dev->conf.size = 8;
	t->dev->conf.zone_size = 1;
	test->priv = t;
	return 0;
}

static void zoned_test_exit(struct kunit *test)
{
	struct zoned_test *t = test->priv;

	if (!t)
		return;
	if (t->file) {
		fput(t->file);
		/* The release, too, must be over before the disk goes. */
		flush_delayed_fput();
	}
	scoped_guard(mutex, &t->dev->lock) {
		if (t->dev->disk)
			cnull_disk_del(t->dev);
		else
			cnull_zones_free(t->dev);
	}
	cnull_device_free(t->dev);
}

static int zoned_test_make(struct kunit *test, struct queue_limits *lim)
{
	struct zoned_test *t = test->priv;

	guard(mutex)(&t->dev->lock);
	cnull_zones_free(t->dev);
	*lim = (struct queue_limits) { .max_hw_discard_sectors = UINT_MAX };
	return cnull_zones_init(t->dev, lim);
}

/* Settings, in MiB, that cannot be. */
static const struct zoned_test_bad {
	const char	*name;
	unsigned long	size, zone_size, zone_capacity;
} zoned_test_bad[] = {
	{ "zone_size_0",		8, 0, 0 },
	{ "zone_size_no_power_of_2",	8, 3, 0 },
	{ "zone_size_over_size",	8, 16, 0 },
	{ "zone_size_over_1TiB",	1UL << 24, 1UL << 21, 0 },
	{ "zone_capacity_over_size",	8, 2, 3 },
	{ "zone_capacity_and_smaller_last_zone", 9, 2, 1 },
};

KUNIT_ARRAY_PARAM_DESC(zoned_test_bad, zoned_test_bad, name);

static void zoned_test_bad_settings(struct kunit *test)
{
	const struct zoned_test_bad *bad = test->param_value;
	struct zoned_test *t = test->priv;
	struct cnull_config before;
	struct queue_limits lim;

	t->dev->conf.size = bad->size;
	t->dev->conf.zone_size = bad->zone_size;
	t->dev->conf.zone_capacity = bad->zone_capacity;
	before = t->dev->conf;
	KUNIT_EXPECT_EQ(test, -EINVAL, zoned_test_make(test, &lim));
	KUNIT_EXPECT_NULL(test, t->dev->zones);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&before, &t->dev->conf, sizeof(before)));
}

/* As null_blk: what makes no sense is corrected. */
static void zoned_test_corrections(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	struct cnull_config *conf = &t->dev->conf;
	struct queue_limits lim;

	conf->discard = true;
	conf->zone_nr_conv = 100;
	conf->zone_max_open = 1;
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	KUNIT_EXPECT_EQ(test, conf->zone_capacity, 1);
	KUNIT_EXPECT_EQ(test, conf->zone_nr_conv, 7);
	KUNIT_EXPECT_EQ(test, conf->zone_max_open, 0);
	KUNIT_EXPECT_EQ(test, conf->zone_append_max_sectors, MIB_SECTORS);
	KUNIT_EXPECT_FALSE(test, conf->discard);
	KUNIT_EXPECT_EQ(test, lim.max_hw_discard_sectors, 0);
	KUNIT_EXPECT_EQ(test, lim.chunk_sectors, MIB_SECTORS);
	KUNIT_EXPECT_TRUE(test, lim.features & BLK_FEAT_ZONED);

	/* The largest limits that still are limits: one less than zones. */
	conf->zone_nr_conv = 2;
	conf->zone_max_active = 5;
	conf->zone_max_open = 6;
	conf->zone_append_max_sectors = 15;
	conf->blocksize = SZ_4K;
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	KUNIT_EXPECT_EQ(test, conf->zone_max_active, 5);
	KUNIT_EXPECT_EQ(test, conf->zone_max_open, 5);
	KUNIT_EXPECT_EQ(test, lim.max_active_zones, 5);
	KUNIT_EXPECT_EQ(test, lim.max_open_zones, 5);
	KUNIT_EXPECT_EQ(test, lim.max_hw_zone_append_sectors, 8);

	conf->zone_max_active = 6;
	conf->zone_max_open = 6;
	conf->zone_append_max_sectors = 7;
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	KUNIT_EXPECT_EQ(test, lim.max_active_zones, 0);
	KUNIT_EXPECT_EQ(test, lim.max_open_zones, 0);
	KUNIT_EXPECT_EQ(test, lim.max_hw_zone_append_sectors, 0);
}

static void zoned_test_expect_zone(struct kunit *test, unsigned int no,
				   const struct blk_zone *want)
{
	struct zoned_test *t = test->priv;
	struct blk_zone blkz;

	cnull_zones_describe(t->dev->zones, no, &blkz);
	KUNIT_EXPECT_EQ_MSG(test, blkz.start, want->start, "zone %u", no);
	KUNIT_EXPECT_EQ_MSG(test, blkz.len, want->len, "zone %u", no);
	KUNIT_EXPECT_EQ_MSG(test, blkz.capacity, want->capacity, "zone %u", no);
	KUNIT_EXPECT_EQ_MSG(test, blkz.wp, want->wp, "zone %u", no);
	KUNIT_EXPECT_EQ_MSG(test, blkz.type, want->type, "zone %u", no);
	KUNIT_EXPECT_EQ_MSG(test, blkz.cond, want->cond, "zone %u", no);
}

static blk_status_t zoned_test_io(struct kunit *test, enum req_op op,
				  sector_t *sector, unsigned int nr_sectors)
{
	struct zoned_test *t = test->priv;
	struct cnull_io io = {
		.op		= op,
		.sector		= *sector,
		.nr_sectors	= nr_sectors,
		.gfp		= CNULL_GFP_SLEEP,
	};
	blk_status_t sts = cnull_zones_execute(t->dev, &io);

	*sector = io.sector;
	return sts;
}

static void zoned_test_last_zone(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	const sector_t start = 8 * MIB_SECTORS;
	struct blk_zone zone = {
		.start		= start,
		.len		= MIB_SECTORS,
		.capacity	= MIB_SECTORS,
		.wp		= start,
		.type		= BLK_ZONE_TYPE_SEQWRITE_REQ,
		.cond		= BLK_ZONE_COND_EMPTY,
	};
	struct blk_zone conv = {
		.len		= 2 * MIB_SECTORS,
		.capacity	= 2 * MIB_SECTORS,
		.wp		= 2 * MIB_SECTORS,
		.type		= BLK_ZONE_TYPE_CONVENTIONAL,
		.cond		= BLK_ZONE_COND_NOT_WP,
	};
	struct queue_limits lim;
	sector_t sector = start;

	t->dev->conf.size = 9;
	t->dev->conf.zone_size = 2;
	t->dev->conf.zone_nr_conv = 1;
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	zoned_test_expect_zone(test, 0, &conv);
	zoned_test_expect_zone(test, 4, &zone);

	/* It is full after half of what others hold. */
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_WRITE, &sector, MIB_SECTORS + 1));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_WRITE, &sector, MIB_SECTORS));
	zone.cond = BLK_ZONE_COND_FULL;
	zone.wp = start + MIB_SECTORS;
	zoned_test_expect_zone(test, 4, &zone);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_ZONE_RESET, &sector, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_ZONE_FINISH, &sector, 0));
	zoned_test_expect_zone(test, 4, &zone);
}

static void zoned_test_capacity(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	struct blk_zone zone = {
		.start		= 4 * MIB_SECTORS,
		.len		= 4 * MIB_SECTORS,
		.capacity	= 3 * MIB_SECTORS,
		.wp		= 7 * MIB_SECTORS,
		.type		= BLK_ZONE_TYPE_SEQWRITE_REQ,
		.cond		= BLK_ZONE_COND_FULL,
	};
	struct queue_limits lim;
	sector_t sector = 4 * MIB_SECTORS;

	t->dev->conf.zone_size = 4;
	t->dev->conf.zone_capacity = 3;
	t->dev->conf.zone_full = true;
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	KUNIT_EXPECT_EQ(test, lim.max_hw_zone_append_sectors, 3 * MIB_SECTORS);
	zoned_test_expect_zone(test, 1, &zone);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_ZONE_RESET, &sector, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_WRITE, &sector, 3 * MIB_SECTORS));
	zoned_test_expect_zone(test, 1, &zone);

	/* Between capacity and end there is nothing to write to. */
	sector = 7 * MIB_SECTORS;
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_WRITE, &sector, 1));
	KUNIT_EXPECT_EQ(test, cnull_zones_readable(t->dev, sector, 1), 0);
}

static void zoned_test_append(struct kunit *test)
{
	struct queue_limits lim;
	unsigned int i;
	sector_t sector;

	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	for (i = 0; i < MIB_SECTORS / 64; i++) {
		sector = MIB_SECTORS;
		KUNIT_EXPECT_EQ(test, BLK_STS_OK,
				zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector, 64));
		KUNIT_EXPECT_EQ(test, sector, MIB_SECTORS + 64 * i);
	}
	sector = MIB_SECTORS;
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector, 1));
	/* What does not fit is not split. */
	sector = 2 * MIB_SECTORS;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector,
				      MIB_SECTORS - 1));
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector, 2));
}

static void zoned_test_bad_blocks(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	struct blk_zone blkz;
	struct queue_limits lim;
	sector_t sector = 0;

	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));
	scoped_guard(mutex, &t->dev->lock)
		KUNIT_ASSERT_EQ(test, 0, cnull_badblocks_store(t->dev, "+20-20"));

	/* The pointer stays, or goes up to the bad block. */
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_WRITE, &sector, 32));
	cnull_zones_describe(t->dev->zones, 0, &blkz);
	KUNIT_EXPECT_EQ(test, blkz.wp, 0);
	KUNIT_EXPECT_EQ(test, blkz.cond, BLK_ZONE_COND_IMP_OPEN);
	t->dev->conf.badblocks_partial_io = true;
	/* An append finds it where it goes, not where it is sent. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector, 8));
	sector = 0;
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_ZONE_APPEND, &sector, 16));
	cnull_zones_describe(t->dev->zones, 0, &blkz);
	KUNIT_EXPECT_EQ(test, blkz.wp, 20);
	sector = 20;
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			zoned_test_io(test, REQ_OP_READ, &sector, 8));
	sector = 21;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			zoned_test_io(test, REQ_OP_READ, &sector, 8));
}

/* What may be written to zone_readonly and zone_offline. */
static void zoned_test_set_cond(struct kunit *test)
{
	static const char * const bad[] = {
		"", "\n", "x", "-1", "8192 ", "8192x", "0", "2047", "16384",
		"0xffffffffffffffff", "99999999999999999999999",
	};
	struct zoned_test *t = test->priv;
	struct cnull_device *dev = t->dev;
	struct blk_zone blkz;
	struct queue_limits lim;
	unsigned int i;

	dev->conf.zone_nr_conv = 1;
	scoped_guard(mutex, &dev->lock)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				cnull_zones_set_cond(dev, "2048", 4,
						     BLK_ZONE_COND_OFFLINE));
	KUNIT_ASSERT_EQ(test, 0, zoned_test_make(test, &lim));

	guard(mutex)(&dev->lock);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    cnull_zones_set_cond(dev, bad[i], strlen(bad[i]),
							 BLK_ZONE_COND_READONLY),
				    "\"%s\"", bad[i]);
	for (i = 0; i < 8; i++) {
		cnull_zones_describe(dev->zones, i, &blkz);
		KUNIT_EXPECT_EQ(test, blkz.cond, i ? BLK_ZONE_COND_EMPTY :
						     BLK_ZONE_COND_NOT_WP);
	}
	KUNIT_EXPECT_EQ(test, 6, cnull_zones_set_cond(dev, "0x800\n", 6,
						      BLK_ZONE_COND_READONLY));
	KUNIT_EXPECT_EQ(test, 5, cnull_zones_set_cond(dev, "16383", 5,
						      BLK_ZONE_COND_OFFLINE));
	cnull_zones_describe(dev->zones, 1, &blkz);
	KUNIT_EXPECT_EQ(test, blkz.cond, BLK_ZONE_COND_READONLY);
	cnull_zones_describe(dev->zones, 7, &blkz);
	KUNIT_EXPECT_EQ(test, blkz.cond, BLK_ZONE_COND_OFFLINE);
}

/* Whole disks */

static const struct zoned_test_mode {
	const char	*name;
	unsigned int	queue_mode;
	unsigned int	irqmode;
	bool		memory_backed;
	bool		blocking;
	unsigned int	append;
} zoned_test_modes[] = {
	{ "mq",		CNULL_Q_MQ, CNULL_IRQ_NONE, true, false, UINT_MAX },
	{ "mq_softirq",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, true, false, UINT_MAX },
	{ "mq_blocking", CNULL_Q_MQ, CNULL_IRQ_NONE, true, true, UINT_MAX },
	{ "mq_emulated_append", CNULL_Q_MQ, CNULL_IRQ_NONE, true, false, 0 },
	{ "mq_null",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, false, false, UINT_MAX },
	{ "bio",	CNULL_Q_BIO, CNULL_IRQ_NONE, true, false, UINT_MAX },
	{ "bio_emulated_append", CNULL_Q_BIO, CNULL_IRQ_NONE, true, false, 0 },
	{ "bio_null",	CNULL_Q_BIO, CNULL_IRQ_NONE, false, false, UINT_MAX },
};

KUNIT_ARRAY_PARAM_DESC(zoned_test_mode, zoned_test_modes, name);

static struct block_device *zoned_test_power_on(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	struct file *file;
	int err;

	scoped_guard(mutex, &t->dev->lock)
		err = cnull_disk_add(t->dev);
	KUNIT_ASSERT_EQ(test, err, 0);
	file = bdev_file_open_by_dev(disk_devt(t->dev->disk),
				     BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	t->file = file;
	return file_bdev(file);
}

static int zoned_test_rw(struct kunit *test, struct block_device *bdev,
			 sector_t sector, unsigned int len, enum req_op op, u8 fill)
{
	struct zoned_test *t = test->priv;

	memset(t->buf, fill, len);
	return bdev_rw_virt(bdev, sector, t->buf, len, op);
}

static int zoned_test_disk_append(struct kunit *test, struct block_device *bdev,
				  sector_t *sector, unsigned int len, u8 fill,
				  blk_opf_t flags)
{
	struct zoned_test *t = test->priv;
	struct bio *bio = bio_alloc(bdev, 1, REQ_OP_ZONE_APPEND | REQ_SYNC | flags,
				    GFP_KERNEL);
	int err;

	memset(t->buf, fill, len);
	bio->bi_iter.bi_sector = *sector;
	bio_add_virt_nofail(bio, t->buf, len);
	err = submit_bio_wait(bio);
	*sector = bio->bi_iter.bi_sector;
	bio_put(bio);
	return err;
}

static int zoned_test_report_cb(struct blk_zone *zone, unsigned int idx, void *data)
{
	struct blk_zone *zones = data;

	zones[idx] = *zone;
	return 0;
}

static void zoned_test_expect_report(struct kunit *test, struct block_device *bdev,
				     sector_t sector, enum blk_zone_cond cond,
				     unsigned int wp)
{
	struct blk_zone zones[8] = {};

	KUNIT_EXPECT_EQ(test, 1, blkdev_report_zones(bdev, sector, 1,
						     zoned_test_report_cb, zones));
	KUNIT_EXPECT_EQ(test, zones[0].start, sector);
	KUNIT_EXPECT_STREQ(test, blk_zone_cond_str(zones[0].cond),
			   blk_zone_cond_str(cond));
	KUNIT_EXPECT_EQ(test, zones[0].wp, sector + wp);
}

/* The settings of the case that is being tested. */
static void zoned_test_set_mode(struct kunit *test)
{
	const struct zoned_test_mode *mode = test->param_value;
	struct zoned_test *t = test->priv;
	struct cnull_config *conf = &t->dev->conf;

	conf->queue_mode = mode->queue_mode;
	conf->irqmode = mode->irqmode;
	conf->memory_backed = mode->memory_backed;
	conf->blocking = mode->blocking;
	conf->zone_append_max_sectors = mode->append;
}

static void zoned_test_disk(struct kunit *test)
{
	const struct zoned_test_mode *mode = test->param_value;
	struct zoned_test *t = test->priv;
	struct cnull_config *conf = &t->dev->conf;
	const sector_t z1 = MIB_SECTORS, z2 = 2 * MIB_SECTORS;
	struct block_device *bdev;
	struct blk_zone zones[8];
	sector_t sector = z1;

	zoned_test_set_mode(test);
	conf->zone_nr_conv = 1;
	conf->zone_max_open = 2;
	conf->zone_max_active = 3;
	bdev = zoned_test_power_on(test);

	KUNIT_EXPECT_EQ(test, bdev_nr_zones(bdev), 8);
	KUNIT_EXPECT_EQ(test, bdev_zone_sectors(bdev), MIB_SECTORS);
	KUNIT_EXPECT_EQ(test, bdev_max_open_zones(bdev), 2);
	KUNIT_EXPECT_EQ(test, bdev_max_active_zones(bdev), 3);
	KUNIT_EXPECT_EQ(test, bdev_emulates_zone_append(bdev), !mode->append);
	KUNIT_EXPECT_EQ(test, bdev_max_discard_sectors(bdev), 0);
	KUNIT_EXPECT_EQ(test, 8, blkdev_report_zones(bdev, 0, BLK_ALL_ZONES,
						     zoned_test_report_cb, zones));
	KUNIT_EXPECT_EQ(test, zones[0].type, BLK_ZONE_TYPE_CONVENTIONAL);
	KUNIT_EXPECT_EQ(test, zones[7].type, BLK_ZONE_TYPE_SEQWRITE_REQ);
	KUNIT_EXPECT_EQ(test, 3, blkdev_report_zones(bdev, 5 * MIB_SECTORS + 1, 9,
						     zoned_test_report_cb, zones));
	KUNIT_EXPECT_EQ(test, zones[0].start, 5 * MIB_SECTORS);

	/* Writes at the pointer and elsewhere, then an append. */
	KUNIT_EXPECT_EQ(test, 0, zoned_test_rw(test, bdev, z1, SZ_4K, REQ_OP_WRITE, 1));
	KUNIT_EXPECT_EQ(test, 0, zoned_test_rw(test, bdev, z1 + 8, SZ_64K,
					       REQ_OP_WRITE, 2));
	zoned_test_expect_report(test, bdev, z1, BLK_ZONE_COND_IMP_OPEN, 136);
	KUNIT_EXPECT_EQ(test, -EIO, zoned_test_rw(test, bdev, z1, SZ_4K,
						  REQ_OP_WRITE, 3));
	/* A report is how the block layer recovers from the error. */
	zoned_test_expect_report(test, bdev, z1, BLK_ZONE_COND_IMP_OPEN, 136);
	KUNIT_EXPECT_EQ(test, 0,
			zoned_test_disk_append(test, bdev, &sector, SZ_4K, 4, 0));
	KUNIT_EXPECT_EQ(test, sector, z1 + 136);
	zoned_test_expect_report(test, bdev, z1, BLK_ZONE_COND_IMP_OPEN, 144);
	if (mode->memory_backed) {
		KUNIT_EXPECT_EQ(test, 0, zoned_test_rw(test, bdev, z1 + 132, SZ_8K,
						       REQ_OP_READ, 0));
		KUNIT_EXPECT_EQ(test, t->buf[0], 2);
		KUNIT_EXPECT_EQ(test, t->buf[SZ_2K], 4);
		KUNIT_EXPECT_EQ(test, t->buf[SZ_4K + SZ_2K - 1], 4);
		KUNIT_EXPECT_EQ(test, t->buf[SZ_4K + SZ_2K], 0xff);
	}

	/* Operations on zones. */
	KUNIT_EXPECT_EQ(test, 0, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_CLOSE, z1,
						  MIB_SECTORS));
	zoned_test_expect_report(test, bdev, z1, BLK_ZONE_COND_CLOSED, 144);
	KUNIT_EXPECT_EQ(test, 0, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_OPEN, z2,
						  2 * MIB_SECTORS));
	KUNIT_EXPECT_EQ(test, -EOVERFLOW,
			blkdev_zone_mgmt(bdev, REQ_OP_ZONE_OPEN, 4 * MIB_SECTORS,
					 MIB_SECTORS));
	KUNIT_EXPECT_EQ(test, 0, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_FINISH, z2,
						  MIB_SECTORS));
	zoned_test_expect_report(test, bdev, z2, BLK_ZONE_COND_FULL, MIB_SECTORS);
	KUNIT_EXPECT_EQ(test, 0, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_RESET, z1,
						  MIB_SECTORS));
	zoned_test_expect_report(test, bdev, z1, BLK_ZONE_COND_EMPTY, 0);
	KUNIT_EXPECT_EQ(test, 0, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_RESET, 0,
						  8 * MIB_SECTORS));
	zoned_test_expect_report(test, bdev, z2, BLK_ZONE_COND_EMPTY, 0);
	zoned_test_expect_report(test, bdev, 3 * MIB_SECTORS,
				 BLK_ZONE_COND_EMPTY, 0);

	/* Offline, it can be neither read nor written nor reset. */
	scoped_guard(mutex, &t->dev->lock)
		KUNIT_EXPECT_EQ(test, 4,
				cnull_zones_set_cond(t->dev, "2048", 4,
						     BLK_ZONE_COND_OFFLINE));
	KUNIT_EXPECT_EQ(test, -EIO, zoned_test_rw(test, bdev, z1, SZ_4K,
						  REQ_OP_READ, 0));
	KUNIT_EXPECT_EQ(test, -EIO, zoned_test_rw(test, bdev, z1, SZ_4K,
						  REQ_OP_WRITE, 0));
	KUNIT_EXPECT_EQ(test, -EIO, blkdev_zone_mgmt(bdev, REQ_OP_ZONE_RESET, z1,
						     MIB_SECTORS));
}

/*
 * An append that waited for a report, or for other writes, and does not fit any
 * more when it is a write: neither its end nor its rest goes to the next zone.
 */
static void zoned_test_append_too_long(struct kunit *test)
{
	static const unsigned int starts[] = { 2 * MIB_SECTORS, 7 * MIB_SECTORS };
	struct zoned_test *t = test->priv;
	struct cnull_config *conf = &t->dev->conf;
	struct block_device *bdev;
	unsigned int i;

	zoned_test_set_mode(test);
	conf->zone_nr_conv = 1;
	bdev = zoned_test_power_on(test);

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		sector_t start = starts[i], sector, done;

		for (done = 0; done < MIB_SECTORS - 8; done += 8)
			KUNIT_ASSERT_EQ(test, 0,
					zoned_test_rw(test, bdev, start + done,
						      SZ_4K, REQ_OP_WRITE, 1));
		sector = start;
		/* REQ_NOWAIT takes it to the list of the zone's plug */
		KUNIT_EXPECT_EQ(test, -EIO,
				zoned_test_disk_append(test, bdev, &sector, SZ_8K,
						       2, REQ_NOWAIT));
		zoned_test_expect_report(test, bdev, start,
					 BLK_ZONE_COND_IMP_OPEN, MIB_SECTORS - 8);
		if (!i)
			zoned_test_expect_report(test, bdev, start + MIB_SECTORS,
						 BLK_ZONE_COND_EMPTY, 0);
	}
}

/* Powers the disk off in the middle of a report. */
static int zoned_test_off_cb(struct blk_zone *zone, unsigned int idx, void *data)
{
	struct zoned_test *t = data;

	if (!idx) {
		guard(mutex)(&t->dev->lock);
		cnull_disk_del(t->dev);
	}
	return zone->start == idx * MIB_SECTORS && zone->len == MIB_SECTORS ?
	       0 : -EIO;
}

/* A disk can go while it is open: a report that runs ends, a later one fails. */
static void zoned_test_report_off(struct kunit *test)
{
	struct zoned_test *t = test->priv;
	struct block_device *bdev = zoned_test_power_on(test);
	struct gendisk *disk = bdev->bd_disk;

	KUNIT_EXPECT_EQ(test, 8, blkdev_report_zones(bdev, 0, BLK_ALL_ZONES,
						     zoned_test_off_cb, t));
	KUNIT_EXPECT_NULL(test, t->dev->zones);
	KUNIT_EXPECT_EQ(test, -ENODEV, disk->fops->report_zones(disk, 0, 1, NULL));
}

static struct kunit_case zoned_test_cases[] = {
	KUNIT_CASE_PARAM(zoned_test_bad_settings, zoned_test_bad_gen_params),
	KUNIT_CASE(zoned_test_corrections),
	KUNIT_CASE(zoned_test_last_zone),
	KUNIT_CASE(zoned_test_capacity),
	KUNIT_CASE(zoned_test_append),
	KUNIT_CASE(zoned_test_bad_blocks),
	KUNIT_CASE(zoned_test_set_cond),
	KUNIT_CASE_PARAM(zoned_test_disk, zoned_test_mode_gen_params),
	KUNIT_CASE_PARAM(zoned_test_append_too_long, zoned_test_mode_gen_params),
	KUNIT_CASE(zoned_test_report_off),
	{}
};

static struct kunit_suite zoned_test_suite = {
	.name = "cnull_zoned",
	.init = zoned_test_init,
	.exit = zoned_test_exit,
	.test_cases = zoned_test_cases,
};

kunit_test_suite(zoned_test_suite);

MODULE_DESCRIPTION("KUnit tests of zoned cnull devices");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
