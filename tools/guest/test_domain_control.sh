#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# programs: setpriv
# memory: 512M
#
# domainctl and /dev/domain: load, bind, call, update, unload, what is refused and to whom.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_control

for dev in domain domain_log domain_empty; do
	expect_output 600 "mode-of-$dev" stat -c %a /dev/$dev
done
expect_output "$(left)" nothing-loaded echo "0 domains, 0 bound"
expect_error "No such device or address" log-of-empty-slot sh -c "echo x >/dev/domain_log"
expect_error "No such device or address" open-of-empty-slot sh -c ": </dev/domain_empty"
expect_output "0" empty-slot slot log domain
expect_output "log 1.2" interface-of-slot slot log interface

# one life
check load domainctl load $images/log_v1.domain
id=$(ls $domains)
expect_output loaded state-loaded domain "$id" state
expect_output "log_v1 1 log 1.2 0" image-in-sysfs sh -c "cd $domains/$id; echo \$(cat image version interface signed)"
expect_error "No such device or address" loaded-is-not-bound sh -c "echo x >/dev/domain_log"
check bind-by-number domainctl bind log "$id"
expect_output active state-active domain "$id" state
expect_output "$id" slot-has-it bound log
mark
check log sh -c "echo to the first >/dev/domain_log"
check first-version said_once "domain log_v1: to the first"
check update domainctl update log $images/log_v2.domain
expect_output 2 updates-counted slot log updates
check old-is-unloaded test ! -e "$domains/$id"
mark
check log-again sh -c "echo to the second >/dev/domain_log"
check second-version said_once "domain log_v2: #000001 to the second"
expect_output 4 calls-counted slot log calls
check unbind domainctl unbind log
expect_output "0 domains, 0 bound" nothing-left left

# counters and buffers move with an update
check bind-empty domainctl bind empty_device $images/empty_v1.domain
expect_output "0000" reads-of-first sh -c "head -c 2 /dev/domain_empty | hexdump -v -e '1/1 \"%02x\"'"
check write sh -c "printf abc >/dev/domain_empty"
check exchange domain-exercise exchange 100
for i in 1 2 3; do expect_output $i keep-$i domain-exercise keep 10; done
expect_error "Invalid argument" exchange-too-much domain-exercise exchange 249
id=$(bound empty_device)
expect_output 3 objects-owned domain "$id" shared_objects
domain-exercise stat >/tmp/before
check update-empty domainctl update empty_device $images/empty_v2.domain
expect_output "3" objects-moved domain "$(bound empty_device)" shared_objects
domain-exercise stat >/tmp/after
check counters-go-on sh -c "grep -v version /tmp/before >/tmp/b; grep -v version /tmp/after | diff /tmp/b -"
expect_output "1 2" versions echo "$(field /tmp/before version) $(field /tmp/after version)"
expect_output "ffff" reads-of-second sh -c "head -c 2 /dev/domain_empty | hexdump -v -e '1/1 \"%02x\"'"
expect_output 3 drop domain-exercise drop
expect_output 0 objects-dropped domain "$(bound empty_device)" shared_objects

# what domainctl shows
id=$(bound empty_device)
domainctl list >/tmp/list
check list grep -q "^ *$id empty_v2 *2 *empty_device *empty_device *active$" /tmp/list
domainctl info "$id" >/tmp/info
expect_output "empty_v2 active no" info echo "$(field /tmp/info image) $(field /tmp/info state) $(field /tmp/info signed)"
expect_output "$(domain "$id" size)" info-size field /tmp/info size
domainctl stats empty_device >/tmp/stats
expect_output "$id 2 0" stats echo "$(field /tmp/stats domain) $(field /tmp/stats updates) $(field /tmp/stats rollbacks)"
domainctl slots >/tmp/slots
check slots grep -q "^empty_device  *empty_device .* $id  *[1-9][0-9]*  *2$" /tmp/slots
expect_output "$(ls $slots | wc -l)" slots-all sh -c "sed 1d /tmp/slots | wc -l"
check slots-empty grep -q "^log .* -  *[0-9]*  *[0-9]*$" /tmp/slots
domainctl watch empty_device >/tmp/watch &
watch=$!
wait_for 5 grep -q . /tmp/watch
check watched-update domainctl update empty_device $images/empty_v1.domain
check watched-is-another test "$(bound empty_device)" != "$id"
check watch wait_for 5 grep -qx "$(bound empty_device)" /tmp/watch
kill $watch

