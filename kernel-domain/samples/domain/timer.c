// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timers, one-shot and periodic: run(0, ms) arms one that expires once, run(1,
 * ms) one that goes on, run(2, 0) stops it, run(3, id) says how often timer id
 * expired
 *
 * A domain's timers go with it. The period is in the slot's store, so that a
 * successor can go on.
 */
#include <linux/domain_command.h>
#include <linux/domain_sdk.h>

#ifndef TIMER_VERSION
#define TIMER_VERSION	"1"
#endif

#define NSEC_PER_MSEC	1000000ULL
#define TIMER_MAX_MS	((~0ULL >> 1) / NSEC_PER_MSEC)
#define TIMER_KEY	1
#define TIMER_TYPE	0x74696d65	/* "time" */
#define TIMER_FORMAT	1		/* version of what the store holds */

enum { TIMER_ONCE, TIMER_PERIODIC, TIMER_NR };

static u64 expired[TIMER_NR];

static long timer_start(u64 ms)
{
	return domain_services->timer_arm(TIMER_PERIODIC, ms * NSEC_PER_MSEC,
					  ms * NSEC_PER_MSEC);
}

static long timer_periodic(u64 ms)
{
	long ret;

	if (!ms)
		return -EINVAL;
	ret = domain_services->state_put(TIMER_KEY, TIMER_TYPE, TIMER_FORMAT,
					 &ms, sizeof(ms));
	return ret < 0 ? ret : timer_start(ms);
}

static long timer_stop(void)
{
	domain_services->state_put(TIMER_KEY, TIMER_TYPE, TIMER_FORMAT, NULL, 0);
	return domain_services->timer_cancel(TIMER_PERIODIC);
}

static long timer_run(u64 nr, u64 arg)
{
	/* before it is kept for who comes after: no timer has more */
	if (nr <= 1 && arg > TIMER_MAX_MS)
		return -EINVAL;

	switch (nr) {
	case 0:
		return domain_services->timer_arm(TIMER_ONCE,
						  arg * NSEC_PER_MSEC, 0);
	case 1:
		return timer_periodic(arg);
	case 2:
		return timer_stop();
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

/* What is armed here does not expire before the domain is the slot's */
static long timer_init(void)
{
	u64 ms = 0;
	long ret;

	ret = domain_services->state_get(TIMER_KEY, TIMER_TYPE, TIMER_FORMAT,
					 &ms, sizeof(ms));
	if (ret == -ENOENT)
		return 0;
	return ret < 0 ? ret : timer_start(ms);
}

static const struct domain_command_ops methods = {
	.run = timer_run,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_command_NR,
	.methods = &methods,
	.init = timer_init,
	.timer = timer_expired,
};

DOMAIN_IMAGE(command, DOMAIN_COMMAND_METHODS, ops,
	     .name = "timer", .version = TIMER_VERSION);
