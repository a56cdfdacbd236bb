// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what domain_handle_fault() can undo, and of what it must not touch
 *
 * It is asked from within a domain whose functions are the test's, with registers
 * that are made up. So a "no" is an answer, and not the oops that a trap handler
 * makes of it.
 */
#include <linux/cpumask.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include "../gate.h"
#include "domain_fault_test.h"
#include "domain_test.h"

/* The call that asks, see domain_test.h */
struct unwind {
	struct test_call call;
	const struct unwind_case *c;
	struct domain_frame *spare;	/* not on the stack */
	struct pt_regs regs, asked;
	bool contained;
	bool undone;			/* what was counted at entry is so again */
};

/* Whether it is to be contained, and what is the matter */
struct unwind_case {
	const char *name;
	bool contained;
	void (*ask)(struct unwind *u, struct domain_frame *frame);
};

static int unwind_rcu_nesting(void)
{
#ifdef CONFIG_PREEMPT_RCU
	return current->rcu_read_lock_nesting;
#else
	return 0;
#endif
}

static void unwind_ask(struct unwind *u, unsigned long ip, unsigned int flags)
{
	int count = preempt_count(), nesting = unwind_rcu_nesting();

	instruction_pointer_set(&u->regs, ip);
	u->asked = u->regs;
	u->contained = domain_handle_fault(&u->regs, "made up", 0, flags);
	u->undone = u->contained ||
		    (count == preempt_count() && nesting == unwind_rcu_nesting());
}

/* There is no instruction at that address, so it is not asked whose it is */
static void unwind_ask_fetch(struct unwind *u, unsigned int flags)
{
	unwind_ask(u, 0x10, DOMAIN_FAULT_FETCH | flags);
}

static void unwind_plain(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_fetch(u, 0);
}

static void unwind_in_kernel(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask(u, (unsigned long)domain_fault_describe, 0);
}

static void unwind_in_service(struct unwind *u, struct domain_frame *frame)
{
	frame->in_service++;
	unwind_ask_fetch(u, 0);
	frame->in_service--;
}

static void unwind_no_frame(struct unwind *u, struct domain_frame *frame)
{
	current->domain_frame = NULL;
	unwind_ask_fetch(u, 0);
	current->domain_frame = frame;
}

static void unwind_other_task(struct unwind *u, struct domain_frame *frame)
{
	frame->task = &init_task;
	unwind_ask_fetch(u, 0);
	frame->task = current;
}

static void unwind_off_stack(struct unwind *u, struct domain_frame *frame)
{
	*u->spare = *frame;
	u->spare->sp = (unsigned long)u->spare - 64;
	current->domain_frame = u->spare;
	unwind_ask_fetch(u, 0);
	current->domain_frame = frame;
}

static void unwind_bad_sp(struct unwind *u, struct domain_frame *frame)
{
	const unsigned long sp = frame->sp;
	const unsigned long bad[] = {
		0, sp + 1, (unsigned long)frame, (unsigned long)frame + 64,
		(unsigned long)frame - 4096, -sizeof(long),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad) && !u->contained; i++) {
		frame->sp = bad[i];
		unwind_ask_fetch(u, 0);
	}
	frame->sp = sp;
}

/* With so much more in the count than at entry */
static void unwind_ask_counted(struct unwind *u, int more, unsigned int flags)
{
	int count = preempt_count();
	unsigned long irqflags;

	local_irq_save(irqflags);
	preempt_count_set(count + more);
	unwind_ask_fetch(u, flags);
	preempt_count_set(count);
	local_irq_restore(irqflags);
}

static void unwind_hardirq(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, HARDIRQ_OFFSET, 0);
}

static void unwind_softirq(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, SOFTIRQ_OFFSET, 0);
}

static void unwind_bh_off(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, SOFTIRQ_DISABLE_OFFSET, 0);
}

static void unwind_nmi(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, NMI_OFFSET + HARDIRQ_OFFSET, 0);
}

/* The handler's own counts, of which it is told by flags */
static void unwind_nmi_handler(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, NMI_OFFSET + HARDIRQ_OFFSET, DOMAIN_FAULT_NMI);
}

