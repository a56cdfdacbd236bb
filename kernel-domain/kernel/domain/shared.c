// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: shared objects, whose owner changes with a call
 *
 * An object has one owner, a domain or the kernel, and only the owner may pass
 * it on or free it. The header is the kernel's; a domain sees the payload and
 * names the object by the payload's address, which is looked up, never
 * dereferenced. There is no destructor: the payload is plain memory, so that
 * an object outlives the text of whoever made it.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "domain.h"

static DEFINE_SPINLOCK(domain_shared_lock);
static struct rb_root domain_shared_tree = RB_ROOT;

static bool domain_shared_less(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct domain_shared, node)->data <
	       rb_entry(b, struct domain_shared, node)->data;
}

static int domain_shared_cmp(const void *key, const struct rb_node *node)
{
	return cmp_int((unsigned long)key,
		       (unsigned long)rb_entry(node, struct domain_shared,
					       node)->data);
}

static struct domain_shared *domain_shared_lookup(const void *data)
{
	struct rb_node *node;

	lockdep_assert_held(&domain_shared_lock);
	node = rb_find(data, &domain_shared_tree, domain_shared_cmp);
	return node ? rb_entry(node, struct domain_shared, node) : NULL;
}

/**
 * domain_shared_put - return a reference of domain_shared_find()
 * @obj: the object
 *
 * Context: any but NMI.
 */
void domain_shared_put(struct domain_shared *obj)
{
	if (!refcount_dec_and_test(&obj->refs))
		return;
	kfree(obj->data);
	kfree(obj);
}

/* Whose list the object is in. What @holder pays is the caller's business. */
static void domain_shared_hold(struct domain_shared *obj, struct domain *d)
{
	struct domain *old = obj->holder;

	lockdep_assert_held(&domain_shared_lock);
	if (old) {
		list_del(&obj->link);
		WRITE_ONCE(old->nr_shared, old->nr_shared - 1);
	}
	obj->holder = d;
	if (d) {
		list_add_tail(&obj->link, &d->shared);
		WRITE_ONCE(d->nr_shared, d->nr_shared + 1);
	}
}

static size_t domain_shared_cost(const struct domain_shared *obj)
{
	return domain_ledger_cost(obj->size, sizeof(*obj));
}

/*
 * The object ceases to exist for everybody, unless it is lent or somebody
 * else's. Its memory goes with the last reference. @holder does not pay for it
 * any more, once the lock is released.
 */
static int domain_shared_unlink(struct domain_shared *obj, u32 owner,
				struct domain **holder)
{
	lockdep_assert_held(&domain_shared_lock);
	if (atomic_read(&obj->owner) != owner)
		return -EINVAL;
	if (atomic_read(&obj->lent))
		return -EBUSY;
	if (atomic_cmpxchg(&obj->owner, owner, DOMAIN_ID_NOBODY) != owner)
		return -EBUSY;
	rb_erase(&obj->node, &domain_shared_tree);
	*holder = obj->holder;
	domain_shared_hold(obj, NULL);
	return 0;
}

static void domain_shared_discard(struct domain_shared *obj,
				  struct domain *holder)
{
	if (holder)
		domain_ledger_uncharge(&holder->ledger, domain_shared_cost(obj));
	domain_shared_put(obj);
}

/**
 * domain_shared_create - make an object
 * @d: its first owner, or NULL for the kernel
 * @size: bytes of payload, 1 to KMALLOC_MAX_SIZE
 * @type: what is in it, for those who exchange it to agree on
 * @gfp: GFP_KERNEL or, where the caller must not sleep, GFP_NOWAIT
 * @data: set to the payload, or NULL
 *
 * A domain's other calls find the object before this returns, and may free it.
 *
 * Context: any but NMI that @gfp allows.
 * Return: the object with a zeroed payload, not to be looked into if @d owns it,
 * or NULL if the size is out of range, or @d's limit or memory is exhausted.
 */
struct domain_shared *domain_shared_create(struct domain *d, size_t size,
					   u32 type, gfp_t gfp, void **data)
{
	struct domain_shared *obj;
	size_t cost;

	if (!size || size > KMALLOC_MAX_SIZE)
		return NULL;
	cost = domain_ledger_cost(size, sizeof(*obj));
	if (d && domain_ledger_charge(&d->ledger, cost))
		return NULL;
	obj = kzalloc_obj(*obj, gfp | __GFP_NOWARN);
	if (!obj)
		goto err_uncharge;
	obj->data = kzalloc(size, gfp | __GFP_NOWARN);
	if (!obj->data)
		goto err_free;
	obj->size = size;
	obj->type = type;
	refcount_set(&obj->refs, 1);
	atomic_set(&obj->owner, d ? d->id : DOMAIN_ID_KERNEL);
	if (data)
		*data = obj->data;

	scoped_guard(spinlock_irqsave, &domain_shared_lock) {
		rb_add(&obj->node, &domain_shared_tree, domain_shared_less);
		domain_shared_hold(obj, d);
	}
	return obj;

err_free:
	kfree(obj);
err_uncharge:
	if (d)
		domain_ledger_uncharge(&d->ledger, cost);
	return NULL;
}

