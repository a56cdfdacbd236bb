// SPDX-License-Identifier: GPL-2.0-only
// expect: not a module
// arch: x86 arm64 riscv
#include "refused.h"

RECORD(".printk_index");