static void unwind_nested_handler(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, 2 * (NMI_OFFSET + HARDIRQ_OFFSET), DOMAIN_FAULT_NMI);
}

#ifdef CONFIG_PREEMPT_COUNT
static void unwind_preempt_less(struct unwind *u, struct domain_frame *frame)
{
	unwind_ask_counted(u, -(int)PREEMPT_OFFSET, 0);
}
#endif

#ifdef CONFIG_PREEMPT_RCU
static void unwind_rcu_less(struct unwind *u, struct domain_frame *frame)
{
	rcu_read_unlock();
	unwind_ask_fetch(u, 0);
	rcu_read_lock();
}

/* A reader that ends may have to take locks, which an NMI cannot */
static void unwind_nmi_rcu(struct unwind *u, struct domain_frame *frame)
{
	rcu_read_lock();
	unwind_ask_counted(u, NMI_OFFSET + HARDIRQ_OFFSET, DOMAIN_FAULT_NMI);
	if (unwind_rcu_nesting() != frame->rcu_nesting)
		rcu_read_unlock();
}
#endif

#ifdef CONFIG_LOCKDEP
static void unwind_lock(struct unwind *u, struct domain_frame *frame)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	unwind_ask_fetch(u, 0);
	spin_unlock(&lock);
}
#endif

/* What can be undone, is */
static void unwind_leaks(struct unwind *u, struct domain_frame *frame)
{
	int count = preempt_count(), nesting = unwind_rcu_nesting();

	preempt_disable();
	preempt_disable();
	rcu_read_lock();
	unwind_ask_fetch(u, 0);
	if (!u->contained) {
		rcu_read_unlock();
		preempt_enable();
		preempt_enable();
	}
	u->undone = count == preempt_count() && nesting == unwind_rcu_nesting();
	preempt_count_set(count);
}

static const struct unwind_case unwind_cases[] = {
	{ "plain", true, unwind_plain },
	{ "leaks", true, unwind_leaks },
	{ "nmi_handler", true, unwind_nmi_handler },
	{ "in_kernel", false, unwind_in_kernel },
	{ "in_service", false, unwind_in_service },
	{ "no_frame", false, unwind_no_frame },
	{ "other_task", false, unwind_other_task },
	{ "off_stack", false, unwind_off_stack },
	{ "bad_sp", false, unwind_bad_sp },
	{ "hardirq", false, unwind_hardirq },
	{ "softirq", false, unwind_softirq },
	{ "bh_off", false, unwind_bh_off },
	{ "nmi", false, unwind_nmi },
	{ "nested_handler", false, unwind_nested_handler },
#ifdef CONFIG_PREEMPT_COUNT
	{ "preempt_less", false, unwind_preempt_less },
#endif
#ifdef CONFIG_PREEMPT_RCU
	{ "nmi_rcu", false, unwind_nmi_rcu },
	{ "rcu_less", false, unwind_rcu_less },
#endif
#ifdef CONFIG_LOCKDEP
	{ "lock", false, unwind_lock },
#endif
};

KUNIT_ARRAY_PARAM_DESC(unwind, unwind_cases, name);

static long unwind_call(struct test_call *call)
{
	struct unwind *u = container_of(call, struct unwind, call);

	u->c->ask(u, current->domain_frame);
	return 42;
}

static void domain_fault_unwind_test_ask(struct kunit *test)
{
	const struct unwind_case *c = test->param_value;
	struct domain_frame frame;
	struct unwind *u;
	struct domain *d;
	long ret;

	if (IS_ENABLED(CONFIG_LOCKDEP) && !debug_locks)
		kunit_skip(test, "locks are not counted any more");
	u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, u);
	u->spare = kunit_kzalloc(test, sizeof(*u->spare), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, u->spare);
	u->c = c;
	u->call.fn = unwind_call;
	d = test_domain(test, &domain_test_rcu_interface, 0);

	/* so that there can be less than at entry */
	rcu_read_lock();
	preempt_disable();
	ret = domain_enter_frame((unsigned long)&u->call, 0, 0, 0, &frame, d,
				 d->method[DOMAIN_test_rcu_run], 0);
	preempt_enable();
	rcu_read_unlock();

	KUNIT_EXPECT_EQ(test, ret, 42);
	KUNIT_EXPECT_EQ(test, u->contained, c->contained);
	KUNIT_EXPECT_TRUE(test, u->undone);
	KUNIT_EXPECT_EQ(test, domain_is_dead(d), c->contained);
	if (c->contained)
		KUNIT_EXPECT_NE(test, instruction_pointer(&u->regs),
				instruction_pointer(&u->asked));
	else
		KUNIT_EXPECT_MEMEQ(test, &u->regs, &u->asked, sizeof(u->regs));
	kunit_domain_forget(d);
}

