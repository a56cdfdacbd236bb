# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by the commands that must start on a bare machine: brings Python 3.
#
# Such a command is a Python file that sh can begin. Its first lines are
#
#	#!/bin/sh
#	# SPDX-License-Identifier: GPL-2.0
#	""":"
#	. "$(dirname -- "$0")/lib/bootstrap.sh"
#	exec python3 "$0" "$@"
#	"""
#
# sh reads `""":"` as the command `:`; Python reads all up to the next three
# quotes as a string.

bootstrap_die() {
	echo "${0##*/}: error: $*" >&2
	exit 1
}

bootstrap_python() {
	# lzma is missing where only the minimal package is installed
	python3 -c 'import lzma, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
	if command -v python3 >/dev/null && python3 -c 'import lzma' 2>/dev/null; then
		bootstrap_die "needs Python 3.11 or later, this is $(python3 --version 2>&1)"
	fi
	for arg; do
		case $arg in
		--check|--help|-h) bootstrap_die "python3 is missing; without $arg it would be installed" ;;
		esac
	done
	if ! command -v apt-get >/dev/null; then
		bootstrap_die "needs python3 (3.11 or later), please install it"
	fi
	if [ "$(id -u)" = 0 ]; then
		as_root='env'
	elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		as_root="sudo env"
	else
		bootstrap_die "python3 is missing; run: sudo apt-get install --no-install-recommends python3"
	fi
	echo "${0##*/}: installing python3" >&2
	as_root="$as_root DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3"
	log=$(mktemp)
	# shellcheck disable=SC2086 # it is a command with its arguments
	$as_root install -y --no-install-recommends python3 >"$log" 2>&1 ||
		{ $as_root update && $as_root install -y --no-install-recommends python3; } >"$log" 2>&1 || {
			why=$(grep '^E:' "$log" | head -n 1)
			rm -f "$log"
			bootstrap_die "python3 cannot be installed: ${why:-apt-get failed}"
		}
	rm -f "$log"
}

bootstrap_python "$@"
