/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface "block", images that crash: block_v2 with a mistake, block_crash(),
 * that strikes when it is called BLOCK_CRASH_MS after the image started, or
 * later. Each image defines that time, and where it is called from, as one of
 *
 *	block_on_queue_rq, block_on_complete, block_on_poll
 *
 * A slot whose policy is to restart has a crash each BLOCK_CRASH_MS, then.
 */
#include <linux/domain_block.h>
#include <linux/domain_sdk.h>

#define BLOCK_VERSION	6

static u64 block_due = !BLOCK_CRASH_MS;
static u64 *block_forgotten;	/* to point to something */

static inline void block_crash(void)
{
	if (READ_ONCE(block_due))
		*READ_ONCE(block_forgotten) = block_due;
}

#ifndef block_on_poll
#define block_on_poll()	do { } while (0)
#endif

static inline long block_verdict(struct domain_block_rq *rq)
{
	return DOMAIN_BLOCK_NOTIFY;
}

static long block_init(void)
{
	if (!BLOCK_CRASH_MS)
		return 0;
	return domain_services->timer_arm(0, BLOCK_CRASH_MS * 1000000ULL, 0);
}

static long block_timer(u64 id)
{
	WRITE_ONCE(block_due, 1);
	return 0;
}

/* All that are done complete */
static long block_poll(u64 queue, u64 nr)
{
	block_on_poll();
	return nr;
}

#define BLOCK_METHODS	.poll = block_poll,
#define BLOCK_OPS	.init = block_init, .timer = block_timer,

#include "block.h"
