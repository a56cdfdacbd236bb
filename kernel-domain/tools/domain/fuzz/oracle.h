/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One input through the parser, and what must hold of its answer.
 */
#ifndef _DOMAIN_FUZZ_ORACLE_H
#define _DOMAIN_FUZZ_ORACLE_H

#include "../../../kernel/domain/image.h"

/**
 * fuzz_one - parse one input for a target and check the verdict
 * @data: the file, in a block of its own size so that sanitizers see its ends
 * @len: its size in bytes
 * @target: machine and page size
 * @error: set to the verdict
 *
 * Aborts with a line on stderr if an accepted image breaks a rule of the
 * format, if a rejected one leaves a layout behind, or if the description is
 * not a single short line. Accepted images are staged.
 */
void fuzz_one(const u8 *data, size_t len,
	      const struct domain_image_target *target,
	      struct domain_image_error *error);

#endif /* _DOMAIN_FUZZ_ORACLE_H */
