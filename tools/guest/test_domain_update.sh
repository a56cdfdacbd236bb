#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
#
# Updates while readers, writers and threads of the kernel call: nothing lost, nothing done
# twice, nothing mixed; and what goes wrong in mid-update leaves the slot as it was.
# ROUNDS=N on the kernel's command line sets how often domains are replaced under load.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_update
ROUNDS=${ROUNDS:-40}

v1=$images/empty_v1.domain v2=$images/empty_v2.domain
check load-bench modprobe domain_bench
check bind domainctl bind empty_device $v1

# readers and writers from user space, versions by turns
domain-exercise stat >/tmp/before
domain-exercise load /dev/domain_empty 4 300 >/tmp/done &
load=$!
check updates-under-load domain-exercise update empty_device $v2 $v1 "$ROUNDS"
grep -E "pause|drain|transfer" /tmp/.check.out | sed 's/^/# /'
kill $load
wait $load
expect_output 0 no-errors echo $?
domain-exercise stat >/tmp/after
check counters-exact exact /tmp/before /tmp/after /tmp/done
expect_output "1 0" no-read-of-two-versions echo "$(field /tmp/after version) $(field /tmp/done mixed)"
check there-was-load test "$(field /tmp/done writes)" -gt "$ROUNDS"
expect_output "$ROUNDS" no-roll-back echo $(($(slot empty_device updates) - 1 + $(slot empty_device rollbacks)))

# the stateless one; its domains print, the kernel limits the rate of that
check bind-log domainctl bind log $images/log_v1.domain
before=$(slot log calls)
domain-exercise load /dev/domain_log 2 300 >/tmp/done &
load=$!
check log-updates-under-load domain-exercise update log $images/log_v2.domain $images/log_v1.domain 10
kill $load
wait $load
expect_output 0 log-no-errors echo $?
expect_output "$(($(slot log calls) - before))" log-calls-exact field /tmp/done writes
domainctl unbind log >/dev/null

# tracepoints: a call, what it returned, what replaced its domain and what became of that
timeless() { traced | sed 's/\(swap\|ns\)=[1-9][0-9]*/\1=N/'; }
check bind-traced domainctl bind log $images/log_v1.domain
old=$(bound log)
check trace trace domain/domain_call domain/domain_return domain/domain_update domain/domain_retire
check traced-call sh -c "echo traced >/dev/domain_log"
check traced-update domainctl update log $images/log_v2.domain
expect_output "domain_call: slot=log domain=$old log.write
domain_return: slot=log domain=$old log.write ret=6
domain_update: slot=log old=$old new=$(bound log) drain=0 transfer=0 swap=N pause=0 ret=0
domain_retire: slot=log domain=$old leaked=0 ns=N" traced timeless
# and of a kind that holds its slot by a reference
trace domain/domain_return
check traced-read dd if=/dev/domain_empty of=/dev/null bs=4 count=1
returned() { traced | sed "s/^domain_return: slot=empty_device domain=$(bound empty_device) //"; }
expect_output "empty_device.open ret=0
empty_device.read ret=4
empty_device.release ret=0" traced-stateful returned
trace
check untraced-call sh -c "echo untraced >/dev/domain_log"
expect_output "" untraced traced
domainctl unbind log >/dev/null

# controllers at once: each update succeeds or finds another domain than it expected
control() {
	local n=0
	while [ $n -lt 15 ]; do
		n=$((n + 1))
		if domainctl update empty_device $1 >/tmp/out.$2 2>&1; then
			echo updated
		elif grep -q "Stale file handle" /tmp/out.$2; then
			echo stale
		else
			cat /tmp/out.$2
		fi
	done >/tmp/control.$2
}
before=$(slot empty_device updates)
domain-exercise stat >/tmp/before
domain-exercise load /dev/domain_empty 2 300 >/tmp/done &
load=$!
control $v1 a & a=$!
control $v2 b & b=$!
control $v2 c & c=$!
wait $a $b $c
kill $load
wait $load
expect_output 0 no-errors-with-three-controllers echo $?
domain-exercise stat >/tmp/after
check counters-exact-with-three exact /tmp/before /tmp/after /tmp/done
expect_output "" updated-or-stale sh -c "cat /tmp/control.? | grep -vx -e updated -e stale || :"
expect_output $(($(slot empty_device updates) - before)) updates-exact sh -c "cat /tmp/control.? | grep -c updated"
expect_output "1 domains, 1 bound" losers-are-unloaded left
domainctl unbind empty_device >/dev/null

