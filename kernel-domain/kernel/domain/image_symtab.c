// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain images: the symbol table, which names functions in stack traces.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "image_parse.h"

static void read_shdr(struct domain_image_parser *p, u32 index,
		      Elf64_Shdr *shdr)
{
	memcpy(shdr, p->buf + p->ehdr.e_shoff + index * sizeof(*shdr),
	       sizeof(*shdr));
}

static void read_symbol(const u8 *buf, const struct domain_image_layout *layout,
			u32 index, Elf64_Sym *sym)
{
	memcpy(sym, buf + layout->symtab_offset + index * sizeof(*sym),
	       sizeof(*sym));
}

static int parse_strtab(struct domain_image_parser *p, u32 index,
			Elf64_Shdr *strtab)
{
	if (index >= p->ehdr.e_shnum)
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "sh_link",
					 DOMAIN_IMAGE_NO_INDEX, index,
					 p->ehdr.e_shnum);
	read_shdr(p, index, strtab);
	if (strtab->sh_type != SHT_STRTAB)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "sh_type",
					 index, strtab->sh_type, SHT_STRTAB);
	if (!domain_image_in_range(strtab->sh_offset, strtab->sh_size, p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "sh_size",
					 index, strtab->sh_size, p->len);
	/* With a NUL at its end, every name in the table is terminated. */
	if (!strtab->sh_size ||
	    p->buf[strtab->sh_offset + strtab->sh_size - 1])
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_STRING,
					 "string table", index,
					 strtab->sh_size, 0);
	p->layout->strtab_offset = strtab->sh_offset;
	p->layout->strtab_size = strtab->sh_size;
	return 0;
}

/* Names get into logs and onto terminals: printable characters of ASCII only. */
static int parse_names(struct domain_image_parser *p, u32 index)
{
	const u8 *names = p->buf + p->layout->strtab_offset;

	for (u64 i = 0; i < p->layout->strtab_size; i++)
		if (names[i] && (names[i] < ' ' || names[i] > '~'))
			return domain_image_fail(p, DOMAIN_IMAGE_BAD_STRING,
						 "symbol name", index, i, 0);
	return 0;
}

static int parse_symbol(struct domain_image_parser *p, u32 index,
			const Elf64_Shdr *strtab)
{
	const struct domain_image_segment *text =
		&p->layout->segment[DOMAIN_IMAGE_TEXT];
	Elf64_Sym sym;

	read_symbol(p->buf, p->layout, index, &sym);
	if (sym.st_name >= strtab->sh_size)
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "st_name",
					 index, sym.st_name, strtab->sh_size);
	/* The first symbol of a table is the null symbol. */
	if (index && sym.st_shndx == SHN_UNDEF)
		return domain_image_fail(p, DOMAIN_IMAGE_UNDEFINED, "st_shndx",
					 index, sym.st_name, 0);
	/* The offset of an address below the text wraps around. */
	if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC &&
	    !domain_image_in_range(sym.st_value - text->vaddr, sym.st_size,
				   text->memsz))
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "st_value",
					 index, sym.st_value,
					 text->vaddr + text->memsz);
	return 0;
}

static int parse_symbols(struct domain_image_parser *p, u32 index,
			 const Elf64_Shdr *symtab)
{
	Elf64_Shdr strtab;
	int err;

	if (p->layout->nr_symbols)
		return domain_image_fail(p, DOMAIN_IMAGE_DUPLICATE, "sh_type",
					 index, symtab->sh_type, 0);
	if (symtab->sh_entsize != sizeof(Elf64_Sym))
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE,
					 "sh_entsize", index,
					 symtab->sh_entsize, sizeof(Elf64_Sym));
	if (symtab->sh_size % sizeof(Elf64_Sym))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "sh_size",
					 index, symtab->sh_size,
					 sizeof(Elf64_Sym));
	if (!domain_image_in_range(symtab->sh_offset, symtab->sh_size, p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "sh_size",
					 index, symtab->sh_size, p->len);
	err = parse_strtab(p, symtab->sh_link, &strtab);
	if (err)
		return err;

	p->layout->symtab_offset = symtab->sh_offset;
	p->layout->nr_symbols = symtab->sh_size / sizeof(Elf64_Sym);
	/* Once per image: a table of no symbols may be there many times. */
	if (p->layout->nr_symbols) {
		err = parse_names(p, symtab->sh_link);
		if (err)
			return err;
	}
	for (u32 i = 0; i < p->layout->nr_symbols; i++) {
		err = parse_symbol(p, i, &strtab);
		if (err)
			return err;
	}
	return 0;
}

/**
 * domain_image_parse_symtab - find and check the symbol table
 * @p: the parser, with all segments known
 *
 * Nothing but the names in stack traces depends on section headers, so that
 * an image may be stripped of them.
 *
 * Context: Any.
 * Return: 0, also if there is no symbol table, or the error of
 * domain_image_fail().
 */
int domain_image_parse_symtab(struct domain_image_parser *p)
{
	const Elf64_Ehdr *ehdr = &p->ehdr;
	Elf64_Shdr shdr;
	int err;

	if (!ehdr->e_shnum)
		return 0;
	if (ehdr->e_shentsize != sizeof(shdr))
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE,
					 "e_shentsize", DOMAIN_IMAGE_NO_INDEX,
					 ehdr->e_shentsize, sizeof(shdr));
	if (!domain_image_in_range(ehdr->e_shoff,
				   ehdr->e_shnum * sizeof(shdr), p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "e_shoff",
					 DOMAIN_IMAGE_NO_INDEX, ehdr->e_shoff,
					 p->len);
	for (u32 i = 0; i < ehdr->e_shnum; i++) {
		read_shdr(p, i, &shdr);
		if (shdr.sh_type != SHT_SYMTAB)
			continue;
		err = parse_symbols(p, i, &shdr);
		if (err)
			return err;
	}
	return 0;
}

/**
 * domain_image_read_symbol - get one symbol of an image
 * @buf: the buffer that domain_image_parse() accepted, unchanged
 * @layout: its result
 * @index: number of the symbol, below &domain_image_layout.nr_symbols
 * @symbol: set if the symbol is a function with a name
 *
 * Context: Any.
 * Return: Whether @symbol was set.
 */
bool domain_image_read_symbol(const void *buf,
			      const struct domain_image_layout *layout, u32 index,
			      struct domain_image_symbol *symbol)
{
	const char *name;
	Elf64_Sym sym;

	read_symbol(buf, layout, index, &sym);
	name = buf + layout->strtab_offset + sym.st_name;
	if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || !name[0])
		return false;
	symbol->name = name;
	symbol->addr = sym.st_value;
	symbol->size = sym.st_size;
	return true;
}
