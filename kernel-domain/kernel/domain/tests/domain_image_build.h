/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A valid domain image, built in memory, that tests then damage.
 *
 * Shared by the KUnit tests and tools/domain/tests.
 */
#ifndef _DOMAIN_IMAGE_BUILD_H
#define _DOMAIN_IMAGE_BUILD_H

#include <linux/stddef.h>
#include <linux/string.h>

#include "../image.h"

#ifndef __KERNEL__	/* tools/include lacks them */
#define sizeof_field(type, member)	sizeof(((type *)0)->member)
#define offsetofend(type, member)	\
	(offsetof(type, member) + sizeof_field(type, member))
#endif

#define TEST_PAGE	4096
#define TEST_ENTRY	(TEST_PAGE + DOMAIN_IMAGE_X86_NR_THUNKS * 8)
#define TEST_TEXT_SIZE	0x200
#define TEST_DATA	(2 * TEST_PAGE)
#define TEST_DATA_SIZE	0x1800
#define TEST_SIZE	(4 * TEST_PAGE)
#define TEST_RELATIVE	8

#define TEST_STRTAB	"\0domain_entry\0data\0x.c\0f"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TEST_NATIVE	ELFDATA2LSB
#define TEST_FOREIGN	ELFDATA2MSB
#else
#define TEST_NATIVE	ELFDATA2MSB
#define TEST_FOREIGN	ELFDATA2LSB
#endif

enum { TEST_RO, TEST_RX, TEST_RW, TEST_DYNAMIC, TEST_NOTE, TEST_STACK, TEST_NR_PHDRS };

enum { TEST_SHDR_NULL, TEST_SHDR_SYMTAB, TEST_SHDR_STRTAB, TEST_SHDR_TEXT, TEST_NR_SHDRS };

/* An image for x86_64 with pages of 4 KiB: three pages and what is not loaded. */
struct test_image {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[TEST_NR_PHDRS];
	struct {
		Elf64_Nhdr nhdr;
		char name[12];
		struct domain_image_note desc;
	} note;
	Elf64_Rela rela[4];
	Elf64_Dyn dyn[12];
	u64 ro[8];
	u8 text[TEST_PAGE] __aligned(TEST_PAGE);
	u64 data[16] __aligned(TEST_PAGE);
	Elf64_Sym sym[5];
	char strtab[sizeof(TEST_STRTAB)];
	Elf64_Shdr shdr[TEST_NR_SHDRS] __aligned(8);
	u8 end[];
};

/* The structure is padded to its alignment; the file ends before. */
#define TEST_FILE_SIZE	offsetof(struct test_image, end)

static const struct domain_image_target test_target = {
	.machine = EM_X86_64,
	.page_size = TEST_PAGE,
};

