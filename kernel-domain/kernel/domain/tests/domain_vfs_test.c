// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit suites share that ask through files, see domain_vfs_test.h
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mount.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "domain_vfs_test.h"

#define VFS_TEST_LINE	256

static void vfs_test_umount(void *mnt)
{
	mntput(mnt);
}

/**
 * vfs_test_mount - a filesystem that only the test sees, and that goes with it
 * @test: the test, skipped if the kernel has no such filesystem
 * @name: the filesystem's
 *
 * Return: the mount.
 */
struct vfsmount *vfs_test_mount(struct kunit *test, const char *name)
{
	struct file_system_type *type = get_fs_type(name);
	struct vfsmount *mnt;

	if (!type)
		kunit_skip(test, "no %s", name);
	mnt = vfs_kern_mount(type, 0, name, NULL);
	put_filesystem(type);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mnt));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, vfs_test_umount, mnt));
	return mnt;
}

static __printf(3, 0)
struct file *vfs_test_vopen(struct vfsmount *mnt, int flags, const char *fmt,
			    va_list args)
{
	char path[128];

	vsnprintf(path, sizeof(path), fmt, args);
	return file_open_root_mnt(mnt, path, flags, 0);
}

/**
 * vfs_test_open - open a file of a mount
 * @mnt: the mount
 * @flags: O_*
 * @fmt: its path there
 *
 * Return: the file, for vfs_test_close(), or an error pointer.
 */
struct file *vfs_test_open(struct vfsmount *mnt, int flags, const char *fmt, ...)
{
	struct file *file;
	va_list args;

	va_start(args, fmt);
	file = vfs_test_vopen(mnt, flags, fmt, args);
	va_end(args);
	return file;
}

/**
 * vfs_test_close - close a file
 * @file: the file, or an error pointer
 *
 * Not later, by a worker, as fput() of a kernel thread.
 */
void vfs_test_close(struct file *file)
{
	if (!IS_ERR(file))
		__fput_sync(file);
}

/**
 * vfs_test_text - read a short file from its start
 * @test: the test, fails if there is no memory
 * @file: the file
 *
 * Return: what is in it, or "error" and the errno, which no file here contains.
 */
const char *vfs_test_text(struct kunit *test, struct file *file)
{
	char *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	ssize_t len = PTR_ERR_OR_ZERO(file);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	if (!len)
		len = kernel_read(file, buf, PAGE_SIZE - 1, &pos);
	if (len < 0)
		scnprintf(buf, PAGE_SIZE, "error %zd", len);
	return buf;
}

/**
 * vfs_test_read - open, read and close
 * @test: the test, fails if there is no memory
 * @mnt: a mount
 * @fmt: path of the file
 *
 * Return: as vfs_test_text().
 */
const char *vfs_test_read(struct kunit *test, struct vfsmount *mnt,
			  const char *fmt, ...)
{
	struct file *file;
	const char *text;
	va_list args;

	va_start(args, fmt);
	file = vfs_test_vopen(mnt, O_RDONLY, fmt, args);
	va_end(args);
	text = vfs_test_text(test, file);
	vfs_test_close(file);
	return text;
}

/**
 * vfs_test_format - what a file should say
 * @test: the test, fails if there is no memory
 * @fmt: the text
 *
 * Return: the text.
 */
const char *vfs_test_format(struct kunit *test, const char *fmt, ...)
{
	char *text = kunit_kmalloc(test, VFS_TEST_LINE, GFP_KERNEL);
	va_list args;

	KUNIT_ASSERT_NOT_NULL(test, text);
	va_start(args, fmt);
	vsnprintf(text, VFS_TEST_LINE, fmt, args);
	va_end(args);
	return text;
}
