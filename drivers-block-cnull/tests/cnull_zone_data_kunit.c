// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the data in cnull's zones: what is readable, that it moves
 * together with the write pointer, and what operations on a zone do to each
 * other. They use a memory-backed device without a disk.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../cnull.h"
#include "../io.h"
#include "../zone_cond.h"
#include "../zoned.h"

/* Four zones of 1 MiB. */
#define NR_ZONES	4
#define ZONE		(SZ_1M >> SECTOR_SHIFT)
/* More than is written under the lock of a zone. */
#define LONG		(SZ_512K >> SECTOR_SHIFT)

struct data_test {
	struct kunit		*test;
	struct cnull_device	dev;
	void			*buf;
};

static int data_test_init(struct kunit *test)
{
	struct data_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->buf = kunit_kmalloc(test, SZ_1M, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->buf);
	t->test = test;
	strscpy(t->dev.name, "kunit");
	mutex_init(&t->dev.lock);
	cnull_store_init(&t->dev.store);
	t->dev.conf = cnull_defaults;
	t->dev.conf.memory_backed = true;
	t->dev.conf.zoned = true;
	t->dev.conf.size = NR_ZONES;
	t->dev.conf.zone_size = 1;
	test->priv = t;
	return 0;
}

static void data_test_exit(struct kunit *test)
{
	struct data_test *t = test->priv;

	if (!t)
		return;
	cnull_zones_free(&t->dev);
	cnull_store_destroy(&t->dev.store);
	/* Its pages are freed by code of the module under test. */
	rcu_barrier();
}

static void data_test_make(struct data_test *t)
{
	struct queue_limits lim = {};

	guard(mutex)(&t->dev.lock);
	KUNIT_ASSERT_EQ(t->test, 0, cnull_zones_init(&t->dev, &lim));
}

static blk_status_t data_test_io(struct cnull_device *dev, enum req_op op,
				 sector_t sector, unsigned int nr_sectors,
				 void *buf, gfp_t gfp)
{
	struct cnull_io io = {
		.op		= op,
		.sector		= sector,
		.nr_sectors	= nr_sectors,
		.gfp		= gfp,
	};
	struct bio_vec bv;
	struct bio bio;

	bio_init(&bio, NULL, &bv, 1, op);
	bio.bi_iter.bi_sector = sector;
	if (nr_sectors) {
		bio_add_virt_nofail(&bio, buf, nr_sectors << SECTOR_SHIFT);
		io.bio = &bio;
	}
	return cnull_zones_execute(dev, &io);
}

static blk_status_t data_test_write(struct data_test *t, sector_t sector,
				    unsigned int nr_sectors, u8 fill, gfp_t gfp)
{
	memset(t->buf, fill, nr_sectors << SECTOR_SHIFT);
	return data_test_io(&t->dev, REQ_OP_WRITE, sector, nr_sectors, t->buf, gfp);
}

static blk_status_t data_test_op(struct data_test *t, enum req_op op,
				 unsigned int no)
{
	return data_test_io(&t->dev, op, no * ZONE, 0, NULL, CNULL_GFP_SLEEP);
}

static void data_test_fail(struct data_test *t, const char *sector,
			   enum blk_zone_cond cond)
{
	guard(mutex)(&t->dev.lock);
	KUNIT_EXPECT_EQ(t->test, strlen(sector),
			cnull_zones_set_cond(&t->dev, sector, strlen(sector), cond));
}

/* Checks that all of a range reads as one value. */
static void data_test_expect(struct data_test *t, sector_t sector,
			     unsigned int nr_sectors, u8 fill, const char *what)
{
	unsigned int len = nr_sectors << SECTOR_SHIFT;

	memset(t->buf, ~fill, len);
	KUNIT_EXPECT_EQ_MSG(t->test, BLK_STS_OK,
			    data_test_io(&t->dev, REQ_OP_READ, sector, nr_sectors,
					 t->buf, CNULL_GFP_ATOMIC), "%s", what);
	KUNIT_EXPECT_PTR_EQ_MSG(t->test, memchr_inv(t->buf, fill, len), NULL,
				"%s: sectors %llu to %llu are not %#x", what,
				(u64)sector, (u64)sector + nr_sectors - 1, fill);
}

static void data_test_expect_zone(struct data_test *t, unsigned int no,
				  enum blk_zone_cond cond, unsigned int wp,
				  const char *what)
{
	struct blk_zone blkz;

	cnull_zones_describe(t->dev.zones, no, &blkz);
	KUNIT_EXPECT_STREQ_MSG(t->test, blk_zone_cond_str(blkz.cond),
			       blk_zone_cond_str(cond), "%s", what);
	KUNIT_EXPECT_EQ_MSG(t->test, blkz.wp, blkz.start + wp, "%s", what);
}

