// SPDX-License-Identifier: GPL-2.0-only
// expect: initcalls
// arch: x86 arm64 riscv
#include "refused.h"

RECORD(".initcall6.init");
