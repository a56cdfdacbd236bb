// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the parser of domain images: a valid image, and hundreds of
 * ways to damage it with the verdict on each.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "domain_image_cases_elf.h"
#include "domain_image_cases_note.h"
#include "domain_image_cases_reloc.h"
#include "domain_image_sweeps.h"

#define TEST_BASE	0xffffffffc0000000ull
#define TEST_GUARD	64
#define TEST_POISON	0xa5

struct image_test {
	struct test_image *image;
	struct domain_image_layout layout;
	struct domain_image_error error;
};

static void domain_image_case_desc(const struct test_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

static void domain_image_sweep_desc(const struct test_sweep *sweep, char *desc)
{
	strscpy(desc, sweep->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(elf, test_elf_cases, domain_image_case_desc);
KUNIT_ARRAY_PARAM(note, test_note_cases, domain_image_case_desc);
KUNIT_ARRAY_PARAM(reloc, test_reloc_cases, domain_image_case_desc);
KUNIT_ARRAY_PARAM(sweep, test_sweeps, domain_image_sweep_desc);

static int domain_image_test_init(struct kunit *test)
{
	struct image_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->image = kunit_kzalloc(test, sizeof(*t->image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->image);
	test->priv = t;
	return 0;
}

static bool domain_image_is_zero(const void *p, size_t size)
{
	return !memchr_inv(p, 0, size);
}

static void domain_image_test_case(struct kunit *test)
{
	const struct test_case *c = test->param_value;
	struct image_test *t = test->priv;
	char line[128];
	int err, len;

	err = test_case_parse(c, t->image, &t->layout, &t->error);
	len = domain_image_describe(&t->error, line, sizeof(line));
	KUNIT_EXPECT_EQ_MSG(test, t->error.code, c->code, "%s", line);
	KUNIT_EXPECT_EQ(test, err, domain_image_errno(c->code));
	KUNIT_EXPECT_LT(test, len, (int)sizeof(line));
	KUNIT_EXPECT_NULL(test, strchr(line, '\n'));
	if (c->code == DOMAIN_IMAGE_OK) {
		KUNIT_EXPECT_NE(test, t->layout.size, 0);
		return;
	}
	KUNIT_EXPECT_STREQ(test, t->error.field, c->field);
	KUNIT_EXPECT_EQ(test, t->error.index, c->index);
	KUNIT_EXPECT_EQ(test, strncmp(line, c->field, strlen(c->field)), 0);
	KUNIT_EXPECT_TRUE(test, domain_image_is_zero(&t->layout, sizeof(t->layout)));
}

static void domain_image_test_sweep(struct kunit *test)
{
	const struct test_sweep *sweep = test->param_value;
	struct image_test *t = test->priv;

	test_image_build(t->image);
	for (u64 value = sweep->from; value <= sweep->to; value++)
		if (!test_sweep_passes(sweep, value, t->image, &t->layout, &t->error))
			KUNIT_FAIL_AND_ABORT(test, "%#llx: %s[%d], code %d", value,
					     t->error.field ?: "none",
					     t->error.index, t->error.code);
}

/* No prefix of an image is one; KASAN sees to what lies behind each. */
static void domain_image_test_truncated(struct kunit *test)
{
	struct image_test *t = test->priv;

	test_image_build(t->image);
	for (size_t len = 0; len < TEST_FILE_SIZE; len += len < 1024 ? 1 : 61) {
		void *buf = kmemdup(t->image, len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, buf);
		KUNIT_EXPECT_EQ_MSG(test,
				    domain_image_parse(buf, len, &test_target,
						       &t->layout, &t->error),
				    -ENOEXEC, "%zu bytes", len);
		kfree(buf);
	}
}

static void domain_image_test_layout(struct kunit *test)
{
	static const struct domain_image_segment segments[] = {
		[DOMAIN_IMAGE_RODATA] = {
			.filesz = offsetofend(struct test_image, ro),
			.memsz = offsetofend(struct test_image, ro),
		},
		[DOMAIN_IMAGE_TEXT] = {
			.offset = offsetof(struct test_image, text),
			.filesz = TEST_TEXT_SIZE,
			.vaddr = TEST_PAGE,
			.memsz = TEST_TEXT_SIZE,
		},
		[DOMAIN_IMAGE_DATA] = {
			.offset = offsetof(struct test_image, data),
			.filesz = sizeof_field(struct test_image, data),
			.vaddr = TEST_DATA,
			.memsz = TEST_DATA_SIZE,
		},
	};
	struct image_test *t = test->priv;

	test_image_build(t->image);
	KUNIT_ASSERT_EQ(test, 0,
			domain_image_parse(t->image, TEST_FILE_SIZE, &test_target,
					   &t->layout, &t->error));
	KUNIT_EXPECT_MEMEQ(test, t->layout.segment, segments, sizeof(segments));
	KUNIT_EXPECT_EQ(test, t->layout.size, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, t->layout.entry, TEST_ENTRY);
	KUNIT_EXPECT_EQ(test, t->layout.thunks_size, TEST_ENTRY - TEST_PAGE);
	KUNIT_EXPECT_EQ(test, t->layout.rela_offset, offsetof(struct test_image, rela));
	KUNIT_EXPECT_EQ(test, t->layout.nr_relas, 4);
	KUNIT_EXPECT_EQ(test, t->layout.symtab_offset, offsetof(struct test_image, sym));
	KUNIT_EXPECT_EQ(test, t->layout.nr_symbols, 5);
	KUNIT_EXPECT_EQ(test, t->layout.strtab_offset, offsetof(struct test_image, strtab));
	KUNIT_EXPECT_MEMEQ(test, &t->layout.note, &t->image->note.desc,
			   sizeof(t->layout.note));
}

static void domain_image_test_symbol(struct kunit *test)
{
	struct domain_image_symbol symbol;
	struct image_test *t = test->priv;

	test_image_build(t->image);
	t->image->sym[4].st_name = 0;
	KUNIT_ASSERT_EQ(test, 0,
			domain_image_parse(t->image, TEST_FILE_SIZE, &test_target,
					   &t->layout, &t->error));
	KUNIT_EXPECT_FALSE(test, domain_image_read_symbol(t->image, &t->layout, 0, &symbol));
	KUNIT_ASSERT_TRUE(test, domain_image_read_symbol(t->image, &t->layout, 1, &symbol));
	KUNIT_EXPECT_STREQ(test, symbol.name, "domain_entry");
	KUNIT_EXPECT_EQ(test, symbol.addr, TEST_ENTRY);
	KUNIT_EXPECT_EQ(test, symbol.size, 0x10);
	/* An object, the name of a file, a function without a name. */
	for (int i = 2; i < 5; i++)
		KUNIT_EXPECT_FALSE(test, domain_image_read_symbol(t->image, &t->layout,
								  i, &symbol));
}

/* The whole image as it must be in memory, between two guards. */
static void domain_image_test_stage(struct kunit *test)
{
	const size_t size = TEST_SIZE + 2 * TEST_GUARD;
	struct image_test *t = test->priv;
	struct test_image *image = t->image;
	u8 *expected, *buf;

	test_image_build(image);
	KUNIT_ASSERT_EQ(test, 0,
			domain_image_parse(image, TEST_FILE_SIZE, &test_target,
					   &t->layout, &t->error));
	buf = kunit_kmalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	expected = kunit_kzalloc(test, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, expected);
	memset(buf, TEST_POISON, size);
	domain_image_stage(image, &t->layout, buf + TEST_GUARD, TEST_BASE);

	memset(expected, TEST_POISON, TEST_GUARD);
	memset(expected + TEST_GUARD + TEST_SIZE, TEST_POISON, TEST_GUARD);
	image->ro[0] = TEST_BASE + TEST_ENTRY;
	image->ro[7] = TEST_BASE + TEST_DATA;
	image->data[0] = TEST_BASE;
	image->data[15] = TEST_BASE + TEST_SIZE;
	memcpy(expected + TEST_GUARD, image, offsetofend(struct test_image, ro));
	memcpy(expected + TEST_GUARD + TEST_PAGE, image->text, TEST_TEXT_SIZE);
	memcpy(expected + TEST_GUARD + TEST_DATA, image->data, sizeof(image->data));
	for (size_t i = 0; i < size; i++)
		if (buf[i] != expected[i])
			KUNIT_FAIL_AND_ABORT(test, "byte %zd is %#x, not %#x",
					     (ssize_t)i - TEST_GUARD, buf[i],
					     expected[i]);
}

/*
 * Each bit of the file outside the text, flipped: whatever is accepted must be
 * staged within bounds, which the guards and KASAN watch.
 */
static void domain_image_test_bit_flips(struct kunit *test)
{
	struct image_test *t = test->priv;
	int accepted = 0;
	void *copy, *dst;

	test_image_build(t->image);
	copy = kunit_kmalloc(test, TEST_FILE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (size_t bit = 0; bit < TEST_FILE_SIZE * 8; bit++) {
		if (bit / 8 >= offsetofend(struct test_image, ro) &&
		    bit / 8 < offsetof(struct test_image, data))
			continue;
		memcpy(copy, t->image, TEST_FILE_SIZE);
		((u8 *)copy)[bit / 8] ^= 1 << (bit % 8);
		if (domain_image_parse(copy, TEST_FILE_SIZE, &test_target,
				       &t->layout, &t->error))
			continue;
		accepted++;
		dst = kvmalloc(t->layout.size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, dst);
		domain_image_stage(copy, &t->layout, dst, TEST_BASE);
		for (u32 i = 0; i < t->layout.nr_symbols; i++) {
			struct domain_image_symbol symbol;

			if (domain_image_read_symbol(copy, &t->layout, i, &symbol))
				KUNIT_EXPECT_NE(test, strlen(symbol.name), 0);
		}
		kvfree(dst);
	}
	KUNIT_EXPECT_GT(test, accepted, 0);
}

static void domain_image_test_errno(struct kunit *test)
{
	struct domain_image_error error = { };
	char line[128];

	KUNIT_EXPECT_EQ(test, domain_image_errno(DOMAIN_IMAGE_OK), 0);
	KUNIT_EXPECT_EQ(test, domain_image_errno(DOMAIN_IMAGE_TOO_LARGE), -EFBIG);
	KUNIT_EXPECT_EQ(test, domain_image_errno(DOMAIN_IMAGE_UNSUPPORTED), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, domain_image_errno(DOMAIN_IMAGE_PERMISSION), -ENOEXEC);
	domain_image_describe(&error, line, sizeof(line));
	KUNIT_EXPECT_STREQ(test, line, "valid");
	error = (struct domain_image_error) {
		.code = DOMAIN_IMAGE_TOO_LARGE,
		.field = "p_memsz",
		.index = 2,
		.value = 0x1234,
		.bound = 0x1000,
	};
	domain_image_describe(&error, line, sizeof(line));
	KUNIT_EXPECT_STREQ(test, line, "p_memsz[2] is 0x1234: above the limit 0x1000");
}

static struct kunit_case domain_image_test_cases[] = {
	KUNIT_CASE(domain_image_test_layout),
	KUNIT_CASE(domain_image_test_stage),
	KUNIT_CASE(domain_image_test_symbol),
	KUNIT_CASE(domain_image_test_errno),
	KUNIT_CASE_PARAM(domain_image_test_case, elf_gen_params),
	KUNIT_CASE_PARAM(domain_image_test_case, note_gen_params),
	KUNIT_CASE_PARAM(domain_image_test_case, reloc_gen_params),
	KUNIT_CASE_PARAM(domain_image_test_sweep, sweep_gen_params),
	KUNIT_CASE(domain_image_test_truncated),
	KUNIT_CASE_SLOW(domain_image_test_bit_flips),
	{}
};

static struct kunit_suite domain_image_test_suite = {
	.name = "domain_image",
	.init = domain_image_test_init,
	.test_cases = domain_image_test_cases,
};

kunit_test_suite(domain_image_test_suite);

MODULE_DESCRIPTION("KUnit tests of the parser of domain images");
MODULE_LICENSE("GPL");
