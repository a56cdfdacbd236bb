// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zoned disks: I/O to zones, reporting them. What an operation does to the
 * condition of a zone is in zone_cond.c, how zones come to be in zone_setup.c.
 *
 * A write copies its data under the lock of its zone, so that the write pointer
 * moves with the data or not at all. What may sleep or takes long marks the zone
 * busy instead and leaves the lock; who finds a zone busy waits or, if it must
 * not sleep, is repeated from where it may. Writes of the block layer do not
 * meet here, since it plugs all but one of each zone.
 *
 * Reads take no lock. A write publishes its data by the write pointer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/wait_bit.h>

#include <kunit/visibility.h>

#include "badblocks.h"
#include "trace.h"
#include "zone_cond.h"
#include "zoned.h"

/* A longer write does not keep the lock of its zone during the copy. */
#define CNULL_ZONE_LONG_SECTORS	(SZ_256K >> SECTOR_SHIFT)

static struct cnull_zone *cnull_zone_of(struct cnull_zones *zones,
					sector_t sector)
{
	return &zones->zone[sector >> zones->shift];
}

/* Where in its zone a sector is. */
static unsigned int cnull_zone_offset(const struct cnull_zones *zones,
				      sector_t sector)
{
	return sector & ((1U << zones->shift) - 1);
}

/* Waits for a locked zone that is busy, or unlocks it if @gfp forbids that. */
static noinline bool cnull_zone_wait(struct cnull_zone *zone, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp)) {
		wait_var_event_spinlock(&zone->busy, !zone->busy, &zone->lock);
		return true;
	}
	spin_unlock(&zone->lock);
	return false;
}

/*
 * Locks a zone in order to change it.
 *
 * Return: false, with the zone not locked, if it is busy and @gfp forbids to
 * wait.
 */
static __always_inline bool cnull_zone_lock(struct cnull_zone *zone, gfp_t gfp)
{
	spin_lock(&zone->lock);
	return likely(!zone->busy) || cnull_zone_wait(zone, gfp);
}

/* Moves the data of a locked zone without holding the lock. */
static blk_status_t cnull_zone_transfer_busy(struct cnull_device *dev,
					     struct cnull_zone *zone,
					     struct cnull_io *io)
{
	blk_status_t sts;

	zone->busy = true;
	spin_unlock(&zone->lock);
	sts = cnull_io_transfer(dev, io);
	spin_lock(&zone->lock);
	zone->busy = false;
	wake_up_var_locked(&zone->busy, &zone->lock);
	return sts;
}

/*
 * Writes to a locked zone: under the lock, unless that takes long or memory is
 * not to be had at once.
 */
static blk_status_t cnull_zone_transfer(struct cnull_device *dev,
					struct cnull_zone *zone,
					struct cnull_io *io)
{
	const gfp_t gfp = io->gfp;
	blk_status_t sts;

	if (io->nr_sectors <= CNULL_ZONE_LONG_SECTORS) {
		io->gfp = CNULL_GFP_ATOMIC;
		sts = cnull_io_transfer(dev, io);
		io->gfp = gfp;
		if (likely(sts != BLK_STS_NOSPC) || !gfpflags_allow_blocking(gfp))
			return sts;
	}
	return cnull_zone_transfer_busy(dev, zone, io);
}

/* Drops the data of a locked zone that is empty by now. Sleeps. */
static blk_status_t cnull_zone_discard(struct cnull_device *dev,
				       struct cnull_zone *zone)
{
	struct cnull_io io = {
		.op		= REQ_OP_DISCARD,
		.sector		= cnull_zone_start(dev->zones, zone),
		.nr_sectors	= cnull_zone_len(dev->zones, zone),
		.gfp		= CNULL_GFP_SLEEP,
	};

	if (!dev->conf.memory_backed)
		return BLK_STS_OK;
	return cnull_zone_transfer_busy(dev, zone, &io);
}

/*
 * A write or a zone append to a locked sequential zone. The write pointer of a
 * zone that nobody can write to is not below its capacity.
 */
static blk_status_t cnull_zone_write(struct cnull_device *dev,
				     struct cnull_zones *zones,
				     struct cnull_zone *zone,
				     struct cnull_io *io)
{
	const unsigned int capacity = zone->capacity, wp = zone->wp;
	blk_status_t sts = BLK_STS_OK, bad = BLK_STS_OK;
	bool begin;

