#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# common.sh - for the benches that are scripts; sourced by them

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make bench}/tests/lib/common.sh"

# A machine without FUSE is no reason for make bench to fail.
skip() {
	echo "left out: $*"
	exit 0
}

# report WHAT VALUE [UNIT [LIMIT]]
report() {
	printf '  %-42s %9s%s\n' "$1" "$2" "${3:+ $3}${4:+   (limit $4)}"
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# ms_since START - START is of now_us
ms_since() {
	local us=$(($(now_us) - $1))

	printf '%d.%d\n' $((us / 1000)) $((us % 1000 / 100))
}

resident_kib() {
	value VmRSS: "/proc/$daemon_pid/status" | tr -dc '0-9'
}
