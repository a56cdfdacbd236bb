// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-exercise - callers and controllers for tests of domains in a guest
 *
 * What a shell cannot do: the ioctls of /dev/domain_empty, callers that know
 * what they sent, and updates in quick succession, whose phases are counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "domain-exercise.h"

#define MAX_THREADS	64
#define BLOCK		4096

const char usage_text[] =
"usage: domain-exercise COMMAND ...\n"
"  stat                          what /dev/domain_empty has counted\n"
"  exchange LEN | keep LEN | drop    pass buffers to its domain\n"
"  load DEVICE THREADS SECONDS   read and write DEVICE, until SIGTERM if that\n"
"                                comes first; print what was done\n"
"  call SLOT NR ARG THREADS SECONDS  the same with a slot of \"command\"; print also\n"
"                                the least and the greatest result\n"
"  update SLOT A B ROUNDS [MS [DISK]]  replace the slot's domain by A, B, A, ...\n"
"                                with a deadline of MS each, unloading each\n"
"                                predecessor; print the time of each phase, in\n"
"                                nanoseconds; with DISK also of a read of it, and\n"
"                                of all from before the load until that has ended\n"
"  abandon SLOT A MS             start an update to A with a deadline of MS, and\n"
"                                be killed by SIGKILL after 200 ms\n"
"  crash SLOT IMAGE WAY ROUNDS   bind IMAGE to SLOT, let it crash in that way, see\n"
"                                the error, unload it; ROUNDS times\n"
"  blind FILE                    load it where the answer cannot be written\n"
"  inherit                       use /dev/domain, which was opened as standard input\n"
"  nomem load FILE               do that again and again, the first, the second, ...\n"
"  nomem update SLOT FILE        allocation of the kernel's failing; each time it\n"
"  nomem bind SLOT FILE          must fail with ENOMEM and leave everything as it\n"
"  nomem unbind SLOT FILE        was, or succeed. Needs CONFIG_FAULT_INJECTION.\n"
"  nomem slot NAME\n"
"  nomem exchange\n"
"  nomem call SLOT NR ARG        what the method returns is ENOMEM, too\n"
"  nomem recover SLOT FILE       in the recovery of a slot, created for it, after\n"
"  nomem fallback SLOT A FILE    FILE, samples/domain/faulty, has crashed: then it\n"
"                                has a successor, or, after ENOMEM, is empty\n";

int fail(const char *what)
{
	fprintf(stderr, "domain-exercise: %s: %s\n", what, strerror(errno));
	return 1;
}

int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		exit(fail(path));
	return fd;
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!*text || *end || errno) {
		fprintf(stderr, "domain-exercise: \"%s\" is not a number\n", text);
		exit(2);
	}
	return n;
}

static int cmd_stat(char **argv)
{
	struct domain_empty_stat s;

	(void)argv;
	if (ioctl(open_or_die(EMPTY, O_RDONLY), DOMAIN_EMPTY_IOC_STAT, &s))
		return fail("stat");
	printf("opens %" PRIu64 "\nreads %" PRIu64 "\nwrites %" PRIu64
	       "\nbytes %" PRIu64 "\nchecksum %" PRIu64 "\nkept %" PRIu64
	       "\nversion %" PRIu64 "\n", (uint64_t)s.opens, (uint64_t)s.reads,
	       (uint64_t)s.writes, (uint64_t)s.bytes, (uint64_t)s.checksum,
	       (uint64_t)s.kept, (uint64_t)s.version);
	return 0;
}

static int pass(unsigned long cmd, const char *text)
{
	uint32_t len = text ? number(text) : 0;
	int ret = ioctl(open_or_die(EMPTY, O_RDWR), cmd, &len);

	if (ret < 0)
		return fail("ioctl");
	printf("%d\n", ret);
	return 0;
}

static int cmd_exchange(char **argv)
{
	return pass(DOMAIN_EMPTY_IOC_EXCHANGE, argv[0]);
}

static int cmd_keep(char **argv)
{
	return pass(DOMAIN_EMPTY_IOC_KEEP, argv[0]);
}

