// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's write cache against a model of what a disk with a
 * cache may answer, and under several users at once
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "cnull_cache_test.h"

#define CNULL_TEST_SECTORS	(32 * PAGE_SECTORS)
#define CNULL_TEST_STEPS	2000

/*
 * Every write fills its sectors with its own number. A read must find the last
 * one, and a power cut may leave the last one that was flushed, or any later.
 */
struct cnull_model {
	u32	last[CNULL_TEST_SECTORS];
	u32	durable[CNULL_TEST_SECTORS];
	/* The range that each write went to. */
	u32	start[CNULL_TEST_STEPS + 1];
	u32	end[CNULL_TEST_STEPS + 1];
};

static bool cnull_model_allows(const struct cnull_model *m, u32 sector, u32 found)
{
	if (found == m->durable[sector])
		return true;
	return found > m->durable[sector] && found <= m->last[sector] &&
	       m->start[found] <= sector && sector < m->end[found];
}

static void cnull_model_check(struct kunit *test, struct cnull_model *m,
			      u32 start, u32 n, bool after_cut)
{
	struct cnull_cache_ctx *ctx = test->priv;
	unsigned int seg = 64 + prandom_u32_state(&ctx->rnd) % SZ_8K;
	u32 i;

	memset(ctx->buf, 0xee, n << SECTOR_SHIFT);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_READ, start << SECTOR_SHIFT,
				      n << SECTOR_SHIFT, seg, false, GFP_NOWAIT));
	for (i = 0; i < n; i++) {
		u32 *words = (u32 *)(ctx->buf + (i << SECTOR_SHIFT));

		KUNIT_ASSERT_EQ_MSG(test, 0,
				    memcmp(words, words + 1, SECTOR_SIZE - sizeof(u32)),
				    "sector %u is not of one write", start + i);
		if (after_cut) {
			KUNIT_ASSERT_TRUE_MSG(test,
					      cnull_model_allows(m, start + i, words[0]),
					      "sector %u has %u of %u to %u", start + i,
					      words[0], m->durable[start + i],
					      m->last[start + i]);
			m->last[start + i] = words[0];
			m->durable[start + i] = words[0];
		}
		KUNIT_ASSERT_EQ_MSG(test, words[0], m->last[start + i],
				    "sector %u", start + i);
	}
}

static void cnull_model_write(struct kunit *test, struct cnull_model *m, u32 step,
			      u32 start, u32 n, bool fua)
{
	struct cnull_cache_ctx *ctx = test->priv;
	unsigned int seg = 64 + prandom_u32_state(&ctx->rnd) % SZ_8K;
	u32 i;

	for (i = 0; i < n << SECTOR_SHIFT; i += sizeof(u32))
		*(u32 *)(ctx->buf + i) = step;
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_WRITE, start << SECTOR_SHIFT,
				      n << SECTOR_SHIFT, seg, fua, GFP_KERNEL));
	m->start[step] = start;
	m->end[step] = start + n;
	for (i = start; i < start + n; i++) {
		m->last[i] = step;
		if (fua)
			m->durable[i] = step;
	}
}

static void cnull_model_step(struct kunit *test, struct cnull_model *m, u32 step)
{
	struct cnull_cache_ctx *ctx = test->priv;
	u32 start = prandom_u32_state(&ctx->rnd) % CNULL_TEST_SECTORS;
	u32 max = min_t(u32, CNULL_TEST_SECTORS - start,
			CNULL_TEST_MAX_IO >> SECTOR_SHIFT);
	u32 n = prandom_u32_state(&ctx->rnd) % max + 1, i;

	switch (prandom_u32_state(&ctx->rnd) % 32) {
	case 0:
		cnull_test_power_cut(test);
		for (i = 0; i < CNULL_TEST_SECTORS; i += PAGE_SECTORS)
			cnull_model_check(test, m, i, PAGE_SECTORS, true);
		break;
	case 1:
	case 2:
		cnull_test_flush(test);
		memcpy(m->durable, m->last, sizeof(m->last));
		break;
	case 3:
	case 4:
		KUNIT_ASSERT_EQ(test, BLK_STS_OK,
				cnull_cache_discard(ctx->cache, start, n, GFP_KERNEL));
		for (i = start; i < start + n; i++) {
			m->last[i] = 0;
			m->durable[i] = 0;
		}
		break;
	case 5 ... 8:
		cnull_model_write(test, m, step, start, n, true);
		break;
	case 9 ... 20:
		cnull_model_write(test, m, step, start, n, false);
		break;
	default:
		cnull_model_check(test, m, start, n, false);
	}
}

static const unsigned int cnull_cache_sizes[] = { 1, 2, 7, 256 };

