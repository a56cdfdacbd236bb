/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate into a domain, for User-Mode Linux on x86_64
 */
#include <linux/linkage.h>

/*
 * long domain_gate(unsigned long a0, unsigned long a1, unsigned long a2,
 *		    unsigned long a3, struct domain_frame *frame,
 *		    domain_fn_t fn);
 *
 * As in arch/x86/kernel/domain_gate.S, without the mitigations, which are the
 * host's business.
 */
	.text
SYM_FUNC_START(domain_gate)
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	/* 16 bytes aligned, as images and UML's C code may count on */
	subq	$8, %rsp
	movq	%rsp, (%r8)

	call	*%r9
SYM_INNER_LABEL(domain_gate_return, SYM_L_GLOBAL)
	addq	$8, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(domain_gate)
