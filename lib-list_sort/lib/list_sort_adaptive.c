// SPDX-License-Identifier: GPL-2.0
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/minmax.h>
#include <linux/prefetch.h>
#include <linux/types.h>

#include "list_sort_runs.h"

#define GALLOP_START	8	/* wins; few enough in random order */
#define GALLOP_MIN	2
#define GALLOP_MAX	31	/* bits of history, less one */
#define NO_HISTORY	0x55555555
#define CHECK_START	2	/* merges; lists that have fewer cannot waste one */
#define CHECK_MAX	16
#define MIXED_MASK	0xffffff	/* fewer wins in a row: worth to go on */

struct sort {
	struct run_source in;
	unsigned int gallop;		/* wins in a row before a gallop */
	unsigned int check_wait;	/* merges before the next check for order */
	unsigned int check_skip;
	bool mixed;			/* gallops have not paid so far */
};

struct merge {
	struct list_head *in[2];
	struct list_head *tail;
	bool final;			/* the result is the list: rebuild "prev" */
};

/*
 * Runs that wait to be merged keep what is known of them in the "prev" of three
 * of their nodes: the run before, the last node, the length.  No run has fewer than nine
 * nodes, but for the last one of the input, which does not wait.
 */
static struct list_head *push_run(struct list_head *below, struct run *run)
{
	run->first->prev = below;
	run->first->next->prev = run->last;
	run->last->prev = (struct list_head *)run->len;
	return run->first;
}

static size_t run_len(struct list_head *first)
{
	return (size_t)first->next->prev->prev;
}

static struct list_head *pop_run(struct list_head *first, struct run *run)
{
	struct list_head *below = first->prev, *second = first->next;

	run->first = first;
	run->last = second->prev;
	run->len = (size_t)run->last->prev;
	run->last->prev = run->last;
	first->prev = second->next->prev;
	second->prev = first->prev;
	return below;
}

/* Append the nodes from @from to @to to the result. */
static void emit(struct merge *m, struct list_head *from, struct list_head *to)
{
	struct list_head *tail = m->tail;

	tail->next = from;
	m->tail = to;
	if (!m->final)
		return;
	for (;;) {
		prefetch(from->prev);
		from->prev = tail;
		if (from == to)
			break;
		tail = from;
		from = from->next;
	}
}

/*
 * The list @side wins time after time: find out for how long, and append that.
 * Jump until a jump goes too far, then bisect what it skipped.  A jump may have
 * become longer than JUMP since it was set; if that is too far, a walk of JUMP
 * nodes takes its place.  Return false if a list is exhausted.
 */
static noinline bool gallop(struct sort *s, struct merge *m, unsigned int side)
{
	struct list_head *other = m->in[!side], *node = m->in[side];
	struct list_head *start = node, *probe = node->prev, *next;
	unsigned int wins = 0, d = 0, i;
	bool bracketed = false;

	while (node) {
		bool after = s->in.cmp(s->in.priv, side ? other : probe,
				       side ? probe : other) > 0;

		if (after == side) {
			next = probe->next;
			emit(m, node, probe);
			node = next;
			if (!bracketed) {
				wins++;
				if (node)
					probe = node->prev;
				continue;
			}
			d -= d / 2 + 1;
		} else if (bracketed) {
			d /= 2;
		} else {
			next = node;
			for (d = 0; d < JUMP && next != probe; d++)
				next = next->next;
			if (next != probe) {
				probe = next;
				continue;
			}
			bracketed = true;
		}
		if (!d)
			break;
		probe = node;
		for (i = d / 2; i; i--)
			probe = probe->next;
	}

	/* What was in one piece here may well be in later merges */
	if (wins > 1 && !m->final)
		start->prev = m->tail;

	/* Random input stops trying, ordered input resumes */
	if (wins)
		s->gallop = s->gallop > wins + GALLOP_MIN ? s->gallop - wins : GALLOP_MIN;
	else
		s->gallop = min(s->gallop + 2, (unsigned int)GALLOP_MAX);

	m->in[side] = node;
	if (!node)
		return false;

	/* That is known to be the turn of @other */
	next = other->next;
	emit(m, other, other);
	m->in[!side] = next;
	return next;
}

/*
 * Merge until a list is exhausted.  The node JUMP places behind the tail of the
 * result gets a jump to the tail, and the jump of each node that comes next in
 * an input is prefetched.
 */
