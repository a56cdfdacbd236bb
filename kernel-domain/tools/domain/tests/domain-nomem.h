/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _DOMAIN_NOMEM_H
#define _DOMAIN_NOMEM_H

#include <stdbool.h>
#include <stdint.h>

struct nomem {
	const char *name;
	int args;
	/* returns what the ioctl returns */
	int (*prepare)(char **argv, int control);
	int (*run)(char **argv, int control);
	int (*undo)(char **argv, int control);
	/*
	 * Let the @n-th allocation from here on fail; 0 ends that, and tells
	 * whether it came to it
	 */
	bool (*fail_nth)(unsigned int n);
	/* more rounds when it has not come to it: a new worker was not asked */
	unsigned int extra;
};

int unload(int control, uint32_t id);
uint32_t unbind(int control, const char *slot);
int nomem_command(int control, const char *slot, uint64_t nr, uint64_t arg);

/* domain-nomem-recover.c */
bool fail_nth_of_workers(unsigned int n);
int nomem_recover_prepare(char **argv, int control);
int nomem_fallback_prepare(char **argv, int control);
int nomem_recover_run(char **argv, int control);
int nomem_recover_undo(char **argv, int control);

#endif /* _DOMAIN_NOMEM_H */
