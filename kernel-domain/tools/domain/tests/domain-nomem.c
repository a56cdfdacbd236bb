// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-exercise nomem - each allocation of an operation fails once
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "domain-exercise.h"
#include "domain-nomem.h"

/*
 * Let the @n-th allocation of this thread from here on fail; 0 ends that, and
 * tells whether it came to it. See Documentation/fault-injection.
 */
static bool fail_nth(unsigned int n)
{
	static int fd = -1;
	char buf[16] = "";
	unsigned long left = 0;

	/* once: to open it takes memory, too */
	if (fd < 0)
		fd = open_or_die("/proc/thread-self/fail-nth", O_RDWR);
	if (!n) {
		if (pread(fd, buf, sizeof(buf) - 1, 0) < 0)
			exit(fail("fail-nth"));
		left = strtoul(buf, NULL, 10);
	}
	snprintf(buf, sizeof(buf), "%u", n);
	if (pwrite(fd, buf, strlen(buf), 0) < 0)
		exit(fail("fail-nth"));
	return !left;
}

static struct domain_ioc_load nomem_load;
static struct domain_ioc_update nomem_update;
static struct domain_ioc_slot nomem_slot;
static int nomem_fd;

int unload(int control, uint32_t id)
{
	struct domain_ioc_id arg = { .id = id };

	return ioctl(control, DOMAIN_IOC_UNLOAD, &arg);
}

static int nomem_load_prepare(char **argv, int control)
{
	(void)control;
	nomem_load = (struct domain_ioc_load){ .fd = open_or_die(argv[0], O_RDONLY) };
	return 0;
}

static int nomem_load_run(char **argv, int control)
{
	(void)argv;
	return ioctl(control, DOMAIN_IOC_LOAD, &nomem_load);
}

static int nomem_load_undo(char **argv, int control)
{
	(void)argv;
	close(nomem_load.fd);
	return nomem_load.id ? unload(control, nomem_load.id) : 0;
}

static int nomem_update_prepare(char **argv, int control)
{
	start_update(&nomem_update, argv[0], 0);
	nomem_update.new_id = load(control, argv[1], &nomem_load);
	return 0;
}

static int nomem_update_run(char **argv, int control)
{
	(void)argv;
	return ioctl(control, DOMAIN_IOC_UPDATE, &nomem_update);
}

/* Whoever is not in the slot any more can be unloaded */
static int nomem_update_undo(char **argv, int control)
{
	uint32_t now = slot_domain(argv[0]);

	if (now != nomem_update.new_id && now != nomem_update.old_id) {
		errno = EXDEV;
		return -1;
	}
	return unload(control, now == nomem_update.new_id ? nomem_update.old_id :
							    nomem_update.new_id);
}

/* Whoever is in the slot is unbound, and its number returned; 0 if nobody is */
uint32_t unbind(int control, const char *slot)
{
	struct domain_ioc_update u;

	start_update(&u, slot, 0);
	if (u.old_id && ioctl(control, DOMAIN_IOC_UPDATE, &u))
		exit(fail("unbind"));
	return u.old_id;
}

static int nomem_bind_undo(char **argv, int control)
{
	uint32_t id = nomem_update.new_id ? nomem_update.new_id : nomem_update.old_id;
	uint32_t was = unbind(control, argv[0]);

	if (was && was != id) {
		errno = EXDEV;
		return -1;
	}
	return unload(control, id);
}

static int nomem_unbind_prepare(char **argv, int control)
{
	if (nomem_update_prepare(argv, control) || nomem_update_run(argv, control))
		return -1;
	start_update(&nomem_update, argv[0], 0);
	return 0;
}

static int nomem_slot_prepare(char **argv, int control)
{
	(void)control;
	nomem_slot = (struct domain_ioc_slot){ .interface = "command" };
	snprintf(nomem_slot.name, sizeof(nomem_slot.name), "%s", argv[0]);
	return 0;
}

static int nomem_slot_run(char **argv, int control)
{
	(void)argv;
	return ioctl(control, DOMAIN_IOC_SLOT_CREATE, &nomem_slot);
}

