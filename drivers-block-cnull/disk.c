// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power on and off: makes a disk from the settings of a device, and removes it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/nodemask.h>

#include <kunit/visibility.h>

#include "cache.h"
#include "cnull.h"
#include "domain.h"
#include "stats.h"
#include "tags.h"
#include "zoned.h"

int cnull_major;

/*
 * Readers are methods of disks that neither wait for nor are kept out by
 * del_gendisk(). They find the device, or NULL, by cnull_disk_device().
 */
DEFINE_SRCU(cnull_disk_srcu);

static DEFINE_IDA(cnull_indexes);

static const struct block_device_operations cnull_disk_ops = {
	.owner		= THIS_MODULE,
	.report_zones	= cnull_zones_report,
};

/* As null_blk, and for the scripts that ask for more than the machine has. */
static void cnull_limit_queues(struct cnull_device *dev, const char *name,
			       unsigned int *queues)
{
	if (*queues <= nr_cpu_ids)
		return;
	pr_info("%s: %s reduced from %u to %u, the number of CPUs\n",
		dev->name, name, *queues, nr_cpu_ids);
	*queues = nr_cpu_ids;
}

/* What does not fit the rest, but means no harm: corrected, not refused. */
static void cnull_correct_config(struct cnull_device *dev)
{
	struct cnull_config *conf = &dev->conf;

	if (conf->use_per_node_hctx)
		conf->submit_queues = nr_online_nodes;
	cnull_limit_queues(dev, "submit_queues", &conf->submit_queues);
	cnull_limit_queues(dev, "poll_queues", &conf->poll_queues);

	if (conf->memory_backed)
		return;
	if (conf->discard) {
		pr_info("%s: discard ignored, since it is not memory_backed\n",
			dev->name);
		conf->discard = false;
	}
	if (conf->cache_size) {
		pr_info("%s: cache_size ignored, since it is not memory_backed\n",
			dev->name);
		conf->cache_size = 0;
	}
}

/* Rules between settings; those of a single one are in attrs.h. */
static int cnull_check_config(struct cnull_device *dev)
{
	struct cnull_config *conf = &dev->conf;
	unsigned int min_sectors = max(conf->blocksize, PAGE_SIZE) >> SECTOR_SHIFT;

	if (conf->max_sectors && conf->max_sectors < min_sectors) {
		pr_err_ratelimited("%s: max_sectors: %u is less than a block or a page, valid are 0 and %u to %u\n",
				   dev->name, conf->max_sectors, min_sectors,
				   UINT_MAX);
		return -EINVAL;
	}
	if (conf->home_node != NUMA_NO_NODE && !node_online(conf->home_node)) {
		pr_err_ratelimited("%s: home_node: node %d is not online\n",
				   dev->name, conf->home_node);
		return -EINVAL;
	}
	if (conf->queue_mode == CNULL_Q_RQ) {
		pr_err_ratelimited("%s: queue_mode: 1 is not supported any more, valid are 0 and 2\n",
				   dev->name);
		return -EINVAL;
	}
	/* As null_blk; comes first, since it decides about what follows. */
	if (dev->compat && conf->queue_mode == CNULL_Q_BIO) {
		pr_info("%s: queue_mode: BIO-based IO path is not available with the names of null_blk, using blk-mq instead\n",
			dev->name);
		conf->queue_mode = CNULL_Q_MQ;
	}
	if (conf->queue_mode == CNULL_Q_BIO &&
	    conf->irqmode == CNULL_IRQ_TIMER) {
		pr_err_ratelimited("%s: irqmode: bios complete inline, with queue_mode=0 valid are 0 and 1\n",
				   dev->name);
		return -EINVAL;
	}
	if (conf->pattern && conf->memory_backed) {
		pr_err_ratelimited("%s: pattern: with memory_backed reads return what was written, valid is 0\n",
				   dev->name);
		return -EINVAL;
	}
	if (cnull_domain_prepare(dev))
		return -EINVAL;
	cnull_correct_config(dev);
	return 0;
}

/* The most whose bytes fit struct request.__data_len */
#define CNULL_MAX_SECTORS	(UINT_MAX >> SECTOR_SHIFT)

/*
 * There is no hardware, so nothing limits a request but the block layer: a
 * request that need not be split is the cheapest one.
 */
static struct queue_limits cnull_limits(const struct cnull_config *conf)
{
	struct queue_limits lim = {
		.logical_block_size	= conf->blocksize,
		.physical_block_size	= conf->blocksize,
		.max_hw_sectors		= min_not_zero(conf->max_sectors,
						       CNULL_MAX_SECTORS),
		.max_segments		= USHRT_MAX,
		.max_segment_size	= UINT_MAX,
		.dma_alignment		= 1,
	};