static void take_turns(struct sort *s, struct merge *m)
{
	void *priv = s->in.priv;
	list_cmp_func_t cmp = s->in.cmp;
	struct list_head *tail = m->tail, *lag = tail, *node, *next;
	unsigned int ahead = 0, side;
	unsigned int history = NO_HISTORY, mask = (1U << s->gallop) - 1;

	for (;;) {
		/*
		 * If equal, take in[0] -- important for sort stability.  By
		 * index, as a branch would be mispredicted half of the time.
		 */
		side = cmp(priv, m->in[0], m->in[1]) > 0;
		node = m->in[side];
		next = node->next;
		tail->next = node;
		if (m->final) {
			node->prev = tail;
		} else if (likely(ahead == JUMP)) {
			lag->prev = node;
			lag = lag->next;
		} else if (!ahead++) {
			lag = node;
		}
		tail = node;
		m->in[side] = next;
		if (!next) {
			m->tail = tail;
			return;
		}
		prefetch(next->prev);
		/* The last s->gallop bits: all ones or all zeroes? */
		history = history * 2 + side;
		if (unlikely(((history + 1) & mask) < 2)) {
			m->tail = tail;
			if (!gallop(s, m, side))
				return;
			tail = m->tail;
			history = NO_HISTORY;
			mask = (1U << s->gallop) - 1;
			ahead = 0;
		}
	}
}

/* Whether @x and @y are in order as they are; rarely asked if the answer is no. */
static bool in_order(struct sort *s, struct run *x, struct run *y)
{
	if (s->check_wait) {
		s->check_wait--;
		return false;
	}
	if (s->in.cmp(s->in.priv, x->last, y->first) <= 0) {
		s->check_skip = 0;
		return true;
	}
	s->check_skip = min(2 * s->check_skip + 1, (unsigned int)CHECK_MAX);
	s->check_wait = s->check_skip;
	return false;
}

/* Merge @y, which came later, into @x. */
static noinline void merge(struct sort *s, struct run *x, struct run *y, bool final)
{
	struct list_head anchor, *start = final ? s->in.head : &anchor;
	struct merge m = {
		.in = { x->first, y->first }, .tail = start, .final = final,
	};

	x->len += y->len;
	if (in_order(s, x, y)) {
		x->last->next = y->first;
		m.in[1] = NULL;
		x->last = y->last;
	} else {
		take_turns(s, &m);
		/* The threshold was adapted by this merge and all before */
		s->mixed = s->gallop >= GALLOP_START;
		if (!m.in[0])
			x->last = y->last;
	}
	emit(&m, m.in[0] ?: m.in[1], x->last);
	x->first = start->next;
}

/* Merge the waiting run @b and the one below it.  Return the first of the result. */
static noinline struct list_head *merge_pending(struct sort *s, struct list_head *b)
{
	struct run x, y;
	struct list_head *a = pop_run(b, &y), *below = pop_run(a, &x);

	merge(s, &x, &y, false);
	return push_run(below, &x);
}

/*
 * Merge what comes next in the input into @x while it is read, as long as it
 * ascends.  A node that follows one of @x in the result is known not to precede
 * its predecessor in the input; only one that follows this in the result, too,
 * has to be compared with it.  If one side wins for long, leave the rest to a
 * merge that can gallop.
 */
static noinline void merge_input(struct sort *s, struct run *x)
{
	struct list_head anchor, *tail = &anchor, *lag = tail, *node, *last = NULL;
	struct list_head *a = x->first, *b = s->in.todo;
	unsigned int ahead = 0, history = NO_HISTORY, side;

	do {
		side = !a || s->in.cmp(s->in.priv, a, b) > 0;
		if (side) {
			if (tail == last && s->in.cmp(s->in.priv, last, b) > 0)
				break;
			node = b;
			last = b;
			b = b->next;
			if (b)
				prefetch(b->next);
			node->prev = node;
			x->len++;
		} else {
			node = a;
			a = a->next;
		}
		tail->next = node;
		tail = node;
		/* As in take_turns() */
		if (ahead == JUMP) {
			lag->prev = node;
			lag = lag->next;
		} else if (!ahead++) {
			lag = node;
		}
		history = history * 2 + side;
		if (a && ((history + 1) & MIXED_MASK) < 2) {
			s->mixed = false;
			break;
		}
	} while (b);

	tail->next = a;
	x->first = anchor.next;
	if (!a)
		x->last = tail;
	s->in.todo = b;
}

