/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain images: all values of a range in one field, and the one verdict on
 * those that are not excepted.
 */
#ifndef _DOMAIN_IMAGE_SWEEPS_H
#define _DOMAIN_IMAGE_SWEEPS_H

#include "domain_image_build.h"

#define TEST_MAX_EXCEPT	10

/**
 * struct test_sweep - a field and the values that it cannot have
 * @name: what it is about
 * @field: the field that the verdict names
 * @offset: where it is in &struct test_image
 * @size: its size in bytes
 * @from: first value
 * @to: last value
 * @code: verdict on all values that are not excepted
 * @index: the index that the verdict names
 * @except: first and last of ranges of values with another verdict, up to the
 *	first that ends at 0
 */
struct test_sweep {
	const char *name;
	const char *field;
	u32 offset;
	u32 size;
	u64 from;
	u64 to;
	enum domain_image_code code;
	int index;
	u64 except[TEST_MAX_EXCEPT][2];
};

#define SWEEP(_name, member, _from, _to, _code, _field, _index, ...) {	\
	.name = (_name),						\
	.offset = offsetof(struct test_image, member),			\
	.size = sizeof_field(struct test_image, member),		\
	.from = (_from),						\
	.to = (_to),							\
	.code = DOMAIN_IMAGE_##_code,					\
	.field = (_field),						\
	.index = (_index),						\
	.except = { __VA_ARGS__ },					\
}