static int cmd_drop(char **argv)
{
	(void)argv;
	return pass(DOMAIN_EMPTY_IOC_DROP, NULL);
}

struct caller {
	pthread_t thread;
	const char *device;
	unsigned int seed;
	bool reads;		/* the device can be read */
	struct domain_ioc_call call;	/* if that is what is done */
	int64_t least, most;
	uint64_t n_reads, n_writes, bytes, checksum, errors, mixed;
	int first_errno;
};

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void caller_failed(struct caller *c)
{
	if (!c->errors++)
		c->first_errno = errno;
}

/* All of one read comes from one version, so all its bytes are alike */
static void call_read(struct caller *c, int fd, unsigned char *buf, size_t len)
{
	ssize_t n = read(fd, buf, len), i;

	if (n != (ssize_t)len) {
		caller_failed(c);
		return;
	}
	c->n_reads++;
	for (i = 1; i < n; i++)
		if (buf[i] != buf[0]) {
			c->mixed++;
			break;
		}
}

static void call_write(struct caller *c, int fd, unsigned char *buf, size_t len)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		/* printable, for /dev/domain_log */
		buf[i] = 'a' + rand_r(&c->seed) % 26;
		sum += buf[i];
	}
	if (write(fd, buf, len) != (ssize_t)len) {
		caller_failed(c);
		return;
	}
	c->n_writes++;
	c->bytes += len;
	c->checksum += sum;
}

static void *caller_thread(void *arg)
{
	int fd = open_or_die(((struct caller *)arg)->device,
			     ((struct caller *)arg)->reads ? O_RDWR : O_WRONLY);
	struct caller *c = arg;
	unsigned char buf[128];

	while (!stop) {
		size_t len = 1 + rand_r(&c->seed) % (sizeof(buf) - 1);

		if (c->reads && rand_r(&c->seed) % 2)
			call_read(c, fd, buf, len);
		else
			call_write(c, fd, buf, len);
	}
	close(fd);
	return NULL;
}

static void *command_thread(void *arg)
{
	int fd = open_or_die("/dev/domain", O_RDWR);
	struct caller *c = arg;

	c->least = INT64_MAX;
	c->most = INT64_MIN;
	while (!stop) {
		if (ioctl(fd, DOMAIN_IOC_CALL, &c->call)) {
			caller_failed(c);
			continue;
		}
		c->n_writes++;
		if (c->call.result < c->least)
			c->least = c->call.result;
		if (c->call.result > c->most)
			c->most = c->call.result;
	}
	close(fd);
	return NULL;
}

