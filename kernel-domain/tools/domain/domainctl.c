// SPDX-License-Identifier: GPL-2.0-only
/*
 * domainctl - load, bind, update and look at domains
 *
 * A thin user of /dev/domain and /sys/kernel/domain, see
 * Documentation/core-api/domain.rst.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/domain.h>

#define SLOTS	"/sys/kernel/domain/slots"

static const char usage_text[] =
"usage: domainctl COMMAND ...\n"
"  load FILE [HEAP_BYTES]        load an image, print the domain's number\n"
"  unload ID                     unload a domain that is not bound\n"
"  bind SLOT FILE|ID             put a domain into an empty slot\n"
"  update [-e OLD] SLOT FILE|ID [MS]\n"
"                                replace the slot's domain, callers kept out for\n"
"                                MS milliseconds at most (default 1000), and\n"
"                                unload the old one\n"
"  unbind [-e OLD] SLOT [MS]     empty a slot, and unload its domain\n"
"  slot create NAME INTERFACE    create a slot of an interface that allows it\n"
"  slot destroy NAME             destroy such a slot, which must be empty\n"
"  policy SLOT empty|restart|fallback\n"
"                                what becomes of the slot if its domain crashes\n"
"  demand SLOT checked|nothing   let it take checked images only, or any\n"
"  kill ID                       end a domain as if it had crashed\n"
"  call SLOT NR ARG              call the method of a slot of \"command\"\n"
"  list                          all domains\n"
"  slots                         all slots\n"
"  info ID                       all that is known of a domain\n"
"  stats SLOT                    the slot's counters\n"
"  watch SLOT                    print the domain's number whenever it changes\n"
"FILE has a '/' or a '.' in it, ID is a number. With -e, nothing happens unless\n"
"the slot has the domain OLD.\n";

static const char * const states[] = {
	[DOMAIN_STATE_LOADED] = "loaded",
	[DOMAIN_STATE_BINDING] = "binding",
	[DOMAIN_STATE_ACTIVE] = "active",
	[DOMAIN_STATE_RETIRING] = "retiring",
	[DOMAIN_STATE_RETIRED] = "retired",
	[DOMAIN_STATE_FAILED] = "failed",
	[DOMAIN_STATE_UNLOADING] = "unloading",
	[DOMAIN_STATE_DEAD] = "dead",
};

static const char * const policies[] = {
	[DOMAIN_SLOT_EMPTY] = "empty",
	[DOMAIN_SLOT_RESTART] = "restart",
	[DOMAIN_SLOT_FALLBACK] = "fallback",
};

static int control = -1;
static bool expects;		/* -e */
static uint32_t expected;

static int fail(const char *what, const char *which)
{
	fprintf(stderr, "domainctl: %s %s: %s\n", what, which, strerror(errno));
	return 1;
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end || errno) {
		fprintf(stderr, "domainctl: \"%s\" is not a number\n", text);
		return false;
	}
	return true;
}

/* Of what has 32 bits; a number with more is none */
static bool parse_id(const char *text, uint32_t *id)
{
	uint64_t value;

	if (!parse_number(text, &value))
		return false;
	if (value > UINT32_MAX) {
		fprintf(stderr, "domainctl: %s is more than %u\n", text, UINT32_MAX);
		return false;
	}
	*id = value;
	return true;
}

static bool parse_ms(const char *text, uint64_t *ns)
{
	const uint64_t max = UINT64_MAX / 1000000;

	if (!parse_number(text, ns))
		return false;
	if (*ns > max) {
		fprintf(stderr, "domainctl: %s ms is more than %" PRIu64 "\n", text, max);
		return false;
	}
	*ns *= 1000000;
	return true;
}

static bool put_name(char *to, const char *name)
{
	if (strlen(name) >= DOMAIN_NAME_SIZE) {
		fprintf(stderr, "domainctl: \"%s\" has more than %d characters\n",
			name, DOMAIN_NAME_SIZE - 1);
		return false;
	}
	strcpy(to, name);
	return true;
}

/*
 * Nobody else knows what is loaded: signals wait until that is told,
 * or it is unloaded again
 */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool load_file(const char *file, uint64_t heap_limit, uint32_t *id)
{
	struct domain_ioc_load load = { .heap_limit = heap_limit };

	load.fd = open(file, O_RDONLY | O_CLOEXEC);
	if (load.fd < 0) {
		fail("open", file);
		return false;
	}
	hold_signals();
	if (ioctl(control, DOMAIN_IOC_LOAD, &load)) {
		fail("load", file);
		close(load.fd);
		return false;
	}
	close(load.fd);
	*id = load.id;
	return true;
}

