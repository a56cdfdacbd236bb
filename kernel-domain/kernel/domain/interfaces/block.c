// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "block": its slots are made by block drivers
 */
#include <linux/domain_block.h>
#include <linux/export.h>
#include <linux/init.h>

DOMAIN_DEFINE_INTERFACE(block, DOMAIN_BLOCK_METHODS);
EXPORT_SYMBOL_GPL(domain_block_interface);

static int __init domain_block_init(void)
{
	return domain_interface_register(&domain_block_interface);
}
subsys_initcall(domain_block_init);
