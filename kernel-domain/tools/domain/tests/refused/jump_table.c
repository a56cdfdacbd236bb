// SPDX-License-Identifier: GPL-2.0-only
// expect: __jump_table
// arch: x86 arm64 riscv
#include "refused.h"

RECORD("__jump_table");
