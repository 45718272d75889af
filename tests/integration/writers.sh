#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# writers.sh - every control file of the mount written by eight processes at
# once, while caches, pools, regions and objects come and go: nothing breaks,
# everybody comes back, and in the end the numbers are right
#
# ALLOCFS_STEPS rounds over all files, and SEED of what is done. Twice: the
# daemon; and a program, which can validate all of its allocator.

rounds=${ALLOCFS_STEPS:-1}
SCRIPT_LIMIT=${SCRIPT_LIMIT:-$((600 + 60 * rounds))}

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_fuse
seed=${SEED:-$RANDOM$RANDOM}
echo "SEED=$seed ALLOCFS_STEPS=$rounds"

# What is complained about in the log is what was written wrongly.
expect_log 'allocation failure'

sources() {
	(shopt -s nullglob &&
		echo "$M"/{caches,pools,pages}/* "$M/kmalloc" "$M/vmalloc")
}

# totals - what must be again as it was: objects in use everywhere, free pages
totals() {
	local dir

	for dir in $(sources); do
		echo "${dir#"$M"/} $(< "$dir/alloc")"
	done
	grep '^nr_free_pages ' "$M/proc/vmstat" || :
}

# settings - all of proc/sys, each value a line
settings() {
	(cd "$M/proc/sys" && grep -r . vm | sort)
}

restore_settings() {
	local line

	while read -r line; do
		{ echo "${line#*:}" > "$M/proc/sys/${line%%:*}"; } \
			2> /dev/null || :
	done < "$work/settings"
	settings | diff "$work/settings" - || fail "settings do not come back"
}

# is_free DIR - nothing in it is the mount's. What a closed stream has asked for
# goes when the daemon hears of the close, which nobody waits for.
is_free() {
	put all "$1/free"
	[ "$(value allocated "$1/events")" = "$(value freed "$1/events")" ]
}

is_gone() {
	put all "$1/free"
	rmdir "$1" 2> "$work/rmdir"
}

# give_back - free everything, and remove what was made
give_back() {
	local dir

	for dir in $(sources); do
		put max "$dir/limit"
		until_true is_free "$dir"
		same "" "$(ls "$dir/objects")" "objects in $dir"
	done
	for dir in "$M"/pools/* "$M"/caches/[tw][0-9]; do
		[ ! -d "$dir" ] || until_true is_gone "$dir"
	done
	rmdir "$M"/iomem/*
}

# settle - nothing kept that nobody has
settle() {
	local dir

	for dir in "$M"/caches/*; do
		put 0 "$dir/min_partial"
		put 1 "$dir/shrink"
	done
	put 3 "$M/proc/sys/vm/drop_caches"
}

# agree - each directory, slabinfo and the counters say the same of each cache
agree() {
	local name active total dir

	while read -r name active total _; do
		dir=$M/caches/$name
		[ -d "$dir" ] || continue
		same "$total" "$(read_number "$dir/total_objects")" \
			"total_objects of $name"
		same "$active" $(($(< "$dir/alloc") + $(< "$dir/cached"))) \
			"alloc + cached of $name"
		same "$total" $(($(< "$dir/alloc") + $(< "$dir/free"))) \
			"alloc + free of $name"
	done < <(tail -n +3 "$M/proc/slabinfo")
}

# read_number FILE - without what the kernel's format says behind it
read_number() {
	local number

	read -r number _ < "$1" && echo "$number"
}

# counted DIR - stats tell of five objects
counted() {
	local -A stat=()
	local name number

	put 0 "$1/stats"
	put 5 "$1/alloc"
	put all "$1/free"
	while read -r name number; do
		stat[$name]=$number
	done < "$1/stats"
	case $1 in
	*/caches/*)
		same 5 $((stat[alloc_fastpath] + stat[alloc_slowpath])) \
			"allocated in $1"
		same 5 $((stat[free_fastpath] + stat[free_slowpath])) \
			"freed in $1"
		;;
	*)
		same 5 "${stat[allocs]}" "allocated in $1"
		same 5 "${stat[frees]}" "freed in $1"
		;;
	esac
}

# populate - what stays while the others come and go
populate() {
	local i

	for i in 0 1 2 3; do
		mkdir "$M/caches/w$i" "$M/pools/w$i"
	done
	mkdir "$M/iomem/w0"
	put slab:w0 "$M/pools/w0/backing"
	put pages:0 "$M/pools/w1/backing"
}

# drive NAME - the whole of it, on the mount that is there
drive() {
	local cache

	settle
	totals > "$work/before"
	settings > "$work/settings"
	populate
	echo "$1:"
	"$abs_top_builddir/tests/lib/writers" "$M" 8 "$rounds" "$seed" ||
		fail "$1: trouble with seed $seed"
	restore_settings
	give_back
	put 0 "$M/error_log"
	for cache in "$M"/caches/*; do
		put 1 "$cache/validate"
	done
	same "" "$(< "$M/error_log")" "what validation found"
	agree
	mkdir "$M/caches/w0" "$M/pools/w0"
	counted "$M/caches/w0"
	counted "$M/pools/w0"
	rmdir "$M/pools/w0" "$M/caches/w0"
	settle
	totals > "$work/after"
	diff -u "$work/before" "$work/after" || fail "$1: the totals"
}

start_daemon -o memory=64M,cpus=2,nodes=2,modules
drive daemon
stop_daemon

# Another mount of the program looks on.
N=$work/N
mkdir "$N"
start_program
tell OK start 0 "$M"
tell OK start 1 "$N"
drive program
tell OK validate
expect "$(< "$M/proc/slabinfo")" cat "$N/proc/slabinfo"
tell OK stop 0
tell OK stop 1
tell ENODEV ready
stop_program
