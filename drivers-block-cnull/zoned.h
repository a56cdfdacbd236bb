/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_ZONED_H
#define _CNULL_ZONED_H

#include <linux/blkdev.h>
#include <linux/printk.h>

#include "cnull.h"
#include "io.h"

#ifdef CONFIG_BLK_DEV_ZONED

int cnull_zones_init(struct cnull_device *dev, struct queue_limits *lim);
int cnull_zones_register(struct cnull_device *dev, struct gendisk *disk);
void cnull_zones_free(struct cnull_device *dev);
blk_status_t cnull_zones_execute(struct cnull_device *dev, struct cnull_io *io);
unsigned int cnull_zones_readable(struct cnull_device *dev, sector_t sector,
				  unsigned int nr_sectors);
void cnull_zones_describe(struct cnull_zones *zones, unsigned int zone_no,
			  struct blk_zone *blkz);
int cnull_zones_report(struct gendisk *disk, sector_t sector,
		       unsigned int nr_zones,
		       struct blk_report_zones_args *args);
ssize_t cnull_zones_set_cond(struct cnull_device *dev, const char *page,
			     size_t count, enum blk_zone_cond cond);

#else

static inline int cnull_zones_init(struct cnull_device *dev,
				   struct queue_limits *lim)
{
	pr_err_ratelimited("%s: zoned: this kernel has no CONFIG_BLK_DEV_ZONED, valid is 0\n",
			   dev->name);
	return -EINVAL;
}

static inline int cnull_zones_register(struct cnull_device *dev,
				       struct gendisk *disk)
{
	return -ENODEV;
}

static inline void cnull_zones_free(struct cnull_device *dev)
{
}

static inline blk_status_t cnull_zones_execute(struct cnull_device *dev,
					       struct cnull_io *io)
{
	return BLK_STS_NOTSUPP;
}

static inline unsigned int cnull_zones_readable(struct cnull_device *dev,
						sector_t sector,
						unsigned int nr_sectors)
{
	return nr_sectors;
}

static inline ssize_t cnull_zones_set_cond(struct cnull_device *dev,
					   const char *page, size_t count,
					   enum blk_zone_cond cond)
{
	return -EOPNOTSUPP;
}

#define cnull_zones_report	NULL

#endif /* CONFIG_BLK_DEV_ZONED */

#endif /* _CNULL_ZONED_H */
