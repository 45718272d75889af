#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples.sh - the examples that need a mount say exactly what they should

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_fuse
examples=$abs_top_srcdir/contrib/examples

# ---- mc.c: a module ----------------------------------------------------------

"$abs_top_srcdir/contrib/kmodc" "$examples/mc.c" -o "$work/mc.so" -Werror ||
	fail "kmodc mc.c"
start_daemon -o memory=16M,modules
put "$work/mc.so" "$M/modules/insert"
expect '6,0;mc: MyselfCache has objects of 10240 bytes
6,1;mc: the pool has min_nr 6
6,2;mc: 6 elements allocated
6,3;mc: all freed, 6 in the reserve' sed 's/,[0-9]*,-;/;/' "$M/kmsg"
expect_value mc "$M/caches/MyselfCache/owner" "$M/pools/mc:mc_init/owner"
expect_value 10240 "$M/caches/MyselfCache/objsize"
expect_value 1 "$M/caches/MyselfCache/hwcache_align"
expect_value slab:MyselfCache "$M/pools/mc:mc_init/backing"
expect_value 6 "$M/pools/mc:mc_init/min_nr" "$M/pools/mc:mc_init/curr_nr" \
	"$M/caches/MyselfCache/alloc"
expect_value 0 "$M/pools/mc:mc_init/alloc"
rmdir "$M/modules/mc" || fail "it cannot be removed"
expect '6,4;mc: pool and cache destroyed' sed -n '5s/,[0-9]*,-;/;/p' "$M/kmsg"
expect "" cat "$M/error_log"
[ ! -e "$M/caches/MyselfCache" ] || fail "its cache stayed"
stop_daemon

# ---- size-pool.sh ------------------------------------------------------------

start_daemon -o memory=16M
HOLD=0 limit "$examples/size-pool.sh" "$M" 10240 3 8 5 > "$work/out" ||
	fail "size-pool.sh"
# How long they waited is nobody's promise.
expect 'min_nr waits
1 13
2 10
3 7
4 5
5 3
6 2
7 1
8 0' cut -d ' ' -f 1,2 "$work/out"
expect '8 0 0' tail -n 1 "$work/out"
expect "" find "$M/pools" "$M/caches" -name 'size-pool*'
for wrong in "" "$M" "$M 64" "$M 64 0" "$M 64 x" "$work 64 1" "$M 0 1"; do
	# shellcheck disable=SC2086 # several arguments
	if limit "$examples/size-pool.sh" $wrong > "$work/out" 2>&1; then
		fail "size-pool.sh $wrong: accepted"
	fi
	checks=$((checks + 1))
	[ -s "$work/out" ] || fail "size-pool.sh $wrong: silent"
done
expect "" find "$M/pools" "$M/caches" -name 'size-pool*'

# Ended while requests wait, it leaves nothing behind.
waits_in_pool() {
	grep -qsx '[1-9]' "$M"/pools/size-pool*/waiters
}
HOLD=0.2 "$examples/size-pool.sh" "$M" 64 5 > "$work/out" &
sizer=$!
until_true waits_in_pool
kill -TERM $sizer
! await_exit $sizer || fail "size-pool.sh did not say that it was ended"
expect "" find "$M/pools" "$M/caches" -name 'size-pool*'
