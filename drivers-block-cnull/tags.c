// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tag sets: how many hardware queues a disk has, of which kind, which CPU uses
 * which, and who shares their tags.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blk-mq.h>
#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "cnull.h"
#include "tags.h"

/* The request timeout of null_blk, on which test scripts rely. */
#define CNULL_TIMEOUT_SECS	5

/**
 * struct cnull_tags - a tag set, of one disk or of all with shared_tags
 * @set: what the block layer knows of it
 * @submit_queues: hardware queues for the types default and read
 * @poll_queues: hardware queues for polled requests
 * @prev_submit_queues: the same before the resize that is going on
 * @prev_poll_queues: the same before the resize that is going on
 * @users: disks that use it
 */
struct cnull_tags {
	struct blk_mq_tag_set	set;
	unsigned int		submit_queues;
	unsigned int		poll_queues;
	unsigned int		prev_submit_queues;
	unsigned int		prev_poll_queues;
	unsigned int		users;
};

static DEFINE_MUTEX(cnull_tags_lock);	/* protects cnull_shared_tags and users */
static struct cnull_tags *cnull_shared_tags;

/**
 * cnull_map_queues() - Tell which CPU uses which hardware queue
 * @set: the tag set, with nr_hw_queues from before or after a resize
 */
void cnull_map_queues(struct blk_mq_tag_set *set)
{
	const struct cnull_tags *tags = set->driver_data;
	unsigned int submit_queues = tags->submit_queues;
	unsigned int poll_queues = tags->poll_queues;
	struct blk_mq_queue_map *map;

	/* If there is no memory for more queues, blk-mq goes back to the old. */
	if (set->nr_hw_queues != submit_queues + poll_queues) {
		submit_queues = tags->prev_submit_queues;
		poll_queues = tags->prev_poll_queues;
	}

	map = &set->map[HCTX_TYPE_DEFAULT];
	map->nr_queues = submit_queues;
	map->queue_offset = 0;
	blk_mq_map_queues(map);

	/* Reads use the default queues. */
	set->map[HCTX_TYPE_READ].nr_queues = 0;

	map = &set->map[HCTX_TYPE_POLL];
	map->nr_queues = poll_queues;
	map->queue_offset = submit_queues;
	if (poll_queues)
		blk_mq_map_queues(map);
}

static struct cnull_tags *cnull_tags_alloc(const struct cnull_config *conf,
					   const struct blk_mq_ops *ops)
{
	struct cnull_tags *tags __free(kfree) = kzalloc_obj(*tags);
	struct blk_mq_tag_set *set;
	int err;

	if (!tags)
		return ERR_PTR(-ENOMEM);

	tags->submit_queues = min(conf->submit_queues, nr_cpu_ids);
	if (conf->use_per_node_hctx)
		tags->submit_queues = nr_online_nodes;
	tags->poll_queues = min(conf->poll_queues, nr_cpu_ids);
	tags->prev_submit_queues = tags->submit_queues;
	tags->prev_poll_queues = tags->poll_queues;

	set = &tags->set;
	set->ops = ops;
	/* Also without polled queues: a resize may add some. */
	set->nr_maps = HCTX_MAX_TYPES;
	set->nr_hw_queues = tags->submit_queues + tags->poll_queues;
	set->queue_depth = conf->hw_queue_depth;
	set->cmd_size = sizeof(struct cnull_cmd);
	set->numa_node = conf->home_node;
	set->timeout = CNULL_TIMEOUT_SECS * HZ;
	set->driver_data = tags;
	if (conf->no_sched)
		set->flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	if (conf->blocking)
		set->flags |= BLK_MQ_F_BLOCKING;
	if (conf->shared_tag_bitmap)
		set->flags |= BLK_MQ_F_TAG_HCTX_SHARED;
	err = blk_mq_alloc_tag_set(set);
	if (err)
		return ERR_PTR(err);
	return_ptr(tags);
}

/**
 * cnull_tags_get() - Give a device a tag set
 * @dev: the device, with its lock held; sets @dev->tag_set
 *
 * With shared_tags it is that of all such devices, which is made from the module
 * parameters when the first one needs it; the settings of the device about
 * queues and tags do not matter then.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if the module parameters for shared tags are not valid; or a
 * negative errno of blk_mq_alloc_tag_set().
 */
