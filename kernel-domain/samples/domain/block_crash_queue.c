// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", crashes once a second when it is asked about a request
 */
#define BLOCK_CRASH_MS		1000
#define block_on_queue_rq	block_crash

#include "block_crash.h"

BLOCK_IMAGE("block_crash_queue", "6");
