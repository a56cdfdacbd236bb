// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of cnull devices: the table made from attrs.h, how values are parsed
 * and checked, module parameters, and configfs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "cnull.h"

/* What devices start with: null_blk's defaults until a parameter says otherwise. */
struct cnull_config cnull_defaults = {
#define CNULL_ATTR(_type, _name, _param, _def, ...) ._name = _def,
#include "attrs.h"
#undef CNULL_ATTR
};
EXPORT_SYMBOL_IF_KUNIT(cnull_defaults);

const struct cnull_attr cnull_attrs[CNULL_NR_ATTRS] = {
#define CNULL_ATTR(_type, _name, _param, _def, _min, _max, _flags, _help)	\
	[CNULL_ATTR_##_name] = {						\
		.name	= #_name,						\
		.type	= CNULL_TYPE_##_type,					\
		.offset	= offsetof(struct cnull_config, _name),			\
		.flags	= _flags,						\
		.min	= _min,							\
		.max	= _max,							\
	},
#include "attrs.h"
#undef CNULL_ATTR
};
EXPORT_SYMBOL_IF_KUNIT(cnull_attrs);

/**
 * cnull_attr_get() - Read a setting
 * @attr: which
 * @conf: from where
 *
 * Return: the value; 0 or 1 for a bool.
 */
long long cnull_attr_get(const struct cnull_attr *attr,
			 const struct cnull_config *conf)
{
	const void *p = (const void *)conf + attr->offset;

	switch (attr->type) {
	case CNULL_TYPE_bool:
		return *(const bool *)p;
	case CNULL_TYPE_int:
		return *(const int *)p;
	case CNULL_TYPE_uint:
		return *(const uint *)p;
	case CNULL_TYPE_ulong:
		return *(const ulong *)p;
	}
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_attr_get);

static void cnull_attr_set(const struct cnull_attr *attr,
			   struct cnull_config *conf, long long val)
{
	void *p = (void *)conf + attr->offset;

	switch (attr->type) {
	case CNULL_TYPE_bool:
		*(bool *)p = val;
		break;
	case CNULL_TYPE_int:
		*(int *)p = val;
		break;
	case CNULL_TYPE_uint:
		*(uint *)p = val;
		break;
	case CNULL_TYPE_ulong:
		*(ulong *)p = val;
		break;
	}
}

/* Reads a number, @scale times which must be valid for @attr. */
static int cnull_attr_parse_scaled(const struct cnull_attr *attr,
				   const char *str, unsigned int scale,
				   struct cnull_config *conf)
{
	const bool pow2 = attr->flags & CNULL_ATTR_POW2;
	long long val;
	bool flag;

	if (attr->type == CNULL_TYPE_bool) {
		if (kstrtobool(str, &flag)) {
			pr_err_ratelimited("%s: not a boolean, valid are 0 and 1\n",
					   attr->name);
			return -EINVAL;
		}
		cnull_attr_set(attr, conf, flag);
		return 0;
	}

	if (kstrtoll(str, 0, &val) || val < DIV_ROUND_UP(attr->min, scale) ||
	    val > attr->max / scale || (pow2 && !is_power_of_2(val))) {
		pr_err_ratelimited("%s: not a valid number, valid are %lld to %lld%s\n",
				   attr->name, DIV_ROUND_UP(attr->min, scale),
				   attr->max / scale,
				   pow2 ? ", powers of two" : "");
		return -EINVAL;
	}
	cnull_attr_set(attr, conf, val * scale);
	return 0;
}

/**
 * cnull_attr_parse() - Set a setting from what a user wrote
 * @attr: which
 * @str: a number in C notation or a boolean; one newline may follow
 * @conf: where to; unchanged on error
 *
 * Logs what is valid if @str is not.
 *
 * Return: 0, or -EINVAL if @str is no number or out of range.
 */
int cnull_attr_parse(const struct cnull_attr *attr, const char *str,
		     struct cnull_config *conf)
{
	return cnull_attr_parse_scaled(attr, str, 1, conf);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_attr_parse);

/* Module parameters */

