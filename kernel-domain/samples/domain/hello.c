// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says when it comes and goes, and doubles a number in between; hello_v2.c is
 * this with another factor
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#ifndef HELLO_FACTOR
#define HELLO_FACTOR	2
#define HELLO_VERSION	"1"
#endif

#define say(text)	domain_services->print(6, text, sizeof(text) - 1)

static long hello_run(u64 nr, u64 arg)
{
	return HELLO_FACTOR * arg;
}

static long hello_init(void)
{
	say("hello");
	return 0;
}

static long hello_exit(void)
{
	say("good-bye");
	return 0;
}

static const struct domain_command_ops methods = {
	.run = hello_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.init = hello_init,
	.exit = hello_exit,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "hello", .version = HELLO_VERSION);
