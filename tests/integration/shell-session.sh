#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# shell-session.sh - types the session of README.md, as it stands there
# 
# A line ends in "# OUTPUT" where that begins with a digit; other comments are
# for the reader. All lines share one shell, because they share variables and
# background jobs.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# The lines between "```sh" under the heading "## A session" and "```".
session_lines() {
	awk '/^## / { here = ($0 == "## A session") }
	     /^```/ { inside = ($0 == "```sh"); next }
	     here && inside' "$abs_top_srcdir/README.md"
}

# type_line LINE - in this very shell, in the mount
type_line() {
	local want=

	[[ $1 =~ \#\ ([0-9][0-9\ ]*)$ ]] && want=${BASH_REMATCH[1]}
	echo "\$ $1"
	eval "$1" > "$work/out" 2> "$work/err" ||
		fail "status $?: $(< "$work/err")"
	[ ! -s "$work/err" ] || fail "it said: $(< "$work/err")"
	same "$want" "$(< "$work/out")" "$1"
}

# A subshell: `wait' waits for the session's job, not for the daemon.
run_session() (
	cd "$M"
	while IFS= read -r -u 9 line; do
		type_line "$line"
	done 9< "$work/session"
	echo $checks > "$work/checks"
)

session_lines > "$work/session"
[ "$(grep -c . "$work/session")" -ge 11 ] || fail "no session in README.md"
start_daemon
before=$(< "$M/proc/buddyinfo")
run_session || exit 1
checks=$(< "$work/checks")
[ ! -e "$M/caches/conn" ] || fail "caches/conn is still there"
[ ! -e "$M/pools/io" ] || fail "pools/io is still there"
same "" "$(< "$M/error_log")" "error_log"
put 1 "$M/caches/kmalloc-64/shrink" # of a new pool's first backing
same "$before" "$(< "$M/proc/buddyinfo")" "buddyinfo after the session"
stop_daemon
