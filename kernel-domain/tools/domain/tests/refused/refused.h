/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A minimal image, to which each file here adds one thing that the build
 * refuses with the line that its "expect:" gives.
 */
#include <linux/domain_sdk.h>
#include <linux/domain_command.h>

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
};

#ifndef NO_NOTE
DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops, .name = "refused", .version = "1");
#endif

/* What a macro of a kernel header leaves in a section of its own. */
#define RECORD(section)	asm(".pushsection " section ",\"a\"\n.quad 0\n.popsection")
