// SPDX-License-Identifier: GPL-2.0
/*
 * Comparisons and time of all list_sort() algorithms, measured when the module
 * is loaded. See Documentation/core-api/list_sort.rst.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/list.h>
#include <linux/list_sort_typed.h>
#include <linux/list_sort_variants.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/prandom.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "list_sort_inputs.h"

#define MAX_SIZES	16
#define MAX_NAMES	16
#define MAX_ELEMENTS	SZ_16M
#define MAX_ROUNDS	99
#define MIN_BYTES	64
#define MAX_BYTES	4096
/* Short lists are sorted in batches of this many elements; it fits into L2. */
#define BATCH		4096

static unsigned int sizes[MAX_SIZES] = { 8, 64, 1024, 32768 };
static int nr_sizes = 4;
module_param_array(sizes, uint, &nr_sizes, 0444);
MODULE_PARM_DESC(sizes, "elements per list, 1 to 16777216 (8,64,1024,32768)");

static char *classes[MAX_NAMES];
static int nr_classes;
module_param_array(classes, charp, &nr_classes, 0444);
MODULE_PARM_DESC(classes, "classes of input (all)");

static char *variants[MAX_NAMES];
static int nr_variants;
module_param_array(variants, charp, &nr_variants, 0444);
MODULE_PARM_DESC(variants, "algorithms beside mainline (all)");

static char *layouts[MAX_NAMES];
static int nr_layouts;
module_param_array(layouts, charp, &nr_layouts, 0444);
MODULE_PARM_DESC(layouts, "places of the elements in memory: shuffled, sequential (shuffled)");

static unsigned int rounds = 9;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "timed sorts of each list by each algorithm, 1 to 99 (9)");

static unsigned int element_size = 64;
module_param(element_size, uint, 0444);
MODULE_PARM_DESC(element_size, "bytes per element, 64 to 4096, a multiple of 64 (64)");

struct element {
	struct list_head list;
	u32 key;
};

static inline u32 key_of(const struct list_head *node)
{
	return container_of(node, struct element, list)->key;
}

static int cmp_elements(void *priv, const struct list_head *a, const struct list_head *b)
{
	return key_of(a) > key_of(b);
}

/* What the untimed sorts look at */
struct counts {
	u64 cmps;
	unsigned long stack_low;
};

static __always_inline void count_cmp(struct counts *counts)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);

	counts->cmps++;
	counts->stack_low = min(counts->stack_low, here);
}

static int cmp_and_count(void *priv, const struct list_head *a, const struct list_head *b)
{
	count_cmp(priv);
	return key_of(a) > key_of(b);
}

static inline int typed_cmp(void *priv, const struct element *a, const struct element *b)
{
	return a->key > b->key;
}

static inline int typed_cmp_and_count(void *priv, const struct element *a, const struct element *b)
{
	count_cmp(priv);
	return a->key > b->key;
}

DEFINE_LIST_SORT(sort_elements, struct element, list, typed_cmp)
DEFINE_LIST_SORT(sort_elements_and_count, struct element, list, typed_cmp_and_count)

static void list_sort_typed(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	if (cmp == cmp_elements)
		sort_elements(priv, head);
	else
		sort_elements_and_count(priv, head);
}

struct variant {
	const char *name;
	void (*sort)(void *priv, struct list_head *head, list_cmp_func_t cmp);
};

/* The first one is what the others are compared with. */
static const struct variant all_variants[] = {
	{ "mainline",	list_sort_mainline },
	{ "insertion",	list_sort_insertion },
	{ "powersort",	list_sort_powersort },
	{ "jump",	list_sort_jump },
	{ "adaptive",	list_sort_adaptive },
	{ "array",	list_sort_array },
	{ "typed",	list_sort_typed },
};

#define NR_VARIANTS ARRAY_SIZE(all_variants)

/* Of the elements in memory, in relation to their order in the input */
enum { SHUFFLED, SEQUENTIAL };

static const char * const all_layouts[] = {
	[SHUFFLED] = "shuffled",
	[SEQUENTIAL] = "sequential",
};

/**
 * struct result - of one algorithm for one class, size and layout
 * @cmps:		comparisons of all lists of the batch
 * @stack:		bytes from the caller of the sort to the deepest comparison
 * @ns:			median time for the batch
 * @time_ratio:		median of the ratios to mainline in the same round, in 1/1000
 * @time_spread:	distance of the quartiles of these ratios, in 1/1000
 */
struct result {
	u64 cmps;
	u32 stack;
	u64 ns;
	u32 time_ratio;
	u32 time_spread;
};

