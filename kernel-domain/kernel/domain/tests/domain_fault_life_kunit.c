// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of faults at the beginning and at the end of a domain: in its entry
 * point, when nobody knows it yet, and in exit(), when its slot has another one
 */
#include <linux/elf.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/domain.h>

#include "../image.h"
#include "domain_fault_test.h"

/* Instructions to start with, in little endian */
static const struct life_code {
	const char *name;
	u8 bytes[4];
	size_t len;
} life_codes[] = {
#if defined(CONFIG_X86_64)
	{ "trap", { 0x0f, 0x0b }, 2 },
	{ "loop", { 0xeb, 0xfe }, 2 },
#elif defined(CONFIG_ARM64)
	{ "trap", { 0, 0, 0, 0 }, 4 },
	{ "loop", { 0, 0, 0, 0x14 }, 4 },
#else
	{ "trap", { 0, 0 }, 2 },
	{ "loop", { 0x6f, 0, 0, 0 }, 4 },
#endif
};

KUNIT_ARRAY_PARAM_DESC(code, life_codes, name);

/* Where the entry point is in the file; an ENDBR is left in place */
static size_t life_entry(struct kunit *test, const u8 *image, size_t len)
{
	static const u8 endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	const struct domain_image_target target = {
		.machine = ELF_ARCH,
		.page_size = PAGE_SIZE,
	};
	const struct domain_image_segment *text;
	struct domain_image_layout *layout;
	struct domain_image_error error;
	size_t offset;

	layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, layout);
	KUNIT_ASSERT_EQ(test, 0,
			domain_image_parse(image, len, &target, layout, &error));
	text = &layout->segment[DOMAIN_IMAGE_TEXT];
	offset = text->offset + layout->entry - text->vaddr;
	if (!memcmp(image + offset, endbr, sizeof(endbr)))
		offset += sizeof(endbr);
	return offset;
}

static bool life_is_loaded(const struct domain_file *file)
{
	struct domain *d, *next;
	bool found = false;

	for (d = domain_next_get(0); d; d = next) {
		found |= d->file == file;
		next = domain_next_get(d->id + 1);
		domain_put(d);
	}
	return found;
}

/* It is not loaded, and nobody has heard of it */
static void domain_fault_life_test_entry(struct kunit *test)
{
	const struct fault_kind *kind = &fault_kinds[FAULT_RCU];
	const struct life_code *code = test->param_value;
	size_t len = kind->image_end - kind->image;
	struct domain_file *file;
	struct domain_slot *slot;
	struct domain *d;

	file = kunit_kzalloc(test, struct_size(file, data, len), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, file);
	refcount_set(&file->refs, 1);
	file->heap_limit = DOMAIN_HEAP_DEFAULT;
	file->len = len;
	memcpy(file->data, kind->image, len);
	d = domain_load_file(file, true);
	KUNIT_ASSERT_FALSE(test, IS_ERR(d));
	KUNIT_EXPECT_TRUE(test, life_is_loaded(file));
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
	KUNIT_ASSERT_EQ(test, refcount_read(&file->refs), 1);

	memcpy(file->data + life_entry(test, kind->image, len), code->bytes,
	       code->len);
	fault_watchdog_set_ms(test, 200);
	d = domain_load_file(file, true);
	KUNIT_ASSERT_TRUE(test, IS_ERR(d));
	KUNIT_EXPECT_EQ(test, PTR_ERR(d), -EOWNERDEAD);
	KUNIT_EXPECT_FALSE(test, life_is_loaded(file));
	KUNIT_EXPECT_EQ(test, refcount_read(&file->refs), 1);

	/* others can be */
	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_EMPTY);
	KUNIT_EXPECT_EQ(test, kind->crash(slot, FAULTY_NONE, 0), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 0);
	fault_done(test, slot);
}