/**
 * domain_shared_alloc - make an object that the kernel owns
 * @size: bytes of payload, 1 to KMALLOC_MAX_SIZE
 * @type: what is in it, for those who exchange it to agree on
 * @gfp: how to allocate
 *
 * Context: any but NMI that @gfp allows.
 * Return: the object with a zeroed payload, or NULL.
 */
struct domain_shared *domain_shared_alloc(size_t size, u32 type, gfp_t gfp)
{
	return domain_shared_create(NULL, size, type, gfp, NULL);
}
EXPORT_SYMBOL_GPL(domain_shared_alloc);

/**
 * domain_shared_data - the payload of an object
 * @obj: the object, owned by the caller
 *
 * Context: any but NMI.
 * Return: its address.
 */
void *domain_shared_data(const struct domain_shared *obj)
{
	return obj->data;
}
EXPORT_SYMBOL_GPL(domain_shared_data);

/**
 * domain_shared_find - the object behind an address
 * @data: the address, not trusted
 * @owner: who must own it
 *
 * Context: any but NMI.
 * Return: the object, to be returned with domain_shared_put(), or NULL if
 * @owner has none there.
 */
struct domain_shared *domain_shared_find(const void *data, u32 owner)
{
	struct domain_shared *obj;

	guard(spinlock_irqsave)(&domain_shared_lock);
	obj = domain_shared_lookup(data);
	if (!obj || atomic_read(&obj->owner) != owner)
		return NULL;
	refcount_inc(&obj->refs);
	return obj;
}

/**
 * domain_shared_around - the object whose payload has an address in it
 * @p: the address, not trusted
 * @owner: who must own it
 *
 * Context: any but NMI.
 * Return: the object, to be returned with domain_shared_put(), or NULL if
 * @owner has none there.
 */
struct domain_shared *domain_shared_around(const void *p, u32 owner)
{
	struct domain_shared *obj, *last = NULL;
	struct rb_node *node;

	guard(spinlock_irqsave)(&domain_shared_lock);
	node = domain_shared_tree.rb_node;
	while (node) {
		obj = rb_entry(node, struct domain_shared, node);
		if (p < obj->data) {
			node = node->rb_left;
		} else {
			last = obj;
			node = node->rb_right;
		}
	}
	if (!last || p - last->data >= last->size ||
	    atomic_read(&last->owner) != owner)
		return NULL;
	refcount_inc(&last->refs);
	return last;
}

/**
 * domain_shared_release - free an object by its payload
 * @data: the address, not trusted
 * @owner: who frees it
 *
 * Context: any but NMI.
 * Return: 0; -EINVAL if @owner has no object there; -EBUSY while it is lent,
 * to @owner or by it: then it is not its owner's alone.
 */
int domain_shared_release(const void *data, u32 owner)
{
	struct domain_shared *obj;
	struct domain *holder;
	int ret = -EINVAL;

	scoped_guard(spinlock_irqsave, &domain_shared_lock) {
		obj = domain_shared_lookup(data);
		if (obj)
			ret = domain_shared_unlink(obj, owner, &holder);
	}
	if (!ret)
		domain_shared_discard(obj, holder);
	return ret;
}

/**
 * domain_shared_free - free an object that the kernel owns
 * @obj: the object, or NULL
 *
 * Context: any but NMI.
 * Return: 0 or -EINVAL if the kernel does not own it.
 */
int domain_shared_free(struct domain_shared *obj)
{
	return obj ? domain_shared_release(obj->data, DOMAIN_ID_KERNEL) : 0;
}
EXPORT_SYMBOL_GPL(domain_shared_free);

/**
 * domain_shared_pass - let a callee have an object for the time of a call
 * @loan: filled in, for domain_shared_settle()
 * @obj: the object
 * @from: the caller
 * @to: the callee
 * @give: whether the callee keeps it on success
 *
 * What the caller has on loan it can lend on, from within the call that it was
 * lent to: an interrupt on top of that is within.
 *
 * Context: any but NMI.
 * Return: 0; -EPERM if the caller does not own it, or has it on loan and would
 * give it away, or another task has; -EINVAL if it is NULL.
 */
