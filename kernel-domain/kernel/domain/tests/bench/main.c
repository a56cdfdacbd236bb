// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain_bench: slots of each kind to be called hard, and what a call costs
 *
 * The domains come from user space, with domainctl, as everywhere. In
 * /sys/kernel/debug/domain_bench:
 *
 *	cost		reading it measures: nanoseconds per call, each the least
 *			of BENCH_BATCHES batches, so that interrupts do not count
 *	work		the same for stores that the domain of bench_rcu makes, per
 *			store or per byte, with the image that it has
 *	KIND/callers	number of threads that call the slot bench_KIND
 *	KIND/result	what they found when they were stopped, see stress.c
 *	KIND/sleep	who writes a number is inside of the domain for as many
 *			milliseconds
 *
 * Under QEMU with -icount shift=0, a nanosecond is an instruction.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "main.h"

#define BENCH_CALLS	1000
#define BENCH_BATCHES	30

DOMAIN_DEFINE_INTERFACE(bench_rcu, BENCH_METHODS);
DOMAIN_DEFINE_INTERFACE(bench_srcu, BENCH_METHODS);
DOMAIN_DEFINE_INTERFACE(bench_ref, BENCH_METHODS);
DOMAIN_DEFINE_INTERFACE(bench_ref_atomic, BENCH_METHODS);

/* Loops around the typed proxies, as drivers call them */
#define BENCH_LOOPS(kind)						\
static noinline long bench_##kind##_nops(struct domain_slot *slot,	\
					 unsigned int n)		\
{									\
	long ret = 0;							\
									\
	while (n--)							\
		ret |= domain_bench_##kind##_nop(slot, 1);		\
	return ret;							\
}									\
									\
static noinline long bench_##kind##_lends(struct domain_slot *slot,	\
					  struct domain_shared *obj,	\
					  unsigned int n)		\
{									\
	long ret = 0;							\
									\
	while (n--)							\
		ret = domain_bench_##kind##_lend(slot, obj);		\
	return ret;							\
}

BENCH_LOOPS(rcu)
BENCH_LOOPS(srcu)
BENCH_LOOPS(ref)
BENCH_LOOPS(ref_atomic)

#define BENCH_KIND(kind, _atomic, _stateful)				\
	{								\
		.name = #kind,						\
		.iface = &domain_bench_##kind##_interface,		\
		.count = domain_bench_##kind##_count,			\
		.total = domain_bench_##kind##_total,			\
		.sleep = domain_bench_##kind##_sleep,			\
		.nop_loop = bench_##kind##_nops,			\
		.lend_loop = bench_##kind##_lends,			\
		.atomic = _atomic,					\
		.stateful = _stateful,					\
	}

static struct bench_kind bench_kinds[] = {
	BENCH_KIND(rcu, true, false),
	BENCH_KIND(srcu, false, false),
	BENCH_KIND(ref, false, true),
	BENCH_KIND(ref_atomic, true, true),
};

static struct dentry *bench_dir;

static noinline long bench_function(u64 a)
{
	/* keeps the call from being optimized away */
	barrier();
	return a;
}

static long (*bench_pointer)(u64 a) = bench_function;

static noinline long bench_direct(struct domain_slot *slot, unsigned int n)
{
	long ret = 0;

	while (n--)
		ret |= bench_function(1);
	return ret;
}

static noinline long bench_indirect(struct domain_slot *slot, unsigned int n)
{
	long ret = 0;

	while (n--)
		ret |= READ_ONCE(bench_pointer)(1);
	return ret;
}

static noinline long bench_nothing(struct domain_slot *slot, unsigned int n)
{
	while (n--)
		barrier();
	return 1;
}

static void bench_print(struct seq_file *m, const char *what, const char *kind,
			u64 best)
{
	seq_printf(m, "%s%s %llu.%03llu\n", what, kind, best / BENCH_CALLS,
		   best % BENCH_CALLS * 1000 / BENCH_CALLS);
}

static int bench_nops(struct seq_file *m, const char *what, const char *kind,
		      long (*loop)(struct domain_slot *slot, unsigned int n),
		      struct domain_slot *slot)
{
	u64 best = U64_MAX;
	int i;

	for (i = 0; i < BENCH_BATCHES; i++) {
		ktime_t start = ktime_get();
		long ret = loop(slot, BENCH_CALLS);

		best = min_t(u64, best, ktime_to_ns(ktime_sub(ktime_get(), start)));
		if (ret != 1)
			return ret < 0 ? ret : -EIO;
	}
	bench_print(m, what, kind, best);
	return 0;
}

static int bench_lends(struct seq_file *m, struct bench_kind *kind,
		       struct domain_shared *obj)
{
	u64 best = U64_MAX;
	int i;

