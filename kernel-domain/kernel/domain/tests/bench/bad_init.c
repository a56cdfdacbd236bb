// SPDX-License-Identifier: GPL-2.0-only
/*
 * Its init() takes memory and fails
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

static const struct domain_command_ops methods;

static long bad_init(void)
{
	domain_services->alloc(1000);
	return -EIO;
}

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.init = bad_init,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "bad_init", .version = "1");
