// SPDX-License-Identifier: GPL-2.0-only
/*
 * No successor of bench_ref: its state is of another type
 */
#include "image.h"

BENCH_IMAGE(bench_ref, .name = "bad_type",
	    .state_type = BENCH_STATE_TYPE + 1, .state_version = 1);
