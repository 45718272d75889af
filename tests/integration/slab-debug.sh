#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# slab-debug.sh - caches that watch their users: switches, layout, the map, who
# has the objects, and what is found when somebody overwrites memory

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

switches=(sanity_checks red_zone poison store_user)
all='SLAB_CONSISTENCY_CHECKS|SLAB_RED_ZONE|SLAB_POISON|SLAB_STORE_USER'

log_seen=0

# objects FILE - the states of all objects in a map, one after the other
objects() {
	grep -v '^#' "$1" | awk '{ printf "%s", $NF }'
}

# count CHARACTER FILE
count() {
	objects "$2" | tr -cd "$1" | wc -c
}

# offset NAME - where an object of caches/c is in the arena's file
offset() {
	local line

	line=$(grep "^$1 " "$M/caches/c/where") || fail "no object $1"
	[[ $line =~ address=(0x[0-9a-f]+).*\ pfn=([0-9]+) ]] ||
		fail "where says '$line'"
	echo $((BASH_REMATCH[2] * 4096 + BASH_REMATCH[1] % 4096))
}

# poke OFFSET - a byte of the arena becomes '!', behind everybody's back
poke() {
	printf '!' | dd of="$work/arena" bs=1 seek="$1" conv=notrunc status=none
}

# news - what the daemon has logged since the last look
news() {
	tail -n +"$((log_seen + 1))" "$daemon_log"
}

# daemon_said TEXT... - each on a line of its own, since the last look
daemon_said() {
	local text

	for text; do
		news > "$work/news"
		grep -q "^allocfs: $text" "$work/news" ||
			fail "the log does not have '$text'"
		checks=$((checks + 1))
	done
	log_seen=$(wc -l < "$daemon_log")
}

# ---- everything debugged -----------------------------------------------------

start_daemon -o slab_debug,memory=16M
mkdir "$M/caches/c"
expect_value "$all" "$M/caches/c/flags"
expect_value 1 "${switches[@]/#/$M/caches/c/}"
expect_value 0 "$M/caches/c/trace" "$M/caches/c/sheaf_capacity"
expect_value 160 "$M/caches/c/slab_size"
expect_value 1 "$M/caches/kmalloc-64/store_user"
expect 444 stat -c %a "$M/caches/kmalloc-64/store_user"
expect_errno EACCES open "$M/caches/kmalloc-64/store_user" w
stop_daemon

# ---- switches ----------------------------------------------------------------

# Some caches, a pattern among them, between other options.
start_daemon -o slab_debug=FZP,c,known*,memory=16M,cpus=2
mkdir "$M/caches/c" "$M/caches/known" "$M/caches/d"
expect_value 1 "$M"/caches/{c,known}/{sanity_checks,red_zone,poison}
expect_value 0 "$M"/caches/d/{sanity_checks,red_zone,poison,store_user} \
	"$M/caches/c/store_user"
expect "" ls "$M/debug/slab"

cd "$M/caches/d"
for switch in "${switches[@]}"; do
	expect 644 stat -c %a "$switch"
	put 1 "$switch"
	expect_value 1 "$switch"
done
expect_value 160 slab_size
expect_value "$all" flags
expect "d" ls "$M/debug/slab"
expect_errno ERANGE write poison 2
expect_errno EINVAL write poison on
expect_errno EINVAL write poison $'\n'
put 1 alloc
for switch in "${switches[@]}" trace; do
	expect_errno EBUSY write "$switch" 0
done
expect_errno EBUSY write flags 0x0
expect_value "$all" flags
put all free
put 0x0 flags
expect_value 0 "${switches[@]}"
expect_value 64 slab_size
expect "" ls "$M/debug/slab"
put "$all|SLAB_HWCACHE_ALIGN" flags
expect_value 256 slab_size
put none flags
expect_value 0x0 flags
put 1 trace
put 1 alloc
put all free
daemon_said 'TRACE d alloc 0x' 'TRACE d free 0x'

# What has no equivalent here has the value of a kernel that lost it.
expect_value 0 cpu_partial cpu_slabs
expect_value "0(0)" slabs_cpu_partial
expect_value 100 remote_node_defrag_ratio
put 0 cpu_partial
expect_errno EINVAL write cpu_partial 1

# Counters, one by one.
cd "$M/caches/known"
put 3 alloc
expect_value 3 alloc_slowpath
expect_value 1 alloc_slab
while read -r name number; do
	expect_value "$number" "$name"
done < stats
declared=$(sed -n '/^#define KMEM_CACHE_STATS(X)/,/^$/p' \
	"$abs_top_srcdir/include/kmem/introspect_cache.h" | grep -c $'^\tX(')
between 2 1000 "$declared" "counters in introspect_cache.h"
same "$declared" "$(wc -l < stats)" "counters"
expect_errno EINVAL write alloc_slab 1
put 0 alloc_slab
expect_value 0 alloc_slab
expect_value 3 alloc_slowpath
cd "$work"

# ---- the map -----------------------------------------------------------------

