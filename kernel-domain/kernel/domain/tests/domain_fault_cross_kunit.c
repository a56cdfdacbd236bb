// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of faults that meet something else: an update, the functions of
 * one, a second CPU inside of the domain, shared objects on loan, memory that is
 * exhausted, a register of the caller's, code of the kernel's that the domain
 * branches by. Whatever it is, callers have an error, nothing is left behind, and
 * the slot goes on.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>

#ifdef CONFIG_MITIGATION_RETPOLINE
#include <asm/cpufeature.h>
#include <asm/nospec-branch.h>
#endif
#include <asm/domain.h>
#include <trace/events/domain.h>

#include "../gate.h"
#include "domain_fault_test.h"

KUNIT_ARRAY_PARAM_DESC(way, fault_ways, name);

/* From now on, a function of the slot's domains crashes in this way; 0: no more */
static void cross_store(struct kunit *test, struct domain_slot *slot,
			unsigned long key, u64 way)
{
	KUNIT_ASSERT_EQ(test, 0,
			domain_store_put(&slot->store, key, FAULTY_TYPE, 1, &way,
					 sizeof(way), GFP_KERNEL));
}

/* An update is tried, and comes to nothing since a domain crashes meanwhile */
static void cross_expect_no_update(struct kunit *test,
				   const struct fault_kind *kind,
				   struct domain_slot *slot)
{
	struct domain *next = fault_load(test, kind);

	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			fault_update(slot, next, domain_slot_current(slot)));
	KUNIT_EXPECT_EQ(test, atomic_read(&next->state), DOMAIN_FAILED);
	KUNIT_EXPECT_EQ(test, domain_unload(next), 0);
	domain_put(next);
}

/* In init() and import_state() it is the successor that dies, nobody else */
static void cross_successor(struct kunit *test, const struct fault_way *way)
{
	static const unsigned long keys[] = { FAULTY_KEY_INIT, FAULTY_KEY_IMPORT };
	const struct fault_kind *kind = fault_kind(way, FAULT_REF);
	struct domain_slot *slot;
	struct domain *next;
	u32 id;
	int i;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		cross_store(test, slot, keys[i], way->way);
		cross_expect_no_update(test, kind, slot);
		cross_store(test, slot, keys[i], FAULTY_NONE);
		KUNIT_EXPECT_EQ(test, domain_slot_current(slot), id);
		KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), i + 1);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), i + 1);
	}
	/* without it, the update is one, and the state moves */
	next = fault_load(test, kind);
	KUNIT_EXPECT_EQ(test, fault_update(slot, next, id), 0);
	domain_put(next);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), i + 1);
	KUNIT_EXPECT_EQ(test, slot->recoveries, 0);
	next = domain_get(id);
	KUNIT_EXPECT_EQ(test, domain_unload(next), 0);
	domain_put(next);
	fault_done(test, slot);
}

static void domain_fault_cross_test_successor(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_successor(test, test->param_value);
}

/* In export_state() it is the predecessor, which starts anew */
static void cross_export(struct kunit *test, const struct fault_way *way)
{
	const struct fault_kind *kind = fault_kind(way, FAULT_REF);
	struct domain_slot *slot;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	cross_store(test, slot, FAULTY_KEY_EXPORT, way->way);
	cross_expect_no_update(test, kind, slot);
	cross_store(test, slot, FAULTY_KEY_EXPORT, FAULTY_NONE);
	fault_expect_restart(test, kind, slot, id);
	KUNIT_EXPECT_EQ(test, slot->rollbacks, 1);
	KUNIT_EXPECT_EQ(test, slot->recoveries, 1);
	fault_done(test, slot);
}

static void domain_fault_cross_test_export(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_export(test, test->param_value);
}

/* Who is inside on another CPU comes out, when somebody else's call crashes */
static void cross_second_cpu(struct kunit *test, const struct fault_way *way)
{
	const struct fault_kind *kind;
	struct fault_looper looper;
	struct domain_slot *slot;
	int i;
	u32 id;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		kind = fault_kind(way, i);
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
		id = domain_slot_current(slot);
		fault_looper_start(test, &looper, kind, slot, FAULTY_LOOP);
		KUNIT_EXPECT_EQ(test, -EOWNERDEAD, kind->crash(slot, way->way, 0));
		KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
				fault_looper_end(test, &looper));
		fault_expect_restart(test, kind, slot, id);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 1);
		fault_done(test, slot);
	}
}

