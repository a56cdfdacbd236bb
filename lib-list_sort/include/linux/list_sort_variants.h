/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_LIST_SORT_VARIANTS_H
#define _LINUX_LIST_SORT_VARIANTS_H

#include <linux/compiler_attributes.h>
#include <linux/list_sort.h>

/*
 * The algorithms that CONFIG_LIST_SORT_* chooses list_sort() from, by name.
 * CONFIG_LIST_SORT_VARIANTS builds and exports all of them.  Each has the
 * contract of list_sort(); what it adds is in the kernel-doc at its definition.
 */
__nonnull_args(2, 3)
void list_sort_mainline(void *priv, struct list_head *head, list_cmp_func_t cmp);

__nonnull_args(2, 3)
void list_sort_insertion(void *priv, struct list_head *head, list_cmp_func_t cmp);

__nonnull_args(2, 3)
void list_sort_powersort(void *priv, struct list_head *head, list_cmp_func_t cmp);

__nonnull_args(2, 3)
void list_sort_jump(void *priv, struct list_head *head, list_cmp_func_t cmp);

__nonnull_args(2, 3)
void list_sort_adaptive(void *priv, struct list_head *head, list_cmp_func_t cmp);

__nonnull_args(2, 3)
void list_sort_array(void *priv, struct list_head *head, list_cmp_func_t cmp);

unsigned long list_sort_array_fallbacks(void);

#endif
