#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Bad blocks: the attribute's syntax, what fails and what does not, once and
# partial I/O. DRIVER=null_blk passes as well, but for what is_cnull guards.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_badblocks

# outcome COMMAND ...: "ok" or what dd says
outcome() {
	"$@" >/tmp/outcome 2>&1 && { echo ok; return; }
	sed -n 's/.*: \(Input\/output error\|I\/O error\)$/EIO/p; s/.*: Invalid argument$/EINVAL/p' /tmp/outcome | head -n 1
}
rd() { outcome dd if="/dev/$1" of=/dev/null bs="$3" skip="$2" count=1 iflag=direct,skip_bytes; }
wr() { outcome put "$1" "$4" "$2" "$3"; }
bad() { store "$root/$1/badblocks" "$2"; }

check load modprobe "$DRIVER" nr_devices=0
check disk disk b memory_backed=1 discard=1

# the attribute, live
expect_output "" none-at-first load "$root/b/badblocks"
check add bad b +8-15
expect_output "8 8" listed load "$root/b/badblocks"
check add-hex bad b +0x20-0x27
expect_output "8 8,32 8" listed-both sh -c "tr '\n' ',' <$root/b/badblocks | sed 's/,$//'"
check remove-middle bad b -10-11
expect_output "8 2,12 4,32 8" split sh -c "tr '\n' ',' <$root/b/badblocks | sed 's/,$//'"
check remove bad b -0-100
expect_output "" none-left load "$root/b/badblocks"
for text in 8-15 +8 +15-8 +a-15 +8-b + - "" +8- +-15 +8-15-16 +99999999999999999999-99999999999999999999; do
	expect_error "" "refused-\"$text\"" bad b "$text"
done
expect_output "" still-none load "$root/b/badblocks"
check single-sector bad b +7-7
expect_output "7 1" single-sector-listed load "$root/b/badblocks"
bad b -7-7

# reads, writes and discards fail if they touch one; neighbours do not
bad b +16-17
for op in rd wr; do
	expect_output ok $op-before $op b 0 8192 x
	expect_output EIO $op-first $op b 8192 512 x
	expect_output EIO $op-last $op b 8704 512 x
	expect_output ok $op-after $op b 9216 512 x
	expect_output EIO $op-around $op b 4096 16384 x
done
expect_status 1 discard-around blkdiscard -o 0 -l 65536 /dev/b
check discard-after blkdiscard -o 65536 -l 65536 /dev/b
bad b -16-17
expect_output ok read-after-removal rd b 4096 16384
expect_output ok write-after-removal wr b 4096 16384 x

# without partial I/O nothing of a failed write is stored, with it what is before the bad block is
put b a 0 65536
bad b +64-64
expect_output EIO write-whole wr b 0 65536 n
expect_output a nothing-stored get b 0 32768
expect_error "resource busy" partial-while-powered store "$root/b/badblocks_partial_io" 1
power b 0
check partial store "$root/b/badblocks_partial_io" 1
power b 1
wait_block b
expect_output EIO write-partial wr b 0 65536 p
bad b -64-64
expect_output p stored-before get b 0 32768
expect_output a not-stored-after get b 32768 32768
drop b

# once: the failure repairs
check disk-once disk b memory_backed=1 badblocks_once=1
bad b +16-31
expect_output EIO once-first rd b 8192 4096
expect_output ok once-second rd b 8192 4096
expect_output "" once-gone load "$root/b/badblocks"
bad b +16-16
expect_output EIO once-write wr b 8192 4096 x
expect_output ok once-write-second wr b 8192 4096 x
drop b

# blocks larger than the bad sector: what is stored ends at a block
check disk-blocks disk b memory_backed=1 blocksize=4096 badblocks_partial_io=1
put b a 0 65536
bad b +44-44
expect_output EIO blocks-partial wr b 0 65536 p
bad b -44-44
expect_output p blocks-before get b 0 20480
expect_output a blocks-after get b 20480 4096
drop b

# devices without memory have bad blocks too, and a power cycle keeps them
check disk-null disk b
bad b +16-17
expect_output EIO null-read rd b 8192 512
expect_output EIO null-write wr b 8192 512 x
expect_output ok null-other rd b 0 8192
power b 0
expect_output "16 2" kept-while-off load "$root/b/badblocks"
check set-while-off bad b +0-0
power b 1
wait_block b
expect_output EIO null-after-power-cycle rd b 8192 512
expect_output EIO null-set-while-off rd b 0 512
drop b

# every way to submit and complete
is_cnull && bio=queue_mode=0
for mode in irqmode=0 irqmode=2 blocking=1 submit_queues=2 $bio; do
	check "disk-$mode" disk b memory_backed=1 "$mode"
	bad b +16-17
	expect_output EIO "read-$mode" rd b 0 65536
	expect_output EIO "write-$mode" wr b 0 65536 x
	expect_output ok "other-$mode" rd b 65536 65536
	drop b
done
check disk-poll disk b memory_backed=1 poll_queues=1
bad b +16-17
expect_status 1 polled-read fio_on b --ioengine=io_uring --hipri --rw=read --bs=64k --size=64k
check polled-read-other fio_on b --ioengine=io_uring --hipri --rw=read --bs=64k --size=64k --offset=64k
drop b

# zones: the write pointer stops before the bad block
check disk-zoned disk b memory_backed=1 zoned=1 zone_size=4 badblocks_partial_io=1
bad b +64-64
expect_output EIO zoned-write wr b 0 65536 p
wp() { blkzone report -o 0 -c 1 "/dev/$1" | sed -n 's/.*wptr 0x\([0-9a-f]*\).*/\1/p'; }
expect_output 000040 zoned-write-pointer wp b
bad b -64-64
expect_output ok zoned-write-goes-on wr b 32768 4096 q
expect_output p zoned-data get b 0 32768
drop b

# under load: blocks go bad and good again, and only errors of that kind happen
check disk-load disk b memory_backed=1 submit_queues=2 badblocks_partial_io=1
fio_on b --ioengine=io_uring --iodepth=16 --rw=randrw --bsrange=4k-64k --time_based --runtime=4 --size=64m \
	--continue_on_error=io --output=/tmp/load & fio=$!
for i in $(seq 40); do
	bad b +$((i * 1000))-$((i * 1000 + 99)) && bad b -$((i * 1000 + 20))-$((i * 1000 + 29)) || break
	usleep 50000
	bad b -0-131071 || break
done
wait $fio
expect_output "40 0" while-loaded echo "$i $?"
check verify-afterwards verify b --size=16m
drop b

if is_cnull; then
	check unload rmmod cnull
	check load-with-parameter modprobe cnull nr_devices=2 gb=1 badblocks=+16-17
	expect_output EIO parameter rd cnull1 8192 512
	expect_output ok parameter-other rd cnull1 0 8192
	expect_output "16 2" parameter-listed load "$root/cnull1/badblocks"
	check parameter-removed bad cnull1 -16-17
	expect_output ok parameter-removed-read rd cnull1 8192 512
	expect_output EIO parameter-other-disk rd cnull0 8192 512
	rmmod cnull
	expect_status 1 parameter-bad modprobe cnull badblocks=17-16
else
	rmmod "$DRIVER"
fi
finish