static void data_test_read(struct kunit *test)
{
	struct data_test *t = test->priv;

	t->dev.conf.zone_nr_conv = 1;
	data_test_make(t);

	/* A conventional zone is written anywhere and read everywhere. */
	data_test_expect(t, 0, ZONE, 0, "conventional, not written");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_write(t, 100, 3, 0x11, CNULL_GFP_SLEEP));
	data_test_expect(t, 100, 3, 0x11, "conventional, written");
	data_test_expect(t, 103, 5, 0, "conventional, beside what was written");

	/* A sequential one only below the write pointer. */
	data_test_expect(t, ZONE, ZONE, 0xff, "empty");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_write(t, ZONE, 11, 0x22, CNULL_GFP_SLEEP));
	data_test_expect(t, ZONE, 11, 0x22, "written");
	data_test_expect(t, ZONE + 11, ZONE - 11, 0xff, "beyond the pointer");
	/* A read over the pointer gets both. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_io(&t->dev, REQ_OP_READ, ZONE + 9, 6, t->buf,
				     CNULL_GFP_ATOMIC));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(t->buf, 0x22, 2 * SECTOR_SIZE), NULL);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(t->buf + 2 * SECTOR_SIZE, 0xff,
					     4 * SECTOR_SIZE), NULL);
	KUNIT_EXPECT_EQ(test, cnull_zones_readable(&t->dev, ZONE + 9, 6), 2);
	KUNIT_EXPECT_EQ(test, cnull_zones_readable(&t->dev, ZONE + 11, 6), 0);

	/* An append goes to the pointer, wherever in the zone it is sent. */
	memset(t->buf, 0x33, 5 * SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_io(&t->dev, REQ_OP_ZONE_APPEND, ZONE, 5, t->buf,
				     CNULL_GFP_SLEEP));
	data_test_expect(t, ZONE, 11, 0x22, "before the append");
	data_test_expect(t, ZONE + 11, 5, 0x33, "appended");

	/* What a finish skips is zeroes; a reset drops all. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_FINISH, 1));
	data_test_expect(t, ZONE + 11, 5, 0x33, "finished, written");
	data_test_expect(t, ZONE + 16, ZONE - 16, 0, "finished, not written");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_RESET, 1));
	data_test_expect(t, ZONE, ZONE, 0xff, "reset");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_FINISH, 1));
	data_test_expect(t, ZONE, ZONE, 0, "reset and finished");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_RESET_ALL, 0));
	data_test_expect(t, ZONE, ZONE, 0xff, "all reset");
	data_test_expect(t, 100, 3, 0x11, "conventional, after reset all");
}

static void data_test_dead(struct kunit *test)
{
	struct data_test *t = test->priv;

	data_test_make(t);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_write(t, ZONE, 16, 0x44, CNULL_GFP_SLEEP));
	data_test_fail(t, "2048", BLK_ZONE_COND_READONLY);
	data_test_expect(t, ZONE, 16, 0x44, "read-only, written");
	data_test_expect(t, ZONE + 16, ZONE - 16, 0, "read-only, not written");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_RESET_ALL, 0));
	data_test_expect(t, ZONE, 16, 0x44, "read-only, after reset all");
	data_test_fail(t, "2048", BLK_ZONE_COND_OFFLINE);
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			data_test_io(&t->dev, REQ_OP_READ, ZONE, 8, t->buf,
				     CNULL_GFP_ATOMIC));
	/* Repaired, it is empty, and its data is gone for good. */
	data_test_fail(t, "4095", BLK_ZONE_COND_OFFLINE);
	data_test_expect(t, ZONE, ZONE, 0xff, "repaired");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_FINISH, 1));
	data_test_expect(t, ZONE, ZONE, 0, "repaired and finished");
}

static void data_test_refused(struct kunit *test)
{
	struct data_test *t = test->priv;

	t->dev.conf.zone_max_open = 1;
	data_test_make(t);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_OPEN, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_ZONE_OPEN_RESOURCE,
			data_test_write(t, ZONE, 8, 0x45, CNULL_GFP_SLEEP));
	data_test_expect_zone(t, 1, BLK_ZONE_COND_EMPTY, 0, "refused");
	KUNIT_EXPECT_EQ(test, BLK_STS_IOERR,
			data_test_write(t, 8, 8, 0x46, CNULL_GFP_SLEEP));
	data_test_expect_zone(t, 0, BLK_ZONE_COND_EXP_OPEN, 0, "not at the pointer");
	/* Neither left data behind. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_FINISH, 0));
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_FINISH, 1));
	data_test_expect(t, 0, ZONE, 0, "finished");
	data_test_expect(t, ZONE, ZONE, 0, "finished");
}

/* Memory: none at all, or only for those who may sleep. */

