/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface "log": what the images have in common. The includer defines
 * LOG_IMAGE_NAME and LOG_IMAGE_VERSION before, and log_line().
 */
#include <linux/domain_log.h>
#include <linux/domain_sdk.h>

/* Takes one line that is of interest. Returns the bytes taken, or an error of print(). */
static long log_line(u64 level, const char *text, u64 len);

static u64 max_level = 7;

static __domain_method long log_write(u64 level, const char *text, u64 len)
{
	if (len > DOMAIN_LOG_LINE)
		return -EINVAL;
	if (level > READ_ONCE(max_level))
		return len;
	return log_line(level, text, len);
}

static __domain_method long log_level(u64 level)
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
	     .name = LOG_IMAGE_NAME, .version = LOG_IMAGE_VERSION);
