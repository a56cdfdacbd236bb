/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate into a domain
 */
#include <linux/linkage.h>
#include <asm/assembler.h>
#include <asm/memory.h>

/*
 * long domain_gate(unsigned long a0, unsigned long a1, unsigned long a2,
 *		    unsigned long a3, struct domain_frame *frame,
 *		    domain_fn_t fn);
 *
 * All callee-saved registers are on the stack above frame->sp while the domain
 * runs: recovery from a fault needs frame->sp alone to return to the caller
 * with the registers that the procedure call standard promises. x18 is the
 * shadow call stack's and not an image's to use. The branch is one that lands
 * on BTI C.
 */
SYM_FUNC_START(domain_gate)
	stp	x29, x30, [sp, #-96]!
	mov	x29, sp
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x29, [x4]

	blr	x5
SYM_INNER_LABEL(domain_gate_return, SYM_L_GLOBAL)
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
SYM_FUNC_END(domain_gate)

/*
 * Where a recovery goes, with frame->sp in x1: an exception from EL1 returns with
 * the stack pointer that it came with, whatever pt_regs says.
 */
SYM_FUNC_START(domain_gate_recover)
	mov	sp, x1
	b	domain_gate_return
SYM_FUNC_END(domain_gate_recover)

/*
 * Called in each function of an image, by its only thunk, by the procedure call
 * standard: no argument is in a register any more. A quarter of the stack is
 * kept for a service or an exception on top of the domain. All stacks that
 * domains run on are aligned to their size.
 */
SYM_FUNC_START(domain_stack_check)
	mov	x16, sp
	tst	x16, #(3 << (THREAD_SHIFT - 2))
	b.eq	domain_stack_overflow
	ret
SYM_INNER_LABEL(domain_stack_overflow, SYM_L_GLOBAL)
	brk	#1
SYM_FUNC_END(domain_stack_check)
