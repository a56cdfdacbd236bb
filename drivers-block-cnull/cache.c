// SPDX-License-Identifier: GPL-2.0-only
/*
 * A volatile write cache in front of the store.
 *
 * Data that is written stays in pages of the cache until a flush, or until
 * another page needs the room; only then it goes to the store, where it outlives
 * a power cut. A bitmap says which sectors of a page are valid: reads take those
 * from the cache and all others from the store. Reads do not fill the cache.
 *
 * Memory for a write-back is taken when the data comes into the cache: the slot
 * in the store along with the page, and the page itself moves there if the store
 * has none. So a write-back does not allocate, does not sleep and cannot fail.
 *
 * The lock of the xarray protects the pages, their bitmaps and their number. It
 * is held, with interrupts on, across the copy of a few pages of the cache. What
 * is not cached is copied without it: a page leaves the xarray with its data in
 * the store, so that is where the data is if the page is not in the xarray.
 */
#include <linux/bio.h>
#include <linux/bitmap.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include <kunit/visibility.h>

#include "cache.h"
#include "copy.h"
#include "store.h"

/* Pages to go through without giving way, and to copy in one hold of the lock. */
#define CNULL_CACHE_BATCH	64
#define CNULL_CACHE_HOLD	16

/* A page of data, where it belongs in the store, and which sectors it has. */
struct cnull_cache_page {
	struct page		*page;
	struct page __rcu	**slot;
	DECLARE_BITMAP(valid, PAGE_SECTORS);
};

struct cnull_cache {
	struct xarray		pages;		/* by number of the page */
	unsigned long		nr_pages;	/* with those about to be inserted */
	unsigned long		max_pages;
	unsigned long		hand;		/* where to evict next */
	struct cnull_store	*store;
	struct cnull_cache_counts __percpu *counts;
};

/* The part of a bio that concerns one page, in sectors of that page. */
struct cnull_chunk {
	unsigned long	index;
	unsigned int	first;
	unsigned int	nr;
};

/*
 * Segments of a bio may split sectors, so its sector comes from what is left of
 * it, a multiple of sectors, and not from bi_sector.
 */
static struct cnull_chunk cnull_chunk(const struct bio *bio,
				      const struct bvec_iter *iter)
{
	unsigned int nr_sectors = iter->bi_size >> SECTOR_SHIFT;
	sector_t sector = bio_end_sector(bio) - nr_sectors;
	unsigned int first = sector % PAGE_SECTORS;

	return (struct cnull_chunk) {
		.index	= sector >> PAGE_SECTORS_SHIFT,
		.first	= first,
		.nr	= min(nr_sectors, PAGE_SECTORS - first),
	};
}

/* Copies sectors between @page, NULL for zeroes, and a bio, and advances @iter. */
static __always_inline void cnull_bio_copy(struct bio *bio,
					   struct bvec_iter *iter,
					   struct page *page,
					   unsigned int first, unsigned int nr,
					   const bool write)
{
	unsigned int off = first << SECTOR_SHIFT;
	unsigned int left = nr << SECTOR_SHIFT;

	while (left) {
		struct bio_vec bv = bio_iter_iovec(bio, *iter);
		unsigned int len = min3(left, bv.bv_len,
					(unsigned int)PAGE_SIZE - off);

		if (write)
			cnull_write_chunk(page, off, bv.bv_page, bv.bv_offset, len);
		else
			cnull_read_chunk(bv.bv_page, bv.bv_offset, page, off, len);
		bvec_iter_advance_single(bio->bi_io_vec, iter, len);
		off += len;
		left -= len;
	}
}

static void cnull_cache_page_free(struct cnull_cache_page *cp)
{
	if (cp->page)
		__free_page(cp->page);
	kfree(cp);
}