/* A file is loaded first; whether that happened is told in @loaded */
static bool file_or_id(const char *arg, uint32_t *id, bool *loaded)
{
	*loaded = !!strpbrk(arg, "/.");
	if (*loaded)
		return load_file(arg, 0, id);
	if (!parse_id(arg, id))
		return false;
	if (!*id)	/* as an ID of the kernel it means none */
		fputs("domainctl: 0 is no domain\n", stderr);
	return *id;
}

static int read_slot(const char *slot, const char *attr, char *buf, size_t size)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), SLOTS "/%s/%s", slot, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

static int unload_id(uint32_t id)
{
	struct domain_ioc_id arg = { .id = id };

	return ioctl(control, DOMAIN_IOC_UNLOAD, &arg);
}

static int cmd_load(int argc, char **argv)
{
	uint64_t heap_limit = 0;
	uint32_t id;

	if (argc > 1 && !parse_number(argv[1], &heap_limit))
		return 1;
	if (!load_file(argv[0], heap_limit, &id))
		return 1;
	if (printf("%" PRIu32 "\n", id) < 0 || fflush(stdout)) {
		/* nobody would know which one it is */
		fail("write to", "standard output");
		unload_id(id);
		return 1;
	}
	return 0;
}

static int cmd_unload(int argc, char **argv)
{
	uint32_t id;

	(void)argc;
	if (!parse_id(argv[0], &id))
		return 1;
	return unload_id(id) ? fail("unload", argv[0]) : 0;
}

static int do_update(struct domain_ioc_update *update, bool loaded)
{
	uint32_t old_id = update->old_id;

	if (ioctl(control, DOMAIN_IOC_UPDATE, update)) {
		fail("update", update->slot);
		if (loaded)
			unload_id(update->new_id);
		return 1;
	}
	printf("domain %" PRIu32 " -> %" PRIu32 "\n", old_id, update->new_id);
	printf("init %llu ns, drain %llu ns, transfer %llu ns, swap %llu ns, pause %llu ns, retire %llu ns\n",
	       update->init_ns, update->drain_ns, update->transfer_ns,
	       update->swap_ns, update->pause_ns, update->retire_ns);
	if (update->flags & DOMAIN_UPDATE_RETIRING)
		fprintf(stderr, "domainctl: domain %" PRIu32 " still has callers, unload it later\n",
			old_id);
	else if (old_id && unload_id(old_id))
		return fail("unload the old domain of", update->slot);
	return 0;
}

/* The domain that the slot is to have: what it has, or what -e asks for */
static bool find_old(const char *slot, uint32_t *id)
{
	char buf[32];

	if (expects) {
		*id = expected;
		return true;
	}
	if (read_slot(slot, "domain", buf, sizeof(buf))) {
		fail("slot", slot);
		return false;
	}
	*id = strtoul(buf, NULL, 10);
	return true;
}

static int cmd_bind(int argc, char **argv)
{
	struct domain_ioc_update update = {};
	bool loaded;

	(void)argc;
	if (!put_name(update.slot, argv[0]) ||
	    !file_or_id(argv[1], &update.new_id, &loaded))
		return 1;
	return do_update(&update, loaded);
}

static int cmd_update(int argc, char **argv)
{
	struct domain_ioc_update update = {};
	uint64_t ns = 0;
	bool loaded;

	if (argc > 2 && !parse_ms(argv[2], &ns))
		return 1;
	update.deadline_ns = ns;
	if (!put_name(update.slot, argv[0]) ||
	    !find_old(argv[0], &update.old_id) ||
	    !file_or_id(argv[1], &update.new_id, &loaded))
		return 1;
	return do_update(&update, loaded);
}

static int cmd_unbind(int argc, char **argv)
{
	struct domain_ioc_update update = {};
	uint64_t ns = 0;

	if (argc > 1 && !parse_ms(argv[1], &ns))
		return 1;
	update.deadline_ns = ns;
	if (!put_name(update.slot, argv[0]) ||
	    !find_old(argv[0], &update.old_id))
		return 1;
	return do_update(&update, false);
}

static int cmd_slot(int argc, char **argv)
{
	struct domain_ioc_slot slot = {};
	bool create = !strcmp(argv[0], "create");

	if ((!create && strcmp(argv[0], "destroy")) || argc != 2 + create) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (!put_name(slot.name, argv[1]) ||
	    (create && !put_name(slot.interface, argv[2])))
		return 1;
	if (ioctl(control, create ? DOMAIN_IOC_SLOT_CREATE :
				    DOMAIN_IOC_SLOT_DESTROY, &slot))
		return fail("slot", argv[1]);
	return 0;
}

