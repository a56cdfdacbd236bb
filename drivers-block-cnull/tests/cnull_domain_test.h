/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain for tests of disks with one: functions of the test instead of an
 * image, with what the test wants them to answer and what they were asked.
 */
#ifndef _CNULL_DOMAIN_TEST_H
#define _CNULL_DOMAIN_TEST_H

#include <kunit/domain.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched.h>

#include "../domain.h"
#include "cnull_disk_test.h"

#define CNULL_FAKE_STATE	0x66616b65U
#define CNULL_FAKES		256	/* numbers of domains soon repeat modulo this */
#define CNULL_FAKE_COOKIE	0xc00c1eULL

/* What moves from one to the next in an update */
struct cnull_fake_counts {
	atomic64_t queued, notify, completed, errors, wrong;
};

struct cnull_fake {
	struct cnull_fake_counts counts;
	long verdict;			/* answer to reads and writes */
	u32 delay_ns;
	u64 only_below;			/* DO from this sector on, if not 0 */
	atomic_t put_off;		/* so often answer put_off_with instead */
	long put_off_with;
	long init_ret, import_ret, open_ret, hctx_ret, poll_ret, complete_ret;
	atomic_t dies;			/* so often die in a method, see below */
	unsigned int export_ms;		/* how long export_state() takes */
	unsigned int poll_ms;		/* and poll() */
	bool exporting;
	atomic64_t bytes;		/* of reads and writes with a verdict */
	atomic_t asked, batches, largest, commits, opens, hctxs, polls, exits;
};

static struct cnull_fake cnull_fakes[CNULL_FAKES];

static inline struct cnull_fake *cnull_fake(const struct domain *d)
{
	return &cnull_fakes[kunit_domain_id(d) % CNULL_FAKES];
}

static inline struct cnull_fake *cnull_fake_current(void)
{
	return &cnull_fakes[kunit_domain_current() % CNULL_FAKES];
}

/* Whether a method does what the gate does when the domain dies in it. */
static inline bool cnull_fake_dies(struct cnull_fake *f)
{
	return atomic_add_unless(&f->dies, -1, 0);
}

static inline long cnull_fake_queue_rq(struct domain_block_rq *rq)
{
	struct cnull_fake *f = cnull_fake_current();

	atomic_inc(&f->asked);
	if (atomic_add_unless(&f->put_off, -1, 0))
		return f->put_off_with;
	atomic64_inc(&f->counts.queued);
	if (rq->op != DOMAIN_BLOCK_READ && rq->op != DOMAIN_BLOCK_WRITE)
		return DOMAIN_BLOCK_DO;
	atomic64_add(rq->bytes, &f->bytes);
	if (f->only_below && rq->sector >= f->only_below)
		return DOMAIN_BLOCK_DO;
	if (f->verdict >= 0 && (f->verdict & DOMAIN_BLOCK_NOTIFY))
		atomic64_inc(&f->counts.notify);
	rq->delay_ns = f->delay_ns;
	rq->cookie = CNULL_FAKE_COOKIE + rq->sector;
	return f->verdict;
}

static inline long cnull_fake_queue_rqs(struct domain_block_rq *rqs, u64 nr)
{
	struct cnull_fake *f = cnull_fake_current();
	u64 i;

	atomic_inc(&f->batches);
	if (nr > atomic_read(&f->largest))
		atomic_set(&f->largest, nr);
	if (cnull_fake_dies(f)) {
		/* verdicts that nobody may believe */
		for (i = 0; i < nr; i++) {
			rqs[i].result = i % 2 ? -EIO : DOMAIN_BLOCK_SKIP;
			rqs[i].sector = 0;
			rqs[i].bytes = 0;
		}
		return -EOWNERDEAD;
	}
	for (i = 0; i < nr; i++)
		rqs[i].result = cnull_fake_queue_rq(&rqs[i]);
	return 0;
}

static inline long cnull_fake_complete(const struct domain_block_rq *rq)
{
	struct cnull_fake *f = cnull_fake_current();

	atomic64_inc(&f->counts.completed);
	if (rq->result)
		atomic64_inc(&f->counts.errors);
	if (rq->cookie != CNULL_FAKE_COOKIE + rq->sector)
		atomic64_inc(&f->counts.wrong);
	return f->complete_ret;
}

static inline long cnull_fake_commit(u64 queue)
{
	atomic_inc(&cnull_fake_current()->commits);
	return 0;
}

