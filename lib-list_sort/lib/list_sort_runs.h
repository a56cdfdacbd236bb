/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_LIST_SORT_RUNS_H
#define _LIB_LIST_SORT_RUNS_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/minmax.h>
#include <linux/prefetch.h>
#include <linux/types.h>

/*
 * How list_sort_adaptive() takes runs off its input.  See there for what they
 * are for.
 */
#define BLOCK		16	/* nodes that a u64 orders, four bits each */
#define COUNT_MAX	256	/* nodes that are counted to divide them evenly */
#define JUMP		8	/* nodes; what is merged during a cache miss */

/*
 * A sorted, null-terminated list.  The "prev" of a node points to the node
 * itself or to a later one of the run.
 */
struct run {
	struct list_head *first;
	struct list_head *last;
	size_t len;
};

/* The input, and what was learnt about it. */
struct run_source {
	void *priv;
	list_cmp_func_t cmp;
	struct list_head *head;
	struct list_head *todo;		/* the input that is in no run */
	struct list_head *end;		/* of the input: head, or NULL once it is cut */
	size_t block;			/* nodes that a run has at least */
	bool ascends;			/* the last run did, and was long enough as it was */
};

/* The nodes in the order of their arrival, and which of them is at which place. */
struct block {
	struct list_head *node[BLOCK];
	u64 order;
};

/* Jumps are JUMP nodes long, but for those at the end, which go to the last. */
static void set_jumps(struct run *run)
{
	struct list_head *lag = run->first, *node = lag;
	unsigned int i;

	for (i = 0; i < JUMP && node != run->last; i++)
		node = node->next;
	while (node != run->last) {
		lag->prev = node;
		lag = lag->next;
		node = node->next;
	}
	for (; lag; lag = lag->next)
		lag->prev = node;
}

/* Count from @a to @b, starting at both, since either may be a cache miss. */
static size_t count_nodes(struct list_head *a, struct list_head *b, size_t n)
{
	while (n < COUNT_MAX) {
		n++;
		if (a == b)
			break;
		a = a->next;
		n++;
		if (a == b)
			break;
		b = b->prev;
	}
	return n;
}

/*
 * Take the longest ascending or strictly descending run off the input; turn it
 * round if it descends, which is stable because no two of its nodes are equal.
 * An ascending run is only read.  Return whether it descended.
 */
static bool natural_run(struct run_source *s, struct run *run, struct block *b)
{
	struct list_head *node = s->todo, *next = node->next, *far = s->end;
	bool descending = false, after;

	run->first = node;
	run->len = 1;
	b->node[0] = node;
	while (next != s->end) {
		after = s->cmp(s->priv, node, next) > 0;
		if (run->len == 1)
			descending = after;
		else if (after != descending)
			break;

		/*
		 * While one end of a list is being fetched, fetch the other.
		 * READ_ONCE(), as nothing needs what is loaded, and the
		 * compiler would leave it out.
		 */
		if (far)
			far = READ_ONCE(far->prev);
		if (run->len < BLOCK)
			b->node[run->len] = next;
		run->len++;
		if (descending) {
			struct list_head *prev = node;

			node = next;
			next = node->next;
			prev->prev = node;
			node->next = prev;
		} else {
			node = next;
			next = node->next;
		}
		if (next)
			prefetch(next->next);
	}
	run->last = node;
	if (descending)
		swap(run->first, run->last);
	s->todo = next;
	return descending;
}

static inline struct list_head *block_at(struct block *b, size_t place)
{
	return b->node[(b->order >> (4 * place)) & 15];
}

/*
 * Lengthen @run, whose nodes are those of @b, to s->block nodes by binary
 * insertion.  After three nodes that went next to their predecessor, or with a
 * run of six, neither of which is likely in random order, the next node is
 * tried there first.
 */
static void fill_block(struct run_source *s, struct run *run, struct block *b, bool descending)
{
	struct list_head *node, *next = s->todo;
	size_t n = run->len, lo, hi, mid, place, i;
	unsigned int hits = n >= 6 ? 3 : 0, near;

	/* What ended the run is known to precede its last, or to follow its first */
	b->order = descending ? 0x0123456789abcdefULL >> (4 * (BLOCK - n))
			      : 0xfedcba9876543210ULL;
	place = descending ? 0 : n - 1;
	lo = descending;
	hi = descending ? n : n - 1;
	while (n < s->block && next) {
		u64 low;

		node = next;
		next = node->next;
		if (next)
			prefetch(next->next);
		near = hits >= 3 ? 2 : 0;
		while (lo < hi) {
			size_t before;

			mid = (lo + hi) / 2;
			if (near) {
				near--;
				mid = clamp(place, lo, hi - 1);
			}
			/* A branch would be mispredicted half of the time */
			before = (size_t)(s->cmp(s->priv, block_at(b, mid), node) > 0) - 1;
			lo += (mid + 1 - lo) & before;
			hi = mid + ((hi - mid) & before);
		}
		if (lo - place <= 1)
			hits = min(hits + 1, 4U);
		else if (hits)
			hits--;
		place = lo;
		low = (1ULL << (4 * place)) - 1;
		b->order = (b->order & low) | (u64)n << (4 * place) | (b->order & ~low) << 4;
		b->node[n++] = node;
		lo = 0;
		hi = n;
	}
	s->todo = next;

	node = block_at(b, 0);
	run->first = node;
	run->last = block_at(b, n - 1);
	run->len = n;
	for (i = 1; i < n; i++) {
		node->next = block_at(b, i);
		node->prev = run->last;
		node = node->next;
	}
	node->next = NULL;
	node->prev = node;
}

/* Take a run off the input.  False: the input is sorted, or was turned round. */
static noinline bool next_run(struct run_source *s, struct run *run)
{
	struct list_head *head = s->head;
	struct block b __uninitialized;	/* clearing it would take too long */
	bool descending = natural_run(s, run, &b);

	if (s->end) {
		/* This is the first run */
		if (s->todo == head) {
			if (descending) {
				head->next = run->first;
				run->first->prev = head;
				head->prev = run->last;
				run->last->next = head;
			}
			return false;
		}
		s->block = BLOCK;
		if (run->len < BLOCK) {
			size_t n = count_nodes(s->todo, head->prev, run->len);

			if (n < COUNT_MAX) {
				while (n > BLOCK)
					n = (n + 1) / 2;
				s->block = n;
			}
		}
		head->prev->next = NULL;
		s->end = NULL;
	}

	if (run->len < s->block) {
		fill_block(s, run, &b, descending);
		s->ascends = false;
	} else {
		run->last->next = NULL;
		set_jumps(run);
		s->ascends = !descending;
	}
	return true;
}

#endif