static void unwind_leak_preempt(void)
{
	preempt_disable();
}

static void unwind_leak_rcu(void)
{
	rcu_read_lock();
}

static void unwind_leak_irqs(void)
{
	local_irq_disable();
}

/* In process context, nothing of the kind is to be left */
static void unwind_mend(void)
{
	while (unwind_rcu_nesting() > 0)
		rcu_read_unlock();
	preempt_count_set(0);
	local_irq_enable();
}

/* An image that has left something behind when it traps */
static void domain_fault_unwind_test_image(struct kunit *test)
{
	static void (* const leaks[])(void) = {
		unwind_leak_preempt, unwind_leak_rcu, unwind_leak_irqs,
	};
	const struct fault_kind *kind;
	struct domain_slot *slot;
	int i, n, count, nesting;
	struct domain *d;
	bool irqs_off;
	long ret;

	for (i = 0; i < ARRAY_SIZE(fault_kinds) * ARRAY_SIZE(leaks); i++) {
		kind = &fault_kinds[i / ARRAY_SIZE(leaks)];
		n = i % ARRAY_SIZE(leaks);
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
		d = domain_get(domain_slot_current(slot));
		ret = kind->crash(slot, FAULTY_CALL_FIRST,
				  (unsigned long)leaks[n]);
		count = preempt_count();
		nesting = unwind_rcu_nesting();
		irqs_off = irqs_disabled();
		/* or a test that fails is the last one */
		unwind_mend();
		KUNIT_EXPECT_EQ_MSG(test, ret, -EOWNERDEAD, "%ps", leaks[n]);
		KUNIT_EXPECT_EQ_MSG(test, count, 0, "%ps", leaks[n]);
		KUNIT_EXPECT_EQ_MSG(test, nesting, 0, "%ps", leaks[n]);
		KUNIT_EXPECT_FALSE_MSG(test, irqs_off, "%ps", leaks[n]);
		fault_expect_empty(test, kind, slot, d);
		domain_put(d);
		fault_done(test, slot);
	}
}

/* A call, and who keeps it from running */
struct unwind_preempted {
	struct domain_slot *slot;
	struct completion called, hogged;
	u64 stop;
	long ret;
};

/* twice that is less than real-time tasks may take of a second */
#define UNWIND_BUDGET_MS	450

static int unwind_spinner(void *arg)
{
	struct unwind_preempted *p = arg;

	p->ret = domain_faulty_srcu_crash(p->slot, FAULTY_SPIN,
					  (unsigned long)&p->stop);
	complete(&p->called);
	while (!kthread_should_stop())
		usleep_range(100, 1000);
	return 0;
}

static int unwind_hog(void *arg)
{
	struct unwind_preempted *p = arg;
	ktime_t end = ktime_add_ms(ktime_get(), 2 * UNWIND_BUDGET_MS);

	while (ktime_before(ktime_get(), end))
		cpu_relax();
	WRITE_ONCE(p->stop, 1);
	complete(&p->hogged);
	while (!kthread_should_stop())
		usleep_range(100, 1000);
	return 0;
}

