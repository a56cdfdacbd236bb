// SPDX-License-Identifier: GPL-2.0
/*
 * What the callers of list_sort() rely on beside the order: comparisons of any
 * kind, atomic context, little stack, and nothing else touched.
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/cacheinfo.h>
#include <linux/gfp.h>
#include <linux/list_sort_variants.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmalloc.h>

#include "list_sort_fixture.h"
#include "list_sort_inputs.h"

static const size_t sizes[] = { 0, 1, 2, 3, 4, 5, 17, 33, 100, 600, 3000 };
#define MAX_SIZE 3000

static void fill_input(struct item_list *l, const struct sorter *sorter,
		       const struct list_sort_input *input, size_t n)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, n + 1);
	input->fill(l->keys, n, &rnd);
	item_list_fill(l, l->keys, n);
	scnprintf(l->what, sizeof(l->what), "%s, %s, n=%zu", sorter->name, input->name, n);
}

typedef bool (*sort_func_t)(struct item_list *l, const struct sorter *sorter);

/* Calls @body with every size and class of input, until it returns false. */
static void with_each_input(struct kunit *test, sort_func_t body)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_SIZE);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(list_sort_inputs); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			fill_input(l, sorter, &list_sort_inputs[i], sizes[k]);
			if (!body(l, sorter))
				return;
		}
	}
}

/* "a > b" as 0 or 1: no difference between less and equal */
static int boolean_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	return item_cmp(priv, a, b) > 0;
}

/* The largest results there are; a sort that negates or subtracts them overflows */
static int extreme_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	int result = item_cmp(priv, a, b);

	return result > 0 ? INT_MAX : result < 0 ? INT_MIN : 0;
}

static bool sort_boolean(struct item_list *l, const struct sorter *sorter)
{
	sorter->sort(l, &l->head, boolean_cmp);
	return item_check_sorted(l);
}

static bool sort_extreme(struct item_list *l, const struct sorter *sorter)
{
	sorter->sort(l, &l->head, extreme_cmp);
	return item_check_sorted(l);
}

static void takes_boolean_comparison(struct kunit *test)
{
	with_each_input(test, sort_boolean);
}

static void takes_extreme_results(struct kunit *test)
{
	with_each_input(test, sort_extreme);
}

/*
 * Comparisons that contradict themselves. Each counts and checks its arguments
 * by item_cmp().
 */
static int always_after(void *priv, const struct list_head *a, const struct list_head *b)
{
	item_cmp(priv, a, b);
	return 1;
}

static int always_before(void *priv, const struct list_head *a, const struct list_head *b)
{
	item_cmp(priv, a, b);
	return -1;
}

static int by_turns(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct item_list *l = priv;

	item_cmp(priv, a, b);
	return l->cmps & 1;
}

/* A hash of the number of calls, as good as a coin */
static int by_chance(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct item_list *l = priv;

	item_cmp(priv, a, b);
	return ((u32)l->cmps * 0x9e3779b1) >> 31;
}

/* Rock, paper, scissors: antisymmetric, not transitive */
static int in_circles(void *priv, const struct list_head *a, const struct list_head *b)
{
	item_cmp(priv, a, b);
	return (to_item(a)->key % 3 + 3 - to_item(b)->key % 3) % 3 == 1 ? 1 : -1;
}

/* Sorts upwards, and changes its mind half-way */
static int turns_round(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct item_list *l = priv;
	int result = item_cmp(priv, a, b);

	return l->cmps < 2 * l->n ? result : -result;
}

static const list_cmp_func_t inconsistent[] = {
	always_after, always_before, by_turns, by_chance, in_circles, turns_round,
};

static bool sort_inconsistent(struct item_list *l, const struct sorter *sorter)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(inconsistent); i++) {
		item_list_fill(l, l->keys, l->n);
		sorter->sort(l, &l->head, inconsistent[i]);
		if (!item_check_all(l) || l->swapped) {
			KUNIT_FAIL(l->test, "%s: comparison %zu, arguments swapped %lu times",
				   l->what, i, l->swapped);
			return false;
		}
	}
	return true;
}

static void loses_nothing_if_inconsistent(struct kunit *test)
{
	with_each_input(test, sort_inconsistent);
}

/*
 * Every third element of one piece of memory is on the list that is sorted, the
 * others are on two lists that are not.
 */
