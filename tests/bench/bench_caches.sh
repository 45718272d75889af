#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_caches.sh - thousands of caches: what each of them costs must not depend
# on how many there are
#
# Run by make bench. Times are of the wall clock, and the first column after
# the name is microseconds for each cache, or for each file. WALK is the largest
# number of caches whose files are all read: there are about a hundred for each.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make bench}/tests/lib/common.sh"

numbers=${NUMBERS:-1000 2000 4000 10000}
walk=${WALK:-1000}
memory_limit=100 # MB

# A machine without FUSE is no reason for make bench to fail.
skip() {
	echo "left out: $*"
	exit 0
}

now_us() {
	echo "${EPOCHREALTIME/[.,]/}"
}

# tenths NUMBER - of tenths, as a decimal fraction
tenths() {
	echo "$(($1 / 10)).$(($1 % 10))"
}

# each WHAT NUMBER COMMAND... - its time, and that for each of NUMBER
each() {
	local what=$1 number=$2 start us

	shift 2
	start=$(now_us)
	"$@" > /dev/null || fail "$*"
	us=$(($(now_us) - start))
	printf '  %-42s %9s us %9s ms\n' "$what" "$(tenths $((us * 10 / number)))" \
		"$(tenths $((us / 100)))"
}

resident_kib() {
	value VmRSS: "/proc/$daemon_pid/status" | tr -dc '0-9'
}

# of_all FILE COMMAND... - it gets FILE of all caches as arguments
of_all() {
	local file=$1

	shift
	(cd "$M/caches" && printf "c%d/$file\n" "${range[@]}" |
		xargs "$@")
}

walk_all() {
	(cd "$M/caches" && find . -type f -exec cat {} +)
}

measure() {
	local number=$1 files

	mapfile -t range < <(seq "$number")
	echo "$number caches"
	each "mkdir" "$number" of_all "" mkdir
	each "ls -U caches" "$number" ls -U "$M/caches"
	each "ls -l caches" "$number" ls -l "$M/caches"
	each "stat of a file of each" "$number" of_all objsize stat
	each "cat of a file of each" "$number" of_all objsize cat
	each "cat of proc/slabinfo" "$number" cat "$M/proc/slabinfo"
	each "stat of what is not there" 100 \
		bash -c "for ((i = 0; i < 100; i++)); do
			[ ! -e '$M/caches/none'\$i ] || exit 1
		done"
	if [ "$number" -le "$walk" ]; then
		files=$(find "$M/caches" -type f | wc -l)
		each "find . -type f -exec cat {} + ($files)" "$files" walk_all
	fi
	echo "  resident: $(($(resident_kib) / 1024)) MiB" \
		"(limit $memory_limit)"
	each "rmdir" "$number" of_all "" rmdir
}

for number in $numbers; do
	start_daemon
	measure "$number"
	stop_daemon
done