/*
 * Merge the waiting runs that are due, with @follow nodes in the run behind
 * them.  Return the first node of the last one that waits then.
 */
static noinline struct list_head *
merge_due(struct sort *s, struct list_head *pending, size_t follow)
{
	struct list_head **slot = &pending, *below;

	while ((below = (*slot)->prev)) {
		if (follow >= max(run_len(below), run_len(*slot))) {
			*slot = merge_pending(s, *slot);
		} else {
			follow += run_len(*slot);
			slot = &(*slot)->prev;
		}
	}
	return pending;
}

/*
 * This is a natural merge sort (D. Knuth, TAOCP 3, 5.2.4).  Runs that are too
 * short are lengthened by binary insertion, and long wins in a merge skipped,
 * both as in timsort (T. Peters, listsort.txt in CPython, 2002).  Which runs
 * are merged when is lib/list_sort.c's idea, generalised to any length.
 * Prefetching a list by jump pointers is from A. Roth, G. Sohi, "Effective
 * jump-pointer prefetching for linked data structures", ISCA 1999.
 *
 * *Runs*.  A run is what natural_run() finds if that has BLOCK nodes, else this
 * and what fill_block() adds.  A list that is short enough to be counted is
 * divided evenly instead: 33 nodes are 9 + 9 + 9 + 6, not 16 + 16 + 1.
 *
 * *Jumps*.  As in lib/list_sort.c, "prev" is not maintained.  It points to the
 * node itself or to some later node of the same run.  No merge changes the
 * order of two nodes that were in one run, so this stays true however old the
 * pointer is, and skipping to where it points skips nodes of one list only: no
 * comparison function can make it lose one.  Merges renew the pointers of the
 * nodes that they handle one by one, as old ones reach farther each time.
 *
 * *Merges*.  A run waits until the next one has been taken off the input.  Two
 * neighbours X, Y that wait are merged once max(|X|, |Y|) or more nodes follow
 * Y.  With runs of equal length these are the merges of lib/list_sort.c: of
 * equal lengths, as soon as no merge at the end can be worse than 2:1.  Newer
 * pairs are looked at first.  One pass suffices, as no merge can make the pair
 * of its result and what follows due.  After it, of any two neighbours the
 * longer one is longer than all that follows them.  So there are up to
 * 2 * log2(n) of them: too many for the stack, but nodes have room for them.
 *
 * *Reading*.  If long wins have been rare in the merges so far, and a run that
 * starts a pair was found as it is, the one behind it is merged with it while
 * it is read.  How rare is known from the number of wins after which to gallop,
 * which goes from merge to merge: a gallop that paid lowers it, one in vain
 * raises it, and it must not be below what it was at the start.  The first pair
 * is not merged so, as nothing is known yet, and neither are those between a
 * merge while reading that met long wins and the next other one.
 * In random order half of its nodes follow one of the other run in the result,
 * so that no comparison with their predecessor in the input is needed to know
 * that they ascend.  That breaks a limit: who compares all neighbours in the
 * input learns where runs of the lengths l1, l2, ... are, and still has
 * n! / (l1! * l2! * ...) orders to choose from.  For 16 runs of 64 these are
 * 1023 + 4033 comparisons on average, if all orders are equally likely.
 *
 * *Cost*.  Let the cost be the sum of the lengths of all results, which limits
 * the comparisons but for those of a gallop in vain, and H the entropy of the
 * lengths of the runs: at most log2(number of runs).  No order of merges costs
 * less than n * H.
 *
 * The cost is less than 5.2 * n * H + O(n), since any three merges in a row
 * make the run M that a node is in longer by half (and 3 / log2(1.5) < 5.2):
 *  - If M is merged with a Y behind it of less than |M| / 2, then at least |M|
 *    nodes follow Y, and still Y and its successor Z were not due just before:
 *    |Z| > |M| / 2, and Z is what M is merged with next on this side.
 *  - If M is merged with an X before it of less than |M|, then M was complete,
 *    and followed X, when X and its predecessor W were last looked at and not
 *    due: |W| > |M|, and W is what M is merged with next on this side.
 * When the input ends, lengths double with every second run that waits, so
 * that merging them from the shortest on costs O(n).  Merges while reading cost
 * n at most, whatever the lengths, as no node is in two of them.  Each run may
 * be left in two by one, which adds n to n * H at most.
 *
 * The cost is not n * H + O(n), which Powersort reaches.  Take runs of 1618 and
 * 1000 nodes in the order of the letters of the Fibonacci word, abaababa...:
 * each a is merged with the b behind it, if there is one, which gives the same
 * word with lengths 1.618 times as long, and so on.  All merges are as uneven
 * as 1.618:1, and the cost is n * H / 0.9594 + O(n).  Of such words that were
 * tried, that of a -> abaa, b -> b, with lengths of 3:2, costs most, 1.052 *
 * n * H.  Hill climbing over up to 128 lengths stayed below n * H + 2 * n.
 */

