// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's write cache: what a read sees, and what is left after
 * a power cut, which here is cnull_cache_destroy() without a flush.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../cache.h"
#include "../store.h"

#define CNULL_TEST_SECTORS	(32 * PAGE_SECTORS)
#define CNULL_TEST_MAX_IO	(12 * PAGE_SIZE)
#define CNULL_TEST_MAX_VECS	(CNULL_TEST_MAX_IO / 64)
#define CNULL_TEST_STEPS	2000

struct cnull_cache_ctx {
	struct cnull_store	store;
	struct cnull_cache	*cache;
	u64			cache_bytes;
	u8			*buf;
	struct bio_vec		*vecs;
	struct rnd_state	rnd;
};

static void cnull_test_power_cut(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	cnull_cache_destroy(ctx->cache);
	ctx->cache = cnull_cache_create(&ctx->store, ctx->cache_bytes);
	KUNIT_ASSERT_NOT_NULL(test, ctx->cache);
}

/* Makes the cache @pages large, and empty. */
static void cnull_test_set_size(struct kunit *test, unsigned int pages)
{
	struct cnull_cache_ctx *ctx = test->priv;

	ctx->cache_bytes = pages * PAGE_SIZE;
	cnull_test_power_cut(test);
}

static int cnull_cache_test_init(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->buf = kunit_kzalloc(test, CNULL_TEST_MAX_IO, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->buf);
	ctx->vecs = kunit_kcalloc(test, CNULL_TEST_MAX_VECS, sizeof(*ctx->vecs),
				  GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->vecs);
	prandom_seed_state(&ctx->rnd, 7304);
	cnull_store_init(&ctx->store);
	test->priv = ctx;
	cnull_test_set_size(test, SZ_1M >> PAGE_SHIFT);
	return 0;
}

static void cnull_cache_test_exit(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	if (!ctx)
		return;
	cnull_cache_destroy(ctx->cache);
	cnull_store_destroy(&ctx->store);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 0);
}

/* A bio of @len bytes at @ctx->buf in segments of @seg bytes. */
static void cnull_test_bio(struct cnull_cache_ctx *ctx, struct bio *bio,
			   enum req_op op, u64 pos, unsigned int len,
			   unsigned int seg)
{
	unsigned int done, n = 0;

	for (done = 0; done < len; done += ctx->vecs[n++].bv_len)
		bvec_set_virt(&ctx->vecs[n], ctx->buf + done, min(seg, len - done));
	bio_init(bio, NULL, ctx->vecs, n, op);
	bio->bi_vcnt = n;
	bio->bi_iter.bi_sector = pos >> SECTOR_SHIFT;
	bio->bi_iter.bi_size = len;
}

static blk_status_t cnull_test_io(struct cnull_cache_ctx *ctx, enum req_op op,
				  u64 pos, unsigned int len, unsigned int seg,
				  bool fua, gfp_t gfp)
{
	blk_status_t sts;
	struct bio bio;

	cnull_test_bio(ctx, &bio, op, pos, len, seg);
	sts = cnull_cache_bio(ctx->cache, &bio, fua, gfp);
	bio_uninit(&bio);
	return sts;
}

static blk_status_t cnull_test_fill(struct kunit *test, u64 pos,
				    unsigned int len, u8 fill, bool fua)
{
	struct cnull_cache_ctx *ctx = test->priv;

	memset(ctx->buf, fill, len);
	return cnull_test_io(ctx, REQ_OP_WRITE, pos, len, len, fua, GFP_KERNEL);
}

static void cnull_test_write(struct kunit *test, u64 pos, unsigned int len, u8 fill)
{
	KUNIT_ASSERT_EQ(test, BLK_STS_OK, cnull_test_fill(test, pos, len, fill, false));
}

static void cnull_test_write_fua(struct kunit *test, u64 pos, unsigned int len, u8 fill)
{
	KUNIT_ASSERT_EQ(test, BLK_STS_OK, cnull_test_fill(test, pos, len, fill, true));
}

