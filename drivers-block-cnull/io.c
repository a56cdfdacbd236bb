// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device does with an I/O: bad blocks, zones, then the data.
 */
#include <linux/bio.h>
#include <linux/highmem.h>

#include "badblocks.h"
#include "cache.h"
#include "cnull.h"
#include "io.h"
#include "pattern.h"
#include "zoned.h"

/* What a read beyond the write pointer of a zone returns, as null_blk's does. */
#define CNULL_UNWRITTEN		0xff

static void cnull_fill(struct bio *bio, u8 c)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		void *p = bvec_kmap_local(&bv);

		memset(p, c, bv.bv_len);
		flush_dcache_page(bv.bv_page);
		kunmap_local(p);
	}
}

enum cnull_mover {
	CNULL_MOVE_DATA,
	CNULL_MOVE_UNWRITTEN,
	CNULL_MOVE_PATTERN,
};

/* Does one bio, which says which part of it and where. */
static __always_inline blk_status_t
cnull_move_bio(struct cnull_device *dev, const struct cnull_io *io,
	       enum cnull_mover how, struct bio *bio)
{
	switch (how) {
	case CNULL_MOVE_UNWRITTEN:
		cnull_fill(bio, CNULL_UNWRITTEN);
		return BLK_STS_OK;
	case CNULL_MOVE_PATTERN:
		cnull_pattern_fill(bio, (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT,
				   bio->bi_iter.bi_size, dev->conf.pattern);
		return BLK_STS_OK;
	case CNULL_MOVE_DATA:
		break;
	}
	if (dev->cache)
		return cnull_cache_bio(dev->cache, bio, io->fua, io->gfp);
	return cnull_store_bio(&dev->store, bio, io->gfp);
}

/* Does sectors @first up to, not including, @end of an I/O, counted from its start. */
static blk_status_t cnull_move(struct cnull_device *dev,
			       const struct cnull_io *io, enum cnull_mover how,
			       unsigned int first, unsigned int end)
{
	blk_status_t sts = BLK_STS_OK;
	struct bio *bio = io->bio;
	unsigned int pos = 0;

	while (bio && pos < end && sts == BLK_STS_OK) {
		const unsigned int nr = bio_sectors(bio);
		const unsigned int from = max(first, pos);
		const unsigned int to = min(end, pos + nr);

		if (from < to) {
			const struct bvec_iter iter = bio->bi_iter;

			bio_advance_iter(bio, &bio->bi_iter,
					 (from - pos) << SECTOR_SHIFT);
			bio->bi_iter.bi_size = (to - from) << SECTOR_SHIFT;
			/* That of a zone append is the start of the zone. */
			bio->bi_iter.bi_sector = io->sector + from;
			sts = cnull_move_bio(dev, io, how, bio);
			bio->bi_iter = iter;
		}
		pos += nr;
		bio = io->chained ? bio->bi_next : NULL;
	}
	return sts;
}

/* Moves the data of the first @end sectors of an I/O. */
static blk_status_t cnull_move_data(struct cnull_device *dev,
				    const struct cnull_io *io, unsigned int end)
{
	struct bio *bio = io->bio;

	/* Mostly all of a single bio, which says where it goes. */
	if (likely(bio && bio_sectors(bio) == end &&
		   bio->bi_iter.bi_sector == io->sector))
		return cnull_move_bio(dev, io, CNULL_MOVE_DATA, bio);
	return cnull_move(dev, io, CNULL_MOVE_DATA, 0, end);
}

static blk_status_t cnull_read(struct cnull_device *dev, struct cnull_io *io)
{
	const unsigned int end = io->nr_sectors;
	unsigned int readable = end;
	blk_status_t sts;

	if (!dev->conf.memory_backed) {
		if (dev->conf.pattern)
			return cnull_move(dev, io, CNULL_MOVE_PATTERN, 0, end);
		/* KMSAN does not know that the reader's buffer is left alone. */
		if (IS_ENABLED(CONFIG_KMSAN))
			return cnull_move(dev, io, CNULL_MOVE_UNWRITTEN, 0, end);
		return BLK_STS_OK;
	}

	if (dev->zones)
		readable = min(readable,
			       cnull_zones_readable(dev, io->sector, end));
	sts = cnull_move_data(dev, io, readable);
	if (sts == BLK_STS_OK && readable < end)
		sts = cnull_move(dev, io, CNULL_MOVE_UNWRITTEN, readable, end);
	return sts;
}

static blk_status_t cnull_discard(struct cnull_device *dev, struct cnull_io *io)
{
	if (!dev->conf.memory_backed)
		return BLK_STS_OK;
	if (dev->cache)
		return cnull_cache_discard(dev->cache, io->sector,
					   io->nr_sectors, io->gfp);
	if (!gfpflags_allow_blocking(io->gfp) &&
	    !cnull_store_discard_is_short(io->nr_sectors))
		return BLK_STS_NOSPC;
	cnull_store_discard(&dev->store, io->sector, io->nr_sectors, io->gfp);
	return BLK_STS_OK;
}

/**
 * cnull_io_transfer() - Move or drop the data of an I/O
 * @dev: the device
 * @io: a read, write, zone append, discard, write zeroes or flush
 *
 * Knows neither bad blocks nor zones, but for reads: what is beyond a write
 * pointer reads as 0xff.
 *
 * Context: Sleeps only if @io->gfp allows it.
 * Return: BLK_STS_OK; BLK_STS_NOSPC if there is no memory, or if @io->gfp does
 * not allow to sleep and the I/O has to; BLK_STS_NOTSUPP for any other @io->op.
 */
blk_status_t cnull_io_transfer(struct cnull_device *dev, struct cnull_io *io)
{
	switch (io->op) {
	case REQ_OP_READ:
		return cnull_read(dev, io);
	case REQ_OP_WRITE:
	case REQ_OP_ZONE_APPEND:
		if (!dev->conf.memory_backed)
			return BLK_STS_OK;
		return cnull_move_data(dev, io, io->nr_sectors);
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return cnull_discard(dev, io);
	case REQ_OP_FLUSH:
		return dev->cache ? cnull_cache_flush(dev->cache, io->gfp) :
				    BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/**
 * cnull_io_process() - Do an I/O that no zone has a say in
 * @dev: the device
 * @io: as for cnull_io_transfer(); shortened if there is a bad block
 *
 * Context: Sleeps only if @io->gfp allows it.
 * Return: as cnull_io_transfer(), or BLK_STS_IOERR for a bad block.
 */
blk_status_t cnull_io_process(struct cnull_device *dev, struct cnull_io *io)
{
	blk_status_t bad = cnull_badblocks_check(dev, io);
	blk_status_t sts;

	if (bad == BLK_STS_NOSPC || (bad != BLK_STS_OK && !io->nr_sectors))
		return bad;
	sts = cnull_io_transfer(dev, io);
	return sts ?: bad;
}

/**
 * cnull_io_execute() - Do an I/O
 * @dev: the device
 * @io: what to do, with any operation
 *
 * Context: Sleeps only if @io->gfp allows it.
 * Return: the status to complete the I/O with; BLK_STS_NOSPC also if @io->gfp
 * does not allow to sleep and the I/O has to: then all of it can be repeated.
 */
blk_status_t cnull_io_execute(struct cnull_device *dev, struct cnull_io *io)
{
	if (dev->zones)
		return cnull_zones_execute(dev, io);
	return cnull_io_process(dev, io);
}
