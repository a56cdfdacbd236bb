// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser of domain images: ELF header, program headers and entry point.
 *
 * Nothing of a file is trusted: each field is copied out of the buffer and
 * checked before it is used, by comparisons that cannot wrap around, and what
 * the format does not need is refused rather than ignored.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "image_parse.h"

/* Numbers from the machines' psABI documents. */
#define R_RELATIVE_X86_64	8
#define R_RELATIVE_AARCH64	1027
#define R_RELATIVE_RISCV	3
#define E_FLAGS_RISCV_RVC	1
#define DT_AARCH64_BTI_PLT	0x70000001
#define DT_AARCH64_PAC_PLT	0x70000003

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ELFDATA_NATIVE	ELFDATA2LSB
#else
#define ELFDATA_NATIVE	ELFDATA2MSB
#endif

static const struct domain_image_arch domain_image_archs[] = {
	{
		.machine	= EM_X86_64,
		.r_relative	= R_RELATIVE_X86_64,
		.insn_align	= 1,
		.thunks_size	= DOMAIN_IMAGE_X86_NR_THUNKS *
				  DOMAIN_IMAGE_X86_THUNK_SIZE,
	},
	{
		.machine	= EM_AARCH64,
		.r_relative	= R_RELATIVE_AARCH64,
		.insn_align	= 4,
		.thunks_size	= DOMAIN_IMAGE_MCOUNT_SIZE,
		.plt_tags	= { DT_AARCH64_BTI_PLT, DT_AARCH64_PAC_PLT },
	},
	{
		.machine	= EM_RISCV,
		.r_relative	= R_RELATIVE_RISCV,
		.e_flags	= E_FLAGS_RISCV_RVC,
		.insn_align	= 2,
		.thunks_size	= DOMAIN_IMAGE_MCOUNT_SIZE,
	},
};

/**
 * domain_image_fail - record why an image is refused
 * @p: the parser
 * @code: what is wrong
 * @field: name of the field, as in elf(5) or &struct domain_image_note
 * @index: number of the header, dynamic entry, relocation or symbol that has
 *	the field, or DOMAIN_IMAGE_NO_INDEX
 * @value: value of the field
 * @bound: the expected value, limit, alignment or end, as @code implies
 *
 * Return: the negative errno of @code, which domain_image_parse() returns.
 */
int domain_image_fail(struct domain_image_parser *p,
		      enum domain_image_code code, const char *field, int index,
		      u64 value, u64 bound)
{
	p->error->code = code;
	p->error->field = field;
	p->error->index = index;
	p->error->value = value;
	p->error->bound = bound;
	return domain_image_errno(code);
}

static int parse_ident(struct domain_image_parser *p, int i, u8 expected)
{
	u8 value = p->ehdr.e_ident[i];

	if (value != expected)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "e_ident",
					 i, value, expected);
	return 0;
}

static int parse_header(struct domain_image_parser *p, const char *field,
			u64 value, u64 expected)
{
	if (value != expected)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, field,
					 DOMAIN_IMAGE_NO_INDEX, value, expected);
	return 0;
}

static int parse_ehdr(struct domain_image_parser *p)
{
	static const u8 ident[] = {
		[EI_MAG0]	= ELFMAG0,
		[EI_MAG1]	= ELFMAG1,
		[EI_MAG2]	= ELFMAG2,
		[EI_MAG3]	= ELFMAG3,
		[EI_CLASS]	= ELFCLASS64,
		[EI_DATA]	= ELFDATA_NATIVE,
		[EI_VERSION]	= EV_CURRENT,
		[EI_OSABI]	= ELFOSABI_NONE,
		[EI_PAD]	= 0,
	};
	Elf64_Ehdr *ehdr = &p->ehdr;
	u32 flags;
	int err;

	if (p->len < sizeof(*ehdr))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED,
					 "file size", DOMAIN_IMAGE_NO_INDEX,
					 p->len, sizeof(*ehdr));
	if (p->len > DOMAIN_IMAGE_MAX_FILE)
		return domain_image_fail(p, DOMAIN_IMAGE_TOO_LARGE, "file size",
					 DOMAIN_IMAGE_NO_INDEX, p->len,
					 DOMAIN_IMAGE_MAX_FILE);
	memcpy(ehdr, p->buf, sizeof(*ehdr));

	for (int i = 0; i < ARRAY_SIZE(ident); i++) {
		err = parse_ident(p, i, ident[i]);
		if (err)
			return err;
	}

	err = parse_header(p, "e_type", ehdr->e_type, ET_DYN);
	if (err)
		return err;
	err = parse_header(p, "e_machine", ehdr->e_machine, p->arch->machine);
	if (err)
		return err;
	err = parse_header(p, "e_version", ehdr->e_version, EV_CURRENT);
	if (err)
		return err;
	flags = ehdr->e_flags & ~p->arch->e_flags;
	if (flags)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "e_flags",
					 DOMAIN_IMAGE_NO_INDEX, flags, 0);
	err = parse_header(p, "e_ehsize", ehdr->e_ehsize, sizeof(*ehdr));
	if (err)
		return err;
	err = parse_header(p, "e_phentsize", ehdr->e_phentsize,
			   sizeof(Elf64_Phdr));
	if (err)
		return err;

	if (ehdr->e_phnum > DOMAIN_IMAGE_MAX_PHDRS)
		return domain_image_fail(p, DOMAIN_IMAGE_TOO_LARGE, "e_phnum",
					 DOMAIN_IMAGE_NO_INDEX, ehdr->e_phnum,
					 DOMAIN_IMAGE_MAX_PHDRS);
	if (!IS_ALIGNED(ehdr->e_phoff, sizeof(u64)))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "e_phoff",
					 DOMAIN_IMAGE_NO_INDEX, ehdr->e_phoff,
					 sizeof(u64));
	if (!domain_image_in_range(ehdr->e_phoff,
				   ehdr->e_phnum * sizeof(Elf64_Phdr), p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "e_phoff",
					 DOMAIN_IMAGE_NO_INDEX, ehdr->e_phoff,
					 p->len);
	return 0;
}

