// SPDX-License-Identifier: GPL-2.0-only
// expect: global offset table
// arch: x86
#include "refused.h"

asm("pushq domain_services@GOTPCREL(%rip)");
