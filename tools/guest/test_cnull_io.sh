#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What is written to a memory-backed cnull disk is what is read, in every mode.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_io
root=/sys/kernel/config/cnull
check load modprobe cnull nr_devices=0

# disk NAME ATTRIBUTE=VALUE...: with the scheduler that the kernel gives it
disk() {
	local name=$1 a; shift
	mkdir $root/$name || return
	for a in size=64 "$@" power=1; do
		store $root/$name/${a%%=*} ${a#*=} || return
	done
	wait_block $name
}
drop() { rmdir $root/$1; }
mixed() { fio_on "$@" --ioengine=io_uring --iodepth=16 --rw=randrw --size=32m --verify=crc32c --verify_fatal=1; }
# nonzero DD-OPTION ...: how many bytes come from v, and how many of them are not zero
nonzero() {
	dd if=/dev/v of=/tmp/read bs=1M iflag=direct "$@" && echo "$(wc -c </tmp/read) $(tr -d '\0' </tmp/read | wc -c)"
}

# blocking with half of the combinations; test_cnull_modes.sh has more
for bs in 512 4096; do
	for irq in 0 1 2; do
		blocking=$(((irq + bs / 4096) % 2))
		n=b$bs-i$irq-s$blocking
		check disk-$n disk v memory_backed=1 blocksize=$bs irqmode=$irq blocking=$blocking submit_queues=2 \
			completion_nsec=2000
		check verify-$n mixed v --bsrange=$bs-256k
		# null_blk 7.3 returns zeroes to such a buffer with blocksize 4096
		check verify-unaligned-$n mixed v --bsrange=$bs-64k --mem_align=512 --iomem_align=512
		drop v
	done
done

check disk-odd disk v memory_backed=1 blocksize=512
check odd-buffer fio_on v --ioengine=psync --rw=randrw --bsrange=512-128k --size=16m --iomem_align=2 --mem=malloc \
	--verify=crc32c --verify_fatal=1
check two-jobs-own-halves fio_on v --ioengine=io_uring --iodepth=32 --numjobs=2 --size=32m --offset_increment=32m \
	--rw=randwrite --bsrange=512-64k --verify=crc32c --verify_fatal=1
check buffered fio_on v --direct=0 --rw=randwrite --bs=4k --size=32m --verify=crc32c --verify_fatal=1
drop v

# the block size has no influence on what is stored where
check disk-block-size disk v memory_backed=1 blocksize=512
check random-data dd if=/dev/urandom of=/dev/v bs=1M count=16 oflag=direct iflag=fullblock
before=$(md5sum </dev/v)
store $root/v/power 0
check another-block-size store $root/v/blocksize 4096
store $root/v/power 1
expect_output "$before" data-survives-a-power-cycle sh -c 'md5sum </dev/v'
drop v

check disk-discard disk v memory_backed=1 discard=1
dd if=/dev/zero bs=1M count=64 2>/dev/null | tr '\0' x | dd of=/dev/v bs=1M oflag=direct iflag=fullblock 2>/dev/null
check discard-1M blkdiscard -o 1048576 -l 1048576 /dev/v
expect_output "1048576 0" discarded-is-zero nonzero skip=1 count=1
expect_output "1048576 1048576" before-it-is-kept nonzero count=1
check discard-all blkdiscard /dev/v
expect_output "67108864 0" all-is-zero nonzero
rm -f /tmp/read
check trim-and-write fio_on v --ioengine=io_uring --iodepth=8 --rw=randtrimwrite --bs=16k --size=32m
drop v

# 250 GiB, sparse: the far end is there and costs nothing
check disk-large disk v memory_backed=1 size=256000
echo far >/tmp/far
check write-far-end dd if=/tmp/far of=/dev/v bs=512 seek=$((256000 * 2048 - 1)) conv=sync oflag=direct
expect_output far read-far-end sh -c "dd if=/dev/v bs=512 skip=$((256000 * 2048 - 1)) iflag=direct 2>/dev/null | tr -d '\0'"
expect_error "No space left" beyond-the-end dd if=/tmp/far of=/dev/v bs=512 seek=$((256000 * 2048)) conv=sync oflag=direct
drop v

# null mode: succeeds and stores nothing
check disk-null disk v size=1024 irqmode=0
check null-mode fio_on v --ioengine=io_uring --iodepth=32 --rw=randrw --bsrange=512-1m --io_size=256m --size=1024m
check null-write put v x 0 1048576
# what the buffer was before
expect_output 0 null-reads-nothing get v 0 1048576
drop v

check disk-ext4 disk v memory_backed=1 size=256 blocksize=4096 discard=1
check mkfs mkfs.ext4 -q -F /dev/v
mkdir -p /mnt
check mount mount -t ext4 -o discard /dev/v /mnt
check copy cp -r /bin /lib /mnt
before=$(cd /mnt && find . -type f | sort | xargs md5sum | md5sum)
expect_error "Resource" rmmod-while-mounted rmmod cnull
check unmount umount /mnt
check remount mount -t ext4 /dev/v /mnt
expect_output "$before" same-files sh -c 'cd /mnt && find . -type f | sort | xargs md5sum | md5sum'
umount /mnt
check fsck e2fsck -fn /dev/v
drop v
check unload rmmod cnull
finish
