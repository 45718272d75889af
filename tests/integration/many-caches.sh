#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# many-caches.sh - a thousand caches, and a search that reads every file of them
#
# The search ends and changes nothing; all caches are listed, once each, and all
# of them can be removed, some of them while others come. CACHES changes the
# number.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

caches=${CACHES:-1000}
# A sanitizer's time is another matter.
case ${CC:-} in
*fsanitize*) caches=${CACHES:-100} ;;
esac

# each_cache FIRST LAST COMMAND... - it gets these caches as arguments
each_cache() {
	local first=$1 last=$2

	shift 2
	(cd "$M/caches" && seq -f 'c%.0f' "$first" "$last" | xargs "$@")
}

# snapshot - what the allocator and all caches' numbers are
snapshot() {
	cat "$M/proc/slabinfo" "$M/proc/buddyinfo" "$M/error_log"
	grep -H . "$M"/caches/*/{alloc,free,objsize,total_objects,slabs,peak}
}

# listed - how many of our caches readdir gives, and none twice
listed() {
	local names

	names=$(ls -U "$M/caches")
	same "" "$(sort <<< "$names" | uniq -d)" "caches that are listed twice"
	grep -c '^c[0-9]*$' <<< "$names" || :
}

start_daemon -o memory=64M,cpus=2
each_cache 1 "$caches" mkdir
same "$caches" "$(listed)" "caches after mkdir"
put 3 "$M/caches/c1/alloc"
put 5 "$M/caches/c$caches/alloc"

snapshot > "$work/before"
LIMIT=500 limit find "$M/caches" "$M/debug" -type f -exec cat {} + > "$work/read" \
	2> "$work/said" || fail "the search: $(head -n 3 "$work/said")"
same "" "$(< "$work/said")" "what the search said"
snapshot > "$work/after"
diff -u "$work/before" "$work/after" || fail "the search changed something"

# Others of the same names, while the rest is there.
put all "$M/caches/c1/free"
put all "$M/caches/c$caches/free"
each_cache 1 $((caches / 2)) rmdir
same $((caches - caches / 2)) "$(listed)" "caches after rmdir"
each_cache 1 $((caches / 4)) mkdir
same $((caches - caches / 2 + caches / 4)) "$(listed)" \
	"caches after mkdir again"
each_cache 1 $((caches / 4)) rmdir
each_cache $((caches / 2 + 1)) "$caches" rmdir
same 0 "$(listed)" "caches in the end"
stop_daemon
