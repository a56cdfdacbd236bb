// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits the bandwidth of a device with a token bucket.
 *
 * Every tick of 20 ms, as in null_blk, adds the bytes that may pass in that
 * time; what is not used within a tick is lost, so an idle device gains no
 * burst of more than a tick. I/O passes while there are tokens at all, however
 * large it is, and takes all that it needs: the ticks that follow pay the debt.
 * So the rate is right for any mix of sizes, also for I/O larger than a tick.
 *
 * The timer runs until the bucket is full. Charging takes no lock. Two pairs of
 * "write mine, then look at the other's", with a full barrier between, make sure
 * that nobody waits for a timer that does not run:
 *
 *	charge				timer
 *	take tokens			idle = 1
 *	idle? start the timer		tokens taken? go on
 *
 *	charge				timer
 *	stop the queue			add tokens
 *	stopped = 1
 *	tokens? restart it		stopped? restart it
 */
#include <linux/blk-mq.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/time64.h>

#include <kunit/visibility.h>

#include "throttle.h"

#define CNULL_TICKS_PER_SEC	50
#define CNULL_TICK		ns_to_ktime(NSEC_PER_SEC / CNULL_TICKS_PER_SEC)

/**
 * cnull_throttle_budget() - Bytes that may pass per tick
 * @mbps: the limit in MiB per second, at least 1
 *
 * Context: Any.
 * Return: the bytes.
 */
VISIBLE_IF_KUNIT s64 cnull_throttle_budget(unsigned int mbps)
{
	return div_u64((u64)mbps << 20, CNULL_TICKS_PER_SEC);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_budget);

/**
 * cnull_throttle_refill() - Bytes that may pass after some ticks
 * @tokens: what might pass before, less than @budget, negative if overdrawn
 * @budget: see cnull_throttle_budget(), which is the most that may pass
 * @ticks: how many ticks it is since
 *
 * Context: Any.
 * Return: the bytes.
 */
VISIBLE_IF_KUNIT s64 cnull_throttle_refill(s64 tokens, s64 budget, u64 ticks)
{
	s64 sum;

	if (check_mul_overflow(budget, ticks, &sum) ||
	    check_add_overflow(sum, tokens, &sum))
		return budget;
	return min(sum, budget);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_refill);

/*
 * A queue that is frozen, with no request in it, has nothing to restart, but
 * perhaps a resize under way, in which hardware queues are missing. A reference
 * as requests have it keeps that out; where there is none, @t->stopped remains.
 */
static void cnull_throttle_restart_queue(struct cnull_throttle *t)
{
	struct percpu_ref *users = &t->queue->q_usage_counter;

	if (!READ_ONCE(t->stopped) || !percpu_ref_tryget(users))
		return;
	if (xchg(&t->stopped, 0))
		blk_mq_start_stopped_hw_queues(t->queue, true);
	percpu_ref_put(users);
}

static void cnull_throttle_restart(struct cnull_throttle *t)
{
	if (t->queue)
		cnull_throttle_restart_queue(t);
	else
		wake_up_all(&t->wait);
}

static enum hrtimer_restart cnull_throttle_tick(struct hrtimer *timer)
{
	struct cnull_throttle *t =
		container_of(timer, struct cnull_throttle, timer);
	u64 ticks = hrtimer_forward_now(timer, CNULL_TICK);
	s64 old = atomic64_read(&t->tokens), new;

	do {
		if (old >= t->budget)
			goto full;
		new = cnull_throttle_refill(old, t->budget, ticks);
	} while (!atomic64_try_cmpxchg(&t->tokens, &old, new));

	if (new > 0)
		cnull_throttle_restart(t);
	return HRTIMER_RESTART;

full:
	/* It was frozen when there were tokens again. */
	if (READ_ONCE(t->stopped)) {
		cnull_throttle_restart(t);
		return HRTIMER_RESTART;
	}
	/* Full barrier; pairs with the one of taking tokens. */
	xchg(&t->idle, 1);
	if (atomic64_read(&t->tokens) >= t->budget || !xchg(&t->idle, 0))
		return HRTIMER_NORESTART;
	return HRTIMER_RESTART;
}