static void test_image_headers(struct test_image *image)
{
	image->ehdr = (Elf64_Ehdr) {
		.e_ident = {
			ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			TEST_NATIVE, EV_CURRENT,
		},
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = TEST_ENTRY,
		.e_phoff = offsetof(struct test_image, phdr),
		.e_shoff = offsetof(struct test_image, shdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = TEST_NR_PHDRS,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = TEST_NR_SHDRS,
	};
	image->phdr[TEST_RO] = (Elf64_Phdr) {
		.p_type = PT_LOAD,
		.p_flags = PF_R,
		.p_filesz = offsetofend(struct test_image, ro),
		.p_memsz = offsetofend(struct test_image, ro),
		.p_align = TEST_PAGE,
	};
	image->phdr[TEST_RX] = (Elf64_Phdr) {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = offsetof(struct test_image, text),
		.p_vaddr = TEST_PAGE,
		.p_filesz = TEST_TEXT_SIZE,
		.p_memsz = TEST_TEXT_SIZE,
		.p_align = TEST_PAGE,
	};
	image->phdr[TEST_RW] = (Elf64_Phdr) {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_offset = offsetof(struct test_image, data),
		.p_vaddr = TEST_DATA,
		.p_filesz = sizeof(image->data),
		.p_memsz = TEST_DATA_SIZE,
		.p_align = TEST_PAGE,
	};
	image->phdr[TEST_DYNAMIC] = (Elf64_Phdr) {
		.p_type = PT_DYNAMIC,
		.p_flags = PF_R,
		.p_offset = offsetof(struct test_image, dyn),
		.p_vaddr = offsetof(struct test_image, dyn),
		.p_filesz = sizeof(image->dyn),
		.p_memsz = sizeof(image->dyn),
		.p_align = 8,
	};
	image->phdr[TEST_NOTE] = (Elf64_Phdr) {
		.p_type = PT_NOTE,
		.p_flags = PF_R,
		.p_offset = offsetof(struct test_image, note),
		.p_vaddr = offsetof(struct test_image, note),
		.p_filesz = sizeof(image->note),
		.p_memsz = sizeof(image->note),
		.p_align = 8,
	};
	image->phdr[TEST_STACK] = (Elf64_Phdr) {
		.p_type = PT_GNU_STACK,
		.p_flags = PF_R | PF_W,
		.p_align = 16,
	};
}

static void test_image_note(struct test_image *image)
{
	image->note.nhdr = (Elf64_Nhdr) {
		.n_namesz = sizeof(DOMAIN_NOTE_NAME),
		.n_descsz = sizeof(struct domain_image_note),
		.n_type = DOMAIN_NOTE_TYPE,
	};
	memcpy(image->note.name, DOMAIN_NOTE_NAME, sizeof(DOMAIN_NOTE_NAME));
	image->note.desc = (struct domain_image_note) {
		.magic = DOMAIN_IMAGE_MAGIC,
		.abi = DOMAIN_IMAGE_ABI,
		.interface_major = 1,
		.interface_minor = 2,
		.interface_hash = 0x0123456789abcdef,
		.state_type = 3,
		.state_version = 4,
		.name = "test_image-1",
		.version = "1.0~rc1+git_2-3",
		.interface = "empty_device2",
	};
}

static void test_image_relocs(struct test_image *image)
{
	const struct {
		u64 tag, value;
	} dyn[] = {
		{ DT_SYMTAB, 0x10 },
		{ DT_SYMENT, sizeof(Elf64_Sym) },
		{ DT_STRTAB, 0x20 },
		{ DT_STRSZ, 1 },
		{ DT_RELA, offsetof(struct test_image, rela) },
		{ DT_RELASZ, sizeof(image->rela) },
		{ DT_RELAENT, sizeof(Elf64_Rela) },
		{ DT_RELACOUNT, 4 },
		{ DT_DEBUG, 0 },
		{ 30, 2 },			/* DT_FLAGS: DF_SYMBOLIC */
		{ DT_FLAGS_1, 0x08000000 },	/* DF_1_PIE */
		{ DT_NULL, 0 },
	};
	const u64 relas[][2] = {
		{ offsetof(struct test_image, ro[0]), TEST_ENTRY },
		{ offsetof(struct test_image, ro[7]), TEST_DATA },
		{ TEST_DATA, 0 },
		{ TEST_DATA + sizeof(image->data) - 8, TEST_SIZE },
	};

	for (int i = 0; i < 12; i++) {
		image->dyn[i].d_tag = dyn[i].tag;
		image->dyn[i].d_un.d_val = dyn[i].value;
	}
	for (int i = 0; i < 4; i++)
		image->rela[i] = (Elf64_Rela) {
			.r_offset = relas[i][0],
			.r_info = TEST_RELATIVE,
			.r_addend = relas[i][1],
		};
}

static void test_image_symbols(struct test_image *image)
{
	image->sym[1] = (Elf64_Sym) {
		.st_name = 1,
		.st_info = (STB_GLOBAL << 4) | STT_FUNC,
		.st_shndx = TEST_SHDR_TEXT,
		.st_value = TEST_ENTRY,
		.st_size = 0x10,
	};
	image->sym[2] = (Elf64_Sym) {
		.st_name = 14,
		.st_info = STT_OBJECT,
		.st_shndx = SHN_ABS,
		.st_value = TEST_DATA,
	};
	image->sym[3] = (Elf64_Sym) {
		.st_name = 19,
		.st_info = STT_FILE,
		.st_shndx = SHN_ABS,
	};
	image->sym[4] = (Elf64_Sym) {
		.st_name = 23,
		.st_info = STT_FUNC,
		.st_shndx = TEST_SHDR_TEXT,
		.st_value = TEST_PAGE + TEST_TEXT_SIZE - 0x10,
		.st_size = 0x10,
	};
	memcpy(image->strtab, TEST_STRTAB, sizeof(TEST_STRTAB));
	image->shdr[TEST_SHDR_SYMTAB] = (Elf64_Shdr) {
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct test_image, sym),
		.sh_size = sizeof(image->sym),
		.sh_link = TEST_SHDR_STRTAB,
		.sh_entsize = sizeof(Elf64_Sym),
	};
	image->shdr[TEST_SHDR_STRTAB] = (Elf64_Shdr) {
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct test_image, strtab),
		.sh_size = sizeof(image->strtab),
	};
	image->shdr[TEST_SHDR_TEXT] = (Elf64_Shdr) {
		.sh_type = SHT_PROGBITS,
		.sh_addr = TEST_PAGE,
		.sh_offset = offsetof(struct test_image, text),
		.sh_size = TEST_TEXT_SIZE,
	};
}

