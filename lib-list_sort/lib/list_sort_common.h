/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_LIST_SORT_COMMON_H
#define _LIB_LIST_SORT_COMMON_H

#include <linux/list.h>
#include <linux/list_sort.h>

/*
 * The two merges of lib/list_sort.c, for the variants that differ from it in
 * what they merge and when, not in how.  Both take null-terminated lists
 * whose "prev" links mean nothing, @a being the one that came first in the
 * input.
 */
static struct list_head *list_sort_merge(void *priv, list_cmp_func_t cmp,
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

/* Give the null-terminated @list to @head, as what follows @tail. */
static inline void
list_sort_relink(struct list_head *head, struct list_head *tail, struct list_head *list)
{
	tail->next = list;
	do {
		list->prev = tail;
		tail = list;
		list = list->next;
	} while (list);
	tail->next = head;
	head->prev = tail;
}

/* The last merge, which rebuilds the doubly linked circular list as it goes. */
static void list_sort_merge_final(void *priv, list_cmp_func_t cmp, struct list_head *head,
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
		} else {
			tail->next = b;
			b->prev = tail;
			tail = b;
			b = b->next;
			if (!b) {
				b = a;
				break;
			}
		}
	}
	list_sort_relink(head, tail, b);
}
#endif