/* All threads do what @like says, for a while; @sum is what they did */
static int run_callers(const struct caller *like, void *(*run)(void *arg),
		       uint64_t threads, uint64_t seconds, struct caller *sum)
{
	struct caller callers[MAX_THREADS];
	struct sigaction sa = { .sa_handler = on_signal };
	struct timespec tick = { .tv_nsec = 20000000 }, now;
	time_t end;

	uint64_t i;

	if (!threads || threads > MAX_THREADS) {
		fprintf(stderr, "domain-exercise: 1 to %d threads\n", MAX_THREADS);
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	for (i = 0; i < threads; i++) {
		callers[i] = *like;
		callers[i].seed = i + 1;
		errno = pthread_create(&callers[i].thread, NULL, run, &callers[i]);
		if (errno)	/* those before have what is on this stack */
			exit(fail("thread"));
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + seconds;
	while (!stop && now.tv_sec < end) {
		nanosleep(&tick, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	stop = 1;
	*sum = (struct caller){ .least = INT64_MAX, .most = INT64_MIN };
	for (i = 0; i < threads; i++) {
		struct caller *c = &callers[i];

		pthread_join(c->thread, NULL);
		sum->n_reads += c->n_reads;
		sum->n_writes += c->n_writes;
		sum->bytes += c->bytes;
		sum->checksum += c->checksum;
		sum->mixed += c->mixed;
		sum->errors += c->errors;
		if (c->errors)
			sum->first_errno = c->first_errno;
		if (c->least < sum->least)
			sum->least = c->least;
		if (c->most > sum->most)
			sum->most = c->most;
	}
	return 0;
}

static int print_errors(const struct caller *sum)
{
	printf("errors %" PRIu64 "\n", sum->errors);
	if (sum->errors)
		printf("error %s\n", strerror(sum->first_errno));
	return sum->errors || sum->mixed;
}

static int cmd_load(char **argv)
{
	struct caller like = {
		.device = argv[0],
		.reads = !strcmp(argv[0], EMPTY),
	};
	struct caller sum;
	int ret = run_callers(&like, caller_thread, number(argv[1]),
			      number(argv[2]), &sum);

	if (ret)
		return ret;
	printf("reads %" PRIu64 "\nwrites %" PRIu64 "\nbytes %" PRIu64
	       "\nchecksum %" PRIu64 "\nmixed %" PRIu64 "\n",
	       sum.n_reads, sum.n_writes, sum.bytes, sum.checksum, sum.mixed);
	return print_errors(&sum);
}

static int cmd_call(char **argv)
{
	struct caller like = {
		.call = { .nr = number(argv[1]), .arg = number(argv[2]) },
	};
	struct caller sum;
	int ret;

	snprintf(like.call.slot, sizeof(like.call.slot), "%s", argv[0]);
	ret = run_callers(&like, command_thread, number(argv[3]),
			  number(argv[4]), &sum);
	if (ret)
		return ret;
	printf("calls %" PRIu64 "\nleast %" PRId64 "\nmost %" PRId64 "\n",
	       sum.n_writes, sum.least, sum.most);
	return print_errors(&sum);
}

uint32_t slot_domain(const char *slot)
{
	char path[128], buf[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/domain/slots/%s/domain", slot);
	fd = open_or_die(path, O_RDONLY);
	if (read(fd, buf, sizeof(buf) - 1) <= 0)
		exit(fail(path));
	close(fd);
	return strtoul(buf, NULL, 10);
}

uint32_t load(int control, const char *file, struct domain_ioc_load *arg)
{
	*arg = (struct domain_ioc_load){ .fd = open_or_die(file, O_RDONLY) };

	if (ioctl(control, DOMAIN_IOC_LOAD, arg))
		exit(fail(file));
	close(arg->fd);
	return arg->id;
}

enum {
	VALIDATE, LOAD, INIT, DRAIN, TRANSFER, SWAP, PAUSE, RETIRE,
	/* with a disk */
	WAIT, FIRST_IO, TOTAL, NR_PHASES
};

static const char * const phase_names[] = {
	"validate", "load", "init", "drain", "transfer", "swap", "pause", "retire",
	"wait", "first_io", "total",
};

static int cmp_u64(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Nearest rank: the smallest value that @permille of all do not exceed */
static uint64_t percentile(const uint64_t *sorted, uint64_t n, unsigned int permille)
{
	uint64_t rank = (n * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

static void print_phases(uint64_t *times[NR_PHASES], int nr, uint64_t rounds)
{
	int p;

	for (p = 0; p < nr; p++) {
		qsort(times[p], rounds, sizeof(uint64_t), cmp_u64);
		printf("%s p50 %" PRIu64 " p99 %" PRIu64 " p99.9 %" PRIu64
		       " max %" PRIu64 "\n", phase_names[p],
		       percentile(times[p], rounds, 500),
		       percentile(times[p], rounds, 990),
		       percentile(times[p], rounds, 999),
		       times[p][rounds - 1]);
	}
}

void start_update(struct domain_ioc_update *u, const char *slot,
		  uint64_t deadline_ms)
{
	*u = (struct domain_ioc_update){ .deadline_ns = deadline_ms * 1000000 };
	snprintf(u->slot, sizeof(u->slot), "%s", slot);
	u->old_id = slot_domain(slot);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int cmd_update(char **argv)
{
	uint64_t rounds = number(argv[3]), i;
	uint64_t deadline = argv[4] ? number(argv[4]) : 0;
	int control = open_or_die("/dev/domain", O_RDWR);
	int disk = argv[4] && argv[5] ?
		open_or_die(argv[5], O_RDONLY | O_DIRECT) : -1;
	void *block = aligned_alloc(BLOCK, BLOCK);
	uint64_t *times[NR_PHASES], busy = 0;
	struct domain_ioc_update u;
	struct domain_ioc_load l;
	int p;

	if (!block)
		return fail("aligned_alloc");
	for (p = 0; p < NR_PHASES; p++) {
		times[p] = calloc(rounds + 1, sizeof(uint64_t));
		if (!times[p])
			return fail("calloc");
	}
	for (i = 0; i < rounds; i++) {
		struct domain_ioc_id old;
		uint64_t begin, loaded, updated, end;

		start_update(&u, argv[0], deadline);
		begin = now_ns();
		u.new_id = load(control, argv[1 + i % 2], &l);
		loaded = now_ns();
		if (ioctl(control, DOMAIN_IOC_UPDATE, &u))
			return fail("update");
		if (disk >= 0) {
			updated = now_ns();
			if (pread(disk, block, BLOCK, 0) != BLOCK)
				return fail(argv[5]);
			end = now_ns();
			/* the rest: callers go on until the slot can be closed */
			times[WAIT][i] = updated - loaded - u.init_ns -
					 u.pause_ns - u.retire_ns;
			times[TOTAL][i] = end - begin;
			times[FIRST_IO][i] = end - updated;
		}
		old.flags = 0;
		old.id = u.old_id;
		/* a predecessor that a caller still sleeps in goes when that wakes */
		while (ioctl(control, DOMAIN_IOC_UNLOAD, &old)) {
			if (errno != EBUSY || ++busy > 1000)
				return fail("unload");
			usleep(10000);
		}
		times[VALIDATE][i] = l.validate_ns;
		times[LOAD][i] = l.load_ns;
		times[INIT][i] = u.init_ns;
		times[DRAIN][i] = u.drain_ns;
		times[TRANSFER][i] = u.transfer_ns;
		times[SWAP][i] = u.swap_ns;
		times[PAUSE][i] = u.pause_ns;
		times[RETIRE][i] = u.retire_ns;
	}
	printf("updates %" PRIu64 "\n", rounds);
	if (rounds)
		print_phases(times, disk < 0 ? WAIT : NR_PHASES, rounds);
	return 0;
}

static int cmd_abandon(char **argv)
{
	int control = open_or_die("/dev/domain", O_RDWR);
	struct domain_ioc_update u;
	struct domain_ioc_load l;
	pid_t parent = getpid();

	start_update(&u, argv[0], number(argv[2]));
	u.new_id = load(control, argv[1], &l);
	printf("%u\n", u.new_id);
	fflush(stdout);
	if (!fork()) {
		usleep(200000);
		kill(parent, SIGKILL);
		_exit(0);
	}
	if (ioctl(control, DOMAIN_IOC_UPDATE, &u))
		return fail("update");
	return 0;
}

static int cmd_inherit(char **argv)
{
	struct domain_ioc_info info = {};

	(void)argv;
	if (ioctl(STDIN_FILENO, DOMAIN_IOC_NEXT, &info) && errno != ENOENT)
		return fail("ioctl");
	return 0;
}

static const struct command {
	const char *name;
	int min, max;		/* arguments */
	int (*run)(char **argv);
} commands[] = {
	{ "stat", 0, 0, cmd_stat },
	{ "exchange", 1, 1, cmd_exchange },
	{ "keep", 1, 1, cmd_keep },
	{ "drop", 0, 0, cmd_drop },
	{ "load", 3, 3, cmd_load },
	{ "call", 5, 5, cmd_call },
	{ "update", 4, 6, cmd_update },
	{ "abandon", 3, 3, cmd_abandon },
	{ "blind", 1, 1, cmd_blind },
	{ "crash", 4, 4, cmd_crash },
	{ "inherit", 0, 0, cmd_inherit },
	{ "nomem", 1, 4, cmd_nomem },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (!strcmp(c->name, argv[1]) && argc - 2 >= c->min &&
		    argc - 2 <= c->max)
			return c->run(argv + 2);
	}
	fputs(usage_text, stderr);
	return 2;
}
