// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit suites of faults share, see domain_fault_test.h
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/ratelimit.h>

#include "domain_fault_test.h"

DOMAIN_DEFINE_INTERFACE(faulty_rcu, FAULTY_METHODS);
DOMAIN_DEFINE_INTERFACE(faulty_srcu, FAULTY_METHODS);
DOMAIN_DEFINE_INTERFACE(faulty_ref, FAULTY_METHODS);

/* How long anything may take that is waited for, in milliseconds */
#define FAULT_PATIENCE	20000

const struct fault_kind fault_kinds[] = {
	[FAULT_RCU] = {
		&domain_faulty_rcu_interface, faulty_rcu_image,
		faulty_rcu_image_end, domain_faulty_rcu_crash,
		domain_faulty_rcu_give,
	},
	[FAULT_SRCU] = {
		&domain_faulty_srcu_interface, faulty_srcu_image,
		faulty_srcu_image_end, domain_faulty_srcu_crash,
		domain_faulty_srcu_give,
	},
	[FAULT_REF] = {
		&domain_faulty_ref_interface, faulty_ref_image,
		faulty_ref_image_end, domain_faulty_ref_crash,
		domain_faulty_ref_give,
	},
};

/* The same, of the same interfaces, that are checked */
static const struct fault_kind fault_checked_kinds[FAULT_KINDS] = {
	[FAULT_RCU] = {
		&domain_faulty_rcu_interface, faulty_rcu_checked_image,
		faulty_rcu_checked_image_end, domain_faulty_rcu_crash,
		domain_faulty_rcu_give,
	},
	[FAULT_SRCU] = {
		&domain_faulty_srcu_interface, faulty_srcu_checked_image,
		faulty_srcu_checked_image_end, domain_faulty_srcu_crash,
		domain_faulty_srcu_give,
	},
	[FAULT_REF] = {
		&domain_faulty_ref_interface, faulty_ref_checked_image,
		faulty_ref_checked_image_end, domain_faulty_ref_crash,
		domain_faulty_ref_give,
	},
};

#define FAULT_REFUSED		"store outside of its memory"

#if defined(CONFIG_X86_64)
#define FAULT_NONCANONICAL	"general protection"
#define FAULT_TRAP		"invalid opcode"
#define FAULT_INVALID		"invalid opcode"
#define FAULT_SMASHED		"page fault (execute)"
#elif defined(CONFIG_ARM64)
#define FAULT_NONCANONICAL	NULL
#define FAULT_TRAP		"breakpoint"
#define FAULT_INVALID		"undefined instruction"
/* or that the signature of the address is wrong */
#define FAULT_SMASHED		NULL
#define FAULT_MISALIGNED	NULL
#else
#define FAULT_NONCANONICAL	NULL
#define FAULT_TRAP		(IS_ENABLED(CONFIG_CC_IS_CLANG) ? \
				 "illegal instruction" : "breakpoint")
#define FAULT_INVALID		"illegal instruction"
#define FAULT_SMASHED		"page fault (execute)"
/* an atomic one is a load to some, a store to others */
#define FAULT_MISALIGNED	NULL
#endif

