#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
# seconds: 1800
# When memory runs out: writes fail with ENOSPC, the machine goes on, everything comes
# back. And how much more memory than data a disk takes.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_memory

# A disk takes all that the kernel gives to such a request; whoever needs memory next
# makes it kill somebody: the ballast, which nobody misses. What it says then is not shown.
echo -1000 >/proc/self/oom_score_adj
ballast() {
	# shellcheck disable=SC2216 # to a reader that does not read: dd keeps its buffer
	sh -c 'echo 1000 >/proc/self/oom_score_adj; exec dd if=/dev/zero bs=64M count=1' 2>/dev/null | sleep 1000 &
	sleep 1
}
# Pages on the lists of the CPUs are free, too, but no part of MemFree: several MiB for each
# CPU after a large disk, given back seconds later
free_kb() {
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/stat_refresh
	awk '$1 == "MemFree:" {kb += $2} $1 == "count:" {kb += 4 * $2} END {print kb}' /proc/meminfo /proc/zoneinfo
}
fill() { dd if=/dev/zero of=/dev/m bs=1M oflag=direct count=2048; }

check load modprobe "$DRIVER" nr_devices=0
before=$(free_kb)
hush 1
is_cnull && modes="queue_mode=2 queue_mode=0 blocking=1 cache_size=2048 irqmode=0,submit_queues=2"
for mode in ${modes:-queue_mode=2}; do
	ballast
	# shellcheck disable=SC2046
	check "disk-$mode" disk m size=4096 memory_backed=1 discard=1 $(echo "$mode" | tr ',' ' ')
	# a discard of all may take long where memory is short and watched
	[ ! -e /sys/block/m/queue/io_timeout ] || echo 60000 >/sys/block/m/queue/io_timeout
	fill >/tmp/fill 2>&1
	# room for what follows
	killall sleep 2>/dev/null
	check "no-space-$mode" grep -q 'No space left' /tmp/fill
	check "discard-$mode" blkdiscard -o 0 -l 67108864 /dev/m
	check "write-again-$mode" put m a 0 1048576
	expect_output a "read-again-$mode" get m 0 1048576
	expect_output 0 "read-$mode" get m 67108864 1048576
	drop m
	listen
done
unhush
back() { [ "$(free_kb)" -gt $((before - 24576)) ]; }
check memory-is-back wait_for 10 back

# 64 MiB in runs: at most 4 percent for tables
if [ -d /sys/kernel/debug/cnull ]; then
	check disk-stats disk m size=1024 memory_backed=1 stats=1
	dd if=/dev/zero of=/dev/m bs=1M count=64 oflag=direct 2>/dev/null
	memory() { awk -v "what=$1" '$1 == what {print $2}' /sys/kernel/debug/cnull/m/memory; }
	expect_output 67108864 data-bytes memory data_bytes
	check table-bytes test $(($(memory table_bytes) * 25)) -le 67108864
	drop m
else
	skip table-bytes "no debugfs in this kernel"
fi

# settled_kb: what is free when it stays so: pages of the last disk come back late
settled_kb() {
	local last=0 now n=0
	now=$(free_kb)
	while [ $n -lt 20 ] && [ $(((now - last) * (now - last))) -gt 4096 ]; do
		sleep 1
		n=$((n + 1)) last=$now
		now=$(free_kb)
	done
	echo "$now"
}
# all that the machine has less, in per mille over the data
overhead() {
	local from to
	put m a 0 65536
	from=$(settled_kb)
	dd if=/dev/zero of=/dev/m bs=1M count=160 seek=1 oflag=direct 2>/dev/null || return
	to=$(settled_kb)
	echo $(((from - to - 160 * 1024) * 1000 / (160 * 1024)))
}
modes="blocksize=4096 blocksize=512 cache_size=256"
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip overhead-cache "kmemleak keeps a record of each page's descriptor"
	modes="blocksize=4096 blocksize=512"
fi
for mode in $modes; do
	check "disk-overhead-$mode" disk m size=1024 memory_backed=1 "$mode"
	permille=$(overhead)
	# below: what others gave back meanwhile, so that a figure far off does not pass
	check "overhead-$mode" test "$permille" -ge -30 -a "$permille" -le 40
	echo "# $DRIVER, $mode: $permille per mille over the data"
	drop m
done
check unload rmmod "$DRIVER"
finish
