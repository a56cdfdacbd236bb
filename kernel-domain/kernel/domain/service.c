// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: the table of what an image can ask for
 *
 * The kernel knows who asks from the task's chain of frames, so that nobody
 * can ask in another's name. Arguments are checked here, and memory that an
 * image points to is touched only in ways that survive a bad pointer: a fault
 * in a service is the kernel's own fault and is not recovered from.
 *
 * No service hands out a lock, or anything else that would have to be released
 * for the kernel to go on if the domain does not come back.
 */
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/nospec.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "gate.h"

#define DOMAIN_PRINT_MAX	256

/*
 * Who asks, and a mark in its frame while the service runs, so that a fault in
 * here is told apart from one in the image. At the entry point a domain has no
 * number yet: it would ask in the kernel's name, and a domain that is refused, or
 * never bound, has nobody who takes back what it obtained.
 */
static struct domain_frame *domain_service_begin(void)
{
	struct domain_frame *frame = current->domain_frame;

	if (!frame || frame->domain->id == DOMAIN_ID_KERNEL)
		return NULL;
	frame->in_service++;
	return frame;
}

static void domain_service_end(struct domain_frame *frame)
{
	if (frame)
		frame->in_service--;
}

DEFINE_CLASS(domain_asker, struct domain_frame *, domain_service_end(_T),
	     domain_service_begin(), void)

static gfp_t domain_gfp(const struct domain_frame *frame)
{
	return frame->flags & DOMAIN_FRAME_MAY_SLEEP ? GFP_KERNEL : GFP_NOWAIT;
}

static long domain_svc_print(u64 level, const char *text, u64 len)
{
	CLASS(domain_asker, frame)();
	char line[DOMAIN_PRINT_MAX + 1];
	size_t i;

	if (!frame)
		return -EPERM;
	if (level > LOGLEVEL_DEBUG || len > DOMAIN_PRINT_MAX)
		return -EINVAL;
	if (copy_from_kernel_nofault(line, text, len))
		return -EFAULT;
	if (!___ratelimit(&frame->domain->prints, frame->domain->note.name))
		return 0;
	/* one line, whatever the image put into it */
	for (i = 0; i < len && line[i]; i++)
		if (line[i] < ' ' && line[i] != '\t')
			line[i] = ' ';
	line[i] = '\0';
	printk("%c%cdomain %s: %s\n", KERN_SOH_ASCII, (char)('0' + level),
	       frame->domain->note.name, line);
	return 0;
}

static u64 domain_svc_time_ns(void)
{
	return ktime_get_ns();
}

static void *domain_svc_alloc(u64 size)
{
	CLASS(domain_asker, frame)();

	return frame ? domain_heap_alloc(frame->domain, size, domain_gfp(frame)) :
		       NULL;
}

static long domain_svc_free(void *p)
{
	CLASS(domain_asker, frame)();

	return frame ? domain_heap_free(frame->domain, p) : -EPERM;
}

static void *domain_svc_shared_alloc(u64 size, u64 type)
{
	CLASS(domain_asker, frame)();
	void *data;

	if (!frame || type > U32_MAX ||
	    !domain_shared_create(frame->domain, size, type, domain_gfp(frame),
				  &data))
		return NULL;
	return data;
}

static long domain_svc_shared_free(void *payload)
{
	CLASS(domain_asker, frame)();

	return frame ? domain_shared_release(payload, frame->domain->id) : -EPERM;
}

/* The store of the slot that the domain is bound to, or is about to be */
static struct domain_store *domain_frame_store(struct domain_frame *frame)
{
	return frame && frame->domain->slot ? &frame->domain->slot->store : NULL;
}

/*
 * What a successor wrote in init() or import_state() would stay when it is
 * rolled back. A predecessor whose last calls are under way still writes, or
 * those would fail because of the update.
 */
static bool domain_may_write_store(const struct domain *d)
{
	int state = atomic_read(&d->state);

	return state == DOMAIN_ACTIVE || state == DOMAIN_RETIRING;
}

static long domain_svc_state_put(u64 key, u64 type, u64 version,
				 const void *buf, u64 len)
{
	CLASS(domain_asker, frame)();
	struct domain_store *store = domain_frame_store(frame);

	if (!store || !domain_may_write_store(frame->domain))
		return -EPERM;
	if (type > U32_MAX || version > U32_MAX)
		return -EINVAL;
	return domain_store_put(store, key, type, version, buf, len,
				domain_gfp(frame));
}

static long domain_svc_state_get(u64 key, u64 type, u64 version, void *buf,
				 u64 len)
{
	CLASS(domain_asker, frame)();
	struct domain_store *store = domain_frame_store(frame);

	if (!store)
		return -EPERM;
	if (type > U32_MAX || version > U32_MAX)
		return -EINVAL;
	if (!domain_may_write(frame, buf, len, domain_caller_sp()))
		return -EFAULT;
	return domain_store_get(store, key, type, version, buf, len);
}

static long domain_svc_timer_arm(u64 id, u64 delay_ns, u64 period_ns)
{
	CLASS(domain_asker, frame)();

	if (!frame || !frame->domain->slot)
		return -EPERM;
	return domain_timer_arm(frame->domain, id, delay_ns, period_ns);
}

static long domain_svc_timer_cancel(u64 id)
{
	CLASS(domain_asker, frame)();

	return frame ? domain_timer_cancel(frame->domain, id) : -EPERM;
}

