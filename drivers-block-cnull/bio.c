// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of cnull with queue_mode=0: bios, as they are submitted, without
 * requests, tags, queues or I/O scheduler.
 *
 * A bio completes before ->submit_bio() returns. That may sleep, unless the bio
 * says REQ_NOWAIT.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/module.h>

#include "cnull.h"
#include "io.h"
#include "stats.h"
#include "zoned.h"

/* What needs memory that is not to be had at once comes again without REQ_NOWAIT. */
static bool cnull_bio_comes_again(const struct bio *bio, blk_status_t sts)
{
	return sts == BLK_STS_NOSPC && (bio->bi_opf & REQ_NOWAIT);
}

static void cnull_end_bio(struct bio *bio, blk_status_t sts)
{
	if (cnull_bio_comes_again(bio, sts))
		sts = BLK_STS_AGAIN;
	/* If it was split, it may have the error of another part. */
	if (sts != BLK_STS_OK)
		bio->bi_status = sts;
	bio_endio(bio);
}

static gfp_t cnull_bio_gfp(const struct bio *bio)
{
	return bio->bi_opf & REQ_NOWAIT ? CNULL_GFP_ATOMIC : CNULL_GFP_SLEEP;
}

static blk_status_t cnull_execute_bio(struct cnull_device *dev, struct bio *bio)
{
	struct cnull_io io = {
		.op		= bio_op(bio),
		.fua		= bio->bi_opf & REQ_FUA,
		.sector		= bio->bi_iter.bi_sector,
		.nr_sectors	= bio_sectors(bio),
		.bio		= bio,
		.gfp		= cnull_bio_gfp(bio),
	};
	blk_status_t sts;

	/* The block layer takes flushes and data apart only for requests. */
	if (bio->bi_opf & REQ_PREFLUSH) {
		struct cnull_io flush = { .op = REQ_OP_FLUSH, .gfp = io.gfp };

		sts = cnull_io_execute(dev, &flush);
		if (sts != BLK_STS_OK || !io.nr_sectors)
			return sts;
	}
	sts = cnull_io_execute(dev, &io);
	if (io.op == REQ_OP_ZONE_APPEND && sts == BLK_STS_OK)
		bio->bi_iter.bi_sector = io.sector;
	return sts;
}

/* The bytes of a bio that the limit of bandwidth counts. */
static unsigned int cnull_bio_charged(const struct cnull_device *dev,
				      const struct bio *bio)
{
	if (!dev->conf.mbps ||
	    (bio_op(bio) != REQ_OP_READ && bio_op(bio) != REQ_OP_WRITE &&
	     bio_op(bio) != REQ_OP_ZONE_APPEND))
		return 0;
	return bio->bi_iter.bi_size;
}

/* ->submit_bio() of any device */
static void cnull_submit_bio(struct bio *bio)
{
	struct cnull_device *dev = bio->bi_bdev->bd_disk->private_data;
	unsigned int bytes, charged;
	blk_status_t sts;
	u64 start_ns = 0;

	/*
	 * What comes out of a zone write plug has been here before. An append that it
	 * made a write may exceed the zone by now: that is an error, and its rest must
	 * not go to the next zone.
	 */
	if (!bio_flagged(bio, BIO_ZONE_WRITE_PLUGGING)) {
		bio = bio_split_to_limits(bio);
		if (!bio)
			return;
		if (bio_needs_zone_write_plugging(bio) &&
		    blk_zone_plug_bio(bio, 0))
			return;
	}

	bytes = bio->bi_iter.bi_size;
	charged = cnull_bio_charged(dev, bio);
	if (charged && cnull_throttle_wait(&dev->throttle, charged,
					   bio->bi_opf & REQ_NOWAIT)) {
		bio_wouldblock_error(bio);
		return;
	}
	if (dev->stats)
		start_ns = ktime_get_ns();
	sts = cnull_execute_bio(dev, bio);
	if (cnull_bio_comes_again(bio, sts)) {
		if (charged)
			cnull_throttle_refund(&dev->throttle, charged);
	} else if (dev->stats) {
		cnull_stats_account(dev->stats, bio_op(bio), bytes, sts, start_ns);
	}
	cnull_end_bio(bio, sts);
}

/* ->submit_bio() of a device that stores nothing and has no features */
static void cnull_submit_bio_null(struct bio *bio)
{
	if (static_branch_unlikely(&cnull_live_key) ||
	    IS_ENABLED(CONFIG_KMSAN)) {
		cnull_submit_bio(bio);
		return;
	}
	bio_endio(bio);
}

/* ->submit_bio() of a device that only stores data */
static void cnull_submit_bio_memory(struct bio *bio)
{
	struct cnull_device *dev = bio->bi_bdev->bd_disk->private_data;
	blk_status_t sts;

	if (static_branch_unlikely(&cnull_live_key) ||
	    (bio_op(bio) != REQ_OP_READ && bio_op(bio) != REQ_OP_WRITE)) {
		cnull_submit_bio(bio);
		return;
	}
	sts = cnull_store_bio(&dev->store, bio, cnull_bio_gfp(bio));
	if (unlikely(sts != BLK_STS_OK))
		cnull_end_bio(bio, sts);
	else
		bio_endio(bio);
}

#define CNULL_BIO_FOPS(_submit_bio) {			\
	.owner		= THIS_MODULE,			\
	.submit_bio	= _submit_bio,			\
	.report_zones	= cnull_zones_report,		\
}

static const struct block_device_operations cnull_bio_fops_null =
	CNULL_BIO_FOPS(cnull_submit_bio_null);
static const struct block_device_operations cnull_bio_fops_memory =
	CNULL_BIO_FOPS(cnull_submit_bio_memory);
static const struct block_device_operations cnull_bio_fops_general =
	CNULL_BIO_FOPS(cnull_submit_bio);

/**
 * cnull_bio_fops() - How a device takes bios
 * @conf: its settings
 *
 * Return: the operations for its disk.
 */
const struct block_device_operations *
cnull_bio_fops(const struct cnull_config *conf)
{
	if (conf->mbps || conf->stats || conf->cache_size || conf->zoned ||
	    conf->pattern || conf->max_sectors || conf->virt_boundary)
		return &cnull_bio_fops_general;
	return conf->memory_backed ? &cnull_bio_fops_memory :
				     &cnull_bio_fops_null;
}
