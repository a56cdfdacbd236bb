// SPDX-License-Identifier: GPL-2.0
/*
 * Lists for the KUnit suites of list_sort(), and the check of what a sort left.
 */

#include <kunit/test.h>
#include <linux/list_sort_typed.h>
#include <linux/list_sort_variants.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "list_sort_fixture.h"

/* The typed sort has its comparison compiled in: one that calls any other. */
struct typed_call {
	void *priv;
	list_cmp_func_t cmp;
};

static inline int typed_cmp(void *priv, const struct item *a, const struct item *b)
{
	const struct typed_call *call = priv;

	return call->cmp(call->priv, &a->list, &b->list);
}

DEFINE_LIST_SORT(sort_items, struct item, list, typed_cmp)

static void list_sort_typed(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct typed_call call = { priv, cmp };

	sort_items(&call, head);
}

const struct sorter sorters[] = {
	/* whatever the choice in Kconfig.list_sort made of it */
	{ "list_sort", list_sort, .natural = IS_ENABLED(CONFIG_LIST_SORT_ADAPTIVE) ||
					     IS_ENABLED(CONFIG_LIST_SORT_POWERSORT) ||
					     IS_ENABLED(CONFIG_LIST_SORT_ARRAY),
				  .balanced = IS_ENABLED(CONFIG_LIST_SORT_MAINLINE) ||
					      IS_ENABLED(CONFIG_LIST_SORT_JUMP) },
	{ "mainline", list_sort_mainline, .balanced = true },
	{ "insertion", list_sort_insertion },
	{ "powersort", list_sort_powersort, .natural = true },
	{ "jump", list_sort_jump, .balanced = true },
	{ "adaptive", list_sort_adaptive, .natural = true },
	{ "array", list_sort_array, .natural = true },
	{ "typed", list_sort_typed, .balanced = true },
	{}
};

const void *sorter_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct sorter *sorter = prev ? (const struct sorter *)prev + 1 : sorters;

	if (!sorter->name)
		return NULL;
	strscpy(desc, sorter->name, KUNIT_PARAM_DESC_SIZE);
	return sorter;
}

/* Only those that look for runs */
const void *natural_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct sorter *sorter = prev;

	do {
		sorter = sorter_gen_params(test, sorter, desc);
	} while (sorter && !sorter->natural);
	return sorter;
}

/* Only those that make mainline's comparisons */
const void *balanced_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct sorter *sorter = prev;

	do {
		sorter = sorter_gen_params(test, sorter, desc);
	} while (sorter && !sorter->balanced);
	return sorter;
}

KUNIT_DEFINE_ACTION_WRAPPER(free_memory, kvfree, const void *);

static void *test_memory(struct kunit *test, size_t n, size_t size)
{
	void *p = kvcalloc(max(n, 1), size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_memory, p), 0);
	return p;
}

/* An item_list with memory for @room elements, freed at the end of the test. */
struct item_list *item_list_alloc(struct kunit *test, size_t room)
{
	struct item_list *l = test_memory(test, 1, sizeof(*l));

	l->test = test;
	l->room = room;
	l->items = test_memory(test, room, sizeof(*l->items));
	l->keys = test_memory(test, room, sizeof(*l->keys));
	INIT_LIST_HEAD(&l->head);
	return l;
}

/*
 * Makes the list one of @n elements with the given keys, in this order. The
 * limit is above what any sort of a test may need.
 */
void item_list_fill(struct item_list *l, const u32 *keys, size_t n)
{
	size_t i;

	KUNIT_ASSERT_LE(l->test, n, l->room);
	INIT_LIST_HEAD(&l->head);
	for (i = 0; i < n; i++) {
		l->items[i] = (struct item) {
			.front = ITEM_FRONT,
			.back = ITEM_BACK,
			.key = keys[i],
			.serial = i,
		};
		list_add_tail(&l->items[i].list, &l->head);
	}
	l->n = n;
	l->cmps = 0;
	l->limit = 4 * n * (ilog2(n | 1) + 1) + 4;
	l->swapped = 0;
	l->foreign = 0;
	l->stack_low = ULONG_MAX;
}

