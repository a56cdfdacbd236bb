// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "empty_device", second version: reads give ones
 */
#define EMPTY_VERSION	2
#define EMPTY_FILL	0xff

#include "empty.h"

DOMAIN_IMAGE(empty_device, DOMAIN_EMPTY_DEVICE_METHODS, ops,
	     .name = "empty_v2", .version = "2",
	     .state_type = EMPTY_STATE_TYPE, .state_version = EMPTY_STATE_VERSION);
