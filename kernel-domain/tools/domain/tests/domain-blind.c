// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-exercise blind - load an image where the answer cannot be written
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "domain-exercise.h"

int cmd_blind(char **argv)
{
	int control = open_or_die("/dev/domain", O_RDWR);
	long page = sysconf(_SC_PAGESIZE);
	struct domain_ioc_load *l;

	l = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (l == MAP_FAILED)
		return fail("mmap");
	l->fd = open_or_die(argv[0], O_RDONLY);
	if (mprotect(l, page, PROT_READ))
		return fail("mprotect");
	if (ioctl(control, DOMAIN_IOC_LOAD, l))
		return fail(argv[0]);
	printf("%u\n", l->id);
	return 0;
}