static bool is_item(const struct item_list *l, const struct list_head *node)
{
	unsigned long at = (unsigned long)node - (unsigned long)&l->items[0].list;

	return at < l->n * sizeof(struct item) && at % sizeof(struct item) == 0;
}

/* The comparison of the tests, by key; @priv is the item_list. */
int item_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct item_list *l = priv;
	unsigned long here;

	/* a sort that does not end must not be the end of the run */
	if (++l->cmps > l->limit && l->limit)
		KUNIT_FAIL_AND_ABORT(l->test, "%s: more than %lu comparisons", l->what, l->limit);
	here = (unsigned long)__builtin_frame_address(0);
	l->stack_low = min(l->stack_low, here);
	if (!is_item(l, a) || !is_item(l, b) || a == b) {
		l->foreign++;
		return 0;
	}
	l->swapped += to_item(a)->serial > to_item(b)->serial;
	if (to_item(a)->key == to_item(b)->key)
		return 0;
	return to_item(a)->key > to_item(b)->key ? 1 : -1;
}

/**
 * item_check_all() - the list has all elements once, and both directions agree
 * @l: the list
 *
 * Also checks what is next to the list_heads in memory, and that no comparison
 * was made with anything that is no element. For once after each
 * item_list_fill().
 *
 * Return: false if the test failed here.
 */
bool item_check_all(struct item_list *l)
{
	struct list_head *pos = &l->head;
	size_t i;

	for (i = 0; i <= l->n; i++, pos = pos->next) {
		const struct list_head *next = pos->next;
		bool end = i == l->n;

		if (end ? next != &l->head : !is_item(l, next)) {
			KUNIT_FAIL(l->test, "%s: after %zu elements comes %s", l->what, i,
				   next == &l->head ? "the head" :
				   is_item(l, next) ? "one more" :
				   next ? "what is none" : "NULL");
			return false;
		}
		if (next->prev != pos) {
			KUNIT_FAIL(l->test, "%s: prev of place %zu is not the one before",
				   l->what, i);
			return false;
		}
		if (end)
			break;
		if (to_item(next)->seen) {
			KUNIT_FAIL(l->test, "%s: place %zu has an element for the second time",
				   l->what, i);
			return false;
		}
		to_item(next)->seen = true;
	}
	for (i = 0; i < l->n; i++) {
		const struct item *item = &l->items[i];

		if (item->front != ITEM_FRONT || item->back != ITEM_BACK || item->serial != i) {
			KUNIT_FAIL(l->test, "%s: element %zu was written to", l->what, i);
			return false;
		}
	}
	KUNIT_EXPECT_EQ_MSG(l->test, l->foreign, 0, "%s: compared what is no element", l->what);
	return !l->foreign;
}

/**
 * item_check_sorted() - what item_check_all() checks, and the order
 * @l: the list
 *
 * The order is by key and, as the sort is stable, by place in the input; every
 * comparison must have had its arguments in the order of the input.
 *
 * Return: false if the test failed here.
 */
bool item_check_sorted(struct item_list *l)
{
	const struct item *prev = NULL, *item;

	if (!item_check_all(l))
		return false;
	list_for_each_entry(item, &l->head, list) {
		if (prev && prev->key > item->key) {
			KUNIT_FAIL(l->test, "%s: key %u of place %u comes before key %u of %u",
				   l->what, prev->key, prev->serial, item->key, item->serial);
			return false;
		}
		if (prev && prev->key == item->key && prev->serial > item->serial) {
			KUNIT_FAIL(l->test, "%s: not stable, %u and %u changed their order",
				   l->what, item->serial, prev->serial);
			return false;
		}
		prev = item;
	}
	KUNIT_EXPECT_EQ_MSG(l->test, l->swapped, 0,
			    "%s: comparisons whose arguments were not in the order of the input",
			    l->what);
	return !l->swapped;
}

MODULE_DESCRIPTION("KUnit tests of list_sort() and its variants");
MODULE_LICENSE("GPL");
