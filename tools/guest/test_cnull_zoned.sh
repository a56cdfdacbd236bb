#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 1000
# Zoned disks: reports, the write pointer, zone management, limits, conditions, and
# data. The same operations on null_blk and cnull must have the same results.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
suite cnull_zoned

if ! grep -q . /sys/module/null_blk/parameters/zoned 2>/dev/null && ! modprobe null_blk nr_devices=0; then
	echo "# no null_blk in this kernel to compare with"
fi
if ! grep -q " blkdev_report_zones$" /proc/kallsyms; then
	skip zones "the kernel has no CONFIG_BLK_DEV_ZONED"
	finish
fi
check load modprobe "$DRIVER" nr_devices=0
check disk disk z size=64 zoned=1 zone_size=4
expect_output host-managed zoned queue z zoned

# report NAME: "condition-type@writepointer/capacity" of each zone; brief: the same of what blkzone says
report() { blkzone report "/dev/$1" | brief; }
brief() { sed -n 's/.*len 0x0*\([0-9a-f]*\), cap 0x0*\([0-9a-f]*\), wptr 0x0*\([0-9a-f]*\) .*zcond:[ 0-9]*(\(..\)) \[type: \([0-9]\).*/\4\5@\3\/\2/p'; }
zone() { report "$1" | sed -n "$(($2 + 1))p"; }
S=8192		# sectors of a zone of 4 MiB
mgmt() { blkzone "$2" -o $(($3 * S)) -c "${4:-1}" "/dev/$1"; }
# wr NAME SECTOR BYTES [CHARACTER]. After an error the block layer wants a report before it writes on.
wr() { put "$1" "${4:-x}" $(($2 * 512)) "$3" || { report "$1" >/dev/null; return 1; }; }
cond() { zone "$1" "$2" | cut -c 1-2; }

# limits as seen by everybody else
expect_output 16 number-of-zones queue z nr_zones
expect_output $S chunk_sectors queue z chunk_sectors
expect_output "em2@/2000" first-zone zone z 0
expect_output 0 max_open queue z max_open_zones
expect_output 0 max_active queue z max_active_zones
check zone_append_max test "$(queue z zone_append_max_bytes)" -gt 0
check scheduler-can-be-none sh -c "echo none >/sys/block/z/queue/scheduler"

# the write pointer
check write-at-start wr z 0 4096
expect_output "oi2@8/2000" implicitly-open zone z 0
expect_error "error" write-off-the-pointer wr z 16 4096
expect_error "error" write-behind-the-pointer wr z 0 4096
check write-at-pointer wr z 8 65536
expect_output "oi2@88/2000" pointer-moved zone z 0
check close mgmt z close 0
expect_output "cl2@88/2000" closed zone z 0
check close-again mgmt z close 0
check open mgmt z open 0
expect_output "oe2@88/2000" open zone z 0
check finish mgmt z finish 0
expect_output "fu2@2000/2000" full zone z 0
expect_error "error" write-to-full wr z 136 4096
expect_status 1 open-full mgmt z open 0
expect_status 1 close-full mgmt z close 0
check finish-full mgmt z finish 0
check reset mgmt z reset 0
expect_output "em2@/2000" empty zone z 0
expect_status 1 close-empty mgmt z close 0
check open-and-close sh -c "blkzone open -c 1 /dev/z && blkzone close -c 1 /dev/z"
expect_output "em2@/2000" closed-unwritten-is-empty zone z 0
check fill wr z $S 4194304
expect_output "fu2@2000/2000" full-by-writing zone z 1
check reset-all blkzone reset /dev/z
expect_output "em2@/2000" reset-all-resets zone z 1

# conditions that only configfs sets
check readonly store "$root/z/zone_readonly" $((2 * S))
expect_output ro readonly-reported cond z 2
expect_error "error" write-to-readonly wr z $((2 * S)) 4096
expect_status 1 reset-readonly mgmt z reset 2
check read-readonly get z $((2 * S * 512)) 4096
check offline store "$root/z/zone_offline" $((3 * S))
expect_output of offline-reported cond z 3
expect_error "error" write-to-offline wr z $((3 * S)) 4096
expect_error "error" read-offline get z $((3 * S * 512)) 4096
expect_status 1 finish-offline mgmt z finish 3
check reset-all-beside-them blkzone reset /dev/z
expect_output "ro of" reset-all-leaves-them echo "$(cond z 2) $(cond z 3)"
check readonly-off store "$root/z/zone_readonly" $((2 * S))
check offline-off store "$root/z/zone_offline" $((3 * S))
expect_output "em2@/2000" normal-again zone z 2
check readonly-in-the-middle-of-a-zone store "$root/z/zone_readonly" $((2 * S + 100))
check offline-a-readonly-zone store "$root/z/zone_offline" $((2 * S))
for bad in junk -1 $((64 * 2048)) ""; do
	expect_error "Invalid argument" "zone_offline-\"$bad\"" store "$root/z/zone_offline" "$bad"