# a caller that stays inside
image=$images/bench_ref.domain
# callers N, result FIELD: threads of the kernel that call the slot bench_ref
callers() { store $bench/ref/callers "$1"; }
result() { field $bench/ref/result "$1"; }
check bind-bench domainctl bind bench_ref $image
callers 3
old=$(bound bench_ref)
store $bench/ref/sleep 15000 & sleeper=$!
usleep 300000
expect_error "timed out" deadline domainctl update bench_ref $image 300
expect_output "$old 1" deadline-rolls-back echo "$(bound bench_ref) $(slot bench_ref rollbacks)"
before=$(left) n=$(ls $domains | wc -l)
domainctl update bench_ref $image 2000 >/tmp/out 2>&1 & update=$!
check loaded-for-update wait_for 5 sh -c "[ \$(ls $domains | wc -l) -gt $n ]"
kill $update
wait $update
expect_output 1 terminated-when-decided echo $?
expect_output "$old 2" terminated-rolls-back echo "$(bound bench_ref) $(slot bench_ref rollbacks)"
expect_output "$before" terminated-leaves-nothing left
domain-exercise abandon bench_ref $image 20000 >/tmp/abandoned &
wait $!
expect_output 137 controller-killed echo $?
check killed-rolls-back wait_for 10 sh -c "[ \$(cat $slots/bench_ref/rollbacks) = 3 ]"
expect_output "$old" old-is-still-there bound bench_ref
new=$(cat /tmp/abandoned)
expect_output failed successor-failed domain "$new" state
check unload-abandoned domainctl unload "$new"
wait $sleeper
expect_output 0 sleeper-returned echo $?

# a caller that is killed while it waits for the end of an update
store $bench/ref/sleep 6000 & sleeper=$!
usleep 300000
domainctl update bench_ref $image 10000 >/tmp/out & update=$!
usleep 300000
before=$(slot bench_ref waited)
(echo 0 >$bench/ref/sleep) 2>/dev/null & waiter=$!
check caller-waits wait_for 5 sh -c "[ \$(cat $slots/bench_ref/waited) -gt $before ]"
kill -9 $waiter
wait $waiter
expect_output 137 waiting-caller-killed echo $?
wait $update
expect_output 0 update-waited-for-the-sleeper echo $?
check pause-is-reported test "$(slot bench_ref last_pause_ns)" -gt 100000000
wait $sleeper

# successors that are no good
old=$(bound bench_ref)
expect_error "Input/output error" import-fails domainctl update bench_ref $images/bad_import.domain
expect_error "Protocol wrong type" other-state domainctl update bench_ref $images/bad_type.domain
expect_output "$old 4" import-rolls-back echo "$(bound bench_ref) $(slot bench_ref rollbacks)"
callers 0
expect_output "0 0 0 0" callers-noticed-nothing echo "$(result errors) $(result lost) $(result twice) $(result disordered)"
expect_output "$(result calls)" count-exact result total

# a caller that sleeps in a stateless domain keeps the domain, not the slot
check bind-srcu domainctl bind bench_srcu $images/bench_srcu.domain
old=$(bound bench_srcu)
store $bench/srcu/sleep 3000 & sleeper=$!
usleep 300000
check update-does-not-wait sh -c "domainctl update bench_srcu $images/bench_srcu.domain 300 >/tmp/out 2>&1"
check told-that-it-has-callers grep -q "still has callers" /tmp/out
expect_output retiring old-is-retiring domain "$old" state
expect_error "Device or resource busy" retiring-is-not-unloaded domainctl unload "$old"
wait $sleeper
check retired-after-last-call wait_for 10 grep -q retired "$domains/$old/state"
check unload-retired domainctl unload "$old"

# a driver with interfaces stays while images that implement them are loaded, bound or not
expect_error "Resource" rmmod-while-bound rmmod domain_bench
for name in bench_rcu bench_srcu bench_ref bench_ref_atomic; do
	[ "$(bound $name)" = 0 ] || domainctl unbind $name >/dev/null
done
domainctl load $images/bench_ref.domain >/dev/null
expect_error "Resource" rmmod-while-loaded rmmod domain_bench
for id in $(ls $domains); do domainctl unload "$id"; done
expect_output "0 domains, 0 bound" nothing-left left
check rmmod rmmod domain_bench
finish
