// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface "log", second version: numbers the lines
 */
#include <linux/domain_log.h>
#include <linux/domain_sdk.h>

static u64 max_level = 7;
static u64 lines;

static long log_write(u64 level, const char *text, u64 len)
{
	char line[DOMAIN_LOG_LINE], *p = line, *end;
	u64 nr, n = len;
	long ret;

	if (len > DOMAIN_LOG_LINE)
		return -EINVAL;
	if (level > READ_ONCE(max_level))
		return len;

	nr = __atomic_add_fetch(&lines, 1, __ATOMIC_RELAXED);
	*p++ = '#';
	for (end = p + 6; p < end; p++) {
		*p = '0' + nr / 100000 % 10;
		nr *= 10;
	}
	*p++ = ' ';
	if (n > (u64)(line + sizeof(line) - p))
		n = line + sizeof(line) - p;
	memcpy(p, text, n);
	ret = domain_services->print(level, line, p + n - line);
	return ret < 0 ? ret : (long)len;
}

static long log_level(u64 level)
{
	u64 old = max_level;

	if (level > 7)
		return -EINVAL;
	WRITE_ONCE(max_level, level);
	return old;
}

static const struct domain_log_ops methods = {
	.write = log_write,
	.level = log_level,
};

static const struct domain_image_ops ops = {
	.size = sizeof(ops),
	.nr_methods = DOMAIN_log_NR,
	.methods = &methods,
};

DOMAIN_IMAGE(log, DOMAIN_LOG_METHODS, ops,
	     .name = "log_v2", .version = "2");
