// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory behind a cnull device.
 *
 * Data is kept in single pages. An xarray of leaves, each an array of pointers
 * to CNULL_LEAF_PAGES consecutive pages, finds them: one tree walk then serves
 * up to 256 KiB of a request, and a 4 KiB request walks one level less than in
 * an xarray of pages.
 *
 * Readers and writers find and copy under RCU alone, without a lock and without
 * a reference to the page. A page becomes visible once it is filled, by a
 * cmpxchg() of its slot; whoever loses that race copies into the winner's page.
 * Whatever a discard removes is freed after a grace period. A discard may remove
 * a leaf while a writer still adds a page to it: then the page goes with the
 * leaf, and the data is gone as if the discard had come last. That is allowed,
 * because the two were in flight together.
 *
 * Writes in flight together to the same bytes may mix, and so may a write and a
 * read: as with brd, there is no lock that would make a sector atomic.
 */
#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "store.h"

#define CNULL_LEAF_SHIFT	6
#define CNULL_LEAF_PAGES	BIT(CNULL_LEAF_SHIFT)
#define CNULL_LEAF_MASK		(CNULL_LEAF_PAGES - 1)
#define CNULL_LEAF_SECTORS	((sector_t)CNULL_LEAF_PAGES << PAGE_SECTORS_SHIFT)

/**
 * struct cnull_leaf - CNULL_LEAF_PAGES consecutive pages of a store
 * @pages: the pages; NULL reads as zeroes
 * @store: whose it is, for the count of pages
 * @rcu: to free it
 */
struct cnull_leaf {
	struct page __rcu	*pages[CNULL_LEAF_PAGES];
	struct cnull_store	*store;
	struct rcu_head		rcu;
};

/*
 * The leaf used last: consecutive pages mostly need the same one. It holds for
 * the RCU read-side critical section in which it was set.
 */
struct cnull_cursor {
	struct cnull_leaf	*leaf;
	unsigned long		index;
};

static struct kmem_cache *cnull_leaf_cache;

/**
 * cnull_store_init() - Make an empty store
 * @store: the store
 */
void cnull_store_init(struct cnull_store *store)
{
	xa_init(&store->leaves);
	atomic_long_set(&store->nr_pages, 0);
	store->node = NUMA_NO_NODE;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_init);

static unsigned int cnull_leaf_free_pages(struct cnull_leaf *leaf)
{
	unsigned int i, n = 0;

	for (i = 0; i < CNULL_LEAF_PAGES; i++) {
		/* Nobody else can see the leaf any more. */
		struct page *page = rcu_dereference_protected(leaf->pages[i], 1);

		if (page) {
			__free_page(page);
			n++;
		}
	}
	return n;
}

static void cnull_leaf_free_rcu(struct rcu_head *rcu)
{
	struct cnull_leaf *leaf = container_of(rcu, struct cnull_leaf, rcu);
	unsigned int n = cnull_leaf_free_pages(leaf);

	/*
	 * The store is still there if the leaf had pages: cnull_store_destroy()
	 * waits for them.
	 */
	if (n)
		atomic_long_sub(n, &leaf->store->nr_pages);
	kmem_cache_free(cnull_leaf_cache, leaf);
}

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
	struct cnull_leaf *leaf;
	unsigned long index;

	xa_for_each(&store->leaves, index, leaf) {
		atomic_long_sub(cnull_leaf_free_pages(leaf), &store->nr_pages);
		kmem_cache_free(cnull_leaf_cache, leaf);
		cond_resched();
	}
	xa_destroy(&store->leaves);

	/* Leaves that a discard took out still count their pages. */
	if (atomic_long_read(&store->nr_pages))
		rcu_barrier();
	WARN_ON_ONCE(atomic_long_read(&store->nr_pages));
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_destroy);

/* As xa_load(), for a caller that is in an RCU read-side critical section. */
static __always_inline struct cnull_leaf *
cnull_store_leaf(struct cnull_store *store, unsigned long index)
{
	XA_STATE(xas, &store->leaves, index);
	struct cnull_leaf *leaf;

	do {
		leaf = xas_load(&xas);
	} while (xas_retry(&xas, leaf));
	return leaf;
}

