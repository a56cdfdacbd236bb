// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device has done, in debugfs: cnull/<disk>/.
 *
 * Every file is lines of words, so that it serves people as well as awk. Lines
 * with a count of 0 are left out of the tables.
 */
#include <linux/bitops.h>
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "cache.h"
#include "cnull.h"
#include "domain.h"
#include "stats.h"

/* The operations that devices here know are the first. */
#define CNULL_STATS_OPS		((__force unsigned int)REQ_OP_ZONE_RESET_ALL + 1)
/* 0 and every power of two that an I/O can have in bytes. */
#define CNULL_STATS_SIZES	33
/* The same for ns; the last one, from 2^39, is nine minutes and more. */
#define CNULL_STATS_TIMES	41

/**
 * struct cnull_stats_cpu - counters of one CPU
 * @ios: I/O completed, by operation and size
 * @times: the same I/O by operation and latency
 * @errors: those that failed, by operation
 *
 * Class 0 is for 0, class n for everything from 2^(n-1) to 2^n - 1.
 */
struct cnull_stats_cpu {
	unsigned long	ios[CNULL_STATS_OPS][CNULL_STATS_SIZES];
	unsigned long	times[CNULL_STATS_OPS][CNULL_STATS_TIMES];
	unsigned long	errors[CNULL_STATS_OPS];
};

/**
 * struct cnull_stats - the counters of a device
 * @dev: the device
 * @dir: its directory in debugfs
 * @cpu: the counters
 */
struct cnull_stats {
	struct cnull_device		*dev;
	struct dentry			*dir;
	struct cnull_stats_cpu __percpu	*cpu;
};

static struct dentry *cnull_stats_root;

/* The smallest value of a class. */
static u64 cnull_class_start(unsigned int class)
{
	return class ? 1ULL << (class - 1) : 0;
}

static unsigned long cnull_stats_sum(unsigned long __percpu *counter)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(counter, cpu));
	return sum;
}

static void cnull_stats_line(struct seq_file *m, unsigned int op,
			     unsigned int class, unsigned long __percpu *counter)
{
	unsigned long n = cnull_stats_sum(counter);

	if (n)
		seq_printf(m, "%-14s %14llu %14lu\n",
			   blk_op_str((__force enum req_op)op),
			   cnull_class_start(class), n);
}

static int cnull_stats_io_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	unsigned int op, class;

	seq_puts(m, "#op              from_bytes            ios\n");
	for (op = 0; op < CNULL_STATS_OPS; op++)
		for (class = 0; class < CNULL_STATS_SIZES; class++)
			cnull_stats_line(m, op, class,
					 &stats->cpu->ios[op][class]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_io);

static int cnull_stats_latency_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	unsigned int op, class;

	seq_puts(m, "#op                 from_ns            ios\n");
	for (op = 0; op < CNULL_STATS_OPS; op++)
		for (class = 0; class < CNULL_STATS_TIMES; class++)
			cnull_stats_line(m, op, class,
					 &stats->cpu->times[op][class]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_latency);

static int cnull_stats_errors_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	unsigned int op;

	seq_puts(m, "#op                     ios\n");
	for (op = 0; op < CNULL_STATS_OPS; op++) {
		unsigned long n = cnull_stats_sum(&stats->cpu->errors[op]);

		if (n)
			seq_printf(m, "%-14s %12lu\n",
				   blk_op_str((__force enum req_op)op), n);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_errors);

static void cnull_stats_value(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%-22s %14llu\n", name, value);
}

static u64 cnull_stats_data_bytes(const struct cnull_store *store)
{
	return (u64)atomic_long_read(&store->nr_pages) << PAGE_SHIFT;
}

static int cnull_stats_memory_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	struct cnull_device *dev = stats->dev;
	struct cnull_store *second = cnull_domain_second(dev);
	u64 cached = 0;

	if (dev->cache)
		cached = cnull_cache_nr_pages(dev->cache);
	cnull_stats_value(m, "data_bytes", cnull_stats_data_bytes(&dev->store));
	cnull_stats_value(m, "table_bytes", cnull_store_table_bytes(&dev->store));
	cnull_stats_value(m, "cached_bytes", cached << PAGE_SHIFT);
	if (second) {
		cnull_stats_value(m, "second_data_bytes",
				  cnull_stats_data_bytes(second));
		cnull_stats_value(m, "second_table_bytes",
				  cnull_store_table_bytes(second));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_memory);

