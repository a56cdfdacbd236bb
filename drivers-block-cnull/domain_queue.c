// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of devices with a domain.
 *
 * The domain is asked once about each request, and its verdict carried out by
 * the code that serves other devices. While the slot is closed by an update
 * nothing is asked and nothing fails: a request that comes goes back to the block
 * layer (BLK_STS_RESOURCE), which offers it again; one that ends and has to be
 * reported is kept by a worker until the slot is open.
 *
 * A verdict is kept with its request when that cannot be started after all
 * (throttled, sent back by fault injection), so that the domain is not asked
 * about it twice: what a domain has queued and what it is told has completed
 * stay equal. Nothing is merged with such a request: the verdict is about its
 * bytes, and ends with it.
 *
 * A request that was in a domain when that died goes back as well: it has no
 * verdict and was not started, and the next domain is asked about it. A domain
 * that dies when it is told of the end of a request is told of it all the same:
 * the request ends, and no successor is made to try that again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/llist.h>

#include "queue.h"
#include "store.h"

static_assert(DOMAIN_BLOCK_READ == (__force int)REQ_OP_READ &&
	      DOMAIN_BLOCK_WRITE == (__force int)REQ_OP_WRITE &&
	      DOMAIN_BLOCK_FLUSH == (__force int)REQ_OP_FLUSH &&
	      DOMAIN_BLOCK_DISCARD == (__force int)REQ_OP_DISCARD &&
	      DOMAIN_BLOCK_ZONE_APPEND == (__force int)REQ_OP_ZONE_APPEND &&
	      DOMAIN_BLOCK_WRITE_ZEROES == (__force int)REQ_OP_WRITE_ZEROES &&
	      DOMAIN_BLOCK_ZONE_OPEN == (__force int)REQ_OP_ZONE_OPEN &&
	      DOMAIN_BLOCK_ZONE_CLOSE == (__force int)REQ_OP_ZONE_CLOSE &&
	      DOMAIN_BLOCK_ZONE_FINISH == (__force int)REQ_OP_ZONE_FINISH &&
	      DOMAIN_BLOCK_ZONE_RESET == (__force int)REQ_OP_ZONE_RESET &&
	      DOMAIN_BLOCK_ZONE_RESET_ALL == (__force int)REQ_OP_ZONE_RESET_ALL);

/* In cnull_cmd.domain.verdict, beside the domain's own bits */
#define CNULL_VERDICT_FAIL	BIT(30)	/* end with cnull_cmd.domain.status */
#define CNULL_VERDICT_GIVEN	BIT(31)	/* do not ask again */

/* The kernel did not call the method; it can be called again. */
static bool cnull_is_busy(long ret)
{
	return ret == -EBUSY || ret == -ENOBUFS;
}

/*
 * There is no verdict: the method was not called, or the domain died in it. What
 * it wrote meanwhile is in its description of the request, which nobody reads.
 */
static bool cnull_is_unanswered(long ret)
{
	return cnull_is_busy(ret) || ret == -EOWNERDEAD;
}

/*
 * All but @d->cookie and @d->result, which are set where they mean something.
 * What is undefined may be whatever is on the stack: domains are no boundary for
 * what the kernel knows, and kernels that zero the stack would pay for each request.
 */
static __always_inline void cnull_describe(struct domain_block_rq *d,
					   const struct request *rq,
					   unsigned int queue_num, bool last)
{
	const blk_opf_t flags = rq->cmd_flags;
	u8 known = last ? DOMAIN_BLOCK_RQ_LAST : 0;

	/* most have none of them */
	if (flags & (REQ_FUA | REQ_NOWAIT | REQ_POLLED))
		known |= (flags & REQ_FUA ? DOMAIN_BLOCK_RQ_FUA : 0) |
			 (flags & REQ_NOWAIT ? DOMAIN_BLOCK_RQ_NOWAIT : 0) |
			 (flags & REQ_POLLED ? DOMAIN_BLOCK_RQ_POLLED : 0);
	d->sector = blk_rq_pos(rq);
	d->bytes = blk_rq_bytes(rq);
	d->tag = rq->tag;
	d->queue = queue_num;
	d->op = (__force u8)req_op(rq);
	d->flags = known;
	d->delay_ns = 0;
}

