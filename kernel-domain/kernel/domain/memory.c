// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: the memory that an image runs in
 *
 * One allocation of the kind that module data has, writable and not
 * executable, is filled in and then protected: text read-only and executable,
 * rodata read-only, data as it is. Text of the module kind would come from
 * x86's cache of read-only huge pages, of which data in the middle would break
 * some. At no time is a page writable and executable.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/execmem.h>
#include <linux/pagewalk.h>
#include <linux/pgtable.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/set_memory.h>
#include <linux/vmalloc.h>

#include <asm/cacheflush.h>
#include <asm/domain.h>
#include <asm/tlbflush.h>

#include "memory.h"

static int domain_protect(unsigned long start, unsigned long end,
			  int (*set)(unsigned long addr, int numpages))
{
	int pages = PAGE_ALIGN(end - start) >> PAGE_SHIFT;

	return pages ? set(start, pages) : 0;
}

static int domain_memory_protect(const struct domain_memory *m)
{
	int ret;

	ret = domain_protect(m->rodata, m->rodata_end, set_memory_ro);
	ret = ret ?: domain_protect(m->rodata, m->rodata_end, set_memory_nx);
	ret = ret ?: domain_protect(m->data, m->data_end, set_memory_nx);
	return ret ?: domain_protect(m->text, m->text_end, set_memory_rox);
}

#ifdef CONFIG_ARCH_HAS_SET_MEMORY
struct domain_verify {
	const struct domain_memory *m;
	unsigned long pages;
};

static bool domain_verify_in(unsigned long addr, unsigned long start,
			     unsigned long end)
{
	return addr >= start && addr < PAGE_ALIGN(end);
}

static int domain_verify_pte(pte_t *ptep, unsigned long addr,
			     unsigned long next, struct mm_walk *walk)
{
	struct domain_verify *v = walk->private;
	const struct domain_memory *m = v->m;
	pte_t pte = ptep_get(ptep);
	bool text = domain_verify_in(addr, m->text, m->text_end);
	bool rodata = domain_verify_in(addr, m->rodata, m->rodata_end);

	v->pages++;
	if (!pte_present(pte) || arch_domain_pte_exec(pte) != text ||
	    ((text || rodata) && pte_write(pte)))
		return -ENOEXEC;
	return 0;
}

static const struct mm_walk_ops domain_verify_ops = {
	.pte_entry = domain_verify_pte,
};

/**
 * domain_memory_verify - look the permissions of an image up in the page tables
 * @m: the image's memory
 *
 * The functions that set permissions succeed where they do nothing, so what
 * they did is checked. A huge page counts as a failure: it would be no page of
 * its own.
 *
 * Context: process context. The memory is the caller's alone.
 * Return: 0 or -ENOEXEC if a page is not as it should be.
 */
int domain_memory_verify(const struct domain_memory *m)
{
	struct domain_verify v = { .m = m };
	unsigned long start = (unsigned long)m->base;
	int ret;

	ret = walk_kernel_page_table_range_lockless(start, start + m->size,
						    &domain_verify_ops, NULL,
						    &v);
	if (ret || v.pages != m->size >> PAGE_SHIFT)
		return -ENOEXEC;
	return 0;
}
#else
/* Without permissions, as on UML, there is nothing to verify */
int domain_memory_verify(const struct domain_memory *m)
{
	return 0;
}
#endif

static void domain_segment(const struct domain_memory *m,
			   const struct domain_image_segment *segment,
			   unsigned long *start, unsigned long *end)
{
	*start = (unsigned long)m->base + segment->vaddr;
	*end = *start + segment->memsz;
}

/**
 * domain_memory_map - put an image into memory, ready to run
 * @m: filled in
 * @buf: the image file's bytes
 * @layout: what the parser found in them
 *
 * Context: process context. May sleep.
 * Return: 0, -ENOMEM, -ENOEXEC if the permissions are not as they should be,
 * or what setting them returned. After an error @m is empty.
 */
int domain_memory_map(struct domain_memory *m, const void *buf,
		      const struct domain_image_layout *layout)
{
	const struct domain_image_segment *segment = layout->segment;
	int ret;

	m->base = execmem_alloc_rw(EXECMEM_MODULE_DATA, layout->size);
	if (!m->base)
		return -ENOMEM;
	m->size = layout->size;
	set_vm_flush_reset_perms(m->base);
	domain_segment(m, &segment[DOMAIN_IMAGE_RODATA], &m->rodata,
		       &m->rodata_end);
	domain_segment(m, &segment[DOMAIN_IMAGE_TEXT], &m->text, &m->text_end);
	domain_segment(m, &segment[DOMAIN_IMAGE_DATA], &m->data, &m->data_end);

	domain_image_stage(buf, layout, m->base, (unsigned long)m->base);
	arch_domain_fill_thunks((void *)m->text, m->text, layout->thunks_size);

	ret = domain_memory_protect(m);
	if (!ret)
		ret = domain_memory_verify(m);
	if (ret) {
		pr_err("domain %s: cannot protect the image: %d\n",
		       layout->note.name, ret);
		domain_memory_free(m);
		return ret;
	}
	flush_icache_range(m->text, m->text_end);
	return 0;
}

/**
 * domain_memory_revoke - let nobody execute an image's text any more
 * @m: the image's memory, which may be empty
 *
 * Whoever is inside faults at the next instruction that is fetched, on any CPU.
 *
 * Context: process context. May sleep.
 */
void domain_memory_revoke(const struct domain_memory *m)
{
	if (!m->base)
		return;
	if (domain_protect(m->text, m->text_end, set_memory_nx))
		pr_err("domain: cannot revoke the text at %p\n", m->base);
	/* what the watchdog has revoked is not changed, hence not flushed, above */
	flush_tlb_kernel_range(m->text, PAGE_ALIGN(m->text_end));
}

/**
 * domain_memory_free - give an image's memory back
 * @m: the memory, which may be empty; nobody runs in it
 *
 * Context: process context. May sleep.
 */
void domain_memory_free(struct domain_memory *m)
{
	if (!m->base)
		return;
	execmem_free(m->base);
	*m = (struct domain_memory){};
}
