// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: timers
 *
 * A timer calls its domain as any other caller does, through the slot, so that
 * an update keeps it out too. A call that an update refuses is tried again.
 */
#include <linux/nospec.h>
#include <linux/errno.h>

#include "domain.h"

/* How long a timer waits when it hits an update */
#define DOMAIN_TIMER_RETRY_NS	(100 * NSEC_PER_USEC)

/* A period below this could keep a CPU in the timer's interrupt for good */
#define DOMAIN_TIMER_MIN_NS	(10 * NSEC_PER_USEC)

static enum hrtimer_restart domain_timer_fire(struct hrtimer *hrtimer)
{
	struct domain_timer *timer = container_of(hrtimer, struct domain_timer,
						  hrtimer);
	struct domain *d = timer->domain;
	long ret;

	scoped_guard(spinlock_irqsave, &d->timers.lock)
		/* cancelled, or cancelled and armed anew: then it expires again */
		if (!timer->armed || hrtimer_is_queued(hrtimer))
			return HRTIMER_NORESTART;
	ret = domain_call_timer(d, timer - d->timers.timer);

	guard(spinlock_irqsave)(&d->timers.lock);
	/* meanwhile it may have been armed anew, or cancelled, or both */
	if (d->timers.dead || !timer->armed || hrtimer_is_queued(hrtimer))
		return HRTIMER_NORESTART;
	if (ret == -EBUSY) {
		hrtimer_forward_now(hrtimer, DOMAIN_TIMER_RETRY_NS);
		return HRTIMER_RESTART;
	}
	if (!timer->period || ret == -ESHUTDOWN) {
		timer->armed = false;
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(hrtimer, timer->period);
	return HRTIMER_RESTART;
}

/**
 * domain_timers_init - the timers of a domain, all disarmed
 * @d: the domain
 */
void domain_timers_init(struct domain *d)
{
	struct domain_timer *timer;

	spin_lock_init(&d->timers.lock);
	for (timer = d->timers.timer;
	     timer < d->timers.timer + DOMAIN_MAX_TIMERS; timer++) {
		hrtimer_setup(&timer->hrtimer, domain_timer_fire,
			      CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
		timer->domain = d;
	}
}

/**
 * domain_timer_arm - arm a timer, again if it is armed
 * @d: the domain
 * @id: 0 to DOMAIN_MAX_TIMERS - 1
 * @delay_ns: nanoseconds until it expires first
 * @period_ns: nanoseconds from then on, 0 for one time only
 *
 * Context: any but NMI.
 * Return: 0; -EINVAL if @id, @delay_ns or @period_ns is out of range; -ENOTTY
 * if the image has no timer function; -ESHUTDOWN if the domain is on its way
 * out.
 */
long domain_timer_arm(struct domain *d, u64 id, u64 delay_ns, u64 period_ns)
{
	struct domain_timer *timer;

	if (!d->ops.timer)
		return -ENOTTY;
	if (id >= DOMAIN_MAX_TIMERS || delay_ns > KTIME_MAX ||
	    period_ns > KTIME_MAX ||
	    (period_ns && period_ns < DOMAIN_TIMER_MIN_NS))
		return -EINVAL;
	timer = &d->timers.timer[array_index_nospec(id, DOMAIN_MAX_TIMERS)];

	guard(spinlock_irqsave)(&d->timers.lock);
	if (d->timers.dead)
		return -ESHUTDOWN;
	timer->period = period_ns;
	timer->armed = true;
	hrtimer_start(&timer->hrtimer, max(delay_ns, DOMAIN_TIMER_MIN_NS),
		      HRTIMER_MODE_REL_SOFT);
	return 0;
}

/**
 * domain_timer_cancel - disarm a timer
 * @d: the domain
 * @id: 0 to DOMAIN_MAX_TIMERS - 1
 *
 * Does not wait for a call in progress, which may be the caller itself; until
 * that returns, a timer that was armed for one time counts as armed. While the
 * timer expires, it cannot be taken from the queue: the mark stops it.
 *
 * Context: any but NMI.
 * Return: 1 if it was armed, 0 if not, -EINVAL if @id is out of range.
 */
long domain_timer_cancel(struct domain *d, u64 id)
{
	struct domain_timer *timer;
	bool armed;

	if (id >= DOMAIN_MAX_TIMERS)
		return -EINVAL;
	timer = &d->timers.timer[array_index_nospec(id, DOMAIN_MAX_TIMERS)];

	guard(spinlock_irqsave)(&d->timers.lock);
	armed = timer->armed;
	timer->armed = false;
	hrtimer_try_to_cancel(&timer->hrtimer);
	return armed;
}

/**
 * domain_timers_kill - disarm all timers for good and wait for calls by them
 * @d: the domain
 *
 * Context: process context. May sleep.
 * Return: the number of timers that were armed.
 */
unsigned int domain_timers_kill(struct domain *d)
{
	unsigned int i, n = 0;

	scoped_guard(spinlock_irqsave, &d->timers.lock)
		d->timers.dead = true;
	for (i = 0; i < DOMAIN_MAX_TIMERS; i++)
		n += hrtimer_cancel(&d->timers.timer[i].hrtimer);
	return n;
}
