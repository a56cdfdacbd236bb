// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the memory of images: what is where, and what can be done with it
 *
 * The image is that of the parser's tests. Nobody runs in it.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/set_memory.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../memory.h"
#include "domain_image_build.h"

struct memory_env {
	struct test_image *image;
	struct domain_image_layout layout;
	struct domain_memory m;
};

static void memory_free(void *m)
{
	domain_memory_free(m);
}

static int domain_memory_test_init(struct kunit *test)
{
	struct memory_env *env = kunit_kzalloc(test, sizeof(*env), GFP_KERNEL);
	struct domain_image_error error;

	KUNIT_ASSERT_NOT_NULL(test, env);
	if (PAGE_SIZE != TEST_PAGE)
		kunit_skip(test, "the image is one for pages of %d bytes", TEST_PAGE);
	env->image = kunit_kzalloc(test, sizeof(*env->image), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, env->image);
	test_image_build(env->image);
	KUNIT_ASSERT_EQ(test, 0,
			domain_image_parse(env->image, TEST_FILE_SIZE, &test_target,
					   &env->layout, &error));
	test->priv = env;
	return 0;
}

/* The image in memory, which goes with the test */
static struct domain_memory *memory_map(struct kunit *test)
{
	struct memory_env *env = test->priv;

	KUNIT_ASSERT_EQ(test, 0,
			domain_memory_map(&env->m, env->image, &env->layout));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, memory_free, &env->m));
	return &env->m;
}

static void memory_needs_permissions(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY))
		kunit_skip(test, "memory has no permissions here");
}

/* Each segment is where the layout says, with the file's bytes, and zeros after them */
static void domain_memory_test_map(struct kunit *test)
{
	const struct domain_memory *m = memory_map(test);
	const unsigned long base = (unsigned long)m->base;
	const struct memory_env *env = test->priv;
	const struct test_image *image = env->image;
	const u64 thunks = env->layout.thunks_size;
	const struct test_image *ro = m->base;
	const u64 *data = (u64 *)m->data;

	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(m->base));
	KUNIT_EXPECT_EQ(test, m->size, TEST_SIZE);
	KUNIT_EXPECT_EQ(test, m->rodata, base);
	KUNIT_EXPECT_EQ(test, m->rodata_end, base + offsetofend(struct test_image, ro));
	KUNIT_EXPECT_EQ(test, m->text, base + TEST_PAGE);
	KUNIT_EXPECT_EQ(test, m->text_end, m->text + TEST_TEXT_SIZE);
	KUNIT_EXPECT_EQ(test, m->data, base + TEST_DATA);
	KUNIT_EXPECT_EQ(test, m->data_end, m->data + TEST_DATA_SIZE);

	KUNIT_EXPECT_MEMEQ(test, &ro->note, &image->note, sizeof(image->note));
	KUNIT_EXPECT_MEMEQ(test, (void *)m->text + thunks, image->text + thunks,
			   TEST_TEXT_SIZE - thunks);
	KUNIT_EXPECT_MEMEQ(test, data + 1, image->data + 1, 14 * sizeof(u64));
	KUNIT_EXPECT_NULL(test, memchr_inv(data + 16, 0,
					   base + TEST_SIZE - m->data - 16 * sizeof(u64)));
	/* relocated to where the image is */
	KUNIT_EXPECT_EQ(test, ro->ro[0], base + TEST_ENTRY);
	KUNIT_EXPECT_EQ(test, ro->ro[7], base + TEST_DATA);
	KUNIT_EXPECT_EQ(test, data[0], base);
	KUNIT_EXPECT_EQ(test, data[15], base + TEST_SIZE);
}

static bool memory_writable(unsigned long addr)
{
	u8 byte = *(u8 *)addr;

	return !copy_to_kernel_nofault((void *)addr, &byte, 1);
}

static void memory_expect_read_only(struct kunit *test, const struct domain_memory *m)
{
	KUNIT_EXPECT_FALSE(test, memory_writable(m->rodata));
	KUNIT_EXPECT_FALSE(test, memory_writable(m->rodata_end - 1));
	KUNIT_EXPECT_FALSE(test, memory_writable(PAGE_ALIGN(m->rodata_end) - 1));
	KUNIT_EXPECT_FALSE(test, memory_writable(m->text));
	KUNIT_EXPECT_FALSE(test, memory_writable(m->text_end - 1));
	KUNIT_EXPECT_FALSE(test, memory_writable(PAGE_ALIGN(m->text_end) - 1));
	KUNIT_EXPECT_TRUE(test, memory_writable(m->data));
	KUNIT_EXPECT_TRUE(test, memory_writable(m->data_end - 1));
	KUNIT_EXPECT_TRUE(test, memory_writable(PAGE_ALIGN(m->data_end) - 1));
}

/* Not what the page tables say, but what the machine makes of it */
static void domain_memory_test_write(struct kunit *test)
{
	memory_needs_permissions(test);
	memory_expect_read_only(test, memory_map(test));
}

