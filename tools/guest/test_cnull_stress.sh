#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 1800
# Resizing queues, powering off, removing and unloading while I/O runs, and the same
# directories changed from several sides. DRIVER=null_blk runs it too.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_stress

load_driver() { modprobe "$DRIVER" nr_devices=0 "$@"; }

# live resize: no request is lost, no error is seen, the numbers are what was asked for
check load load_driver poll_queues=2
check disk disk v memory_backed=1 submit_queues=1 poll_queues=1
fio_on v --ioengine=io_uring --iodepth=16 --rw=randwrite --bsrange=4k-16k --size=48m --time_based --runtime=5 --numjobs=2 \
	--verify=crc32c --verify_fatal=1 --offset_increment=8m --size=8m --do_verify=1 >/tmp/busy 2>&1 &
fio=$!
sleep 1
n=0
while kill -0 $fio 2>/dev/null && [ $n -lt 40 ]; do
	n=$((n + 1))
	store "$root/v/submit_queues" $((1 + n % 2)) && store "$root/v/poll_queues" $((n / 2 % 3)) ||
		{ fail resize-taken "refused, the $n. time"; break; }
	usleep 50000
done
wait $fio
expect_output 0 resize-under-load echo $?
check resized-often test $n -ge 10
for pair in "2 2" "1 0" "2 0" "1 2"; do
	# shellcheck disable=SC2086
	set -- $pair
	store "$root/v/submit_queues" "$1"
	store "$root/v/poll_queues" "$2"
	expect_output "$1 $2" "queues-of-$1-$2" sh -c "echo \$(cat $root/v/submit_queues $root/v/poll_queues)"
	expect_output $(($1 + $2)) "hardware-queues-of-$1-$2" sh -c "ls -d /sys/block/v/mq/* | wc -l"
done
for bad in 0 3 99 -1 junk ""; do
	expect_error "" "resize-refused-\"$bad\"" store "$root/v/submit_queues" "$bad"
done
for bad in 99 -1 junk ""; do
	expect_error "" "resize-poll-refused-\"$bad\"" store "$root/v/poll_queues" "$bad"
done
expect_output "1 2" unchanged-by-refusals sh -c "echo \$(cat $root/v/submit_queues $root/v/poll_queues)"
check verify-after-resize verify v --size=8m
check verify-after-resize-polled fio_on v --ioengine=io_uring --hipri --rw=randrw --bs=4k --size=4m --verify=crc32c
# resize against a change of the scheduler and of the number of requests
check busy busy v --runtime=4
refused=0
for i in $(seq 15); do
	store "$root/v/submit_queues" $((1 + i % 2)) &
	a=$!
	scheduler=none
	[ $((i % 2)) = 0 ] || scheduler=mq-deadline
	echo $scheduler 2>/dev/null >/sys/block/v/queue/scheduler &
	b=$!
	echo $((16 + i)) 2>/dev/null >/sys/block/v/queue/nr_requests
	# those of the other two may come at the wrong moment
	wait $a || refused=$((refused + 1))
	wait $b
done
wait $fio
expect_output 0 resize-and-scheduler echo $?
expect_output 0 no-resize-refused echo $refused
drop v
# a CPU that goes away and comes back under I/O, with requests of its own in flight: blk-mq waits for them
cpu=/sys/devices/system/cpu/cpu1/online
if [ ! -w $cpu ]; then
	skip cpu-hotplug "CPUs cannot be taken away here"
else
	for mode in irqmode=2,completion_nsec=500000 mbps=64 cache_size=4; do
		# shellcheck disable=SC2046
		check "disk-hotplug-$mode" disk v memory_backed=1 submit_queues=2 $(echo $mode | tr ',' ' ')
		fio_on v --ioengine=io_uring --iodepth=16 --rw=randrw --bsrange=4k-16k --time_based --runtime=4 --numjobs=2 \
			--verify=crc32c --verify_fatal=1 --offset_increment=8m --size=8m >/tmp/busy 2>&1 &
		fio=$!
		n=0
		while kill -0 $fio 2>/dev/null && [ $n -lt 40 ]; do
			store $cpu 0 && usleep 50000 && store $cpu 1 && n=$((n + 1))
			usleep 50000
		done
		wait $fio
		expect_output 0 "hotplug-under-load-$mode" echo $?
		check "hotplugged-often-$mode" test $n -ge 5
		expect_output 1 "all-cpus-are-back-$mode" cat $cpu
		drop v
	done
fi
check shared disk v shared_tags=1
expect_error "Invalid argument" resize-with-shared-tags store "$root/v/submit_queues" 2
drop v
check unload rmmod "$DRIVER"

# power off and rmdir under load, in every mode at once; errors are right, hanging is not
modes="irqmode=2,completion_nsec=2000000 blocking=1,memory_backed=1 cache_size=2,memory_backed=1 mbps=8
	shared_tags=1,memory_backed=1 shared_tag_bitmap=1,submit_queues=2 discard=1,memory_backed=1,irqmode=0
	poll_queues=1,memory_backed=1 zoned=1,zone_size=4,memory_backed=1"
