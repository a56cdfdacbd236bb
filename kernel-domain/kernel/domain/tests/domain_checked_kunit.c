// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of checked images: that compilers put a check before each kind of
 * store, and that a store which is refused is not made and ends like a fault.
 *
 * Where a domain may store is what domain_bounds_kunit.c and domain_owned_kunit.c
 * are about.
 */
#include <linux/irqflags.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "domain_checked.h"
#include "domain_fault_test.h"

#define REFUSED	"store outside of its memory"

DOMAIN_DEFINE_INTERFACE(checked, CHECKED_METHODS);

static const struct fault_kind checked_kind = {
	&domain_checked_interface, checked_image, checked_image_end,
	domain_checked_store,
};

static const struct fault_kind unchecked_kind = {
	&domain_checked_interface, unchecked_image, unchecked_image_end,
	domain_checked_store,
};

/* A way to store, and how many bytes that writes */
struct checked_how {
	const char *name;
	u64 how, size;
};

static const struct checked_how checked_hows[] = {
	{ "u8", CHECKED_U8, 1 },
	{ "u16", CHECKED_U16, 2 },
	{ "u32", CHECKED_U32, 4 },
	{ "u64", CHECKED_U64, 8 },
	{ "bit", CHECKED_BIT, 1 },
	{ "add", CHECKED_ADD, 8 },
	{ "exchange", CHECKED_EXCHANGE, 8 },
	{ "big", CHECKED_BIG, CHECKED_BIG_SIZE },
	{ "clear", CHECKED_CLEAR, CHECKED_BIG_SIZE },
	{ "memcpy", CHECKED_MEMCPY, CHECKED_BIG_SIZE },
	{ "memmove", CHECKED_MEMMOVE, CHECKED_BIG_SIZE },
	{ "memmove_down", CHECKED_MEMMOVE_DOWN, CHECKED_BIG_SIZE },
	{ "memset", CHECKED_MEMSET, CHECKED_BIG_SIZE },
	{ "loop", CHECKED_LOOP, CHECKED_BIG_SIZE },
};
static_assert(ARRAY_SIZE(checked_hows) == CHECKED_HOWS - 1);

KUNIT_ARRAY_PARAM_DESC(how, checked_hows, name);

static struct domain_slot *checked_slot(struct kunit *test)
{
	return fault_slot(test, &checked_kind, "kunit", DOMAIN_POLICY_RESTART);
}

static struct domain *checked_current(struct kunit *test,
				      struct domain_slot *slot)
{
	struct domain *d = domain_get(domain_slot_current(slot));

	KUNIT_ASSERT_NOT_NULL(test, d);
	return d;
}

/* @ret is of a call of @d, in which a store to @addr was refused */
static void checked_expect(struct kunit *test, struct domain_slot *slot,
			   struct domain *d, long ret, unsigned long addr)
{
	u32 id = d->id;

	KUNIT_EXPECT_EQ(test, ret, -EOWNERDEAD);
	KUNIT_EXPECT_STREQ(test, d->fault.what, REFUSED);
	KUNIT_EXPECT_EQ(test, d->fault.addr, addr);
	domain_put(d);
	fault_expect_restart(test, &checked_kind, slot, id);
}

#define EXPECT_REFUSED(test, slot, call, addr)				\
do {									\
	struct domain *__d = checked_current(test, slot);		\
									\
	checked_expect(test, slot, __d, call, (unsigned long)(addr));	\
} while (0)

/* Each way, to memory of the domain's and to the kernel's */
static void domain_checked_test_how(struct kunit *test)
{
	const struct checked_how *how = test->param_value;
	struct domain_slot *slot = checked_slot(test);
	u8 before[64], *victim;
	unsigned long addr;
	int i;

	victim = kunit_kmalloc(test, sizeof(before), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, victim);
	/* each byte another: also what is moved within it is seen */
	for (i = 0; i < sizeof(before); i++)
		victim[i] = 0x80 | i;
	memcpy(before, victim, sizeof(before));

	/* not the first words: what is moved down comes from before */
	addr = domain_checked_address(slot, CHECKED_DATA, 0) + 8;
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, how->how, addr), 0);
	addr = domain_checked_address(slot, CHECKED_HEAP, how->size);
	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, how->how, addr), 0);
	/* the last byte would be one past the end */
	EXPECT_REFUSED(test, slot,
		       domain_checked_store(slot, how->how, addr + 1),
		       how->how == CHECKED_LOOP ? addr + how->size : addr + 1);

	EXPECT_REFUSED(test, slot,
		       domain_checked_store(slot, how->how,
					    (unsigned long)victim + 16),
		       victim + 16);
	KUNIT_EXPECT_MEMEQ(test, victim, before, sizeof(before));
	fault_done(test, slot);
}