/**
 * struct bench - the lists of one cell
 * @memory:	the elements, @element_size bytes each
 * @place:	place in @memory of each element, in the order of the input
 * @keys:	their keys
 * @heads:	the lists
 * @n:		elements per list
 * @lists:	number of lists
 */
struct bench {
	void *memory;
	u32 *place;
	u32 *keys;
	struct list_head *heads;
	u32 n;
	u32 lists;
};

static struct element *element(const struct bench *b, u32 i)
{
	return b->memory + (size_t)b->place[i] * element_size;
}

/* All lists with their keys in the order of the input again */
static void link_lists(const struct bench *b)
{
	u32 list, i, at = 0;

	for (list = 0; list < b->lists; list++) {
		INIT_LIST_HEAD(&b->heads[list]);
		for (i = 0; i < b->n; i++, at++) {
			struct element *e = element(b, at);

			e->key = b->keys[at];
			list_add_tail(&e->list, &b->heads[list]);
		}
	}
}

static bool lists_are_sorted(const struct bench *b)
{
	u32 list;

	for (list = 0; list < b->lists; list++) {
		struct element *e;
		u32 n = 0, last = 0;

		list_for_each_entry(e, &b->heads[list], list) {
			if (e->key < last || n++ == b->n || e->list.next->prev != &e->list)
				return false;
			last = e->key;
		}
		if (n != b->n)
			return false;
	}
	return true;
}

/* A function of its own, so that its small frame is where the stack is measured from */
static noinline void count_sorts(const struct bench *b, const struct variant *v, struct result *r)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	struct counts counts = { .stack_low = here };
	u32 i;

	link_lists(b);
	for (i = 0; i < b->lists; i++)
		v->sort(&counts, &b->heads[i], cmp_and_count);
	r->cmps = counts.cmps;
	r->stack = here - counts.stack_low;
}

static u64 time_sorts(const struct bench *b, const struct variant *v)
{
	u64 start;
	u32 i;

	link_lists(b);
	cond_resched();
	start = ktime_get_ns();
	for (i = 0; i < b->lists; i++)
		v->sort(NULL, &b->heads[i], cmp_elements);
	return ktime_get_ns() - start;
}

static int cmp_u64(const void *a, const void *b)
{
	return *(const u64 *)a < *(const u64 *)b ? -1 : *(const u64 *)a > *(const u64 *)b;
}

static void sort_samples(u64 *samples)
{
	sort(samples, rounds, sizeof(*samples), cmp_u64, NULL);
}

/*
 * The algorithms take turns, so that what slows the machine down for a while
 * slows all of them down, and each starts a round once in a while.
 */
static int measure(const struct bench *b, const bool *chosen, struct result *results)
{
	u64 (*ns)[MAX_ROUNDS] __free(kvfree) = kvcalloc(NR_VARIANTS, sizeof(*ns), GFP_KERNEL);
	u64 ratios[MAX_ROUNDS];
	unsigned int round, i, v;

	if (!ns)
		return -ENOMEM;
	for (v = 0; v < NR_VARIANTS; v++) {
		if (!chosen[v])
			continue;
		count_sorts(b, &all_variants[v], &results[v]);
		if (!lists_are_sorted(b)) {
			pr_err("%s does not sort lists of %u\n", all_variants[v].name, b->n);
			return -EIO;
		}
	}
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < NR_VARIANTS; i++) {
			v = (i + round) % NR_VARIANTS;
			if (chosen[v])
				ns[v][round] = max(time_sorts(b, &all_variants[v]), 1);
			if (fatal_signal_pending(current))
				return -EINTR;
		}
	}
	/* mainline last: it is what the ratios are made from */
	for (v = NR_VARIANTS; v-- > 0;) {
		if (!chosen[v])
			continue;
		for (round = 0; round < rounds; round++)
			ratios[round] = DIV64_U64_ROUND_CLOSEST(ns[v][round] * 1000, ns[0][round]);
		sort_samples(ratios);
		sort_samples(ns[v]);
		results[v].ns = ns[v][rounds / 2];
		results[v].time_ratio = ratios[rounds / 2];
		results[v].time_spread = ratios[rounds * 3 / 4] - ratios[rounds / 4];
	}
	return 0;
}

static void free_bench(struct bench *b)
{
	kvfree(b->memory);
	kvfree(b->place);
	kvfree(b->keys);
	kvfree(b->heads);
}

