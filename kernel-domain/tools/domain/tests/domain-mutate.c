// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-mutate - damage the code of an image, and see what that damages
 *
 * For the image "work" of kernel/domain/tests/bench, checked or not. Each mutant
 * differs from it in some bytes of its functions, chosen by seed and number, so
 * that any of them can be had again. It is loaded, bound to a slot of its own,
 * called in all its jobs, unbound and unloaded, and what came back is compared
 * with what the image itself returns. A neighbour, the image as it is, is bound
 * all the time, and must go on to be right; the kernel must have said nothing.
 *
 * Each mutant is announced before it runs, and has one line afterwards:
 *
 *	start NUMBER OFFSET FUNCTION BYTES
 *	mutant NUMBER CLASS OFFSET FUNCTION BYTES DETAIL
 *
 *	none		nothing differs
 *	refused		it was not loaded, or not bound
 *	contained	it died, and all else is well
 *	wrong		it returned something else, or left something behind
 *	damage		the kernel or the neighbour is not well; the program ends
 *
 * A guest that dies or hangs has the last mutant announced to blame.
 */
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/domain.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define JOBS		10
#define ARGS		3
#define CALLS		(JOBS * ARGS)
#define MAX_BYTES	16
#define MAX_FUNCTIONS	256
#define PATIENCE	20	/* seconds that anything may take in an emulator */

/* Jobs that keep nothing from call to call */
static const uint64_t stateless[] = { 0, 1, 2, 4, 9 };

static int control, kmsg;

struct function {
	char name[64];
	uint64_t offset, size;
};

struct image {
	unsigned char *data;
	size_t len;
	struct function function[MAX_FUNCTIONS];
	unsigned int nr;
	uint64_t bytes;		/* of all functions */
};

enum class { NONE, REFUSED, CONTAINED, WRONG, DAMAGE };

static const char * const class_names[] = {
	"none", "refused", "contained", "wrong", "damage",
};

struct life {
	const char *file, *slot;
	uint32_t id;		/* atomic, for who wants to end it */
	int load, bind, unbind, unload;		/* errno */
	int64_t result[CALLS];
	struct domain_ioc_info before, after;	/* the unbinding */
};

static void die(const char *what)
{
	fprintf(stderr, "domain-mutate: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (!*text || *end) {
		fprintf(stderr, "domain-mutate: \"%s\": a count is expected\n", text);
		exit(2);
	}
	return n;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static unsigned char *read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *data;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	*len = st.st_size;
	data = malloc(*len);
	if (!data || read(fd, data, *len) != (ssize_t)*len)
		die(path);
	close(fd);
	return data;
}

/*
 * What the compiler made of the image's source and of the SDK: not the thunks,
 * which the loader writes, nor the entries of checked stores, __asan_*, but what
 * those call to find out.
 */
static void add_function(struct image *image, const Elf64_Sym *sym,
			 const char *name, const Elf64_Shdr *text)
{
	struct function *f = &image->function[image->nr];

	if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC || !sym->st_size ||
	    !strncmp(name, "__", 2) || sym->st_value < text->sh_addr ||
	    sym->st_value + sym->st_size > text->sh_addr + text->sh_size)
		return;
	if (image->nr == MAX_FUNCTIONS) {
		fprintf(stderr, "domain-mutate: more than %d functions\n",
			MAX_FUNCTIONS);
		exit(2);
	}
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->offset = sym->st_value - text->sh_addr + text->sh_offset;
	f->size = sym->st_size;
	image->bytes += f->size;
	image->nr++;
}

/* The image is this build's own, so it is not doubted */
static void find_functions(struct image *image)
{
	const Elf64_Ehdr *ehdr = (void *)image->data;
	const Elf64_Shdr *shdr = (void *)(image->data + ehdr->e_shoff);
	unsigned int i, j;

	for (i = 0; i < ehdr->e_shnum; i++) {
		const Elf64_Sym *sym = (void *)(image->data + shdr[i].sh_offset);
		const char *names;

		if (shdr[i].sh_type != SHT_SYMTAB)
			continue;
		names = (char *)image->data + shdr[shdr[i].sh_link].sh_offset;
		for (j = 0; j < shdr[i].sh_size / sizeof(*sym); j++)
			if (sym[j].st_shndx && sym[j].st_shndx < ehdr->e_shnum)
				add_function(image, &sym[j], names + sym[j].st_name,
					     &shdr[sym[j].st_shndx]);
	}
	if (!image->nr) {
		fputs("domain-mutate: the image has no symbols\n", stderr);
		exit(2);
	}
}

