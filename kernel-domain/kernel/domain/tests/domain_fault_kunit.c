// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of containing faults
 *
 * Images that crash in every way of samples/domain/faulty.h, called from every
 * context that an interface allows. What must hold afterwards: the caller has an
 * error, and preemption, interrupts, RCU and locks are as they were; nothing that
 * the domain had is left; the slot does what its policy says.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/execmem.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <asm/domain.h>
#ifdef CONFIG_X86_64
#include <asm/processor-flags.h>
#endif

#include "domain_fault_test.h"

/* What a call must leave as it found it */
struct fault_context {
	int preempt;
	bool irqs_off;
	int rcu, locks;
	unsigned long flags;
};

static struct fault_context fault_context(void)
{
	return (struct fault_context){
		.preempt = preempt_count(),
		.irqs_off = irqs_disabled(),
#ifdef CONFIG_PREEMPT_RCU
		.rcu = current->rcu_read_lock_nesting,
#endif
#ifdef CONFIG_LOCKDEP
		.locks = current->lockdep_depth,
#endif
#ifdef CONFIG_X86_64
		.flags = native_save_fl() & (X86_EFLAGS_TF | X86_EFLAGS_DF |
					     X86_EFLAGS_IOPL | X86_EFLAGS_NT |
					     X86_EFLAGS_AC),
#endif
#ifdef CONFIG_RISCV
		.flags = csr_read(CSR_STATUS) & (SR_SUM | SR_FS_VS),
#endif
#ifdef CONFIG_ARM64
		.flags = read_sysreg(daif) & (PSR_D_BIT | PSR_A_BIT),
#endif
	};
}

struct fault_call {
	const struct fault_kind *kind;
	struct domain_slot *slot;
	u64 way;
	long ret;
	struct fault_context before, after;
	struct domain_frame *frame;	/* of the chain, afterwards */
	bool softirq, hardirq;
	struct irq_work work;
	struct work_struct bh_work;
};

/*
 * No switch to another task clears the I/O privilege level: who comes after one
 * that was preempted in a domain, just when that had set it, has it, until its
 * next return to user space. It means nothing to the kernel.
 */
static void fault_clear_iopl(void)
{
#ifdef CONFIG_X86_64
	asm volatile("pushfq; andq %0, (%%rsp); popfq"
		     :: "i" (~X86_EFLAGS_IOPL) : "memory", "cc");
#endif
}

static void fault_do(struct fault_call *c)
{
	struct domain_frame *frame = current->domain_frame;

	fault_clear_iopl();
	c->before = fault_context();
	c->ret = c->kind->crash(c->slot, c->way, 0);
	c->after = fault_context();
	/* or a test that fails is the last one */
	if (c->after.irqs_off && !c->before.irqs_off)
		local_irq_enable();
	c->frame = current->domain_frame == frame ? NULL : current->domain_frame;
	c->softirq = in_serving_softirq();
	c->hardirq = in_hardirq();
}

static void fault_do_hardirq(struct irq_work *work)
{
	fault_do(container_of(work, struct fault_call, work));
}

static void fault_do_softirq(struct work_struct *work)
{
	fault_do(container_of(work, struct fault_call, bh_work));
}

enum { IN_PROCESS, IN_BH_OFF, IN_SOFTIRQ, IN_IRQS_OFF, IN_HARDIRQ, IN_NR };

static long fault_call(struct kunit *test, const struct fault_kind *kind,
		       struct domain_slot *slot, int context, u64 way)
{
	struct fault_call c = {
		.kind = kind, .slot = slot, .way = way,
	};

	switch (context) {
	case IN_PROCESS:
		fault_do(&c);
		break;
	case IN_BH_OFF:
		local_bh_disable();
		fault_do(&c);
		local_bh_enable();
		break;
	case IN_SOFTIRQ:
		INIT_WORK_ONSTACK(&c.bh_work, fault_do_softirq);
		/* it runs when they are enabled, on top of this, not in a thread */
		local_bh_disable();
		queue_work(system_bh_wq, &c.bh_work);
		local_bh_enable();
		flush_work(&c.bh_work);
		destroy_work_on_stack(&c.bh_work);
		break;
	case IN_IRQS_OFF:
		local_irq_disable();
		fault_do(&c);
		local_irq_enable();
		break;
	default:
		/* like the handler of a driver: services take locks that RT makes sleep */
		c.work = IRQ_WORK_INIT(fault_do_hardirq);
		irq_work_queue(&c.work);
		irq_work_sync(&c.work);
		break;
	}
	KUNIT_EXPECT_MEMEQ(test, &c.before, &c.after, sizeof(c.before));
	KUNIT_EXPECT_NULL(test, c.frame);
	KUNIT_EXPECT_EQ(test, c.softirq, context == IN_SOFTIRQ);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		KUNIT_EXPECT_EQ(test, c.hardirq, context == IN_HARDIRQ);
	return c.ret;
}

