// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers, one-shot and periodic: run(0, ms) arms one that expires once, run(1,
 * ms) one that goes on, run(2, 0) stops it, run(3, id) says how often timer id
 * expired
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#define NSEC_PER_MSEC	1000000ULL

enum { TIMER_ONCE, TIMER_PERIODIC, TIMER_NR };

static u64 expired[TIMER_NR];

static long timer_run(u64 nr, u64 arg)
{
	const struct domain_services *s = domain_services;

	switch (nr) {
	case 0:
		return s->timer_arm(TIMER_ONCE, arg * NSEC_PER_MSEC, 0);
	case 1:
		return s->timer_arm(TIMER_PERIODIC, arg * NSEC_PER_MSEC,
				    arg * NSEC_PER_MSEC);
	case 2:
		return s->timer_cancel(TIMER_PERIODIC);
	case 3:
		return arg < TIMER_NR ? (long)READ_ONCE(expired[arg]) : -EINVAL;
	default:
		return -EINVAL;
	}
}

static long timer_expired(u64 id)
{
	static const char text[] = "the one-shot timer expired";

	if (id < TIMER_NR)
		expired[id]++;
	if (id == TIMER_ONCE)
		domain_services->print(6, text, sizeof(text) - 1);
	return 0;
}

static const struct domain_command_ops methods = {
	.run = timer_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.timer = timer_expired,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "timer", .version = "1");
