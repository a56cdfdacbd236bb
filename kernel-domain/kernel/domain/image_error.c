// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domain images: errors of the parser as numbers and words.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "image.h"

/**
 * domain_image_errno - error number of a parser's verdict
 * @code: the verdict
 *
 * Context: Any.
 * Return: 0 for %DOMAIN_IMAGE_OK, otherwise -EFBIG, -EOPNOTSUPP or -ENOEXEC,
 * as domain_image_parse() documents.
 */
int domain_image_errno(enum domain_image_code code)
{
	switch (code) {
	case DOMAIN_IMAGE_OK:
		return 0;
	case DOMAIN_IMAGE_TOO_LARGE:
		return -EFBIG;
	case DOMAIN_IMAGE_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		return -ENOEXEC;
	}
}

static int describe_field(const struct domain_image_error *error, char *buf,
			  size_t size)
{
	if (error->index < 0)
		return snprintf(buf, size, "%s", error->field);
	return snprintf(buf, size, "%s[%d]", error->field, error->index);
}

/**
 * domain_image_describe - one line on why an image was refused
 * @error: what domain_image_parse() reported
 * @buf: where to write it
 * @size: size of @buf in bytes; 128 hold every line
 *
 * The line has neither a newline nor a byte taken from the file.
 *
 * Context: Any.
 * Return: Length of the line without the NUL, as snprintf() returns it.
 */
int domain_image_describe(const struct domain_image_error *error, char *buf,
			  size_t size)
{
	unsigned long long value = error->value;
	unsigned long long bound = error->bound;
	char field[48];

	if (error->code == DOMAIN_IMAGE_OK)
		return snprintf(buf, size, "valid");

	describe_field(error, field, sizeof(field));
	switch (error->code) {
	case DOMAIN_IMAGE_TRUNCATED:
		return snprintf(buf, size, "%s is %#llx: does not fit %#llx bytes",
				field, value, bound);
	case DOMAIN_IMAGE_TOO_LARGE:
		return snprintf(buf, size, "%s is %#llx: above the limit %#llx",
				field, value, bound);
	case DOMAIN_IMAGE_BAD_VALUE:
		return snprintf(buf, size, "%s is %#llx: must be %#llx", field,
				value, bound);
	case DOMAIN_IMAGE_UNSUPPORTED:
		return snprintf(buf, size, "%s is %#llx: not supported", field,
				value);
	case DOMAIN_IMAGE_UNALIGNED:
		return snprintf(buf, size, "%s is %#llx: not aligned to %#llx",
				field, value, bound);
	case DOMAIN_IMAGE_OVERLAP:
		return snprintf(buf, size,
				"%s is %#llx: below %#llx, where the one before ends",
				field, value, bound);
	case DOMAIN_IMAGE_OUTSIDE:
		return snprintf(buf, size, "%s is %#llx: outside its segment",
				field, value);
	case DOMAIN_IMAGE_PERMISSION:
		return snprintf(buf, size, "%s is %#llx: must be R, R+X or R+W",
				field, value);
	case DOMAIN_IMAGE_DUPLICATE:
		return snprintf(buf, size, "%s is %#llx: exists twice", field,
				value);
	case DOMAIN_IMAGE_MISSING:
		return snprintf(buf, size, "%s is missing", field);
	case DOMAIN_IMAGE_UNDEFINED:
		return snprintf(buf, size, "%s: undefined symbol", field);
	case DOMAIN_IMAGE_BAD_STRING:
		return snprintf(buf, size, "%s: not a valid string", field);
	default:
		return snprintf(buf, size, "%s: unknown error %d", field,
				error->code);
	}
}
