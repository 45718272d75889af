#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# idle.sh - a daemon that nobody asks for anything does nothing
#
# A thread that wakes up and sleeps again has switched: the kernel counts that.
# Whatever the daemon was used for before, a second comes in which no thread
# does, and while somebody waits for what must be looked at, it does not.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

poller=$abs_top_builddir/tests/lib/poller

# switches - how often each thread of the daemon has slept so far
switches() {
	grep -H '^voluntary' "/proc/$daemon_pid/task/"*/status
}

sleeps() {
	local before after

	before=$(switches)
	sleep 1
	after=$(switches)
	[ "$before" = "$after" ]
}

# use - what needs threads and timers
use() {
	local waiter

	mkdir "$M/caches/c" "$M/pools/p"
	put slab:c "$M/pools/p/backing"
	put 2 "$M/pools/p/min_nr"
	put 0 "$M/caches/c/limit"
	put 2 "$M/pools/p/alloc"

	# A request that waits, and is served.
	limit "$TRY" write "$M/pools/p/alloc" 1 &
	waiter=$!
	until_true grep -qx 1 "$M/pools/p/waiters"
	put 'oldest 1' "$M/pools/p/free"
	await_exit $waiter || fail "the waiter"

	# One that gives up.
	"$TRY" write "$M/pools/p/alloc" 1 > "$work/refused" &
	waiter=$!
	until_true grep -qx 1 "$M/pools/p/waiters"
	kill -TERM $waiter
	await_exit $waiter || :
	until_true grep -qx 0 "$M/pools/p/waiters"

	# A condition, and a change that poll(2) tells.
	: > "$work/out"
	limit "$poller" answer "$M/pools/p/wait" 'min_nr==3' > "$work/out" &
	waiter=$!
	until_true grep -q waits "$work/out"
	put 3 "$M/pools/p/min_nr"
	await_exit $waiter || fail "the condition"
	: > "$work/out"
	limit "$poller" 1 "$M/pools/p/alloc" > "$work/out" &
	waiter=$!
	until_true grep -qx ready "$work/out"
	put 'oldest 1' "$M/pools/p/free"
	await_exit $waiter || fail "the poller"

	# Pages that must be had.
	put '400 GFP_KERNEL' "$M/pages/order-4/alloc" 2> "$work/out" || :
	put all "$M/pages/order-4/free"
}

# abandon - poll a file for a moment, and keep it open; and the same of a stream
abandon() {
	exec 4< "$M/pools/p/waiters" 5<> "$M/pools/p/wait"
	read -r -u 4 _
	echo 'min_nr==77' >&5
	"$poller" once 4 PRI
	"$poller" once 5 IN
}

for options in cpus=2 cpus=2,kswapd; do
	start_daemon -o "memory=64M,$options"
	until_true sleeps
	use
	abandon
	until_true sleeps
	exec 4<&- 5<&-
	stop_daemon
done
