// SPDX-License-Identifier: GPL-2.0-only
// expect: .unheard.of
// arch: x86 arm64 riscv
#include "refused.h"

int datum __section(".unheard.of");
