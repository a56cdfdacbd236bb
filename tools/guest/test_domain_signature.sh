#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# config: signature
# memory: 512M
# signed: hello minimal
#
# Images with signatures: by the key of the kernel's build, by another one, and damaged ones;
# while the kernel is lenient, when it is locked down, and when it takes signed ones only.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_signature

plain=$images/hello.domain
signed=$images/signed/hello.domain
foreign=$images/signed/hello.foreign.domain
other=$images/signed/minimal.domain
rejected="Key was rejected by service"

# A signed image ends with the message, 12 bytes about it, and the marker of 28 bytes
image_size=$(stat -c %s $plain)
size=$(stat -c %s $signed)
marker=$((size - 28))
about=$((size - 40))
message=$((about - image_size))
# tail_of FILE IMAGE: what a signed FILE has more than the IMAGE
tail_of() { tail -c +$(($(stat -c %s "$2") + 1)) "$1"; }

# taken NAME SIGNED: $bad loads, and the domain counts as signed or not
taken() {
	local id
	if id=$(domainctl load $bad 2>/tmp/why); then
		expect_output "$2" "$1" domain "$id" signed
		domainctl unload "$id"
	else
		fail "$1" "$(cat /tmp/why)"
	fi
}

# put OFFSET BYTES: into $bad; a byte of it changed in one bit
put() { printf "$2" | dd of=$bad bs=1 seek="$1" conv=notrunc 2>/dev/null; }
flip() { put "$1" "\\$(printf %o $(($(od -An -tu1 -j "$1" -N 1 $bad) ^ 1)))"; }

# length N: big endian, as the signature's is stored
length() { printf '\\%o\\%o\\%o\\%o' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)); }

# damaged PHASE: what is refused in all of them, for the same reasons
damaged() {
	local at n

	cp $signed $bad; flip $((image_size / 2))
	refused "$1-flipped-bit-of-image" "$rejected" "its signature is of something else"
	cp $signed $bad; flip $((about - 1))
	refused "$1-flipped-bit-of-signature" "$rejected" "its signature is of something else"
	cp $plain $bad; tail_of $other $images/minimal.domain >>$bad
	refused "$1-signature-of-another-image" "$rejected" "its signature is of something else"
	{ cat $plain; echo more; tail_of $signed $plain; } >$bad
	refused "$1-bytes-after-the-image" "$rejected" "its signature is of something else"

	{ head -c $((about - 100)) $signed; tail -c 40 $signed; } >$bad
	refused "$1-signature-cut" "Bad message" "its signature is malformed"
	put $((about - 92)) "$(length $((message - 100)))"
	refused "$1-signature-cut-length-too" "Bad message" "its signature is malformed"
	for n in 0 1 $((message - 1)) $((message + 1)) $((about - 1)) $about $((about + 1)) 2147483648 4294967295; do
		cp $signed $bad; put $((about + 8)) "$(length "$n")"
		refused "$1-length-of-$n" "Bad message" "its signature is malformed"
	done
	cp $signed $bad; put $((about + 3)) '\1'
	expect_error "Bad message" "$1-signer-length" domainctl load $bad
	cp $signed $bad; put $((about + 7)) '\1'
	expect_error "Bad message" "$1-padding" domainctl load $bad
	tail -c 28 $signed >/tmp/marker
	{ head -c 11 $signed; cat /tmp/marker; } >$bad
	refused "$1-little-but-a-marker" "Bad message" "its signature is malformed"

	# what else a bit may do, it does not make the image signed
	n=0
	for at in $(seq 0 $((image_size / 24)) $((image_size - 1))); do
		cp $signed $bad; flip "$at"
		domainctl load $bad >/tmp/out 2>&1 && break
		grep -q "$rejected" /tmp/out && n=$((n + 1))
	done
	expect_output "$(seq 0 $((image_size / 24)) $((image_size - 1)) | wc -l)" "$1-no-bit-of-the-image-may-change" echo $n

	# the modules' signatures are by the same key; their files are no images
	cp "$(find /lib/modules -name 'domain_bench.ko')" $bad
	n=$(stat -c %s $bad)
	expect_output "~Module signature appended~" "$1-module-is-signed" tail -c 28 $bad
	put $((n - 28)) "~Domain"
	refused "$1-module-in-disguise" "Exec format error" "e_type"
}

# untrusted PHASE FUNCTION ARGUMENT...: FUNCTION NAME ARGUMENT... WHY says what becomes of
# files that nobody vouches for
untrusted() {
	local phase=$1 then=$2; shift 2

	cp $plain $bad
	$then "$phase-unsigned" "$@" "it has no signature"
	cp $foreign $bad
	$then "$phase-unknown-key" "$@" "it is signed with an unknown key"
	{ cat $signed; echo; } >$bad
	$then "$phase-bytes-after-the-marker" "$@" "it has no signature"
	cp $signed $bad; put "$marker" "~Module"
	$then "$phase-marker-of-modules" "$@" "it has no signature"
	cp $signed $bad; put $((about + 2)) '\1'
	$then "$phase-not-pkcs7" "$@" "its signature is of an unsupported kind"
}
# not_pkcs7 has a line of the kernel's function for modules as well
refused_saying() {
	mark
	expect_error "$2" "$1" domainctl load $bad
	check "$1-message" sh -c "dmesg | sed '1,/mark $marks\$/d' | grep -qF '$3'"
}

check signed-is-longer test "$message" -gt 100

cp $signed $bad
taken lenient-signed 1
untrusted lenient taken 0
damaged lenient

mount -t securityfs securityfs /sys/kernel/security
check lock-down store /sys/kernel/security/lockdown integrity
sleep 5
untrusted locked refused_saying "Operation not permitted"
cp $signed $bad
taken locked-signed 1
damaged locked

enforce=/sys/module/domain/parameters/sig_enforce
expect_output N not-enforced-yet cat $enforce
check enforce store $enforce 1
expect_error "Read-only file system" not-undone store $enforce 0
sleep 5
untrusted enforced refused_saying "$rejected"
cp $signed $bad
taken enforced-signed 1
damaged enforced

# a signed image is one like all others
check slot domainctl slot create t command
check bind domainctl bind t $signed
expect_output 42 call domainctl call t 0 21
check update domainctl update t $other
domainctl unbind t >/dev/null
domainctl slot destroy t
expect_output "0 domains, 0 bound" nothing-left left
finish
