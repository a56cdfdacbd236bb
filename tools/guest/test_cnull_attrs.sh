#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Attributes and parameters: the same names and defaults as null_blk's in the same
# boot, the whole range of each, and what may change while a disk is powered.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_attrs
peer_root=/sys/kernel/config/nullb
more="pattern stats"		# what null_blk has not

names() { tr ',' '\n' <"$1/features" | sort; }
check load modprobe cnull nr_devices=0
if modprobe null_blk nr_devices=0; then
	names $peer_root >/tmp/theirs
	names "$root" >/tmp/mine
	# domain is there if the kernel has domains, and is no parameter
	for a in $more $(grep -x domain /tmp/mine); do echo "$a"; done | sort - /tmp/theirs >/tmp/wanted
	check same-attributes diff /tmp/wanted /tmp/mine
	mkdir $peer_root/p "$root/c"
	check features-are-the-files sh -c "find $root/c -maxdepth 1 -type f | sed 's/.*\///' | sort | diff - /tmp/mine"
	while read -r a; do
		case $a in
		zone_readonly | zone_offline)
			for d in $peer_root/p "$root/c"; do stat -c %A "$d/$a"; done | uniq >/tmp/modes
			expect_output 1 "mode-$a" sh -c "wc -l </tmp/modes"
			continue
			;;
		esac
		# -1 as an unsigned number
		expect_output "$(sed 's/^4294967295$/-1/' $peer_root/p/$a)" "default-$a" load "$root/c/$a"
	done </tmp/theirs
	expect_output "$(cd $peer_root/p && echo *_inject)" groups sh -c "cd $root/c && echo *_inject"

	# the same may change while powered, all else is busy
	for d in $peer_root/p "$root/c"; do
		for a in memory_backed=1 size=64 zoned=1 zone_size=4 power=1; do store $d/${a%%=*} ${a#*=}; done
	done
	while read -r a; do
		case $a in
		power) continue ;;
		badblocks) value=+1-1 ;;
		zone_readonly | zone_offline) value=0 ;;
		*) value=$(cat $peer_root/p/$a) ;;
		esac
		theirs=$( (echo "$value" >$peer_root/p/$a) 2>&1 | sed 's/.*: //')
		mine=$( (echo "$value" >"$root/c/$a") 2>&1 | sed 's/.*: //')
		[ "$a" = index ] && continue	# null_blk's can be written, to no effect
		[ "$theirs" = "$mine" ] && ok "powered-$a" || fail "powered-$a" "null_blk: \"$theirs\", cnull: \"$mine\""
	done </tmp/theirs
	for a in $more; do expect_error "resource busy" "powered-$a" store "$root/c/$a" 0; done
	rmdir $peer_root/p "$root/c"

	# parameters
	(cd /sys/module/null_blk/parameters && echo *) | tr ' ' '\n' | sort >/tmp/theirs
	for a in $more compat badblocks badblocks_once badblocks_partial_io; do echo $a; done | sort - /tmp/theirs >/tmp/wanted
	(cd $params && echo *) | tr ' ' '\n' | sort >/tmp/mine
	check same-parameters diff /tmp/wanted /tmp/mine
	while read -r a; do
		# no_sched is a number there
		theirs=$(cat /sys/module/null_blk/parameters/$a)
		[ $a = no_sched ] && theirs=N
		expect_output "$theirs" "parameter-$a" load $params/$a
	done </tmp/theirs
	rmmod null_blk
else
	skip same-as-null_blk "no null_blk in this kernel to compare with"
fi

