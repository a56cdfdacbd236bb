// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU TCG plugin: instructions executed in kernel modules between two marks.
 *
 * Every translated block above `from` gets a counter. A call of MARK_START
 * (see icount_shim.c) clears them, MARK_STOP appends one record to `out`:
 *
 *	window
 *	<address of the block, hex> <instructions executed in it>
 *	...
 *
 * Which address belongs to which driver is for the reader, who has the
 * guest's /proc/kallsyms. Other blocks are not instrumented and cost nothing.
 *
 * Debian ships no qemu-plugin.h, hence the few declarations here: only
 * functions whose signatures are the same from QEMU 6 on.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "icount_mark.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
		void (*cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
		void (*cb)(unsigned int vcpu, void *data), int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = PLUGIN_VERSION;

/* Never freed: QEMU may retranslate a block at any time and keep the pointer. */
struct block {
	struct block *next;
	uint64_t addr, insns, runs;
};

static struct block *blocks[1 << 16];
static uint64_t from;
static FILE *out;

static void count(unsigned int vcpu, void *data)
{
	struct block *b = data;

	b->runs++;
}

static void start(unsigned int vcpu, void *data)
{
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		for (struct block *b = blocks[i]; b; b = b->next)
			b->runs = 0;
}

static void stop(unsigned int vcpu, void *data)
{
	fprintf(out, "window\n");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		for (struct block *b = blocks[i]; b; b = b->next)
			if (b->runs)
				fprintf(out, "%" PRIx64 " %" PRIu64 "\n", b->addr, b->runs * b->insns);
	fflush(out);
}

/* icount splits blocks, so one address can begin blocks of several lengths */
static struct block *find(uint64_t addr, uint64_t insns)
{
	struct block **slot = &blocks[(addr * 0x9e3779b97f4a7c15ull) >> 48];
	struct block *b;

	for (b = *slot; b; b = b->next)
		if (b->addr == addr && b->insns == insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->addr = addr;
	b->insns = insns;
	b->next = *slot;
	*slot = b;
	return b;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);

	if (addr == MARK_START)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, start, 0, NULL);
	else if (addr == MARK_STOP)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, stop, 0, NULL);
	else if (addr >= from)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, count, 0, find(addr, qemu_plugin_tb_n_insns(tb)));
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
		else if (!strncmp(argv[i], "from=", 5))
			from = strtoull(argv[i] + 5, NULL, 16);
	}
	if (!out || !from) {
		fprintf(stderr, "icount_plugin: needs from=ADDRESS and an out=FILE that can be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