static void leaves_other_lists_alone(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, 999);
	struct list_head heads[3];
	const struct list_head *prev = &heads[0], *node;
	struct item *before;
	struct rnd_state rnd;
	size_t i, sorted = 0;

	prandom_seed_state(&rnd, 1);
	input_random(l->keys, 999, &rnd);
	item_list_fill(l, l->keys, 999);
	scnprintf(l->what, sizeof(l->what), "%s", sorter->name);
	for (i = 0; i < ARRAY_SIZE(heads); i++)
		INIT_LIST_HEAD(&heads[i]);
	for (i = 0; i < 999; i++)
		list_add_tail(&l->items[i].list, &heads[i % 3]);

	before = kunit_kcalloc(test, 999, sizeof(*before), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, before);
	memcpy(before, l->items, 999 * sizeof(*before));

	sorter->sort(l, &heads[0], item_cmp);
	for (i = 0; i < 999; i++) {
		/* the elements that were sorted may differ in their links only */
		if (i % 3 == 0)
			before[i].list = l->items[i].list;
		KUNIT_ASSERT_MEMEQ_MSG(test, &before[i], &l->items[i], sizeof(*before),
				       "element %zu", i);
	}
	for (node = heads[0].next; node != &heads[0]; node = node->next) {
		KUNIT_ASSERT_LT(test, sorted++, 333);
		KUNIT_ASSERT_NOT_NULL(test, node);
		KUNIT_ASSERT_PTR_EQ(test, node->prev, prev);
		KUNIT_ASSERT_EQ(test, to_item(node)->serial % 3, 0);
		prev = node;
	}
	KUNIT_EXPECT_EQ(test, sorted, 333);
	KUNIT_EXPECT_EQ(test, l->foreign, 0);
}

struct locked_list {
	struct item_list *l;
	spinlock_t lock;	/* only so that it is taken in a comparison */
};

static int locking_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	struct locked_list *locked = priv;

	guard(spinlock)(&locked->lock);
	return item_cmp(locked->l, a, b);
}

static void comparison_takes_a_lock(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_SIZE);
	struct locked_list locked = { .l = l };

	spin_lock_init(&locked.lock);
	fill_input(l, sorter, &list_sort_inputs[0], MAX_SIZE);
	l->limit = 0;		/* giving up would leave the lock locked */
	sorter->sort(&locked, &l->head, locking_cmp);
	item_check_sorted(l);
}

/* CONFIG_DEBUG_ATOMIC_SLEEP and lockdep tell if a sort sleeps here */
static void runs_in_atomic_context(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_SIZE);
	unsigned long fallbacks = list_sort_array_fallbacks(), lists = 0;
	spinlock_t lock;	/* only so that the sort runs under one */
	int before, within;
	bool off, still_off;
	size_t i;

	spin_lock_init(&lock);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fill_input(l, sorter, &list_sort_inputs[0], sizes[i]);
		l->limit = 0;		/* giving up would leave the lock locked */
		scoped_guard(spinlock_irqsave, &lock) {
			before = preempt_count();
			off = irqs_disabled();	/* but for PREEMPT_RT */
			sorter->sort(l, &l->head, item_cmp);
			within = preempt_count();
			still_off = irqs_disabled();
		}
		KUNIT_EXPECT_EQ(test, before, within);
		KUNIT_EXPECT_EQ(test, off, !IS_ENABLED(CONFIG_PREEMPT_RT));
		KUNIT_EXPECT_EQ(test, off, still_off);
		if (!item_check_sorted(l))
			return;
		lists += sizes[i] > 1;
	}
	/* where it must not allocate, it must not have tried; others may fall back, too */
	if (sorter->sort == list_sort_array && IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING) &&
	    !IS_ENABLED(CONFIG_PREEMPT_RT))
		KUNIT_EXPECT_GE(test, list_sort_array_fallbacks() - fallbacks, lists);
}

/* Between the caller of the sort and the deepest comparison */
static void needs_little_stack(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_SIZE);
	unsigned long here = (unsigned long)__builtin_frame_address(0), most = 0;
	size_t i;

	if (IS_ENABLED(CONFIG_KASAN_STACK) || IS_ENABLED(CONFIG_KMSAN))
		kunit_skip(test, "the sanitizer enlarges stack frames");
	if (IS_ENABLED(CONFIG_STACK_GROWSUP))
		kunit_skip(test, "the stack grows upwards");
	for (i = 0; i < ARRAY_SIZE(list_sort_inputs); i++) {
		fill_input(l, sorter, &list_sort_inputs[i], MAX_SIZE);
		sorter->sort(l, &l->head, item_cmp);
		KUNIT_ASSERT_LT(test, l->stack_low, here);
		most = max(most, here - l->stack_low);
	}
	kunit_info(test, "%lu bytes with the frame of this test\n", most);
	KUNIT_EXPECT_LT_MSG(test, most, 1024, "%s", sorter->name);
}

/* A sorted list in memory that can be written to by another mapping only */
struct sealed {
	struct page *pages[16];
	struct item *writable;
	struct item *items;
};

#define SEALED_ITEMS (ARRAY_SIZE(((struct sealed *)0)->pages) * PAGE_SIZE / sizeof(struct item) - 1)

