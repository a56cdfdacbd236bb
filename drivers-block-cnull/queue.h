/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request on its way through the driver, compiled into each ->queue_rq() for
 * the features of its devices.
 */
#ifndef _CNULL_QUEUE_H
#define _CNULL_QUEUE_H

#include "cnull.h"
#include "domain.h"
#include "faults.h"
#include "io.h"
#include "stats.h"

/* How far a request has come. */
enum cnull_progress {
	CNULL_REFUSED,	/* not started: the block layer keeps it */
	CNULL_PENDING,	/* somebody else will complete it */
	CNULL_DONE,	/* to be completed */
};

/* queue.c */
enum cnull_progress cnull_start_checked(struct cnull_queue *cq,
					unsigned int features,
					struct request *rq, blk_status_t *sts);
blk_status_t cnull_execute(struct cnull_queue *cq, struct request *rq, gfp_t gfp);
void cnull_kmsan_init_read(struct request *rq);
void cnull_defer(struct cnull_queue *cq, struct request *rq);
void cnull_complete(struct cnull_queue *cq, struct request *rq, blk_status_t sts);

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
	if (features & (CNULL_F_STATS | CNULL_F_DOMAIN)) {
		cnull_account(cq, features, rq, sts);
		if ((features & CNULL_F_DOMAIN) &&
		    !cnull_domain_end(cq, rq, sts))
			return;
	}
	blk_mq_end_request(rq, sts);
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

static inline gfp_t cnull_gfp(unsigned int features, const struct request *rq)
{
	if ((features & CNULL_F_BLOCKING) && !(rq->cmd_flags & REQ_NOWAIT))
		return CNULL_GFP_SLEEP;
	return CNULL_GFP_ATOMIC;
}

/* Does what a request asks of a device with @features. */
static __always_inline blk_status_t
cnull_execute_data(struct cnull_queue *cq, unsigned int features,
		   struct request *rq, gfp_t gfp)
{
	if (features & (CNULL_F_IO | CNULL_F_DOMAIN))
		return features & CNULL_F_DOMAIN ?
		       cnull_domain_execute(cq, rq, gfp) :
		       cnull_execute(cq, rq, gfp);
	if (!(features & CNULL_F_MEMORY)) {
		if (IS_ENABLED(CONFIG_KMSAN))
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
	if (features & (CNULL_F_DEFER_COMPLETION | CNULL_F_DOMAIN))
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

/*
 * Ends one of a list of requests. A list that completes inline shares one
 * completion. To collect a single request costs more than to end it, so the last
 * one of a list joins others but does not start a batch.
 */
static __always_inline void cnull_end_batched(struct request *rq,
					      blk_status_t sts,
					      struct io_comp_batch *iob,
					      bool last)
{
	if ((last && rq_list_empty(&iob->req_list)) ||
	    !blk_mq_add_to_batch(rq, iob, sts != BLK_STS_OK,
				 blk_mq_end_request_batch))
		blk_mq_end_request(rq, sts);
}

/* The features of a queue, with what may change while it is in use. */
static __always_inline unsigned int
cnull_queue_features(const struct cnull_queue *cq)
{
	if (static_branch_unlikely(&cnull_live_key) && READ_ONCE(cq->dev->live))
		return cq->features | CNULL_F_IO | CNULL_F_POLL;
	return cq->features;
}

#endif /* _CNULL_QUEUE_H */
