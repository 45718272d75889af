#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ten-thousand-clients.sh - as many clients blocked on one pool, and one thread
# in the daemon
#
# They are served in the order in which they asked, as many as elements are
# freed; each costs the daemon less than 2 KiB; those who are killed while they
# wait, or while they are served, leave nothing behind. CLIENTS changes the
# number; tests/lib/crowd.c is what they are.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

crowd=$abs_top_builddir/tests/lib/crowd
pool=$M/pools/io
reserve=100
seed=${SEED:-$RANDOM}
per_client=2048
clients=${CLIENTS:-10000}
# A sanitizer's memory and time are another matter.
case ${CC:-} in
*fsanitize*)
	clients=${CLIENTS:-1000}
	per_client=20480
	;;
esac

resident_kib() {
	value VmRSS: "/proc/$daemon_pid/status" | tr -dc '0-9'
}

exhaust_pool() {
	put $reserve "$pool/alloc"
	expect_value $reserve "$pool/alloc"
	expect_value 0 "$pool/curr_nr"
}

# crowd MODE ARGUMENT... - run it, and look at the daemon while all are parked
run_crowd() {
	local before after line pid

	before=$(resident_kib)
	coproc CROWD { limit "$crowd" "$@" 2>&1; }
	pid=$CROWD_PID
	read -r line <&"${CROWD[0]}"
	same parked "$line" "crowd $1"
	after=$(resident_kib)
	echo "$clients clients: $before KiB, then $after KiB"
	between 0 $per_client $(((after - before) * 1024 / clients)) \
		"bytes of the daemon's for each client"
	exec 3<&"${CROWD[0]}"
	echo >&"${CROWD[1]}"
	while read -r line; do
		echo "$line"
	done <&3 3<&-
	wait "$pid" || fail "crowd $*"
}

expect_quiet_pool() {
	expect_value 0 "$pool/waiters"
	same "$(($(value allocs "$pool/stats") - $(value frees "$pool/stats")))" \
		"$(< "$pool/alloc")" "allocs less frees"
	put all "$pool/free"
	expect_value 0 "$pool/alloc"
	expect_value $reserve "$pool/curr_nr"
	expect_value $reserve "$M/caches/conn/alloc"
	same "" "$(ls "$pool/objects")" "objects"
}

start_daemon -s
echo "SEED=$seed"
mkdir "$M/caches/conn" "$pool"
put slab:conn "$pool/backing"
put $reserve "$pool/min_nr"
put 0 "$M/caches/conn/limit"

exhaust_pool
run_crowd order "$pool" "$clients"
same "$clients" "$(value waits "$pool/stats")" waits
same 0 "$(value timeouts "$pool/stats")" timeouts
expect_quiet_pool

put 0 "$pool/stats"
exhaust_pool
run_crowd kill "$pool" "$clients" "$seed"
same "$clients" "$(value waits "$pool/stats")" waits
expect_quiet_pool
stop_daemon
