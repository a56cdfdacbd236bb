// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/prefetch.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define BLOCK	16	/* up to twice as many are sorted by binary insertion */
#define AHEAD	((size_t)4)	/* elements to prefetch; a cache miss's worth of merging */
#define GALLOP_START	8	/* random input rarely has as many wins in a row */
#define GALLOP_NONE	0x55555555
/* For more, kmalloc() has no 1.5 pointers each */
#define MAX_ELEMENTS	(KMALLOC_MAX_SIZE / sizeof(void *) * 2 / 3)

static atomic_long_t fallbacks = ATOMIC_LONG_INIT(0);

/**
 * list_sort_array_fallbacks - how often list_sort_array() found no memory
 *
 * Context: Any.
 * Return: calls since boot, modulo ULONG_MAX + 1
 */
unsigned long list_sort_array_fallbacks(void)
{
	return atomic_long_read(&fallbacks);
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_array_fallbacks);
#endif

/*
 * The number of the @n sorted elements of @a that go before @node; @node came
 * after them in the input, or, with @earlier, before them.
 */
static __always_inline size_t search(void *priv, list_cmp_func_t cmp, struct list_head **a,
				     size_t n, struct list_head *node, bool earlier)
{
	size_t lo = 0, mid, before;

	while (lo < n) {
		mid = lo + (n - lo) / 2;
		if (earlier)
			before = cmp(priv, node, a[mid]) > 0;
		else
			before = cmp(priv, a[mid], node) <= 0;

		/* A branch would be mispredicted half of the time */
		before = -before;
		lo += (mid + 1 - lo) & before;
		n = mid + ((n - mid) & before);
	}
	return lo;
}

/* Binary insertion sort of @n elements, the first @sorted of which are in order. */
static void insertion_sort(void *priv, list_cmp_func_t cmp, struct list_head **a,
			   size_t sorted, size_t n)
{
	size_t place, i;

	for (; sorted < n; sorted++) {
		struct list_head *node = a[sorted];

		place = search(priv, cmp, a, sorted, node, false);
		for (i = sorted; i > place; i--)
			a[i] = a[i - 1];
		a[place] = node;
	}
}

static void reverse(struct list_head **a, size_t n)
{
	size_t i;

	for (i = 0; i < n / 2; i++)
		swap(a[i], a[n - 1 - i]);
}

/*
 * Merge the sorted a[0..mid) and a[mid..n); @tmp has room for mid elements.
 * Return the wins in a row after which to gallop: @gallop, adapted.
 */
static unsigned int merge(void *priv, list_cmp_func_t cmp, struct list_head **a, size_t mid,
			  size_t n, struct list_head **tmp, unsigned int gallop)
{
	unsigned int history = GALLOP_NONE;
	size_t i = 0, j = mid, k, after;

	if (cmp(priv, a[mid - 1], a[mid]) <= 0)
		return gallop;

	memcpy(tmp, a, mid * sizeof(*a));
	while (i < mid && j < n) {
		struct list_head **from;

		/* A branch would be mispredicted half of the time */
		after = cmp(priv, tmp[i], a[j]) > 0;
		from = after ? &a[j] : &tmp[i];
		a[i + j - mid] = *from;
		prefetch(from[min(AHEAD, (after ? n - j : mid - i) - 1)]);
		j += after;
		i += 1 - after;

		history = 2 * history + after;
		if (likely(((history + 1) & ((1U << gallop) - 1)) > 1) || i == mid || j == n)
			continue;
		history = GALLOP_NONE;
		if (after) {
			k = search(priv, cmp, a + j, n - j, tmp[i], true);
			memmove(a + i + j - mid, a + j, k * sizeof(*a));
			j += k;
		} else {
			k = search(priv, cmp, tmp + i, mid - i, a[j], false);
			memcpy(a + i + j - mid, tmp + i, k * sizeof(*a));
			i += k;
		}
		gallop = k < BLOCK ? min(gallop + 2, 31U) : max(gallop - 1, 2U);
	}
	memcpy(a + i + j - mid, tmp + i, (mid - i) * sizeof(*a));
	return gallop;
}

/* The first @i of @parts, a power of two, hold so many of @n elements */
static size_t part_end(size_t n, size_t i, size_t parts)
{
	return (u64)n * i >> ilog2(parts);
}

