/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The note by which an ELF file declares itself a domain image.
 *
 * Documentation/core-api/domain-image.rst describes the whole format.
 */
#ifndef _UAPI_LINUX_DOMAIN_IMAGE_H
#define _UAPI_LINUX_DOMAIN_IMAGE_H

#include <linux/types.h>

/*
 * Name and type of the ELF note. With its terminating NUL the name has 12
 * bytes, so that the descriptor starts at offset 24 of the note whether the
 * fields of the note are aligned to 4 or to 8 bytes.
 */
#define DOMAIN_NOTE_NAME	"LinuxDomain"
#define DOMAIN_NOTE_TYPE	1

/* "DIMG" as a little-endian number. */
#define DOMAIN_IMAGE_MAGIC	0x474d4944

/* Changes whenever the note or the layout rules change incompatibly. */
#define DOMAIN_IMAGE_ABI	1

/* Size of each string of the note, including the terminating NUL. */
#define DOMAIN_IMAGE_STRLEN	32

/*
 * The bits of &domain_image_note.flags that this ABI defines.
 *
 * Checked: the image was compiled to ask, before each of its stores, whether the
 * domain may write there.
 */
#define DOMAIN_IMAGE_CHECKED	0x1
#define DOMAIN_IMAGE_FLAGS	DOMAIN_IMAGE_CHECKED

/* Ends a signed image, after the PKCS#7 message and struct module_signature. */
#define DOMAIN_IMAGE_SIGNATURE_MARKER	"~Domain signature appended~\n"

/*
 * x86 images start their executable segment with a table of 8-byte slots,
 * to which all indirect jumps and calls and all returns go: slots 0 to 15 jump
 * to the register with that number, slot 16 returns. The file holds the plain
 * instructions; the loader replaces them by jumps to the kernel's thunks where
 * the CPU needs them. Slot 17 is called at the entry of each function. In the
 * file it returns; the loader makes it a jump to the kernel's check of the
 * stack.
 */
#define DOMAIN_IMAGE_X86_THUNK_SIZE	8
#define DOMAIN_IMAGE_X86_THUNK_RETURN	16
#define DOMAIN_IMAGE_X86_THUNK_FENTRY	17
#define DOMAIN_IMAGE_X86_NR_THUNKS	18

/*
 * arm64 and riscv images start theirs with one slot, which each function calls
 * when it has made its stack frame. In the file it returns; the loader makes it
 * a jump to the kernel's check of the stack.
 */
#define DOMAIN_IMAGE_MCOUNT_SIZE	16

/**
 * struct domain_image_note - descriptor of the image note
 * @magic: %DOMAIN_IMAGE_MAGIC
 * @abi: %DOMAIN_IMAGE_ABI
 * @flags: bits of %DOMAIN_IMAGE_FLAGS, all others zero
 * @interface_major: major version of the interface, changes incompatibly
 * @interface_minor: minor version, counts methods appended to it
 * @interface_hash: hash over method names and argument types, never zero
 * @state_type: kind of state that the image exports and imports, zero if it
 *	is stateless
 * @state_version: version of that state from 1 up, zero if stateless
 * @name: name of the image: letters, digits, '_' and '-'
 * @version: version of the image: letters, digits and "._+~-"
 * @interface: name of the interface: letters, digits and '_'
 *
 * In the byte order of the ELF file. Strings are neither empty nor
 * unterminated, and padded with NULs.
 */
struct domain_image_note {
	__u32	magic;
	__u32	abi;
	__u32	flags;
	__u16	interface_major;
	__u16	interface_minor;
	__u64	interface_hash;
	__u32	state_type;
	__u32	state_version;
	char	name[DOMAIN_IMAGE_STRLEN];
	char	version[DOMAIN_IMAGE_STRLEN];
	char	interface[DOMAIN_IMAGE_STRLEN];
};

#endif /* _UAPI_LINUX_DOMAIN_IMAGE_H */
