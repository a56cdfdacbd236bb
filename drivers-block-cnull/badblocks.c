// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad blocks of cnull devices: sectors whose reads, writes and discards fail.
 *
 * The list itself is lib's badblocks: lookups take no lock, and a change is seen
 * by the next I/O.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/visibility.h>

#include "badblocks.h"
#include "cnull.h"
#include "io.h"

/* A sector number in an entry of struct badblocks has as many bits. */
#define CNULL_BAD_MAX		(BB_OFFSET_MASK >> 9)
/* So many sectors fill the list. */
#define CNULL_BAD_SECTORS	(MAX_BADBLOCKS * BB_MAX_LEN)

static char cnull_badblocks_param[512];
module_param_string(badblocks, cnull_badblocks_param,
		    sizeof(cnull_badblocks_param), 0444);
MODULE_PARM_DESC(badblocks, "Bad sectors of devices created later: +<first>-<last>[,...]. Default: none");

/*
 * badblocks_clear() calculates lengths in int and does not return from too long
 * a range, so clear what is there, one entry after the other.
 */
static bool cnull_badblocks_clear(struct badblocks *bb, u64 first, u64 last)
{
	u64 start = 0, end = 0;
	unsigned int seq;
	bool found;
	int i;

	do {
		do {
			seq = read_seqbegin(&bb->lock);
			found = false;
			for (i = 0; i < bb->count && !found; i++) {
				start = max(BB_OFFSET(bb->page[i]), first);
				end = min(BB_END(bb->page[i]), last + 1);
				found = start < end;
			}
		} while (read_seqretry(&bb->lock, seq));

		if (found && !badblocks_clear(bb, start, end - start))
			return false;
	} while (found);
	return true;
}

/* Applies one range, "+first-last" or "-first-last". */
static int cnull_badblocks_apply(struct badblocks *bb, char *range)
{
	char *sep = *range ? strchr(range + 1, '-') : NULL;
	u64 first, last;
	bool ok;

	if (!sep || (*range != '+' && *range != '-'))
		return -EINVAL;
	*sep = '\0';
	if (kstrtou64(range + 1, 0, &first) || kstrtou64(sep + 1, 0, &last) ||
	    first > last || last > CNULL_BAD_MAX)
		return -EINVAL;

	if (*range == '-')
		ok = cnull_badblocks_clear(bb, first, last);
	else
		ok = last - first < CNULL_BAD_SECTORS &&
		     badblocks_set(bb, first, last - first + 1, 1);
	return ok ? 0 : -ENOSPC;
}

static int cnull_badblocks_apply_list(struct badblocks *bb, const char *str)
{
	char *buf __free(kfree) = kstrdup(str, GFP_KERNEL);
	char *list, *range;

	if (!buf)
		return -ENOMEM;
	list = buf;
	while ((range = strsep(&list, ","))) {
		int err = cnull_badblocks_apply(bb, strim(range));

		if (err)
			return err;
	}
	return 0;
}

/**
 * cnull_badblocks_store() - Change which sectors are bad
 * @dev: the device, with its lock held; it may be powered
 * @str: ranges of 512-byte sectors, separated by commas, of bad ones as
 *	"+first-last", of good ones as "-first-last"
 *
 * Changes nothing on error and logs what is valid.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL if @str is something else; -ENOSPC if the list, a page,
 * cannot hold the result; -ENOMEM.
 */
int cnull_badblocks_store(struct cnull_device *dev, const char *str)
{
	struct badblocks *bb = &dev->badblocks;
	struct badblocks trial;
	unsigned int seq;
	int err;

	lockdep_assert_held(&dev->lock);

	err = badblocks_init(&trial, 1);
	if (err)
		return err;
	do {
		seq = read_seqbegin(&bb->lock);
		memcpy(trial.page, bb->page, PAGE_SIZE);
		trial.count = bb->count;
	} while (read_seqretry(&bb->lock, seq));
	err = cnull_badblocks_apply_list(&trial, str);
	badblocks_exit(&trial);

	if (!err)
		err = cnull_badblocks_apply_list(bb, str);
	if (err == -EINVAL)
		pr_err_ratelimited("%s: badblocks: valid are +<first>-<last> and -<first>-<last> with sectors from 0 to %llu, several separated by commas\n",
				   dev->name, CNULL_BAD_MAX);
	else if (err == -ENOSPC)
		pr_err_ratelimited("%s: badblocks: the list is full, valid are at most %lu ranges of at most %d sectors each\n",
				   dev->name, MAX_BADBLOCKS, BB_MAX_LEN);
	cnull_set_live(dev, CNULL_LIVE_BADBLOCKS, !badblocks_empty(bb));
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_badblocks_store);

/**
 * cnull_badblocks_show() - List the bad sectors
 * @dev: the device
 * @page: where to, of PAGE_SIZE
 *
 * One range per line, start and length in 512-byte sectors, ended early where
 * the page is full.
 *
 * Return: number of characters.
 */
ssize_t cnull_badblocks_show(struct cnull_device *dev, char *page)
{
	/* Of a line that does not fit it returns the whole length. */
	return min(badblocks_show(&dev->badblocks, page, 0),
		   (ssize_t)PAGE_SIZE - 1);
}
EXPORT_SYMBOL_IF_KUNIT(cnull_badblocks_show);

/**
 * cnull_badblocks_hit() - cnull_badblocks_check() of a device with bad blocks
 * @dev: the device
 * @io: the I/O, with the sectors it is about; shortened if there is a bad one
 *
 * Context: Any.
 * Return: as cnull_badblocks_check().
 */
blk_status_t cnull_badblocks_hit(struct cnull_device *dev, struct cnull_io *io)
{
	const unsigned int block = dev->conf.blocksize >> SECTOR_SHIFT;
	sector_t first, len;

	if (!io->nr_sectors ||
	    !badblocks_check(&dev->badblocks, io->sector, io->nr_sectors,
			     &first, &len))
		return BLK_STS_OK;

	/* A second attempt would no longer find what the first one made good. */
	if (dev->conf.badblocks_once) {
		if (!gfpflags_allow_blocking(io->gfp))
			return BLK_STS_NOSPC;
		badblocks_clear(&dev->badblocks, first, len);
	}

	io->nr_sectors = 0;
	if (dev->conf.badblocks_partial_io) {
		first = round_down(first, block);
		if (first > io->sector)
			io->nr_sectors = first - io->sector;
	}
	return BLK_STS_IOERR;
}
EXPORT_SYMBOL_IF_KUNIT(cnull_badblocks_hit);

/**
 * cnull_badblocks_init() - Give a device the bad blocks of the module parameter
 * @dev: the device
 *
 * Context: May sleep.
 * Return: 0, -EINVAL, -ENOSPC or -ENOMEM as cnull_badblocks_store().
 */
int cnull_badblocks_init(struct cnull_device *dev)
{
	int err = badblocks_init(&dev->badblocks, 1);

	if (err || !*cnull_badblocks_param)
		return err;
	scoped_guard(mutex, &dev->lock)
		err = cnull_badblocks_store(dev, cnull_badblocks_param);
	if (err)
		cnull_badblocks_exit(dev);
	return err;
}

/**
 * cnull_badblocks_exit() - Forget the bad blocks of a device
 * @dev: the device, powered off, after cnull_badblocks_init()
 *
 * Context: May sleep.
 */
void cnull_badblocks_exit(struct cnull_device *dev)
{
	scoped_guard(mutex, &dev->lock)
		cnull_set_live(dev, CNULL_LIVE_BADBLOCKS, false);
	badblocks_exit(&dev->badblocks);
}
