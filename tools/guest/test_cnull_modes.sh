#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What is written is what is read, in every mode and in combinations of them.
# DRIVER=null_blk runs what it has too.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_modes

# mode NAME ATTRIBUTE=VALUE ...: a memory-backed disk, mixed I/O and checksums, buffers on and off a page
mode() {
	local name=$1 bs=512; shift
	check "disk-$name" disk v memory_backed=1 "$@" || return
	bs=$(queue v logical_block_size)
	check "verify-$name" verify v --bsrange="$bs-128k" --size=8m
	is_cnull && check "verify-off-page-$name" verify v --bsrange="$bs-64k" --size=4m --iomem_align=512
	drop v
}

check load modprobe "$DRIVER" nr_devices=0

mode 512 blocksize=512
mode 4096 blocksize=4096
if [ -d /sys/kernel/mm/transparent_hugepage ] && is_cnull; then
	mode 64k blocksize=65536
	mode bio-64k blocksize=65536 queue_mode=0
	mode cache-64k blocksize=65536 cache_size=1
else
	skip mode-64k "blocks larger than a page need CONFIG_TRANSPARENT_HUGEPAGE"
fi
mode blocking blocking=1 irqmode=0
mode cache cache_size=2
mode cache-4096 cache_size=2 blocksize=4096 irqmode=0
mode cache-without-fua cache_size=2 fua=0
mode cache-blocking cache_size=2 blocking=1
mode shared-bitmap shared_tag_bitmap=1 submit_queues=2
mode shared-tags shared_tags=1
mode one-tag hw_queue_depth=1 submit_queues=2
mode small-requests max_sectors=16
mode boundary virt_boundary=1
mode node home_node=0 use_per_node_hctx=1
mode throttled mbps=200
mode discard discard=1
mode polling poll_queues=1

if is_cnull; then
	mode bio queue_mode=0
	mode bio-4096 queue_mode=0 blocksize=4096
	mode bio-cache queue_mode=0 cache_size=2
	mode bio-throttled queue_mode=0 mbps=200
	mode bio-boundary queue_mode=0 virt_boundary=1 max_sectors=16
	mode stats stats=1
	mode bio-stats queue_mode=0 stats=1
	mode everything cache_size=2 stats=1 mbps=400 blocking=1 irqmode=2 completion_nsec=1000 discard=1 submit_queues=2 \
		shared_tag_bitmap=1
	check disk-bio disk v queue_mode=0 memory_backed=1 discard=1
	expect_status 1 bio-has-no-queues test -d /sys/block/v/mq
	check bio-two-jobs fio_on v --ioengine=psync --numjobs=2 --offset_increment=32m --size=8m --rw=randrw --bsrange=512-64k \
		--verify=crc32c --verify_fatal=1
	put v a 0 1048576
	check bio-discard blkdiscard -o 4096 -l 8192 /dev/v
	expect_output 0 bio-discarded get v 4096 8192
	expect_output "0 a" bio-kept get v 0 1048576
	drop v
	check disk-bio-null disk v queue_mode=0 size=1024
	check bio-null fio_on v --ioengine=io_uring --iodepth=32 --rw=randrw --bsrange=512-1m --io_size=256m --size=1024m
	drop v
fi

# polled reads and writes, alone and beside others
check disk-poll disk v memory_backed=1 poll_queues=1 submit_queues=2
check poll-verify fio_on v --ioengine=io_uring --hipri --iodepth=8 --rw=randrw --bsrange=4k-32k --size=8m --verify=crc32c \
	--verify_fatal=1
fio --output-format=terse --eta=never --direct=1 --filename=/dev/v --size=32m --time_based --runtime=2 --rw=randrw --bs=4k \
	--name=a --ioengine=io_uring --hipri --name=b --ioengine=io_uring --iodepth=8 >/tmp/fio 2>&1
expect_output 0 poll-and-irq echo $?
drop v
check disk-no-poll disk v memory_backed=1 poll_queues=0
expect_status 1 no-poll-queue fio_on v --ioengine=io_uring --hipri --rw=randread --bs=4k --size=64k
drop v

# one tag set for several disks
for i in 1 2 3; do check "shared-disk-$i" disk s$i memory_backed=1 shared_tags=1 size=16; done
for i in 1 2 3; do verify s$i --size=4m >/tmp/s$i 2>&1 & jobs="$jobs $!"; done
for p in $jobs; do
	wait "$p"
	expect_output 0 "shared-verify-$p" echo $?
done
drop s2
check shared-after-one-left verify s3 --size=4m
drop s1; drop s3

# WRITE_ZEROES, where there are zeroes to be stored
if is_cnull; then
	for q in 2 0; do
		check "disk-zeroes-$q" disk v memory_backed=1 queue_mode=$q
		check "write_zeroes_max-$q" test "$(queue v write_zeroes_max_bytes)" -gt 0
		put v a 0 1048576
		check "zeroes-$q" /bin/blkdiscard -f -z -o 512 -l 524288 /dev/v
		expect_output 0 "zeroed-$q" get v 512 524288
		expect_output a "not-zeroed-before-$q" get v 0 512
		expect_output a "not-zeroed-after-$q" get v 524800 4096
		drop v
	done
fi

# the pattern of null disks depends on place and seed alone
if is_cnull; then
	# first_word OFFSET: 8 bytes as hex
	first_word() { dd if=/dev/v bs=512 skip=$(($1 / 512)) count=1 iflag=direct 2>/dev/null | hexdump -n 8 -e '8/1 "%02x"'; }
	for q in 2 0; do
		check "disk-pattern-$q" disk v pattern=1 queue_mode=$q
		# word i is (i + seed) * 0x61c8864680b583eb, little-endian
		expect_output eb83b5804686c861 "pattern-0-$q" first_word 0
		expect_output ab7e16aee617ead3 "pattern-64-$q" first_word 512
		sum=$(dd if=/dev/v bs=1M count=8 iflag=direct 2>/dev/null | md5sum)
		expect_output "$sum" "pattern-small-reads-$q" sh -c "dd if=/dev/v bs=512 count=16384 iflag=direct 2>/dev/null | md5sum"
		check "pattern-write-is-dropped-$q" put v a 0 4096
		power v 0; power v 1; wait_block v
		expect_output "$sum" "pattern-after-power-cycle-$q" sh -c "dd if=/dev/v bs=1M count=8 iflag=direct 2>/dev/null | md5sum"
		drop v
	done
fi

# a request of a megabyte stays one
if is_cnull; then
	check disk-large disk v memory_backed=1
	large() { fio_on v --rw=write --bs=1m --size=16m >/tmp/fio && awk '{print $5}' /sys/block/v/stat; }
	expect_output 16 large-is-not-split large
	drop v
fi
check unload rmmod "$DRIVER"
finish
