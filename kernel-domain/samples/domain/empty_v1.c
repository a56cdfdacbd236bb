// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "empty_device", first version: reads give zeroes
 */
#define EMPTY_VERSION	1
#define EMPTY_FILL	0x00

#include "empty.h"

DOMAIN_IMAGE(empty_device, DOMAIN_EMPTY_DEVICE_METHODS, ops,
	     .name = "empty_v1", .version = "1",
	     .state_type = EMPTY_STATE_TYPE, .state_version = EMPTY_STATE_VERSION);