static int nomem_slot_undo(char **argv, int control)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/domain/slots/%s", argv[0]);
	if (access(path, F_OK))
		return 0;
	return ioctl(control, DOMAIN_IOC_SLOT_DESTROY, &nomem_slot);
}

static int nomem_exchange_prepare(char **argv, int control)
{
	(void)argv;
	(void)control;
	nomem_fd = open_or_die(EMPTY, O_RDWR);
	return 0;
}

static int nomem_exchange_run(char **argv, int control)
{
	uint32_t len = 100;

	(void)argv;
	(void)control;
	return ioctl(nomem_fd, DOMAIN_EMPTY_IOC_EXCHANGE, &len) < 0 ? -1 : 0;
}

static int nomem_exchange_undo(char **argv, int control)
{
	(void)argv;
	(void)control;
	return close(nomem_fd);
}

/* What the method of a slot of interface "command" returns, as if it were the call */
int nomem_command(int control, const char *slot, uint64_t nr, uint64_t arg)
{
	struct domain_ioc_call c = { .nr = nr, .arg = arg };

	snprintf(c.slot, sizeof(c.slot), "%s", slot);
	if (ioctl(control, DOMAIN_IOC_CALL, &c))
		return -1;
	if (c.result >= 0)
		return 0;
	errno = -c.result;
	return -1;
}

static int nomem_nothing(char **argv, int control)
{
	(void)argv;
	(void)control;
	return 0;
}

static int nomem_call_run(char **argv, int control)
{
	return nomem_command(control, argv[0], strtoull(argv[1], NULL, 0),
			     strtoull(argv[2], NULL, 0));
}

static const struct nomem nomems[] = {
	{ "load", 1, nomem_load_prepare, nomem_load_run, nomem_load_undo, fail_nth },
	{ "update", 2, nomem_update_prepare, nomem_update_run, nomem_update_undo, fail_nth },
	{ "bind", 2, nomem_update_prepare, nomem_update_run, nomem_bind_undo, fail_nth },
	{ "unbind", 2, nomem_unbind_prepare, nomem_update_run, nomem_bind_undo, fail_nth },
	{ "slot", 1, nomem_slot_prepare, nomem_slot_run, nomem_slot_undo, fail_nth },
	{ "exchange", 0, nomem_exchange_prepare, nomem_exchange_run, nomem_exchange_undo,
	  fail_nth },
	{ "call", 3, nomem_nothing, nomem_call_run, nomem_nothing, fail_nth },
	{ "recover", 2, nomem_recover_prepare, nomem_recover_run, nomem_recover_undo,
	  fail_nth_of_workers, 4 },
	{ "fallback", 3, nomem_fallback_prepare, nomem_recover_run, nomem_recover_undo,
	  fail_nth_of_workers, 4 },
};

static int nomem(const struct nomem *op, char **argv)
{
	int control = open_or_die("/dev/domain", O_RDWR);
	unsigned int n, last = 0, refused = 0;

	for (n = 1; n < 10000; n++) {
		bool injected;
		int ret, error;

		if (op->prepare(argv, control))
			return fail("prepare");
		op->fail_nth(0);
		op->fail_nth(n);
		ret = op->run(argv, control);
		error = errno;
		injected = op->fail_nth(0);
		if (ret) {
			errno = error;
			if (!injected || error != ENOMEM) {
				fprintf(stderr, "allocation %u: ", n);
				return fail(op->name);
			}
			refused++;
		}
		if (op->undo(argv, control)) {
			fprintf(stderr, "allocation %u: ", n);
			return fail("undo");
		}
		if (injected)
			last = n;
		else if (n - last > op->extra)
			break;
	}
	printf("%s: %u allocations, %u failed it\n", op->name, last, refused);
	/* none at all: nothing was injected */
	return !last;
}

int cmd_nomem(char **argv)
{
	size_t i;
	int args = 0;

	while (argv[1 + args])
		args++;
	for (i = 0; i < ARRAY_SIZE(nomems); i++)
		if (!strcmp(argv[0], nomems[i].name) && args == nomems[i].args)
			return nomem(&nomems[i], argv + 1);
	fputs(usage_text, stderr);
	return 2;
}
