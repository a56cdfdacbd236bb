// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine of zones: which condition and which write pointer follow
 * from an operation, and what the limits of open and active zones allow. Knows
 * neither data nor I/O. The rules are those of ZBC and ZNS as null_blk has them.
 *
 * Every function is called with the zone locked or busy, so that no other
 * operation on it runs. What may happen at any time all the same, if there is a
 * limit, is that a zone is closed implicitly, by an operation on another zone:
 * all of a transition therefore runs under cnull_zones.lock.
 */
#include <linux/blkdev.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>

#include "zone_cond.h"

/**
 * cnull_zone_init() - Set up a zone
 * @zones: all zones, set up but for @zone and those after it
 * @zone: the zone
 * @capacity: sectors that can be written, if it is sequential and no shorter
 * @full: a sequential zone starts full, not empty
 */
void cnull_zone_init(struct cnull_zones *zones, struct cnull_zone *zone,
		     unsigned int capacity, bool full)
{
	const unsigned int len = cnull_zone_len(zones, zone);

	spin_lock_init(&zone->lock);
	if (cnull_zone_no(zones, zone) < zones->nr_conv) {
		zone->capacity = len;
		zone->wp = len;
		zone->cond = BLK_ZONE_COND_NOT_WP;
		return;
	}
	zone->capacity = min(capacity, len);
	zone->wp = full ? zone->capacity : 0;
	zone->cond = full ? BLK_ZONE_COND_FULL : BLK_ZONE_COND_EMPTY;
	zones->nr[zone->cond]++;
}

/* Without limits nothing is counted, and the zone's own lock is enough. */
static void cnull_zones_lock(struct cnull_zones *zones)
{
	if (zones->limited)
		spin_lock(&zones->lock);
}

static void cnull_zones_unlock(struct cnull_zones *zones)
{
	if (zones->limited)
		spin_unlock(&zones->lock);
}

DEFINE_GUARD(cnull_zones, struct cnull_zones *, cnull_zones_lock(_T),
	     cnull_zones_unlock(_T))

static void cnull_zone_set_cond(struct cnull_zones *zones,
				struct cnull_zone *zone, enum blk_zone_cond cond)
{
	if (zones->limited) {
		lockdep_assert_held(&zones->lock);
		zones->nr[zone->cond]--;
		zones->nr[cond]++;
	}
	WRITE_ONCE(zone->cond, cond);
}

static unsigned int cnull_zones_nr_open(const struct cnull_zones *zones)
{
	return zones->nr[BLK_ZONE_COND_IMP_OPEN] +
	       zones->nr[BLK_ZONE_COND_EXP_OPEN];
}

static bool cnull_zones_may_activate(const struct cnull_zones *zones)
{
	return !zones->max_active ||
	       cnull_zones_nr_open(zones) + zones->nr[BLK_ZONE_COND_CLOSED] <
	       zones->max_active;
}

static void cnull_zone_close(struct cnull_zones *zones, struct cnull_zone *zone)
{
	cnull_zone_set_cond(zones, zone,
			    READ_ONCE(zone->wp) || zone->filling ?
			    BLK_ZONE_COND_CLOSED : BLK_ZONE_COND_EMPTY);
}

/*
 * Closes an implicitly open zone, each in turn. Nobody has locked it: a write
 * may be under way there, and will end in a closed zone.
 */
static void cnull_zones_close_next(struct cnull_zones *zones)
{
	unsigned int i;

	for (i = zones->nr_conv; i < zones->nr_zones; i++) {
		struct cnull_zone *zone = &zones->zone[zones->next_close];

		if (++zones->next_close == zones->nr_zones)
			zones->next_close = zones->nr_conv;
		if (zone->cond == BLK_ZONE_COND_IMP_OPEN) {
			cnull_zone_close(zones, zone);
			return;
		}
	}
}

/*
 * Lets an empty or closed zone be opened: the function "manage open zone
 * resources" of ZBC, with the limit of active zones of ZNS on top. As null_blk,
 * it does not close a zone while the limit of active zones is reached, not even
 * in favour of one that is active already.
 */
static blk_status_t cnull_zones_make_room(struct cnull_zones *zones,
					  const struct cnull_zone *zone)
{
	if (!zones->limited)
		return BLK_STS_OK;
	lockdep_assert_held(&zones->lock);

	if (zone->cond == BLK_ZONE_COND_EMPTY && !cnull_zones_may_activate(zones))
		return BLK_STS_ZONE_ACTIVE_RESOURCE;
	if (!zones->max_open || cnull_zones_nr_open(zones) < zones->max_open)
		return BLK_STS_OK;
	if (!zones->nr[BLK_ZONE_COND_IMP_OPEN] || !cnull_zones_may_activate(zones))
		return BLK_STS_ZONE_OPEN_RESOURCE;
	cnull_zones_close_next(zones);
	return BLK_STS_OK;
}

static blk_status_t cnull_zone_open(struct cnull_zones *zones,
				    struct cnull_zone *zone)
{
	blk_status_t sts;

