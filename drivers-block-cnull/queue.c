// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of cnull: blk-mq operations.
 *
 * ->queue_rq() does not sleep, unless the device is set to "blocking", and takes
 * no lock but those of the write cache and of zones.
 * Work that may have to sleep - a page that cannot be allocated at once, a long
 * discard - goes to a workqueue with the request and completes from there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "queue.h"
#include "tags.h"

struct workqueue_struct *cnull_wq;

static enum hrtimer_restart cnull_timer_expired(struct hrtimer *timer)
{
	struct cnull_cmd *cmd = container_of(timer, struct cnull_cmd, timer);
	struct request *rq = blk_mq_rq_from_pdu(cmd);
	struct cnull_queue *cq = rq->mq_hctx->driver_data;

	/* Only a domain delays polled requests. */
	if (rq->mq_hctx->type == HCTX_TYPE_POLL)
		llist_add(&cmd->link, &cq->polled);
	else
		cnull_end(cq, cq->features, rq, cmd->error);
	return HRTIMER_NORESTART;
}

static void cnull_complete_rq(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	struct cnull_queue *cq = rq->mq_hctx->driver_data;

	cnull_end(cq, cq->features, rq, cmd->error);
}

/**
 * cnull_complete() - Complete a request that is done
 * @cq: its queue
 * @rq: the request
 * @sts: how it ended
 *
 * As irqmode says, at once or later, or leaves it to whoever polls for it.
 *
 * Context: Any but NMI.
 */
void cnull_complete(struct cnull_queue *cq, struct request *rq, blk_status_t sts)
{
	const bool polled = rq->mq_hctx->type == HCTX_TYPE_POLL;
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	if (cq->features & CNULL_F_DOMAIN) {
		u64 delay_ns = cnull_domain_delay(cmd);

		if (delay_ns) {
			ktime_t delay = ns_to_ktime(delay_ns);

			if (cq->irqmode == CNULL_IRQ_TIMER && !polled)
				delay = ktime_add_safe(delay, cq->completion_time);
			cmd->error = sts;
			hrtimer_start(&cmd->timer, delay, HRTIMER_MODE_REL);
			return;
		}
	}
	if (polled) {
		cmd->error = sts;
		llist_add(&cmd->link, &cq->polled);
		return;
	}

	switch (cq->irqmode) {
	case CNULL_IRQ_NONE:
		cnull_end(cq, cq->features, rq, sts);
		break;
	case CNULL_IRQ_SOFTIRQ:
		cmd->error = sts;
		blk_mq_complete_request(rq);
		break;
	case CNULL_IRQ_TIMER:
		cmd->error = sts;
		hrtimer_start(&cmd->timer, cq->completion_time,
			      HRTIMER_MODE_REL);
		break;
	}
}

/**
 * cnull_kmsan_init_read() - Have something in the buffer of a read without data
 * @rq: the request; nothing happens if it is no read
 *
 * KMSAN does not know that a null device leaves the reader's buffer alone.
 * Without KMSAN it does.
 *
 * Context: Any.
 */
void cnull_kmsan_init_read(struct request *rq)
{
	struct bio *bio;

	if (IS_ENABLED(CONFIG_KMSAN) && req_op(rq) == REQ_OP_READ)
		__rq_for_each_bio(bio, rq)
			zero_fill_bio(bio);
}

/**
 * cnull_execute() - Do what a request asks of any device
 * @cq: its queue
 * @rq: the request; after a zone append its sector is the place of the data
 * @gfp: CNULL_GFP_SLEEP or CNULL_GFP_ATOMIC
 *
 * Context: Sleeps only if @gfp allows it.
 * Return: its status; BLK_STS_NOSPC also if @gfp does not allow to sleep and it
 * has to.
 */
blk_status_t cnull_execute(struct cnull_queue *cq, struct request *rq, gfp_t gfp)
{
	struct cnull_io io = {
		.op		= req_op(rq),
		.fua		= rq->cmd_flags & REQ_FUA,
		.chained	= true,
		.sector		= blk_rq_pos(rq),
		.nr_sectors	= blk_rq_sectors(rq),
		.bio		= rq->bio,
		.gfp		= gfp,
	};
	blk_status_t sts = cnull_io_execute(cq->dev, &io);

	if (io.op == REQ_OP_ZONE_APPEND && sts == BLK_STS_OK)
		rq->__sector = io.sector;
	return sts;
}

