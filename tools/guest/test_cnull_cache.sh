#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The write-back cache, the limit of bandwidth, the statistics.
# DRIVER=null_blk passes as well where is_cnull does not say otherwise.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_cache

cycle() { power "$1" 0; power "$1" 1; wait_block "$1"; }

check load modprobe "$DRIVER" nr_devices=0

# what the block layer is told
check disk disk c memory_backed=1 cache_size=4
expect_output "write back" write_cache queue c write_cache
expect_output 1 fua queue c fua
drop c
check disk-without-fua disk c memory_backed=1 cache_size=4 fua=0
expect_output 0 no-fua queue c fua
drop c
disk c memory_backed=1
expect_output "write through" no-cache queue c write_cache
expect_output 0 no-cache-no-fua queue c fua
drop c
fresh c cache_size=4
check cache-without-memory power c 1
expect_output "write through" cache-without-memory-is-ignored queue c write_cache
drop c

modes=queue_mode=2
is_cnull && modes="queue_mode=2 queue_mode=0"
for mode in $modes; do
	# a power cut loses what was neither flushed nor FUA, and nothing else
	check "disk-$mode" disk c memory_backed=1 cache_size=4 discard=1 "$mode"
	put c a 0 65536
	expect_output a "read-back-$mode" get c 0 65536
	cycle c
	expect_output 0 "unflushed-is-lost-$mode" get c 0 65536
	put c a 0 65536
	check "flush-$mode" flush c
	cycle c
	expect_output a "flushed-is-kept-$mode" get c 0 65536
	put_fua c b 65536 65536
	cycle c
	expect_output b "fua-is-kept-$mode" get c 65536 65536
	put c c 131072 4096
	put_fua c d 131072 4096
	cycle c
	expect_output d "fua-over-cached-$mode" get c 131072 4096
	put_fua c f 8192 4096
	put c e 4096 4096
	is_cnull && { cycle c; expect_output "a f" "unflushed-overwrite-is-lost-$mode" get c 0 65536; }

	# parts of a page: only what was written of it comes from the cache
	put c a 0 65536
	flush c
	put c x 512 512
	put c y 1536 512
	expect_output "a x y" "parts-of-a-page-$mode" get c 0 4096
	is_cnull && { cycle c; expect_output a "parts-are-lost-$mode" get c 0 4096; }
	put c a 0 4096
	put c x 512 512
	flush c
	cycle c
	expect_output "a x" "part-is-kept-$mode" get c 0 4096

	# a discard removes from cache and storage
	put c a 0 65536
	flush c
	put c b 0 32768
	check "discard-$mode" blkdiscard -o 0 -l 65536 /dev/c
	expect_output 0 "discarded-$mode" get c 0 65536
	cycle c
	expect_output 0 "discarded-for-good-$mode" get c 0 65536

	# more than fits: the rest goes to storage, all of it is right before and after a flush
	check "beyond-the-cache-$mode" fio_on c --ioengine=io_uring --iodepth=16 --rw=randwrite --bs=4k --size=16m --verify=crc32c \
		--verify_fatal=1
	flush c
	sum=$(md5sum </dev/c)
	cycle c
	expect_output "$sum" "same-after-flush-and-power-cycle-$mode" sh -c "md5sum </dev/c"
	drop c
done

# flush while two jobs write: everything flushed before the last flush is there after a power cut
check disk-load disk c memory_backed=1 cache_size=2 submit_queues=2
check fsync-under-load fio_on c --ioengine=io_uring --iodepth=8 --numjobs=2 --offset_increment=16m --size=8m --rw=randwrite \
	--bsrange=4k-32k --fsync=16 --end_fsync=1 --do_verify=0 --verify=crc32c
cycle c
check verify-after-power-cut fio_on c --ioengine=psync --numjobs=2 --offset_increment=16m --size=8m --rw=randwrite \
	--bsrange=4k-32k --verify=crc32c --verify_only --verify_fatal=1
drop c

