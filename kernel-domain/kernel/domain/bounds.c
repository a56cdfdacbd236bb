// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: where a checked image may store
 *
 * The compiler put a call before each store of a checked image. What lies in the
 * image's own data is decided there, in sdk/checks.c; for all else it asks here,
 * and traps if the answer is no: the store is not made. A domain may write to
 *
 *  - its data, without the pointer to its services;
 *  - the stack between the stack pointer and the gate's part of it, that is what
 *    this call has used so far; not to the frames of its callers;
 *  - memory that its caller lets it write to for the time of the call: what
 *    arguments of the kinds PTR and VEC point to, unless to const, and the
 *    buffer of export_state();
 *  - private memory, from the first to the last byte of one allocation;
 *  - shared objects while it owns them, which is while they are lent to it, too.
 *
 * The kernel's own records decide: the frame, the ledger and the tree of shared
 * objects. There is no second description of memory that a wild store could hit,
 * or that could be late: what has been freed, given away, or taken back is
 * refused from that moment on. To look things up takes locks, so each call
 * remembers the last allocations and the last object that were found, and with
 * them what tells whether they are still there.
 *
 * Between the answer and the store, another CPU may free the memory. That is a
 * race of the image's own, and not noticed.
 */
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "gate.h"

/* What the call of the image's function pushed below frame->sp */
#ifndef ARCH_DOMAIN_CALL_PUSHED
#define ARCH_DOMAIN_CALL_PUSHED	0
#endif

#define DOMAIN_BOUNDS_HEAP	4

/*
 * The frame of a call of a checked image, recognized by DOMAIN_FRAME_CHECKED.
 * Only the call itself, and recovery from its faults, use it.
 */
struct domain_bounds {
	struct domain_frame frame;	/* first */
	unsigned int nr_args;
	unsigned int nr_heap, next_heap;
	unsigned long heap_frees;	/* of the ledger, when @heap was right */
	unsigned long refused;		/* address of the store, or 0 */
	struct domain_shared *shared;	/* with a reference, or NULL */
	struct domain_span arg[DOMAIN_MAX_ARGS];
	struct domain_span heap[DOMAIN_BOUNDS_HEAP];
};

/* What the image asks by comes first in its data, see sdk/domain.lds */
#define DOMAIN_BOUNDS_DATA	sizeof(struct domain_services *)

static struct domain_bounds *domain_bounds(struct domain_frame *frame)
{
	return container_of(frame, struct domain_bounds, frame);
}

/**
 * domain_set_checked - say whether a domain's image is a checked one
 * @d: the domain, before it is called
 * @checked: whether it is
 *
 * Calls of others do not pay for the question: there is too little room on every
 * stack for a checked domain, and what is called then finds out why.
 */
void domain_set_checked(struct domain *d, bool checked)
{
	d->is_checked = checked;
	d->stack_room = checked ? 0 : DOMAIN_STACK_ROOM;
}

/**
 * domain_arg_room - how much a method may write where an argument points to
 * @method: the method
 * @i: number of the argument
 * @arg: all arguments, DOMAIN_MAX_ARGS
 *
 * Return: bytes, 0 for none, SIZE_MAX if there cannot be so much.
 */
size_t domain_arg_room(const struct domain_method *method, unsigned int i,
		       const unsigned long *arg)
{
	if (!method->room[i] || method->arg[i] != DOMAIN_ARG_VEC)
		return method->room[i];
	return i + 1 < method->nr_args ? array_size(method->room[i], arg[i + 1]) : 0;
}

static void domain_bounds_allow(struct domain_bounds *b, unsigned long start,
				size_t size)
{
	unsigned long end;

	if (size && !check_add_overflow(start, size, &end))
		b->arg[b->nr_args++] = (struct domain_span){ start, end };
}

/**
 * domain_enter_checked - call a domain that asks before it stores
 * @d: the domain
 * @fn: the function
 * @method: which method it is, or NULL
 * @flags: DOMAIN_FRAME_*
 * @arg: arguments, DOMAIN_MAX_ARGS
 *
 * Context: as domain_enter(); enough of the stack is left.
 * Return: what the function returns.
 */
long domain_enter_checked(struct domain *d, domain_fn_t fn,
			  const struct domain_method *method, u16 flags,
			  const unsigned long *arg)
{
	struct domain_bounds b __uninitialized;
	unsigned int i;
	long ret;

	b.nr_args = 0;
	b.nr_heap = 0;
	b.heap_frees = 0;
	b.refused = 0;
	b.shared = NULL;
	if (method)
		for (i = 0; i < method->nr_args; i++)
			if (method->room[i])
				domain_bounds_allow(&b, arg[i],
						    domain_arg_room(method, i, arg));
	if (flags & DOMAIN_FRAME_OUTPUT)
		domain_bounds_allow(&b, arg[0], arg[1]);

	ret = domain_enter_frame(arg[0], arg[1], arg[2], arg[3], &b.frame, d,
				 fn, flags | DOMAIN_FRAME_CHECKED);
	if (b.shared)
		domain_shared_put(b.shared);
	return ret;
}

static __always_inline bool domain_on_stack(const struct domain_frame *frame,
					    unsigned long addr, size_t size,
					    unsigned long sp)
{
	unsigned long top = frame->sp - ARCH_DOMAIN_CALL_PUSHED;

	return domain_in(addr, size, sp, top) && top - sp < THREAD_SIZE;
}

