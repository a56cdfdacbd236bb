// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that makes an image: no method, so that every call answers -ENOSYS
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#ifndef MINIMAL_VERSION
#define MINIMAL_VERSION	"1"
#endif

static const struct domain_command_ops methods;

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "minimal", .version = MINIMAL_VERSION);
