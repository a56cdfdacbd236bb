#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 1500
# A domain decides about requests, and is replaced while they run. No I/O may fail, no
# data may be wrong, and what was queued must have completed: as fio, the block layer and
# the domain itself count it.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
. /run/lib-domain.sh
. /run/lib-cnull-domain.sh
suite cnull_domain
seconds=${SECONDS_PER_RUN:-5}
# of the two runs that nothing disturbs
long=${SECONDS_PER_LONG_RUN:-$seconds}
needs_domains

# replace NAME PAUSE IMAGE...: updates while fio runs, PAUSE us apart; $updates is their number
replace() {
	local name=$1 pause=$2 image; shift 2
	updates=0
	>/tmp/pauses
	while kill -0 $fio 2>/dev/null; do
		for image in "$@"; do
			update "$name" "$image" >/tmp/update 2>&1 || { cat /tmp/update; return 1; }
			sed -n 's/.*pause \([0-9]*\) ns.*/\1/p' /tmp/update >>/tmp/pauses
			updates=$((updates + 1))
			[ "$pause" = 0 ] || usleep "$pause"
		done
	done
}
pauses() { sort -n /tmp/pauses | awk '{ p[NR] = $1 } END { printf "%d updates, pause in us: median %.0f, p99 %.0f, longest %.0f\n", NR, p[int((NR + 1) / 2)] / 1000, p[int(NR * .99 + .5)] / 1000, p[NR] / 1000 }'; }

# ended NAME: reads, writes, discards and flushes that the block layer has seen the end of
ended() { awk '{ print $1 + $5 + $12 + $16 }' "/sys/block/$1/stat"; }

# under_load CASE NAME PAUSE IMAGE...: fio runs already; afterwards nothing may be missing
under_load() {
	local case=$1 name=$2; shift
	check "$case-updates" replace "$@"
	wait $fio
	expect_output 0 "$case-fio" echo $?
	expect_output "" "$case-no-error" faulty
	expect_output "0 0" "$case-nothing-in-flight" in_flight "$name"
	echo "# $case: $(pauses), refused $(slot "$name" busy) of $(slot "$name" calls) calls"
}

# the attribute
check fresh fresh a memory_backed=1
expect_output "" empty load "$root/a/domain"
expect_error "Invalid argument" bad-name store "$root/a/domain" "a/b"
expect_error "File name too long" long-name store "$root/a/domain" a_name_of_thirty_two_characters_
expect_error "File exists" taken-name store "$root/a/domain" log
check name store "$root/a/domain" mine
expect_output mine shown load "$root/a/domain"
expect_output "block 1" interface sh -c "cut -d . -f 1 $slots/mine/interface"
check empty-slot-power power a 1
wait_block a
check empty-slot-works verify a --size=4m
expect_error "Device or resource busy" live-refused store "$root/a/domain" other
check off power a 0
store "$root/a/queue_mode" 0
expect_error "Invalid argument" bios-refused power a 1
store "$root/a/queue_mode" 2
store "$root/a/shared_tags" 1
expect_error "Invalid argument" shared-tags-refused power a 1
store "$root/a/shared_tags" 0
check renamed store "$root/a/domain" other
check old-slot-gone test ! -e $slots/mine
check no-name store "$root/a/domain" ""
check slot-gone test ! -e $slots/other
check gone rmdir "$root/a"

# a disk can go while it is open, and its slot or its device with it; the close comes after
check open-disk with_domain a block_v1
exec 9</dev/a
check open-off power a 0
check open-unbind domainctl unbind a
check open-no-slot store "$root/a/domain" ""
exec 9<&-
check closed-without-slot store "$root/a/domain" a
check open-again power a 1
wait_block a
exec 9</dev/a
check open-gone rmdir "$root/a"
expect_output "" open-end head -c 1 <&9
exec 9<&-
check closed-without-device test ! -e $slots/a

