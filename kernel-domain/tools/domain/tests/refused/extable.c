// SPDX-License-Identifier: GPL-2.0-only
// expect: __ex_table
// arch: x86 arm64 riscv
#include "refused.h"

RECORD("__ex_table");
