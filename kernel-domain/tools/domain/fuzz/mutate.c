// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mutation driver for the parser of domain images, for machines without
 * libFuzzer: starts from valid images, damages them where it hurts and checks
 * each verdict with the oracle.
 *
 * The run depends on the seed alone. A mutant that breaks a rule or trips a
 * sanitizer ends it; --only writes that mutant to a file.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/kernel.h>

#include "oracle.h"
#include "../../../kernel/domain/tests/domain_image_build.h"

#define MAX_SEEDS	64
#define MAX_SEED_SIZE	(1u << 20)
#define MAX_EDITS	6

struct seed {
	const char *name;
	u8 *data;
	size_t len;
	struct domain_image_target target;
};

static struct seed seeds[MAX_SEEDS];
static int nr_seeds;
static u64 state;

/* SplitMix64, https://prng.di.unimi.it/splitmix64.c (public domain). */
static u64 next(void)
{
	u64 z = (state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static u64 below(u64 n)
{
	return next() % n;
}

/* A number near one that the parser compares with. */
static u64 interesting(const struct seed *seed)
{
	const u64 near[] = {
		0, 1, 8, 16, 24, 56, 64, 128, 136, 152, 4096, 8192, 65536,
		seed->len, seed->len & ~7ull, 1ull << 24, 1ull << 26,
		1ull << 31, 1ull << 32, 1ull << 63, 0 - seed->len,
	};
	u64 value = near[below(ARRAY_SIZE(near))];

	switch (below(6)) {
	case 0:
		return value + below(9) - 4;
	case 1:
		return 0 - value;
	case 2:
		return value * below(8);
	case 3:
		return next() >> below(64);
	default:
		return value;
	}
}

/*
 * Where the structures are: most of an image is text, of which the parser reads
 * nothing. Two thirds of the edits go to headers and tables.
 */
static size_t place(const u8 *data, size_t len)
{
	size_t at = 0, range = len;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;

	if (len < sizeof(ehdr))
		return below(len ?: 1);
	memcpy(&ehdr, data, sizeof(ehdr));
	switch (below(6)) {
	case 0:
		range = sizeof(ehdr);
		break;
	case 1:
	case 2:
		at = ehdr.e_phoff;
		range = ehdr.e_phnum * sizeof(phdr);
		break;
	case 3:
		at = ehdr.e_phoff + below(ehdr.e_phnum ?: 1) * sizeof(phdr);
		if (at > len - sizeof(phdr))
			break;
		memcpy(&phdr, data + at, sizeof(phdr));
		at = phdr.p_offset;
		range = phdr.p_filesz;
		break;
	case 4:
		at = ehdr.e_shoff;
		range = ehdr.e_shnum * sizeof(Elf64_Shdr);
		break;
	}
	if (at >= len)
		at = 0;
	if (!range || range > len - at)
		range = len - at;
	return at + below(range);
}

static void edit(u8 *data, size_t *len, const struct seed *seed)
{
	static const u8 sizes[] = { 1, 2, 4, 8, 8, 8 };
	size_t at = place(data, *len);
	size_t size = sizes[below(ARRAY_SIZE(sizes))];
	u64 value = interesting(seed);
	size_t from;

	if (!*len)
		return;
	switch (below(16)) {
	case 0 ... 7:
		at &= ~(size - 1);
		if (size <= *len - at)
			memcpy(data + at, &value, size);
		break;
	case 8 ... 10:
		data[at] ^= 1 << below(8);
		break;
	case 11:
		data[at] = next();
		break;
	case 12:
	case 13:
		from = place(data, *len) & ~(size - 1);
		at &= ~(size - 1);
		if (size <= *len - at && size <= *len - from)
			memmove(data + at, data + from, size);
		break;
	case 14:
		from = place(data, *len);
		size = below(64);
		if (size <= *len - at && size <= *len - from)
			memmove(data + at, data + from, size);
		break;
	default:
		if (!below(4))
			*len = below(*len + 1);
		break;
	}
}

static void add_seed(const char *name, u8 *data, size_t len)
{
	static const u16 machines[] = { EM_X86_64, EM_AARCH64, EM_RISCV };
	struct domain_image_error error;
	Elf64_Ehdr ehdr;
	char line[128];

	if (nr_seeds == MAX_SEEDS) {
		fprintf(stderr, "mutate: more than %d images\n", MAX_SEEDS);
		exit(2);
	}
	seeds[nr_seeds] = (struct seed) {
		.name = name,
		.data = data,
		.len = len,
		.target.page_size = 4096,
	};
	if (len >= sizeof(ehdr)) {
		memcpy(&ehdr, data, sizeof(ehdr));
		for (int i = 0; i < ARRAY_SIZE(machines); i++)
			if (machines[i] == ehdr.e_machine)
				seeds[nr_seeds].target.machine = machines[i];
	}
	fuzz_one(data, len, &seeds[nr_seeds].target, &error);
	if (error.code) {
		domain_image_describe(&error, line, sizeof(line));
		fprintf(stderr, "mutate: %s: not a valid image: %s\n", name, line);
		exit(2);
	}
	nr_seeds++;
}

static void add_file(const char *name)
{
	u8 *data = malloc(MAX_SEED_SIZE);
	FILE *file = fopen(name, "rb");
	size_t len;

	if (!data || !file) {
		fprintf(stderr, "mutate: %s: %s\n", name, strerror(errno));
		exit(2);
	}
	len = fread(data, 1, MAX_SEED_SIZE, file);
	fclose(file);
	add_seed(name, data, len);
}

static void add_built_in(void)
{
	static struct test_image image;
	u8 *data = malloc(TEST_FILE_SIZE);

	if (!data)
		exit(2);
	test_image_build(&image);
	memcpy(data, &image, TEST_FILE_SIZE);
	add_seed("built-in", data, TEST_FILE_SIZE);
}

static void write_mutant(const u8 *data, size_t len, const char *name)
{
	FILE *file = fopen(name, "wb");

	if (!file || fwrite(data, 1, len, file) != len || fclose(file)) {
		fprintf(stderr, "mutate: %s: %s\n", name, strerror(errno));
		exit(2);
	}
}

static u64 number(const char *str, const char *option)
{
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(str, &end, 0);
	if (errno || *end || end == str) {
		fprintf(stderr, "mutate: %s: not a number: %s\n", option, str);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count",	required_argument,	NULL, 'n' },
		{ "seed",	required_argument,	NULL, 's' },
		{ "only",	required_argument,	NULL, 'o' },
		{ "help",	no_argument,		NULL, 'h' },
		{ }
	};
	u64 count = 1000000, seed = 1, only = ~0ull, first = 0;
	u64 verdicts[DOMAIN_IMAGE_NR_CODES] = { };
	static const char *const names[DOMAIN_IMAGE_NR_CODES] = {
		"accepted", "truncated", "too large", "bad value", "unsupported",
		"unaligned", "overlap", "outside", "permission", "duplicate",
		"missing", "undefined", "bad string",
	};
	struct domain_image_error error;
	int opt;

	while ((opt = getopt_long(argc, argv, "n:s:o:h", options, NULL)) != -1) {
		switch (opt) {
		case 'n':
			count = number(optarg, "--count");
			break;
		case 's':
			seed = number(optarg, "--seed");
			break;
		case 'o':
			only = number(optarg, "--only");
			break;
		default:
			fprintf(opt == 'h' ? stdout : stderr,
				"Usage: mutate [--count=N] [--seed=N] [--only=N] [IMAGE...]\n"
				"Parse N damaged copies of a built-in image and of IMAGEs (default 1000000).\n"
				"--only=N writes the mutant with that number to mutant.domain and parses it.\n");
			return opt == 'h' ? 0 : 2;
		}
	}
	add_built_in();
	for (; optind < argc; optind++)
		add_file(argv[optind]);
	if (only != ~0ull) {
		first = only;
		count = only + 1;
	}

	for (u64 i = first; i < count; i++) {
		const struct seed *base;
		u8 *data, *copy;
		size_t len;

		/* Each mutant depends on its number alone, so that it can be had again. */
		state = seed * 0x9e3779b97f4a7c15ull + i;
		base = &seeds[below(nr_seeds)];
		len = base->len;
		data = malloc(len ?: 1);
		if (!data)
			return 2;
		memcpy(data, base->data, len);
		for (int n = 1 + below(MAX_EDITS); n; n--)
			edit(data, &len, base);
		copy = realloc(data, len ?: 1);
		if (!copy)
			return 2;
		if (only != ~0ull)
			write_mutant(copy, len, "mutant.domain");
		fuzz_one(copy, len, &base->target, &error);
		verdicts[error.code]++;
		free(copy);
		if ((i + 1) % 100000 == 0)
			fprintf(stderr, "%llu\n", (unsigned long long)i + 1);
	}

	printf("%llu mutants of %d images, seed %llu\n",
	       (unsigned long long)(count - first), nr_seeds,
	       (unsigned long long)seed);
	for (int i = 0; i < DOMAIN_IMAGE_NR_CODES; i++)
		printf("%10llu %s\n", (unsigned long long)verdicts[i], names[i]);
	return 0;
}
