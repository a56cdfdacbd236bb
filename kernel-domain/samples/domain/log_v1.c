// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "log", first version: prints the line
 */
#define LOG_IMAGE_NAME		"log_v1"
#define LOG_IMAGE_VERSION	"1"
#include "log.h"

static long log_line(u64 level, const char *text, u64 len)
{
	long ret = domain_services->print(level, text, len);

	return ret < 0 ? ret : (long)len;
}
