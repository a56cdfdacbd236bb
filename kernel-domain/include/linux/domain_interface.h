/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declaring an interface between the kernel and domains
 *
 * An interface is one list of methods in a header that both the kernel and the
 * images include:
 *
 *	#define DOMAIN_FOO_METHODS(M, i)				\
 *		M(i, reset)						\
 *		M(i, read, (VEC, u8 *, buf), (VAL, u64, len))		\
 *		M(i, submit, (LEND, struct foo_buf *, b))
 *	DOMAIN_DECLARE_INTERFACE(foo, DOMAIN_FOO_METHODS, 1, RCU);
 *
 * which gives
 *  - enum { DOMAIN_foo_reset, ..., DOMAIN_foo_NR }, the methods' numbers;
 *  - struct domain_foo_ops, what an image fills in;
 *  - in the kernel, the proxies: domain_foo_read(slot, buf, len), ...
 *
 * A method returns long, negative errnos being errors. An argument is a tuple
 * of a kind, a type that is 64 bits wide and a name, the kinds being
 *  VAL	an integer
 *  PTR	memory of the caller's that is valid until the method returns: one
 *	element of the type, which the method may write unless it is const
 *  VEC	the same, with as many elements as the argument after it says
 *  LEND	a shared object, the callee's during the call and the caller's after it
 *  GIVE	a shared object that the callee keeps if it returns 0 or more
 * The proxy takes LEND and GIVE as struct domain_shared *, the image gets the
 * payload.
 *
 * The last argument says what calls look like, and with it who may call:
 *  RCU		stateless, any context but NMI, methods must not sleep
 *  SRCU	stateless, process context, methods may sleep
 *  REF		stateful, process context; callers wait during an update
 *  REF_ATOMIC	stateful, any context but NMI, methods must not sleep; callers
 *		get -EBUSY during an update
 *
 * Methods are only ever appended; then older images still fit, and what they
 * lack answers -ENOSYS. Any other change needs a new major version. The minor
 * version is the number of methods. The layout hash finds out who forgot.
 */
#ifndef _LINUX_DOMAIN_INTERFACE_H
#define _LINUX_DOMAIN_INTERFACE_H

#include <linux/domain_abi.h>

/*
 * Preprocessor: f applied to each of up to DOMAIN_MAX_ARGS (kind, type, name)
 */
#define __DOMAIN_NARGS(...)	__DOMAIN_NARGS_(0, ##__VA_ARGS__, 4, 3, 2, 1, 0)
#define __DOMAIN_NARGS_(_0, _1, _2, _3, _4, n, ...)	n
#define __DOMAIN_CAT(a, b)	__DOMAIN_CAT_(a, b)
#define __DOMAIN_CAT_(a, b)	a##b

