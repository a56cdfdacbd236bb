// SPDX-License-Identifier: GPL-2.0-only
// expect: __stack_chk_fail
// arch: x86 arm64 riscv
#include "refused.h"

void __stack_chk_fail(void);

void overrun(void);
void overrun(void)
{
	__stack_chk_fail();
}