static void cnull_test_flush(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, BLK_STS_OK, cnull_cache_flush(ctx->cache, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 0);
}

/* Reads into a buffer of other content, so that an untouched byte shows. */
static void cnull_test_expect(struct kunit *test, u64 pos, unsigned int len, u8 fill)
{
	struct cnull_cache_ctx *ctx = test->priv;

	memset(ctx->buf, ~fill, len);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_READ, pos, len, len, false,
				      GFP_KERNEL));
	KUNIT_EXPECT_PTR_EQ_MSG(test, memchr_inv(ctx->buf, fill, len), NULL,
				"not all of %u bytes at %llu are %#x", len, pos, fill);
}

/* The same for what a power cut would leave. */
static void cnull_test_expect_stored(struct kunit *test, u64 pos,
				     unsigned int len, u8 fill)
{
	struct cnull_cache_ctx *ctx = test->priv;
	struct bio bio;

	memset(ctx->buf, ~fill, len);
	cnull_test_bio(ctx, &bio, REQ_OP_READ, pos, len, len);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_store_bio(&ctx->store, &bio, GFP_KERNEL));
	bio_uninit(&bio);
	KUNIT_EXPECT_PTR_EQ_MSG(test, memchr_inv(ctx->buf, fill, len), NULL,
				"not all of %u stored bytes at %llu are %#x",
				len, pos, fill);
}

static void cnull_cache_test_flush(struct kunit *test)
{
	cnull_test_expect(test, 0, 4 * PAGE_SIZE, 0);
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x11);
	cnull_test_expect(test, 0, 4 * PAGE_SIZE, 0x11);
	cnull_test_expect_stored(test, 0, 4 * PAGE_SIZE, 0);

	cnull_test_flush(test);
	cnull_test_expect(test, 0, 4 * PAGE_SIZE, 0x11);
	cnull_test_expect_stored(test, 0, 4 * PAGE_SIZE, 0x11);

	/* Nothing to do, and nothing done. */
	cnull_test_flush(test);
	cnull_test_expect_stored(test, 0, 4 * PAGE_SIZE, 0x11);
}

/* Where null_blk writes past its cache: the page is in the store already. */
static void cnull_cache_test_overwrite(struct kunit *test)
{
	cnull_test_write(test, 0, 2 * PAGE_SIZE, 0x22);
	cnull_test_flush(test);
	cnull_test_write(test, 0, 2 * PAGE_SIZE, 0x33);
	cnull_test_expect(test, 0, 2 * PAGE_SIZE, 0x33);
	cnull_test_expect_stored(test, 0, 2 * PAGE_SIZE, 0x22);

	cnull_test_power_cut(test);
	cnull_test_expect(test, 0, 2 * PAGE_SIZE, 0x22);
}

static void cnull_cache_test_partial_page(struct kunit *test)
{
	/* Over a hole. */
	cnull_test_write(test, SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, 0, SECTOR_SIZE, 0);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, 2 * SECTOR_SIZE, PAGE_SIZE, 0);
	cnull_test_flush(test);
	cnull_test_expect(test, 0, SECTOR_SIZE, 0);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, 2 * SECTOR_SIZE, PAGE_SIZE, 0);

	/* Over stored data, at both ends of a page. */
	cnull_test_write(test, 0, 2 * PAGE_SIZE, 0x55);
	cnull_test_flush(test);
	cnull_test_write(test, PAGE_SIZE - SECTOR_SIZE, 2 * SECTOR_SIZE, 0x66);
	cnull_test_expect(test, 0, PAGE_SIZE - SECTOR_SIZE, 0x55);
	cnull_test_expect(test, PAGE_SIZE - SECTOR_SIZE, 2 * SECTOR_SIZE, 0x66);
	cnull_test_expect(test, PAGE_SIZE + SECTOR_SIZE, PAGE_SIZE - SECTOR_SIZE, 0x55);
	cnull_test_flush(test);
	cnull_test_expect_stored(test, 0, PAGE_SIZE - SECTOR_SIZE, 0x55);
	cnull_test_expect_stored(test, PAGE_SIZE - SECTOR_SIZE, 2 * SECTOR_SIZE, 0x66);
	cnull_test_expect_stored(test, PAGE_SIZE + SECTOR_SIZE,
				 PAGE_SIZE - SECTOR_SIZE, 0x55);
}

