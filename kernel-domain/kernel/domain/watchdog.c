// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: a budget of CPU time for each call
 *
 * A timer on each CPU looks, some times per budget, whether the task that it
 * interrupts is inside of a domain, and counts in all frames of its chain. A
 * call in whose frame the count exceeds the budget has its domain killed. So
 * calls pay one store for it, a call that sleeps or is preempted is not charged,
 * and neither is one that an interrupt, or a softirq, runs on top of.
 *
 * If it is the image's own text that is interrupted, the call ends with the
 * timer's interrupt, whether or not another task could run on this CPU.
 * Otherwise it ends when a service returns to the text, whose execute
 * permission is revoked by then.
 *
 * A loop with interrupts disabled keeps the timer out, too. So each CPU also
 * looks whether the timer of the next one expires. If it has not for as long as
 * a call may take, and a domain runs there, that domain is killed, provided
 * that a CPU which takes no interrupt learns that the text is revoked; where it
 * takes an NMI, from this timer. A CPU on its way offline or online has no timer
 * for some time, though it is in cpu_online_mask, and tasks run on it.
 */
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kasan.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>

#include <asm/domain.h>
#include <asm/irq_regs.h>

#include "domain.h"

/* A call is found so often before its domain is killed */
#define DOMAIN_WATCHDOG_TICKS	4

#define DOMAIN_WATCHDOG_MIN_MS	40U
#define DOMAIN_WATCHDOG_MAX_MS	(10U * 60 * MSEC_PER_SEC)

static unsigned int domain_watchdog_ms = 2000;
static DEFINE_PER_CPU(struct hrtimer, domain_watchdog_timer);
static atomic_t domain_watchdog_users;

/* Of the CPU itself: whether its timer may be started, between online and offline */
static DEFINE_PER_CPU(bool, domain_watchdog_usable);

/* Whether the timer of a CPU is to expire; written by this CPU */
static DEFINE_PER_CPU(bool, domain_watchdog_ticking);

/* How often the timer of a CPU has expired or been started */
static DEFINE_PER_CPU(unsigned long, domain_watchdog_beats);

/* What a CPU knows of the next one; of the timer alone */
struct domain_watchdog_peer {
	unsigned int cpu;
	unsigned long beats;
	unsigned int missed;	/* own expiries since @beats changed */
};

static DEFINE_PER_CPU(struct domain_watchdog_peer, domain_watchdog_peers);

static ktime_t domain_watchdog_period(void)
{
	return ms_to_ktime(READ_ONCE(domain_watchdog_ms) / DOMAIN_WATCHDOG_TICKS);
}

/* Is it the domain, or a service of its, that the timer interrupts? */
static bool domain_watchdog_hit(const struct domain_frame *frame)
{
	int count = preempt_count() - HARDIRQ_OFFSET;

	return !((count ^ frame->preempt_count) & ~PREEMPT_MASK);
}

/* The next one further out, unless it is that of a task or softirq interrupted */
static struct domain_frame *domain_watchdog_outer(const struct domain_frame *frame)
{
	struct domain_frame *outer = frame->prev;

	if (!outer ||
	    ((outer->preempt_count ^ frame->preempt_count) & ~PREEMPT_MASK))
		return NULL;
	return outer;
}

static void domain_watchdog_check(struct domain_frame *innermost)
{
	struct domain_frame *frame, *late = NULL;
	unsigned int budget = 0;

	/*
	 * Who calls others takes their time as well, or would loop for ever by
	 * them. But before it is to blame for that, each of them is.
	 */
	for (frame = innermost; frame; frame = domain_watchdog_outer(frame)) {
		budget += DOMAIN_WATCHDOG_TICKS;
		if (++frame->ticks > budget && !late)
			late = frame;
	}
	if (!late)
		return;
	/* those further out get another chance when this one has returned */
	for (frame = late; frame; frame = domain_watchdog_outer(frame))
		frame->ticks = 0;
	if (late == innermost &&
	    domain_handle_fault(get_irq_regs(), "out of CPU time", 0,
				DOMAIN_FAULT_IRQ))
		return;
	domain_kill(late->domain, "out of CPU time");
}

/*
 * The innermost domain of what another CPU runs, or NULL. The frame may be
 * gone while it is read, but neither the stack nor, if the pointer found there
 * is that of a domain, the domain.
 */
static struct domain *domain_watchdog_running(int cpu)
{
	struct task_struct *task = cpu_curr_snapshot(cpu);
	struct domain_frame *frame = READ_ONCE(task->domain_frame);
	struct domain *d = NULL;
	unsigned long offset;
	void *stack;

	if (!frame)
		return NULL;
	stack = try_get_task_stack(task);
	if (!stack)
		return NULL;
	offset = (unsigned long)kasan_reset_tag(frame) - (unsigned long)stack;
	if (offset < THREAD_SIZE - sizeof(*frame))
		d = READ_ONCE_NOCHECK(frame->domain);
	put_task_stack(task);
	return d && domain_has_text(d) ? d : NULL;
}

#ifndef arch_domain_revoke_on
/* The CPU learns it when fault.c revokes the text */
static void arch_domain_revoke_on(unsigned int cpu, unsigned long start,
				  unsigned long end)
{
}
#endif

