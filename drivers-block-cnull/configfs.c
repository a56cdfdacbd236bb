// SPDX-License-Identifier: GPL-2.0-only
/*
 * cnull in configfs: a directory per device, a file per setting.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>

#include "badblocks.h"
#include "cnull.h"
#include "domain.h"
#include "faults.h"
#include "tags.h"
#include "zoned.h"

/* Whether users may make devices and disks: the module is completely loaded. */
static bool cnull_configfs_ready;

/* A device */

static struct cnull_device *to_cnull_device(struct config_item *item)
{
	return container_of(to_config_group(item), struct cnull_device, group);
}

static ssize_t cnull_dev_show(struct config_item *item, char *page,
			      const struct cnull_attr *attr)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%lld\n", cnull_attr_get(attr, &dev->conf));
}

static ssize_t cnull_dev_store(struct config_item *item, const char *page,
			       size_t count, const struct cnull_attr *attr)
{
	struct cnull_device *dev = to_cnull_device(item);
	struct cnull_config conf;
	int err;

	guard(mutex)(&dev->lock);
	if (dev->disk && !(attr->flags & CNULL_ATTR_LIVE))
		return -EBUSY;
	conf = dev->conf;
	err = cnull_attr_parse(attr, page, &conf);
	if (!err && dev->disk)
		err = cnull_tags_resize(dev, conf.submit_queues,
					conf.poll_queues);
	if (err)
		return err;
	dev->conf = conf;
	return count;
}

#define CNULL_ATTR(_type, _name, ...)						\
static ssize_t cnull_dev_##_name##_show(struct config_item *item, char *page)	\
{										\
	return cnull_dev_show(item, page, &cnull_attrs[CNULL_ATTR_##_name]);	\
}										\
static ssize_t cnull_dev_##_name##_store(struct config_item *item,		\
					 const char *page, size_t count)	\
{										\
	return cnull_dev_store(item, page, count,				\
			       &cnull_attrs[CNULL_ATTR_##_name]);		\
}										\
CONFIGFS_ATTR(cnull_dev_, _name);
#include "attrs.h"
#undef CNULL_ATTR

static ssize_t cnull_dev_index_show(struct config_item *item, char *page)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%u\n", dev->index);
}
CONFIGFS_ATTR_RO(cnull_dev_, index);

static ssize_t cnull_dev_power_show(struct config_item *item, char *page)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return sysfs_emit(page, "%d\n", !!dev->disk);
}

static ssize_t cnull_dev_power_store(struct config_item *item, const char *page,
				     size_t count)
{
	struct cnull_device *dev = to_cnull_device(item);
	int err = 0;
	bool on;

	if (kstrtobool(page, &on)) {
		pr_err_ratelimited("power: not a boolean, valid are 0 and 1\n");
		return -EINVAL;
	}
	/* Pairs with cnull_configfs_start(). */
	if (!smp_load_acquire(&cnull_configfs_ready))
		return -EAGAIN;

	guard(mutex)(&dev->lock);
	if (on && !dev->disk)
		err = cnull_disk_add(dev);
	else if (!on && dev->disk)
		cnull_disk_del(dev);
	return err ?: count;
}
CONFIGFS_ATTR(cnull_dev_, power);

static ssize_t cnull_dev_badblocks_show(struct config_item *item, char *page)
{
	return cnull_badblocks_show(to_cnull_device(item), page);
}

static ssize_t cnull_dev_badblocks_store(struct config_item *item,
					 const char *page, size_t count)
{
	struct cnull_device *dev = to_cnull_device(item);
	int err;

	guard(mutex)(&dev->lock);
	err = cnull_badblocks_store(dev, page);
	return err ?: count;
}
CONFIGFS_ATTR(cnull_dev_, badblocks);

#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
static ssize_t cnull_dev_domain_show(struct config_item *item, char *page)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return cnull_domain_show(dev, page);
}

static ssize_t cnull_dev_domain_store(struct config_item *item,
				      const char *page, size_t count)
{
	struct cnull_device *dev = to_cnull_device(item);
	int err;

	guard(mutex)(&dev->lock);
	err = cnull_domain_store(dev, page);
	return err ?: count;
}
CONFIGFS_ATTR(cnull_dev_, domain);
#endif

static ssize_t cnull_dev_zone_readonly_store(struct config_item *item,
					     const char *page, size_t count)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return cnull_zones_set_cond(dev, page, count, BLK_ZONE_COND_READONLY);
}
CONFIGFS_ATTR_WO(cnull_dev_, zone_readonly);

static ssize_t cnull_dev_zone_offline_store(struct config_item *item,
					    const char *page, size_t count)
{
	struct cnull_device *dev = to_cnull_device(item);

	guard(mutex)(&dev->lock);
	return cnull_zones_set_cond(dev, page, count, BLK_ZONE_COND_OFFLINE);
}
CONFIGFS_ATTR_WO(cnull_dev_, zone_offline);

static struct configfs_attribute *cnull_dev_attrs[] = {
#define CNULL_ATTR(_type, _name, ...) &cnull_dev_attr_##_name,
#include "attrs.h"
#undef CNULL_ATTR
	&cnull_dev_attr_badblocks,
#ifdef CONFIG_BLK_DEV_CNULL_DOMAIN
	&cnull_dev_attr_domain,
#endif
	&cnull_dev_attr_index,
	&cnull_dev_attr_power,
	&cnull_dev_attr_zone_offline,
	&cnull_dev_attr_zone_readonly,
	NULL
};

static void cnull_dev_release(struct config_item *item)
{
	cnull_device_free(to_cnull_device(item));
}

static const struct configfs_item_operations cnull_dev_item_ops = {
	.release	= cnull_dev_release,
};

