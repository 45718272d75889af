#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_mount.sh - what the mount costs: its start, clients that wait in an
# exhausted pool, and its end under them
#
# Run by make bench. Times are of the wall clock; this shell looks all the time
# and starts nothing for that.

# shellcheck source=common.sh
. "${abs_top_srcdir:?run by make bench}/tests/bench/common.sh"

parked=200
parked_at_end=50
reserve=20
pool=$M/pools/io
client_pids=()
served=0
clients=0

holds() {
	[ "$(< "$1")" = "$2" ]
}

# client NUMBER - one blocked writer; a file says that it was served
client() {
	{ echo 1 > "$pool/alloc"; } 2> "$work/refused.$1" &&
		: > "$work/served.$1"
}

# park N - start that many clients and wait until all of them wait
park() {
	local i

	client_pids=()
	rm -f "$work"/served.* "$work"/refused.*
	for ((i = 0; i < $1; i++)); do
		(
			trap - EXIT
			client "$i"
		) &
		client_pids+=($!)
	done
	until_true holds "$pool/waiters" "$1"
}

# await COMMAND... - until_true without a nap, for what takes milliseconds
await() {
	local end=$((SECONDS + ${LIMIT:-120}))

	until "$@"; do
		[ $SECONDS -lt $end ] || fail "never became true: $*"
	done
}

# count_served - sets $served
count_served() {
	local files

	shopt -s nullglob
	files=("$work"/served.*)
	shopt -u nullglob
	served=${#files[@]}
}

served_are() {
	count_served
	[ "$served" -ge "$1" ]
}

# exists PID - this shell collects its children by itself
exists() {
	kill -0 "$1" 2> /dev/null
}

is_gone() {
	! exists "$1"
}

# count_clients - sets $clients to those that still exist
count_clients() {
	local pid

	clients=0
	for pid in "${client_pids[@]}"; do
		! exists "$pid" || clients=$((clients + 1))
	done
}

no_client_left() {
	count_clients
	[ "$clients" -eq 0 ]
}

answers() {
	exists "$daemon_pid" || fail "the daemon ended at once"
	[ -e "$M/version" ]
}

# As start_daemon -s, but looks more often.
measure_start() {
	local start

	need_fuse
	mkdir "$M"
	start=$(now_us)
	"$ALLOCFS" -f -s "$M" > "$daemon_log" 2>&1 &
	daemon_pid=$!
	await answers
	report "start to first answer" "$(ms_since "$start")" ms
}

exhaust_pool() {
	put $reserve "$pool/alloc"
	expect_value 0 "$pool/curr_nr"
}

measure_parked() {
	local before after start n

	before=$(resident_kib)
	start=$(now_us)
	park $parked
	report "$parked clients parked after" "$(ms_since "$start")" ms
	after=$(resident_kib)
	report "resident before" "$before" KiB
	report "resident with $parked clients parked" "$after" KiB
	report "difference" $((after - before)) KiB
	start=$(now_us)
	for ((n = reserve; n <= parked; n += reserve)); do
		put "oldest $reserve" "$pool/free"
		await served_are $n
	done
	report "clients released" "$served"
	report "released after" "$(ms_since "$start")" ms
	await no_client_left
}

measure_end() {
	local pid=$daemon_pid start

	park $parked_at_end
	start=$(now_us)
	kill -TERM "$pid"
	await is_gone "$pid"
	report "end under $parked_at_end parked clients" \
		"$(ms_since "$start")" ms
	daemon_pid=
	wait "$pid" || fail "the daemon's exit status is $?"
	await no_client_left
	report "last client gone after" "$(ms_since "$start")" ms
	report "clients left" "$clients"
	count_served
	report "clients served by the end" "$served"
	! is_mounted "$M" || fail "still mounted after the daemon's end"
}

measure_start
mkdir "$M/caches/conn" "$pool"
put slab:conn "$pool/backing"
put $reserve "$pool/min_nr"
put 0 "$M/caches/conn/limit"
exhaust_pool
measure_parked
measure_end
