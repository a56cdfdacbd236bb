// SPDX-License-Identifier: GPL-2.0-only
#include "image.h"

BENCH_IMAGE(bench_ref, .name = "bench_ref",
	    .state_type = BENCH_STATE_TYPE, .state_version = 1);
