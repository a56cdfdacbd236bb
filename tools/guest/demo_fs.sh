#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tools/demo: an ext4 filesystem on a cnull disk keeps a tree of files through a
# remount and a power cycle of the disk.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-demo.sh
suite demo-fs
root=$(disk_root cnull)

sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
same_sums() { sums /mnt/tree | cmp - /tmp/sums; }
mount_disk() { mount -t ext4 /dev/fsdisk /mnt; }

step "make an ext4 filesystem on a cnull disk"
check load modprobe cnull nr_devices=0
if why=$(disk_new cnull fsdisk size=256 blocksize=512 memory_backed=1 submit_queues=2); then
	ok create
else
	fail create "$why"
	finish
fi
# by its path: busybox has a mke2fs of its own that knows ext2 only
check mkfs /bin/mke2fs -q -t ext4 -b 4096 /dev/fsdisk || finish
check mount mount_disk || finish

step "copy a tree in and compare it after a remount"
# the programs of this guest and the libraries they came with
mkdir /mnt/tree
check copy cp -a /bin/busybox /bin/fio /lib /run /mnt/tree/
[ -d /usr/lib ] && check copy-usr cp -a /usr/lib /mnt/tree/usr
sums /mnt/tree >/tmp/sums
files=$(wc -l </tmp/sums)
size=$(du -sm /mnt/tree | cut -f 1)
expect_status 1 no-unload-while-mounted rmmod cnull
check unmount umount /mnt
check remount mount_disk
check same-after-remount same_sums &&
	summary ext4 "$files files, $size MiB copied in; same sha256 after a remount"

step "power the disk off and on, check the filesystem"
check unmount-again umount /mnt
check power-off store "$root/fsdisk/power" 0
check power-on store "$root/fsdisk/power" 1
check disk-back wait_block fsdisk
check fsck e2fsck -fn /dev/fsdisk
check mount-again mount_disk
check same-after-power-cycle same_sums &&
	summary "" "and after a power cycle of the disk; e2fsck finds it clean"
check unmount-last umount /mnt
check remove disk_remove cnull fsdisk
check unload rmmod cnull
finish
