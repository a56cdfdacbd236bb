#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# config: suites
# memory: 2G
# seconds: 3000
#
# The KUnit suites once more, started by debugfs in a kernel that runs, with
# whatever it has been built to watch itself by: lockdep, KASAN, kmemleak.
. /run/lib.sh
suite suites
suites=/sys/kernel/debug/kunit

# cases WHAT SUITE: how many are "ok", "not ok" or, of the former, skipped
cases() { grep -c "^    $1 [0-9]" "$suites/$2/results"; }

# of one suite: all of its cases, and that it had any
run() {
	local name=$1 bad
	store "$suites/$name/run" 1 || { fail "$name" "cannot be run"; return; }
	bad=$(cases "not ok" "$name")
	if [ "$bad" -gt 0 ]; then
		fail "$name" "$bad cases"
		grep -B 8 "^    not ok " $suites/$name/results | sed 's/^/# /'
	elif [ "$(cases ok "$name")" -eq 0 ]; then
		fail "$name" "no case"
	else
		ok "$name"
		echo "# $name: $(cases ok "$name") cases, $(grep -c "^    ok .* # SKIP" $suites/$name/results) of them skipped"
	fi
}

for module in $(cd /lib/modules/*/ && find . -name 'cnull_*_kunit.ko' | sed 's|.*/||; s|\.ko$||'); do
	check "$module" modprobe "$module"
done
for dir in $suites/domain* $suites/cnull* $suites/list_sort*; do
	run "${dir##*/}"
done
# where they are not, domain_fault_test_write_kernel() can only say so
[ ! -d $suites/domain_fault ] ||
	expect_status 1 constants-are-protected grep -q "are not protected yet" $suites/domain_fault/results
finish
