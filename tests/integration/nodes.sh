#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# nodes.sh - zones and nodes as the command line says, and memory without an
# address

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# zones_shown - "node name" of each line of buddyinfo
zones_shown() {
	awk '{ print $2 $4 }' "$M/proc/buddyinfo" | tr '\n' ' '
}

# Zone borders are addresses, whatever the nodes are.
start_daemon -o nodes=2,memory=64M,zones=DMA:16M,Normal,HighMem:16M,cpus=4
same "0,DMA 0,Normal 1,Normal 1,HighMem " "$(zones_shown)" "zones of two nodes"
stop_daemon

# Who does not say which gets memory of node 0.
start_daemon -o nodes=3,memory=64M,zones=Normal,cpus=3
C=$M/caches/c
mkdir "$C"
put 100 "$C/alloc"
same 100 "$(grep -c ' node=0 ' "$C/where")" "objects of node 0"
slabs=$(< "$C/slabs")
case $slabs in
[1-9]*" N0="*) same "${slabs% *}" "${slabs#*=}" "slabs of node 0" ;;
*) fail "slabs: $slabs" ;;
esac
expect_value 0 "$C/alloc_node_mismatch"

# Who says it gets what he says.
put '7 GFP_KERNEL node=2' "$C/alloc"
same 7 "$(grep -c ' node=2 ' "$C/where")" "objects of node 2"
expect_value 7 "$C/alloc_node_mismatch"
refuse '1 node=3' "$C/alloc"
refuse '1 node=-1' "$C/alloc"
refuse '1 node=' "$C/alloc"
put '3 node=1' "$M/pages/order-1/alloc"
same 3 "$(grep -c ' node=1 ' "$M/pages/order-1/where")" "blocks of node 1"
put all "$M/pages/order-1/free"
expect_value 100 "$C/remote_node_defrag_ratio"
put 30 "$C/remote_node_defrag_ratio"
expect_value 30 "$C/remote_node_defrag_ratio"
expect_errno ERANGE write "$C/remote_node_defrag_ratio" 101
expect_errno EINVAL write "$C/remote_node_defrag_ratio" often
put all "$C/free"
rmdir "$C"
stop_daemon

start_daemon -o memory=64M,zones=DMA:16M,Normal,HighMem:16M

# HighMem: all of it can be had, read and written, and has no address.
P=$M/pages/order-2
put GFP_HIGHUSER "$P/gfp"
put 1 "$P/alloc"
expect_value 1 "$P/alloc"
case $(< "$P/where") in
"1 address=none pfn="*" order=2 index=0 node=0 age_ms="*) ;;
*) fail "where: $(< "$P/where")" ;;
esac
head -c 16384 /dev/urandom > "$work/bytes"
expect_errno OK pwrite "$P/objects/1" 4090 'across two pages'
expect 'across two pages' dd if="$P/objects/1" bs=1 skip=4090 count=16 status=none
cat "$work/bytes" > "$P/objects/1"
cmp "$work/bytes" "$P/objects/1" || fail "bytes of HighMem"
put 1 "$P/free"
put 'GFP_HIGHUSER|__GFP_ZERO' "$P/gfp"
put 1 "$P/alloc"
cmp -n 16384 /dev/zero "$P/objects/2" || fail "HighMem is not cleared"
put all "$P/free"
put GFP_KERNEL "$P/gfp"

# Pools of pages may have such elements, too.
mkdir "$M/pools/p"
put pages:0 "$M/pools/p/backing"
put '1 GFP_HIGHUSER' "$M/pools/p/alloc"
printf elsewhere > "$M/pools/p/objects/1"
expect elsewhere head -c 9 "$M/pools/p/objects/1"
put all "$M/pools/p/free"
rmdir "$M/pools/p"
stop_daemon
