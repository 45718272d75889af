#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# sized-sources.sh - kmalloc/ and vmalloc/: objects of the size that is asked
# for, and proc/vmallocinfo, which knows each area

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# shape FILE - its lines with each number, address and function as one letter
shape() {
	sed -E -e 's/0x[0-9a-f]{16}/A/g' -e 's/^(A-A) +[0-9]+/\1 L/' \
		-e 's/=[0-9]+/=n/g' -e 's/ 0x[0-9a-f]+( |$)/ F\1/' \
		-e 's@ [A-Za-z_][A-Za-z0-9_.]*\+0x[0-9a-f]+/0x[0-9a-f]+@ F@' \
		-e 's/ \[[a-z0-9_]+\]//' "$1" | sort -u
}

start_daemon -o memory=64M,cpus=2,nodes=2
K=$M/kmalloc
V=$M/vmalloc

for dir in "$K" "$V"; do
	[ -d "$dir" ] || fail "no $dir"
	expect_value 0 "$dir/alloc" "$dir/free" "$dir/peak"
	expect_value max "$dir/limit"
	expect_value GFP_KERNEL "$dir/gfp"
	same "$(stat -c %i "$M")" "$(stat -c %i "$dir/..")" "$dir/.."
	expect_errno EPERM rmdir "$dir"
	expect_errno EPERM mkdir "$dir/x"
done
same "$(stat -c %i "$K")" \
	"$(find "$M" -maxdepth 1 -name kmalloc -printf '%i')" "inode of kmalloc"
expect_value 64 "$K/objsize"
expect_value 4096 "$V/objsize"

# BYTES [N] [GFP] [node=K]: as long as they were asked to be.
for dir in "$K" "$V"; do
	put '100' "$dir/alloc"
	put '5000 2' "$dir/alloc"
	put '20000 3 GFP_KERNEL|__GFP_ZERO node=1' "$dir/alloc"
	put '300000 0xcc0' "$dir/alloc"
	put '8 GFP_NOWAIT' "$dir/alloc"
	put '8 1 node=0' "$dir/alloc"
	expect_value 9 "$dir/alloc"
	same "100 5000 5000 20000 20000 20000 300000 8 8" \
		"$(cd "$dir/objects" && stat -c %s {1..9} | xargs)" "sizes"
	cmp -n 20000 "$dir/objects/5" /dev/zero || fail "__GFP_ZERO"
	expect_errno EFBIG pwrite "$dir/objects/1" 98 'xyz'
	expect_errno OK pwrite "$dir/objects/1" 97 'xyz'
	same xyz "$(tail -c 3 "$dir/objects/1")" "what was written"
	head -c 300000 /dev/urandom > "$work/random"
	cat "$work/random" > "$dir/objects/7"
	cmp "$work/random" "$dir/objects/7" || fail "$dir/objects/7"
	same 9 "$(wc -l < "$dir/where")" "lines of $dir/where"
done
same 18 "$(grep -Ec '^(kmalloc|vmalloc)/objects/[1-9] address=' "$M/where")" \
	"lines of where"
grep -Eq '^1 address=0x[0-9a-f]+ pfn=[0-9]+ slab=[0-9]+ index=[0-9]+ node=0' \
	"$K/where" || fail "kmalloc where"
grep -Eq '^7 address=0x[0-9a-f]+ pfn=[0-9]+ index=0 node=0 age_ms=[0-9]+$' \
	"$V/where" || fail "vmalloc where"

grep -q '^4 .* node=1 age_ms=' "$V/where" || fail "node=1: $V/where"

# A create asks for objsize.
put 200 "$K/objsize"
put 10000 "$V/objsize"
: > "$K/objects/mine"
: > "$V/objects/mine"
expect 200 stat -c %s "$K/objects/mine"
expect 10000 stat -c %s "$V/objects/mine"
put 300 "$K/objsize"
expect 200 stat -c %s "$K/objects/mine"
put 'mine' "$K/free"
expect_errno OK unlink "$V/objects/mine"