is_cnull && modes="$modes queue_mode=0,memory_backed=1 queue_mode=0 queue_mode=0,mbps=8,memory_backed=1
	queue_mode=0,cache_size=2,memory_backed=1 stats=1,memory_backed=1 pattern=5 queue_mode=0,zoned=1,zone_size=4"
# all_busy: one fio with a thread for each disk; fails if it is not at work
all_busy() {
	local i=0 m jobs="" disks=""
	for m in $modes; do
		i=$((i + 1))
		[ -d /sys/block/p$i/mq ] && disks="$disks /sys/block/p$i/stat"
		jobs="$jobs --name=p$i --filename=/dev/p$i"
		case $m in
		*poll_queues*) jobs="$jobs --hipri" ;;
		*zoned*) jobs="$jobs --zonemode=zbd --max_open_zones=4 --rw=randwrite" ;;
		esac
	done
	# shellcheck disable=SC2086
	fio --direct=1 --allow_file_create=0 --ioengine=io_uring --iodepth=16 --rw=randrw --bs=16k --size=64m --time_based \
		--runtime=60 --thread --eta=never --output-format=terse $jobs >/tmp/busy 2>&1 &
	fio=$!
	# shellcheck disable=SC2086
	wait_for 40 awk '{if ($1 + $5 < 8) exit 1}' $disks && kill -0 $fio || { tail -n 3 /tmp/busy; return 1; }
}
check load-modes load_driver
n=0
for mode in $modes; do
	n=$((n + 1))
	# shellcheck disable=SC2046
	check "disk-$mode" disk p$n $(echo "$mode" | tr ',' ' ')
done
check all-busy all_busy
n=0
for mode in $modes; do
	n=$((n + 1))
	check "power-off-$mode" timeout 30 sh -c "echo 0 >$root/p$n/power"
done
wait $fio
n=0
for mode in $modes; do
	n=$((n + 1))
	check "power-on-$mode" power p$n 1
	wait_block p$n
	check "works-again-$mode" get p$n 0 4096
done
check all-busy-again all_busy
n=0
for mode in $modes; do
	n=$((n + 1))
	check "rmdir-$mode" timeout 30 rmdir "$root/p$n"
done
wait $fio
check unload-modes wait_for 10 rmmod "$DRIVER"

# three shells make, change, power, use and remove the same two directories
check load-races load_driver
race() {
	local end=$1 d; shift
	while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
		for d in "$@"; do
			mkdir "$root/$d"
			store "$root/$d/size" 16
			store "$root/$d/memory_backed" 1
			store "$root/$d/cache_size" $((end % 2))
			store "$root/$d/power" 1
			store "$root/$d/submit_queues" $((1 + end % 2))
			store "$root/$d/badblocks" +9-9
			[ -b "/dev/$d" ] && dd if=/dev/zero of="/dev/$d" bs=4096 count=4 oflag=direct conv=notrunc
			[ -f "/dev/$d" ] && rm "/dev/$d"
			cat "$root/$d"/* "$root/features"
			store "$root/$d/power" 0
			rmdir "$root/$d"
		done
	done >/dev/null 2>&1
}
end=$(($(cut -d . -f 1 /proc/uptime) + 8))
race $end r1 r2 & a=$!
race $((end + 1)) r2 r1 & b=$!
race $end r1 & c=$!
wait $a $b $c
for d in r1 r2; do [ -d "$root/$d" ] && rmdir "$root/$d"; done
expect_output 0 nothing-left sh -c "ls -d /sys/block/r[12] 2>/dev/null | wc -l"
check unload-after-races wait_for 10 rmmod "$DRIVER"

# 32 disks at once, in eight modes, all of them busy
check load-many load_driver
i=0
while [ $i -lt 32 ]; do
	case $((i % 8)) in
	0) set -- ;;
	1) set -- irqmode=0 ;;
	2) set -- irqmode=2 ;;
	3) set -- cache_size=1 ;;
	4) set -- blocksize=4096 submit_queues=2 ;;
	5) set -- shared_tags=1 ;;
	6) set -- discard=1 ;;
	7) set -- mbps=400 ;;
	esac
	disk m$i memory_backed=1 size=8 "$@" || break
	i=$((i + 1))
done >/tmp/many
expect_output 32 thirty-two-disks echo $i
files=$(for i in $(seq 0 31); do printf '%s' "--name=m$i --filename=/dev/m$i "; done)
# shellcheck disable=SC2086
check thirty-two-verify fio --direct=1 --output-format=terse --eta=never --verify_state_save=0 --ioengine=psync --rw=randrw \
	--bs=4k --size=1m --verify=crc32c --verify_fatal=1 --thread --group_reporting $files
for i in $(seq 0 31); do drop m$i; done
check unload-many wait_for 10 rmmod "$DRIVER"
finish