static void cnull_work_fn(struct work_struct *work)
{
	struct cnull_queue *cq = container_of(work, struct cnull_queue, work);
	struct llist_node *list = llist_del_all(&cq->deferred);
	struct cnull_cmd *cmd, *next;

	llist_for_each_entry_safe(cmd, next, llist_reverse_order(list), link) {
		struct request *rq = blk_mq_rq_from_pdu(cmd);
		blk_status_t sts;

		if (cq->features & CNULL_F_DOMAIN)
			sts = cnull_domain_execute(cq, rq, CNULL_GFP_SLEEP);
		else
			sts = cnull_execute(cq, rq, CNULL_GFP_SLEEP);
		/* It may have timed out while it slept. */
		cnull_complete(cq, rq, READ_ONCE(cmd->error) ?: sts);
		cond_resched();
	}
}

/**
 * cnull_defer() - Leave a request that may have to sleep to a worker
 * @cq: its queue
 * @rq: the request, started; the worker executes and completes it
 *
 * Context: Any.
 */
void cnull_defer(struct cnull_queue *cq, struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	cmd->error = BLK_STS_OK;
	if (llist_add(&cmd->link, &cq->deferred))
		queue_work(cnull_wq, &cq->work);
}

/* The bytes of a request that a limit of bandwidth is about. */
static unsigned int cnull_data_bytes(const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
	case REQ_OP_ZONE_APPEND:
		return blk_rq_bytes(rq);
	default:
		return 0;
	}
}

/**
 * cnull_start_checked() - Start a request of a device that has faults, a limit of
 * bandwidth or statistics
 * @cq: its queue
 * @features: enum cnull_features of the queue
 * @rq: the request
 * @sts: where to say why it is refused
 *
 * Context: That of ->queue_rq().
 * Return: CNULL_DONE if it is to be executed; CNULL_REFUSED if the block layer
 * keeps it, with @sts; CNULL_PENDING if a fault took it, to be requeued or to
 * time out.
 */
enum cnull_progress
cnull_start_checked(struct cnull_queue *cq, unsigned int features,
		    struct request *rq, blk_status_t *sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	struct cnull_device *dev = cq->dev;
	unsigned int bytes;

	if (cnull_fault_requeue(&dev->faults)) {
		/* As null_blk, take turns between the two ways to do this. */
		if (atomic_inc_return(&cq->requeues) & 1) {
			*sts = BLK_STS_RESOURCE;
			return CNULL_REFUSED;
		}
		blk_mq_requeue_request(rq, true);
		return CNULL_PENDING;
	}
	if (features & CNULL_F_THROTTLE) {
		bytes = cnull_data_bytes(rq);
		if (bytes && !cnull_throttle_charge(&dev->throttle, bytes)) {
			*sts = BLK_STS_RESOURCE;
			return CNULL_REFUSED;
		}
	}
	if (features & CNULL_F_STATS)
		cmd->start_ns = ktime_get_ns();

	cmd->fake_timeout = cnull_fault_timeout(&dev->faults) ||
			    blk_should_fake_timeout(rq->q);
	blk_mq_start_request(rq);
	return cmd->fake_timeout ? CNULL_PENDING : CNULL_DONE;
}

static blk_status_t cnull_queue_rq(struct blk_mq_hw_ctx *hctx,
				   const struct blk_mq_queue_data *bd)
{
	struct cnull_queue *cq = hctx->driver_data;

	return cnull_queue(cq, cnull_queue_features(cq), bd->rq);
}

/*
 * ->queue_rq(), compiled once for each of the two plainest devices and once for
 * all others: what a device does not use is not even tested for.
 */
static blk_status_t cnull_queue_rq_null(struct blk_mq_hw_ctx *hctx,
					const struct blk_mq_queue_data *bd)
{
	if (static_branch_unlikely(&cnull_live_key))
		return cnull_queue_rq(hctx, bd);
	return cnull_queue(hctx->driver_data, CNULL_F_DEBUG, bd->rq);
}

static blk_status_t cnull_queue_rq_memory(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd)
{
	if (static_branch_unlikely(&cnull_live_key))
		return cnull_queue_rq(hctx, bd);
	return cnull_queue(hctx->driver_data, CNULL_F_MEMORY | CNULL_F_DEBUG,
			   bd->rq);
}

static void cnull_queue_rqs(struct rq_list *rqlist)
{
	struct rq_list refused = {};
	DEFINE_IO_COMP_BATCH(iob);
	struct request *rq;

	while ((rq = rq_list_pop(rqlist))) {
		struct cnull_queue *cq = rq->mq_hctx->driver_data;
		unsigned int features = cnull_queue_features(cq);
		enum cnull_progress progress;
		blk_status_t sts;

		progress = cnull_start(cq, features, rq, &sts);
		if (unlikely(progress != CNULL_DONE)) {
			if (progress == CNULL_REFUSED)
				rq_list_add_tail(&refused, rq);
			continue;
		}

		if (!cnull_ends_inline(features, rq)) {
			cnull_complete(cq, rq, sts);
			continue;
		}
		cnull_account(cq, features, rq, sts);
		cnull_end_batched(rq, sts, &iob, rq_list_empty(rqlist));
	}

	if (!rq_list_empty(&iob.req_list))
		blk_mq_end_request_batch(&iob);
	*rqlist = refused;
}

