// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of cnull's settings: each one's range, and null_blk's defaults.
 */
#include <kunit/test.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/string.h>

#include "../cnull.h"

static void cnull_attr_desc(const struct cnull_attr *attr, char *desc)
{
	strscpy(desc, attr->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cnull_attr, cnull_attrs, cnull_attr_desc);

static void cnull_expect_valid(struct kunit *test, const struct cnull_attr *attr,
			       const char *str, long long val)
{
	struct cnull_config conf;

	memset(&conf, 0xa5, sizeof(conf));
	KUNIT_EXPECT_EQ_MSG(test, cnull_attr_parse(attr, str, &conf), 0,
			    "\"%s\"", str);
	KUNIT_EXPECT_EQ_MSG(test, cnull_attr_get(attr, &conf), val, "\"%s\"", str);
}

static void cnull_expect_invalid(struct kunit *test,
				 const struct cnull_attr *attr, const char *str)
{
	struct cnull_config conf, before;

	memset(&conf, 0xa5, sizeof(conf));
	before = conf;
	KUNIT_EXPECT_EQ_MSG(test, cnull_attr_parse(attr, str, &conf), -EINVAL,
			    "\"%s\"", str);
	KUNIT_EXPECT_MEMEQ_MSG(test, &conf, &before, sizeof(conf), "\"%s\"", str);
}

static void cnull_config_test_range(struct kunit *test)
{
	const struct cnull_attr *attr = test->param_value;
	char str[32];

	if (attr->type == CNULL_TYPE_bool) {
		cnull_expect_valid(test, attr, "0", 0);
		cnull_expect_valid(test, attr, "1\n", 1);
		cnull_expect_valid(test, attr, "y", 1);
		cnull_expect_invalid(test, attr, "2");
		return;
	}

	snprintf(str, sizeof(str), "%lld", attr->min);
	cnull_expect_valid(test, attr, str, attr->min);
	snprintf(str, sizeof(str), "%lld\n", attr->max);
	cnull_expect_valid(test, attr, str, attr->max);
	snprintf(str, sizeof(str), "0x%llx", attr->max);
	cnull_expect_valid(test, attr, str, attr->max);

	snprintf(str, sizeof(str), "%lld", attr->min - 1);
	cnull_expect_invalid(test, attr, str);
	snprintf(str, sizeof(str), "%llu", (u64)attr->max + 1);
	cnull_expect_invalid(test, attr, str);
	if (attr->min >= 0)
		cnull_expect_invalid(test, attr, "-1");

	if (attr->flags & CNULL_ATTR_POW2) {
		long long val;

		for (val = attr->min; val < attr->max; val *= 2) {
			snprintf(str, sizeof(str), "%lld", val);
			cnull_expect_valid(test, attr, str, val);
			/* 2 is 1 + 1, but no other power of two is one plus one more. */
			snprintf(str, sizeof(str), "%lld", val + 1 + (val == 1));
			cnull_expect_invalid(test, attr, str);
		}
	}
}

static void cnull_config_test_garbage(struct kunit *test)
{
	static const char * const garbage[] = {
		"", "\n", " ", "x", "-", "0x", "1x", "1 2", "1\n\n", "1.5", "''",
		"0x10000000000000000", "99999999999999999999999999999999999999",
	};
	const struct cnull_attr *attr = test->param_value;
	char *overlong = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, overlong);
	memset(overlong, '9', PAGE_SIZE - 1);
	cnull_expect_invalid(test, attr, overlong);

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		/* kstrtobool() looks at the first character or two only. */
		if (attr->type == CNULL_TYPE_bool && garbage[i][0] >= '0' &&
		    garbage[i][0] <= '1')
			continue;
		cnull_expect_invalid(test, attr, garbage[i]);
	}
}

static void cnull_config_test_default_is_valid(struct kunit *test)
{
	const struct cnull_attr *attr = test->param_value;
	long long val = cnull_attr_get(attr, &cnull_defaults);
	char str[32];

	snprintf(str, sizeof(str), "%lld", val);
	cnull_expect_valid(test, attr, str, val);
}

/* The contract with null_blk's scripts: drivers/block/null_blk/main.c of 7.3. */
static void cnull_config_test_null_blk_defaults(struct kunit *test)
{
	static const struct {
		const char *name;
		long long val;
	} expected[] = {
		{ "badblocks_once", 0 },
		{ "badblocks_partial_io", 0 },
		{ "blocking", 0 },
		{ "blocksize", 512 },
		{ "cache_size", 0 },
		{ "completion_nsec", 10000 },
		{ "discard", 0 },
		{ "fua", 1 },
		{ "home_node", NUMA_NO_NODE },
		{ "hw_queue_depth", 64 },
		{ "irqmode", 1 },
		{ "max_sectors", 0 },
		{ "mbps", 0 },
		{ "memory_backed", 0 },
		{ "no_sched", 0 },
		{ "poll_queues", 1 },
		{ "queue_mode", 2 },
		{ "rotational", 0 },
		{ "shared_tag_bitmap", 0 },
		{ "shared_tags", 0 },
		{ "size", 256000 },
		{ "submit_queues", 1 },
		{ "use_per_node_hctx", 0 },
		{ "virt_boundary", 0 },
		{ "zone_append_max_sectors", INT_MAX },
		{ "zone_capacity", 0 },
		{ "zone_full", 0 },
		{ "zone_max_active", 0 },
		{ "zone_max_open", 0 },
		{ "zone_nr_conv", 0 },
		{ "zone_size", 256 },
		{ "zoned", 0 },
		/* not null_blk's, but off unless asked for */
		{ "pattern", 0 },
		{ "stats", 0 },
	};
	int i, j;

	BUILD_BUG_ON(ARRAY_SIZE(expected) != CNULL_NR_ATTRS);
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		for (j = 0; j < CNULL_NR_ATTRS; j++) {
			if (!strcmp(cnull_attrs[j].name, expected[i].name))
				break;
		}
		KUNIT_ASSERT_LT_MSG(test, j, CNULL_NR_ATTRS, "%s is missing",
				    expected[i].name);
		KUNIT_EXPECT_EQ_MSG(test,
				    cnull_attr_get(&cnull_attrs[j], &cnull_defaults),
				    expected[i].val, "%s", expected[i].name);
	}
}

static struct kunit_case cnull_config_cases[] = {
	KUNIT_CASE_PARAM(cnull_config_test_range, cnull_attr_gen_params),
	KUNIT_CASE_PARAM(cnull_config_test_garbage, cnull_attr_gen_params),
	KUNIT_CASE_PARAM(cnull_config_test_default_is_valid, cnull_attr_gen_params),
	KUNIT_CASE(cnull_config_test_null_blk_defaults),
	{}
};

static struct kunit_suite cnull_config_suite = {
	.name = "cnull_config",
	.test_cases = cnull_config_cases,
};

kunit_test_suite(cnull_config_suite);

MODULE_DESCRIPTION("KUnit tests of cnull's settings");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_LICENSE("GPL");
