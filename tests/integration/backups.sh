#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# backups.sh - backups and searches over the whole mount end and change nothing

# shellcheck disable=SC2016 # $M is for the shell that walk() starts
# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# dump - content, size and mode of all that does not tell the time
dump() {
	(cd "$M" && find . ! -name where -printf '%p %y %m %s %n\n' | sort &&
		find . -type f ! -name where -exec grep -aH '' {} +)
}

# walk NAME COMMAND... - it ends, succeeds, says nothing, changes nothing
walk() {
	local name=$1 said

	shift
	echo "$name"
	checks=$((checks + 1))
	limit bash -c "$*" > "$work/walk.out" 2> "$work/walk.err" ||
		fail "$name: status $?: $(head -n 3 "$work/walk.err")"
	said=$(grep -v 'binary file matches$' "$work/walk.err" | head -n 3)
	same "" "$said" "what $name said"
	dump > "$work/after"
	diff -u "$work/before" "$work/after" || fail "$name changed something"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/caches/req" "$M/pools/io" "$M/iomem/dev"
put 100 "$M/caches/conn/alloc"
put 4096 "$M/caches/req/objsize"
put 3 "$M/caches/req/alloc"
printf hello > "$M/caches/conn/objects/greeting"
printf hello > "$M/iomem/dev/data"
put slab:conn "$M/pools/io/backing"
put 4 "$M/pools/io/min_nr"
put 6 "$M/pools/io/alloc"
put '2 GFP_NOWAIT' "$M/pages/order-3/alloc"
refuse x "$M/caches/conn/objsize"
dump > "$work/before"

export M work
walk 'grep -r' 'grep -r . "$M"'
walk 'grep -r, no match' '! grep -r no_such_text "$M"'
walk 'tar to /dev/null' 'tar -cf /dev/null -C "$M" .'
walk 'tar to a pipe' 'set -o pipefail; tar -cf - -C "$M" . | cat'
walk 'cp -r' 'cp -r "$M" "$work/copy"'
walk 'diff -r' 'diff -r -x where "$M" "$work/copy"'
walk 'find and cat' 'find "$M" -type f -exec cat {} +'
walk 'ls -lR' 'ls -lR "$M"'
walk 'du' 'du -s "$M"'
walk 'wc' 'find "$M" -type f -exec wc {} +'
walk 'dd, one byte at a time' 'dd if="$M/proc/slabinfo" bs=1 status=none'
walk 'completion' 'compgen -f "$M/caches/conn/"; compgen -G "$M/*/*/*"'

# What was copied is what the files hold.
same "$(< "$M/proc/buddyinfo")" "$(< "$work/copy/proc/buddyinfo")" buddyinfo
expect_value 64 "$work/copy/caches/conn/objsize"
stop_daemon
