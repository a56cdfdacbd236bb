// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory behind a cnull device.
 *
 * Data is kept in single pages. A generic radix tree of page pointers finds
 * them: its nodes hold the pointers of 64 consecutive pages (on 64-bit), so one
 * walk serves up to 256 KiB of a request. Nodes are added as needed and stay
 * until the store is destroyed; for data without large holes that is 0.2 % on
 * top.
 *
 * Readers and writers find and copy under RCU alone, without a lock and without
 * a reference to the page. A page becomes visible once it is filled, by a
 * cmpxchg() of its slot; whoever loses that race copies into the winner's page.
 * A page that a discard removes is freed after a grace period.
 *
 * Writes in flight together to the same bytes may mix, and so may a write and a
 * read: as with brd, there is no lock that would make a sector atomic.
 */
#include <linux/bio.h>
#include <linux/find.h>
#include <linux/highmem.h>
#include <linux/rcupdate.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "copy.h"
#include "store.h"

/* Pages whose slots are in one node of the tree. */
#define CNULL_NODE_PAGES	((unsigned long)(GENRADIX_NODE_SIZE / sizeof(void *)))
/* What a discard may go through in atomic context. */
#define CNULL_SHORT_SECTORS	(CNULL_NODE_PAGES << PAGE_SECTORS_SHIFT)

/*
 * The node used last: consecutive pages mostly need the same one.
 */
struct cnull_cursor {
	struct page __rcu	**slots;
	unsigned long		first;	/* index of the page of slots[0] */
};

#define CNULL_CURSOR_INIT	{ .first = ULONG_MAX }

/**
 * cnull_store_init() - Make an empty store
 * @store: the store
 */
void cnull_store_init(struct cnull_store *store)
{
	genradix_init(&store->slots);
	atomic_long_set(&store->nr_pages, 0);
	store->node = NUMA_NO_NODE;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_init);

static void cnull_page_free_rcu(struct rcu_head *rcu)
{
	__free_page(container_of(rcu, struct page, rcu_head));
}

/**
 * cnull_store_destroy() - Free all data
 * @store: the store; nobody may use it any more
 *
 * Context: May sleep.
 */
void cnull_store_destroy(struct cnull_store *store)
{
	struct genradix_iter iter;
	struct page __rcu **slot;

	genradix_for_each(&store->slots, iter, slot) {
		/* Nobody else can see the slot any more. */
		struct page *page = rcu_dereference_protected(*slot, 1);

		if (page) {
			__free_page(page);
			atomic_long_dec(&store->nr_pages);
		}
		if (!(iter.pos % CNULL_NODE_PAGES))
			cond_resched();
	}
	genradix_free(&store->slots);
	WARN_ON_ONCE(atomic_long_read(&store->nr_pages));
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_destroy);

static __always_inline struct page __rcu **
cnull_store_find(struct cnull_store *store, unsigned long index)
{
	/* Nodes only come, complete, and the walk depends on them. */
	return data_race(genradix_ptr_inlined(&store->slots, index));
}

static __always_inline struct page *
cnull_store_page(struct cnull_store *store, struct cnull_cursor *cur,
		 unsigned long index)
{
	unsigned long i = index % CNULL_NODE_PAGES;

	if (cur->first != index - i) {
		cur->first = index - i;
		cur->slots = cnull_store_find(store, index - i);
	}
	return cur->slots ? rcu_dereference(cur->slots[i]) : NULL;
}

/**
 * cnull_store_alloc_page() - Get a page for data
 * @store: the store
 * @gfp: how to allocate
 *
 * Context: Sleeps only if @gfp allows it.
 * Return: the page, not zeroed, or NULL.
 */
struct page *cnull_store_alloc_page(struct cnull_store *store, gfp_t gfp)
{
	KUNIT_STATIC_STUB_REDIRECT(cnull_store_alloc_page, store, gfp);

