/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that an image runs in
 */
#ifndef _KERNEL_DOMAIN_MEMORY_H
#define _KERNEL_DOMAIN_MEMORY_H

#include "domain.h"
#include "image.h"

int domain_memory_map(struct domain_memory *m, const void *buf,
		      const struct domain_image_layout *layout);
void domain_memory_free(struct domain_memory *m);
int domain_memory_verify(const struct domain_memory *m);
void domain_memory_revoke(const struct domain_memory *m);

#endif /* _KERNEL_DOMAIN_MEMORY_H */
