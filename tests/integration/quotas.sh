#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# quotas.sh - max_objects and max_waiters: counted for each user by himself

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_users
ann=54321 bob=54322
C=$M/caches/c
P=$M/pools/p

# log_says TEXT - the last refusal
log_says() {
	local line

	line=$(tail -n 1 "$M/error_log")
	checks=$((checks + 1))
	[ "${line#*: }" = "$1" ] || fail "error_log says '$line', not '$1'"
}

# inodes UID TEXT - objects there may be, and are left, as df -i shows them
inodes() {
	expect "$2" "$as" "$1" stat -f -c '%c %d' "$M"
}

has_value() {
	[ "$(< "$2")" = "$1" ]
}

start_daemon -o memory=64M,cpus=2,allow_other,max_objects=10,max_waiters=2
mkdir "$C" "$P"
chmod 666 "$C/alloc" "$C/free" "$P/alloc" "$P/free"
chmod 777 "$C/objects"

# ---- objects ------------------------------------------------------------------

inodes $ann "10 10"
errno_as $ann OK write "$C/alloc" 8
inodes $ann "10 2"
inodes $bob "10 10"
inodes 0 "10 2"
errno_as $ann EDQUOT write "$C/alloc" 3
log_says "3 more for user $ann, who has 8, but max_objects is 10"
errno_as $ann EDQUOT ask "$C/alloc" 3
errno_as $ann OK write "$C/alloc" 1
errno_as $ann OK open "$C/objects/last" wc
errno_as $ann EDQUOT open "$C/objects/more" wc
log_says "1 more for user $ann, who has 10, but max_objects is 10"
errno_as $ann EDQUOT write "$P/alloc" 1
expect_value 10 "$C/alloc"
expect_value 0 "$P/alloc"
same 0 "$(value failed "$C/events")" "requests that found no memory"

# Others have their own; root's is no larger.
errno_as $bob OK write "$C/alloc" 10
errno_as $bob EDQUOT write "$C/alloc" 1
expect_errno EDQUOT write "$C/alloc" 11
expect_errno OK write "$C/alloc" 10
expect_errno EDQUOT write "$C/alloc" 1
inodes $ann "10 0"
inodes 0 "30 0"

# Given back to whose object it was, whoever frees it.
put last "$C/free"
inodes $ann "10 1"
inodes $bob "10 0"
errno_as $bob OK write "$C/free" 'oldest 3'
inodes $ann "10 4"
inodes $bob "10 0"
errno_as $bob EDQUOT write "$C/alloc" 1

# A chown moves it, and is refused where it would be too much.
first=$(cd "$C/objects" && stat -c '%u %n' -- * | grep "^$ann " | head -n 1)
first=${first#* }
expect_errno EDQUOT chown "$C/objects/$first" $bob -1
log_says "1 more for user $bob, who has 10, but max_objects is 10"
expect $ann stat -c %u "$C/objects/$first"
put 'newest 10' "$C/free" # root's
inodes 0 "16 0"
expect_errno OK chown "$C/objects/$first" 0 -1
expect 0 stat -c %u "$C/objects/$first"
inodes $ann "10 5"
expect_errno OK write "$C/alloc" 9
expect_errno EDQUOT write "$C/alloc" 1
put all "$C/free"
inodes $ann "10 10"
inodes $bob "10 10"
inodes 0 "10 10"

# With the directory all go.
errno_as $ann OK write "$P/alloc" 1
expect_errno EBUSY rmdir "$P"
errno_as $ann OK write "$P/free" all
inodes $ann "10 10"

# ---- requests that wait -------------------------------------------------------

put slab:c "$P/backing"
put 0 "$C/limit"
put 1 "$P/alloc"

# block UID - one more request of that user waits
waiters=0
pids=()
block() {
	"$as" "$1" "$try" write "$P/alloc" 1 > "$work/blocked.${#pids[@]}" &
	pids+=($!)
	waiters=$((waiters + 1))
	until_true has_value $waiters "$P/waiters"
}
block $ann
block $ann
errno_as $ann EDQUOT write "$P/alloc" 1
log_says "1 more for user $ann, who has 2, but max_waiters is 2"
errno_as $ann EDQUOT ask "$P/alloc" 1
# Not what cannot wait, nor what need not, nor others.
errno_as $ann EAGAIN nonblock "$P/alloc" 1
errno_as $ann ENOMEM write "$P/alloc" '1 GFP_NOWAIT'
errno_as $ann ENOMEM write "$C/alloc" 1
block $bob
expect_value 3 "$P/waiters"
# They are charged for what they wait for, too.
inodes $ann "10 8"

# A wait that ends, one way or the other, makes room for the next.
put all "$P/free"
until_true has_value 2 "$P/waiters"
await_exit "${pids[0]}"
expect_value OK "$work/blocked.0"
waiters=2
block $ann
errno_as $ann EDQUOT write "$P/alloc" 1
# Taken back, too.
kill -TERM "${pids[1]}"
until_true has_value 2 "$P/waiters"
inodes $ann "10 8"
waiters=2
block $ann
errno_as $ann EDQUOT write "$P/alloc" 1

stop_daemon
for pid in "${pids[@]}"; do
	await_exit "$pid" || :
done
expect_value ESHUTDOWN "$work/blocked.2"