	for (i = 0; i < BENCH_BATCHES; i++) {
		struct bench_buf *buf = domain_shared_data(obj);
		u64 before = buf->value;
		ktime_t start = ktime_get();
		long ret = kind->lend_loop(kind->slot, obj, BENCH_CALLS);

		best = min_t(u64, best, ktime_to_ns(ktime_sub(ktime_get(), start)));
		if (ret != before + BENCH_CALLS)
			return ret < 0 ? ret : -EIO;
	}
	bench_print(m, "lend_", kind->name, best);
	return 0;
}

static int bench_cost_show(struct seq_file *m, void *unused)
{
	struct domain_shared *obj;
	int i, ret;

	obj = domain_shared_alloc(sizeof(struct bench_buf), BENCH_BUF_TYPE,
				  GFP_KERNEL);
	if (!obj)
		return -ENOMEM;
	ret = bench_nops(m, "loop", "", bench_nothing, NULL);
	ret = ret ?: bench_nops(m, "direct", "", bench_direct, NULL);
	ret = ret ?: bench_nops(m, "indirect", "", bench_indirect, NULL);
	for (i = 0; i < ARRAY_SIZE(bench_kinds) && !ret; i++)
		ret = bench_nops(m, "call_", bench_kinds[i].name,
				 bench_kinds[i].nop_loop, bench_kinds[i].slot);
	for (i = 0; i < ARRAY_SIZE(bench_kinds) && !ret; i++)
		ret = bench_lends(m, &bench_kinds[i], obj);
	domain_shared_free(obj);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench_cost);

static const char * const bench_works[] = {
	[BENCH_DATA] = "data",
	[BENCH_STACK] = "stack",
	[BENCH_HEAP] = "heap",
	[BENCH_HEAPS] = "heaps",
	[BENCH_SHARED] = "shared",
	[BENCH_COPY] = "copy",
	[BENCH_MEMCPY] = "memcpy",
};
static_assert(ARRAY_SIZE(bench_works) == BENCH_WORKS);

static int bench_work_one(struct seq_file *m, struct domain_slot *slot,
			  enum bench_work what)
{
	u64 best = U64_MAX, none = U64_MAX;
	int i;

	for (i = 0; i < BENCH_BATCHES; i++) {
		ktime_t start = ktime_get(), middle;
		/* what is there without a store: the call, memory */
		long ret = domain_bench_rcu_work(slot, what, 8);

		middle = ktime_get();
		ret = ret ?: domain_bench_rcu_work(slot, what, BENCH_CALLS + 8);
		if (ret)
			return ret;
		best = min_t(u64, best, ktime_to_ns(ktime_sub(ktime_get(), middle)));
		none = min_t(u64, none, ktime_to_ns(ktime_sub(middle, start)));
	}
	bench_print(m, bench_works[what], "", best - min(best, none));
	return 0;
}

static int bench_work_show(struct seq_file *m, void *unused)
{
	struct domain_slot *slot = bench_kinds[0].slot;
	int i, ret;

	ret = bench_nops(m, "call", "", bench_kinds[0].nop_loop, slot);
	for (i = 0; i < BENCH_WORKS && !ret; i++)
		ret = bench_work_one(m, slot, i);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench_work);

static int bench_kind_init(struct bench_kind *kind)
{
	char name[DOMAIN_NAME_LEN];
	struct dentry *dir;
	int ret;

	mutex_init(&kind->lock);
	snprintf(name, sizeof(name), "bench_%s", kind->name);
	ret = domain_interface_register(kind->iface);
	if (ret)
		return ret;
	kind->slot = domain_slot_create(kind->iface, name);
	if (IS_ERR(kind->slot)) {
		domain_interface_unregister(kind->iface);
		return PTR_ERR(kind->slot);
	}
	dir = debugfs_create_dir(kind->name, bench_dir);
	bench_stress_files(kind, dir);
	return 0;
}

static void bench_kind_exit(struct bench_kind *kind)
{
	bench_stop(kind);
	domain_slot_destroy(kind->slot);
	domain_interface_unregister(kind->iface);
}

static int __init bench_init(void)
{
	int i, ret;

	bench_dir = debugfs_create_dir("domain_bench", NULL);
	for (i = 0; i < ARRAY_SIZE(bench_kinds); i++) {
		ret = bench_kind_init(&bench_kinds[i]);
		if (ret)
			goto err;
	}
	debugfs_create_file("cost", 0400, bench_dir, NULL, &bench_cost_fops);
	debugfs_create_file("work", 0400, bench_dir, NULL, &bench_work_fops);
	return 0;
err:
	debugfs_remove(bench_dir);
	while (i--)
		bench_kind_exit(&bench_kinds[i]);
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	int i;

	debugfs_remove(bench_dir);
	for (i = 0; i < ARRAY_SIZE(bench_kinds); i++)
		bench_kind_exit(&bench_kinds[i]);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Cost of calls of domains, and callers under updates");
MODULE_LICENSE("GPL");
