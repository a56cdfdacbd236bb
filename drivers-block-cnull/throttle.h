/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CNULL_THROTTLE_H
#define _CNULL_THROTTLE_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/types.h>
#include <linux/wait.h>

struct request_queue;

/**
 * struct cnull_throttle - a limit of bandwidth
 * @budget: bytes that each tick adds
 * @queue: to stop and restart, or NULL if whoever submits waits instead
 * @tokens: bytes that may pass; negative after a request larger than what was left
 * @idle: 1 if @timer neither runs nor is about to be started
 * @stopped: 1 if @queue was stopped and is to be restarted
 * @timer: adds to @tokens until they are back at @budget
 * @wait: who waits for @tokens
 */
struct cnull_throttle {
	s64			budget;
	struct request_queue	*queue;
	atomic64_t		tokens;
	int			idle;
	int			stopped;
	struct hrtimer		timer;
	wait_queue_head_t	wait;
};

void cnull_throttle_init(struct cnull_throttle *t, unsigned int mbps,
			 struct request_queue *queue);
void cnull_throttle_release(struct cnull_throttle *t);
void cnull_throttle_exit(struct cnull_throttle *t);
bool cnull_throttle_charge(struct cnull_throttle *t, unsigned int bytes);
int cnull_throttle_wait(struct cnull_throttle *t, unsigned int bytes,
			bool nowait);
void cnull_throttle_refund(struct cnull_throttle *t, unsigned int bytes);

#if IS_ENABLED(CONFIG_KUNIT)
s64 cnull_throttle_budget(unsigned int mbps);
s64 cnull_throttle_refill(s64 tokens, s64 budget, u64 ticks);
#endif

#endif /* _CNULL_THROTTLE_H */