static bool cnull_verdict_is_valid(const struct cnull_device *dev, long verdict,
				   u32 delay_ns)
{
	const long stores = DOMAIN_BLOCK_MIRROR | DOMAIN_BLOCK_SECOND;

	if (verdict & ~(long)DOMAIN_BLOCK_VERDICTS)
		return false;
	if (verdict & DOMAIN_BLOCK_REQUEUE)
		return verdict == DOMAIN_BLOCK_REQUEUE;
	if ((verdict & DOMAIN_BLOCK_DELAY) && delay_ns > DOMAIN_BLOCK_DELAY_MAX)
		return false;
	if (!(verdict & stores))
		return true;
	return !dev->zones && (verdict & stores) != stores &&
	       !(verdict & DOMAIN_BLOCK_SKIP);
}

/*
 * Notes with a request what a method returned about it. Returns false if the
 * request goes back to the block layer.
 */
static bool cnull_take_verdict(struct cnull_queue *cq, struct request *rq,
			       const struct domain_block_rq *d, long ret)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	u32 verdict = ret;

	if (cnull_is_unanswered(ret))
		return false;
	/* no domain, or none that cares: the device knows */
	if (ret == -ENOSYS) {
		verdict = DOMAIN_BLOCK_DO;
	} else if (ret < 0) {
		verdict = CNULL_VERDICT_FAIL;
	} else if (!cnull_verdict_is_valid(cq->dev, ret, d->delay_ns)) {
		pr_err_ratelimited("%s: domain: verdict %#lx with a delay of %u ns makes no sense, the request fails\n",
				   cq->dev->name, ret, d->delay_ns);
		ret = -EIO;
		verdict = CNULL_VERDICT_FAIL;
	}
	if (verdict == DOMAIN_BLOCK_REQUEUE)
		return false;
	if (verdict == CNULL_VERDICT_FAIL)
		cmd->domain.status = errno_to_blk_status(max(ret, -MAX_ERRNO));
	cmd->domain.verdict = verdict | CNULL_VERDICT_GIVEN;
	cmd->domain.delay_ns = d->delay_ns;
	cmd->domain.cookie = d->cookie;
	/* if it goes back to the block layer, then as it is */
	rq->cmd_flags |= REQ_NOMERGE;
	return true;
}

/* Data in the second store, which knows neither cache nor bad blocks. */
static blk_status_t cnull_second_execute(struct cnull_queue *cq,
					 struct request *rq, gfp_t gfp)
{
	struct cnull_store *second = &cq->dev->domain.second;
	struct bio *bio;

