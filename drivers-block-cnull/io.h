/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An I/O, whether it came as a request or as a bio, and what a device does
 * with it. Devices with neither data nor features have shorter ways in queue.c
 * and bio.c.
 */
#ifndef _CNULL_IO_H
#define _CNULL_IO_H

#include <linux/blk_types.h>
#include <linux/gfp.h>

struct cnull_device;

/*
 * Repeat with the second what failed with the first and BLK_STS_NOSPC. To run out
 * of memory is an error like any other here, not a reason to kill a process.
 */
#define CNULL_GFP_ATOMIC	(GFP_NOWAIT | __GFP_NOWARN)
#define CNULL_GFP_SLEEP		(GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/**
 * struct cnull_io - what a request or a bio asks of a device
 * @op: what to do; a bio with REQ_PREFLUSH is two: a flush and the rest
 * @fua: a write that has to be in the store, not only in the cache, at the end
 * @chained: more bios follow by bi_next (a request); otherwise @bio is alone
 * @sector: start in 512-byte sectors; for a zone append the zone when it
 *	begins, and where the data went when it has ended
 * @nr_sectors: length in 512-byte sectors; shortened by what makes the end
 *	fail: the data before it is moved all the same
 * @bio: the first bio with data, or NULL
 * @gfp: how to allocate; without __GFP_DIRECT_RECLAIM nothing may sleep and
 *	BLK_STS_NOSPC asks to repeat all of it where sleeping is allowed
 */
struct cnull_io {
	enum req_op	op;
	bool		fua;
	bool		chained;
	sector_t	sector;
	unsigned int	nr_sectors;
	struct bio	*bio;
	gfp_t		gfp;
};

/* io.c */
blk_status_t cnull_io_transfer(struct cnull_device *dev, struct cnull_io *io);
blk_status_t cnull_io_process(struct cnull_device *dev, struct cnull_io *io);
blk_status_t cnull_io_execute(struct cnull_device *dev, struct cnull_io *io);

#endif /* _CNULL_IO_H */
