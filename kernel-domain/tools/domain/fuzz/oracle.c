// SPDX-License-Identifier: GPL-2.0-only
/*
 * Second opinion on images that the parser accepts.
 *
 * Written from the description of the format instead of from the parser, with
 * 128-bit sums instead of careful comparisons, so that a mistake in the one is
 * not repeated in the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

typedef unsigned __int128 u128;

#define BASE	0xffffffffc0000000ull
#define LIMIT	(16ull << 20)

#define must(cond)							\
do {									\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: accepted, but not: %s\n",	\
			__FILE__, __LINE__, #cond);			\
		abort();						\
	}								\
} while (0)

static Elf64_Phdr phdr_of(const u8 *data, const Elf64_Ehdr *ehdr, int i)
{
	Elf64_Phdr phdr;

	memcpy(&phdr, data + ehdr->e_phoff + i * sizeof(phdr), sizeof(phdr));
	return phdr;
}

static u32 relative_type(u16 machine)
{
	switch (machine) {
	case EM_X86_64:
		return 8;
	case EM_AARCH64:
		return 1027;
	default:
		return 3;
	}
}

static void check_header(const u8 *data, size_t len, const Elf64_Ehdr *ehdr,
			 const struct domain_image_target *target)
{
	static const u8 ident[9] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0 };

	must(len >= sizeof(*ehdr) && len <= 4 * LIMIT);
	must(!memcmp(data, ident, sizeof(ident)));
	must(ehdr->e_type == 3 && ehdr->e_version == 1);
	must(ehdr->e_machine == target->machine);
	must(!(ehdr->e_flags & (target->machine == EM_RISCV ? ~1u : ~0u)));
	must(ehdr->e_phentsize == 56 && ehdr->e_ehsize == 64);
	must((u128)ehdr->e_phoff + (u128)ehdr->e_phnum * 56 <= len);
}

/*
 * Marks the pages of each segment with its permissions. No page may get two,
 * and the bytes of no two segments may be the same in the file.
 */
static void check_segments(const u8 *data, size_t len, const Elf64_Ehdr *ehdr,
			   const struct domain_image_target *target,
			   const struct domain_image_layout *l)
{
	u32 page = target->page_size, seen = 0;
	u8 *pages = calloc(LIMIT / page, 1);
	u128 file_end = 0;

	must(pages);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		Elf64_Phdr ph = phdr_of(data, ehdr, i);
		const struct domain_image_segment *s;
		int id;

		must(ph.p_type == PT_LOAD || ph.p_type == PT_DYNAMIC ||
		     ph.p_type == PT_NOTE || ph.p_type == PT_GNU_STACK);
		must(ph.p_type != PT_GNU_STACK || !(ph.p_flags & PF_X));
		if (ph.p_type != PT_LOAD)
			continue;
		must((ph.p_flags & (PF_W | PF_X)) != (PF_W | PF_X));
		must(ph.p_flags == 4 || ph.p_flags == 5 || ph.p_flags == 6);
		must(ph.p_filesz <= ph.p_memsz);
		if (!ph.p_memsz)
			continue;
		must(!(seen & (1 << ph.p_flags)));
		seen |= 1 << ph.p_flags;
		must(ph.p_vaddr % page == 0);
		must((u128)ph.p_vaddr + ph.p_memsz <= LIMIT);
		if (ph.p_filesz) {
			must((u128)ph.p_offset + ph.p_filesz <= len);
			must(ph.p_offset >= file_end);
			file_end = (u128)ph.p_offset + ph.p_filesz;
		}
		must((u128)ph.p_vaddr + ph.p_memsz <= l->size);
		for (u64 a = ph.p_vaddr; a < ph.p_vaddr + ph.p_memsz; a += page) {
			must(!pages[a / page]);
			pages[a / page] = ph.p_flags;
		}
		id = ph.p_flags == 4 ? DOMAIN_IMAGE_RODATA :
		     ph.p_flags == 5 ? DOMAIN_IMAGE_TEXT : DOMAIN_IMAGE_DATA;
		s = &l->segment[id];
		must(s->offset == (ph.p_filesz ? ph.p_offset : 0));
		must(s->vaddr == ph.p_vaddr);
		must(s->filesz == ph.p_filesz && s->memsz == ph.p_memsz);
		must(id == DOMAIN_IMAGE_DATA || s->filesz == s->memsz);
	}
	must(seen & (1 << 5));
	must(pages[0]);
	must(l->size % page == 0 && l->size <= LIMIT);
	must(l->entry / page < LIMIT / page && pages[l->entry / page] == 5);
	free(pages);
}

static void check_entry(const struct domain_image_target *target,
			const struct domain_image_layout *l)
{
	const struct domain_image_segment *text = &l->segment[DOMAIN_IMAGE_TEXT];

	must(l->thunks_size == (target->machine == EM_X86_64 ? DOMAIN_IMAGE_X86_NR_THUNKS * 8 :
				DOMAIN_IMAGE_MCOUNT_SIZE));
	must(l->entry >= text->vaddr + l->thunks_size);
	must(l->entry < text->vaddr + text->memsz);
	must(target->machine != EM_AARCH64 || l->entry % 4 == 0);
	must(target->machine != EM_RISCV || l->entry % 2 == 0);
}

static void check_string(const char *str, const char *punctuation)
{
	size_t n = 0;

	while (n < 32 && str[n]) {
		must((str[n] >= '0' && str[n] <= '9') ||
		     ((str[n] | 0x20) >= 'a' && (str[n] | 0x20) <= 'z') ||
		     strchr(punctuation, str[n]));
		n++;
	}
	must(n && n < 32);
	for (; n < 32; n++)
		must(!str[n]);
}

