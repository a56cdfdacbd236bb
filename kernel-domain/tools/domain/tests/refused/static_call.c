// SPDX-License-Identifier: GPL-2.0-only
// expect: .static_call_sites
// arch: x86 arm64 riscv
#include "refused.h"

RECORD(".static_call_sites");
