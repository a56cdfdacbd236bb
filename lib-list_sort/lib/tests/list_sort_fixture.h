/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit suites of list_sort() have in common: the functions under
 * test, lists of guarded items, and the check of what a sort left.
 */
#ifndef _LIB_TESTS_LIST_SORT_FIXTURE_H
#define _LIB_TESTS_LIST_SORT_FIXTURE_H

#include <kunit/test.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/types.h>

typedef void (*list_sort_func_t)(void *priv, struct list_head *head, list_cmp_func_t cmp);

/**
 * struct sorter - a function under test
 * @name:	as test descriptions have it
 * @sort:	the function, with the signature of list_sort()
 * @natural:	it looks for runs: one comparison less than there are elements in
 *		a list that is sorted, which is not written to, or reversed
 * @balanced:	as many comparisons as list_sort_mainline() for any list
 */
struct sorter {
	const char *name;
	list_sort_func_t sort;
	bool natural;
	bool balanced;
};

extern const struct sorter sorters[];
const void *sorter_gen_params(struct kunit *test, const void *prev, char *desc);
const void *natural_gen_params(struct kunit *test, const void *prev, char *desc);
const void *balanced_gen_params(struct kunit *test, const void *prev, char *desc);

/* An element whose list_head has neighbours that no sort may touch. */
struct item {
	u32 front;
	struct list_head list;
	u32 back;
	u32 key;
	u32 serial;		/* place in the input */
	bool seen;		/* for item_check_all() */
};

#define ITEM_FRONT 0xfeedf00d
#define ITEM_BACK 0xdeadbea7

/**
 * struct item_list - a list to be sorted, and what its comparisons were like
 * @test:	the running test
 * @items:	the elements in the order of the input
 * @n:		how many of them the list has
 * @room:	how many there is memory for
 * @keys:	scratch memory for @room keys
 * @what:	what is being sorted, for messages
 * @head:	the list
 * @cmps:	comparisons of the last sort
 * @limit:	with more comparisons than this the test is given up; 0: no limit
 * @swapped:	comparisons whose first argument did not precede the second one in the input
 * @foreign:	comparisons of what is no element of the list
 * @stack_low:	where the stack was the deepest in a comparison
 */
struct item_list {
	struct kunit *test;
	struct item *items;
	size_t n;
	size_t room;
	u32 *keys;
	char what[96];
	struct list_head head;
	unsigned long cmps;
	unsigned long limit;
	unsigned long swapped;
	unsigned long foreign;
	unsigned long stack_low;
};

struct item_list *item_list_alloc(struct kunit *test, size_t room);
void item_list_fill(struct item_list *l, const u32 *keys, size_t n);
int item_cmp(void *priv, const struct list_head *a, const struct list_head *b);
bool item_check_all(struct item_list *l);
bool item_check_sorted(struct item_list *l);

static inline struct item *to_item(const struct list_head *node)
{
	return container_of(node, struct item, list);
}

#endif /* _LIB_TESTS_LIST_SORT_FIXTURE_H */
