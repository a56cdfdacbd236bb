// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's write cache: what a read sees, and what is left after
 * a power cut, which here is cnull_cache_destroy() without a flush.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "cnull_cache_test.h"
#include "cnull_store_test.h"

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

/* Reads of whole pages, of which all, nothing and the last sector is cached. */
static void cnull_cache_test_whole_page(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;
	struct cnull_cache_counts sum;

	cnull_test_write(test, 0, PAGE_SIZE, 0x11);
	cnull_test_write_fua(test, PAGE_SIZE, 2 * PAGE_SIZE, 0x22);
	cnull_test_write(test, 3 * PAGE_SIZE - SECTOR_SIZE, SECTOR_SIZE, 0x22);
	cnull_test_expect(test, 0, PAGE_SIZE, 0x11);
	cnull_test_expect(test, PAGE_SIZE, PAGE_SIZE, 0x22);
	cnull_test_expect(test, 2 * PAGE_SIZE, PAGE_SIZE, 0x22);

	cnull_cache_sum(ctx->cache, &sum);
	KUNIT_EXPECT_EQ(test, sum.read_hits, PAGE_SECTORS + 1);
	KUNIT_EXPECT_EQ(test, sum.read_misses, 2 * PAGE_SECTORS - 1);
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

/*
 * A page that is evicted becomes the one that it made room for: without memory,
 * and without a trace of what it held.
 */
static void cnull_cache_test_reuse(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	cnull_test_set_size(test, 2);
	cnull_test_write(test, 0, 4 * PAGE_SIZE, 0x11);
	cnull_test_flush(test);
	cnull_test_write(test, 0, 2 * PAGE_SIZE, 0x22);
	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_no_page);

	cnull_test_write(test, 2 * PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x33);
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 2);
	cnull_test_expect_stored(test, 0, PAGE_SIZE, 0x22);
	cnull_test_expect_stored(test, PAGE_SIZE, PAGE_SIZE, 0x11);
	cnull_test_expect(test, PAGE_SIZE, PAGE_SIZE, 0x22);
	cnull_test_expect(test, 2 * PAGE_SIZE, SECTOR_SIZE, 0x11);
	cnull_test_expect(test, 2 * PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x33);
	cnull_test_expect(test, 2 * PAGE_SIZE + 2 * SECTOR_SIZE,
			  PAGE_SIZE - 2 * SECTOR_SIZE, 0x11);

	/* Of this one the store has nothing: the page goes there itself. */
	cnull_test_write(test, 8 * PAGE_SIZE, SECTOR_SIZE, 0x55);
	cnull_test_expect_stored(test, PAGE_SIZE, PAGE_SIZE, 0x22);
	cnull_test_flush(test);
	cnull_test_expect_stored(test, 2 * PAGE_SIZE, SECTOR_SIZE, 0x11);
	cnull_test_expect_stored(test, 2 * PAGE_SIZE + SECTOR_SIZE, SECTOR_SIZE, 0x33);
	cnull_test_expect_stored(test, 8 * PAGE_SIZE, SECTOR_SIZE, 0x55);
	cnull_test_expect_stored(test, 8 * PAGE_SIZE + SECTOR_SIZE,
				 PAGE_SIZE - SECTOR_SIZE, 0);
	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
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

static struct kunit_case cnull_cache_cases[] = {
	KUNIT_CASE(cnull_cache_test_flush),
	KUNIT_CASE(cnull_cache_test_overwrite),
	KUNIT_CASE(cnull_cache_test_partial_page),
	KUNIT_CASE(cnull_cache_test_whole_page),
	KUNIT_CASE(cnull_cache_test_fua),
	KUNIT_CASE(cnull_cache_test_evict),
	KUNIT_CASE(cnull_cache_test_discard),
	KUNIT_CASE(cnull_cache_test_nowait),
	KUNIT_CASE(cnull_cache_test_no_memory),
	KUNIT_CASE(cnull_cache_test_reuse),
	KUNIT_CASE(cnull_cache_test_lost_race),
	KUNIT_CASE(cnull_cache_test_counts),
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