done
expect_status 1 zone_readonly-cannot-be-read cat "$root/z/zone_readonly"
drop z
disk z
expect_error "Invalid argument" zone_offline-without-zones store "$root/z/zone_offline" 0
drop z

# limits: max_open closes implicitly, max_active refuses
check disk-limits disk z size=64 zoned=1 zone_size=4 zone_max_open=2 zone_max_active=3 zone_nr_conv=1
expect_output 2 limit-open queue z max_open_zones
expect_output 3 limit-active queue z max_active_zones
expect_output "nw1@/2000" conventional zone z 0
check conventional-anywhere wr z 800 4096
expect_status 1 conventional-reset mgmt z reset 0
for i in 1 2 3; do check write-zone-$i wr z $((i * S)) 4096; done
expect_output 2 two-implicitly-open sh -c "blkzone report /dev/z | grep -c '(oi)'"
expect_output 1 one-closed sh -c "blkzone report /dev/z | grep -c '(cl)'"
expect_status 1 fourth-active wr z $((4 * S)) 4096
check finish-one mgmt z finish 3
check fourth-after-finish wr z $((4 * S)) 4096
mgmt z reset 1 15
check open-two sh -c "blkzone open -o $S -c 2 /dev/z"
expect_status 1 third-explicit mgmt z open 3
expect_status 1 write-beyond-explicit wr z $((3 * S)) 4096
drop z

# capacity below size, a smaller last zone, all full at the start
check disk-capacity disk z size=64 zoned=1 zone_size=4 zone_capacity=3 zone_append_max_sectors=0
expect_output "em2@/1800" capacity zone z 0
check fill-capacity wr z 0 3145728
expect_output fu capacity-full cond z 0
expect_status 1 beyond-capacity wr z $((3 * 2048)) 4096
drop z
check disk-small-last disk z size=62 zoned=1 zone_size=4
expect_output "em2@/1000" small-last-zone zone z 15
check fill-small-last wr z $((15 * S)) 2097152
drop z
check disk-full disk z size=64 zoned=1 zone_size=4 zone_full=1
expect_output 16 full-at-start sh -c "blkzone report /dev/z | grep -c '(fu)'"
drop z
for a in zone_size=3 zone_size=128 zone_capacity=5 "zone_capacity=3 size=62"; do
	# shellcheck disable=SC2086
	if fresh z zoned=1 zone_size=4 $a 2>/tmp/refused; then
		expect_error "Invalid argument" "refused-$a" power z 1
	else
		check "refused-$a-when-written" grep -q "Invalid argument" /tmp/refused
	fi
	rmdir "$root/z"
done
fresh z zoned=1 zone_size=4 zone_nr_conv=99 zone_max_open=77
check one-zone-stays-sequential power z 1
expect_output 15 conventional-zones sh -c "blkzone report /dev/z | grep -c '(nw)'"
drop z

# data: what was never written, or lies behind the pointer, is 0xff
check disk-memory disk z size=64 zoned=1 zone_size=4 memory_backed=1
wr z 0 4096 a
expect_output a written get z 0 4096
expect_output F behind-the-pointer get z 4096 4096
expect_output "F a" across-the-pointer get z 0 8192
blkzone reset -c 1 /dev/z
expect_output F after-reset get z 0 4096
wr z 0 4096 a
check finish-data mgmt z finish 0
expect_output "0 a" finished-part-is-zero get z 0 8192
zbd() {
	fio_on z --ioengine=io_uring --iodepth=8 --ioscheduler=mq-deadline --zonemode=zbd --max_open_zones=4 --verify=crc32c \
		--verify_fatal=1 "$@"
}
blkzone reset /dev/z
check zbd-write zbd --rw=write --bs=64k --size=32m
blkzone reset /dev/z
check zbd-randwrite zbd --rw=randwrite --bsrange=4k-64k --size=64m --io_size=16m
check zbd-mixed fio_on z --ioengine=psync --zonemode=zbd --max_open_zones=4 --rw=randrw --bs=16k --size=64m --io_size=16m
drop z
check disk-limited disk z size=64 zoned=1 zone_size=4 zone_capacity=3 memory_backed=1 zone_max_open=4 zone_nr_conv=2 blocksize=4096
check zbd-limited fio_on z --ioengine=io_uring --iodepth=8 --zonemode=zbd --rw=randwrite --bs=4k \
	--size=64m --io_size=16m --numjobs=2 --max_open_zones=4