	if (!(cq->features & CNULL_F_MEMORY)) {
		cnull_kmsan_init_read(rq);
		return BLK_STS_OK;
	}
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		__rq_for_each_bio(bio, rq) {
			blk_status_t sts = cnull_store_bio(second, bio, gfp);

			if (sts != BLK_STS_OK)
				return sts;
		}
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		if (!gfpflags_allow_blocking(gfp) &&
		    !cnull_store_discard_is_short(blk_rq_sectors(rq)))
			return BLK_STS_NOSPC;
		cnull_store_discard(second, blk_rq_pos(rq), blk_rq_sectors(rq),
				    gfp);
		return BLK_STS_OK;
	case REQ_OP_FLUSH:
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/**
 * cnull_domain_execute() - Do what a domain wants to be done with a request
 * @cq: its queue
 * @rq: the request, with a verdict
 * @gfp: as for struct cnull_io
 *
 * Context: Sleeps only if @gfp allows it.
 * Return: as cnull_io_execute().
 */
blk_status_t cnull_domain_execute(struct cnull_queue *cq, struct request *rq,
				  gfp_t gfp)
{
	const struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	const u32 verdict = cmd->domain.verdict;

	if (verdict & CNULL_VERDICT_FAIL)
		return cmd->domain.status;
	if (verdict & DOMAIN_BLOCK_SKIP) {
		cnull_kmsan_init_read(rq);
		return BLK_STS_OK;
	}
	if (verdict & DOMAIN_BLOCK_SECOND)
		return cnull_second_execute(cq, rq, gfp);
	/* first, since all is repeated if there is no memory, but a zone's write */
	if ((verdict & DOMAIN_BLOCK_MIRROR) && req_op(rq) != REQ_OP_READ) {
		blk_status_t sts = cnull_second_execute(cq, rq, gfp);

		if (sts != BLK_STS_OK)
			return sts;
	}
	return cnull_execute_data(cq, cnull_queue_features(cq) & ~CNULL_F_DOMAIN,
				  rq, gfp);
}

/* Does what the verdict that came with a request says. */
static noinline blk_status_t cnull_follow_verdict(struct cnull_queue *cq,
						  struct request *rq)
{
	return cnull_queue(cq, cnull_queue_features(cq), rq);
}

/*
 * Whether a request with the verdict 0 can be refused nowhere below, so that
 * nothing needs to be remembered.
 */
static __always_inline bool cnull_is_plain(struct cnull_queue *cq,
					   unsigned int features,
					   const struct request *rq)
{
	return !(features & (CNULL_F_THROTTLE | CNULL_F_STATS)) &&
	       !cnull_is_debugged(cq, features, rq);
}

static __always_inline bool cnull_has_verdict(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	return cmd->domain.verdict & CNULL_VERDICT_GIVEN;
}

static __always_inline blk_status_t
cnull_ask_and_queue(struct blk_mq_hw_ctx *hctx, unsigned int features,
		    struct request *rq, bool last)
{
	struct cnull_queue *cq = hctx->driver_data;

	if (likely(!cnull_has_verdict(rq))) {
		struct domain_block_rq d __uninitialized;
		long ret;

		cnull_describe(&d, rq, hctx->queue_num, last);
		ret = domain_block_queue_rq(cq->slot, &d);
		if (likely(ret == DOMAIN_BLOCK_DO &&
			   cnull_is_plain(cq, features, rq)))
			return cnull_queue(cq, features & ~CNULL_F_DOMAIN, rq);
		if (!cnull_take_verdict(cq, rq, &d, ret))
			return BLK_STS_RESOURCE;
	}
	return cnull_follow_verdict(cq, rq);
}

/**
 * cnull_domain_queue_rq() - ->queue_rq() of any device with a domain
 * @hctx: the hardware queue
 * @bd: the request
 *
 * Return: BLK_STS_OK; BLK_STS_RESOURCE if the slot is closed, the domain died or
 * wants to be asked later; or as ->queue_rq() of other devices.
 */
blk_status_t cnull_domain_queue_rq(struct blk_mq_hw_ctx *hctx,
				   const struct blk_mq_queue_data *bd)
{
	struct cnull_queue *cq = hctx->driver_data;

	return cnull_ask_and_queue(hctx, cnull_queue_features(cq), bd->rq,
				   bd->last);
}

/**
 * cnull_domain_queue_rq_memory() - The same if it does nothing but store data
 * @hctx: the hardware queue
 * @bd: the request
 *
 * Return: as cnull_domain_queue_rq().
 */
blk_status_t cnull_domain_queue_rq_memory(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd)
{
	if (static_branch_unlikely(&cnull_live_key))
		return cnull_domain_queue_rq(hctx, bd);
	return cnull_ask_and_queue(hctx, CNULL_F_MEMORY | CNULL_F_DEBUG, bd->rq,
				   bd->last);
}

/* A verdict in each of @n descriptions, negative errnos included. */
static void cnull_ask_batch(struct domain_slot *slot, struct domain_block_rq *d,
			    unsigned int n)
{
	long ret = n > 1 ? domain_block_queue_rqs(slot, d, n) : -ENOSYS;
	unsigned int i;

	if (ret >= 0)
		return;
	for (i = 0; i < n; i++) {
		long one = ret;

		if (ret == -ENOSYS)
			one = domain_block_queue_rq(slot, &d[i]);
		d[i].result = clamp(one, INT_MIN, INT_MAX);
	}
}

/* One request of a list, with its verdict; @refused is what goes back. */
static void cnull_queue_batched(struct cnull_queue *cq, struct request *rq,
				const struct domain_block_rq *d, bool last,
				struct io_comp_batch *iob,
				struct rq_list *refused)
{
	unsigned int features = cnull_queue_features(cq);
	enum cnull_progress progress;
	blk_status_t sts;

