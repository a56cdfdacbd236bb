/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface "log": lines of text, the example of a stateless interface
 */
#ifndef _LINUX_DOMAIN_LOG_H
#define _LINUX_DOMAIN_LOG_H

#include <linux/domain_interface.h>

/*
 * write: take one line of @len bytes, at most DOMAIN_LOG_LINE, without a NUL or
 *	newline. Returns the bytes taken.
 * level: keep only lines of a severity up to @level, 0 (emergency) to 7
 *	(debug). Returns the level that was in force.
 */
#define DOMAIN_LOG_METHODS(M, i)					\
	M(i, write, (VAL, u64, level), (VEC, const char *, text), (VAL, u64, len)) \
	M(i, level, (VAL, u64, level))

#define DOMAIN_LOG_LINE	256

DOMAIN_DECLARE_INTERFACE(log, DOMAIN_LOG_METHODS, 1, RCU);

#endif /* _LINUX_DOMAIN_LOG_H */