static int cnull_stats_cache_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	struct cnull_cache_counts sum;

	cnull_cache_sum(stats->dev->cache, &sum);
	cnull_stats_value(m, "read_hit_sectors", sum.read_hits);
	cnull_stats_value(m, "read_miss_sectors", sum.read_misses);
	cnull_stats_value(m, "write_hit_sectors", sum.write_hits);
	cnull_stats_value(m, "write_miss_sectors", sum.write_misses);
	cnull_stats_value(m, "write_through_sectors", sum.write_through);
	cnull_stats_value(m, "evicted_sectors", sum.evicted);
	cnull_stats_value(m, "flushed_sectors", sum.flushed);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_cache);

/* Asks the domain, so that the counts are those that its updates carry along. */
static int cnull_stats_domain_show(struct seq_file *m, void *unused)
{
	struct cnull_stats *stats = m->private;
	struct domain_block_stats sum;
	int err = cnull_domain_stats(stats->dev, &sum);

	if (err)
		return err;
	cnull_stats_value(m, "version", sum.version);
	cnull_stats_value(m, "queued", sum.queued);
	cnull_stats_value(m, "notify", sum.notify);
	cnull_stats_value(m, "completed", sum.completed);
	cnull_stats_value(m, "errors", sum.errors);
	cnull_stats_value(m, "delayed", sum.delayed);
	cnull_stats_value(m, "mirrored", sum.mirrored);
	cnull_stats_value(m, "second", sum.second);
	cnull_stats_value(m, "read_bytes", sum.read_bytes);
	cnull_stats_value(m, "written_bytes", sum.written_bytes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cnull_stats_domain);

/**
 * cnull_stats_account() - Count a completed I/O
 * @stats: where
 * @op: operation
 * @bytes: length of the I/O, 0 for a flush
 * @sts: how it ended
 * @start_ns: when it began, from ktime_get_ns()
 *
 * Context: Any.
 */
void cnull_stats_account(struct cnull_stats *stats, enum req_op op,
			 unsigned int bytes, blk_status_t sts, u64 start_ns)
{
	unsigned int i = (__force unsigned int)op;
	unsigned int time = fls64(ktime_get_ns() - start_ns);

	if (WARN_ON_ONCE(i >= CNULL_STATS_OPS))
		return;
	this_cpu_inc(stats->cpu->ios[i][fls(bytes)]);
	this_cpu_inc(stats->cpu->times[i][min(time, CNULL_STATS_TIMES - 1)]);
	if (sts != BLK_STS_OK)
		this_cpu_inc(stats->cpu->errors[i]);
}

/**
 * cnull_stats_create() - Begin to count what a device does
 * @dev: the device, with its cache if it will have one; its member stats is set
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int cnull_stats_create(struct cnull_device *dev)
{
	struct cnull_stats *stats = kzalloc_obj(*stats);

	if (!stats)
		return -ENOMEM;
	stats->cpu = alloc_percpu(struct cnull_stats_cpu);
	if (!stats->cpu) {
		kfree(stats);
		return -ENOMEM;
	}
	stats->dev = dev;
	dev->stats = stats;

	stats->dir = debugfs_create_dir(dev->name, cnull_stats_root);
	debugfs_create_file("io", 0444, stats->dir, stats, &cnull_stats_io_fops);
	debugfs_create_file("latency", 0444, stats->dir, stats,
			    &cnull_stats_latency_fops);
	debugfs_create_file("errors", 0444, stats->dir, stats,
			    &cnull_stats_errors_fops);
	debugfs_create_file("memory", 0444, stats->dir, stats,
			    &cnull_stats_memory_fops);
	if (dev->cache)
		debugfs_create_file("cache", 0444, stats->dir, stats,
				    &cnull_stats_cache_fops);
	if (cnull_has_domain(dev))
		debugfs_create_file("domain", 0444, stats->dir, stats,
				    &cnull_stats_domain_fops);
	return 0;
}

/**
 * cnull_stats_destroy() - Stop to count, and forget
 * @dev: the device, with its cache and without I/O; its member stats is cleared
 *
 * Context: May sleep.
 */
void cnull_stats_destroy(struct cnull_device *dev)
{
	struct cnull_stats *stats = dev->stats;

	if (!stats)
		return;
	/* Waits for readers. */
	debugfs_remove(stats->dir);
	dev->stats = NULL;
	free_percpu(stats->cpu);
	kfree(stats);
}

/**
 * cnull_stats_init() - Make the directory for all devices
 *
 * Does without if there is no debugfs.
 */
void __init cnull_stats_init(void)
{
	cnull_stats_root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

/**
 * cnull_stats_exit() - Remove the directory for all devices
 */
void cnull_stats_exit(void)
{
	debugfs_remove(cnull_stats_root);
}