static int parse_load_align(struct domain_image_parser *p, int index,
			    const Elf64_Phdr *phdr)
{
	u64 align = phdr->p_align;

	if (!is_power_of_2(align) || align < p->target->page_size)
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "p_align",
					 index, align, p->target->page_size);
	if (!IS_ALIGNED(phdr->p_vaddr, align))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "p_vaddr",
					 index, phdr->p_vaddr, align);
	return 0;
}

static int parse_load_file(struct domain_image_parser *p, int index,
			   const Elf64_Phdr *phdr)
{
	/* Without bytes it may say anything, and GNU ld does. */
	if (!phdr->p_filesz)
		return 0;
	if (!IS_ALIGNED(phdr->p_offset, phdr->p_align))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "p_offset",
					 index, phdr->p_offset, phdr->p_align);
	if (!domain_image_in_range(phdr->p_offset, phdr->p_filesz, p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "p_filesz",
					 index, phdr->p_filesz, p->len);
	if (phdr->p_offset < p->next_offset)
		return domain_image_fail(p, DOMAIN_IMAGE_OVERLAP, "p_offset",
					 index, phdr->p_offset, p->next_offset);
	p->next_offset = phdr->p_offset + phdr->p_filesz;
	return 0;
}

static int parse_load_memory(struct domain_image_parser *p, int index,
			     const Elf64_Phdr *phdr)
{
	if (!p->next_vaddr && phdr->p_vaddr)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "p_vaddr",
					 index, phdr->p_vaddr, 0);
	if (phdr->p_vaddr < p->next_vaddr)
		return domain_image_fail(p, DOMAIN_IMAGE_OVERLAP, "p_vaddr",
					 index, phdr->p_vaddr, p->next_vaddr);
	if (!domain_image_in_range(phdr->p_vaddr, phdr->p_memsz,
				   DOMAIN_IMAGE_MAX_SIZE))
		return domain_image_fail(p, DOMAIN_IMAGE_TOO_LARGE, "p_memsz",
					 index, phdr->p_memsz,
					 DOMAIN_IMAGE_MAX_SIZE);
	p->next_vaddr = ALIGN(phdr->p_vaddr + phdr->p_memsz,
			      (u64)p->target->page_size);
	return 0;
}

static int parse_load(struct domain_image_parser *p, int index,
		      const Elf64_Phdr *phdr)
{
	struct domain_image_segment *segment;
	enum domain_image_segment_id id;
	int err;

	switch (phdr->p_flags) {
	case PF_R:
		id = DOMAIN_IMAGE_RODATA;
		break;
	case PF_R | PF_X:
		id = DOMAIN_IMAGE_TEXT;
		break;
	case PF_R | PF_W:
		id = DOMAIN_IMAGE_DATA;
		break;
	default:
		return domain_image_fail(p, DOMAIN_IMAGE_PERMISSION, "p_flags",
					 index, phdr->p_flags, 0);
	}

	if (phdr->p_filesz > phdr->p_memsz)
		return domain_image_fail(p, DOMAIN_IMAGE_TOO_LARGE, "p_filesz",
					 index, phdr->p_filesz, phdr->p_memsz);
	/* Linkers leave the header of a segment without sections in place. */
	if (!phdr->p_memsz)
		return 0;

	segment = &p->layout->segment[id];
	if (segment->memsz)
		return domain_image_fail(p, DOMAIN_IMAGE_DUPLICATE, "p_flags",
					 index, phdr->p_flags, 0);
	if (id != DOMAIN_IMAGE_DATA && phdr->p_filesz != phdr->p_memsz)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "p_filesz",
					 index, phdr->p_filesz, phdr->p_memsz);

	err = parse_load_align(p, index, phdr);
	if (err)
		return err;
	err = parse_load_file(p, index, phdr);
	if (err)
		return err;
	err = parse_load_memory(p, index, phdr);
	if (err)
		return err;

	segment->offset = phdr->p_filesz ? phdr->p_offset : 0;
	segment->filesz = phdr->p_filesz;
	segment->vaddr = phdr->p_vaddr;
	segment->memsz = phdr->p_memsz;
	return 0;
}

