// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the store of a slot
 */
#include <linux/module.h>
#include <linux/xarray.h>

#include "domain_test.h"

static long test_put(struct domain_store *store, u64 key, u32 type, u32 version,
		     const void *buf, size_t len)
{
	return domain_store_put(store, key, type, version, buf, len, GFP_KERNEL);
}

static void domain_store_test(struct kunit *test)
{
	struct domain_store store;
	char buf[16] = {};
	size_t cost;
	void *big;
	u64 key;

	domain_store_init(&store);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 1, buf, 16), -ENOENT);
	KUNIT_EXPECT_EQ(test, test_put(&store, 1, 7, 2, "0123456789", 10), 0);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 2, buf, 16), 10);
	KUNIT_EXPECT_STREQ(test, buf, "0123456789");
	/* a shorter buffer gets a part, and the length */
	memset(buf, 0, sizeof(buf));
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 3, buf, 4), 10);
	KUNIT_EXPECT_STREQ(test, buf, "0123");
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 8, 2, buf, 16), -EPROTOTYPE);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 1, buf, 16), -EPROTO);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 2, (void *)8, 16), -EFAULT);
	/* what cannot be read leaves the old */
	KUNIT_EXPECT_EQ(test, test_put(&store, 1, 9, 9, (void *)8, 10), -EFAULT);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 7, 2, buf, 16), 10);
	/* replaced, removed, removed again */
	KUNIT_EXPECT_EQ(test, test_put(&store, 1, 9, 1, "x", 1), 0);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 9, 1, buf, 16), 1);
	KUNIT_EXPECT_EQ(test, test_put(&store, 1, 9, 1, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, domain_store_get(&store, 1, 9, 1, buf, 16), -ENOENT);
	KUNIT_EXPECT_EQ(test, test_put(&store, 1, 9, 1, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, store.bytes, 0);

	/* limits, at the edge and one beyond */
	big = kunit_kzalloc(test, DOMAIN_BLOB_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, big);
	KUNIT_EXPECT_EQ(test, -E2BIG,
			test_put(&store, 1, 1, 1, big, DOMAIN_BLOB_MAX + 1));
	/* keys of one length cost the same */
	KUNIT_EXPECT_EQ(test, 0,
			test_put(&store, 1ULL << 63, 1, 1, big, DOMAIN_BLOB_MAX));
	cost = store.bytes;
	KUNIT_EXPECT_GT(test, cost, 2 * DOMAIN_BLOB_MAX);
	for (key = 1; store.bytes + cost <= DOMAIN_STORE_MAX; key++)
		KUNIT_ASSERT_EQ(test, 0,
				test_put(&store, 1ULL << 63 | key << 56, 1, 1,
					 big, DOMAIN_BLOB_MAX));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			test_put(&store, 1ULL << 63 | key << 56, 1, 1, big,
				 DOMAIN_BLOB_MAX));
	/* in the place of one of the same size there is room */
	KUNIT_EXPECT_EQ(test, 0,
			test_put(&store, 1ULL << 63, 1, 1, big, DOMAIN_BLOB_MAX));
	KUNIT_EXPECT_EQ(test, store.bytes, key * cost);
	domain_store_destroy(&store);
}

/* Keys that have little in common: most of what they take is the tree's */
static void domain_store_test_scattered(struct kunit *test)
{
	struct domain_store store;
	u64 i;

	domain_store_init(&store);
	for (i = 0; i < DOMAIN_STORE_MAX / sizeof(struct xa_node); i++)
		if (test_put(&store, ~0ULL - (i << 40), 1, 1, "x", 1))
			break;
	KUNIT_EXPECT_GT(test, i, 0);
	KUNIT_EXPECT_LE(test, i * 10 * sizeof(struct xa_node), DOMAIN_STORE_MAX);
	KUNIT_EXPECT_EQ(test, test_put(&store, ~0ULL - (i << 40), 1, 1, "x", 1),
			-ENOSPC);
	while (i--)
		KUNIT_EXPECT_EQ(test, 0, test_put(&store, ~0ULL - (i << 40), 1,
						  1, NULL, 0));
	KUNIT_EXPECT_EQ(test, store.bytes, 0);
	domain_store_destroy(&store);
}

static struct kunit_case domain_store_cases[] = {
	KUNIT_CASE(domain_store_test),
	KUNIT_CASE(domain_store_test_scattered),
	{}
};

static struct kunit_suite domain_store_suite = {
	.name = "domain_store",
	.test_cases = domain_store_cases,
};

kunit_test_suite(domain_store_suite);

MODULE_DESCRIPTION("KUnit tests of the store of a slot");
MODULE_LICENSE("GPL");
