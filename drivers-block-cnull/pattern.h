/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_PATTERN_H
#define _CNULL_PATTERN_H

#include <linux/types.h>

struct bio;

void cnull_pattern_fill(struct bio *bio, u64 pos, unsigned int len,
			unsigned long seed);

#endif /* _CNULL_PATTERN_H */
