/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DOMAIN_EXERCISE_H
#define _DOMAIN_EXERCISE_H

#include <stdint.h>

#include <linux/domain.h>

#define EMPTY		"/dev/domain_empty"
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

extern const char usage_text[];

/* Says what went wrong, by errno; returns 1 */
int fail(const char *what);
int open_or_die(const char *path, int flags);
uint32_t slot_domain(const char *slot);
uint32_t load(int control, const char *file, struct domain_ioc_load *arg);
void start_update(struct domain_ioc_update *u, const char *slot,
		  uint64_t deadline_ms);

int cmd_blind(char **argv);
int cmd_crash(char **argv);
int cmd_nomem(char **argv);

#endif /* _DOMAIN_EXERCISE_H */
