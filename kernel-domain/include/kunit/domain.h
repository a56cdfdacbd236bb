/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains whose image is the kernel, for tests of drivers that own a slot
 */
#ifndef _KUNIT_DOMAIN_H
#define _KUNIT_DOMAIN_H

#include <linux/domain_interface.h>

struct domain;

struct domain *kunit_domain_create(const struct domain_interface *iface,
				   const void *const *methods,
				   const struct domain_image_ops *ops,
				   u32 state_type, u32 state_version);
void kunit_domain_forget(struct domain *d);
int kunit_domain_update(struct domain_slot *slot, struct domain *new,
			struct domain *old);
u32 kunit_domain_id(const struct domain *d);
u32 kunit_domain_current(void);
unsigned long kunit_domain_busy(struct domain_slot *slot);

#endif /* _KUNIT_DOMAIN_H */
