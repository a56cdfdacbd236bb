// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of cnull devices: the table made from attrs.h, how values are parsed
 * and checked, and module parameters.
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

/* Reads a number in units of 2^@shift of @attr's. */
static int cnull_attr_parse_shifted(const struct cnull_attr *attr,
				    const char *str, unsigned int shift,
				    struct cnull_config *conf)
{
	const bool pow2 = attr->flags & CNULL_ATTR_POW2;
	const long long min = -(-attr->min >> shift);	/* rounded up */
	const long long max = attr->max >> shift;
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

	if (kstrtoll(str, 0, &val) || val < min || val > max ||
	    (pow2 && !is_power_of_2(val))) {
		pr_err_ratelimited("%s: not a valid number, valid are %lld to %lld%s\n",
				   attr->name, min, max,
				   pow2 ? ", powers of two" : "");
		return -EINVAL;
	}
	cnull_attr_set(attr, conf, val << shift);
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
	return cnull_attr_parse_shifted(attr, str, 0, conf);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_attr_parse);

/* Module parameters */

static unsigned int cnull_param_shift(const struct cnull_attr *attr)
{
	return attr->flags & CNULL_ATTR_PARAM_GIB ? 10 : 0;
}

static int cnull_param_set(const char *str, const struct kernel_param *kp)
{
	const struct cnull_attr *attr = kp->arg;

	/* A boolean without a value is true. */
	return cnull_attr_parse_shifted(attr, str ?: "1",
					cnull_param_shift(attr), &cnull_defaults);
}

static int cnull_param_get(char *buf, const struct kernel_param *kp)
{
	const struct cnull_attr *attr = kp->arg;
	long long val = cnull_attr_get(attr, &cnull_defaults);

	if (attr->type == CNULL_TYPE_bool)
		return sysfs_emit(buf, "%c\n", val ? 'Y' : 'N');
	return sysfs_emit(buf, "%lld\n", val >> cnull_param_shift(attr));
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
