#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What null_blk of 7.3 gets wrong, one function each that fails when it is wrong. It
# runs on null_blk first, where it has to fail, or it shows nothing, and then on cnull.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_defects

# same WANTED GOT: says what differs
same() { [ "$1" = "$2" ] || { echo "expected $1, got $2"; return 1; }; }

# both NAME COMMAND ...
both() {
	if is_cnull && [ -d /sys/kernel/config/nullb ]; then
		if on null_blk "$@" >/tmp/peer 2>&1; then
			fail "$1-in-null_blk" "null_blk does it right, or this does not see what is wrong"
		else
			ok "$1-in-null_blk"
			echo "# null_blk: $(tail -n 1 /tmp/peer)"
		fi
	fi
	check "$1" "$@"
}

check load modprobe cnull nr_devices=0
modprobe null_blk nr_devices=0 || echo "# no null_blk in this kernel to compare with"

# 1. blocks of 4096 bytes: a legal direct read into a buffer off the page
unaligned_read() {
	disk d1 memory_backed=1 blocksize=4096 || return
	fio_on d1 --rw=write --bs=64k --size=8m --verify=crc32c --do_verify=0 &&
		fio_on d1 --rw=randread --bs=64k --size=8m --iomem_align=512 --verify=crc32c --verify_fatal=1 >/tmp/fio 2>&1
	set -- $?
	drop d1
	[ "$1" -eq 0 ] || grep -m 1 'verify failed' /tmp/fio
	return "$1"
}
both unaligned_read

# 2. what the cache has not flushed is lost with the power, also where it
# overwrites what is in storage; what was flushed or written with FUA is not
unflushed_overwrite() {
	local got=
	disk d2 memory_backed=1 cache_size=8 || return
	# O_DSYNC is a FUA write and a flush, so the unflushed ones come last
	put d2 a 0 65536 && put d2 a 65536 65536 && put d2 a 131072 65536 && put_fua d2 c 65536 65536 &&
		put d2 b 0 65536 && put d2 d 262144 65536 &&
		got="$(get d2 0 65536),$(get d2 65536 65536),$(get d2 131072 65536),$(get d2 262144 65536)"
	power d2 0
	power d2 1
	wait_block d2
	got="$got then $(get d2 0 65536),$(get d2 65536 65536),$(get d2 131072 65536),$(get d2 262144 65536)"
	drop d2
	same "b,c,a,d then a,c,a,0" "$got"
}
both unflushed_overwrite

# 3. an offline zone cannot be read, nor a zone be written off its write pointer,
# through a polled queue either
polled_zone_rules() {
	local bad=0
	disk d3 zoned=1 zone_size=4 memory_backed=1 poll_queues=1 || return
	store "$root/d3/zone_offline" 8192
	fio_on d3 --rw=write --bs=4k --size=4k --offset=8m --ioengine=io_uring --hipri --zonemode=none >/dev/null 2>&1 ||
		{ echo "a polled write at the write pointer failed"; bad=1; }
	fio_on d3 --rw=read --bs=4k --size=4k --offset=8m --ioengine=io_uring --hipri >/dev/null 2>&1 ||
		{ echo "a polled read failed"; bad=1; }
	fio_on d3 --rw=read --bs=4k --size=4k --offset=4m --ioengine=pvsync2 >/dev/null 2>&1 &&
		{ echo "an offline zone was read"; bad=1; }
	fio_on d3 --rw=read --bs=4k --size=4k --offset=4m --ioengine=io_uring --hipri >/dev/null 2>&1 &&
		{ echo "an offline zone was read by polling"; bad=1; }
	fio_on d3 --rw=write --bs=4k --size=4k --offset=$((8 * 1048576 + 65536)) --ioengine=io_uring --hipri --zonemode=none \
		>/dev/null 2>&1 && { echo "a polled write off the write pointer succeeded"; bad=1; }
	drop d3
	return $bad
}
both polled_zone_rules

# 4. blocks larger than a page; with a cache null_blk copies past the page, into
# whatever is there, so only cnull is asked
large_blocks() {
	local got
	disk d4 memory_backed=1 blocksize=16384 discard=1 "$@" || return
	put d4 a 0 1048576 && flush d4 && put d4 b 1048576 1048576 && flush d4
	got="$(get d4 0 1048576),$(get d4 1048576 1048576)"
	/bin/blkdiscard -o 0 -l 1048576 /dev/d4
	got="$got then $(get d4 0 1048576),$(get d4 1048576 1048576)"
	drop d4
	same "a,b then 0,b" "$got"
}
if [ -d /sys/kernel/mm/transparent_hugepage ]; then
	both large_blocks
	check large_blocks_cached large_blocks cache_size=2
else
	skip large_blocks "blocks larger than a page need CONFIG_TRANSPARENT_HUGEPAGE"
	skip large_blocks_cached "blocks larger than a page need CONFIG_TRANSPARENT_HUGEPAGE"
fi

# 5. out of memory in a cache flush: a guest cannot make exactly that allocation
# fail; the KUnit suite cnull_cache does

# 6. a large discard takes time in proportion to the data, not to the range
large_discard() {
	local ms base
	disk d6 size=65536 memory_backed=1 discard=1 || return
	put d6 a 0 1048576
	base=$(milliseconds /bin/blkdiscard -o 8388608 -l 4096 /dev/d6)
	ms=$(milliseconds /bin/blkdiscard -o 0 -l 4294967296 /dev/d6)
	set -- "$(get d6 0 1048576)"
	drop d6
	same 0 "$1" && [ "$ms" -lt $((base * 3 + 100)) ] || { echo "4 GiB took $ms ms, 4 KiB $base"; return 1; }
}
# how long null_blk takes is up to the machine
peer large_discard
check large_discard large_discard

# 7. what the documentation has and the driver has not
bio_mode() {
	disk d7 queue_mode=0 || return
	set -- "$(ls /sys/block/d7/mq 2>/dev/null | wc -l)"
	drop d7
	same 0 "$1"
}
both bio_mode
for d in null_blk cnull; do
	rmmod $d
done
expect_status 1 null_blk-is-gone test -d /sys/module/null_blk

modprobe null_blk nr_devices=1 && { [ -d /sys/kernel/config/nullb/nullb0 ] ||
	echo "# null_blk: wrong, as known: /dev/nullb0 is not in configfs"; rmmod null_blk; }
check bad-blocks-by-parameter modprobe cnull nr_devices=1 badblocks=+8-15
expect_status 1 bad-block-of-the-parameter dd if=/dev/cnull0 of=/dev/null bs=4096 skip=1 count=1 iflag=direct
check good-block-of-the-parameter dd if=/dev/cnull0 of=/dev/null bs=4096 skip=2 count=1 iflag=direct
expect_output 1 disk-of-load-time-in-configfs cat /sys/kernel/config/cnull/cnull0/power
check unload rmmod cnull
finish