static __always_inline struct page *
cnull_store_lookup(struct cnull_store *store, struct cnull_cursor *cur,
		   unsigned long page_index)
{
	unsigned long index = page_index >> CNULL_LEAF_SHIFT;

	if (cur->index != index || !cur->leaf) {
		cur->leaf = cnull_store_leaf(store, index);
		cur->index = index;
		if (!cur->leaf)
			return NULL;
	}
	return rcu_dereference(cur->leaf->pages[page_index & CNULL_LEAF_MASK]);
}

/* Makes sure that there is a leaf, if only for a moment. */
static int cnull_store_add_leaf(struct cnull_store *store, unsigned long index,
				gfp_t gfp)
{
	struct cnull_leaf *leaf;
	void *old;

	leaf = kmem_cache_alloc_node(cnull_leaf_cache, gfp | __GFP_ZERO,
				     store->node);
	if (!leaf)
		return -ENOMEM;
	leaf->store = store;

	old = xa_cmpxchg(&store->leaves, index, NULL, leaf, gfp);
	if (!old)
		return 0;
	kmem_cache_free(cnull_leaf_cache, leaf);
	return xa_err(old);
}

/*
 * Puts @page into its slot, or returns the page that is already there. May
 * leave and re-enter the RCU read-side critical section if @gfp may block.
 */
static struct page *cnull_store_publish(struct cnull_store *store,
					struct cnull_cursor *cur,
					unsigned long page_index,
					struct page *page, gfp_t gfp)
{
	unsigned long index = page_index >> CNULL_LEAF_SHIFT;
	struct page __rcu **slot;
	struct page *old;

	cur->index = index;
	while (!(cur->leaf = cnull_store_leaf(store, index))) {
		int err;

		if (gfpflags_allow_blocking(gfp))
			rcu_read_unlock();
		err = cnull_store_add_leaf(store, index, gfp);
		if (gfpflags_allow_blocking(gfp))
			rcu_read_lock();
		if (err)
			return ERR_PTR(err);
	}

	slot = &cur->leaf->pages[page_index & CNULL_LEAF_MASK];
	old = unrcu_pointer(cmpxchg(slot, NULL, RCU_INITIALIZER(page)));
	if (old)
		return old;
	atomic_long_inc(&store->nr_pages);
	return page;
}

/*
 * Copies at most a page. Inlined, so that the compiler sees the bound on @len
 * and copies in place; whole pages apart, since a known length needs no code
 * for alignment and remainder.
 */
static __always_inline void cnull_copy(void *dst, const void *src,
				       unsigned int len)
{
	if (likely(len == PAGE_SIZE))
		memcpy(dst, src, PAGE_SIZE);
	else
		memcpy(dst, src, len);
}

static __always_inline void cnull_read_chunk(struct page *to,
					     unsigned int to_off,
					     struct page *from,
					     unsigned int from_off,
					     unsigned int len)
{
	void *dst = kmap_local_page(to) + to_off;

	if (likely(from)) {
		void *src = kmap_local_page(from) + from_off;

		cnull_copy(dst, src, len);
		kunmap_local(src);
	} else {
		memset(dst, 0, len);
	}
	flush_dcache_page(to);
	kunmap_local(dst);
}

