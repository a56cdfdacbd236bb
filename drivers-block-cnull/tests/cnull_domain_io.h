/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that write and read back all the time, each its own part of a disk,
 * while a test does something to its domain.
 */
#ifndef _CNULL_DOMAIN_IO_H
#define _CNULL_DOMAIN_IO_H

#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/string.h>

#define CNULL_DOMAIN_THREADS	2
#define CNULL_DOMAIN_SECTORS	1024	/* of each thread */

struct cnull_domain_io {
	struct block_device	*bdev;
	struct task_struct	*task;
	u8			*buf;
	sector_t		start;
	u64			ios, failed, wrong;
};

static inline int cnull_domain_io_thread(void *arg)
{
	struct cnull_domain_io *io = arg;
	unsigned int round = 0;

	while (!kthread_should_stop()) {
		sector_t sector = io->start +
			round * PAGE_SECTORS % CNULL_DOMAIN_SECTORS;
		u8 fill = round % 255 + 1;

		memset(io->buf, fill, PAGE_SIZE);
		if (bdev_rw_virt(io->bdev, sector, io->buf, PAGE_SIZE,
				 REQ_OP_WRITE))
			io->failed++;
		memset(io->buf, 0, PAGE_SIZE);
		if (bdev_rw_virt(io->bdev, sector, io->buf, PAGE_SIZE,
				 REQ_OP_READ))
			io->failed++;
		else if (memchr_inv(io->buf, fill, PAGE_SIZE))
			io->wrong++;
		io->ios += 2;
		round++;
		cond_resched();
	}
	return 0;
}

static inline void cnull_domain_io_start(struct kunit *test,
					 struct block_device *bdev,
					 struct cnull_domain_io *io)
{
	int i;

	for (i = 0; i < CNULL_DOMAIN_THREADS; i++) {
		io[i] = (struct cnull_domain_io){
			.bdev = bdev,
			/* apart, so that their requests are not merged */
			.start = 2 * i * CNULL_DOMAIN_SECTORS,
			.buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL),
		};
		KUNIT_ASSERT_NOT_NULL(test, io[i].buf);
		io[i].task = kthread_run(cnull_domain_io_thread, &io[i],
					 "cnull_domain_io/%d", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, io[i].task);
	}
}

static inline u64 cnull_domain_io_stop(struct kunit *test,
				       struct cnull_domain_io *io)
{
	u64 ios = 0;
	int i;

	for (i = 0; i < CNULL_DOMAIN_THREADS; i++) {
		kthread_stop(io[i].task);
		KUNIT_EXPECT_GT(test, io[i].ios, 0ULL);
		KUNIT_EXPECT_EQ(test, io[i].failed, 0ULL);
		KUNIT_EXPECT_EQ(test, io[i].wrong, 0ULL);
		ios += io[i].ios;
	}
	return ios;
}

#endif /* _CNULL_DOMAIN_IO_H */