/* Makes @cp, which was evicted, or a new one if it is NULL, the page @index. */
static struct cnull_cache_page *
cnull_cache_page_get(struct cnull_cache *cache, struct cnull_cache_page *cp,
		     unsigned long index, gfp_t gfp)
{
	if (!cp) {
		cp = kmalloc_obj(*cp, gfp);
		if (!cp)
			return NULL;
		cp->page = NULL;
	}
	bitmap_zero(cp->valid, PAGE_SECTORS);
	cp->slot = cnull_store_reserve(cache->store, index, gfp);
	if (cp->slot && !cp->page)
		cp->page = cnull_store_alloc_page(cache->store, gfp);
	if (!cp->slot || !cp->page) {
		cnull_cache_page_free(cp);
		return NULL;
	}
	return cp;
}

/**
 * cnull_cache_create() - Make an empty cache
 * @store: what it writes back to
 * @bytes: size; rounded down to pages, but at least one page
 *
 * Context: May sleep.
 * Return: the cache, or NULL if there is no memory.
 */
struct cnull_cache *cnull_cache_create(struct cnull_store *store, u64 bytes)
{
	struct cnull_cache *cache = kzalloc_obj(*cache);

	if (!cache)
		return NULL;
	cache->counts = alloc_percpu(struct cnull_cache_counts);
	if (!cache->counts) {
		kfree(cache);
		return NULL;
	}
	xa_init(&cache->pages);
	cache->store = store;
	cache->max_pages = clamp_t(u64, bytes >> PAGE_SHIFT, 1, ULONG_MAX);
	return cache;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_create);

/**
 * cnull_cache_destroy() - Cut the power: what is not in the store is lost
 * @cache: the cache, or NULL; nobody may use it any more
 *
 * Context: May sleep.
 */
void cnull_cache_destroy(struct cnull_cache *cache)
{
	struct cnull_cache_page *cp;
	unsigned long index;

	if (!cache)
		return;
	xa_for_each(&cache->pages, index, cp) {
		cnull_cache_page_free(cp);
		cond_resched();
	}
	xa_destroy(&cache->pages);
	free_percpu(cache->counts);
	kfree(cache);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_destroy);

/*
 * Moves the data of a page to the store and takes the page out of the cache; the
 * caller frees it. Its number of valid sectors.
 */
static unsigned int cnull_write_back(struct cnull_cache *cache,
				     struct xa_state *xas,
				     struct cnull_cache_page *cp)
{
	unsigned int nr = bitmap_weight(cp->valid, PAGE_SECTORS);

	lockdep_assert_held(&cache->pages.xa_lock);
	if (cnull_store_absorb(cache->store, cp->slot, cp->page, cp->valid))
		cp->page = NULL;
	xas_store(xas, NULL);
	WRITE_ONCE(cache->nr_pages, cache->nr_pages - 1);
	return nr;
}

/*
 * Makes room if another page has none, in order of the address as an elevator
 * does. With @reuse, only by a page that the store has, so that the cache's own
 * is left over.
 *
 * Return: what was evicted, or NULL.
 */
static struct cnull_cache_page *cnull_cache_evict(struct cnull_cache *cache,
						  bool reuse)
{
	XA_STATE(xas, &cache->pages, cache->hand);
	struct cnull_cache_page *cp;

	lockdep_assert_held(&cache->pages.xa_lock);
	if (cache->nr_pages < cache->max_pages)
		return NULL;
	cp = xas_find(&xas, ULONG_MAX);
	if (!cp) {
		xas_set(&xas, 0);
		cp = xas_find(&xas, ULONG_MAX);
	}
	if (!cp || (reuse && !rcu_access_pointer(*cp->slot)))
		return NULL;
	cache->hand = xas.xa_index + 1;
	this_cpu_add(cache->counts->evicted, cnull_write_back(cache, &xas, cp));
	return cp;
}

static __always_inline void cnull_page_write(struct cnull_cache_page *cp,
					     struct bio *bio,
					     struct bvec_iter *iter,
					     const struct cnull_chunk *chunk)
{
	cnull_bio_copy(bio, iter, cp->page, chunk->first, chunk->nr, true);
	if (chunk->nr == PAGE_SECTORS)
		bitmap_fill(cp->valid, PAGE_SECTORS);
	else
		bitmap_set(cp->valid, chunk->first, chunk->nr);
}

