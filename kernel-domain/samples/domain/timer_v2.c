// SPDX-License-Identifier: GPL-2.0-only
/*
 * Goes on with the periodic timer of its predecessor
 */
#define TIMER_VERSION	"2"

#include "timer.c"