/* A domain that died in exit() has nothing left, and its slot has another one */
static void life_expect_gone(struct kunit *test, struct domain *d,
			     const struct fault_way *way)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&d->state), DOMAIN_FAILED);
	KUNIT_EXPECT_TRUE(test, domain_is_dead(d));
	KUNIT_EXPECT_EQ(test, d->ledger.count[DOMAIN_RES_HEAP], 0);
	KUNIT_EXPECT_EQ(test, d->ledger.bytes, 0);
	KUNIT_EXPECT_EQ(test, domain_shared_count(d), 0);
	if (way->what)
		KUNIT_EXPECT_STREQ(test, d->fault.what, way->what);
	KUNIT_EXPECT_EQ(test, domain_unload(d), 0);
	domain_put(d);
}

static void life_store(struct kunit *test, struct domain_slot *slot,
		       unsigned long key, u64 way)
{
	KUNIT_ASSERT_EQ(test, 0,
			domain_store_put(&slot->store, key, FAULTY_TYPE, 1, &way,
					 sizeof(way), GFP_KERNEL));
}

static void life_exit(struct kunit *test, const struct fault_kind *kind,
		      const struct fault_way *way)
{
	struct domain_slot *slot;
	struct domain *d, *next;
	u32 id;
	int ret;

	slot = fault_slot(test, kind, "kunit", DOMAIN_POLICY_RESTART);
	fault_give(test, kind, slot);
	life_store(test, slot, FAULTY_KEY_EXIT, way->way);
	d = domain_get(domain_slot_current(slot));
	next = fault_load(test, kind);
	id = next->id;
	/* what was over before is not undone */
	KUNIT_EXPECT_EQ(test, fault_update(slot, next, d->id), 0);
	domain_put(next);
	life_expect_gone(test, d, way);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 1);

	/* a successor that refuses the state, and then crashes */
	if (kind == fault_kind(way, FAULT_REF)) {
		life_store(test, slot, FAULTY_KEY_IMPORT, FAULTY_NR);
		next = fault_load(test, kind);
		ret = fault_update(slot, next, id);
		KUNIT_EXPECT_LT(test, ret, 0);
		KUNIT_EXPECT_NE(test, ret, -EOWNERDEAD);
		life_expect_gone(test, next, way);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&slot->faults), 2);
	}
	life_store(test, slot, FAULTY_KEY_EXIT, FAULTY_NONE);
	KUNIT_EXPECT_EQ(test, domain_slot_current(slot), id);
	KUNIT_EXPECT_GT(test, kind->crash(slot, FAULTY_NONE, 0), 0);
	KUNIT_EXPECT_EQ(test, slot->recoveries, 0);
	fault_done(test, slot);
}

KUNIT_ARRAY_PARAM_DESC(way, fault_ways, name);

static void domain_fault_life_test_exit(struct kunit *test)
{
	const struct fault_way *way = test->param_value;
	int i;

	fault_skip_way(test, way);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		life_exit(test, fault_kind(way, i), way);
}

static void domain_fault_life_test_exit_loop(struct kunit *test)
{
	static const struct fault_way loop = {
		FAULTY_LOOP, "loop", "out of CPU time",
	};
	int i;

	fault_watchdog_set_ms(test, 200);
	for (i = 0; i < ARRAY_SIZE(fault_kinds); i++)
		life_exit(test, &fault_kinds[i], &loop);
}

static struct kunit_case domain_fault_life_cases[] = {
	KUNIT_CASE_PARAM(domain_fault_life_test_entry, code_gen_params),
	KUNIT_CASE_PARAM(domain_fault_life_test_exit, way_gen_params),
	KUNIT_CASE_SLOW(domain_fault_life_test_exit_loop),
	{}
};

static struct kunit_suite domain_fault_life_suite = {
	.name = "domain_fault_life",
	.suite_init = fault_suite_init,
	.suite_exit = fault_suite_exit,
	.test_cases = domain_fault_life_cases,
};

kunit_test_suite(domain_fault_life_suite);

MODULE_DESCRIPTION("KUnit tests of faults in the first and the last call of a domain");
MODULE_LICENSE("GPL");
