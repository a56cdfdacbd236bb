// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's memory store, by bios of every alignment against a
 * plain buffer.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "cnull_store_test.h"

#define CNULL_TEST_BYTES	SZ_1M
#define CNULL_TEST_SECTORS	(CNULL_TEST_BYTES >> SECTOR_SHIFT)
/* What one node of the store's tree leads to. */
#define CNULL_NODE_PAGES	(GENRADIX_NODE_SIZE / sizeof(void *))
#define CNULL_NODE_BYTES	(CNULL_NODE_PAGES * PAGE_SIZE)
/* Long enough to cross a node. */
#define CNULL_TEST_MAX_IO	(CNULL_NODE_BYTES + 2 * PAGE_SIZE)
#define CNULL_TEST_MAX_VECS	(CNULL_TEST_MAX_IO / SECTOR_SIZE)

struct cnull_store_ctx {
	struct cnull_store	store;
	u8			*shadow;
	u8			*buf;
	struct bio_vec		*vecs;
	struct rnd_state	rnd;
};

static int cnull_store_test_init(struct kunit *test)
{
	struct cnull_store_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->shadow = kunit_kzalloc(test, CNULL_TEST_BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->shadow);
	/* Room for a buffer that starts anywhere in its first page. */
	ctx->buf = kunit_kzalloc(test, CNULL_TEST_MAX_IO + 2 * PAGE_SIZE,
				 GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->buf);
	ctx->vecs = kunit_kcalloc(test, CNULL_TEST_MAX_VECS,
				  sizeof(*ctx->vecs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->vecs);
	cnull_store_init(&ctx->store);
	prandom_seed_state(&ctx->rnd, 7304);
	test->priv = ctx;
	return 0;
}

static void cnull_store_test_exit(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;

	if (!ctx)
		return;
	cnull_store_destroy(&ctx->store);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&ctx->store.nr_pages), 0);
}

/*
 * Transfers @len bytes at @buf by a bio of segments of at most @seg bytes, as
 * the block layer builds them: a segment may span pages.
 */
static blk_status_t cnull_test_io(struct cnull_store_ctx *ctx, enum req_op op,
				  u64 pos, u8 *buf, unsigned int len,
				  unsigned int seg, gfp_t gfp)
{
	unsigned int done, n = 0;
	blk_status_t sts;
	struct bio bio;

	for (done = 0; done < len; done += ctx->vecs[n++].bv_len)
		bvec_set_virt(&ctx->vecs[n], buf + done, min(seg, len - done));

	bio_init(&bio, NULL, ctx->vecs, n, op);
	bio.bi_vcnt = n;
	bio.bi_iter.bi_sector = pos >> SECTOR_SHIFT;
	bio.bi_iter.bi_size = len;
	sts = cnull_store_bio(&ctx->store, &bio, gfp);
	bio_uninit(&bio);
	return sts;
}

static void cnull_test_write(struct kunit *test, u64 pos, unsigned int len, u8 fill)
{
	struct cnull_store_ctx *ctx = test->priv;

	memset(ctx->buf, fill, len);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_WRITE, pos, ctx->buf, len, len,
				      GFP_KERNEL));
}

/* Reads into a buffer of other content, so that an untouched byte shows. */
static void cnull_test_expect(struct kunit *test, u64 pos, unsigned int len, u8 fill)
{
	struct cnull_store_ctx *ctx = test->priv;

	memset(ctx->buf, ~fill, len);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_READ, pos, ctx->buf, len, len,
				      GFP_KERNEL));
	KUNIT_EXPECT_PTR_EQ_MSG(test, memchr_inv(ctx->buf, fill, len), NULL,
				"not all of %u bytes at %llu are %#x", len, pos, fill);
}

static long cnull_test_pages(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;

	rcu_barrier();
	return atomic_long_read(&ctx->store.nr_pages);
}

static void cnull_store_test_hole(struct kunit *test)
{
	cnull_test_expect(test, 0, CNULL_TEST_MAX_IO, 0);
	cnull_test_write(test, 8 * PAGE_SIZE, PAGE_SIZE, 0x11);
	cnull_test_expect(test, 0, 8 * PAGE_SIZE, 0);
	cnull_test_expect(test, 8 * PAGE_SIZE, PAGE_SIZE, 0x11);
	cnull_test_expect(test, 9 * PAGE_SIZE, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 1);
}

