/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DOMAIN_BENCH_MAIN_H
#define _DOMAIN_BENCH_MAIN_H

#include <linux/mutex.h>

#include "bench.h"

struct bench_caller;
struct dentry;

#define BENCH_MAX_CALLERS	32

/* One interface, its slot, and who calls it */
struct bench_kind {
	const char *name;
	struct domain_interface *iface;
	long (*count)(struct domain_slot *slot, struct bench_cell *cell);
	long (*total)(struct domain_slot *slot);
	long (*sleep)(struct domain_slot *slot, u64 ms);
	/* loops of @n calls, for time; return what one call did */
	long (*nop_loop)(struct domain_slot *slot, unsigned int n);
	long (*lend_loop)(struct domain_slot *slot, struct domain_shared *obj,
			  unsigned int n);
	bool atomic;		/* can be called from an interrupt */
	bool stateful;

	struct domain_slot *slot;
	struct mutex lock;	/* all below */
	struct bench_caller *callers;
	unsigned int nr_callers;
	u64 calls, busy, errors, lost, twice, disordered;
	u64 least, most;	/* calls of one caller */
};

void bench_stress_files(struct bench_kind *kind, struct dentry *dir);
void bench_stop(struct bench_kind *kind);

#endif /* _DOMAIN_BENCH_MAIN_H */
