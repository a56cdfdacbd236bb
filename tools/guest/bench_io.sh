#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's half of `tools/bench io`: obeys /run/plan, one order per line.
#
#	module DRIVER PARAMETER=VALUE ...
#	disk DRIVER NAME ATTRIBUTE=VALUE ...
#	fill NAME MIB                      every block of the disk is written once
#	symbols                            the addresses of the modules' functions
#	run ID DISK OPTION ...             one fio, unless the disk could not be made
#	loop ID DISK PARAMETER=VALUE ...   one run of bioloop.ko, likewise
#
# and answers with lines that begin with a word of their own: refused, limits,
# begin, end, and between the last two whatever fio says.
. /run/lib-disks.sh

# fio_report OPTION ...: its figures, or instead of them those of the shim (on
# stderr) if there is one
fio_report() {
	if [ -e /run/shim.so ]; then
		# shellcheck disable=SC2069 # stderr to stdout, and stdout away
		ICOUNT_WINDOWS=$(cat /run/windows) LD_PRELOAD=/run/shim.so fio "$@" 2>&1 >/dev/null
	else
		fio "$@" 2>&1
	fi
}

run() {
	id=$1 disk=$2
	shift 2
	[ -b "/dev/$disk" ] || return 0
	echo "begin $id"
	fio_report --eta=never --output-format=terse --name="$disk" --filename="/dev/$disk" "$@" </dev/null
	echo "end $id $?"
}

loop() {
	id=$1 disk=$2
	shift 2
	[ -b "/dev/$disk" ] || return 0
	echo "begin $id"
	insmod /run/bioloop.ko "$@" 2>&1
	status=$?
	cat /sys/module/bioloop/parameters/result
	rmmod bioloop
	echo "end $id $status"
}

while read -r order a b rest; do
	case $order in
	module)
		# shellcheck disable=SC2086
		why=$(disk_driver $a $b $rest) || echo "refused $a: $why"
		;;
	disk)
		# shellcheck disable=SC2086
		if why=$(disk_new $a $b $rest); then
			echo "limits $b $(disk_limits "$b")"
		else
			echo "refused $b: $why"
		fi
		;;
	fill)
		[ -b "/dev/$a" ] || continue
		dd if=/dev/zero of="/dev/$a" bs=1M count="$b" oflag=direct 2>/run/dd.err ||
			{ echo "refused $a: cannot be filled: $(head -n 1 /run/dd.err)"; exit 1; }
		;;
	symbols)
		grep -E ' [tT] .*\[' /proc/kallsyms | sed 's/^/symbol /'
		;;
	run)
		# shellcheck disable=SC2086
		run "$a" "$b" $rest
		;;
	loop)
		# shellcheck disable=SC2086
		loop "$a" "$b" $rest
		;;
	esac
done </run/plan
