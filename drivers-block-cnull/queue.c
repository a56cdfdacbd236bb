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

#define CNULL_GFP_ATOMIC	(GFP_NOWAIT | __GFP_NOWARN)
#define CNULL_GFP_SLEEP		(GFP_NOIO | __GFP_NOWARN)

static struct workqueue_struct *cnull_wq;

static enum hrtimer_restart cnull_timer_expired(struct hrtimer *timer)
{
	struct cnull_cmd *cmd = container_of(timer, struct cnull_cmd, timer);

	blk_mq_end_request(blk_mq_rq_from_pdu(cmd), cmd->error);
	return HRTIMER_NORESTART;
}

static void cnull_complete_rq(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	blk_mq_end_request(rq, cmd->error);
}

/* Completes a request as irqmode says. */
static void cnull_complete(struct cnull_queue *cq, struct request *rq,
			   blk_status_t sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	switch (cq->irqmode) {
	case CNULL_IRQ_NONE:
		blk_mq_end_request(rq, sts);
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

/* What a memory-backed device does besides reads and writes. */
static blk_status_t cnull_execute_other(struct cnull_queue *cq,
					struct request *rq, gfp_t gfp)
{
	switch (req_op(rq)) {
	case REQ_OP_DISCARD:
		if (!gfpflags_allow_blocking(gfp) &&
		    !cnull_store_discard_is_short(blk_rq_sectors(rq)))
			return BLK_STS_NOSPC;
		cnull_store_discard(cq->store, blk_rq_pos(rq),
				    blk_rq_sectors(rq), gfp);
		return BLK_STS_OK;
	case REQ_OP_FLUSH:
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/*
 * Does what a request asks of a memory-backed device.
 *
 * Return: its status; BLK_STS_NOSPC also if @gfp does not allow to sleep and it
 * has to.
 */
static __always_inline blk_status_t
cnull_execute(struct cnull_queue *cq, struct request *rq, gfp_t gfp)
{
	if (likely(req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE))
		return cnull_transfer_data(cq, rq, gfp);
	return cnull_execute_other(cq, rq, gfp);
}

static void cnull_work_fn(struct work_struct *work)
{
	struct cnull_queue *cq = container_of(work, struct cnull_queue, work);
	struct llist_node *list = llist_del_all(&cq->deferred);
	struct cnull_cmd *cmd, *next;

	llist_for_each_entry_safe(cmd, next, llist_reverse_order(list),
				  deferred) {
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
	if (llist_add(&cmd->deferred, &cq->deferred))
		queue_work(cnull_wq, &cq->work);
}

/*
 * Starts a request and, if it can, executes it. @features are those of @cq.
 *
 * Return: true if the caller is to complete it with @sts.
 */
static __always_inline bool cnull_start(struct cnull_queue *cq,
					unsigned int features,
					struct request *rq, blk_status_t *sts)
{
	gfp_t gfp = CNULL_GFP_ATOMIC;

	if ((features & CNULL_F_DEBUG) && blk_should_fake_timeout(rq->q)) {
		struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

		cmd->fake_timeout = true;
		blk_mq_start_request(rq);
		return false;
	}
	blk_mq_start_request(rq);

	*sts = BLK_STS_OK;
	if (!(features & CNULL_F_MEMORY)) {
		if (features & CNULL_F_DEBUG)
			cnull_kmsan_init_read(rq);
		return true;
	}

	if ((features & CNULL_F_BLOCKING) && !(rq->cmd_flags & REQ_NOWAIT))
		gfp = CNULL_GFP_SLEEP;
	*sts = cnull_execute(cq, rq, gfp);
	if (unlikely(*sts == BLK_STS_NOSPC && !gfpflags_allow_blocking(gfp))) {
		cnull_defer(cq, rq);
		return false;
	}
	return true;
}

static __always_inline blk_status_t cnull_queue(struct cnull_queue *cq,
						unsigned int features,
						struct request *rq)
{
	blk_status_t sts;

	if (!cnull_start(cq, features, rq, &sts))
		return BLK_STS_OK;
	if (features & CNULL_F_DEFER_COMPLETION)
		cnull_complete(cq, rq, sts);
	else
		blk_mq_end_request(rq, sts);
	return BLK_STS_OK;
}

/*
 * ->queue_rq(), compiled once for each of the two plainest devices and once for
 * all others: what a device does not use is not even tested for.
 */
static blk_status_t cnull_queue_rq_null(struct blk_mq_hw_ctx *hctx,
					const struct blk_mq_queue_data *bd)
{
	return cnull_queue(NULL, 0, bd->rq);
}

static blk_status_t cnull_queue_rq_memory(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd)
{
	return cnull_queue(hctx->driver_data, CNULL_F_MEMORY, bd->rq);
}

static blk_status_t cnull_queue_rq(struct blk_mq_hw_ctx *hctx,
				   const struct blk_mq_queue_data *bd)
{
	struct cnull_queue *cq = hctx->driver_data;

	return cnull_queue(cq, cq->features, bd->rq);
}

/*
 * A list that completes inline shares one completion. To collect a single
 * request costs more than to end it, so the last one of a list joins others but
 * does not start a batch.
 */
static void cnull_queue_rqs(struct rq_list *rqlist)
{
	DEFINE_IO_COMP_BATCH(iob);
	struct request *rq;

	while ((rq = rq_list_pop(rqlist))) {
		struct cnull_queue *cq = rq->mq_hctx->driver_data;
		blk_status_t sts;

		if (!cnull_start(cq, cq->features, rq, &sts))
			continue;

		if (cq->features & CNULL_F_DEFER_COMPLETION) {
			cnull_complete(cq, rq, sts);
			continue;
		}
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
}

/*
 * A request whose timeout is faked waits for this. One that really takes too
 * long is still owned by its timer or by the workqueue, which completes it with
 * the error noted here.
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
	if (IS_ENABLED(CONFIG_FAIL_IO_TIMEOUT) || IS_ENABLED(CONFIG_KMSAN))
		features |= CNULL_F_DEBUG;
	return features;
}

static int cnull_init_hctx(struct blk_mq_hw_ctx *hctx, void *data,
			   unsigned int index)
{
	struct cnull_device *dev = hctx->queue->queuedata;
	const struct cnull_config *conf = &dev->conf;
	struct cnull_queue *cq;

	cq = kzalloc_node(sizeof(*cq), GFP_KERNEL, hctx->numa_node);
	if (!cq)
		return -ENOMEM;

	cq->features = cnull_features(conf);
	cq->irqmode = conf->irqmode;
	cq->completion_time = ns_to_ktime(conf->completion_nsec);
	cq->store = &dev->store;
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
 * @conf: its settings
 *
 * Return: the operations for its tag set.
 */
const struct blk_mq_ops *cnull_queue_ops(const struct cnull_config *conf)
{
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
