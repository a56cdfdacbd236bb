// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", crashes at its first request
 */
#define BLOCK_CRASH_MS		0
#define block_on_queue_rq	block_crash

#include "block_crash.h"

BLOCK_IMAGE("block_crash_first", "6");
