// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-exercise crash - a domain that crashes, again and again
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "domain-exercise.h"

static int crash_call(int control, const char *slot, uint64_t way)
{
	struct domain_ioc_call c = { .nr = way };

	snprintf(c.slot, sizeof(c.slot), "%s", slot);
	if (ioctl(control, DOMAIN_IOC_CALL, &c))
		return errno;
	return c.result < 0 ? -c.result : 0;
}

static int crash_failed(const char *what, uint64_t round, int err)
{
	fprintf(stderr, "domain-exercise: round %" PRIu64 ": %s: %s\n", round, what,
		strerror(err));
	return 1;
}

/* A life: loaded, bound, called, dead, unloaded */
static int crash_once(int control, char **argv, uint64_t way, uint64_t round)
{
	struct domain_ioc_load l;
	struct domain_ioc_id id = {};
	struct domain_ioc_update u;
	unsigned int tries = 0;
	int err;

	start_update(&u, argv[0], 0);
	u.new_id = load(control, argv[1], &l);
	if (ioctl(control, DOMAIN_IOC_UPDATE, &u))
		return crash_failed("bind", round, errno);
	err = crash_call(control, argv[0], 0);
	if (err)
		return crash_failed("call before", round, err);
	err = crash_call(control, argv[0], way);
	if (err == EOPNOTSUPP && !round)
		return crash_failed("not on this machine", round, err) + 1;
	if (err != EOWNERDEAD)
		return crash_failed("crash", round, err);
	id.id = u.new_id;
	/* it goes when what it had was taken back */
	while (ioctl(control, DOMAIN_IOC_UNLOAD, &id)) {
		if (errno != EBUSY || ++tries > 10000)
			return crash_failed("unload", round, errno);
		usleep(1000);
	}
	return 0;
}

int cmd_crash(char **argv)
{
	uint64_t way = strtoull(argv[2], NULL, 0), rounds = strtoull(argv[3], NULL, 0);
	int control = open_or_die("/dev/domain", O_RDWR);
	uint64_t i;
	int ret;

	for (i = 0; i < rounds; i++) {
		ret = crash_once(control, argv, way, i);
		if (ret)
			return ret;
	}
	printf("crashes %" PRIu64 "\n", rounds);
	return 0;
}
