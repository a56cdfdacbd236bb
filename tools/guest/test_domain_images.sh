#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# memory: 512M
#
# Malformed images through the whole of the kernel: each has its errno, and one line in the
# log that says why; none is loaded. The parser's own tests know hundreds more.
. /run/lib.sh
. /run/lib-domain.sh
suite domain_images

good=$images/hello.domain

# words OFFSET BYTES FORMAT: what is there, as numbers of 32 bits, low half first where it
# is one of 64; ph N FIELD: the offset of a field of a program header
words() { dd if=$good bs=1 skip="$1" count="$2" 2>/dev/null | hexdump -v -e "$3"; }
ph() { echo $((64 + 56 * $1 + $2)); }
note=$(($(strings -t d $good | awk '/LinuxDomain/ { print $1; exit }') + 12))
dynamic=$(words "$(ph 3 8)" 4 '1/4 "%u\n"')
size=$(stat -c %s $good)
# DT_RELA is 7
rela=$(words "$dynamic" 256 '4/4 "%u " "\n"' | awk '$1 == 7 { print $3; exit }')

# patched NAME OFFSET BYTES ERROR MESSAGE: a copy with other bytes at an offset
patched() {
	cp $good $bad
	printf "$3" | dd of=$bad bs=1 seek="$2" conv=notrunc 2>/dev/null
	refused "$1" "$4" "$5"
}

expect_output "1" the-original domainctl load $good
domainctl unload 1
noexec="Exec format error"
patched magic 0 '\177ELG' "$noexec" "e_ident"
patched elf32 4 '\1' "$noexec" "e_ident"
patched big-endian 5 '\2' "$noexec" "e_ident"
patched not-a-pie 16 '\2\0' "$noexec" "e_type"
patched wrong-machine 18 '\144\0' "$noexec" "e_machine"
patched headers-beyond-the-end 32 '\377\377\377\377\377\377\377\377' "$noexec" "e_phoff"
patched entry-in-data 24 '\0\0\0\0\0\0\0\0' "$noexec" "e_entry"
patched writable-text "$(ph 1 4)" '\7' "$noexec" "must be R, R+X or R+W"
patched executable-rodata "$(ph 0 4)" '\7' "$noexec" "must be R, R+X or R+W"
patched overlapping-segments "$(ph 1 16)" '\0\0\0\0\0\0\0\0' "$noexec" "p_vaddr"
patched more-in-the-file-than-in-memory "$(ph 1 40)" '\1\0\0\0\0\0\0\0' "File too large" "p_filesz[1]"
patched segment-of-exabytes "$(ph 2 40)" '\0\0\0\0\0\0\0\177' "File too large" "p_memsz"
patched interpreter "$(ph 5 0)" '\3\0\0\0' "Operation not supported" "p_type"
patched thread-local-storage "$(ph 5 0)" '\7\0\0\0' "Operation not supported" "p_type"
patched segment-of-no-type "$(ph 4 0)" '\0\0\0\0' "Operation not supported" "p_type"
patched no-note "$((note - 12))" 'X' "$noexec" "note"
patched relocation-outside "$rela" '\0\0\0\0\0\0\1\0' "$noexec" "r_offset"
patched relocation-of-another-kind "$((rela + 8))" '\1' "Operation not supported" "r_info"
patched note-magic "$note" 'EVIL' "$noexec" "magic"
patched note-abi "$((note + 4))" '\143' "Operation not supported" "abi"
patched note-flags "$((note + 8))" '\200' "Operation not supported" "flags"
patched major-version "$((note + 12))" '\2' "Protocol error" "interface command 2."
patched more-methods "$((note + 14))" '\77' "Protocol error" "interface command 1.63"
patched layout-hash "$((note + 16))" '\1\2\3\4' "Protocol error" "another layout"
patched name-with-a-slash "$((note + 33))" '/' "$noexec" "name[1]: not a valid string"
patched no-such-interface "$((note + 96))" 'xommand' "No such file or directory" 'no interface "xommand"'

for n in 0 1 63 64 1000 $((size / 2)); do
	head -c "$n" $good >$bad
	# an empty file is none of the parser's
	if [ "$n" = 0 ]; then
		expect_error "Invalid argument" empty-file domainctl load $bad
	else
		refused "cut-to-$n-bytes" "$noexec" "domain: image refused"
	fi
done
truncate -s 65M $bad
expect_error "File too large" more-than-64-megabytes domainctl load $bad
expect_output "0 domains, 0 bound" nothing-is-loaded left
check the-original-still-loads domainctl load $good
finish
