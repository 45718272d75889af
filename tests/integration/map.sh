#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# map.sh - the pictures of a real mount: they change as the memory does, are as
# long as they say, and other programs can read them

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# need PROGRAM - on a machine of ours it is there
need() {
	command -v "$1" > /dev/null && return 0
	[ "${CI:-}" != true ] || fail "$1 is not installed"
	echo "without $1: it is not installed"
	return 1
}

# cells FILE - the characters of all zones
cells() {
	sed -n 's/^ *[0-9]* |\(.*\)|$/\1/p' "$1" | tr -d '\n'
}

# signs CHARACTERS FILE - how many of the cells are one of them
signs() {
	cells "$2" | tr -cd "$1" | wc -c
}

# pages NAME - what the legend says that it has
pages() {
	awk -v name="$1" '
	{
		for (at = 0; at <= 40; at += 40)
			if (index(substr($0, at + 6, 22) " ", name " ") == 1)
				print substr($0, at + 28, 10) + 0
	}' "$M/map.txt"
}

# true_size FILE... - as long as stat(2) says
true_size() {
	local file

	for file; do
		same "$(stat -c %s "$file")" "$(wc -c < "$file")" "size of $file"
	done
}

# sum_of_orders FILE - free pages, from its lines of blocks
sum_of_orders() {
	awk '$1 == "blocks" {
		for (i = 0; i <= 10; i++)
			sum += $(i + 2) * 2 ^ i
	}
	END { print sum }' "$1"
}

start_daemon -o memory=16M,zones=DMA:4M,Normal,cpus=1
true_size "$M/map" "$M/map.txt" "$M/map.svg" "$M/nodes/node0/DMA/map"
same 2048 "$(cells "$M/map.txt" | wc -c)" "cells"
same 0 "$(signs '#+@^%~' "$M/map.txt")" "cells that something is in"
expect "node 0, DMA: 4 MiB, 4 MiB free, largest free block 4 MiB (order 10)" \
	grep '^node 0, DMA' "$M/nodes/node0/DMA/map"
same 1 "$(grep -c '^node' "$M/nodes/node0/Normal/map")" "zones in Normal/map"

# Blocks of 64 KiB are eight cells of two pages each.
put 3 "$M/pages/order-4/alloc"
same 24 "$(signs '#+' "$M/map.txt")" "cells of pages"
same 48 "$(pages 'pages of other users')" "pages"
put '65536 2' "$M/kmalloc/alloc"
same 16 "$(signs '@^' "$M/map.txt")" "cells of kmalloc"
same 32 "$(pages 'kmalloc, no cache')" "pages of kmalloc"
put 65536 "$M/vmalloc/alloc"
same 16 "$(pages vmalloc)" "pages of vmalloc"
mkdir "$M/caches/conn"
put 4096 "$M/caches/conn/objsize"
put 200 "$M/caches/conn/alloc"
slabs=$(< "$M/caches/conn/slabs")
between 200 300 "$(pages conn)" "pages of conn"
same A "$(grep -o 'A a  conn ' "$M/map" | cut -c 1)" "its letter"
between 90 150 "$(signs Aa "$M/map.txt")" "cells of conn"
same "$(($(< "$M/nodes/node0/DMA/free") + $(< "$M/nodes/node0/Normal/free")))" \
	"$(sum_of_orders "$M/map.txt")" "free pages"

# A block that goes leaves a hole, whose order is seen.
put 2 "$M/pages/order-4/free"
same 16 "$(signs '#+' "$M/map.txt")" "cells of pages after a free"
between 1 200 "$(signs 4 "$M/map.txt")" "blocks of order 4"

# One cache: each slab a line, not all of them where there are thousands.
map=$M/caches/conn/map
true_size "$map"
same "${slabs%% *}" "$(grep -vc '^#' "$map")" "slabs of conn"
mkdir "$M/caches/many"
put 4096 "$M/caches/many/objsize"
put SLAB_HWCACHE_ALIGN "$M/caches/many/flags"
put 2400 "$M/caches/many/alloc"
slabs=$(< "$M/caches/many/slabs")
slabs=${slabs%% *}
map=$M/caches/many/map
same 256 "$(grep -c '^ *[0-9]* *0 *[0-9]* *[0-9]*/' "$map")" "slabs shown"
same "# ... and $((slabs - 256)) more slabs" "$(tail -n 1 "$map")" "the rest"
for map in "$M"/map "$M"/map.txt "$M"/nodes/*/*/map "$M"/caches/*/map; do
	between 1 80 "$(wc -L < "$map")" "columns of $map"
done
same 0 "$(LC_ALL=C grep -c '[^ -~]' "$M/map.txt")" "lines of map.txt not in ASCII"

# Pools, and names that mean something in XML.
mkdir "$M/caches/a<b>&\"c" "$M/pools/<&>" "$M/pools/fast"
put 1000 "$M/caches/a<b>&\"c/alloc"
put 7 "$M/pools/fast/min_nr"
between 1 $((200 * 1024)) "$(wc -c < "$M/map.svg")" "bytes of map.svg"
true_size "$M/map.svg"
svg=$(< "$M/map.svg")
[[ $svg == *'7 of 7 in reserve'* ]] || fail "the pool has no bar"
[[ $svg == *'a&lt;b&gt;&amp;&quot;c'* ]] || fail "the name is not escaped"
checks=$((checks + 2))
if need xmllint; then
	limit xmllint --noout --nonet "$M/map.svg" || fail "xmllint"
	checks=$((checks + 1))
fi
if need rsvg-convert; then
	limit rsvg-convert "$M/map.svg" -o "$work/map.png" ||
		fail "rsvg-convert"
	between 10000 10000000 "$(stat -c %s "$work/map.png")" "bytes of the PNG"
fi

# A pool that somebody waits for.
put slab:many "$M/pools/fast/backing"
put "$(< "$M/caches/many/alloc")" "$M/caches/many/limit"
put 7 "$M/pools/fast/alloc"
echo 1 > "$M/pools/fast/alloc" &
waiter=$!
{ echo 'waiters==1' >&3 && read -r w <&3; } 3<> "$M/pools/fast/wait"
same 1 "$w" "waiters"
[[ $(< "$M/map.svg") == *'0 of 7 in reserve, 7 out'*'1 waiting'* ]] ||
	fail "the waiter is not shown"
put 'oldest 1' "$M/pools/fast/free"
await_exit "$waiter" || fail "the waiter was refused"
put all "$M/pools/fast/free"

# Where pages come and go, each reading is whole all the same.
put 1 "$M/pages/order-0/alloc"
while [ -e "$M/version" ] && [ ! -e "$work/enough" ]; do
	echo 50 > "$M/pages/order-1/alloc"
	echo all > "$M/pages/order-1/free"
done &
churn=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	same 2048 "$(cells "$M/map.txt" | wc -c)" "cells of a busy memory"
done
: > "$work/enough"
await_exit "$churn"
stop_daemon

# However large, it has as many lines, and what is untouched costs nothing.
start_daemon -o memory=4G
between 1000 2100 "$(cells "$M/map.txt" | wc -c)" "cells of 4 GiB"
true_size "$M/map" "$M/map.svg"
stop_daemon
