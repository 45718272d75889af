#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# busy-directory.sh - objects/ is listed while others allocate and free
#
# What is there all the time is listed in each listing, once; what comes and
# goes meanwhile may be or not, but never twice.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

listings=20
C=$M/caches/c

# churn - allocate and free objects of its own, until told to end
churn() {
	local ids

	trap - EXIT
	while [ ! -e "$work/enough" ]; do
		ids=$({ echo 40 >&3; cat <&3; } 3<> "$C/alloc")
		: > "$C/objects/mine.$1"
		rm "$C/objects/mine.$1"
		echo "$ids" > "$C/free"
		: > "$work/churned.$1"
	done
}

# churned - both have made a round since this was last true
churned() {
	[ -e "$work/churned.1" ] && [ -e "$work/churned.2" ] &&
		rm "$work"/churned.*
}

# entries - the names in objects/ as readdir gives them, sorted
entries() {
	find "$C/objects" -mindepth 1 -printf '%f\n' | sort
}

start_daemon -o memory=64M,cpus=2
mkdir "$C"
# Several requests' worth of entries, with gaps and with names among them.
put 4000 "$C/alloc"
(cd "$C/objects" && seq 10 10 3000 | xargs rm && seq -f 'n%.0f' 50 | xargs touch)
entries > "$work/stable"
same 3750 "$(wc -l < "$work/stable")" "objects that stay"

churn 1 &
first=$!
churn 2 &
second=$!
for ((i = 0; i < listings; i++)); do
	until_true churned
	entries > "$work/listed"
	same "" "$(uniq -d "$work/listed")" "objects that are listed twice"
	same "" "$(comm -23 "$work/stable" "$work/listed")" \
		"objects that are left out"
done
: > "$work/enough"
await_exit $first || fail "the first of those who allocate"
await_exit $second || fail "the second of those who allocate"

entries > "$work/listed"
same "" "$(comm -3 "$work/stable" "$work/listed")" "objects in the end"
expect_value 3750 "$C/alloc"
stop_daemon
