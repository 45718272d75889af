#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# file-rules.sh - what is true of all files: times, inode numbers, snapshots,
# writes of nothing; and the rules of error_log

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# mtime PATH - in nanoseconds; two requests are never of the same one
mtime() {
	stat -c %.9Y "$M/$1"
}

# moves PATH COMMAND... and stays PATH COMMAND... - its mtime
moves() {
	local path=$1 before

	before=$(mtime "$path")
	shift
	checks=$((checks + 1))
	"$@" || fail "$*"
	[ "$before" != "$(mtime "$path")" ] || fail "$path keeps its time: $*"
}

stays() {
	local path=$1 before

	before=$(mtime "$path")
	shift
	"$@" || fail "$*"
	same "$before" "$(mtime "$path")" "time of $path after $*"
}

# cache NAME FILE TEXT - put TEXT there
cache() {
	put "$3" "$M/caches/$1/$2"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/c" "$M/caches/d"
C=$M/caches/c

# ---- times: the last write, else the birth of the directory ------------------

for file in objsize alloc slab_size objects; do
	same "$(mtime caches/c)" "$(mtime caches/c/$file)" "time of a new $file"
done
same "$(mtime .)" "$(mtime proc/slabinfo)" "time of slabinfo"
moves caches/c/limit cache c limit 50
moves caches/c/alloc cache c alloc 2
moves caches/c/free cache c free 1
stays caches/c cache c limit max
stays caches/c/limit refuse x "$C/limit"
stays caches/c/limit expect_errno OK write "$C/limit" ''
stays caches/c/limit expect_errno OK open "$C/limit" wt
stays caches/c/limit expect_errno OK truncate "$C/limit" 0
stays caches/c/limit expect_errno OK truncate "$C/limit" 7
stays caches/c/limit expect_errno OK touch "$C/limit"
stays caches/d/limit cache c limit 60

# Objects have the time of objects/, which moves with what is in it.
moves caches/c/objects cache c alloc 3
moves caches/c/objects expect_errno OK open "$C/objects/new" wcx
moves caches/c/objects expect_errno OK rename "$C/objects/new" "$C/objects/old"
stays caches/c/objects expect_errno OK write "$C/objects/old" hello
stays caches/c/objects expect_errno OK touch "$C/objects/old"
same "$(mtime caches/c/objects)" "$(mtime caches/c/objects/old)" "time of old"
moves caches/c/objects expect_errno OK unlink "$C/objects/old"
moves caches/c/objects cache c free all
stays caches/c/objects cache c free all
moves caches mkdir "$M/caches/e"
moves caches rmdir "$M/caches/e"
stays caches expect_errno EEXIST mkdir "$C"

# ---- a reader sees one moment, and goes back to see the next -----------------

put 1 "$C/alloc"
expect_errno OK snapshot "$C/alloc" "$C/alloc" 14 $'1\n' $'15\n'
expect_errno OK snapshot "$C/limit" "$C/limit" max $'60\n' $'max\n'
put all "$C/free"

# ---- writes: offsets and O_APPEND mean nothing -------------------------------

expect_errno OK append "$C/limit" 7
expect_value 7 "$C/limit"
expect_errno OK pwrite "$C/limit" 4096 8
expect_value 8 "$C/limit"
expect_errno OK write "$C/limit" $'9\n'
expect_value 9 "$C/limit"

# A write of nothing is none, where anything else would be a command.
put 0 "$M/error_log"
put 5 "$C/alloc"
put all "$C/free"
peak=$(< "$C/peak")
for file in "$C"/{alloc,free,gfp,limit,peak,stats,objsize,shrink,validate} \
	"$M"/{error_log,kmsg,proc/sys/vm/drop_caches,pages/order-0/alloc}; do
	expect_errno OK write "$file" ''
done
same "$peak" "$(< "$C/peak")" "peak after a write of nothing"
same "" "$(< "$M/error_log")" "error_log"
same "" "$(< "$M/kmsg")" "kmsg"

# ---- inode numbers are never used again --------------------------------------

: > "$work/inodes"
for round in {1..20}; do
	mkdir "$M/caches/e" "$M/pools/e" "$M/iomem/e"
	put 3 "$M/caches/e/alloc"
	: > "$M/pools/e/objects/round$round"
	put 1 "$M/kmalloc/alloc"
	find "$M"/{caches,pools,iomem}/e "$M/kmalloc/objects/$round" \
		-printf '%i\n' >> "$work/inodes"
	put all "$M/caches/e/free"
	put all "$M/pools/e/free"
	put all "$M/kmalloc/free"
	rmdir "$M/caches/e" "$M/pools/e" "$M/iomem/e"
done
between 2000 100000 "$(wc -l < "$work/inodes")" "inode numbers"
same "" "$(sort "$work/inodes" | uniq -d | head -n 5)" "numbers used again"

# ---- error_log ---------------------------------------------------------------

put 0 "$M/error_log"
for i in {1..70}; do
	refuse "x$i" "$C/limit"
done
mapfile -t lines < "$M/error_log"
same 64 ${#lines[@]} "lines"
now=$(date +%s)
for i in 0 63; do
	line=${lines[i]}
	[[ $line =~ ^([0-9]+)\ ([0-9]+)\ /caches/c/limit\ EINVAL:\ .*\'x$((i + 7))\' ]] ||
		fail "line $i: $line"
	between $((now - 600)) "$now" "${BASH_REMATCH[1]}" "time of line $i"
	same "$(id -u)" "${BASH_REMATCH[2]}" "uid of line $i"
done
put 0 "$M/error_log"
same "" "$(< "$M/error_log")" "error_log after 0"
refuse 1 "$M/error_log"
same 1 "$(wc -l < "$M/error_log")" "lines after 1"
put 0 "$M/error_log"

# A line stays a line of text with five words at least, whatever was written.
expect_errno EINVAL write "$C/limit" $'\xff\x01 \xc3'
expect_errno EINVAL mkdir "$M/caches/a b"$'\n\xe2\x82'
printf -v long 'a%.0s' {1..200}
expect_errno EINVAL write "$C/limit" "$long"$'\xe2\x82\xac'
same 3 "$(wc -l < "$M/error_log")" "lines"
iconv -f UTF-8 -t UTF-8 "$M/error_log" > /dev/null || fail "not UTF-8"
grep -q "/caches/c/limit EINVAL: no number: '?? ?'$" "$M/error_log" ||
	fail "$(< "$M/error_log")"
grep -q " /caches/a?b??? EINVAL: " "$M/error_log" ||
	fail "$(< "$M/error_log")"

# README and version: what they say is so.
same "allocfs $(< "$M/version")" "$("$ALLOCFS" -V)" "version"
for entry in "$M"/*; do
	name=${entry##*/}
	[ "$name" = README ] || [ "$name" = version ] ||
		grep -qw -- "$name" "$M/README" || fail "README lacks $name"
done
stop_daemon

# Everybody sees, and clears, his own lines; root all.
[ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null || exit 0
chmod 755 "$work"
cp "$TRY" "$work/try" # where nobody may be
nobody() {
	setpriv --reuid 65534 --clear-groups "$@"
}
start_daemon -o uid=65534,allow_other
refuse roots "$M/kmalloc/limit"
nobody "$work/try" write "$M/kmalloc/limit" nobodys > "$work/out" || fail "try"
expect_value EINVAL "$work/out"
same "0 65534" "$(cut -d ' ' -f 2 "$M/error_log" | xargs)" "what root sees"
same "65534" "$(nobody cut -d ' ' -f 2 "$M/error_log")" "what nobody sees"
nobody "$work/try" write "$M/error_log" 0 > "$work/out" || fail "try"
expect_value OK "$work/out"
same "" "$(nobody cat "$M/error_log")" "what nobody sees afterwards"
same "0" "$(cut -d ' ' -f 2 "$M/error_log")" "what root sees afterwards"
put 0 "$M/error_log"
stop_daemon
