/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linked into every domain image for x86: the slots at the start of the text
 * to which the compiler's indirect calls, indirect jumps and returns go, by
 * number of the register and then the return; and the check of the stack that
 * each function starts with. See domain_image.h.
 *
 * These are the plain instructions. Where the CPU needs it, and for the check of
 * the stack, the loader writes jumps to the kernel over them.
 */
	.section .domain.thunks, "ax", @progbits

	.macro slot name:req insn:vararg
	.balign	8, 0xcc
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	\insn
	int3
	.balign	8, 0xcc
	.size	\name, . - \name
	.endm

	.macro jump reg:req
	slot	__x86_indirect_thunk_\reg, jmp *%\reg
	.endm

	jump	rax
	jump	rcx
	jump	rdx
	jump	rbx
	jump	rsp
	jump	rbp
	jump	rsi
	jump	rdi
	jump	r8
	jump	r9
	jump	r10
	jump	r11
	jump	r12
	jump	r13
	jump	r14
	jump	r15
	slot	__x86_return_thunk, ret
	slot	__fentry__, ret

	.section .note.GNU-stack, "", @progbits
