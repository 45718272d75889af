#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# top.sh - allocfs-top prints what the files of the mount say

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

top=$abs_top_builddir/allocfs-top

# print VIEW [option...] - one round, to $work/out
print() {
	local view=$1

	shift
	limit "$top" -b -n 1 -v "$view" "$@" "$M" > "$work/out" ||
		fail "allocfs-top -v $view: status $?"
}

# field NAME HEADER - of what was printed last
field() {
	awk -v name="$1" -v header="$2" '
	column && $NF == name {
		print $column
		found++
	}
	NF > 3 && !column {
		for (i = 1; i <= NF; i++)
			if ($i == header)
				column = i
	}
	END { exit found != 1 }' "$work/out" || fail "no $2 of $1"
}

# same_field EXPECTED NAME HEADER
same_field() {
	same "$1" "$(field "$2" "$3")" "$3 of $2"
}

first_word() {
	local word rest

	read -r word rest < "$1" && echo "$word"
}

# refused STATUS TEXT ARGUMENT... - it ends with STATUS, one line says why
refused() {
	local want=$1 text=$2 got=0

	shift 2
	limit "$top" "$@" > "$work/out" 2> "$work/err" < /dev/null || got=$?
	same "$want" "$got" "status of $*"
	same 1 "$(wc -l < "$work/err")" "lines on standard error of $*"
	grep -qF -- "$text" "$work/err" || fail "$*: $(< "$work/err")"
}

start_daemon -o memory=64M,nodes=2,zones=DMA:16M,Normal,cpus=2
mkdir "$M/caches/conn" "$M/caches/кэш" "$M/pools/io" "$M/pools/idle"
put 192 "$M/caches/conn/objsize"
put 1000 "$M/caches/conn/alloc"
put 2000 "$M/caches/conn/limit"
put slab:conn "$M/pools/io/backing"
put 6 "$M/pools/io/min_nr"
put 500 "$M/caches/conn/limit"
put 2 "$M/pools/io/alloc"

# Caches, each of them.
print caches
for dir in "$M"/caches/*; do
	name=${dir##*/}
	same_field $(($(< "$dir/alloc") + $(< "$dir/cached"))) "$name" ACTIVE
	same_field "$(first_word "$dir/total_objects")" "$name" OBJECTS
	same_field "$(< "$dir/slab_size")" "$name" OBJSIZE
	same_field "$(first_word "$dir/slabs")" "$name" SLABS
	same_field "$(< "$dir/objs_per_slab")" "$name" OBJ/SLAB
	same_field $((1 << $(< "$dir/order"))) "$name" PAGES
	same_field "$(< "$dir/owner")" "$name" OWNER
	same_field "$(< "$dir/limit")" "$name" LIMIT
	same_field "$(< "$dir/peak")" "$name" PEAK
done
slabs=$(first_word "$M/caches/conn/slabs")
same_field $((slabs * 4096 << $(< "$M/caches/conn/order"))) conn SIZE
same_field - conn ALLOC/s
same conn "$(sed -n '6s/.* //p' "$work/out")" "the largest is the first"
total=$(awk '/^MemTotal/ { print $2 * 1024 }' "$M/proc/meminfo")
grep -q "^Memory used [0-9]* of $total;" "$work/out" || fail "no memory"

# Sorted, filtered, in a locale without UTF-8.
LC_ALL=C print caches -s name -f 'k*-8'
same $'kmalloc-8\nkmalloc-cg-8\nkmalloc-rcl-8' \
	"$(sed '1,5d; s/.* //' "$work/out")" "-f and -s"
LC_ALL=C print caches -s n -f кэш
same_field mount кэш OWNER

# Pools.
print pools
for name in io idle; do
	same_field "$(< "$M/pools/$name/curr_nr")" $name CURR
	same_field "$(< "$M/pools/$name/min_nr")" $name MIN
	same_field "$(< "$M/pools/$name/alloc")" $name OUT
	same_field "$(< "$M/pools/$name/waiters")" $name WAIT
	same_field "$(< "$M/pools/$name/low")" $name LOW
	same_field "$(< "$M/pools/$name/backing")" $name BACKING
done
same_field 67 io RESERVE
same_field 100 idle RESERVE
put 4 "$M/pools/io/alloc"
limit "$TRY" write "$M/pools/io/alloc" 1 &
blocked=$!
until_true grep -qx 1 "$M/pools/io/waiters"
print pools
same_field 1 io WAIT
same_field 0 io RESERVE
same io "$(sed -n '6s/.* //p' "$work/out")" "where somebody waits is the first"
grep -q '^Pools 2, below their reserve 1; requests waiting 1, in pools 1$' \
	"$work/out" || fail "totals of pools"
