// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain images: the dynamic section, relocations, and the image in memory.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "image_parse.h"

/* From the gABI and its GNU extensions; the kernel's headers lack them. */
#ifndef DT_FLAGS
#define DT_FLAGS		30
#endif
#define DF_SYMBOLIC		0x2
#define DF_BIND_NOW		0x8
#define DF_1_NOW		0x1
#define DF_1_PIE		0x08000000

enum {
	HAVE_RELA,
	HAVE_RELASZ,
	HAVE_RELAENT,
	HAVE_RELACOUNT,
	NR_HAVE,
};

struct dynamic {
	unsigned long	have;
	int		index[NR_HAVE];
	u64		value[NR_HAVE];
};

static int dynamic_set(struct domain_image_parser *p, struct dynamic *dynamic,
		       int what, int index, const Elf64_Dyn *dyn)
{
	if (dynamic->have & BIT(what))
		return domain_image_fail(p, DOMAIN_IMAGE_DUPLICATE, "d_tag",
					 index, dyn->d_tag, 0);
	dynamic->have |= BIT(what);
	dynamic->index[what] = index;
	dynamic->value[what] = dyn->d_un.d_val;
	return 0;
}

static int dynamic_flags(struct domain_image_parser *p, int index,
			 const Elf64_Dyn *dyn, u64 allowed)
{
	u64 flags = dyn->d_un.d_val & ~allowed;

	if (flags)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "d_val",
					 index, flags, allowed);
	return 0;
}

static int dynamic_entry(struct domain_image_parser *p, struct dynamic *dynamic,
			 int index, const Elf64_Dyn *dyn)
{
	switch (dyn->d_tag) {
	case DT_RELA:
		return dynamic_set(p, dynamic, HAVE_RELA, index, dyn);
	case DT_RELASZ:
		return dynamic_set(p, dynamic, HAVE_RELASZ, index, dyn);
	case DT_RELAENT:
		return dynamic_set(p, dynamic, HAVE_RELAENT, index, dyn);
	case DT_RELACOUNT:
		return dynamic_set(p, dynamic, HAVE_RELACOUNT, index, dyn);
	case DT_FLAGS:
		return dynamic_flags(p, index, dyn, DF_SYMBOLIC | DF_BIND_NOW);
	case DT_FLAGS_1:
		return dynamic_flags(p, index, dyn, DF_1_NOW | DF_1_PIE);
	/*
	 * Linkers cannot be told to leave out the dynamic symbols; without
	 * relocations against symbols nothing looks at them.
	 */
	case DT_SYMTAB:
	case DT_SYMENT:
	case DT_STRTAB:
	case DT_STRSZ:
	case DT_HASH:
	case DT_GNU_HASH:
	case DT_SYMBOLIC:
	case DT_DEBUG:
		return 0;
	default:
		if (dyn->d_tag == p->arch->plt_tags[0] ||
		    dyn->d_tag == p->arch->plt_tags[1])
			return 0;
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "d_tag",
					 index, dyn->d_tag, 0);
	}
}

static int parse_dynamic(struct domain_image_parser *p, struct dynamic *dynamic)
{
	const Elf64_Phdr *phdr = &p->dynamic;
	Elf64_Dyn dyn;
	u64 pos = 0;
	int err;

	if (!domain_image_in_range(phdr->p_offset, phdr->p_filesz, p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED,
					 "PT_DYNAMIC p_filesz",
					 DOMAIN_IMAGE_NO_INDEX, phdr->p_filesz,
					 p->len);

	for (int i = 0; domain_image_in_range(pos, sizeof(dyn), phdr->p_filesz);
	     i++) {
		memcpy(&dyn, p->buf + phdr->p_offset + pos, sizeof(dyn));
		if (dyn.d_tag == DT_NULL)
			return 0;
		err = dynamic_entry(p, dynamic, i, &dyn);
		if (err)
			return err;
		pos += sizeof(dyn);
	}
	return domain_image_fail(p, DOMAIN_IMAGE_MISSING, "DT_NULL",
				 DOMAIN_IMAGE_NO_INDEX, 0, 0);
}

/*
 * The segment whose bytes in the file hold @size bytes at @vaddr, if any. The
 * offset of an address below a segment wraps around to one far above its size.
 */
static const struct domain_image_segment *
find_segment(const struct domain_image_layout *layout, u64 vaddr, u64 size)
{
	for (int i = 0; i < DOMAIN_IMAGE_NR_SEGMENTS; i++) {
		const struct domain_image_segment *segment = &layout->segment[i];

		if (domain_image_in_range(vaddr - segment->vaddr, size,
					  segment->filesz))
			return segment;
	}
	return NULL;
}

/*
 * Finds the table in the file. Its end bounds the number of relocations, which
 * therefore fits 32 bits.
 */
static int parse_table(struct domain_image_parser *p,
		       const struct dynamic *dynamic)
{
	const struct domain_image_segment *segment;
	u64 addr = dynamic->value[HAVE_RELA];
	u64 size = dynamic->value[HAVE_RELASZ];
	u64 entsize = dynamic->value[HAVE_RELAENT];
	u64 count = dynamic->value[HAVE_RELACOUNT];

	if (!(dynamic->have & BIT(HAVE_RELA)) !=
	    !(dynamic->have & BIT(HAVE_RELASZ)))
		return domain_image_fail(p, DOMAIN_IMAGE_MISSING,
					 dynamic->have & BIT(HAVE_RELA) ?
					 "DT_RELASZ" : "DT_RELA",
					 DOMAIN_IMAGE_NO_INDEX, 0, 0);
	if (size % sizeof(Elf64_Rela))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "DT_RELASZ",
					 DOMAIN_IMAGE_NO_INDEX, size,
					 sizeof(Elf64_Rela));
	if (dynamic->have & BIT(HAVE_RELACOUNT) &&
	    count != size / sizeof(Elf64_Rela))
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE,
					 "DT_RELACOUNT", DOMAIN_IMAGE_NO_INDEX,
					 count, size / sizeof(Elf64_Rela));
	if (!size)
		return 0;
	if (entsize != sizeof(Elf64_Rela))
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "DT_RELAENT",
					 DOMAIN_IMAGE_NO_INDEX, entsize,
					 sizeof(Elf64_Rela));
	if (!IS_ALIGNED(addr, sizeof(u64)))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "DT_RELA",
					 DOMAIN_IMAGE_NO_INDEX, addr,
					 sizeof(u64));
	segment = find_segment(p->layout, addr, size);
	if (!segment)
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "DT_RELA",
					 DOMAIN_IMAGE_NO_INDEX, addr, size);

	p->layout->rela_offset = segment->offset + (addr - segment->vaddr);
	p->layout->nr_relas = size / sizeof(Elf64_Rela);
	return 0;
}