static int cnull_reap(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob,
		      bool all)
{
	struct cnull_queue *cq = hctx->driver_data;
	struct cnull_cmd *cmd, *next;
	struct llist_node *list;
	int n = 0;

	if (llist_empty(&cq->polled))
		return 0;
	list = llist_reverse_order(llist_del_all(&cq->polled));
	if ((cq->features & CNULL_F_DOMAIN) && !all && list)
		list = cnull_domain_poll(cq, hctx->queue_num, list);
	llist_for_each_entry_safe(cmd, next, list, link) {
		struct request *rq = blk_mq_rq_from_pdu(cmd);
		blk_status_t sts = READ_ONCE(cmd->error);

		cnull_account(cq, cq->features, rq, sts);
		n++;
		if ((cq->features & CNULL_F_DOMAIN) &&
		    !cnull_domain_end(cq, rq, sts))
			continue;
		if (!blk_mq_add_to_batch(rq, iob, sts != BLK_STS_OK,
					 blk_mq_end_request_batch))
			blk_mq_end_request(rq, sts);
	}
	return n;
}

/* Completes what is done; the data has moved when the request was queued. */
static int cnull_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	return cnull_reap(hctx, iob, false);
}

/*
 * A request whose timeout is faked waits for this. One that really takes too
 * long is still owned by its timer or by the workqueue, which completes it with
 * the error noted here. One that nobody polls for is completed here, with all
 * others that are done: only the whole list can be taken without a lock. If it is
 * not in the list, it may get there, or get back there, without anybody who polls
 * for it then; so its time begins anew.
 */
static enum blk_eh_timer_return cnull_timeout_rq(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	pr_info_ratelimited("%s: request %d timed out\n",
			    rq->q->disk ? rq->q->disk->disk_name : "?", rq->tag);
	WRITE_ONCE(cmd->error, BLK_STS_TIMEOUT);
	if (cmd->fake_timeout) {
		cmd->fake_timeout = false;
		blk_mq_complete_request(rq);
	} else if (rq->mq_hctx->type == HCTX_TYPE_POLL) {
		cnull_reap(rq->mq_hctx, NULL, true);
		if (blk_mq_rq_state(rq) == MQ_RQ_IN_FLIGHT)
			return BLK_EH_RESET_TIMER;
	}
	return BLK_EH_DONE;
}

static unsigned int cnull_features(const struct cnull_device *dev)
{
	const struct cnull_config *conf = &dev->conf;
	unsigned int features = CNULL_F_DEBUG;

	if (conf->memory_backed)
		features |= CNULL_F_MEMORY;
	if (conf->irqmode != CNULL_IRQ_NONE)
		features |= CNULL_F_DEFER_COMPLETION;
	if (conf->blocking)
		features |= CNULL_F_BLOCKING;
	if (conf->poll_queues)
		features |= CNULL_F_POLL;
	if (conf->mbps)
		features |= CNULL_F_THROTTLE;
	if (conf->stats)
		features |= CNULL_F_STATS;
	if (conf->cache_size || conf->zoned || conf->pattern)
		features |= CNULL_F_IO;
	if (cnull_has_domain(dev))
		features |= CNULL_F_DOMAIN;
	return features;
}

/*
 * Whether a fault keeps a hardware queue from being set up. A resize repeats an
 * attempt that failed, but cannot cope with a second failure: it would leave a
 * disk in use without that queue.
 */
static bool cnull_init_hctx_fails(struct cnull_device *dev)
{
	const bool fails = cnull_fault_init_hctx(&dev->faults) &&
			   !(dev->disk && dev->init_hctx_failed);

	dev->init_hctx_failed = fails;
	return fails;
}