	switch (zone->cond) {
	case BLK_ZONE_COND_EXP_OPEN:
		return BLK_STS_OK;
	case BLK_ZONE_COND_IMP_OPEN:
		break;
	case BLK_ZONE_COND_EMPTY:
	case BLK_ZONE_COND_CLOSED:
		sts = cnull_zones_make_room(zones, zone);
		if (sts != BLK_STS_OK)
			return sts;
		break;
	default:
		return BLK_STS_IOERR;
	}
	cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_EXP_OPEN);
	return BLK_STS_OK;
}

/* What was not written reads as zeroes: the write pointer goes to the end. */
static blk_status_t cnull_zone_finish(struct cnull_zones *zones,
				      struct cnull_zone *zone)
{
	blk_status_t sts;

	switch (zone->cond) {
	case BLK_ZONE_COND_EMPTY:
	case BLK_ZONE_COND_CLOSED:
		/* On its way to full it is open for a moment. */
		sts = cnull_zones_make_room(zones, zone);
		if (sts != BLK_STS_OK)
			return sts;
		break;
	default:
		break;
	}
	cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_FULL);
	WRITE_ONCE(zone->wp, cnull_zone_len(zones, zone));
	return BLK_STS_OK;
}

/**
 * cnull_zone_manage() - Open, close, finish or reset a zone
 * @zones: all zones
 * @zone: the zone, locked
 * @op: REQ_OP_ZONE_OPEN, _CLOSE, _FINISH or _RESET
 *
 * Does not touch data: that of a zone that was reset is for the caller to drop.
 *
 * Context: Does not sleep.
 * Return: BLK_STS_OK; BLK_STS_IOERR if the type or the condition of the zone
 * forbids it; BLK_STS_ZONE_OPEN_RESOURCE or BLK_STS_ZONE_ACTIVE_RESOURCE if a
 * limit does; BLK_STS_NOTSUPP for another @op.
 */
blk_status_t cnull_zone_manage(struct cnull_zones *zones,
			       struct cnull_zone *zone, enum req_op op)
{
	guard(cnull_zones)(zones);

	if (zone->cond == BLK_ZONE_COND_NOT_WP || cnull_zone_is_dead(zone))
		return BLK_STS_IOERR;

	switch (op) {
	case REQ_OP_ZONE_OPEN:
		return cnull_zone_open(zones, zone);
	case REQ_OP_ZONE_CLOSE:
		if (zone->cond == BLK_ZONE_COND_CLOSED)
			return BLK_STS_OK;
		if (zone->cond != BLK_ZONE_COND_IMP_OPEN &&
		    zone->cond != BLK_ZONE_COND_EXP_OPEN)
			return BLK_STS_IOERR;
		cnull_zone_close(zones, zone);
		return BLK_STS_OK;
	case REQ_OP_ZONE_FINISH:
		return cnull_zone_finish(zones, zone);
	case REQ_OP_ZONE_RESET:
		cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_EMPTY);
		WRITE_ONCE(zone->wp, 0);
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/**
 * cnull_zone_fail() - Make a zone read-only or offline, or repair it
 * @zones: all zones
 * @zone: the zone, sequential, locked
 * @cond: BLK_ZONE_COND_READONLY or BLK_ZONE_COND_OFFLINE; BLK_ZONE_COND_EMPTY
 *	to repair it
 *
 * Context: Does not sleep.
 */
void cnull_zone_fail(struct cnull_zones *zones, struct cnull_zone *zone,
		     enum blk_zone_cond cond)
{
	guard(cnull_zones)(zones);

	cnull_zone_set_cond(zones, zone, cond);
	WRITE_ONCE(zone->wp,
		   cond == BLK_ZONE_COND_EMPTY ? 0 : CNULL_ZONE_NO_WP);
}

/**
 * cnull_zone_begin_write() - Open a zone, if it is not, for a write
 * @zones: all zones
 * @zone: the zone, locked, neither full nor dead
 *
 * Needed only for a zone that is closed or whose write pointer is at its start.
 * On success, cnull_zone_end_write() has to follow.
 *
 * Context: Does not sleep.
 * Return: BLK_STS_OK, or BLK_STS_ZONE_OPEN_RESOURCE or
 * BLK_STS_ZONE_ACTIVE_RESOURCE if a limit does not allow it.
 */
blk_status_t cnull_zone_begin_write(struct cnull_zones *zones,
				    struct cnull_zone *zone)
{
	guard(cnull_zones)(zones);

	if (zone->cond == BLK_ZONE_COND_EMPTY ||
	    zone->cond == BLK_ZONE_COND_CLOSED) {
		blk_status_t sts = cnull_zones_make_room(zones, zone);

		if (sts != BLK_STS_OK)
			return sts;
		cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_IMP_OPEN);
	}
	zone->filling = !zone->wp;
	return BLK_STS_OK;
}

/**
 * cnull_zone_end_write() - A write has moved the write pointer, or has failed
 * @zones: all zones
 * @zone: the zone, locked
 *
 * Needed after cnull_zone_begin_write() and when the zone is full.
 *
 * Context: Does not sleep.
 */
void cnull_zone_end_write(struct cnull_zones *zones, struct cnull_zone *zone)
{
	guard(cnull_zones)(zones);

	zone->filling = false;
	if (zone->wp == zone->capacity)
		cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_FULL);
	else if (!zone->wp && zone->cond == BLK_ZONE_COND_CLOSED)
		cnull_zone_set_cond(zones, zone, BLK_ZONE_COND_EMPTY);
}
