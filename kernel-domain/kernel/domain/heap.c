// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: private memory
 *
 * The kernel's allocator with an entry of the ledger for every allocation. The
 * entry is memory of its own: a domain that writes past the end of what it
 * allocated does not reach the kernel's records, and slab debugging and KASAN
 * work as for any other kmalloc() user.
 */
#include <linux/cleanup.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "domain.h"

/**
 * domain_heap_alloc - memory for a domain
 * @d: the domain
 * @size: bytes, 1 to KMALLOC_MAX_SIZE
 * @gfp: GFP_KERNEL or, where the domain must not sleep, GFP_NOWAIT
 *
 * Context: any but NMI that @gfp allows.
 * Return: zeroed memory, or NULL if the size is out of range, or the domain's
 * limit or memory is exhausted.
 */
void *domain_heap_alloc(struct domain *d, size_t size, gfp_t gfp)
{
	struct domain_entry *entry;
	size_t cost;
	void *p;

	if (!size || size > KMALLOC_MAX_SIZE)
		return NULL;
	cost = domain_ledger_cost(size, sizeof(*entry));
	if (domain_ledger_charge(&d->ledger, cost))
		return NULL;
	entry = kzalloc_obj(*entry, gfp | __GFP_NOWARN);
	if (!entry)
		goto err_uncharge;
	p = kzalloc(size, gfp | __GFP_NOWARN);
	if (!p)
		goto err_free;

	entry->res = DOMAIN_RES_HEAP;
	entry->key = (unsigned long)p;
	entry->ptr = p;
	entry->size = size;
	entry->cost = cost;
	domain_ledger_add(&d->ledger, entry);
	return p;

err_free:
	kfree(entry);
err_uncharge:
	domain_ledger_uncharge(&d->ledger, cost);
	return NULL;
}

/**
 * domain_heap_free - return memory of a domain
 * @d: the domain
 * @p: what domain_heap_alloc() gave it, not trusted; NULL is ignored
 *
 * Context: any but NMI.
 * Return: 0 or -EINVAL if @p is not the start of memory that @d owns, as after
 * it was freed once.
 */
int domain_heap_free(struct domain *d, const void *p)
{
	struct domain_entry *entry;

	if (!p)
		return 0;
	entry = domain_ledger_take(&d->ledger, DOMAIN_RES_HEAP,
				   (unsigned long)p);
	if (!entry) {
		pr_warn_ratelimited("domain %s: free of %p, which it does not own\n",
				    d->note.name, p);
		return -EINVAL;
	}
	kfree(entry->ptr);
	kfree(entry);
	return 0;
}

/**
 * domain_reclaim - take back all that a domain still has
 * @d: the domain, which does not run any more
 *
 * What is found was leaked, and is reported in one line per kind. Timers are
 * not leaks: a domain need not disarm them.
 *
 * Context: process context. May sleep.
 * Return: the number of leaked resources.
 */
unsigned int domain_reclaim(struct domain *d)
{
	unsigned int count[DOMAIN_RES_NR] = {}, total = 0, shared;
	size_t bytes[DOMAIN_RES_NR] = {};
	struct domain_entry *entry;
	enum domain_res res;

	domain_timers_kill(d);
	while ((entry = domain_ledger_pop(&d->ledger))) {
		count[entry->res]++;
		bytes[entry->res] += entry->size;
		switch (entry->res) {
		case DOMAIN_RES_HEAP:
			kfree(entry->ptr);
			break;
		case DOMAIN_RES_SLOT:
			domain_slot_put(entry->ptr);
			break;
		default:
			break;
		}
		kfree(entry);
		cond_resched();
	}
	for (res = 0; res < DOMAIN_RES_NR; res++) {
		total += count[res];
		if (count[res])
			pr_warn("domain %s (%u): leaked %u x %s, %zu bytes\n",
				d->note.name, d->id, count[res],
				domain_res_name(res), bytes[res]);
	}
	shared = domain_shared_reclaim(d);
	scoped_guard(spinlock_irqsave, &d->ledger.lock)
		d->ledger.leaked += shared;
	return total + shared;
}