static int cnull_init_hctx(struct blk_mq_hw_ctx *hctx, void *data,
			   unsigned int index)
{
	struct cnull_device *dev = hctx->queue->queuedata;
	const struct cnull_config *conf = &dev->conf;
	struct cnull_queue *cq;
	int err;

	if (cnull_init_hctx_fails(dev))
		return -EFAULT;

	cq = kzalloc_node(sizeof(*cq), GFP_KERNEL, hctx->numa_node);
	if (!cq)
		return -ENOMEM;

	cq->dev = dev;
	cq->features = cnull_features(dev);
	/* A shared tag set decides that for all its disks. */
	if (!(hctx->flags & BLK_MQ_F_BLOCKING))
		cq->features &= ~CNULL_F_BLOCKING;
	if (dev->tag_set->map[HCTX_TYPE_POLL].nr_queues)
		cq->features |= CNULL_F_POLL;
	cq->irqmode = conf->irqmode;
	cq->completion_time = ns_to_ktime(conf->completion_nsec);
	cq->store = &dev->store;
	init_llist_head(&cq->polled);
	init_llist_head(&cq->deferred);
	INIT_WORK(&cq->work, cnull_work_fn);
	err = cnull_domain_init_hctx(cq, hctx);
	if (err) {
		kfree(cq);
		return err;
	}
	hctx->driver_data = cq;
	/* One that a resize uses again may have been stopped by the limit when it went. */
	clear_bit(BLK_MQ_S_STOPPED, &hctx->state);
	return 0;
}

static void cnull_exit_hctx(struct blk_mq_hw_ctx *hctx, unsigned int index)
{
	struct cnull_queue *cq = hctx->driver_data;

	/* It has completed its last request, but may not have returned yet. */
	flush_work(&cq->work);
	cnull_domain_exit_hctx(cq, hctx);
	kfree(cq);
	hctx->driver_data = NULL;
}

static int cnull_init_request(struct blk_mq_tag_set *set, struct request *rq,
			      unsigned int hctx_idx, int numa_node)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	cmd->error = BLK_STS_OK;
	cmd->fake_timeout = false;
	hrtimer_setup(&cmd->timer, cnull_timer_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	return 0;
}

#define CNULL_MQ_OPS(_queue_rq, _queue_rqs, ...) {	\
	.queue_rq	= _queue_rq,			\
	.queue_rqs	= _queue_rqs,			\
	.complete	= cnull_complete_rq,		\
	.timeout	= cnull_timeout_rq,		\
	.poll		= cnull_poll,			\
	.map_queues	= cnull_map_queues,		\
	.init_hctx	= cnull_init_hctx,		\
	.exit_hctx	= cnull_exit_hctx,		\
	.init_request	= cnull_init_request,		\
	__VA_ARGS__					\
}

static const struct blk_mq_ops cnull_mq_ops_null =
	CNULL_MQ_OPS(cnull_queue_rq_null, cnull_queue_rqs);
static const struct blk_mq_ops cnull_mq_ops_memory =
	CNULL_MQ_OPS(cnull_queue_rq_memory, cnull_queue_rqs);
static const struct blk_mq_ops cnull_mq_ops =
	CNULL_MQ_OPS(cnull_queue_rq, cnull_queue_rqs);
#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
static const struct blk_mq_ops cnull_mq_ops_domain_memory =
	CNULL_MQ_OPS(cnull_domain_queue_rq_memory, cnull_domain_queue_rqs,
		     .commit_rqs = cnull_domain_commit_rqs,
		     .cleanup_rq = cnull_domain_cleanup_rq);
static const struct blk_mq_ops cnull_mq_ops_domain =
	CNULL_MQ_OPS(cnull_domain_queue_rq, cnull_domain_queue_rqs,
		     .commit_rqs = cnull_domain_commit_rqs,
		     .cleanup_rq = cnull_domain_cleanup_rq);
#endif

/**
 * cnull_queue_ops() - How a device takes requests
 * @dev: the device, or NULL for operations that suit any without a domain
 *
 * Return: the operations for its tag set.
 */
const struct blk_mq_ops *cnull_queue_ops(const struct cnull_device *dev)
{
	if (!dev)
		return &cnull_mq_ops;
	switch (cnull_features(dev)) {
	case CNULL_F_DEBUG:
		return &cnull_mq_ops_null;
	case CNULL_F_MEMORY | CNULL_F_DEBUG:
		return &cnull_mq_ops_memory;
#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
	case CNULL_F_MEMORY | CNULL_F_DOMAIN | CNULL_F_DEBUG:
		return &cnull_mq_ops_domain_memory;
#endif
	default:
		break;
	}
#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
	if (cnull_has_domain(dev))
		return &cnull_mq_ops_domain;
#endif
	return &cnull_mq_ops;
}

/**
 * cnull_queue_init() - Prepare for the first device
 *
 * Return: 0, or -ENOMEM.
 */
int __init cnull_queue_init(void)
{
	cnull_wq = alloc_workqueue("cnull", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return cnull_wq ? 0 : -ENOMEM;
}

/**
 * cnull_queue_exit() - Clean up after the last device
 *
 * Context: May sleep.
 */
void cnull_queue_exit(void)
{
	destroy_workqueue(cnull_wq);
}
