/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between pages of data, as cheaply as the compiler allows.
 */
#ifndef _CNULL_COPY_H
#define _CNULL_COPY_H

#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/string.h>

/*
 * Copies at most a page. Inlined, so that the compiler sees the bound on @len
 * and copies in place; whole pages apart, since they need no code for alignment
 * and remainder. Sanitizers check memcpy(), but not copy_page().
 */
static __always_inline void cnull_copy(void *dst, const void *src,
				       unsigned int len)
{
	if (len == PAGE_SIZE && !IS_ENABLED(CONFIG_KASAN) &&
	    !IS_ENABLED(CONFIG_KMSAN))
		copy_page(dst, (void *)src);
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

/*
 * The page that a bio consists of if it is one whole page, of memory as of the
 * disk, which is what most small I/O is; NULL if it is something else.
 */
static __always_inline struct page *cnull_whole_page(const struct bio *bio)
{
	struct bio_vec bv = mp_bvec_iter_bvec(bio->bi_io_vec, bio->bi_iter);

	if (bio->bi_iter.bi_size != PAGE_SIZE || bv.bv_len != PAGE_SIZE ||
	    offset_in_page(bv.bv_offset) ||
	    bio->bi_iter.bi_sector % PAGE_SECTORS)
		return NULL;
	return bv.bv_page + (bv.bv_offset >> PAGE_SHIFT);
}

#endif /* _CNULL_COPY_H */
