// SPDX-License-Identifier: GPL-2.0-only
/*
 * Submits bios from kernel threads, one per CPU and one bio at a time each, for
 * tools/bench: what a driver costs and how it scales without system calls. Runs
 * while it is loaded; the number of bios is the parameter "result" afterwards.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#define BIOLOOP_MAX_CPUS	64
#define BIOLOOP_MAX_BYTES	SZ_1M

static char *dev;
module_param(dev, charp, 0444);
MODULE_PARM_DESC(dev, "Path of the block device");

static unsigned int threads = 1;
module_param(threads, uint, 0444);
MODULE_PARM_DESC(threads, "Number of threads, on the first CPUs");

static unsigned int bs = 4096;
module_param(bs, uint, 0444);
MODULE_PARM_DESC(bs, "Bytes per bio, a multiple of 512, at most 1 MiB");

static unsigned int seconds = 2;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "How long to run");

static bool random = true;
module_param(random, bool, 0444);
MODULE_PARM_DESC(random, "Random places instead of consecutive ones");

static ulong result;
module_param(result, ulong, 0444);
MODULE_PARM_DESC(result, "Number of bios of all threads");

struct bioloop {
	struct block_device	*bdev;
	struct completion	*start;
	struct completion	done;
	unsigned int		cpu;
	unsigned long		bios;
	int			err;
};

static int bioloop_run(struct bioloop *l, struct page *page)
{
	const u64 places = div_u64(bdev_nr_bytes(l->bdev), bs);
	unsigned long end = jiffies + seconds * HZ;
	struct rnd_state rnd;
	u64 place = 0;

	prandom_seed_state(&rnd, l->cpu + 1);
	while (time_before(jiffies, end)) {
		struct bio_vec bvec;
		struct bio bio;
		int err;

		bio_init(&bio, l->bdev, &bvec, 1, REQ_OP_READ);
		place = random ? prandom_u32_state(&rnd) : place + 1;
		bio.bi_iter.bi_sector = (place % places) * (bs >> SECTOR_SHIFT);
		__bio_add_page(&bio, page, bs, 0);
		err = submit_bio_wait(&bio);
		bio_uninit(&bio);
		if (err)
			return err;
		if (!(++l->bios % 64))
			cond_resched();
	}
	return 0;
}

static int bioloop_thread(void *arg)
{
	struct bioloop *l = arg;
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(bs));

	wait_for_completion(l->start);
	l->err = page ? bioloop_run(l, page) : -ENOMEM;
	if (page)
		__free_pages(page, get_order(bs));
	complete(&l->done);
	return 0;
}

static int __init bioloop_init(void)
{
	DECLARE_COMPLETION_ONSTACK(start);
	static struct bioloop loops[BIOLOOP_MAX_CPUS];
	struct file *file;
	unsigned int i, started;
	int err = 0;

	if (!dev || !threads || threads > min(BIOLOOP_MAX_CPUS, num_online_cpus()) ||
	    !bs || bs % SECTOR_SIZE || bs > BIOLOOP_MAX_BYTES)
		return -EINVAL;
	file = bdev_file_open_by_path(dev, BLK_OPEN_READ, NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);

	for (started = 0; started < threads; started++) {
		struct bioloop *l = &loops[started];
		struct task_struct *task;

		l->bdev = file_bdev(file);
		l->start = &start;
		l->cpu = started;
		init_completion(&l->done);
		task = kthread_run_on_cpu(bioloop_thread, l, l->cpu, "bioloop/%u");
		if (IS_ERR(task)) {
			err = PTR_ERR(task);
			break;
		}
	}
	complete_all(&start);
	for (i = 0; i < started; i++) {
		wait_for_completion(&loops[i].done);
		err = err ?: loops[i].err;
		result += loops[i].bios;
	}
	bdev_fput(file);
	return err;
}

static void __exit bioloop_exit(void)
{
}

module_init(bioloop_init);
module_exit(bioloop_exit);

MODULE_DESCRIPTION("Submits bios from kernel threads");
MODULE_LICENSE("GPL");
