# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# common.sh - a private mount, a daemon whose log is watched, and assertions
#
# A test script begins with
#
#	. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
#	start_daemon [option...]
#
# and then works in $M, the mount. $work is a private folder. Whatever way the
# script ends, the daemon is stopped, the mount is gone, and a word of trouble
# in the daemon's log that expect_log did not announce fails the test.
#
# A script that defines at_end has it called then, too, for what else it began.
#
# Nothing here waits for time. What could block for ever is cut off by limit()
# or by the watchdog; both are generous because machines are slow.

set -eu
export LC_ALL=C.UTF-8

: "${abs_top_srcdir:?run by make check}"
abs_top_builddir=${abs_top_builddir:-$abs_top_srcdir}
ALLOCFS=${ALLOCFS:-$abs_top_builddir/allocfs}
TRY=$abs_top_builddir/tests/lib/try

work=$(mktemp -d "${TMPDIR:-/tmp}/allocfs-test.XXXXXX") || exit 1
M=$work/M
daemon_pid=
daemon_log=$work/daemon.log
expected_log='^$'
checks=0

# ---- verdicts ----------------------------------------------------------------

# fail TEXT... - print where, and end the test
fail() {
	local i

	echo "FAIL: $*" >&2
	for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
		echo "      ${FUNCNAME[i]}() at" \
			"${BASH_SOURCE[i + 1]##*/}:${BASH_LINENO[i]}" >&2
	done
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 77
}

# limit COMMAND... - nothing may take longer than this
limit() {
	timeout -k 5 "${LIMIT:-120}" "$@"
}

# ---- other people's programs ---------------------------------------------------

need_pkg_config() {
	command -v pkg-config > /dev/null || skip "pkg-config is not installed"
}

# kernel_style OPTION... - pkg-config's answer for libkmem-linux, as if this
# build were installed
kernel_style() {
	local build=$abs_top_builddir

	PKG_CONFIG_PATH=$build/src/linux:$build/src/kmem pkg-config \
		--define-variable=includedir="$abs_top_srcdir/include" \
		--define-variable=libdir="$build/.libs" "$@" libkmem-linux
}

# ---- the daemon --------------------------------------------------------------

need_fuse() {
	local why=

	if ! : 2> /dev/null <> /dev/fuse; then
		why="/dev/fuse cannot be opened"
	elif ! command -v fusermount3 > /dev/null; then
		why="fusermount3 is not installed"
	fi
	[ -n "$why" ] || return 0
	[ "${CI:-}" != true ] || fail "$why"
	skip "$why"
}

is_mounted() {
	grep -q " $1 fuse" /proc/self/mounts
}

# until_true COMMAND... - ask again until it holds; ends the test when the
# limit is over
until_true() {
	local end=$((SECONDS + ${LIMIT:-120}))

	until "$@"; do
		[ $SECONDS -lt $end ] || fail "never became true: $*"
		sleep 0.02
	done
}

mount_answers() {
	kill -0 "$daemon_pid" 2> /dev/null || {
		cat "$daemon_log" >&2
		fail "the daemon ended before it had mounted"
	}
	is_mounted "$M" && [ -e "$M/version" ]
}

# start_daemon [option...] - in the foreground, its output in $daemon_log
start_daemon() {
	need_fuse
	mkdir -p "$M" 2> /dev/null || : # a dead mount is there, and is not
	"$ALLOCFS" -f "$@" "$M" > "$daemon_log" 2>&1 &
	daemon_pid=$!
	until_true mount_answers
}

# stop_daemon - as an administrator does; its exit status is checked
stop_daemon() {
	local pid=$daemon_pid status

	[ -n "$pid" ] || return 0
	kill -TERM "$pid"
	await_exit "$pid" && status=0 || status=$?
	daemon_pid=
	[ $status -eq 0 ] || fail "the daemon's exit status is $status"
	! is_mounted "$M" || fail "still mounted after the daemon's end"
	check_log
}

# start_program - lib/embedded, which mounts its own allocator where it is told
start_program() {
	need_fuse
	mkfifo "$work/to" "$work/from"
	"$abs_top_builddir/tests/lib/embedded" < "$work/to" > "$work/from" \
		2> "$daemon_log" &
	daemon_pid=$!
	exec {to}> "$work/to" {from}< "$work/from"
}

# tell ANSWER COMMAND... - to that program
tell() {
	local want=$1 got

	shift
	echo "$*" >&"$to"
	read -r -t "${LIMIT:-120}" got <&"$from" || fail "no answer to '$*'"
	same "$want" "$got" "$*"
}

# stop_program - its mounts end with it
stop_program() {
	local status

	exec {to}>&-
	await_exit "$daemon_pid" && status=0 || status=$?
	daemon_pid=
	exec {from}<&-
	rm "$work/to" "$work/from"
	[ $status -eq 0 ] || fail "the program's exit status is $status"
	check_log
}

has_ended() {
	local state

	state=$(grep '^State:' "/proc/$1/status" 2> /dev/null) || return 0
	[[ $state == *Z* ]]
}

# await_exit PID - wait for a child, but not for ever; its exit status
await_exit() {
	local end=$((SECONDS + ${LIMIT:-120}))

	until has_ended "$1"; do
		[ $SECONDS -lt $end ] || {
			echo "process $1 does not end" >&2
			kill -ABRT "$1"
			end=$((SECONDS + 10))
		}
		sleep 0.02
	done
	wait "$1"
}