static int cmd_policy(int argc, char **argv)
{
	struct domain_ioc_policy policy = {};
	size_t nr = sizeof(policies) / sizeof(*policies);

	(void)argc;
	while (policy.policy < nr && strcmp(policies[policy.policy], argv[1]))
		policy.policy++;
	if (policy.policy == nr) {
		fprintf(stderr, "domainctl: policy \"%s\" is none of empty, restart, fallback\n",
			argv[1]);
		return 1;
	}
	if (!put_name(policy.slot, argv[0]))
		return 1;
	return ioctl(control, DOMAIN_IOC_POLICY, &policy) ?
	       fail("policy", argv[0]) : 0;
}

static int cmd_demand(int argc, char **argv)
{
	struct domain_ioc_demand demand = {};

	(void)argc;
	if (!strcmp(argv[1], "checked")) {
		demand.demands = DOMAIN_DEMAND_CHECKED;
	} else if (strcmp(argv[1], "nothing")) {
		fprintf(stderr, "domainctl: demand \"%s\" is none of checked, nothing\n",
			argv[1]);
		return 1;
	}
	if (!put_name(demand.slot, argv[0]))
		return 1;
	return ioctl(control, DOMAIN_IOC_DEMAND, &demand) ?
	       fail("demand", argv[0]) : 0;
}

static int cmd_kill(int argc, char **argv)
{
	struct domain_ioc_id arg = {};

	(void)argc;
	if (!parse_id(argv[0], &arg.id))
		return 1;
	return ioctl(control, DOMAIN_IOC_KILL, &arg) ? fail("kill", argv[0]) : 0;
}

static int cmd_call(int argc, char **argv)
{
	struct domain_ioc_call call = {};
	uint64_t nr, arg;

	(void)argc;
	if (!put_name(call.slot, argv[0]) || !parse_number(argv[1], &nr) ||
	    !parse_number(argv[2], &arg))
		return 1;
	call.nr = nr;
	call.arg = arg;
	if (ioctl(control, DOMAIN_IOC_CALL, &call))
		return fail("call", argv[0]);
	printf("%lld\n", call.result);
	return call.result < 0 ? 3 : 0;
}

static const char *state_name(uint32_t state)
{
	return state < sizeof(states) / sizeof(*states) ? states[state] : "?";
}

static int cmd_list(int argc, char **argv)
{
	struct domain_ioc_info info = {};

	(void)argc;
	(void)argv;
	printf("%6s %-16s %-8s %-16s %-16s %s\n", "id", "image", "version",
	       "interface", "slot", "state");
	while (!ioctl(control, DOMAIN_IOC_NEXT, &info)) {
		printf("%6" PRIu32 " %-16s %-8s %-16s %-16s %s\n", info.id,
		       info.image, info.version, info.interface,
		       *info.slot ? info.slot : "-", state_name(info.state));
		info.id++;
	}
	return errno == ENOENT ? 0 : fail("list", "domains");
}

static int is_slot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int cmd_slots(int argc, char **argv)
{
	static const char * const attrs[] = { "interface", "domain", "calls", "updates" };
	struct dirent **slots;
	int i, n;

	(void)argc;
	(void)argv;
	n = scandir(SLOTS, &slots, is_slot, alphasort);
	if (n < 0)
		return fail("slots", SLOTS);
	printf("%-31s %-24s %6s %12s %8s\n", "slot", "interface", "domain", "calls", "updates");
	for (i = 0; i < n; i++) {
		char v[4][64];
		size_t a = 0;

		while (a < 4 && !read_slot(slots[i]->d_name, attrs[a], v[a], sizeof(v[a])))
			a++;
		/* one that went away meanwhile is none */
		if (a == 4)
			printf("%-31s %-24s %6s %12s %8s\n", slots[i]->d_name, v[0],
			       strcmp(v[1], "0") ? v[1] : "-", v[2], v[3]);
		free(slots[i]);
	}
	free(slots);
	return 0;
}

