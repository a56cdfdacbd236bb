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

#include <kunit/visibility.h>

#include "cnull.h"

static DEFINE_MUTEX(cnull_lock);
static LIST_HEAD(cnull_devices);

static unsigned int nr_devices = 1;
module_param(nr_devices, uint, 0444);
MODULE_PARM_DESC(nr_devices, "Number of devices to create at load time. Default: 1");

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
 * device of that name, -ENOMEM.
 */
struct cnull_device *cnull_device_create(const char *name)
{
	struct cnull_device *dev __free(kfree) = kzalloc_obj(*dev);

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

	guard(mutex)(&cnull_lock);
	if (cnull_name_is_used(name))
		return ERR_PTR(-EEXIST);
	list_add_tail(&dev->list, &cnull_devices);
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
	cnull_store_destroy(&dev->store);
	mutex_destroy(&dev->lock);
	kfree(dev);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_device_free);

/* Frees the devices that nobody else can: those created at load time. */
static void cnull_free_devices(void)
{
	struct cnull_device *dev, *next;

	list_for_each_entry_safe(dev, next, &cnull_devices, list) {
		scoped_guard(mutex, &dev->lock) {
			if (dev->disk)
				cnull_disk_del(dev);
		}
		cnull_device_free(dev);
	}
	/* What discards left to RCU is freed by code of this module. */
	rcu_barrier();
}

static int __init cnull_create_devices(void)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++) {
		char name[DISK_NAME_LEN];
		struct cnull_device *dev;
		int err;

		snprintf(name, sizeof(name), "cnull%u", i);
		dev = cnull_device_create(name);
		if (IS_ERR(dev))
			return PTR_ERR(dev);
		scoped_guard(mutex, &dev->lock)
			err = cnull_disk_add(dev);
		if (err)
			return err;
	}
	return 0;
}

static int __init cnull_init(void)
{
	int err;

	if (nr_devices > MINORMASK + 1) {
		pr_err("nr_devices: %u is too many, valid are 0 to %u\n",
		       nr_devices, MINORMASK + 1);
		return -EINVAL;
	}

	err = cnull_queue_init();
	if (err)
		return err;

	cnull_major = register_blkdev(0, KBUILD_MODNAME);
	if (cnull_major < 0) {
		err = cnull_major;
		goto out_queue;
	}

	err = cnull_create_devices();
	if (!err)
		err = cnull_configfs_register();
	if (err)
		goto out_devices;

	pr_info("module loaded\n");
	return 0;

out_devices:
	cnull_free_devices();
	unregister_blkdev(cnull_major, KBUILD_MODNAME);
out_queue:
	cnull_queue_exit();
	return err;
}

static void __exit cnull_exit(void)
{
	cnull_configfs_unregister();
	cnull_free_devices();
	unregister_blkdev(cnull_major, KBUILD_MODNAME);
	cnull_queue_exit();
}

module_init(cnull_init);
module_exit(cnull_exit);

MODULE_DESCRIPTION("Null block device driver");
MODULE_LICENSE("GPL");
