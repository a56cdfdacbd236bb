/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel and a domain image agree on
 *
 * An image sees this header, the header of its interface and nothing else of
 * the kernel. Both sides append to these structures and never insert: a
 * structure starts with its size, so that each side knows what the other has.
 *
 * Everything that crosses is 64 bits wide. riscv64 passes a 32 bit integer
 * sign-extended, whatever its type, x86_64 leaves the upper half undefined;
 * with one width the gate need not know what it passes.
 */
#ifndef _LINUX_DOMAIN_ABI_H
#define _LINUX_DOMAIN_ABI_H

#ifdef __DOMAIN_IMAGE__
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef signed short s16;
typedef signed int s32;
typedef signed long long s64;
#else
#include <linux/types.h>
#endif

/* Appending does not change it; what an older image cannot live with does. */
#define DOMAIN_ABI_VERSION	1

/* The longest name of an image, an interface, a method or a slot, with its NUL */
#define DOMAIN_NAME_LEN		32

/* A method takes at most so many arguments: what the gate passes in registers */
#define DOMAIN_MAX_ARGS		4

/* Timers of one domain are numbered from 0 */
#define DOMAIN_MAX_TIMERS	8

/**
 * struct domain_services - all that an image can ask of the kernel
 * @size: bytes of this structure that the kernel filled in
 * @abi: DOMAIN_ABI_VERSION of the kernel
 * @print: write @len bytes of text to the kernel's log, at most 256, with the
 *	image's name in front and rate limited; @level is 0 (emergency) to 7
 *	(debug), as in syslog(3); -EINVAL if either is out of range
 * @time_ns: nanoseconds since boot, monotonic
 * @alloc: @size bytes of zeroed memory, aligned as kmalloc() aligns; NULL if
 *	the domain's limit or memory is exhausted
 * @free: return what @alloc gave; NULL is ignored; anything else that this
 *	domain does not own is refused, reported and counted
 * @shared_alloc: a shared object of @size bytes whose type is @type, owned by
 *	this domain; returns its payload or NULL
 * @shared_free: free a shared object that this domain owns, by its payload
 * @state_put: store @len bytes under @key in the slot, where they outlive the
 *	domain; @type and @version describe them; @len 0 removes the key;
 *	-EPERM in @init and @import_state, whose update may yet be rolled back;
 *	-E2BIG if @len exceeds 64 KiB, -ENOSPC if the store is full, -ENOMEM
 * @state_get: copy what @key holds to @buf. Returns its length, which may
 *	exceed @len (only @len bytes are copied then), -ENOENT, -EPROTOTYPE if
 *	the type differs, or -EPROTO if the stored version exceeds @version
 * @timer_arm: call the image's timer function with @id after @delay_ns, and
 *	then every @period_ns if that is not 0, which is at least 10 us; -EINVAL,
 *	-ENOTTY if the image has no timer function, -ESHUTDOWN once it is to go
 * @timer_cancel: disarm timer @id; returns 1 if it was armed, as one that
 *	expires once is until its call has returned, and 0 if not. A call in
 *	progress on another CPU is not waited for.
 * @slot_open: a handle of the slot @name, whose interface must have the major
 *	version @major and the layout hash @hash for its first @nr_methods, at
 *	least one: others cannot be called through it. Returns a positive number,
 *	-ENOENT, -EDEADLK for the slot that the domain is in, -EPROTO if the
 *	interface is another one, -ENOMEM, or -EWOULDBLOCK where the caller must
 *	not sleep.
 * @slot_close: give the handle back; -EBADF if it is none
 * @slot_call: call method @nr of the slot behind @handle with @args; an
 *	argument that passes a shared object is the object's payload. Returns
 *	what the method does, what its proxy would, or -EBADF.
 * @sleep_ns: sleep @ns, at most one second (-EINVAL); -EWOULDBLOCK where the
 *	caller must not
 * @may_store: whether this domain, whose image is a checked one, may write @size
 *	bytes at @p: 0 or -EFAULT. For the SDK's use.
 *
 * All of them may be called in any context in which the image itself runs, and
 * do not sleep in one that forbids it, except that with CONFIG_PREEMPT_RT those
 * that obtain something or give it back must not be called with interrupts or
 * preemption disabled; at the entry point, where the domain has
 * no number yet, all but @time_ns and @may_store answer -EPERM or NULL. Unless
 * said otherwise they return 0 or a negative errno. Pointers that an image passes
 * are checked: one that the kernel cannot read or write gives -EFAULT.
 */
struct domain_services {
	u32 size;
	u32 abi;
	long (*print)(u64 level, const char *text, u64 len);
	u64 (*time_ns)(void);
	void *(*alloc)(u64 size);
	long (*free)(void *p);
	void *(*shared_alloc)(u64 size, u64 type);
	long (*shared_free)(void *payload);
	long (*state_put)(u64 key, u64 type, u64 version, const void *buf,
			  u64 len);
	long (*state_get)(u64 key, u64 type, u64 version, void *buf, u64 len);
	long (*timer_arm)(u64 id, u64 delay_ns, u64 period_ns);
	long (*timer_cancel)(u64 id);
	long (*slot_open)(const char *name, u64 major, u64 hash,
			  u64 nr_methods);
	long (*slot_close)(u64 handle);
	long (*slot_call)(u64 handle, u64 nr, const u64 *args);
	long (*sleep_ns)(u64 ns);
	long (*may_store)(const void *p, u64 size);
};

/**
 * struct domain_image_ops - what an image's entry point returns
 * @size: sizeof(struct domain_image_ops) of the image
 * @nr_methods: function pointers at @methods
 * @methods: the interface's ops structure; a NULL method answers -ENOSYS
 * @init: make the instance ready to be called; may be NULL. Returns 0 or more,
 *	or a negative errno with which the bind or update fails. May sleep, may
 *	be followed by @exit at once.
 * @exit: the last call; may be NULL. Its return value is ignored. What the
 *	image still owns afterwards is reported as leaked and reclaimed. May sleep.
 * @export_state: write the state that the successor needs to @buf and return
 *	its length. It must leave the instance as it is: the update can still
 *	be rolled back. No method runs meanwhile.
 * @import_state: take over the state that a predecessor exported, whose state
 *	version was @version. A negative errno rolls the update back.
 * @timer: a timer armed by this domain expired. Its return value is ignored.
 *	Atomic context.
 * @state_size: the most that @export_state can write, at most
 *	DOMAIN_STATE_MAX
 *
 * The structure and all that it points to lies inside the image. The kernel
 * copies it once, after the entry point returned.
 */
struct domain_image_ops {
	u32 size;
	u32 nr_methods;
	const void *methods;
	long (*init)(void);
	long (*exit)(void);
	long (*export_state)(void *buf, u64 size);
	long (*import_state)(u64 version, const void *buf, u64 size);
	long (*timer)(u64 id);
	u64 state_size;
};

/* The most that an update moves as exported state; shared objects take the rest */
#define DOMAIN_STATE_MAX	(1U << 20)

/*
 * The ELF entry point. It runs once, right after the image was loaded and
 * before init(), and only tells where things are; it must not use a service.
 */
typedef const struct domain_image_ops *
	(*domain_entry_t)(const struct domain_services *services);

#endif /* _LINUX_DOMAIN_ABI_H */
