// SPDX-License-Identifier: GPL-2.0-only
// expect: per-CPU
// arch: x86 arm64 riscv
#include "refused.h"

int counter __section(".data..percpu");