static int alloc_bench(struct bench *b, u32 n)
{
	b->n = n;
	b->lists = max(BATCH / n, 1);
	b->memory = kvmalloc_array(array_size(b->lists, n), element_size, GFP_KERNEL);
	b->place = kvmalloc_array(b->lists * n, sizeof(*b->place), GFP_KERNEL);
	b->keys = kvmalloc_array(b->lists * n, sizeof(*b->keys), GFP_KERNEL);
	b->heads = kvmalloc_objs(*b->heads, b->lists);
	if (!b->memory || !b->place || !b->keys || !b->heads) {
		pr_err("no memory for %u elements of %u bytes\n", b->lists * n, element_size);
		free_bench(b);
		return -ENOMEM;
	}
	return 0;
}

/* Fisher and Yates */
static void shuffle(u32 *values, u32 n, struct rnd_state *rnd)
{
	for (; n > 1; n--) {
		u32 other = input_below(rnd, n);

		swap(values[n - 1], values[other]);
	}
}

/* In 1/1000; lists of one element need none */
static u32 cmps_ratio(const struct result *results, unsigned int v)
{
	if (!results[0].cmps)
		return 1000;
	return DIV64_U64_ROUND_CLOSEST(results[v].cmps * 1000, results[0].cmps);
}

static void print_result(const struct bench *b, const char *class, const char *layout,
			 unsigned int v, const struct result *results)
{
	const struct result *r = &results[v];
	u64 cmps = div_u64(r->cmps * 10, b->lists);
	u32 ratio = cmps_ratio(results, v);
	u64 ns = div_u64(r->ns * 100, b->lists * b->n);

	pr_info("variant=%s class=%s n=%u layout=%s cmps=%llu.%llu cmps_ratio=%u.%03u ns_per_elem=%llu.%02llu time_ratio=%u.%03u time_spread=%u.%03u stack=%u\n",
		all_variants[v].name, class, b->n, layout, cmps / 10, cmps % 10,
		ratio / 1000, ratio % 1000, ns / 100, ns % 100,
		r->time_ratio / 1000, r->time_ratio % 1000,
		r->time_spread / 1000, r->time_spread % 1000, r->stack);
}

/* The rows are kept until the end, where they make a table. */
#define ROW 160

/* A row of the table: comparisons and time of each algorithm relative to mainline */
static void print_row(char *row, const struct bench *b, const char *class, const char *layout,
		      const bool *chosen, const struct result *results)
{
	size_t len = scnprintf(row, ROW, "%-15s %8u %-10s", class, b->n, layout);
	unsigned int v;

	/* variant 0 is mainline */
	for (v = 1; v < NR_VARIANTS; v++) {
		u32 cmps = DIV_ROUND_CLOSEST(cmps_ratio(results, v), 10);
		u32 time = DIV_ROUND_CLOSEST(results[v].time_ratio, 10);

		if (chosen[v])
			len += scnprintf(row + len, ROW - len, "  %2u.%02u %2u.%02u",
					 cmps / 100, cmps % 100, time / 100, time % 100);
	}
}

static void print_head(const bool *chosen)
{
	char names[160], kinds[160];
	size_t len = 0, k = 0;
	unsigned int v;

	for (v = 1; v < NR_VARIANTS; v++) {
		if (!chosen[v])
			continue;
		len += scnprintf(names + len, sizeof(names) - len, "  %11s", all_variants[v].name);
		k += scnprintf(kinds + k, sizeof(kinds) - k, "   cmps  time");
	}
	pr_info("relative to mainline:              %s\n", len ? names : "");
	pr_info("class                  n layout    %s\n", k ? kinds : "");
}

/**
 * struct plan - what the parameters ask for
 * @class:	which of list_sort_inputs
 * @layout:	which of all_layouts
 * @variant:	which of all_variants; mainline always
 * @rows:	the table
 * @nr_rows:	rows of it that are filled
 */
struct plan {
	bool class[ARRAY_SIZE(list_sort_inputs)];
	bool layout[ARRAY_SIZE(all_layouts)];
	bool variant[NR_VARIANTS];
	char (*rows)[ROW];
	unsigned int nr_rows;
};

static int run_class(struct plan *p, const struct bench *b, unsigned int class, const char *layout)
{
	const struct list_sort_input *input = &list_sort_inputs[class];
	struct result results[NR_VARIANTS];
	struct rnd_state rnd;
	unsigned int i;
	int err;

	prandom_seed_state(&rnd, b->n);
	for (i = 0; i < b->lists; i++)
		input->fill(b->keys + i * b->n, b->n, &rnd);
	err = measure(b, p->variant, results);
	if (err)
		return err;
	for (i = 0; i < NR_VARIANTS; i++)
		if (p->variant[i])
			print_result(b, input->name, layout, i, results);
	print_row(p->rows[p->nr_rows++], b, input->name, layout, p->variant, results);
	return 0;
}