static void domain_fault_cross_test_second_cpu(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_second_cpu(test, test->param_value);
}

/* An update, in a thread of its own */
struct cross_updater {
	const struct fault_kind *kind;
	struct domain_slot *slot;
	struct domain *old, *next;
	struct completion done;
	int ret;
};

static int cross_updater_thread(void *arg)
{
	struct cross_updater *u = arg;

	u->ret = fault_update(u->slot, u->next, u->old->id);
	complete(&u->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* Nobody enters the old domain any more, so the update waits for who is inside */
static bool cross_is_closed(void *arg)
{
	struct cross_updater *u = arg;

	if (domain_slot_is_ref(u->slot))
		return u->kind->crash(u->slot, FAULTY_NONE, 0) == -EBUSY;
	return domain_slot_current(u->slot) == u->next->id;
}

/* The domain dies while an update waits for a caller to leave it */
static void cross_update(struct kunit *test, const struct fault_kind *kind,
			 const struct fault_way *way)
{
	struct cross_updater u = { .kind = kind };
	struct fault_looper looper;
	struct task_struct *task;
	u32 id;

	u.slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(u.slot);
	u.old = domain_get(id);
	u.next = fault_load(test, kind);
	init_completion(&u.done);
	task = kthread_create(cross_updater_thread, &u, "domain_update");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	fault_looper_start(test, &looper, kind, u.slot, FAULTY_SPIN_CRASH);
	wake_up_process(task);
	KUNIT_EXPECT_TRUE(test, fault_wait(cross_is_closed, &u));
	KUNIT_EXPECT_FALSE(test, completion_done(&u.done));
	WRITE_ONCE(looper.then, way->way);
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD, fault_looper_end(test, &looper));
	wait_for_completion(&u.done);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&u.slot->faults), 1);
	if (domain_slot_is_ref(u.slot)) {
		/* its state is lost, so the successor has nothing to begin with */
		KUNIT_EXPECT_EQ(test, u.ret, -EOWNERDEAD);
		domain_put(u.old);
		fault_expect_restart(test, kind, u.slot, id);
		KUNIT_EXPECT_EQ(test, domain_unload(u.next), 0);
	} else {
		/* it was on its way out */
		KUNIT_EXPECT_EQ(test, u.ret, 0);
		KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, u.old));
		KUNIT_EXPECT_EQ(test, domain_slot_current(u.slot), u.next->id);
		KUNIT_EXPECT_EQ(test, u.slot->recoveries, 0);
		KUNIT_EXPECT_EQ(test, domain_unload(u.old), 0);
		domain_put(u.old);
	}
	domain_put(u.next);
	fault_done(test, u.slot);
}

static void cross_updates(struct kunit *test, const struct fault_way *way)
{
	int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		cross_update(test, fault_kind(way, i), way);
}

static void domain_fault_cross_test_update(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_updates(test, test->param_value);
}

/* What a domain has lent to another, or given it, is its own when that dies */
static void cross_nested_shared(struct kunit *test, const struct fault_way *way)
{
	const struct fault_kind *kind = fault_kind(way, FAULT_RCU);
	struct domain_slot *outer, *inner;
	struct domain *d;
	u32 id;
	int give;

	outer = fault_slot(test, &fault_kinds[FAULT_SRCU], "kunit",
			   DOMAIN_POLICY_RESTART);
	inner = fault_slot(test, kind, "kunit_inner", DOMAIN_POLICY_RESTART);
	for (give = 0; give < 2; give++) {
		id = domain_slot_current(inner);
		KUNIT_EXPECT_EQ(test, 1000 - EOWNERDEAD,
				domain_faulty_srcu_nest_pass(outer, way->way,
							     give));
		fault_expect_restart(test, kind, inner, id);
	}
	d = domain_get(domain_slot_current(outer));
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	domain_put(d);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&outer->faults), 0);
	KUNIT_EXPECT_EQ(test, domain_faulty_srcu_nest(outer, FAULTY_NONE), 1002);
	fault_done(test, inner);
	fault_done(test, outer);
}

