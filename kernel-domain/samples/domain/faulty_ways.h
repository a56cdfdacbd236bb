/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to crash: what the images have in common
 */
#include <linux/domain_sdk.h>

#include "faulty.h"

#define barrier()	__asm__ __volatile__("" ::: "memory")
#define noinline	__attribute__((noinline))

static u64 faulty_data[8];
static const u64 faulty_rodata = 42;
static u64 faulty_calls;

/* The compiler must not see where a pointer leads */
static void *hide(unsigned long addr)
{
	void *p = (void *)addr;

	asm volatile("" : "+r" (p));
	return p;
}

static long load(unsigned long addr)
{
	return *(volatile u64 *)hide(addr);
}

static long store(unsigned long addr)
{
	*(volatile u64 *)hide(addr) = 0x6661756c74ULL;
	return 0;
}

static long call(unsigned long addr)
{
	long (*fn)(void) = (long (*)(void))hide(addr);
	long ret = fn();

	/* no tail call: the image is to be found on the stack */
	barrier();
	return ret;
}

/* A function of the kernel's that reads what it is given */
static long call_kernel(unsigned long addr)
{
	long (*fn)(void *) = (long (*)(void *))hide(addr);
	long ret = fn(hide(0));

	barrier();
	return ret;
}

static long faulty_stack(void)
{
	u64 code[8] = {};

	barrier();
	return call((unsigned long)hide((unsigned long)code));
}

static long faulty_heap(void)
{
	void *p = domain_services->alloc(64);

	return p ? call((unsigned long)p) : -ENOMEM;
}

static long faulty_divide(u64 arg)
{
#ifdef __x86_64__
	u64 zero = (u64)(unsigned long)hide(0);

	return arg / zero;
#else
	return -EOPNOTSUPP;
#endif
}

/* Own memory, a shared object and an armed timer, and then it is over */
static long faulty_leak(u64 size)
{
	const struct domain_services *s = domain_services;
	u64 *p = s->alloc(size);
	u64 *q = s->shared_alloc(size, FAULTY_TYPE);

	if (!p || !q)
		return -ENOMEM;
	s->timer_arm(0, 3600ULL * 1000000000, 0);
	*p = 1;
	*q = 2;
	return store(0);
}

struct faulty_node {
	struct faulty_node *next, *prev;
};

/* Unlink a node whose neighbour is not there any more */
static long faulty_list(void)
{
	static struct faulty_node nodes[2];
	struct faulty_node *node = hide((unsigned long)nodes);

	node->next = &nodes[1];
	node->prev = hide(-4096UL * 3);
	barrier();
	node->next->prev = node->prev;
	node->prev->next = node->next;
	return 0;
}

/*
 * The second time, it is refused, and the image trips over that. Nobody else asks
 * for so many bytes, so that it does not free what another call has got meanwhile.
 */
static long faulty_double_free(void)
{
	void *p = domain_services->alloc(1000);

	if (!p)
		return -ENOMEM;
	if (domain_services->free(p) || domain_services->free(p) != -EINVAL)
		__builtin_trap();
	return store(0);
}

/* What nobody but a checked image notices, and what is the memory of others */
static long faulty_heap_store(u64 way)
{
#ifdef __DOMAIN_CHECKED__
	void *p = domain_services->alloc(1000);

	if (!p)
		return -ENOMEM;
	if (way == FAULTY_HEAP_OVERFLOW)
		return store((unsigned long)p + 1000 - sizeof(u32));
	domain_services->free(p);
	return store((unsigned long)p);
#else
	return -EOPNOTSUPP;
#endif
}

/* Until somebody writes to @addr */
static long faulty_spin(unsigned long addr)
{
	while (!load(addr))
		barrier();
	return 0;
}

static void faulty_loop_services(void)
{
	for (;;)
		domain_services->free(domain_services->alloc(16));
}

/*
 * Longer than any budget that somebody waits for, but not for ever: a kernel that
 * does not end it gets its CPU back, and a test that fails.
 */
static long faulty_loop_long(void)
{
	u64 i;

	for (i = 0; i < 1ULL << 35; i++)
		barrier();
	return 0;
}