static void cnull_cache_test_fua(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	/* Neither cached nor stored; then stored. */
	cnull_test_write_fua(test, 0, PAGE_SIZE, 0x11);
	cnull_test_expect_stored(test, 0, PAGE_SIZE, 0x11);
	cnull_test_write_fua(test, SECTOR_SIZE, SECTOR_SIZE, 0x22);
	cnull_test_expect_stored(test, SECTOR_SIZE, SECTOR_SIZE, 0x22);
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 0);

	/* Cached: later than what is in the cache, also after a flush. */
	cnull_test_write(test, 0, 3 * PAGE_SIZE, 0x33);
	cnull_test_write_fua(test, PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect_stored(test, PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, PAGE_SIZE, SECTOR_SIZE, 0x33);
	cnull_test_flush(test);
	cnull_test_expect(test, PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, PAGE_SIZE + 2 * SECTOR_SIZE,
			  2 * PAGE_SIZE - 2 * SECTOR_SIZE, 0x33);

	/* Cached in part only. */
	cnull_test_write(test, 9 * PAGE_SIZE, PAGE_SIZE, 0x55);
	cnull_test_write_fua(test, 8 * PAGE_SIZE, 4 * PAGE_SIZE, 0x66);
	cnull_test_expect(test, 8 * PAGE_SIZE, 4 * PAGE_SIZE, 0x66);
	cnull_test_power_cut(test);
	cnull_test_expect(test, 8 * PAGE_SIZE, 4 * PAGE_SIZE, 0x66);
}

static void cnull_cache_test_evict(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;
	unsigned int i, cached;

	cnull_test_set_size(test, 4);
	for (i = 0; i < 64; i++) {
		/* From both ends. */
		unsigned int page = i % 2 ? 64 - i : i;

		cnull_test_write(test, page * PAGE_SIZE + i % 3 * SECTOR_SIZE,
				 SECTOR_SIZE, i + 1);
		cached = min(i + 1, 4U);
		KUNIT_ASSERT_EQ(test, cnull_cache_nr_pages(ctx->cache), cached);
		KUNIT_ASSERT_EQ(test, atomic_long_read(&ctx->store.nr_pages),
				i + 1 - cached);
	}
	for (i = 0; i < 64; i++) {
		unsigned int page = i % 2 ? 64 - i : i;

		cnull_test_expect(test, page * PAGE_SIZE + i % 3 * SECTOR_SIZE,
				  SECTOR_SIZE, i + 1);
	}
	/* What is cached already needs no room. */
	for (i = 0; i < 4; i++)
		cnull_test_write(test, 100 * PAGE_SIZE, PAGE_SIZE, i);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 61);
}

