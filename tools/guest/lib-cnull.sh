# SPDX-License-Identifier: GPL-2.0
# For the test scripts of cnull: . /run/lib-cnull.sh after lib.sh and lib-disks.sh
#
# DRIVER=null_blk on the kernel's command line runs a script on its peer, as far
# as the two are meant to be alike.
DRIVER=${DRIVER:-cnull}
root=$(disk_root "$DRIVER")
params=/sys/module/$DRIVER/parameters

is_cnull() { [ "$DRIVER" = cnull ]; }

# disk NAME [ATTRIBUTE=VALUE ...]: a powered disk of 64 MiB unless size= says otherwise
disk() {
	local name=$1; shift
	case " $* " in
	*" size="*) ;;
	*) set -- size=64 "$@" ;;
	esac
	disk_new "$DRIVER" "$name" "$@"
}
drop() { disk_remove "$DRIVER" "$1"; }

# fresh NAME [ATTRIBUTE=VALUE ...]: a disk that is not powered, for the tests of power-on itself
fresh() {
	local name=$1 a; shift
	mkdir "$root/$name" || return
	for a in size=64 "$@"; do
		store "$root/$name/${a%%=*}" "${a#*=}" || return
	done
}

power() { store "$root/$1/power" "$2"; }

# fio_on NAME OPTION ...: one job, direct I/O
fio_on() {
	local name=$1; shift
	fio --name=t --filename="/dev/$name" --allow_file_create=0 --direct=1 --eta=never --output-format=terse \
		--verify_state_save=0 "$@"
}

# verify NAME OPTION ...: random I/O of mixed sizes, everything read back and checked
verify() {
	local name=$1; shift
	fio_on "$name" --ioengine=io_uring --iodepth=16 --rw=randrw --bsrange=4k-64k --verify=crc32c --verify_fatal=1 "$@"
}

# busy NAME OPTION ...: I/O in the background for a minute or until it fails; $fio is its
# process. Returns once there is I/O, and fails if there is none; a bio-based cnull does not
# count it, there it is a guess.
busy() {
	local name=$1; shift
	fio_on "$name" --ioengine=io_uring --iodepth=16 --rw=randrw --bsrange=4k-64k --size=64m --time_based --runtime=60 \
		"$@" >/tmp/busy 2>&1 &
	fio=$!
	[ -d "/sys/block/$name/mq" ] || sleep 3
	{ [ ! -d "/sys/block/$name/mq" ] || wait_for 30 awk '{exit $1 + $5 < 16}' "/sys/block/$name/stat"; } &&
		kill -0 $fio || { cat /tmp/busy; return 1; }
}

# put NAME CHARACTER BYTE-OFFSET BYTES: writes that character
put() {
	head -c "$4" /dev/zero | tr '\0' "$2" |
		dd of="/dev/$1" bs="$4" seek="$3" oflag=direct,seek_bytes iflag=fullblock count=1 2>/tmp/dd.err ||
		{ cat /tmp/dd.err; return 1; }
}

# put_fua NAME CHARACTER BYTE-OFFSET BYTES: the same as one FUA write
put_fua() {
	fio_on "$1" --rw=write --bs="$4" --size="$4" --offset="$3" --ioengine=psync --sync=dsync --buffer_pattern="\"$2\"" \
		>/tmp/fio 2>&1 || { cat /tmp/fio; return 1; }
}

# get NAME BYTE-OFFSET BYTES: reads and prints which characters came, e.g. "a b"; a zero is "0"
get() {
	dd if="/dev/$1" bs="$3" skip="$2" iflag=direct,skip_bytes count=1 2>/tmp/dd.err >/tmp/dd.out ||
		{ cat /tmp/dd.err; return 1; }
	tr '\0\377' '0F' </tmp/dd.out | fold -w 1 | uniq | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# flush NAME: what fsync() does
flush() { dd if=/dev/null of="/dev/$1" conv=fsync,notrunc 2>/dev/null; }

# milliseconds COMMAND ...: how long it takes, on stdout; its status
milliseconds() {
	local from to status
	read -r from _ </proc/uptime
	"$@" >/dev/null 2>&1
	status=$?
	read -r to _ </proc/uptime
	echo $(((${to%.*}${to#*.} - ${from%.*}${from#*.}) * 10))
	return $status
}

# on DRIVER COMMAND ...: with the functions above meant for that driver
on() {
	local DRIVER=$1 root status; shift
	root=$(disk_root "$DRIVER")
	"$@"
}

# peer COMMAND ...: the same on null_blk, as a note in the log, never a case
peer() {
	if ! is_cnull || ! [ -d /sys/kernel/config/nullb ]; then
		return
	elif on null_blk "$@" >/tmp/peer 2>&1; then
		echo "# null_blk: right in this kernel: $*"
	else
		echo "# null_blk: wrong, as known: $*: $(tail -n 1 /tmp/peer)"
	fi
}