	if (wp >= capacity || io->nr_sectors > capacity - wp)
		return BLK_STS_IOERR;
	if (io->op == REQ_OP_ZONE_APPEND)
		io->sector = cnull_zone_start(zones, zone) + wp;
	else if (cnull_zone_offset(zones, io->sector) != wp)
		return BLK_STS_IOERR;

	/*
	 * Others may close an open zone, but not open a closed one: if it is
	 * closed after this, then this write came first.
	 */
	begin = !wp || cnull_zone_cond(zone) == BLK_ZONE_COND_CLOSED;
	if (begin) {
		sts = cnull_zone_begin_write(zones, zone);
		if (sts != BLK_STS_OK)
			return sts;
	}

	if (unlikely(READ_ONCE(dev->live) & CNULL_LIVE_BADBLOCKS))
		bad = cnull_badblocks_check(dev, io);
	if (unlikely(bad == BLK_STS_NOSPC))
		sts = bad;
	else if (dev->conf.memory_backed && io->nr_sectors)
		sts = cnull_zone_transfer(dev, zone, io);
	if (likely(sts == BLK_STS_OK)) {
		/* Pairs with cnull_zones_readable(): the data comes first. */
		smp_store_release(&zone->wp, wp + io->nr_sectors);
	}
	if (begin || zone->wp == capacity)
		cnull_zone_end_write(zones, zone);
	return sts ?: bad;
}

static noinline blk_status_t cnull_zones_write(struct cnull_device *dev,
					       struct cnull_io *io)
{
	struct cnull_zones *zones = dev->zones;
	struct cnull_zone *zone = cnull_zone_of(zones, io->sector);
	enum blk_zone_cond cond = cnull_zone_cond(zone);
	blk_status_t sts;

	if (cond == BLK_ZONE_COND_NOT_WP) {
		if (io->op == REQ_OP_ZONE_APPEND)
			sts = BLK_STS_IOERR;
		else
			sts = cnull_io_process(dev, io);
	} else {
		if (!cnull_zone_lock(zone, io->gfp))
			return BLK_STS_NOSPC;
		cond = cnull_zone_cond(zone);
		sts = cnull_zone_write(dev, zones, zone, io);
		spin_unlock(&zone->lock);
	}

	/* What is to be repeated is traced then. */
	if (sts != BLK_STS_NOSPC || gfpflags_allow_blocking(io->gfp))
		trace_cnull_zone_op(zones->disk, io->op,
				    cnull_zone_no(zones, zone), cond);
	return sts;
}

static noinline blk_status_t cnull_zones_manage(struct cnull_device *dev,
						const struct cnull_io *io)
{
	struct cnull_zones *zones = dev->zones;
	struct cnull_zone *zone = cnull_zone_of(zones, io->sector);
	blk_status_t sts;

	if (io->op == REQ_OP_ZONE_RESET && dev->conf.memory_backed &&
	    !gfpflags_allow_blocking(io->gfp))
		return BLK_STS_NOSPC;
	if (!cnull_zone_lock(zone, io->gfp))
		return BLK_STS_NOSPC;

	sts = cnull_zone_manage(zones, zone, io->op);
	if (sts == BLK_STS_OK && io->op == REQ_OP_ZONE_RESET)
		sts = cnull_zone_discard(dev, zone);
	if (sts == BLK_STS_OK)
		trace_cnull_zone_op(zones->disk, io->op,
				    cnull_zone_no(zones, zone),
				    cnull_zone_cond(zone));
	spin_unlock(&zone->lock);
	return sts;
}

static noinline blk_status_t cnull_zones_reset_all(struct cnull_device *dev,
						   const struct cnull_io *io)
{
	struct cnull_zones *zones = dev->zones;
	blk_status_t sts = BLK_STS_OK;
	unsigned int i;

	if (!gfpflags_allow_blocking(io->gfp))
		return BLK_STS_NOSPC;

	for (i = zones->nr_conv; i < zones->nr_zones && sts == BLK_STS_OK; i++) {
		struct cnull_zone *zone = &zones->zone[i];

		cond_resched();
		cnull_zone_lock(zone, io->gfp);
		if (cnull_zone_cond(zone) != BLK_ZONE_COND_EMPTY &&
		    !cnull_zone_is_dead(zone)) {
			cnull_zone_manage(zones, zone, REQ_OP_ZONE_RESET);
			sts = cnull_zone_discard(dev, zone);
			trace_cnull_zone_op(zones->disk, io->op, i,
					    cnull_zone_cond(zone));
		}
		spin_unlock(&zone->lock);
	}
	return sts;
}