# expect_log REGEX - lines of the daemon's log that this test provokes
expect_log() {
	expected_log="$expected_log|$1"
}

check_log() {
	[ -e "$daemon_log" ] || return 0
	if grep -Ev "$expected_log" "$daemon_log" |
		grep -Ei 'error|warning|fault|Sanitizer|assert|report'; then
		fail "trouble in the daemon's log"
	fi
}

cleanup() {
	local status=$? dir

	trap - EXIT
	set +e
	stop_watchdog
	! declare -F at_end > /dev/null || at_end
	if [ -n "$daemon_pid" ] && kill -0 "$daemon_pid" 2> /dev/null; then
		kill -TERM "$daemon_pid"
		await_exit "$daemon_pid" ||
			[ $status -ne 0 ] || status=1
	fi
	for dir in "$work"/*; do
		is_mounted "$dir" && fusermount3 -u -z "$dir"
	done
	if [ $status -eq 0 ]; then
		(check_log) || status=1
	fi
	if [ $status -ne 0 ] && [ $status -ne 77 ] && [ -s "$daemon_log" ]; then
		echo "--- the daemon's log:"
		tail -n 40 "$daemon_log"
	fi
	cd / && rm -rf --one-file-system "$work"
	[ $status -ne 0 ] || echo "$checks checks"
	exit $status
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# When the script as a whole takes too long: end what it waits for, then it.
start_watchdog() {
	(
		exec > /dev/null 2>&1 < /dev/null
		trap - EXIT
		sleep "${SCRIPT_LIMIT:-600}" &
		nap=$!
		trap 'kill "$nap"; exit' TERM
		wait "$nap"
		trap '' TERM
		read -r -a children < "/proc/$$/task/$$/children"
		kill -TERM "${children[@]}" $$
	) &
	watchdog_pid=$!
}

stop_watchdog() {
	kill -TERM "$watchdog_pid" && wait "$watchdog_pid"
} 2> /dev/null

start_watchdog

# ---- other users -------------------------------------------------------------

# need_users - root, who can be anybody: "$as" UID COMMAND... is that user, in the
# group of the same number, and $try is lib/try where all of them reach it
need_users() {
	local why=

	need_fuse
	[ "$(id -u)" -eq 0 ] || skip "only root can be other users"
	as=$work/as
	try=$work/try
	chmod 755 "$work"
	cp "$TRY" "$try"
	cat > "$as" << 'EOF'
#!/bin/sh
uid=$1
shift
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups -- "$@"
EOF
	chmod 755 "$as"
	if ! command -v setpriv > /dev/null; then
		why="setpriv is not installed"
	elif ! "$as" 54321 test -x "$try"; then
		why="other users do not reach $work"
	fi
	[ -n "$why" ] || return 0
	[ "${CI:-}" != true ] || fail "$why"
	skip "$why"
}

# errno_as UID NAME CALL ARGUMENT... - expect_errno, of that user
errno_as() {
	local uid=$1 want=$2 got

	shift 2
	got=$(limit "$as" "$uid" "$try" "$@") || fail "try $* as $uid"
	same "$want" "$got" "try $* as $uid"
}

# ---- assertions --------------------------------------------------------------

# same EXPECTED GOT WHAT
same() {
	checks=$((checks + 1))
	[ "$1" = "$2" ] || fail "$3: expected '$1', got '$2'"
}

# between LEAST MOST GOT WHAT
between() {
	checks=$((checks + 1))
	{ [ "$3" -ge "$1" ] && [ "$3" -le "$2" ]; } ||
		fail "$4: $3 is not in $1..$2"
}

# expect TEXT COMMAND... - it succeeds and prints exactly TEXT
expect() {
	local want=$1 got status

	shift
	got=$(limit "$@" 2>&1) && status=0 || status=$?
	checks=$((checks + 1))
	[ $status -eq 0 ] || fail "$*: status $status, printed '$got'"
	[ "$got" = "$want" ] || fail "$*: expected '$want', got '$got'"
}

# expect_value TEXT FILE... - each file holds one line, TEXT; no process made
expect_value() {
	local want=$1 file got

	shift
	for file; do
		got=$(< "$file") || fail "cannot read $file"
		same "$want" "$got" "$file"
	done
}

# expect_errno NAME CALL ARGUMENT... - see lib/try.c; NAME may be OK
expect_errno() {
	local want=$1 got

	shift
	got=$(limit "$TRY" "$@") || fail "try $*"
	same "$want" "$got" "try $*"
}

# put TEXT FILE - as echo TEXT > FILE, but ends the test if it is refused
put() {
	checks=$((checks + 1))
	echo "$1" > "$2" || fail "echo '$1' > $2"
}

# refuse TEXT FILE - echo TEXT > FILE must fail
refuse() {
	checks=$((checks + 1))
	! { echo "$1" > "$2"; } 2> /dev/null ||
		fail "echo '$1' > $2 was accepted"
}

# value NAME FILE - the number behind NAME in a file of "name value" lines
value() {
	local key rest

	while read -r key rest; do
		[ "$key" != "$1" ] || {
			echo "$rest"
			return 0
		}
	done < "$2"
	fail "no $1 in $2"
}
