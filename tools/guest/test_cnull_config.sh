#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# cnull's module parameters and configfs attributes: good values, bad values, bad order.
. /run/lib.sh
suite cnull_config
root=/sys/kernel/config/cnull
params=/sys/module/cnull/parameters

# refused TEXT PARAMETER=VALUE...: the module does not load and the log says TEXT
refused() {
	local text=$1; shift
	dmesg -c >/dev/null
	! modprobe cnull "$@" 2>/dev/null && [ ! -d $root ] && dmesg | grep -qF -- "$text"
}

check bad-irqmode refused "irqmode: not a valid number, valid are 0 to 2" irqmode=3
check bad-bs refused "blocksize: not a valid number, valid are 512 to" bs=1000
check bad-gb refused "size: not a valid number, valid are 1 to" gb=0
check bad-bool refused "memory_backed: not a boolean" memory_backed=maybe
check bad-queue_mode refused "queue_mode: 1 is not supported any more, valid are 0 and 2" queue_mode=1
check bad-nr_devices refused "nr_devices: 4000000 is too many" nr_devices=4000000
check bad-max_sectors refused "max_sectors: 1 is less than a block or a page" max_sectors=1
check bad-home_node refused "home_node" home_node=77

check load-with-parameters modprobe cnull nr_devices=3 gb=2 bs=4096 irqmode=0 no_sched memory_backed=y submit_queues=99
expect_output 3 three-disks sh -c 'ls -d /sys/block/cnull[0-9] | wc -l'
expect_output $((2 * 1024 * 2048)) size-of-gb sectors cnull0
expect_output 4096 block-size queue cnull2 logical_block_size
check no-scheduler grep -qF '[none]' /sys/block/cnull1/queue/scheduler
expect_output 2 parameter-gb load $params/gb
expect_output Y parameter-bool load $params/memory_backed
expect_output 3 queues-reduced-to-cpus-and-a-polled-one sh -c 'ls -d /sys/block/cnull0/mq/* | wc -l'
check queues-reduced-said sh -c 'dmesg | grep -q "cnull0: submit_queues reduced from 99 to 2"'
check parameters-are-defaults-in-configfs mkdir $root/p
expect_output 2048 default-size load $root/p/size
expect_output 4096 default-blocksize load $root/p/blocksize
check rmdir-unpowered rmdir $root/p
expect_error "File exists" name-of-a-disk-from-load-time mkdir $root/cnull0
check unload rmmod cnull
expect_output 0 disks-are-gone sh -c 'ls -d /sys/block/cnull[0-9] 2>/dev/null | wc -l'

check load modprobe cnull nr_devices=0
check features sh -c "tr ',' '\n' <$root/features | sort >/tmp/f; mkdir $root/f; find $root/f -maxdepth 1 -type f | sed 's/.*\///' | sort | cmp - /tmp/f; r=\$?; rmdir $root/f; exit \$r"
check mkdir mkdir $root/d
d=$root/d
for a in blocksize:4096 completion_nsec:5000 discard:1 home_node:-1 hw_queue_depth:10240 irqmode:2 max_sectors:65536 \
	memory_backed:1 no_sched:1 poll_queues:0 queue_mode:2 rotational:1 size:1024 submit_queues:2 use_per_node_hctx:0 \
	virt_boundary:1 blocking:1; do
	store $d/${a%:*} ${a#*:}
	expect_output ${a#*:} value-${a%:*} load $d/${a%:*}
done
for a in blocksize:511 blocksize:0 blocksize:1000 blocksize:131072 irqmode:3 irqmode:-1 hw_queue_depth:0 \
	hw_queue_depth:10241 size:0 size:99999999999999999999 submit_queues:0 queue_mode:3 home_node:-2 \
	discard:2 memory_backed: power:x max_sectors:4294967296 completion_nsec:junk; do
	before=$(load $d/${a%:*})
	expect_error "Invalid argument" "refused-$a" store $d/${a%:*} "${a#*:}"
	expect_output "$before" "kept-$a" load $d/${a%:*}
done
expect_error "Permission denied" index-is-read-only sh -c "echo 1 >$d/index"

check power-on store $d/power 1
check power-on-twice store $d/power 1
expect_output 1 power load $d/power
wait_block d
expect_output $((1024 * 2048)) sectors sectors d
expect_output 4096 logical queue d logical_block_size
expect_output 4096 physical queue d physical_block_size
expect_output 1 rotational queue d rotational
expect_output 32768 max_hw_sectors_kb queue d max_hw_sectors_kb
expect_output 4095 virt_boundary queue d virt_boundary_mask
expect_output 2 hardware-queues sh -c 'ls -d /sys/block/d/mq/* | wc -l'
check discard-limit sh -c 'test $(cat /sys/block/d/queue/discard_max_bytes) -gt 0'
for a in blocksize irqmode size memory_backed discard hw_queue_depth; do
	expect_error "resource busy" "busy-$a" store $d/$a "$(load $d/$a)"
done
check power-off store $d/power 0
check power-off-twice store $d/power 0
wait_gone /dev/d
check changed-after-power-off store $d/size 512
check power-on-again store $d/power 1
expect_output $((512 * 2048)) new-size sectors d
check rmdir-while-powered rmdir $d
check disk-went-with-the-directory test ! -e /sys/block/d

mkdir $d
store $d/max_sectors 7
expect_error "Invalid argument" max_sectors-below-a-page store $d/power 1
expect_output 0 still-off load $d/power
store $d/max_sectors 0
store $d/discard 1
check discard-without-memory store $d/power 1
expect_output 0 discard-is-ignored load $d/discard
rmdir $d

expect_error "File name too long" name-too-long mkdir $root/a_name_of_thirty_two_characters_
check longest-name mkdir $root/a_name_of_thirty_one_characters
store $root/a_name_of_thirty_one_characters/size 1
check longest-name-power-on store $root/a_name_of_thirty_one_characters/power 1
check longest-name-disk test -d /sys/block/a_name_of_thirty_one_characters
rmdir $root/a_name_of_thirty_one_characters

for i in $(seq 32); do
	mkdir $root/m$i && store $root/m$i/size 16 && store $root/m$i/power 1 || break
done
expect_output 32 thirty-two-devices sh -c 'ls -d /sys/block/m* | wc -l'
for i in $(seq 32); do rmdir $root/m$i; done
check unload-at-the-end rmmod cnull
finish
