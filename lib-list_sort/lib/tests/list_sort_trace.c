// SPDX-License-Identifier: GPL-2.0
/*
 * Counts the calls of list_sort() in a running kernel: how long the lists are,
 * how many comparisons they take, and how many list_sort_mainline() takes for
 * the same list. A return probe gives each call a comparison function that
 * counts, so list_sort() itself has no code for this.
 *
 * The counts are logged when the module is unloaded, one line for each
 * comparison function and power of two of the length:
 *
 *   cmp=xlog_cil_order_cmp n=32 calls=7 elements=331 cmps=412 mainline=1502 wrong=0
 *
 * "n" is the least length in the line; "wrong" counts the calls that left
 * another order than list_sort_mainline() finds, of which there may be none.
 * The last line has the number of calls that were missed.
 *
 * The comparison functions are called from the probe too, where none of them
 * may take a lock. That of no filesystem does.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/list_sort_variants.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Longer lists are missed */
#define MAX_COPY	16384
#define MAX_CMPS	64
#define LENGTHS		24

/* One call, from its entry to its return */
struct call {
	void *priv;
	list_cmp_func_t cmp;
	struct list_head *head;
	unsigned long n;
	unsigned long cmps;
	unsigned long mainline;
	unsigned long order;
	bool copied;
};

/* An element of the copy that is sorted by list_sort_mainline() */
struct copy {
	struct list_head list;
	struct list_head *original;
};

struct line {
	u64 calls;
	u64 elements;
	u64 cmps;
	u64 mainline;
	u64 wrong;
};

struct caller {
	list_cmp_func_t cmp;
	struct line lines[LENGTHS];
};

/*
 * Protects what follows: the memory of copies and the counts. The probe of the
 * entry may be a trap that counts as an NMI, where only trying is allowed. The
 * return comes by way of a trampoline, in the context of the caller, and waits.
 */
static DEFINE_RAW_SPINLOCK(lock);
static struct copy *copies;
static struct caller *callers;
static unsigned long missed;
/* Sorts that have count_cmp(), which must not go before them */
static atomic_t running = ATOMIC_INIT(0);
static bool stopping;

static int count_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct call *call = priv;

	call->cmps++;
	return call->cmp(call->priv, a, b);
}

static int count_mainline(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct call *call = priv;

	call->mainline++;
	return call->cmp(call->priv, container_of(a, struct copy, list)->original,
			 container_of(b, struct copy, list)->original);
}

/* A checksum in which the order of the elements matters */
static unsigned long add_to_order(unsigned long order, const struct list_head *node)
{
	return (order ^ (unsigned long)node) * 0x100000001b3UL;	/* the prime of 64-bit FNV */
}

static void sort_copy(struct call *call)
{
	struct list_head *node, head;
	struct copy *copy = copies;

	INIT_LIST_HEAD(&head);
	list_for_each(node, call->head) {
		copy->original = node;
		list_add_tail(&copy->list, &head);
		copy++;
	}
	list_sort_mainline(call, &head, count_mainline);
	list_for_each_entry(copy, &head, list)
		call->order = add_to_order(call->order, copy->original);
}

static int on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;
	unsigned long flags;

	if (READ_ONCE(stopping))
		return 1;	/* leave the call alone */
	atomic_inc(&running);
	*call = (struct call) {
		.priv = (void *)regs->di,
		.head = (struct list_head *)regs->si,
		.cmp = (list_cmp_func_t)regs->dx,
	};
	call->n = list_count_nodes(call->head);
	if (call->n <= MAX_COPY && raw_spin_trylock_irqsave(&lock, flags)) {
		sort_copy(call);
		call->copied = true;
		raw_spin_unlock_irqrestore(&lock, flags);
	}
	regs->di = (unsigned long)call;
	regs->dx = (unsigned long)count_cmp;
	return 0;
}
NOKPROBE_SYMBOL(on_entry);

static struct caller *find_caller(list_cmp_func_t cmp)
{
	unsigned int i;

	for (i = 0; i < MAX_CMPS && callers[i].cmp; i++)
		if (callers[i].cmp == cmp)
			return &callers[i];
	if (i == MAX_CMPS)
		return NULL;
	callers[i].cmp = cmp;
	return &callers[i];
}

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct call *call = (struct call *)ri->data;
	unsigned long order = 0;
	struct caller *caller;
	struct list_head *node;
	struct line *line;

	list_for_each(node, call->head)
		order = add_to_order(order, node);

	atomic_dec(&running);
	guard(raw_spinlock_irqsave)(&lock);
	caller = call->copied ? find_caller(call->cmp) : NULL;
	if (!caller) {
		missed++;
		return 0;
	}
	line = &caller->lines[call->n ? min(ilog2(call->n) + 1, LENGTHS - 1) : 0];
	line->calls++;
	line->elements += call->n;
	line->cmps += call->cmps;
	line->mainline += call->mainline;
	line->wrong += order != call->order;
	return 0;
}
NOKPROBE_SYMBOL(on_return);

static struct kretprobe probe = {
	.kp.symbol_name = "list_sort",
	.entry_handler = on_entry,
	.handler = on_return,
	.data_size = sizeof(struct call),
	.maxactive = 64,
};

static int __init list_sort_trace_init(void)
{
	int err = -ENOMEM;

	copies = kvmalloc_objs(*copies, MAX_COPY);
	callers = kvzalloc_objs(*callers, MAX_CMPS);
	if (copies && callers)
		err = register_kretprobe(&probe);
	if (err) {
		pr_err("no probe of list_sort(): error %d\n", err);
		kvfree(callers);
		kvfree(copies);
	}
	return err;
}

static void __exit list_sort_trace_exit(void)
{
	unsigned int i, k;

	/* probes that did not see this have counted themselves afterwards */
	WRITE_ONCE(stopping, true);
	synchronize_rcu();
	while (atomic_read(&running))
		msleep(20);
	unregister_kretprobe(&probe);
	for (i = 0; i < MAX_CMPS && callers[i].cmp; i++) {
		for (k = 0; k < LENGTHS; k++) {
			const struct line *line = &callers[i].lines[k];

			if (line->calls)
				pr_info("cmp=%ps n=%lu calls=%llu elements=%llu cmps=%llu mainline=%llu wrong=%llu\n",
					callers[i].cmp, k ? 1UL << (k - 1) : 0, line->calls,
					line->elements, line->cmps, line->mainline, line->wrong);
		}
	}
	pr_info("missed=%lu\n", probe.nmissed + missed);
	kvfree(callers);
	kvfree(copies);
}

module_init(list_sort_trace_init);
module_exit(list_sort_trace_exit);

MODULE_DESCRIPTION("Counts of list_sort() calls");
MODULE_LICENSE("GPL");
