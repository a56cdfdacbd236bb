# SPDX-License-Identifier: GPL-2.0
# Block devices of null_blk and its peers, for guest scripts: . /run/lib-disks.sh

# where a driver's disks are made; brd has no configfs, its disks are ram0, ...
disk_root() {
	case $1 in
	null_blk) echo /sys/kernel/config/nullb ;;
	cnull-domain | cnull-checked) echo /sys/kernel/config/cnull ;;
	*) echo "/sys/kernel/config/$1" ;;
	esac
}

# disk_driver DRIVER [PARAMETER=VALUE ...]: loads its module; the reason on stdout if it cannot
disk_driver() {
	driver=$1
	shift
	modprobe "$driver" "$@" >/run/disk.err 2>&1 && return
	echo "module $driver does not load: $(head -n 1 /run/disk.err)"
	return 1
}

# disk_new DRIVER NAME [ATTRIBUTE=VALUE ...]: makes a disk and powers it on.
#
# Every value is read back afterwards: a driver that quietly takes another value
# than the one asked for (null_blk does so for queue_mode=0) is refused, because
# a comparison with it would not be one. The reason is printed, status 1.
disk_new() {
	driver=$1 disk=$2
	shift 2
	if [ "$driver" = brd ]; then
		[ -b "/dev/$disk" ] || { echo "there is no /dev/$disk"; return 1; }
		disk_account "$disk"
		return
	fi
	root=$(disk_root "$driver")
	mkdir "$root/$disk" 2>/run/disk.err || { head -n 1 /run/disk.err; return 1; }
	for setting in "$@" power=1; do
		disk_set "$root/$disk" "${setting%%=*}" "${setting#*=}" && continue
		disk_remove "$driver" "$disk"
		return 1
	done
	for setting in "$@"; do
		attribute=${setting%%=*}
		got=$(cat "$root/$disk/${attribute%\?}" 2>/dev/null) || continue
		asked=${setting#*=}
		[ "$attribute" != domain ] || asked=${asked%:*}
		[ "$got" = "$asked" ] && continue
		echo "asked for $setting, the driver took $got"
		disk_remove "$driver" "$disk"
		return 1
	done
	[ -b "/dev/$disk" ] || { echo "no /dev/$disk after power on"; return 1; }
	# a disk with one queue would get mq-deadline, one with two would get none
	(echo none >"/sys/block/$disk/queue/scheduler") 2>/dev/null
	disk_account "$disk"
}

# disk_account NAME: I/O statistics cost some 200 instructions; all disks keep them
disk_account() {
	echo 1 >"/sys/block/$1/queue/iostats"
}

# disk_set FOLDER ATTRIBUTE VALUE; domain=SLOT:IMAGE also binds the image to the slot
disk_set() {
	name=${2%\?}
	if [ "$name" = domain ]; then
		(echo "${3%:*}" >"$1/domain") 2>/dev/null || { echo "no attribute domain, or not ${3%:*}"; return 1; }
		domainctl bind "${3%:*}" "/lib/domain/${3#*:}.domain" 2>&1 >/dev/null
		return
	fi
	if [ ! -e "$1/$name" ]; then
		[ "$name" != "$2" ] && return
		echo "no attribute $name"
		return 1
	fi
	(echo "$3" >"$1/$name") 2>/dev/null || { echo "$name=$3 is refused"; return 1; }
}

disk_remove() {
	root=$(disk_root "$1")
	echo 0 2>/dev/null >"$root/$2/power"
	case $1 in
	cnull-domain | cnull-checked) domainctl unbind "$2" >/dev/null ;;
	esac
	rmdir "$root/$2"
}

# disk_limits NAME: what the block layer does differently from disk to disk
disk_limits() {
	for limit in logical_block_size max_sectors_kb max_hw_sectors_kb nr_requests scheduler iostats dma_alignment; do
		[ -r "/sys/block/$1/queue/$limit" ] && printf '%s=%s ' "$limit" "$(tr ' ' ',' <"/sys/block/$1/queue/$limit")"
	done
	echo
}
