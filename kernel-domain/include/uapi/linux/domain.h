/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Control of domains: ioctls of /dev/domain
 *
 * DOMAIN_IOC_* need CAP_SYS_MODULE, those that load an image are subject to
 * lockdown. DOMAIN_EMPTY_IOC_* are those of /dev/domain_empty, and need nothing
 * but that it could be opened.
 * Structures have no holes; reserved fields and unknown flags must be zero.
 * Names are NUL-terminated.
 */
#ifndef _UAPI_LINUX_DOMAIN_H
#define _UAPI_LINUX_DOMAIN_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define DOMAIN_NAME_SIZE	32

/**
 * struct domain_ioc_load - load an image
 * @fd: the image file, open for reading
 * @flags: 0
 * @heap_limit: bytes of private memory and shared objects the domain may have, 0 for
 *	the default
 * @id: returned: the domain's number
 * @reserved: 0
 * @validate_ns: returned: time to check signature and format
 * @load_ns: returned: time to make it ready to be bound
 */
struct domain_ioc_load {
	__s32	fd;
	__u32	flags;
	__u64	heap_limit;
	__u32	id;
	__u32	reserved;
	__u64	validate_ns;
	__u64	load_ns;
};

/* The old domain's last calls still run, it is retired when they are over */
#define DOMAIN_UPDATE_RETIRING	(1U << 0)

/**
 * struct domain_ioc_update - bind, replace or unbind the domain of a slot
 * @slot: the slot's name
 * @new_id: the domain to have in it, 0 for none
 * @old_id: the domain that is in it, 0 for none; if another is, nothing happens
 * @deadline_ns: how long callers may be kept out, 0 for the default of a second
 * @flags: 0; returned: DOMAIN_UPDATE_*
 * @reserved: 0
 * @init_ns: returned: time of the new domain's init()
 * @drain_ns: returned: from the close until the last caller had left
 * @transfer_ns: returned: time to export and import the state
 * @swap_ns: returned: time to publish and reopen
 * @pause_ns: returned: from the close until the slot was open again
 * @retire_ns: returned: time that the old domain took to leave
 */
struct domain_ioc_update {
	char	slot[DOMAIN_NAME_SIZE];
	__u32	new_id;
	__u32	old_id;
	__u64	deadline_ns;
	__u32	flags;
	__u32	reserved;
	__u64	init_ns;
	__u64	drain_ns;
	__u64	transfer_ns;
	__u64	swap_ns;
	__u64	pause_ns;
	__u64	retire_ns;
};

/**
 * struct domain_ioc_id - the domain to unload or to end
 * @id: its number
 * @flags: 0
 */
struct domain_ioc_id {
	__u32	id;
	__u32	flags;
};

/**
 * struct domain_ioc_slot - the slot to create or to destroy
 * @name: its name
 * @interface: its interface, one that allows it; ignored to destroy
 */
struct domain_ioc_slot {
	char	name[DOMAIN_NAME_SIZE];
	char	interface[DOMAIN_NAME_SIZE];
};

/**
 * struct domain_ioc_info - what is known of a domain
 * @id: its number; with DOMAIN_IOC_NEXT the domain with this or the next number
 *	is looked for
 * @state: returned: DOMAIN_STATE_*
 * @image: returned: the image's name
 * @version: returned: the image's version
 * @interface: returned: its interface
 * @slot: returned: the slot it was bound to last, or empty
 * @size: returned: bytes of memory that the image takes
 * @heap_limit: returned: the limit of its private memory and the shared objects
 *	that it owns, in bytes, the kernel's records of them included
 * @heap_bytes: returned: how much of it is in use; more than @heap_limit if it was
 *	given shared objects
 * @heap_peak: returned: the most that ever was
 * @allocations: returned: pieces of private memory
 * @shared_objects: returned: shared objects that it owns
 * @refused_frees: returned: frees of what it did not own
 * @leaked: returned: resources that had to be taken back
 * @is_signed: returned: whether the image had a good signature
 * @is_checked: returned: whether its image is one whose stores are checked
 * @slot_faults: returned: crashes of domains of that slot
 * @slot_recoveries: returned: domains that the slot has got after one
 * @fault: returned: what the domain died of, or empty
 */
struct domain_ioc_info {
	__u32	id;
	__u32	state;
	char	image[DOMAIN_NAME_SIZE];
	char	version[DOMAIN_NAME_SIZE];
	char	interface[DOMAIN_NAME_SIZE];
	char	slot[DOMAIN_NAME_SIZE];
	__u64	size;
	__u64	heap_limit;
	__u64	heap_bytes;
	__u64	heap_peak;
	__u32	allocations;
	__u32	shared_objects;
	__u32	refused_frees;
	__u32	leaked;
	__u32	is_signed;
	__u32	is_checked;
	__u64	slot_faults;
	__u64	slot_recoveries;
	char	fault[128];
};

