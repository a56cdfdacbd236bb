// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: the ledger of what a domain has obtained
 *
 * Whatever a service gives away for good is an entry here until it is given
 * back, so that a domain can be taken away whole, and what it hands to a
 * service is believed only if it is found here.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "domain.h"

static const char * const domain_res_names[] = {
	[DOMAIN_RES_HEAP] = "memory",
	[DOMAIN_RES_SLOT] = "slot handle",
};
static_assert(ARRAY_SIZE(domain_res_names) == DOMAIN_RES_NR);

/**
 * domain_res_name - what a kind of resource is called
 * @res: the kind
 *
 * Return: its name.
 */
const char *domain_res_name(enum domain_res res)
{
	return domain_res_names[res];
}

/**
 * domain_ledger_init - an empty ledger
 * @ledger: the ledger
 * @limit: the most bytes that may be charged to it
 */
void domain_ledger_init(struct domain_ledger *ledger, size_t limit)
{
	spin_lock_init(&ledger->lock);
	ledger->tree = RB_ROOT;
	ledger->limit = limit;
}

/**
 * domain_ledger_charge - reserve bytes before they are allocated
 * @ledger: the ledger
 * @size: bytes
 *
 * Charging comes first, so that two allocations at once cannot pass the limit
 * together.
 *
 * Context: any but NMI.
 * Return: 0 or -ENOMEM if the limit would be exceeded.
 */
int domain_ledger_charge(struct domain_ledger *ledger, size_t size)
{
	guard(spinlock_irqsave)(&ledger->lock);
	if (ledger->bytes > ledger->limit ||
	    size > ledger->limit - ledger->bytes)
		return -ENOMEM;
	ledger->bytes += size;
	ledger->peak = max(ledger->peak, ledger->bytes);
	return 0;
}

/**
 * domain_ledger_charge_given - charge what a domain got from another, or the kernel
 * @ledger: the ledger
 * @size: bytes
 *
 * It has agreed to take it, and nothing can be refused any more, so this may
 * exceed the limit. Then the domain can allocate nothing until it has freed
 * enough.
 *
 * Context: any but NMI.
 */
void domain_ledger_charge_given(struct domain_ledger *ledger, size_t size)
{
	guard(spinlock_irqsave)(&ledger->lock);
	ledger->bytes += size;
	ledger->peak = max(ledger->peak, ledger->bytes);
}

/**
 * domain_ledger_cost - what an allocation costs
 * @size: bytes that the domain asks for
 * @record: bytes of the kernel's record of it
 *
 * A limit of what domains ask for would be none: the smallest allocation takes
 * many times its size.
 *
 * Return: the bytes that are taken for both.
 */
size_t domain_ledger_cost(size_t size, size_t record)
{
	return kmalloc_size_roundup(size) + kmalloc_size_roundup(record);
}

/**
 * domain_ledger_uncharge - return bytes of domain_ledger_charge()
 * @ledger: the ledger
 * @size: bytes
 *
 * Context: any but NMI.
 */
void domain_ledger_uncharge(struct domain_ledger *ledger, size_t size)
{
	guard(spinlock_irqsave)(&ledger->lock);
	ledger->bytes -= size;
}

static int domain_entry_cmp(enum domain_res res, unsigned long key,
			    const struct domain_entry *entry)
{
	return cmp_int(res, entry->res) ?: cmp_int(key, entry->key);
}

static bool domain_entry_less(struct rb_node *a, const struct rb_node *b)
{
	const struct domain_entry *ea = rb_entry(a, struct domain_entry, node);

	return domain_entry_cmp(ea->res, ea->key,
				rb_entry(b, struct domain_entry, node)) < 0;
}