# vmallocinfo: an area for each, with its guard page, in the kernel's shapes.
same 9 "$(wc -l < "$M/proc/vmallocinfo")" "areas"
previous=0
cp "$M/proc/vmallocinfo" "$work/areas"
while read -r range length words; do
	start=$((${range%-*}))
	end=$((${range#*-}))
	same "$length" $((end - start)) "length of $range"
	[ $start -ge $previous ] || fail "$range does not ascend"
	previous=$end
	[[ $words =~ \ pages=([0-9]+)\ vmalloc\ N[01]=([0-9]+)$ ]] ||
		fail "words of vmallocinfo: $words"
	same "$length" $(((BASH_REMATCH[1] + 1) * 4096)) "pages of $range"
	same "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "nodes of $range"
	printf -v again '0x%016x-0x%016x %7d %s' $start $end "$length" "$words"
	grep -qxF "$again" "$M/proc/vmallocinfo" || fail "not so: $again"
done < "$work/areas"
shape "$M/proc/vmallocinfo" > "$work/ours"
shape "$abs_top_srcdir/tests/data/vmallocinfo" > "$work/kernels"
same 6 "$(grep -c . "$work/kernels")" "shapes of the kernel's file"
sed -i 's/ N1=n$/ N0=n/' "$work/ours"
grep -vxFf "$work/kernels" "$work/ours" && fail "lines that no kernel prints"

# What is refused changes nothing.
for dir in "$K" "$V"; do
	for wrong in 0 -1 x '' '1 0' '1 -1' '1 1 1' '100 1 GFP_WRONG' \
		'100 node=2' '100 node=x' '100 GFP_KERNEL 1' ' 100' '100 '; do
		refuse "$wrong" "$dir/alloc"
	done
	expect_errno ERANGE write "$dir/alloc" 4294967296
	expect_errno ERANGE write "$dir/alloc" '8 99999999999'
	expect_errno ENOMEM write "$dir/alloc" 4294967295
	expect_errno ENOMEM write "$dir/alloc" '100 2147483647'
	expect_errno ENOMEM write "$dir/alloc" '1040000 64'
	expect_errno EINVAL write "$dir/objsize" 0
	expect_errno ERANGE write "$dir/objsize" 4294967296
	put 10 "$dir/limit"
	expect_errno ENOMEM write "$dir/alloc" '8 2'
	expect_errno EFBIG pwrite "$dir/objects/1" 100 'x'
	put max "$dir/limit"
	expect_value 9 "$dir/alloc"
done
expect_errno ENOMEM write "$K/alloc" 4194305
# Nobody waits for what can never be.
expect_errno ENOMEM write "$K/alloc" '4194305 1 GFP_KERNEL|__GFP_NOFAIL'
grep -q 'the largest has 4194304 bytes' "$M/error_log" || fail "error_log"
expect_errno OK write "$V/alloc" 4194305
same 10 "$(wc -l < "$M/proc/vmallocinfo")" "areas"
[ "$(value failed "$V/stats")" -ge 3 ] || fail "failed in stats"

# The read-write form, names, and an end.
name=$({ echo '77 2' >&3; cat <&3; } 3<> "$K/alloc")
expect 77 stat -c %s "$K/objects/${name##*$'\n'}"
put 'oldest 2 newest 1' "$K/free"
for dir in "$K" "$V"; do
	put all "$dir/free"
	expect_value 0 "$dir/alloc"
done
same '' "$(< "$M/proc/vmallocinfo")" "areas"
: > "$V/objects/left"
stop_daemon

# On an anonymous arena, too.
start_daemon -o memory=64M,backing=anon
put '1000000 5' "$V/alloc"
head -c 300000 /dev/urandom > "$work/random"
cat "$work/random" > "$V/objects/3"
cmp -n 300000 "$work/random" "$V/objects/3" || fail "anonymous area"
same 5 "$(wc -l < "$M/proc/vmallocinfo")" "areas"
put all "$V/free"
stop_daemon
