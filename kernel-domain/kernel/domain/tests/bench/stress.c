// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain_bench: callers that notice when a call is lost or made twice
 *
 * Each caller has a cell that the domain counts its calls in: after a call that
 * returned, the cell must be one further, after one that was refused with
 * -EBUSY it must not. A stateful domain also returns how many calls there were
 * of all callers, in this and all earlier versions, which must grow.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "main.h"

struct bench_caller {
	struct bench_kind *kind;
	struct task_struct *task;
	struct bench_cell cell;
	u64 calls, busy, errors, lost, twice, disordered;
	long last;		/* what the last call returned */
	bool irq;		/* call from an interrupt */
};

static void bench_count_once(void *arg)
{
	struct bench_caller *c = arg;
	u64 before = c->cell.calls, after;
	long ret = c->kind->count(c->kind->slot, &c->cell);

	after = READ_ONCE(c->cell.calls);
	if (ret == -EBUSY) {
		c->busy++;
		if (after != before)
			c->twice++;
		return;
	}
	if (ret <= 0) {
		c->errors++;
		return;
	}
	c->calls++;
	if (after == before)
		c->lost++;
	else if (after != before + 1)
		c->twice++;
	if (c->kind->stateful && ret <= c->last)
		c->disordered++;
	c->last = ret;
}

static int bench_caller_thread(void *arg)
{
	struct bench_caller *c = arg;
	u64 n = 0;

	while (!kthread_should_stop()) {
		if (c->irq)
			smp_call_function_single(raw_smp_processor_id(),
						 bench_count_once, c, true);
		else
			bench_count_once(c);
		/* sleeping between calls moves the thread about */
		if (!(++n % 512))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

/* Stop who calls, and sum up. @kind->lock is held. */
static void bench_stop_locked(struct bench_kind *kind)
{
	unsigned int i;

	if (!kind->nr_callers)
		return;
	kind->calls = 0;
	kind->busy = 0;
	kind->errors = 0;
	kind->lost = 0;
	kind->twice = 0;
	kind->disordered = 0;
	kind->least = U64_MAX;
	kind->most = 0;
	for (i = 0; i < kind->nr_callers; i++) {
		struct bench_caller *c = &kind->callers[i];

		kthread_stop(c->task);
		kind->calls += c->calls;
		kind->busy += c->busy;
		kind->errors += c->errors;
		kind->lost += c->lost;
		kind->twice += c->twice;
		kind->disordered += c->disordered;
		kind->least = min(kind->least, c->calls);
		kind->most = max(kind->most, c->calls);
	}
	kfree(kind->callers);
	kind->callers = NULL;
	kind->nr_callers = 0;
}

/**
 * bench_stop - stop the callers of a slot
 * @kind: whose
 *
 * Context: process context. May sleep.
 */
void bench_stop(struct bench_kind *kind)
{
	guard(mutex)(&kind->lock);
	bench_stop_locked(kind);
}

static int bench_start_locked(struct bench_kind *kind, unsigned int n)
{
	unsigned int i;

	kind->callers = kzalloc_objs(*kind->callers, n);
	if (!kind->callers)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct bench_caller *c = &kind->callers[i];

		c->kind = kind;
		c->irq = kind->atomic && (i & 1);
		c->task = kthread_run(bench_caller_thread, c, "%s/%u",
				      kind->iface->name, i);
		if (IS_ERR(c->task)) {
			int ret = PTR_ERR(c->task);

			bench_stop_locked(kind);
			kfree(kind->callers);
			kind->callers = NULL;
			return ret;
		}
		kind->nr_callers++;
	}
	return 0;
}

static int bench_callers_get(void *data, u64 *value)
{
	struct bench_kind *kind = data;

	guard(mutex)(&kind->lock);
	*value = kind->nr_callers;
	return 0;
}

static int bench_callers_set(void *data, u64 value)
{
	struct bench_kind *kind = data;

	if (value > BENCH_MAX_CALLERS) {
		pr_warn("domain_bench: callers is %llu, must be 0 to %d\n",
			value, BENCH_MAX_CALLERS);
		return -EINVAL;
	}
	guard(mutex)(&kind->lock);
	bench_stop_locked(kind);
	return value ? bench_start_locked(kind, value) : 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bench_callers_fops, bench_callers_get,
			 bench_callers_set, "%llu\n");

static int bench_result_show(struct seq_file *m, void *unused)
{
	struct bench_kind *kind = m->private;

	guard(mutex)(&kind->lock);
	seq_printf(m, "calls %llu\nbusy %llu\nerrors %llu\nlost %llu\ntwice %llu\ndisordered %llu\nleast %llu\nmost %llu\n",
		   kind->calls, kind->busy, kind->errors, kind->lost,
		   kind->twice, kind->disordered, kind->least, kind->most);
	/* while nobody calls, the domain's own count is that of all callers */
	if (kind->stateful)
		seq_printf(m, "total %ld\n", kind->total(kind->slot));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bench_result);

static int bench_sleep_set(void *data, u64 ms)
{
	struct bench_kind *kind = data;

	return kind->sleep(kind->slot, ms);
}
DEFINE_DEBUGFS_ATTRIBUTE(bench_sleep_fops, NULL, bench_sleep_set, "%llu\n");

/**
 * bench_stress_files - the files that start callers and tell what they found
 * @kind: whose
 * @dir: where to put them
 *
 * Context: process context. May sleep.
 */
void bench_stress_files(struct bench_kind *kind, struct dentry *dir)
{
	debugfs_create_file("callers", 0600, dir, kind, &bench_callers_fops);
	debugfs_create_file("result", 0400, dir, kind, &bench_result_fops);
	debugfs_create_file("sleep", 0200, dir, kind, &bench_sleep_fops);
}