static struct page *data_test_no_page(struct cnull_store *store, gfp_t gfp)
{
	return NULL;
}

static struct page *data_test_page_if_sleeping(struct cnull_store *store,
					       gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? alloc_page(gfp) : NULL;
}

static void data_test_no_memory(struct kunit *test)
{
	static const unsigned int lens[] = { 8, LONG };
	struct data_test *t = test->priv;
	unsigned int i;

	t->dev.conf.zone_max_open = 1;
	data_test_make(t);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		sector_t start = i * ZONE;

		kunit_activate_static_stub(test, cnull_store_alloc_page,
					   data_test_no_page);
		KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
				data_test_write(t, start, lens[i], 0x55,
						CNULL_GFP_SLEEP));
		data_test_expect_zone(t, i, BLK_ZONE_COND_IMP_OPEN, 0, "no memory");
		data_test_expect(t, start, lens[i], 0xff, "no memory");

		kunit_activate_static_stub(test, cnull_store_alloc_page,
					   data_test_page_if_sleeping);
		KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
				data_test_write(t, start, lens[i], 0x66,
						CNULL_GFP_ATOMIC));
		data_test_expect_zone(t, i, BLK_ZONE_COND_IMP_OPEN, 0, "atomic");
		KUNIT_EXPECT_EQ(test, BLK_STS_OK,
				data_test_write(t, start, lens[i], 0x77,
						CNULL_GFP_SLEEP));
		kunit_deactivate_static_stub(test, cnull_store_alloc_page);
		data_test_expect_zone(t, i, BLK_ZONE_COND_IMP_OPEN, lens[i],
				      "repeated");
		data_test_expect(t, start, lens[i], 0x77, "repeated");
	}
	/* Nothing was written, so a zone that is closed is empty. */
	kunit_activate_static_stub(test, cnull_store_alloc_page, data_test_no_page);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			data_test_write(t, 2 * ZONE, 8, 0x55, CNULL_GFP_SLEEP));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	data_test_expect_zone(t, 2, BLK_ZONE_COND_IMP_OPEN, 0, "no memory");
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_write(t, 3 * ZONE, 8, 0x55, CNULL_GFP_SLEEP));
	data_test_expect_zone(t, 2, BLK_ZONE_COND_EMPTY, 0, "closed for another");
}

/*
 * What others do while a long write to zone 0 is under way: a stub of the
 * allocation of its pages does it.
 */
static struct {
	struct data_test	*t;
	bool			begun;
	bool			fail;
	void			*buf;
} data_test_meanwhile;

static struct page *data_test_meanwhile_page(struct cnull_store *store, gfp_t gfp)
{
	struct data_test *t = data_test_meanwhile.t;
	struct kunit *test = t->test;
	void *buf = data_test_meanwhile.buf;

	if (data_test_meanwhile.begun)
		return data_test_meanwhile.fail ? NULL : alloc_page(gfp);
	data_test_meanwhile.begun = true;

	/* Who must not sleep does not wait for it... */
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			data_test_io(&t->dev, REQ_OP_WRITE, 0, 8, buf,
				     CNULL_GFP_ATOMIC));
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			data_test_io(&t->dev, REQ_OP_ZONE_FINISH, 0, 0, NULL,
				     CNULL_GFP_ATOMIC));
	/* ...a read sees nothing yet... */
	KUNIT_EXPECT_EQ(test, cnull_zones_readable(&t->dev, 0, 8), 0);
	data_test_expect_zone(t, 0, BLK_ZONE_COND_IMP_OPEN, 0, "during the write");
	/* ...and a write to another zone closes this one. */
	data_test_meanwhile.fail = false;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_io(&t->dev, REQ_OP_WRITE, ZONE, 8, buf,
				     CNULL_GFP_SLEEP));
	data_test_expect_zone(t, 0, BLK_ZONE_COND_CLOSED, 0, "closed meanwhile");
	return alloc_page(gfp);
}

static struct page *data_test_meanwhile_fail(struct cnull_store *store, gfp_t gfp)
{
	struct page *page = data_test_meanwhile_page(store, gfp);

