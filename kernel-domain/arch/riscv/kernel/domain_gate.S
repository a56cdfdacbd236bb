/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate into a domain
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/domain.h>
#include <asm/thread_info.h>

/*
 * long domain_gate(unsigned long a0, unsigned long a1, unsigned long a2,
 *		    unsigned long a3, struct domain_frame *frame,
 *		    domain_fn_t fn);
 *
 * All callee-saved registers are on the stack above frame->sp while the domain
 * runs: recovery from a fault needs frame->sp alone to return to the caller
 * with the registers that the calling convention promises. ra and s0 are where
 * the frame-pointer unwinder looks for them. gp is the shadow call stack's, tp
 * the task's; neither is an image's to use.
 */
SYM_FUNC_START(domain_gate)
	addi	sp, sp, -DOMAIN_GATE_FRAME
	REG_S	ra, (13 * SZREG)(sp)
	REG_S	s0, (12 * SZREG)(sp)
	REG_S	s1, (11 * SZREG)(sp)
	REG_S	s2, (10 * SZREG)(sp)
	REG_S	s3, (9 * SZREG)(sp)
	REG_S	s4, (8 * SZREG)(sp)
	REG_S	s5, (7 * SZREG)(sp)
	REG_S	s6, (6 * SZREG)(sp)
	REG_S	s7, (5 * SZREG)(sp)
	REG_S	s8, (4 * SZREG)(sp)
	REG_S	s9, (3 * SZREG)(sp)
	REG_S	s10, (2 * SZREG)(sp)
	REG_S	s11, (1 * SZREG)(sp)
	addi	s0, sp, DOMAIN_GATE_FRAME
	REG_S	sp, 0(a4)

	jalr	a5
SYM_INNER_LABEL(domain_gate_return, SYM_L_GLOBAL)
	REG_L	s11, (1 * SZREG)(sp)
	REG_L	s10, (2 * SZREG)(sp)
	REG_L	s9, (3 * SZREG)(sp)
	REG_L	s8, (4 * SZREG)(sp)
	REG_L	s7, (5 * SZREG)(sp)
	REG_L	s6, (6 * SZREG)(sp)
	REG_L	s5, (7 * SZREG)(sp)
	REG_L	s4, (8 * SZREG)(sp)
	REG_L	s3, (9 * SZREG)(sp)
	REG_L	s2, (10 * SZREG)(sp)
	REG_L	s1, (11 * SZREG)(sp)
	REG_L	s0, (12 * SZREG)(sp)
	REG_L	ra, (13 * SZREG)(sp)
	addi	sp, sp, DOMAIN_GATE_FRAME
	ret
SYM_FUNC_END(domain_gate)

/*
 * Called in each function of an image, by its only thunk, by the calling
 * convention: no argument is in a register any more. A quarter of the stack is
 * kept for a service or an exception on top of the domain. All stacks that
 * domains run on are aligned to their size, if they are mapped; others are not
 * checked.
 */
SYM_FUNC_START(domain_stack_check)
#ifdef CONFIG_VMAP_STACK
	srli	t0, sp, THREAD_SHIFT - 2
	andi	t0, t0, 3
	beqz	t0, domain_stack_overflow
#endif
	ret
SYM_INNER_LABEL(domain_stack_overflow, SYM_L_GLOBAL)
	ebreak
SYM_FUNC_END(domain_stack_check)