static void checked_refuse(struct kunit *test, struct domain_slot *slot,
			   unsigned long addr)
{
	EXPECT_REFUSED(test, slot,
		       domain_checked_store(slot, CHECKED_U64, addr), addr);
}

static unsigned long checked_address(struct kunit *test,
				     struct domain_slot *slot, u64 what, u64 arg)
{
	long addr = domain_checked_address(slot, what, arg);

	KUNIT_ASSERT_NE(test, addr, 0);
	return addr;
}

/* Places that are nobody's, or the image's for reading, or not the domain's */
static void domain_checked_test_where(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test), *other;
	u64 mine[4] = { 1, 2, 3, 4 };
	unsigned long addr;

	checked_refuse(test, slot, 8);
	checked_refuse(test, slot, 0x400000);
	checked_refuse(test, slot, -4096UL * 3);
	checked_refuse(test, slot, -8UL);
	checked_refuse(test, slot, -4UL);
	checked_refuse(test, slot, 0x6b6b6b6b6b6b6b6bUL);
	checked_refuse(test, slot, (unsigned long)&domain_services);
	checked_refuse(test, slot, (unsigned long)current);
	checked_refuse(test, slot, (unsigned long)slot);
	/* the caller's stack */
	checked_refuse(test, slot, (unsigned long)&mine[2]);
	KUNIT_EXPECT_EQ(test, mine[2], 3);

	addr = checked_address(test, slot, CHECKED_RODATA, 0);
	checked_refuse(test, slot, addr);
	addr = checked_address(test, slot, CHECKED_TEXT, 0);
	checked_refuse(test, slot, addr);
	addr = checked_address(test, slot, CHECKED_SERVICES, 0);
	checked_refuse(test, slot, addr);
	addr = checked_address(test, slot, CHECKED_DATA_END, 0);
	KUNIT_EXPECT_EQ(test, 0, domain_checked_store(slot, CHECKED_U8, addr - 1));
	addr = checked_address(test, slot, CHECKED_DATA_END, 0);
	checked_refuse(test, slot, addr - 7);
	addr = checked_address(test, slot, CHECKED_DATA_END, 0);
	checked_refuse(test, slot, addr);

	/* those that begin in the data and end behind */
	addr = checked_address(test, slot, CHECKED_DATA_END, 0) - 8;
	EXPECT_REFUSED(test, slot,
		       domain_checked_store(slot, CHECKED_BIG, addr), addr);
	addr = checked_address(test, slot, CHECKED_DATA_END, 0) - 8;
	EXPECT_REFUSED(test, slot,
		       domain_checked_store(slot, CHECKED_MEMSET, addr), addr);

	/* the data of another domain of the same image */
	other = fault_slot(test, &checked_kind, "kunit_other",
			   DOMAIN_POLICY_EMPTY);
	addr = checked_address(test, other, CHECKED_DATA, 0);
	checked_refuse(test, slot, addr);
	addr = checked_address(test, other, CHECKED_HEAP, 64);
	checked_refuse(test, slot, addr);
	addr = checked_address(test, other, CHECKED_SHARED, 64);
	checked_refuse(test, slot, addr);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&other->faults), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_store(other, CHECKED_U64, addr), 0);
	fault_done(test, other);
	fault_done(test, slot);
}

static void domain_checked_test_heap(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	unsigned long p, q;

	p = checked_address(test, slot, CHECKED_HEAP, 36);
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, CHECKED_U64, p), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, CHECKED_U64, p + 28), 0);
	checked_refuse(test, slot, p + 29);

	p = checked_address(test, slot, CHECKED_HEAP, 64);
	checked_refuse(test, slot, p - 8);

	p = checked_address(test, slot, CHECKED_HEAP, 64);
	q = checked_address(test, slot, CHECKED_HEAP, 64);
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, CHECKED_U64, q), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_release(slot, p), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_store(slot, CHECKED_U64, q), 0);
	checked_refuse(test, slot, p);
	/* what the dead domain had is not its successor's */
	checked_refuse(test, slot, q);
	fault_done(test, slot);
}

