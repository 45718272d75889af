#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# pools.sh - what the counters of a pool say after each kind of thing was done
# to it, and poison in its reserve

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

pool=$M/pools/io
keys="allocs frees from_backing from_reserve refills waits timeouts failed"
keys="$keys cancelled wait_ns_total wait_ns_max resizes"

holds() {
	[ "$(< "$1")" = "$2" ]
}

# expect_stats NAME NUMBER... - these, and 0 of all others but times
expect_stats() {
	local key want
	local -A wanted=()

	while [ $# -gt 0 ]; do
		wanted[$1]=$2
		shift 2
	done
	for key in $keys; do
		case $key in
		wait_ns_*) continue ;;
		esac
		want=${wanted[$key]:-0}
		same "$want" "$(value "$key" "$pool/stats")" "$key"
	done
}

# waits_ended - all that wait_ns_to_N and wait_ns_longer count
waits_ended() {
	awk '/^wait_ns_(to_|longer)/ { n += $2 } END { print n }' "$pool/stats"
}

# blocked_writer TEXT - in the background; its status is that of its write
blocked_writer() {
	"$TRY" write "$pool/alloc" "$1" > "$work/answer" &
	writer=$!
	until_true holds "$pool/waiters" 1
}

start_daemon -o memory=64M
mkdir "$M/caches/conn" "$pool"
put slab:conn "$pool/backing"
expect_stats
put 4 "$pool/min_nr"
expect_stats resizes 1
put x "$pool/low"
put 0 "$pool/stats"
expect_stats

# From the backing, and from the reserve when that is at its end.
put 3 "$pool/alloc"
expect_stats allocs 3 from_backing 3
put 0 "$M/caches/conn/limit"
put 2 "$pool/alloc"
expect_stats allocs 5 from_backing 3 from_reserve 2
expect_value 2 "$pool/curr_nr" "$pool/low"
expect_value 5 "$pool/alloc" "$pool/peak"

# Back: first into the reserve, then to the cache.
put "oldest 3" "$pool/free"
expect_stats allocs 5 frees 3 from_backing 3 from_reserve 2 refills 2
expect_value 2 "$pool/low" "$pool/alloc"
expect_value 5 "$pool/peak"
put x "$pool/low"
put x "$pool/peak"
expect_value 4 "$pool/low"
expect_value 2 "$pool/peak"

# Refused: more than there can be, and who may not wait.
put 0 "$pool/stats"
expect_errno ENOMEM write "$pool/alloc" 5
expect_stats failed 1
put 4 "$pool/alloc"
expect_errno EAGAIN nonblock "$pool/alloc" 1
expect_errno ENOMEM write "$pool/alloc" "1 GFP_ATOMIC"
expect_stats allocs 4 from_reserve 4 failed 3

# Waited, and served.
put 0 "$pool/stats"
blocked_writer 1
expect_stats waits 1
put "oldest 1" "$pool/free"
wait "$writer"
expect_value OK "$work/answer"
expect_stats allocs 1 frees 1 from_reserve 1 refills 1 waits 1
longest=$(value wait_ns_max "$pool/stats")
between 1 600000000000 "$longest" wait_ns_max
same "$longest" "$(value wait_ns_total "$pool/stats")" "wait_ns_total of one"
same 1 "$(waits_ended)" "waits by their length"

# Waited, and gone.
blocked_writer 1
kill -KILL "$writer"
wait "$writer" 2> /dev/null || :
until_true holds "$pool/waiters" 0
expect_stats allocs 1 frees 1 from_reserve 1 refills 1 waits 2 cancelled 1
between "$longest" 600000000000 "$(value wait_ns_total "$pool/stats")" \
	"wait_ns_total of two"
same 2 "$(waits_ended)" "waits by their length"

# Waited, and refused, as min_nr fell below what was asked for.
put 0 "$pool/stats"
blocked_writer 3
put 2 "$pool/min_nr"
wait "$writer"
expect_value ENOMEM "$work/answer"
expect_stats waits 1 failed 1 resizes 1
put all "$pool/free"
expect_value 2 "$pool/curr_nr"

# Poison: switched while nothing is out, and kept over another backing.
expect_value 0 "$pool/poison"
put 1 "$pool/alloc"
expect_errno EBUSY write "$pool/poison" 1
put all "$pool/free"
refuse 2 "$pool/poison"
put max "$M/caches/conn/limit"
put 1 "$pool/poison"
for backing in kmalloc:100 kmalloc:9000 kvmalloc:5000000 pages:1 slab:conn; do
	put $backing "$pool/backing"
	expect_value $backing "$pool/backing"
	expect_value 1 "$pool/poison"
	put 5 "$pool/alloc"
	for object in "$pool"/objects/*; do
		printf hello > "$object"
	done
	put all "$pool/free"
done
stop_daemon

# The same for all pools, from the start.
start_daemon -o memory=16M,mempool_debug
mkdir "$pool"
expect_value 1 "$pool/poison"
put 0 "$pool/poison"
expect_value 0 "$pool/poison"
stop_daemon