static __always_inline bool domain_in_args(const struct domain_bounds *b,
					   unsigned long addr, size_t size)
{
	unsigned int i;

	for (i = 0; i < b->nr_args; i++)
		if (domain_in(addr, size, b->arg[i].start, b->arg[i].end))
			return true;
	return false;
}

static __always_inline bool domain_in_heap(struct domain_bounds *b,
					   unsigned long addr, size_t size)
{
	struct domain_ledger *ledger = &b->frame.domain->ledger;
	unsigned long frees = READ_ONCE(ledger->heap_frees);
	unsigned int i;

	if (frees == b->heap_frees)
		for (i = 0; i < b->nr_heap; i++)
			if (domain_in(addr, size, b->heap[i].start,
				      b->heap[i].end))
				return true;
	return false;
}

static bool domain_find_heap(struct domain_bounds *b, unsigned long addr,
			     size_t size)
{
	struct domain_ledger *ledger = &b->frame.domain->ledger;
	struct domain_span span;
	unsigned long frees;

	if (!domain_ledger_span(ledger, addr, &span, &frees) ||
	    !domain_in(addr, size, span.start, span.end))
		return false;
	if (!b->nr_heap || frees != b->heap_frees) {
		b->heap_frees = frees;
		b->nr_heap = 0;
		b->next_heap = 0;
	}
	b->heap[b->next_heap] = span;
	b->next_heap = (b->next_heap + 1) % DOMAIN_BOUNDS_HEAP;
	b->nr_heap = max(b->nr_heap, b->next_heap ?: DOMAIN_BOUNDS_HEAP);
	return true;
}

/* Whoever takes an object from its owner writes the owner: no other mark is needed */
static __always_inline bool domain_in_shared(const struct domain_bounds *b,
					     unsigned long addr, size_t size)
{
	const struct domain_shared *obj = b->shared;

	return obj && atomic_read(&obj->owner) == b->frame.domain->id &&
	       domain_in(addr, size, (unsigned long)obj->data,
			 (unsigned long)obj->data + obj->size);
}

static bool domain_find_shared(struct domain_bounds *b, unsigned long addr,
			       size_t size)
{
	u32 id = b->frame.domain->id;
	struct domain_shared *obj;

	/* at the entry point it has no number yet, and owns nothing */
	if (id == DOMAIN_ID_KERNEL)
		return false;
	obj = domain_shared_around((void *)addr, id);
	if (!obj)
		return false;
	if (b->shared)
		domain_shared_put(b->shared);
	b->shared = obj;
	return domain_in_shared(b, addr, size);
}

/* What the call has used before, without a lock and without a function call */
static __always_inline bool domain_is_near(struct domain_frame *frame,
					   unsigned long addr, size_t size,
					   unsigned long sp)
{
	const struct domain_memory *m = &frame->domain->memory;
	struct domain_bounds *b = domain_bounds(frame);

	return domain_on_stack(frame, addr, size, sp) ||
	       domain_in_heap(b, addr, size) ||
	       domain_in_args(b, addr, size) ||
	       domain_in_shared(b, addr, size) ||
	       domain_in(addr, size, m->data + DOMAIN_BOUNDS_DATA, m->data_end);
}

static bool domain_find(struct domain_frame *frame, unsigned long addr,
			size_t size)
{
	struct domain_bounds *b = domain_bounds(frame);

	return domain_find_heap(b, addr, size) ||
	       domain_find_shared(b, addr, size);
}

static noinline long domain_store_slow(struct domain_frame *frame,
				       unsigned long addr, size_t size)
{
	if (domain_find(frame, addr, size))
		return 0;
	domain_bounds(frame)->refused = addr ?: 1;
	return -EFAULT;
}

/**
 * domain_may_write - may a service write there on behalf of a domain?
 * @frame: the domain's frame
 * @p: where to, not trusted
 * @size: bytes
 * @sp: domain_caller_sp() of the service
 *
 * Context: any but NMI; the service was called by the domain of @frame.
 * Return: whether it may; always true if the image is not a checked one.
 */
bool domain_may_write(struct domain_frame *frame, const void *p, size_t size,
		      unsigned long sp)
{
	return !(frame->flags & DOMAIN_FRAME_CHECKED) || !size ||
	       domain_is_near(frame, (unsigned long)p, size, sp) ||
	       domain_find(frame, (unsigned long)p, size);
}

/**
 * domain_svc_may_store - the service that a checked image asks before a store
 * @p: where to, not trusted
 * @size: bytes, 1 or more
 *
 * It does not count as a service that runs: it calls nothing that could call an
 * image.
 *
 * Context: any but NMI; inside of a domain.
 * Return: 0; -EFAULT if the domain may not write there; -EPERM if nobody asks,
 * or an image that is not checked.
 */
long domain_svc_may_store(const void *p, u64 size)
{
	struct domain_frame *frame = current->domain_frame;
	unsigned long addr = (unsigned long)p;

	if (!frame || !(frame->flags & DOMAIN_FRAME_CHECKED))
		return -EPERM;
	if (domain_is_near(frame, addr, size, domain_caller_sp()))
		return 0;
	return domain_store_slow(frame, addr, size);
}

/**
 * domain_refused_store - was a trap the end of a store that was refused?
 * @frame: the frame of the domain that trapped
 * @addr: set to where the store would have gone
 *
 * Context: a trap handler.
 * Return: whether it was.
 */
bool domain_refused_store(struct domain_frame *frame, unsigned long *addr)
{
	if (!(frame->flags & DOMAIN_FRAME_CHECKED) ||
	    !domain_bounds(frame)->refused)
		return false;
	*addr = domain_bounds(frame)->refused;
	return true;
}
