// SPDX-License-Identifier: GPL-2.0-only
// expect: reloc|TEXTREL|read-only
// arch: x86 arm64 riscv
#include "refused.h"

asm(".pushsection .text\n.balign 8\n.quad domain_entry\n.popsection");
