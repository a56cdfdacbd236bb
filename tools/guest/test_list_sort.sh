#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# config: listsort
# programs: fio mkfs.xfs mkfs.btrfs
# seconds: 2400
#
# The whole kernel runs on list_sort_adaptive(): filesystems that sort lists do
# real work, and their calls are counted, with the comparisons that mainline's
# algorithm makes for the same lists beside them.
. /run/lib.sh
suite list_sort

run_fio() { fio --name=t --output-format=terse --verify=crc32c --verify_fatal=1 --verify_state_save=0 "$@"; }
checksum() { (cd "$1" && find . -type f ! -name 'fio*' | sort | xargs md5sum | md5sum); }

# files DIR: many small ones in scattered order, some renamed, some removed
files() {
	local i
	mkdir "$1" || return
	for i in $(seq 1 400); do
		echo "$i" >"$1/$((i * 7919 % 1000))" || return
	done
	for i in $(seq 0 3 999); do
		[ ! -e "$1/$i" ] || mv "$1/$i" "$1/renamed-$i" || return
	done
	for i in $(seq 1 3 999); do
		rm -f "$1/$i" || return
	done
	sync
}

# backwards FILE: every other block, the last ones first, each an extent at once
backwards() {
	local i
	for i in $(seq 400 -2 0); do
		dd if=/dev/zero of="$1" bs=4k count=1 seek="$i" conv=notrunc oflag=direct 2>/dev/null || return
	done
	dd if=/dev/zero of="$1" bs=4k count=1 seek=402 conv=notrunc,fsync 2>/dev/null
}

# work NAME DIR MOUNT-ARGUMENTS...: what a filesystem is put through
work() {
	local name=$1 dir=$2 before; shift 2
	mkdir -p "$dir"
	check "$name-mount" mount -t "$name" "$@" "$dir" || return
	check "$name-copy" cp -r /bin /lib "$dir"
	check "$name-files" files "$dir/small"
	# fsync of a file with many small extents
	check "$name-random-fsync" run_fio --filename="$dir/fio.random" --rw=randwrite --bs=4k --size=16m --fsync=128
	check "$name-direct-fsync" run_fio --filename="$dir/fio.direct" --rw=randwrite --bs=4k --size=8m --direct=1 --fsync=128
	check "$name-backwards" backwards "$dir/fio.backwards"
	check "$name-two-writers" run_fio --directory="$dir" --filename_format="fio.\$jobnum" --numjobs=2 --rw=randrw \
		--bsrange=4k-64k --size=16m --direct=1 --ioengine=io_uring --iodepth=16
	before=$(checksum "$dir")
	check "$name-unmount" umount "$dir"
	check "$name-mount-again" mount -t "$name" "$@" "$dir"
	expect_output "$before" "$name-same-files" checksum "$dir"
	check "$name-remove" rm -rf "$dir/small" "$dir/bin" "$dir/lib"
	check "$name-unmount-again" umount "$dir"
}

# brd allocates what is written only
check load-brd modprobe brd rd_nr=4 rd_size=409600
check load-filesystems modprobe -a xfs btrfs
check load-trace modprobe list_sort_trace

check mkfs-xfs mkfs.xfs -q -f /dev/ram0
work xfs /mnt/xfs /dev/ram0
check mkfs-btrfs mkfs.btrfs -q -f -d raid5 -m raid1 /dev/ram1 /dev/ram2 /dev/ram3
work btrfs /mnt/btrfs -o device=/dev/ram1,device=/dev/ram2,device=/dev/ram3 /dev/ram1

check unload-trace rmmod list_sort_trace
dmesg | sed -n 's/.*list_sort_trace: /observed: /p' >/tmp/observed
cat /tmp/observed
expect_output 0 same-order-as-mainline sh -c "sed -n 's/.* wrong=//p' /tmp/observed | awk '{ n += \$1 } END { print n + 0 }'"
check called-by-xfs grep -q 'cmp=xlog_cil_order_cmp ' /tmp/observed
check called-by-btrfs grep -q 'cmp=extent_cmp ' /tmp/observed
finish