static void check_note(const u8 *data, size_t len,
		       const struct domain_image_note *note)
{
	must(memmem(data, len, "LinuxDomain", 12));
	must(memmem(data, len, note, sizeof(*note)));
	must(note->magic == 0x474d4944 && note->abi == 1 &&
	     !(note->flags & ~1u));
	must(note->interface_hash);
	must(!note->state_type == !note->state_version);
	check_string(note->name, "_-");
	check_string(note->version, "._+~-");
	check_string(note->interface, "_");
}

static bool holds(const struct domain_image_segment *s, u64 addr, u64 size)
{
	return addr >= s->vaddr && (u128)addr + size <= (u128)s->vaddr + s->filesz;
}

static void check_relocs(const u8 *data, size_t len, u16 machine,
			 const struct domain_image_layout *l)
{
	u128 next = 0;

	must((u128)l->rela_offset + (u128)l->nr_relas * 24 <= len);
	for (u32 i = 0; i < l->nr_relas; i++) {
		Elf64_Rela rela;

		memcpy(&rela, data + l->rela_offset + i * 24ull, sizeof(rela));
		must(rela.r_info == relative_type(machine));
		must(rela.r_offset % 8 == 0 && rela.r_offset >= next);
		next = (u128)rela.r_offset + 8;
		must(holds(&l->segment[DOMAIN_IMAGE_RODATA], rela.r_offset, 8) ||
		     holds(&l->segment[DOMAIN_IMAGE_DATA], rela.r_offset, 8));
		must(rela.r_addend >= 0 && (u64)rela.r_addend <= l->size);
	}
}

/* Text and what is not relocated must arrive unchanged, the rest is zero. */
static void check_staged(const u8 *data, const struct domain_image_layout *l)
{
	const struct domain_image_segment *s;
	u8 *dst = malloc(l->size);

	must(dst);
	memset(dst, 0xa5, l->size);
	domain_image_stage(data, l, dst, BASE);
	s = &l->segment[DOMAIN_IMAGE_TEXT];
	must(!memcmp(dst + s->vaddr, data + s->offset, s->filesz));
	s = &l->segment[DOMAIN_IMAGE_DATA];
	for (u64 i = s->filesz; i < s->memsz; i++)
		must(!dst[s->vaddr + i]);
	for (u32 i = 0; i < l->nr_relas; i++) {
		Elf64_Rela rela;
		u64 value;

		memcpy(&rela, data + l->rela_offset + i * 24ull, sizeof(rela));
		memcpy(&value, dst + rela.r_offset, sizeof(value));
		must(value == BASE + rela.r_addend);
	}
	free(dst);
}

/* The first symbol table's strings; the parser accepts no second one. */
static Elf64_Shdr find_strtab(const u8 *data, const Elf64_Ehdr *ehdr)
{
	Elf64_Shdr shdr = { };

	for (int i = 0; i < ehdr->e_shnum; i++) {
		memcpy(&shdr, data + ehdr->e_shoff + i * sizeof(shdr), sizeof(shdr));
		if (shdr.sh_type != SHT_SYMTAB || !shdr.sh_size)
			continue;
		must(shdr.sh_link < ehdr->e_shnum);
		memcpy(&shdr, data + ehdr->e_shoff + shdr.sh_link * sizeof(shdr),
		       sizeof(shdr));
		return shdr;
	}
	return shdr;
}

static void check_symbols(const u8 *data, size_t len, const Elf64_Ehdr *ehdr,
			  const struct domain_image_layout *l)
{
	const struct domain_image_segment *text = &l->segment[DOMAIN_IMAGE_TEXT];
	struct domain_image_symbol symbol;
	const char *strings, *end;
	Elf64_Shdr strtab;

	if (!l->nr_symbols)
		return;
	must((u128)l->symtab_offset + (u128)l->nr_symbols * 24 <= len);
	strtab = find_strtab(data, ehdr);
	must(strtab.sh_type == SHT_STRTAB && strtab.sh_size);
	must((u128)strtab.sh_offset + strtab.sh_size <= len);
	strings = (const char *)data + strtab.sh_offset;
	end = strings + strtab.sh_size;
	must(!end[-1]);
	for (const char *c = strings; c < end; c++)
		must(!*c || (*c >= ' ' && *c <= '~'));
	for (u32 i = 0; i < l->nr_symbols; i++) {
		if (!domain_image_read_symbol(data, l, i, &symbol))
			continue;
		must(symbol.name >= strings && symbol.name < end);
		must(symbol.addr >= text->vaddr);
		must((u128)symbol.addr + symbol.size <=
		     (u128)text->vaddr + text->memsz);
	}
}

void fuzz_one(const u8 *data, size_t len,
	      const struct domain_image_target *target,
	      struct domain_image_error *error)
{
	static const struct domain_image_layout none;
	struct domain_image_layout layout;
	Elf64_Ehdr ehdr;
	char line[128];
	int err, n;

	memset(&layout, 0x5a, sizeof(layout));
	err = domain_image_parse(data, len, target, &layout, error);
	must(err == domain_image_errno(error->code));
	must(!err == (error->code == DOMAIN_IMAGE_OK));
	n = domain_image_describe(error, line, sizeof(line));
	must(n > 0 && n < (int)sizeof(line) && !strchr(line, '\n'));
	if (err) {
		must(error->code < DOMAIN_IMAGE_NR_CODES && error->field);
		must(!memcmp(&layout, &none, sizeof(layout)));
		return;
	}

	memcpy(&ehdr, data, sizeof(ehdr));
	check_header(data, len, &ehdr, target);
	check_segments(data, len, &ehdr, target, &layout);
	check_entry(target, &layout);
	check_note(data, len, &layout.note);
	check_relocs(data, len, target->machine, &layout);
	check_staged(data, &layout);
	check_symbols(data, len, &ehdr, &layout);
}
