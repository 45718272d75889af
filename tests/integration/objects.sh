#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# objects.sh - objects as files: made, removed, read, written, renamed

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# names FOLDER - what readdir gives, sorted as numbers, on one line
names() {
	local all

	all=$(cd "$1" && printf '%s\n' * | sort -n)
	[ "$all" != '*' ] || all=
	echo "${all//$'\n'/ }"
}

start_daemon -o memory=64M,cpus=2,max_objects=1000
mkdir "$M/caches/c"
O=$M/caches/c/objects
put 16 "$M/caches/c/objsize"

# Made by alloc: numbered from 1. Made by name: a number is used up, not shown.
put 3 "$M/caches/c/alloc"
same "1 2 3" "$(names "$O")" "objects after alloc"
: > "$O/first"
expect_value 4 "$M/caches/c/alloc"
put 1 "$M/caches/c/alloc"
same "first 1 2 3 5" "$(names "$O")" "objects after create"
expect "16 regular file" stat -c '%s %F' "$O/1"
expect "16 644" stat -c '%s %a' "$O/first"
(umask 077 && : > "$O/private")
expect "600" stat -c %a "$O/private"
expect_errno OK unlink "$O/private"

# Their memory.
printf 'hello, world....' > "$O/first"
expect 'hello, world....' cat "$O/first"
expect_errno OK pwrite "$O/first" 7 'earth'
expect 'hello, earth....' cat "$O/first"
expect 'earth' dd if="$O/first" bs=1 skip=7 count=5 status=none
printf bye > "$O/first"
expect 'byelo, earth....' cat "$O/first"
expect_errno EFBIG pwrite "$O/first" 12 'earth'
expect_errno EFBIG pwrite "$O/first" 16 'x'
expect_errno EFBIG pwrite "$O/first" 1000000 'x'
expect_errno EFBIG append "$O/first" 'x'
expect_errno EFBIG fill "$O/first" 17
expect 'byelo, earth....' cat "$O/first"
expect_errno ENODEV mapshared "$O/first"
expect_errno OK mapprivate "$O/first" 'byelo, earth....'
expect 'byelo, earth....' cat "$O/first"
expect_errno OK truncate "$O/first" 0
expect_errno OK truncate "$O/first" 16
expect_errno EINVAL truncate "$O/first" 8
expect_errno EINVAL truncate "$O/first" 17
expect_errno OK open "$O/first" wt
expect 'byelo, earth....' cat "$O/first"
expect_errno OK touch "$O/first"

# __GFP_ZERO clears, whatever the memory held.
put 'first' "$M/caches/c/free"
put '1 GFP_KERNEL|__GFP_ZERO' "$M/caches/c/alloc"
same "1 2 3 5 7" "$(names "$O")" "objects after a cleared one"
expect '0000000 0000 0000 0000 0000 0000 0000 0000 0000' \
	bash -c "od -x '$O/7' | head -n 1"

# Numbers are never used twice.
put 7 "$M/caches/c/free"
expect_errno ENOENT stat "$O/7"
put 1 "$M/caches/c/alloc"
same "1 2 3 5 8" "$(names "$O")" "objects after 7 went"
put all "$M/caches/c/free"
same "" "$(names "$O")" "objects after free all"
put 2 "$M/caches/c/alloc"
same "9 10" "$(names "$O")" "objects after all went"
expect_errno OK unlink "$O/9"
expect_value 1 "$M/caches/c/alloc"
expect_errno ENOENT unlink "$O/9"
put all "$M/caches/c/free"

# Names.
expect_errno OK open "$O/buf" wcx
expect_errno EEXIST open "$O/buf" wcx
expect_errno OK open "$O/buf" wc
expect_value 1 "$M/caches/c/alloc"
expect_errno EEXIST open "$O/99" wcx
expect_errno EINVAL open "$O/99" wc
expect_errno EINVAL open "$O/3-5" wcx
for name in all oldest newest 'a b' 'a,b' .hidden '#x' ':x'; do
	expect_errno EINVAL open "$O/$name" wcx
done
printf -v long '%0128d' 0
expect_errno ENAMETOOLONG open "$O/x$long" wcx
made=$(mktemp -p "$O" XXXXXX) || fail "mktemp in objects/"
[ -f "$made" ] || fail "mktemp made no file"
expect_errno OK unlink "$made"

