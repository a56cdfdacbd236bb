// SPDX-License-Identifier: GPL-2.0-only
// expect: no image note
// arch: x86 arm64 riscv
#define NO_NOTE
#include "refused.h"

/* Without a description there is nothing to load. */
const struct domain_image_ops *
domain_entry(const struct domain_services *services)
{
	return &ops;
}
