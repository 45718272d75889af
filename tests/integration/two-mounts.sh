#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# two-mounts.sh - a program that mounts its allocator twice: what each mount
# shows of the other, and what goes when one of them ends

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_fuse
N=$work/N
mkdir "$M" "$N"

start_program

names() {
	(cd "$1" && shopt -s nullglob && echo *[ab])
}

# both - start them, and make something in each
both() {
	tell OK start 0 "$M"
	tell OK start 1 "$N"
	mkdir "$M"/{caches/a,pools/pa,iomem/ra} "$N"/{caches/b,pools/pb,iomem/rb}
	put slab:a "$M/pools/pa/backing"
	put slab:b "$N/pools/pb/backing"
	for view in "$M" "$N"; do
		same "a b" "$(names "$view/caches")" "caches in $view"
		same "pa pb" "$(names "$view/pools")" "pools in $view"
		same "ra rb" "$(names "$view/iomem")" "regions in $view"
		expect_value mount "$view"/{caches/a,pools/pb,iomem/ra}/owner
	done
}

# ---- one ends, the other goes on ----------------------------------------------

both
put 3 "$M/caches/b/alloc"
put 2 "$N/caches/b/alloc"
put 1 "$M/pools/pb/alloc"
expect_value 1 "$N/pools/pb/alloc"
# Its objects are its own, their number is everybody's.
expect_errno ENOENT write "$N/caches/b/free" 3
same "1 2 3" "$(cd "$M/caches/b/objects" && echo *)" "objects of the one"
same "1 2" "$(cd "$N/caches/b/objects" && echo *)" "objects of the other"
before=$(< "$N/caches/b/alloc")
tell OK stop 0
! is_mounted "$M" || fail "still mounted"
same b "$(names "$N/caches")" "caches after the other's end"
same pb "$(names "$N/pools")" "pools after the other's end"
same rb "$(names "$N/iomem")" "regions after the other's end"
expect_value 0 "$N/pools/pb/alloc"
between 2 $((before - 3)) "$(< "$N/caches/b/alloc")" "objects left"
put all "$N/caches/b/free"
put 4 "$N/pools/pb/alloc"
put all "$N/pools/pb/free"
put 1 "$N/caches/b/validate"
tell OK ready
tell OK stop 1
tell ENODEV ready

# ---- the other one first; and what is in use by who stays --------------------

both
put 2 "$M/caches/b/alloc"
put slab:b "$M/pools/pa/backing"
tell OK stop 1
same "a b" "$(names "$M/caches")" "caches"
same pa "$(names "$M/pools")" "pools"
same ra "$(names "$M/iomem")" "regions"
expect_errno EBUSY rmdir "$M/caches/b"
put all "$M/caches/b/free"
expect_errno EBUSY rmdir "$M/caches/b"
rmdir "$M/pools/pa"
expect_errno OK rmdir "$M/caches/b"
tell OK stop 0
tell ENODEV ready

# ---- an allocator of the program's own: the last leaves nothing there --------

tell OK init
both
put 1 "$N/caches/a/alloc"
put 1 "$N/pools/pa/alloc"
tell OK stop 0
same "a b" "$(names "$N/caches")" "caches"
same "pa pb" "$(names "$N/pools")" "pools"
tell OK stop 1
tell OK ready
tell OK start 2 "$M"
same "" "$(names "$M/caches")$(names "$M/pools")$(names "$M/iomem")" \
	"what is left of both"

# What the one made the other may remove, but both at once only once.
tell OK start 3 "$N"
for ((i = 0; i < 20; i++)); do
	mkdir "$M/caches/x"
	"$TRY" rmdir "$M/caches/x" > "$work/one" &
	"$TRY" rmdir "$N/caches/x" > "$work/two"
	await_exit $!
	case $(< "$work/one")/$(< "$work/two") in
	OK/ENOENT | ENOENT/OK) ;;
	*) fail "rmdir twice: $(< "$work/one"), $(< "$work/two")" ;;
	esac
done

# Their shapes are changed by one at a time, too.
mkdir "$M/caches/c"
for ((i = 1; i <= 20; i++)); do
	put $((64 + 8 * i)) "$M/caches/c/objsize" &
	put $((i % 2)) "$N/caches/c/poison"
	await_exit $! || fail "objsize"
	for view in "$M" "$N"; do
		expect_value $((64 + 8 * i)) "$view/caches/c/objsize"
		expect_value $((i % 2)) "$view/caches/c/poison"
	done
done

# A mount that fails takes nothing with it.
tell ENOENT start 0 "$work/nowhere"
expect_value 64 "$N/caches/kmalloc-64/objsize"
expect_value $((64 + 8 * 20)) "$M/caches/c/objsize"

# ---- options of the daemon are the library's ----------------------------------

tell OK stop 3
tell OK limit 5
tell OK start 3 "$N" allow_other,ro
expect_errno EROFS mkdir "$N/caches/d"
tell OK stop 3
tell OK start 3 "$N" allow_other
grep -q " $N fuse.allocfs .*default_permissions.*allow_other" \
	/proc/self/mounts || fail "allow_other without default_permissions"
expect_errno OK write "$N/caches/c/alloc" 5
expect_errno EDQUOT write "$N/caches/c/alloc" 1
expect "5 0" stat -f -c '%c %d' "$N"

# The end of the program is the end of all of them.
stop_program
for view in "$M" "$N"; do
	! is_mounted "$view" || fail "$view is still mounted"
done