static void domain_fault_cross_test_nested_shared(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_nested_shared(test, test->param_value);
}

/* It has all the memory that it may have, when it dies */
static void cross_no_memory(struct kunit *test, const struct fault_way *way)
{
	const struct fault_kind *kind;
	struct domain_slot *slot;
	struct domain *d;
	int i, n;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++) {
		kind = fault_kind(way, i);
		slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
		d = domain_get(domain_slot_current(slot));
		d->ledger.limit = SZ_16K;
		/* memory of its own is left behind, the shared object fails */
		for (n = 1; n <= 2; n++) {
			KUNIT_EXPECT_EQ(test, -ENOMEM,
					kind->crash(slot, FAULTY_LEAK, SZ_8K));
			KUNIT_EXPECT_EQ(test, 1,
					d->ledger.count[DOMAIN_RES_HEAP]);
			KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
		}
		KUNIT_EXPECT_EQ(test, -EOWNERDEAD, kind->crash(slot, way->way, 0));
		fault_expect_empty(test, kind, slot, d);
		domain_put(d);
		fault_done(test, slot);
	}
}

static void domain_fault_cross_test_no_memory(struct kunit *test)
{
	fault_skip_way(test, test->param_value);
	cross_no_memory(test, test->param_value);
}

/* Loops are ended by the watchdog, and are as other faults to all but their call */
static const struct fault_way cross_loops[] = {
	{ FAULTY_LOOP, "loop" },
	{ FAULTY_LOOP_SERVICES, "loop_services" },
	{ FAULTY_LOOP_IRQS_OFF, "loop_irqs_off" },
};

KUNIT_ARRAY_PARAM_DESC(loop, cross_loops, name);

static void domain_fault_cross_test_loop(struct kunit *test)
{
	const struct fault_way *way = test->param_value;

	if (way->way != FAULTY_LOOP && num_online_cpus() < 2)
		kunit_skip(test, "it takes a CPU to revoke the text");
	if (way->way == FAULTY_LOOP_IRQS_OFF && arch_domain_revoke_by_irq())
		kunit_skip(test, "no CPU learns of it with interrupts disabled");
	fault_watchdog_set_ms(test, 200);
	cross_successor(test, way);
	cross_export(test, way);
	cross_nested_shared(test, way);
	cross_no_memory(test, way);
	if (num_online_cpus() > 1) {
		cross_second_cpu(test, way);
		cross_updates(test, way);
	}
}

/* There is no successor to be had: the slot is empty, not waiting for ever */
static void domain_fault_cross_test_no_successor(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_REF];
	struct domain_slot *slot;
	struct domain *d;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	d = domain_get(domain_slot_current(slot));
	d->file->data[0]++;
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD, kind->crash(slot, FAULTY_TRAP, 0));
	KUNIT_EXPECT_EQ(test, domain_slot_wait(slot), 0);
	fault_expect_empty(test, kind, slot, d);
	domain_put(d);
	fault_done(test, slot);
}

static int cross_waiter_thread(void *arg)
{
	struct fault_looper *l = arg;

	l->ret = domain_slot_wait(l->slot);
	complete(&l->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* Who was told -EBUSY, and can wait, waits until there is a successor */
static void domain_fault_cross_test_wait(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_REF];
	struct fault_looper waiter = {};
	struct domain_slot *slot;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	waiter.slot = slot;
	init_completion(&waiter.done);
	/* before the lock, under which memory must not wait for I/O */
	waiter.task = kthread_create(cross_waiter_thread, &waiter, "domain_wait");
	KUNIT_ASSERT_FALSE(test, IS_ERR(waiter.task));
	/* without the lock there is no successor */
	mutex_lock(&slot->lock);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), -EBUSY);
	wake_up_process(waiter.task);
	KUNIT_EXPECT_EQ(test, 0,
			wait_for_completion_timeout(&waiter.done, HZ / 5));
	mutex_unlock(&slot->lock);
	KUNIT_EXPECT_EQ(test, fault_looper_end(test, &waiter), 0);
	fault_expect_restart(test, kind, slot, id);
	fault_done(test, slot);
}

