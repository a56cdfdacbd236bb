// SPDX-License-Identifier: GPL-2.0
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>
#include <linux/minmax.h>
#include <linux/prefetch.h>
#include <linux/types.h>

#define BLOCK		16	/* nodes that a u64 orders, four bits each */
#define COUNT_MAX	256	/* nodes that are counted to divide them evenly */
#define JUMP		8	/* nodes; what is merged during a cache miss */
#define GALLOP_START	8	/* wins; few enough in random order */
#define GALLOP_MIN	2
#define GALLOP_MAX	31	/* bits of history, less one */
#define NO_HISTORY	0x55555555
#define CHECK_START	2	/* merges; lists that have fewer cannot waste one */
#define CHECK_MAX	16

/*
 * A sorted, null-terminated list.  The "prev" of a node points to the node
 * itself or to a later one of the run, but see push_run() for three of them.
 */
struct run {
	struct list_head *first;
	struct list_head *last;
	size_t len;
};

struct sort {
	void *priv;
	list_cmp_func_t cmp;
	struct list_head *head;
	struct list_head *todo;		/* the input that is in no run */
	struct list_head *end;		/* of the input: head, or NULL once it is cut */
	size_t block;			/* nodes that a run has at least */
	unsigned int gallop;		/* wins in a row before a gallop */
	unsigned int check_wait;	/* merges before the next check for order */
	unsigned int check_skip;
};

/* The nodes in the order of their arrival, and which of them is at which place. */
struct block {
	struct list_head *node[BLOCK];
	u64 order;
};

struct merge {
	struct list_head *in[2];
	struct list_head *tail;
	bool final;			/* the result is the list: rebuild "prev" */
};

/*
 * Runs that wait to be merged keep what is known of them in the "prev" of three
 * nodes: the run before, the last node, the length.  No run has fewer than nine
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
static bool natural_run(struct sort *s, struct run *run, struct block *b)
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

		/* While one end of a list is being fetched, fetch the other */
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
static void fill_block(struct sort *s, struct run *run, struct block *b, bool descending)
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
static noinline bool next_run(struct sort *s, struct run *run)
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
	} else {
		run->last->next = NULL;
		set_jumps(run);
	}
	return true;
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
		if ((s->cmp(s->priv, side ? other : probe, side ? probe : other) > 0) == side) {
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
	void *priv = s->priv;
	list_cmp_func_t cmp = s->cmp;
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
	if (s->cmp(s->priv, x->last, y->first) <= 0) {
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
	struct list_head anchor, *start = final ? s->head : &anchor;
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
 * that merging them from the shortest on costs O(n).
 *
 * The cost is not n * H + O(n), which Powersort reaches.  Take runs of 1618 and
 * 1000 nodes in the order of the letters of the Fibonacci word, abaababa...:
 * each a is merged with the b behind it, if there is one, which gives the same
 * word with lengths 1.618 times as long, and so on.  All merges are as uneven
 * as 1.618:1, and the cost is n * H / 0.9594 + O(n).  Of such words that were
 * tried, that of a -> abaa, b -> b, with lengths of 3:2, costs most, 1.052 *
 * n * H.  Hill climbing over up to 128 lengths stayed below n * H + 2 * n.
 */

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
 * comparisons, and, from 8 elements on, not more time.
 *
 * Context: Any that @cmp can be called in.  Does not sleep, lock or allocate.
 */
void list_sort_adaptive(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct sort s = {
		.priv = priv, .cmp = cmp, .todo = head->next, .head = head, .end = head,
		.gallop = GALLOP_START, .check_wait = CHECK_START, .check_skip = CHECK_START,
	};
	struct list_head *pending = NULL, *below;
	struct run run, x;

	if (head->next == head->prev)	/* Zero or one elements */
		return;

	if (!next_run(&s, &run))
		return;

	while (s.todo) {
		struct list_head **slot = &pending;
		size_t follow;

		pending = push_run(pending, &run);
		next_run(&s, &run);

		follow = run.len;
		while ((below = (*slot)->prev)) {
			if (follow >= max(run_len(below), run_len(*slot))) {
				*slot = merge_pending(&s, *slot);
			} else {
				follow += run_len(*slot);
				slot = &(*slot)->prev;
			}
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

#ifdef CONFIG_LIST_SORT_VARIANTS
EXPORT_SYMBOL_GPL(list_sort_adaptive);
#endif

#ifdef CONFIG_LIST_SORT_ADAPTIVE
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__alias(list_sort_adaptive);
EXPORT_SYMBOL(list_sort);
#endif
