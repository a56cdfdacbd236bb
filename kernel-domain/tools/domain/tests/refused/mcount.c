// SPDX-License-Identifier: GPL-2.0-only
// expect: patchable entries
// arch: x86 arm64 riscv
#include "refused.h"

RECORD("__mcount_loc");
