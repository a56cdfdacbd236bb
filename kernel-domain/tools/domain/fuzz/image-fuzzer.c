// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target for the parser of domain images.
 *
 *	make LLVM=1 image-fuzzer
 *	./image-fuzzer corpus/ ../../../samples/domain/
 */
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static const u16 machines[] = { EM_X86_64, EM_AARCH64, EM_RISCV };
	struct domain_image_target target = { .page_size = 4096 };
	struct domain_image_error error;

	for (int i = 0; i < 3; i++) {
		target.machine = machines[i];
		fuzz_one(data, len, &target, &error);
	}
	target.page_size = 65536;
	target.machine = EM_AARCH64;
	fuzz_one(data, len, &target, &error);
	return 0;
}