# the whole range; "a" takes numbers from the first to the last, and no other
mkdir "$root/c"
takes() { store "$root/c/$1" "$2" && [ "$(cat "$root/c/$1")" = "${3:-$2}" ]; }
refuses() {
	local before
	before=$(cat "$root/c/$1")
	store "$root/c/$1" "$2" 2>/tmp/refused && { echo "takes $2"; return 1; }
	grep -q 'Invalid argument' /tmp/refused && [ "$(cat "$root/c/$1")" = "$before" ]
}
long=$(head -c 4000 /dev/zero | tr '\0' 1)
longer=$(head -c 5000 /dev/zero | tr '\0' 1)
garbage() {
	for text in "" x 1x "1 2" 0x -- 1.5 1e3 "$long" "$longer" 18446744073709551616; do
		refuses "$1" "$text" || { echo "\"$text\""; return 1; }
	done
}
range() {
	local a=$1 min=$2 max=$3 below=$4 above=$5
	check "minimum-$a" takes $a $min
	check "maximum-$a" takes $a $max
	check "below-$a" refuses $a $below
	check "above-$a" refuses $a $above
	check "garbage-$a" garbage $a
}
U=4294967295
L=9223372036854775807
largest_block=4096
[ -d /sys/kernel/mm/transparent_hugepage ] && largest_block=65536
range blocksize 512 $largest_block 256 $((largest_block * 2))
check blocksize-not-a-power-of-two refuses blocksize 1536
range cache_size 0 17592186044415 -1 17592186044416
range completion_nsec 0 $L -1 9223372036854775808
range hw_queue_depth 1 10240 0 10241
range irqmode 0 2 -1 3
range max_sectors 0 $U -1 4294967296
range mbps 0 $U -1 4294967296
range pattern 0 $L -1 9223372036854775808
range poll_queues 0 $U -1 4294967296
range queue_mode 0 2 -1 3
range size 1 8796093022207 0 8796093022208
range submit_queues 1 $U 0 4294967296
range zone_append_max_sectors 0 $U -1 4294967296
range zone_capacity 0 1048576 -1 1048577
range zone_max_active 0 $U -1 4294967296
range zone_max_open 0 $U -1 4294967296
range zone_nr_conv 0 $U -1 4294967296
range zone_size 1 1048576 0 2097152
check zone_size-not-a-power-of-two refuses zone_size 3
check home_node takes home_node -1
check below-home_node refuses home_node -2
check above-home_node refuses home_node 99999
check garbage-home_node garbage home_node
for a in badblocks_once badblocks_partial_io blocking discard fua memory_backed no_sched rotational shared_tag_bitmap \
	shared_tags stats use_per_node_hctx virt_boundary zone_full zoned; do
	check "true-$a" takes $a y 1
	check "false-$a" takes $a off 0
	for text in 2 -1 "" maybe last; do refuses $a "$text" || break; done
	expect_output last "garbage-$a" echo "$text"
done
check hexadecimal takes hw_queue_depth 0x20 32
rmdir "$root/c"

# rules between attributes, when the power is switched on
contradicts() {
	fresh c "$@" || return
	power c 1 2>/tmp/refused && echo "is powered on"
	set -- $?
	[ "$(cat "$root/c/power")" = 0 ] && grep -q 'Invalid argument' /tmp/refused && set -- 0 || set -- 1
	rmdir "$root/c"
	return "$1"
}
check queue_mode-1 contradicts queue_mode=1
check bio-with-timer contradicts queue_mode=0 irqmode=2
check pattern-with-memory contradicts pattern=1 memory_backed=1
check max_sectors-below-a-block contradicts max_sectors=1
check zones-larger-than-the-disk contradicts zoned=1 zone_size=128
check capacity-larger-than-a-zone contradicts zoned=1 zone_size=4 zone_capacity=5
check unload rmmod cnull

# devices of load time have directories, which stay
check load-two modprobe cnull nr_devices=2 gb=1 memory_backed=1 badblocks_once=1
for i in 0 1; do
	expect_output 1 "load-time-$i-power" load "$root/cnull$i/power"
	expect_output 1 "load-time-$i-badblocks_once" load "$root/cnull$i/badblocks_once"
	expect_error "not permitted" "load-time-$i-rmdir" rmdir "$root/cnull$i"
done
expect_error "File exists" load-time-mkdir mkdir "$root/cnull0"
put cnull0 a 0 65536
check load-time-power-off power cnull0 0
check load-time-change store "$root/cnull0/size" 64
check load-time-power-on power cnull0 1
wait_block cnull0
expect_output $((64 * 2048)) load-time-size sectors cnull0
expect_output a load-time-data get cnull0 0 65536
check mkdir-beside mkdir "$root/x"
expect_error "Resource" no-unload-with-a-directory rmmod cnull
rmdir "$root/x"
check unload-with-load-time-disks rmmod cnull
expect_status 1 no-disks test -e /sys/block/cnull0

# a load-time disk whose name is taken stays off; a load that fails after it made a
# disk would leave the partition scan of that one with code that is gone (as null_blk does)
if modprobe null_blk nr_devices=0; then
	mkdir $peer_root/cnull1
	store $peer_root/cnull1/power 1
	# what the kernel says of the name, with a stack trace, is provoked here
	hush 1
	check load-name-in-use modprobe cnull nr_devices=2 gb=1
	sleep 1
	unhush
	expect_output "1 0" load-name-in-use-power sh -c "echo \$(cat $root/cnull0/power $root/cnull1/power)"
	check load-name-in-use-unload rmmod cnull
	rmdir $peer_root/cnull1
	rmmod null_blk
fi

finish
