// SPDX-License-Identifier: GPL-2.0-only
// expect: patchable entries
// arch: x86 arm64 riscv
#include "refused.h"

long patchable(void);
__attribute__((patchable_function_entry(2)))
long patchable(void)
{
	return 0;
}
