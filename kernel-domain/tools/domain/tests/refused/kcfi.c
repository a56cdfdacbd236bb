// SPDX-License-Identifier: GPL-2.0-only
// expect: kCFI
// arch: x86 arm64 riscv
#include "refused.h"

RECORD(".kcfi_traps");