/* A permission too much or too few, on the last page of a segment */
static const struct memory_change {
	const char *name;
	enum domain_image_segment_id segment;
	int (*set)(unsigned long addr, int numpages);
} memory_changes[] = {
	{ "text_not_executable", DOMAIN_IMAGE_TEXT, set_memory_nx },
	{ "rodata_writable", DOMAIN_IMAGE_RODATA, set_memory_rw },
	{ "rodata_executable", DOMAIN_IMAGE_RODATA, set_memory_x },
	/* nothing is ever writable and executable, not even here */
	{ "data_executable", DOMAIN_IMAGE_DATA, set_memory_rox },
};

KUNIT_ARRAY_PARAM_DESC(change, memory_changes, name);

static unsigned long memory_last_page(const struct domain_memory *m,
				      enum domain_image_segment_id segment)
{
	const unsigned long end[] = {
		[DOMAIN_IMAGE_RODATA] = m->rodata_end,
		[DOMAIN_IMAGE_TEXT] = m->text_end,
		[DOMAIN_IMAGE_DATA] = m->data_end,
	};

	return PAGE_ALIGN(end[segment]) - PAGE_SIZE;
}

static void domain_memory_test_verify(struct kunit *test)
{
	const struct memory_change *change = test->param_value;
	const struct domain_memory *m;
	unsigned long page;

	memory_needs_permissions(test);
	m = memory_map(test);
	page = memory_last_page(m, change->segment);
	KUNIT_EXPECT_EQ(test, 0, domain_memory_verify(m));
	KUNIT_ASSERT_EQ(test, 0, change->set(page, 1));
	KUNIT_EXPECT_EQ(test, -ENOEXEC, domain_memory_verify(m));
}

/* Nor is a page that is not there taken for one that is as it should be */
static void domain_memory_test_hole(struct kunit *test)
{
	struct domain_memory m;

	memory_needs_permissions(test);
	m = *memory_map(test);
	m.size += PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, -ENOEXEC, domain_memory_verify(&m));
}

/* The text cannot be executed any more, and all else is as it was; also twice */
static void domain_memory_test_revoke(struct kunit *test)
{
	const struct memory_env *env = test->priv;
	const u64 thunks = env->layout.thunks_size;
	const struct domain_memory *m = memory_map(test);
	const struct domain_memory before = *m;
	int i;

	for (i = 0; i < 2; i++) {
		domain_memory_revoke(m);
		KUNIT_EXPECT_MEMEQ(test, m, &before, sizeof(before));
		KUNIT_EXPECT_MEMEQ(test, (void *)m->text + thunks,
				   env->image->text + thunks,
				   TEST_TEXT_SIZE - thunks);
		if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY))
			continue;
		KUNIT_EXPECT_EQ(test, -ENOEXEC, domain_memory_verify(m));
		memory_expect_read_only(test, m);
	}
	/* nothing else was wrong with it */
	KUNIT_EXPECT_EQ(test, 0, set_memory_x(m->text, 1));
	KUNIT_EXPECT_EQ(test, 0, domain_memory_verify(m));
}

/* It is gone, and what is empty can be freed and revoked */
static void domain_memory_test_free(struct kunit *test)
{
	struct domain_memory *m = memory_map(test);
	void *base = m->base;

	KUNIT_EXPECT_NOT_NULL(test, find_vm_area(base));
	domain_memory_free(m);
	KUNIT_EXPECT_NULL(test, find_vm_area(base));
	KUNIT_EXPECT_NULL(test, memchr_inv(m, 0, sizeof(*m)));
	domain_memory_revoke(m);
	domain_memory_free(m);
	KUNIT_EXPECT_NULL(test, memchr_inv(m, 0, sizeof(*m)));
}

/* There is not so much memory: nothing is left that somebody could use */
static void domain_memory_test_no_memory(struct kunit *test)
{
	struct memory_env *env = test->priv;

	env->layout.size = 1ULL << 44;
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			domain_memory_map(&env->m, env->image, &env->layout));
	KUNIT_EXPECT_NULL(test, memchr_inv(&env->m, 0, sizeof(env->m)));
}

/* Its pages are not those that the layout has: it is refused, and given back */
static void domain_memory_test_refused(struct kunit *test)
{
	struct memory_env *env = test->priv;

	memory_needs_permissions(test);
	env->layout.size += PAGE_SIZE / 2;
	KUNIT_EXPECT_EQ(test, -ENOEXEC,
			domain_memory_map(&env->m, env->image, &env->layout));
	KUNIT_EXPECT_NULL(test, memchr_inv(&env->m, 0, sizeof(env->m)));
}

static struct kunit_case domain_memory_cases[] = {
	KUNIT_CASE(domain_memory_test_map),
	KUNIT_CASE(domain_memory_test_write),
	KUNIT_CASE_PARAM(domain_memory_test_verify, change_gen_params),
	KUNIT_CASE(domain_memory_test_hole),
	KUNIT_CASE(domain_memory_test_revoke),
	KUNIT_CASE(domain_memory_test_free),
	KUNIT_CASE(domain_memory_test_no_memory),
	KUNIT_CASE(domain_memory_test_refused),
	{}
};

static struct kunit_suite domain_memory_suite = {
	.name = "domain_memory",
	.init = domain_memory_test_init,
	.test_cases = domain_memory_cases,
};

kunit_test_suite(domain_memory_suite);

MODULE_DESCRIPTION("KUnit tests of the memory of domains");
MODULE_LICENSE("GPL");