static const struct config_item_type cnull_dev_type = {
	.ct_item_ops	= &cnull_dev_item_ops,
	.ct_attrs	= cnull_dev_attrs,
	.ct_owner	= THIS_MODULE,
};

/*
 * Gives a device its directory, in which nobody can see it so far. From here on
 * cnull_dev_release() frees it.
 */
static void cnull_init_group(struct cnull_device *dev)
{
	config_group_init_type_name(&dev->group, dev->name, &cnull_dev_type);
	cnull_faults_add_groups(&dev->faults, &dev->group);
}

static void cnull_put_group(struct cnull_device *dev)
{
	scoped_guard(mutex, &dev->lock) {
		if (dev->disk)
			cnull_disk_del(dev);
	}
	configfs_remove_default_groups(&dev->group);
	config_item_put(&dev->group.cg_item);
}

/* The driver */

static struct configfs_subsystem cnull_compat_subsys;

static struct config_group *cnull_group_make(struct config_group *group,
					     const char *name)
{
	struct cnull_device *dev;

	/* Pairs with cnull_configfs_start(). */
	if (!smp_load_acquire(&cnull_configfs_ready))
		return ERR_PTR(-EAGAIN);
	dev = cnull_device_create(name);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	dev->compat = group == &cnull_compat_subsys.su_group;
	cnull_init_group(dev);
	return &dev->group;
}

static void cnull_group_drop(struct config_group *group,
			     struct config_item *item)
{
	cnull_put_group(to_cnull_device(item));
}

static ssize_t cnull_group_features_show(struct config_item *item, char *page)
{
	ssize_t len = 0;
	int i;

	for (i = 0; cnull_dev_attrs[i]; i++)
		len += sysfs_emit_at(page, len, "%s%s", i ? "," : "",
				     cnull_dev_attrs[i]->ca_name);
	return len + sysfs_emit_at(page, len, "\n");
}
CONFIGFS_ATTR_RO(cnull_group_, features);

static struct configfs_attribute *cnull_group_attrs[] = {
	&cnull_group_attr_features,
	NULL
};

static const struct configfs_group_operations cnull_group_ops = {
	.make_group	= cnull_group_make,
	.drop_item	= cnull_group_drop,
};

static const struct config_item_type cnull_group_type = {
	.ct_group_ops	= &cnull_group_ops,
	.ct_attrs	= cnull_group_attrs,
	.ct_owner	= THIS_MODULE,
};

#define CNULL_SUBSYSTEM(_var, _name) {					\
	.su_group = {							\
		.cg_item = {						\
			.ci_namebuf	= _name,			\
			.ci_type	= &cnull_group_type,		\
		},							\
	},								\
	.su_mutex = __MUTEX_INITIALIZER(_var.su_mutex),			\
}

static struct configfs_subsystem cnull_subsys =
	CNULL_SUBSYSTEM(cnull_subsys, KBUILD_MODNAME);
static struct configfs_subsystem cnull_compat_subsys =
	CNULL_SUBSYSTEM(cnull_compat_subsys, "nullb");
static bool cnull_registered, cnull_compat_registered;

/**
 * cnull_configfs_register_compat() - Take null_blk's directory, if it is free
 *
 * Comes first: if null_blk is there, its disks must not meet others of the same
 * name. Nobody can make a device before cnull_configfs_start().
 *
 * Context: May sleep.
 * Return: 0, or a negative errno of configfs_register_subsystem(); -EEXIST if
 * null_blk is loaded.
 */
int __init cnull_configfs_register_compat(void)
{
	int err;

	config_group_init(&cnull_compat_subsys.su_group);
	err = configfs_register_subsystem(&cnull_compat_subsys);
	cnull_compat_registered = !err;
	return err;
}

/**
 * cnull_configfs_init() - Prepare for cnull_configfs_add()
 */
void __init cnull_configfs_init(void)
{
	config_group_init(&cnull_subsys.su_group);
}

/**
 * cnull_configfs_add() - Give a device made at load time its directory
 * @dev: the device
 *
 * Comes after cnull_configfs_init() and before cnull_configfs_register().
 */
void __init cnull_configfs_add(struct cnull_device *dev)
{
	cnull_init_group(dev);
	configfs_add_default_group(&dev->group, &cnull_subsys.su_group);
}

/**
 * cnull_configfs_register() - Let users see devices
 *
 * Context: May sleep.
 * Return: 0, or a negative errno of configfs_register_subsystem().
 */
int __init cnull_configfs_register(void)
{
	int err = configfs_register_subsystem(&cnull_subsys);

	cnull_registered = !err;
	return err;
}

/**
 * cnull_configfs_start() - Let users make devices and power them
 */
void __init cnull_configfs_start(void)
{
	/* Whoever sees this sees a driver that is completely set up. */
	smp_store_release(&cnull_configfs_ready, true);
}

/**
 * cnull_configfs_unregister() - No more devices from users
 *
 * There are none any more: the directory of each holds a reference to the
 * module. May be called with either directory registered, or none.
 *
 * Context: May sleep.
 */
void cnull_configfs_unregister(void)
{
	if (cnull_registered)
		configfs_unregister_subsystem(&cnull_subsys);
	if (cnull_compat_registered)
		configfs_unregister_subsystem(&cnull_compat_subsys);
}

/**
 * cnull_configfs_remove() - Free the devices of cnull_configfs_add()
 *
 * Comes after cnull_configfs_unregister(). Powers the devices off.
 *
 * Context: May sleep.
 */
void cnull_configfs_remove(void)
{
	struct config_group *group, *next;

	list_for_each_entry_safe(group, next,
				 &cnull_subsys.su_group.default_groups,
				 group_entry) {
		list_del(&group->group_entry);
		cnull_put_group(to_cnull_device(&group->cg_item));
	}
}
