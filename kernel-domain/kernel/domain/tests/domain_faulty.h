/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interfaces of the images that crash, one for each context in which they
 * are to do so
 */
#ifndef _DOMAIN_FAULTY_H
#define _DOMAIN_FAULTY_H

#include <linux/domain_interface.h>

#define FAULTY_BUF_TYPE		0x66627566U	/* "fbuf" */

/* Keys of a slot's store: in these functions, crash in the way that is there */
#define FAULTY_KEY_INIT		2
#define FAULTY_KEY_EXPORT	3
#define FAULTY_KEY_IMPORT	4
#define FAULTY_KEY_EXIT		5

struct faulty_buf {
	u64 value;
};

/*
 * crash: in a way of samples/domain/faulty.h. Returns how often it did not, if
 *	@way is 0.
 * lend: write @way into the buffer, then crash in that way
 * give: likewise, with a buffer that it might have kept
 * nest: call crash() of the slot "kunit_inner". Returns what that returned,
 *	and 1000 more.
 * remember: add @n to a number in the slot's store. Returns the sum.
 * arguments: pass bad arguments to all services. Returns how many were taken.
 * nest_pass: lend or give a buffer of its own to lend() or give() of the slot
 *	"kunit_inner". Returns what that returned, and 1000 more, or an error if the
 *	buffer did not come back.
 * misalign: return by how much a local variable misses its alignment of 16 bytes.
 */
#define FAULTY_METHODS(M, i)						\
	M(i, crash, (VAL, u64, way), (VAL, u64, arg))			\
	M(i, lend, (LEND, struct faulty_buf *, buf), (VAL, u64, way))	\
	M(i, give, (GIVE, struct faulty_buf *, buf), (VAL, u64, way))	\
	M(i, nest, (VAL, u64, way))					\
	M(i, remember, (VAL, u64, n))					\
	M(i, arguments)							\
	M(i, nest_pass, (VAL, u64, way), (VAL, u64, give))		\
	M(i, misalign)

DOMAIN_DECLARE_INTERFACE(faulty_rcu, FAULTY_METHODS, 1, RCU);
DOMAIN_DECLARE_INTERFACE(faulty_srcu, FAULTY_METHODS, 1, SRCU);
DOMAIN_DECLARE_INTERFACE(faulty_ref, FAULTY_METHODS, 1, REF_ATOMIC);

#ifndef __DOMAIN_IMAGE__
/* The images, in faulty_images.S */
extern const u8 faulty_rcu_image[], faulty_rcu_image_end[];
extern const u8 faulty_srcu_image[], faulty_srcu_image_end[];
extern const u8 faulty_ref_image[], faulty_ref_image_end[];
extern const u8 faulty_rcu_checked_image[], faulty_rcu_checked_image_end[];
extern const u8 faulty_srcu_checked_image[], faulty_srcu_checked_image_end[];
extern const u8 faulty_ref_checked_image[], faulty_ref_checked_image_end[];
#endif

#endif /* _DOMAIN_FAULTY_H */
