/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_BADBLOCKS_H
#define _CNULL_BADBLOCKS_H

#include <linux/blk_types.h>

struct cnull_device;
struct cnull_io;

int cnull_badblocks_init(struct cnull_device *dev);
void cnull_badblocks_exit(struct cnull_device *dev);
blk_status_t cnull_badblocks_check(struct cnull_device *dev,
				   struct cnull_io *io);
ssize_t cnull_badblocks_show(struct cnull_device *dev, char *page);
int cnull_badblocks_store(struct cnull_device *dev, const char *str);

#endif /* _CNULL_BADBLOCKS_H */