/* Bytes outside the headers are nonzero, so that a wrong copy shows. */
static void test_image_build(struct test_image *image)
{
	memset(image, 0, TEST_FILE_SIZE);
	for (int i = 0; i < TEST_TEXT_SIZE; i++)
		image->text[i] = i ^ 0x5a;
	for (int i = 0; i < 16; i++)
		image->data[i] = 0x1111111111111111ull * i;
	for (int i = 0; i < 8; i++)
		image->ro[i] = ~0x1111111111111111ull * i;
	test_image_headers(image);
	test_image_note(image);
	test_image_relocs(image);
	test_image_symbols(image);
}

/**
 * struct test_edit - one field to overwrite
 * @offset: where it is in &struct test_image
 * @size: its size in bytes, a power of two up to 8; 0 ends the list
 * @value: what to store
 */
struct test_edit {
	u32 offset;
	u32 size;
	u64 value;
};

#define TEST_MAX_EDITS	4

/**
 * struct test_case - an image and the verdict on it
 * @name: what it is about
 * @code: the verdict
 * @field: the field it names
 * @index: the index it names
 * @len: size of the file, 0 for all of it
 * @target: machine and page size, all zero for &test_target
 * @edit: how the image differs from a valid one
 */
struct test_case {
	const char *name;
	enum domain_image_code code;
	const char *field;
	int index;
	size_t len;
	struct domain_image_target target;
	struct test_edit edit[TEST_MAX_EDITS];
};

#define SET(member, _value) {						\
	.offset = offsetof(struct test_image, member),			\
	.size = sizeof_field(struct test_image, member),		\
	.value = (u64)(_value),						\
}

/* Eight bytes from byte @_at of a member. */
#define SET8(member, _at, _value) {					\
	.offset = offsetof(struct test_image, member) + (_at),		\
	.size = 8,							\
	.value = (_value),						\
}

#define GOOD(_name, ...) {						\
	.name = (_name),						\
	.edit = { __VA_ARGS__ },					\
}

#define BAD(_name, _code, _field, _index, ...) {			\
	.name = (_name),						\
	.code = DOMAIN_IMAGE_##_code,					\
	.field = (_field),						\
	.index = (_index),						\
	.edit = { __VA_ARGS__ },					\
}

#define LENGTH(_name, _code, _field, _index, _len) {			\
	.name = (_name),						\
	.code = DOMAIN_IMAGE_##_code,					\
	.field = (_field),						\
	.index = (_index),						\
	.len = (_len),							\
}

#define TARGET(_name, _code, _field, _index, _machine, _page_size, ...) { \
	.name = (_name),						\
	.code = DOMAIN_IMAGE_##_code,					\
	.field = (_field),						\
	.index = (_index),						\
	.target = { .machine = (_machine), .page_size = (_page_size) },	\
	.edit = { __VA_ARGS__ },					\
}

/* Unloaded, the relocations of another machine do not matter. */
#define NO_DYNAMIC	SET(phdr[TEST_DYNAMIC].p_type, PT_GNU_STACK)
#define MINUS(n)	(0 - (u64)(n))

#define RO(field)	phdr[TEST_RO].field
#define RX(field)	phdr[TEST_RX].field
#define RW(field)	phdr[TEST_RW].field
#define DYNAMIC(field)	phdr[TEST_DYNAMIC].field
#define NOTE(field)	phdr[TEST_NOTE].field
#define STACK(field)	phdr[TEST_STACK].field
#define SYMTAB(field)	shdr[TEST_SHDR_SYMTAB].field
#define STRTAB(field)	shdr[TEST_SHDR_STRTAB].field

static void test_image_edit(void *image, const struct test_edit *edit)
{
	u8 v8 = edit->value;
	u16 v16 = edit->value;
	u32 v32 = edit->value;
	u64 v64 = edit->value;

	switch (edit->size) {
	case 1:
		memcpy(image + edit->offset, &v8, 1);
		break;
	case 2:
		memcpy(image + edit->offset, &v16, 2);
		break;
	case 4:
		memcpy(image + edit->offset, &v32, 4);
		break;
	case 8:
		memcpy(image + edit->offset, &v64, 8);
		break;
	}
}

static inline int test_case_parse(const struct test_case *c,
				  struct test_image *image,
				  struct domain_image_layout *layout,
				  struct domain_image_error *error)
{
	test_image_build(image);
	for (int i = 0; i < TEST_MAX_EDITS; i++)
		test_image_edit(image, &c->edit[i]);
	return domain_image_parse(image, c->len ?: TEST_FILE_SIZE,
				  c->target.machine ? &c->target : &test_target,
				  layout, error);
}

#endif /* _DOMAIN_IMAGE_BUILD_H */
