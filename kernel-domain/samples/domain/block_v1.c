// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", first version: every request goes its way, and is counted
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	1

static inline long block_verdict(struct domain_block_rq *rq)
{
	return DOMAIN_BLOCK_DO;
}

#include "block.h"

BLOCK_IMAGE("block_v1", "1");