static noinline void sort_many(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct sort s = {
		.in = { .priv = priv, .cmp = cmp, .todo = head->next, .head = head, .end = head },
		.gallop = GALLOP_START, .check_wait = CHECK_START, .check_skip = CHECK_START,
	};
	struct list_head *pending = NULL, *below;
	struct run run, x;

	if (!next_run(&s.in, &run))
		return;

	while (s.in.todo) {
		pending = push_run(pending, &run);
		next_run(&s.in, &run);
		pending = merge_due(&s, pending, run.len);
		/*
		 * What waits is merged with this run first if they are about as
		 * long.  If it is twice as long, or more, this run starts a
		 * pair, and its partner is what the input has next.
		 */
		if (s.in.ascends && s.mixed && s.in.todo && run_len(pending) / 2 >= run.len) {
			merge_input(&s, &run);
			pending = merge_due(&s, pending, run.len);
		}
	}

	/* End of input; the shorter neighbour first */
	if (!pending) {
		struct merge m = { .tail = head, .final = true };

		emit(&m, run.first, run.last);
	}
	while (pending) {
		below = pending->prev;
		if (below && run_len(below) < run.len) {
			pending = merge_pending(&s, pending);
		} else {
			pop_run(pending, &x);
			merge(&s, &x, &run, !below);
			run = x;
			pending = below;
		}
	}
	head->prev = run.last;
	run.last->next = head;
}

/* Put @node behind @at.  Nothing is written if it is there already. */
static inline void put_behind(struct list_head *node, struct list_head *at)
{
	if (node->prev != at)
		list_move(node, at);
}

/*
 * Sort three or four elements in place, with the comparisons that sort_many()
 * would make, but without all that it has to prepare.  That is most of the work
 * for so few.
 */
static noinline void sort_few(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *a = head->next, *b = a->next, *c = b->next, *d, *at;
	bool down = cmp(priv, a, b) > 0, up;

	if (down) {
		put_behind(b, head);
		swap(a, b);
	}

	d = c->next;
	up = cmp(priv, down ? a : b, c) > 0;
	if (up == down) {
		/* On the way down or up, as before */
		at = down ? head : b;
		up = !down;
	} else {
		at = down ? b : a;
		if (cmp(priv, at, c) > 0)
			at = at->prev;
		up = false;
		down = false;
	}
	put_behind(c, at);
	if (d == head)
		return;

	a = head->next;
	b = a->next;
	c = b->next;
	at = up ? c : head;
	if ((up || down) && (cmp(priv, up ? c : a, d) > 0) == down) {
		put_behind(d, at);
		return;
	}
	at = down ? c : b;
	if (cmp(priv, at, d) > 0) {
		at = at->prev;
		if (cmp(priv, at, d) > 0)
			at = at->prev;
	} else if (!up && !down && cmp(priv, c, d) <= 0) {
		at = c;
	}
	put_behind(d, at);
}

/**
 * list_sort_adaptive - sort a list, the faster the more order it has
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
 * Long runs, few elements out of place, at the end or anywhere, and many equal
 * ones make it cheaper than lib/list_sort.c.  Random order takes as many
 * comparisons.
 *
 * Context: Any that @cmp can be called in.  Does not sleep, lock or allocate.
 */
void list_sort_adaptive(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *first = head->next, *last = head->prev, *second = first->next;

	if (first == last)	/* Zero or one elements */
		return;
	if (second == last) {	/* Two, as many lists have: as little as can be */
		if (cmp(priv, first, last) > 0)
			list_move(last, head);
	} else if (second == last->prev || second->next == last->prev) {
		sort_few(priv, head, cmp);
	} else {
		sort_many(priv, head, cmp);
	}
}

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_adaptive);
#endif

#ifdef CONFIG_LIST_SORT_ADAPTIVE
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_adaptive);
EXPORT_SYMBOL(list_sort);
#endif
