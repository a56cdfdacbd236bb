#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# compat=1: lines as scripts for null_blk have them (blktests, fio's t/zbd), unchanged.
. /run/lib.sh
suite cnull_compat
nullb=/sys/kernel/config/nullb

if [ -n "$DRIVER" ] && [ "$DRIVER" != cnull ]; then
	skip compat "only cnull has it"
	finish
fi
# as _remove_null_blk_devices: find -mindepth 1 -maxdepth 1 -type d -delete
remove() { for d in "$nullb"/*/; do ! [ -d "$d" ] || rmdir "$d" || return; done; }

# a name that two have is null_blk's, unless the administrator says otherwise
modprobe null_blk nr_devices=0
check beside-null_blk modprobe cnull nr_devices=1 gb=1 compat=1
check beside-null_blk-own-name test -b /dev/cnull0
expect_output N beside-null_blk-off load /sys/module/cnull/parameters/compat
rmmod cnull
rmmod null_blk

mkdir -p /etc/modprobe.d
printf 'alias null_blk cnull\noptions cnull compat=1\n' >/etc/modprobe.d/cnull.conf
if ! modprobe null_blk nr_devices=1 gb=1 || ! [ -L /sys/module/null_blk ]; then
	# a modprobe without aliases of its own
	echo "# this modprobe does not know aliases of modprobe.d"
	rmmod null_blk 2>/dev/null
	modprobe_null_blk() { modprobe cnull compat=1 "$@"; }
else
	modprobe_null_blk() { modprobe null_blk "$@"; }
fi
rmmod cnull 2>/dev/null

# load-time disks
check init modprobe_null_blk nr_devices=2 gb=1
check nullb0 test -b /dev/nullb0
check nullb1 test -b /dev/nullb1
check proc-devices grep -q ' nullb$' /proc/devices
check features grep -q memory_backed $nullb/features
# the directories of these two are in cnull, so it takes another one
check one-of-its-own mkdir $nullb/nullb2
check remove-null-blk-devices remove
expect_status 1 removed test -e $nullb/nullb2
expect_output 1 parameters cat /sys/module/null_blk/parameters/gb
check exit rmmod cnull
expect_status 1 gone test -d $nullb
expect_status 1 no-link test -e /sys/module/null_blk

# configure NAME PARAMETER=VALUE ...: as _configure_null_blk of blktests
configure() {
	local dir=$nullb/$1; shift
	mkdir "$dir" || return
	while [ $# -gt 0 ]; do
		echo "${1#*=}" >"$dir/${1%%=*}" || return
		shift
	done
}
# takes FILE VALUE ...: one after the other, and says so
takes() {
	local file=$1 value; shift
	for value in "$@"; do
		store "$file" "$value" && [ "$(load "$file")" = "$value" ] || { echo "$(load "$file") instead of $value"; return 1; }
	done
}
both_in_flight() { read -r reads writes </sys/block/nullb1/inflight && [ "$reads $writes" = "1 1" ]; }

check init-0 modprobe_null_blk nr_devices=0 queue_mode=2
check block-017 configure nullb1 irqmode=2 completion_nsec=500000000 power=1
dd if=/dev/nullb1 of=/dev/null bs=4096 iflag=direct count=1 2>/dev/null &
dd if=/dev/zero of=/dev/nullb1 bs=4096 oflag=direct count=1 2>/dev/null &
check block-017-in-flight wait_for 5 both_in_flight
wait
expect_output "0 0" block-017-done sh -c "awk '{print \$1, \$2}' /sys/block/nullb1/inflight"
check cleanup remove
expect_status 1 disk-is-gone test -e /sys/block/nullb1

for mode in 0 2; do
	check "block-023-$mode" configure nullb1 size=1024 queue_mode=$mode irqmode=2 power=1
	expect_output 2 "block-023-is-2-$mode" cat $nullb/nullb1/queue_mode
	check "block-023-read-$mode" dd if=/dev/nullb1 of=/dev/null iflag=direct bs=64k count=64
	remove
done

check block-021 configure nullb1 power=1
for scheduler in $(tr -d '[]' </sys/block/nullb1/queue/scheduler); do
	check "block-021-set-$scheduler" store /sys/block/nullb1/queue/scheduler "$scheduler"
	check "block-021-is-$scheduler" grep -qF "[$scheduler]" /sys/block/nullb1/queue/scheduler
	max=$(cat /sys/block/nullb1/queue/nr_requests)
	check "block-021-$scheduler" takes /sys/block/nullb1/queue/nr_requests 4 16 "$max"
done
remove

check block-039 configure nullb1 completion_nsec=0 blocksize=512 size=16 memory_backed=1 power=1
check block-039-queues takes $nullb/nullb1/submit_queues 2 1 2 1
remove

check blktrace-zones configure nullb1 memory_backed=1 zone_size=128 zone_nr_conv=0 size=1024 zoned=1 power=1
expect_output host-managed zoned cat /sys/block/nullb1/queue/zoned
check zones-open blkzone open /dev/nullb1
check zones-reset blkzone reset /dev/nullb1
remove
check zbd-fallback configure nullb1 zone_size=4 size=1024 zoned=1 power=1
expect_output 256 zbd-zones cat /sys/block/nullb1/queue/nr_zones
remove

# fio's t/zbd/run-tests-against-nullb, its sections 3, 5 and 9
section=0
for settings in "zone_size=4 zone_capacity=3" "zone_size=4 zone_capacity=3 zone_nr_conv=25" \
	"zone_size=4 zone_capacity=3 zone_max_open=8"; do
	section=$((section + 1))
	# shellcheck disable=SC2086
	check "fio-zbd-$section" configure nullb0 completion_nsec=0 blocksize=4096 size=256 memory_backed=1 zoned=1 $settings power=1
	check "fio-zbd-write-$section" fio --name=zbd --filename=/dev/nullb0 --direct=1 --ioengine=psync --rw=randwrite --bs=16k \
		--zonemode=zbd --max_open_zones=8 --size=128m --io_size=16m --verify=crc32c --verify_fatal=1 --eta=never \
		--output-format=terse --verify_state_save=0 --offset=128m
	rmdir $nullb/nullb0
done

# two directories, one list of names
mkdir $nullb/x
expect_error "File exists" same-name-in-both mkdir /sys/kernel/config/cnull/x
check own-directory-works mkdir /sys/kernel/config/cnull/y
rmdir $nullb/x /sys/kernel/config/cnull/y
check unload rmmod cnull

# without it the names are free
rm /etc/modprobe.d/cnull.conf
check load-without modprobe cnull nr_devices=1 gb=1
expect_status 1 no-nullb-directory test -d $nullb
expect_status 1 no-link-without test -e /sys/module/null_blk
check null_blk-loads-beside modprobe null_blk nr_devices=1 gb=1
check null_blk-unloads rmmod null_blk
check unload-without rmmod cnull
finish
