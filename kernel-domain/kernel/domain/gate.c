// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what the kernel calls in an image besides its methods
 */
#include <linux/errno.h>
#include <linux/printk.h>

#include "gate.h"

static_assert(offsetof(struct domain_frame, sp) == 0,
	      "domain_gate() stores the stack pointer at the frame's start");
static_assert(DOMAIN_STACK_RESERVE <= THREAD_SIZE / 2);

static __always_inline bool domain_stack_suffices(void)
{
	unsigned long sp = current_stack_pointer;
	unsigned long left = sp - (unsigned long)task_stack_page(current);

	if (left >= THREAD_SIZE)
		left = arch_domain_stack_left(sp);
	return left >= DOMAIN_STACK_RESERVE;
}

/**
 * domain_enter_slow - call a domain that is checked, or from an interrupt's
 *	stack, or refuse
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @d: the domain
 * @fn: the function
 * @flags: DOMAIN_FRAME_*
 *
 * Return: what the function returns; -ENOBUFS if less than DOMAIN_STACK_RESERVE
 * bytes are left, of whatever stack this is.
 */
noinline long domain_enter_slow(unsigned long a0, unsigned long a1,
				unsigned long a2, unsigned long a3,
				struct domain *d, domain_fn_t fn, u16 flags)
{
	const unsigned long arg[DOMAIN_MAX_ARGS] = { a0, a1, a2, a3 };
	struct domain_frame frame __uninitialized;

	if (!domain_stack_suffices())
		return -ENOBUFS;
	if (d->is_checked)
		return domain_enter_checked(d, fn, NULL, flags, arg);
	return domain_enter_frame(a0, a1, a2, a3, &frame, d, fn, flags);
}

/**
 * domain_enter_method_slow - the same for a method
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 * @a3: fourth argument
 * @d: the domain
 * @nr: number of the method
 * @flags: DOMAIN_FRAME_*
 *
 * Return: as domain_enter_slow().
 */
noinline long domain_enter_method_slow(unsigned long a0, unsigned long a1,
				       unsigned long a2, unsigned long a3,
				       struct domain *d, unsigned long nr,
				       u16 flags)
{
	const unsigned long arg[DOMAIN_MAX_ARGS] = { a0, a1, a2, a3 };
	struct domain_frame frame __uninitialized;

	if (!domain_stack_suffices())
		return -ENOBUFS;
	if (d->is_checked)
		return domain_enter_checked(d, d->method[nr],
					    &d->iface->methods[nr], flags, arg);
	return domain_enter_frame(a0, a1, a2, a3, &frame, d, d->method[nr],
				  flags);
}

/**
 * domain_enter_lifecycle - call init, exit, export, import or the entry point
 * @d: the domain
 * @fn: the function, checked to lie in the domain's text
 * @flags: DOMAIN_FRAME_TRANSFER, DOMAIN_FRAME_OUTPUT, both or 0
 * @a0: first argument
 * @a1: second argument
 * @a2: third argument
 *
 * Context: process context. May sleep. The caller makes sure that the domain
 * stays.
 * Return: what the function returns; -ENOBUFS if the stack is too short;
 * -EOWNERDEAD if the domain is dead, before or afterwards.
 */
long domain_enter_lifecycle(struct domain *d, const void *fn, u16 flags,
			    unsigned long a0, unsigned long a1,
			    unsigned long a2)
{
	long ret;

	might_sleep();
	if (domain_is_dead(d))
		return -EOWNERDEAD;
	ret = domain_enter(a0, a1, a2, 0, d, (domain_fn_t)fn,
			   DOMAIN_FRAME_MAY_SLEEP | flags);
	return domain_is_dead(d) ? -EOWNERDEAD : ret;
}

/**
 * domain_method_empty - the method of an empty slot, or one that an image lacks
 * @a0: ignored
 * @a1: ignored
 * @a2: ignored
 * @a3: ignored
 *
 * Context: any.
 * Return: -ENOSYS.
 */
long domain_method_empty(unsigned long a0, unsigned long a1, unsigned long a2,
			 unsigned long a3)
{
	return -ENOSYS;
}

