#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tools/demo: the domain of a disk crashes every second while fio writes and checks.
. /run/lib.sh
. /run/lib-disks.sh
. /run/lib-cnull.sh
. /run/lib-domain.sh
. /run/lib-cnull-domain.sh
. /run/lib-demo.sh
suite demo-crash
seconds=6

step "a disk whose domain crashes every second, and starts anew"
check load modprobe cnull nr_devices=0
check disk with_domain d block_v1 irqmode=0 no_sched=1
check policy domainctl policy d restart
busy_verify d
check crashing-image update d block_crash_queue
wait $fio
expect_output 0 fio echo $?
expect_output "" no-error faulty
crashes=$(slot d faults)
check crashed test "$crashes" -gt 0

step "a new image that crashes at once"
check back update d block_v1
check fallback domainctl policy d fallback
busy_verify d --runtime=3
check bad-image update d block_crash_first
wait $fio
expect_output 0 fallback-fio echo $?
expect_output "" fallback-no-error faulty
expect_output block_v1 the-one-before domain "$(bound d)" image
check drop without_domain d
summary crashes "$crashes of a disk's domain, one a second: no error, no wrong byte"
finish
