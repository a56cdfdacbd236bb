# SPDX-License-Identifier: GPL-2.0
# Functions for guest test scripts: . /run/lib.sh
#
#   suite cnull
#   check power-on  store $dir/power 1
#   finish
#
# Every case prints one line: ok SUITE/CASE, not ok SUITE/CASE: reason, or
# skip SUITE/CASE: why. The output of a command that was checked is shown only
# when the check failed, indented by "# ".

_suite=guest
_passed=0 _failed=0 _skipped=0
_out=/tmp/.check.out

# suite NAME: what the following cases belong to
suite() { _suite=$1; }

ok() { _passed=$((_passed + 1)); echo "ok $_suite/$1"; }

# fail NAME REASON
fail() { _failed=$((_failed + 1)); echo "not ok $_suite/$1: $2"; }

# skip NAME WHY
skip() { _skipped=$((_skipped + 1)); echo "skip $_suite/$1: $2"; }

_show() { sed 's/^/# /' $_out | tail -n 20; }

# check NAME COMMAND...: passes if the command succeeds
check() { local name=$1; shift; expect_status 0 "$name" "$@"; }

# expect_status N NAME COMMAND...: passes if the command ends with status N
expect_status() {
	local want=$1 name=$2 got; shift 2
	"$@" >$_out 2>&1; got=$?
	if [ $got -eq "$want" ]; then
		ok "$name"
	else
		fail "$name" "status $got instead of $want: $*"
		_show
		return 1
	fi
}

# expect_error TEXT NAME COMMAND...: passes if the command fails and says TEXT,
# e.g. "Invalid argument" for EINVAL
expect_error() {
	local want=$1 name=$2 got; shift 2
	"$@" >$_out 2>&1; got=$?
	if [ $got -eq 0 ]; then
		fail "$name" "succeeded instead of \"$want\": $*"
		return 1
	elif ! grep -qF -- "$want" $_out; then
		fail "$name" "failed without \"$want\": $*"
		_show
		return 1
	fi
	ok "$name"
}

# expect_output TEXT NAME COMMAND...: passes if the command succeeds and prints exactly TEXT
expect_output() {
	local want=$1 name=$2 got; shift 2
	if ! got=$("$@" 2>$_out); then
		fail "$name" "failed: $*"
		_show
		return 1
	elif [ "$got" != "$want" ]; then
		fail "$name" "\"$got\" instead of \"$want\": $*"
		return 1
	fi
	ok "$name"
}

# store PATH VALUE: writes an attribute; a refusal is the status, with the
# kernel's reason on stderr ("write error: Invalid argument")
store() { echo "$2" >"$1"; }

# load PATH: an attribute's value
load() { cat "$1"; }

# hush LEVEL: the console shows only what the kernel says that is more urgent, while it is made
# to warn. What it must not say is looked for in its log instead, by listen and unhush.
hush() {
	echo "BUG: " | grep -qE -f /run/splats || fail hush "/run/splats does not work"
	dmesg -c >/dev/null
	: >/tmp/.complaints
	dmesg -n "$1"
}

# listen: what it said since hush or the last listen, as /tmp/heard. The log is not endless.
listen() {
	dmesg -c >/tmp/heard
	grep -E -f /run/splats /tmp/heard | grep -v "page allocation failure\|vmalloc error" >>/tmp/.complaints
}

# unhush: the console shows warnings again; fails if there was something to complain of since hush
unhush() {
	listen
	dmesg -n 5
	expect_output "" kernel-said-nothing-bad cat /tmp/.complaints
}

# trace [SYSTEM/EVENT ...]: record these from now on, and nothing else
trace() {
	local e
	store $_tracing/events/enable 0 && : >$_tracing/trace || return
	for e in "$@"; do store "$_tracing/events/$e/enable" 1 || return; done
}
_tracing=/sys/kernel/tracing

# traced: what has been recorded, without who, where and when
traced() { sed -n '/^#/d; s/^.*[0-9]: //p' $_tracing/trace; }

# can_fail: whether /proc/PID/fail-nth makes allocations fail in this kernel. All of them then, not
# only those that must not wait.
can_fail() {
	local what debug=/sys/kernel/debug
	[ -e /proc/self/fail-nth ] && [ -e $debug/failslab ] && [ -e $debug/fail_page_alloc ] || return
	for what in failslab fail_page_alloc; do
		store $debug/$what/ignore-gfp-wait N && store $debug/$what/verbose 0 || return
	done
	store $debug/fail_page_alloc/min-order 0 && store $debug/fail_page_alloc/ignore-gfp-highmem N
}

# wait_for SECONDS COMMAND...: repeats the command until it succeeds
wait_for() {
	local n=$(($1 * 20)); shift
	until "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		usleep 50000
	done
}

# wait_block DEVICE [SECONDS]: until /dev/DEVICE is a block device
wait_block() { wait_for "${2:-5}" test -b "/dev/$1"; }

# wait_gone PATH [SECONDS]
wait_gone() { wait_for "${2:-5}" test ! -e "$1"; }

# sectors DEVICE: its size in 512-byte sectors
sectors() { cat "/sys/block/$1/size"; }

# queue DEVICE ATTRIBUTE: a queue limit or setting
queue() { cat "/sys/block/$1/queue/$2"; }

# finish: the totals; ends the script, with status 1 if a case failed
finish() {
	echo "# $_passed passed, $_failed failed, $_skipped skipped"
	[ $_failed -eq 0 ]
	exit
}
