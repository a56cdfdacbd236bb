/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of disks that a test is to be repeated with, as its parameter.
 */
#ifndef _CNULL_DISK_MODES_H
#define _CNULL_DISK_MODES_H

#include "cnull_disk_test.h"

static const struct cnull_mode cnull_modes[] = {
	{ "inline",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1 },
	{ "softirq",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1 },
	{ "timer",	CNULL_Q_MQ, CNULL_IRQ_TIMER, 512, 1 },
	{ "inline_4k",	CNULL_Q_MQ, CNULL_IRQ_NONE, 4096, 1 },
	{ "blocking",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .blocking = true },
	{ "blocking_softirq", CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 4096, 1,
	  .blocking = true },
	{ "two_queues",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 2 },
	{ "poll_queue",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .poll_queues = 1 },
	{ "shared_tags", CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .shared_tags = true },
	{ "stats",	CNULL_Q_MQ, CNULL_IRQ_NONE, 512, 1, .stats = true },
	{ "throttle",	CNULL_Q_MQ, CNULL_IRQ_SOFTIRQ, 512, 1, .mbps = 20000 },
	{ "bio",	CNULL_Q_BIO, CNULL_IRQ_NONE, 512, 1 },
	{ "bio_4k",	CNULL_Q_BIO, CNULL_IRQ_SOFTIRQ, 4096, 1 },
	{ "bio_stats",	CNULL_Q_BIO, CNULL_IRQ_NONE, 512, 1, .stats = true },
	{ "bio_throttle", CNULL_Q_BIO, CNULL_IRQ_NONE, 512, 1, .mbps = 20000 },
};

KUNIT_ARRAY_PARAM_DESC(cnull_mode, cnull_modes, name);

#endif /* _CNULL_DISK_MODES_H */
