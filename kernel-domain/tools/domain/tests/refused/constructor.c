// SPDX-License-Identifier: GPL-2.0-only
// expect: constructors
// arch: x86 arm64 riscv
#include "refused.h"

int ready;

__attribute__((constructor)) static void early(void)
{
	WRITE_ONCE(ready, 1);
}
