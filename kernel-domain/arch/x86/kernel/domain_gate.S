/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate into a domain
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/domain.h>
#include <asm/nospec-branch.h>
#include <asm/page_types.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

/*
 * What the functions of an image leave of the stack, for a service or an
 * exception on top of them, whose frames are larger with KASAN, as the stacks
 * are
 */
#define DOMAIN_STACK_KEPT	(THREAD_SIZE / 4)

/*
 * long domain_gate(unsigned long a0, unsigned long a1, unsigned long a2,
 *		    unsigned long a3, struct domain_frame *frame,
 *		    domain_fn_t fn);
 *
 * All callee-saved registers are on the stack above frame->sp while the domain
 * runs: recovery from a fault needs frame->sp alone to return to the caller
 * with the registers that the C ABI promises. The frame pointer is set up
 * whatever the configuration, for the unwinder's sake: images have one.
 */
	.text
SYM_FUNC_START(domain_gate)
	pushq	%rbp
	movq	%rsp, %rbp
	.set	saved, 0
	.irp	reg, rbx, r12, r13, r14, r15
	pushq	%\reg
	.set	saved, saved + 8
	.endr
	.if	saved != DOMAIN_GATE_SAVED
	.error	"DOMAIN_GATE_SAVED is not what is saved"
	.endif
	movq	%rsp, (%r8)

	CALL_NOSPEC r9
SYM_INNER_LABEL(domain_gate_return, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(domain_gate)

/*
 * Called at the entry of each function of an image, by its last thunk: all
 * registers but %r11 have to be kept. Most calls run on the stack of the task.
 */
SYM_FUNC_START(domain_stack_check)
	movq	PER_CPU_VAR(cpu_current_top_of_stack), %r11
	subq	%rsp, %r11
	cmpq	$(THREAD_SIZE - DOMAIN_STACK_KEPT), %r11
	ja	1f
	RET
1:	movq	PER_CPU_VAR(hardirq_stack_ptr), %r11
	subq	%rsp, %r11
	cmpq	$(IRQ_STACK_SIZE - DOMAIN_STACK_KEPT), %r11
	ja	domain_stack_overflow
	RET
SYM_INNER_LABEL(domain_stack_overflow, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	ud2
SYM_FUNC_END(domain_stack_check)
