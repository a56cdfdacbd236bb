// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triples
 */
#define HELLO_FACTOR	3
#define HELLO_VERSION	"2"

#include "hello.c"