	if (d->result == DOMAIN_BLOCK_DO && cnull_is_plain(cq, features, rq)) {
		features &= ~CNULL_F_DOMAIN;
		progress = cnull_start(cq, features, rq, &sts);
		if (progress == CNULL_DONE && cnull_ends_inline(features, rq)) {
			cnull_end_batched(rq, sts, iob, last);
			return;
		}
		if (progress == CNULL_DONE)
			cnull_complete(cq, rq, sts);
		/* a fault that has been set up since cnull_is_plain() */
		else if (progress == CNULL_REFUSED)
			rq_list_add_tail(refused, rq);
	} else if (!cnull_take_verdict(cq, rq, d, d->result) ||
		   cnull_follow_verdict(cq, rq) != BLK_STS_OK) {
		rq_list_add_tail(refused, rq);
	}
}

/**
 * cnull_domain_queue_rqs() - ->queue_rqs() of devices with a domain
 * @rqlist: requests of one disk; those that are refused remain
 */
void cnull_domain_queue_rqs(struct rq_list *rqlist)
{
	struct domain_block_rq d[DOMAIN_BLOCK_BATCH] __uninitialized;
	struct request *rqs[DOMAIN_BLOCK_BATCH] __uninitialized;
	struct rq_list refused = {};
	DEFINE_IO_COMP_BATCH(iob);
	unsigned int i, n;

	while (!rq_list_empty(rqlist)) {
		struct cnull_queue *cq = NULL;

		for (n = 0; n < DOMAIN_BLOCK_BATCH && !rq_list_empty(rqlist);) {
			struct request *rq = rq_list_pop(rqlist);

			cq = rq->mq_hctx->driver_data;
			if (unlikely(cnull_has_verdict(rq))) {
				if (cnull_follow_verdict(cq, rq) != BLK_STS_OK)
					rq_list_add_tail(&refused, rq);
				continue;
			}
			cnull_describe(&d[n], rq, rq->mq_hctx->queue_num,
				       rq_list_empty(rqlist));
			d[n].result = DOMAIN_BLOCK_DO;
			rqs[n++] = rq;
		}
		if (!n)
			break;
		cnull_ask_batch(cq->slot, d, n);
		for (i = 0; i < n; i++)
			cnull_queue_batched(rqs[i]->mq_hctx->driver_data, rqs[i],
					    &d[i],
					    i == n - 1 && rq_list_empty(rqlist),
					    &iob, &refused);
	}

	if (!rq_list_empty(&iob.req_list))
		blk_mq_end_request_batch(&iob);
	*rqlist = refused;
}

/**
 * cnull_domain_commit_rqs() - ->commit_rqs() of devices with a domain
 * @hctx: the hardware queue
 */
void cnull_domain_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct percpu_ref *users = &hctx->queue->q_usage_counter;
	struct cnull_queue *cq;

	/*
	 * The block layer need not have a request any more, and so nothing that keeps
	 * power off and a resize from taking the queue away.
	 */
	if (!percpu_ref_tryget(users))
		return;
	cq = hctx->driver_data;
	/* a hint; one that an update swallows was about requests refused as well */
	if (cq)
		domain_block_commit(cq->slot, hctx->queue_num);
	percpu_ref_put(users);
}

/*
 * Reports the end of a request, at most once: -EOWNERDEAD is no reason to repeat
 * it. Returns false if that is not possible now.
 */
