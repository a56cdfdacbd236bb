/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of uapi headers, for domain images: found before the kernel's
 * header of the same name, so that an image is built without a configured tree
 * and without anything of its configuration.
 */
#ifndef _DOMAIN_SDK_LINUX_TYPES_H
#define _DOMAIN_SDK_LINUX_TYPES_H

typedef __signed__ char __s8;
typedef unsigned char __u8;
typedef __signed__ short __s16;
typedef unsigned short __u16;
typedef __signed__ int __s32;
typedef unsigned int __u32;
typedef __signed__ long long __s64;
typedef unsigned long long __u64;

#endif /* _DOMAIN_SDK_LINUX_TYPES_H */
