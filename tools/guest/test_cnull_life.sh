#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Power, rmdir and rmmod at the wrong moment: nothing hangs, nothing is lost, nothing is freed twice.
. /run/lib.sh
suite cnull_life
root=/sys/kernel/config/cnull

check load modprobe cnull nr_devices=2 gb=1 memory_backed=1
exec 3</dev/cnull1
expect_error "Resource" rmmod-while-open rmmod cnull
exec 3<&-
check rmmod-after-close rmmod cnull

# powered off under an open file: its next I/O fails, and closing it is enough to unload
modprobe cnull nr_devices=0
mkdir $root/d
store $root/d/size 64
store $root/d/memory_backed 1
store $root/d/power 1
exec 3</dev/d 4>/dev/d
check power-off-while-open store $root/d/power 0
expect_output 0 nothing-to-read-after-power-off sh -c "dd bs=4096 count=1 <&3 2>/dev/null | wc -c"
expect_status 1 no-write-after-power-off sh -c "dd if=/dev/zero bs=4096 count=1 oflag=direct >&4 2>/dev/null"
check power-on-while-old-file-is-open store $root/d/power 1
check rmdir-while-old-file-is-open rmdir $root/d
expect_error "Resource" rmmod-while-old-file-is-open rmmod cnull
exec 3<&- 4>&-
check rmmod-after-old-file-is-closed wait_for 5 rmmod cnull

# under load: fio gets errors, but everybody ends
for mode in 0 1 2; do
	modprobe cnull nr_devices=0
	mkdir $root/d
	for a in size=64 memory_backed=1 irqmode=$mode submit_queues=2 discard=1 power=1; do
		store $root/d/${a%%=*} ${a#*=}
	done
	wait_block d
	fio --name=load --filename=/dev/d --allow_file_create=0 --direct=1 --ioengine=io_uring --iodepth=32 --rw=randrw --bsrange=4k-64k \
		--size=64m --time_based --runtime=60 --numjobs=2 >/tmp/fio.log 2>&1 &
	fio=$!
	check load-$mode wait_for 30 awk '{exit $1 + $5 < 64}' /sys/block/d/stat
	expect_error "Resource" rmmod-under-load-$mode rmmod cnull
	check power-off-under-load-$mode timeout 20 sh -c "echo 0 >$root/d/power"
	wait $fio
	[ $? -ne 0 ] && ok fio-saw-errors-$mode || fail fio-saw-errors-$mode "it ended well without a disk"
	check power-on-after-load-$mode store $root/d/power 1
	check disk-is-fine-$mode fio --name=v --filename=/dev/d --direct=1 --rw=randwrite --bs=4k --size=16m \
		--verify=crc32c --verify_fatal=1 --verify_state_save=0 --output-format=terse
	check rmdir-$mode rmdir $root/d
	check rmmod-$mode wait_for 5 rmmod cnull
done

# everything at once, from three sides
modprobe cnull nr_devices=0
churn() {
	local n=0
	while [ $n -lt $2 ]; do
		# it is being loaded again
		wait_for 10 test -d $root || break
		mkdir $root/$1 && {
			echo 16 >$root/$1/size
			echo 1 >$root/$1/memory_backed
			echo 1 >$root/$1/power
			[ -b /dev/$1 ] && dd if=/dev/zero of=/dev/$1 bs=64k count=8 && [ -b /dev/$1 ] && echo $1 >>/tmp/written
			[ -f /dev/$1 ] && rm /dev/$1
			echo 0 >$root/$1/power
			cat $root/$1/*
			rmdir $root/$1
		}
		n=$((n + 1))
	done >/dev/null 2>&1
}
churn a 40 & p1=$!
churn b 40 & p2=$!
churn a 40 & p3=$!
for i in $(seq 20); do modprobe -r cnull && modprobe cnull nr_devices=0; cat $root/features; done >/dev/null 2>&1
wait $p1; wait $p2; wait $p3
rmdir $root/a $root/b 2>/dev/null
check written grep -q a /tmp/written
check written-beside grep -q b /tmp/written
check unload-after-churn wait_for 5 rmmod cnull

# loading and unloading leaves nothing behind
free_kb() { sync; echo 3 >/proc/sys/vm/drop_caches; awk '/MemFree/ {print $2}' /proc/meminfo; }
cycle() {
	modprobe cnull nr_devices=1 gb=1 memory_backed=1 && dd if=/dev/zero of=/dev/cnull0 bs=1M count=16 oflag=direct &&
		rmmod cnull
}
cycle >/dev/null 2>&1
before=$(free_kb)
for i in $(seq 20); do cycle >/dev/null 2>&1 || break; done
# RCU and per-CPU lists take their time
lost_little() { lost=$((before - $(free_kb))); [ $lost -lt 16384 ]; }
wait_for 10 lost_little
[ $i = 20 ] && lost_little && ok memory-is-given-back || fail memory-is-given-back "$lost KiB lost in $i cycles"
finish