static bool cnull_tell(struct cnull_queue *cq, struct request *rq,
		       blk_status_t sts)
{
	const struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	struct domain_block_rq d __uninitialized;

	cnull_describe(&d, rq, rq->mq_hctx->queue_num, true);
	d.cookie = cmd->domain.cookie;
	d.result = blk_status_to_errno(sts);
	return !cnull_is_busy(domain_block_complete(cq->slot, &d));
}

/**
 * cnull_domain_end_verdict() - The end of a request that has a verdict
 * @cq: its queue
 * @rq: the request
 * @sts: how it ended
 *
 * Context: Any but NMI.
 * Return: whether the caller ends it; if not, cnull_domain_work_fn() does, when
 * the domain has been told.
 */
bool cnull_domain_end_verdict(struct cnull_queue *cq, struct request *rq,
			      blk_status_t sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);
	const u32 verdict = cmd->domain.verdict;

	cmd->domain.verdict = 0;
	if (!(verdict & DOMAIN_BLOCK_NOTIFY) || cnull_tell(cq, rq, sts))
		return true;
	/* Not in cnull_cmd.error: a timeout while it waits is none of the I/O. */
	cmd->domain.status = sts;
	if (llist_add(&cmd->link, &cq->domain.untold))
		queue_work(cnull_wq, &cq->domain.work);
	return false;
}

/**
 * cnull_domain_cleanup_rq() - ->cleanup_rq() of devices with a domain
 * @rq: a request that was refused and is freed instead of offered again, as a
 *	request of a stacked driver may be; the next one is another
 */
void cnull_domain_cleanup_rq(struct request *rq)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	if (cmd->domain.verdict & DOMAIN_BLOCK_NOTIFY)
		cnull_tell(rq->mq_hctx->driver_data, rq, BLK_STS_AGAIN);
	cmd->domain.verdict = 0;
}

/**
 * cnull_domain_work_fn() - Reports what ended while the slot was closed
 * @work: the queue's
 *
 * Context: May sleep.
 */
void cnull_domain_work_fn(struct work_struct *work)
{
	struct cnull_queue *cq = container_of(work, struct cnull_queue,
					      domain.work);
	struct llist_node *list = llist_del_all(&cq->domain.untold);
	struct cnull_cmd *cmd, *next;

	llist_for_each_entry_safe(cmd, next, llist_reverse_order(list), link) {
		struct request *rq = blk_mq_rq_from_pdu(cmd);

		while (!cnull_tell(cq, rq, cmd->domain.status)) {
			domain_slot_wait(cq->slot);
			cond_resched();
		}
		blk_mq_end_request(rq, cmd->domain.status);
	}
}

/**
 * cnull_domain_poll() - Ask which of the polled requests that are done complete
 * @cq: their queue
 * @queue_num: its number
 * @list: the requests, oldest first, at least one; taken from cq->polled
 *
 * It is not asked if one of them has timed out, which is the end of waiting for it.
 *
 * Return: those that do; the others are in cq->polled again.
 */
struct llist_node *cnull_domain_poll(struct cnull_queue *cq,
				     unsigned int queue_num,
				     struct llist_node *list)
{
	struct llist_node *node, *next;
	unsigned int nr = 0;
	long keep;

	llist_for_each(node, list) {
		const struct cnull_cmd *cmd =
			llist_entry(node, struct cnull_cmd, link);

		if (READ_ONCE(cmd->error) == BLK_STS_TIMEOUT)
			return list;
		nr++;
	}
	keep = domain_block_poll(cq->slot, queue_num, nr);
	/* one that died over it keeps nothing back */
	if (cnull_is_busy(keep))
		keep = 0;
	else if (keep < 0 || keep >= nr)
		return list;

	node = list;
	if (keep) {
		while (--keep)
			node = node->next;
		next = node->next;
		node->next = NULL;
	} else {
		next = list;
		list = NULL;
	}
	while ((node = next)) {
		next = node->next;
		llist_add(node, &cq->polled);
	}
	return list;
}
