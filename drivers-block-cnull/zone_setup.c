// SPDX-License-Identifier: GPL-2.0-only
/*
 * Zoned disks: from the settings of a device to its zones.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sizes.h>

#include <kunit/visibility.h>

#include "zone_cond.h"
#include "zoned.h"

#define CNULL_MIB_SECTORS	(SZ_1M >> SECTOR_SHIFT)

static int cnull_zones_check_config(struct cnull_device *dev)
{
	const struct cnull_config *conf = &dev->conf;
	const unsigned long max_size =
		min_t(unsigned long, conf->size, CNULL_MAX_ZONE_MIB);
	u64 nr_zones;

	if (!is_power_of_2(conf->zone_size) || conf->zone_size > max_size) {
		pr_err_ratelimited("%s: zone_size: %lu is not valid, valid are 1 to %lu, powers of two\n",
				   dev->name, conf->zone_size,
				   rounddown_pow_of_two(max_size));
		return -EINVAL;
	}
	nr_zones = DIV_ROUND_UP_ULL(conf->size, conf->zone_size);
	if (nr_zones > UINT_MAX) {
		pr_err_ratelimited("%s: zone_size: %lu makes %llu zones, valid are 1 to %u\n",
				   dev->name, conf->zone_size, nr_zones, UINT_MAX);
		return -EINVAL;
	}
	if (conf->zone_capacity > conf->zone_size) {
		pr_err_ratelimited("%s: zone_capacity: %lu is more than a zone, valid are 0 to %lu\n",
				   dev->name, conf->zone_capacity,
				   conf->zone_size);
		return -EINVAL;
	}
	/* As null_blk: no real disk has both. */
	if (conf->zone_capacity && conf->zone_capacity < conf->zone_size &&
	    conf->size % conf->zone_size) {
		pr_err_ratelimited("%s: zone_capacity: %lu is not valid with a smaller last zone, valid are 0 and %lu\n",
				   dev->name, conf->zone_capacity,
				   conf->zone_size);
		return -EINVAL;
	}
	return 0;
}

/* As null_blk, corrects what cannot be as it is set, and tells. */
static void cnull_zones_adjust_config(struct cnull_device *dev)
{
	struct cnull_config *conf = &dev->conf;
	unsigned int nr_zones = DIV_ROUND_UP(conf->size, conf->zone_size);
	unsigned int nr_seq;

	if (!conf->zone_capacity)
		conf->zone_capacity = conf->zone_size;

	if (conf->zone_nr_conv >= nr_zones) {
		conf->zone_nr_conv = nr_zones - 1;
		pr_info("%s: zone_nr_conv reduced to %u, since the last zone is sequential\n",
			dev->name, conf->zone_nr_conv);
	}
	nr_seq = nr_zones - conf->zone_nr_conv;

	/* Never larger than a zone of at most 2^31 sectors. */
	conf->zone_append_max_sectors =
		min_t(u64, ALIGN_DOWN(conf->zone_append_max_sectors,
				      conf->blocksize >> SECTOR_SHIFT),
		      (u64)conf->zone_capacity * CNULL_MIB_SECTORS);

	/* A limit that nothing can reach is none. */
	if (conf->zone_max_active >= nr_seq) {
		conf->zone_max_active = 0;
		pr_info("%s: zone_max_active ignored, there are %u sequential zones\n",
			dev->name, nr_seq);
	}
	if (conf->zone_max_active && conf->zone_max_open > conf->zone_max_active) {
		conf->zone_max_open = conf->zone_max_active;
		pr_info("%s: zone_max_open reduced to zone_max_active, %u\n",
			dev->name, conf->zone_max_open);
	} else if (conf->zone_max_open >= nr_seq) {
		conf->zone_max_open = 0;
		pr_info("%s: zone_max_open ignored, there are %u sequential zones\n",
			dev->name, nr_seq);
	}
	if (conf->discard) {
		conf->discard = false;
		pr_info("%s: discard ignored, since it is zoned\n", dev->name);
	}
}

/**
 * cnull_zones_init() - Make the zones of a device that is to be zoned
 * @dev: the device, off, with its lock held
 * @lim: limits of its queue to add to, otherwise complete
 *
 * Corrects settings as null_blk does.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if the settings are not valid together, -ENOMEM.
 */
int cnull_zones_init(struct cnull_device *dev, struct queue_limits *lim)
{
	const struct cnull_config *conf = &dev->conf;
	struct cnull_zones *zones;
	unsigned int i, nr_zones;
	int err;

	err = cnull_zones_check_config(dev);
	if (err)
		return err;

	nr_zones = DIV_ROUND_UP(conf->size, conf->zone_size);
	zones = kvzalloc_node(struct_size(zones, zone, nr_zones),
			      GFP_KERNEL | __GFP_NOWARN, conf->home_node);
	if (!zones)
		return -ENOMEM;

	cnull_zones_adjust_config(dev);
	refcount_set(&zones->users, 1);
	zones->nr_zones = nr_zones;
	zones->nr_conv = conf->zone_nr_conv;
	zones->shift = ilog2(conf->zone_size * CNULL_MIB_SECTORS);
	zones->last_len = (conf->size - (nr_zones - 1) * conf->zone_size) *
			  CNULL_MIB_SECTORS;
	zones->max_open = conf->zone_max_open;
	zones->max_active = conf->zone_max_active;
	zones->limited = zones->max_open || zones->max_active;
	spin_lock_init(&zones->lock);
	zones->next_close = zones->nr_conv;
	for (i = 0; i < nr_zones; i++)
		cnull_zone_init(zones, &zones->zone[i],
				conf->zone_capacity * CNULL_MIB_SECTORS,
				conf->zone_full);
	dev->zones = zones;

	lim->features |= BLK_FEAT_ZONED;
	lim->chunk_sectors = 1U << zones->shift;
	lim->max_hw_zone_append_sectors = conf->zone_append_max_sectors;
	lim->max_open_zones = zones->max_open;
	lim->max_active_zones = zones->max_active;
	lim->max_hw_discard_sectors = 0;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_zones_init);

/**
 * cnull_zones_register() - Tell the block layer about the zones
 * @dev: the device
 * @disk: its disk, with name and capacity, not added yet
 *
 * Context: May sleep.
 * Return: 0, or a negative errno of blk_revalidate_disk_zones().
 */
int cnull_zones_register(struct cnull_device *dev, struct gendisk *disk)
{
	dev->zones->disk = disk;
	pr_info("%s: using %s zone append\n", disk->disk_name,
		queue_emulates_zone_append(disk->queue) ? "emulated" : "native");
	return blk_revalidate_disk_zones(disk);
}
