// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that makes an update
 */
#define MINIMAL_VERSION	"2"

#include "minimal.c"