static void cnull_cache_test_discard(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	/* Ends in the middle of two pages; the same in the cache and below. */
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x11);
	cnull_test_flush(test);
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x22);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_cache_discard(ctx->cache, PAGE_SECTORS - 1,
					    PAGE_SECTORS + 2, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 3);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 3);
	cnull_test_expect(test, 0, PAGE_SIZE - SECTOR_SIZE, 0x22);
	cnull_test_expect(test, PAGE_SIZE - SECTOR_SIZE, PAGE_SIZE + 2 * SECTOR_SIZE, 0);
	cnull_test_expect(test, 2 * PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x22);
	/* Neither a flush nor a power cut brings anything back. */
	cnull_test_flush(test);
	cnull_test_expect(test, PAGE_SIZE - SECTOR_SIZE, PAGE_SIZE + 2 * SECTOR_SIZE, 0);
	cnull_test_power_cut(test);
	cnull_test_expect(test, PAGE_SIZE - SECTOR_SIZE, PAGE_SIZE + 2 * SECTOR_SIZE, 0);

	/* More than a batch, as blocks larger than a page may be. */
	cnull_test_write(test, 0, CNULL_TEST_MAX_IO, 0x33);
	cnull_test_write(test, SZ_16M, CNULL_TEST_MAX_IO, 0x33);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_cache_discard(ctx->cache, 0, SZ_32M >> SECTOR_SHIFT,
					    GFP_NOWAIT));
	cnull_test_expect(test, SZ_16M, CNULL_TEST_MAX_IO, 0x33);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_cache_discard(ctx->cache, 0, SZ_32M >> SECTOR_SHIFT,
					    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 0);
	cnull_test_expect(test, SZ_16M, CNULL_TEST_MAX_IO, 0);

	/* Nothing. */
	cnull_test_write(test, 0, PAGE_SIZE, 0x44);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_cache_discard(ctx->cache, 0, 0, GFP_NOWAIT));
	cnull_test_expect(test, 0, PAGE_SIZE, 0x44);
}

/* What must not sleep does a little, or nothing. */
static void cnull_cache_test_nowait(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < 65; i++) {
		KUNIT_EXPECT_EQ(test, BLK_STS_OK,
				cnull_cache_flush(ctx->cache, GFP_NOWAIT));
		KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 0);
		cnull_test_write(test, 2 * i * PAGE_SIZE, PAGE_SIZE, 0x11);
	}
	for (i = 0; i < 64; i++)
		cnull_test_write(test, 2 * i * PAGE_SIZE, PAGE_SIZE, 0x22);
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 65);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_cache_flush(ctx->cache, GFP_NOWAIT));
	cnull_test_expect_stored(test, 0, PAGE_SIZE, 0x11);
	cnull_test_flush(test);
	cnull_test_expect_stored(test, 0, PAGE_SIZE, 0x22);
}

static struct page *cnull_no_page(struct cnull_store *store, gfp_t gfp)
{
	return NULL;
}

/*
 * Where null_blk leaves pages locked and the next flush spins: memory runs out
 * while the cache is written back.
 */
static void cnull_cache_test_no_memory(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	cnull_test_set_size(test, 4);
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x11);
	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_no_page);

	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_test_fill(test, 8 * PAGE_SIZE, PAGE_SIZE, 0x22, false));
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_test_fill(test, 8 * PAGE_SIZE, PAGE_SIZE, 0x22, true));
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 4);
	cnull_test_expect(test, 8 * PAGE_SIZE, PAGE_SIZE, 0);
	cnull_test_write(test, 0, SECTOR_SIZE, 0x33);
	cnull_test_expect(test, SECTOR_SIZE, 4 * PAGE_SIZE - SECTOR_SIZE, 0x11);

	cnull_test_flush(test);
	cnull_test_expect_stored(test, 0, SECTOR_SIZE, 0x33);
	cnull_test_expect_stored(test, SECTOR_SIZE, 4 * PAGE_SIZE - SECTOR_SIZE, 0x11);

	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x44);
	cnull_test_flush(test);
	cnull_test_expect_stored(test, 0, 4 * PAGE_SIZE, 0x44);
}

/* Another writer puts the page into the cache while this one still allocates it. */
static struct page *cnull_raced_page(struct cnull_store *store, gfp_t gfp)
{
	struct kunit *test = kunit_get_current_test();
	struct cnull_cache_ctx *ctx = test->priv;
	struct bio_vec vec;
	struct bio bio;
	void *data;

	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	data = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	memset(data, 0xcc, PAGE_SIZE);
	bvec_set_virt(&vec, data, PAGE_SIZE);
	bio_init(&bio, NULL, &vec, 1, REQ_OP_WRITE);
	bio.bi_vcnt = 1;
	bio.bi_iter.bi_size = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_cache_bio(ctx->cache, &bio, false, gfp));
	bio_uninit(&bio);
	return cnull_store_alloc_page(store, gfp);
}

