// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into fio inside the guest: counts the instructions that pass
 * between two of its I/Os.
 *
 * fio's own clock has millisecond resolution and its start-up costs more than
 * a short job, so a count that is good to 0.1 % would take seconds of virtual
 * time per cell. Under QEMU's -icount shift=0 the time stamp counter *is* the
 * number of instructions executed, so reading it before I/O number `from` and
 * again `count` I/Os later gives the figure without either error.
 *
 * ICOUNT_WINDOWS="bytes:from:count,..." chooses the window by I/O size. One
 * line per process goes to stderr: icount DISK BYTES INSTRUCTIONS COUNT
 *
 * Jobs that are threads count together.
 *
 * The two calls into the page at MARK tell icount_plugin.c where the window
 * is; without the plugin they do nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "icount_mark.h"

/* of all threads, which have one CPU: an increment by one instruction is enough */
static long ios, next = 1, from, until;
static unsigned long long begin;

static unsigned long long now(void)
{
	unsigned int lo, hi;

	asm volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (unsigned long long)hi << 32 | lo;
}

static void mark(unsigned long addr)
{
	((void (*)(void))addr)();
}

static void __attribute__((constructor)) make_marks(void)
{
	unsigned char *page = mmap((void *)MARK_PAGE, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (page != (void *)MARK_PAGE) {
		fprintf(stderr, "icount: cannot map the page of marks: %s\n", strerror(errno));
		exit(1);
	}
	memset(page, 0xc3, 4096);	/* ret */
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

/* at the first I/O: which window does this size have? */
static void choose(size_t len)
{
	const char *p = getenv("ICOUNT_WINDOWS");
	unsigned long bytes;
	long count;
	int used;

	while (p && sscanf(p, "%lu:%ld:%ld%n", &bytes, &from, &count, &used) == 3) {
		if (bytes == len) {
			next = from;
			until = from + count;
			now();
			return;
		}
		p += used + (p[used] == ',');
	}
	next = -1;
}

static void report(int fd, size_t len, unsigned long long insns)
{
	char link[64], disk[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, disk, sizeof(disk) - 1);
	disk[n > 0 ? n : 0] = 0;
	dprintf(2, "icount %s %zu %llu %ld\n", disk, len, insns, until - from);
}

static void __attribute__((noinline)) edge(long n, int fd, size_t len)
{
	if (!until)
		choose(len);
	if (until && n == from) {
		next = until;
		mark(MARK_START);
		begin = now();
	} else if (until && n == until) {
		unsigned long long end = now();

		mark(MARK_STOP);
		next = -1;
		report(fd, len, end - begin);
	}
}

static inline ssize_t issue(long nr, int fd, const void *buf, size_t len, off_t off)
{
	long ret, n = 1;

	asm volatile("xaddq %0, %1" : "+r"(n), "+m"(ios));
	if (__builtin_expect(++n == next, 0))
		edge(n, fd, len);
	register long r10 asm("r10") = off;
	asm volatile("syscall" : "=a"(ret)
		     : "a"(nr), "D"(fd), "S"(buf), "d"(len), "r"(r10)
		     : "rcx", "r11", "memory");
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

ssize_t pread64(int fd, void *buf, size_t len, off_t off)
{
	return issue(SYS_pread64, fd, buf, len, off);
}

ssize_t pwrite64(int fd, const void *buf, size_t len, off_t off)
{
	return issue(SYS_pwrite64, fd, buf, len, off);
}
