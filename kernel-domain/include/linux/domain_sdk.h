/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that a domain image may rely on besides its interface's header.
 *
 * An image is linked on its own and reaches the kernel through its services
 * only. It includes this header, headers of interfaces (linux/domain_*.h) and
 * uapi headers, and no other header of the kernel: those need sections that
 * only the kernel's and the modules' loader patch.
 *
 * Documentation/core-api/domain-image.rst tells how to build one.
 */
#ifndef _LINUX_DOMAIN_SDK_H
#define _LINUX_DOMAIN_SDK_H

#ifndef __DOMAIN_IMAGE__
#error "only domain images include linux/domain_sdk.h"
#endif

#include <asm-generic/errno.h>
#include <linux/domain_abi.h>
#include <linux/domain_image.h>
#include <linux/domain_interface.h>

typedef __SIZE_TYPE__ size_t;

#define NULL			((void *)0)
#define bool			_Bool
#define true			1
#define false			0
#define offsetof(type, member)	__builtin_offsetof(type, member)
#define __section(name)		__attribute__((section(name)))
#define __used			__attribute__((used))
#define __aligned(n)		__attribute__((aligned(n)))
/*
 * For methods and the other functions of an image's ops: without the check of
 * the stack that functions start with on x86. The gate has looked, and left
 * 2 KiB more than the check asks for; a function uses 1 KiB at most, or the
 * compiler warns. What a method calls checks for itself, but what is inlined
 * into it counts as its own.
 */
#define __domain_method		__attribute__((no_instrument_function))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile typeof(x) *)&(x) = (val))

/*
 * The SDK's crt.c has them; compilers emit calls of the first four on their
 * own. As in C, except that nothing is done to order their accesses.
 */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

#ifdef __DOMAIN_CHECKED__
#define __DOMAIN_IMAGE_FLAGS	DOMAIN_IMAGE_CHECKED
#define __no_check		__attribute__((no_sanitize("kernel-address")))

/**
 * domain_check_store - check a store that the compiler does not see
 * @p: where to
 * @size: bytes
 *
 * In a checked image, the call ends here if the domain may not write there, as
 * it does at any other store. Compilers see none in inline assembly.
 */
void domain_check_store(const void *p, size_t size);
#else
#define __DOMAIN_IMAGE_FLAGS	0
#define __no_check

static inline void domain_check_store(const void *p, size_t size)
{
}
#endif

/* Set by the entry point, before any other function of the image runs. */
extern const struct domain_services *domain_services;

const struct domain_image_ops *
domain_entry(const struct domain_services *services);

/* An ELF note with the image's description, at the name's natural alignment. */
struct __domain_elf_note {
	__u32 n_namesz;
	__u32 n_descsz;
	__u32 n_type;
	char name[sizeof(DOMAIN_NOTE_NAME)];
	struct domain_image_note desc;
};

_Static_assert(sizeof(DOMAIN_NOTE_NAME) == 12 &&
	       offsetof(struct __domain_elf_note, desc) == 24,
	       "the descriptor of the image note is aligned to 8 bytes");

/**
 * DOMAIN_IMAGE - describe the image and define its entry point
 * @iface: name of the interface that it implements, as declared by
 *	DOMAIN_DECLARE_INTERFACE()
 * @METHODS: the interface's list of methods
 * @_ops: its static const struct domain_image_ops
 * @...: at least .name and .version, and if it has state .state_type and
 *	.state_version: initializers of &struct domain_image_note
 *
 * Once per image, at file scope:
 *
 *	DOMAIN_IMAGE(log, DOMAIN_LOG_METHODS, log_ops,
 *		     .name = "log", .version = "2");
 */
#define DOMAIN_IMAGE(iface, METHODS, _ops, ...)				\
	const struct domain_services *domain_services			\
	__section(".domain.services");					\
									\
	__no_check const struct domain_image_ops *			\
	domain_entry(const struct domain_services *services)		\
	{								\
		domain_services = services;				\
		return &(_ops);						\
	}								\
									\
	static const struct __domain_elf_note __domain_note		\
	__section(".note.LinuxDomain") __used __aligned(8) = {			\
		.n_namesz	= sizeof(DOMAIN_NOTE_NAME),		\
		.n_descsz	= sizeof(struct domain_image_note),	\
		.n_type		= DOMAIN_NOTE_TYPE,			\
		.name		= DOMAIN_NOTE_NAME,			\
		.desc		= {					\
			.magic		 = DOMAIN_IMAGE_MAGIC,		\
			.abi		 = DOMAIN_IMAGE_ABI,		\
			.flags		 = __DOMAIN_IMAGE_FLAGS,	\
			.interface	 = #iface,			\
			.interface_major = DOMAIN_##iface##_MAJOR,	\
			.interface_minor = DOMAIN_##iface##_NR,		\
			.interface_hash	 =				\
				DOMAIN_INTERFACE_HASH(iface, METHODS),	\
			__VA_ARGS__					\
		},							\
	}

#endif /* _LINUX_DOMAIN_SDK_H */