static void sealed_free(void *p)
{
	struct sealed *s = p;
	size_t i;

	if (s->items)
		vunmap(s->items);
	if (s->writable)
		vunmap(s->writable);
	for (i = 0; i < ARRAY_SIZE(s->pages); i++)
		if (s->pages[i])
			__free_page(s->pages[i]);
}

static void sealed_alloc(struct kunit *test, struct sealed *s)
{
	size_t i;

	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, sealed_free, s), 0);
	for (i = 0; i < ARRAY_SIZE(s->pages); i++) {
		s->pages[i] = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, s->pages[i]);
	}
	s->writable = vmap(s->pages, ARRAY_SIZE(s->pages), VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->writable);
	s->items = vmap(s->pages, ARRAY_SIZE(s->pages), VM_MAP, PAGE_KERNEL_RO);
	KUNIT_ASSERT_NOT_NULL(test, s->items);
}

/* Item 0 is the head; the others follow in sorted order, in pairs of equal keys. */
static void sealed_fill(struct sealed *s, size_t n)
{
	size_t i;

	for (i = 0; i <= n; i++) {
		s->writable[i] = (struct item) { .key = i / 2, .serial = i };
		s->writable[i].list.next = &s->items[i == n ? 0 : i + 1].list;
		s->writable[i].list.prev = &s->items[i ? i - 1 : n].list;
	}
}

static bool is_linked(const struct list_head *node)
{
	return node->next && node->prev && node->next->prev == node && node->prev->next == node;
}

/* Counts in @priv the comparisons that found links changed. */
static int linked_cmp(void *priv, const struct list_head *a, const struct list_head *b)
{
	unsigned long *bad = priv;

	*bad += !is_linked(a) || !is_linked(b);
	return to_item(a)->key > to_item(b)->key;
}

/* The links are there in every comparison, and all bytes are the same afterwards. */
static void keeps_links_of_sorted(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_SIZE);
	struct item *before = kunit_kcalloc(test, MAX_SIZE, sizeof(*before), GFP_KERNEL);
	size_t i, k;

	KUNIT_ASSERT_NOT_NULL(test, before);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct list_head head;
		unsigned long bad = 0;
		size_t n = sizes[i];

		for (k = 0; k < n; k++)
			l->keys[k] = k / 2;
		item_list_fill(l, l->keys, n);
		memcpy(before, l->items, n * sizeof(*before));
		head = l->head;
		sorter->sort(&bad, &l->head, linked_cmp);
		KUNIT_ASSERT_EQ_MSG(test, bad, 0, "n=%zu: links not there in a comparison", n);
		KUNIT_ASSERT_MEMEQ_MSG(test, &head, &l->head, sizeof(head), "n=%zu", n);
		if (n)
			KUNIT_ASSERT_MEMEQ_MSG(test, before, l->items, n * sizeof(*before),
					       "n=%zu", n);
	}
}

/* A store of what is there already would be a fault, and one of these is enough. */
static void writes_nothing_to_sorted(struct kunit *test)
{
	static const size_t n[] = { 0, 1, 2, 3, 4, 5, 17, 64, 600, SEALED_ITEMS };
	const struct sorter *sorter = test->param_value;
	struct sealed *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned long bad = 0;
	size_t i;

	if (pgprot_val(PAGE_KERNEL_RO) == pgprot_val(PAGE_KERNEL))
		kunit_skip(test, "this architecture has no read-only mappings for the kernel");
	if (cpu_dcache_is_aliasing())
		kunit_skip(test, "two mappings of a page need not agree on this machine");
	KUNIT_ASSERT_NOT_NULL(test, s);
	sealed_alloc(test, s);
	for (i = 0; i < ARRAY_SIZE(n); i++) {
		sealed_fill(s, n[i]);
		sorter->sort(&bad, &s->items[0].list, linked_cmp);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

static struct kunit_case list_sort_contract_cases[] = {
	KUNIT_CASE_PARAM(takes_boolean_comparison, sorter_gen_params),
	KUNIT_CASE_PARAM(takes_extreme_results, sorter_gen_params),
	KUNIT_CASE_PARAM(loses_nothing_if_inconsistent, sorter_gen_params),
	KUNIT_CASE_PARAM(leaves_other_lists_alone, sorter_gen_params),
	KUNIT_CASE_PARAM(comparison_takes_a_lock, sorter_gen_params),
	KUNIT_CASE_PARAM(runs_in_atomic_context, sorter_gen_params),
	KUNIT_CASE_PARAM(needs_little_stack, sorter_gen_params),
	KUNIT_CASE_PARAM(keeps_links_of_sorted, natural_gen_params),
	KUNIT_CASE_PARAM(writes_nothing_to_sorted, natural_gen_params),
	{}
};

static struct kunit_suite list_sort_contract_suite = {
	.name = "list_sort_contract",
	.test_cases = list_sort_contract_cases,
};

kunit_test_suite(list_sort_contract_suite);
