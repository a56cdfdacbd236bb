// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block", crashes once a second when it is told of the end of a request
 */
#define BLOCK_CRASH_MS		1000
#define block_on_complete	block_crash

#include "block_crash.h"

BLOCK_IMAGE("block_crash_complete", "6");
