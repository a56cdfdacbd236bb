// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices whose requests a domain decides about: the slot and what a domain is
 * told besides requests.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "domain.h"
#include "zoned.h"

/* A domain that says -EBUSY by itself, which it must not, gives no endless loop. */
#define CNULL_DOMAIN_RETRIES	100

/* Returns false if the task was killed, and is to learn of it. */
static bool cnull_domain_wait(struct domain_slot *slot, bool killable)
{
	if (killable)
		return !domain_slot_wait(slot);
	domain_slot_wait_uninterruptible(slot);
	return true;
}

/*
 * Calls a proxy where sleeping is allowed: -EBUSY means that an update or a
 * recovery is under way, so wait for its end.
 */
#define cnull_domain_try(_slot, _died_too, _killable, _call)		\
({									\
	unsigned int __retries = CNULL_DOMAIN_RETRIES;			\
	long __ret;							\
									\
	do {								\
		__ret = (_call);					\
	} while ((__ret == -EBUSY ||					\
		  ((_died_too) && __ret == -EOWNERDEAD)) &&		\
		 --__retries && cnull_domain_wait(_slot, _killable));	\
	__ret;								\
})

/* A domain that died over a question has not answered it: its successor does */
#define cnull_domain_ask(_slot, _killable, _call)			\
	cnull_domain_try(_slot, true, _killable, _call)
/*
 * One that died over news has had them, perhaps because of them: that is once. Who
 * was killed has to bring them as well, nobody else does.
 */
#define cnull_domain_tell(_slot, _call)					\
	cnull_domain_try(_slot, false, false, _call)

/* What a method returned that may refuse something, as an errno or 0. */
static int cnull_domain_refusal(long ret)
{
	if (ret == -ENOSYS || ret == -EOWNERDEAD)
		return 0;
	return domain_errno(ret);
}

/**
 * cnull_domain_init() - Prepare a device
 * @dev: the device
 */
void cnull_domain_init(struct cnull_device *dev)
{
	cnull_store_init(&dev->domain.second);
}

/**
 * cnull_domain_free() - Take a device's slot and its second store away
 * @dev: the device, powered off
 *
 * Context: May sleep.
 */
void cnull_domain_free(struct cnull_device *dev)
{
	domain_slot_destroy(dev->domain.slot);
	dev->domain.slot = NULL;
	cnull_store_destroy(&dev->domain.second);
}

/**
 * cnull_domain_show() - Read the attribute "domain"
 * @dev: the device, with its lock held
 * @page: where to
 *
 * Return: the number of bytes.
 */
ssize_t cnull_domain_show(struct cnull_device *dev, char *page)
{
	lockdep_assert_held(&dev->lock);

	return sysfs_emit(page, "%s\n", dev->domain.name);
}

/**
 * cnull_domain_store() - Set the attribute "domain"
 * @dev: the device, with its lock held
 * @page: name of the slot to make, or nothing for a device without one; one
 *	newline may follow
 *
 * Context: May sleep.
 * Return: 0; -EBUSY if the device is powered; -ENAMETOOLONG, -EINVAL if it is no
 * name, -EEXIST if there is a slot of that name, or -ENOMEM; then nothing has
 * changed.
 */