# refused, and everything as before
before=$(bound empty_device)
domainctl load $images/empty_v2.domain >/tmp/other
other=$(cat /tmp/other)
expect_error "Device or resource busy" unload-while-bound domainctl unload "$before"
expect_error "Stale file handle" bind-over-another domainctl bind empty_device "$other"
expect_error "Stale file handle" wrong-old domainctl update -e $((before + 1000)) empty_device "$other"
expect_error "Invalid argument" update-to-itself domainctl update empty_device "$before"
expect_error "Invalid argument" deadline-too-long domainctl update empty_device "$other" 60001
expect_error "No such file or directory" no-such-domain domainctl update empty_device 99999
expect_error "No such file or directory" no-such-slot domainctl bind nothing "$other"
expect_error "Protocol wrong type for socket" wrong-interface domainctl bind log "$other"
expect_error "No such file or directory" unload-what-is-not domainctl unload 99999
# 2^32 and the number of one that there is
expect_error "is more than 4294967295" unload-a-number-too-large domainctl unload $((4294967296 + before))
expect_error "is more than 4294967295" kill-a-number-too-large domainctl kill $((4294967296 + before))
expect_error "is more than 4294967295" expect-a-number-too-large domainctl update -e 4294967296 empty_device "$other"
expect_error "ms is more than" deadline-that-wraps domainctl update empty_device "$other" 18446744073709551615
expect_error "Operation already in progress" unbind-empty domainctl unbind log
expect_error "Stale file handle" unbind-another domainctl unbind -e 99999 empty_device
# 0 is what an empty slot has
expect_error "Stale file handle" update-only-if-empty domainctl update -e 0 empty_device "$other"
expect_error "Stale file handle" unbind-only-if-empty domainctl unbind -e 0 empty_device
expect_error "0 is no domain" update-to-none domainctl update empty_device 0
expect_error "is not a number" blank-and-sign domainctl unload " -1"
expect_output "$before" still-the-same bound empty_device
expect_output loaded other-untouched domain "$other" state
check unload-other domainctl unload "$other"
expect_error "Invalid argument" heap-limit-too-large domainctl load $images/hello.domain 1073741825
expect_error "No such file or directory" load-of-nothing domainctl load /no/such.file
expect_error "Invalid argument" load-of-a-folder domainctl load /lib/.
# nobody would know its number
before=$(left)
expect_error "Bad address" load-without-answer domain-exercise blind $images/hello.domain
expect_error "No space left on device" load-into-full sh -c "domainctl load $images/hello.domain >/dev/full"
expect_error "No space left on device" list-into-full sh -c "domainctl list >/dev/full"
expect_output "$before" load-without-answer-undone left
expect_status 2 usage domainctl bind log
expect_status 2 no-command domainctl frobnicate
expect_status 1 no-number domainctl unload x

# slots of controllers
check slot-create domainctl slot create t command
expect_error "File exists" slot-twice domainctl slot create t command
expect_error "Invalid argument" slot-bad-name domainctl slot create a/b command
expect_error "Operation not supported" slot-of-a-driver domainctl slot create u log
expect_error "No such file or directory" slot-of-nothing domainctl slot create u nothing
# whoever watches is not told that the slot has gone, and has to find out
check slot-watched domainctl slot create watched command
timeout 10 domainctl watch watched >/tmp/watched 2>&1 &
watch=$!
wait_for 5 grep -q . /tmp/watched
check destroy-watched domainctl slot destroy watched
wait $watch
expect_output 1 watch-ends echo $?
check bind-hello domainctl bind t $images/hello.domain
expect_output 42 call domainctl call t 0 21
expect_error "Device or resource busy" destroy-while-bound domainctl slot destroy t
expect_error "Operation not supported" destroy-of-a-drivers domainctl slot destroy log
expect_error "Protocol wrong type for socket" call-of-another-interface domainctl call log 0 0
check update-minimal domainctl update t $images/minimal.domain
expect_output -38 method-that-is-missing sh -c "domainctl call t 0 0 || :"
check unbind-minimal domainctl unbind t
expect_error "Input/output error" init-that-fails domainctl bind t $images/bad_init.domain
expect_error "Bad message" ops-that-are-garbage domainctl load $images/bad_ops.domain
expect_output 0 nothing-bound bound t

