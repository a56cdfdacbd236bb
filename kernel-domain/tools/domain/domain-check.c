// SPDX-License-Identifier: GPL-2.0-only
/*
 * domain-check - say why a kernel would refuse a domain image
 *
 * Compiled from the parser that the kernel's loader uses.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <linux/kernel.h>
#include <linux/module_signature.h>

#include "../../kernel/domain/image.h"

static const struct machine {
	const char *name;
	u16 machine;
	u32 page_size;
} machines[] = {
	{ "x86_64", EM_X86_64, 4096 },
	{ "arm64", EM_AARCH64, 4096 },
	{ "riscv64", EM_RISCV, 4096 },
};

static const char *const segment_names[] = {
	[DOMAIN_IMAGE_RODATA]	= "rodata",
	[DOMAIN_IMAGE_TEXT]	= "text",
	[DOMAIN_IMAGE_DATA]	= "data",
};

static bool verbose, quiet;

static void usage(FILE *out)
{
	fprintf(out,
		"Usage: domain-check [-v|-q] [-m MACHINE] [-p BYTES] IMAGE...\n"
		"Print one line per image: its name and version, or why a kernel refuses it.\n"
		"\n"
		"  -m, --machine=NAME  x86_64, arm64 or riscv64; default: the image's own\n"
		"  -p, --page-size=N   page size of the kernel in bytes; default: 4096\n"
		"  -q, --quiet         print refusals only\n"
		"  -v, --verbose       also print note, segments, relocations and functions\n"
		"  -h, --help          print this\n"
		"\n"
		"Exit status: 0 all accepted, 1 an image refused, 2 usage or a file unreadable.\n");
}

static const struct machine *find_machine(const char *name)
{
	for (int i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].name, name))
			return &machines[i];
	return NULL;
}

/* The image's own machine, or the first one for what is no ELF file at all. */
static const struct machine *own_machine(const void *buf, size_t len)
{
	Elf64_Ehdr ehdr;

	if (len >= sizeof(ehdr)) {
		memcpy(&ehdr, buf, sizeof(ehdr));
		for (int i = 0; i < ARRAY_SIZE(machines); i++)
			if (machines[i].machine == ehdr.e_machine)
				return &machines[i];
	}
	return &machines[0];
}

/*
 * Cuts the signature off, as the loader does after it has verified it. Returns
 * 1 if there was one, 0 if not, -1 if it does not fit the file or has an unknown
 * header.
 */
static int cut_signature(const char *buf, size_t *len)
{
	const size_t marker = sizeof(DOMAIN_IMAGE_SIGNATURE_MARKER) - 1;
	struct module_signature sig;
	size_t rest = *len, size;

	if (rest < marker ||
	    memcmp(buf + rest - marker, DOMAIN_IMAGE_SIGNATURE_MARKER, marker))
		return 0;
	rest -= marker;
	if (rest < sizeof(sig))
		return -1;
	rest -= sizeof(sig);
	memcpy(&sig, buf + rest, sizeof(sig));
	size = ntohl(sig.sig_len);
	if (size > rest)
		return -1;
	/* mod_check_sig() refuses that, signatures enforced or not */
	if (sig.id_type == MODULE_SIGNATURE_TYPE_PKCS7 &&
	    (sig.algo || sig.hash || sig.signer_len || sig.key_id_len ||
	     sig.__pad[0] || sig.__pad[1] || sig.__pad[2]))
		return -1;
	*len = rest - size;
	return 1;
}

