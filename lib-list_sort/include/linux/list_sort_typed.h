/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_LIST_SORT_TYPED_H
#define _LINUX_LIST_SORT_TYPED_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/list.h>
#include <linux/types.h>

typedef int (*__list_sort_typed_cmp_t)(void *, const struct list_head *,
				       const struct list_head *);

/*
 * lib/list_sort.c in a form that repeats cmp() as rarely as possible, since it
 * is inlined at each place: one merge does for pending lists and for the end of
 * the input, and the "prev" links are rebuilt in a pass of their own.
 *
 * Unlike an indirect call, an inlined comparison can be speculated over, so
 * branches on its result are worth it: they let the CPU fetch what the likely
 * next comparisons need.
 */
static __always_inline struct list_head *
__list_sort_typed_merge(void *priv, __list_sort_typed_cmp_t cmp,
			struct list_head *a, struct list_head *b)
{
	struct list_head *head, **tail = &head;

	for (;;) {
		/* if equal, take 'a' -- important for sort stability */
		if (cmp(priv, a, b) <= 0) {
			*tail = a;
			tail = &a->next;
			a = a->next;
			if (!a) {
				*tail = b;
				break;
			}
		} else {
			*tail = b;
			tail = &b->next;
			b = b->next;
			if (!b) {
				*tail = a;
				break;
			}
		}
	}
	return head;
}

static __always_inline void
__list_sort_typed(void *priv, struct list_head *head, __list_sort_typed_cmp_t cmp)
{
	struct list_head *list = head->next, *pending = NULL, *tail;
	size_t count = 0;

	if (list == head->prev)
		return;

	head->prev->next = NULL;
	for (;;) {
		struct list_head **slot = &pending;
		struct list_head *a, *b;
		size_t bits;

		if (list) {
			/* The merge that this count indicates, see list_sort() */
			for (bits = count; bits & 1; bits >>= 1)
				slot = &(*slot)->prev;
			if (!bits)
				goto take;
		} else if (!pending->prev) {
			/* End of input, and all is merged */
			break;
		}
		a = *slot;
		b = a->prev;
		*slot = b->prev;
		a = __list_sort_typed_merge(priv, cmp, b, a);
		a->prev = *slot;
		*slot = a;
		if (!list)
			continue;
take:
		a = list;
		list = list->next;
		a->prev = pending;
		a->next = NULL;
		pending = a;
		count++;
	}

	for (tail = head, list = pending; list; tail = list, list = list->next) {
		tail->next = list;
		list->prev = tail;
	}
	tail->next = head;
	head->prev = tail;
}

/**
 * DEFINE_LIST_SORT - define a function that sorts lists of elements of one type
 * @name: the name of the function to define
 * @type: the type of the elements, for example struct item
 * @member: the struct list_head in @type that links them
 * @cmp: the comparison: an inline function, or a macro
 *
 * Defines static void @name(void *priv, struct list_head *head), which sorts
 * the list @head as list_sort() does, with the same number of comparisons, but
 * with @cmp compiled into it: there is no indirect call, and the compiler can
 * optimise across the comparison.  Each definition is a copy of the code, of
 * about 300 bytes and @cmp.
 *
 * @cmp(priv, a, b) gets two const @type pointers, a to the element that came
 * before b in the input.  It returns > 0 if a must go after b, and <= 0 if their
 * order is right, so it may return a boolean.  It must be transitive; if it is
 * not, the order of the result is undefined, but no element is lost and the
 * sort ends.  It must neither follow nor change the links of the list.  Elements
 * that compare as equal keep their order.  The head must not be NULL, which is
 * not checked.  The number of elements is only limited by memory. ::
 *
 *	static inline int item_cmp(void *priv, const struct item *a,
 *				   const struct item *b)
 *	{
 *		return a->key > b->key;
 *	}
 *
 *	DEFINE_LIST_SORT(sort_items, struct item, node, item_cmp)
 *
 *	sort_items(NULL, &items);
 *
 * Context: The function can be called in any that @cmp can be called in.  It
 * does not sleep, lock or allocate.
 */
#define DEFINE_LIST_SORT(name, type, member, cmp)				\
static __always_inline const type *						\
__##name##_entry(const struct list_head *node)					\
{										\
	return container_of_const(node, type, member);				\
}										\
										\
static __always_inline int							\
__##name##_cmp(void *priv, const struct list_head *a, const struct list_head *b) \
{										\
	return cmp(priv, __##name##_entry(a), __##name##_entry(b));		\
}										\
										\
static void name(void *priv, struct list_head *head)				\
{										\
	__list_sort_typed(priv, head, __##name##_cmp);				\
}

#endif
