// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what is particular to x86
 */
#include <linux/domain_image.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>

#include <asm/alternative.h>
#include <asm/domain.h>
#include <asm/nospec-branch.h>
#include <asm/processor.h>
#include <asm/stacktrace.h>
#include <asm/text-patching.h>

/**
 * arch_domain_stack_left - bytes between a stack pointer and its stack's end
 * @sp: a stack pointer of the current context
 *
 * Context: any.
 * Return: the bytes left, 0 for a stack on which no domain may run.
 */
size_t arch_domain_stack_left(unsigned long sp)
{
	struct stack_info info = {};
	unsigned long visited = 0;

	if (get_stack_info((unsigned long *)sp, current, &info, &visited))
		return 0;
	if (info.type != STACK_TYPE_TASK && info.type != STACK_TYPE_IRQ &&
	    info.type != STACK_TYPE_SOFTIRQ)
		return 0;
	return sp - (unsigned long)info.begin;
}

static void domain_put_jump(u8 *insn, unsigned long from, const void *to)
{
	s32 rel = (unsigned long)to - (from + JMP32_INSN_SIZE);

	insn[0] = JMP32_INSN_OPCODE;
	memcpy(insn + 1, &rel, sizeof(rel));
	memset(insn + JMP32_INSN_SIZE, INT3_INSN_OPCODE,
	       DOMAIN_IMAGE_X86_THUNK_SIZE - JMP32_INSN_SIZE);
}

/**
 * arch_domain_fill_thunks - lead an image's indirect branches to the kernel's
 * @thunks: the slots, writable
 * @addr: where they will run
 * @size: their size in bytes
 *
 * The image has plain instructions in the slots. Where this CPU needs a
 * mitigation they are replaced by jumps to the thunks that the kernel patched
 * for it at boot, as the BPF JIT does.
 *
 * Context: process context, before the image can run.
 */
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size)
{
	unsigned int slot, off;

	if (size != DOMAIN_IMAGE_X86_NR_THUNKS * DOMAIN_IMAGE_X86_THUNK_SIZE)
		return;

	for (slot = 0; slot < DOMAIN_IMAGE_X86_THUNK_RETURN; slot++) {
		off = slot * DOMAIN_IMAGE_X86_THUNK_SIZE;
		if (cpu_feature_enabled(X86_FEATURE_INDIRECT_THUNK_ITS))
			domain_put_jump(thunks + off, addr + off,
					its_static_thunk(slot));
		else if (cpu_feature_enabled(X86_FEATURE_RETPOLINE))
			domain_put_jump(thunks + off, addr + off,
					__x86_indirect_thunk_array[slot]);
	}
	off = DOMAIN_IMAGE_X86_THUNK_RETURN * DOMAIN_IMAGE_X86_THUNK_SIZE;
	if (cpu_wants_rethunk())
		domain_put_jump(thunks + off, addr + off, x86_return_thunk);
}