/* Reads a page that is cached in part; the number of sectors that were. */
static noinline unsigned int cnull_page_read_part(struct cnull_cache_page *cp,
						  struct bio *bio,
						  struct bvec_iter *iter,
						  const struct cnull_chunk *chunk)
{
	const unsigned int end = chunk->first + chunk->nr;
	unsigned int start, next, hits = 0;

	guard(rcu)();
	for (start = chunk->first; start < end; start = next) {
		struct page *page = rcu_dereference(*cp->slot);

		if (test_bit(start, cp->valid)) {
			next = find_next_zero_bit(cp->valid, end, start);
			hits += next - start;
			page = cp->page;
		} else {
			next = find_next_bit(cp->valid, end, start);
		}
		cnull_bio_copy(bio, iter, page, start, next - start, false);
	}
	return hits;
}

static __always_inline unsigned int
cnull_page_read(struct cnull_cache_page *cp, struct bio *bio,
		struct bvec_iter *iter, const struct cnull_chunk *chunk)
{
	/* The constant size makes this a few instructions. */
	if (find_next_zero_bit(cp->valid, PAGE_SECTORS, chunk->first) <
	    chunk->first + chunk->nr)
		return cnull_page_read_part(cp, bio, iter, chunk);
	cnull_bio_copy(bio, iter, cp->page, chunk->first, chunk->nr, false);
	return chunk->nr;
}

/*
 * Writes to the cached pages that come next in a bio.
 *
 * Return: false if there is none; then @evicted is one that made room and can be
 * used again, or NULL.
 */
static bool cnull_cache_overwrite(struct cnull_cache *cache, struct bio *bio,
				  struct bvec_iter *iter,
				  struct cnull_cache_page **evicted)
{
	struct cnull_chunk chunk = cnull_chunk(bio, iter);
	XA_STATE(xas, &cache->pages, chunk.index);
	unsigned int pages = 0, sectors = 0;
	struct cnull_cache_page *cp;

	xas_lock(&xas);
	for (cp = xas_load(&xas); cp; cp = xas_next(&xas)) {
		cnull_page_write(cp, bio, iter, &chunk);
		sectors += chunk.nr;
		if (!iter->bi_size || ++pages == CNULL_CACHE_HOLD)
			break;
		chunk = cnull_chunk(bio, iter);
	}
	*evicted = sectors ? NULL : cnull_cache_evict(cache, true);
	xas_unlock(&xas);
	this_cpu_add(cache->counts->write_hits, sectors);
	return sectors;
}

/* Writes to a page that was not cached. */
static int cnull_cache_insert(struct cnull_cache *cache,
			      struct cnull_cache_page *evicted,
			      struct bio *bio, struct bvec_iter *iter,
			      gfp_t gfp)
{
	const struct cnull_chunk chunk = cnull_chunk(bio, iter);
	struct bvec_iter start = *iter;
	struct cnull_cache_page *cp;
	int err;

	cp = cnull_cache_page_get(cache, evicted, chunk.index, gfp);
	if (!cp)
		return -ENOMEM;
	cnull_page_write(cp, bio, iter, &chunk);

	xa_lock(&cache->pages);
	while ((evicted = cnull_cache_evict(cache, false)))
		cnull_cache_page_free(evicted);
	/* Counted first, since others may come in while this one allocates. */
	WRITE_ONCE(cache->nr_pages, cache->nr_pages + 1);
	err = __xa_insert(&cache->pages, chunk.index, cp, gfp);
	if (err) {
		WRITE_ONCE(cache->nr_pages, cache->nr_pages - 1);
		cnull_cache_page_free(cp);
	}
	if (err == -EBUSY) {
		/* Somebody else was faster. */
		cp = xa_load(&cache->pages, chunk.index);
		*iter = start;
		cnull_page_write(cp, bio, iter, &chunk);
		err = 0;
	}
	xa_unlock(&cache->pages);
	if (!err)
		this_cpu_add(cache->counts->write_misses, chunk.nr);
	return err;
}

