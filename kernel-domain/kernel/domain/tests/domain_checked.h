/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the image that stores where it is told to
 */
#ifndef _DOMAIN_CHECKED_H
#define _DOMAIN_CHECKED_H

#include <linux/domain_interface.h>

#define CHECKED_BUF_TYPE	0x63627566U	/* "cbuf" */

struct checked_buf {
	u64 word[8];
};

/* How to store; the value is not zero */
enum {
	CHECKED_NONE,
	CHECKED_U8,
	CHECKED_U16,
	CHECKED_U32,
	CHECKED_U64,
	CHECKED_BIT,		/* one byte is read and written */
	CHECKED_ADD,		/* atomically, 8 bytes */
	CHECKED_EXCHANGE,	/* likewise */
	CHECKED_BIG,		/* these write CHECKED_BIG_SIZE bytes */
	CHECKED_CLEAR,
	CHECKED_MEMCPY,
	CHECKED_MEMMOVE,	/* from overlapping memory above */
	CHECKED_MEMMOVE_DOWN,	/* and below */
	CHECKED_MEMSET,
	CHECKED_LOOP,
	CHECKED_HOWS,
};

#define CHECKED_BIG_SIZE	40

/* What an image has the address of */
enum {
	CHECKED_DATA,		/* of CHECKED_BIG_SIZE + 8 bytes */
	CHECKED_DATA_END,	/* the image's last byte of data is before it */
	CHECKED_RODATA,
	CHECKED_TEXT,
	CHECKED_SERVICES,	/* the pointer that the checks go by */
	CHECKED_HEAP,		/* new, @arg bytes */
	CHECKED_SHARED,
};

/*
 * store: to @addr, in the way @how. Returns 0; how often there was none, if @how
 *	is CHECKED_NONE.
 * address: of something
 * release: free private memory
 * index: store to element @i of a table of 8, on the stack or not
 * lend: store to @buf + @off. Returns 0.
 * keep: as above; the object is the domain's afterwards
 * fill: set @n elements of @v, which has @len. Returns 0.
 * one: store to @buf + @off
 * look: likewise, though it is for reading
 * size: let export_state() write so many bytes
 */
#define CHECKED_METHODS(M, i)						\
	M(i, store, (VAL, u64, how), (VAL, u64, addr))			\
	M(i, address, (VAL, u64, what), (VAL, u64, arg))		\
	M(i, release, (VAL, u64, addr))					\
	M(i, index, (VAL, u64, stack), (VAL, u64, i))			\
	M(i, lend, (LEND, struct checked_buf *, buf), (VAL, u64, off))	\
	M(i, keep, (GIVE, struct checked_buf *, buf), (VAL, u64, off))	\
	M(i, fill, (VEC, u64 *, v), (VAL, u64, len), (VAL, u64, n))	\
	M(i, one, (PTR, struct checked_buf *, buf), (VAL, u64, off))	\
	M(i, look, (PTR, const struct checked_buf *, buf), (VAL, u64, off)) \
	M(i, size, (VAL, u64, n))

DOMAIN_DECLARE_INTERFACE(checked, CHECKED_METHODS, 1, REF_ATOMIC);

#ifndef __DOMAIN_IMAGE__
/* The same source, checked and not; in faulty_images.S */
extern const u8 checked_image[], checked_image_end[];
extern const u8 unchecked_image[], unchecked_image_end[];
#endif

#endif /* _DOMAIN_CHECKED_H */
