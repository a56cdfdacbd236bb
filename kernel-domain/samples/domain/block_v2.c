// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", second version: counts what completes as well, and how
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	2

static inline long block_verdict(struct domain_block_rq *rq)
{
	return DOMAIN_BLOCK_NOTIFY;
}

#include "block.h"

BLOCK_IMAGE("block_v2", "2");
