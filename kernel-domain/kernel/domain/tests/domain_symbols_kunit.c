// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of finding the text of domains and the names of its functions
 */
#include <kunit/test.h>
#include <linux/kallsyms.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../domain.h"
#include "../image.h"
#include "domain_test.h"

static void domain_symbols_test(struct kunit *test)
{
	static struct domain_symbol symbols[] = {
		{ .addr = 0x1010, .size = 0x10, .name = 0 },
		{ .addr = 0x1020, .size = 0x20, .name = 6 },
	};
	struct domain_image_layout *layout;
	struct domain *d = domain_alloc(&domain_test_rcu_interface);
	char *name = kunit_kzalloc(test, KSYM_NAME_LEN, GFP_KERNEL);
	unsigned long size, offset;

	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_ASSERT_NOT_NULL(test, name);
	layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, layout);
	strscpy(d->note.name, "img");
	d->memory.text = 0x1000;
	d->memory.text_end = 0x1040;
	KUNIT_ASSERT_EQ(test, domain_symbols_add(d, NULL, layout), 0);

	/* stripped */
	KUNIT_EXPECT_TRUE(test, domain_text_address(0x1000));
	KUNIT_EXPECT_TRUE(test, domain_text_address(0x103f));
	KUNIT_EXPECT_FALSE(test, domain_text_address(0x1040));
	KUNIT_EXPECT_FALSE(test, domain_text_address(0xfff));
	KUNIT_EXPECT_GT(test, domain_address_lookup(0x1008, &size, &offset, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "img:text");
	KUNIT_EXPECT_EQ(test, size, 0x40);
	KUNIT_EXPECT_EQ(test, offset, 8);

	d->symbols = symbols;
	d->symbol_names = "first\0second";
	d->nr_symbols = 2;
	KUNIT_EXPECT_GT(test, domain_address_lookup(0x1008, NULL, &offset, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "img:text");
	KUNIT_EXPECT_GT(test, domain_address_lookup(0x101f, &size, &offset, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "img:first");
	KUNIT_EXPECT_EQ(test, size, 0x10);
	KUNIT_EXPECT_EQ(test, offset, 0xf);
	KUNIT_EXPECT_GT(test, domain_address_lookup(0x103f, &size, NULL, name), 0);
	KUNIT_EXPECT_STREQ(test, name, "img:second");
	KUNIT_EXPECT_EQ(test, domain_address_lookup(0x1040, NULL, NULL, name), 0);
	d->symbols = NULL;
	d->symbol_names = NULL;
	domain_put(d);
	KUNIT_EXPECT_FALSE(test, domain_text_address(0x1000));
}

#define TEST_NR_SYMBOLS	4096U
#define TEST_NAME_LEN	SZ_1M

static void test_vfree(void *buf)
{
	vfree(buf);
}

/*
 * The file is small, the names that it gives its functions would take 4 GiB if
 * each were copied.
 */
static void domain_symbols_test_one_name(struct kunit *test)
{
	struct domain *d = domain_alloc(&domain_test_rcu_interface);
	char *name = kunit_kzalloc(test, KSYM_NAME_LEN, GFP_KERNEL);
	struct domain_image_layout *layout;
	unsigned long size, offset;
	Elf64_Sym *symtab;
	unsigned int i;
	char *strtab;

	KUNIT_ASSERT_NOT_NULL(test, d);
	KUNIT_ASSERT_NOT_NULL(test, name);
	layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, layout);
	layout->nr_symbols = TEST_NR_SYMBOLS;
	layout->strtab_offset = TEST_NR_SYMBOLS * sizeof(*symtab);
	layout->strtab_size = TEST_NAME_LEN;
	symtab = vzalloc(layout->strtab_offset + TEST_NAME_LEN);
	KUNIT_ASSERT_NOT_NULL(test, symtab);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, test_vfree, symtab));
	strtab = (char *)symtab + layout->strtab_offset;
	memset(strtab + 1, 'x', TEST_NAME_LEN - 2);
	for (i = 0; i < TEST_NR_SYMBOLS; i++) {
		symtab[i].st_info = STT_FUNC;
		symtab[i].st_name = 1;
		symtab[i].st_value = 0x1000 + i;
		symtab[i].st_size = 1;
	}
	strscpy(d->note.name, "img");
	d->memory.text = 0x1000;
	d->memory.text_end = 0x1000 + TEST_NR_SYMBOLS;

	KUNIT_EXPECT_EQ(test, domain_symbols_add(d, symtab, layout), 0);
	KUNIT_EXPECT_EQ(test, d->nr_symbols, TEST_NR_SYMBOLS);
	KUNIT_EXPECT_EQ(test, KSYM_NAME_LEN - 1,
			domain_address_lookup(0x1234, &size, &offset, name));
	KUNIT_EXPECT_EQ(test, strncmp(name, "img:xxx", 7), 0);
	KUNIT_EXPECT_EQ(test, strlen(name), KSYM_NAME_LEN - 1);
	KUNIT_EXPECT_EQ(test, size, 1);
	KUNIT_EXPECT_EQ(test, offset, 0);
	domain_put(d);
}

static struct kunit_case domain_symbols_cases[] = {
	KUNIT_CASE(domain_symbols_test),
	KUNIT_CASE(domain_symbols_test_one_name),
	{}
};

static struct kunit_suite domain_symbols_suite = {
	.name = "domain_symbols",
	.suite_init = test_interfaces_init,
	.suite_exit = test_interfaces_exit,
	.test_cases = domain_symbols_cases,
};

kunit_test_suite(domain_symbols_suite);
