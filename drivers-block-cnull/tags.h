/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_TAGS_H
#define _CNULL_TAGS_H

struct blk_mq_tag_set;
struct cnull_device;

int cnull_tags_get(struct cnull_device *dev);
void cnull_tags_put(struct cnull_device *dev);
int cnull_tags_resize(struct cnull_device *dev, unsigned int submit_queues,
		      unsigned int poll_queues);
void cnull_map_queues(struct blk_mq_tag_set *set);

#endif /* _CNULL_TAGS_H */