struct mutation {
	uint64_t offset;
	const struct function *function;
	unsigned char from, to;
};

/* Byte @nth of all bytes of functions, to something else */
static struct mutation choose(const struct image *image, uint64_t *random)
{
	uint64_t nth = next_random(random) % image->bytes;
	const struct function *f = image->function;
	struct mutation m;

	for (; nth >= f->size; f++)
		nth -= f->size;
	m.function = f;
	m.offset = f->offset + nth;
	m.from = image->data[m.offset];
	m.to = m.from ^ (1 + next_random(random) % 255);
	return m;
}

static void write_mutant(const struct image *image, const char *path,
			 const struct mutation *m, unsigned int n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned int i;

	if (fd < 0 || write(fd, image->data, image->len) != (ssize_t)image->len)
		die(path);
	for (i = 0; i < n; i++)
		if (pwrite(fd, &m[i].to, 1, m[i].offset) != 1)
			die(path);
	close(fd);
}

static int do_ioctl(unsigned long cmd, void *arg)
{
	return ioctl(control, cmd, arg) ? errno : 0;
}

static int do_update(const char *slot, uint32_t new_id, uint32_t old_id)
{
	struct domain_ioc_update u = { .new_id = new_id, .old_id = old_id };

	snprintf(u.slot, sizeof(u.slot), "%s", slot);
	return do_ioctl(DOMAIN_IOC_UPDATE, &u);
}

static int do_slot(unsigned long cmd, const char *name)
{
	struct domain_ioc_slot s = { .interface = "command" };

	snprintf(s.name, sizeof(s.name), "%s", name);
	return do_ioctl(cmd, &s);
}

static int64_t do_call(const char *slot, uint64_t nr, uint64_t arg)
{
	struct domain_ioc_call c = { .nr = nr, .arg = arg };
	int ret;

	snprintf(c.slot, sizeof(c.slot), "%s", slot);
	ret = do_ioctl(DOMAIN_IOC_CALL, &c);
	return ret ? -100000 - ret : c.result;
}

static int do_load(const char *file, uint32_t *id)
{
	struct domain_ioc_load l = {
		.fd = open(file, O_RDONLY | O_CLOEXEC),
		.heap_limit = 1 << 20,
	};
	int ret;

	if (l.fd < 0)
		die(file);
	ret = do_ioctl(DOMAIN_IOC_LOAD, &l);
	close(l.fd);
	*id = l.id;
	return ret;
}

static struct domain_ioc_info do_info(uint32_t id)
{
	struct domain_ioc_info info = { .id = id };

	if (do_ioctl(DOMAIN_IOC_INFO, &info))
		info.id = 0;
	return info;
}

/* A dead domain can be unloaded when all callers have left it */
static int do_unload(uint32_t id)
{
	struct domain_ioc_id arg = { .id = id };
	int i, ret;

	for (i = 0; i < PATIENCE * 100; i++) {
		ret = do_ioctl(DOMAIN_IOC_UNLOAD, &arg);
		if (ret != EBUSY)
			return ret;
		usleep(10000);
	}
	return ret;
}

/* The arguments of a job: the same for each mutant */
static uint64_t job_arg(unsigned int i)
{
	return 1 + 77 * i;
}

static void *live(void *arg)
{
	struct life *l = arg;
	unsigned int i;
	uint32_t id;

	l->load = do_load(l->file, &id);
	if (l->load)
		return NULL;
	__atomic_store_n(&l->id, id, __ATOMIC_RELEASE);
	l->bind = do_update(l->slot, id, 0);
	if (!l->bind) {
		for (i = 0; i < CALLS; i++)
			l->result[i] = do_call(l->slot, i % JOBS, job_arg(i));
		l->before = do_info(id);
		l->unbind = do_update(l->slot, 0, id);
	}
	l->after = do_info(id);
	l->unload = do_unload(id);
	return NULL;
}

static bool joined(pthread_t thread)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE;
	return !pthread_timedjoin_np(thread, NULL, &end);
}

