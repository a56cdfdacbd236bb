// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests ask of a domain: run(0, ms) sleeps, run(1, bytes) takes memory and
 * does not give it back, run(2, bytes) the same with a shared object, run(3, 0)
 * frees what it does not own, run(4, 0) opens a slot and does not close it
 */
#include <linux/domain_command.h>
#include <linux/domain_log.h>
#include <linux/domain_sdk.h>

static u64 kept;

static long guest_sleep(u64 ms)
{
	long ret = 0;
	u64 slice;

	/* the service sleeps for a second at most */
	for (; ms && !ret; ms -= slice) {
		slice = ms < 100 ? ms : 100;
		ret = domain_services->sleep_ns(slice * 1000000);
	}
	return ret;
}

static long guest_open(void)
{
	const u64 hash = DOMAIN_INTERFACE_HASH(log, DOMAIN_LOG_METHODS);
	long handle = domain_services->slot_open("log", DOMAIN_log_MAJOR, hash,
						 DOMAIN_log_NR);

	if (handle < 0)
		return handle;
	kept++;
	return kept;
}

static long guest_run(u64 nr, u64 arg)
{
	void *p;

	switch (nr) {
	case 0:
		return guest_sleep(arg);
	case 1:
		p = domain_services->alloc(arg);
		break;
	case 2:
		p = domain_services->shared_alloc(arg, 1);
		break;
	case 3:
		return domain_services->free(&kept);
	case 4:
		return guest_open();
	default:
		return -EINVAL;
	}
	if (!p)
		return -ENOMEM;
	kept++;
	return kept;
}

static const struct domain_command_ops methods = {
	.run = guest_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "guest", .version = "1");