	if (conf->virt_boundary)
		lim.virt_boundary_mask = PAGE_SIZE - 1;
	if (conf->discard)
		lim.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
	/* To write zeroes to a zone would have to move its write pointer. */
	if (conf->memory_backed && !conf->zoned) {
		lim.max_write_zeroes_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim.max_hw_wzeroes_unmap_sectors = UINT_MAX >> SECTOR_SHIFT;
	}
	if (conf->cache_size) {
		lim.features |= BLK_FEAT_WRITE_CACHE;
		if (conf->fua)
			lim.features |= BLK_FEAT_FUA;
	}
	if (conf->rotational)
		lim.features |= BLK_FEAT_ROTATIONAL;
	if (conf->queue_mode == CNULL_Q_BIO)
		lim.features |= BLK_FEAT_SYNCHRONOUS | BLK_FEAT_NOWAIT;
	return lim;
}

static struct gendisk *cnull_alloc_disk(struct cnull_device *dev,
					struct queue_limits *lim)
{
	struct gendisk *disk;
	int err;

	if (dev->conf.queue_mode == CNULL_Q_BIO) {
		disk = blk_alloc_disk(lim, dev->conf.home_node);
		if (!IS_ERR(disk))
			disk->fops = cnull_bio_fops(&dev->conf);
		return disk;
	}

	err = cnull_tags_get(dev);
	if (err)
		return ERR_PTR(err);
	disk = blk_mq_alloc_disk(dev->tag_set, lim, dev);
	if (IS_ERR(disk))
		cnull_tags_put(dev);
	else
		disk->fops = cnull_domain_fops(dev) ?: &cnull_disk_ops;
	return disk;
}

/* What outlives the requests, since these use it. */
static int cnull_init_features(struct cnull_device *dev,
			       struct queue_limits *lim)
{
	const struct cnull_config *conf = &dev->conf;
	int err;

	dev->store.node = conf->home_node;
	if (conf->zoned) {
		err = cnull_zones_init(dev, lim);
		if (err)
			return err;
	}
	if (conf->cache_size) {
		dev->cache = cnull_cache_create(&dev->store,
						(u64)conf->cache_size << 20);
		if (!dev->cache)
			return -ENOMEM;
	}
	return conf->stats ? cnull_stats_create(dev) : 0;
}

static void cnull_exit_features(struct cnull_device *dev)
{
	if (dev->stats)
		cnull_stats_destroy(dev);
	if (dev->cache)
		cnull_cache_destroy(dev->cache);
	dev->cache = NULL;
	cnull_zones_free(dev);
}

/**
 * cnull_disk_add() - Power a device on
 * @dev: the device, off, with its lock held
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if the settings contradict each other, -ENOMEM, or a
 * negative errno of add_disk().
 */
int cnull_disk_add(struct cnull_device *dev)
{
	struct cnull_config *conf = &dev->conf;
	struct queue_limits lim;
	struct gendisk *disk;
	int index, err;

	lockdep_assert_held(&dev->lock);

	err = cnull_check_config(dev);
	if (err)
		return err;

	lim = cnull_limits(conf);
	err = cnull_init_features(dev, &lim);
	if (err)
		goto out_exit_features;

	disk = cnull_alloc_disk(dev, &lim);
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto out_exit_features;
	}

	index = ida_alloc_max(&cnull_indexes, MINORMASK, GFP_KERNEL);
	if (index < 0) {
		err = index;
		goto out_put_disk;
	}
	disk->major = cnull_major;
	disk->first_minor = index;
	disk->minors = 1;
	disk->private_data = dev;
	strscpy(disk->disk_name, dev->name);
	set_capacity(disk, (sector_t)conf->size << (20 - SECTOR_SHIFT));
	if (conf->mbps)
		cnull_throttle_init(&dev->throttle, conf->mbps,
				    dev->tag_set ? disk->queue : NULL);

	if (conf->zoned) {
		err = cnull_zones_register(dev, disk);
		if (err)
			goto out_exit_throttle;
	}
	err = add_disk(disk);
	if (err)
		goto out_exit_throttle;

	dev->disk = disk;
	dev->index = index;
	cnull_domain_start(dev, disk);
	pr_info("disk %s created\n", dev->name);
	return 0;

out_exit_throttle:
	if (conf->mbps)
		cnull_throttle_exit(&dev->throttle);
	ida_free(&cnull_indexes, index);
out_put_disk:
	put_disk(disk);
	cnull_tags_put(dev);
out_exit_features:
	cnull_exit_features(dev);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_disk_add);

/**
 * cnull_disk_del() - Power a device off
 * @dev: the device, on, with its lock held
 *
 * Waits for requests in flight; later ones fail. The data stays, but for what is
 * only in the cache. Those who have the disk open keep it, without the device.
 *
 * Context: May sleep.
 */
void cnull_disk_del(struct cnull_device *dev)
{
	lockdep_assert_held(&dev->lock);

	/* What is in flight would take its time. */
	if (dev->conf.mbps)
		cnull_throttle_release(&dev->throttle);
	del_gendisk(dev->disk);
	WRITE_ONCE(dev->disk->private_data, NULL);
	synchronize_srcu(&cnull_disk_srcu);
	cnull_domain_stop(dev);
	if (dev->conf.mbps)
		cnull_throttle_exit(&dev->throttle);
	put_disk(dev->disk);
	cnull_tags_put(dev);
	cnull_exit_features(dev);
	cnull_set_live(dev, CNULL_LIVE_POLL, false);
	ida_free(&cnull_indexes, dev->index);
	dev->disk = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_disk_del);