static blk_status_t cnull_cache_write(struct cnull_cache *cache,
				      struct bio *bio, gfp_t gfp)
{
	struct bvec_iter iter = bio->bi_iter;
	struct cnull_cache_page *evicted;

	while (iter.bi_size) {
		if (cnull_cache_overwrite(cache, bio, &iter, &evicted))
			continue;
		if (cnull_cache_insert(cache, evicted, bio, &iter, gfp))
			return BLK_STS_NOSPC;
	}
	return BLK_STS_OK;
}

/* Sectors from @chunk to the next cached page, or to the end of the bio. */
static unsigned int cnull_uncached(struct xa_state *xas, const struct bio *bio,
				   const struct bvec_iter *iter,
				   const struct cnull_chunk *chunk)
{
	unsigned int nr = iter->bi_size >> SECTOR_SHIFT;
	unsigned long last = (bio_end_sector(bio) - 1) >> PAGE_SECTORS_SHIFT;

	if (chunk->index == last)
		return nr;
	xas_set(xas, chunk->index + 1);
	if (xas_find(xas, last))
		nr = ((xas->xa_index - chunk->index) << PAGE_SECTORS_SHIFT) -
			chunk->first;
	return nr;
}

/*
 * Reads the cached pages that come next in a bio, or writes the first of them
 * and writes it back.
 *
 * Return: the number of sectors that follow and are not cached, or 0 if it has
 * to be called again for what is left.
 */
static unsigned int cnull_cache_cached(struct cnull_cache *cache,
				       struct bio *bio, struct bvec_iter *iter,
				       bool write)
{
	struct cnull_chunk chunk = cnull_chunk(bio, iter);
	unsigned int pages = 0, hits = 0, sectors = 0, nr = 0;
	XA_STATE(xas, &cache->pages, chunk.index);
	struct cnull_cache_page *cp;

	xas_lock(&xas);
	for (cp = xas_load(&xas); cp; cp = xas_next(&xas)) {
		sectors += chunk.nr;
		if (write) {
			cnull_page_write(cp, bio, iter, &chunk);
			cnull_write_back(cache, &xas, cp);
			cnull_cache_page_free(cp);
			break;
		}
		hits += cnull_page_read(cp, bio, iter, &chunk);
		if (!iter->bi_size || ++pages == CNULL_CACHE_HOLD)
			break;
		chunk = cnull_chunk(bio, iter);
	}
	if (!cp)
		nr = cnull_uncached(&xas, bio, iter, &chunk);
	xas_unlock(&xas);

	if (write) {
		this_cpu_add(cache->counts->write_through, sectors + nr);
	} else {
		this_cpu_add(cache->counts->read_hits, hits);
		this_cpu_add(cache->counts->read_misses, sectors - hits + nr);
	}
	return nr;
}

/* Reads or writes @nr sectors of the store, past the cache. */
static blk_status_t cnull_cache_pass(struct cnull_cache *cache,
				     struct bio *bio, struct bvec_iter *iter,
				     unsigned int nr, gfp_t gfp)
{
	struct bio part = {
		.bi_opf		= bio->bi_opf,
		.bi_io_vec	= bio->bi_io_vec,
		.bi_iter	= *iter,
	};

	part.bi_iter.bi_sector = bio_end_sector(bio) -
		(iter->bi_size >> SECTOR_SHIFT);
	part.bi_iter.bi_size = nr << SECTOR_SHIFT;
	bvec_iter_advance(bio->bi_io_vec, iter, nr << SECTOR_SHIFT);
	return cnull_store_bio(cache->store, &part, gfp);
}

/*
 * Reads one whole page that is cached, without the loops of
 * cnull_cache_through(). False if that is not what @bio asks for.
 */
