#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# seconds: 1800
# memory: 512M
#
# Each allocation of the kernel's in load, bind, update, unbind, slot creation, calls, what a
# domain asks for, and what follows a crash, fails once: the right error, nothing half done,
# nothing leaked.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_nomem

if ! can_fail; then
	skip everything "no fault injection in this kernel"
	finish
fi
# who asks for memory may warn that there is none
hush 3

# as NAME COMMAND...: passes if it does, and as much is loaded after it as before
as() {
	local name=$1 before; shift
	before=$(left)
	check "$name" "$@"
	look
	tee /tmp/as.out </tmp/.check.out | sed 's/^/# /'
	expect_output "$before" "$name-leaves-nothing" left
}

# look: as listen, and domains should have leaked nothing
look() {
	listen
	grep leaked /tmp/heard >>/tmp/leaked
}

# succeeded: how often the last one that "as" ran was done, having the memory
succeeded() {
	local failures=0 refusals=0
	read -r _ failures _ refusals _ </tmp/as.out
	echo $((failures + 1 - refusals))
}

as load domain-exercise nomem load $images/log_v1.domain
as load-with-data domain-exercise nomem load $images/empty_v1.domain
as slot domain-exercise nomem slot t
check bind domainctl bind empty_device $images/empty_v1.domain
check bind-log domainctl bind log $images/log_v1.domain
printf abc >/dev/domain_empty
domain-exercise keep 9 >/dev/null
domain-exercise stat >/tmp/before
as update domain-exercise nomem update empty_device $images/empty_v1.domain
as update-stateless domain-exercise nomem update log $images/log_v2.domain
domain-exercise stat >/tmp/after
check state-goes-on diff /tmp/before /tmp/after
as exchange domain-exercise nomem exchange
expect_output 1 objects domain "$(bound empty_device)" shared_objects
domainctl unbind empty_device >/dev/null
domainctl unbind log >/dev/null
as bind-to-empty domain-exercise nomem bind empty_device $images/empty_v1.domain
as bind-to-empty-stateless domain-exercise nomem bind log $images/log_v1.domain
as unbind domain-exercise nomem unbind empty_device $images/empty_v1.domain
as unbind-stateless domain-exercise nomem unbind log $images/log_v1.domain

# what a domain asks for: it is told, and pays for what it got
# asks NAME NR: call run(NR, 100) of the guest again and again, and then once more
asks() {
	local before after price
	before=$(domain "$id" heap_bytes)
	as "$1" domain-exercise nomem call t "$2" 100
	after=$(domain "$id" heap_bytes)
	check "$1-again" domainctl call t "$2" 100
	price=$(($(domain "$id" heap_bytes) - after))
	expect_output "$((after - before))" "$1-refused-costs-nothing" echo $(($(succeeded) * price))
	had=$(($(succeeded) + 1))
}

check slot-of-guest domainctl slot create t command
check bind-guest domainctl bind t $images/guest.domain
id=$(bound t)
asks heap 1
heap=$had
expect_output "$heap" heap-has-what-succeeded domain "$id" allocations
asks shared 2
expect_output "$had" shared-has-what-succeeded domain "$id" shared_objects
asks open-slot 4
handles=$had
look
check unbind-guest domainctl unbind t
listen
expect_output "$heap $handles" all-taken-back sh -c \
	"echo \$(sed -n 's/.*domain guest .*: leaked \([0-9]*\) x .*/\1/p' /tmp/heard)"
check bind-timer domainctl bind t $images/timer.domain
as store domain-exercise nomem call t 1 60000
check blob-is-stored test "$(slot t store_bytes)" -gt 0
check unbind-timer domainctl unbind t
check slot-of-guest-destroy domainctl slot destroy t

# the successor of a domain that crashed; a worker thread makes it
if contained; then
	as restart domain-exercise nomem recover t $images/faulty.domain
	as fallback domain-exercise nomem fallback t $images/hello.domain $images/faulty.domain
else
	skip restart "faults of domains are not contained in this kernel"
	skip fallback "faults of domains are not contained in this kernel"
fi
expect_output "0 domains, 0 bound" nothing-left left
look
expect_output "" nothing-leaked cat /tmp/leaked
unhush
finish
