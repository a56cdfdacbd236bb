/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What domain_bench.ko and the images for it agree on: one interface of each
 * kind, all with the same methods
 */
#ifndef _DOMAIN_BENCH_H
#define _DOMAIN_BENCH_H

#include <linux/domain_interface.h>

/* What a caller knows of its own calls; only the caller and its calls write it */
struct bench_cell {
	u64 calls;
};

#define BENCH_BUF_TYPE	0x62656e63U	/* "benc" */

struct bench_buf {
	u64 value;
	u8 rest[248];
};

/* Where the stores of work() go */
enum bench_work {
	BENCH_DATA,		/* of the image */
	BENCH_STACK,
	BENCH_HEAP,		/* one piece of private memory */
	BENCH_HEAPS,		/* eight pieces in turns */
	BENCH_SHARED,		/* a shared object */
	BENCH_COPY,		/* byte by byte, to private memory */
	BENCH_MEMCPY,		/* the same by memcpy() */
	BENCH_WORKS,
};

/*
 * nop: return @a
 * count: count the call in @cell and in the domain; returns the domain's count
 * lend: increment @buf->value and return it
 * total: return the domain's count
 * work: make @n stores, or a copy of @n bytes, as enum bench_work says. Returns 0.
 * sleep: stay inside for @ms milliseconds; -EWOULDBLOCK where that is forbidden
 */
#define BENCH_METHODS(M, i)						\
	M(i, nop, (VAL, u64, a))					\
	M(i, count, (PTR, struct bench_cell *, cell))			\
	M(i, lend, (LEND, struct bench_buf *, buf))			\
	M(i, total)							\
	M(i, sleep, (VAL, u64, ms))					\
	M(i, work, (VAL, u64, what), (VAL, u64, n))

DOMAIN_DECLARE_INTERFACE(bench_rcu, BENCH_METHODS, 1, RCU);
DOMAIN_DECLARE_INTERFACE(bench_srcu, BENCH_METHODS, 1, SRCU);
DOMAIN_DECLARE_INTERFACE(bench_ref, BENCH_METHODS, 1, REF);
DOMAIN_DECLARE_INTERFACE(bench_ref_atomic, BENCH_METHODS, 1, REF_ATOMIC);

#endif /* _DOMAIN_BENCH_H */
