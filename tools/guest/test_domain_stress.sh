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
for kind in rcu srcu ref ref_atomic; do
	image=$images/bench_$kind.domain
	result() { field $bench/$kind/result "$1"; }
	check bind-$kind domainctl bind bench_$kind $image
	before=$(slot bench_$kind calls)
	check callers-$kind store $bench/$kind/callers 6
	check replaced-$kind domain-exercise update bench_$kind $image $image "$ROUNDS"
	cp /tmp/.check.out /tmp/phases
	check stop-$kind store $bench/$kind/callers 0
	# before the result is read, which asks a stateful domain for its own count
	calls=$(($(slot bench_$kind calls) - before))
	for what in errors lost twice disordered; do
		expect_output 0 no-call-$what-$kind result $what
	done
	check all-callers-called-$kind test "$(result least)" -gt 0
	expect_output $calls calls-exact-$kind result calls
	case $kind in
	ref*) expect_output "$(result calls)" count-goes-on-$kind result total ;;
	esac
	expect_output $((ROUNDS + 1)) updates-$kind slot bench_$kind updates
	sed -n "s/^\(pause\|retire\|load\) /# $kind \1 /p" /tmp/phases
	echo "# $kind calls $(result calls) busy $(result busy) waited $(slot bench_$kind waited)"
	domainctl unbind bench_$kind >/dev/null
done
expect_output "0 domains, 0 bound" nothing-left left
check unload rmmod domain_bench
finish
