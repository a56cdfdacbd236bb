/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cnull: a null block device driver.
 *
 * main.c	module, list of devices, devices created at load time
 * attrs.h	the table of all settings
 * config.c	settings: parsing, ranges, module parameters
 * configfs.c	directories of devices and files of settings
 * disk.c	power on and off: queue limits, gendisk, order of the features
 * tags.c	tag sets: numbers of queues, sharing, resize
 * queue.c	the data path of requests: blk-mq operations
 * bio.c	the data path of bios, with queue_mode=0
 * io.c		what an I/O does, whether it is a request or a bio
 * badblocks.c	sectors that fail
 * zoned.c	zoned disks: I/O, reports
 * zone_setup.c	from the settings of a zoned disk to its zones
 * zone_cond.c	what an operation does to the condition of a zone
 * trace.h	tracepoints
 * cache.c	a volatile write cache
 * store.c	the memory that backs a device; knows nothing of the above
 * pattern.c	what a device without memory returns if it is to be checked
 * throttle.c	limit of bandwidth
 * faults.c	fault injection
 * domain.c	a domain that decides about requests: its slot
 * domain_queue.c	the data path of requests that a domain decides about
 * stats.c	counters in debugfs
 *
 * Locks: cnull_lock protects the list of devices; cnull_device.lock the
 * settings and the power state of one device. They are never held together.
 * The data path takes no lock of the device: settings do not change while a disk
 * exists, and the store is read under RCU. The write cache, and each zone, has a
 * lock of its own. A disk that is open does not keep its device: what
 * can come when the disk is gone, finds the device under cnull_disk_srcu.
 */
#ifndef _CNULL_H
#define _CNULL_H

#include <linux/badblocks.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/hrtimer.h>
#include <linux/jump_label.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
#include <linux/domain_abi.h>
#endif

#include "faults.h"
#include "store.h"
#include "throttle.h"

struct cnull_cache;
struct cnull_stats;
struct domain_slot;
struct cnull_zones;

enum {
	CNULL_IRQ_NONE		= 0,
	CNULL_IRQ_SOFTIRQ	= 1,
	CNULL_IRQ_TIMER		= 2,
};

enum {
	CNULL_Q_BIO		= 0,
	CNULL_Q_RQ		= 1,	/* the interface before blk-mq; refused */
	CNULL_Q_MQ		= 2,
};

/* A disk's size in bytes fits loff_t, its pages fit the store. */
#define CNULL_MAX_SIZE_MIB \
	MIN(LLONG_MAX >> 20, (long long)(CNULL_STORE_MAX_PAGES >> (20 - PAGE_SHIFT)))

/* The largest power of two whose sectors fit queue_limits.chunk_sectors. */
#define CNULL_MAX_ZONE_MIB	(BIT(31) >> (20 - SECTOR_SHIFT))

/**
 * struct cnull_config - the settings of a device, one member per line of attrs.h
 */
struct cnull_config {
#define CNULL_ATTR(_type, _name, ...) _type _name;
#include "attrs.h"
#undef CNULL_ATTR
};

enum cnull_attr_type {
	CNULL_TYPE_bool,
	CNULL_TYPE_int,
	CNULL_TYPE_uint,
	CNULL_TYPE_ulong,
};

/**
 * enum cnull_attr_flags - what is special about a setting
 * @CNULL_ATTR_POW2: only powers of two are valid
 * @CNULL_ATTR_PARAM_GIB: the attribute is in MiB, the module parameter in GiB
 * @CNULL_ATTR_LIVE: may change while the device is powered
 */
enum cnull_attr_flags {
	CNULL_ATTR_POW2		= BIT(0),
	CNULL_ATTR_PARAM_GIB	= BIT(1),
	CNULL_ATTR_LIVE		= BIT(2),
};

/**
 * struct cnull_attr - one setting
 * @name: name in configfs
 * @type: type of the member of struct cnull_config
 * @offset: offset of that member in bytes
 * @flags: enum cnull_attr_flags
 * @min: smallest valid value
 * @max: largest valid value
 */
struct cnull_attr {
	const char		*name;
	enum cnull_attr_type	type;
	unsigned int		offset;
	unsigned int		flags;
	long long		min;
	long long		max;
};

/* The index of a setting in cnull_attrs[]. */
enum {
#define CNULL_ATTR(_type, _name, ...) CNULL_ATTR_##_name,
#include "attrs.h"
#undef CNULL_ATTR
	CNULL_NR_ATTRS
};

