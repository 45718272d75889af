#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients-slabinfo.sh - the kernel's own slabinfo, where sys/slab, or caches/,
# lies over /sys/kernel/slab: what it prints is what the mount says
#
# SLABINFO is the program, see contrib/kernel-slabinfo; contrib/check makes it.
# No package installs it, so there is a skip without it, and never a failure.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"

SLABINFO=${SLABINFO:-$(command -v slabinfo || :)}
[ -n "$SLABINFO" ] || skip "no slabinfo, see contrib/kernel-slabinfo"
need_private_view
need_fuse

# slabinfo OPTION... - it succeeds and complains of nothing
slabinfo() {
	checks=$((checks + 1))
	private_view "$SLABINFO" "$@" > "$work/out" 2> "$work/err" ||
		fail "slabinfo $*: status $?: $(< "$work/err")"
	same '' "$(< "$work/err")" "what slabinfo $* complains about"
}

# first_number FILE - without its parts by node
first_number() {
	local number rest

	read -r number rest < "$1"
	echo "$number"
}

# listed SLAB-TREE - the lines of slabinfo -l, made from the directories
listed() {
	local dir name slabs objects

	for dir in "$M"/caches/*/; do
		dir=${dir%/}
		[ ! -L "$dir" ] || continue
		name=${dir##*/}
		slabs=$(first_number "$dir/slabs")
		[ "$slabs" -gt 0 ] || continue
		objects=$(($(< "$dir/alloc") + $(< "$dir/cached")))
		[ "$1" != caches ] || objects=0
		echo "$name $objects $(< "$dir/object_size")" \
			"$((slabs << $(< "$dir/order") << 12))" \
			"$slabs/$(first_number "$dir/partial")/0" \
			"$(< "$dir/objs_per_slab") $(< "$dir/order")"
	done | sort
}

start_daemon -o memory=128M,cpus=2,nodes=2
mkdir "$M/caches/conn" "$M/caches/inode" "$M/caches/traced" "$M/caches/line"
put SLAB_RECLAIM_ACCOUNT "$M/caches/inode/flags"
put 1000 "$M/caches/inode/objsize"
put SLAB_STORE_USER "$M/caches/traced/flags"
put SLAB_HWCACHE_ALIGN "$M/caches/line/flags"
put '1000 node=1' "$M/caches/conn/alloc"
put '333 node=0' "$M/caches/conn/alloc"
put 300 "$M/caches/inode/alloc"
put 'oldest 35' "$M/caches/inode/free"
put 5 "$M/caches/traced/alloc"
put 70 "$M/caches/line/alloc"

# Both trees will do. What caches/ has by the name of objects is a directory.
for SLAB in caches sys/slab; do
	slabinfo -l -B
	sed 1d "$work/out" | awk '{ print $1, $2, $3, $4, $5, $6, $7 }' | sort \
		> "$work/lines"
	expect '' diff "$work/lines" <(listed $SLAB)
	grep -q '^inode .* a$' "$work/out" || fail "inode is reclaimable"
	grep -q '^line .* A$' "$work/out" || fail "line is aligned"
	grep -q '^traced .* U$' "$work/out" || fail "traced is traced"
done

# Every other listing has the same caches.
for option in -z -A -P -L -S -U -1 -i -e -D; do
	slabinfo $option
	[ "$(wc -l < "$work/out")" -gt 1 ] || fail "slabinfo $option lists none"
done

# By node, as in our own files.
slabinfo -n
while read -r name node0 node1; do
	same "$(sed -n 's/^[0-9]* N0=\([0-9]*\).*/\1/p' \
		"$M/caches/$name/slabs")" "${node0#0}" "slabs of $name on node 0"
	same "$(sed -n 's/.* N1=\([0-9]*\).*/\1/p' \
		"$M/caches/$name/slabs")" "${node1#0}" "slabs of $name on node 1"
done < <(sed '1,/^---/d' "$work/out")
same 4 "$(sed '1,/^---/d' "$work/out" | wc -l)" "caches by node"

# One cache, with who has its objects.
slabinfo -r traced
grep -q 'Objects: 5$' "$work/out" || fail "objects of the report"
grep -q 'Tracking *: On' "$work/out" || fail "tracking in the report"
same 2 "$(grep -c '^ *5 .* age=' "$work/out")" "allocated and freed by"
grep '^ *5 0x' "$work/out" | grep -o '^ *5 [^ ]*' |
	diff - <(grep -o '^ *5 0x[^ ]*' "$M/debug/slab/traced/alloc_traces") ||
	fail "the origin in the report"