static void cnull_store_test_partial_page(struct kunit *test)
{
	cnull_test_write(test, SECTOR_SIZE, SECTOR_SIZE, 0x22);
	cnull_test_expect(test, 0, SECTOR_SIZE, 0);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0x22);
	cnull_test_expect(test, 2 * SECTOR_SIZE, PAGE_SIZE - 2 * SECTOR_SIZE, 0);
	/* A second part of the same page keeps the first. */
	cnull_test_write(test, 0, SECTOR_SIZE, 0x33);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0x22);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 1);
}

/* The first and the last sector that a disk of the largest size has. */
static void cnull_store_test_far_ends(struct kunit *test)
{
	u64 last = (u64)LLONG_MAX - SZ_1M + 1;

	if (BITS_PER_LONG == 32)
		last = ((u64)CNULL_STORE_MAX_PAGES << PAGE_SHIFT) - SZ_1M;
	cnull_test_write(test, 0, SECTOR_SIZE, 0x44);
	cnull_test_write(test, last, SECTOR_SIZE, 0x55);
	cnull_test_expect(test, 0, SECTOR_SIZE, 0x44);
	cnull_test_expect(test, last, SECTOR_SIZE, 0x55);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 2);
}

/* A read in segments that split sectors, as a user's odd buffer makes them. */
static void cnull_store_test_odd_segments(struct kunit *test)
{
	static const unsigned int segs[] = { 1, 3, 511, 513, 4095, 4097, 12288 };
	struct cnull_store_ctx *ctx = test->priv;
	unsigned int len = 5 * PAGE_SIZE, i, off;

	prandom_bytes_state(&ctx->rnd, ctx->shadow, len);
	memcpy(ctx->buf, ctx->shadow, len);
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_WRITE, SECTOR_SIZE, ctx->buf,
				      len, len, GFP_KERNEL));
	for (i = 0; i < ARRAY_SIZE(segs); i++) {
		unsigned int n = min_t(unsigned long, len,
				       CNULL_TEST_MAX_VECS * segs[i]);

		for (off = 0; off < PAGE_SIZE; off += 509) {
			memset(ctx->buf, 0, len + PAGE_SIZE);
			KUNIT_ASSERT_EQ(test, BLK_STS_OK,
					cnull_test_io(ctx, REQ_OP_READ, SECTOR_SIZE,
						      ctx->buf + off, n, segs[i],
						      GFP_KERNEL));
			KUNIT_EXPECT_MEMEQ(test, ctx->buf + off, ctx->shadow, n);
		}
	}
}

/* About one page, where the shortest path begins and ends. */
static void cnull_store_test_one_page(struct kunit *test)
{
	static const int lens[] = { -SECTOR_SIZE, 0, SECTOR_SIZE };
	static const int offs[] = { 0, 1, SECTOR_SIZE };
	struct cnull_store_ctx *ctx = test->priv;
	unsigned int all = 4 * PAGE_SIZE, l, o, pos;
	u8 *buf = PTR_ALIGN(ctx->buf, PAGE_SIZE);

	cnull_test_write(test, 0, all, 0x12);
	memset(ctx->shadow, 0x12, all);
	for (pos = 0; pos < 2 * PAGE_SIZE; pos += SECTOR_SIZE) {
		for (l = 0; l < ARRAY_SIZE(lens); l++) {
			for (o = 0; o < ARRAY_SIZE(offs); o++) {
				unsigned int len = PAGE_SIZE + lens[l];
				u8 *data = buf + offs[o];

				prandom_bytes_state(&ctx->rnd, data, len);
				memcpy(ctx->shadow + pos, data, len);
				KUNIT_ASSERT_EQ(test, BLK_STS_OK,
						cnull_test_io(ctx, REQ_OP_WRITE, pos,
							      data, len, len, GFP_NOWAIT));
				memset(data, 0, len);
				KUNIT_ASSERT_EQ(test, BLK_STS_OK,
						cnull_test_io(ctx, REQ_OP_READ, pos,
							      data, len, len, GFP_NOWAIT));
				KUNIT_EXPECT_MEMEQ(test, data, ctx->shadow + pos, len);
			}
		}
	}
	/* Segments of one page do not make a request of one page. */
	KUNIT_ASSERT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_READ, 0, buf, all, PAGE_SIZE,
				      GFP_NOWAIT));
	KUNIT_EXPECT_MEMEQ(test, buf, ctx->shadow, all);
}

