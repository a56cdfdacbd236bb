#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
#
# Each allocation of the kernel's in load, bind, update, slot creation and calls fails once:
# the right error, nothing half done, nothing leaked.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_nomem

debug=/sys/kernel/debug
if ! [ -e /proc/self/fail-nth ] || ! [ -e $debug/failslab ] || ! [ -e $debug/fail_page_alloc ]; then
	skip everything "no fault injection in this kernel"
	finish
fi
for what in failslab fail_page_alloc; do
	# of all allocations, not only of those that must not wait
	store $debug/$what/ignore-gfp-wait N
	store $debug/$what/verbose 0
done
store $debug/fail_page_alloc/min-order 0
store $debug/fail_page_alloc/ignore-gfp-highmem N
# who asks for memory may warn that there is none; what else is said is looked at below
dmesg -n 3
dmesg -c >/dev/null

# as NAME COMMAND...: passes if it does, and as much is loaded after it as before
as() {
	local name=$1 before; shift
	before=$(left)
	check "$name" "$@"
	sed 's/^/# /' /tmp/.check.out
	expect_output "$before" "$name-leaves-nothing" left
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
expect_output "0 domains, 0 bound" nothing-left left
dmesg | grep -E "BUG|Oops|WARNING: |refcount_t|leaked" | grep -v "page allocation failure\|vmalloc error" >/tmp/bad
expect_output "" kernel-said-nothing-bad cat /tmp/bad
dmesg -n 5
finish
