# SPDX-License-Identifier: GPL-2.0
# The guest's part of tools/bench crash. From the kernel's command line: RW, METHODS (of the
# interface block) and SECONDS of each run.
. /run/lib-disks.sh
. /run/lib.sh
. /run/lib-cnull.sh
. /run/lib-domain.sh
. /run/lib-cnull-domain.sh
modprobe cnull nr_devices=0 && with_domain d block_v2 irqmode=0 no_sched=1 poll_queues=0 && domainctl policy d restart || exit
fio_on d --rw=write --bs=1m --size=32m >/dev/null || exit

# iops RW FIELD: of fio's terse line
iops() {
	fio_on d --ioengine=psync --bs=4k --size=32m --time_based --runtime="$SECONDS_PER_RUN" --rw="$1" | cut -d ';' -f "$2"
}
for rw in $(echo "$RW" | tr , ' '); do
	field=8
	[ "$rw" = randread ] || field=49
	update d block_v2 >/dev/null || exit
	echo "iops $rw none 0 $(iops "$rw" $field)"
	for method in $(echo "$METHODS" | tr , ' '); do
		update d "block_crash_$method" >/dev/null || exit
		before=$(slot d faults)
		n=$(iops "$rw" $field)
		echo "iops $rw $method $(($(slot d faults) - before)) $n"
	done
done
without_domain d
