// SPDX-License-Identifier: GPL-2.0-only
#include "image.h"

BENCH_IMAGE(bench_rcu, .name = "bench_rcu");
