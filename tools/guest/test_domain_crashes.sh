#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
# seconds: 3000
# smp: 2
#
# Every kind of crash that traps, in a loop on both CPUs: each time an error for the caller,
# and nothing left of the domain. FAULTS=N on the kernel's command line sets how often.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_crashes
FAULTS=${FAULTS:-20}

check slot-0 domainctl slot create crash0 command
check slot-1 domainctl slot create crash1 command
if ! contained; then
	skip all "faults of domains are not contained in this kernel"
	finish
fi
check policy-restart domainctl policy crash0 restart
check policy-empty domainctl policy crash0 empty

# the numbers of samples/domain/faulty.h, without what needs time or a service to crash
ways="1:null_read 2:null_write 3:user_read 4:user_write 5:wild_read 6:wild_write 7:noncanonical
8:write_text 9:write_rodata 10:write_kernel 11:call_null 12:call_user 13:call_wild
14:call_noncanonical 15:call_data 16:call_stack 17:call_heap 18:trap 19:invalid 20:breakpoint
21:divide 22:segment 23:irqs_off 24:flags 25:lost_stack 26:smashed_return 27:leak 33:overflow
35:lost_frame 39:list 40:double_free
6:refused_wild_write 43:refused_heap_overflow 44:refused_use_after_free"

# crash CPU WAY [IMAGE]
crash() { taskset $((1 << $1)) domain-exercise crash crash$1 "$images/${3:-faulty}.domain" "$2" "$FAULTS"; }

both() {
	local other status
	crash 1 "$@" >/tmp/crash1 2>&1 &
	other=$!
	crash 0 "$@"
	status=$?
	wait $other || status=$?
	cat /tmp/crash1
	return $status
}

# the bits of what may have damaged the kernel: 9 is a warning of its own, 20 a domain that crashed
taint() { echo $(($(cat /proc/sys/kernel/tainted) >> $1 & 1)); }
expect_output 0 not-tainted taint 20
kept() { awk '/^(MemFree|KReclaimable):/ { n += $2 } END { print n }' /proc/meminfo; }
both 1 >/dev/null 2>&1
areas=$(areas)
before=$(kept)
read -r from _ </proc/uptime
for way in $ways; do
	case $way in
	*:refused_*) image=faulty_checked ;;	# by a check before the store
	*) image=faulty ;;
	esac
	both "${way%:*}" $image >/tmp/both 2>&1
	case $? in
	0) ok "${way#*:}" ;;
	2)
		skip "${way#*:}" "$(tail -n 1 /tmp/both)"
		# those that did not die
		domainctl unbind crash0 >/dev/null
		domainctl unbind crash1 >/dev/null
		;;
	*) fail "${way#*:}" "$(tail -n 1 /tmp/both)" ;;
	esac
	[ "$(left)" = "0 domains, 0 bound" ] || fail "${way#*:}-left" "$(left)"
done
# the other CPU has to find this one; x86_64 ends it by an NMI
watchdog=/sys/module/domain/parameters/watchdog_ms
budget=$(cat $watchdog)
check short-budget store $watchdog 200
FAULTS=3 check loop-with-interrupts-disabled crash 1 32
check budget store $watchdog "$budget"
read -r to _ </proc/uptime
faults=$(($(slot crash0 faults) + $(slot crash1 faults)))
echo "# $faults faults in $((${to%.*} - ${from%.*})) s"
expect_output 1 tainted taint 20
expect_output 0 no-warning taint 9
expect_output 0 no-recoveries echo $(($(slot crash0 recoveries) + $(slot crash1 recoveries)))
expect_output "$areas" no-memory-mapped areas
lost_little() { lost=$((before - $(kept))); [ $lost -lt 4096 ]; }
check memory-is-given-back wait_for 10 lost_little
check works domainctl bind crash0 $images/hello.domain
expect_output 42 answers domainctl call crash0 0 21
check unbind domainctl unbind crash0
check slot-0-destroy domainctl slot destroy crash0
check slot-1-destroy domainctl slot destroy crash1
finish
