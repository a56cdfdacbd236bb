// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of cnull: blk-mq operations.
 *
 * ->queue_rq() neither locks nor sleeps, unless the device is set to "blocking".
 * Work that may have to sleep - a page that cannot be allocated at once, a long
 * discard - goes to a workqueue with the request and completes from there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "cnull.h"
#include "faults.h"
#include "io.h"
#include "stats.h"
#include "tags.h"

static struct workqueue_struct *cnull_wq;

/* How far a request has come. */
enum cnull_progress {
	CNULL_REFUSED,	/* not started: the block layer keeps it */
	CNULL_PENDING,	/* somebody else will complete it */
	CNULL_DONE,	/* to be completed */
};

static __always_inline void cnull_account(struct cnull_queue *cq,
					  unsigned int features,
					  struct request *rq, blk_status_t sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	if (features & CNULL_F_STATS)
		cnull_stats_account(cq->dev->stats, req_op(rq),
				    blk_rq_bytes(rq), sts, cmd->start_ns);
}

static __always_inline void cnull_end(struct cnull_queue *cq,
				      unsigned int features,
				      struct request *rq, blk_status_t sts)
{
	cnull_account(cq, features, rq, sts);
	blk_mq_end_request(rq, sts);
}

static enum hrtimer_restart cnull_timer_expired(struct hrtimer *timer)
{
	struct cnull_cmd *cmd = container_of(timer, struct cnull_cmd, timer);
	struct request *rq = blk_mq_rq_from_pdu(cmd);
	struct cnull_queue *cq = rq->mq_hctx->driver_data;

	cnull_end(cq, cq->features, rq, cmd->error);
	return HRTIMER_NORESTART;
}

static void cnull_complete_rq(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	struct cnull_queue *cq = rq->mq_hctx->driver_data;

	cnull_end(cq, cq->features, rq, cmd->error);
}

/* Completes a request as irqmode says, or leaves it to whoever polls for it. */
static void cnull_complete(struct cnull_queue *cq, struct request *rq,
			   blk_status_t sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	if (rq->mq_hctx->type == HCTX_TYPE_POLL) {
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

/* KMSAN does not know that a null device leaves the reader's buffer alone. */
static void cnull_kmsan_init_read(struct request *rq)
{
	struct bio *bio;

	if (IS_ENABLED(CONFIG_KMSAN) && req_op(rq) == REQ_OP_READ)
		__rq_for_each_bio(bio, rq)
			zero_fill_bio(bio);
}

static __always_inline blk_status_t
cnull_transfer_data(struct cnull_queue *cq, struct request *rq, gfp_t gfp)
{
	struct bio *bio;

	__rq_for_each_bio(bio, rq) {
		blk_status_t sts = cnull_store_bio(cq->store, bio, gfp);

		if (unlikely(sts != BLK_STS_OK))
			return sts;
	}
	return BLK_STS_OK;
}

/*
 * Does what a request asks of any device.
 *
 * Return: its status; BLK_STS_NOSPC also if @gfp does not allow to sleep and it
 * has to.
 */
static blk_status_t cnull_execute(struct cnull_queue *cq, struct request *rq,
				  gfp_t gfp)
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
		blk_status_t sts = cnull_execute(cq, rq, CNULL_GFP_SLEEP);

		/* It may have timed out while it slept. */
		cnull_complete(cq, rq, READ_ONCE(cmd->error) ?: sts);
		cond_resched();
	}
}

static void cnull_defer(struct cnull_queue *cq, struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	cmd->error = BLK_STS_OK;
	if (llist_add(&cmd->link, &cq->deferred))
		queue_work(cnull_wq, &cq->work);
}

