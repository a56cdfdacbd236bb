/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit tests of cnull's write cache share: a store with a cache in
 * front of it, and I/O on them. A power cut is cnull_cache_destroy() without a
 * flush.
 */
#ifndef _CNULL_CACHE_TEST_H
#define _CNULL_CACHE_TEST_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../cache.h"
#include "../store.h"

#define CNULL_TEST_MAX_IO	(12 * PAGE_SIZE)
#define CNULL_TEST_MAX_VECS	(CNULL_TEST_MAX_IO / 64)

struct cnull_cache_ctx {
	struct cnull_store	store;
	struct cnull_cache	*cache;
	u64			cache_bytes;
	u8			*buf;
	struct bio_vec		*vecs;
	struct rnd_state	rnd;
};

static inline void cnull_test_power_cut(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	cnull_cache_destroy(ctx->cache);
	ctx->cache = cnull_cache_create(&ctx->store, ctx->cache_bytes);
	KUNIT_ASSERT_NOT_NULL(test, ctx->cache);
}

/* Makes the cache @pages large, and empty. */
static inline void cnull_test_set_size(struct kunit *test, unsigned int pages)
{
	struct cnull_cache_ctx *ctx = test->priv;

	ctx->cache_bytes = pages * PAGE_SIZE;
	cnull_test_power_cut(test);
}

static inline int cnull_cache_test_init(struct kunit *test)
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

static inline void cnull_cache_test_exit(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	if (!ctx)
		return;
	cnull_cache_destroy(ctx->cache);
	cnull_store_destroy(&ctx->store);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 0);
}

/* A bio of @len bytes at @ctx->buf in segments of @seg bytes. */
static inline void cnull_test_bio(struct cnull_cache_ctx *ctx, struct bio *bio,
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

static inline blk_status_t cnull_test_io(struct cnull_cache_ctx *ctx, enum req_op op,
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

static inline void cnull_test_flush(struct kunit *test)
{
	struct cnull_cache_ctx *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, BLK_STS_OK, cnull_cache_flush(ctx->cache, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, cnull_cache_nr_pages(ctx->cache), 0);
}

#endif /* _CNULL_CACHE_TEST_H */
