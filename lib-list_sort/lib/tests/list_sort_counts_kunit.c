// SPDX-License-Identifier: GPL-2.0
/*
 * How many comparisons the variants of list_sort() make. The inputs are the
 * same on every machine, and so are the counts: a bound that is exceeded means
 * that an algorithm changed.
 */

#include <kunit/test.h>
#include <linux/array_size.h>
#include <linux/list_sort_variants.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include "list_sort_fixture.h"
#include "list_sort_inputs.h"

#define MAX_ITEMS 32768
#define SEEDS 4

/* Runs with noise between them: none has one like it behind it. */
static void input_noisy_runs(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t at = 0, len;

	while (at < n) {
		len = min(n - at, 64);
		input_run(keys + at, len, rnd);
		at += len;
		len = min(n - at, 16);
		input_random(keys + at, len, rnd);
		at += len;
	}
}

static const struct list_sort_input noisy_runs = { "noisy_runs", input_noisy_runs };

static const struct list_sort_input *find_input(struct kunit *test, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(list_sort_inputs); i++)
		if (!strcmp(list_sort_inputs[i].name, name))
			return &list_sort_inputs[i];
	if (!strcmp(noisy_runs.name, name))
		return &noisy_runs;
	KUNIT_FAIL_AND_ABORT(test, "no input named %s", name);
	return NULL;
}

static unsigned long count(struct item_list *l, list_sort_func_t sort,
			   const struct list_sort_input *input, size_t n, u64 seed)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	input->fill(l->keys, n, &rnd);
	item_list_fill(l, l->keys, n);
	scnprintf(l->what, sizeof(l->what), "%s, n=%zu", input->name, n);
	sort(l, &l->head, item_cmp);
	item_check_sorted(l);
	return l->cmps;
}

/**
 * struct bound - comparisons relative to those of list_sort_mainline()
 * @desc:	for the test's name
 * @input:	the class
 * @n:		elements
 * @percent:	list_sort_adaptive() makes at most this share of mainline's, rounded
 */
struct bound {
	const char *desc;
	const char *input;
	size_t n;
	unsigned int percent;
};

static const struct bound bounds[] = {
	{ "sorted_tail 1k", "sorted_tail", 1024, 23 },
	{ "swaps 4", "swaps", 4, 94 },
	{ "swaps 1k", "swaps", 1024, 26 },
	{ "swaps 32k", "swaps", 32768, 19 },
	{ "runs16 256", "runs16", 256, 79 },
	{ "runs16 1000", "runs16", 1000, 64 },
	/* runs of 64 are what mainline merges anyway: its best case */
	{ "runs16 1k", "runs16", 1024, 67 },
	{ "runs16 4k", "runs16", 4096, 59 },
	{ "runs16 32k", "runs16", 32768, 50 },
	{ "few_keys 32k", "few_keys", 32768, 68 },
	{ "random 4", "random", 4, 103 },
	{ "random 16", "random", 16, 100 },
	{ "random 64", "random", 64, 100 },
	{ "random 256", "random", 256, 100 },
	{ "random 1k", "random", 1024, 100 },
	{ "random 4k", "random", 4096, 100 },
	{ "random 32k", "random", 32768, 100 },
	{ "alternating 1k", "alternating", 1024, 100 },
	{ "alternating 32k", "alternating", 32768, 100 },
	{ "unequal_runs 1k", "unequal_runs", 1024, 70 },
	{ "noisy_runs 1k", "noisy_runs", 1024, 81 },
	{ "unequal_runs 32k", "unequal_runs", 32768, 83 },
	{ "sorted_blocks 32k", "sorted_blocks", 32768, 19 },
	{ "reversed_blocks 1k", "reversed_blocks", 1024, 55 },
	{ "sawtooth 1k", "sawtooth", 1024, 69 },
	{ "sawtooth 32k", "sawtooth", 32768, 51 },
	{ "organ_pipe 32k", "organ_pipe", 32768, 25 },
};

KUNIT_ARRAY_PARAM_DESC(bound, bounds, desc);

static void adaptive_against_mainline(struct kunit *test)
{
	const struct bound *b = test->param_value;
	const struct list_sort_input *input = find_input(test, b->input);
	struct item_list *l = item_list_alloc(test, b->n);
	unsigned long adaptive = 0, mainline = 0;
	/* small lists vary the most and cost the least */
	unsigned int seeds = b->n <= 256 ? 64 * SEEDS : SEEDS, seed;

	for (seed = 1; seed <= seeds; seed++) {
		adaptive += count(l, list_sort_adaptive, input, b->n, seed);
		mainline += count(l, list_sort_mainline, input, b->n, seed);
	}
	kunit_info(test, "%lu comparisons, mainline %lu: %lu %%\n", adaptive, mainline,
		   adaptive * 100 / mainline);
	/* less than half a percent more is the same figure */
	KUNIT_EXPECT_LE(test, adaptive * 200, mainline * (2 * b->percent + 1));
}

