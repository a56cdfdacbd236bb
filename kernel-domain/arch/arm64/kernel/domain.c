// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: what is particular to arm64
 */
#include <linux/domain_image.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include <asm/domain.h>
#include <asm/insn.h>

/**
 * arch_domain_fill_thunks - let an image call the kernel's check of the stack
 * @thunks: the slot, writable
 * @addr: where it will run
 * @size: its size in bytes
 *
 * The check may be out of the reach of a direct branch.
 */
void arch_domain_fill_thunks(void *thunks, unsigned long addr, size_t size)
{
	struct {
		__le32 load, branch;
		u64 target;
	} slot;
	u32 load, branch;

	load = aarch64_insn_gen_load_literal(addr, addr + sizeof(u64),
					     AARCH64_INSN_REG_16, true);
	branch = aarch64_insn_gen_branch_reg(AARCH64_INSN_REG_16,
					     AARCH64_INSN_BRANCH_NOLINK);
	slot.load = cpu_to_le32(load);
	slot.branch = cpu_to_le32(branch);
	slot.target = (unsigned long)domain_stack_check;
	static_assert(sizeof(slot) == DOMAIN_IMAGE_MCOUNT_SIZE);
	static_assert(offsetof(typeof(slot), target) == sizeof(u64));
	memcpy(thunks, &slot, sizeof(slot));
}
