#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# shape-writers.sh - files that change a part of a cache's shape, written at
# once: each change is there afterwards

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# store FILE TEXT - until somebody else's change is through
store() {
	same OK "$(limit "$TRY" write "$1" "$2")" "writing '$2' to $1"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/c"
C=$M/caches/c
for ((i = 0; i < 50; i++)); do
	pids=()
	for change in "objsize $((64 + 8 * i))" "red_zone $((i % 2))" \
		"poison $((i / 2 % 2))" "store_user $((i / 4 % 2))"; do
		store "$C/${change% *}" "${change#* }" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		await_exit "$pid" || fail "a writer failed"
	done
	expect_value $((64 + 8 * i)) "$C/objsize"
	expect_value $((i % 2)) "$C/red_zone"
	expect_value $((i / 2 % 2)) "$C/poison"
	expect_value $((i / 4 % 2)) "$C/store_user"
done
stop_daemon

# An object that is given to who has it already is not charged again.
start_daemon -o memory=64M,max_objects=1
touch "$M/pages/order-0/objects/only"
expect_errno EDQUOT write "$M/pages/order-0/alloc" 1
chown "$(id -u)" "$M/pages/order-0/objects/only" ||
	fail "chown to the owner himself"
expect_errno EDQUOT write "$M/pages/order-0/alloc" 1
rm "$M/pages/order-0/objects/only"
put 1 "$M/pages/order-0/alloc"
stop_daemon