slabinfo -r conn
used=$(first_number "$M/sys/slab/conn/objects")
same $((1333 + $(< "$M/caches/conn/cached"))) "$used" "sys/slab/conn/objects"
same $((used * 64)) "$(sed -n 's/.*Used : *//p' "$work/out")" \
	"used bytes of the report"
slabinfo -t traced
grep -q '^ *5 0x' "$work/out" || fail "tracking: $(head -n 5 "$work/out")"

# Totals.
slabinfo -T -B
read -r caches objects bytes slabs < <(listed sys/slab | awk '
	{ split($5, n, "/"); objects += $2; bytes += $4; slabs += n[1] }
	END { print NR, objects, bytes, slabs }')
caches_made=("$M"/caches/*)
# shellcheck disable=SC2016 # fields of awk
expect "Slabcaches : ${#caches_made[@]} Active: $caches
Memory used: $bytes
# Objects : $objects
#Slabs $slabs
Memory $bytes" awk '
	/^Slabcaches :/ { print "Slabcaches :", $3, "Active:", $NF }
	/^Memory used:/ { print "Memory used:", $3 }
	/^# Objects  :/ { print "# Objects :", $4 }
	/^#Slabs / || (/^Memory / && NF == 5) { print $1, $5 }' "$work/out"
slabinfo -T
cp "$work/out" "$work/totals"
PATH=${SLABINFO%/*}:$PATH as_in_readme 'slabinfo -T'
expect '' diff "$work/totals" "$work/out"
slabinfo -X -B
grep -q '^Slabs sorted by loss' "$work/out" || fail "slabinfo -X"

# Checked without a fault; shrunk, which gives the empty slabs back.
before=$(wc -l < "$daemon_log")
slabinfo -v
same "$before" "$(wc -l < "$daemon_log")" "lines in the log after -v"
put 'newest 1200' "$M/caches/conn/free"
slabs=$(first_number "$M/caches/conn/slabs")
slabinfo -s
between 2 $((slabs - 1)) "$(first_number "$M/caches/conn/slabs")" \
	"slabs of conn when shrunk"
expect_value 133 "$M/caches/conn/alloc"
same '' "$(< "$M/error_log")" error_log
stop_daemon

# A program whose caches are merged: links, which slabinfo calls aliases.
libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || exit 0
cat > "$work/merge.c" << 'EOF'
#include <stdio.h>

#include <allocfs/allocfs.h>
#include <kmem/slab.h>

int main(int argc, char **argv)
{
	struct kmem_config config = { .memory = 16 << 20, .merge = true };
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	const char *const names[] = { "first", "two/two", "three" };
	struct allocfs *fs;

	if (argc != 2 || kmem_init(&config))
		return 1;
	for (unsigned int i = 0; i < 3; i++) {
		struct kmem_cache *s = kmem_cache_create(names[i], 1048, NULL, 0);

		if (!s || !kmem_cache_alloc(s, GFP_KERNEL))
			return 1;
	}
	if (allocfs_start(argv[1], &options, &fs))
		return 1;
	getchar();
	allocfs_stop(fs);
	kmem_exit();
	return 0;
}
EOF
# shellcheck disable=SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Werror -I "$abs_top_srcdir/include" \
	-o "$work/merge" "$work/merge.c" -L "$libs" -lallocfs -lkmem \
	-Wl,-rpath,"$libs" || fail "it does not build"
mkfifo "$work/in"
"$work/merge" "$M" < "$work/in" > "$daemon_log" 2>&1 &
daemon_pid=$!
exec 4> "$work/in"
until_true mount_answers
for SLAB in caches sys/slab; do
	same $'first d\nthree l\ntwo!two l' \
		"$(find "$M/$SLAB/" -mindepth 1 -maxdepth 1 ! -name '*kmalloc-*' \
			-printf '%f %y\n' | sort)" "names in $SLAB/"
	slabinfo -a
	expect 'first two!two three' xargs < <(tr -d '<-' < "$work/out")
	slabinfo -l
	same 1 "$(sed 1d "$work/out" | wc -l)" "caches of slabinfo -l"
done
same $((3 + $(< "$M/caches/three/cached"))) \
	"$(first_number "$M/sys/slab/three/objects")" "objects by an alias"
echo >&4
exec 4>&-
await_exit "$daemon_pid" || fail "status $?"
daemon_pid=
