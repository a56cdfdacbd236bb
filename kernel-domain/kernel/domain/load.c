// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: from an image file to a domain that can be bound, and back
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kernel_read_file.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <asm/elf.h>

#include <trace/events/domain.h>

#include "domain.h"
#include "image.h"
#include "memory.h"

static const char * const domain_state_names[] = {
	[DOMAIN_LOADED] = "loaded",
	[DOMAIN_BINDING] = "binding",
	[DOMAIN_ACTIVE] = "active",
	[DOMAIN_RETIRING] = "retiring",
	[DOMAIN_RETIRED] = "retired",
	[DOMAIN_FAILED] = "failed",
	[DOMAIN_UNLOADING] = "unloading",
	[DOMAIN_DEAD] = "dead",
};
static_assert(ARRAY_SIZE(domain_state_names) == DOMAIN_NR_STATES);

/**
 * domain_state_name - what a state is called
 * @state: the state
 *
 * Return: its name.
 */
const char *domain_state_name(enum domain_state state)
{
	return domain_state_names[state];
}

/**
 * domain_claim - change a domain's state if it is the expected one
 * @d: the domain
 * @from: the expected state
 * @to: the next one
 *
 * Of several who want a domain, one gets it.
 *
 * Context: any.
 * Return: whether it was changed.
 */
bool domain_claim(struct domain *d, enum domain_state from, enum domain_state to)
{
	return atomic_cmpxchg(&d->state, from, to) == from;
}

/**
 * domain_alloc - a domain without an image
 * @iface: the interface that it will implement
 *
 * Context: process context. May sleep.
 * Return: the domain or NULL.
 */
struct domain *domain_alloc(const struct domain_interface *iface)
{
	struct domain *d = kzalloc(struct_size(d, method, iface->nr_methods),
				   GFP_KERNEL);

	if (!d)
		return NULL;
	d->iface = iface;
	domain_set_checked(d, false);
	refcount_set(&d->refs, 1);
	INIT_LIST_HEAD(&d->shared);
	INIT_LIST_HEAD(&d->text_list);
	INIT_WORK(&d->retire_work, domain_retire_work);
	init_completion(&d->retired);
	domain_fault_init(d);
	domain_timers_init(d);
	ratelimit_state_init(&d->prints, DEFAULT_RATELIMIT_INTERVAL,
			     DOMAIN_PRINT_BURST);
	return d;
}

static void domain_free(struct domain *d)
{
	/* while the report has the names */
	domain_fault_flush(d);
	domain_symbols_del(d);
	/* nobody finds it any more, to kill it */
	domain_fault_flush(d);
	domain_memory_free(&d->memory);
	domain_symbols_free(d);
	if (d->file) {
		domain_file_put(d->file);
		domain_watchdog_put();
	}
	module_put(d->iface->owner);
	kfree(d);
}

/**
 * domain_put - return a reference of a domain
 * @d: the domain, or NULL
 *
 * Context: process context. May sleep.
 */
void domain_put(struct domain *d)
{
	if (d && refcount_dec_and_test(&d->refs))
		domain_free(d);
}

static int domain_parse(const void *buf, size_t len,
			struct domain_image_layout *layout)
{
	const struct domain_image_target target = {
		.machine = ELF_ARCH,
		.page_size = PAGE_SIZE,
	};
	struct domain_image_error error;
	char why[128];
	int ret;

	ret = domain_image_parse(buf, len, &target, layout, &error);
	if (ret) {
		domain_image_describe(&error, why, sizeof(why));
		pr_warn_ratelimited("domain: image refused: %s\n", why);
	}
	return ret;
}

/* The interface, with a reference of its module that goes with the domain's memory */
static const struct domain_interface *
domain_match_interface(const struct domain_image_note *note)
{
	const struct domain_interface *iface;

	guard(mutex)(&domain_registry_lock);
	iface = domain_interface_find(note->interface);
	if (!iface) {
		pr_warn_ratelimited("domain %s: no interface \"%s\"\n",
				    note->name, note->interface);
		return ERR_PTR(-ENOENT);
	}
	if (!domain_interface_fits(iface, note->interface_major,
				   note->interface_minor,
				   note->interface_hash)) {
		pr_warn_ratelimited("domain %s: interface %s %u.%u hash %#llx, the kernel has %u.%u and another layout or fewer methods\n",
				    note->name, note->interface,
				    note->interface_major, note->interface_minor,
				    note->interface_hash, iface->major,
				    iface->nr_methods);
		return ERR_PTR(-EPROTO);
	}
	/* on its way out: as good as gone */
	return try_module_get(iface->owner) ? iface : ERR_PTR(-ENOENT);
}

/* Ask the image where things are; it runs for the first time */
static int domain_start(struct domain *d, const struct domain_image_layout *layout)
{
	const void *entry = d->memory.base + layout->entry;
	long ops;

	ops = domain_enter_lifecycle(d, entry, 0,
				     (unsigned long)&domain_services, 0, 0);
	if (ops == -ENOBUFS || ops == -EOWNERDEAD)
		return ops;
	return domain_ops_check(d, (const void *)ops);
}

static int domain_set_up(struct domain *d, const void *buf,
			 const struct domain_image_layout *layout, bool show)
{
	int ret;

	d->note = layout->note;
	ret = domain_memory_map(&d->memory, buf, layout);
	if (ret)
		return ret;
	ret = domain_symbols_add(d, buf, layout);
	if (ret)
		return ret;
	ret = domain_start(d, layout);
	if (ret)
		return ret;
	return domain_register(d, show);
}

