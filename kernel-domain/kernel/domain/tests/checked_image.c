// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores where it is told to, in every way that compilers know. Built twice:
 * with checks, and without for slots that do not take that.
 */
#include <linux/domain_sdk.h>

#include "domain_checked.h"

struct big {
	u8 byte[CHECKED_BIG_SIZE];
};

struct bits {
	u8 low:3, high:5;
};

extern u8 __domain_data_end[];

static struct big big = { { 1, 2, 3 } };
static u64 data[CHECKED_BIG_SIZE / sizeof(u64) + 1];
static volatile u64 table[8];
static const u64 rodata[8] = { 42 };
static u64 calls, export_size = 64;

/* The compiler must not see where a pointer leads */
static void *hide(u64 addr)
{
	void *p = (void *)addr;

	asm volatile("" : "+r" (p));
	return p;
}

static long store(u64 how, u64 addr)
{
	u8 *p = hide(addr);
	u64 i;

	switch (how) {
	case CHECKED_NONE:
		return ++calls;
	case CHECKED_U8:
		*p = 1;
		return 0;
	case CHECKED_U16:
		*(u16 *)p = 1;
		return 0;
	case CHECKED_U32:
		*(volatile u32 *)p = 1;
		return 0;
	case CHECKED_U64:
		*(u64 *)p = 1;
		return 0;
	case CHECKED_BIT:
		((struct bits *)p)->high = 7;
		return 0;
	case CHECKED_ADD:
		__atomic_fetch_add((u64 *)p, 1, __ATOMIC_RELAXED);
		return 0;
	case CHECKED_EXCHANGE:
		__atomic_exchange_n((u64 *)p, 1, __ATOMIC_SEQ_CST);
		return 0;
	case CHECKED_BIG:
		*(struct big *)p = big;
		return 0;
	case CHECKED_CLEAR:
		*(struct big *)p = (struct big){};
		return 0;
	case CHECKED_MEMCPY:
		memcpy(p, &big, sizeof(big));
		return 0;
	case CHECKED_MEMMOVE:
		memmove(p, p + 4, CHECKED_BIG_SIZE);
		return 0;
	case CHECKED_MEMMOVE_DOWN:
		memmove(p, p - 4, CHECKED_BIG_SIZE);
		return 0;
	case CHECKED_MEMSET:
		memset(p, 1, (u64)hide(CHECKED_BIG_SIZE));
		return 0;
	case CHECKED_LOOP:
		for (i = 0; i < CHECKED_BIG_SIZE; i++)
			p[i] = 1;
		return 0;
	default:
		return -EINVAL;
	}
}

static long address(u64 what, u64 arg)
{
	const struct domain_services *s = domain_services;

	switch (what) {
	case CHECKED_DATA:
		return (long)hide((u64)data);
	case CHECKED_DATA_END:
		return (long)__domain_data_end;
	case CHECKED_RODATA:
		return (long)rodata;
	case CHECKED_TEXT:
		return (long)store;
	case CHECKED_SERVICES:
		return (long)&domain_services;
	case CHECKED_HEAP:
		return (long)s->alloc(arg);
	case CHECKED_SHARED:
		return (long)s->shared_alloc(arg, CHECKED_BUF_TYPE);
	default:
		return 0;
	}
}

static long release(u64 addr)
{
	return domain_services->free((void *)addr);
}

static long index(u64 stack, u64 i)
{
	volatile u64 local[8] = {};

	if (stack) {
		local[i] = 1;
		return local[0] & 0;
	}
	table[i] = 1;
	return table[0] & 0;
}

static long lend(struct checked_buf *buf, u64 off)
{
	return store(CHECKED_U64, (u64)buf + off);
}

static long fill(u64 *v, u64 len, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		v[i] = i + 1;
	return 0;
}

static long look(const struct checked_buf *buf, u64 off)
{
	return store(CHECKED_U64, (u64)buf + off);
}

static long size(u64 n)
{
	export_size = n;
	return 0;
}

static long export(void *buf, u64 room)
{
	memset(buf, 1, export_size);
	return room;
}

static long import(u64 version, const void *buf, u64 len)
{
	return 0;
}

static const struct domain_checked_ops methods = {
	.store = store,
	.address = address,
	.release = release,
	.index = index,
	.lend = lend,
	.keep = lend,
	.fill = fill,
	.one = lend,
	.look = look,
	.size = size,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_checked_NR,
	.methods = &methods,
	.export_state = export,
	.import_state = import,
	.state_size = 64,
};

DOMAIN_IMAGE(checked, CHECKED_METHODS, ops, .name = "checked", .version = "1",
	     .state_type = CHECKED_BUF_TYPE, .state_version = 1);