#ifdef CONFIG_TRACEPOINTS
/* Where a successor is loaded, of this test, as no other runs at the time */
static void cross_loaded(void *arg, const char *image, u32 id, size_t size,
			 int ret)
{
	int *noio = arg;

	*noio = !!(current->flags & PF_MEMALLOC_NOIO);
}

/* The slot may be that of a disk, so memory must not be waited for there */
static void domain_fault_cross_test_noio(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_REF];
	struct domain_slot *slot;
	int noio = -1;
	u32 id;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	KUNIT_ASSERT_EQ(test, 0, register_trace_domain_load(cross_loaded, &noio));
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_TRAP, 0), -EOWNERDEAD);
	fault_expect_restart(test, kind, slot, id);
	unregister_trace_domain_load(cross_loaded, &noio);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, noio, 1);
	fault_done(test, slot);
}
#else
static void domain_fault_cross_test_noio(struct kunit *test)
{
	kunit_skip(test, "needs tracepoints");
}
#endif

/*
 * Set the frame pointer and return what it was. Behind the compiler's back, and
 * on x86 also behind that of objtool, which would lose track.
 */
static __always_inline unsigned long cross_set_frame_pointer(unsigned long fp)
{
	unsigned long was = fp;

#if defined(CONFIG_X86_64)
	asm volatile("xchgq %0, %%rbp" : "+r" (was));
#elif defined(CONFIG_ARM64)
	asm volatile("mov %0, x29; mov x29, %1" : "=&r" (was) : "r" (fp));
#else
	asm volatile("mv %0, s0; mv s0, %1" : "=&r" (was) : "r" (fp));
#endif
	return was;
}

struct cross_gate {
	struct domain_frame frame;
	struct domain *d;
	unsigned long before, after;
	long ret;
};

/* Not by a proxy, which might restore the register on its way back */
static noinline void cross_gate(struct cross_gate *g)
{
	/* with this, a compiler keeps a frame pointer, whatever the kernel does */
	g->before = (unsigned long)__builtin_frame_address(0);
	g->ret = domain_enter_frame(FAULTY_LOST_FRAME, 0, 0, 0, &g->frame, g->d,
				    g->d->method[DOMAIN_faulty_rcu_crash], 0);
	/* without its own there is no way back, and no failure to be told */
	g->after = cross_set_frame_pointer(g->before);
}

/* The domain has lost the frame pointer, the caller gets its own */
static void domain_fault_cross_test_frame_pointer(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct domain_slot *slot;
	struct cross_gate g;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
	g.d = domain_get(domain_slot_current(slot));
	cross_gate(&g);
	KUNIT_EXPECT_EQ(test, g.ret, -EOWNERDEAD);
	KUNIT_EXPECT_EQ(test, g.before, g.after);
	fault_expect_empty(test, kind, slot, g.d);
	domain_put(g.d);
	fault_done(test, slot);
}

#ifdef CONFIG_MITIGATION_RETPOLINE
/* Who was found where, and whether it was led out of there at once */
struct cross_interrupt {
	bool inside, thunk, text;
};

static void cross_interrupt(void *arg)
{
	struct domain_frame *frame = current->domain_frame;
	struct cross_interrupt *i = arg;
	struct pt_regs regs = {};

	i->inside = frame;
	if (!frame)
		return;
	regs.sp = frame->sp;
	regs.ip = (unsigned long)__x86_indirect_thunk_array;
	i->thunk = domain_handle_fault(&regs, "thunk", 0, DOMAIN_FAULT_IRQ) ||
		   regs.ip != (unsigned long)__x86_indirect_thunk_array;
	regs.ip = frame->domain->memory.text;
	i->text = domain_handle_fault(&regs, "text", 0, DOMAIN_FAULT_IRQ) &&
		  regs.ip == (unsigned long)domain_gate_return;
}

/*
 * An interrupt in a thunk may have hit the kernel's own use of it, which cannot
 * be ended anywhere; one in the text of the image can
 */
