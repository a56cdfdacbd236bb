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

#include "cnull.h"

/* The request timeout of null_blk, on which test scripts rely. */
#define CNULL_TIMEOUT_SECS	5

int cnull_major;

static DEFINE_IDA(cnull_indexes);

static const struct block_device_operations cnull_disk_ops = {
	.owner	= THIS_MODULE,
};

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

	/*
	 * As null_blk, and for the scripts that ask for more queues than the
	 * machine at hand has CPUs: correct these instead of failing.
	 */
	if (conf->use_per_node_hctx) {
		conf->submit_queues = nr_online_nodes;
	} else if (conf->submit_queues > nr_cpu_ids) {
		pr_info("%s: submit_queues reduced from %u to %u, the number of CPUs\n",
			dev->name, conf->submit_queues, nr_cpu_ids);
		conf->submit_queues = nr_cpu_ids;
	}
	if (conf->discard && !conf->memory_backed) {
		pr_info("%s: discard ignored, since it is not memory_backed\n",
			dev->name);
		conf->discard = false;
	}
	return 0;
}

static int cnull_init_tag_set(struct cnull_device *dev)
{
	const struct cnull_config *conf = &dev->conf;
	struct blk_mq_tag_set *set = &dev->tag_set;

	*set = (struct blk_mq_tag_set) {
		.ops		= cnull_queue_ops(conf),
		.nr_maps	= 1,
		.nr_hw_queues	= conf->submit_queues,
		.queue_depth	= conf->hw_queue_depth,
		.cmd_size	= sizeof(struct cnull_cmd),
		.numa_node	= conf->home_node,
		.timeout	= CNULL_TIMEOUT_SECS * HZ,
	};
	if (conf->no_sched)
		set->flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	if (conf->blocking)
		set->flags |= BLK_MQ_F_BLOCKING;
	return blk_mq_alloc_tag_set(set);
}

/*
 * There is no hardware, so nothing limits a request but the block layer: a
 * request that need not be split is the cheapest one.
 */
static struct queue_limits cnull_limits(const struct cnull_config *conf)
{
	struct queue_limits lim = {
		.logical_block_size	= conf->blocksize,
		.physical_block_size	= conf->blocksize,
		.max_hw_sectors		= conf->max_sectors ?: UINT_MAX,
		.max_segments		= USHRT_MAX,
		.max_segment_size	= UINT_MAX,
		.dma_alignment		= 1,
	};

	if (conf->virt_boundary)
		lim.virt_boundary_mask = PAGE_SIZE - 1;
	if (conf->discard)
		lim.max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
	if (conf->rotational)
		lim.features |= BLK_FEAT_ROTATIONAL;
	return lim;
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

	dev->store.node = conf->home_node;
	err = cnull_init_tag_set(dev);
	if (err)
		return err;

	lim = cnull_limits(conf);
	disk = blk_mq_alloc_disk(&dev->tag_set, &lim, dev);
	if (IS_ERR(disk)) {
		err = PTR_ERR(disk);
		goto out_free_tag_set;
	}

	index = ida_alloc_max(&cnull_indexes, MINORMASK, GFP_KERNEL);
	if (index < 0) {
		err = index;
		goto out_put_disk;
	}
	disk->major = cnull_major;
	disk->first_minor = index;
	disk->minors = 1;
	disk->fops = &cnull_disk_ops;
	disk->private_data = dev;
	strscpy(disk->disk_name, dev->name);
	set_capacity(disk, (sector_t)conf->size << (20 - SECTOR_SHIFT));

	err = add_disk(disk);
	if (err)
		goto out_free_index;

	dev->disk = disk;
	dev->index = index;
	pr_info("disk %s created\n", dev->name);
	return 0;

out_free_index:
	ida_free(&cnull_indexes, index);
out_put_disk:
	put_disk(disk);
out_free_tag_set:
	blk_mq_free_tag_set(&dev->tag_set);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_disk_add);

/**
 * cnull_disk_del() - Power a device off
 * @dev: the device, on, with its lock held
 *
 * Waits for requests in flight; later ones fail. The data stays.
 *
 * Context: May sleep.
 */
void cnull_disk_del(struct cnull_device *dev)
{
	lockdep_assert_held(&dev->lock);

	del_gendisk(dev->disk);
	put_disk(dev->disk);
	blk_mq_free_tag_set(&dev->tag_set);
	ida_free(&cnull_indexes, dev->index);
	dev->disk = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_disk_del);
