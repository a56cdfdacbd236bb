// SPDX-License-Identifier: GPL-2.0-only
/*
 * cnull: a null block device driver. See cnull.h for the map, and
 * Documentation/admin-guide/blockdev/cnull.rst for its use.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <kunit/visibility.h>

#include "badblocks.h"
#include "cnull.h"
#include "domain.h"
#include "faults.h"
#include "stats.h"

static DEFINE_MUTEX(cnull_lock);
static LIST_HEAD(cnull_devices);

DEFINE_STATIC_KEY_FALSE(cnull_live_key);
EXPORT_SYMBOL_IF_KUNIT(cnull_live_key);

static unsigned int nr_devices = 1;
module_param(nr_devices, uint, 0444);
MODULE_PARM_DESC(nr_devices, "Number of devices to create at load time. Default: 1");

static bool compat = IS_ENABLED(CONFIG_BLK_DEV_CNULL_COMPAT);
module_param(compat, bool, 0444);
MODULE_PARM_DESC(compat, "Use the names of null_blk: configfs directory nullb, disks nullb<n>. Default: CONFIG_BLK_DEV_CNULL_COMPAT");

/* Scripts load and unload null_blk; this is second choice after a real one. */
MODULE_ALIAS("null_blk");

/* Also the first part of the names of disks made at load time. */
static const char *cnull_blkdev_name(void)
{
	return compat ? "nullb" : KBUILD_MODNAME;
}

static bool cnull_name_is_used(const char *name)
{
	struct cnull_device *dev;

	lockdep_assert_held(&cnull_lock);
	list_for_each_entry(dev, &cnull_devices, list) {
		if (!strcmp(dev->name, name))
			return true;
	}
	return false;
}

/**
 * cnull_device_create() - Make a device with default settings, powered off
 * @name: name of its disk
 *
 * Context: May sleep.
 * Return: the device, or an error pointer: -ENAMETOOLONG, -EEXIST if there is a
 * device of that name, -EINVAL or -ENOSPC if the parameter badblocks is not
 * valid, -ENOMEM.
 */
struct cnull_device *cnull_device_create(const char *name)
{
	struct cnull_device *dev __free(kfree) = kzalloc_obj(*dev);
	int err;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	if (strscpy(dev->name, name) < 0) {
		pr_err_ratelimited("name of a device: %zu characters, valid are 1 to %d\n",
				   strlen(name), DISK_NAME_LEN - 1);
		return ERR_PTR(-ENAMETOOLONG);
	}
	mutex_init(&dev->lock);
	dev->conf = cnull_defaults;
	cnull_store_init(&dev->store);
	cnull_faults_init(&dev->faults);
	cnull_domain_init(dev);

	err = cnull_badblocks_init(dev);
	if (err)
		return ERR_PTR(err);

	scoped_guard(mutex, &cnull_lock) {
		if (cnull_name_is_used(name))
			err = -EEXIST;
		else
			list_add_tail(&dev->list, &cnull_devices);
	}
	if (err) {
		cnull_badblocks_exit(dev);
		return ERR_PTR(err);
	}
	return_ptr(dev);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_device_create);

/**
 * cnull_device_free() - Free a device and its data
 * @dev: the device, powered off
 *
 * Context: May sleep.
 */
void cnull_device_free(struct cnull_device *dev)
{
	scoped_guard(mutex, &cnull_lock)
		list_del(&dev->list);
	cnull_badblocks_exit(dev);
	cnull_store_destroy(&dev->store);
	cnull_domain_free(dev);
	mutex_destroy(&dev->lock);
	kfree(dev);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_device_free);

/**
 * cnull_set_live() - Switch on or off what may change while a device is in use
 * @dev: the device, with its lock held
 * @what: the feature
 * @on: whether it is there
 *
 * Context: May sleep.
 */
