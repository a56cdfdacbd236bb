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

/*
 * nop: return @a
 * count: count the call in @cell and in the domain; returns the domain's count
 * lend: increment @buf->value and return it
 * total: return the domain's count
 * sleep: stay inside for @ms milliseconds; -EWOULDBLOCK where that is forbidden
 */
#define BENCH_METHODS(M, i)						\
	M(i, nop, (VAL, u64, a))					\
	M(i, count, (PTR, struct bench_cell *, cell))			\
	M(i, lend, (LEND, struct bench_buf *, buf))			\
	M(i, total)							\
	M(i, sleep, (VAL, u64, ms))

DOMAIN_DECLARE_INTERFACE(bench_rcu, BENCH_METHODS, 1, RCU);
DOMAIN_DECLARE_INTERFACE(bench_srcu, BENCH_METHODS, 1, SRCU);
DOMAIN_DECLARE_INTERFACE(bench_ref, BENCH_METHODS, 1, REF);
DOMAIN_DECLARE_INTERFACE(bench_ref_atomic, BENCH_METHODS, 1, REF_ATOMIC);

#endif /* _DOMAIN_BENCH_H */