	return alloc_pages_node(store->node, gfp | __GFP_HIGHMEM, 0);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_alloc_page);

/*
 * Writes to a page that was not there: cnull_write_chunk() with an index. May
 * leave and re-enter the RCU read-side critical section if @gfp may block.
 */
static noinline int cnull_write_new(struct cnull_store *store,
				    struct cnull_cursor *cur,
				    unsigned long index,
				    unsigned int to_off, struct page *from,
				    unsigned int from_off, unsigned int len,
				    gfp_t gfp)
{
	const bool may_sleep = gfpflags_allow_blocking(gfp);
	struct page *page = NULL, *used;
	struct page __rcu **slot;

	if (may_sleep)
		rcu_read_unlock();
	slot = genradix_ptr_alloc(&store->slots, index, gfp);
	if (slot)
		page = cnull_store_alloc_page(store, gfp);
	if (may_sleep)
		rcu_read_lock();
	if (!page)
		return -ENOMEM;

	/* The cursor does not know the node if it came just now. */
	cur->first = ULONG_MAX;
	if (len < PAGE_SIZE)
		clear_highpage(page);
	cnull_write_chunk(page, to_off, from, from_off, len);

	used = unrcu_pointer(cmpxchg(slot, NULL, RCU_INITIALIZER(page)));
	if (used) {
		__free_page(page);
		cnull_write_chunk(used, to_off, from, from_off, len);
	} else {
		atomic_long_inc(&store->nr_pages);
	}
	return 0;
}

/*
 * Copies one whole page that is there, without the loops of cnull_transfer().
 * False if that is not what @bio asks for.
 */
static __always_inline bool cnull_transfer_page(struct cnull_store *store,
						struct bio *bio)
{
	struct page *bv_page = cnull_whole_page(bio);
	struct page __rcu **slot;
	struct page *page;

	if (!bv_page)
		return false;

	guard(rcu)();
	slot = cnull_store_find(store,
				bio->bi_iter.bi_sector >> PAGE_SECTORS_SHIFT);
	page = slot ? rcu_dereference(*slot) : NULL;
	if (!page)
		return false;
	if (op_is_write(bio_op(bio)))
		cnull_write_chunk(page, 0, bv_page, 0, PAGE_SIZE);
	else
		cnull_read_chunk(bv_page, 0, page, 0, PAGE_SIZE);
	return true;
}

/* The rest of cnull_store_bio(), compiled once for each direction. */
static __always_inline blk_status_t cnull_transfer(struct cnull_store *store,
						   struct bio *bio, gfp_t gfp,
						   const bool write)
{
	u64 pos = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	blk_status_t sts = BLK_STS_OK;
	struct cnull_cursor cur = CNULL_CURSOR_INIT;
	struct bvec_iter iter;
	struct bio_vec bv;

	rcu_read_lock();
	for_each_mp_bvec(bv, bio->bi_io_vec, iter, bio->bi_iter) {
		struct page *bv_page = bv.bv_page + (bv.bv_offset >> PAGE_SHIFT);
		unsigned int bv_off = offset_in_page(bv.bv_offset);
		unsigned int left = bv.bv_len;

		do {
			unsigned int off = offset_in_page(pos);
			unsigned int len = PAGE_SIZE;
			struct page *page;

			/* Mostly whole pages: worth a test of its own. */
			if ((off | bv_off) || left < PAGE_SIZE)
				len = min3(left, (unsigned int)PAGE_SIZE - off,
					   (unsigned int)PAGE_SIZE - bv_off);

			page = cnull_store_page(store, &cur, pos >> PAGE_SHIFT);
			if (!write) {
				cnull_read_chunk(bv_page, bv_off, page, off, len);
			} else if (likely(page)) {
				cnull_write_chunk(page, off, bv_page, bv_off, len);
			} else if (cnull_write_new(store, &cur,
						   pos >> PAGE_SHIFT, off,
						   bv_page, bv_off, len, gfp)) {
				sts = BLK_STS_NOSPC;
				goto out;
			}

			pos += len;
			left -= len;
			bv_off += len;
			if (bv_off == PAGE_SIZE) {
				bv_off = 0;
				bv_page++;
			}
		} while (left);
	}
out:
	rcu_read_unlock();
	return sts;
}

