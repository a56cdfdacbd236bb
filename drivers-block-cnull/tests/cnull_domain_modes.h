/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways for a request to be asked about and to end that a test of a disk with a
 * domain is to be repeated with, as its parameter.
 */
#ifndef _CNULL_DOMAIN_MODES_H
#define _CNULL_DOMAIN_MODES_H

#include "cnull_disk_test.h"

static const struct cnull_mode cnull_domain_modes[] = {
	{ "inline",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1 },
	{ "softirq",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1 },
	{ "timer",	CNULL_Q_MQ, CNULL_IRQ_TIMER, 512, 1 },
	{ "blocking",	CNULL_Q_MQ, CNULL_IRQ_NONE, 4096, 1, .blocking = true },
	{ "poll_queue",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .poll_queues = 1 },
	{ "stats",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .stats = true },
	{ "throttle",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1, .mbps = 20000 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_domain_mode, cnull_domain_modes, name);

#endif /* _CNULL_DOMAIN_MODES_H */
