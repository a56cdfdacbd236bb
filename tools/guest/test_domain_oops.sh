#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
# allow: BUG: kernel NULL pointer dereference
# allow: Unable to handle kernel (NULL pointer dereference|access to user memory without uaccess routines)
# allow: Oops(: 0000| \[)
# allow: KASAN: null-ptr-deref in strlen
#
# What is not contained is an oops like any other, which says whose it is: a domain that calls
# a function of the kernel's, which then faults. The caller dies inside of the domain, so it is
# never done; all others go on.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_oops

check slot domainctl slot create oops command
check neighbour-slot domainctl slot create neighbour command
if ! contained; then
	skip all "faults of domains are not contained in this kernel"
	finish
fi
check policy domainctl policy oops restart
check neighbour domainctl bind neighbour $images/hello.domain
check bind domainctl bind oops $images/faulty.domain
id=$(bound oops)
# the guest is to survive it
check oopses-kill-tasks store /proc/sys/kernel/panic_on_oops 0
strlen=0x$(sed -n 's/ [TW] strlen$//p' /proc/kallsyms)
mark
# of SIGKILL or of SIGSEGV, as the architecture has it
killed() { "$@"; [ $? -gt 128 ]; }
check caller-dies killed domainctl call oops 37 $strlen
dmesg | sed "1,/mark $marks\$/d" >/tmp/oops
check kernel-oopses grep -qE "Oops(:| \[)" /tmp/oops
check says-where grep -qE "(RIP|e?pc ?): .*strlen" /tmp/oops
check says-whose grep -q "domain faulty .* ($id): inside of it, not contained" /tmp/oops
check names-its-functions grep -q "faulty_crash+0x" /tmp/oops
expect_output 0 no-fault slot oops faults
expect_output active not-dead domain $id state
expect_output 42 neighbour-answers domainctl call neighbour 0 21
check neighbour-unbind domainctl unbind neighbour
check neighbour-slot-destroy domainctl slot destroy neighbour
# somebody is inside, for ever
check retire domainctl unbind oops
expect_error "busy" unload domainctl unload $id
finish
