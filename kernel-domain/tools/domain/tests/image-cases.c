// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the table of the parser's KUnit tests in user space, where sanitizers
 * see every access: each file lies in a heap block of its own size.
 *
 * Prints each case that fails and exits with 1 if any did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/kernel.h>

#include "../../../kernel/domain/tests/domain_image_cases_elf.h"
#include "../../../kernel/domain/tests/domain_image_cases_note.h"
#include "../../../kernel/domain/tests/domain_image_cases_reloc.h"
#include "../../../kernel/domain/tests/domain_image_sweeps.h"

#define BASE	0xffffffffc0000000ull

static struct domain_image_layout layout;
static struct domain_image_error error;
static struct test_image image;
static int passed, failed;

static void report(const char *what, const char *name, bool ok)
{
	char line[128];

	if (ok) {
		passed++;
		return;
	}
	failed++;
	domain_image_describe(&error, line, sizeof(line));
	printf("FAIL %s: %s: %s\n", what, name, line);
}

/* The file in a block of exactly its size. */
static void *block(size_t len)
{
	void *buf = malloc(len ?: 1);

	if (!buf)
		exit(2);
	memcpy(buf, &image, len);
	return buf;
}

static void stage(const void *buf)
{
	struct domain_image_symbol symbol;
	void *dst = malloc(layout.size);

	if (!dst)
		exit(2);
	domain_image_stage(buf, &layout, dst, BASE);
	for (u32 i = 0; i < layout.nr_symbols; i++)
		if (domain_image_read_symbol(buf, &layout, i, &symbol) &&
		    !strlen(symbol.name))
			report("symbol", "empty", false);
	free(dst);
}

static void run_cases(const char *what, const struct test_case *cases, int nr)
{
	for (const struct test_case *c = cases; c < cases + nr; c++) {
		size_t len = c->len ?: TEST_FILE_SIZE;
		bool ok;
		int err;

		err = test_case_parse(c, &image, &layout, &error);
		ok = err == domain_image_errno(c->code) && error.code == c->code;
		if (ok && c->code)
			ok = error.index == c->index && error.field &&
			     !strcmp(error.field, c->field) && !layout.size;
		if (ok && !c->code)
			ok = layout.size;
		report(what, c->name, ok);

		if (len > TEST_FILE_SIZE)
			continue;
		void *buf = block(len);

		if (!domain_image_parse(buf, len, c->target.machine ?
					&c->target : &test_target, &layout, &error))
			stage(buf);
		free(buf);
	}
}

static void run_sweeps(void)
{
	for (int i = 0; i < ARRAY_SIZE(test_sweeps); i++) {
		const struct test_sweep *sweep = &test_sweeps[i];
		bool ok = true;

		test_image_build(&image);
		for (u64 v = sweep->from; ok && v <= sweep->to; v++)
			ok = test_sweep_passes(sweep, v, &image, &layout, &error);
		report("sweep", sweep->name, ok);
	}
}

static void run_truncated(void)
{
	bool ok = true;

	test_image_build(&image);
	for (size_t len = 0; ok && len < TEST_FILE_SIZE; len++) {
		void *buf = block(len);

		ok = domain_image_parse(buf, len, &test_target, &layout, &error);
		free(buf);
	}
	report("truncated", "every length", ok);
}

static void run_layout(void)
{
	const struct domain_image_segment *seg = layout.segment;
	u8 *dst;
	bool ok;

	test_image_build(&image);
	ok = !domain_image_parse(&image, TEST_FILE_SIZE, &test_target, &layout,
				 &error) &&
	     seg[DOMAIN_IMAGE_TEXT].vaddr == TEST_PAGE &&
	     seg[DOMAIN_IMAGE_TEXT].memsz == TEST_TEXT_SIZE &&
	     seg[DOMAIN_IMAGE_DATA].filesz == sizeof(image.data) &&
	     seg[DOMAIN_IMAGE_DATA].memsz == TEST_DATA_SIZE &&
	     layout.size == TEST_SIZE && layout.entry == TEST_ENTRY &&
	     layout.thunks_size == TEST_ENTRY - TEST_PAGE &&
	     layout.nr_relas == 4 && layout.nr_symbols == 5;
	report("layout", "values", ok);
	if (!ok)
		return;

	dst = malloc(TEST_SIZE);
	if (!dst)
		exit(2);
	memset(dst, 0xa5, TEST_SIZE);
	domain_image_stage(&image, &layout, dst, BASE);
	image.ro[0] = BASE + TEST_ENTRY;
	image.ro[7] = BASE + TEST_DATA;
	image.data[0] = BASE;
	image.data[15] = BASE + TEST_SIZE;
	ok = !memcmp(dst, &image, offsetofend(struct test_image, ro)) &&
	     !memcmp(dst + TEST_PAGE, image.text, TEST_TEXT_SIZE) &&
	     !memcmp(dst + TEST_DATA, image.data, sizeof(image.data));
	for (int i = TEST_DATA + sizeof(image.data); ok && i < TEST_SIZE; i++)
		ok = !dst[i];
	report("layout", "staged bytes", ok);
	free(dst);
}

static void run_symbols(void)
{
	static const struct {
		u32 name;
		bool found;
	} expected[] = { { 0, false }, { 1, true }, { 14, false }, { 19, false }, { 23, true } };
	struct domain_image_symbol symbol;

	test_image_build(&image);
	if (domain_image_parse(&image, TEST_FILE_SIZE, &test_target, &layout, &error))
		return;
	for (int i = 0; i < ARRAY_SIZE(expected); i++) {
		bool found = domain_image_read_symbol(&image, &layout, i, &symbol);

		report("symbol", &image.strtab[expected[i].name],
		       found == expected[i].found &&
		       (!found || (symbol.name == &image.strtab[expected[i].name] &&
				   symbol.addr == image.sym[i].st_value &&
				   symbol.size == image.sym[i].st_size)));
	}
	image.sym[1].st_name = 0;
	report("symbol", "without a name",
	       !domain_image_read_symbol(&image, &layout, 1, &symbol));
}

int main(void)
{
	run_cases("ELF", test_elf_cases, ARRAY_SIZE(test_elf_cases));
	run_cases("note", test_note_cases, ARRAY_SIZE(test_note_cases));
	run_cases("relocation", test_reloc_cases, ARRAY_SIZE(test_reloc_cases));
	run_sweeps();
	run_truncated();
	run_layout();
	run_symbols();
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
