#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# poll.sh - poll(2) on the files that say when they have changed

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

poller=$abs_top_builddir/tests/lib/poller

# What the one before has said is gone before the next one starts: a background
# process opens its output when it gets to run.

# watching ARGUMENTS... - a poller in the background, which has read its files
watching() {
	: > "$work/out"
	limit "$poller" "$@" > "$work/out" 2>&1 &
	watcher=$!
	until_true grep -qx ready "$work/out"
}

# asking FILE TEXT - one in the background that waits for the answer
asking() {
	: > "$work/answer"
	limit "$poller" answer "$@" > "$work/answer" &
	asker=$!
	until_true grep -q waits "$work/answer"
}

# told LINE... - what it has printed since, and it has ended well
told() {
	await_exit "$watcher" || fail "the poller: $(< "$work/out")"
	same "$(printf '%s\n' "$@")" "$(sed '1,/^ready$/d' "$work/out")" \
		"what the poller saw"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/c" "$M/pools/p"
put slab:c "$M/pools/p/backing"
put 2 "$M/pools/p/min_nr"
P=$M/pools/p

# A number that changes, and one that does not.
watching 1 "$P/curr_nr" "$P/waiters"
put 3 "$P/min_nr"
told "$P/curr_nr PRI ERR 3"

# Edge triggered, and again after the change was read.
watching edge 2 "$P/curr_nr"
put 4 "$P/min_nr"
until_true grep -q 'ERR 4' "$work/out"
put 5 "$P/min_nr"
told "$P/curr_nr PRI ERR 4" "$P/curr_nr PRI ERR 5"

# A request that begins to wait, and one that ends.
put 0 "$M/caches/c/limit"
put 5 "$P/alloc"
watching 2 "$P/waiters"
limit "$TRY" write "$P/alloc" 1 &
blocked=$!
until_true grep -q 'ERR 1' "$work/out"
put 'oldest 1' "$P/free"
told "$P/waiters PRI ERR 1" "$P/waiters PRI ERR 0"
await_exit $blocked || fail "the blocked write failed"

# What the counters, the objects and the refusals show.
watching 1 "$P/events"
put 'oldest 1' "$P/free"
told "$P/events PRI ERR allocated 6"
watching 1 "$P/alloc"
put 'oldest 1' "$P/free"
told "$P/alloc PRI ERR 3"
watching 1 "$M/error_log"
expect_errno EINVAL write "$P/min_nr" junk
await_exit "$watcher" || fail "the poller: $(< "$work/out")"
grep -q "error_log PRI ERR .*min_nr" "$work/out" ||
	fail "no refusal was told: $(< "$work/out")"

# An answer that is there, and one that must be waited for.
expect $'there\n5' "$poller" answer "$P/wait" 'min_nr==5'
asking "$P/wait" 'min_nr==6'
put 6 "$P/min_nr"
await_exit $asker || fail "the asker failed"
same $'waits\n6' "$(< "$work/answer")" "an answer that came later"
put all "$P/free"
put 5 "$P/alloc"
asking "$P/alloc" 1
put 'oldest 1' "$P/free"
await_exit $asker || fail "the asker failed"
same $'waits\n12' "$(< "$work/answer")" "an object that came later"

# A directory that goes is a change, and reading says so.
put all "$P/free"
watching 1 "$P/curr_nr"
rmdir "$P"
told "$P/curr_nr PRI ERR ENODEV"

# Whoever polls when the mount ends is woken.
watching 1 "$M/caches/c/alloc"
stop_daemon
await_exit "$watcher" || :
same 1 "$(grep -c ERR "$work/out")" "woken by the end"
