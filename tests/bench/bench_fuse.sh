#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_fuse.sh - system calls on the mount beside the same ones on a server
# that answers constants (floor.c), in turns (fuse_client.c)
#
# Run by make bench. Tables for CLIENTS clients, with both servers on the CPU of
# the clients and on another one; then what one command costs an object, and how
# long the daemon takes to answer.

# shellcheck source=common.sh
. "${abs_top_srcdir:?run by make bench}/tests/bench/common.sh"

clients=${CLIENTS-1 2 16}
rounds=11
most=1000000
bench=$abs_top_builddir/tests/bench
F=$work/F
floor_pid=

at_end() {
	[ -z "$floor_pid" ] || stop_floor
}

start_floor() {
	mkdir -p "$F"
	"$bench/floor" "$F" &
	floor_pid=$!
	until_true test -e "$F/attribute"
}

stop_floor() {
	fusermount3 -u "$F"
	wait "$floor_pid" || :
	floor_pid=
}

# on CPU PID - all threads of it
on() {
	taskset -a -c -p "$1" "$2" > /dev/null
}

# of_rounds WHAT UNIT LIMIT FIGURE... - in tenths; the median, least and most
of_rounds() {
	local what=$1 unit=$2 limit=$3 sorted verdict=met middle figure

	shift 3
	mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
	middle=${sorted[${#sorted[@]} / 2]}
	[ "$middle" -le $((limit * 10)) ] || verdict=missed
	printf '  %-42s' "$what"
	for figure in "$middle" "${sorted[0]}" "${sorted[-1]}"; do
		printf ' %7d.%d' $((figure / 10)) $((figure % 10))
	done
	printf ' %s (limit %s) %s\n' "$unit" "$limit" "$verdict"
}

fill() {
	local number

	mkdir "$M/caches/bench"
	put 64 "$M/caches/bench/objsize"
	for number in 1000 100000 1000000; do
		mkdir "$M/caches/list-$number"
		put $number "$M/caches/list-$number/alloc"
	done
}

measure_calls() {
	local number

	start_daemon -o memory=256M
	start_floor
	fill
	on 0 "$daemon_pid"
	on 0 "$floor_pid"
	for number in $clients; do
		echo "$number client(s), one CPU for all"
		"$bench/fuse_client" "$number" 0 "$F" "$M"
		[ "$(nproc)" -gt 1 ] || continue
		echo "$number client(s), the servers on another CPU"
		"$bench/fuse_client" "$number" 1 "$F" "$M"
	done
	stop_floor
	stop_daemon
}

# One write allocates a million objects, another frees them.
measure_bulk() {
	local i start mid figures=() allocs=()

	start_daemon -o memory=256M
	mkdir "$M/caches/bench"
	for ((i = 0; i < rounds; i++)); do
		start=$(now_us)
		echo $most > "$M/caches/bench/alloc"
		mid=$(now_us)
		echo all > "$M/caches/bench/free"
		figures+=($((($(now_us) - start) * 10000 / most)))
		allocs+=($(((mid - start) * 10000 / most)))
	done
	stop_daemon
	of_rounds "$most > alloc, all > free, an object" ns 100 "${figures[@]}"
	of_rounds "of that, alloc" ns 100 "${allocs[@]}"
}

# It returns to the shell when the mount answers.
measure_start() {
	local i start figures=()

	for ((i = 0; i < rounds; i++)); do
		start=$(now_us)
		"$ALLOCFS" "$M"
		[ -e "$M/version" ]
		figures+=($((($(now_us) - start) / 100)))
		fusermount3 -u "$M"
	done
	of_rounds "start of the daemon to first answer" ms 20 "${figures[@]}"
}

need_fuse
measure_calls
echo "commands"
measure_bulk
measure_start
"$bench/init"
