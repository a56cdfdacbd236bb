// SPDX-License-Identifier: GPL-2.0-only
/*
 * Crashes on request: run(way, arg), the ways by number in faulty.h, to see what
 * becomes of the caller, of the slot, and of the kernel
 *
 * run(0, 0) does not crash; it counts its calls.
 */
#include <linux/domain_command.h>

#include "faulty_ways.h"

static const struct domain_command_ops methods = {
	.run = faulty_crash,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.timer = faulty_expired,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "faulty", .version = "1");