map=$M/caches/d/map
put 0 "$M/caches/d/trace"
put 8 "$M/caches/d/objsize"
same "" "$(objects "$map")" "map of an empty cache"
put 600 "$M/caches/d/alloc"
put 5-9 "$M/caches/d/free"
same "$(< "$M/caches/d/alloc")" "$(count '#' "$map")" "used objects"
same "$(< "$M/caches/d/cached")" "$(count s "$map")" "parked objects"
total=$(awk '{ print $1 }' "$M/caches/d/total_objects")
same "$total" "$(objects "$map" | wc -c)" "objects"
same 0 "$(awk 'length > 80' "$map" | wc -l)" "long lines"
same 2 "$(grep -c '^ *[0-9][0-9]* *0 *0 *[0-9]*/512 ' "$map")" "lines of slabs"
same "$(wc -c < "$map")" "$(stat -c %s "$map")" "size of the map"
stop_daemon

# ---- who has the objects -----------------------------------------------------

start_daemon -o memory=16M,cpus=2
mkdir "$M/caches/c"
traces=$M/debug/slab/c
expect_errno ENOENT open "$traces/alloc_traces" r
put 1 "$M/caches/c/store_user"
expect $'alloc_traces\nfree_traces' ls "$traces"
expect 444 stat -c %a "$traces/alloc_traces"
expect_value "No data" "$traces/alloc_traces" "$traces/free_traces"
put 2 "$M/caches/c/alloc"
# A copy: ages have more digits from one moment to the next, and tail(1) begins
# where the file ended a moment ago.
limit cat "$traces/alloc_traces" > "$work/traces"
grep -Eq '^      2 [^ ]+ age=[0-9/]+ pid=[0-9-]+ cpus=[0-9,-]+$' \
	"$work/traces" || fail "$(< "$work/traces")"
grep -q '^        [^ ]' "$work/traces" || fail "no stack"
same "" "$(tail -n 1 "$work/traces")" "the last line"
grep -q '^      2 <not-available> age=0 pid=0 cpus=0$' \
	"$traces/free_traces" || fail "$(< "$traces/free_traces")"
put 1 "$M/caches/c/free"
put 1 "$M/caches/c/alloc"
same 2 "$(grep -c '^ *1 ' "$traces/free_traces")" "origins of two objects"

# The same cache at two places: one can be made and removed, the other shows it.
[ "$traces" -ef "$traces/../c" ] || fail "another inode at the second look"
[ ! "$traces" -ef "$M/caches/c" ] || fail "one inode for two directories"
expect_errno EPERM mkdir "$M/debug/slab/other"
expect_errno EPERM rmdir "$traces"
expect_errno EACCES open "$traces/alloc_traces" w
exec 4< "$traces/alloc_traces"
put all "$M/caches/c/free"
put 0 "$M/caches/c/store_user"
! cat <&4 2> /dev/null || fail "read what is remembered no more"
exec 4<&-
expect_errno ENOENT open "$traces" r
put 1 "$M/caches/c/store_user"
rmdir "$M/caches/c"
expect "" ls "$M/debug/slab"
stop_daemon

# ---- memory overwritten ------------------------------------------------------

log_seen=0
start_daemon -o slab_debug=FZPU,c,backing=file:"$work/arena",memory=16M
mkdir "$M/caches/c"
: > "$M/caches/c/objects/victim"
put 1 "$M/caches/c/validate"
same "" "$(< "$M/error_log")" "error_log of a sane cache"
poke $(($(offset victim) + 64))
put 1 "$M/caches/c/validate"
daemon_said '\[Right Redzone overwritten\] 0x' 'BUG c (Not tainted): Object' \
	'Allocated in ' 'Slab 0x.* objects=25 used=1 ' 'Object   0x' \
	'FIX c: Restoring Right Redzone 0x'
same 1 "$(wc -l < "$M/error_log")" "lines of error_log"
grep -q ' /caches/c/validate EUCLEAN: [1-9][0-9]* faults in the cache$' \
	"$M/error_log" || fail "$(< "$M/error_log")"
put 1 "$M/caches/c/validate"
same "" "$(news)" "the log after the repair"

# Use after free, found when the object is to be used again: its slab is not.
at=$(offset victim)
: > "$M/caches/c/objects/neighbour"
rm "$M/caches/c/objects/victim"
poke $((at + 10))
put 1 "$M/caches/c/alloc"
daemon_said '\[Poison overwritten\] 0x' 'Freed in '
same 25 "$(count '!' "$M/caches/c/map")" "objects of the bad slab"
stop_daemon

# ---- options that are wrong --------------------------------------------------

# refused OPTIONS - a usage error
refused() {
	local status

	limit "$ALLOCFS" -o "$1" "$M" 2> "$work/err" && status=0 || status=$?
	same 2 $status "-o $1: status"
	same 1 "$(wc -l < "$work/err")" "-o $1: lines"
}
refused slab_debug=Q
refused slab_debug=F,name,memroy=8M
refused merge=1
refused init_on_alloc=yes

start_daemon -o init_on_alloc,memory=16M
mkdir "$M/caches/c"
printf 'secret' > "$M/caches/c/objects/x"
rm "$M/caches/c/objects/x"
: > "$M/caches/c/objects/y"
same 0 "$(tr -d '\0' < "$M/caches/c/objects/y" | wc -c)" "bytes that are not 0"
stop_daemon
