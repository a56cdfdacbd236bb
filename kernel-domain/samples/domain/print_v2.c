// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts on where its predecessor was
 */
#define PRINT_TEXT	"since the update and in all: "
#define PRINT_VERSION	"2"

#include "print.c"