/**
 * cnull_throttle_init() - Start to limit the bandwidth
 * @t: the limit
 * @mbps: MiB per second, at least 1
 * @queue: queue to stop while the limit is reached; NULL if submitters call
 *	cnull_throttle_wait() instead of cnull_throttle_charge()
 */
void cnull_throttle_init(struct cnull_throttle *t, unsigned int mbps,
			 struct request_queue *queue)
{
	t->budget = cnull_throttle_budget(mbps);
	t->queue = queue;
	atomic64_set(&t->tokens, t->budget);
	t->idle = 1;
	t->stopped = 0;
	hrtimer_setup(&t->timer, cnull_throttle_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	init_waitqueue_head(&t->wait);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_init);

/**
 * cnull_throttle_release() - Lift the limit
 * @t: the limit
 *
 * For power off: what waits passes, and so does all that comes until
 * cnull_throttle_exit(), instead of taking the time that the limit asks for.
 */
void cnull_throttle_release(struct cnull_throttle *t)
{
	/* Not less than a full bucket, so the timer leaves it alone. */
	atomic64_set(&t->tokens, S64_MAX);
	/* Pairs with the barrier after stopping the queue. */
	smp_mb();
	cnull_throttle_restart(t);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_release);

/**
 * cnull_throttle_exit() - Clean up when all I/O has ended
 * @t: the limit
 *
 * Context: May sleep.
 */
void cnull_throttle_exit(struct cnull_throttle *t)
{
	hrtimer_cancel(&t->timer);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_exit);

/* Takes tokens if there are any, and sees to it that they come back. */
static bool cnull_throttle_take(struct cnull_throttle *t, unsigned int bytes)
{
	s64 tokens = atomic64_read(&t->tokens);

	do {
		if (tokens <= 0)
			return false;
	} while (!atomic64_try_cmpxchg(&t->tokens, &tokens, tokens - bytes));

	if (READ_ONCE(t->idle) && xchg(&t->idle, 0))
		hrtimer_start(&t->timer, CNULL_TICK, HRTIMER_MODE_REL);
	return true;
}

/**
 * cnull_throttle_charge() - Ask whether a request may pass
 * @t: the limit, with a queue
 * @bytes: data that it moves; 0 passes always
 *
 * Context: Any in which ->queue_rq() is called.
 * Return: true if it may; false if not: the queue is stopped, and restarted in
 * time. That may be before the block layer has the request back, so it is for
 * BLK_STS_RESOURCE, after which the block layer runs a queue that is not stopped.
 */
bool cnull_throttle_charge(struct cnull_throttle *t, unsigned int bytes)
{
	if (!bytes || cnull_throttle_take(t, bytes))
		return true;

	blk_mq_stop_hw_queues(t->queue);
	/* Full barrier; pairs with those of adding tokens. */
	xchg(&t->stopped, 1);
	if (atomic64_read(&t->tokens) > 0)
		cnull_throttle_restart(t);
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_charge);

/**
 * cnull_throttle_wait() - Wait until a bio may pass
 * @t: the limit, without a queue
 * @bytes: data that it moves; 0 passes always
 * @nowait: fail rather than wait
 *
 * Context: May sleep unless @nowait.
 * Return: 0, or -EAGAIN if it would have to wait and @nowait is set.
 */
int cnull_throttle_wait(struct cnull_throttle *t, unsigned int bytes,
			bool nowait)
{
	if (!bytes || cnull_throttle_take(t, bytes))
		return 0;
	if (nowait)
		return -EAGAIN;
	io_wait_event(t->wait, cnull_throttle_take(t, bytes));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_wait);

/**
 * cnull_throttle_refund() - Give back what a bio took that will come again
 * @t: the limit, without a queue
 * @bytes: what cnull_throttle_wait() was asked for
 *
 * The next tick may find the bucket full, and then wakes nobody who waits.
 *
 * Context: Any but NMI.
 */
void cnull_throttle_refund(struct cnull_throttle *t, unsigned int bytes)
{
	s64 tokens = atomic64_read(&t->tokens);

	do {
		/* Full again since then, or released. */
		if (tokens >= t->budget)
			return;
	} while (!atomic64_try_cmpxchg(&t->tokens, &tokens,
				       min(tokens + bytes, t->budget)));
	wake_up_all(&t->wait);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_throttle_refund);