# Rename gives another name to the same object.
printf 'same object.....' > "$O/buf"
expect_errno OK rename "$O/buf" "$O/buf2"
expect_errno ENOENT stat "$O/buf"
expect 'same object.....' cat "$O/buf2"
: > "$O/other"
expect_errno EEXIST rename "$O/buf2" "$O/other"
expect_errno EINVAL rename "$O/buf2" "$O/17"
expect_errno EINVAL rename "$O/buf2" "$O/all"
mkdir "$M/caches/d"
expect_errno EXDEV rename "$O/buf2" "$M/caches/d/objects/buf2"
expect_errno EPERM rename "$M/caches/d" "$M/pools/d"
expect_errno ENOENT stat "$M/pools/d"
put 0 "$M/caches/d/limit"
expect_errno ENOMEM write "$M/caches/d/alloc" 1
grep -q 'd/alloc ENOMEM: 1 more would exceed the limit of 0$' \
	"$M/error_log" || fail "$(< "$M/error_log")"
put max "$M/caches/d/limit"
expect_value 0 "$M/caches/d/alloc"
put 1 "$M/caches/c/alloc"
numbered=$(cd "$O" && echo [0-9]*)
expect_errno OK rename "$O/$numbered" "$O/nine"
same "buf2 nine other" "$(names "$O")" "objects after renames"
put 'buf2 nine' "$M/caches/c/free"
same "other" "$(names "$O")" "objects after free by name"

# oldest and newest count names and numbers alike.
put 2 "$M/caches/c/alloc"
: > "$O/last"
put 'oldest 1' "$M/caches/c/free"
[[ $(names "$O") =~ ^last\ [0-9]+\ [0-9]+$ ]] ||
	fail "after oldest 1: $(names "$O")"
put 'newest 2' "$M/caches/c/free"
[[ $(names "$O") =~ ^[0-9]+$ ]] || fail "after newest 2: $(names "$O")"
put all "$M/caches/c/free"

# A file open on a freed object never shows another object's memory.
printf 'secret..........' > "$O/gone"
exec 4<> "$O/gone"
put gone "$M/caches/c/free"
put 8 "$M/caches/c/alloc"
if got=$(cat <&4 2> "$work/err"); then
	fail "read '$got' from a freed object"
fi
grep -q 'No such device' "$work/err" || fail "not ENODEV: $(< "$work/err")"
if echo new 2> "$work/err" >&4; then
	fail "wrote to a freed object"
fi
grep -q 'No such device' "$work/err" || fail "not ENODEV: $(< "$work/err")"
exec 4>&-
put all "$M/caches/c/free"

# The same with the whole directory gone, and another one of its name.
: > "$M/caches/d/objects/x"
exec 4< "$M/caches/d/objects/x" 5< "$M/caches/d/alloc"
put all "$M/caches/d/free"
expect_errno OK rmdir "$M/caches/d"
expect_errno OK mkdir "$M/caches/d"
for fd in 4 5; do
	if cat <&$fd > "$work/out" 2> "$work/err"; then
		fail "descriptor $fd of a removed cache gave '$(< "$work/out")'"
	fi
	grep -q 'No such device' "$work/err" ||
		fail "not ENODEV: $(< "$work/err")"
done
exec 4<&- 5<&-

# df: memory; df -i: objects.
expect 4096 stat -f -c %S "$M"
total=$(stat -f -c %b "$M")
free=$(stat -f -c %f "$M")
between 15000 16384 "$total" "pages of 64 MiB in df"
put 100 "$M/pages/order-0/alloc"
same $((free - 100)) "$(stat -f -c %f "$M")" "free pages after 100 were taken"
put all "$M/pages/order-0/free"
expect "1000 1000" stat -f -c '%c %d' "$M"
put 10 "$M/caches/c/alloc"
expect "1000 990" stat -f -c '%c %d' "$M"
expect_errno EDQUOT write "$M/caches/c/alloc" 991
expect_value 10 "$M/caches/c/alloc"
put all "$M/caches/c/free"

# where: one line per object.
put 5 "$M/caches/c/alloc"
: > "$O/named"
mapfile -t lines < "$M/caches/c/where"
same 6 ${#lines[@]} "lines of where"
same named "${lines[5]%% *}" "name in the last line of where"

# Pages are objects, too.
put 1 "$M/pages/order-2/alloc"
expect 16384 stat -c %s "$M/pages/order-2/objects/1"
put all "$M/pages/order-2/free"

# readdir with many names: each exactly once.
put all "$M/caches/c/free"
put 900 "$M/caches/c/alloc"
same 900 "$(find "$O" -type f | sort -u | wc -l)" "names of 900 objects"
put all "$M/caches/c/free"
rmdir "$M/caches/c" "$M/caches/d"
stop_daemon