static void cnull_cache_test_lost_race(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_raced_page);
	cnull_test_write(test, SECTOR_SIZE, SECTOR_SIZE, 0xdd);
	/* Both writes are there, in one page. */
	cnull_test_expect(test, 0, SECTOR_SIZE, 0xcc);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0xdd);
	cnull_test_expect(test, 2 * SECTOR_SIZE, PAGE_SIZE - 2 * SECTOR_SIZE, 0xcc);
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 1);
	cnull_test_flush(test);
}

static void cnull_cache_test_counts(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;
	struct cnull_cache_counts sum;

	cnull_test_set_size(test, 2);
	cnull_test_write(test, 0, PAGE_SIZE, 1);			/* misses */
	cnull_test_write(test, SECTOR_SIZE, SECTOR_SIZE, 2);		/* hit */
	cnull_test_write(test, PAGE_SIZE, SECTOR_SIZE, 3);		/* miss */
	cnull_test_expect(test, PAGE_SIZE, SECTOR_SIZE, 3);		/* hit */
	cnull_test_expect(test, PAGE_SIZE + SECTOR_SIZE,
			  PAGE_SIZE - SECTOR_SIZE, 0);			/* misses */
	cnull_test_expect(test, 8 * PAGE_SIZE, 2 * PAGE_SIZE, 0);	/* misses */
	cnull_test_write(test, 2 * PAGE_SIZE, SECTOR_SIZE, 4);		/* evicts */
	cnull_test_write_fua(test, 4 * PAGE_SIZE, SECTOR_SIZE, 5);
	cnull_test_flush(test);						/* 1 + 1 */

	cnull_cache_sum(ctx->cache, &sum);
	KUNIT_EXPECT_EQ(test, sum.read_hits, 1);
	KUNIT_EXPECT_EQ(test, sum.read_misses, 3 * PAGE_SECTORS - 1);
	KUNIT_EXPECT_EQ(test, sum.write_hits, 1);
	KUNIT_EXPECT_EQ(test, sum.write_misses, PAGE_SECTORS + 2);
	KUNIT_EXPECT_EQ(test, sum.write_through, 1);
	KUNIT_EXPECT_EQ(test, sum.evicted, PAGE_SECTORS);
	KUNIT_EXPECT_EQ(test, sum.flushed, 2);
}

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

static void cnull_cache_test_random(struct kunit *test)
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

static void cnull_cache_test_concurrent(struct kunit *test)
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

static struct kunit_case cnull_cache_cases[] = {
	KUNIT_CASE(cnull_cache_test_flush),
	KUNIT_CASE(cnull_cache_test_overwrite),
	KUNIT_CASE(cnull_cache_test_partial_page),
	KUNIT_CASE(cnull_cache_test_fua),
	KUNIT_CASE(cnull_cache_test_evict),
	KUNIT_CASE(cnull_cache_test_discard),
	KUNIT_CASE(cnull_cache_test_nowait),
	KUNIT_CASE(cnull_cache_test_no_memory),
	KUNIT_CASE(cnull_cache_test_lost_race),
	KUNIT_CASE(cnull_cache_test_counts),
	KUNIT_CASE_PARAM_ATTR(cnull_cache_test_random, cnull_cache_size_gen_params,
			      {.speed = KUNIT_SPEED_SLOW}),
	KUNIT_CASE_SLOW(cnull_cache_test_concurrent),
	{}
};

static struct kunit_suite cnull_cache_suite = {
	.name = "cnull_cache",
	.init = cnull_cache_test_init,
	.exit = cnull_cache_test_exit,
	.test_cases = cnull_cache_cases,
};

kunit_test_suite(cnull_cache_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's write cache");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
