/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_STORE_H
#define _CNULL_STORE_H

#include <linux/atomic.h>
#include <linux/blk_types.h>
#include <linux/generic-radix-tree.h>

/* The largest index of a slot. */
#define CNULL_STORE_MAX_PAGES	(ULONG_MAX / sizeof(void *))

/**
 * struct cnull_store - sparse memory addressed by byte, read without a lock
 * @slots: the pages; NULL reads as zeroes
 * @nr_pages: pages allocated
 * @node: NUMA node to allocate from, or NUMA_NO_NODE
 */
struct cnull_store {
	GENRADIX(struct page __rcu *)	slots;
	atomic_long_t			nr_pages;
	int				node;
};

void cnull_store_init(struct cnull_store *store);
void cnull_store_destroy(struct cnull_store *store);
blk_status_t cnull_store_bio(struct cnull_store *store, struct bio *bio,
			     gfp_t gfp);
void cnull_store_discard(struct cnull_store *store, sector_t sector,
			 sector_t nr_sectors, gfp_t gfp);
struct page *cnull_store_alloc_page(struct cnull_store *store, gfp_t gfp);
bool cnull_store_discard_is_short(sector_t nr_sectors);
struct page __rcu **cnull_store_reserve(struct cnull_store *store,
					unsigned long index, gfp_t gfp);
bool cnull_store_absorb(struct cnull_store *store, struct page __rcu **slot,
			struct page *page, const unsigned long *valid);
size_t cnull_store_table_bytes(struct cnull_store *store);

#endif /* _CNULL_STORE_H */
