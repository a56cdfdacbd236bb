/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface "command": a number in, a number out, called from user space with
 * DOMAIN_IOC_CALL. For samples and experiments; anybody's image can be tried
 * without a kernel driver of its own.
 */
#ifndef _LINUX_DOMAIN_COMMAND_H
#define _LINUX_DOMAIN_COMMAND_H

#include <linux/domain_interface.h>

/*
 * run: what @nr and @arg mean is the image's business. Returns a value of 0 or
 *	more, or a negative errno.
 */
#define DOMAIN_COMMAND_METHODS(M, i)					\
	M(i, run, (VAL, u64, nr), (VAL, u64, arg))

DOMAIN_DECLARE_INTERFACE(command, DOMAIN_COMMAND_METHODS, 1, SRCU);

#endif /* _LINUX_DOMAIN_COMMAND_H */