static void cnull_cache_size_desc(const unsigned int *pages, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *pages);
}

KUNIT_ARRAY_PARAM(cnull_cache_size, cnull_cache_sizes, cnull_cache_size_desc);

static void cnull_cache_model_test_random(struct kunit *test)
{
	const unsigned int *pages = test->param_value;
	struct cnull_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct cnull_cache_ctx *ctx = test->priv;
	u32 step;

	KUNIT_ASSERT_NOT_NULL(test, m);
	cnull_test_set_size(test, *pages);
	for (step = 1; step <= CNULL_TEST_STEPS; step++) {
		cnull_model_step(test, m, step);
		KUNIT_ASSERT_LE(test, cnull_cache_nr_pages(ctx->cache), *pages);
	}
}

/*
 * Users of different sectors of the same few pages, in a cache with room for
 * half of them: each must read what it wrote itself, wherever that is.
 */
#define CNULL_TEST_USERS	4
#define CNULL_TEST_ROUNDS	20000
/* Sanitizers are slow. */
#define CNULL_TEST_SECONDS	5

struct cnull_user {
	struct work_struct	work;
	struct cnull_cache	*cache;
	unsigned int		number;
	u8			*data;
	unsigned int		wrong;
};

static void cnull_user_io(struct cnull_user *user, enum req_op op, sector_t sector,
			  bool fua)
{
	struct bio_vec vec;
	struct bio bio;

	bvec_set_virt(&vec, user->data, SECTOR_SIZE);
	bio_init(&bio, NULL, &vec, 1, op);
	bio.bi_vcnt = 1;
	bio.bi_iter.bi_sector = sector;
	bio.bi_iter.bi_size = SECTOR_SIZE;
	if (cnull_cache_bio(user->cache, &bio, fua, GFP_KERNEL) != BLK_STS_OK)
		user->wrong++;
	bio_uninit(&bio);
}

static void cnull_user_fn(struct work_struct *work)
{
	struct cnull_user *user = container_of(work, struct cnull_user, work);
	const unsigned long deadline = jiffies + CNULL_TEST_SECONDS * HZ;
	u8 expected[8 * PAGE_SECTORS / CNULL_TEST_USERS] = {};
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, user->number);
	for (i = 0; i < CNULL_TEST_ROUNDS && time_before(jiffies, deadline); i++) {
		u32 n = prandom_u32_state(&rnd) % ARRAY_SIZE(expected);
		sector_t sector = n * CNULL_TEST_USERS + user->number;
		u32 what = prandom_u32_state(&rnd) % 64;

		if (!what) {
			cnull_cache_flush(user->cache, GFP_KERNEL);
		} else if (what < 24) {
			memset(user->data, ++expected[n], SECTOR_SIZE);
			cnull_user_io(user, REQ_OP_WRITE, sector, what < 4);
		} else {
			memset(user->data, ~expected[n], SECTOR_SIZE);
			cnull_user_io(user, REQ_OP_READ, sector, false);
			user->wrong += !!memchr_inv(user->data, expected[n], SECTOR_SIZE);
		}
		cond_resched();
	}
}

static void cnull_cache_model_test_concurrent(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;
	struct cnull_user *users;
	unsigned int i;

	cnull_test_set_size(test, 4);
	users = kunit_kcalloc(test, CNULL_TEST_USERS, sizeof(*users), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, users);
	for (i = 0; i < CNULL_TEST_USERS; i++) {
		users[i].cache = ctx->cache;
		users[i].number = i;
		users[i].data = kunit_kmalloc(test, SECTOR_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, users[i].data);
		INIT_WORK(&users[i].work, cnull_user_fn);
	}
	for (i = 0; i < CNULL_TEST_USERS; i++)
		queue_work(system_dfl_wq, &users[i].work);
	for (i = 0; i < CNULL_TEST_USERS; i++)
		flush_work(&users[i].work);
	for (i = 0; i < CNULL_TEST_USERS; i++)
		KUNIT_EXPECT_EQ_MSG(test, users[i].wrong, 0, "user %u", i);
}

static struct kunit_case cnull_cache_model_cases[] = {
	KUNIT_CASE_PARAM_ATTR(cnull_cache_model_test_random, cnull_cache_size_gen_params,
			      {.speed = KUNIT_SPEED_SLOW}),
	KUNIT_CASE_SLOW(cnull_cache_model_test_concurrent),
	{}
};

static struct kunit_suite cnull_cache_model_suite = {
	.name = "cnull_cache_model",
	.init = cnull_cache_test_init,
	.exit = cnull_cache_test_exit,
	.test_cases = cnull_cache_model_cases,
};

kunit_test_suite(cnull_cache_model_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's write cache against a model");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