drop z

# A random walk: the same on null_blk and on $DRIVER, step by step. It prefers what it has not
# done yet, so that every operation meets a zone of every condition, and what opens a zone
# meets every state of the limits too; that it has met all is a case of its own.
settings="size=32 zoned=1 zone_size=4 zone_capacity=3 zone_nr_conv=1 memory_backed=1"
# step NAME OPERATION ZONE POINTER BYTES: prints what came of it
step() {
	local sector=$(($3 * S + $4))
	case $2 in
	write | over | fill | off) put "$1" x $((sector * 512)) "$5" >/dev/null 2>&1 ;;
	# the last page that is written, and one that is not
	read) data=$(get "$1" $(((sector < 8 ? 0 : sector - 8) * 512)) 8192 2>/dev/null) && echo "$data" ;;
	reset-all) blkzone reset "/dev/$1" >/dev/null 2>&1 ;;
	readonly | offline) store "$root/$1/zone_$2" $(($3 * S)) >/dev/null 2>&1 ;;
	*) mgmt "$1" "$2" "$3" >/dev/null 2>&1 ;;
	esac
	echo "status $?"
}
# choose SEED MAX-OPEN MAX-ACTIVE, a brief report on stdin: "what, operation zone pointer bytes"; with
# SEED "all" every what there is, with "left" those not walked. What: condition, operation, state of
# the limits.
choose() {
	awk -v "seed=$1" -v "max_open=$2" -v "max_active=$3" '
	function hex(text,    i, n) {
		for (i = 1; i <= length(text); i++)
			n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return n
	}
	# beyond the capacity, by a write that no driver splits
	function over(cond, left) { return cond ~ /^(oi|oe|cl)$/ && left <= 8 }
	function opens(cond, op) { return max_open && (cond == "em" || cond == "cl") && op ~ /^(write|fill|open|finish)$/ }
	# null_blk finishes the zone first: that may close another one, and if there is no room it counts
	# a closed zone as active for good
	function loses(cond, op, room) { return max_open && cond ~ /^(em|cl)$/ && op ~ /^(readonly|offline)$/ && room != "free" }
	BEGIN {
		nr_ops = split("write over fill off read open close finish reset readonly offline reset-all", ops, " ")
		nr_rooms = split("free active implicit explicit both", rooms, " ")
		while ((getline line <"/tmp/walked") > 0)
			walked[line] = 1
		if (seed == "all" || seed == "left") {
			nr = split("nw em oi oe cl fu ro of", conds, " ")
			for (i = 1; i <= nr; i++)
				for (o = 1; o <= nr_ops; o++)
					for (r = 1; r <= (opens(conds[i], ops[o]) ? nr_rooms : 1); r++) {
						if (ops[o] == "over" && !over(conds[i], 0))
							continue
						line = conds[i] " " ops[o] " " (opens(conds[i], ops[o]) ? rooms[r] : "-")
						if (seed == "all" || !(line in walked))
							print line
					}
			exit
		}
		# what leads on, to all states of the limits; the rest is rare
		n = split("em write 6 em open 2 oi open 2 oi close 2 oi reset .3 oe write 4 oe close 3 oe reset .3 " \
			  "cl write 1 cl open 2 cl reset 1 fu reset 6 ro readonly 6 of offline 6", words, " ")
		for (i = 1; i < n; i += 3)
			usual[words[i] " " words[i + 1]] = words[i + 2]
		srand(seed)
	}
	{
		cond[NR] = substr($0, 1, 2)
		nr_in[cond[NR]]++
		split(substr($0, 5), of, "/")
		end = hex(of[2])
		# the pointer, or a place in the zone if it is not there
		pointer[NR] = length(of[1]) < 8 && hex(of[1]) < end ? hex(of[1]) : 8
		left[NR] = end - pointer[NR]
	}
	END {
		if (seed == "all" || seed == "left")
			exit
		open = nr_in["oi"] + nr_in["oe"]
		room = open < max_open ? "free" : nr_in["oi"] ? "implicit" : "explicit"
		if (open + nr_in["cl"] >= max_active)
			room = open < max_open ? "active" : "both"
		for (z = 1; z <= NR; z++)
			for (o = 1; o <= nr_ops; o++) {
				if (ops[o] == "over" && !over(cond[z], left[z]))
					continue
				if (loses(cond[z], ops[o], room))
					continue
				zone[++last] = z
				op[last] = ops[o]
				what[last] = cond[z] " " ops[o] " " (opens(cond[z], ops[o]) ? room : "-")
				weight[last] = 0.05
				if ((cond[z] " " ops[o]) in usual)
					weight[last] = usual[cond[z] " " ops[o]]
				if (!(what[last] in walked))
					weight[last] = 100
				sum += weight[last]
			}
		at = rand() * sum
		for (i = 1; i < last && at >= weight[i]; i++)
			at -= weight[i]
		z = zone[i]
		bytes = 4096 * substr("112248", int(rand() * 6) + 1, 1)
		if (bytes > left[z] * 512 || op[i] == "fill")
			bytes = left[z] * 512
		if (op[i] == "write" && left[z] > 8 && rand() < 0.25)
			bytes = (left[z] - 8) * 512
		if (op[i] == "over")
			bytes = (left[z] + 8) * 512
		print what[i] "," op[i], z - 1, pointer[z] + (op[i] == "off" ? 8 : 0), bytes
	}'
}
# unwalked MAX-OPEN: what no step has done
unwalked() { choose left "$1" </dev/null; }
# walk SEED STEPS MAX-OPEN MAX-ACTIVE: until nothing is left to be done, but no further than that
# zones NAME: what blkzone says, but for the pointer of a full zone, which means nothing: finishing
# it again moves it to the end here, on null_blk with limits not
zones() { blkzone report "/dev/$1" | sed '/(fu)/s/wptr 0x[0-9a-f]*/wptr 0x0/'; }
walk() {
	local n=0 state now mine theirs
	state=$(zones zt)
	while [ $((n += 1)) -le "$2" ] && { [ $((n % 20)) -ne 1 ] || [ "$(unwalked "$3")" ]; }; do
		order=$(echo "$state" | brief | choose $(($1 * 10000 + n)) "$3" "$4")
		# shellcheck disable=SC2086
		theirs=$(on null_blk step zp ${order#*,})
		# shellcheck disable=SC2086
		mine=$(step zt ${order#*,})
		now=$(zones zt)
		if [ "$mine" != "$theirs" ] || [ "$now" != "$(zones zp)" ]; then
			echo "step $n, $order: $mine, null_blk: $theirs; before, after, null_blk:"
			echo "$state" | brief | tr '\n' ' '; echo
			echo "$now" | brief | tr '\n' ' '; echo
			report zp | tr '\n' ' '
			return 1
		fi
		state=$now
		echo "${order%%,*}" >>/tmp/walked
	done
}
# sums NAME: of the data of each zone; an offline one has none
sums() { for z in 0 1 2 3 4 5 6 7; do dd if="/dev/$1" bs=4M skip=$z count=1 2>/dev/null | md5sum; done; }
# tracepoints: traced_zones prints what they say of some operations, without the driver's name
traced_zones() {
	local events=nullb
	! is_cnull || events=cnull
	disk t zoned=1 zone_size=4 && trace $events/${events}_zone_op $events/${events}_report_zones &&
		wr t 0 4096 && mgmt t open 1 && mgmt t finish 0 && mgmt t reset 0 && blkzone report /dev/t >/dev/null &&
		traced | sed "s/^${events}_//"
	trace
	drop t
}
traced_zones >/tmp/traced
expect_output 1 trace-of-an-operation grep -c "^zone_op: disk=t,  req=ZONE_FINISH *zone_no=0 zone_cond=FULL *$" /tmp/traced
check trace-of-a-report grep -q "^report_zones: disk=t,  nr_zones=16$" /tmp/traced

if [ -d /sys/kernel/config/nullb ]; then
	for limits in "2 4" "0 0"; do
		# shellcheck disable=SC2086
		set -- $limits
		: >/tmp/walked
		# shellcheck disable=SC2086
		check "walk-disks-$1" disk zt $settings zone_max_open=$1 zone_max_active=$2
		# shellcheck disable=SC2086
		on null_blk disk zp $settings zone_max_open=$1 zone_max_active=$2
		check "walk-$1" walk 1 700 "$@"
		# so many pairs there are at least
		check "walk-$1-was-far" test "$(wc -l </tmp/walked)" -ge 90
		# shellcheck disable=SC2046
		expect_output "" "walk-$1-was-everywhere" echo $(unwalked "$1")
		echo "# $(sort -u /tmp/walked | wc -l) of $(choose all "$1" </dev/null | wc -l) pairs, $(wc -l </tmp/walked) steps"
		expect_output "$(sums zp)" "walk-data-$1" sums zt
		drop zt
		on null_blk drop zp
	done
	expect_output "$(on null_blk traced_zones)" traced-as-in-null_blk cat /tmp/traced
	is_cnull && rmmod null_blk
else
	skip walk "no null_blk in this kernel to compare with"
fi
check unload rmmod "$DRIVER"
finish
