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
# a disk's domain, under one job that reads and writes, and alone: there the next read of the
# disk is counted as well
if [ -n "$BLOCK" ]; then
	. /run/lib.sh
	. /run/lib-disks.sh
	. /run/lib-cnull.sh
	. /run/lib-cnull-domain.sh
	modprobe cnull nr_devices=0 && with_domain d block_v1 irqmode=0 no_sched=1 size=64 || exit
	fio_on d --rw=write --bs=1m --size=32m >/dev/null || exit
	domain-exercise update d $images/block_v2.domain $images/block_v1.domain "$ROUNDS" 0 /dev/d >/tmp/phases || exit
	sed 's/^/update block_idle /' /tmp/phases
	# not by a function: that would be a process of its own
	fio --name=t --filename=/dev/d --allow_file_create=0 --direct=1 --eta=never --ioengine=psync --bs=4k --size=32m \
		--rw=randrw --time_based --runtime=3600 >/dev/null & load=$!
	usleep 200000
	domain-exercise update d $images/block_v2.domain $images/block_v1.domain "$ROUNDS" >/tmp/phases || exit
	kill -0 $load || exit
	kill $load
	wait $load
	sed 's/^/update block_busy /' /tmp/phases
	without_domain d || exit
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
	[ "$CALLERS" = 0 ] || sed "s/^/result $kind /" $bench/$kind/result || exit
	echo "result $kind slot_calls $calls"
	echo "result $kind waited $(slot bench_$kind waited)"
	echo "result $kind rollbacks $(slot bench_$kind rollbacks)"
done
