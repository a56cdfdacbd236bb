// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passes every check of the file; what its entry point returns is garbage
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = (const void *)0x1000,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "bad_ops", .version = "1");
