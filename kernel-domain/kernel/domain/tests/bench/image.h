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