	/* Only the write to zone 0 asks again after the one to zone 1. */
	data_test_meanwhile.fail = true;
	return page;
}

static void data_test_busy(struct kunit *test)
{
	struct data_test *t = test->priv;
	struct cnull_zones *zones;

	data_test_meanwhile.t = t;
	data_test_meanwhile.begun = false;
	data_test_meanwhile.fail = false;
	data_test_meanwhile.buf = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data_test_meanwhile.buf);
	t->dev.conf.zone_max_open = 1;
	data_test_make(t);
	zones = t->dev.zones;

	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   data_test_meanwhile_page);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			data_test_write(t, 0, LONG, 0x88, CNULL_GFP_SLEEP));
	KUNIT_EXPECT_TRUE(test, data_test_meanwhile.begun);
	data_test_expect_zone(t, 0, BLK_ZONE_COND_CLOSED, LONG, "after the write");
	data_test_expect_zone(t, 1, BLK_ZONE_COND_IMP_OPEN, 8, "after the write");
	data_test_expect(t, 0, LONG, 0x88, "after the write");
	KUNIT_EXPECT_EQ(test, zones->nr[BLK_ZONE_COND_CLOSED], 1);

	/* The same, but the write fails, so that there is nothing to close. */
	KUNIT_EXPECT_EQ(test, BLK_STS_OK, data_test_op(t, REQ_OP_ZONE_RESET_ALL, 0));
	data_test_meanwhile.begun = false;
	kunit_activate_static_stub(test, cnull_store_alloc_page,
				   data_test_meanwhile_fail);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			data_test_write(t, 0, LONG, 0x99, CNULL_GFP_SLEEP));
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	KUNIT_EXPECT_TRUE(test, data_test_meanwhile.begun);
	data_test_expect_zone(t, 0, BLK_ZONE_COND_EMPTY, 0, "failed");
	data_test_expect_zone(t, 1, BLK_ZONE_COND_IMP_OPEN, 8, "failed");
	KUNIT_EXPECT_EQ(test, zones->nr[BLK_ZONE_COND_CLOSED], 0);
	KUNIT_EXPECT_EQ(test, zones->nr[BLK_ZONE_COND_EMPTY], NR_ZONES - 1);
}

/*
 * Several threads write to, close, open and reset the same few zones, with
 * limits, so that every operation meets every other. What must hold at any time
 * is checked all the time, the contents at the end: sector n is full of (u8)n as
 * far as it was written.
 */
#define NR_THREADS	3
#define NR_STEPS	600
#define MAX_OPEN	2
#define MAX_ACTIVE	3

struct data_test_thread {
	struct cnull_device	*dev;
	struct rnd_state	rnd;
	unsigned int		errors;
	unsigned int		writes;
	void			*buf;
	struct completion	done;
};

static bool data_test_sector_is(const u8 *sector, u8 value)
{
	return !memchr_inv(sector, value, SECTOR_SIZE);
}

/* Sectors are as written, dropped, or not written. */
static void data_test_thread_read(struct data_test_thread *th, sector_t start)
{
	sector_t sector = start + prandom_u32_state(&th->rnd) % (ZONE - 64);
	unsigned int i;

	if (data_test_io(th->dev, REQ_OP_READ, sector, 64, th->buf,
			 CNULL_GFP_ATOMIC) != BLK_STS_OK) {
		th->errors++;
		return;
	}
	for (i = 0; i < 64; i++) {
		const u8 *p = th->buf + i * SECTOR_SIZE;

		if (!data_test_sector_is(p, sector + i) &&
		    !data_test_sector_is(p, 0) && !data_test_sector_is(p, 0xff))
			th->errors++;
	}
}

static void data_test_thread_write(struct data_test_thread *th, unsigned int no)
{
	static const unsigned int lens[] = { 1, 8, 64, 640 };
	unsigned int len = lens[prandom_u32_state(&th->rnd) % ARRAY_SIZE(lens)];
	bool sleep = prandom_u32_state(&th->rnd) % 2;
	struct blk_zone blkz;
	unsigned int i;

	cnull_zones_describe(th->dev->zones, no, &blkz);
	if (blkz.cond == BLK_ZONE_COND_FULL)
		return;
	len = min_t(u64, len, blkz.start + blkz.capacity - blkz.wp);
	for (i = 0; i < len; i++)
		memset(th->buf + i * SECTOR_SIZE, blkz.wp + i, SECTOR_SIZE);
	/* It fails if somebody else was faster. */
	if (data_test_io(th->dev, REQ_OP_WRITE, blkz.wp, len, th->buf,
			 sleep ? CNULL_GFP_SLEEP : CNULL_GFP_ATOMIC) == BLK_STS_OK)
		th->writes++;
}

