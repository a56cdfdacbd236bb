/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_FAULTS_H
#define _CNULL_FAULTS_H

#include <linux/configfs.h>
#include <linux/fault-inject.h>

struct cnull_device;

#ifdef CONFIG_BLK_DEV_CNULL_FAULT_INJECTION

/**
 * struct cnull_faults - faults to inject into a device
 * @timeout: leave a request to the timeout handler
 * @requeue: send a request back to the block layer
 * @init_hctx: fail to set a hardware queue up
 */
struct cnull_faults {
	struct fault_config	timeout;
	struct fault_config	requeue;
	struct fault_config	init_hctx;
};

int cnull_faults_parse_params(void);
void cnull_faults_init(struct cnull_faults *faults);
void cnull_faults_add_groups(struct cnull_faults *faults,
			     struct config_group *parent);

/* Also while it is off this must cost little: it is asked for each request. */
static inline bool cnull_faults_armed(const struct cnull_faults *faults)
{
	return READ_ONCE(faults->timeout.attr.probability) ||
	       READ_ONCE(faults->requeue.attr.probability);
}

static inline bool cnull_fault_timeout(struct cnull_faults *faults)
{
	return should_fail(&faults->timeout.attr, 1);
}

static inline bool cnull_fault_requeue(struct cnull_faults *faults)
{
	return should_fail(&faults->requeue.attr, 1);
}

static inline bool cnull_fault_init_hctx(struct cnull_faults *faults)
{
	return should_fail(&faults->init_hctx.attr, 1);
}

#else

struct cnull_faults {
};

static inline int cnull_faults_parse_params(void)
{
	return 0;
}

static inline void cnull_faults_init(struct cnull_faults *faults)
{
}

static inline void cnull_faults_add_groups(struct cnull_faults *faults,
					   struct config_group *parent)
{
}

static inline bool cnull_faults_armed(const struct cnull_faults *faults)
{
	return false;
}

static inline bool cnull_fault_timeout(struct cnull_faults *faults)
{
	return false;
}

static inline bool cnull_fault_requeue(struct cnull_faults *faults)
{
	return false;
}

static inline bool cnull_fault_init_hctx(struct cnull_faults *faults)
{
	return false;
}

#endif /* CONFIG_BLK_DEV_CNULL_FAULT_INJECTION */

#endif /* _CNULL_FAULTS_H */
