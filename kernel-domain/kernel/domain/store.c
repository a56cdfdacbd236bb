// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: the state store of a slot
 *
 * What a domain puts here is kernel memory of the slot's, and there for its
 * successor, whether the domain left in an update, was unloaded or died.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "domain.h"

struct domain_blob {
	u32 type;
	u32 version;
	size_t len;
	u8 data[] __counted_by(len);
};

/* What a blob costs: its memory, and all nodes of the xarray on the way to it */
static size_t domain_blob_cost(unsigned long key, size_t len)
{
	unsigned int nodes = DIV_ROUND_UP(max(fls64(key), 1), XA_CHUNK_SHIFT);

	if (!len)
		return 0;
	return kmalloc_size_roundup(sizeof(struct domain_blob) + len) +
	       nodes * sizeof(struct xa_node);
}

/**
 * domain_store_init - an empty store
 * @store: the store
 */
void domain_store_init(struct domain_store *store)
{
	xa_init_flags(&store->blobs, XA_FLAGS_LOCK_IRQ);
	store->bytes = 0;
}

/**
 * domain_store_destroy - free all that is stored
 * @store: the store, which nobody uses any more
 *
 * Context: process context.
 */
void domain_store_destroy(struct domain_store *store)
{
	struct domain_blob *blob;
	unsigned long key;

	xa_for_each(&store->blobs, key, blob)
		kfree(blob);
	xa_destroy(&store->blobs);
	store->bytes = 0;
}

/**
 * domain_store_put - store a blob, or remove it
 * @store: the store
 * @key: its key
 * @type: what it is
 * @version: version of @type's layout
 * @buf: the bytes, not trusted to be readable
 * @len: their number, up to DOMAIN_BLOB_MAX; 0 removes the key
 * @gfp: GFP_KERNEL or, where the caller must not sleep, GFP_NOWAIT
 *
 * The old blob stays until the new one is complete.
 *
 * Context: any but NMI that @gfp allows.
 * Return: 0; -E2BIG if @len is too large; -ENOSPC if the store would exceed
 * DOMAIN_STORE_MAX; -ENOMEM; -EFAULT.
 */
long domain_store_put(struct domain_store *store, unsigned long key, u32 type,
		      u32 version, const void *buf, size_t len, gfp_t gfp)
{
	struct domain_blob *blob __free(kfree) = NULL;
	struct domain_blob *old;
	unsigned long flags;
	size_t bytes;
	long ret = 0;

	if (len > DOMAIN_BLOB_MAX)
		return -E2BIG;
	if (len) {
		blob = kmalloc_flex(*blob, data, len, gfp | __GFP_NOWARN);
		if (!blob)
			return -ENOMEM;
		blob->len = len;
		blob->type = type;
		blob->version = version;
		if (copy_from_kernel_nofault(blob->data, buf, len))
			return -EFAULT;
	}

	/* GFP_NOWAIT: the lock is not dropped between the check and the store */
	xa_lock_irqsave(&store->blobs, flags);
	old = xa_load(&store->blobs, key);
	bytes = store->bytes + domain_blob_cost(key, len) -
		domain_blob_cost(key, old ? old->len : 0);
	if (len && bytes > DOMAIN_STORE_MAX) {
		ret = -ENOSPC;
		goto out;
	}
	old = blob ? __xa_store(&store->blobs, key, blob, GFP_NOWAIT) :
		     __xa_erase(&store->blobs, key);
	if (xa_is_err(old)) {
		ret = xa_err(old);
		goto out;
	}
	store->bytes = bytes;
	retain_and_null_ptr(blob);
	kfree(old);
out:
	xa_unlock_irqrestore(&store->blobs, flags);
	return ret;
}

/*
 * copy_to_kernel_nofault() survives unmapped kernel addresses only: of a user
 * address that the kernel touches (SMAP), some architectures make an oops
 * without a look at the exception table. What may be read tells what may not be
 * written.
 */
static long domain_store_copy_out(void *buf, const struct domain_blob *blob,
				  size_t room)
{
	size_t len = min(room, blob->len);

	if (len && (!copy_from_kernel_nofault_allowed(buf, len) ||
		    copy_to_kernel_nofault(buf, blob->data, len)))
		return -EFAULT;
	return blob->len;
}

/**
 * domain_store_get - copy a blob out
 * @store: the store
 * @key: its key
 * @type: what the caller takes it for
 * @version: the latest version of @type that the caller knows
 * @buf: where to, not trusted to be writable
 * @len: room there
 *
 * Context: any but NMI.
 * Return: the blob's length, of which at most @len bytes were copied; -ENOENT;
 * -EPROTOTYPE if it is of another type; -EPROTO if it is of a later version;
 * -EFAULT.
 */
long domain_store_get(struct domain_store *store, unsigned long key, u32 type,
		      u32 version, void *buf, size_t len)
{
	struct domain_blob *blob;
	unsigned long flags;
	long ret;

	xa_lock_irqsave(&store->blobs, flags);
	blob = xa_load(&store->blobs, key);
	if (!blob)
		ret = -ENOENT;
	else if (blob->type != type)
		ret = -EPROTOTYPE;
	else if (blob->version > version)
		ret = -EPROTO;
	else
		ret = domain_store_copy_out(buf, blob, len);
	xa_unlock_irqrestore(&store->blobs, flags);
	return ret;
}
