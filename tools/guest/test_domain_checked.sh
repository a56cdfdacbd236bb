#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
#
# Checked images: what tells them from others, slots that demand them, and how a store that
# is refused ends.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_checked

check slot domainctl slot create t command
expect_output 0 nothing-demanded slot t checked_only
check bind domainctl bind t $images/faulty.domain
id=$(bound t)
expect_output 0 not-checked domain "$id" checked
domainctl info "$id" >/tmp/info
expect_output no info-not-checked field /tmp/info checked
expect_error "Permission denied" demand-is-not-met domainctl demand t checked
expect_output 0 still-nothing-demanded slot t checked_only
expect_status 1 demand-unknown domainctl demand t some
expect_error "No such file or directory" demand-of-nothing domainctl demand nothing checked

check update domainctl update t $images/faulty_checked.domain
id=$(bound t)
expect_output 1 checked domain "$id" checked
domainctl info "$id" >/tmp/info
expect_output yes info-checked field /tmp/info checked
check demand domainctl demand t checked
expect_output 1 demanded slot t checked_only
mark
expect_error "Permission denied" update-refused domainctl update t $images/faulty.domain
check refusal-says-why said_once "faulty 1 is not a checked image, which the slot demands"
expect_output "$id" still-there bound t
check unbind domainctl unbind t
expect_error "Permission denied" bind-refused domainctl bind t $images/hello.domain
expect_output 0 nothing-bound bound t
check bind-checked domainctl bind t $images/faulty_checked.domain
expect_output 1 works domainctl call t 0 0

# samples/domain/faulty.h: 10 writes to a table of the kernel's
if contained; then
	id=$(bound t)
	expect_output -130 store-refused sh -c "domainctl call t 10 0 || :"
	check dead wait_for 5 sh -c "[ \"\$(cat $domains/$id/state)\" = failed ]"
	check says-what grep -q "^store outside of its memory at faulty:" $domains/$id/fault
	check unload domainctl unload "$id"
else
	skip store-refused "faults are not contained here"
	check unbind-what-lives domainctl unbind t
fi
expect_output 0 empty bound t
check demand-nothing domainctl demand t nothing
check bind-any domainctl bind t $images/hello.domain
check unbind-any domainctl unbind t
check destroy domainctl slot destroy t
expect_output "0 domains, 0 bound" nothing-left left
finish
