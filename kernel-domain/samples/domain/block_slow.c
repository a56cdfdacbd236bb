// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", a slow disk: every request takes longer
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	3

#define BLOCK_DELAY_NS	200000

static inline long block_verdict(struct domain_block_rq *rq)
{
	rq->delay_ns = BLOCK_DELAY_NS;
	return DOMAIN_BLOCK_DELAY | DOMAIN_BLOCK_NOTIFY;
}

#include "block.h"

BLOCK_IMAGE("block_slow", "3");