int cnull_tags_get(struct cnull_device *dev)
{
	struct cnull_tags *tags;

	lockdep_assert_held(&dev->lock);

	if (!dev->conf.shared_tags) {
		tags = cnull_tags_alloc(&dev->conf, cnull_queue_ops(dev));
		if (IS_ERR(tags))
			return PTR_ERR(tags);
		dev->tag_set = &tags->set;
		return 0;
	}

	guard(mutex)(&cnull_tags_lock);
	tags = cnull_shared_tags;
	if (!tags) {
		const int node = cnull_defaults.home_node;

		/* That of the device, which has been checked, does not count. */
		if (node != NUMA_NO_NODE && !node_online(node)) {
			pr_err_ratelimited("%s: shared_tags: node %d of the module parameter home_node is not online\n",
					   dev->name, node);
			return -EINVAL;
		}
		/* Devices of all kinds have to find their operations here. */
		tags = cnull_tags_alloc(&cnull_defaults, cnull_queue_ops(NULL));
		if (IS_ERR(tags))
			return PTR_ERR(tags);
		cnull_shared_tags = tags;
	}
	tags->users++;
	dev->tag_set = &tags->set;
	return 0;
}

/**
 * cnull_tags_put() - Take the tag set of a device away
 * @dev: the device, with its lock held, and without a disk
 *
 * Context: May sleep.
 */
void cnull_tags_put(struct cnull_device *dev)
{
	struct cnull_tags *tags;

	lockdep_assert_held(&dev->lock);

	if (!dev->tag_set)
		return;
	tags = dev->tag_set->driver_data;
	dev->tag_set = NULL;

	guard(mutex)(&cnull_tags_lock);
	if (tags == cnull_shared_tags) {
		if (--tags->users)
			return;
		cnull_shared_tags = NULL;
	}
	blk_mq_free_tag_set(&tags->set);
	kfree(tags);
}

/**
 * cnull_tags_resize() - Change the number of hardware queues of a disk
 * @dev: the device, powered, with its lock held
 * @submit_queues: number of queues that are not polled, 1 to nr_cpu_ids
 * @poll_queues: number of polled queues, 0 to nr_cpu_ids
 *
 * Waits for the requests in flight. Changes nothing on error.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if a number is out of range or the tag set is shared;
 * -ENOMEM.
 */
int cnull_tags_resize(struct cnull_device *dev, unsigned int submit_queues,
		      unsigned int poll_queues)
{
	const unsigned int total = submit_queues + poll_queues;
	struct cnull_tags *tags;

	lockdep_assert_held(&dev->lock);

	if (!dev->tag_set) {
		pr_err_ratelimited("%s: submit_queues and poll_queues: a disk with queue_mode=0 has none to resize\n",
				   dev->name);
		return -EINVAL;
	}
	if (dev->conf.shared_tags) {
		pr_err_ratelimited("%s: submit_queues and poll_queues: with shared_tags they are those of the module parameters\n",
				   dev->name);
		return -EINVAL;
	}
	if (!submit_queues || submit_queues > nr_cpu_ids ||
	    poll_queues > nr_cpu_ids) {
		pr_err_ratelimited("%s: queues: %u and %u polled, valid are 1 to %u and 0 to %u\n",
				   dev->name, submit_queues, poll_queues,
				   nr_cpu_ids, nr_cpu_ids);
		return -EINVAL;
	}

	tags = dev->tag_set->driver_data;
	if (submit_queues == tags->submit_queues &&
	    poll_queues == tags->poll_queues)
		return 0;

	tags->prev_submit_queues = tags->submit_queues;
	tags->prev_poll_queues = tags->poll_queues;
	tags->submit_queues = submit_queues;
	tags->poll_queues = poll_queues;
	if (poll_queues)
		cnull_set_live(dev, CNULL_LIVE_POLL, true);

	blk_mq_update_nr_hw_queues(&tags->set, total);
	if (tags->set.nr_hw_queues == total)
		return 0;

	tags->submit_queues = tags->prev_submit_queues;
	tags->poll_queues = tags->prev_poll_queues;
	return -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_tags_resize);
