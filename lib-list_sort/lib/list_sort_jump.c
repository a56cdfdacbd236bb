// SPDX-License-Identifier: GPL-2.0
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/prefetch.h>
#include <linux/types.h>

#define JUMP_DISTANCE	8	/* nodes; what is merged during a cache miss */
#define JUMP_MIN	512	/* nodes; shorter lists are in the cache */

/*
 * Merge two null-terminated lists like merge() of lib/list_sort.c.  With
 * @jump, point the "prev" of each node JUMP_DISTANCE nodes ahead in the result
 * and prefetch what the "prev" of the inputs points to.
 */
static __always_inline struct list_head *
__merge(void *priv, list_cmp_func_t cmp, struct list_head *a, struct list_head *b, bool jump)
{
	struct list_head *head, **tail = &head, *node, *lag = NULL;
	unsigned int ahead = 0;

	for (;;) {
		/* if equal, take 'a' -- important for sort stability */
		if (cmp(priv, a, b) <= 0) {
			node = a;
			*tail = a;
			tail = &a->next;
			a = a->next;
			if (!a) {
				*tail = b;
				break;
			}
			if (jump)
				prefetch(a->prev);
		} else {
			node = b;
			*tail = b;
			tail = &b->next;
			b = b->next;
			if (!b) {
				*tail = a;
				break;
			}
			if (jump)
				prefetch(b->prev);
		}
		if (jump) {
			if (ahead < JUMP_DISTANCE) {
				if (!ahead++)
					lag = node;
			} else {
				lag->prev = node;
				lag = lag->next;
			}
		}
	}
	return head;
}

static struct list_head *merge(void *priv, list_cmp_func_t cmp,
			       struct list_head *a, struct list_head *b)
{
	return __merge(priv, cmp, a, b, false);
}

static struct list_head *merge_jump(void *priv, list_cmp_func_t cmp,
				    struct list_head *a, struct list_head *b)
{
	return __merge(priv, cmp, a, b, true);
}

static void merge_final(void *priv, list_cmp_func_t cmp, struct list_head *head,
			struct list_head *a, struct list_head *b)
{
	struct list_head *tail = head;

	for (;;) {
		/* if equal, take 'a' -- important for sort stability */
		if (cmp(priv, a, b) <= 0) {
			tail->next = a;
			a->prev = tail;
			tail = a;
			a = a->next;
			if (!a)
				break;
			prefetch(a->prev);
		} else {
			tail->next = b;
			b->prev = tail;
			tail = b;
			b = b->next;
			if (!b) {
				b = a;
				break;
			}
			prefetch(b->prev);
		}
	}

	/* Finish linking remainder of list b on to tail */
	tail->next = b;
	do {
		prefetch(b->prev);
		b->prev = tail;
		tail = b;
		b = b->next;
	} while (b);

	/* And the final links to make a circular doubly-linked list */
	tail->next = head;
	head->prev = tail;
}

/*
 * This is lib/list_sort.c, which does not use the "prev" of the nodes of its
 * pending lists, except for the first one.  Here merge_jump() makes it a
 * pointer to the node JUMP_DISTANCE places ahead, which the next merge fetches
 * when the node becomes the front of its list (A. Roth, G. Sohi, "Effective
 * jump-pointer prefetching for linked data structures", ISCA 1999).  That is
 * JUMP_DISTANCE comparisons of this list before it is needed, or more.
 *
 * While the input is taken, two lists of less than JUMP_MIN nodes are merged
 * without jumps.  The merges of what is pending at its end are few and have no
 * such choice: they prefetch however short the lists are.
 *
 * A "prev" is only ever prefetched.  It may be the input's, or that of a list
 * that was merged without jumps, or NULL: a useless prefetch, which costs an
 * instruction, and the place of a line in the cache at worst.
 */

/**
 * list_sort_jump - sort a list by merges that prefetch
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
 * The comparisons are those of lib/list_sort.c.  The time of lists that do not
 * fit into the cache is less, with few exceptions.
 *
 * Context: Any that @cmp can be called in.  Does not sleep, lock or allocate.
 */
void list_sort_jump(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *list = head->next, *pending = NULL;
	size_t count = 0;	/* Count of pending */

	if (list == head->prev)	/* Zero or one elements */
		return;

	/* Convert to a null-terminated singly-linked list. */
	head->prev->next = NULL;

	do {
		size_t bits;
		struct list_head **tail = &pending;

		/* Find the least-significant clear bit in count */
		for (bits = count; bits & 1; bits >>= 1)
			tail = &(*tail)->prev;
		/* Do the indicated merge */
		if (likely(bits)) {
			struct list_head *a = *tail, *b = a->prev, *next = b->prev;

			/* The bits shifted out are the size of a list, less one */
			if (((count ^ (count + 1)) >> 1) + 1 < JUMP_MIN)
				a = merge(priv, cmp, b, a);
			else
				a = merge_jump(priv, cmp, b, a);
			/* Install the merged result in place of the inputs */
			a->prev = next;
			*tail = a;
		}

		/* Move one element from input list to pending */
		list->prev = pending;
		pending = list;
		list = list->next;
		pending->next = NULL;
		count++;
	} while (list);

	/* End of input; merge together all the pending lists. */
	list = pending;
	pending = pending->prev;
	for (;;) {
		struct list_head *next = pending->prev;

		if (!next)
			break;
		list = merge_jump(priv, cmp, pending, list);
		pending = next;
	}
	/* The final merge, rebuilding prev links */
	merge_final(priv, cmp, head, pending, list);
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_jump);
#endif

#ifdef CONFIG_LIST_SORT_JUMP
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_jump);
EXPORT_SYMBOL(list_sort);
#endif