/**
 * cnull_zones_execute() - Do an I/O to a zoned device
 * @dev: the device, with zones
 * @io: the I/O, within one zone; for a zone append, @io->sector becomes the
 *	place of the data
 *
 * Context: Sleeps only if @io->gfp allows it.
 * Return: BLK_STS_OK; BLK_STS_IOERR for a write that is not at the write pointer
 * or does not fit, for what the type or the condition of the zone forbids, and
 * for bad blocks; BLK_STS_ZONE_OPEN_RESOURCE or BLK_STS_ZONE_ACTIVE_RESOURCE if
 * a limit forbids it; BLK_STS_NOTSUPP for another operation; BLK_STS_NOSPC if
 * there is no memory, or if @io has to be repeated where it may sleep.
 */
blk_status_t cnull_zones_execute(struct cnull_device *dev, struct cnull_io *io)
{
	switch (io->op) {
	case REQ_OP_READ:
		if (cnull_zone_cond(cnull_zone_of(dev->zones, io->sector)) ==
		    BLK_ZONE_COND_OFFLINE)
			return BLK_STS_IOERR;
		/* Without bad blocks there is no more to it than the data. */
		if (likely(!(READ_ONCE(dev->live) & CNULL_LIVE_BADBLOCKS)))
			return cnull_io_transfer(dev, io);
		return cnull_io_process(dev, io);
	case REQ_OP_WRITE:
	case REQ_OP_ZONE_APPEND:
		return cnull_zones_write(dev, io);
	case REQ_OP_FLUSH:
		return cnull_io_process(dev, io);
	case REQ_OP_ZONE_OPEN:
	case REQ_OP_ZONE_CLOSE:
	case REQ_OP_ZONE_FINISH:
	case REQ_OP_ZONE_RESET:
		return cnull_zones_manage(dev, io);
	case REQ_OP_ZONE_RESET_ALL:
		return cnull_zones_reset_all(dev, io);
	default:
		return BLK_STS_NOTSUPP;
	}
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_execute);

/**
 * cnull_zones_readable() - How much of a range has been written
 * @dev: the device, with zones
 * @sector: start in 512-byte sectors
 * @nr_sectors: length in 512-byte sectors, within one zone
 *
 * All of a conventional or read-only zone counts as written.
 *
 * Context: Any.
 * Return: the number of sectors, from the start of the range, that are below
 * the write pointer of the zone.
 */
unsigned int cnull_zones_readable(struct cnull_device *dev, sector_t sector,
				  unsigned int nr_sectors)
{
	struct cnull_zone *zone = cnull_zone_of(dev->zones, sector);
	unsigned int offset = cnull_zone_offset(dev->zones, sector);
	/* Pairs with cnull_zone_write(). */
	unsigned int wp = smp_load_acquire(&zone->wp);

	return offset < wp ? min(nr_sectors, wp - offset) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_readable);

/**
 * cnull_zones_describe() - Say what a zone is like
 * @zones: the zones
 * @zone_no: number of the zone
 * @blkz: where to say it
 *
 * Context: Does not sleep.
 */
void cnull_zones_describe(struct cnull_zones *zones, unsigned int zone_no,
			  struct blk_zone *blkz)
{
	struct cnull_zone *zone = &zones->zone[zone_no];

	guard(spinlock)(&zone->lock);
	*blkz = (struct blk_zone) {
		.start		= cnull_zone_start(zones, zone),
		.len		= cnull_zone_len(zones, zone),
		.wp		= zone->wp == CNULL_ZONE_NO_WP ? U64_MAX :
				  cnull_zone_start(zones, zone) + zone->wp,
		.type		= zone_no < zones->nr_conv ?
				  BLK_ZONE_TYPE_CONVENTIONAL :
				  BLK_ZONE_TYPE_SEQWRITE_REQ,
		.cond		= cnull_zone_cond(zone),
		.capacity	= zone->capacity,
	};
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_describe);

/* The zones of a disk, which may be gone: then NULL. */
static struct cnull_zones *cnull_zones_get(struct gendisk *disk)
{
	struct cnull_device *dev;

