// SPDX-License-Identifier: GPL-2.0
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/types.h>
#include "list_sort_common.h"

struct run {
	struct list_head *list;	/* null-terminated unless the input ends with it */
	struct list_head *rest;	/* the input that follows */
	size_t len;
};

/*
 * Cut the longest ascending or strictly descending run off @list, which ends
 * before @end.  "Strictly", since reversing equal elements is not stable.
 */
static __always_inline struct run
next_run(void *priv, list_cmp_func_t cmp, struct list_head *list, struct list_head *end)
{
	struct run run = { .list = list, .rest = list->next, .len = 1 };
	struct list_head *last = list;

	if (run.rest == end)
		return run;

	if (cmp(priv, list, run.rest) > 0) {
		do {
			struct list_head *node = run.rest;

			run.rest = node->next;
			node->next = run.list;
			run.list = node;
			run.len++;
		} while (run.rest != end && cmp(priv, run.list, run.rest) > 0);
		last->next = NULL;
	} else {
		do {
			last = run.rest;
			run.rest = last->next;
			run.len++;
		} while (run.rest != end && cmp(priv, last, run.rest) <= 0);
		if (run.rest != end)
			last->next = NULL;
	}
	return run;
}

/*
 * The power of the boundary between the run of @len1 elements from @start on
 * and the run of @len2 elements behind it: the number of leading binary digits
 * until the midpoints of the two runs, as fractions of @n, differ.
 *
 * A list_head has two pointers, so 4 * @n does not overflow.
 */
static unsigned int node_power(size_t start, size_t len1, size_t len2, size_t n)
{
	size_t a = 2 * start + len1;	/* twice the midpoints */
	size_t b = a + len1 + len2;
	unsigned int power = 1;

	for (;; power++) {
		if (a >= n) {
			a -= n;
			b -= n;
		} else if (b >= n) {
			return power;
		}
		a *= 2;
		b *= 2;
	}
}

/*
 * This is Powersort (J. I. Munro, S. Wild, "Nearly-optimal mergesorts: fast,
 * practical sorting methods that optimally adapt to existing runs", ESA 2018).
 * The merges take at most n * H + 2 * n comparisons, H being the entropy of
 * the lengths of the runs, and detecting the runs n - 1.
 *
 * Boundaries between runs have a power, see node_power().  A boundary is
 * merged away when the next one with less power is met.  So powers ascend on
 * the stack, from bottom to top and strictly: between two boundaries of equal
 * power is one of less.  The midpoints of neighbouring runs are at least 1 / n
 * apart, so no power exceeds log2(n) + 1, and neither does the depth of the
 * stack.  As a list_head has two pointers, this is below BITS_PER_LONG.
 */

/**
 * list_sort_powersort - sort a list by merging its runs in nearly optimal order
 * @priv: private data, opaque to this function, passed to @cmp
 * @head: the list to sort
 * @cmp: the elements comparison function
 *
 * @cmp(@priv, a, b) is only called with an a that came before b in the input.
 * It returns > 0 if a must go after b, and <= 0 if their order is right, so it
 * may return a boolean.  It must be transitive; if it is not, the order of the
 * result is undefined, but no element is lost and the sort ends.  It must
 * neither follow nor change the links of the list.  Elements that compare as
 * equal keep their order.  @head and @cmp must not be NULL, which is not
 * checked.  The number of elements is only limited by memory.
 *
 * A list that is sorted takes one comparison less than it has elements, and is
 * not written to.  One that is in strictly descending order takes as many.
 *
 * Context: Any that @cmp can be called in.  Does not sleep, lock or allocate.
 */
void list_sort_powersort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	/* Clearing these would take longer than sorting a short list */
	struct list_head *stack[BITS_PER_LONG] __uninitialized;
	u8 power[BITS_PER_LONG] __uninitialized;
	struct list_head *node;
	unsigned int depth = 0;
	size_t n, start = 0;
	struct run run, next;

	if (head->next == head->prev)	/* Zero or one elements */
		return;

	run = next_run(priv, cmp, head->next, head);
	if (run.rest == head) {
		if (run.list != head->next)
			list_sort_relink(head, head, run.list);
		return;
	}

	head->prev->next = NULL;
	n = run.len;
	for (node = run.rest; node; node = node->next)
		n++;

	do {
		unsigned int p;

		next = next_run(priv, cmp, run.rest, NULL);
		p = node_power(start, run.len, next.len, n);
		start += run.len;
		while (depth && power[depth - 1] > p)
			run.list = list_sort_merge(priv, cmp, stack[--depth], run.list);
		stack[depth] = run.list;
		power[depth++] = p;
		run = next;
	} while (run.rest);

	while (--depth)
		run.list = list_sort_merge(priv, cmp, stack[depth], run.list);
	list_sort_merge_final(priv, cmp, head, stack[0], run.list);
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_powersort);
#endif

#ifdef CONFIG_LIST_SORT_POWERSORT
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_powersort);
EXPORT_SYMBOL(list_sort);
#endif
