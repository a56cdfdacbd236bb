// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of cnull devices: the groups in configfs and the module parameters of
 * null_blk, see Documentation/fault-injection/fault-injection.rst. When a fault
 * strikes is decided by lib's fault injection, what it does is in queue.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "faults.h"

#define CNULL_FAULT_PARAM(_name, _what)						\
static DECLARE_FAULT_ATTR(cnull_##_name##_attr);				\
static char cnull_##_name##_param[80];						\
module_param_string(_name, cnull_##_name##_param,				\
		    sizeof(cnull_##_name##_param), 0444);			\
MODULE_PARM_DESC(_name, "Fault injection: " _what ". " __stringify(_name)	\
		 "=<interval>,<probability>,<space>,<times>")

CNULL_FAULT_PARAM(timeout, "requests time out");
CNULL_FAULT_PARAM(requeue, "requests are sent back to the block layer");
CNULL_FAULT_PARAM(init_hctx, "hardware queues cannot be set up");

static int cnull_fault_parse_param(const char *name, struct fault_attr *attr,
				   char *param)
{
	if (!*param)
		return 0;
	if (!setup_fault_attr(attr, param)) {
		pr_err("%s: not valid, valid is <interval>,<probability>,<space>,<times>\n",
		       name);
		return -EINVAL;
	}
	attr->verbose = 0;
	return 0;
}

/**
 * cnull_faults_parse_params() - Read the module parameters
 *
 * Return: 0, or -EINVAL if one of them is not valid.
 */
int __init cnull_faults_parse_params(void)
{
	return cnull_fault_parse_param("timeout", &cnull_timeout_attr,
				       cnull_timeout_param) ?:
	       cnull_fault_parse_param("requeue", &cnull_requeue_attr,
				       cnull_requeue_param) ?:
	       cnull_fault_parse_param("init_hctx", &cnull_init_hctx_attr,
				       cnull_init_hctx_param);
}

/**
 * cnull_faults_init() - Give a device the faults of the module parameters
 * @faults: of the device
 */
void cnull_faults_init(struct cnull_faults *faults)
{
	faults->timeout.attr = cnull_timeout_attr;
	faults->requeue.attr = cnull_requeue_attr;
	faults->init_hctx.attr = cnull_init_hctx_attr;
}

/**
 * cnull_faults_add_groups() - Let users control the faults of a device
 * @faults: of the device
 * @parent: its directory in configfs, not registered so far; whoever releases
 *	it also has to call configfs_remove_default_groups()
 */
void cnull_faults_add_groups(struct cnull_faults *faults,
			     struct config_group *parent)
{
	fault_config_init(&faults->timeout, "timeout_inject");
	fault_config_init(&faults->requeue, "requeue_inject");
	fault_config_init(&faults->init_hctx, "init_hctx_fault_inject");
	configfs_add_default_group(&faults->timeout.group, parent);
	configfs_add_default_group(&faults->requeue.group, parent);
	configfs_add_default_group(&faults->init_hctx.group, parent);
}
