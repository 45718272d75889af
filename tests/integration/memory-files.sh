#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# memory-files.sh - nodes/, sys/, proc/ and debug/extfrag: the kernel's formats,
# the same lines as a real kernel's, and numbers that agree

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

samples=$abs_top_srcdir/tests/data/kernel

# lines_of FORMAT FILE - what each line is about; fails on a wrong one
lines_of() {
	awk -v "format=$1" -f "$abs_top_srcdir/tests/lib/kernel-format.awk" "$2"
}

# zones_of FILE - the sorts of zones in a zoneinfo, each as one line
zones_of() {
	lines_of zoneinfo "$1" |
		awk '$1 == "zone" && NR > 1 { print text; text = "" }
		     { text = text " " $0 } END { print text }' | sort -u
}

# sum PATTERN FIELD FILE
sum() {
	awk -v "pattern=$1" -v "field=$2" \
		'$0 ~ pattern { sum += $field } END { print sum + 0 }' "$3"
}

counter() {
	sum "^$1 " 2 "$M/proc/vmstat"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/plain" "$M/caches/inodes"
put SLAB_RECLAIM_ACCOUNT "$M/caches/inodes/flags"
put 1000 "$M/caches/plain/alloc"
put 2000 "$M/caches/inodes/alloc"
put 7 "$M/pages/order-3/alloc"

# Line for line as the samples of a real kernel.
for file in vmstat meminfo; do
	same "$(lines_of $file "$samples/$file")" \
		"$(lines_of $file "$M/proc/$file")" "lines of proc/$file"
done
for file in buddyinfo pagetypeinfo; do
	lines_of $file "$M/proc/$file" > "$work/lines" || fail "proc/$file"
	same '' "$(lines_of $file "$samples/$file" | sort -u |
		comm -13 - <(sort -u "$work/lines"))" \
		"lines of proc/$file that a kernel has not"
done
zones_of "$M/proc/zoneinfo" > "$work/zones"
[ "$(wc -l < "$work/zones")" -eq 3 ] || fail "zones: $(< "$work/zones")"
same '' "$(zones_of "$samples/zoneinfo" | comm -13 - "$work/zones")" \
	"zones in proc/zoneinfo that a kernel has not"
for file in extfrag_index unusable_index; do
	same $'zone\nzone' "$(lines_of $file "$M/debug/extfrag/$file")" $file
done

