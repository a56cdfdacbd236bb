// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", cannot start: an update to it fails, and its predecessor
 * goes on
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	7

static inline long block_verdict(struct domain_block_rq *rq)
{
	return -EIO;
}

static long block_init(void)
{
	return -ENODEV;
}

#define BLOCK_OPS	.init = block_init,

#include "block.h"

BLOCK_IMAGE("block_bad_init", "7");