static void domain_fault_cross_test_thunk(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	struct cross_interrupt i = {};
	struct fault_looper looper;
	struct domain_slot *slot;
	struct domain *d;
	int cpu;
	u32 id;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	id = domain_slot_current(slot);
	d = domain_get(id);
	fault_looper_start(test, &looper, kind, slot, FAULTY_LOOP);
	/* preempted, it is not inside */
	do {
		cpu = task_cpu(looper.task);
		smp_call_function_single(cpu, cross_interrupt, &i, true);
	} while (!i.inside && !completion_done(&looper.done));
	/* the interrupt returned to the loop, but its text is revoked */
	KUNIT_EXPECT_EQ(test, fault_looper_end(test, &looper), -EOWNERDEAD);
	KUNIT_EXPECT_TRUE(test, i.inside);
	KUNIT_EXPECT_FALSE(test, i.thunk);
	KUNIT_EXPECT_TRUE(test, i.text);
	KUNIT_EXPECT_STREQ(test, d->fault.what, "text");
	domain_put(d);
	fault_expect_restart(test, kind, slot, id);
	fault_done(test, slot);
}

/*
 * The watchdog finds a loop in a thunk: the text is revoked, and the loop ends
 * there. Where there is no need for thunks, all of the loop is the image's.
 */
static void domain_fault_cross_test_watchdog_thunk(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	const bool thunks = cpu_feature_enabled(X86_FEATURE_RETPOLINE) &&
			    !cpu_feature_enabled(X86_FEATURE_INDIRECT_THUNK_ITS);
	int round, rounds = thunks ? 20 : 1, in_thunk = 0;
	struct fault_looper looper;
	struct domain_slot *slot;
	struct domain *d;
	u32 id;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");
	if (!thunks && cpu_feature_enabled(X86_FEATURE_IBT))
		kunit_skip(test, "the loop is not one with IBT");
	fault_watchdog_set_ms(test, 100);
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	for (round = 0; round < rounds && !in_thunk; round++) {
		id = domain_slot_current(slot);
		d = domain_get(id);
		fault_looper_start(test, &looper, kind, slot, FAULTY_LOOP_BRANCH);
		KUNIT_EXPECT_EQ(test, fault_looper_end(test, &looper),
				-EOWNERDEAD);
		KUNIT_EXPECT_STREQ(test, d->fault.what, "out of CPU time");
		/* killed, not led out of where the interrupt found it */
		in_thunk += !d->fault.ip;
		domain_put(d);
		fault_expect_restart(test, kind, slot, id);
	}
	KUNIT_EXPECT_EQ(test, in_thunk, thunks);
	fault_done(test, slot);
}
#else
static void domain_fault_cross_test_thunk(struct kunit *test)
{
	kunit_skip(test, "needs retpolines");
}

static void domain_fault_cross_test_watchdog_thunk(struct kunit *test)
{
	kunit_skip(test, "needs retpolines");
}
#endif

static struct kunit_case domain_fault_cross_cases[] = {
	KUNIT_CASE_PARAM(domain_fault_cross_test_successor, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_cross_test_export, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_cross_test_second_cpu, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_cross_test_update, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_cross_test_nested_shared, way_gen_params),
	KUNIT_CASE_PARAM(domain_fault_cross_test_no_memory, way_gen_params),
	KUNIT_CASE_PARAM_ATTR(domain_fault_cross_test_loop, loop_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(domain_fault_cross_test_no_successor),
	KUNIT_CASE(domain_fault_cross_test_wait),
	KUNIT_CASE(domain_fault_cross_test_noio),
	KUNIT_CASE(domain_fault_cross_test_frame_pointer),
	KUNIT_CASE(domain_fault_cross_test_thunk),
	KUNIT_CASE_SLOW(domain_fault_cross_test_watchdog_thunk),
	{}
};

static struct kunit_suite domain_fault_cross_suite = {
	.name = "domain_fault_cross",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.test_cases = domain_fault_cross_cases,
};

kunit_test_suite(domain_fault_cross_suite);

MODULE_DESCRIPTION("KUnit tests of faults of domains that meet something else");
MODULE_LICENSE("GPL");