# The views agree.
free=0
for zone in "$M"/nodes/node0/*/; do
	free=$((free + $(< "$zone/free")))
	expect_value "$(< "$zone/managed")" "$zone/present" "$zone/spanned"
done
same $free "$(counter nr_free_pages)" "nr_free_pages"
same $free "$(sum '^  pages free' 3 "$M/proc/zoneinfo")" "free in zoneinfo"
same $((free * 4)) "$(sum ^MemFree 2 "$M/proc/meminfo")" MemFree
same $((64 * 1024)) "$(sum ^MemTotal 2 "$M/proc/meminfo")" MemTotal
same "$(sum zone 5 "$M/proc/buddyinfo")" \
	"$(sum type 7 "$M/proc/pagetypeinfo")" "blocks of order 0 by type"
same 32 "$(awk '/^Number of blocks/ { n++; next }
	n { for (i = 5; i <= NF; i++) sum += $i } END { print sum }' \
	"$M/proc/pagetypeinfo")" "pageblocks of 64 MiB"
slabs=$(cut -d ' ' -f 1 "$M/caches/inodes/slabs")
same $((slabs << $(< "$M/caches/inodes/order"))) \
	"$(counter nr_slab_reclaimable)" "pages of reclaimable slabs"
expect_value "10" "$M/nodes/node0/distance"
expect '../../caches' readlink "$M/sys/kernel/slab"
[ -d "$M/sys/kernel/slab/inodes" ] || fail "sys/kernel/slab leads nowhere"

# What is tuned is in effect at once; what is wrong changes nothing.
vm=$M/proc/sys/vm
min=$(< "$M/nodes/node0/DMA32/min")
put 4096 "$vm/min_free_kbytes"
expect_value 4096 "$vm/min_free_kbytes"
between $((min + 1)) 1024 "$(< "$M/nodes/node0/DMA32/min")" "another min mark"
expect_errno EINVAL write "$vm/min_free_kbytes" 40x
expect_errno EINVAL write "$vm/min_free_kbytes" -1
expect_errno EINVAL write "$vm/min_free_kbytes" '1 2'
expect_errno ERANGE write "$vm/min_free_kbytes" 99999999999
expect_value 4096 "$vm/min_free_kbytes"
put '256 32' "$vm/lowmem_reserve_ratio"
expect $'256\t32' cut -f 1,2 "$vm/lowmem_reserve_ratio"
put all "$M/pages/order-3/free"
stop_daemon

# Two nodes, and HighMem, which the kernel has on other machines only.
start_daemon -o memory=128M,cpus=4,nodes=2,zones=DMA:16M,Normal,HighMem:16M
for file in buddyinfo pagetypeinfo zoneinfo vmstat meminfo; do
	lines_of $file "$M/proc/$file" > "$work/lines" || fail "proc/$file"
done
pages=$((16 * 256))
put 5 "$M/pages/order-0/alloc"
put '3 GFP_HIGHUSER node=1' "$M/pages/order-1/alloc"
same 6 "$(counter pgalloc_high)" "pages given out by HighMem"
same $((pages * 4)) "$(sum ^HighTotal: 2 "$M/proc/meminfo")" HighTotal
same $((128 * 1024 - pages * 4)) "$(sum ^LowTotal: 2 "$M/proc/meminfo")" LowTotal
same $(($(< "$M/nodes/node1/HighMem/free") * 4)) \
	"$(sum ^HighFree: 2 "$M/proc/meminfo")" HighFree
same "$(sum ^MemFree: 2 "$M/proc/meminfo")" \
	"$(sum '^(HighFree|LowFree):' 2 "$M/proc/meminfo")" "free, high and low"
same 0 "$(sum HighTotal: 4 "$M/sys/devices/system/node/node0/meminfo")" \
	"HighTotal of node 0"
same $((pages * 4)) \
	"$(sum HighTotal: 4 "$M/sys/devices/system/node/node1/meminfo")" \
	"HighTotal of node 1"
put all "$M/pages/order-0/free"
put all "$M/pages/order-1/free"
expect $'DMA\nNormal\ndistance' ls "$M/nodes/node0"
expect $'HighMem\nNormal\ndistance' ls "$M/nodes/node1"
expect_value "10 20" "$M/nodes/node0/distance"
expect_value "20 10" "$M/sys/devices/system/node/node1/distance"
expect_value 28672 "$M/nodes/node1/HighMem/start_pfn"
same 65536 "$(sum MemTotal 4 "$M/sys/devices/system/node/node1/meminfo")" \
	"memory of node 1"
same "$(counter nr_free_pages)" \
	$(($(awk '/^nr_free_pages / { print $2 }' \
		"$M/sys/devices/system/node/node0/vmstat") +
	$(awk '/^nr_free_pages / { print $2 }' \
		"$M/sys/devices/system/node/node1/vmstat"))) "free on both nodes"

# Pages of node 1 for a client of node 0 are what was wanted, and not its own.
nodes=$M/sys/devices/system/node
numa_of() {
	echo "$(value numa_hit "$nodes/node$1/numastat")" \
		"$(value numa_miss "$nodes/node$1/numastat")" \
		"$(value numa_foreign "$nodes/node$1/numastat")" \
		"$(value local_node "$nodes/node$1/numastat")" \
		"$(value other_node "$nodes/node$1/numastat")"
}

# numa_moved NODE BEFORE - how far each count went
numa_moved() {
	paste <(tr ' ' '\n' <<< "$2") <(numa_of "$1" | tr ' ' '\n') |
		awk '{ printf "%s%d", sep, $2 - $1; sep = " " }'
}

before0=$(numa_of 0)
before1=$(numa_of 1)
put '10 node=1' "$M/pages/order-0/alloc"
put '3 GFP_KERNEL node=1' "$M/pages/order-2/alloc"
same "22 0 0 0 22" "$(numa_moved 1 "$before1")" "hits and others of node 1"
same "0 0 0 0 0" "$(numa_moved 0 "$before0")" "numastat of node 0"
put '5 node=0' "$M/pages/order-0/alloc"
put '2' "$M/pages/order-1/alloc"
same "9 0 0 9 0" "$(numa_moved 0 "$before0")" "hits and locals of node 0"
same "22 0 0 0 22" "$(numa_moved 1 "$before1")" "numastat of node 1"
same "$(counter numa_hit)" "$(($(value numa_hit "$nodes/node0/numastat") +
	$(value numa_hit "$nodes/node1/numastat")))" "numa_hit of both nodes"
stop_daemon