static inline long cnull_fake_poll(u64 queue, u64 nr)
{
	struct cnull_fake *f = cnull_fake_current();

	/* meanwhile nobody else sees the requests */
	if (f->poll_ms)
		mdelay(f->poll_ms);
	/* none for two times, then as told */
	return atomic_inc_return(&f->polls) < 3 ? 0 : f->poll_ret;
}

static inline long cnull_fake_init_hctx(u64 queue, u64 depth)
{
	struct cnull_fake *f = cnull_fake_current();

	if (cnull_fake_dies(f))
		return -EOWNERDEAD;
	atomic_inc(&f->hctxs);
	return f->hctx_ret;
}

static inline long cnull_fake_exit_hctx(u64 queue)
{
	atomic_dec(&cnull_fake_current()->hctxs);
	return 0;
}

static inline long cnull_fake_open(void)
{
	struct cnull_fake *f = cnull_fake_current();

	if (cnull_fake_dies(f))
		return -EOWNERDEAD;
	if (f->open_ret)
		return f->open_ret;
	atomic_inc(&f->opens);
	return 0;
}

static inline long cnull_fake_release(void)
{
	atomic_dec(&cnull_fake_current()->opens);
	return 0;
}

static inline long cnull_fake_stats(struct domain_block_stats *stats)
{
	struct cnull_fake *f = cnull_fake_current();

	stats->queued = atomic64_read(&f->counts.queued);
	stats->completed = atomic64_read(&f->counts.completed);
	return 0;
}

static inline long cnull_fake_init(void)
{
	return cnull_fake_current()->init_ret;
}

static inline long cnull_fake_exit(void)
{
	atomic_inc(&cnull_fake_current()->exits);
	return 0;
}

static inline long cnull_fake_export(void *buf, u64 size)
{
	struct cnull_fake *f = cnull_fake_current();

	WRITE_ONCE(f->exporting, true);
	if (f->export_ms)
		msleep(f->export_ms);
	memcpy(buf, &f->counts, sizeof(f->counts));
	return sizeof(f->counts);
}

static inline long cnull_fake_import(u64 version, const void *buf, u64 size)
{
	struct cnull_fake *f = cnull_fake_current();

	/* all I/O may depend on this slot, so memory must not depend on I/O */
	if (!(current->flags & (PF_MEMALLOC_NOIO | PF_MEMALLOC)))
		return -EDEADLK;
	memcpy(&f->counts, buf, sizeof(f->counts));
	return f->import_ret;
}

static const struct domain_block_ops cnull_fake_methods = {
	.queue_rq = cnull_fake_queue_rq,
	.queue_rqs = cnull_fake_queue_rqs,
	.commit = cnull_fake_commit,
	.complete = cnull_fake_complete,
	.poll = cnull_fake_poll,
	.init_hctx = cnull_fake_init_hctx,
	.exit_hctx = cnull_fake_exit_hctx,
	.open = cnull_fake_open,
	.release = cnull_fake_release,
	.stats = cnull_fake_stats,
};

static const struct domain_image_ops cnull_fake_ops = {
	.size = sizeof(cnull_fake_ops),
	.init = cnull_fake_init,
	.exit = cnull_fake_exit,
	.export_state = cnull_fake_export,
	.import_state = cnull_fake_import,
	.state_size = sizeof(struct cnull_fake_counts),
};

/* A domain that answers @verdict; to be passed to kunit_domain_forget(). */
static inline struct domain *cnull_fake_domain(struct kunit *test, long verdict)
{
	struct domain *d;

	d = kunit_domain_create(&domain_block_interface,
				(const void *const *)&cnull_fake_methods,
				&cnull_fake_ops, CNULL_FAKE_STATE, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, d);
	memset(cnull_fake(d), 0, sizeof(struct cnull_fake));
	cnull_fake(d)->verdict = verdict;
	cnull_fake(d)->poll_ret = INT_MAX;
	return d;
}

/* Gives the device of the test a slot, empty so far. */
static inline struct domain_slot *cnull_test_slot(struct kunit *test)
{
	struct cnull_disk_ctx *ctx = test->priv;

	guard(mutex)(&ctx->dev->lock);
	KUNIT_ASSERT_EQ(test, 0, cnull_domain_store(ctx->dev, "cnull_kunit\n"));
	ctx->dev->conf.memory_backed = true;
	return ctx->dev->domain.slot;
}

/* The same with a domain in it. */
static inline struct domain *cnull_test_bind(struct kunit *test, long verdict)
{
	struct domain_slot *slot = cnull_test_slot(test);
	struct domain *d = cnull_fake_domain(test, verdict);

	KUNIT_ASSERT_EQ(test, 0, kunit_domain_update(slot, d, NULL));
	return d;
}