static unsigned int cnull_param_scale(const struct cnull_attr *attr)
{
	return attr->flags & CNULL_ATTR_PARAM_GIB ? 1024 : 1;
}

static int cnull_param_set(const char *str, const struct kernel_param *kp)
{
	const struct cnull_attr *attr = kp->arg;

	/* A boolean without a value is true. */
	return cnull_attr_parse_scaled(attr, str ?: "1",
				       cnull_param_scale(attr), &cnull_defaults);
}

static int cnull_param_get(char *buf, const struct kernel_param *kp)
{
	const struct cnull_attr *attr = kp->arg;
	long long val = cnull_attr_get(attr, &cnull_defaults);

	if (attr->type == CNULL_TYPE_bool)
		return sysfs_emit(buf, "%c\n", val ? 'Y' : 'N');
	return sysfs_emit(buf, "%lld\n", val / cnull_param_scale(attr));
}

static const struct kernel_param_ops cnull_param_ops_int = {
	.set	= cnull_param_set,
	.get	= cnull_param_get,
};

static const struct kernel_param_ops cnull_param_ops_bool = {
	.flags	= KERNEL_PARAM_OPS_FL_NOARG,
	.set	= cnull_param_set,
	.get	= cnull_param_get,
};

#define cnull_param_ops_uint	cnull_param_ops_int
#define cnull_param_ops_ulong	cnull_param_ops_int

#define CNULL_ATTR(_type, _name, _param, _def, _min, _max, _flags, _help)	\
	module_param_cb(_param, &cnull_param_ops_##_type,			\
			(void *)&cnull_attrs[CNULL_ATTR_##_name], 0444);	\
	MODULE_PARM_DESC(_param, _help ". Default: " __stringify(_def));
#include "attrs.h"
#undef CNULL_ATTR

/* configfs: a device */

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
	int err;

	guard(mutex)(&dev->lock);
	if (dev->disk)
		return -EBUSY;
	err = cnull_attr_parse(attr, page, &dev->conf);
	return err ?: count;
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

	guard(mutex)(&dev->lock);
	if (on && !dev->disk)
		err = cnull_disk_add(dev);
	else if (!on && dev->disk)
		cnull_disk_del(dev);
	return err ?: count;
}
CONFIGFS_ATTR(cnull_dev_, power);

static struct configfs_attribute *cnull_dev_attrs[] = {
#define CNULL_ATTR(_type, _name, ...) &cnull_dev_attr_##_name,
#include "attrs.h"
#undef CNULL_ATTR
	&cnull_dev_attr_index,
	&cnull_dev_attr_power,
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

/* configfs: the driver */

static struct config_group *cnull_group_make(struct config_group *group,
					     const char *name)
{
	struct cnull_device *dev = cnull_device_create(name);

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	config_group_init_type_name(&dev->group, name, &cnull_dev_type);
	return &dev->group;
}

static void cnull_group_drop(struct config_group *group,
			     struct config_item *item)
{
	struct cnull_device *dev = to_cnull_device(item);

	scoped_guard(mutex, &dev->lock) {
		if (dev->disk)
			cnull_disk_del(dev);
	}
	config_item_put(item);
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

static struct configfs_subsystem cnull_subsys = {
	.su_group = {
		.cg_item = {
			.ci_namebuf	= KBUILD_MODNAME,
			.ci_type	= &cnull_group_type,
		},
	},
	.su_mutex = __MUTEX_INITIALIZER(cnull_subsys.su_mutex),
};

/**
 * cnull_configfs_register() - Let users create devices
 *
 * Context: May sleep.
 * Return: 0, or a negative errno of configfs_register_subsystem().
 */
int __init cnull_configfs_register(void)
{
	config_group_init(&cnull_subsys.su_group);
	return configfs_register_subsystem(&cnull_subsys);
}

/**
 * cnull_configfs_unregister() - No more devices from users
 *
 * There are none any more: each directory holds a reference to the module.
 *
 * Context: May sleep.
 */
void cnull_configfs_unregister(void)
{
	configfs_unregister_subsystem(&cnull_subsys);
}