/**
 * domain_method_busy - the method of a slot whose domain died
 * @a0: ignored
 * @a1: ignored
 * @a2: ignored
 * @a3: ignored
 *
 * Context: any.
 * Return: -EBUSY.
 */
long domain_method_busy(unsigned long a0, unsigned long a1, unsigned long a2,
			unsigned long a3)
{
	return -EBUSY;
}

/* In the read-only or the writable data of the image */
static bool domain_in_image(const struct domain *d, const void *p, size_t size)
{
	const struct domain_memory *m = &d->memory;
	unsigned long addr = (unsigned long)p;

	return domain_in(addr, size, m->rodata, m->rodata_end) ||
	       domain_in(addr, size, m->data, m->data_end);
}

static int domain_fn_check(const struct domain *d, const void *fn,
			   const char *what)
{
	unsigned long addr = (unsigned long)fn;

	if (!fn)
		return 0;
	if (IS_ALIGNED(addr, ARCH_DOMAIN_INSN_ALIGN) &&
	    domain_in(addr, ARCH_DOMAIN_INSN_ALIGN, d->memory.text,
		      d->memory.text_end))
		return 0;
	pr_warn_ratelimited("domain %s: %s points to %p, outside of the text\n",
			    d->note.name, what, fn);
	return -EBADMSG;
}

/**
 * domain_ops_check - take over what an image's entry point returned
 * @d: the domain, loaded, with its note and its interface
 * @ops: the address it returned, which may be anything
 *
 * Everything is copied first and checked then, so that what is used is what was
 * checked, whatever the image does to its own data later.
 *
 * Context: process context.
 * Return: 0; -EBADMSG if something points out of the image or has an impossible
 * value; -EPROTO if it is of another size or number of methods than the note
 * announces.
 */
int domain_ops_check(struct domain *d, const struct domain_image_ops *ops)
{
	const void *const *methods;
	unsigned int i;
	int ret;

	if (!IS_ALIGNED((unsigned long)ops, sizeof(u64)) ||
	    !domain_in_image(d, ops, sizeof(*ops))) {
		pr_warn_ratelimited("domain %s: the entry point returned %p, outside of the image\n",
				    d->note.name, ops);
		return -EBADMSG;
	}
	d->ops = *ops;
	if (d->ops.size < sizeof(*ops) ||
	    d->ops.nr_methods != d->note.interface_minor) {
		pr_warn_ratelimited("domain %s: ops of %u bytes with %u methods, expected %zu with %u\n",
				    d->note.name, d->ops.size,
				    d->ops.nr_methods, sizeof(*ops),
				    d->note.interface_minor);
		return -EPROTO;
	}
	if (d->ops.state_size > DOMAIN_STATE_MAX) {
		pr_warn_ratelimited("domain %s: state_size %llu exceeds %u\n",
				    d->note.name, d->ops.state_size,
				    DOMAIN_STATE_MAX);
		return -EBADMSG;
	}

	methods = d->ops.methods;
	if (!IS_ALIGNED((unsigned long)methods, sizeof(void *)) ||
	    !domain_in_image(d, methods,
			     d->ops.nr_methods * sizeof(*methods))) {
		pr_warn_ratelimited("domain %s: methods at %p, outside of the image\n",
				    d->note.name, methods);
		return -EBADMSG;
	}
	for (i = 0; i < d->iface->nr_methods; i++) {
		const void *fn = NULL;

		if (i < d->ops.nr_methods)
			fn = methods[i];
		ret = domain_fn_check(d, fn, d->iface->methods[i].name);
		if (ret)
			return ret;
		d->method[i] = fn ? (domain_fn_t)fn : domain_method_empty;
	}

	ret = domain_fn_check(d, d->ops.init, "init");
	ret = ret ?: domain_fn_check(d, d->ops.exit, "exit");
	ret = ret ?: domain_fn_check(d, d->ops.export_state, "export_state");
	ret = ret ?: domain_fn_check(d, d->ops.import_state, "import_state");
	return ret ?: domain_fn_check(d, d->ops.timer, "timer");
}