static int parse_phdr(struct domain_image_parser *p, int index)
{
	Elf64_Phdr phdr;

	memcpy(&phdr, p->buf + p->ehdr.e_phoff + index * sizeof(phdr),
	       sizeof(phdr));

	switch (phdr.p_type) {
	case PT_LOAD:
		return parse_load(p, index, &phdr);
	case PT_NOTE:
		return domain_image_parse_note(p, index, &phdr);
	case PT_DYNAMIC:
		if (p->dynamic.p_type)
			return domain_image_fail(p, DOMAIN_IMAGE_DUPLICATE,
						 "p_type", index, phdr.p_type, 0);
		p->dynamic = phdr;
		return 0;
	case PT_GNU_STACK:
		if (phdr.p_flags & PF_X)
			return domain_image_fail(p, DOMAIN_IMAGE_PERMISSION,
						 "p_flags", index,
						 phdr.p_flags, 0);
		return 0;
	default:
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "p_type",
					 index, phdr.p_type, 0);
	}
}

static int parse_entry(struct domain_image_parser *p)
{
	const struct domain_image_segment *text =
		&p->layout->segment[DOMAIN_IMAGE_TEXT];
	u64 entry = p->ehdr.e_entry;

	if (!text->memsz)
		return domain_image_fail(p, DOMAIN_IMAGE_MISSING, "R+X segment",
					 DOMAIN_IMAGE_NO_INDEX, 0, 0);
	if (entry < text->vaddr + p->arch->thunks_size ||
	    entry >= text->vaddr + text->memsz)
		return domain_image_fail(p, DOMAIN_IMAGE_OUTSIDE, "e_entry",
					 DOMAIN_IMAGE_NO_INDEX, entry,
					 text->vaddr + text->memsz);
	if (!IS_ALIGNED(entry, p->arch->insn_align))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "e_entry",
					 DOMAIN_IMAGE_NO_INDEX, entry,
					 p->arch->insn_align);
	p->layout->entry = entry;
	p->layout->thunks_size = p->arch->thunks_size;
	return 0;
}

static int parse_target(struct domain_image_parser *p)
{
	u32 page_size = p->target->page_size;

	for (int i = 0; i < ARRAY_SIZE(domain_image_archs); i++)
		if (domain_image_archs[i].machine == p->target->machine)
			p->arch = &domain_image_archs[i];

	if (!p->arch)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED,
					 "target machine", DOMAIN_IMAGE_NO_INDEX,
					 p->target->machine, 0);
	if (!is_power_of_2(page_size) || page_size > DOMAIN_IMAGE_MAX_SIZE)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED,
					 "target page size",
					 DOMAIN_IMAGE_NO_INDEX, page_size, 0);
	return 0;
}

static int parse_image(struct domain_image_parser *p)
{
	int err;

	err = parse_target(p);
	if (err)
		return err;
	err = parse_ehdr(p);
	if (err)
		return err;
	for (int i = 0; i < p->ehdr.e_phnum; i++) {
		err = parse_phdr(p, i);
		if (err)
			return err;
	}
	if (!p->nr_notes)
		return domain_image_fail(p, DOMAIN_IMAGE_MISSING, "image note",
					 DOMAIN_IMAGE_NO_INDEX, 0, 0);
	err = parse_entry(p);
	if (err)
		return err;
	err = domain_image_parse_dynamic(p);
	if (err)
		return err;
	err = domain_image_parse_symtab(p);
	if (err)
		return err;
	p->layout->size = p->next_vaddr;
	return 0;
}

/**
 * domain_image_parse - check an image and find its parts
 * @buf: contents of the file without a signature; no alignment is needed, and
 *	nobody may change it until the last use of @layout
 * @len: size of @buf in bytes
 * @target: the machine to load the image on
 * @layout: set to the image's parts on success, zeroed on failure
 * @error: set to the first error found, or to %DOMAIN_IMAGE_OK
 *
 * Takes time linear in @len, allocates nothing and does not sleep. The format
 * is the one of Documentation/core-api/domain-image.rst, on top of the System V
 * gABI (chapters 4 and 5) and the relocations of the machines' psABIs.
 *
 * Context: Any.
 * Return:
 * * 0		- The image can be loaded.
 * * -EFBIG	- The file, the memory it needs or a count exceeds a limit.
 * * -EOPNOTSUPP - It needs something that images or this ABI do not have.
 * * -ENOEXEC	- It is not an image, or a damaged one.
 */
int domain_image_parse(const void *buf, size_t len,
		       const struct domain_image_target *target,
		       struct domain_image_layout *layout,
		       struct domain_image_error *error)
{
	struct domain_image_parser parser = {
		.buf	= buf,
		.len	= len,
		.target	= target,
		.layout	= layout,
		.error	= error,
	};
	int err;

	memset(layout, 0, sizeof(*layout));
	memset(error, 0, sizeof(*error));
	err = parse_image(&parser);
	if (err)
		memset(layout, 0, sizeof(*layout));
	return err;
}