static void read_rela(const u8 *buf, const struct domain_image_layout *layout,
		      u32 index, Elf64_Rela *rela)
{
	memcpy(rela, buf + layout->rela_offset + index * sizeof(*rela),
	       sizeof(*rela));
}

/*
 * Text is never relocated: it stays the same in every copy of the image, and
 * a relocation could otherwise replace what the file's reader has verified.
 */
static int parse_rela(struct domain_image_parser *p, u32 index, u64 *next)
{
	const struct domain_image_segment *segment;
	Elf64_Rela rela;

	read_rela(p->buf, p->layout, index, &rela);

	/* Also refuses a symbol, which has the upper half of r_info. */
	if (rela.r_info != p->arch->r_relative)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "r_info",
					 index, rela.r_info,
					 p->arch->r_relative);
	if (!IS_ALIGNED(rela.r_offset, sizeof(u64)))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "r_offset",
					 index, rela.r_offset, sizeof(u64));
	if (rela.r_offset < *next)
		return domain_image_fail(p, DOMAIN_IMAGE_OVERLAP, "r_offset",
					 index, rela.r_offset, *next);
	segment = find_segment(p->layout, rela.r_offset, sizeof(u64));
	if (!segment || segment == &p->layout->segment[DOMAIN_IMAGE_TEXT])
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "r_offset",
					 index, rela.r_offset, p->next_vaddr);
	/* One past the end is a valid address, as of the end of an array. */
	if ((u64)rela.r_addend > p->next_vaddr)
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "r_addend",
					 index, rela.r_addend, p->next_vaddr);
	*next = rela.r_offset + sizeof(u64);
	return 0;
}

/**
 * domain_image_parse_dynamic - find and check the relocations
 * @p: the parser, with all segments known
 *
 * Context: Any.
 * Return: 0 or the error of domain_image_fail().
 */
int domain_image_parse_dynamic(struct domain_image_parser *p)
{
	struct dynamic dynamic = { };
	u64 next = 0;
	int err;

	if (!p->dynamic.p_type)
		return 0;
	err = parse_dynamic(p, &dynamic);
	if (err)
		return err;
	err = parse_table(p, &dynamic);
	if (err)
		return err;
	for (u32 i = 0; i < p->layout->nr_relas; i++) {
		err = parse_rela(p, i, &next);
		if (err)
			return err;
	}
	return 0;
}

/**
 * domain_image_stage - write an image as it will be in memory
 * @buf: the buffer that domain_image_parse() accepted, unchanged
 * @layout: its result
 * @dst: &domain_image_layout.size bytes of writable memory, aligned to 8 bytes
 * @base: address at which the image will run, which need not be @dst
 *
 * Reads the relocations from @buf, so that none can change another one.
 *
 * Context: Any, but takes time linear in the size of the image.
 */
void domain_image_stage(const void *buf,
			const struct domain_image_layout *layout,
			void *dst, u64 base)
{
	Elf64_Rela rela;

	memset(dst, 0, layout->size);
	for (int i = 0; i < DOMAIN_IMAGE_NR_SEGMENTS; i++) {
		const struct domain_image_segment *segment = &layout->segment[i];

		memcpy(dst + segment->vaddr, buf + segment->offset,
		       segment->filesz);
	}
	for (u32 i = 0; i < layout->nr_relas; i++) {
		read_rela(buf, layout, i, &rela);
		*(u64 *)(dst + rela.r_offset) = base + rela.r_addend;
	}
}
