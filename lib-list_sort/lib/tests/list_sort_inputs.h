/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inputs for sorting algorithms, the same on every machine: the KUnit suites
 * and the benchmark of list_sort() take theirs from here.
 */
#ifndef _LIB_TESTS_LIST_SORT_INPUTS_H
#define _LIB_TESTS_LIST_SORT_INPUTS_H

#include <linux/array_size.h>
#include <linux/bitrev.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/types.h>

/* Uniform enough in [0, @below) for a test; @below > 0. */
static inline u32 input_below(struct rnd_state *rnd, u32 below)
{
	return ((u64)prandom_u32_state(rnd) * below) >> 32;
}

static inline void input_random(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = prandom_u32_state(rnd);
}

/* Ascending keys with random gaps, which reach about as far for any @n */
static inline void input_run(u32 *keys, size_t n, struct rnd_state *rnd)
{
	u32 gap = n ? U32_MAX / n : 0, last = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		last += input_below(rnd, gap);
		keys[i] = last;
	}
}

static inline void input_sorted(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = 2 * i;
}

static inline void input_reversed(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = 2 * (n - i);
}

static inline void input_equal(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = 7;
}

/* A hundredth, at least one, arrived after the rest had been sorted. */
static inline void input_sorted_tail(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t tail = n ? max(n / 100, 1) : 0, i;

	input_sorted(keys, n - tail, rnd);
	for (i = n - tail; i < n; i++)
		keys[i] = input_below(rnd, 2 * n);
}

/* A hundredth, at least one, exchanged with another. */
static inline void input_swaps(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t swaps = n ? max(n / 100, 1) : 0;

	input_sorted(keys, n, rnd);
	while (swaps--) {
		size_t i = input_below(rnd, n), k = input_below(rnd, n);

		swap(keys[i], keys[k]);
	}
}

static inline void input_runs16(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t at = 0, runs;

	for (runs = 16; runs; runs--) {
		size_t len = (n - at) / runs;

		input_run(keys + at, len, rnd);
		at += len;
	}
}

static inline void input_few_keys(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = input_below(rnd, 16);
}

static inline void input_sawtooth(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = i % 37;
}

static inline void input_organ_pipe(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = 2 * min(i, n - 1 - i);
}

/* Sorted blocks, the last ones first: every merge takes all of one side at once. */
static inline void input_sorted_blocks(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i, blocks = DIV_ROUND_UP(n, 64);

	for (i = 0; i < n; i++)
		keys[i] = (blocks - i / 64) * 64 + i % 64;
}

/* Each ten elements are reversed. */
static inline void input_reversed_blocks(u32 *keys, size_t n, struct rnd_state *rnd)
{
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = i / 10 * 10 + 9 - i % 10;
}

/*
 * Each merge of equal halves takes from them in turn, which is what a balanced
 * merge sort needs the most comparisons for.
 */
static inline void input_alternating(u32 *keys, size_t n, struct rnd_state *rnd)
{
	unsigned int bits = n > 1 ? ilog2(n - 1) + 1 : 1;
	size_t i;

	for (i = 0; i < n; i++)
		keys[i] = bitrev32(i) >> (32 - bits);
}

/*
 * Runs of lengths that make a natural merge sort with a stack merge unequal
 * ones: R(k) = R(k/2), R(k/2 - 1), 1 or 2, in units of 32. S. Buss, A. Knop,
 * "Strategies for stable merge sorting", SODA 2019, section 3 (timsort).
 */
static inline void input_unequal_runs(u32 *keys, size_t n, struct rnd_state *rnd)
{
	u32 todo[96];
	size_t at = 0, len;
	int depth = 0;

	todo[depth++] = DIV_ROUND_UP(n, 32);
	while (depth && at < n) {
		u32 k = todo[--depth], half = k / 2;

		if (k > 3) {
			todo[depth++] = k - half - (half - 1);
			todo[depth++] = half - 1;
			todo[depth++] = half;
			continue;
		}
		len = min_t(size_t, k * 32, n - at);
		input_run(keys + at, len, rnd);
		at += len;
	}
}

/**
 * struct list_sort_input - a class of inputs
 * @name:	for parameters, records and test descriptions
 * @fill:	writes @n keys; those of a list that is to be sorted, from its front
 */
struct list_sort_input {
	const char *name;
	void (*fill)(u32 *keys, size_t n, struct rnd_state *rnd);
};

static const struct list_sort_input list_sort_inputs[] = {
	{ "random",		input_random },
	{ "sorted",		input_sorted },
	{ "reversed",		input_reversed },
	{ "sorted_tail",	input_sorted_tail },
	{ "swaps",		input_swaps },
	{ "runs16",		input_runs16 },
	{ "few_keys",		input_few_keys },
	{ "sawtooth",		input_sawtooth },
	{ "organ_pipe",		input_organ_pipe },
	{ "equal",		input_equal },
	{ "sorted_blocks",	input_sorted_blocks },
	{ "reversed_blocks",	input_reversed_blocks },
	{ "alternating",	input_alternating },
	{ "unequal_runs",	input_unequal_runs },
};

#endif /* _LIB_TESTS_LIST_SORT_INPUTS_H */