put 'oldest 1' "$M/pools/io/free"
await_exit $blocked || fail "the blocked write failed"

# Zones and their orders.
print zones
for dir in "$M"/nodes/node*/[A-Z]*; do
	name=${dir#"$M/nodes/"}
	for file in free min low high managed; do
		same_field $(($(< "$dir/$file") * 4096)) "$name" ${file^^}
	done
	line=$(grep "^Node ${name:4:1}, zone *${name#*/} " "$M/proc/buddyinfo")
	read -r -a blocks <<< "${line#*"${name#*/}"}"
	same_field "$(
		IFS=,
		echo "${blocks[*]}"
	)" "$name" ORDERS_0-10
done
cp "$work/out" "$work/zones"
print orders -f node0/DMA
same 11 "$(sed 1,5d "$work/out" | wc -l)" "orders of a zone"
same "$(awk '$NF == "node0/DMA" { gsub(",", "\n", $10); print $10 }' \
	"$work/zones")" "$(sed 1,5d "$work/out" | awk '{ print $3 }')" \
	"blocks of each order"

# Rates, between two rounds.
"$top" -b -d 0.1 -f conn "$M" > "$work/rounds" &
watcher=$!
rate_seen() {
	put 1 "$M/caches/conn/alloc" && put 'oldest 1' "$M/caches/conn/free" &&
		awk '$NF == "conn" && $10 > 0 && $11 > 0 { found = 1 }
		END { exit !found }' "$work/rounds"
}
put max "$M/caches/conn/limit"
until_true rate_seen
kill "$watcher"
await_exit "$watcher" || :

# What cannot be done is said.
refused 2 "unknown option" -x
refused 2 "no such key" -s nothing "$M"
refused 2 "no such view" -v pages "$M"
refused 1 "no allocfs is mounted there" -b -n 1 "$work"
refused 1 "no allocfs is mounted there" -b -n 1 "$work/nowhere"
expect "allocfs-top $(< "$M/version")" "$top" -V
! limit "$top" -b -n 1 "$M" > /dev/full 2> "$work/err" ||
	fail "a full disk is not noticed"
# An older mount may lack a file: the rest is shown.
mkdir -p "$work/old/pools/p" "$work/old/proc"
cp "$M/proc/meminfo" "$work/old/proc"
cp "$M/pools/io/"{curr_nr,min_nr} "$work/old/pools/p"
limit "$top" -b -n 1 -v pools "$work/old" > "$work/out" 2> "$work/err" ||
	fail "a mount without some files: status $?"
same_field 6 p MIN
same_field - p WAIT
grep -q 'pools/p/.*No such file' "$work/err" || fail "a lacking file is not said"

# Without an argument, the first one. Mounts of others are hidden from it.
if unshare -m true 2> /dev/null; then
	cat > "$work/alone.sh" << 'END'
while read -r path; do
	[ "$path" = "$2" ] || umount -l "$path"
done < <(awk '/ - fuse.allocfs / { print $5 }' /proc/self/mountinfo)
"$1" -b -n 1 | head -n 1 || exit
mount --bind "$2" "$3"
"$1" -b -n 1 | head -n 1 || exit
umount "$3" && umount "$2"
"$1" -b -n 1
END
	mkdir "$work/second"
	limit unshare -m bash "$work/alone.sh" "$top" "$M" "$work/second" \
		> "$work/out" 2>&1 && fail "no mount is no failure"
	sed -i 's/^[^ ]* //' "$work/out"
	version=$(< "$M/version")
	same "$version $M
$version $M (first of 2 mounts)
nothing of type fuse.allocfs is mounted; which folder is it?" \
		"$(sed 's/^allocfs-top: //' "$work/out")" "the first mount"
fi

# The manual page has all options, keys and columns.
"$top" -h > "$work/help"
sed 's/\\-/-/g' "$abs_top_srcdir/man/allocfs-top.1" > "$work/man"
grep -o -- '^ *-[a-zA-Z]\>' "$work/help" | while read -r option; do
	grep -Eq -- "^\.B[IR]? \"?$option" "$work/man" ||
		fail "allocfs-top.1 does not have $option"
done
between 30 99 "$(grep -o '[a-z-]* ([a-zA-Z])' "$work/help" | wc -l)" "keys"
grep -o '[a-z-]* ([a-zA-Z])' "$work/help" | while read -r key letter; do
	letter=${letter:1:1}
	grep -q "^\.BR $key \" ($letter)\"\$" "$work/man" ||
		fail "allocfs-top.1 does not have $key ($letter)"
done

# A mount that died.
kill -KILL "$daemon_pid"
await_exit "$daemon_pid" || :
daemon_pid=
refused 1 "its daemon has ended" -b -n 1 "$M"
