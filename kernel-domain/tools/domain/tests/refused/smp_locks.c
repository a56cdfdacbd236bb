// SPDX-License-Identifier: GPL-2.0-only
// expect: lock prefixes
// arch: x86 arm64 riscv
#include "refused.h"

RECORD(".smp_locks");
