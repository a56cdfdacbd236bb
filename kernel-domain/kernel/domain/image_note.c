// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser of domain images: the note.
 */
#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "image_parse.h"

#define CHARS_LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define CHARS_DIGITS	"0123456789"

/*
 * The strings become file names, symbol names and lines of the log, so that
 * none may hold a separator or a control character.
 */
#define CHARS_NAME	CHARS_LETTERS CHARS_DIGITS "_-"
#define CHARS_VERSION	CHARS_LETTERS CHARS_DIGITS "._+~-"
#define CHARS_INTERFACE	CHARS_LETTERS CHARS_DIGITS "_"

static int parse_string(struct domain_image_parser *p, const char *field,
			const char *str, const char *chars)
{
	size_t len = strnlen(str, DOMAIN_IMAGE_STRLEN);
	size_t valid;

	if (!len || len == DOMAIN_IMAGE_STRLEN)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_STRING, field,
					 DOMAIN_IMAGE_NO_INDEX, len,
					 DOMAIN_IMAGE_STRLEN);
	valid = strspn(str, chars);
	if (valid < len)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_STRING, field,
					 valid, (u8)str[valid], 0);
	for (; len < DOMAIN_IMAGE_STRLEN; len++)
		if (str[len])
			return domain_image_fail(p, DOMAIN_IMAGE_BAD_STRING,
						 field, len, (u8)str[len], 0);
	return 0;
}

static int parse_descriptor(struct domain_image_parser *p)
{
	const struct domain_image_note *note = &p->layout->note;
	u32 flags = note->flags & ~(u32)DOMAIN_IMAGE_FLAGS;
	int err;

	if (note->magic != DOMAIN_IMAGE_MAGIC)
		return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE, "magic",
					 DOMAIN_IMAGE_NO_INDEX, note->magic,
					 DOMAIN_IMAGE_MAGIC);
	if (note->abi != DOMAIN_IMAGE_ABI)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "abi",
					 DOMAIN_IMAGE_NO_INDEX, note->abi,
					 DOMAIN_IMAGE_ABI);
	if (flags)
		return domain_image_fail(p, DOMAIN_IMAGE_UNSUPPORTED, "flags",
					 DOMAIN_IMAGE_NO_INDEX, flags, 0);
	if (!note->interface_hash)
		return domain_image_fail(p, DOMAIN_IMAGE_MISSING,
					 "interface_hash",
					 DOMAIN_IMAGE_NO_INDEX, 0, 0);
	/* A type without a version or the reverse can only be a mistake. */
	if (!note->state_type != !note->state_version)
		return domain_image_fail(p, DOMAIN_IMAGE_MISSING,
					 note->state_type ? "state_version" :
							    "state_type",
					 DOMAIN_IMAGE_NO_INDEX, 0, 0);
	err = parse_string(p, "name", note->name, CHARS_NAME);
	err = err ?: parse_string(p, "version", note->version, CHARS_VERSION);
	return err ?: parse_string(p, "interface", note->interface,
				   CHARS_INTERFACE);
}

static bool is_image_note(const Elf64_Nhdr *nhdr, const u8 *name)
{
	return nhdr->n_type == DOMAIN_NOTE_TYPE &&
	       nhdr->n_namesz == sizeof(DOMAIN_NOTE_NAME) &&
	       !memcmp(name, DOMAIN_NOTE_NAME, sizeof(DOMAIN_NOTE_NAME));
}

/*
 * Parses the note at @start, of which @size bytes are left. Returns the bytes to
 * the next one, which are never zero and exceed @size if the padding of the last
 * note is missing, or an error.
 */
static s64 parse_one(struct domain_image_parser *p, int index, const u8 *start,
		     u64 size, u64 align)
{
	u64 desc, end;
	Elf64_Nhdr nhdr;
	int err;

	if (size < sizeof(nhdr))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "note",
					 index, sizeof(nhdr), size);
	memcpy(&nhdr, start, sizeof(nhdr));

	/* 32-bit sizes: these 64-bit sums cannot wrap around. */
	desc = ALIGN(sizeof(nhdr) + (u64)nhdr.n_namesz, align);
	if (desc > size)
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "n_namesz",
					 index, nhdr.n_namesz, size);
	end = desc + nhdr.n_descsz;
	if (end > size)
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "n_descsz",
					 index, nhdr.n_descsz, size);

	if (is_image_note(&nhdr, start + sizeof(nhdr))) {
		if (p->nr_notes++)
			return domain_image_fail(p, DOMAIN_IMAGE_DUPLICATE,
						 "image note", index, 0, 0);
		if (nhdr.n_descsz != sizeof(p->layout->note))
			return domain_image_fail(p, DOMAIN_IMAGE_BAD_VALUE,
						 "n_descsz", index,
						 nhdr.n_descsz,
						 sizeof(p->layout->note));
		memcpy(&p->layout->note, start + desc, sizeof(p->layout->note));
		err = parse_descriptor(p);
		if (err)
			return err;
	}

	return ALIGN(end, align);
}

/**
 * domain_image_parse_note - look for the image note in one PT_NOTE segment
 * @p: the parser
 * @index: number of the program header
 * @phdr: the program header
 *
 * Context: Any.
 * Return: 0, also if the segment has other notes only, or the error of
 * domain_image_fail().
 */
int domain_image_parse_note(struct domain_image_parser *p, int index,
			    const Elf64_Phdr *phdr)
{
	u64 pos = 0;
	s64 ret;

	if (phdr->p_align != 4 && phdr->p_align != 8)
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "p_align",
					 index, phdr->p_align, 4);
	if (!IS_ALIGNED(phdr->p_offset, phdr->p_align))
		return domain_image_fail(p, DOMAIN_IMAGE_UNALIGNED, "p_offset",
					 index, phdr->p_offset, phdr->p_align);
	if (!domain_image_in_range(phdr->p_offset, phdr->p_filesz, p->len))
		return domain_image_fail(p, DOMAIN_IMAGE_TRUNCATED, "p_filesz",
					 index, phdr->p_filesz, p->len);

	while (pos < phdr->p_filesz) {
		ret = parse_one(p, index, p->buf + phdr->p_offset + pos,
				phdr->p_filesz - pos, phdr->p_align);
		if (ret < 0)
			return ret;
		pos += ret;
	}
	return 0;
}