/*
 * In a thread, which has limited time. Returns how it was ended, NULL if it came
 * to its end by itself.
 */
static const char *let_live(struct life *l)
{
	struct domain_ioc_id id = {};
	pthread_t thread;

	errno = pthread_create(&thread, NULL, live, l);
	if (errno)
		die("thread");
	if (joined(thread))
		return NULL;
	/* as an administrator would */
	id.id = __atomic_load_n(&l->id, __ATOMIC_ACQUIRE);
	if (id.id)
		do_ioctl(DOMAIN_IOC_KILL, &id);
	return joined(thread) ? "killed" : "hangs";
}

/* What the kernel has said and should not have, or NULL */
static const char *complaint(void)
{
	static const char * const bad[] = {
		"BUG: ", "WARNING:", "Oops", "orruption", "general protection",
		"not contained", "Call Trace", "refcount_t", "self-detected stall",
		"blocked for more",
	};
	static char line[1024];
	const char *text;
	ssize_t n;
	size_t i;

	for (;;) {
		n = read(kmsg, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			return NULL;
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		text = strchr(line, ';');
		text = text ? text + 1 : line;
		/* of a mutant's own words nothing is believed */
		if (!strncmp(text, "domain ", 7) && !strstr(text, "not contained"))
			continue;
		/* the allocator's */
		if (!strncmp(text, "BUG ", 4))
			return text;
		for (i = 0; i < ARRAY_SIZE(bad); i++)
			if (strstr(text, bad[i]))
				return text;
	}
}

/* Lets the allocator look at all that it has; what it finds, it says */
static void validate_slabs(const char *what)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "for f in /sys/kernel/slab/%s/validate; do echo 1 >$f; done 2>/dev/null",
		 what);
	if (system(command))
		return;
}

static const char *ail(const int64_t *expected)
{
	static char text[160];
	const char *said;
	uint64_t i;

	for (i = 0; i < ARRAY_SIZE(stateless); i++)
		if (do_call("neighbour", stateless[i], job_arg(i)) != expected[i])
			return "the neighbour's results";
	validate_slabs("kmalloc*");
	said = complaint();
	if (!said)
		return NULL;
	snprintf(text, sizeof(text), "%.150s", said);
	return text;
}

/* Class and detail of a life that has ended */
static enum class judge(const struct life *l, const struct life *reference,
			const char *ended, char *detail, size_t size)
{
	const struct domain_ioc_info *b = &l->before, *r = &reference->before;
	const char *fault = l->after.fault[0] ? l->after.fault : b->fault;
	unsigned int i, wrong = 0;

	if (l->unload && l->unload != ENOENT) {
		snprintf(detail, size, "cannot be unloaded: %s", strerror(l->unload));
		return l->load ? REFUSED : DAMAGE;
	}
	for (i = 0; !l->load && !l->bind && i < CALLS; i++)
		if (l->result[i] != reference->result[i] &&
		    l->result[i] != -100000 - EOWNERDEAD &&
		    l->result[i] != -EOWNERDEAD && l->result[i] != -ENOSYS)
			wrong++;
	if (l->load == EOWNERDEAD || fault[0] || ended) {
		snprintf(detail, size, "%s%s, wrong before: %u", ended ? "killed: " : "",
			 fault[0] ? fault : ended ? "it did not come back" :
			 "in its entry point", wrong);
		return CONTAINED;
	}
	if (l->load || l->bind) {
		snprintf(detail, size, "%s: %s", l->load ? "load" : "init",
			 strerror(l->load ?: l->bind));
		return REFUSED;
	}
	if (memcmp(l->result, reference->result, sizeof(l->result))) {
		snprintf(detail, size, "%u of %d results", wrong, CALLS);
		return WRONG;
	}
	if (b->heap_bytes != r->heap_bytes || b->allocations != r->allocations ||
	    b->shared_objects != r->shared_objects ||
	    l->after.refused_frees != reference->after.refused_frees ||
	    l->after.leaked != reference->after.leaked ||
	    l->unbind != reference->unbind) {
		snprintf(detail, size, "memory: %u allocations, %u refused frees, %u leaked",
			 b->allocations, l->after.refused_frees, l->after.leaked);
		return WRONG;
	}
	snprintf(detail, size, "-");
	return NONE;
}