static long domain_svc_slot_open(const char *name, u64 major, u64 hash,
				 u64 nr_methods)
{
	CLASS(domain_asker, frame)();
	struct domain_entry *entry __free(kfree) = NULL;
	char copy[DOMAIN_NAME_LEN + 1];
	struct domain_slot *slot;
	long ret;

	if (!frame)
		return -EPERM;
	/* finding a slot takes a mutex */
	if (!(frame->flags & DOMAIN_FRAME_MAY_SLEEP))
		return -EWOULDBLOCK;
	/* a name that is too long is cut, and must not be the name of another */
	ret = strncpy_from_kernel_nofault(copy, name, sizeof(copy));
	if (ret < 0)
		return -EFAULT;
	if (ret > DOMAIN_NAME_LEN)
		return -ENOENT;
	entry = kzalloc_obj(*entry);
	if (!entry)
		return -ENOMEM;
	slot = domain_slot_get(copy);
	if (!slot)
		return -ENOENT;
	/* the slot would wait for the handle, and the handle for the slot */
	if (slot == frame->domain->slot) {
		domain_slot_put(slot);
		return -EDEADLK;
	}
	/* of no methods, every interface has the same layout */
	if (!nr_methods ||
	    !domain_interface_fits(slot->iface, major, nr_methods, hash)) {
		domain_slot_put(slot);
		return -EPROTO;
	}
	entry->res = DOMAIN_RES_SLOT;
	entry->ptr = slot;
	entry->nr_methods = nr_methods;
	entry->cost = domain_ledger_cost(0, sizeof(*entry));
	if (domain_ledger_charge(&frame->domain->ledger, entry->cost)) {
		domain_slot_put(slot);
		return -ENOMEM;
	}
	return domain_ledger_add(&frame->domain->ledger, no_free_ptr(entry));
}

static long domain_svc_slot_close(u64 handle)
{
	CLASS(domain_asker, frame)();
	struct domain_entry *entry;

	if (!frame)
		return -EPERM;
	entry = domain_ledger_take(&frame->domain->ledger, DOMAIN_RES_SLOT,
				   handle);
	if (!entry)
		return -EBADF;
	domain_slot_put(entry->ptr);
	kfree(entry);
	return 0;
}

static bool domain_kind_sleeps(enum domain_kind kind)
{
	return kind == DOMAIN_KIND_SRCU || kind == DOMAIN_KIND_REF;
}

static long domain_slot_call_checked(struct domain_slot *slot, u64 nr,
				     const u64 *args,
				     struct domain_frame *frame,
				     unsigned long sp)
{
	struct domain_shared *obj[DOMAIN_MAX_ARGS] = {};
	const struct domain_method *method;
	unsigned long arg[DOMAIN_MAX_ARGS] = {};
	unsigned int i;
	long ret = 0;

	if (nr >= slot->iface->nr_methods)
		return -ENOSYS;
	if (domain_kind_sleeps(slot->iface->kind) &&
	    !(frame->flags & DOMAIN_FRAME_MAY_SLEEP))
		return -EWOULDBLOCK;
	nr = array_index_nospec(nr, slot->iface->nr_methods);
	method = &slot->iface->methods[nr];
	if (copy_from_kernel_nofault(arg, args, method->nr_args * sizeof(*arg)))
		return -EFAULT;
	for (i = 0; i < method->nr_args && !ret; i++) {
		/* nobody gives away what is not his own */
		if (!domain_may_write(frame, (void *)arg[i],
				      domain_arg_room(method, i, arg), sp))
			ret = -EFAULT;
		if (method->arg[i] != DOMAIN_ARG_LEND &&
		    method->arg[i] != DOMAIN_ARG_GIVE)
			continue;
		obj[i] = domain_shared_find((void *)arg[i], frame->domain->id);
		arg[i] = (unsigned long)obj[i];
		if (!obj[i])
			ret = -EPERM;
	}
	if (!ret)
		ret = domain_call_shared(arg[0], arg[1], arg[2], arg[3], slot,
					 nr);
	for (i = 0; i < DOMAIN_MAX_ARGS; i++)
		if (obj[i])
			domain_shared_put(obj[i]);
	return ret;
}

static long domain_svc_slot_call(u64 handle, u64 nr, const u64 *args)
{
	CLASS(domain_asker, frame)();
	struct domain_slot *slot;
	long ret;

	if (!frame)
		return -EPERM;
	slot = domain_ledger_slot(&frame->domain->ledger, handle, &nr);
	if (!slot)
		return -EBADF;
	ret = domain_slot_call_checked(slot, nr, args, frame, domain_caller_sp());
	domain_slot_put(slot);
	return ret;
}

static long domain_svc_sleep_ns(u64 ns)
{
	CLASS(domain_asker, frame)();

	if (!frame)
		return -EPERM;
	if (!(frame->flags & DOMAIN_FRAME_MAY_SLEEP))
		return -EWOULDBLOCK;
	if (ns > NSEC_PER_SEC)
		return -EINVAL;
	fsleep(DIV_ROUND_UP_ULL(ns, NSEC_PER_USEC));
	return 0;
}

const struct domain_services domain_services = {
	.size = sizeof(domain_services),
	.abi = DOMAIN_ABI_VERSION,
	.print = domain_svc_print,
	.time_ns = domain_svc_time_ns,
	.alloc = domain_svc_alloc,
	.free = domain_svc_free,
	.shared_alloc = domain_svc_shared_alloc,
	.shared_free = domain_svc_shared_free,
	.state_put = domain_svc_state_put,
	.state_get = domain_svc_state_get,
	.timer_arm = domain_svc_timer_arm,
	.timer_cancel = domain_svc_timer_cancel,
	.slot_open = domain_svc_slot_open,
	.slot_close = domain_svc_slot_close,
	.slot_call = domain_svc_slot_call,
	.sleep_ns = domain_svc_sleep_ns,
	.may_store = domain_svc_may_store,
};
