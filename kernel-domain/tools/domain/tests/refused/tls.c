// SPDX-License-Identifier: GPL-2.0-only
// expect: thread-local
// arch: x86 arm64 riscv
#include "refused.h"

__thread int counter;

int *counter_address(void);
int *counter_address(void)
{
	return &counter;
}