static void print_layout(const void *buf, const struct domain_image_layout *l)
{
	const struct domain_image_note *note = &l->note;
	struct domain_image_symbol symbol;

	printf("  interface %s %u.%u, hash %#llx\n", note->interface,
	       note->interface_major, note->interface_minor,
	       (unsigned long long)note->interface_hash);
	if (note->state_type)
		printf("  state type %#x, version %u\n", note->state_type,
		       note->state_version);
	else
		printf("  stateless\n");
	for (int i = 0; i < DOMAIN_IMAGE_NR_SEGMENTS; i++) {
		const struct domain_image_segment *s = &l->segment[i];

		if (s->memsz)
			printf("  %-6s %#8llx, %llu bytes, %llu in the file\n",
			       segment_names[i], (unsigned long long)s->vaddr,
			       (unsigned long long)s->memsz,
			       (unsigned long long)s->filesz);
	}
	printf("  memory %llu bytes, entry %#llx, %u relocations\n",
	       (unsigned long long)l->size, (unsigned long long)l->entry,
	       l->nr_relas);
	for (u32 i = 0; i < l->nr_symbols; i++)
		if (domain_image_read_symbol(buf, l, i, &symbol))
			printf("  %#8llx %6llu %s\n",
			       (unsigned long long)symbol.addr,
			       (unsigned long long)symbol.size, symbol.name);
}

static int check(const char *path, const char *buf, size_t len,
		 const struct machine *machine, u32 page_size)
{
	struct domain_image_target target;
	struct domain_image_layout layout;
	struct domain_image_error error;
	char line[128];
	int is_signed;

	is_signed = cut_signature(buf, &len);
	if (is_signed < 0) {
		printf("%s: refused: bad header of the signature\n", path);
		return 1;
	}
	if (!machine)
		machine = own_machine(buf, len);
	target.machine = machine->machine;
	target.page_size = page_size ?: machine->page_size;

	if (domain_image_parse(buf, len, &target, &layout, &error)) {
		domain_image_describe(&error, line, sizeof(line));
		printf("%s: refused: %s\n", path, line);
		return 1;
	}
	if (quiet)
		return 0;
	printf("%s: ok: %s %s for %s on %s%s%s\n", path, layout.note.name,
	       layout.note.version, layout.note.interface, machine->name,
	       layout.note.flags & DOMAIN_IMAGE_CHECKED ? ", checked" : "",
	       is_signed ? ", signed" : "");
	if (verbose)
		print_layout(buf, &layout);
	return 0;
}

static int check_file(const char *path, const struct machine *machine,
		      u32 page_size)
{
	struct stat st;
	void *buf;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "domain-check: %s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return 2;
	}
	if (!S_ISREG(st.st_mode)) {
		fprintf(stderr, "domain-check: %s: not a regular file\n", path);
		close(fd);
		return 2;
	}
	/* An empty file cannot be mapped; the parser says what it lacks. */
	if (!st.st_size) {
		close(fd);
		return check(path, "", 0, machine, page_size);
	}
	buf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (buf == MAP_FAILED) {
		fprintf(stderr, "domain-check: %s: %s\n", path, strerror(errno));
		return 2;
	}
	ret = check(path, buf, st.st_size, machine, page_size);
	munmap(buf, st.st_size);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "machine",	required_argument,	NULL, 'm' },
		{ "page-size",	required_argument,	NULL, 'p' },
		{ "quiet",	no_argument,		NULL, 'q' },
		{ "verbose",	no_argument,		NULL, 'v' },
		{ "help",	no_argument,		NULL, 'h' },
		{ }
	};
	const struct machine *machine = NULL;
	unsigned long page_size = 0;
	int opt, ret, worst = 0;
	char *end;

	while ((opt = getopt_long(argc, argv, "m:p:qvh", options, NULL)) != -1) {
		switch (opt) {
		case 'm':
			machine = find_machine(optarg);
			if (!machine) {
				fprintf(stderr,
					"domain-check: unknown machine %s: use x86_64, arm64 or riscv64\n",
					optarg);
				return 2;
			}
			break;
		case 'p':
			page_size = strtoul(optarg, &end, 0);
			if (*end || page_size < 4096 || page_size > 65536 ||
			    page_size & (page_size - 1)) {
				fprintf(stderr,
					"domain-check: page size %s: use a power of two from 4096 to 65536\n",
					optarg);
				return 2;
			}
			break;
		case 'q':
			quiet = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	for (; optind < argc; optind++) {
		ret = check_file(argv[optind], machine, page_size);
		if (ret > worst)
			worst = ret;
	}
	return worst;
}
