// SPDX-License-Identifier: GPL-2.0-only
// expect: cannot include .*linux/poison.h
// arch: x86 arm64 riscv
#include "refused.h"

#include <linux/poison.h>
