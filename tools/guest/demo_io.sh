#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tools/demo: cnull's disks take real I/O beside null_blk's and brd's, with the
# same settings, and give back what was written.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-demo.sh
suite demo
MIB=24
same="size=$MIB submit_queues=2 poll_queues?=0 hw_queue_depth=64 irqmode=0 queue_mode=2"

# quiet_fio OPTION ...: fio, all of it on failure and nothing otherwise
quiet_fio() { fio --eta=never --output-format=normal --direct=1 --ioengine=io_uring --iodepth=16 "$@"; }

# new DRIVER NAME ATTRIBUTE=VALUE ...: a case of its own
new() {
	if why=$(disk_new "$@"); then
		ok "create-$2"
	else
		fail "create-$2" "$why"
	fi
}

step "load cnull, null_blk and brd"
check load-cnull modprobe cnull nr_devices=0
check load-null_blk modprobe null_blk nr_devices=0 poll_queues=0
check load-brd modprobe brd rd_nr=1 rd_size=$((MIB * 1024)) max_part=1

step "create the disks through configfs"
for d in cnull null_blk; do
	# shellcheck disable=SC2086
	{
		new $d $d-null $same memory_backed=0 blocksize=4096
		new $d $d-4096 $same memory_backed=1 blocksize=4096
		new $d $d-512 $same memory_backed=1 blocksize=512
	}
done
new brd ram0
for mode in 0 1 2; do
	new cnull cnull-irq$mode size=$MIB memory_backed=1 irqmode=$mode
done
summary disks "10 in one boot: 6 cnull and 3 null_blk through configfs, 1 brd"

step "null mode: 4 KiB to 1 MiB, reads and writes, two jobs"
for d in cnull null_blk; do
	check "null-mode-$d" quiet_fio --name=n --filename=/dev/$d-null --rw=randrw --bssplit=4k/60:64k/30:1m/10 \
		--size=${MIB}m --io_size=64m --numjobs=2
done
summary "null mode" "random reads and writes of 4k to 1M, two jobs: cnull and null_blk"

# mixed DISK SIZES: writes and checks random I/O of mixed sizes, buffers 512 bytes off a page
mixed() {
	quiet_fio --name=v --filename="/dev/$1" --rw=randwrite --bsrange="$2" --blockalign="${2%%-*}" --size=${MIB}m \
		--iomem_align=512 --verify=crc32c --verify_fatal=1 --do_verify=1
}

# moved DISK: written from buffers on a page, read into buffers off a page, which
# is legal direct I/O and what null_blk with blocks of 4096 bytes gets wrong
moved() {
	set -- --name=m --filename="/dev/$1" --bs=64k --size=${MIB}m --verify=crc32c --verify_fatal=1
	quiet_fio --rw=write --do_verify=0 "$@" && quiet_fio --rw=randread --iomem_align=512 "$@"
}

right=yes
step "memory-backed: checksums of everything written, mixed sizes"
for d in cnull-4096 cnull-512 cnull-irq0 cnull-irq1 cnull-irq2 null_blk-512 ram0; do
	range=512-128k
	[ $d = cnull-4096 ] && range=4k-128k
	check "verify-mixed-$d" mixed $d $range || right=
done
step "memory-backed: checksums, read into buffers off the page"
for d in cnull-4096 cnull-512 null_blk-512 ram0; do
	check "verify-moved-$d" moved $d || right=
done
if [ "$right" ]; then
	summary "data" "crc32c of $MIB MiB per disk; I/O of 512 bytes to 128k; irqmode none,"
	summary "" "softirq and timer; buffers on and off a page: all right on cnull"
fi
# not a case of this series: reported, not judged
if moved null_blk-4096 >/tmp/peer 2>&1; then
	summary "" "and on null_blk and brd"
elif grep -q 'verify failed' /tmp/peer; then
	summary "" "(null_blk with blocks of 4096 is wrong off a page: a known defect)"
fi

step "a power cycle keeps the data"
root=$(disk_root cnull)
check pattern quiet_fio --name=p --filename=/dev/cnull-512 --rw=write --bs=64k --size=${MIB}m --refill_buffers
before=$(sha256sum </dev/cnull-512)
check power-off store "$root/cnull-512/power" 0
check disk-gone wait_gone /dev/cnull-512
check power-on store "$root/cnull-512/power" 1
check disk-back wait_block cnull-512
expect_output "$before" same-data sh -c 'sha256sum </dev/cnull-512'

step "remove the disks and unload"
for d in "$root"/*/; do
	[ -e "$d/power" ] || continue
	check "remove-$(basename "$d")" disk_remove cnull "$(basename "$d")"
done
check unload rmmod cnull
finish