static void one_life(struct life *l, const char **ended)
{
	int ret = do_slot(DOMAIN_IOC_SLOT_CREATE, l->slot);

	if (ret) {
		errno = ret;
		die("slot");
	}
	*ended = let_live(l);
	if (*ended && !strcmp(*ended, "hangs"))
		return;
	ret = do_slot(DOMAIN_IOC_SLOT_DESTROY, l->slot);
	if (ret && !l->unload)
		l->unload = ret;
}

static void prepare(const char *file, struct life *reference, int64_t *expected)
{
	struct life again = { .file = file, .slot = "mutant" };
	const char *ended;
	uint32_t id;
	size_t i;

	*reference = again;
	one_life(reference, &ended);
	if (ended || reference->load || reference->bind || reference->unbind ||
	    reference->unload || reference->after.leaked) {
		fprintf(stderr, "domain-mutate: the image does not work as it is: %d %d %d %d\n",
			reference->load, reference->bind, reference->unbind,
			reference->unload);
		exit(2);
	}
	one_life(&again, &ended);
	if (ended || memcmp(again.result, reference->result, sizeof(again.result))) {
		fputs("domain-mutate: the image does not do the same twice\n", stderr);
		exit(2);
	}
	errno = do_slot(DOMAIN_IOC_SLOT_CREATE, "neighbour") ?:
		do_load(file, &id) ?: do_update("neighbour", id, 0);
	if (errno)
		die("neighbour");
	for (i = 0; i < ARRAY_SIZE(stateless); i++)
		expected[i] = do_call("neighbour", stateless[i], job_arg(i));
}

static void print_mutation(const struct mutation *m, unsigned int n)
{
	unsigned int i;

	printf("%#" PRIx64 " %s ", m->offset, m->function->name);
	for (i = 0; i < n; i++)
		printf("%s%02x-%02x", i ? "," : "", m[i].from, m[i].to);
}

static enum class try(const char *file, const struct life *reference,
		      const int64_t *expected, char *detail, size_t size)
{
	struct life l = { .file = file, .slot = "mutant" };
	const char *ended, *bad;
	enum class class;

	one_life(&l, &ended);
	if (ended && !strcmp(ended, "hangs")) {
		snprintf(detail, size, "its caller hangs");
		return DAMAGE;
	}
	class = judge(&l, reference, ended, detail, size);
	bad = ail(expected);
	if (bad) {
		snprintf(detail, size, "%s", bad);
		return DAMAGE;
	}
	return class;
}

static int run(const char *file, uint64_t seed, uint64_t first, uint64_t count,
	       uint64_t bytes)
{
	static const char mutant[] = "/tmp/mutant.domain";
	struct mutation m[MAX_BYTES];
	int64_t expected[ARRAY_SIZE(stateless)];
	struct life reference;
	struct image image = {};
	uint64_t n, i;

	image.data = read_file(file, &image.len);
	find_functions(&image);
	prepare(file, &reference, expected);
	printf("image %u functions %" PRIu64 " bytes\n", image.nr, image.bytes);
	for (n = first; n < first + count; n++) {
		uint64_t random = seed * 0x9e3779b97f4a7c15ULL + n * 0xd1342543de82ef95ULL;
		char detail[256] = "";
		enum class class;

		for (i = 0; i < bytes; i++)
			m[i] = choose(&image, &random);
		write_mutant(&image, mutant, m, bytes);
		printf("start %" PRIu64 " ", n);
		print_mutation(m, bytes);
		printf("\n");
		fflush(stdout);
		class = try(mutant, &reference, expected, detail, sizeof(detail));
		printf("mutant %" PRIu64 " %s ", n, class_names[class]);
		print_mutation(m, bytes);
		printf(" %s\n", detail);
		fflush(stdout);
		if (class == DAMAGE)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t bytes = argc == 6 ? number(argv[5]) : 1;

	if (argc < 5 || argc > 6 || !bytes || bytes > MAX_BYTES) {
		fprintf(stderr, "usage: domain-mutate IMAGE SEED FIRST COUNT [BYTES]\n");
		return 2;
	}
	control = open("/dev/domain", O_RDWR | O_CLOEXEC);
	if (control < 0)
		die("/dev/domain");
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0)
		die("/dev/kmsg");
	return run(argv[1], number(argv[2]), number(argv[3]), number(argv[4]), bytes);
}