static void data_test_check_limits(struct data_test_thread *th)
{
	struct cnull_zones *zones = th->dev->zones;
	unsigned int nr[ARRAY_SIZE(zones->nr)] = {};
	unsigned int i, open;

	guard(spinlock)(&zones->lock);
	for (i = 0; i < zones->nr_zones; i++)
		nr[zones->zone[i].cond]++;
	open = nr[BLK_ZONE_COND_IMP_OPEN] + nr[BLK_ZONE_COND_EXP_OPEN];
	if (memcmp(nr, zones->nr, sizeof(nr)) || open > MAX_OPEN ||
	    open + nr[BLK_ZONE_COND_CLOSED] > MAX_ACTIVE)
		th->errors++;
}

static int data_test_thread_fn(void *data)
{
	static const enum req_op ops[] = {
		REQ_OP_ZONE_RESET, REQ_OP_ZONE_OPEN, REQ_OP_ZONE_CLOSE,
	};
	struct data_test_thread *th = data;
	unsigned int i;

	for (i = 0; i < NR_STEPS; i++) {
		unsigned int no = prandom_u32_state(&th->rnd) % NR_ZONES;
		unsigned int what = prandom_u32_state(&th->rnd) % 16;

		if (what < ARRAY_SIZE(ops))
			data_test_io(th->dev, ops[what], no * ZONE, 0, NULL,
				     CNULL_GFP_SLEEP);
		else if (what < 6)
			data_test_thread_read(th, no * ZONE);
		else
			data_test_thread_write(th, no);
		data_test_check_limits(th);
		cond_resched();
	}
	complete(&th->done);
	return 0;
}

static void data_test_together(struct kunit *test)
{
	struct data_test *t = test->priv;
	struct data_test_thread *th;
	unsigned int i, no, writes = 0;

	t->dev.conf.zone_max_open = MAX_OPEN;
	t->dev.conf.zone_max_active = MAX_ACTIVE;
	data_test_make(t);

	th = kunit_kcalloc(test, NR_THREADS, sizeof(*th), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, th);
	for (i = 0; i < NR_THREADS; i++) {
		th[i].dev = &t->dev;
		th[i].buf = kunit_kmalloc(test, SZ_512K, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, th[i].buf);
		prandom_seed_state(&th[i].rnd, i + 1);
		init_completion(&th[i].done);
	}
	for (i = 0; i < NR_THREADS; i++) {
		struct task_struct *task;

		task = kthread_run(data_test_thread_fn, &th[i], "cnull_kunit%u", i);
		if (IS_ERR(task)) {
			/* The others must end before their memory goes. */
			KUNIT_FAIL(test, "no thread: %pe", task);
			complete(&th[i].done);
		}
	}
	for (i = 0; i < NR_THREADS; i++) {
		wait_for_completion(&th[i].done);
		KUNIT_EXPECT_EQ(test, th[i].errors, 0);
		writes += th[i].writes;
	}
	KUNIT_EXPECT_GT(test, writes, NR_STEPS / 10);

	for (no = 0; no < NR_ZONES; no++) {
		struct blk_zone blkz;
		sector_t s;

		cnull_zones_describe(t->dev.zones, no, &blkz);
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				data_test_io(&t->dev, REQ_OP_READ, blkz.start, ZONE,
					     t->buf, CNULL_GFP_ATOMIC));
		for (s = blkz.start; s < blkz.start + ZONE; s++) {
			u8 want = s < blkz.wp ? s : 0xff;
			const u8 *p = t->buf + (s - blkz.start) * SECTOR_SIZE;

			KUNIT_ASSERT_TRUE_MSG(test, data_test_sector_is(p, want),
					      "sector %llu, zone %u, wp %llu",
					      (u64)s, no, blkz.wp);
		}
	}
}

static struct kunit_case data_test_cases[] = {
	KUNIT_CASE(data_test_read),
	KUNIT_CASE(data_test_dead),
	KUNIT_CASE(data_test_refused),
	KUNIT_CASE(data_test_no_memory),
	KUNIT_CASE(data_test_busy),
	KUNIT_CASE_SLOW(data_test_together),
	{}
};

static struct kunit_suite data_test_suite = {
	.name = "cnull_zone_data",
	.init = data_test_init,
	.exit = data_test_exit,
	.test_cases = data_test_cases,
};

kunit_test_suite(data_test_suite);

MODULE_DESCRIPTION("KUnit tests of the data in cnull zones");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