/* Is there a domain that keeps the timer of the next CPU out? */
static void domain_watchdog_look_around(void)
{
	struct domain_watchdog_peer *peer = this_cpu_ptr(&domain_watchdog_peers);
	unsigned int self = smp_processor_id();
	unsigned int cpu = cpumask_next_wrap(self, cpu_online_mask);
	/* pairs with domain_watchdog_start(): the beats are those since then */
	bool ticking = smp_load_acquire(per_cpu_ptr(&domain_watchdog_ticking, cpu));
	unsigned long beats = READ_ONCE(per_cpu(domain_watchdog_beats, cpu));
	struct domain *d;

	if (arch_domain_revoke_by_irq())
		return;
	if (cpu == self || !ticking || peer->cpu != cpu || peer->beats != beats) {
		*peer = (struct domain_watchdog_peer){ cpu, beats };
		return;
	}
	if (++peer->missed <= DOMAIN_WATCHDOG_TICKS)
		return;
	guard(rcu)();
	d = domain_watchdog_running(cpu);
	if (!d)
		return;
	domain_kill(d, "out of CPU time with interrupts disabled");
	/* whoever killed it */
	if (domain_is_dead(d))
		arch_domain_revoke_on(cpu, d->memory.text, d->memory.text_end);
}

static enum hrtimer_restart domain_watchdog_expired(struct hrtimer *timer)
{
	struct domain_frame *frame = current->domain_frame;
	ktime_t period = domain_watchdog_period();

	if (!period || !atomic_read(&domain_watchdog_users)) {
		this_cpu_write(domain_watchdog_ticking, false);
		return HRTIMER_NORESTART;
	}
	__this_cpu_inc(domain_watchdog_beats);
	domain_watchdog_look_around();
	if (frame && get_irq_regs() && domain_watchdog_hit(frame))
		domain_watchdog_check(frame);
	hrtimer_forward_now(timer, period);
	return HRTIMER_RESTART;
}

static void domain_watchdog_start(void *unused)
{
	ktime_t period = domain_watchdog_period();

	if (!period || !atomic_read(&domain_watchdog_users) ||
	    !this_cpu_read(domain_watchdog_usable))
		return;
	/* who looks around begins to count anew, perhaps with another period */
	this_cpu_inc(domain_watchdog_beats);
	/* pairs with domain_watchdog_look_around() */
	smp_store_release(this_cpu_ptr(&domain_watchdog_ticking), true);
	hrtimer_start(this_cpu_ptr(&domain_watchdog_timer), period,
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/**
 * domain_watchdog_get - there is a domain that may have to be watched
 *
 * Context: process context. May sleep.
 */
void domain_watchdog_get(void)
{
	if (atomic_inc_return(&domain_watchdog_users) == 1)
		on_each_cpu(domain_watchdog_start, NULL, true);
}

/**
 * domain_watchdog_put - a domain that domain_watchdog_get() was called for is gone
 *
 * Context: any.
 */
void domain_watchdog_put(void)
{
	/* the timers end by themselves */
	atomic_dec(&domain_watchdog_users);
}

/**
 * domain_watchdog_set_ms - set the CPU time that a call may take
 * @ms: milliseconds, DOMAIN_WATCHDOG_MIN_MS to DOMAIN_WATCHDOG_MAX_MS, or 0 for
 *	no limit
 *
 * Context: process context. May sleep.
 * Return: what it was.
 */
unsigned int domain_watchdog_set_ms(unsigned int ms)
{
	unsigned int before = xchg(&domain_watchdog_ms, ms);

	if (atomic_read(&domain_watchdog_users))
		on_each_cpu(domain_watchdog_start, NULL, true);
	return before;
}

static int domain_watchdog_set(const char *val, const struct kernel_param *kp)
{
	unsigned int ms;
	int ret;

	ret = kstrtouint(val, 0, &ms);
	if (ret)
		return ret;
	if (ms && (ms < DOMAIN_WATCHDOG_MIN_MS || ms > DOMAIN_WATCHDOG_MAX_MS)) {
		pr_warn_ratelimited("domain: watchdog_ms %u, must be 0 or %u to %u\n",
				    ms, DOMAIN_WATCHDOG_MIN_MS,
				    (unsigned int)DOMAIN_WATCHDOG_MAX_MS);
		return -EINVAL;
	}
	domain_watchdog_set_ms(ms);
	return 0;
}

static const struct kernel_param_ops domain_watchdog_ops = {
	.set = domain_watchdog_set,
	.get = param_get_uint,
};

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "domain."
module_param_cb(watchdog_ms, &domain_watchdog_ops, &domain_watchdog_ms, 0644);
MODULE_PARM_DESC(watchdog_ms, "CPU time of one call before its domain is killed, in ms; 0 for no limit");

/**
 * domain_watchdog_online - let the timer of a CPU run
 * @cpu: the CPU, which is this one
 *
 * Context: the CPU's hotplug thread, or an interrupt.
 * Return: 0.
 */
VISIBLE_IF_KUNIT int domain_watchdog_online(unsigned int cpu)
{
	this_cpu_write(domain_watchdog_usable, true);
	domain_watchdog_start(NULL);
	return 0;
}

/**
 * domain_watchdog_offline - stop the timer of a CPU
 * @cpu: the CPU, which is this one
 *
 * Context: the CPU's hotplug thread, or an interrupt.
 * Return: 0.
 */
VISIBLE_IF_KUNIT int domain_watchdog_offline(unsigned int cpu)
{
	/* first: an interrupt may start the timer of a CPU that is still online */
	this_cpu_write(domain_watchdog_usable, false);
	this_cpu_write(domain_watchdog_ticking, false);
	hrtimer_cancel(this_cpu_ptr(&domain_watchdog_timer));
	return 0;
}

static int __init domain_watchdog_init(void)
{
	int cpu, ret;

	for_each_possible_cpu(cpu)
		hrtimer_setup(per_cpu_ptr(&domain_watchdog_timer, cpu),
			      domain_watchdog_expired, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_HARD);
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "domain:watchdog",
				domain_watchdog_online, domain_watchdog_offline);
	return ret < 0 ? ret : 0;
}
core_initcall(domain_watchdog_init);
