# SPDX-License-Identifier: GPL-2.0
# For the test scripts of cnull as a domain: . /run/lib-cnull-domain.sh after the other
# libraries; $seconds is how long busy_verify() takes.

# needs_domains: the end of a script whose kernel has no cnull with domains
needs_domains() {
	if ! grep -qw domain "$root/features" 2>/dev/null &&
	   ! { modprobe cnull nr_devices=0 && grep -qw domain "$root/features"; }; then
		skip all "no attribute domain in this kernel"
		finish
	fi
}

# with_domain NAME IMAGE [ATTRIBUTE=VALUE ...]: a powered disk with a slot of its name
with_domain() {
	local name=$1 image=$2; shift 2
	fresh "$name" memory_backed=1 "$@" && store "$root/$name/domain" "$name" &&
		domainctl bind "$name" $images/"$image".domain && power "$name" 1 && wait_block "$name"
}

# without_domain NAME
without_domain() { power "$1" 0 && domainctl unbind "$1" && rmdir "$root/$1"; }

# update NAME IMAGE: also tells the pause in ns
update() { domainctl update "$1" $images/"$2".domain; }

# counted NAME WHAT: what the domain has counted; needs stats=1
counted() { sed -n "s/^$2  *//p" "/sys/kernel/debug/cnull/$1/domain"; }

# busy_verify NAME OPTION ...: four jobs in the background, mixed, direct, everything checked
busy_verify() {
	local name=$1; shift
	fio --name=t --filename="/dev/$name" --allow_file_create=0 --direct=1 --eta=never --output-format=json \
		--verify_state_save=0 --ioengine=io_uring --iodepth=32 --rw=randrw --bsrange=4k-32k --numjobs=4 \
		--size=12m --offset_increment=12m --verify=crc32c --verify_fatal=1 --time_based --runtime="$seconds" \
		--group_reporting "$@" >/tmp/verify 2>/tmp/verify.err &
	fio=$!
}

# faulty: what fio's report says went wrong
faulty() { sed -n 's/^.*"\(error\|total_err\)" : \([1-9][0-9]*\),*$/\1 \2/p' /tmp/verify; cat /tmp/verify.err; }

# in_flight NAME: reads and writes that the block layer waits for
in_flight() { echo $(cat "/sys/block/$1/inflight"); }
