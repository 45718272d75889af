#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# real-caches.sh - the caches of a real kernel, made again through the mount
# 
# Each must get the layout that the kernel chose. Then they are used, and in the
# end every page is back where it came from.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

table=$abs_top_srcdir/tests/data/real-caches.tsv
mismatches=0
caches=()

# compare CACHE ATTRIBUTE EXPECTED REAL-NAME
compare() {
	local got

	checks=$((checks + 1))
	got=$(< "$1/$2")
	[ "$got" != "$3" ] || return 0
	echo "$4: $2 is $got, in the kernel $3"
	mismatches=$((mismatches + 1))
}

# flags RCU HWCACHE RECLAIM DMA - sets $flags
flags() {
	flags=
	[ "$1" = 0 ] || flags+="|SLAB_TYPESAFE_BY_RCU"
	[ "$2" = 0 ] || flags+="|SLAB_HWCACHE_ALIGN"
	[ "$3" = 0 ] || flags+="|SLAB_RECLAIM_ACCOUNT"
	[ "$4" = 0 ] || flags+="|SLAB_CACHE_DMA"
	flags=${flags#|}
}

# make_cache FOLDER SIZE ALIGN FLAGS CTOR
make_cache() {
	put "$2" "$1/objsize"
	put "$3" "$1/align"
	[ -z "$4" ] || put "$4" "$1/flags"
	[ "$5" = 0 ] || put zero "$1/ctor"
}

start_daemon -o memory=1G,cpus=2
before=$(< "$M/proc/buddyinfo")

rows=()
while IFS= read -r row; do
	# A free-pointer offset cannot be given here; a unit test has it.
	[[ $row == '#'* || $row == vm_area_struct$'\t'* ]] || rows+=("$row")
done < "$table"
same 234 "${#rows[@]}" "caches in ${table##*/}"
for ((i = 0; i < ${#rows[@]}; i++)); do
	printf -v cache '%s/caches/c%04d' "$M" "$i"
	caches+=("$cache")
done
mkdir "${caches[@]}"

for ((i = 0; i < ${#rows[@]}; i++)); do
	IFS=$'\t' read -r name size align rcu hwcache reclaim dma ctor _ _ \
		slab_size order objects min_partial _ <<< "${rows[i]}"
	flags "$rcu" "$hwcache" "$reclaim" "$dma"
	make_cache "${caches[i]}" "$size" "$align" "$flags" "$ctor"
	compare "${caches[i]}" slab_size "$slab_size" "$name"
	compare "${caches[i]}" order "$order" "$name"
	compare "${caches[i]}" objs_per_slab "$objects" "$name"
	compare "${caches[i]}" min_partial "$min_partial" "$name"
done
same 0 $mismatches "mismatches"
same "$before" "$(< "$M/proc/buddyinfo")" "buddyinfo with empty caches"

every_second=
for ((i = 1; i <= 100; i += 2)); do
	every_second+="$i "
done
for cache in "${caches[@]}"; do
	put 100 "$cache/alloc"
done
for cache in "${caches[@]}"; do
	put "$every_second" "$cache/free"
	expect_value 50 "$cache/alloc"
	put 1 "$cache/validate"
done
for cache in "${caches[@]}"; do
	put all "$cache/free"
	put 1 "$cache/validate"
	put 1 "$cache/shrink"
	expect_value 0 "$cache/alloc" "$cache/slabs" "$cache/cached"
done
same "$before" "$(< "$M/proc/buddyinfo")" "buddyinfo in the end"
rmdir "${caches[@]}"
same "" "$(< "$M/error_log")" "error_log"
stop_daemon
