/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_CACHE_H
#define _CNULL_CACHE_H

#include <linux/blk_types.h>
#include <linux/types.h>

struct cnull_cache;
struct cnull_store;

/**
 * struct cnull_cache_counts - what a cache has done, in 512-byte sectors
 * @read_hits: read from the cache
 * @read_misses: read from the store
 * @write_hits: written over data that was in the cache
 * @write_misses: written to the cache otherwise
 * @write_through: written to the store at once (FUA)
 * @evicted: written back to make room
 * @flushed: written back by a flush
 */
struct cnull_cache_counts {
	unsigned long	read_hits;
	unsigned long	read_misses;
	unsigned long	write_hits;
	unsigned long	write_misses;
	unsigned long	write_through;
	unsigned long	evicted;
	unsigned long	flushed;
};

struct cnull_cache *cnull_cache_create(struct cnull_store *store, u64 bytes);
void cnull_cache_destroy(struct cnull_cache *cache);
blk_status_t cnull_cache_bio(struct cnull_cache *cache, struct bio *bio,
			     bool fua, gfp_t gfp);
blk_status_t cnull_cache_flush(struct cnull_cache *cache, gfp_t gfp);
blk_status_t cnull_cache_discard(struct cnull_cache *cache, sector_t sector,
				 sector_t nr_sectors, gfp_t gfp);
unsigned long cnull_cache_nr_pages(const struct cnull_cache *cache);
void cnull_cache_sum(const struct cnull_cache *cache,
		     struct cnull_cache_counts *sum);

#endif /* _CNULL_CACHE_H */