static int cmd_info(int argc, char **argv)
{
	struct domain_ioc_info info = {};

	(void)argc;
	if (!parse_id(argv[0], &info.id))
		return 1;
	if (ioctl(control, DOMAIN_IOC_INFO, &info))
		return fail("info", argv[0]);
	printf("id %" PRIu32 "\nimage %s\nversion %s\ninterface %s\nslot %s\nstate %s\nsigned %s\n",
	       info.id, info.image, info.version, info.interface,
	       *info.slot ? info.slot : "-", state_name(info.state),
	       info.is_signed ? "yes" : "no");
	printf("checked %s\n", info.is_checked ? "yes" : "no");
	printf("size %llu\nheap_limit %llu\nheap_bytes %llu\nheap_peak %llu\n",
	       info.size, info.heap_limit, info.heap_bytes, info.heap_peak);
	printf("allocations %u\nshared_objects %u\nrefused_frees %u\nleaked %u\n",
	       info.allocations, info.shared_objects, info.refused_frees,
	       info.leaked);
	printf("slot_faults %llu\nslot_recoveries %llu\nfault %s\n",
	       info.slot_faults, info.slot_recoveries,
	       *info.fault ? info.fault : "-");
	return 0;
}

static int cmd_stats(int argc, char **argv)
{
	static const char * const attrs[] = {
		"interface", "domain", "calls", "busy", "waited", "updates",
		"rollbacks", "last_pause_ns", "max_pause_ns", "store_bytes",
		"policy", "checked_only", "faults", "recoveries",
	};
	char buf[128];
	size_t i;

	(void)argc;
	for (i = 0; i < sizeof(attrs) / sizeof(*attrs); i++) {
		if (read_slot(argv[0], attrs[i], buf, sizeof(buf)))
			return fail("stats", argv[0]);
		printf("%s %s\n", attrs[i], buf);
	}
	return 0;
}

static int cmd_watch(int argc, char **argv)
{
	struct pollfd pfd = { .events = POLLPRI | POLLERR };
	char path[256], buf[32], last[32];
	ssize_t n, n_last = -1;

	(void)argc;
	snprintf(path, sizeof(path), SLOTS "/%s/domain", argv[0]);
	pfd.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pfd.fd < 0)
		return fail("watch", argv[0]);
	for (;;) {
		n = pread(pfd.fd, buf, sizeof(buf), 0);
		if (n < 0)
			return fail("watch", argv[0]);
		if ((n != n_last || memcmp(buf, last, n)) &&
		    (fwrite(buf, 1, n, stdout) != (size_t)n || fflush(stdout)))
			return fail("write", "to standard output");
		memcpy(last, buf, n);
		n_last = n;
		/* a second at most: nobody is told of the end of a slot */
		if (poll(&pfd, 1, 1000) < 0 && errno != EINTR)
			return fail("watch", argv[0]);
	}
}

static const struct command {
	const char *name;
	int min, max;		/* arguments */
	bool control;		/* needs /dev/domain */
	bool expects;		/* takes -e */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "load", 1, 2, true, false, cmd_load },
	{ "unload", 1, 1, true, false, cmd_unload },
	{ "bind", 2, 2, true, false, cmd_bind },
	{ "update", 2, 3, true, true, cmd_update },
	{ "unbind", 1, 2, true, true, cmd_unbind },
	{ "slot", 2, 3, true, false, cmd_slot },
	{ "policy", 2, 2, true, false, cmd_policy },
	{ "demand", 2, 2, true, false, cmd_demand },
	{ "kill", 1, 1, true, false, cmd_kill },
	{ "call", 3, 3, true, false, cmd_call },
	{ "list", 0, 0, true, false, cmd_list },
	{ "slots", 0, 0, false, false, cmd_slots },
	{ "info", 1, 1, true, false, cmd_info },
	{ "stats", 1, 1, false, false, cmd_stats },
	{ "watch", 1, 1, false, false, cmd_watch },
};

int main(int argc, char **argv)
{
	const struct command *c = commands;
	const struct command *end = commands + sizeof(commands) / sizeof(*c);
	int ret;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage_text, stdout);
		return 0;
	}
	while (argc > 1 && c < end && strcmp(c->name, argv[1]))
		c++;
	argc -= 2;
	argv += 2;
	if (c != end && c->expects && argc > 1 && !strcmp(argv[0], "-e")) {
		if (!parse_id(argv[1], &expected))
			return 1;
		expects = true;
		argc -= 2;
		argv += 2;
	}
	if (c == end || argc < c->min || argc > c->max) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (c->control) {
		control = open("/dev/domain", O_RDWR | O_CLOEXEC);
		if (control < 0)
			return fail("open", "/dev/domain");
	}
	ret = c->run(argc, argv);
	if (!ret && (fflush(stdout) || ferror(stdout)))
		return fail("write to", "standard output");
	return ret;
}
