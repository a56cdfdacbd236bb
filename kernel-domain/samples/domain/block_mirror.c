// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", writes go to two stores
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	4

static inline long block_verdict(struct domain_block_rq *rq)
{
	switch (rq->op) {
	case DOMAIN_BLOCK_WRITE:
	case DOMAIN_BLOCK_DISCARD:
	case DOMAIN_BLOCK_WRITE_ZEROES:
		return DOMAIN_BLOCK_MIRROR;
	default:
		return DOMAIN_BLOCK_DO;
	}
}

#include "block.h"

BLOCK_IMAGE("block_mirror", "4");