static gfp_t cnull_gfp(unsigned int features, const struct request *rq)
{
	if ((features & CNULL_F_BLOCKING) && !(rq->cmd_flags & REQ_NOWAIT))
		return CNULL_GFP_SLEEP;
	return CNULL_GFP_ATOMIC;
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

/*
 * Starts a request of a device that has faults, a limit of bandwidth or
 * statistics.
 *
 * Return: CNULL_DONE if it is to be executed; why not, if refused, is in @sts.
 */
static noinline enum cnull_progress
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
			*sts = BLK_STS_DEV_RESOURCE;
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

/* Does what a request asks of a device with @features. */
static __always_inline blk_status_t
cnull_execute_data(struct cnull_queue *cq, unsigned int features,
		   struct request *rq, gfp_t gfp)
{
	if (features & CNULL_F_IO)
		return cnull_execute(cq, rq, gfp);
	if (!(features & CNULL_F_MEMORY)) {
		if (features & CNULL_F_DEBUG)
			cnull_kmsan_init_read(rq);
		return BLK_STS_OK;
	}
	if (likely(req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE))
		return cnull_transfer_data(cq, rq, gfp);
	return cnull_execute(cq, rq, gfp);
}

/* Whether faults of a request, in kernels that have them, may strike. */
static __always_inline bool cnull_is_debugged(struct cnull_queue *cq,
					      unsigned int features,
					      const struct request *rq)
{
	if (!(features & CNULL_F_DEBUG))
		return false;
	return cnull_faults_armed(&cq->dev->faults) ||
	       (IS_ENABLED(CONFIG_FAIL_IO_TIMEOUT) &&
		test_bit(QUEUE_FLAG_FAIL_IO, &rq->q->queue_flags));
}

/*
 * Starts a request and, if it can, executes it. @features are those of @cq. @sts
 * is what to complete it with, or why it is refused.
 */
static __always_inline enum cnull_progress
cnull_start(struct cnull_queue *cq, unsigned int features, struct request *rq,
	    blk_status_t *sts)
{
	const gfp_t gfp = cnull_gfp(features, rq);

	if ((features & (CNULL_F_THROTTLE | CNULL_F_STATS)) ||
	    cnull_is_debugged(cq, features, rq)) {
		enum cnull_progress progress;

		progress = cnull_start_checked(cq, features, rq, sts);
		if (progress != CNULL_DONE)
			return progress;
	} else {
		blk_mq_start_request(rq);
	}

	*sts = cnull_execute_data(cq, features, rq, gfp);
	if (unlikely(*sts == BLK_STS_NOSPC && !gfpflags_allow_blocking(gfp))) {
		cnull_defer(cq, rq);
		return CNULL_PENDING;
	}
	return CNULL_DONE;
}

/* Whether a request that is done may end where it was queued. */
static __always_inline bool cnull_ends_inline(unsigned int features,
					      const struct request *rq)
{
	if (features & CNULL_F_DEFER_COMPLETION)
		return false;
	return !(features & CNULL_F_POLL) ||
	       rq->mq_hctx->type != HCTX_TYPE_POLL;
}

static __always_inline blk_status_t cnull_queue(struct cnull_queue *cq,
						unsigned int features,
						struct request *rq)
{
	blk_status_t sts;

	switch (cnull_start(cq, features, rq, &sts)) {
	case CNULL_REFUSED:
		return sts;
	case CNULL_PENDING:
		break;
	case CNULL_DONE:
		if (cnull_ends_inline(features, rq))
			cnull_end(cq, features, rq, sts);
		else
			cnull_complete(cq, rq, sts);
		break;
	}
	return BLK_STS_OK;
}

/* The features of a queue, with what may change while it is in use. */
static __always_inline unsigned int
cnull_queue_features(const struct cnull_queue *cq)
{
	if (static_branch_unlikely(&cnull_live_key) && READ_ONCE(cq->dev->live))
		return cq->features | CNULL_F_IO | CNULL_F_POLL;
	return cq->features;
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
	return cnull_queue(NULL, 0, bd->rq);
}

static blk_status_t cnull_queue_rq_memory(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd)
{
	if (static_branch_unlikely(&cnull_live_key))
		return cnull_queue_rq(hctx, bd);
	return cnull_queue(hctx->driver_data, CNULL_F_MEMORY, bd->rq);
}

/*
 * A list that completes inline shares one completion. To collect a single
 * request costs more than to end it, so the last one of a list joins others but
 * does not start a batch.
 */
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
		if (rq_list_empty(rqlist) && rq_list_empty(&iob.req_list)) {
			blk_mq_end_request(rq, sts);
			break;
		}
		if (!blk_mq_add_to_batch(rq, &iob, sts != BLK_STS_OK,
					 blk_mq_end_request_batch))
			blk_mq_end_request(rq, sts);
	}

	if (!rq_list_empty(&iob.req_list))
		blk_mq_end_request_batch(&iob);
	*rqlist = refused;
}

