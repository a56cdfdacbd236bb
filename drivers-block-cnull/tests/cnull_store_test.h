/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may take the place of cnull_store_alloc_page() in tests.
 */
#ifndef _CNULL_STORE_TEST_H
#define _CNULL_STORE_TEST_H

#include <linux/gfp.h>

#include "../store.h"

static inline struct page *cnull_no_page(struct cnull_store *store, gfp_t gfp)
{
	return NULL;
}

/* No page is to be had without sleeping. */
static inline struct page *cnull_only_if_sleeping(struct cnull_store *store,
						  gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? alloc_page(gfp) : NULL;
}

#endif /* _CNULL_STORE_TEST_H */