/**
 * enum cnull_features - what a queue must do besides completing at once
 * @CNULL_F_MEMORY: move data between the request and the store
 * @CNULL_F_DEFER_COMPLETION: complete by softirq or timer
 * @CNULL_F_BLOCKING: ->queue_rq() may sleep
 * @CNULL_F_DEBUG: faults may be injected into requests
 * @CNULL_F_IO: what an I/O does takes cnull_io_execute() to find out
 * @CNULL_F_POLL: some requests complete when somebody polls for them
 * @CNULL_F_THROTTLE: the bandwidth is limited
 * @CNULL_F_STATS: I/Os are counted
 * @CNULL_F_DOMAIN: a domain decides about requests
 *
 * @CNULL_F_DEBUG is all devices' or nobody's. Devices with no other, or with
 * @CNULL_F_MEMORY alone, have a ->queue_rq() of their own that tests for no other.
 */
enum cnull_features {
	CNULL_F_MEMORY			= BIT(0),
	CNULL_F_DEFER_COMPLETION	= BIT(1),
	CNULL_F_BLOCKING		= BIT(2),
	/* 0 if it is not compiled in: tests for it go away */
	CNULL_F_DEBUG			=
		IS_ENABLED(CONFIG_BLK_DEV_CNULL_FAULT_INJECTION) ||
		IS_ENABLED(CONFIG_FAIL_IO_TIMEOUT) ? BIT(3) : 0,
	CNULL_F_IO			= BIT(4),
	CNULL_F_POLL			= BIT(5),
	CNULL_F_THROTTLE		= BIT(6),
	CNULL_F_STATS			= BIT(7),
	CNULL_F_DOMAIN			=
		IS_ENABLED(CONFIG_BLK_DEV_CNULL_DOMAIN) ? BIT(8) : 0,
};

/**
 * enum cnull_live - features that may come while a device is in use
 * @CNULL_LIVE_BADBLOCKS: there are bad blocks
 * @CNULL_LIVE_POLL: polled queues were added
 *
 * The shortest ways through queue.c and bio.c do not know them; cnull_live_key
 * is what leads past these while any device has one.
 */
enum cnull_live {
	CNULL_LIVE_BADBLOCKS		= BIT(0),
	CNULL_LIVE_POLL			= BIT(1),
};

DECLARE_STATIC_KEY_FALSE(cnull_live_key);

#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
/**
 * struct cnull_domain - a device's part of domains
 * @slot: the slot, or NULL
 * @name: the slot's name, empty without one
 * @second: a store that only a domain makes use of; kept like the first
 * @opens: how often the disk is open, as domains were told; protected by the
 *	disk's open_mutex, and when that is gone by cnull_device.lock
 */
struct cnull_domain {
	struct domain_slot	*slot;
	char			name[DOMAIN_NAME_LEN];
	struct cnull_store	second;
	unsigned int		opens;
};

/**
 * struct cnull_domain_queue - a hardware queue's part of domains
 * @untold: requests that wait for an update to end, since the domain has to be
 *	told that they are done
 * @work: ends them
 */
struct cnull_domain_queue {
	struct llist_head	untold;
	struct work_struct	work;
};

/**
 * struct cnull_domain_cmd - a request's part of domains
 * @cookie: the domain's own
 * @verdict: DOMAIN_BLOCK_*, 0 if there is nothing to know
 * @delay_ns: with DOMAIN_BLOCK_DELAY
 * @status: to fail with, or of a request on cnull_domain_queue.untold
 */
struct cnull_domain_cmd {
	u64			cookie;
	u32			verdict;
	u32			delay_ns;
	blk_status_t		status;
};
#else
struct cnull_domain {
};

struct cnull_domain_queue {
};

struct cnull_domain_cmd {
};
#endif

/**
 * struct cnull_queue - a hardware queue
 * @features: enum cnull_features
 * @irqmode: CNULL_IRQ_*
 * @completion_time: delay of CNULL_IRQ_TIMER
 * @store: the device's data
 * @slot: the device's, if a domain decides about requests
 * @dev: the device
 * @requeues: requests sent back because of a fault
 * @polled: requests that are done and wait to be polled for
 * @deferred: requests that @work has to do, since they may have to sleep
 * @work: runs what is on @deferred
 * @domain: of devices with a domain
 *
 * The members up to @dev are constant while the queue exists.
 */
