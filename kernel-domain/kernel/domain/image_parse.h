/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the image parser share.
 */
#ifndef _KERNEL_DOMAIN_IMAGE_PARSE_H
#define _KERNEL_DOMAIN_IMAGE_PARSE_H

#include "image.h"

/* For &domain_image_error.index of fields that exist once. */
#define DOMAIN_IMAGE_NO_INDEX	(-1)

/**
 * struct domain_image_arch - what the format leaves to the machine
 * @machine: ELF machine number (EM_*)
 * @r_relative: its RELATIVE relocation
 * @e_flags: bits that may be set in e_flags
 * @insn_align: alignment of an instruction in bytes
 * @thunks_size: bytes of thunks at the start of the executable segment
 * @plt_tags: tags of the dynamic section that describe its PLT, which images
 *	do not have, but linkers do not know; zero if there are none
 */
struct domain_image_arch {
	u16	machine;
	u32	r_relative;
	u32	e_flags;
	u32	insn_align;
	u32	thunks_size;
	s64	plt_tags[2];
};

/**
 * struct domain_image_parser - state of one call of domain_image_parse()
 * @buf: the file
 * @len: its size in bytes
 * @target: the machine and page size wanted
 * @arch: rules of that machine
 * @layout: the result
 * @error: the first error
 * @ehdr: the ELF header
 * @dynamic: the PT_DYNAMIC header, p_type is zero if there is none
 * @next_vaddr: page-aligned end of the last segment in memory
 * @next_offset: end of the last segment in the file
 * @nr_notes: number of image notes found
 */
struct domain_image_parser {
	const u8				*buf;
	u64					len;
	const struct domain_image_target	*target;
	const struct domain_image_arch		*arch;
	struct domain_image_layout		*layout;
	struct domain_image_error		*error;
	Elf64_Ehdr				ehdr;
	Elf64_Phdr				dynamic;
	u64					next_vaddr;
	u64					next_offset;
	u32					nr_notes;
};

/*
 * True if @size bytes from @offset lie within @limit bytes, for any values:
 * neither side can wrap around.
 */
static inline bool domain_image_in_range(u64 offset, u64 size, u64 limit)
{
	return offset <= limit && size <= limit - offset;
}

int domain_image_fail(struct domain_image_parser *p,
		      enum domain_image_code code, const char *field, int index,
		      u64 value, u64 bound);
int domain_image_parse_note(struct domain_image_parser *p, int index,
			    const Elf64_Phdr *phdr);
int domain_image_parse_dynamic(struct domain_image_parser *p);
int domain_image_parse_symtab(struct domain_image_parser *p);

#endif /* _KERNEL_DOMAIN_IMAGE_PARSE_H */
