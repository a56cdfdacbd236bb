// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into checked images: what compilers call before each store, with
 * -fsanitize=kernel-address and everything of it that is not about stores left
 * out. There is no shadow memory: what a domain may write to is few ranges.
 *
 * The image's own data is found here, the kernel knows the rest. Compiled
 * without frame pointers and without checks of stack and stores, for speed: what
 * does not tail-call the kernel's side uses no stack.
 */
#include <linux/domain_sdk.h>

/* The linker's: the writable data, but for the pointer that the check goes by */
extern char __domain_data[], __domain_data_end[];

static inline bool in_data(unsigned long addr, size_t size)
{
	return addr >= (unsigned long)__domain_data &&
	       addr <= (unsigned long)__domain_data_end - size;
}

/* Has a frame, so that the stack trace of a refusal has who is to blame. */
static void __attribute__((noinline)) ask(unsigned long addr, size_t size)
{
	__asm__ volatile("" :: "r" (__builtin_frame_address(0)));
	if (domain_services->may_store((void *)addr, size))
		__builtin_trap();
}

void domain_check_store(const void *p, size_t size)
{
	unsigned long addr = (unsigned long)p;

	/* in_data() with a size that may exceed all there is */
	if (addr >= (unsigned long)__domain_data &&
	    addr <= (unsigned long)__domain_data_end &&
	    size <= (unsigned long)__domain_data_end - addr)
		return;
	if (size)
		ask(addr, size);
}

#define CHECK(size)							\
void __asan_store##size##_noabort(unsigned long addr);			\
void __asan_store##size##_noabort(unsigned long addr)			\
{									\
	if (!in_data(addr, size))					\
		ask(addr, size);					\
}

CHECK(1)
CHECK(2)
CHECK(4)
CHECK(8)
CHECK(16)

void __asan_storeN_noabort(const void *p, size_t size);
void __asan_storeN_noabort(const void *p, size_t size)
{
	domain_check_store(p, size);
}

/* Called before what does not return; for sanitizers that know stacks. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}
