// SPDX-License-Identifier: GPL-2.0
/*
 * Every variant of list_sort() with every class of input, at every size up to
 * a few times the largest block that a variant treats on its own, around the
 * powers of two and three times these up to 8192, and at 33,333 and 100,000.
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>

#include "list_sort_fixture.h"
#include "list_sort_inputs.h"

#define MAX_ITEMS 100000
#define ALL_SIZES_BELOW 200
#define MAX_POWER 8192

struct cell {
	const struct sorter *sorter;
	const struct list_sort_input *input;
};

/* sorters times list_sort_inputs; @desc becomes "adaptive, sorted_tail" */
static const void *cell_gen_params(struct kunit *test, const void *prev, char *desc)
{
	static struct cell cell;

	if (!prev)
		cell = (struct cell) { sorters, list_sort_inputs };
	else if (++cell.input == list_sort_inputs + ARRAY_SIZE(list_sort_inputs))
		cell = (struct cell) { cell.sorter + 1, list_sort_inputs };
	if (!cell.sorter->name)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %s", cell.sorter->name, cell.input->name);
	return &cell;
}

/* 0, 1, 2, ..., 2^k and 3 * 2^k and what is beside them, 33333, MAX_ITEMS */
static bool is_size(size_t n)
{
	size_t k;

	if (n < ALL_SIZES_BELOW || n == 33333 || n == MAX_ITEMS)
		return true;
	if (n > MAX_POWER + 1)
		return false;
	for (k = n - 1; k <= n + 1; k++)
		if (is_power_of_2(k) || (k % 3 == 0 && is_power_of_2(k / 3)))
			return true;
	return false;
}

static void sorts_input(struct kunit *test)
{
	const struct cell *cell = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_ITEMS);
	struct rnd_state rnd;
	size_t n;

	for (n = 0; n <= MAX_ITEMS; n++) {
		if (!is_size(n))
			continue;
		prandom_seed_state(&rnd, n + 1);
		cell->input->fill(l->keys, n, &rnd);
		item_list_fill(l, l->keys, n);
		scnprintf(l->what, sizeof(l->what), "%s, %s, n=%zu", cell->sorter->name,
			  cell->input->name, n);
		cell->sorter->sort(l, &l->head, item_cmp);
		if (!item_check_sorted(l))
			return;
	}
}

/* The next permutation in lexicographic order; false after the last one. */
static bool next_permutation(u32 *keys, size_t n)
{
	size_t i = n - 1, k = n - 1;

	while (i && keys[i - 1] >= keys[i])
		i--;
	if (!i)
		return false;
	while (keys[k] <= keys[i - 1])
		k--;
	swap(keys[i - 1], keys[k]);
	for (k = n - 1; i < k; i++, k--)
		swap(keys[i], keys[k]);
	return true;
}

/* Counts @keys up as the digits of a number; false after the last one. */
static bool next_sequence(u32 *keys, size_t n, u32 base)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (++keys[i] < base)
			return true;
		keys[i] = 0;
	}
	return false;
}

static bool sort_small(struct item_list *l, const struct sorter *sorter, const u32 *keys, size_t n,
		       unsigned int which)
{
	item_list_fill(l, keys, n);
	scnprintf(l->what, sizeof(l->what), "%s, n=%zu, number %u", sorter->name, n, which);
	/* thousands of these take tens of seconds with KASAN and lockdep */
	cond_resched();
	sorter->sort(l, &l->head, item_cmp);
	return item_check_sorted(l);
}

/* All orders of up to seven keys */
static void sorts_permutations(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, 7);
	size_t n, i;

	for (n = 1; n <= 7; n++) {
		unsigned int which = 0;
		u32 keys[7];

		for (i = 0; i < n; i++)
			keys[i] = i;
		do {
			if (!sort_small(l, sorter, keys, n, which++))
				return;
		} while (next_permutation(keys, n));
		/* 7! is 5040: the loop went through all of them */
		if (n == 7)
			KUNIT_EXPECT_EQ(test, which, 5040);
	}
}

/* All sequences of eight keys out of three, and of twelve out of two: stability */
static void sorts_sequences(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, 12);
	u32 keys[12] = {};
	unsigned int which;

	for (which = 0; which == 0 || next_sequence(keys, 8, 3); which++)
		if (!sort_small(l, sorter, keys, 8, which))
			return;
	KUNIT_EXPECT_EQ(test, which, 6561);
	for (which = 0; which == 0 || next_sequence(keys, 12, 2); which++)
		if (!sort_small(l, sorter, keys, 12, which))
			return;
	KUNIT_EXPECT_EQ(test, which, 4096);
}

/*
 * Pieces of every kind in random lengths: what a merge policy meets when no
 * class of input describes the list.
 */
static void fill_pieces(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t at = 0;

	while (at < n) {
		const struct list_sort_input *input;
		size_t len = 1 + input_below(rnd, 1 << input_below(rnd, 10));

		len = min(len, n - at);
		input = &list_sort_inputs[input_below(rnd, ARRAY_SIZE(list_sort_inputs))];
		input->fill(keys + at, len, rnd);
		at += len;
	}
}

static void sorts_pieces(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, 4096);
	struct rnd_state rnd;
	unsigned int round;

	for (round = 0; round < 300; round++) {
		size_t n;

		prandom_seed_state(&rnd, round + 1);
		n = input_below(&rnd, 4096);
		fill_pieces(l->keys, n, &rnd);
		item_list_fill(l, l->keys, n);
		scnprintf(l->what, sizeof(l->what), "%s, pieces, seed=%u, n=%zu", sorter->name,
			  round + 1, n);
		sorter->sort(l, &l->head, item_cmp);
		if (!item_check_sorted(l))
			return;
	}
}

static struct kunit_case list_sort_variants_cases[] = {
	KUNIT_CASE_PARAM(sorts_input, cell_gen_params),
	KUNIT_CASE_PARAM(sorts_permutations, sorter_gen_params),
	KUNIT_CASE_PARAM(sorts_sequences, sorter_gen_params),
	KUNIT_CASE_PARAM(sorts_pieces, sorter_gen_params),
	{}
};

static struct kunit_suite list_sort_variants_suite = {
	.name = "list_sort_variants",
	.test_cases = list_sort_variants_cases,
};

kunit_test_suite(list_sort_variants_suite);
