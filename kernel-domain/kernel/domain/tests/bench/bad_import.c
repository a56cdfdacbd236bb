// SPDX-License-Identifier: GPL-2.0-only
/*
 * A successor of bench_ref that refuses its state
 */
#define BENCH_IMPORT	-EIO

#include "image.h"

BENCH_IMAGE(bench_ref, .name = "bad_import",
	    .state_type = BENCH_STATE_TYPE, .state_version = 1);