int domain_shared_pass(struct domain_loan *loan, struct domain_shared *obj,
		       u32 from, u32 to, bool give)
{
	bool outermost;

	if (!obj)
		return -EINVAL;
	/*
	 * First lent, then the callee's: there is no moment at which the callee
	 * could free it. What is on loan cannot be given away, and is lent on
	 * by one task only: of two, one might return it before the other one has
	 * it back.
	 */
	outermost = atomic_inc_return(&obj->lent) == 1;
	if ((!outermost && (give || READ_ONCE(obj->borrower) != current)) ||
	    atomic_cmpxchg(&obj->owner, from, to) != from) {
		atomic_dec(&obj->lent);
		return -EPERM;
	}
	if (outermost)
		WRITE_ONCE(obj->borrower, current);
	*loan = (struct domain_loan){
		.obj = obj, .from = from, .to = to, .give = give,
		.outermost = outermost,
	};
	return 0;
}

/* While it is lent: nobody can free it, and who gave it is in the call */
static void domain_shared_keep(struct domain_shared *obj, struct domain *keeper)
{
	struct domain *giver;

	scoped_guard(spinlock_irqsave, &domain_shared_lock) {
		giver = obj->holder;
		domain_shared_hold(obj, keeper);
	}
	if (giver)
		domain_ledger_uncharge(&giver->ledger, domain_shared_cost(obj));
	domain_ledger_charge_given(&keeper->ledger, domain_shared_cost(obj));
}

/**
 * domain_shared_settle - after the call
 * @loan: what domain_shared_pass() filled in
 * @keeper: the callee if the call returned 0 or more, else NULL: it keeps what it
 *	was given, and from now on pays for it
 *
 * While an object is lent nobody can free it, so @loan's pointer is good. A
 * given object must stay lent until it is decided whose it is, for the same
 * reason: the callee may free it from the moment that it is not lent.
 *
 * Context: any but NMI.
 */
void domain_shared_settle(struct domain_loan *loan, struct domain *keeper)
{
	/* before somebody else can be the next one */
	if (loan->outermost)
		WRITE_ONCE(loan->obj->borrower, NULL);
	if (loan->give && keeper)
		domain_shared_keep(loan->obj, keeper);
	else
		atomic_set(&loan->obj->owner, loan->from);
	/*
	 * Who sees that it is not lent sees whose it is: pairs with the cmpxchg
	 * in domain_shared_unlink(), which is ordered after it has read @lent.
	 */
	smp_mb__before_atomic();
	atomic_dec(&loan->obj->lent);
}

/* Interrupts are not kept off for longer than a batch takes */
static unsigned int domain_shared_reown_batch(struct domain *from,
					      struct domain *to)
{
	struct domain_shared *obj, *next;
	unsigned int n = 0, batch = 64;
	size_t cost = 0;

	scoped_guard(spinlock_irqsave, &domain_shared_lock) {
		list_for_each_entry_safe(obj, next, &from->shared, link) {
			if (!batch--)
				break;
			if (atomic_cmpxchg(&obj->owner, from->id, to->id) !=
			    from->id)
				continue;
			domain_shared_hold(obj, to);
			cost += domain_shared_cost(obj);
			n++;
		}
	}
	domain_ledger_uncharge(&from->ledger, cost);
	domain_ledger_charge_given(&to->ledger, cost);
	return n;
}

/**
 * domain_shared_reown - hand all objects of one domain to its successor
 * @from: the predecessor, which does not run any more, so that none is lent
 * @to: the successor, which pays for them from now on
 *
 * Context: process context. May sleep.
 * Return: their number.
 */
unsigned int domain_shared_reown(struct domain *from, struct domain *to)
{
	unsigned int n, sum = 0;

	do {
		n = domain_shared_reown_batch(from, to);
		sum += n;
		cond_resched();
	} while (n);
	return sum;
}

/**
 * domain_shared_count - how many objects a domain owns
 * @d: the domain
 *
 * What it has lent to others counts, what they have lent to it does not.
 *
 * Context: any but NMI.
 * Return: their number.
 */
unsigned int domain_shared_count(const struct domain *d)
{
	return READ_ONCE(d->nr_shared);
}

static struct domain_shared *domain_shared_pop(struct domain *d)
{
	struct domain_shared *obj;
	struct domain *holder;

	scoped_guard(spinlock_irqsave, &domain_shared_lock) {
		list_for_each_entry(obj, &d->shared, link)
			if (!domain_shared_unlink(obj, d->id, &holder))
				return obj;
	}
	return NULL;
}

/**
 * domain_shared_reclaim - free all objects of a domain
 * @d: the domain, which does not run any more, so that none is lent
 *
 * Context: process context. May sleep.
 * Return: their number.
 */
unsigned int domain_shared_reclaim(struct domain *d)
{
	struct domain_shared *obj;
	unsigned int n = 0;

	while ((obj = domain_shared_pop(d))) {
		pr_warn_ratelimited("domain %s (%u): leaked a shared object of type %#x, %zu bytes\n",
				    d->note.name, d->id, obj->type, obj->size);
		domain_shared_discard(obj, d);
		n++;
		cond_resched();
	}
	return n;
}