void cnull_set_live(struct cnull_device *dev, enum cnull_live what, bool on)
{
	const unsigned int old = dev->live;
	const unsigned int live = on ? old | what : old & ~what;

	lockdep_assert_held(&dev->lock);

	WRITE_ONCE(dev->live, live);
	if (!old && live)
		static_branch_inc(&cnull_live_key);
	else if (old && !live)
		static_branch_dec(&cnull_live_key);
}

static int __init cnull_create_devices(void)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++) {
		char name[DISK_NAME_LEN];
		struct cnull_device *dev;

		snprintf(name, sizeof(name), "%s%u", cnull_blkdev_name(), i);
		dev = cnull_device_create(name);
		if (IS_ERR(dev))
			return PTR_ERR(dev);
		dev->compat = compat;
		cnull_configfs_add(dev);
	}
	return 0;
}

/*
 * Comes last: once there was a disk, the module must not go away before user
 * space runs again, since the file of the partition scan is released only then.
 */
static int __init cnull_power_on_devices(void)
{
	struct cnull_device *dev;
	bool any = false;
	int err;

	/* There are no others so far. */
	list_for_each_entry(dev, &cnull_devices, list) {
		scoped_guard(mutex, &dev->lock)
			err = cnull_disk_add(dev);
		if (err && !any)
			return err;
		if (err)
			pr_err("%s: stays powered off, error %d\n", dev->name,
			       err);
		any = true;
	}
	return 0;
}

/*
 * Scripts look there to see whether the module is loaded, and what its
 * parameters are.
 */
#ifdef MODULE
static bool cnull_has_link;

static void cnull_add_link(void)
{
	struct kobject *kobj = &THIS_MODULE->mkobj.kobj;

	cnull_has_link = !sysfs_create_link_nowarn(kobj->parent, kobj,
						   "null_blk");
}

static void cnull_remove_link(void)
{
	if (cnull_has_link)
		sysfs_remove_link(THIS_MODULE->mkobj.kobj.parent, "null_blk");
}
#else
static void cnull_add_link(void) {}
static void cnull_remove_link(void) {}
#endif

static void cnull_free_devices(void)
{
	cnull_configfs_unregister();
	cnull_configfs_remove();
	/* What discards left to RCU is freed by code of this module. */
	rcu_barrier();
}

static int __init cnull_init(void)
{
	int err;

	if (nr_devices > MINORMASK + 1) {
		pr_err("nr_devices: %u is too many, valid are 0 to %u\n",
		       nr_devices, MINORMASK + 1);
		return -EINVAL;
	}
	err = cnull_faults_parse_params();
	if (err)
		return err;

	err = cnull_queue_init();
	if (err)
		return err;
	cnull_stats_init();
	cnull_configfs_init();

	if (compat && cnull_configfs_register_compat()) {
		pr_warn("compat ignored: the name nullb is in use, is null_blk loaded?\n");
		compat = false;
	}
	cnull_major = register_blkdev(0, cnull_blkdev_name());
	if (cnull_major < 0) {
		err = cnull_major;
		goto out_configfs;
	}

	err = cnull_create_devices();
	if (!err)
		err = cnull_configfs_register();
	if (!err)
		err = cnull_power_on_devices();
	if (err)
		goto out_devices;

	cnull_configfs_start();
	if (compat)
		cnull_add_link();
	pr_info("module loaded\n");
	return 0;

out_devices:
	cnull_free_devices();
	unregister_blkdev(cnull_major, cnull_blkdev_name());
	goto out_stats;
out_configfs:
	cnull_configfs_unregister();
out_stats:
	cnull_stats_exit();
	cnull_queue_exit();
	return err;
}

static void __exit cnull_exit(void)
{
	cnull_remove_link();
	cnull_free_devices();
	unregister_blkdev(cnull_major, cnull_blkdev_name());
	cnull_stats_exit();
	cnull_queue_exit();
}

module_init(cnull_init);
module_exit(cnull_exit);

MODULE_DESCRIPTION("Null block device driver");
MODULE_LICENSE("GPL");
