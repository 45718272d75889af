#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# daemon.sh - starting and ending allocfs: options, exit status, dead mounts

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_fuse
mkdir "$M" "$work/other"

# run STATUS COMMAND... - its output goes to $work/out and $work/err
run() {
	local want=$1 status

	shift
	limit "$@" > "$work/out" 2> "$work/err" < /dev/null && status=0 || status=$?
	checks=$((checks + 1))
	[ $status -eq "$want" ] ||
		fail "$*: status $status, not $want: $(< "$work/err")"
}

# usage ARGUMENT... - a usage error: status 2, something on stderr, no mount
usage() {
	run 2 "$ALLOCFS" "$@"
	[ -s "$work/err" ] || fail "allocfs $*: silent"
	[ ! -s "$work/out" ] || fail "allocfs $*: printed on stdout"
	! is_mounted "$M" || fail "allocfs $*: mounted"
}

# The process that serves $M; the daemon has no other name.
server_of() {
	local dir args

	for dir in /proc/[0-9]*; do
		{ args=$(tr '\0' ' ' < "$dir/cmdline"); } 2> /dev/null || continue
		[[ $args != *allocfs*" $M " ]] || {
			echo "${dir#/proc/}"
			return 0
		}
	done
}

gone() {
	! kill -0 "$1" 2> /dev/null
}

# --help and --version
run 0 "$ALLOCFS" -h
grep -q '^[Uu]sage: .*allocfs' "$work/out" || fail "-h prints no usage line"
run 0 "$ALLOCFS" --help
run 0 "$ALLOCFS" -V
grep -q 'allocfs.*[0-9]\.[0-9]' "$work/out" || fail "-V prints no version"
run 0 "$ALLOCFS" --version

# Usage errors
usage
usage --nonsense "$M"
usage -o nonsense "$M"
usage -o nonsense=1 "$M"
usage -o memory= "$M"
usage -o memory=12x "$M"
usage -o memory=-8M "$M"
usage -o memory=4M "$M"
usage -o memory=0 "$M"
usage -o cpus=0 "$M"
usage -o cpus=many "$M"
usage -o cpus=65 "$M"
usage -o backing=paper "$M"
usage -o zones=Moon "$M"
usage -o zones=HighMem "$M"
usage -o nodes=0 "$M"
usage -o nodes=17 "$M"
usage -o nodes=3,memory=8M "$M"
usage -o min_free_kbytes=x "$M"
usage -o umask=9 "$M"
usage one two three
usage ''
usage source ''

# A mount that fails: status 1 and one line
failure() {
	run 1 "$ALLOCFS" "$@"
	same 1 "$(wc -l < "$work/err")" "lines of 'allocfs $*' on stderr"
	grep -q '^allocfs: ' "$work/err" ||
		fail "allocfs $*: $(< "$work/err")"
}
failure "$work/nowhere"
: > "$work/file"
failure "$work/file/x"
failure -o backing=file:"$work/no/such/folder/arena" "$M"

# In the background: it returns when the mount answers.
run 0 "$ALLOCFS" "$M"
is_mounted "$M" || fail "returned before it had mounted"
version=$(< "$M/version") || fail "returned before the mount answered"
echo "version: $version"
pid=$(server_of)
[ -n "$pid" ] || fail "no process serves $M"

# Busy, it stays; free, it ends.
exec 4< "$M/version"
if fusermount3 -u "$M" 2> /dev/null; then
	fail "unmounted with a file open"
fi
same "$version" "$(cat <&4)" "version through the open file"
exec 4<&-
run 0 fusermount3 -u "$M"
until_true gone "$pid"

# Detached, it ends with the last open file.
run 0 "$ALLOCFS" "$M"
pid=$(server_of)
exec 4< "$M/version"
run 0 fusermount3 -uz "$M"
same "$version" "$(cat <&4)" "version through the open file"
! gone "$pid" || fail "ended under an open file"
exec 4<&-
until_true gone "$pid"

# SIGTERM and SIGINT end it with status 0.
start_daemon
stop_daemon
start_daemon -s
kill -INT "$daemon_pid"
await_exit "$daemon_pid" || fail "status $? after SIGINT"
daemon_pid=
! is_mounted "$M" || fail "mounted after SIGINT"

# Killed, it leaves a dead mountpoint, which the next one takes over.
start_daemon
kill -KILL "$daemon_pid"
await_exit "$daemon_pid" || :
daemon_pid=
expect_errno ENOTCONN stat "$M/version"
start_daemon
expect "$version" cat "$M/version"
stop_daemon

# Memory is rounded down to 4 MiB.
pages_of() {
	start_daemon -o memory="$1"
	pages=$(stat -f -c %b "$M")
	stop_daemon
}
pages_of 8M
small=$pages
between 1800 2048 "$small" "pages of 8M"
pages_of 11M
same "$small" "$pages" "pages of 11M"
pages_of 12M
[ "$pages" -gt "$small" ] || fail "12M are no more pages than 8M"
pages_of 16384K
[ "$pages" -gt "$small" ] || fail "16384K are no more pages than 8M"
pages_of 1G
between 250000 262144 "$pages" "pages of 1G"

# Options that change what is seen.
start_daemon -o zones=DMA:8M,Normal,memory=32M,cpus=3 source
# shellcheck disable=SC2016
expect "source" awk -v m="$M" '$2 == m { print $1 }' /proc/self/mounts
zones=$(awk '{ print $4 }' "$M/proc/buddyinfo")
same $'DMA\nNormal' "$zones" "zones"
stop_daemon
start_daemon -o backing=anon
put 10 "$M/pages/order-0/alloc"
stop_daemon
start_daemon -o backing=file:"$work/arena",memory=16M
put 10 "$M/pages/order-0/alloc"
[ -s "$work/arena" ] || fail "no file with backing=file:"
stop_daemon
start_daemon -o ro
expect_errno EROFS open "$M/error_log" w
expect_errno EROFS mkdir "$M/caches/c"
stop_daemon
start_daemon -d
cat "$M/version" > /dev/null
stop_daemon

# As mount(8) does it, through its helper.
if [ "$(id -u)" -eq 0 ] && command -v mount.fuse3 > /dev/null; then
	run 0 mount.fuse3 "$ALLOCFS#source" "$M" -o rw,noatime,memory=16M
	expect "$version" cat "$M/version"
	run 0 umount "$M"
fi
