#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# alloc-stream.sh - alloc and wait opened for reading and writing

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

holds() {
	[ "$(< "$1")" = "$2" ]
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/c" "$M/pools/p"
A=$M/caches/c/alloc

# Before any write, a read gives the count.
put 2 "$A"
exec 3<> "$A"
read -r got <&3
same 2 "$got" "read before a write"
exec 3>&-

# Requests are answered in order; each answer ends once.
exec 3<> "$A"
echo 2 >&3
echo 3 >&3
same $'3\n4' "$(cat <&3)" "first answer"
same $'5\n6\n7' "$(cat <&3)" "second answer"
echo 1 >&3
read -r got <&3
same 8 "$got" "third answer"
exec 3>&-
expect_value 8 "$A"

# A malformed request is refused at once, and queues nothing.
exec 3<> "$A"
if echo 1x 2> /dev/null >&3; then
	fail "'1x' was queued"
fi
echo 1 >&3
read -r got <&3
same 9 "$got" "answer after a refused write"
exec 3>&-

# What cannot be served is said once, by the read; then the next answer.
put 12 "$M/caches/c/limit"
exec 3<> "$A"
echo 100 >&3
echo 1 >&3
if cat <&3 > "$work/out" 2> "$work/err"; then
	fail "100 objects beyond the limit: '$(< "$work/out")'"
fi
grep -q 'Cannot allocate memory' "$work/err" ||
	fail "not ENOMEM: $(< "$work/err")"
read -r got <&3
same 10 "$got" "answer after a failed one"
exec 3>&-
put max "$M/caches/c/limit"
expect_value 10 "$A"

# The last close frees what nobody has read the names of.
exec 3<> "$A"
echo 5 >&3
echo 6 >&3
same 5 "$(cat <&3 | wc -l)" "names in the answer that is read"
exec 3>&-
until_true holds "$A" 15
put all "$M/caches/c/free"

# A pool that has to wait.
P=$M/pools/p
mkdir "$M/caches/b"
put slab:b "$P/backing"
put 2 "$P/min_nr"
put 0 "$M/caches/b/limit"
put 2 "$P/alloc"
expect_errno EAGAIN nonblock "$P/alloc" 1
expect_errno EAGAIN ask "$P/alloc" 1
until_true holds "$P/waiters" 0
expect_errno OK ask "$A" 1
expect_value 1 "$A"
put all "$M/caches/c/free"
expect_errno ENOMEM write "$P/alloc" '1 GFP_NOWAIT'
expect_errno ENOMEM write "$P/alloc" 3
expect_errno EAGAIN open "$P/objects/x" wcx
expect_value 0 "$P/waiters"

# Closing takes a queued request back.
exec 3<> "$P/alloc"
echo 1 >&3
expect_value 1 "$P/waiters"
exec 3>&-
until_true holds "$P/waiters" 0

# A blocked read is ended by a free; a signal meanwhile does no harm.
(
	trap - EXIT
	trap 'echo signalled > "$work/signalled"' USR1
	exec 3<> "$P/alloc"
	echo 1 >&3
	: > "$work/queued"
	read -r got <&3
	echo "$got" > "$work/got"
) &
reader=$!
until_true test -e "$work/queued"
until_true holds "$P/waiters" 1
kill -USR1 $reader
until_true test -e "$work/signalled"
expect_value 1 "$P/waiters"
put 'oldest 1' "$P/free"
await_exit $reader || fail "the reader ended with status $?"
same 3 "$(< "$work/got")" "name given to the blocked reader"
expect_value 2 "$P/alloc"

# A signal ends a blocked write, which then has allocated nothing.
(
	trap - EXIT
	trap ':' USR1
	echo 1 2> "$work/err" > "$P/alloc"
) &
writer=$!
until_true holds "$P/waiters" 1
kill -USR1 $writer
if await_exit $writer; then
	fail "an interrupted write succeeded"
fi
expect_value 0 "$P/waiters"
expect_value 2 "$P/alloc"

# wait: blocks until the condition holds, and gives the value.
exec 3<> "$P/wait"
echo 'alloc==2' >&3
read -r got <&3
same 2 "$got" "a condition that holds already"
exec 3>&-
(
	trap - EXIT
	exec 3<> "$P/wait"
	echo 'curr_nr>=2' >&3
	: > "$work/waiting"
	read -r got <&3
	echo "$got" > "$work/got"
) &
reader=$!
until_true test -e "$work/waiting"
put 'oldest 1' "$P/free"
put 'oldest 1' "$P/free"
await_exit $reader || fail "wait ended with status $?"
same 2 "$(< "$work/got")" "value given by wait"
exec 3<> "$P/wait"
for bad in nosuch==1 'curr_nr' 'curr_nr>=' 'curr_nr=1' 'curr_nr>=x' 'backing==1'; do
	if echo "$bad" 2> /dev/null >&3; then
		fail "wait took '$bad'"
	fi
done
exec 3>&-
stop_daemon
