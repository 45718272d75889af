#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_objects.sh - a million objects in one directory
#
# Run by make bench. Times are of the wall clock. What an object costs beside
# its own bytes is what the daemon's resident memory grows by, less these.

# shellcheck source=common.sh
. "${abs_top_srcdir:?run by make bench}/tests/bench/common.sh"

most=1000000
objsize=64
drawn=1000
files=$abs_top_builddir/tests/bench/files
cache=$M/caches/conn

measure_alloc() {
	local before start after bytes

	before=$(resident_kib)
	start=$(now_us)
	put $most "$cache/alloc"
	report "one write allocates $most objects" "$(ms_since "$start")" \
		ms 150
	after=$(resident_kib)
	bytes=$(((after - before) * 1024 * 10 / most - objsize * 10))
	report "memory of an object beside its $objsize bytes" \
		$((bytes / 10)).$((bytes % 10)) bytes 32
	expect_value $most "$cache/alloc"
}

measure_listing() {
	local start

	start=$(now_us)
	expect $most bash -c "ls -U '$cache/objects' | wc -l"
	report "ls -U objects | wc -l" "$(ms_since "$start")" ms 500
}

# measure_files NUMBER - calls on single files of so many
measure_files() {
	local what us

	while read -r what us; do
		report "$what of one of $1" "$us" us
	done < <("$files" "$cache/objects" "$1" $drawn)
}

# fill NUMBER - a new directory with objects 1 to NUMBER
fill() {
	[ ! -d "$cache" ] || rmdir "$cache"
	mkdir "$cache"
	put $objsize "$cache/objsize"
	[ "$1" -eq 0 ] || put "$1" "$cache/alloc"
}

start_daemon -o memory=256M
for number in 1000 30000; do
	fill $number
	measure_files $number
	put all "$cache/free"
done
stop_daemon

# In a new daemon, so that no memory is there already.
start_daemon -o memory=256M
fill 0
measure_alloc
measure_listing
measure_files $most
start=$(now_us)
put all "$cache/free"
report "one write frees what is left" "$(ms_since "$start")" ms
stop_daemon
