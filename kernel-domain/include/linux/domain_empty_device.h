/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface "empty_device": a device that counts what passes through it, the
 * example of a stateful interface and of passing shared objects
 */
#ifndef _LINUX_DOMAIN_EMPTY_DEVICE_H
#define _LINUX_DOMAIN_EMPTY_DEVICE_H

#include <linux/domain_interface.h>

/* The type of the shared objects that the methods take, and what is in them */
#define DOMAIN_EMPTY_BUF_TYPE	0x656d7074U	/* "empt" */

struct domain_empty_buf {
	u64 len;
	u8 data[248];
};

/* What info() fills in. All of it continues over an update. */
struct domain_empty_info {
	u64 opens;		/* open() less release() */
	u64 reads;
	u64 writes;
	u64 bytes;		/* written */
	u64 checksum;		/* sum of the bytes written, modulo 2^64 */
	u64 kept;		/* buffers taken by keep() and not yet given back */
	u64 version;		/* of the image that answers */
};

/*
 * read: fill @len bytes; the first version gives zeroes. Returns @len.
 * write: take @len bytes. Returns @len.
 * exchange: count the buffer's bytes as written, then overwrite them with
 *	their complement. Returns their number.
 * keep: take the buffer for good. Returns the number of those kept.
 * drop: free all that were kept. Returns their number.
 */
#define DOMAIN_EMPTY_DEVICE_METHODS(M, i)				\
	M(i, open)							\
	M(i, release)							\
	M(i, read, (VEC, u8 *, buf), (VAL, u64, len))			\
	M(i, write, (VEC, const u8 *, buf), (VAL, u64, len))		\
	M(i, info, (PTR, struct domain_empty_info *, info))		\
	M(i, exchange, (LEND, struct domain_empty_buf *, buf))		\
	M(i, keep, (GIVE, struct domain_empty_buf *, buf))		\
	M(i, drop)

DOMAIN_DECLARE_INTERFACE(empty_device, DOMAIN_EMPTY_DEVICE_METHODS, 1, REF);

#endif /* _LINUX_DOMAIN_EMPTY_DEVICE_H */
