/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cnull: a null block device driver.
 *
 * main.c	module, list of devices, devices created at load time
 * config.c	settings: parsing, ranges, module parameters, configfs
 * attrs.h	the table of all settings
 * disk.c	power on and off: tag set, queue limits, gendisk
 * queue.c	the data path: blk-mq operations
 * store.c	the memory that backs a device; knows nothing of the above
 *
 * Locks: cnull_lock protects the list of devices; cnull_device.lock the
 * settings and the power state of one device. They are never held together.
 * The data path takes no lock: settings do not change while a disk exists, and
 * the store is read under RCU.
 */
#ifndef _CNULL_H
#define _CNULL_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/configfs.h>
#include <linux/hrtimer.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "store.h"

enum {
	CNULL_IRQ_NONE		= 0,
	CNULL_IRQ_SOFTIRQ	= 1,
	CNULL_IRQ_TIMER		= 2,
};

enum {
	CNULL_Q_MQ		= 2,
};

/* A disk's size in bytes fits loff_t, its pages fit the store. */
#define CNULL_MAX_SIZE_MIB \
	MIN(LLONG_MAX >> 20, (long long)(CNULL_STORE_MAX_PAGES >> (20 - PAGE_SHIFT)))

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
 */
enum cnull_attr_flags {
	CNULL_ATTR_POW2		= BIT(0),
	CNULL_ATTR_PARAM_GIB	= BIT(1),
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
 * @CNULL_F_DEBUG: the kernel has debugging options that look at each request
 *
 * Devices with none, or with @CNULL_F_MEMORY alone, have a ->queue_rq() of their
 * own that tests for no other.
 */
enum cnull_features {
	CNULL_F_MEMORY			= BIT(0),
	CNULL_F_DEFER_COMPLETION	= BIT(1),
	CNULL_F_BLOCKING		= BIT(2),
	CNULL_F_DEBUG			= BIT(3),
};

/**
 * struct cnull_queue - a hardware queue
 * @features: enum cnull_features
 * @irqmode: CNULL_IRQ_*
 * @completion_time: delay of CNULL_IRQ_TIMER
 * @store: the device's data
 * @deferred: requests that @work has to do, since they may have to sleep
 * @work: runs what is on @deferred
 *
 * The members up to @store are constant while the queue exists.
 */
struct cnull_queue {
	unsigned int		features;
	unsigned int		irqmode;
	ktime_t			completion_time;
	struct cnull_store	*store;

	struct llist_head	deferred ____cacheline_aligned_in_smp;
	struct work_struct	work;
};

/**
 * struct cnull_cmd - the driver's part of a request
 * @error: status to complete the request with
 * @fake_timeout: the request is left to the timeout handler on purpose
 * @timer: completes the request with CNULL_IRQ_TIMER
 * @deferred: link in cnull_queue.deferred
 */
struct cnull_cmd {
	blk_status_t		error;
	bool			fake_timeout;
	struct hrtimer		timer;
	struct llist_node	deferred;
};

/**
 * struct cnull_device - a device, powered or not: a directory in configfs
 * @group: that directory; not registered for devices created at load time
 * @name: name of the disk
 * @list: link in the list of all devices, under cnull_lock
 * @lock: protects @conf, @disk and @index
 * @conf: settings; fixed while @disk is there
 * @disk: the disk while the device is powered, otherwise NULL
 * @index: number of the disk, its minor number
 * @store: data; outlives the disk, so that a power cycle keeps it
 * @tag_set: of @disk
 */
struct cnull_device {
	struct config_group	group;
	char			name[DISK_NAME_LEN];
	struct list_head	list;

	struct mutex		lock;	/* protects conf, disk and index */
	struct cnull_config	conf;
	struct gendisk		*disk;
	unsigned int		index;

	struct cnull_store	store;
	struct blk_mq_tag_set	tag_set;
};

/* config.c */
extern const struct cnull_attr cnull_attrs[CNULL_NR_ATTRS];
extern struct cnull_config cnull_defaults;
int cnull_attr_parse(const struct cnull_attr *attr, const char *str,
		     struct cnull_config *conf);
long long cnull_attr_get(const struct cnull_attr *attr,
			 const struct cnull_config *conf);
int cnull_configfs_register(void);
void cnull_configfs_unregister(void);

/* main.c */
struct cnull_device *cnull_device_create(const char *name);
void cnull_device_free(struct cnull_device *dev);

/* disk.c */
extern int cnull_major;
int cnull_disk_add(struct cnull_device *dev);
void cnull_disk_del(struct cnull_device *dev);

/* queue.c */
const struct blk_mq_ops *cnull_queue_ops(const struct cnull_config *conf);
int cnull_queue_init(void);
void cnull_queue_exit(void);

#endif /* _CNULL_H */
