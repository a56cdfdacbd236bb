// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: the addresses and names of their functions, for stack traces
 *
 * Lookups come from any context, NMI included, and walk a list under RCU. A
 * function shows as "image:function".
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "domain.h"
#include "image.h"

static LIST_HEAD(domain_texts);		/* domain_texts_lock, RCU for readers */
static DEFINE_SPINLOCK(domain_texts_lock);

static struct domain *domain_find_text(unsigned long addr)
{
	struct domain *d;

	list_for_each_entry_rcu(d, &domain_texts, text_list)
		if (addr >= d->memory.text && addr < d->memory.text_end)
			return d;
	return NULL;
}

/**
 * domain_text_address - is this an address in the text of a domain?
 * @addr: the address
 *
 * Context: any in which RCU is watching.
 * Return: whether it is.
 */
bool domain_text_address(unsigned long addr)
{
	guard(rcu)();
	return domain_find_text(addr);
}

/**
 * domain_address_lookup - the name of a domain's function, for kallsyms
 * @addr: the address
 * @size: set to the function's size, if not NULL
 * @offset: set to the offset of @addr in it, if not NULL
 * @namebuf: filled in, KSYM_NAME_LEN bytes
 *
 * Context: any in which RCU is watching.
 * Return: the length of the name, 0 if @addr is not in a domain.
 */
int domain_address_lookup(unsigned long addr, unsigned long *size,
			  unsigned long *offset, char *namebuf)
{
	unsigned long start, bytes;
	unsigned int low = 0, high;
	const char *name;
	struct domain *d;

	guard(rcu)();
	d = domain_find_text(addr);
	if (!d)
		return 0;

	/* the last symbol that does not start after the address */
	high = d->nr_symbols;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (d->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low) {
		const struct domain_symbol *symbol = &d->symbols[low - 1];

		start = symbol->addr;
		bytes = symbol->size;
		name = d->symbol_names + symbol->name;
	} else {
		start = d->memory.text;
		bytes = d->memory.text_end - d->memory.text;
		name = "text";
	}
	if (size)
		*size = bytes;
	if (offset)
		*offset = addr - start;
	/* with a precision: a name may be as long as the file */
	return scnprintf(namebuf, KSYM_NAME_LEN, "%s:%.*s", d->note.name,
			 KSYM_NAME_LEN, name);
}

static int domain_symbol_cmp(const void *a, const void *b)
{
	const struct domain_symbol *sa = a, *sb = b;

	return cmp_int(sa->addr, sb->addr);
}

/**
 * domain_symbols_add - learn an image's functions and let its text be found
 * @d: the domain, whose memory is mapped
 * @buf: the image file's bytes
 * @layout: what the parser found in them
 *
 * Context: process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int domain_symbols_add(struct domain *d, const void *buf,
		       const struct domain_image_layout *layout)
{
	const char *names = buf + layout->strtab_offset;
	struct domain_image_symbol symbol;
	unsigned int n = 0;
	u32 i;

	for (i = 0; i < layout->nr_symbols; i++)
		n += domain_image_read_symbol(buf, layout, i, &symbol);
	if (n) {
		d->symbols = kvmalloc_objs(*d->symbols, n);
		/* the whole table: many symbols can have one long name */
		d->symbol_names = kvmemdup(names, layout->strtab_size, GFP_KERNEL);
		if (!d->symbols || !d->symbol_names)
			return -ENOMEM;
	}
	for (i = 0; i < layout->nr_symbols; i++) {
		struct domain_symbol *to = &d->symbols[d->nr_symbols];

		if (!domain_image_read_symbol(buf, layout, i, &symbol))
			continue;
		to->addr = (unsigned long)d->memory.base + symbol.addr;
		to->size = symbol.size;
		to->name = symbol.name - names;
		d->nr_symbols++;
	}
	sort_nonatomic(d->symbols, d->nr_symbols, sizeof(*d->symbols),
		       domain_symbol_cmp, NULL);

	guard(spinlock_irqsave)(&domain_texts_lock);
	list_add_rcu(&d->text_list, &domain_texts);
	return 0;
}

/**
 * domain_has_text - is this a domain whose text can be found?
 * @d: a pointer that need not lead to a domain
 *
 * Context: any, within an RCU reader, until the end of which the domain stays.
 * Return: whether it is.
 */
bool domain_has_text(const struct domain *d)
{
	const struct domain *it;

	list_for_each_entry_rcu(it, &domain_texts, text_list)
		if (it == d)
			return true;
	return false;
}

/**
 * domain_symbols_del - let a domain's text be found no more
 * @d: the domain
 *
 * Context: process context. May sleep: afterwards no lookup uses the domain.
 */
void domain_symbols_del(struct domain *d)
{
	scoped_guard(spinlock_irqsave, &domain_texts_lock)
		if (!list_empty(&d->text_list))
			list_del_rcu(&d->text_list);
	synchronize_rcu();
}

/**
 * domain_symbols_free - forget an image's functions
 * @d: the domain, after domain_symbols_del()
 */
void domain_symbols_free(struct domain *d)
{
	kvfree(d->symbols);
	kvfree(d->symbol_names);
}