/* Two functions, so that no compiler makes a loop of the recursion */
static long faulty_deeper(volatile u64 *above);

static noinline long faulty_deep(volatile u64 *above)
{
	volatile u64 here[8] = { *above };

	return faulty_deeper(here) + here[0];
}

static noinline long faulty_deeper(volatile u64 *above)
{
	volatile u64 here[8] = { *above };

	return faulty_deep(here) + here[1];
}

#ifdef __x86_64__
static long faulty_machine(u64 way)
{
	switch (way) {
	case FAULTY_INVALID:
		/* looks like the kernel's WARN(), whose argument is in %rdi */
		asm volatile("ud1 (%%rdx), %%rdi" ::: "memory");
		return 0;
	case FAULTY_BREAKPOINT:
		asm volatile("int3" ::: "memory");
		return 0;
	case FAULTY_SEGMENT:
		/* there is no such segment */
		asm volatile("movw %w0, %%ds" :: "r" (0x1234));
		return 0;
	case FAULTY_LOOP_IRQS_OFF:
		asm volatile("cli" ::: "memory");
		return faulty_loop_long();
	case FAULTY_IRQS_OFF:
		asm volatile("cli" ::: "memory");
		return store(0);
	case FAULTY_FLAGS:
		/* direction, nested task, alignment check, I/O privilege */
		asm volatile("pushfq; orq $0x47400, (%%rsp); popfq"
			     ::: "memory", "cc");
		return store(0);
	case FAULTY_LOST_STACK:
		asm volatile("movq $8, %%rsp; pushq %%rax" ::: "memory");
		return 0;
	case FAULTY_LOST_FRAME:
		/* not a clobber, with which it would be refused or restored */
		asm volatile("movq $8, %%rbp; movq %%rax, (%%rbp)" ::: "memory");
		return 0;
	case FAULTY_LOOP_BRANCH:
		/* to itself; by way of the kernel where that has a thunk for it */
		asm volatile("leaq __x86_indirect_thunk_rax(%%rip), %%rax;"
			     "jmp __x86_indirect_thunk_rax" ::: "rax", "memory");
		return 0;
	case FAULTY_SMASHED_RETURN:
		*(volatile u64 *)((u64 *)__builtin_frame_address(0) + 1) = 0x10;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}
#else
#ifdef __aarch64__
#define FAULTY_ASM_INVALID	".inst 0"
/* looks like a trap of UBSAN, on which the kernel would die */
#define FAULTY_ASM_BREAKPOINT	"brk #0x5512"
#define FAULTY_ASM_IRQS_OFF	"msr daifset, #3"
#define FAULTY_ASM_LOST_FRAME	"mov x29, #8; str x29, [x29]"
#define FAULTY_RETURN		1
#else
#define FAULTY_ASM_INVALID	"unimp"
#define FAULTY_ASM_BREAKPOINT	"ebreak"
/* csrci sstatus, 2: images are not compiled for Zicsr */
#define FAULTY_ASM_IRQS_OFF	".4byte 0x10017073"
#define FAULTY_ASM_LOST_FRAME	"li s0, 8; sd s0, 0(s0)"
#define FAULTY_RETURN		-1
#endif

static long faulty_machine(u64 way)
{
	/* across a boundary of 16 bytes, or some CPUs of arm64 can do it */
	unsigned long odd = (unsigned long)faulty_data | 15;

	switch (way) {
	case FAULTY_INVALID:
		asm volatile(FAULTY_ASM_INVALID ::: "memory");
		return 0;
	case FAULTY_BREAKPOINT:
		asm volatile(FAULTY_ASM_BREAKPOINT ::: "memory");
		return 0;
	case FAULTY_LOOP_IRQS_OFF:
		asm volatile(FAULTY_ASM_IRQS_OFF ::: "memory");
		return faulty_loop_long();
	case FAULTY_IRQS_OFF:
		asm volatile(FAULTY_ASM_IRQS_OFF ::: "memory");
		return store(0);
	case FAULTY_LOST_FRAME:
		/* not a clobber, with which it would be refused or restored */
		asm volatile(FAULTY_ASM_LOST_FRAME ::: "memory");
		return 0;
#ifdef __aarch64__
	case FAULTY_FLAGS:
		/* debug exceptions and SErrors are masked as well */
		asm volatile("msr daifset, #15" ::: "memory");
		return store(0);
#else
	case FAULTY_FLAGS:
		/*
		 * csrs sstatus, a0: access to user memory, floating point; and
		 * no global pointer
		 */
		asm volatile("li a0, 0x42000; .4byte 0x10052073; li gp, 8"
			     ::: "a0", "memory");
		return store(0);
#endif
	case FAULTY_SMASHED_RETURN:
		return store((unsigned long)((u64 *)__builtin_frame_address(0) +
					     FAULTY_RETURN));
	case FAULTY_MISALIGNED:
		return __atomic_fetch_add((u64 *)hide(odd), 1, __ATOMIC_RELAXED);
	default:
		return -EOPNOTSUPP;
	}
}
#endif

/* Crash in the way with that number; what @arg is depends on it */
static long faulty_crash(u64 way, u64 arg)
{
	switch (way) {
	case FAULTY_NONE:
		return __atomic_add_fetch(&faulty_calls, 1, __ATOMIC_RELAXED);
	case FAULTY_NULL_READ:
		return load(0);
	case FAULTY_NULL_WRITE:
		return store(0);
	case FAULTY_USER_READ:
		return load(0x400000);
	case FAULTY_USER_WRITE:
		return store(0x400000);
	case FAULTY_WILD_READ:
		return load(-4096UL * 3);
	case FAULTY_WILD_WRITE:
		return store(-4096UL * 3);
	case FAULTY_NONCANONICAL:
		return load(0x6b6b6b6b6b6b6b6bUL);
	case FAULTY_WRITE_TEXT:
		return store((unsigned long)faulty_crash);
	case FAULTY_WRITE_RODATA:
		return store((unsigned long)&faulty_rodata);
	case FAULTY_WRITE_KERNEL:
		/* the table of services is constant */
		return store(arg ?: (unsigned long)domain_services);
	case FAULTY_CALL_NULL:
		return call(0);
	case FAULTY_CALL_USER:
		return call(0x400000);
	case FAULTY_CALL_WILD:
		return call(-4096UL * 3);
	case FAULTY_CALL_NONCANONICAL:
		return call(0x6b6b6b6b6b6b6b6bUL);
	case FAULTY_CALL_DATA:
		return call((unsigned long)faulty_data);
	case FAULTY_CALL_STACK:
		return faulty_stack();
	case FAULTY_CALL_HEAP:
		return faulty_heap();
	case FAULTY_CALL_KERNEL:
		return call_kernel(arg);
	case FAULTY_CALL_FIRST:
		/* one that changes what the kernel relies on, and returns */
		((void (*)(void))hide(arg))();
		return store(0);
	case FAULTY_LIST:
		return faulty_list();
	case FAULTY_DOUBLE_FREE:
		return faulty_double_free();
	case FAULTY_HEAP_OVERFLOW:
	case FAULTY_USE_AFTER_FREE:
		return faulty_heap_store(way);
	case FAULTY_TRAP:
		__builtin_trap();
	case FAULTY_DIVIDE:
		return faulty_divide(arg);
	case FAULTY_LOOP:
		for (;;)
			barrier();
	case FAULTY_SPIN:
		return faulty_spin(arg);
	case FAULTY_SPIN_CRASH:
		/* what is written there is the way */
		faulty_spin(arg);
		return faulty_crash(load(arg), 0);
	case FAULTY_LOOP_SERVICES:
		faulty_loop_services();
		return 0;
	case FAULTY_OVERFLOW:
		return faulty_deep(faulty_data);
	case FAULTY_LEAK:
		return faulty_leak(arg ?: 64);
	case FAULTY_SLEEP:
		return domain_services->sleep_ns(arg);
	case FAULTY_TIMER:
		return domain_services->timer_arm(1, arg, 0);
	default:
		return faulty_machine(way);
	}
}

static long faulty_expired(u64 id)
{
	return store(0);
}