struct cnull_queue {
	unsigned int		features;
	unsigned int		irqmode;
	ktime_t			completion_time;
	struct cnull_store	*store;
	struct domain_slot	*slot;
	struct cnull_device	*dev;

	atomic_t		requeues ____cacheline_aligned_in_smp;
	struct llist_head	polled;
	struct llist_head	deferred;
	struct work_struct	work;
	struct cnull_domain_queue domain;
};

/**
 * struct cnull_cmd - the driver's part of a request
 * @error: status to complete the request with
 * @fake_timeout: the request is left to the timeout handler on purpose
 * @start_ns: when the request came, with CNULL_F_STATS
 * @timer: completes the request with CNULL_IRQ_TIMER
 * @link: in cnull_queue.deferred, cnull_queue.polled or
 *	cnull_domain_queue.untold
 * @domain: of devices with a domain
 */
struct cnull_cmd {
	blk_status_t		error;
	bool			fake_timeout;
	u64			start_ns;
	struct hrtimer		timer;
	struct llist_node	link;
	struct cnull_domain_cmd	domain;
};

/**
 * struct cnull_device - a device, powered or not: a directory in configfs
 * @group: that directory
 * @name: name of the disk
 * @list: link in the list of all devices, under cnull_lock
 * @lock: protects @conf, @disk, @index and changes of @live
 * @conf: settings; fixed while @disk is there, but for CNULL_ATTR_LIVE
 * @disk: the disk while the device is powered, otherwise NULL
 * @index: number of the disk, its minor number
 * @live: enum cnull_live; read without @lock
 * @store: data; outlives the disk, so that a power cycle keeps it
 * @badblocks: outlive the disk as well
 * @zones: state of the zones of a zoned disk, otherwise NULL
 * @cache: write cache of the disk in front of @store, or NULL
 * @stats: counters, or NULL
 * @throttle: limits the bandwidth if the setting mbps is not 0
 * @faults: to inject
 * @domain: what decides about requests, and its store
 * @init_hctx_failed: the last hardware queue of @disk was made to fail
 * @compat: it has a name of null_blk's, and does what scripts for that expect
 * @tag_set: of @disk, perhaps shared with others; NULL in bio mode
 */
struct cnull_device {
	struct config_group	group;
	char			name[DISK_NAME_LEN];
	struct list_head	list;

	struct mutex		lock;	/* protects conf, disk, index and live */
	struct cnull_config	conf;
	struct gendisk		*disk;
	unsigned int		index;
	unsigned int		live;

	struct cnull_store	store;
	struct badblocks	badblocks;
	struct cnull_zones	*zones;
	struct cnull_cache	*cache;
	struct cnull_stats	*stats;
	struct cnull_throttle	throttle;
	struct cnull_faults	faults;
	struct cnull_domain	domain;
	bool			init_hctx_failed;
	bool			compat;
	struct blk_mq_tag_set	*tag_set;
};

/* config.c */
extern const struct cnull_attr cnull_attrs[CNULL_NR_ATTRS];
extern struct cnull_config cnull_defaults;
int cnull_attr_parse(const struct cnull_attr *attr, const char *str,
		     struct cnull_config *conf);
long long cnull_attr_get(const struct cnull_attr *attr,
			 const struct cnull_config *conf);

/* configfs.c */
void cnull_configfs_init(void);
void cnull_configfs_add(struct cnull_device *dev);
int cnull_configfs_register(void);
int cnull_configfs_register_compat(void);
void cnull_configfs_start(void);
void cnull_configfs_unregister(void);
void cnull_configfs_remove(void);

/* main.c */
struct cnull_device *cnull_device_create(const char *name);
void cnull_device_free(struct cnull_device *dev);
void cnull_set_live(struct cnull_device *dev, enum cnull_live what, bool on);

/* disk.c */
extern int cnull_major;
extern struct srcu_struct cnull_disk_srcu;
int cnull_disk_add(struct cnull_device *dev);
void cnull_disk_del(struct cnull_device *dev);

/* The device of a disk under cnull_disk_srcu, or NULL if the disk is gone */
static inline struct cnull_device *cnull_disk_device(struct gendisk *disk)
{
	return READ_ONCE(disk->private_data);
}

/* queue.c */
extern struct workqueue_struct *cnull_wq;
const struct blk_mq_ops *cnull_queue_ops(const struct cnull_device *dev);
int cnull_queue_init(void);
void cnull_queue_exit(void);

/* bio.c */
const struct block_device_operations *
cnull_bio_fops(const struct cnull_config *conf);

#endif /* _CNULL_H */
