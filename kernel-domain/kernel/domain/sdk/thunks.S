/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linked into every domain image: the slots at the start of the text. See
 * domain_image.h.
 *
 * On x86, the compiler's indirect calls, indirect jumps and returns go to them,
 * by number of the register and then the return; the last one is the check of
 * the stack that each function starts with. Elsewhere, there is only the check.
 *
 * These are the plain instructions. Where the CPU needs it, and for the check of
 * the stack, the loader writes jumps to the kernel over them.
 */
	.section .domain.thunks, "ax", @progbits

#ifdef __x86_64__
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
#else
	.globl	_mcount
	.hidden	_mcount
	.type	_mcount, %function
_mcount:
#ifdef __riscv
	/* ret, in 4 bytes */
	.4byte	0x00008067
#else
	ret
#endif
	.fill	12, 1, 0
	.size	_mcount, 16
#endif

	.section .note.GNU-stack, "", @progbits