KUNIT_ARRAY_PARAM_DESC(way, fault_ways, name);

/*
 * Every way, from every context, with the slot empty afterwards, and nothing left
 * of what the domain was given. Its neighbour, of the same image, goes on.
 */
static void domain_fault_test_way(struct kunit *test)
{
	const struct fault_way *way = test->param_value;
	struct domain_slot *slot, *next;
	const struct fault_kind *kind;
	struct domain *d;
	int i, context;

	fault_skip_way(test, way);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		kind = fault_kind(way, i);
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
		next = fault_slot(test, kind, "kunit_next", DOMAIN_POLICY_EMPTY);
		for (context = 0; context < IN_NR; context++) {
			if (context && i == FAULT_SRCU)
				break;
			d = domain_get(domain_slot_current(slot));
			KUNIT_ASSERT_NOT_NULL(test, d);
			fault_give(test, kind, slot);
			KUNIT_EXPECT_EQ_MSG(test, -EOWNERDEAD,
					    fault_call(test, kind, slot, context,
						       way->way),
					    "%s, context %d", kind->iface->name,
					    context);
			fault_expect_empty(test, kind, slot, d);
			if (way->what)
				KUNIT_EXPECT_STREQ(test, d->fault.what,
						   way->what);
			domain_put(d);
			KUNIT_EXPECT_EQ(test, kind->crash(next, FAULTY_NONE, 0),
					context + 1);

			d = fault_load(test, kind);
			KUNIT_ASSERT_EQ(test, fault_update(slot, d, 0), 0);
			domain_put(d);
		}
		KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), context);
		KUNIT_EXPECT_EQ(test, slot->recoveries, 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&next->faults), 0);
		fault_done(test, next);
		fault_done(test, slot);
	}
}

/* A crash of the inner domain is an error for the outer one, no more */
static void domain_fault_test_nested(struct kunit *test)
{
	const struct fault_way *way = test->param_value;
	struct domain_slot *outer, *inner;
	u32 id;

	fault_skip_way(test, way);
	outer = fault_slot(test, &fault_kinds[FAULT_SRCU], "kunit", DOMAIN_POLICY_RESTART);
	inner = fault_slot(test, fault_kind(way, FAULT_RCU), "kunit_inner",
			   DOMAIN_POLICY_RESTART);
	id = domain_slot_current(inner);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_nest(outer, FAULTY_NONE), 1001);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_nest(outer, way->way),
			1000 - EOWNERDEAD);
	fault_expect_restart(test, fault_kind(way, FAULT_RCU), inner, id);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&outer->faults), 0);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_nest(outer, FAULTY_NONE), 1002);
	fault_done(test, inner);
	fault_done(test, outer);
}

/* Objects that were lent or given to the domain are the caller's again */
static void domain_fault_test_shared(struct kunit *test)
{
	const struct fault_way *way = test->param_value;
	const struct fault_kind *kind = fault_kind(way, FAULT_REF);
	struct domain_shared *obj;
	struct domain_slot *slot;
	struct faulty_buf *buf;
	u32 id;

	fault_skip_way(test, way);
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	obj = domain_shared_alloc(sizeof(*buf), FAULTY_BUF_TYPE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	buf = domain_shared_data(obj);

	id = domain_slot_current(slot);
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			domain_faulty_ref_lend(slot, obj, way->way));
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_EQ(test, buf->value, way->way);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->lent), 0);

	buf->value = 0;
	id = domain_slot_current(slot);
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			domain_faulty_ref_give(slot, obj, way->way));
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_EQ(test, buf->value, way->way);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	KUNIT_EXPECT_EQ(test, domain_shared_free(obj), 0);
	fault_done(test, slot);
}