/* not FAULTY_WRITE_KERNEL: at boot its constants are not protected yet */
const struct fault_way fault_ways[] = {
	{ FAULTY_NULL_READ, "null_read", "page fault (read)" },
	{ FAULTY_NULL_WRITE, "null_write", "page fault (write)" },
	{ FAULTY_USER_READ, "user_read", "page fault (read)" },
	{ FAULTY_USER_WRITE, "user_write", "page fault (write)" },
	{ FAULTY_WILD_READ, "wild_read", "page fault (read)" },
	{ FAULTY_WILD_WRITE, "wild_write", "page fault (write)" },
	{ FAULTY_NONCANONICAL, "noncanonical", FAULT_NONCANONICAL },
	{ FAULTY_WRITE_TEXT, "write_text", "page fault (write)" },
	{ FAULTY_WRITE_RODATA, "write_rodata", "page fault (write)" },
	{ FAULTY_CALL_NULL, "call_null", "page fault (execute)" },
	{ FAULTY_CALL_USER, "call_user", "page fault (execute)" },
	{ FAULTY_CALL_WILD, "call_wild", "page fault (execute)" },
	{ FAULTY_CALL_NONCANONICAL, "call_noncanonical", FAULT_NONCANONICAL },
	{ FAULTY_CALL_DATA, "call_data", "page fault (execute)" },
	{ FAULTY_CALL_STACK, "call_stack", "page fault (execute)" },
	{ FAULTY_CALL_HEAP, "call_heap", "page fault (execute)" },
	{ FAULTY_TRAP, "trap", FAULT_TRAP },
	{ FAULTY_LEAK, "leak", "page fault (write)" },
	{ FAULTY_INVALID, "invalid", FAULT_INVALID },
	{ FAULTY_BREAKPOINT, "breakpoint", "breakpoint" },
	{ FAULTY_IRQS_OFF, "irqs_off", "page fault (write)" },
	{ FAULTY_SMASHED_RETURN, "smashed_return", FAULT_SMASHED },
	{ FAULTY_OVERFLOW, "overflow", "stack overflow" },
	{ FAULTY_LOST_FRAME, "lost_frame", "page fault (write)" },
	{ FAULTY_LIST, "list", "page fault (write)" },
	{ FAULTY_DOUBLE_FREE, "double_free", "page fault (write)" },
	{ FAULTY_WILD_WRITE, "refused_wild_write", FAULT_REFUSED, true },
	{ FAULTY_HEAP_OVERFLOW, "refused_heap_overflow", FAULT_REFUSED, true },
	{ FAULTY_USE_AFTER_FREE, "refused_use_after_free", FAULT_REFUSED, true },
#ifdef CONFIG_X86_64
	{ FAULTY_DIVIDE, "divide", "divide error" },
	{ FAULTY_SEGMENT, "segment", "general protection" },
	{ FAULTY_LOST_STACK, "lost_stack", "double fault" },
#else
	{ FAULTY_MISALIGNED, "misaligned", FAULT_MISALIGNED },
#endif
#ifdef FAULT_FLAGS
	{ FAULTY_FLAGS, "flags", "page fault (write)" },
#endif
};

/* What this kernel cannot contain */
void fault_skip_way(struct kunit *test, const struct fault_way *way)
{
	if (way->way == FAULTY_OVERFLOW && IS_ENABLED(CONFIG_RISCV) &&
	    !IS_ENABLED(CONFIG_VMAP_STACK))
		kunit_skip(test, "the bounds of a stack are not known");
}

/* Which images crash in that way */
const struct fault_kind *fault_kind(const struct fault_way *way, int nr)
{
	return way->checked ? &fault_checked_kinds[nr] : &fault_kinds[nr];
}

static void fault_slot_destroy(void *slot)
{
	domain_slot_destroy(slot);
}

struct domain *fault_load(struct kunit *test, const struct fault_kind *kind)
{
	struct domain *d = domain_load(kind->image,
				       kind->image_end - kind->image, 0);

	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(d), "load: %pe", d);
	return d;
}

int fault_update(struct domain_slot *slot, struct domain *new, u32 old_id)
{
	struct domain_update update = {
		.new = new,
		.expected_old = old_id,
		.deadline_ns = 10 * NSEC_PER_SEC,
	};

	return domain_slot_update(slot, &update);
}

/* A slot with an image that crashes; it goes with the test */
struct domain_slot *fault_slot(struct kunit *test,
			       const struct fault_kind *kind, const char *name,
			       enum domain_policy policy)
{
	struct domain_slot *slot = domain_slot_create(kind->iface, name);
	struct domain *d;

	KUNIT_ASSERT_FALSE(test, IS_ERR(slot));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, fault_slot_destroy, slot));
	KUNIT_ASSERT_EQ(test, domain_slot_set_policy(slot, policy), 0);
	/* tests crash more often than a slot should */
	slot->restarts.burst = 1 << 20;
	d = fault_load(test, kind);
	KUNIT_ASSERT_EQ(test, fault_update(slot, d, 0), 0);
	domain_put(d);
	return slot;
}

/* The slot's domain keeps a buffer, which is lost with it */
void fault_give(struct kunit *test, const struct fault_kind *kind,
		struct domain_slot *slot)
{
	struct domain *d = domain_get(domain_slot_current(slot));
	struct domain_shared *obj;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, d);
	n = domain_shared_count(d);
	obj = domain_shared_alloc(sizeof(struct faulty_buf), FAULTY_BUF_TYPE,
				  GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_GT(test, kind->give(slot, obj, FAULTY_NONE), 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), n + 1);
	domain_put(d);
}

static void fault_watchdog_restore(void *before)
{
	domain_watchdog_set_ms((unsigned long)before);
}