static int run_size(struct plan *p, struct bench *b)
{
	unsigned int layout, class;
	struct rnd_state rnd;
	u32 i;
	int err;

	for (layout = 0; layout < ARRAY_SIZE(all_layouts); layout++) {
		if (!p->layout[layout])
			continue;
		for (i = 0; i < b->lists * b->n; i++)
			b->place[i] = i;
		prandom_seed_state(&rnd, b->n);
		if (layout == SHUFFLED)
			shuffle(b->place, b->lists * b->n, &rnd);
		for (class = 0; class < ARRAY_SIZE(list_sort_inputs); class++) {
			if (!p->class[class])
				continue;
			err = run_class(p, b, class, all_layouts[layout]);
			if (err)
				return err;
		}
	}
	return 0;
}

static int run(struct plan *p)
{
	unsigned int i;

	for (i = 0; i < nr_sizes; i++) {
		struct bench b;
		int err = alloc_bench(&b, sizes[i]);

		if (err)
			return err;
		err = run_size(p, &b);
		free_bench(&b);
		if (err)
			return err;
	}
	print_head(p->variant);
	for (i = 0; i < p->nr_rows; i++)
		pr_info("%s\n", p->rows[i]);
	return 0;
}

/* A parameter's names as flags; no names stand for all of them. */
static int choose(const char *what, char **names, int nr, bool *chosen,
		  const char *(*name_of)(unsigned int i), unsigned int count)
{
	unsigned int i;
	int k;

	for (i = 0; i < count; i++)
		chosen[i] = !nr;
	for (k = 0; k < nr; k++) {
		for (i = 0; i < count && strcmp(names[k], name_of(i)); i++)
			;
		if (i == count) {
			char known[200];
			size_t len = 0;

			for (i = 0; i < count; i++)
				len += scnprintf(known + len, sizeof(known) - len, " %s",
						 name_of(i));
			pr_err("%s=%s: unknown, expected some of:%s\n", what, names[k], known);
			return -EINVAL;
		}
		chosen[i] = true;
	}
	return 0;
}

static const char *class_name(unsigned int i)
{
	return list_sort_inputs[i].name;
}

static const char *variant_name(unsigned int i)
{
	return all_variants[i].name;
}

static const char *layout_name(unsigned int i)
{
	return all_layouts[i];
}

/* The numbers; the names are checked by choose(). */
static int check_ranges(void)
{
	int i;

	for (i = 0; i < nr_sizes; i++) {
		if (!sizes[i] || sizes[i] > MAX_ELEMENTS) {
			pr_err("sizes=%u: expected 1 to %u\n", sizes[i], MAX_ELEMENTS);
			return -EINVAL;
		}
	}
	if (!rounds || rounds > MAX_ROUNDS) {
		pr_err("rounds=%u: expected 1 to %u\n", rounds, MAX_ROUNDS);
		return -EINVAL;
	}
	if (element_size < MIN_BYTES || element_size > MAX_BYTES || element_size % MIN_BYTES) {
		pr_err("element_size=%u: expected a multiple of %u up to %u\n",
		       element_size, MIN_BYTES, MAX_BYTES);
		return -EINVAL;
	}
	for (i = 0; i < nr_sizes; i++) {
		if ((u64)sizes[i] * element_size > INT_MAX) {
			pr_err("sizes=%u element_size=%u: expected a product of at most %d\n",
			       sizes[i], element_size, INT_MAX);
			return -EINVAL;
		}
	}
	return 0;
}

static int __init list_sort_bench_init(void)
{
	struct plan *p __free(kfree) = kzalloc_obj(*p);
	int err;

	if (!p)
		return -ENOMEM;
	err = choose("classes", classes, nr_classes, p->class, class_name, ARRAY_SIZE(p->class));
	if (err)
		return err;
	err = choose("variants", variants, nr_variants, p->variant, variant_name, NR_VARIANTS);
	if (err)
		return err;
	err = choose("layouts", layouts, nr_layouts, p->layout, layout_name,
		     ARRAY_SIZE(p->layout));
	if (err)
		return err;
	err = check_ranges();
	if (err)
		return err;
	p->variant[0] = true;
	if (!nr_layouts)
		p->layout[SEQUENTIAL] = false;
	p->rows = kvcalloc(nr_sizes * ARRAY_SIZE(p->class) * ARRAY_SIZE(p->layout), ROW,
			   GFP_KERNEL);
	if (!p->rows)
		return -ENOMEM;
	err = run(p);
	kvfree(p->rows);
	return err;
}

static void __exit list_sort_bench_exit(void)
{
}

module_init(list_sort_bench_init);
module_exit(list_sort_bench_exit);

MODULE_DESCRIPTION("Benchmark of the list_sort() algorithms");
MODULE_LICENSE("GPL");