static __always_inline void cnull_write_chunk(struct page *to,
					      unsigned int to_off,
					      struct page *from,
					      unsigned int from_off,
					      unsigned int len)
{
	void *src, *dst;

	flush_dcache_page(from);
	src = kmap_local_page(from) + from_off;
	dst = kmap_local_page(to) + to_off;
	cnull_copy(dst, src, len);
	kunmap_local(dst);
	kunmap_local(src);
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

/* Writes to a page that was not there: cnull_write_chunk() with an index. */
static noinline int cnull_write_new(struct cnull_store *store,
				    struct cnull_cursor *cur,
				    unsigned long page_index,
				    unsigned int to_off, struct page *from,
				    unsigned int from_off, unsigned int len,
				    gfp_t gfp)
{
	struct page *page, *used;

	if (gfpflags_allow_blocking(gfp))
		rcu_read_unlock();
	page = cnull_store_alloc_page(store, gfp);
	if (gfpflags_allow_blocking(gfp)) {
		rcu_read_lock();
		cur->leaf = NULL;
	}
	if (!page)
		return -ENOMEM;

	if (len < PAGE_SIZE)
		clear_highpage(page);
	cnull_write_chunk(page, to_off, from, from_off, len);

	used = cnull_store_publish(store, cur, page_index, page, gfp);
	if (used == page)
		return 0;

	__free_page(page);
	if (IS_ERR(used))
		return PTR_ERR(used);
	cnull_write_chunk(used, to_off, from, from_off, len);
	return 0;
}

/* cnull_store_bio(), compiled once for each direction. */
static __always_inline blk_status_t cnull_transfer(struct cnull_store *store,
						   struct bio *bio, gfp_t gfp,
						   const bool write)
{
	u64 pos = (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
	blk_status_t sts = BLK_STS_OK;
	struct cnull_cursor cur = { };
	struct bvec_iter iter;
	struct bio_vec bv;

	rcu_read_lock();
	for_each_mp_bvec(bv, bio->bi_io_vec, iter, bio->bi_iter) {
		struct page *bv_page = bv.bv_page + (bv.bv_offset >> PAGE_SHIFT);
		unsigned int bv_off = offset_in_page(bv.bv_offset);
		unsigned int left = bv.bv_len;

		do {
			unsigned int off = offset_in_page(pos);
			unsigned int len = min3(left,
						(unsigned int)PAGE_SIZE - off,
						(unsigned int)PAGE_SIZE - bv_off);
			struct page *page;

			page = cnull_store_lookup(store, &cur, pos >> PAGE_SHIFT);
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
	if (op_is_write(bio_op(bio)))
		return cnull_transfer(store, bio, gfp, true);
	return cnull_transfer(store, bio, gfp, false);
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

/* Discards bytes @start up to, not including, @end, relative to the leaf. */
static void cnull_discard_part(struct cnull_store *store,
			       struct cnull_leaf *leaf, u64 start, u64 end)
{
	while (start < end) {
		unsigned int i = start >> PAGE_SHIFT;
		u64 stop = min(end, ((u64)i + 1) << PAGE_SHIFT);

		cnull_discard_page(store, &leaf->pages[i],
				   offset_in_page(start),
				   stop - ((u64)i << PAGE_SHIFT));
		start = stop;
	}
}

/**
 * cnull_store_discard_is_short() - Whether a discard may run in atomic context
 * @nr_sectors: length in 512-byte sectors
 *
 * Return: true if the work is bounded by two leaves.
 */
bool cnull_store_discard_is_short(sector_t nr_sectors)
{
	return nr_sectors <= CNULL_LEAF_SECTORS;
}

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
	sector_t end = sector + nr_sectors;
	unsigned long index, last;

	if (!nr_sectors)
		return;
	index = sector >> (PAGE_SECTORS_SHIFT + CNULL_LEAF_SHIFT);
	last = (end - 1) >> (PAGE_SECTORS_SHIFT + CNULL_LEAF_SHIFT);

	while (true) {
		struct cnull_leaf *leaf;
		sector_t base, from, to;

		rcu_read_lock();
		leaf = xa_find(&store->leaves, &index, last, XA_PRESENT);
		if (!leaf) {
			rcu_read_unlock();
			break;
		}

		base = (sector_t)index * CNULL_LEAF_SECTORS;
		from = max(sector, base) - base;
		to = min(end, base + CNULL_LEAF_SECTORS) - base;
		if (from > 0 || to < CNULL_LEAF_SECTORS) {
			cnull_discard_part(store, leaf, from << SECTOR_SHIFT,
					   to << SECTOR_SHIFT);
		} else {
			/* Another discard may have taken it already. */
			leaf = xa_erase(&store->leaves, index);
			if (leaf)
				call_rcu(&leaf->rcu, cnull_leaf_free_rcu);
		}
		rcu_read_unlock();

		if (index == last)
			break;
		index++;
		if (gfpflags_allow_blocking(gfp))
			cond_resched();
	}
}
EXPORT_SYMBOL_IF_KUNIT(cnull_store_discard);

/**
 * cnull_store_module_init() - Prepare for the first store
 *
 * Return: 0, or -ENOMEM.
 */
int __init cnull_store_module_init(void)
{
	cnull_leaf_cache = KMEM_CACHE(cnull_leaf, 0);
	return cnull_leaf_cache ? 0 : -ENOMEM;
}

/**
 * cnull_store_module_exit() - Clean up after the last store
 *
 * Context: May sleep.
 */
void cnull_store_module_exit(void)
{
	/* The callbacks are code of this module. */
	rcu_barrier();
	kmem_cache_destroy(cnull_leaf_cache);
}
