#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# page-waiters.sh - requests with __GFP_NOFAIL that wait for pages

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

must='GFP_KERNEL|__GFP_NOFAIL'
all='GFP_KERNEL|__GFP_MEMALLOC|__GFP_NOWARN'
small=$M/pages/order-0
large=$M/pages/order-4

# take_all - what there is, the reserve included
take_all() {
	local order

	for order in 4 0; do
		while { echo "1 $all" > "$M/pages/order-$order/alloc"; } \
			2> "$work/refusal"; do
			:
		done
	done
}

# give_some - enough for any waiter here, and for the reserve that he must leave
give_some() {
	put 'oldest 32' "$large/free"
}

# blocked DIRECTORY NUMBER - so many requests had to wait there so far
blocked() {
	[ "$(value blocked "$1/events")" = "$2" ]
}

# waiter FOLDER [NUMBER] - one in the background, which has begun to wait
waiter() {
	local before

	before=$(value blocked "$1/events")
	"$TRY" write "$1/alloc" "${2:-1} $must" > "$work/answer" &
	pid=$!
	until_true blocked "$1" $((before + 1))
}

# answered ERRNO PID - that is how its write ended
answered() {
	await_exit "$2" || fail "the waiter"
	same "$1" "$(< "$work/answer")" "what the waiter got"
}

start_daemon -o memory=16M,cpus=2

# It gets what somebody frees, all of it at once.
take_all
taken=$(< "$large/alloc")
waiter "$large" 2
give_some
answered OK $pid
expect_value $((taken - 30)) "$large/alloc"

# As an answer, too, that is read later.
take_all
before=$(value blocked "$large/events")
exec 3<> "$large/alloc"
echo "1 $must" >&3
until_true blocked "$large" $((before + 1))
give_some
read -r name <&3
exec 3<&-
[ -e "$large/objects/$name" ] || fail "no object $name"

# One that is killed takes nothing.
take_all
waiter "$large"
kill -TERM $pid
await_exit $pid || :
until_true grep -q '^interrupted 1$' "$large/events"
taken=$(< "$large/alloc")
give_some
expect_value $((taken - 32)) "$large/alloc"

# A limit of the mount keeps it waiting as well.
put "$(< "$small/alloc")" "$small/limit"
waiter "$small"
put max "$small/limit"
answered OK $pid

# Whoever waits when the mount ends is told so.
take_all
waiter "$large"
stop_daemon
answered ESHUTDOWN $pid