/* separated by commas, "void" for none */
#define __DOMAIN_LIST(f, ...)	\
	__DOMAIN_CAT(__DOMAIN_LIST_, __DOMAIN_NARGS(__VA_ARGS__))(f, ##__VA_ARGS__)
#define __DOMAIN_LIST_0(f)		void
#define __DOMAIN_LIST_1(f, a)		f a
#define __DOMAIN_LIST_2(f, a, b)	f a, f b
#define __DOMAIN_LIST_3(f, a, b, c)	f a, f b, f c
#define __DOMAIN_LIST_4(f, a, b, c, d)	f a, f b, f c, f d

/* one after the other */
#define __DOMAIN_EACH(f, ...)	\
	__DOMAIN_CAT(__DOMAIN_EACH_, __DOMAIN_NARGS(__VA_ARGS__))(f, ##__VA_ARGS__)
#define __DOMAIN_EACH_0(f)
#define __DOMAIN_EACH_1(f, a)		f a
#define __DOMAIN_EACH_2(f, a, b)	f a f b
#define __DOMAIN_EACH_3(f, a, b, c)	f a f b f c
#define __DOMAIN_EACH_4(f, a, b, c, d)	f a f b f c f d

#define __DOMAIN_PARAM(kind, type, name)	type name

/*
 * The layout hash: a constant in static initializers, computed from the text
 * "method(KIND type,KIND type,)", the sizes of what pointers point to, and the
 * method's position. It guards against mistakes, not against malice. Horner's
 * scheme in four chunks of 32 characters, so that the expression nests no
 * deeper than compilers allow; the factor is FNV's 64 bit prime (RFC 9923),
 * the other odd constant SplitMix64's.
 */
#define __DOMAIN_CHAR(s, i)	\
	((u64)(u8)(s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define __DOMAIN_H1(h, s, i)	((h) * 0x100000001b3ULL + __DOMAIN_CHAR(s, i))
#define __DOMAIN_H4(h, s, i)	\
	__DOMAIN_H1(__DOMAIN_H1(__DOMAIN_H1(__DOMAIN_H1(h, s, (i)), s, (i) + 1), \
		    s, (i) + 2), s, (i) + 3)
#define __DOMAIN_H16(h, s, i)	\
	__DOMAIN_H4(__DOMAIN_H4(__DOMAIN_H4(__DOMAIN_H4(h, s, (i)), s, (i) + 4), \
		    s, (i) + 8), s, (i) + 12)
#define __DOMAIN_H32(s, i)	\
	__DOMAIN_H16(__DOMAIN_H16(0ULL, s, (i)), s, (i) + 16)
#define __DOMAIN_HASH_MAX	128
#define __DOMAIN_HASH(s)	\
	(__DOMAIN_H32(s, 0) + __DOMAIN_H32(s, 32) * 3ULL +	\
	 __DOMAIN_H32(s, 64) * 5ULL + __DOMAIN_H32(s, 96) * 7ULL)

#define __DOMAIN_SIG_ARG(kind, type, name)	#kind " " #type ","
#define __DOMAIN_SIG(m, ...)	\
	(#m "(" __DOMAIN_EACH(__DOMAIN_SIG_ARG, ##__VA_ARGS__) ")")

#define __DOMAIN_POINTEE_VAL(type)	0
#define __DOMAIN_POINTEE_PTR(type)	sizeof(*(type)0)
#define __DOMAIN_POINTEE_VEC(type)	sizeof(*(type)0)
#define __DOMAIN_POINTEE_LEND(type)	sizeof(*(type)0)
#define __DOMAIN_POINTEE_GIVE(type)	sizeof(*(type)0)
#define __DOMAIN_SIZE_ARG(kind, type, name)	\
	* 31ULL + __DOMAIN_POINTEE_##kind(type)

#define __DOMAIN_METHOD_HASH(i, m, ...)	\
	((__DOMAIN_HASH(__DOMAIN_SIG(m, ##__VA_ARGS__)) +		\
	  (0ULL __DOMAIN_EACH(__DOMAIN_SIZE_ARG, ##__VA_ARGS__))) *	\
	 (2ULL * DOMAIN_##i##_##m + 0x9e3779b97f4a7c15ULL))
#define __DOMAIN_PLUS_HASH(i, m, ...)	\
	+ __DOMAIN_METHOD_HASH(i, m, ##__VA_ARGS__)

/**
 * DOMAIN_INTERFACE_HASH - layout hash of an interface, for static initializers
 * @iface: the interface's name
 * @METHODS: its list of methods
 *
 * It is the sum of its methods' hashes, so that the kernel can tell the hash
 * that the interface had when it was shorter.
 */
#define DOMAIN_INTERFACE_HASH(iface, METHODS)	\
	(0ULL METHODS(__DOMAIN_PLUS_HASH, iface))

#define __DOMAIN_ENUM(i, m, ...)	DOMAIN_##i##_##m,
#define __DOMAIN_OP(i, m, ...)		\
	long (*m)(__DOMAIN_LIST(__DOMAIN_PARAM, ##__VA_ARGS__));
#define __DOMAIN_CHECK_ARG(kind, type, name)	\
	_Static_assert(sizeof(type) == 8, "a domain's arguments are 64 bits wide");
#define __DOMAIN_CHECK(i, m, ...)	\
	__DOMAIN_EACH(__DOMAIN_CHECK_ARG, ##__VA_ARGS__)		\
	_Static_assert(sizeof(__DOMAIN_SIG(m, ##__VA_ARGS__)) <= __DOMAIN_HASH_MAX, \
		       "signature of " #m " exceeds the layout hash");	\
	_Static_assert(__builtin_offsetof(struct domain_##i##_ops, m) ==	\
		       DOMAIN_##i##_##m * sizeof(void *),		\
		       #m " is not where its number says");

#define __DOMAIN_DECLARE_COMMON(iface, METHODS)				\
	enum { METHODS(__DOMAIN_ENUM, iface) DOMAIN_##iface##_NR };	\
	struct domain_##iface##_ops {					\
		METHODS(__DOMAIN_OP, iface)				\
	} __no_randomize_layout;					\
	METHODS(__DOMAIN_CHECK, iface)

#ifdef __DOMAIN_IMAGE__

/* no image is compiled with a randomized layout */
#define __no_randomize_layout

#define DOMAIN_DECLARE_INTERFACE(iface, METHODS, _major, _kind)		\
	__DOMAIN_DECLARE_COMMON(iface, METHODS)				\
	enum { DOMAIN_##iface##_MAJOR = (_major) }

#else /* kernel */

#include <linux/domain.h>
#include <linux/init.h>

/* The proxies' parameters: a shared object instead of its payload */
#define __DOMAIN_PROXY_VAL(type, name)	type name
#define __DOMAIN_PROXY_PTR(type, name)	type name
#define __DOMAIN_PROXY_VEC(type, name)	type name
#define __DOMAIN_PROXY_LEND(type, name)	struct domain_shared *name
#define __DOMAIN_PROXY_GIVE(type, name)	struct domain_shared *name
#define __DOMAIN_PROXY_PARAM(kind, type, name)	, __DOMAIN_PROXY_##kind(type, name)

#define __DOMAIN_IS_SHARED_VAL	0
#define __DOMAIN_IS_SHARED_PTR	0
#define __DOMAIN_IS_SHARED_VEC	0
#define __DOMAIN_IS_SHARED_LEND	1
#define __DOMAIN_IS_SHARED_GIVE	1
#define __DOMAIN_OR_SHARED(kind, type, name)	|| __DOMAIN_IS_SHARED_##kind

/* the arguments as words, padded with zeroes to DOMAIN_MAX_ARGS */
#define __DOMAIN_WORD(kind, type, name)	(unsigned long)(name),
#define __DOMAIN_PAD_0	0, 0, 0, 0,
#define __DOMAIN_PAD_1	0, 0, 0,
#define __DOMAIN_PAD_2	0, 0,
#define __DOMAIN_PAD_3	0,
#define __DOMAIN_PAD_4
#define __DOMAIN_WORDS(...)	\
	__DOMAIN_EACH(__DOMAIN_WORD, ##__VA_ARGS__)			\
	__DOMAIN_CAT(__DOMAIN_PAD_, __DOMAIN_NARGS(__VA_ARGS__))

#define __DOMAIN_PROXY_FN(kind, i, m, ...)				\
static inline long domain_##i##_##m(struct domain_slot *slot		\
			__DOMAIN_EACH(__DOMAIN_PROXY_PARAM, ##__VA_ARGS__)) \
{									\
	if (0 __DOMAIN_EACH(__DOMAIN_OR_SHARED, ##__VA_ARGS__))		\
		return domain_call_shared(__DOMAIN_WORDS(__VA_ARGS__)	\
					  slot, DOMAIN_##i##_##m);	\
	return DOMAIN_CALL_##kind(__DOMAIN_WORDS(__VA_ARGS__)		\
				  slot, DOMAIN_##i##_##m);		\
}
#define __DOMAIN_PROXY_RCU(i, m, ...)		__DOMAIN_PROXY_FN(RCU, i, m, ##__VA_ARGS__)
#define __DOMAIN_PROXY_SRCU(i, m, ...)		__DOMAIN_PROXY_FN(SRCU, i, m, ##__VA_ARGS__)
#define __DOMAIN_PROXY_REF(i, m, ...)		__DOMAIN_PROXY_FN(REF, i, m, ##__VA_ARGS__)
#define __DOMAIN_PROXY_REF_ATOMIC(i, m, ...)	__DOMAIN_PROXY_FN(REF_ATOMIC, i, m, ##__VA_ARGS__)

/**
 * DOMAIN_DECLARE_INTERFACE - types and proxies of an interface
 * @iface: its name, an identifier of less than DOMAIN_NAME_LEN characters
 * @METHODS: its list of methods
 * @_major: its major version, from 1
 * @_kind: RCU, SRCU, REF or REF_ATOMIC, see the head of this file
 */
#define DOMAIN_DECLARE_INTERFACE(iface, METHODS, _major, _kind)		\
	__DOMAIN_DECLARE_COMMON(iface, METHODS)				\
	enum {								\
		DOMAIN_##iface##_MAJOR = (_major),			\
		DOMAIN_##iface##_KIND = DOMAIN_KIND_##_kind		\
	};								\
	extern struct domain_interface domain_##iface##_interface;	\
	METHODS(__DOMAIN_PROXY_##_kind, iface)				\
	struct domain_interface

#define __DOMAIN_ARG_KIND(kind, type, name)	DOMAIN_ARG_##kind,

/* What the callee may write; shared objects are looked up instead */
#define __DOMAIN_ROOM_VAL(type)		0
#define __DOMAIN_ROOM_PTR(type)						\
	(__builtin_types_compatible_p(type, const typeof(*(type)0) *) ?	\
	 0 : sizeof(*(type)0))
#define __DOMAIN_ROOM_VEC(type)		__DOMAIN_ROOM_PTR(type)
#define __DOMAIN_ROOM_LEND(type)	0
#define __DOMAIN_ROOM_GIVE(type)	0
#define __DOMAIN_ROOM(kind, type, name)	__DOMAIN_ROOM_##kind(type),
#define __DOMAIN_METHOD(i, m, ...)					\
	{								\
		.name = #m,						\
		.hash = __DOMAIN_METHOD_HASH(i, m, ##__VA_ARGS__),	\
		.nr_args = __DOMAIN_NARGS(__VA_ARGS__),			\
		.arg = { __DOMAIN_EACH(__DOMAIN_ARG_KIND, ##__VA_ARGS__) }, \
		.room = { __DOMAIN_EACH(__DOMAIN_ROOM, ##__VA_ARGS__) },	\
	},

/**
 * DOMAIN_DEFINE_INTERFACE - the one definition of an interface, in one .c file
 * @iface: its name
 * @METHODS: its list of methods
 *
 * It still has to be registered with domain_interface_register().
 */
#define DOMAIN_DEFINE_INTERFACE(iface, METHODS)				\
	static const struct domain_method domain_##iface##_methods[] = { \
		METHODS(__DOMAIN_METHOD, iface)				\
	};								\
	struct domain_interface domain_##iface##_interface = {		\
		.name = #iface,						\
		.major = DOMAIN_##iface##_MAJOR,			\
		.kind = (enum domain_kind)DOMAIN_##iface##_KIND,	\
		.nr_methods = DOMAIN_##iface##_NR,			\
		.methods = domain_##iface##_methods,			\
		.owner = THIS_MODULE,					\
	}

#endif /* __DOMAIN_IMAGE__ */
#endif /* _LINUX_DOMAIN_INTERFACE_H */
