#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 1G
# smp: 4
#
# Every kind of interface: callers in a loop on all CPUs, half of them in interrupts where
# the kind allows, while the domain is replaced again and again. ROUNDS=N on the kernel's
# command line sets how often.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_stress
ROUNDS=${ROUNDS:-40}

check load modprobe domain_bench
# replace KIND NAME: its domain, by itself, under callers; the cases are called NAME
replace() {
	local kind=$1 name=$2 image=$images/bench_$1.domain before calls what
	result() { field $bench/$kind/result "$1"; }
	check bind-$name domainctl bind bench_$kind $image
	before="$(slot bench_$kind calls) $(slot bench_$kind updates)"
	check callers-$name store $bench/$kind/callers 6
	check replaced-$name domain-exercise update bench_$kind $image $image "$ROUNDS"
	cp /tmp/.check.out /tmp/phases
	check stop-$name store $bench/$kind/callers 0
	# before the result is read, which asks a stateful domain for its own count
	calls=$(($(slot bench_$kind calls) - ${before% *}))
	for what in errors lost twice disordered; do
		expect_output 0 no-call-$what-$name result $what
	done
	check all-callers-called-$name test "$(result least)" -gt 0
	expect_output $calls calls-exact-$name result calls
	case $kind in
	ref*) expect_output "$(result calls)" count-goes-on-$name result total ;;
	esac
	expect_output $((${before#* } + ROUNDS)) updates-$name slot bench_$kind updates
	sed -n "s/^\(pause\|retire\|load\) /# $name \1 /p" /tmp/phases
	echo "# $name calls $(result calls) busy $(result busy) waited $(slot bench_$kind waited)"
	domainctl unbind bench_$kind >/dev/null
}
for kind in rcu srcu ref ref_atomic; do
	replace $kind $kind
done

# two of four CPUs go away and come back meanwhile: callers move, drains wait for what is left
cpus=/sys/devices/system/cpu
if [ -w $cpus/cpu3/online ]; then
	while [ ! -e /tmp/stop ]; do
		for cpu in 2 3; do
			echo 0 >$cpus/cpu$cpu/online && usleep 50000 && echo 1 >$cpus/cpu$cpu/online && echo . >>/tmp/hotplugged
		done
	done &
	for kind in rcu srcu ref ref_atomic; do
		replace $kind $kind-hotplug
	done
	touch /tmp/stop
	wait $!
	check hotplugged-often test "$(wc -l </tmp/hotplugged)" -ge 8
	expect_output 0-3 all-cpus-are-back cat $cpus/online
else
	skip hotplug "CPUs cannot be taken away here"
fi
expect_output "0 domains, 0 bound" nothing-left left
check unload rmmod domain_bench
finish
