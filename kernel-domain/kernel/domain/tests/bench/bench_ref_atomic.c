// SPDX-License-Identifier: GPL-2.0-only
#include "image.h"

BENCH_IMAGE(bench_ref_atomic, .name = "bench_ref_atomic",
	    .state_type = BENCH_STATE_TYPE, .state_version = 1);
