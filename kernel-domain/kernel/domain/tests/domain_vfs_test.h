/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites share that ask through files, as user space does
 *
 * At boot nothing is mounted yet, so each test has a mount of its own.
 */
#ifndef _DOMAIN_VFS_TEST_H
#define _DOMAIN_VFS_TEST_H

#include <kunit/test.h>
#include <linux/fs.h>

struct vfsmount *vfs_test_mount(struct kunit *test, const char *type);
struct file *vfs_test_open(struct vfsmount *mnt, int flags, const char *fmt, ...)
	__printf(3, 4);
void vfs_test_close(struct file *file);
const char *vfs_test_text(struct kunit *test, struct file *file);
const char *vfs_test_read(struct kunit *test, struct vfsmount *mnt,
			  const char *fmt, ...) __printf(3, 4);
const char *vfs_test_format(struct kunit *test, const char *fmt, ...)
	__printf(2, 3);

#endif /* _DOMAIN_VFS_TEST_H */