/**
 * struct ceilings - comparisons for one list
 * @input:	the class, with seed 1
 * @n:		elements: few enough for list_sort_adaptive() to count, and more
 * @insertion:	list_sort_insertion() makes at most so many
 * @powersort:	list_sort_powersort()
 * @adaptive:	list_sort_adaptive()
 * @array:	list_sort_array()
 */
struct ceilings {
	const char *input;
	unsigned int n;
	unsigned int insertion;
	unsigned int powersort;
	unsigned int adaptive;
	unsigned int array;
};

/*
 * Exactly what they take: a merge of other parts, a run that is not seen or a
 * gallop that starts at another time takes more for some class.
 */
static const struct ceilings ceilings[] = {
	{ "random", 100, 551, 579, 547, 531 },
	{ "sorted", 100, 319, 99, 99, 99 },
	{ "reversed", 100, 378, 99, 99, 99 },
	{ "sorted_tail", 100, 326, 107, 107, 148 },
	{ "swaps", 100, 325, 111, 119, 303 },
	{ "runs16", 100, 504, 461, 530, 530 },
	{ "few_keys", 100, 541, 575, 541, 529 },
	{ "sawtooth", 100, 421, 250, 250, 419 },
	{ "organ_pipe", 100, 388, 197, 197, 352 },
	{ "equal", 100, 319, 99, 99, 99 },
	{ "sorted_blocks", 100, 291, 135, 110, 242 },
	{ "reversed_blocks", 100, 438, 269, 333, 380 },
	{ "alternating", 100, 548, 613, 542, 538 },
	{ "unequal_runs", 100, 358, 230, 229, 313 },
	{ "random", 1000, 8783, 9057, 8690, 8685 },
	{ "sorted", 1000, 4778, 999, 999, 999 },
	{ "reversed", 1000, 5448, 999, 999, 999 },
	{ "sorted_tail", 1000, 4848, 1775, 1157, 1354 },
	{ "swaps", 1000, 6217, 4186, 1626, 3810 },
	{ "runs16", 1000, 7049, 4924, 4692, 7229 },
	{ "few_keys", 1000, 8625, 8908, 8528, 8616 },
	{ "sawtooth", 1000, 7524, 5750, 5334, 8355 },
	{ "organ_pipe", 1000, 5571, 1997, 1997, 3643 },
	{ "equal", 1000, 4778, 999, 999, 999 },
	{ "sorted_blocks", 1000, 4682, 2951, 1198, 3904 },
	{ "reversed_blocks", 1000, 6002, 4399, 3067, 4652 },
	{ "alternating", 1000, 8727, 9465, 8981, 8742 },
	{ "unequal_runs", 1000, 6673, 4963, 4814, 7586 },
};

static void each_within_ceilings(struct kunit *test)
{
	struct item_list *l = item_list_alloc(test, 1000);
	unsigned long fallbacks, cmps;
	size_t i;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(ceilings), 2 * ARRAY_SIZE(list_sort_inputs));
	for (i = 0; i < ARRAY_SIZE(ceilings); i++) {
		const struct ceilings *c = &ceilings[i];
		const struct list_sort_input *input = find_input(test, c->input);

		cmps = count(l, list_sort_insertion, input, c->n, 1);
		KUNIT_EXPECT_LE_MSG(test, cmps, c->insertion, "insertion, %s", l->what);
		cmps = count(l, list_sort_powersort, input, c->n, 1);
		KUNIT_EXPECT_LE_MSG(test, cmps, c->powersort, "powersort, %s", l->what);
		cmps = count(l, list_sort_adaptive, input, c->n, 1);
		KUNIT_EXPECT_LE_MSG(test, cmps, c->adaptive, "adaptive, %s", l->what);
		fallbacks = list_sort_array_fallbacks();
		cmps = count(l, list_sort_array, input, c->n, 1);
		/* without memory it is another sort */
		if (list_sort_array_fallbacks() == fallbacks)
			KUNIT_EXPECT_LE_MSG(test, cmps, c->array, "array, %s", l->what);
	}
}

/* Also for what is no power of two, where the last merges are uneven */
static const size_t sizes[] = { 1, 2, 3, 4, 5, 16, 31, 33, 64, 100, 255, 1000, 1025, 5000, 20000 };

/* They are the same algorithm, with prefetches or without calls. */
static void balanced_like_mainline(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_ITEMS);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(list_sort_inputs); i++) {
		const struct list_sort_input *input = &list_sort_inputs[i];

		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			unsigned long mainline = count(l, list_sort_mainline, input, sizes[k], 1);

			KUNIT_EXPECT_EQ_MSG(test, count(l, sorter->sort, input, sizes[k], 1),
					    mainline, "%s", l->what);
		}
	}
}