# what a domain does not give back is taken, and shown
check bind-guest domainctl bind t $images/guest.domain
id=$(bound t)
domainctl call t 1 1000 >/dev/null
domainctl call t 2 1000 >/dev/null
expect_output "-22" frees-what-it-does-not-own sh -c "domainctl call t 3 0 || :"
expect_output "1 1 1" accounted sh -c "cd $domains/$id; echo \$(cat allocations shared_objects refused_frees)"
check heap-counted test "$(domain "$id" heap_bytes)" -ge 1000
expect_output "-12" heap-limit sh -c "domainctl call t 1 16777216 || :"
domainctl load $images/guest.domain >/tmp/other
mark
check replace-who-leaks domainctl update t "$(cat /tmp/other)"
check leak-reported sh -c "dmesg | grep -q 'domain guest.*\(leaked\|reclaimed\|left\)'"

# stack traces name functions of domains
domainctl call t 0 5000 >/dev/null &
sleep 1
mark
echo w >/proc/sysrq-trigger
wait $!
dmesg | sed "1,/mark $marks\$/d" >/tmp/trace
check trace-names-function grep -q "guest:guest_run+0x" /tmp/trace
check trace-goes-on grep -q "domain_ioctl+0x" /tmp/trace
if [ -e /sys/kernel/debug/check_wx_pages ]; then
	expect_output SUCCESS no-page-is-writable-and-executable cat /sys/kernel/debug/check_wx_pages
else
	skip no-page-is-writable-and-executable "no check_wx_pages in this kernel"
fi

# without privilege
# by its path: busybox has a setpriv of its own that knows less
nobody="/bin/setpriv --reuid=65534 --regid=65534 --clear-groups"
bounded="/bin/setpriv --bounding-set=-sys_module --inh-caps=-sys_module"
expect_error "Permission denied" nobody-cannot-open $nobody domainctl list
expect_error "Permission denied" nobody-cannot-log $nobody sh -c "echo x >/dev/domain_log"
expect_error "Operation not permitted" root-without-cap-sys-module $bounded domainctl load $images/hello.domain
expect_error "Operation not permitted" inherited-by-nobody sh -c "$nobody domain-exercise inherit </dev/domain"
expect_error "Operation not permitted" inherited-without-cap sh -c "$bounded domain-exercise inherit </dev/domain"
check inherited-with-cap sh -c "domain-exercise inherit </dev/domain"
check sysfs-is-readable $nobody cat $slots/t/domain
check nothing-in-sysfs-is-writable sh -c "! find /sys/kernel/domain -type f -perm /222 ! -name uevent | grep ."

domainctl unbind t >/dev/null
check slot-destroy domainctl slot destroy t
domainctl unbind empty_device >/dev/null
expect_output "0 domains, 0 bound" all-unloaded left

# loading and unloading leaves nothing behind
cycle() { domainctl bind empty_device $images/empty_v1.domain && domainctl unbind empty_device; }
kept() { awk '/^(MemFree|KReclaimable):/ { n += $2 } END { print n }' /proc/meminfo; }
for i in 1 2 3 4 5; do cycle >/dev/null; done
areas=$(areas)
before=$(kept)
for i in $(seq 50); do cycle >/dev/null || break; done
expect_output 50 fifty-lives echo "$i"
expect_output "$areas" no-memory-mapped areas
lost_little() { lost=$((before - $(kept))); [ $lost -lt 4096 ]; }
check memory-is-given-back wait_for 10 lost_little
echo "# $lost KiB less in 50 lives"

# where no modules may come in, no images may; there is no way back, so this is the last
if [ -e /proc/sys/kernel/modules_disabled ]; then
	domainctl load $images/log_v1.domain >/tmp/other
	echo 1 >/proc/sys/kernel/modules_disabled
	expect_error "Operation not permitted" modules-disabled domainctl load $images/log_v2.domain
	check loaded-before-can-be-bound domainctl bind log "$(cat /tmp/other)"
	check and-unbound domainctl unbind log
else
	skip modules-disabled "a kernel without modules"
fi
finish