/* What is not the domain's to write to is as it was, and so is its user */
static void fault_test_write(struct kunit *test, unsigned long addr)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	u64 before = *(u64 *)addr;
	struct domain_slot *slot;
	struct domain *d;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
	d = domain_get(domain_slot_current(slot));
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			kind->crash(slot, FAULTY_WRITE_KERNEL, addr));
	KUNIT_EXPECT_EQ(test, *(u64 *)addr, before);
	fault_expect_empty(test, kind, slot, d);
	KUNIT_EXPECT_STREQ(test, d->fault.what, "page fault (write)");
	KUNIT_EXPECT_EQ(test, d->fault.addr, addr);
	domain_put(d);
	fault_done(test, slot);
}

/* Text and constants of another domain */
static void domain_fault_test_write_neighbour(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *next;
	struct domain *d;

	next = fault_slot(test, kind, "kunit_next", DOMAIN_POLICY_EMPTY);
	d = domain_get(domain_slot_current(next));
	KUNIT_EXPECT_EQ(test, kind->crash(next, FAULTY_NONE, 0), 1);
	fault_test_write(test, d->memory.text);
	fault_test_write(test, d->memory.rodata);
	KUNIT_EXPECT_EQ(test, kind->crash(next, FAULTY_NONE, 0), 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&next->faults), 0);
	domain_put(d);
	fault_done(test, next);
}

/*
 * Text and constants of the kernel, which some machines protect after the suites
 * of the boot have run: then it takes debugfs to run this one again. It is not
 * skipped at boot, since it would be for good.
 */
static void domain_fault_test_write_kernel(struct kunit *test)
{
	unsigned long addr[] = {
		ALIGN_DOWN((unsigned long)domain_fault_describe, sizeof(u64)),
		(unsigned long)&domain_services,
	};
	int i, skipped = 0;

	for (i = 0; i < ARRAY_SIZE(addr); i++) {
		u64 same = *(u64 *)addr[i];

		if (copy_to_kernel_nofault((void *)addr[i], &same, sizeof(same)))
			fault_test_write(test, addr[i]);
		else
			skipped++;
	}
	if (skipped)
		kunit_info(test, "%d of %zu are not protected yet\n", skipped,
			   ARRAY_SIZE(addr));
}

static bool fault_has_faults(void *slot)
{
	return atomic_long_read(&((struct domain_slot *)slot)->faults);
}

/* A timer function has no caller but the timer */
static void domain_fault_test_timer(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *slot;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TIMER, NSEC_PER_MSEC), 0);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_has_faults, slot));
	fault_expect_restart(test, kind, slot, id);
	fault_done(test, slot);
}

/* From stacks that differ by 8 bytes, to which the kernel may align its own */
#define FAULT_MISALIGN(n)						\
static noinline long fault_misalign_##n(struct domain_slot *slot)	\
{									\
	u64 room[n] = {};						\
									\
	barrier_data(room);						\
	return domain_faulty_rcu_misalign(slot) + room[0];		\
}
FAULT_MISALIGN(1)
FAULT_MISALIGN(2)

/* An image may count on the alignment that the ABI promises */
static void domain_fault_test_alignment(struct kunit *test)
{
	struct domain_slot *slot = fault_slot(test, &fault_kinds[FAULT_RCU], "kunit",
					      DOMAIN_POLICY_EMPTY);

	KUNIT_EXPECT_EQ(test, fault_misalign_1(slot), 0);
	KUNIT_EXPECT_EQ(test, fault_misalign_2(slot), 0);
	fault_done(test, slot);
}

/* Services refuse what they cannot use, and nobody dies of it */
static void domain_fault_test_arguments(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_SRCU];
	struct domain_slot *slot;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_remember(slot, 1), 1);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_arguments(slot), 0);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_remember(slot, 1), 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 0);
	fault_done(test, slot);
}

/* Leave somebody else's bytes in memory that an image of that size may get */
static void fault_litter(size_t size)
{
	void *p[16];
	int i;

	for (i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = execmem_alloc_rw(EXECMEM_MODULE_DATA, size);
		if (p[i])
			memset(p[i], 0xcc, size);
	}
	for (i = 0; i < ARRAY_SIZE(p); i++)
		if (p[i])
			execmem_free(p[i]);
}