enum {
	DOMAIN_STATE_LOADED,
	DOMAIN_STATE_BINDING,
	DOMAIN_STATE_ACTIVE,
	DOMAIN_STATE_RETIRING,
	DOMAIN_STATE_RETIRED,
	DOMAIN_STATE_FAILED,
	DOMAIN_STATE_UNLOADING,
	DOMAIN_STATE_DEAD,
};

/* What becomes of a slot whose domain crashed */
#define DOMAIN_SLOT_EMPTY	0U	/* it is empty */
#define DOMAIN_SLOT_RESTART	1U	/* the image starts anew */
#define DOMAIN_SLOT_FALLBACK	2U	/* the one before the last update does */

/**
 * struct domain_ioc_policy - say what becomes of a slot whose domain crashes
 * @slot: the slot's name
 * @policy: DOMAIN_SLOT_*
 * @flags: 0
 */
struct domain_ioc_policy {
	char	slot[DOMAIN_NAME_SIZE];
	__u32	policy;
	__u32	flags;
};

/* Only images whose stores are checked may be bound */
#define DOMAIN_DEMAND_CHECKED	(1U << 0)

/**
 * struct domain_ioc_demand - say what a slot demands of images
 * @slot: the slot's name
 * @demands: DOMAIN_DEMAND_*, or 0 for nothing
 * @reserved: 0
 */
struct domain_ioc_demand {
	char	slot[DOMAIN_NAME_SIZE];
	__u32	demands;
	__u32	reserved;
};

/**
 * struct domain_ioc_call - call a method of the interface "command"
 * @slot: the slot's name
 * @nr: first argument
 * @arg: second argument
 * @result: returned: what the method returned
 */
struct domain_ioc_call {
	char	slot[DOMAIN_NAME_SIZE];
	__u64	nr;
	__u64	arg;
	__s64	result;
};

#define DOMAIN_IOC		0xd0
#define DOMAIN_IOC_LOAD		_IOWR(DOMAIN_IOC, 0x00, struct domain_ioc_load)
#define DOMAIN_IOC_UNLOAD	_IOW(DOMAIN_IOC, 0x01, struct domain_ioc_id)
#define DOMAIN_IOC_UPDATE	_IOWR(DOMAIN_IOC, 0x02, struct domain_ioc_update)
#define DOMAIN_IOC_SLOT_CREATE	_IOW(DOMAIN_IOC, 0x03, struct domain_ioc_slot)
#define DOMAIN_IOC_SLOT_DESTROY	_IOW(DOMAIN_IOC, 0x04, struct domain_ioc_slot)
#define DOMAIN_IOC_INFO		_IOWR(DOMAIN_IOC, 0x05, struct domain_ioc_info)
#define DOMAIN_IOC_NEXT		_IOWR(DOMAIN_IOC, 0x06, struct domain_ioc_info)
#define DOMAIN_IOC_CALL		_IOWR(DOMAIN_IOC, 0x07, struct domain_ioc_call)
#define DOMAIN_IOC_POLICY	_IOW(DOMAIN_IOC, 0x08, struct domain_ioc_policy)
/* End a domain that is bound, as if it had crashed */
#define DOMAIN_IOC_KILL		_IOW(DOMAIN_IOC, 0x09, struct domain_ioc_id)
/* EACCES: the slot has a domain that is not as demanded */
#define DOMAIN_IOC_DEMAND	_IOW(DOMAIN_IOC, 0x0a, struct domain_ioc_demand)

/**
 * struct domain_empty_stat - what passed through /dev/domain_empty
 * @opens: open files
 * @reads: calls of read(2)
 * @writes: calls of write(2)
 * @bytes: bytes written
 * @checksum: their sum, modulo 2^64
 * @kept: buffers that the domain keeps
 * @version: version of the image that answers
 *
 * All but the last continue over updates.
 */
struct domain_empty_stat {
	__u64	opens;
	__u64	reads;
	__u64	writes;
	__u64	bytes;
	__u64	checksum;
	__u64	kept;
	__u64	version;
};

/* EXCHANGE and KEEP pass a shared object of so many bytes, up to 248 */
#define DOMAIN_EMPTY_IOC_STAT		_IOR(DOMAIN_IOC, 0x20, struct domain_empty_stat)
#define DOMAIN_EMPTY_IOC_EXCHANGE	_IOW(DOMAIN_IOC, 0x21, __u32)
#define DOMAIN_EMPTY_IOC_KEEP		_IOW(DOMAIN_IOC, 0x22, __u32)
#define DOMAIN_EMPTY_IOC_DROP		_IO(DOMAIN_IOC, 0x23)

#endif /* _UAPI_LINUX_DOMAIN_H */