int cnull_domain_store(struct cnull_device *dev, const char *page)
{
	const char *end = strchrnul(page, '\n');
	struct domain_slot *slot = NULL;
	char name[DOMAIN_NAME_LEN] = {};

	lockdep_assert_held(&dev->lock);

	if (dev->disk)
		return -EBUSY;
	if (end - page >= sizeof(name)) {
		pr_err_ratelimited("%s: domain: %zu characters, valid are 0 to %zu\n",
				   dev->name, end - page, sizeof(name) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(name, page, end - page);
	if (!strcmp(name, dev->domain.name))
		return 0;
	if (*name) {
		slot = domain_slot_create(&domain_block_interface, name);
		if (IS_ERR(slot)) {
			pr_err_ratelimited("%s: domain: no slot \"%s\", error %ld; valid are unused names of letters, digits, '_' and '-'\n",
					   dev->name, name, PTR_ERR(slot));
			return PTR_ERR(slot);
		}
	}
	domain_slot_destroy(dev->domain.slot);
	dev->domain.slot = slot;
	strscpy(dev->domain.name, name);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_domain_store);

/**
 * cnull_domain_prepare() - Prepare a device for power-on
 * @dev: the device, off, with its lock held
 *
 * Return: 0, or -EINVAL if it has a domain and settings that do not go with that.
 */
int cnull_domain_prepare(struct cnull_device *dev)
{
	if (!dev->domain.slot)
		return 0;
	dev->domain.second.node = dev->conf.home_node;
	if (dev->conf.queue_mode != CNULL_Q_MQ) {
		pr_err_ratelimited("%s: queue_mode: a domain decides about requests, with domain valid is 2\n",
				   dev->name);
		return -EINVAL;
	}
	if (dev->conf.shared_tags) {
		pr_err_ratelimited("%s: shared_tags: other disks do not ask the domain, with domain valid is 0\n",
				   dev->name);
		return -EINVAL;
	}
	return 0;
}

/* The block layer opens only disks that are there. */
static int cnull_domain_open(struct gendisk *disk, blk_mode_t mode)
{
	struct cnull_device *dev = disk->private_data;
	struct domain_slot *slot = dev->domain.slot;
	int err;

	err = cnull_domain_refusal(cnull_domain_ask(slot, true,
						    domain_block_open(slot)));
	if (!err)
		dev->domain.opens++;
	return err;
}

/* But it closes those that are gone as well; cnull_domain_stop() told of that. */
static void cnull_domain_release(struct gendisk *disk)
{
	struct cnull_device *dev;
	struct domain_slot *slot;

	guard(srcu)(&cnull_disk_srcu);
	dev = cnull_disk_device(disk);
	if (!dev)
		return;
	slot = dev->domain.slot;
	dev->domain.opens--;
	cnull_domain_tell(slot, domain_block_release(slot));
}

static const struct block_device_operations cnull_domain_disk_ops = {
	.owner		= THIS_MODULE,
	.open		= cnull_domain_open,
	.release	= cnull_domain_release,
	.report_zones	= cnull_zones_report,
};

/**
 * cnull_domain_fops() - What a disk with a domain can do
 * @dev: the device
 *
 * Return: the operations, or NULL if it has no domain.
 */
const struct block_device_operations *
cnull_domain_fops(const struct cnull_device *dev)
{
	return dev->domain.slot ? &cnull_domain_disk_ops : NULL;
}

/* The slot is open again: dispatch what it made wait. */
static void cnull_domain_reopened(void *arg)
{
	struct request_queue *q = arg;

	/*
	 * A disk that is frozen, with no request in it, may be being resized, with
	 * hardware queues missing. A reference as requests have it keeps that out.
	 */
	if (!percpu_ref_tryget(&q->q_usage_counter))
		return;
	blk_mq_run_hw_queues(q, true);
	percpu_ref_put(&q->q_usage_counter);
}

/**
 * cnull_domain_start() - A disk comes into use
 * @dev: the device, with its lock held
 * @disk: the disk
 *
 * Context: May sleep.
 */
void cnull_domain_start(struct cnull_device *dev, struct gendisk *disk)
{
	if (dev->domain.slot)
		domain_slot_on_reopen(dev->domain.slot, cnull_domain_reopened,
				      disk->queue);
}

/**
 * cnull_domain_stop() - A disk went out of use
 * @dev: the device, with its lock held; its disk is gone
 *
 * For the domain, whoever has the disk open closes it now: when they do, there
 * may be no slot any more, nor a device.
 *
 * Context: May sleep.
 */
void cnull_domain_stop(struct cnull_device *dev)
{
	struct domain_slot *slot = dev->domain.slot;

	if (!slot)
		return;
	for (; dev->domain.opens; dev->domain.opens--)
		cnull_domain_tell(slot, domain_block_release(slot));
	domain_slot_on_reopen(slot, NULL, NULL);
}

/**
 * cnull_domain_init_hctx() - A hardware queue comes
 * @cq: the queue
 * @hctx: the block layer's view of it
 *
 * A domain can refuse the queues of a disk that is being powered on. A resize
 * could not cope with that.
 *
 * Context: May sleep.
 * Return: 0 or what the domain returned.
 */
int cnull_domain_init_hctx(struct cnull_queue *cq, struct blk_mq_hw_ctx *hctx)
{
	struct cnull_device *dev = cq->dev;
	struct domain_slot *slot = dev->domain.slot;
	long ret;

	cq->slot = slot;
	init_llist_head(&cq->domain.untold);
	INIT_WORK(&cq->domain.work, cnull_domain_work_fn);
	if (!slot)
		return 0;
	ret = cnull_domain_ask(slot, !dev->disk,
			       domain_block_init_hctx(slot, hctx->queue_num,
						      dev->tag_set->queue_depth));
	return dev->disk ? 0 : cnull_domain_refusal(ret);
}

/**
 * cnull_domain_exit_hctx() - A hardware queue goes
 * @cq: the queue, without requests
 * @hctx: the block layer's view of it
 *
 * Context: May sleep.
 */
void cnull_domain_exit_hctx(struct cnull_queue *cq, struct blk_mq_hw_ctx *hctx)
{
	struct domain_slot *slot = cq->slot;

	if (!slot)
		return;
	/* It has ended its last request, but may not have returned yet. */
	flush_work(&cq->domain.work);
	cnull_domain_tell(slot, domain_block_exit_hctx(slot, hctx->queue_num));
}

/**
 * cnull_domain_stats() - What a device's domain has counted
 * @dev: the device, with a domain
 * @stats: where to
 *
 * Context: May sleep.
 * Return: 0; -ENOSYS if no image is bound or it does not count; -EBUSY if the
 * task was killed while an update was under way; -EOWNERDEAD if the domain died of
 * it; or what the image returned.
 */
int cnull_domain_stats(struct cnull_device *dev, struct domain_block_stats *stats)
{
	struct domain_slot *slot = dev->domain.slot;
	long ret;

	*stats = (struct domain_block_stats){};
	ret = cnull_domain_try(slot, false, true,
			       domain_block_stats(slot, stats));
	return domain_errno(ret);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_domain_stats);