# one after the other: what each image does
check disk with_domain d block_v1 stats=1 irqmode=0 discard=1
check v1 verify d --size=8m
expect_output 1 v1-answers counted d version
expect_output 0 v1-is-not-told counted d completed
before=$(counted d queued)
check update update d block_v2
expect_output 2 v2-answers counted d version
expect_output "$before" counters-go-on counted d queued
check v2 verify d --size=8m
check v2-is-told test "$(counted d completed)" -gt 0
expect_output "$(counted d notify)" all-told counted d completed
expect_error "" interface-of-another update d log_v1
expect_error "" no-image update d none
expect_output 2 still-v2 counted d version
# quickest: the least time that a read takes, in us
quickest() { fio_on d --rw=read --bs=4k --size=4m --ioengine=psync >/tmp/fio && cut -s -d ';' -f 14 /tmp/fio; }
base=$(quickest)
check slow-image update d block_slow
slow=$(quickest)
# it adds 200 us
[ "$base" ] && [ "$slow" -ge $((base + 100)) ] && ok slow-is-slow || fail slow-is-slow "$slow us, $base us before"
check slow verify d --size=4m --io_size=4m
expect_output "$(counted d notify)" slow-all-told counted d completed

# a mirror, whose second half is then read alone
check mirror-image update d block_mirror
check mirror fio_on d --ioengine=io_uring --iodepth=16 --rw=randwrite --bs=8k --size=16m --verify=crc32c --do_verify=0
expect_output 16777216 second-store-counted awk '$1 == "second_data_bytes" { print $2 }' /sys/kernel/debug/cnull/d/memory
check second-image update d block_second
check second-half fio_on d --ioengine=io_uring --iodepth=16 --rw=randwrite --bs=8k --size=16m --verify=crc32c --verify_only=1
check mirror-again update d block_mirror
check trim blkdiscard -o 0 -l 8192 /dev/d
check second-again update d block_second
expect_output 0 second-half-trimmed get d 0 8192
check back update d block_v1

# emptied and filled again while the disk is open and busy
# ios NAME: reads and writes that have completed
ios() { awk '{print $1 + $5}' "/sys/block/$1/stat"; }
at_least() { [ "$(ios "$1")" -ge "$2" ]; }
# goes_on NAME: more do
goes_on() { wait_for 30 at_least "$1" $(($(ios "$1") + 32)); }
busy_verify d --runtime=8
check unbind-begun goes_on d
check unbind-in-use domainctl unbind d
expect_output 0 unbound slot d domain
sleep 1
check unbind-goes-on goes_on d
check bind-in-use domainctl bind d $images/block_v2.domain
wait $fio
expect_output 0 unbind-fio echo $?
expect_output "" unbind-no-error faulty
check drop without_domain d

# under load, as fast as it goes, and slowly
for mode in "" softirq,irqmode=1 timer,irqmode=2,completion_nsec=50000 deadline,no_sched=0 queues,submit_queues=2 \
	cache,cache_size=8; do
	case=${mode%%,*}
	case=${case:-inline}
	attributes=$(echo "${mode#*,}" | tr , ' ')
	scheduler=no_sched=1
	[ "$case" != deadline ] || scheduler=
	[ "$mode" ] || attributes=irqmode=0
	# shellcheck disable=SC2086
	check "$case-disk" with_domain u block_v1 stats=1 $scheduler $attributes
	busy_verify u
	under_load "$case" u 0 block_v2 block_v1
	check "$case-updated-often" test "$updates" -ge "$seconds"
	expect_output "$(counted u notify)" "$case-issued-is-completed" counted u completed
	expect_output "$(ended u)" "$case-asked-about-each-once" counted u queued
	expect_output 0 "$case-domain-saw-no-error" counted u errors
	check "$case-drop" without_domain u
done