static struct domain_entry *domain_ledger_search(struct domain_ledger *ledger,
						 enum domain_res res,
						 unsigned long key)
{
	struct rb_node *node = ledger->tree.rb_node;

	lockdep_assert_held(&ledger->lock);
	while (node) {
		struct domain_entry *entry;
		int cmp;

		entry = rb_entry(node, struct domain_entry, node);
		cmp = domain_entry_cmp(res, key, entry);
		if (!cmp)
			return entry;
		node = cmp < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/**
 * domain_ledger_add - enter what a domain obtained
 * @ledger: the ledger
 * @entry: the entry, not the caller's any more: another call of the domain may
 *	have it freed before this returns; if its key is 0 it gets the next handle
 *
 * Context: any but NMI.
 * Return: the entry's key.
 */
unsigned long domain_ledger_add(struct domain_ledger *ledger,
				struct domain_entry *entry)
{
	guard(spinlock_irqsave)(&ledger->lock);
	if (!entry->key)
		entry->key = ++ledger->next_handle;
	rb_add(&entry->node, &ledger->tree, domain_entry_less);
	ledger->count[entry->res]++;
	return entry->key;
}

static void domain_ledger_remove(struct domain_ledger *ledger,
				 struct domain_entry *entry)
{
	rb_erase(&entry->node, &ledger->tree);
	ledger->count[entry->res]--;
	ledger->bytes -= entry->cost;
	if (entry->res == DOMAIN_RES_HEAP)
		WRITE_ONCE(ledger->heap_frees, ledger->heap_frees + 1);
}

/**
 * domain_ledger_take - remove an entry that the domain gives back
 * @ledger: the ledger
 * @res: the kind of resource
 * @key: its address or handle, not trusted
 *
 * Context: any but NMI.
 * Return: the entry, which is the caller's to free, or NULL if the domain does
 * not own such a thing; the ledger counts that.
 */
struct domain_entry *domain_ledger_take(struct domain_ledger *ledger,
					enum domain_res res, unsigned long key)
{
	struct domain_entry *entry;

	guard(spinlock_irqsave)(&ledger->lock);
	entry = domain_ledger_search(ledger, res, key);
	if (entry)
		domain_ledger_remove(ledger, entry);
	else
		ledger->refused++;
	return entry;
}

/**
 * domain_ledger_span - the allocation around an address
 * @ledger: the ledger
 * @addr: the address, not trusted
 * @span: set to the allocation's first byte and the one after its last
 * @frees: set to @ledger->heap_frees: until that changes, the allocation is there
 *
 * Context: any but NMI.
 * Return: whether there is one.
 */
bool domain_ledger_span(struct domain_ledger *ledger, unsigned long addr,
			struct domain_span *span, unsigned long *frees)
{
	const struct domain_entry *entry, *last = NULL;
	struct rb_node *node;

	guard(spinlock_irqsave)(&ledger->lock);
	node = ledger->tree.rb_node;
	while (node) {
		entry = rb_entry(node, struct domain_entry, node);
		if (domain_entry_cmp(DOMAIN_RES_HEAP, addr, entry) < 0) {
			node = node->rb_left;
		} else {
			last = entry;
			node = node->rb_right;
		}
	}
	if (!last || last->res != DOMAIN_RES_HEAP || addr - last->key >= last->size)
		return false;
	*span = (struct domain_span){ last->key, last->key + last->size };
	*frees = ledger->heap_frees;
	return true;
}

/**
 * domain_ledger_slot - the slot behind a handle
 * @ledger: the ledger
 * @handle: the handle, not trusted
 * @nr: number of a method; if the handle was not opened for that, set to one
 *	that no interface has
 *
 * Context: any but NMI.
 * Return: the slot, to be returned with domain_slot_put(), or NULL if the
 * domain has no such handle.
 */
struct domain_slot *domain_ledger_slot(struct domain_ledger *ledger,
				       unsigned long handle, u64 *nr)
{
	struct domain_entry *entry;
	struct domain_slot *slot;

	guard(spinlock_irqsave)(&ledger->lock);
	entry = domain_ledger_search(ledger, DOMAIN_RES_SLOT, handle);
	if (!entry)
		return NULL;
	if (*nr >= entry->nr_methods)
		*nr = U64_MAX;
	slot = entry->ptr;
	refcount_inc(&slot->refs);
	return slot;
}

/**
 * domain_ledger_pop - remove any entry, for reclaim
 * @ledger: the ledger
 *
 * Context: any but NMI.
 * Return: an entry, which is the caller's to free, or NULL if there are none.
 */
struct domain_entry *domain_ledger_pop(struct domain_ledger *ledger)
{
	struct domain_entry *entry;
	struct rb_node *node;

	guard(spinlock_irqsave)(&ledger->lock);
	node = rb_first(&ledger->tree);
	if (!node)
		return NULL;
	entry = rb_entry(node, struct domain_entry, node);
	domain_ledger_remove(ledger, entry);
	ledger->leaked++;
	return entry;
}