static noinline blk_status_t cnull_read_bio(struct cnull_store *store,
					    struct bio *bio)
{
	return cnull_transfer(store, bio, 0, false);
}

static noinline blk_status_t cnull_write_bio(struct cnull_store *store,
					     struct bio *bio, gfp_t gfp)
{
	return cnull_transfer(store, bio, gfp, true);
}

/**
 * cnull_store_bio() - Copy between a bio and the store
 * @store: the store
 * @bio: a read or a write with data; not advanced
 * @gfp: how to allocate pages, without __GFP_ZERO
 *
 * What was never written, or discarded, reads as zeroes. A failed write may
 * have stored any part of its data; to repeat it is safe.
 *
 * Context: Sleeps only if @gfp allows it; then the caller must not be in an RCU
 * read-side critical section.
 * Return: BLK_STS_OK, or BLK_STS_NOSPC if memory for a write cannot be had.
 */
blk_status_t cnull_store_bio(struct cnull_store *store, struct bio *bio,
			     gfp_t gfp)
{
	if (cnull_transfer_page(store, bio))
		return BLK_STS_OK;
	if (op_is_write(bio_op(bio)))
		return cnull_write_bio(store, bio, gfp);
	return cnull_read_bio(store, bio);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_bio);

/* Discards bytes @start up to, not including, @end of one page. */
static void cnull_discard_page(struct cnull_store *store,
			       struct page __rcu **slot, unsigned int start,
			       unsigned int end)
{
	struct page *page = rcu_dereference(*slot);

	if (!page)
		return;
	if (start > 0 || end < PAGE_SIZE) {
		memzero_page(page, start, end - start);
		return;
	}
	page = unrcu_pointer(xchg(slot, NULL));
	if (page) {
		atomic_long_dec(&store->nr_pages);
		call_rcu(&page->rcu_head, cnull_page_free_rcu);
	}
}

/**
 * cnull_store_discard_is_short() - Whether a discard may run in atomic context
 * @nr_sectors: length in 512-byte sectors
 *
 * Return: true if the work is bounded by two nodes of the tree.
 */
bool cnull_store_discard_is_short(sector_t nr_sectors)
{
	return nr_sectors <= CNULL_SHORT_SECTORS;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_discard_is_short);

/**
 * cnull_store_discard() - Drop data
 * @store: the store
 * @sector: start in 512-byte sectors
 * @nr_sectors: length in 512-byte sectors
 * @gfp: whether it may sleep, to give way during a long range
 *
 * The range reads as zeroes afterwards, also where it covers a page in part;
 * only whole pages are freed. Takes time in proportion to the data that is
 * there, not to the range.
 *
 * Context: Sleeps only if @gfp allows it; then the caller must not be in an RCU
 * read-side critical section.
 */
void cnull_store_discard(struct cnull_store *store, sector_t sector,
			 sector_t nr_sectors, gfp_t gfp)
{
	u64 pos = (u64)sector << SECTOR_SHIFT;
	u64 end = pos + ((u64)nr_sectors << SECTOR_SHIFT);

	while (pos < end) {
		struct genradix_iter iter =
			genradix_iter_init(&store->slots, pos >> PAGE_SHIFT);
		struct page __rcu **slot;
		u64 node_end;

		/* As in cnull_store_find(). Goes over what has no nodes. */
		slot = data_race(genradix_iter_peek(&iter, &store->slots));
		if (!slot)
			break;
		pos = max(pos, (u64)iter.pos << PAGE_SHIFT);
		node_end = min(end, ((u64)round_down(iter.pos, CNULL_NODE_PAGES) +
				     CNULL_NODE_PAGES) << PAGE_SHIFT);

		rcu_read_lock();
		while (pos < node_end) {
			unsigned int start = offset_in_page(pos);
			unsigned int len = min(node_end - pos, PAGE_SIZE - start);

			cnull_discard_page(store, slot++, start, start + len);
			pos += len;
		}
		rcu_read_unlock();

		if (gfpflags_allow_blocking(gfp))
			cond_resched();
	}
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_discard);