/* One comparison for each pair of neighbours shows the order, and no fewer can. */
static void natural_in_one_pass(struct kunit *test)
{
	static const char * const names[] = { "sorted", "equal", "reversed" };
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_ITEMS);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct list_sort_input *input = find_input(test, names[i]);

		for (k = 0; k < ARRAY_SIZE(sizes); k++)
			KUNIT_ASSERT_EQ_MSG(test, count(l, sorter->sort, input, sizes[k], 1),
					    sizes[k] - 1, "%s", l->what);
	}
}

/* n * ceil(log2(n)) is what a merge sort of any kind stays below for any input. */
static void all_within_n_log_n(struct kunit *test)
{
	const struct sorter *sorter = test->param_value;
	struct item_list *l = item_list_alloc(test, MAX_ITEMS);
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(list_sort_inputs); i++) {
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			size_t n = sizes[k];
			unsigned int bits = n > 1 ? ilog2(n - 1) + 1 : 0;
			unsigned long cmps = count(l, sorter->sort, &list_sort_inputs[i], n, 1);

			KUNIT_EXPECT_LE_MSG(test, cmps, n * bits, "%s: %s", sorter->name, l->what);
		}
	}
}

/* What is not there to be allocated is not an error, but it is counted. */
static void array_without_memory(struct kunit *test)
{
#if IS_ENABLED(CONFIG_FAILSLAB)
	const struct list_sort_input *input = find_input(test, "random");
	struct item_list *l = item_list_alloc(test, 300);
	unsigned long before = list_sort_array_fallbacks();
	unsigned long with, without;

	with = count(l, list_sort_array, input, 300, 1);
	KUNIT_EXPECT_EQ(test, list_sort_array_fallbacks(), before);

	/* the next allocation from slabs fails, see Documentation/fault-injection */
	current->fail_nth = 1;
	without = count(l, list_sort_array, input, 300, 1);
	KUNIT_EXPECT_EQ_MSG(test, current->fail_nth, 0, "nothing was allocated");
	current->fail_nth = 0;
	KUNIT_EXPECT_EQ(test, list_sort_array_fallbacks(), before + 1);
	KUNIT_EXPECT_GE(test, without, 299);
	KUNIT_EXPECT_GE(test, with, 299);
#else
	kunit_skip(test, "needs CONFIG_FAILSLAB");
#endif
}

/* In order of their addresses */
static int cmp_nodes(void *priv, const struct list_head *a, const struct list_head *b)
{
	return a > b;
}

/* What is too long for kmalloc() is not tried, and counted as well. */
static void array_too_long(struct kunit *test)
{
	/* as in list_sort_array(), and one more */
	const size_t n = KMALLOC_MAX_SIZE / sizeof(void *) * 2 / 3 + 1;
	unsigned long before = list_sort_array_fallbacks();
	struct list_head head, *nodes, *node;
	size_t i;

	if (n > SZ_1M)
		kunit_skip(test, "with pages of this size kmalloc() has room for %zu", n - 1);
	nodes = kvmalloc_array(n, sizeof(*nodes), GFP_KERNEL | __GFP_NOWARN);
	if (!nodes)
		kunit_skip(test, "no memory for %zu elements", n);

	/* backwards, which every natural sort turns round in one pass */
	INIT_LIST_HEAD(&head);
	for (i = 0; i < n; i++)
		list_add(&nodes[i], &head);
	list_sort_array(NULL, &head, cmp_nodes);
	KUNIT_EXPECT_EQ(test, list_sort_array_fallbacks(), before + 1);

	i = 0;
	list_for_each(node, &head) {
		if (i == n || node != &nodes[i] || node->next->prev != node)
			break;
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, n);
	KUNIT_EXPECT_PTR_EQ(test, node, &head);
	kvfree(nodes);
}

static struct kunit_case list_sort_counts_cases[] = {
	KUNIT_CASE_PARAM(adaptive_against_mainline, bound_gen_params),
	KUNIT_CASE(each_within_ceilings),
	KUNIT_CASE_PARAM(balanced_like_mainline, balanced_gen_params),
	KUNIT_CASE_PARAM(natural_in_one_pass, natural_gen_params),
	KUNIT_CASE_PARAM(all_within_n_log_n, sorter_gen_params),
	KUNIT_CASE(array_without_memory),
	KUNIT_CASE(array_too_long),
	{}
};

static struct kunit_suite list_sort_counts_suite = {
	.name = "list_sort_counts",
	.test_cases = list_sort_counts_cases,
};

kunit_test_suite(list_sort_counts_suite);
