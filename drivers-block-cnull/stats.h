/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_STATS_H
#define _CNULL_STATS_H

#include <linux/blk_types.h>
#include <linux/types.h>

struct cnull_device;
struct cnull_stats;

void cnull_stats_init(void);
void cnull_stats_exit(void);
int cnull_stats_create(struct cnull_device *dev);
void cnull_stats_destroy(struct cnull_device *dev);
void cnull_stats_account(struct cnull_stats *stats, enum req_op op,
			 unsigned int bytes, blk_status_t sts, u64 start_ns);

#endif /* _CNULL_STATS_H */
