#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tools/demo: C images are loaded into the kernel, called, replaced by their second
# versions while they are called, and unloaded.
. /run/lib.sh
. /run/lib-domain.sh
. /run/lib-demo.sh
suite demo-domain

# sample NAME NR ARG CALLERS: its life in a slot, with callers in a loop over the update
calls=0
sample() {
	local name=$1 nr=$2 arg=$3 load
	step "$name: load, call, update under load, unload"
	check "$name-slot" domainctl slot create "$name" command
	check "$name-bind" domainctl bind "$name" "$images/$name.domain"
	domain-exercise call "$name" "$nr" "$arg" "$4" 60 >/tmp/calls &
	load=$!
	wait_for 10 sh -c "[ \$(cat $slots/$name/calls) -gt 20 ]"
	check "$name-update" domainctl update "$name" "$images/${name}_v2.domain"
	usleep 200000
	kill $load
	wait $load
	expect_output 0 "$name-no-call-failed" echo $?
	expect_output "$(slot "$name" calls)" "$name-every-call-counted" field /tmp/calls calls
	calls=$((calls + $(field /tmp/calls calls)))
	"after_$name"
	check "$name-unbind" domainctl unbind "$name"
	check "$name-slot-destroy" domainctl slot destroy "$name"
}

after_hello() { expect_output "42 63" hello-both-versions-answered echo "$(field /tmp/calls least) $(field /tmp/calls most)"; }
after_minimal() { expect_output -38 minimal-has-no-method field /tmp/calls most; }
after_print() {
	# it counts its calls in the slot's store, which outlives it
	expect_output $(($(field /tmp/calls calls) + 1)) print-count-goes-on domainctl call print 0 0
}
after_timer() {
	local n
	n=$(domainctl call timer 3 1)
	check timer-goes-on-in-second-version wait_for 5 sh -c "[ \$(domainctl call timer 3 1) -gt $n ]"
	# what no timer has is not kept for the next domain either
	expect_error -22 timer-too-long domainctl call timer 1 18446744073710
	check timer-once domainctl call timer 0 20
	check timer-once-expired wait_for 5 sh -c "[ \$(domainctl call timer 3 0) = 1 ]"
}

sample hello 0 21 2
sample minimal 0 0 2
# two calls at once may read the same count
sample print 0 0 1
# every caller arms the periodic timer again, with 10 ms
sample timer 1 10 2
summary domains "4 samples replaced under $calls calls: none failed, none lost;"

step "empty_device: readers and writers over 10 updates"
check empty-bind domainctl bind empty_device $images/empty_v1.domain
check log-bind domainctl bind log $images/log_v1.domain
domain-exercise stat >/tmp/before
domain-exercise load /dev/domain_empty 4 60 >/tmp/done &
load=$!
wait_for 10 sh -c "[ \$(cat $slots/empty_device/calls) -gt 100 ]"
check empty-updates domain-exercise update empty_device $images/empty_v2.domain $images/empty_v1.domain 10
kill $load
wait $load
expect_output 0 empty-no-errors echo $?
domain-exercise stat >/tmp/after
check empty-counters-exact exact /tmp/before /tmp/after /tmp/done &&
	summary "" "10 updates under 4 readers and writers: counters go on exactly"
check log-update domainctl update log $images/log_v2.domain
check log-write sh -c "echo hello >/dev/domain_log"
check log-numbers-lines sh -c "dmesg | grep -q 'domain log_v2: #000001 hello'"
domainctl unbind empty_device >/dev/null
domainctl unbind log >/dev/null
expect_output "0 domains, 0 bound" all-unloaded left
finish