# plain: the shortest path, which statistics would leave
short=$seconds
seconds=$long
check plain-disk with_domain u block_v1 irqmode=0 no_sched=1 poll_queues=0
busy_verify u
under_load plain u 0 block_v2 block_v1 block_mirror block_slow
check plain-drop without_domain u
check slowly-disk with_domain u block_v1 irqmode=0 no_sched=1
busy_verify u
under_load slowly u 1000000 block_v2 block_v1
check slowly-updated test "$updates" -ge $((seconds / 4 + 1))
check slowly-drop without_domain u
seconds=$short

# an image that cannot start, again and again: the one before it goes on, and no request fails
check rollback-disk with_domain u block_v1 stats=1 irqmode=0 no_sched=1
busy_verify u
id=$(bound u)
# undo: updates that fail, one after the other; $updates is their number
undo() {
	updates=0
	while kill -0 $fio 2>/dev/null; do
		! update u block_bad_init >/tmp/update 2>&1 || return
		grep -q "No such device" /tmp/update || { cat /tmp/update; return 1; }
		updates=$((updates + 1))
	done
}
check rollback-updates-fail undo
wait $fio
expect_output 0 rollback-fio echo $?
expect_output "" rollback-no-error faulty
check rollback-often test "$updates" -ge "$seconds"
expect_output "$id" rollback-same-domain bound u
expect_output 1 rollback-still-v1 counted u version
check rollback-drop without_domain u

# polled, throttled, resized; an elevator is changed, and the depth, which freezes the queue
check poll-disk with_domain u block_v1 stats=1 poll_queues=1 no_sched=1
busy_verify u --hipri
under_load poll u 0 block_v2 block_slow block_v1
expect_output "$(counted u notify)" poll-issued-is-completed counted u completed
expect_output "$(ended u)" poll-asked-about-each-once counted u queued
check poll-drop without_domain u
check throttle-disk with_domain u block_v1 stats=1 mbps=40 no_sched=1
busy_verify u
under_load throttle u 0 block_v2 block_v1
expect_output "$(counted u notify)" throttle-issued-is-completed counted u completed
expect_output "$(ended u)" throttle-asked-about-each-once counted u queued
check throttle-drop without_domain u
check resize-disk with_domain u block_v1 stats=1 no_sched=1
busy_verify u
# resize: prints a line for each number of queues
resize() {
	while kill -0 $fio 2>/dev/null; do
		store "$root/u/submit_queues" 2 && echo 2 &&
			store /sys/block/u/queue/scheduler mq-deadline || return
		usleep 50000
		store "$root/u/submit_queues" 1 && echo 1 &&
			store /sys/block/u/queue/nr_requests 32 &&
			store /sys/block/u/queue/scheduler none || return
		usleep 50000
	done
}
resize >/tmp/resized 2>/tmp/resize.err &
resizer=$!
under_load resize u 0 block_v2 block_v1
wait $resizer
expect_output 0 resize-taken echo $?
sed 's/^/# /' /tmp/resize.err
check resized-often test "$(wc -l </tmp/resized)" -ge 2
expect_output "$(counted u notify)" resize-issued-is-completed counted u completed
expect_output "$(ended u)" resize-asked-about-each-once counted u queued
check resize-drop without_domain u

# zones: where to write next is the shim's business, whichever image runs
check zoned-disk with_domain u block_v1 stats=1 zoned=1 zone_size=4
busy_verify u --zonemode=zbd --rw=write --bsrange=16k-16k --max_open_zones=8
under_load zoned u 0 block_v2 block_slow block_v1
expect_output "$(counted u notify)" zoned-issued-is-completed counted u completed
check zoned-fill fio_on u --zonemode=zbd --rw=write --bs=64k --verify=crc32c --verify_fatal=1
expect_output 16 zoned-full-zones sh -c "blkzone report /dev/u | grep -c '(fu)'"
check zoned-drop without_domain u

check nothing-left test -z "$(ls /sys/kernel/domain/domains)"
check unload wait_for 10 rmmod cnull
finish