static void cnull_store_test_random(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;
	int i;

	for (i = 0; i < 3000; i++) {
		u32 start = prandom_u32_state(&ctx->rnd) % CNULL_TEST_SECTORS;
		u32 max = min_t(u32, CNULL_TEST_SECTORS - start,
				CNULL_TEST_MAX_IO >> SECTOR_SHIFT);
		u32 n = prandom_u32_state(&ctx->rnd) % max + 1;
		u32 pos = start << SECTOR_SHIFT, len = n << SECTOR_SHIFT;
		u8 *buf = ctx->buf + prandom_u32_state(&ctx->rnd) % PAGE_SIZE;
		unsigned int seg = SECTOR_SIZE << (prandom_u32_state(&ctx->rnd) % 10);

		switch (prandom_u32_state(&ctx->rnd) % 4) {
		case 0:
			prandom_bytes_state(&ctx->rnd, buf, len);
			memcpy(ctx->shadow + pos, buf, len);
			KUNIT_ASSERT_EQ(test, BLK_STS_OK,
					cnull_test_io(ctx, REQ_OP_WRITE, pos, buf,
						      len, seg, GFP_KERNEL));
			break;
		case 1:
			memset(ctx->shadow + pos, 0, len);
			cnull_store_discard(&ctx->store, start, n, GFP_KERNEL);
			break;
		default:
			memset(buf, 0xee, len);
			KUNIT_ASSERT_EQ(test, BLK_STS_OK,
					cnull_test_io(ctx, REQ_OP_READ, pos, buf,
						      len, seg, GFP_KERNEL));
			KUNIT_ASSERT_EQ_MSG(test, 0,
					    memcmp(buf, ctx->shadow + pos, len),
					    "step %d: %u bytes at %u", i, len, pos);
		}
	}
}

static void cnull_store_test_discard(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;

	cnull_test_write(test, 0, CNULL_NODE_BYTES + 2 * PAGE_SIZE, 0x66);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), CNULL_NODE_PAGES + 2);

	/* Part of a page: zeroed, not freed. */
	cnull_store_discard(&ctx->store, 1, 1, GFP_KERNEL);
	cnull_test_expect(test, 0, SECTOR_SIZE, 0x66);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0);
	cnull_test_expect(test, 2 * SECTOR_SIZE, PAGE_SIZE - 2 * SECTOR_SIZE, 0x66);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), CNULL_NODE_PAGES + 2);

	/* Ends in the middle of two pages: the one between them is freed. */
	cnull_store_discard(&ctx->store, 2 * PAGE_SECTORS - 1, PAGE_SECTORS + 2,
			    GFP_KERNEL);
	cnull_test_expect(test, 2 * PAGE_SIZE - SECTOR_SIZE,
			  PAGE_SIZE + 2 * SECTOR_SIZE, 0);
	cnull_test_expect(test, PAGE_SIZE, PAGE_SIZE - SECTOR_SIZE, 0x66);
	cnull_test_expect(test, 3 * PAGE_SIZE + SECTOR_SIZE,
			  PAGE_SIZE - SECTOR_SIZE, 0x66);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), CNULL_NODE_PAGES + 1);

	/* A whole node, and again. */
	cnull_store_discard(&ctx->store, 0, CNULL_NODE_BYTES >> SECTOR_SHIFT,
			    GFP_KERNEL);
	cnull_store_discard(&ctx->store, 0, CNULL_NODE_BYTES >> SECTOR_SHIFT,
			    GFP_KERNEL);
	cnull_test_expect(test, 0, CNULL_NODE_BYTES, 0);
	cnull_test_expect(test, CNULL_NODE_BYTES, 2 * PAGE_SIZE, 0x66);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 2);

	/* Nothing, and everything. */
	cnull_store_discard(&ctx->store, 0, 0, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 2);
	cnull_store_discard(&ctx->store, 0, (sector_t)LONG_MAX >> SECTOR_SHIFT,
			    GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 0);
	cnull_test_write(test, 0, PAGE_SIZE, 0x77);
	cnull_test_expect(test, 0, PAGE_SIZE, 0x77);
}

static void cnull_store_test_discard_is_short(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, cnull_store_discard_is_short(1));
	KUNIT_EXPECT_TRUE(test,
			  cnull_store_discard_is_short(CNULL_NODE_BYTES >> SECTOR_SHIFT));
	KUNIT_EXPECT_FALSE(test,
			   cnull_store_discard_is_short((CNULL_NODE_BYTES >> SECTOR_SHIFT) + 1));
}

