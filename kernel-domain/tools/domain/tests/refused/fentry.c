// SPDX-License-Identifier: GPL-2.0-only
// expect: __fentry__
// arch: x86
#include "refused.h"

asm("call __fentry__");