/* How long calls may take until the test ends, which a failed assertion may do */
void fault_watchdog_set_ms(struct kunit *test, unsigned int ms)
{
	unsigned long before = domain_watchdog_set_ms(ms);

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fault_watchdog_restore,
							   (void *)before));
}

bool fault_wait(bool (*done)(void *arg), void *arg)
{
	int i;

	for (i = 0; i < FAULT_PATIENCE; i++) {
		if (done(arg))
			return true;
		usleep_range(500, 1000);
	}
	return false;
}

bool fault_recovered(void *arg)
{
	struct domain_slot *slot = arg;

	return domain_slot_current(slot);
}

static bool fault_forgotten(void *arg)
{
	struct domain *d = domain_get(*(u32 *)arg);

	if (d)
		domain_put(d);
	return !d;
}

bool fault_failed(void *arg)
{
	return atomic_read(&((struct domain *)arg)->state) == DOMAIN_FAILED;
}

/* The slot has got another domain than @id, which is gone, and it works */
void fault_expect_restart(struct kunit *test, const struct fault_kind *kind,
			  struct domain_slot *slot, u32 id)
{
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_recovered, slot));
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_forgotten, &id));
	KUNIT_EXPECT_NE(test, domain_slot_current(slot), id);
	/* its data is new */
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), 1);
}

/* The slot is empty, and what is left of @id can be looked at and unloaded */
void fault_expect_empty(struct kunit *test, const struct fault_kind *kind,
			struct domain_slot *slot, struct domain *d)
{
	char why[DOMAIN_FAULT_LINE];

	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), -ENOSYS);
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, d));
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), 0);
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	KUNIT_EXPECT_GT(test, domain_fault_describe(d, why, sizeof(why)), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
}

/* Take the slot's domain and the slot away */
void fault_done(struct kunit *test, struct domain_slot *slot)
{
	struct domain *d = domain_get(domain_slot_current(slot));

	if (d) {
		KUNIT_EXPECT_EQ(test, fault_update(slot, NULL, d->id), 0);
		KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
		domain_put(d);
	}
	kunit_release_action(test, fault_slot_destroy, slot);
}

static int fault_looper_thread(void *arg)
{
	struct fault_looper *l = arg;

	l->ret = l->kind->crash(l->slot, l->way, (unsigned long)&l->then);
	/* it was not ended: the test fails, and others go on */
	if (irqs_disabled())
		local_irq_enable();
	complete(&l->done);
	while (!kthread_should_stop())
		usleep_range(100, 1000);
	return 0;
}

/* Returns when the thread has been inside for a while; @cpu -1 for any */
void fault_looper_start_on(struct kunit *test, struct fault_looper *looper,
			   const struct fault_kind *kind,
			   struct domain_slot *slot, u64 way, int cpu)
{
	u64 calls = domain_slot_calls(slot);

	*looper = (struct fault_looper){
		.kind = kind, .slot = slot, .way = way,
	};
	init_completion(&looper->done);
	looper->task = kthread_create(fault_looper_thread, looper, "domain_loop");
	KUNIT_ASSERT_FALSE(test, IS_ERR(looper->task));
	if (cpu >= 0)
		kthread_bind(looper->task, cpu);
	wake_up_process(looper->task);
	while (domain_slot_calls(slot) == calls)
		usleep_range(500, 1000);
	msleep(20);
	KUNIT_EXPECT_FALSE(test, completion_done(&looper->done));
}

void fault_looper_start(struct kunit *test, struct fault_looper *looper,
			const struct fault_kind *kind, struct domain_slot *slot,
			u64 way)
{
	fault_looper_start_on(test, looper, kind, slot, way, -1);
}

/* What its call returned, when it does at last */
long fault_looper_end(struct kunit *test, struct fault_looper *looper)
{
	KUNIT_EXPECT_NE(test, 0, wait_for_completion_timeout(&looper->done,
							     msecs_to_jiffies(FAULT_PATIENCE)));
	kthread_stop(looper->task);
	return looper->ret;
}

int fault_suite_init(struct kunit_suite *suite)
{
	int i, ret = 0;

	for (i = 0; i < ARRAY_SIZE(fault_kinds) && !ret; i++)
		ret = domain_interface_register(fault_kinds[i].iface);
	return ret;
}

void fault_suite_exit(struct kunit_suite *suite)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		domain_interface_unregister(fault_kinds[i].iface);
}
