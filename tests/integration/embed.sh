#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# embed.sh - the program in README.md builds against the shared libraries and
# mounts its own allocator

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || skip "built without shared libraries"
need_fuse
# shellcheck disable=SC2016
sed -n '/^```c$/,/^```$/p' "$abs_top_srcdir/README.md" | sed '1d;$d' \
	> "$work/conns.c"
[ -s "$work/conns.c" ] || fail "no program in README.md"
# shellcheck disable=SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Werror -I "$abs_top_srcdir/include" \
	-o "$work/conns" "$work/conns.c" -L "$libs" -lallocfs -lkmem \
	-Wl,-rpath,"$libs" || fail "it does not build"

mkdir "$M"
mkfifo "$work/input"
"$work/conns" "$M" < "$work/input" > "$daemon_log" 2>&1 &
daemon_pid=$!
exec 4> "$work/input"
until_true mount_answers
until_true grep -qx 1 "$M/caches/conn/alloc"
expect_value 64 "$M/caches/conn/slab_size"
expect 444 stat -c %a "$M/caches/conn/objsize"
expect_errno EPERM rmdir "$M/caches/conn"
put 5 "$M/caches/conn/alloc"
expect_value 6 "$M/caches/conn/alloc"
limit "$abs_top_builddir/allocfs-top" -b -n 1 -f conn "$M" > "$work/top" ||
	fail "allocfs-top: status $?"
grep -q " $(< "$M/caches/conn/owner") *conn\$" "$work/top" ||
	fail "allocfs-top: $(< "$work/top")"
put all "$M/caches/conn/free"
expect_value 1 "$M/caches/conn/alloc"
echo >&4
await_exit "$daemon_pid" || fail "status $?"
daemon_pid=
! is_mounted "$M" || fail "still mounted"
check_log