static void cnull_store_test_no_memory(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;

	cnull_test_write(test, 0, PAGE_SIZE, 0x88);
	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_no_page);

	memset(ctx->buf, 0x99, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_test_io(ctx, REQ_OP_WRITE, PAGE_SIZE, ctx->buf,
				      PAGE_SIZE, PAGE_SIZE, GFP_NOWAIT));
	KUNIT_EXPECT_EQ(test, BLK_STS_NOSPC,
			cnull_test_io(ctx, REQ_OP_WRITE, PAGE_SIZE, ctx->buf,
				      PAGE_SIZE, PAGE_SIZE, GFP_KERNEL));
	/* What is there can be overwritten, and holes can be read. */
	cnull_test_write(test, 0, PAGE_SIZE, 0xaa);
	cnull_test_expect(test, 0, PAGE_SIZE, 0xaa);
	cnull_test_expect(test, PAGE_SIZE, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 1);

	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	cnull_test_write(test, PAGE_SIZE, PAGE_SIZE, 0xbb);
	cnull_test_expect(test, PAGE_SIZE, PAGE_SIZE, 0xbb);
}

/* Another writer fills the page while this one still allocates it. */
static struct page *cnull_raced_page(struct cnull_store *store, gfp_t gfp)
{
	struct kunit *test = kunit_get_current_test();
	struct cnull_store_ctx *ctx = test->priv;

	kunit_deactivate_static_stub(test, cnull_store_alloc_page);
	memset(ctx->shadow, 0xcc, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_WRITE, 0, ctx->shadow,
				      PAGE_SIZE, PAGE_SIZE, gfp));
	return alloc_page(gfp);
}

static void cnull_store_test_lost_race(struct kunit *test)
{
	struct cnull_store_ctx *ctx = test->priv;

	kunit_activate_static_stub(test, cnull_store_alloc_page, cnull_raced_page);
	memset(ctx->buf, 0xdd, SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, BLK_STS_OK,
			cnull_test_io(ctx, REQ_OP_WRITE, SECTOR_SIZE, ctx->buf,
				      SECTOR_SIZE, SECTOR_SIZE, GFP_NOWAIT));
	/* Both writes are there, in one page. */
	cnull_test_expect(test, 0, SECTOR_SIZE, 0xcc);
	cnull_test_expect(test, SECTOR_SIZE, SECTOR_SIZE, 0xdd);
	cnull_test_expect(test, 2 * SECTOR_SIZE, SECTOR_SIZE, 0xcc);
	KUNIT_EXPECT_EQ(test, cnull_test_pages(test), 1);
}

/* Pages far from each other: what the tree takes for them, its root included. */
static void cnull_store_test_table_bytes(struct kunit *test)
{
	static const struct {
		unsigned int node;	/* whose first page is written */
		unsigned int nodes;
	} steps[] = {
		{ 0, 1 },
		{ 1, 3 },		/* and the root */
		{ 2, 4 },
		{ GENRADIX_ARY, 7 },	/* and two of a second level */
		{ 1, 7 },
	};
	struct cnull_store_ctx *ctx = test->priv;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 0, cnull_store_table_bytes(&ctx->store));
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		cnull_test_write(test, (u64)steps[i].node * CNULL_NODE_BYTES,
				 SZ_4K, 1);
		KUNIT_EXPECT_EQ_MSG(test, steps[i].nodes * GENRADIX_NODE_SIZE,
				    cnull_store_table_bytes(&ctx->store),
				    "step %u", i);
	}
}

static struct kunit_case cnull_store_cases[] = {
	KUNIT_CASE(cnull_store_test_hole),
	KUNIT_CASE(cnull_store_test_partial_page),
	KUNIT_CASE(cnull_store_test_far_ends),
	KUNIT_CASE(cnull_store_test_odd_segments),
	KUNIT_CASE(cnull_store_test_one_page),
	KUNIT_CASE_SLOW(cnull_store_test_random),
	KUNIT_CASE(cnull_store_test_discard),
	KUNIT_CASE(cnull_store_test_discard_is_short),
	KUNIT_CASE(cnull_store_test_no_memory),
	KUNIT_CASE(cnull_store_test_lost_race),
	KUNIT_CASE(cnull_store_test_table_bytes),
	{}
};

static struct kunit_suite cnull_store_suite = {
	.name = "cnull_store",
	.init = cnull_store_test_init,
	.exit = cnull_store_test_exit,
	.test_cases = cnull_store_cases,
};

kunit_test_suite(cnull_store_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's memory store");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
