#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 1200
# memory: 512M
#
# Each allocation of the kernel's fails once while a disk is powered, changed and written: an error
# or none, nothing half done, nothing lost. In User-Mode Linux each third does, in a kernel with
# KASAN each ninth; STEP=N on the command line of the kernel makes it each Nth, in others as well.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_nomem

if ! can_fail; then
	skip everything "no fault injection in this kernel"
	finish
fi
if grep -q "User Mode Linux" /proc/cpuinfo; then
	step=${STEP:-3}
elif [ "$STEP" ] || grep -q " kasan_report$" /proc/kallsyms; then
	step=${STEP:-9}
else
	skip everything "takes minutes: User-Mode Linux and the kernel with KASAN do it"
	finish
fi
check load modprobe "$DRIVER" nr_devices=0
# who asks for memory may warn that there is none
hush 3

# failing N COMMAND: in a shell that runs it by itself, whose Nth allocation from then on fails.
# Status 77 if it made fewer.
failing() {
	sh -c "exec 9<>/proc/self/fail-nth && echo $1 >&9 || exit 78
	$2
	status=\$?
	read -r left <&9
	echo 0 >&9
	[ \$left = 0 ] || exit 77
	exit \$status" 2>/tmp/failed
}

# each COMMAND OK BAD: the command with each of its allocations failing, then OK or BAD as it
# ended, which must succeed, and OK again when none has failed. Prints how often that was.
each() {
	local n=1 bad=0 status
	while [ $n -lt 5000 ]; do
		failing $n "$1"
		status=$?
		case $status in
		0 | 77) $2 ;;
		78) false ;;
		*) bad=$((bad + 1)); $3 ;;
		esac || { echo "allocation $n: status $status, $(cat /tmp/failed)"; return 1; }
		listen
		if [ $status = 77 ]; then
			echo "fewer than $n allocations, each ${step}th failed, $bad errors"
			# or the failures have not arrived
			[ $bad -gt 0 ]
			return
		fi
		n=$((n + step))
	done
	echo "no end after $n allocations, $bad errors"
	return 1
}

# all NAME COMMAND OK BAD: each as a case; tells what that counted
all() { local name=$1; shift; check "$name" each "$@"; echo "# $name: $(tail -n 1 /tmp/.check.out)"; }

# power-on; a disk that is not there has taken nothing, and can be had
was_on() { [ "$(load "$root/p/power")" = 1 ] && wait_block p && power p 0; }
was_off() { [ "$(load "$root/p/power")" = 0 ] && ! [ -e /sys/block/p ] && [ "$(load "$root/p/submit_queues")" = 2 ]; }
settings="submit_queues=2 poll_queues=1 memory_backed=1"
# shellcheck disable=SC2086
for kind in zoned,zoned=1,zone_size=4,mbps=100,stats=1 cache,cache_size=4; do
	more=$(echo "$kind," | cut -d , -f 2- | tr , ' ')
	check "${kind%%,*}-disk" fresh p $settings $more
	all "${kind%%,*}-power" "echo 1 >$root/p/power" was_on was_off
	check "${kind%%,*}-remove" rmdir "$root/p"
done

# what can be changed while it is in use, with data that has to stay
check disk disk d memory_backed=1 submit_queues=1 poll_queues=0 discard=1
check write put d a 0 1048576
same_data() { [ "$(get d 0 1048576)" = a ]; }
# from each CPU; the block layer is not sorry if sysfs does not show a queue
queues() { [ "$(load "$root/d/submit_queues")" = "$1" ] && taskset 1 cat /dev/d >/dev/null && taskset 2 head -c 1 /dev/d >/dev/null && same_data; }
resized() { queues 2 && store "$root/d/submit_queues" 1 && queues 1; }
as_before() { queues 1; }
if [ "$(nproc)" -gt 1 ]; then
	all resize "echo 2 >$root/d/submit_queues" resized as_before
else
	skip resize "one CPU has one queue"
fi
has_bad() { [ "$(load "$root/d/badblocks")" = "100 8" ] && store "$root/d/badblocks" -100-107; }
has_none() { [ -z "$(load "$root/d/badblocks")" ]; }
all badblocks "echo +100-107 >$root/d/badblocks" has_bad has_none

# data: a write that succeeded can be read, whatever failed; another disturbs nothing. It is made by
# a program that runs already: the first block that it is given has it touch what it needs.
at=$((8 * 1048576))
mkfifo /tmp/fifo
tr '\0' b </dev/zero | head -c 131072 >/tmp/b
writer() { exec dd of=/dev/d bs=131072 count=2 seek=$at iflag=fullblock oflag=direct,seek_bytes conv=notrunc </tmp/fifo 2>/tmp/dd; }
has() { [ "$(get d "$2" 131072)" = "$1" ]; }
# written N: as failing, of one write of 128 KiB; status 78 if nothing could be made to fail
written() {
	local pid status
	writer &
	pid=$!
	exec 8>/tmp/fifo
	cat /tmp/b >&8
	wait_for 10 has b $at || return 78
	echo "$1" >/proc/$pid/fail-nth || return 78
	cat /tmp/b >&8
	exec 8>&-
	wait $pid
	status=$?
	cat /tmp/dd
	[ $status = 0 ] || return 1
}
# writes: with each of so many allocations failing, most of them of pages to keep the data in. The
# writer cannot tell whether it made as many.
writes() {
	local n=1 bad=0
	while [ $n -le 45 ]; do
		written $n >/tmp/failed
		case $? in
		0) has b $((at + 131072)) ;;
		78) false ;;
		*) bad=$((bad + 1)) ;;
		esac && has b $at && same_data && blkdiscard -o $at -l 262144 /dev/d && has 0 $at && has 0 $((at + 131072)) ||
			{ echo "allocation $n: $(cat /tmp/failed)"; return 1; }
		listen
		n=$((n + step))
	done
	echo "45 allocations, each ${step}th failed, $bad errors"
	# or the failures have not arrived
	[ $bad -gt 0 ]
}
check writes writes
echo "# writes: $(tail -n 1 /tmp/.check.out)"
check data-stayed same_data
drop d
unhush
check unload rmmod "$DRIVER"
check load-again modprobe "$DRIVER" nr_devices=0
check disk-again disk z memory_backed=1
check verify verify z --size=8m
drop z
check unload-again rmmod "$DRIVER"
finish
