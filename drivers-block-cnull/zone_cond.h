/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_ZONE_COND_H
#define _CNULL_ZONE_COND_H

#include <linux/blk_types.h>
#include <linux/blkzoned.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

struct gendisk;

/* The write pointer of a zone that is read-only or offline. */
#define CNULL_ZONE_NO_WP	UINT_MAX

/**
 * struct cnull_zone - a zone
 * @lock: serialises whatever changes the data or the write pointer
 * @wp: write pointer, in sectors from the start of the zone; of a conventional
 *	zone the zone's length; or CNULL_ZONE_NO_WP
 * @capacity: sectors that can be written
 * @cond: enum blk_zone_cond; protected by cnull_zones.lock if there is a limit,
 *	otherwise by @lock
 * @busy: somebody owns the zone without holding @lock, which protects this
 * @filling: its first write is under way, so that it is not empty when it is
 *	closed; protected as @cond is
 */
struct cnull_zone {
	spinlock_t	lock;	/* protects wp and busy, see above */
	unsigned int	wp;
	unsigned int	capacity;
	u8		cond;
	bool		busy;
	bool		filling;
} ____cacheline_aligned_in_smp;

/**
 * struct cnull_zones - the zones of a disk
 * @disk: the disk, NULL until it is registered
 * @nr_zones: number of zones
 * @nr_conv: how many of them, at the start, are conventional
 * @shift: log2 of the size of a zone in sectors
 * @last_len: sectors of the last zone, which may be smaller
 * @max_open: largest number of open zones, 0 for no limit
 * @max_active: largest number of open and closed zones, 0 for no limit
 * @limited: there is such a limit
 * @lock: protects @nr and @next_close, and cnull_zone.cond if there is a limit;
 *	nests inside cnull_zone.lock
 * @nr: number of sequential zones in each condition, if there is a limit
 * @next_close: where the search for a zone to close implicitly goes on
 * @users: the device, and each report that is under way
 * @zone: the zones
 *
 * The members up to @limited are constant.
 */
struct cnull_zones {
	struct gendisk		*disk;
	unsigned int		nr_zones;
	unsigned int		nr_conv;
	unsigned int		shift;
	unsigned int		last_len;
	unsigned int		max_open;
	unsigned int		max_active;
	bool			limited;

	spinlock_t		lock ____cacheline_aligned_in_smp; /* see above */
	unsigned int		nr[BLK_ZONE_COND_OFFLINE + 1];
	unsigned int		next_close;
	refcount_t		users;

	struct cnull_zone	zone[] __counted_by(nr_zones);
};

static inline unsigned int cnull_zone_no(const struct cnull_zones *zones,
					 const struct cnull_zone *zone)
{
	return zone - zones->zone;
}

static inline unsigned int cnull_zone_len(const struct cnull_zones *zones,
					  const struct cnull_zone *zone)
{
	return cnull_zone_no(zones, zone) == zones->nr_zones - 1 ?
	       zones->last_len : 1U << zones->shift;
}

static inline sector_t cnull_zone_start(const struct cnull_zones *zones,
					const struct cnull_zone *zone)
{
	return (sector_t)cnull_zone_no(zones, zone) << zones->shift;
}

/* What it is now; without a lock it may be another at once. */
static inline enum blk_zone_cond cnull_zone_cond(const struct cnull_zone *zone)
{
	return READ_ONCE(zone->cond);
}

/* Read-only and offline zones leave their condition only by configfs. */
static inline bool cnull_zone_is_dead(const struct cnull_zone *zone)
{
	enum blk_zone_cond cond = cnull_zone_cond(zone);

	return cond == BLK_ZONE_COND_READONLY || cond == BLK_ZONE_COND_OFFLINE;
}

void cnull_zone_init(struct cnull_zones *zones, struct cnull_zone *zone,
		     unsigned int capacity, bool full);
blk_status_t cnull_zone_manage(struct cnull_zones *zones,
			       struct cnull_zone *zone, enum req_op op);
void cnull_zone_fail(struct cnull_zones *zones, struct cnull_zone *zone,
		     enum blk_zone_cond cond);
blk_status_t cnull_zone_begin_write(struct cnull_zones *zones,
				    struct cnull_zone *zone);
void cnull_zone_end_write(struct cnull_zones *zones, struct cnull_zone *zone);

#endif /* _CNULL_ZONE_COND_H */