static struct domain_file *domain_file_create(const void *buf, size_t len,
					      bool is_signed, size_t heap_limit)
{
	struct domain_file *file;

	file = kvmalloc_flex(*file, data, len);
	if (!file)
		return NULL;
	refcount_set(&file->refs, 1);
	file->is_signed = is_signed;
	file->heap_limit = heap_limit;
	file->len = len;
	memcpy(file->data, buf, len);
	return file;
}

/**
 * domain_file_put - return a reference of an image's bytes
 * @file: the bytes, or NULL
 *
 * Context: process context. May sleep.
 */
void domain_file_put(struct domain_file *file)
{
	if (file && refcount_dec_and_test(&file->refs))
		kvfree(file);
}

/**
 * domain_load_file - make a domain of an image whose signature was checked
 * @file: the image's bytes, and the most bytes of memory that it may have
 * @show: see domain_register()
 *
 * Context: process context. May sleep.
 * Return: as domain_load().
 */
struct domain *domain_load_file(struct domain_file *file, bool show)
{
	struct domain_image_layout *layout __free(kfree) = kzalloc_obj(*layout);
	const struct domain_interface *iface;
	ktime_t start = ktime_get();
	struct domain *d;
	int ret;

	if (!layout)
		return ERR_PTR(-ENOMEM);
	ret = domain_parse(file->data, file->len, layout);
	if (ret)
		return ERR_PTR(ret);
	iface = domain_match_interface(&layout->note);
	if (IS_ERR(iface))
		return ERR_CAST(iface);

	d = domain_alloc(iface);
	if (!d) {
		module_put(iface->owner);
		return ERR_PTR(-ENOMEM);
	}
	refcount_inc(&file->refs);
	d->file = file;
	domain_watchdog_get();
	d->is_signed = file->is_signed;
	domain_set_checked(d, layout->note.flags & DOMAIN_IMAGE_CHECKED);
	d->validate_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	domain_ledger_init(&d->ledger, file->heap_limit);
	refcount_inc(&d->refs);

	start = ktime_get();
	ret = domain_set_up(d, file->data, layout, show);
	d->load_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	trace_domain_load(layout->note.name, ret ? 0 : d->id, file->len, ret);
	if (ret) {
		domain_free(d);
		return ERR_PTR(ret);
	}
	return d;
}

/**
 * domain_load - make a domain of an image
 * @buf: the image file's bytes, which nobody changes meanwhile
 * @len: their number
 * @heap_limit: the most bytes of memory it may have, shared objects, handles and
 *	the kernel's records of them included; 0 for DOMAIN_HEAP_DEFAULT, at most
 *	DOMAIN_HEAP_MAX
 *
 * The domain keeps a copy of the bytes, to start anew after a crash.
 *
 * Context: process context. May sleep. The caller has checked who asks.
 * Return: the domain, which the registry holds and the caller has a reference
 * of, or an error pointer: -EINVAL if the limit is out of range; whatever the
 * parser says of a malformed image; -ENOENT if there is no such interface;
 * -EPROTO or -EBADMSG if the image does not fit it; -EKEYREJECTED, -EPERM and
 * others if the signature does not suffice; -ENOEXEC if its memory could not be
 * protected; -EOWNERDEAD if its entry point crashed; -ENOMEM.
 */
struct domain *domain_load(const void *buf, size_t len, size_t heap_limit)
{
	ktime_t start = ktime_get();
	struct domain_file *file;
	bool is_signed = false;
	struct domain *d;
	u64 check_ns;
	int ret;

	if (!heap_limit)
		heap_limit = DOMAIN_HEAP_DEFAULT;
	if (heap_limit > DOMAIN_HEAP_MAX) {
		pr_warn_ratelimited("domain: heap limit %zu, at most %lu\n",
				    heap_limit, DOMAIN_HEAP_MAX);
		return ERR_PTR(-EINVAL);
	}
	ret = domain_signature_check(buf, &len, &is_signed);
	if (ret)
		return ERR_PTR(ret);
	file = domain_file_create(buf, len, is_signed, heap_limit);
	if (!file)
		return ERR_PTR(-ENOMEM);
	check_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	d = domain_load_file(file, true);
	if (!IS_ERR(d))
		d->validate_ns += check_ns;
	domain_file_put(file);
	return d;
}

/**
 * domain_load_fd - make a domain of an image file
 * @fd: file descriptor, open for reading
 * @heap_limit: see domain_load()
 *
 * Context: process context. May sleep.
 * Return: as domain_load(); -EPERM if the administrator lets no modules in;
 * what reading the file returns.
 */
struct domain *domain_load_fd(int fd, size_t heap_limit)
{
	void *buf __free(kvfree) = NULL;
	ssize_t len;

	if (module_loading_disabled())
		return ERR_PTR(-EPERM);
	len = kernel_read_file_from_fd(fd, 0, &buf, DOMAIN_IMAGE_MAX_FILE, NULL,
				       READING_DOMAIN_IMAGE);
	if (len < 0)
		return ERR_PTR(len);
	return domain_load(buf, len, heap_limit);
}

/**
 * domain_unload - remove a domain that is not bound
 * @d: the domain, which the caller has a reference of
 *
 * Its memory goes with the last reference. The slot that it was bound to can be
 * destroyed afterwards.
 *
 * Context: process context. May sleep.
 * Return: 0 or -EBUSY if it is bound, on its way in or out, or being unloaded.
 */
int domain_unload(struct domain *d)
{
	if (!domain_claim(d, DOMAIN_LOADED, DOMAIN_UNLOADING)) {
		if (!domain_claim(d, DOMAIN_RETIRED, DOMAIN_UNLOADING) &&
		    !domain_claim(d, DOMAIN_FAILED, DOMAIN_UNLOADING))
			return -EBUSY;
		/* what is left of it then is its reference of the slot */
		wait_for_completion(&d->retired);
	}
	domain_unregister(d);
	domain_put(d);
	return 0;
}
