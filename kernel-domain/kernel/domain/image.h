/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain images: what the parser finds in the bytes of an ELF file.
 *
 * The parser is plain C over a buffer. The kernel's loader, the user-space
 * checker (tools/domain/domain-check) and the fuzzers compile the same files
 * (user space with tools/include), so that they cannot disagree.
 */
#ifndef _KERNEL_DOMAIN_IMAGE_H
#define _KERNEL_DOMAIN_IMAGE_H

#include <linux/domain_image.h>
#include <linux/elf.h>
#include <linux/types.h>

/* Largest file and largest memory of an image, in bytes. */
#define DOMAIN_IMAGE_MAX_FILE	(64U << 20)
#define DOMAIN_IMAGE_MAX_SIZE	(16U << 20)

/* Three segments, PT_DYNAMIC, PT_GNU_STACK and some notes. */
#define DOMAIN_IMAGE_MAX_PHDRS	16

/**
 * enum domain_image_code - what is wrong with an image
 * @DOMAIN_IMAGE_OK: nothing
 * @DOMAIN_IMAGE_TRUNCATED: something reaches beyond the end of its container
 * @DOMAIN_IMAGE_TOO_LARGE: a size or count is above its limit
 * @DOMAIN_IMAGE_BAD_VALUE: a field has a value other than the format's
 * @DOMAIN_IMAGE_UNSUPPORTED: valid ELF that an image cannot contain
 * @DOMAIN_IMAGE_UNALIGNED: an address, offset or alignment is not aligned
 * @DOMAIN_IMAGE_OVERLAP: a range starts before the end of the one before it
 * @DOMAIN_IMAGE_OUTSIDE: an address is not in the segment it must be in
 * @DOMAIN_IMAGE_PERMISSION: segment permissions other than R, R+X or R+W
 * @DOMAIN_IMAGE_DUPLICATE: something that may exist once exists twice
 * @DOMAIN_IMAGE_MISSING: something that must exist does not
 * @DOMAIN_IMAGE_UNDEFINED: a symbol has no definition
 * @DOMAIN_IMAGE_BAD_STRING: a string is empty, unterminated, followed by other
 *	bytes than NUL, or has a character outside its set
 * @DOMAIN_IMAGE_NR_CODES: number of codes
 */
enum domain_image_code {
	DOMAIN_IMAGE_OK,
	DOMAIN_IMAGE_TRUNCATED,
	DOMAIN_IMAGE_TOO_LARGE,
	DOMAIN_IMAGE_BAD_VALUE,
	DOMAIN_IMAGE_UNSUPPORTED,
	DOMAIN_IMAGE_UNALIGNED,
	DOMAIN_IMAGE_OVERLAP,
	DOMAIN_IMAGE_OUTSIDE,
	DOMAIN_IMAGE_PERMISSION,
	DOMAIN_IMAGE_DUPLICATE,
	DOMAIN_IMAGE_MISSING,
	DOMAIN_IMAGE_UNDEFINED,
	DOMAIN_IMAGE_BAD_STRING,
	DOMAIN_IMAGE_NR_CODES,
};

/**
 * struct domain_image_error - why an image was refused
 * @code: what is wrong
 * @field: name of the field, as in elf(5) or &struct domain_image_note
 * @index: number of the header, dynamic entry, relocation or symbol that has
 *	the field, or -1 if there is only one such field
 * @value: value of the field
 * @bound: the expected value, limit, alignment or end, as @code implies
 */
struct domain_image_error {
	enum domain_image_code	code;
	const char		*field;
	int			index;
	u64			value;
	u64			bound;
};

/**
 * struct domain_image_target - the machine that an image shall run on
 * @machine: ELF machine number (EM_*)
 * @page_size: size of its pages in bytes, a power of two
 */
struct domain_image_target {
	u16	machine;
	u32	page_size;
};

enum domain_image_segment_id {
	DOMAIN_IMAGE_RODATA,
	DOMAIN_IMAGE_TEXT,
	DOMAIN_IMAGE_DATA,
	DOMAIN_IMAGE_NR_SEGMENTS,
};

/**
 * struct domain_image_segment - a range of the image with one permission
 * @offset: where its bytes start in the file
 * @filesz: number of bytes in the file
 * @vaddr: where it starts in memory, from the image's start; page aligned
 * @memsz: number of bytes in memory, what the file lacks is zero; the segment
 *	does not exist if this is zero
 */
struct domain_image_segment {
	u64	offset;
	u64	filesz;
	u64	vaddr;
	u64	memsz;
};

/**
 * struct domain_image_symbol - a function of the image
 * @name: its name, a string within the file's buffer
 * @addr: where it starts, from the image's start
 * @size: size in bytes, zero if unknown
 */
struct domain_image_symbol {
	const char	*name;
	u64		addr;
	u64		size;
};

/**
 * struct domain_image_layout - a valid image
 * @segment: segments by permission, in any order of addresses, disjoint and on
 *	pages of their own
 * @size: bytes of memory from the start of the first to the end of the last
 *	segment, a multiple of the page size
 * @entry: entry point, from the image's start
 * @thunks_size: bytes of thunks at the start of the executable segment
 * @rela_offset: where the relocation table starts in the file
 * @nr_relas: number of relocations
 * @symtab_offset: where the symbol table starts in the file
 * @nr_symbols: number of symbols, zero if the file is stripped
 * @strtab_offset: where the symbols' names start in the file
 * @strtab_size: bytes of the symbols' names, the last of which is a NUL
 * @note: the image's description of itself
 *
 * Whoever has a layout need not check a bound again, as long as the buffer that
 * was parsed is the buffer that is used.
 */
struct domain_image_layout {
	struct domain_image_segment	segment[DOMAIN_IMAGE_NR_SEGMENTS];
	u64				size;
	u64				entry;
	u64				thunks_size;
	u64				rela_offset;
	u32				nr_relas;
	u64				symtab_offset;
	u32				nr_symbols;
	u64				strtab_offset;
	u64				strtab_size;
	struct domain_image_note	note;
};

int domain_image_parse(const void *buf, size_t len,
		       const struct domain_image_target *target,
		       struct domain_image_layout *layout,
		       struct domain_image_error *error);
void domain_image_stage(const void *buf,
			const struct domain_image_layout *layout,
			void *dst, u64 base);
bool domain_image_read_symbol(const void *buf,
			      const struct domain_image_layout *layout, u32 index,
			      struct domain_image_symbol *symbol);
int domain_image_errno(enum domain_image_code code);
int domain_image_describe(const struct domain_image_error *error, char *buf,
			  size_t size);

#endif /* _KERNEL_DOMAIN_IMAGE_H */