/* Completes what is done; the data has moved when the request was queued. */
static int cnull_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob)
{
	struct cnull_queue *cq = hctx->driver_data;
	struct cnull_cmd *cmd, *next;
	struct llist_node *list;
	int n = 0;

	if (llist_empty(&cq->polled))
		return 0;
	list = llist_reverse_order(llist_del_all(&cq->polled));
	llist_for_each_entry_safe(cmd, next, list, link) {
		struct request *rq = blk_mq_rq_from_pdu(cmd);
		blk_status_t sts = READ_ONCE(cmd->error);

		cnull_account(cq, cq->features, rq, sts);
		if (!blk_mq_add_to_batch(rq, iob, sts != BLK_STS_OK,
					 blk_mq_end_request_batch))
			blk_mq_end_request(rq, sts);
		n++;
	}
	return n;
}

/*
 * A request whose timeout is faked waits for this. One that really takes too
 * long is still owned by its timer or by the workqueue, which completes it with
 * the error noted here. One that nobody polls for is completed here, with all
 * others that are done: only the whole list can be taken without a lock.
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
		cnull_poll(rq->mq_hctx, NULL);
	}
	return BLK_EH_DONE;
}

static unsigned int cnull_features(const struct cnull_config *conf)
{
	unsigned int features = 0;

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
	if (IS_ENABLED(CONFIG_BLK_DEV_CNULL_FAULT_INJECTION) ||
	    IS_ENABLED(CONFIG_FAIL_IO_TIMEOUT) || IS_ENABLED(CONFIG_KMSAN))
		features |= CNULL_F_DEBUG;
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

	if (cnull_init_hctx_fails(dev))
		return -EFAULT;

	cq = kzalloc_node(sizeof(*cq), GFP_KERNEL, hctx->numa_node);
	if (!cq)
		return -ENOMEM;

	cq->dev = dev;
	cq->features = cnull_features(conf);
	/* A shared tag set decides that for all its disks. */
	if (!(hctx->flags & BLK_MQ_F_BLOCKING))
		cq->features &= ~CNULL_F_BLOCKING;
	cq->irqmode = conf->irqmode;
	cq->completion_time = ns_to_ktime(conf->completion_nsec);
	cq->store = &dev->store;
	init_llist_head(&cq->polled);
	init_llist_head(&cq->deferred);
	INIT_WORK(&cq->work, cnull_work_fn);
	hctx->driver_data = cq;
	return 0;
}

static void cnull_exit_hctx(struct blk_mq_hw_ctx *hctx, unsigned int index)
{
	struct cnull_queue *cq = hctx->driver_data;

	/* It has completed its last request, but may not have returned yet. */
	flush_work(&cq->work);
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

#define CNULL_MQ_OPS(_queue_rq) {			\
	.queue_rq	= _queue_rq,			\
	.queue_rqs	= cnull_queue_rqs,		\
	.complete	= cnull_complete_rq,		\
	.timeout	= cnull_timeout_rq,		\
	.poll		= cnull_poll,			\
	.map_queues	= cnull_map_queues,		\
	.init_hctx	= cnull_init_hctx,		\
	.exit_hctx	= cnull_exit_hctx,		\
	.init_request	= cnull_init_request,		\
}

static const struct blk_mq_ops cnull_mq_ops_null =
	CNULL_MQ_OPS(cnull_queue_rq_null);
static const struct blk_mq_ops cnull_mq_ops_memory =
	CNULL_MQ_OPS(cnull_queue_rq_memory);
static const struct blk_mq_ops cnull_mq_ops = CNULL_MQ_OPS(cnull_queue_rq);

/**
 * cnull_queue_ops() - How a device takes requests
 * @conf: its settings, or NULL for operations that suit any device
 *
 * Return: the operations for its tag set.
 */
const struct blk_mq_ops *cnull_queue_ops(const struct cnull_config *conf)
{
	if (!conf)
		return &cnull_mq_ops;
	switch (cnull_features(conf)) {
	case 0:
		return &cnull_mq_ops_null;
	case CNULL_F_MEMORY:
		return &cnull_mq_ops_memory;
	default:
		return &cnull_mq_ops;
	}
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
