// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into every domain image: the functions that compilers call without
 * being asked to.
 *
 * Word by word where both sides allow it. Compiled with -ffreestanding and
 * without the recognition of loops, or the compiler would make memcpy() call
 * itself, and without checks of stores: in a checked image, each function that
 * writes looks at its whole destination once.
 */
#include <linux/domain_sdk.h>

typedef unsigned long __attribute__((may_alias)) word;

static bool words_aligned(const void *a, const void *b)
{
	return !(((size_t)a | (size_t)b) % sizeof(word));
}

void *memcpy(void *dst, const void *src, size_t n)
{
	const unsigned char *s = src;
	unsigned char *d = dst;

	domain_check_store(dst, n);
	if (words_aligned(dst, src)) {
		for (; n >= sizeof(word); n -= sizeof(word)) {
			*(word *)d = *(const word *)s;
			d += sizeof(word);
			s += sizeof(word);
		}
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	const unsigned char *s = src;
	unsigned char *d = dst;

	/* True only if dst is within src: then copy from the end. */
	if ((size_t)(d - s) >= n)
		return memcpy(dst, src, n);
	domain_check_store(dst, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	const word pattern = (unsigned char)c * (~0ul / 0xff);
	unsigned char *d = dst;

	domain_check_store(dst, n);
	if (words_aligned(dst, dst)) {
		for (; n >= sizeof(word); n -= sizeof(word)) {
			*(word *)d = pattern;
			d += sizeof(word);
		}
	}
	while (n--)
		*d++ = c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

#ifdef __DOMAIN_CHECKED__
/* What clang calls them where stores are checked, if it made the call itself. */
void *__asan_memcpy(void *dst, const void *src, size_t n)
	__attribute__((alias("memcpy")));
void *__asan_memmove(void *dst, const void *src, size_t n)
	__attribute__((alias("memmove")));
void *__asan_memset(void *dst, int c, size_t n)
	__attribute__((alias("memset")));
#endif