static void domain_checked_test_index(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	unsigned long base;
	struct domain *d;
	int i;

	for (i = 0; i < 8; i++) {
		KUNIT_EXPECT_EQ(test, domain_checked_index(slot, 0, i), 0);
		KUNIT_EXPECT_EQ(test, domain_checked_index(slot, 1, i), 0);
	}
	/* far beyond the data, and beyond the stack on either side */
	for (i = 0; i < 4; i++) {
		u64 far = i & 1 ? 1 << 20 : -(1LL << 20);

		d = checked_current(test, slot);
		KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
				domain_checked_index(slot, i / 2, far));
		KUNIT_EXPECT_STREQ(test, d->fault.what, REFUSED);
		base = d->id;
		domain_put(d);
		fault_expect_restart(test, &checked_kind, slot, base);
	}
	fault_done(test, slot);
}

static void domain_checked_test_args(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	const size_t size = sizeof(struct checked_buf);
	struct checked_buf *buf, before;
	u64 *v;

	/* neither is at the end of what kmalloc() gives */
	buf = kunit_kzalloc(test, size + 64, GFP_KERNEL);
	v = kunit_kzalloc(test, 16 * sizeof(*v), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, v);

	KUNIT_EXPECT_EQ(test, domain_checked_one(slot, buf, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_one(slot, buf, size - 8), 0);
	KUNIT_EXPECT_EQ(test, buf->word[7], 1);
	EXPECT_REFUSED(test, slot, domain_checked_one(slot, buf, size - 7),
		       (u8 *)buf + size - 7);
	EXPECT_REFUSED(test, slot, domain_checked_one(slot, buf, size),
		       (u8 *)buf + size);
	EXPECT_REFUSED(test, slot, domain_checked_one(slot, buf, -8),
		       (u8 *)buf - 8);
	before = *buf;
	EXPECT_REFUSED(test, slot, domain_checked_look(slot, buf, 0), buf);
	KUNIT_EXPECT_MEMEQ(test, buf, &before, size);
	/* after the call it is not its any more */
	checked_refuse(test, slot, (unsigned long)buf);

	KUNIT_EXPECT_EQ(test, domain_checked_fill(slot, v, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, v[7], 8);
	EXPECT_REFUSED(test, slot, domain_checked_fill(slot, v, 8, 9), v + 8);
	KUNIT_EXPECT_EQ(test, v[8], 0);
	KUNIT_EXPECT_EQ(test, domain_checked_fill(slot, v, 0, 0), 0);
	EXPECT_REFUSED(test, slot, domain_checked_fill(slot, v, 0, 1), v);
	fault_done(test, slot);
}

static void domain_checked_test_shared(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	const size_t size = sizeof(struct checked_buf);
	struct domain_shared *obj;
	u8 *p;

	obj = domain_shared_alloc(size, CHECKED_BUF_TYPE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	p = domain_shared_data(obj);

	checked_refuse(test, slot, (unsigned long)p);
	KUNIT_EXPECT_EQ(test, domain_checked_lend(slot, obj, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_checked_lend(slot, obj, size - 8), 0);
	EXPECT_REFUSED(test, slot, domain_checked_lend(slot, obj, size - 4),
		       p + size - 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	checked_refuse(test, slot, (unsigned long)p);
	/* the object that is lent is no leave to use another */
	EXPECT_REFUSED(test, slot, domain_checked_lend(slot, obj, 1 << 20),
		       p + (1 << 20));
	/* given, and not taken */
	EXPECT_REFUSED(test, slot, domain_checked_keep(slot, obj, size),
		       p + size);
	KUNIT_EXPECT_EQ(test, atomic_read(&obj->owner), DOMAIN_ID_KERNEL);
	/* given, and kept */
	KUNIT_EXPECT_EQ(test, domain_checked_keep(slot, obj, 0), 0);
	KUNIT_EXPECT_EQ(test, 0, domain_checked_store(slot, CHECKED_U64,
						      (unsigned long)p + 8));
	KUNIT_EXPECT_EQ(test, 0,
			domain_shared_release(p, domain_slot_current(slot)));
	checked_refuse(test, slot, (unsigned long)p);
	fault_done(test, slot);
}

/* export_state() may write what there is room for */
static void domain_checked_test_transfer(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	struct domain *d, *next;

	next = fault_load(test, &checked_kind);
	d = checked_current(test, slot);
	KUNIT_EXPECT_EQ(test, fault_update(slot, next, d->id), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	domain_put(next);

	next = fault_load(test, &checked_kind);
	d = checked_current(test, slot);
	KUNIT_EXPECT_EQ(test, domain_checked_size(slot, 65), 0);
	KUNIT_EXPECT_EQ(test, fault_update(slot, next, d->id), -EOWNERDEAD);
	KUNIT_EXPECT_STREQ(test, d->fault.what, REFUSED);
	fault_expect_restart(test, &checked_kind, slot, d->id);
	KUNIT_EXPECT_EQ(test, domain_unload(next), 0);
	domain_put(d);
	domain_put(next);
	fault_done(test, slot);
}

/* In any context, and with many callers none is confused with another */
static void domain_checked_test_context(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	struct domain *d = checked_current(test, slot);
	unsigned long addr, flags;
	long ret;

	addr = checked_address(test, slot, CHECKED_HEAP, 64);
	local_irq_save(flags);
	ret = domain_checked_store(slot, CHECKED_MEMSET, addr);
	KUNIT_EXPECT_EQ(test, ret, 0);
	ret = domain_checked_store(slot, CHECKED_U64, (unsigned long)slot);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	checked_expect(test, slot, d, ret, (unsigned long)slot);

	d = checked_current(test, slot);
	local_bh_disable();
	ret = domain_checked_store(slot, CHECKED_U64, (unsigned long)slot);
	local_bh_enable();
	checked_expect(test, slot, d, ret, (unsigned long)slot);
	fault_done(test, slot);
}

/* The note tells who is checked, and slots can insist on it */
static void domain_checked_test_demand(struct kunit *test)
{
	struct domain_slot *slot = checked_slot(test);
	struct domain *d = fault_load(test, &unchecked_kind);
	struct domain *old = checked_current(test, slot);
	u32 id;

	KUNIT_EXPECT_TRUE(test, old->is_checked);
	KUNIT_EXPECT_FALSE(test, d->is_checked);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, true), 0);
	KUNIT_EXPECT_EQ(test, fault_update(slot, d, old->id), -EACCES);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), old->id);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, false), 0);
	KUNIT_EXPECT_EQ(test, fault_update(slot, d, old->id), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(old), 0);
	domain_put(old);
	/* an unchecked image meets what the CPU does not allow, no more */
	id = d->id;
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			domain_checked_store(slot, CHECKED_U64, 8));
	KUNIT_EXPECT_STRNEQ(test, d->fault.what, REFUSED);
	domain_put(d);
	fault_expect_restart(test, &unchecked_kind, slot, id);

	/* what it would fall back to is not taken either */
	KUNIT_EXPECT_EQ(test, domain_slot_set_policy(slot, DOMAIN_POLICY_FALLBACK), 0);
	d = fault_load(test, &checked_kind);
	old = checked_current(test, slot);
	KUNIT_EXPECT_EQ(test, fault_update(slot, d, old->id), 0);
	KUNIT_EXPECT_EQ(test, domain_unload(old), 0);
	domain_put(old);
	KUNIT_EXPECT_EQ(test, domain_slot_demand_checked(slot, true), 0);
	KUNIT_EXPECT_EQ(test, -EOWNERDEAD,
			domain_checked_store(slot, CHECKED_U64, 8));
	KUNIT_ASSERT_TRUE(test, fault_wait(fault_failed, d));
	fault_expect_empty(test, &checked_kind, slot, d);
	domain_put(d);
	fault_done(test, slot);
}

static int checked_suite_init(struct kunit_suite *suite)
{
	return domain_interface_register(&domain_checked_interface);
}

static void checked_suite_exit(struct kunit_suite *suite)
{
	domain_interface_unregister(&domain_checked_interface);
}

static struct kunit_case domain_checked_cases[] = {
	KUNIT_CASE_PARAM(domain_checked_test_how, how_gen_params),
	KUNIT_CASE(domain_checked_test_where),
	KUNIT_CASE(domain_checked_test_heap),
	KUNIT_CASE(domain_checked_test_index),
	KUNIT_CASE(domain_checked_test_args),
	KUNIT_CASE(domain_checked_test_shared),
	KUNIT_CASE(domain_checked_test_transfer),
	KUNIT_CASE(domain_checked_test_context),
	KUNIT_CASE(domain_checked_test_demand),
	{}
};

static struct kunit_suite domain_checked_suite = {
	.name = "domain_checked",
	.suite_init = checked_suite_init,
	.suite_exit = checked_suite_exit,
	.test_cases = domain_checked_cases,
};
kunit_test_suite(domain_checked_suite);

MODULE_DESCRIPTION("KUnit tests of checked images of domains");
MODULE_LICENSE("GPL");