static bool cnull_cache_read_page(struct cnull_cache *cache, struct bio *bio)
{
	XA_STATE(xas, &cache->pages, bio->bi_iter.bi_sector >> PAGE_SECTORS_SHIFT);
	struct page *page = cnull_whole_page(bio);
	struct cnull_cache_page *cp;
	bool hit;

	if (!page)
		return false;
	xas_lock(&xas);
	cp = xas_load(&xas);
	hit = cp && bitmap_full(cp->valid, PAGE_SECTORS);
	if (hit)
		cnull_read_chunk(page, 0, cp->page, 0, PAGE_SIZE);
	xas_unlock(&xas);
	if (hit)
		this_cpu_add(cache->counts->read_hits, PAGE_SECTORS);
	return hit;
}

/* A read, or a write that must not stay in the cache: goes where the page is. */
static blk_status_t cnull_cache_through(struct cnull_cache *cache,
					struct bio *bio, gfp_t gfp)
{
	bool write = op_is_write(bio_op(bio));
	struct bvec_iter iter = bio->bi_iter;
	blk_status_t sts = BLK_STS_OK;

	while (iter.bi_size && sts == BLK_STS_OK) {
		unsigned int nr = cnull_cache_cached(cache, bio, &iter, write);

		if (nr == bio_sectors(bio))
			return cnull_store_bio(cache->store, bio, gfp);
		if (nr)
			sts = cnull_cache_pass(cache, bio, &iter, nr, gfp);
	}
	return sts;
}

/**
 * cnull_cache_bio() - Copy between a bio and the cache, or the store behind it
 * @cache: the cache
 * @bio: a read or a write with data; not advanced
 * @fua: a write has to be in the store, not only in the cache, at the end
 * @gfp: how to allocate pages, without __GFP_ZERO
 *
 * A failed write may have stored any part of its data; to repeat it is safe.
 *
 * Context: Not from interrupts. Sleeps only if @gfp allows it; then the caller
 * must not be in an RCU read-side critical section.
 * Return: BLK_STS_OK, or BLK_STS_NOSPC if memory for a write cannot be had.
 */
blk_status_t cnull_cache_bio(struct cnull_cache *cache, struct bio *bio,
			     bool fua, gfp_t gfp)
{
	if (op_is_write(bio_op(bio))) {
		if (!fua)
			return cnull_cache_write(cache, bio, gfp);
	} else if (cnull_cache_read_page(cache, bio)) {
		return BLK_STS_OK;
	}
	return cnull_cache_through(cache, bio, gfp);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_bio);

/**
 * cnull_cache_flush() - Write everything back
 * @cache: the cache
 * @gfp: whether it may sleep, to give way between pages; nothing is allocated
 *
 * What was written before the call is in the store afterwards, even if memory
 * is short.
 *
 * Context: Not from interrupts. Sleeps only if @gfp allows it; then the caller
 * must not be in an RCU read-side critical section.
 * Return: BLK_STS_OK, or BLK_STS_NOSPC if there is too much to do without
 * sleeping and @gfp does not allow that.
 */
blk_status_t cnull_cache_flush(struct cnull_cache *cache, gfp_t gfp)
{
	const bool may_sleep = gfpflags_allow_blocking(gfp);
	struct cnull_cache_page *cp;
	unsigned long index = 0;

	if (!may_sleep && cnull_cache_nr_pages(cache) > CNULL_CACHE_BATCH)
		return BLK_STS_NOSPC;
	do {
		XA_STATE(xas, &cache->pages, index);

		xas_lock(&xas);
		cp = xas_find(&xas, ULONG_MAX);
		if (cp) {
			index = xas.xa_index + 1;
			this_cpu_add(cache->counts->flushed,
				     cnull_write_back(cache, &xas, cp));
			cnull_cache_page_free(cp);
		}
		xas_unlock(&xas);
		if (may_sleep)
			cond_resched();
	} while (cp);
	return BLK_STS_OK;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_flush);

