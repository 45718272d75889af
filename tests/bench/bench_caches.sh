#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_caches.sh - thousands of caches: what each of them costs must not depend
# on how many there are
#
# Run by make bench. Times are of the wall clock, and the first column after
# the name is microseconds for each cache, or for each file. WALK is the largest
# number of caches whose files are all read: there are about a hundred for each.

# shellcheck source=common.sh
. "${abs_top_srcdir:?run by make bench}/tests/bench/common.sh"

numbers=${NUMBERS:-1000 2000 4000 10000}
walk=${WALK:-1000}
memory_limit=100 # MB

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

# layout CACHES POOLS - as lines of config, whole, as config has them
layout() {
	awk -v caches="$1" -v pools="$2" 'BEGIN {
		for (i = 0; i < caches; i++)
			printf "cache c%d objsize=%d align=0 flags=none " \
				"ctor=none gfp=GFP_KERNEL limit=max\n", i,
				64 + i % 500 * 8
		for (i = 0; i < pools; i++)
			printf "pool p%d backing=slab:c%d min_nr=2 " \
				"gfp=GFP_KERNEL limit=max poison=0\n", i, i
	}'
}

# save_and_restore NUMBER - a layout of so many caches and a tenth of it of pools
save_and_restore() {
	local number=$1 things=$(($1 + $1 / 10))

	layout "$number" $((number / 10)) > "$work/layout"
	start_daemon -o memory=1G
	each "write config ($((number / 10)) pools, too)" "$things" \
		cp "$work/layout" "$M/config"
	each "read config" "$things" cp "$M/config" "$work/saved"
	each "write what is there already" "$things" cp "$work/saved" "$M/config"
	cmp "$work/layout" "$work/saved" || fail "config is not what was written"
	stop_daemon
	each "start with it" "$things" \
		start_daemon -o "memory=1G,config=$work/layout"
	stop_daemon
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
	save_and_restore "$number"
done