/**
 * cnull_store_reserve() - Make room for a page, to be filled later
 * @store: the store
 * @index: number of the page
 * @gfp: how to allocate
 *
 * Context: Sleeps only if @gfp allows it.
 * Return: the slot of the page, which stays where it is until the store is
 * destroyed, or NULL if there is no memory for it.
 */
struct page __rcu **cnull_store_reserve(struct cnull_store *store,
					unsigned long index, gfp_t gfp)
{
	return genradix_ptr_alloc(&store->slots, index, gfp);
}

/**
 * cnull_store_absorb() - Store sectors of a page without allocating anything
 * @store: the store
 * @slot: where, from cnull_store_reserve()
 * @page: from cnull_store_alloc_page(), used by nobody else
 * @valid: bitmap of the sectors of @page to store, of PAGE_SECTORS bits
 *
 * Copies into the page that the store has; if it has none, @page itself becomes
 * that page, with zeroes where it is not valid.
 *
 * Context: Any.
 * Return: true if @page belongs to the store from now on.
 */
bool cnull_store_absorb(struct cnull_store *store, struct page __rcu **slot,
			struct page *page, const unsigned long *valid)
{
	unsigned int start, end;
	struct page *used;

	guard(rcu)();
	used = rcu_dereference(*slot);
	if (!used) {
		for_each_clear_bitrange(start, end, valid, PAGE_SECTORS)
			memzero_page(page, start << SECTOR_SHIFT,
				     (end - start) << SECTOR_SHIFT);
		used = unrcu_pointer(cmpxchg(slot, NULL, RCU_INITIALIZER(page)));
		if (!used) {
			atomic_long_inc(&store->nr_pages);
			return true;
		}
	}

	for_each_set_bitrange(start, end, valid, PAGE_SECTORS)
		cnull_write_chunk(used, start << SECTOR_SHIFT,
				  page, start << SECTOR_SHIFT,
				  (end - start) << SECTOR_SHIFT);
	return false;
}

/**
 * cnull_store_table_bytes() - Memory that finds the data, besides the data
 * @store: the store
 *
 * Context: May sleep.
 * Return: size of the nodes of the tree in bytes; approximate while data is
 * written.
 */
size_t cnull_store_table_bytes(struct cnull_store *store)
{
	const unsigned int bits = ilog2(CNULL_NODE_PAGES);
	struct genradix_iter iter = genradix_iter_init(&store->slots, 0);
	unsigned long last = ULONG_MAX;	/* below no node */
	size_t nodes = 0;

	/* As in cnull_store_find(). */
	while (data_race(genradix_iter_peek(&iter, &store->slots))) {
		unsigned int depth = genradix_root_to_depth(READ_ONCE(store->slots.tree.root));
		unsigned long leaf = iter.pos >> bits;
		unsigned int level;

		/* A node counts when the first leaf below it comes by. */
		for (level = 0; level <= depth; level++, nodes++) {
			unsigned int shift = level * GENRADIX_ARY_SHIFT;

			if (leaf >> shift == last >> shift)
				break;
		}
		last = leaf;
		iter.pos = (leaf + 1) << bits;
		if (iter.pos > CNULL_STORE_MAX_PAGES)
			break;
		iter.offset = iter.pos * sizeof(struct page *);
		cond_resched();
	}
	return nodes * GENRADIX_NODE_SIZE;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_table_bytes);