static void sort_array(void *priv, list_cmp_func_t cmp, struct list_head **a, size_t sorted,
		       bool descending, size_t n, struct list_head **tmp)
{
	size_t parts = 1, from, to, i;
	unsigned int gallop = GALLOP_START;

	while (n / parts >= 2 * BLOCK)
		parts *= 2;

	if (descending) {
		/*
		 * Only what is not compared with each other any more may be
		 * turned round, since cmp() is promised the order of the input.
		 */
		sorted = min(sorted, part_end(n, 1, parts));
		reverse(a, sorted);
	}
	for (i = 0, from = 0; i < parts; i++, from = to) {
		to = part_end(n, i + 1, parts);
		insertion_sort(priv, cmp, a + from,
			       sorted > from ? min(sorted, to) - from : 1, to - from);
	}
	for (; parts > 1; parts /= 2) {
		for (i = 0, from = 0; i < parts; i += 2, from = to) {
			to = part_end(n, i + 2, parts);
			gallop = merge(priv, cmp, a + from, part_end(n, i + 1, parts) - from,
				       to - from, tmp, gallop);
		}
	}
}

/*
 * The allocator takes spinlocks. Where those may sleep, or lockdep looks after
 * it, that is not for callers that hold a raw one, and they cannot be told from
 * others that are not preemptible.  kmalloc_nolock(), which never waits for a
 * lock, has no more than two pages.
 */
static bool may_allocate(void)
{
	return !(IS_ENABLED(CONFIG_PREEMPT_RT) ||
		 IS_ENABLED(CONFIG_PROVE_RAW_LOCK_NESTING)) || preemptible();
}

/*
 * A merge sort from the bottom up: the array is divided into 2^k parts of BLOCK
 * to 2 * BLOCK - 1 elements, which differ by one at most, and are sorted by
 * binary insertion (D. Knuth, TAOCP 3, 5.2.1).  All merges are of neighbouring
 * parts, so the earlier one is always the left one.  A part that wins many
 * times in a row is skipped by binary search, like in timsort (T. Peters,
 * listsort.txt in CPython, 2002).
 *
 * The left part is moved out of the way first.  The result is written to where
 * i + j - mid elements have gone, which does not reach a[j] before i is mid.
 */

/**
 * list_sort_array - sort a list by way of an array of pointers
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
 * Allocates memory for 1.5 pointers per element, without waiting for it and
 * without warning if there is none.  In that case, with lists too long for
 * kmalloc() (349525 elements with pages of 4 KiB), and where a kernel with
 * PREEMPT_RT, or one that checks what is locked below raw spinlocks, cannot
 * allocate, the list is sorted by list_sort_adaptive() and
 * list_sort_array_fallbacks() counts one more.
 *
 * Context: Any that @cmp and kmalloc() with GFP_NOWAIT can be called in: not
 * NMI, and not under locks of the scheduler or of the allocator.  Does not
 * sleep.
 */
void list_sort_array(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head **a = NULL, *node, *tail = head;
	size_t n, sorted, i;
	bool descending;

	if (head->next == head->prev)	/* Zero or one elements */
		return;

	n = 0;
	list_for_each(node, head) {
		if (++n > MAX_ELEMENTS)
			break;
	}
	/* __GFP_NOMEMALLOC: reserves are for those who cannot do without */
	if (n <= MAX_ELEMENTS && may_allocate())
		a = kmalloc_array(n + n / 2, sizeof(*a), GFP_NOWAIT | __GFP_NOMEMALLOC);
	if (!a) {
		atomic_long_inc(&fallbacks);
		list_sort_adaptive(priv, head, cmp);
		return;
	}

	i = 0;
	list_for_each(node, head)
		a[i++] = node;

	/* How far is the input ascending, or strictly descending? */
	descending = cmp(priv, head->next, head->next->next) > 0;
	for (sorted = 2; sorted < n; sorted++) {
		if ((cmp(priv, a[sorted - 1], a[sorted]) > 0) != descending)
			break;
	}
	if (sorted < n)
		sort_array(priv, cmp, a, sorted, descending, n, a + n);
	else if (descending)
		reverse(a, n);
	else
		goto out;

	for (i = 0; i < n; i++) {
		prefetchw(a[min(i + AHEAD, n - 1)]);
		tail->next = a[i];
		a[i]->prev = tail;
		tail = a[i];
	}
	tail->next = head;
	head->prev = tail;
out:
	kfree(a);
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_array);
#endif

#ifdef CONFIG_LIST_SORT_ARRAY
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_array);
EXPORT_SYMBOL(list_sort);
#endif
