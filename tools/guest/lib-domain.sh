# SPDX-License-Identifier: GPL-2.0
# For the test scripts of domains: . /run/lib-domain.sh after lib.sh
images=/lib/domain
slots=/sys/kernel/domain/slots
domains=/sys/kernel/domain/domains
bench=/sys/kernel/debug/domain_bench

# slot NAME ATTRIBUTE, domain ID ATTRIBUTE: a value in sysfs
slot() { cat "$slots/$1/$2"; }
domain() { cat "$domains/$1/$2"; }

# bound SLOT: the number of its domain
bound() { slot "$1" domain; }

# empty FIELD: what /dev/domain_empty has counted
empty() { domain-exercise stat | sed -n "s/^$1 //p"; }

# field FILE NAME: a value of a list of names and values
field() { sed -n "s/^$2 //p" "$1"; }

# contained: whether faults of domains are, in this kernel
contained() { grep -q "domain_handle_fault$" /proc/kallsyms; }

# left: how much is loaded, as a line to compare
left() { echo "$(ls $domains | wc -l) domains, $(cat $slots/*/domain | grep -vcx 0) bound"; }

# areas: how many there are of the kernel's virtual memory, without the stacks of tasks, which come and go
areas() { grep -cvE "kernel_clone|copy_process|dup_task_struct|unpurged" /proc/vmallocinfo; }

# mark: kernel messages from here on are what said() looks at
mark() { echo "mark $((marks = ${marks:-0} + 1))" >/dev/kmsg; }
said() { dmesg | sed "1,/mark $marks\$/d" | grep 'domain[: ]'; }
# said_once TEXT: exactly one message of domains, with that text
said_once() {
	said >/tmp/said
	cat /tmp/said
	[ "$(wc -l </tmp/said)" = 1 ] && grep -qF -- "$1" /tmp/said
}

# exact BEFORE AFTER DONE: the counters of domain-exercise stat before and after what
# domain-exercise load says it did; prints what does not add up
exact() {
	local f bad=0
	for f in reads writes bytes checksum; do
		[ $(($(field "$1" $f) + $(field "$3" $f))) = "$(field "$2" $f)" ] && continue
		echo "$f: $(field "$1" $f) and $(field "$3" $f) are not $(field "$2" $f)"
		bad=1
	done
	return $bad
}

bad=/tmp/bad.domain
# refused NAME ERROR MESSAGE: what loading $bad gives, and what the log says. The kernel limits
# such messages to ten in five seconds, so ten are looked at before a pause.
seen=0
refused() {
	local name=$1 before
	if [ $seen = 10 ]; then
		sleep 5
		seen=0
	fi
	seen=$((seen + 1))
	before=$(left)
	mark
	expect_error "$2" "$name" domainctl load $bad || return
	check "$name-message" said_once "$3"
	[ "$(left)" = "$before" ] || fail "$name-not-loaded" "$(left) instead of $before"
}
