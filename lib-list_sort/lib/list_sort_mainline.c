// SPDX-License-Identifier: GPL-2.0
/*
 * lib/list_sort.c, compiled unchanged under the name list_sort_mainline(), so
 * that it can be called and measured in a kernel whose list_sort() is another
 * algorithm.  Contract and algorithm are described there.
 */
#include <linux/export.h>
#include <linux/list_sort.h>
#include <linux/list_sort_variants.h>

#define list_sort list_sort_mainline
#undef EXPORT_SYMBOL
#define EXPORT_SYMBOL(sym) EXPORT_SYMBOL_GPL(sym)
#include "list_sort.c"