/*
 * Drops sectors of a cached page, first of the store: a read in between must not
 * find there what was written before the page came into the cache.
 */
static void cnull_cache_discard_page(struct cnull_cache *cache,
				     struct xa_state *xas,
				     struct cnull_cache_page *cp,
				     sector_t sector, sector_t end)
{
	sector_t page_start = (sector_t)xas->xa_index << PAGE_SECTORS_SHIFT;
	sector_t start = max(sector, page_start);
	unsigned int nr = min(end, page_start + PAGE_SECTORS) - start;

	cnull_store_discard(cache->store, start, nr, GFP_NOWAIT);
	bitmap_clear(cp->valid, start - page_start, nr);
	if (bitmap_empty(cp->valid, PAGE_SECTORS)) {
		xas_store(xas, NULL);
		WRITE_ONCE(cache->nr_pages, cache->nr_pages - 1);
		cnull_cache_page_free(cp);
	}
}

/**
 * cnull_cache_discard() - Drop data of the cache and of the store
 * @cache: the cache
 * @sector: start in 512-byte sectors
 * @nr_sectors: length in 512-byte sectors
 * @gfp: whether it may sleep, to give way during a long range
 *
 * The range reads as zeroes afterwards, also after a power cut.
 *
 * Context: Not from interrupts. Sleeps only if @gfp allows it; then the caller
 * must not be in an RCU read-side critical section.
 * Return: BLK_STS_OK, or BLK_STS_NOSPC if it takes too long without sleeping
 * and @gfp does not allow that.
 */
blk_status_t cnull_cache_discard(struct cnull_cache *cache, sector_t sector,
				 sector_t nr_sectors, gfp_t gfp)
{
	const bool may_sleep = gfpflags_allow_blocking(gfp);
	sector_t end = sector + nr_sectors;
	XA_STATE(xas, &cache->pages, sector >> PAGE_SECTORS_SHIFT);
	struct cnull_cache_page *cp;
	unsigned int n = 0;

	if (!may_sleep && !cnull_store_discard_is_short(nr_sectors))
		return BLK_STS_NOSPC;
	if (!nr_sectors)
		return BLK_STS_OK;

	xas_lock(&xas);
	xas_for_each(&xas, cp, (end - 1) >> PAGE_SECTORS_SHIFT) {
		cnull_cache_discard_page(cache, &xas, cp, sector, end);
		if (++n % CNULL_CACHE_BATCH)
			continue;
		xas_pause(&xas);
		xas_unlock(&xas);
		if (may_sleep)
			cond_resched();
		xas_lock(&xas);
	}
	xas_unlock(&xas);

	cnull_store_discard(cache->store, sector, nr_sectors, gfp);
	return BLK_STS_OK;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_discard);

/**
 * cnull_cache_nr_pages() - Size of what is not written back
 * @cache: the cache
 *
 * Return: number of pages.
 */
unsigned long cnull_cache_nr_pages(const struct cnull_cache *cache)
{
	return READ_ONCE(cache->nr_pages);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_nr_pages);

/**
 * cnull_cache_sum() - Read the counters
 * @cache: the cache
 * @sum: where to; approximate while the cache is used
 */
void cnull_cache_sum(const struct cnull_cache *cache,
		     struct cnull_cache_counts *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct cnull_cache_counts *counts =
			per_cpu_ptr(cache->counts, cpu);

		sum->read_hits += READ_ONCE(counts->read_hits);
		sum->read_misses += READ_ONCE(counts->read_misses);
		sum->write_hits += READ_ONCE(counts->write_hits);
		sum->write_misses += READ_ONCE(counts->write_misses);
		sum->write_through += READ_ONCE(counts->write_through);
		sum->evicted += READ_ONCE(counts->evicted);
		sum->flushed += READ_ONCE(counts->flushed);
	}
}
EXPORT_SYMBOL_IF_KUNIT(cnull_cache_sum);
