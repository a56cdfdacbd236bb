# SPDX-License-Identifier: GPL-2.0
# The guest's part of tools/bench crash. From the kernel's command line: RW, RUNS of each, as
# DISK:POLICY:METHOD, and SECONDS_PER_RUN.
. /run/lib-disks.sh
. /run/lib.sh
. /run/lib-cnull.sh
. /run/lib-domain.sh
. /run/lib-cnull-domain.sh

# prepared DISK POLL_QUEUES: it has been written
prepared() {
	with_domain "$1" block_v2 irqmode=0 no_sched=1 poll_queues="$2" && fio_on "$1" --rw=write --bs=1m --size=32m >/dev/null
}
modprobe cnull nr_devices=0 && prepared plain 0 && prepared polled 1 && mkfifo /tmp/changes || exit

# iops DISK RW: from fio's terse line; fails if I/O failed
iops() {
	local disk=$1 rw=$2 field=8 engine=psync
	[ "$rw" = randread ] || field=49
	# what is read or written by a system call of its own is not polled
	[ "$disk" = plain ] || engine="io_uring --hipri"
	fio_on "$disk" --ioengine=$engine --bs=4k --size=32m --time_based --runtime="$SECONDS_PER_RUN" --rw="$rw" >/tmp/iops &&
		cut -d ';' -f $field /tmp/iops
}

# update_again DISK IMAGE: whenever the slot has fallen back, until $watch is killed
update_again() {
	local disk=$1 image=$2 id
	domainctl watch "$disk" >/tmp/changes & watch=$!
	while read -r id; do
		# 0 is none
		[ "$id" = 0 ] || [ "$(domain "$id" image)" != block_v2 ] || update "$disk" "$image"
	done </tmp/changes >/dev/null & updates=$!
}

filled() { [ "$(bound "$1")" != 0 ]; }

# run RW DISK POLICY METHOD: none and none is without crashes
run() {
	local rw=$1 disk=$2 policy=$3 method=$4 image=block_crash_$4 before crashes n
	[ "$method" != none ] || image=block_v2
	# the image that the slot falls back to
	update "$disk" block_v2 >/dev/null && update "$disk" "$image" >/dev/null || return
	[ "$policy" = none ] || domainctl policy "$disk" "$policy" || return
	before=$(slot "$disk" faults)
	[ "$policy" != fallback ] || update_again "$disk" "$image"
	n=$(iops "$disk" "$rw") || return
	crashes=$(($(slot "$disk" faults) - before))
	if [ "$policy" = fallback ]; then
		kill $watch
		wait $updates
	fi
	# without a domain it would be fast, too
	wait_for 5 filled "$disk" || return
	echo "iops $rw $disk $policy $method $crashes $n"
}
for rw in $(echo "$RW" | tr , ' '); do
	for what in $(echo "$RUNS" | tr , ' '); do
		# shellcheck disable=SC2046
		run "$rw" $(echo "$what" | tr : ' ') || exit
	done
done
without_domain polled && without_domain plain
