#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 900
# The domain of a disk crashes once a second, in each of the methods of its data path, while
# fio writes, reads back and checks. What a slot does then is its policy; no I/O may fail, no
# data may be wrong, and nothing may be left waiting.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
. /run/lib-domain.sh
. /run/lib-cnull-domain.sh
suite cnull_domain_faults
seconds=${SECONDS_PER_RUN:-6}
needs_domains
if ! contained; then
	skip all "faults of domains are not contained in this kernel"
	finish
fi

# image NAME: what is in the slot
image() { domain "$(bound "$1")" image; }
# settled NAME: each fault has its successor
settled() { [ "$(slot "$1" faults)" = "$(slot "$1" recoveries)" ]; }
crashed() { [ "$(slot "$1" faults)" -ge "$2" ]; }

# verified CASE NAME: fio has ended, and found nothing wrong
verified() {
	wait $fio
	expect_output 0 "$1-fio" echo $?
	expect_output "" "$1-no-error" faulty
	expect_output "0 0" "$1-nothing-in-flight" in_flight "$2"
}

# crashing CASE METHOD FIO-OPTION [ATTRIBUTE=VALUE ...]: restarted each time
crashing() {
	local case=$1 method=$2 option=$3; shift 3
	check "$case-disk" with_domain d block_v2 "$@"
	check "$case-policy" domainctl policy d restart
	busy_verify d $option
	check "$case-update" update d block_crash_$method
	verified "$case" d
	check "$case-crashed-often" crashed d $((seconds / 3))
	check "$case-each-has-a-successor" wait_for 10 settled d
	expect_output block_crash_$method "$case-still-the-same-image" image d
	echo "# $case: $(slot d faults) crashes in $(slot d calls) calls"
	check "$case-drop" without_domain d
}
crashing queue queue "" irqmode=0 no_sched=1 poll_queues=0
crashing queue-stats queue "" irqmode=0 no_sched=1 stats=1
crashing queue-deadline queue "" irqmode=1 no_sched=0 submit_queues=2
crashing complete complete "" irqmode=0 no_sched=1
crashing complete-softirq complete "" irqmode=1 no_sched=1
crashing complete-hardirq complete "" irqmode=2 completion_nsec=50000 no_sched=1
crashing poll poll --hipri poll_queues=1 no_sched=1

# a new image that crashes at once: the one before comes back
check fallback-disk with_domain d block_v1 irqmode=0 no_sched=1
check fallback-policy domainctl policy d fallback
check idle-update update d block_crash_first
expect_output block_crash_first idle-has-it image d
check idle-first-request verify d --size=1m
check idle-fell-back wait_for 10 settled d
expect_output "block_v1 1" idle-has-the-one-before echo "$(image d) $(slot d faults)"
busy_verify d
fallbacks() {
	local n=1
	while kill -0 $fio 2>/dev/null; do
		# its first request, should fio be done just now
		update d block_crash_first && n=$((n + 1)) && get d 0 4096 && wait_for 10 crashed d $n &&
			wait_for 10 settled d && [ "$(image d)" = block_v1 ] || return
		usleep 300000
	done
	echo $n >/tmp/fallbacks
}
check fallback-updates fallbacks
verified fallback d
check fallback-often test "$(cat /tmp/fallbacks)" -ge $((seconds / 3))
echo "# fallback: $(cat /tmp/fallbacks) images crashed at once"
check fallback-drop without_domain d

crashed_or_ended() { crashed d "$1" || ! kill -0 $fio 2>/dev/null; }

# falling_back METHOD FIO-OPTION [ATTRIBUTE=VALUE ...]: one that crashes later, again and again
falling_back() {
	local case=fallback-$1 method=$1 option=$2 n=0; shift 2
	check "$case-disk" with_domain d block_v2 irqmode=0 no_sched=1 "$@"
	check "$case-policy" domainctl policy d fallback
	busy_verify d $option
	while kill -0 $fio 2>/dev/null; do
		update d block_crash_$method && wait_for 10 crashed_or_ended $((n + 1)) && wait_for 10 settled d || break
		crashed d $((n + 1)) && [ "$(image d)" = block_v2 ] || break
		n=$((n + 1))
	done
	verified "$case" d
	check "$case-often" test $n -ge $((seconds / 3))
	echo "# $case: $n times"
	check "$case-drop" without_domain d
}
falling_back complete ""
falling_back poll --hipri poll_queues=1

# left empty: the disk is its driver's again
check empty-disk with_domain d block_v1 irqmode=0 no_sched=1
check empty-policy domainctl policy d empty
busy_verify d
check empty-update update d block_crash_queue
check empty-crashed wait_for 10 sh -c "[ \$(cat $slots/d/domain) = 0 ]"
verified empty d
check empty-works verify d --size=1m
check empty-unload domainctl unload "$(ls $domains)"
check empty-rebind domainctl bind d $images/block_v1.domain
check drop without_domain d

# opened and closed while it crashes: nobody is refused
check open-disk with_domain d block_v2 irqmode=0 no_sched=1
check open-policy domainctl policy d restart
busy_verify d
check open-update update d block_crash_queue
opens() {
	local n=0
	while kill -0 $fio 2>/dev/null; do
		true </dev/d || return
		n=$((n + 1))
	done
	echo "# open: $n times"
}
opens >/tmp/opens 2>&1
expect_output 0 open-never-refused echo $?
cat /tmp/opens
verified open d

# what it costs, as a note: an emulator's times are no measure
# iops FIELD OPTION ...: of fio's terse line
iops() {
	local field=$1; shift
	fio_on d --ioengine=psync --bs=4k --size=32m --time_based --runtime="$seconds" "$@" | cut -d ';' -f "$field"
}
for rw in randread,8 randwrite,49; do
	update d block_v2 >/dev/null
	without=$(iops ${rw#*,} --rw=${rw%,*})
	update d block_crash_queue >/dev/null
	before=$(slot d faults)
	with=$(iops ${rw#*,} --rw=${rw%,*})
	echo "# ${rw%,*}: $without IOPS, $with with $(($(slot d faults) - before)) crashes in $seconds s, ratio $(awk "BEGIN { printf \"%.3f\", $with / $without }")"
done
check open-drop without_domain d

nothing() { [ -z "$(ls $domains)" ]; }
check nothing-left wait_for 10 nothing
check unload wait_for 10 rmmod cnull
finish
