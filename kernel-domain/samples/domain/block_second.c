// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", the second store alone: what a mirror is for
 *
 * After block_mirror it finds all that was written meanwhile.
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	5

static inline long block_verdict(struct domain_block_rq *rq)
{
	return DOMAIN_BLOCK_SECOND;
}

#include "block.h"

BLOCK_IMAGE("block_second", "5");
