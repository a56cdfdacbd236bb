# SPDX-License-Identifier: GPL-2.0
# The guest's part of tools/bench domain. From the kernel's command line: COST=1 measures
# calls; KINDS=a,b are replaced ROUNDS times each, under CALLERS threads.
. /run/lib-domain.sh
modprobe domain_bench || exit
for kind in rcu srcu ref ref_atomic; do
	domainctl bind bench_$kind $images/bench_$kind.domain >/dev/null || exit
done
for flaw in spectre_v2 retbleed; do
	[ ! -r /sys/devices/system/cpu/vulnerabilities/$flaw ] ||
		echo "flaw $flaw $(cat /sys/devices/system/cpu/vulnerabilities/$flaw)"
done
if [ -n "$COST" ]; then
	sed 's/^/cost /' $bench/cost || exit
	sed 's/^/cost plain_/' $bench/work || exit
	domainctl update bench_rcu $images/checked_rcu.domain >/dev/null || exit
	sed 's/^/cost checked_/' $bench/work || exit
	domainctl update bench_rcu $images/bench_rcu.domain >/dev/null || exit
fi
for kind in $(echo "$KINDS" | tr , ' '); do
	image=$images/bench_$kind.domain
	before=$(slot bench_$kind calls)
	echo "$CALLERS" >$bench/$kind/callers || exit
	domain-exercise update bench_$kind $image $image "$ROUNDS" >/tmp/phases || exit
	echo 0 >$bench/$kind/callers
	# before the result is read, which asks a stateful domain for its own count
	calls=$(($(slot bench_$kind calls) - before))
	sed "s/^/update $kind /" /tmp/phases
	[ "$CALLERS" = 0 ] || sed "s/^/result $kind /" $bench/$kind/result
	echo "result $kind slot_calls $calls"
	echo "result $kind waited $(slot bench_$kind waited)"
	echo "result $kind rollbacks $(slot bench_$kind rollbacks)"
done
