// SPDX-License-Identifier: GPL-2.0-only
// expect: kmalloc
// arch: x86 arm64 riscv
#include "refused.h"

void *kmalloc(size_t size);

void *get(void);
void *get(void)
{
	return kmalloc(8);
}