/* What the last page of the text has after the text is nobody's code */
static void domain_fault_test_tail(struct kunit *test)
{
	const struct domain_memory *m;
	unsigned long end;
	struct domain *d;
	size_t size;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(fault_kinds); i++) {
		d = fault_load(test, &fault_kinds[i / 2]);
		m = &d->memory;
		end = PAGE_ALIGN(m->text_end);
		KUNIT_EXPECT_LT(test, m->text_end, end);
		KUNIT_EXPECT_NULL(test, memchr_inv((void *)m->text_end, 0,
						   end - m->text_end));
		KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
		size = m->size;
		domain_put(d);
		fault_litter(size);
	}
}

/* Those who loop inside of a domain come out when it dies */
static void fault_test_loops(struct kunit *test, const struct fault_kind *kind,
			     u64 way)
{
	struct fault_looper loopers[2];
	struct domain_slot *slot;
	struct domain *d;
	int i, n;

	/* one CPU is left for those who end it */
	n = min_t(int, num_online_cpus() - 1, ARRAY_SIZE(loopers));
	if (!n)
		kunit_skip(test, "needs two CPUs");
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	d = domain_get(domain_slot_current(slot));
	for (i = 0; i < n; i++)
		fault_looper_start(test, &loopers[i], kind, slot, way);
	KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), 0);
	KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), -ESRCH);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, fault_looper_end(test, &loopers[i]),
				-EOWNERDEAD);
	KUNIT_EXPECT_STREQ(test, d->fault.what, "killed by the test");
	i = d->id;
	domain_put(d);
	fault_expect_restart(test, kind, slot, i);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 1);
	fault_done(test, slot);
}

static void domain_fault_test_kill(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		fault_test_loops(test, &fault_kinds[i], FAULTY_LOOP);
}

/* One that has not left its entry point, and would not, has no number yet */
static void domain_fault_test_kill_entry(struct kunit *test)
{
	struct domain *d = domain_alloc(fault_kinds[FAULT_RCU].iface);

	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), 0);
	KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), -ESRCH);
	KUNIT_EXPECT_EQ(test, domain_enter_lifecycle(d, NULL, 0, 0, 0, 0),
			-EOWNERDEAD);
	domain_put(d);

	/* one that only waits to be bound has */
	d = fault_load(test, &fault_kinds[FAULT_RCU]);
	KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), -ESRCH);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

static void domain_fault_test_kill_services(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		fault_test_loops(test, &fault_kinds[i], FAULTY_LOOP_SERVICES);
}

/* Whoever kills it: those who take no interrupt hear of it from the watchdog */
static void domain_fault_test_kill_irqs_off(struct kunit *test)
{
	struct fault_looper looper;
	struct domain_slot *slot;
	struct domain *d;
	int i, cpu;
	long ret;
	u32 id;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	if (arch_domain_revoke_by_irq())
		kunit_skip(test, "no CPU learns of it with interrupts disabled");
	/* long enough for the test to be the first */
	fault_watchdog_set_ms(test, 1000);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		slot = fault_slot(test, &fault_kinds[i], "kunit",
				  DOMAIN_POLICY_RESTART);
		id = domain_slot_current(slot);
		d = domain_get(id);
		/* the test's own timers shall expire */
		migrate_disable();
		cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
		fault_looper_start_on(test, &looper, &fault_kinds[i], slot,
				      FAULTY_LOOP_IRQS_OFF, cpu);
		KUNIT_EXPECT_EQ(test, domain_kill(d, "killed by the test"), 0);
		ret = fault_looper_end(test, &looper);
		migrate_enable();
		/* the next one would take as long to fail */
		KUNIT_ASSERT_EQ(test, ret, -EOWNERDEAD);
		KUNIT_EXPECT_STREQ(test, d->fault.what, "killed by the test");
		domain_put(d);
		fault_expect_restart(test, &fault_kinds[i], slot, id);
		fault_done(test, slot);
	}
}

static void fault_unwatch(void *unused)
{
	domain_watchdog_offline(smp_processor_id());
}

static void fault_watch(void *unused)
{
	domain_watchdog_online(smp_processor_id());
}

/*
 * A CPU that comes online, or goes offline, has no timer. Who looks for one that is
 * kept out blames nobody for that, and nobody starts it too early.
 */