static const struct test_sweep test_sweeps[] = {
	SWEEP("types of files", ehdr.e_type, 0, 0xffff, BAD_VALUE, "e_type", -1,
	      { ET_DYN, ET_DYN }),
	SWEEP("machines", ehdr.e_machine, 0, 0xffff, BAD_VALUE, "e_machine", -1,
	      { EM_X86_64, EM_X86_64 }),
	SWEEP("numbers of program headers", ehdr.e_phnum, 17, 0xffff, TOO_LARGE, "e_phnum", -1),
	SWEEP("numbers of section headers", ehdr.e_shnum, TEST_NR_SHDRS + 1, 0xffff, TRUNCATED,
	      "e_shoff", -1),
	SWEEP("entry points", ehdr.e_entry, 0, TEST_SIZE, OUTSIDE, "e_entry", -1,
	      { TEST_ENTRY, TEST_PAGE + TEST_TEXT_SIZE - 1 }),
	SWEEP("types of segments", phdr[TEST_STACK].p_type, 0, 0x100, UNSUPPORTED, "p_type",
	      TEST_STACK, { PT_LOAD, PT_DYNAMIC }, { PT_NOTE, PT_NOTE }),
	SWEEP("GNU types of segments", phdr[TEST_STACK].p_type, PT_LOOS + 0x474e500,
	      PT_LOOS + 0x474e600, UNSUPPORTED, "p_type", TEST_STACK,
	      { PT_GNU_STACK, PT_GNU_STACK }),
	SWEEP("permissions", phdr[TEST_RX].p_flags, 0, 0x1000, PERMISSION, "p_flags", TEST_RX,
	      { PF_R, PF_R | PF_W }),
	SWEEP("alignments", phdr[TEST_RX].p_align, 0, TEST_PAGE + 100, UNALIGNED, "p_align",
	      TEST_RX, { TEST_PAGE, TEST_PAGE }),
	SWEEP("addresses", phdr[TEST_RX].p_vaddr, 1, TEST_SIZE, UNALIGNED, "p_vaddr", TEST_RX,
	      { TEST_PAGE, TEST_PAGE }, { TEST_DATA, TEST_DATA },
	      { 3 * TEST_PAGE, 3 * TEST_PAGE }, { TEST_SIZE, TEST_SIZE }),
	SWEEP("offsets", phdr[TEST_RX].p_offset, 1, TEST_DATA - 1, UNALIGNED, "p_offset", TEST_RX,
	      { TEST_PAGE, TEST_PAGE }),
	SWEEP("alignments of notes", phdr[TEST_NOTE].p_align, 0, 0x100, UNALIGNED, "p_align",
	      TEST_NOTE, { 4, 4 }, { 8, 8 }),
	SWEEP("notes without a header", phdr[TEST_NOTE].p_filesz, 1, 11, TRUNCATED, "note",
	      TEST_NOTE),
	SWEEP("notes without a name", phdr[TEST_NOTE].p_filesz, 12, 23, TRUNCATED, "n_namesz",
	      TEST_NOTE),
	SWEEP("notes without a descriptor", phdr[TEST_NOTE].p_filesz, 24, 151, TRUNCATED,
	      "n_descsz", TEST_NOTE),
	SWEEP("short descriptors", note.nhdr.n_descsz, 0, 127, BAD_VALUE, "n_descsz", TEST_NOTE),
	SWEEP("long descriptors", note.nhdr.n_descsz, 129, 0x1000, TRUNCATED, "n_descsz",
	      TEST_NOTE),
	SWEEP("descriptors around 2^32", note.nhdr.n_descsz, 0xfffff000, 0xffffffff, TRUNCATED,
	      "n_descsz", TEST_NOTE),
	SWEEP("names around 2^32", note.nhdr.n_namesz, 0xfffff000, 0xffffffff, TRUNCATED,
	      "n_namesz", TEST_NOTE),
	SWEEP("image ABIs", note.desc.abi, 0, 0x100, UNSUPPORTED, "abi", -1,
	      { DOMAIN_IMAGE_ABI, DOMAIN_IMAGE_ABI }),
	SWEEP("characters of names", note.desc.name[1], 1, 255, BAD_STRING, "name", 1,
	      { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '_', '_' }, { '-', '-' }),
	SWEEP("characters of versions", note.desc.version[1], 1, 255, BAD_STRING, "version", 1,
	      { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '+', '+' }, { '-', '.' },
	      { '_', '_' }, { '~', '~' }),
	SWEEP("characters of interfaces", note.desc.interface[1], 1, 255, BAD_STRING, "interface",
	      1, { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' }, { '_', '_' }),
	SWEEP("dynamic tags", dyn[8].d_tag, 1, 0x100, UNSUPPORTED, "d_tag", 8,
	      { DT_HASH, DT_STRSZ }, { DT_SYMENT, DT_SYMENT }, { DT_SYMBOLIC, DT_SYMBOLIC },
	      { DT_DEBUG, DT_DEBUG }, { 30, 30 }),
	SWEEP("GNU dynamic tags", dyn[8].d_tag, 0x6ffffd00, 0x6fffffff, UNSUPPORTED, "d_tag", 8,
	      { DT_GNU_HASH, DT_GNU_HASH }, { DT_RELACOUNT, DT_RELACOUNT },
	      { DT_FLAGS_1, DT_FLAGS_1 }),
	SWEEP("types of relocations", rela[2].r_info, 0, 0x1000, UNSUPPORTED, "r_info", 2,
	      { TEST_RELATIVE, TEST_RELATIVE }),
	SWEEP("addresses past the end", rela[3].r_addend, TEST_SIZE + 1, TEST_SIZE + 0x1000,
	      OUTSIDE, "r_addend", 3),
	SWEEP("symbol names past the strings", sym[1].st_name, sizeof(TEST_STRTAB), 0x1000,
	      OUTSIDE, "st_name", 1),
	SWEEP("function sizes", sym[4].st_size, 0x11, 0x1000, OUTSIDE, "st_value", 4),
};

static bool test_sweep_excepts(const struct test_sweep *sweep, u64 value)
{
	for (int i = 0; i < TEST_MAX_EXCEPT && sweep->except[i][1]; i++)
		if (value >= sweep->except[i][0] && value <= sweep->except[i][1])
			return true;
	return false;
}

/*
 * Whether the parser's verdict on @value is the sweep's, as it should be or not,
 * in an image whose other fields are as test_image_build() left them.
 */
static bool test_sweep_passes(const struct test_sweep *sweep, u64 value,
			      struct test_image *image,
			      struct domain_image_layout *layout,
			      struct domain_image_error *error)
{
	const struct test_edit edit = {
		.offset = sweep->offset,
		.size = sweep->size,
		.value = value,
	};
	bool same;

	test_image_edit(image, &edit);
	domain_image_parse(image, TEST_FILE_SIZE, &test_target, layout, error);
	same = error->code == sweep->code && error->index == sweep->index &&
	       error->field && !strcmp(error->field, sweep->field);
	return same != test_sweep_excepts(sweep, value);
}

#endif /* _DOMAIN_IMAGE_SWEEPS_H */
