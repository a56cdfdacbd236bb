/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_BADBLOCKS_H
#define _CNULL_BADBLOCKS_H

#include <linux/blk_types.h>

#include "cnull.h"
#include "io.h"

int cnull_badblocks_init(struct cnull_device *dev);
void cnull_badblocks_exit(struct cnull_device *dev);
blk_status_t cnull_badblocks_hit(struct cnull_device *dev, struct cnull_io *io);
ssize_t cnull_badblocks_show(struct cnull_device *dev, char *page);
int cnull_badblocks_store(struct cnull_device *dev, const char *str);

/**
 * cnull_badblocks_check() - See whether an I/O touches a bad sector
 * @dev: the device
 * @io: the I/O, with the sectors it is about; shortened if there is a bad one
 *
 * Context: Any.
 * Return: BLK_STS_OK; BLK_STS_IOERR if the I/O has to fail, after what is left
 * of @io is done; or BLK_STS_NOSPC to repeat it where sleeping is allowed.
 */
static inline blk_status_t cnull_badblocks_check(struct cnull_device *dev,
						 struct cnull_io *io)
{
	if (likely(!(READ_ONCE(dev->live) & CNULL_LIVE_BADBLOCKS)))
		return BLK_STS_OK;
	return cnull_badblocks_hit(dev, io);
}

#endif /* _CNULL_BADBLOCKS_H */
