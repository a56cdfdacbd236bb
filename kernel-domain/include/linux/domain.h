/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains: C images loaded into the kernel, called through typed proxies and
 * replaced while they are called
 *
 * This is what callers of domains and owners of slots need. An interface is
 * declared with <linux/domain_interface.h>.
 */
#ifndef _LINUX_DOMAIN_H
#define _LINUX_DOMAIN_H

#include <linux/domain_abi.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/types.h>

struct domain_shared;
struct domain_slot;
struct module;

/* What calls of an interface look like; see <linux/domain_interface.h> */
enum domain_kind {
	DOMAIN_KIND_RCU,
	DOMAIN_KIND_SRCU,
	DOMAIN_KIND_REF,
	DOMAIN_KIND_REF_ATOMIC,
};

enum domain_arg {
	DOMAIN_ARG_VAL,
	DOMAIN_ARG_PTR,
	DOMAIN_ARG_LEND,
	DOMAIN_ARG_GIVE,
	DOMAIN_ARG_VEC,
};

/* What becomes of a slot whose domain crashed; see domain_slot_set_policy() */
enum domain_policy {
	DOMAIN_POLICY_EMPTY,
	DOMAIN_POLICY_RESTART,
	DOMAIN_POLICY_FALLBACK,
	DOMAIN_NR_POLICIES,
};

/**
 * struct domain_method - one method of an interface, as its macros generate it
 * @name: its name, for traces
 * @hash: its share of the layout hash
 * @nr_args: number of arguments, up to DOMAIN_MAX_ARGS
 * @arg: enum domain_arg of each
 * @room: bytes that the method may write where each points to, 0 if none; of a
 *	VEC, for each element
 */
struct domain_method {
	const char *name;
	u64 hash;
	u8 nr_args;
	u8 arg[DOMAIN_MAX_ARGS];
	u32 room[DOMAIN_MAX_ARGS];
};

/**
 * struct domain_interface - an interface, as DOMAIN_DEFINE_INTERFACE() fills it
 * @name: its name, which images give in their note
 * @major: its major version
 * @kind: what calls look like
 * @nr_methods: number of methods, which is also the minor version
 * @methods: the methods in the order of their numbers
 * @owner: the module that it is in, which stays while an image that implements it
 *	is loaded, or a controller's slot is there
 * @user_slots: whether a controller may create slots by binding to a new name
 * @list: the registry's
 */
struct domain_interface {
	const char *name;
	u16 major;
	enum domain_kind kind;
	u16 nr_methods;
	const struct domain_method *methods;
	struct module *owner;
	bool user_slots;
	struct list_head list;
};

int domain_interface_register(struct domain_interface *iface);
void domain_interface_unregister(struct domain_interface *iface);

struct domain_slot *domain_slot_create(const struct domain_interface *iface,
				       const char *name);
void domain_slot_destroy(struct domain_slot *slot);
int domain_slot_set_policy(struct domain_slot *slot, enum domain_policy policy);
int domain_slot_demand_checked(struct domain_slot *slot, bool demand);
void domain_slot_on_reopen(struct domain_slot *slot, void (*fn)(void *arg),
			   void *arg);
int domain_slot_wait(struct domain_slot *slot);
void domain_slot_wait_uninterruptible(struct domain_slot *slot);

struct domain_shared *domain_shared_alloc(size_t size, u32 type, gfp_t gfp);
int domain_shared_free(struct domain_shared *obj);
void *domain_shared_data(const struct domain_shared *obj);

/**
 * domain_errno - what a domain returned, as the error of a system call
 * @ret: what its function returned, not trusted
 *
 * For all that goes to user space, or to those who tell a pointer from an error:
 * the errnos from -ERESTARTSYS on are the kernel's own, and what is below
 * -MAX_ERRNO is none.
 *
 * Return: 0 if @ret is 0 or more; @ret if it is an errno that user space knows;
 * otherwise -EIO.
 */
static inline int domain_errno(long ret)
{
	if (ret >= 0)
		return 0;
	return ret > -ERESTARTSYS ? ret : -EIO;
}

/*
 * The proxies' way in. Callers use the typed proxies of an interface's header;
 * these take a method's arguments as words, and its number. The arguments come
 * first: they stay in the registers that the method expects them in.
 */
long domain_call_rcu(unsigned long a0, unsigned long a1,
		     unsigned long a2, unsigned long a3,
		     struct domain_slot *slot, unsigned long nr);
long domain_call_srcu(unsigned long a0, unsigned long a1,
		      unsigned long a2, unsigned long a3,
		      struct domain_slot *slot, unsigned long nr);
long domain_call_ref(unsigned long a0, unsigned long a1,
		     unsigned long a2, unsigned long a3,
		     struct domain_slot *slot, unsigned long nr);
long domain_call_ref_atomic(unsigned long a0, unsigned long a1,
			    unsigned long a2, unsigned long a3,
			    struct domain_slot *slot, unsigned long nr);
long domain_call_shared(unsigned long a0, unsigned long a1,
			unsigned long a2, unsigned long a3,
			struct domain_slot *slot, unsigned long nr);

#define DOMAIN_CALL_RCU		domain_call_rcu
#define DOMAIN_CALL_SRCU	domain_call_srcu
#define DOMAIN_CALL_REF		domain_call_ref
#define DOMAIN_CALL_REF_ATOMIC	domain_call_ref_atomic

#ifdef CONFIG_DOMAIN
bool domain_text_address(unsigned long addr);
int domain_address_lookup(unsigned long addr, unsigned long *size,
			  unsigned long *offset, char *namebuf);
#else
static inline bool domain_text_address(unsigned long addr)
{
	return false;
}

static inline int domain_address_lookup(unsigned long addr, unsigned long *size,
					unsigned long *offset, char *namebuf)
{
	return 0;
}
#endif

#endif /* _LINUX_DOMAIN_H */
