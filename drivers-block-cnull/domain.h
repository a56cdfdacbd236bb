/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices whose requests a domain decides about, see
 * Documentation/core-api/domain-block.rst
 */
#ifndef _CNULL_DOMAIN_H
#define _CNULL_DOMAIN_H

#include <linux/blk-mq.h>
#include <linux/domain_block.h>

#include "cnull.h"

#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN

/* domain.c */
void cnull_domain_init(struct cnull_device *dev);
void cnull_domain_free(struct cnull_device *dev);
ssize_t cnull_domain_show(struct cnull_device *dev, char *page);
int cnull_domain_store(struct cnull_device *dev, const char *page);
int cnull_domain_prepare(struct cnull_device *dev);
const struct block_device_operations *
cnull_domain_fops(const struct cnull_device *dev);
void cnull_domain_start(struct cnull_device *dev, struct gendisk *disk);
void cnull_domain_stop(struct cnull_device *dev);
int cnull_domain_init_hctx(struct cnull_queue *cq, struct blk_mq_hw_ctx *hctx);
void cnull_domain_exit_hctx(struct cnull_queue *cq, struct blk_mq_hw_ctx *hctx);
int cnull_domain_stats(struct cnull_device *dev,
		       struct domain_block_stats *stats);

/* domain_queue.c */
blk_status_t cnull_domain_queue_rq(struct blk_mq_hw_ctx *hctx,
				   const struct blk_mq_queue_data *bd);
blk_status_t cnull_domain_queue_rq_memory(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd);
void cnull_domain_queue_rqs(struct rq_list *rqlist);
void cnull_domain_commit_rqs(struct blk_mq_hw_ctx *hctx);
void cnull_domain_cleanup_rq(struct request *rq);
blk_status_t cnull_domain_execute(struct cnull_queue *cq, struct request *rq,
				  gfp_t gfp);
struct llist_node *cnull_domain_poll(struct cnull_queue *cq,
				     unsigned int queue_num,
				     struct llist_node *list);
void cnull_domain_work_fn(struct work_struct *work);
bool cnull_domain_end_verdict(struct cnull_queue *cq, struct request *rq,
			      blk_status_t sts);

static inline bool cnull_has_domain(const struct cnull_device *dev)
{
	return dev->domain.slot;
}

/* The store that only a domain makes use of, or NULL without one */
static inline struct cnull_store *cnull_domain_second(struct cnull_device *dev)
{
	return dev->domain.slot ? &dev->domain.second : NULL;
}

/*
 * At the end of a request of a device with a domain. False if it cannot end,
 * since the domain has to be told and cannot be at present; it will.
 */
static inline bool cnull_domain_end(struct cnull_queue *cq, struct request *rq,
				    blk_status_t sts)
{
	struct cnull_cmd *cmd = blk_mq_rq_to_pdu(rq);

	return !cmd->domain.verdict || cnull_domain_end_verdict(cq, rq, sts);
}

/* How long the domain wants a request to take longer, in ns */
static inline u64 cnull_domain_delay(const struct cnull_cmd *cmd)
{
	return cmd->domain.verdict & DOMAIN_BLOCK_DELAY ? cmd->domain.delay_ns : 0;
}

#else

static inline void cnull_domain_init(struct cnull_device *dev)
{
}

static inline void cnull_domain_free(struct cnull_device *dev)
{
}

static inline int cnull_domain_prepare(struct cnull_device *dev)
{
	return 0;
}

static inline const struct block_device_operations *
cnull_domain_fops(const struct cnull_device *dev)
{
	return NULL;
}

static inline void cnull_domain_start(struct cnull_device *dev,
				      struct gendisk *disk)
{
}

static inline void cnull_domain_stop(struct cnull_device *dev)
{
}

static inline int cnull_domain_init_hctx(struct cnull_queue *cq,
					 struct blk_mq_hw_ctx *hctx)
{
	return 0;
}

static inline void cnull_domain_exit_hctx(struct cnull_queue *cq,
					  struct blk_mq_hw_ctx *hctx)
{
}

static inline int cnull_domain_stats(struct cnull_device *dev,
				     struct domain_block_stats *stats)
{
	return -EOPNOTSUPP;
}

static inline blk_status_t cnull_domain_execute(struct cnull_queue *cq,
						struct request *rq, gfp_t gfp)
{
	return BLK_STS_OK;
}

static inline struct llist_node *cnull_domain_poll(struct cnull_queue *cq,
						   unsigned int queue_num,
						   struct llist_node *list)
{
	return list;
}

static inline bool cnull_has_domain(const struct cnull_device *dev)
{
	return false;
}

static inline struct cnull_store *cnull_domain_second(struct cnull_device *dev)
{
	return NULL;
}

static inline bool cnull_domain_end(struct cnull_queue *cq, struct request *rq,
				    blk_status_t sts)
{
	return true;
}

static inline u64 cnull_domain_delay(const struct cnull_cmd *cmd)
{
	return 0;
}

#endif /* CONFIG_BLK_DEV_CNULL_DOMAIN */

#endif /* _CNULL_DOMAIN_H */
