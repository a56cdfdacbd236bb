/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The images of the tests of faults, as bytes
 */
#include <linux/linkage.h>

	.macro image name:req
	.globl	\name\()_image, \name\()_image_end
	.balign	8
\name\()_image:
	.incbin	"kernel/domain/tests/\name\().domain"
\name\()_image_end:
	.endm

	.section .rodata, "a"

	image	faulty_rcu
	image	faulty_srcu
	image	faulty_ref
	image	faulty_rcu_checked
	image	faulty_srcu_checked
	image	faulty_ref_checked
	image	checked
	image	unchecked
