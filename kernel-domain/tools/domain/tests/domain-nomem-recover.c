// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-exercise nomem recover - the allocations of a slot's recovery
 *
 * They are made by a worker thread of the kernel, of which it is not known which
 * one that will be.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "domain-exercise.h"
#include "domain-nomem.h"

#define MAX_WORKERS	256
#define CRASH		2	/* FAULTY_NULL_WRITE of samples/domain/faulty.h */
#define PATIENCE	10000	/* milliseconds */

static int workers[MAX_WORKERS];	/* their fail-nth */
static int nr_workers;
static uint32_t crashed;

static bool is_worker(const char *pid)
{
	char path[64], comm[16] = "";
	FILE *f;

	if (!isdigit((unsigned char)*pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(comm, sizeof(comm), f))
		*comm = '\0';
	fclose(f);
	return !strncmp(comm, "kworker/", 8);
}

/* One that is started later is not asked; nor is it waited for one that ends */
static void arm_workers(unsigned int n)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];
	int fd;

	if (!proc)
		exit(fail("/proc"));
	while ((entry = readdir(proc)) && nr_workers < MAX_WORKERS) {
		if (!is_worker(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/fail-nth", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (dprintf(fd, "%u", n) > 0)
			workers[nr_workers++] = fd;
		else
			close(fd);
	}
	closedir(proc);
}

bool fail_nth_of_workers(unsigned int n)
{
	bool injected = false;
	char buf[16];

	while (nr_workers) {
		int fd = workers[--nr_workers];

		memset(buf, 0, sizeof(buf));
		if (pread(fd, buf, sizeof(buf) - 1, 0) > 0)
			injected |= !strtoul(buf, NULL, 10);
		/* it may be gone */
		if (pwrite(fd, "0", 1, 0) < 0 && errno != ESRCH)
			exit(fail("fail-nth"));
		close(fd);
	}
	if (n)
		arm_workers(n);
	return injected;
}

static int recover_slot(int control, const char *slot, uint32_t policy)
{
	struct domain_ioc_slot s = { .interface = "command" };
	struct domain_ioc_policy p = { .policy = policy };

	snprintf(s.name, sizeof(s.name), "%s", slot);
	snprintf(p.slot, sizeof(p.slot), "%s", slot);
	/* a new one each time, or it would crash too often to be restarted */
	return ioctl(control, DOMAIN_IOC_SLOT_CREATE, &s) ||
	       ioctl(control, DOMAIN_IOC_POLICY, &p);
}

static int recover_bind(int control, const char *slot, const char *file)
{
	struct domain_ioc_load l;
	struct domain_ioc_update u;

	start_update(&u, slot, 0);
	u.new_id = load(control, file, &l);
	if (ioctl(control, DOMAIN_IOC_UPDATE, &u))
		return -1;
	crashed = u.new_id;
	return u.old_id ? unload(control, u.old_id) : 0;
}

int nomem_recover_prepare(char **argv, int control)
{
	if (recover_slot(control, argv[0], DOMAIN_SLOT_RESTART))
		return -1;
	return recover_bind(control, argv[0], argv[1]);
}

int nomem_fallback_prepare(char **argv, int control)
{
	if (recover_slot(control, argv[0], DOMAIN_SLOT_FALLBACK) ||
	    recover_bind(control, argv[0], argv[1]))
		return -1;
	return recover_bind(control, argv[0], argv[2]);
}

/* It has a successor and is forgotten, or has none, and stays to be looked at */
static bool recover_is_over(int control)
{
	struct domain_ioc_info info = { .id = crashed };

	return ioctl(control, DOMAIN_IOC_INFO, &info) ||
	       info.state == DOMAIN_STATE_FAILED;
}

int nomem_recover_run(char **argv, int control)
{
	int ms = 0;

	if (nomem_command(control, argv[0], CRASH, 0) != -1 || errno != EOWNERDEAD) {
		errno = EPROTO;
		return -1;
	}
	while (!recover_is_over(control)) {
		if (++ms > PATIENCE) {
			errno = ETIMEDOUT;
			return -1;
		}
		usleep(1000);
	}
	if (slot_domain(argv[0]))
		/* that works */
		return nomem_command(control, argv[0], 0, 0);
	if (nomem_command(control, argv[0], 0, 0) != -1 || errno != ENOSYS) {
		errno = EPROTO;
		return -1;
	}
	errno = ENOMEM;
	return -1;
}

/* What the report and the retirement of the dead still hold, they let go of */
static int patiently(int control, unsigned long cmd, void *arg)
{
	int ms = 0;

	while (ioctl(control, cmd, arg)) {
		if (errno != EBUSY || ++ms > PATIENCE)
			return -1;
		usleep(1000);
	}
	return 0;
}

int nomem_recover_undo(char **argv, int control)
{
	struct domain_ioc_slot slot = {};
	struct domain_ioc_id dead = { .id = crashed };
	struct domain_ioc_info info = { .id = crashed };
	uint32_t id = unbind(control, argv[0]);

	if (id && unload(control, id))
		return -1;
	if (!ioctl(control, DOMAIN_IOC_INFO, &info) &&
	    patiently(control, DOMAIN_IOC_UNLOAD, &dead))
		return -1;
	snprintf(slot.name, sizeof(slot.name), "%s", argv[0]);
	return patiently(control, DOMAIN_IOC_SLOT_DESTROY, &slot);
}