	guard(srcu)(&cnull_disk_srcu);
	dev = cnull_disk_device(disk);
	if (!dev)
		return NULL;
	refcount_inc(&dev->zones->users);
	return dev->zones;
}

static void cnull_zones_put(struct cnull_zones *zones)
{
	if (refcount_dec_and_test(&zones->users))
		kvfree(zones);
}

DEFINE_FREE(cnull_zones_put, struct cnull_zones *, if (_T) cnull_zones_put(_T))

/**
 * cnull_zones_report() - ->report_zones() of a zoned disk
 * @disk: the disk
 * @sector: a sector of the first zone to report
 * @nr_zones: how many to report, at most
 * @args: for disk_report_zone()
 *
 * The disk may be removed meanwhile. What disk_report_zone() calls may take long,
 * and cnull_disk_del() does not wait for it.
 *
 * Context: May sleep.
 * Return: the number of zones reported, -ENODEV if the disk has been removed, or
 * a negative errno of disk_report_zone().
 */
int cnull_zones_report(struct gendisk *disk, sector_t sector,
		       unsigned int nr_zones,
		       struct blk_report_zones_args *args)
{
	struct cnull_zones *zones __free(cnull_zones_put) = cnull_zones_get(disk);
	sector_t first;
	unsigned int i;

	if (!zones)
		return -ENODEV;
	first = sector >> zones->shift;
	if (first >= zones->nr_zones)
		return 0;

	nr_zones = min(nr_zones, zones->nr_zones - (unsigned int)first);
	trace_cnull_report_zones(disk, nr_zones);

	for (i = 0; i < nr_zones; i++) {
		struct blk_zone blkz;
		int err;

		cnull_zones_describe(zones, first + i, &blkz);
		err = disk_report_zone(disk, &blkz, i, args);
		if (err)
			return err;
	}
	return nr_zones;
}

/**
 * cnull_zones_set_cond() - Make a zone read-only or offline, or empty again
 * @dev: the device, with its lock held
 * @page: a sector of the zone, in C notation; one newline may follow
 * @count: length of @page in bytes
 * @cond: BLK_ZONE_COND_READONLY or BLK_ZONE_COND_OFFLINE
 *
 * A zone that is in this condition already is repaired: it becomes empty, and
 * its data is lost.
 *
 * Context: May sleep.
 * Return: @count; -EINVAL if the device is not zoned or off, or if @page names
 * no sequential zone.
 */
ssize_t cnull_zones_set_cond(struct cnull_device *dev, const char *page,
			     size_t count, enum blk_zone_cond cond)
{
	const char *what = cond == BLK_ZONE_COND_READONLY ? "zone_readonly" :
							    "zone_offline";
	struct cnull_zones *zones = dev->zones;
	unsigned long long sector;
	struct cnull_zone *zone;
	sector_t start, end;

	lockdep_assert_held(&dev->lock);

	if (!zones) {
		pr_err_ratelimited("%s: %s: the device is not %s\n", dev->name,
				   what, dev->conf.zoned ? "powered" : "zoned");
		return -EINVAL;
	}

	start = (sector_t)zones->nr_conv << zones->shift;
	end = ((sector_t)(zones->nr_zones - 1) << zones->shift) + zones->last_len;
	if (kstrtoull(page, 0, &sector) || sector < start || sector >= end) {
		pr_err_ratelimited("%s: %s: not a sector of a sequential zone, valid are %llu to %llu\n",
				   dev->name, what, (u64)start, (u64)end - 1);
		return -EINVAL;
	}

	zone = cnull_zone_of(zones, sector);
	cnull_zone_lock(zone, CNULL_GFP_SLEEP);
	if (cnull_zone_cond(zone) == cond) {
		cnull_zone_fail(zones, zone, BLK_ZONE_COND_EMPTY);
		cnull_zone_discard(dev, zone);
	} else {
		cnull_zone_fail(zones, zone, cond);
	}
	spin_unlock(&zone->lock);
	return count;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_set_cond);

/**
 * cnull_zones_free() - Forget the zones of a device
 * @dev: the device, with its lock held; its disk is gone; it need not have
 *	been zoned
 *
 * Context: May sleep.
 */
void cnull_zones_free(struct cnull_device *dev)
{
	if (dev->zones)
		cnull_zones_put(dev->zones);
	dev->zones = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_free);
