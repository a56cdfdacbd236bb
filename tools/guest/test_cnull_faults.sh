#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fault injection: requests that time out, are sent back, and queues that cannot be
# set up, by configfs and by module parameters. DRIVER=null_blk passes as well.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_faults

# inject NAME GROUP PROBABILITY TIMES
inject() {
	local group=$root/$1/$2
	store "$group/verbose" 0 && store "$group/probability" "$3" && store "$group/times" "$4"
}
# struck NAME: some of many requeues have come, as those that are left say
many=1000000
struck() {
	set -- "$(load "$root/$1/requeue_inject/times")"
	[ "$1" -le $((many - 5)) ] || { echo "$1 of $many are left"; return 1; }
}
# seconds COMMAND ...: "<status> <whole seconds>"
seconds() {
	local ms status
	ms=$(milliseconds "$@")
	status=$?
	echo "$status $(((ms + 500) / 1000))"
}
# within LOW HIGH "STATUS SECONDS" STATUS
within() {
	set -- $3 "$1" "$2" "$4"
	[ "$1" = "$5" ] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || { echo "status $1 after $2 s"; return 1; }
}
one_read() { dd if="/dev/$1" of=/dev/null bs=4096 count=1 iflag=direct; }
one_write() { dd if=/dev/zero of="/dev/$1" bs=4096 count=1 oflag=direct; }

check load modprobe "$DRIVER" nr_devices=0
check disk disk f memory_backed=1
if ! [ -d "$root/f/timeout_inject" ]; then
	skip fault-injection "the kernel has no CONFIG_FAULT_INJECTION_CONFIGFS"
	drop f
	rmmod "$DRIVER"
	finish
fi
expect_output "init_hctx_fault_inject requeue_inject timeout_inject" groups sh -c "cd $root/f && echo *_inject"
for a in interval probability space times verbose task-filter; do
	check attribute-$a test -f "$root/f/timeout_inject/$a"
done
drop f

# a request that times out fails after five seconds, the next one does not; all at once, to save time
n=0
for mode in irqmode=0 irqmode=1 irqmode=2 submit_queues=2 blocking=1; do
	n=$((n + 1))
	check "disk-$mode" disk f$n memory_backed=1 "$mode"
	put f$n a 0 4096
	check "timeout-set-$mode" inject f$n timeout_inject 100 1
	op=one_read
	[ $n = 4 ] && op=one_write
	seconds $op f$n >/tmp/took$n &
	jobs="$jobs $!"
done
# shellcheck disable=SC2086
wait $jobs
for n in 1 2 3 4 5; do
	check timeout-$n within 4 13 "$(cat /tmp/took$n)" 1
	check after-timeout-$n one_read f$n
	check after-timeout-write-$n one_write f$n
	drop f$n
done
check disk-poll disk f memory_backed=1 poll_queues=1
inject f timeout_inject 100 1
polled_read() { fio_on f --ioengine=io_uring --hipri --rw=read --bs=4k --size=4k; }
# null_blk completes it all the same
if is_cnull; then
	expect_status 1 polled-timeout polled_read
else
	polled_read >/tmp/fio 2>&1
fi
expect_output 0 polled-times-is-used-up load "$root/f/timeout_inject/times"
expect_output 0 polled-requests-in-flight sh -c "cat /sys/block/f/inflight | awk '{print \$1 + \$2}'"
inject f timeout_inject 0 0
check after-polled-timeout fio_on f --ioengine=io_uring --hipri --rw=read --bs=4k --size=64k
drop f

# some of many time out: everything ends, and the rest is right
check disk-many disk f memory_backed=1 submit_queues=2
inject f timeout_inject 1 3
fio_on f --ioengine=io_uring --iodepth=32 --rw=randrw --bs=4k --size=8m --continue_on_error=io --output=/tmp/fio
check many-timeouts-times-is-used-up sh -c "[ \$(cat $root/f/timeout_inject/times) = 0 ]"
check verify-after-timeouts verify f --size=8m
drop f

# a request that is sent back is repeated: nobody notices
for mode in irqmode=0 irqmode=2 submit_queues=2 no_sched=1 blocking=1 shared_tags=1 cache_size=4; do
	check "requeue-disk-$mode" disk f memory_backed=1 "$mode"
	check "requeue-set-$mode" inject f requeue_inject 20 $many
	check "requeue-$mode" verify f --size=4m
	check "requeue-struck-$mode" struck f
	drop f
done
check requeue-disk-zoned disk f memory_backed=1 zoned=1 zone_size=4
check requeue-set-zoned inject f requeue_inject 20 $many
check requeue-zoned fio_on f --ioengine=io_uring --iodepth=8 --zonemode=zbd --rw=write --bs=64k --size=16m \
	--verify=crc32c --verify_fatal=1 --ioscheduler=mq-deadline
check requeue-struck-zoned struck f
drop f

# queues that cannot be set up: the disk is not there, nothing leaks, the next try works
check hctx-directory fresh f memory_backed=1
inject f init_hctx_fault_inject 100 1
expect_status 1 hctx-power-on power f 1
expect_output 0 hctx-power load "$root/f/power"
expect_status 1 hctx-no-disk test -e /sys/block/f
check hctx-power-on-again power f 1
wait_block f
check hctx-verify verify f --size=4m

# nor do they break a resize: the disk goes on with some queues. null_blk of 7.3 makes
# the block layer dereference NULL when one queue fails twice.
for i in 1 2 3 4 5 6 7 8 9 10; do
	is_cnull || break
	inject f init_hctx_fault_inject 50 2
	store "$root/f/submit_queues" $((1 + i % 2)) 2>/dev/null
	inject f init_hctx_fault_inject 0 0
done
check hctx-verify-after-resize verify f --size=4m
check hctx-resize store "$root/f/submit_queues" 2
expect_output 2 hctx-resized load "$root/f/submit_queues"
drop f

# rmdir while a request waits for its timeout
check disk-drop disk f
inject f timeout_inject 100 1
one_read f >/dev/null 2>&1 & reader=$!
check a-request-is-lost wait_for 10 grep -q "^ *1 " /sys/block/f/inflight
check rmdir-with-a-lost-request timeout 30 rmdir "$root/f"
wait $reader
expect_status 1 disk-is-gone test -e /sys/block/f
check unload rmmod "$DRIVER"

# module parameters: interval,probability,space,times
check load-timeout modprobe "$DRIVER" nr_devices=1 gb=1 timeout=1,100,0,1
disk0=nullb0
is_cnull && disk0=cnull0
# it may have been the one that looks for partitions
one_read "$disk0" >/dev/null 2>&1
! is_cnull || expect_output 0 timeout-parameter-is-used-up load "$root/$disk0/timeout_inject/times"
check after-parameter-timeout one_read "$disk0"
expect_output 1,100,0,1 timeout-parameter load "$params/timeout"
rmmod "$DRIVER"
check load-requeue modprobe "$DRIVER" nr_devices=1 gb=1 memory_backed=1 requeue=1,20,0,$many
check requeue-parameter verify "$disk0" --size=4m
! is_cnull || check requeue-parameter-struck struck "$disk0"
rmmod "$DRIVER"
expect_status 1 load-init_hctx modprobe "$DRIVER" nr_devices=1 init_hctx=1,100,0,-1
expect_status 1 not-loaded test -d "/sys/module/$DRIVER"
for bad in timeout requeue init_hctx; do
	expect_status 1 "bad-$bad" modprobe "$DRIVER" nr_devices=0 $bad=junk
	rmmod "$DRIVER" 2>/dev/null
done
finish
