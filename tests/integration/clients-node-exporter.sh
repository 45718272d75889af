#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients-node-exporter.sh - prometheus-node-exporter on proc/: all five
# collectors succeed, leave nothing out, and say what the files say

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"

need_client prometheus-node-exporter prometheus-node-exporter

# same_lines WHAT - $work/ours, from the file, and $work/theirs, one to one
same_lines() {
	checks=$((checks + 1))
	[ -s "$work/ours" ] || fail "nothing to compare for $1"
	diff <(sort "$work/ours") <(sort "$work/theirs") > "$work/diff" ||
		fail "$1, file (<) and exporter (>): $(head "$work/diff")"
}

# samples PREFIX - "name{labels} value" of all metrics that begin so
samples() {
	awk -v "prefix=$1" 'index($0, prefix) == 1 {
		value = $NF
		sub(/ [^ ]*$/, "")
		printf "%s %.0f\n", $0, value
	}' "$work/answer" > "$work/theirs"
}

start_daemon -o memory=128M,cpus=2,nodes=2,zones=DMA:16M,Normal,HighMem:16M
mkdir "$M/caches/conn" "$M/caches/inode"
put SLAB_RECLAIM_ACCOUNT "$M/caches/inode/flags"
put 1111 "$M/caches/conn/alloc"
put 333 "$M/caches/inode/alloc"
put '77 node=1' "$M/caches/conn/alloc"
put '5 GFP_KERNEL' "$M/pages/order-4/alloc"
put '9 GFP_HIGHUSER node=1' "$M/pages/order-0/alloc"
start_exporter --path.procfs="$M/proc" --collector.slabinfo \
	--collector.buddyinfo --collector.zoneinfo --collector.meminfo \
	--collector.vmstat --collector.vmstat.fields='.*'

compare_all() {
	scrape "$work/answer"
	same 5 "$(grep -c '^node_scrape_collector_success.* 1$' \
		"$work/answer")" "collectors that succeed"

	of_exporter "$work/answer" > "$work/table"
	same_caches "$work/table" "collector slabinfo"
	awk 'NR > 2 { printf "{slab=\"%s\"} %d\n", $1, $6 }' \
		"$M/proc/slabinfo" > "$work/ours"
	samples node_slabinfo_pages_per_slab
	sed -i 's/^[a-z_]*//' "$work/theirs"
	same_lines "pages of slabs"

	awk '{ node = $2; sub(/,/, "", node); for (i = 5; i <= NF; i++)
		printf "node_buddyinfo_blocks{node=\"%s\",size=\"%d\",zone=\"%s\"} %d\n",
			node, i - 5, $4, $i }' "$M/proc/buddyinfo" > "$work/ours"
	samples node_buddyinfo_blocks
	same_lines "collector buddyinfo"

	awk '{ printf "node_vmstat_%s %s\n", $1, $2 }' "$M/proc/vmstat" \
		> "$work/ours"
	samples node_vmstat_
	same_lines "collector vmstat"

	awk '{ name = $1; sub(/:$/, "", name); sub(/\)$/, "", name)
	       sub(/\(/, "_", name)
	       printf "node_memory_%s%s %.0f\n", name, $3 ? "_bytes" : "",
			$2 * ($3 ? 1024 : 1) }' "$M/proc/meminfo" > "$work/ours"
	samples node_memory_
	same_lines "collector meminfo"

	# Of each zone, unpopulated ones too, what both know by name.
	awk '$1 == "Node" { node = $2; sub(/,/, "", node); zone = $4; next }
	     $1 == "pages" { $1 = $2; $2 = $3 }
	     $1 == "free" { next } # it has nr_free_pages instead
	     $1 ~ /^(min|low|high|spanned|present|managed|nr_free_pages)$/ {
		name = $1 ~ /^nr_/ ? $1 : $1 "_pages"
	     }
	     $1 ~ /^numa_/ { name = $1 "_total" }
	     /^  pagesets/ { zone = "" }
	     name && zone {
		printf "node_zoneinfo_%s{node=\"%s\",zone=\"%s\"} %s\n", name,
			node, zone, $2
	     }
	     { name = "" }' "$M/proc/zoneinfo" > "$work/ours"
	samples node_zoneinfo_
	sed -i '/^node_zoneinfo_protection/d
		/^node_zoneinfo_\(nr_free_pages\|numa_\|[a-z]*_pages{\)/!d' \
		"$work/theirs"
	same_lines "collector zoneinfo"
}

compare_all
put 5000 "$M/caches/conn/alloc"
put all "$M/pages/order-4/free"
compare_all
active=$(sample 'node_slabinfo_active_objects{slab="conn"}' "$work/answer")
same $((1111 + 77 + 5000)) $((active - $(< "$M/caches/conn/cached"))) \
	"objects of conn in the next answer"
same "$(sample node_memory_MemFree_bytes "$work/answer")" \
	$(($(sample node_vmstat_nr_free_pages "$work/answer") * 4096)) \
	"MemFree and nr_free_pages"
same '' "$(grep -E 'level=(error|warn)' "$exporter_log" |
	grep -v 'running as root')" "what node_exporter complains about"
stop_exporter
stop_daemon
