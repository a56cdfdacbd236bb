// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses the domain's own memory and the slot's store: prints how often it was
 * called, in this life and in all. Two calls at once may read the same count.
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#define PRINT_KEY	1
#define PRINT_TYPE	0x7072696e	/* "prin" */
#define PRINT_FORMAT	1		/* version of what the store holds */

#ifndef PRINT_TEXT
#define PRINT_TEXT	"calls in this life and in all: "
#define PRINT_VERSION	"1"
#endif

static u64 calls;

/* @value in decimal, written backwards from @end; returns where it starts */
static char *decimal(char *end, u64 value)
{
	do {
		*--end = '0' + value % 10;
		value /= 10;
	} while (value);
	return end;
}

static long print_run(u64 nr, u64 arg)
{
	static const char text[] = PRINT_TEXT;
	const struct domain_services *s = domain_services;
	u64 total = 0;
	char *line, *p;
	long ret;

	line = s->alloc(128);
	if (!line)
		return -ENOMEM;
	ret = s->state_get(PRINT_KEY, PRINT_TYPE, PRINT_FORMAT, &total,
			   sizeof(total));
	if (ret < 0 && ret != -ENOENT)
		goto out;
	total++;
	ret = s->state_put(PRINT_KEY, PRINT_TYPE, PRINT_FORMAT, &total,
			   sizeof(total));
	if (ret < 0)
		goto out;

	p = decimal(line + 128, total);
	*--p = ' ';
	p = decimal(p, ++calls);
	p -= sizeof(text) - 1;
	memcpy(p, text, sizeof(text) - 1);
	s->print(6, p, line + 128 - p);
	ret = total;
out:
	s->free(line);
	return ret;
}

static const struct domain_command_ops methods = {
	.run = print_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "print", .version = PRINT_VERSION);
