// SPDX-License-Identifier: GPL-2.0
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/types.h>
#include "list_sort_common.h"

#define BLOCK 4	/* nodes */

/*
 * Move the first BLOCK nodes of @head, or all if there are fewer, into
 * ascending order and return the last of them.
 */
static __always_inline struct list_head *
sort_block(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *last = head->next, *node, *pos;
	unsigned int i;

	for (i = 1; i < BLOCK; i++) {
		node = last->next;
		if (node == head)
			break;
		/* if equal, stay behind -- important for sort stability */
		for (pos = last; pos != head && cmp(priv, pos, node) > 0; pos = pos->prev)
			;
		if (pos == last)
			last = node;
		else
			list_move(node, pos);
	}
	return last;
}

/*
 * This is lib/list_sort.c on blocks of BLOCK nodes in place of nodes, and what
 * is said there of the sizes of pending lists holds in units of BLOCK, but for
 * the last block, which may be shorter and is the first to be merged at the
 * end.  Only blocks that are followed by something are counted.
 *
 * A block is sorted by straight insertion (D. Knuth, TAOCP 3, 5.2.1) from its
 * end, while it is still the front of @head's list: what precedes it has been
 * cut off, so insertion stops at @head, "prev" is valid, and a block that is
 * in order already is not written to.  Four nodes take 4.92 comparisons on
 * average, merging them takes 4.67; with five or more the difference is no
 * longer made up for by the fewer merges.
 */

/**
 * list_sort_insertion - sort a list by merging blocks sorted by insertion
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
 * About as many comparisons as lib/list_sort.c: fewer if the list is sorted,
 * more if it is reversed.
 *
 * Context: Any that @cmp can be called in.  Does not sleep, lock or allocate.
 */
void list_sort_insertion(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *list, *last, *pending = NULL;
	size_t count = 0;	/* of pending blocks */

	if (head->next == head->prev)	/* Zero or one elements */
		return;

	for (;;) {
		struct list_head **tail = &pending;
		size_t bits;

		last = sort_block(priv, head, cmp);
		list = head->next;
		if (last == head->prev)
			break;

		/* Find the least-significant clear bit in count */
		for (bits = count; bits & 1; bits >>= 1)
			tail = &(*tail)->prev;
		if (likely(bits)) {
			struct list_head *a = *tail, *b = a->prev;

			a = list_sort_merge(priv, cmp, b, a);
			a->prev = b->prev;
			*tail = a;
		}

		/* Move the block from the input to pending */
		head->next = last->next;
		head->next->prev = head;
		last->next = NULL;
		list->prev = pending;
		pending = list;
		count++;
	}

	if (!pending)
		return;

	last->next = NULL;
	for (;;) {
		struct list_head *next = pending->prev;

		if (!next)
			break;
		list = list_sort_merge(priv, cmp, pending, list);
		pending = next;
	}
	list_sort_merge_final(priv, cmp, head, pending, list);
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_insertion);
#endif

#ifdef CONFIG_LIST_SORT_INSERTION
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_insertion);
EXPORT_SYMBOL(list_sort);
#endif