# an ext4 whose device loses power is consistent and has what was synced
check disk-ext4 disk c size=128 memory_backed=1 cache_size=32
mkfs.ext4 -q -E nodiscard /dev/c && mkdir -p /mnt && mount -t ext4 /dev/c /mnt
cp /bin/fio /mnt/synced && sync && cp /bin/busybox /mnt/unsynced
power c 0
umount /mnt 2>/dev/null
power c 1
wait_block c
check mount-after-power-cut mount -t ext4 /dev/c /mnt
check synced-file-is-there cmp /bin/fio /mnt/synced
umount /mnt
check fsck e2fsck -fn /dev/c
drop c

# mbps: 2 s for 16 MiB at 8 MiB/s, give or take a tick and a slow machine
for mode in $modes irqmode=2 shared_tags=1 memory_backed=1; do
	check "disk-mbps-$mode" disk m mbps=8 "$mode"
	ms=$(milliseconds dd if=/dev/zero of=/dev/m bs=64k count=256 oflag=direct)
	[ "$ms" -ge 1600 ] && [ "$ms" -le 4000 ] && ok "write-takes-2s-$mode" || fail "write-takes-2s-$mode" "$ms ms"
	drop m
done
# reading OPTION ...: how long random reads take fio in ms, without its start, which takes a slow machine seconds
reading() {
	fio_on m --ioengine=io_uring --iodepth=32 --rw=randread --bs=128k --group_reporting "$@" >/tmp/fio &&
		cut -s -d ';' -f 9 /tmp/fio
}
check disk-mbps disk m mbps=8 submit_queues=2
ms=$(reading --numjobs=2 --io_size=8m --size=8m)
[ "$ms" -ge 1600 ] && ok two-jobs-share-the-limit || fail two-jobs-share-the-limit "$ms ms"
# with counters that begin anew
cycle m
check throttled busy m --iodepth=32 --rw=randread --bsrange=128k-128k --runtime=20 --size=8m
check power-off-while-throttled timeout 10 sh -c "echo 0 >$root/m/power"
# with an error, or well: a read of a disk that is gone is at its end, or fails
wait $fio
drop m
check disk-fast disk m mbps=40960
ms=$(reading --size=64m)
drop m
check disk-without-limit disk m
base=$(reading --size=64m)
[ "$base" ] && [ "$ms" -le $((base * 5 + 2000)) ] && ok no-visible-limit || fail no-visible-limit "$ms ms, $base without"
drop m

# statistics, where debugfs is
stat() { awk -v "what=$2" '$1 == what {n += $NF} END {print n + 0}' "/sys/kernel/debug/cnull/c/$1"; }
is_cnull || { rmmod "$DRIVER"; finish; }
if [ -d /sys/kernel/debug/cnull ]; then
	for mode in $modes; do
		check "disk-stats-$mode" disk c memory_backed=1 cache_size=4 stats=1 discard=1 "$mode"
		dd if=/dev/zero of=/dev/c bs=64k count=10 oflag=direct 2>/dev/null
		expect_output 10 "writes-$mode" stat io WRITE
		expect_output 10 "write-latencies-$mode" stat latency WRITE
		check "write-size-$mode" grep -qE '^WRITE +65536 +10$' /sys/kernel/debug/cnull/c/io
		expect_output 655360 "cached-$mode" stat memory cached_bytes
		flush c
		expect_output 0 "cached-after-flush-$mode" stat memory cached_bytes
		expect_output 655360 "data-$mode" stat memory data_bytes
		expect_output 1280 "flushed-$mode" stat cache flushed_sectors
		put_fua c b 65536 65536
		expect_output 128 "fua-goes-through-$mode" stat cache write_through_sectors
		put c a 0 4096
		get c 0 4096 >/dev/null
		check "read-hits-$mode" test "$(stat cache read_hit_sectors)" -ge 8
		store "$root/c/badblocks" +0-7
		get c 0 4096 >/dev/null
		expect_output 1 "errors-$mode" stat errors READ
		drop c
		expect_status 1 "gone-with-the-disk-$mode" test -e /sys/kernel/debug/cnull/c
	done
	disk c
	expect_status 1 none-unless-asked test -e /sys/kernel/debug/cnull/c
	drop c
else
	skip stats "no debugfs in this kernel"
fi
check unload rmmod cnull
finish
