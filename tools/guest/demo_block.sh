#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tools/demo: a domain decides about the requests of a cnull disk, and is replaced by its
# other version as fast as the kernel allows while fio writes and checks. No I/O may fail.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-domain.sh
. /run/lib-demo.sh
suite demo-block
seconds=8

step "make a cnull disk whose requests a domain decides about"
check load modprobe cnull nr_devices=0
if why=$(disk_new cnull-domain live size=64 blocksize=4096 memory_backed=1 irqmode=0 stats=1 domain=live:block_v1); then
	ok create
else
	fail create "$why"
	finish
fi

# counted WHAT: by the domain, over all its versions
counted() { sed -n "s/^$1  *//p" /sys/kernel/debug/cnull/live/domain; }
# replace: until fio ends; one line per update
replace() {
	while kill -0 $fio 2>/dev/null; do
		for version in v2 v1; do
			domainctl update live $images/block_$version.domain || { echo refused; return 1; }
		done
	done
}
# done_ios: reads and writes that the block layer has counted
done_ios() { awk '{print $1 + $5}' /sys/block/live/stat; }
# failed_ios: as the driver has counted them
failed_ios() { awk '!/^#/ {n += $2} END {print n + 0}' /sys/kernel/debug/cnull/live/errors; }
replaced() { grep -c pause /tmp/updates; }

fio --name=live --filename=/dev/live --direct=1 --eta=never --output-format=json --ioengine=io_uring --iodepth=32 \
	--rw=randrw --bs=4k --numjobs=2 --size=32m --offset_increment=32m --verify=crc32c --verify_fatal=1 \
	--verify_state_save=0 --time_based --runtime=$seconds --group_reporting >/tmp/fio 2>/tmp/fio.err &
fio=$!
replace >/tmp/updates 2>&1 &
before=$(done_ios)
while kill -0 $fio 2>/dev/null; do
	sleep 1
	now=$(done_ios)
	step "$((now - before)) IOPS while the driver's code is replaced: $(replaced) times, $(failed_ios) I/Os failed"
	before=$now
done
wait $fio
expect_output 0 fio echo $?
wait
expect_status 1 no-update-refused grep refused /tmp/updates
updates=$(replaced) ios=$(done_ios) failed=$(failed_ios)
check replaced-often test "$updates" -ge $seconds
expect_output "" fio-saw-no-error sed -n 's/^.*"\(error\|total_err\)" : \([1-9][0-9]*\),*$/\1 \2/p' /tmp/fio
expect_output 0 no-io-failed echo "$failed"
expect_output "$(counted notify)" issued-is-completed counted completed &&
	summary "live code" "replaced $updates times under fio: $ios I/Os, $failed of them failed"
check remove disk_remove cnull-domain live
expect_output "0 domains, 0 bound" all-unloaded left
check unload rmmod cnull
finish
