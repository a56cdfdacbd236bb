// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reads of a null device return if it has a pattern: data that depends on
 * nothing but its place and the seed, so that a reader can check it, and that
 * differs from block to block, so that nothing on the way can take a shortcut.
 */
#include <linux/bio.h>
#include <linux/hash.h>
#include <linux/highmem.h>
#include <linux/unaligned.h>

#include <kunit/visibility.h>

#include "pattern.h"

/**
 * cnull_pattern_fill() - Fill a bio with the pattern of a device
 * @bio: a read, not advanced
 * @pos: place of its first byte on the disk, in bytes, a multiple of 512
 * @len: bytes to fill, a multiple of 512, at most the length of @bio
 * @seed: the setting "pattern"
 *
 * The disk consists of little-endian 64-bit words; that with number i is
 * (i + @seed) * GOLDEN_RATIO_64: the multiplicative hash of <linux/hash.h>,
 * because its next value costs one addition.
 *
 * Context: Any.
 */
void cnull_pattern_fill(struct bio *bio, u64 pos, unsigned int len,
			unsigned long seed)
{
	u64 word = (pos / sizeof(u64) + seed) * GOLDEN_RATIO_64;
	struct bvec_iter iter = bio->bi_iter;
	unsigned int byte = 0;
	struct bio_vec bv;

	iter.bi_size = len;
	__bio_for_each_segment(bv, bio, iter, iter) {
		u8 *p = bvec_kmap_local(&bv);
		u8 *q = p, *end = p + bv.bv_len;

		while (q < end) {
			if (!byte && end - q >= sizeof(u64)) {
				put_unaligned_le64(word, q);
				q += sizeof(u64);
			} else {
				/* A segment may end within a word. */
				*q++ = word >> (8 * byte);
				byte = (byte + 1) % sizeof(u64);
				if (byte)
					continue;
			}
			word += GOLDEN_RATIO_64;
		}
		kunmap_local(p);
		flush_dcache_page(bv.bv_page);
	}
}
EXPORT_SYMBOL_IF_KUNIT(cnull_pattern_fill);