/* And powers it on, in the mode that is the parameter of the test. */
static inline struct domain *cnull_test_start(struct kunit *test, long verdict,
					      struct block_device **bdev)
{
	struct domain *d = cnull_test_bind(test, verdict);

	cnull_test_set_mode(test);
	*bdev = cnull_test_power_on(test);
	return d;
}

/* Each request whose end it wanted to know has been reported, and reported once. */
static inline void cnull_test_expect_told(struct kunit *test,
					  const struct cnull_fake *f)
{
	const struct cnull_fake_counts *counts = &f->counts;

	KUNIT_EXPECT_EQ(test, atomic64_read(&counts->notify),
			atomic64_read(&counts->completed));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->errors));
	KUNIT_EXPECT_EQ(test, 0, atomic64_read(&counts->wrong));
}

/* Opens the disk once more, which should return @err, and closes it. */
static inline void cnull_test_expect_open(struct kunit *test, int err)
{
	struct cnull_disk_ctx *ctx = test->priv;
	struct file *file;

	file = bdev_file_open_by_dev(disk_devt(ctx->dev->disk), BLK_OPEN_READ,
				     NULL, NULL);
	KUNIT_EXPECT_EQ(test, err, PTR_ERR_OR_ZERO(file));
	if (!IS_ERR(file))
		fput(file);
}

/* Takes it away again, and the disk with it. */
static inline void cnull_test_unbind(struct kunit *test, struct domain *d)
{
	struct cnull_disk_ctx *ctx = test->priv;

	cnull_test_power_off(ctx);
	KUNIT_EXPECT_EQ(test, 0,
			kunit_domain_update(ctx->dev->domain.slot, NULL, d));
	kunit_domain_forget(d);
}

static inline void cnull_test_end_io(struct bio *bio)
{
	complete(bio->bi_private);
}

/* Under a plug, so that they come as a list: writes, every other page @fill. */
static inline void cnull_test_write_batch(struct kunit *test,
					  struct block_device *bdev, u8 fill)
{
	struct cnull_disk_ctx *ctx = test->priv;
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio *bios[CNULL_TEST_BATCH];
	struct blk_plug plug;
	unsigned int i;

	memset(ctx->buf, fill, CNULL_TEST_BATCH * PAGE_SIZE);
	blk_start_plug(&plug);
	for (i = 0; i < CNULL_TEST_BATCH; i++) {
		bios[i] = bio_alloc(bdev, 1, REQ_OP_WRITE, GFP_KERNEL);
		bios[i]->bi_iter.bi_sector = 2 * i * PAGE_SECTORS;
		bio_add_virt_nofail(bios[i], ctx->buf + i * PAGE_SIZE, PAGE_SIZE);
		bios[i]->bi_private = &done;
		bios[i]->bi_end_io = cnull_test_end_io;
		submit_bio(bios[i]);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < CNULL_TEST_BATCH; i++)
		KUNIT_ASSERT_NE(test, 0,
				wait_for_completion_timeout(&done, 10 * HZ));
	for (i = 0; i < CNULL_TEST_BATCH; i++) {
		KUNIT_EXPECT_EQ(test, BLK_STS_OK, bios[i]->bi_status);
		bio_put(bios[i]);
		cnull_test_expect(test, bdev, 2 * i * PAGE_SECTORS, PAGE_SIZE,
				  fill);
	}
}

/* A polled write; on another CPU than the one that handles its timeout, if there is one. */
static inline blk_status_t cnull_test_write_polled(struct kunit *test,
						   struct block_device *bdev)
{
	struct cnull_disk_ctx *ctx = test->priv;
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio *bio = bio_alloc(bdev, 1, REQ_OP_WRITE | REQ_POLLED,
				    GFP_KERNEL);
	unsigned long end = jiffies + 4 * HZ;
	blk_status_t sts;

	bio->bi_iter.bi_sector = 8;
	bio_add_virt_nofail(bio, ctx->buf, SZ_4K);
	bio->bi_private = &done;
	bio->bi_end_io = cnull_test_end_io;
	submit_bio(bio);
	if (num_online_cpus() > 1)
		set_cpus_allowed_ptr(current,
				     cpumask_of(cpumask_any_but(cpu_online_mask,
								raw_smp_processor_id())));
	while (!completion_done(&done) && time_before(jiffies, end)) {
		bio_poll(bio, NULL, 0);
		cond_resched();
	}
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	wait_for_completion(&done);
	sts = bio->bi_status;
	bio_put(bio);
	return sts;
}

#endif /* _CNULL_DOMAIN_TEST_H */