/* Who is inside, but does not run, takes no CPU time */
static void domain_fault_unwind_test_preempted(struct kunit *test)
{
	struct task_struct *spinner, *hog;
	struct unwind_preempted p = {};
	unsigned int cpu;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	if (!preempt_model_preemptible())
		kunit_skip(test, "the kernel is not preemptible");
	p.slot = fault_slot(test, &fault_kinds[FAULT_SRCU], "kunit",
			    DOMAIN_POLICY_EMPTY);
	init_completion(&p.called);
	init_completion(&p.hogged);
	spinner = kthread_create(unwind_spinner, &p, "domain_spinner");
	KUNIT_ASSERT_FALSE(test, IS_ERR(spinner));
	hog = kthread_create(unwind_hog, &p, "domain_hog");
	KUNIT_ASSERT_FALSE(test, IS_ERR(hog));
	fault_watchdog_set_ms(test, UNWIND_BUDGET_MS);

	/* the test itself is not to be kept from running */
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	kthread_bind(spinner, cpu);
	kthread_bind(hog, cpu);
	sched_set_fifo(hog);
	wake_up_process(spinner);
	while (!domain_slot_calls(p.slot))
		usleep_range(500, 1000);
	/* the watchdog has found it inside when it is preempted */
	msleep(UNWIND_BUDGET_MS / 4 + 20);
	wake_up_process(hog);
	wait_for_completion(&p.hogged);
	wait_for_completion(&p.called);
	migrate_enable();

	KUNIT_EXPECT_EQ(test, p.ret, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&p.slot->faults), 0);
	kthread_stop(hog);
	kthread_stop(spinner);
	fault_done(test, p.slot);
}

#define UNWIND_CALLER_MS	400
/* half of what the watchdog counts before it ends a call that loops alone */
#define UNWIND_CALLER_TICKS	2

struct unwind_caller {
	struct test_call call;
	struct domain_slot *callee;
	long ret;
};

/* Takes time of its own before it calls somebody who does not come back */
static long unwind_call_loop(struct test_call *call)
{
	struct unwind_caller *c = container_of(call, struct unwind_caller, call);

	/* not by the clock, which goes on while a virtual CPU does not */
	while (READ_ONCE(current->domain_frame->ticks) < UNWIND_CALLER_TICKS)
		cpu_relax();
	c->ret = domain_faulty_srcu_crash(c->callee, FAULTY_LOOP, 0);
	return 42;
}

/* The one that loops is to blame, not the one that has taken more time in all */
static void domain_fault_unwind_test_callee(struct kunit *test)
{
	struct domain *d = test_domain(test, &domain_test_srcu_interface, 0);
	struct unwind_caller c = { .call.fn = unwind_call_loop };
	struct domain_slot *slot;

	c.callee = fault_slot(test, &fault_kinds[FAULT_SRCU], "kunit",
			      DOMAIN_POLICY_EMPTY);
	slot = domain_slot_create(&domain_test_srcu_interface, "kunit_caller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, test_update(slot, d, 0), 0);
	fault_watchdog_set_ms(test, UNWIND_CALLER_MS);
	KUNIT_EXPECT_EQ(test, domain_test_srcu_run(slot, &c.call), 42);
	KUNIT_EXPECT_EQ(test, c.ret, -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c.callee->faults), 1);
	KUNIT_EXPECT_FALSE(test, domain_is_dead(d));
	fault_done(test, c.callee);
	domain_slot_destroy(slot);
	kunit_domain_forget(d);
}

static int unwind_suite_init(struct kunit_suite *suite)
{
	return test_interfaces_init(suite) ?: fault_suite_init(suite);
}

static void unwind_suite_exit(struct kunit_suite *suite)
{
	fault_suite_exit(suite);
	test_interfaces_exit(suite);
}

static struct kunit_case domain_fault_unwind_cases[] = {
	KUNIT_CASE_PARAM(domain_fault_unwind_test_ask, unwind_gen_params),
	KUNIT_CASE(domain_fault_unwind_test_image),
	KUNIT_CASE_SLOW(domain_fault_unwind_test_callee),
	KUNIT_CASE_SLOW(domain_fault_unwind_test_preempted),
	{}
};

static struct kunit_suite domain_fault_unwind_suite = {
	.name = "domain_fault_unwind",
	.suite_init = unwind_suite_init,
	.suite_exit = unwind_suite_exit,
	.test_cases = domain_fault_unwind_cases,
};

kunit_test_suite(domain_fault_unwind_suite);

MODULE_DESCRIPTION("KUnit tests of what is undone after a fault of a domain");
MODULE_LICENSE("GPL");
