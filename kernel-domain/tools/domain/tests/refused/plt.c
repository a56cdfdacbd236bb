// SPDX-License-Identifier: GPL-2.0-only
// expect: procedure linkage table
// arch: x86 arm64 riscv
#include "refused.h"

static volatile int which;

static long zero(void)
{
	return 0;
}

static long one(void)
{
	return 1;
}

static void *resolve(void)
{
	return which ? one : zero;
}

long chosen(void) __attribute__((ifunc("resolve")));

long caller(void);
long caller(void)
{
	return chosen();
}
