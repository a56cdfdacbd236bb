#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# config: signature
# memory: 512M
# signed: hello
#
# Where modules must be signed, images must be, too, whatever domain.sig_enforce says.
# It cannot be undone, hence a script of its own.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_signature_modules

enforce=/sys/module/module/parameters/sig_enforce
expect_output N not-enforced-yet cat $enforce
id=$(domainctl load $images/hello.domain)
expect_output 0 lenient-unsigned domain "$id" signed
check lenient-unload domainctl unload "$id"

check enforce store $enforce 1
expect_output N not-by-the-parameter-of-domains cat /sys/module/domain/parameters/sig_enforce
cp $images/hello.domain $bad
refused unsigned "Key was rejected by service" "it has no signature"
cp $images/signed/hello.foreign.domain $bad
refused unknown-key "Key was rejected by service" "it is signed with an unknown key"
id=$(domainctl load $images/signed/hello.domain)
expect_output 1 signed domain "$id" signed
check unload domainctl unload "$id"
expect_output "0 domains, 0 bound" nothing-left left
finish
