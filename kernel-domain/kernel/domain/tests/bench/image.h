/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image of all interfaces of bench.h; BENCH_IMPORT, if defined, is what
 * import_state() returns
 */
#include <linux/domain_sdk.h>

#include "bench.h"

#define BENCH_STATE_TYPE	0x62656e63	/* "benc" */

static u64 count;

static __domain_method long bench_nop(u64 a)
{
	return a;
}

static __domain_method long bench_count(struct bench_cell *cell)
{
	cell->calls++;
	return __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
}

static __domain_method long bench_lend(struct bench_buf *buf)
{
	return ++buf->value;
}

static __domain_method long bench_total(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

static __domain_method long bench_sleep(u64 ms)
{
	long ret = 0;
	u64 slice;

	/* the service sleeps for a second at most */
	for (; ms && !ret; ms -= slice) {
		slice = ms < 100 ? ms : 100;
		ret = domain_services->sleep_ns(slice * 1000000);
	}
	return ret;
}

/* A store per round, which depends on the one before as little as can be */
static __attribute__((noinline)) long bench_compute(u64 **v, u64 mask, u64 n)
{
	u64 x = 1, i;

	for (i = 0; i < n; i++) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		v[i & mask][x >> 60] = x;
	}
	return 0;
}

static __attribute__((noinline)) long bench_copy(u8 *to, const u8 *from, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		to[i] = from[i];
	return 0;
}

static long bench_work(u64 what, u64 n)
{
	const struct domain_services *s = domain_services;
	static u64 table[16];
	u64 local[16], *v[8] = {};
	long ret = -ENOMEM;
	u64 i;

	switch (what) {
	case BENCH_DATA:
		v[0] = table;
		return bench_compute(v, 0, n);
	case BENCH_STACK:
		v[0] = local;
		return bench_compute(v, 0, n);
	case BENCH_HEAP:
		v[0] = s->alloc(sizeof(table));
		if (v[0])
			ret = bench_compute(v, 0, n);
		break;
	case BENCH_HEAPS:
		for (i = 0; i < ARRAY_SIZE(v); i++) {
			v[i] = s->alloc(sizeof(table));
			if (!v[i])
				goto out;
		}
		ret = bench_compute(v, ARRAY_SIZE(v) - 1, n);
		break;
	case BENCH_SHARED:
		v[0] = s->shared_alloc(sizeof(table), BENCH_BUF_TYPE);
		if (!v[0])
			return -ENOMEM;
		ret = bench_compute(v, 0, n);
		s->shared_free(v[0]);
		return ret;
	case BENCH_COPY:
	case BENCH_MEMCPY:
		v[0] = s->alloc(n);
		v[1] = s->alloc(n);
		if (!v[0] || !v[1])
			break;
		if (what == BENCH_COPY)
			bench_copy((u8 *)v[0], (u8 *)v[1], n);
		else
			memcpy(v[0], v[1], n);
		ret = 0;
		break;
	default:
		return -EINVAL;
	}
out:
	for (i = 0; i < ARRAY_SIZE(v); i++)
		s->free(v[i]);
	return ret;
}

static long bench_export(void *buf, u64 size)
{
	if (size < sizeof(count))
		return -ENOSPC;
	memcpy(buf, &count, sizeof(count));
	return sizeof(count);
}

static long bench_import(u64 version, const void *buf, u64 size)
{
#ifdef BENCH_IMPORT
	return BENCH_IMPORT;
#endif
	if (size != sizeof(count))
		return -EINVAL;
	memcpy(&count, buf, sizeof(count));
	return 0;
}

#define BENCH_IMAGE(iface, ...)						\
	static const struct domain_##iface##_ops methods = {		\
		.nop = bench_nop,					\
		.count = bench_count,					\
		.lend = bench_lend,					\
		.total = bench_total,					\
		.sleep = bench_sleep,					\
		.work = bench_work,					\
	};								\
									\
	static const struct domain_image_ops ops = {			\
		.size = sizeof(ops),					\
		.nr_methods = DOMAIN_##iface##_NR,			\
		.methods = &methods,					\
		.export_state = bench_export,				\
		.import_state = bench_import,				\
		.state_size = sizeof(count),				\
	};								\
									\
	DOMAIN_IMAGE(iface, BENCH_METHODS, ops, .version = "1", __VA_ARGS__)