static void domain_fault_test_hotplug(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct fault_looper looper;
	struct domain_slot *slot;
	struct domain *d;
	long ret;
	int cpu;
	u32 id;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	fault_watchdog_set_ms(test, 200);
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	d = domain_get(id);
	/* the test is to go on beside the loop */
	migrate_disable();
	cpu = cpumask_any_but(cpu_online_mask, smp_processor_id());
	KUNIT_EXPECT_EQ(test, 0, smp_call_function_single(cpu, fault_unwatch, NULL, 1));
	fault_looper_start_on(test, &looper, kind, slot, FAULTY_LOOP, cpu);
	domain_watchdog_set_ms(200);
	/* five times as long as a call may take */
	msleep(1000);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 0);
	KUNIT_EXPECT_EQ(test, 0, smp_call_function_single(cpu, fault_watch, NULL, 1));
	ret = fault_looper_end(test, &looper);
	migrate_enable();
	KUNIT_ASSERT_EQ(test, ret, -EOWNERDEAD);
	/* by its own timer, unless that is late and the other one is first */
	KUNIT_EXPECT_TRUE(test, strstarts(d->fault.what, "out of CPU time"));
	domain_put(d);
	fault_expect_restart(test, kind, slot, id);
	fault_done(test, slot);
}

/* The watchdog ends loops from within, without anybody's help */
static void domain_fault_test_watchdog(struct kunit *test)
{
	static const u64 ways[] = {
		FAULTY_LOOP, FAULTY_LOOP_SERVICES, FAULTY_LOOP_IRQS_OFF,
	};
	const struct fault_kind *kind;
	struct domain_slot *slot;
	int i, w, context;
	bool irqs_off;
	long ret;
	u32 id;

	fault_watchdog_set_ms(test, 200);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		kind = &fault_kinds[i];
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
		for (w = 0; w < ARRAY_SIZE(ways); w++) {
			for (context = 0; context <= IN_IRQS_OFF; context++) {
				irqs_off = context == IN_IRQS_OFF ||
					   ways[w] == FAULTY_LOOP_IRQS_OFF;
				if (context && i == FAULT_SRCU)
					continue;
				/* it takes a CPU to revoke the text */
				if ((irqs_off || ways[w] != FAULTY_LOOP) &&
				    num_online_cpus() < 2)
					continue;
				/* a softirq has a stack of its own, not looked at */
				if (irqs_off && (arch_domain_revoke_by_irq() ||
						 context == IN_SOFTIRQ))
					continue;
				id = domain_slot_current(slot);
				ret = fault_call(test, kind, slot, context,
						 ways[w]);
				/* the next one would take as long to fail */
				KUNIT_ASSERT_EQ(test, ret, -EOWNERDEAD);
				fault_expect_restart(test, kind, slot, id);
			}
		}
		fault_done(test, slot);
	}

	/* who sleeps does not take CPU time */
	slot = fault_slot(test, &fault_kinds[FAULT_SRCU], "kunit",
			  DOMAIN_POLICY_EMPTY);
	ret = domain_faulty_srcu_crash(slot, FAULTY_SLEEP, NSEC_PER_SEC);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 0);
	fault_done(test, slot);
}

static struct kunit_case domain_fault_cases[] = {
	KUNIT_CASE_PARAM(domain_fault_test_way, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_test_nested, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_test_shared, way_gen_params),
	KUNIT_CASE(domain_fault_test_write_neighbour),
	KUNIT_CASE(domain_fault_test_write_kernel),
	KUNIT_CASE(domain_fault_test_timer),
	KUNIT_CASE(domain_fault_test_alignment),
	KUNIT_CASE(domain_fault_test_arguments),
	KUNIT_CASE(domain_fault_test_tail),
	KUNIT_CASE_SLOW(domain_fault_test_kill),
	KUNIT_CASE(domain_fault_test_kill_entry),
	KUNIT_CASE_SLOW(domain_fault_test_kill_services),
	KUNIT_CASE_SLOW(domain_fault_test_kill_irqs_off),
	KUNIT_CASE_SLOW(domain_fault_test_hotplug),
	KUNIT_CASE_SLOW(domain_fault_test_watchdog),
	{}
};

static struct kunit_suite domain_fault_suite = {
	.name = "domain_fault",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.test_cases = domain_fault_cases,
};
kunit_test_suite(domain_fault_suite);

MODULE_DESCRIPTION("KUnit tests of containing the faults of domains");
MODULE_LICENSE("GPL");
