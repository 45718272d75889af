#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# metrics.sh - metrics/allocfs.prom is what Prometheus reads, and its numbers are
# those of the other files

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/metrics.sh
. "$abs_top_srcdir/tests/lib/metrics.sh"

prom=$M/metrics/allocfs.prom
pool=$M/pools/io

holds() {
	[ "$(< "$1")" = "$2" ]
}

# A bit of everything, and two waits: one served, one taken back.
fill() {
	local writer

	mkdir "$M/caches/conn" "$M/caches/we\"ird\\ä" "$pool" "$M/pools/idle"
	put 192 "$M/caches/conn/objsize"
	put 100 "$M/caches/conn/alloc"
	put 10-20 "$M/caches/conn/free"
	put 1000 "$M/caches/we\"ird\\ä/limit"
	put slab:conn "$pool/backing"
	put 2 "$pool/min_nr"
	put 0 "$M/caches/conn/limit"
	put 2 "$pool/alloc"
	for writer in free kill; do
		"$TRY" write "$pool/alloc" 1 > "$work/answer" &
		until_true holds "$pool/waiters" 1
		[ $writer = kill ] || put 'oldest 1' "$pool/free"
		[ $writer = free ] || kill -KILL $!
		wait $! 2> /dev/null || [ $writer = kill ] || fail "the writer"
		until_true holds "$pool/waiters" 0
	done
	put '3 GFP_KERNEL' "$M/pages/order-2/alloc"
	put '100 5' "$M/kmalloc/alloc"
	put '5000 2' "$M/kmalloc/alloc"
	put '10000 1' "$M/vmalloc/alloc"
}

# A family is announced with its type before its samples; counters alone end
# in _total; a line has two words behind its labels' braces, so no time.
check_format() {
	checks=$((checks + 1))
	awk '
	/^# HELP allocfs_[a-z0-9_]+ ./ { helped = $3; next }
	/^# TYPE allocfs_[a-z0-9_]+ (gauge|counter|histogram)$/ {
		if (helped != $3 || $3 in type)
			bad()
		type[family = $3] = $4
		if (($4 == "counter") != ($3 ~ /_total$/))
			bad()
		next
	}
	{
		name = $1
		sub(/{.*/, "", name)
		if (type[family] == "histogram")
			sub(/_(bucket|sum|count)$/, "", name)
		if (name != family)
			bad()
		sub(/^[^ {]*({.*})?/, "")
		if (NF != 1)
			bad()
	}
	function bad() {
		print FILENAME ":" FNR ": " $0
		status = 1
	}
	END { exit status }' "$1" >&2 || fail "the format"
}

# Buckets ascend in size and in number, the last one is all, which is _count.
check_histograms() {
	awk '
	/_bucket{/ {
		series = $1
		sub(/,?le="[^"]*"}/, "", series)
		sub(/_bucket/, "", series)
		le = $1
		sub(/.*le="/, "", le)
		sub(/".*/, "", le)
		if (series == last && (le != "+Inf" && le + 0 <= le_last + 0 ||
				       $2 + 0 < below))
			bad()
		last = series
		le_last = le
		below = $2
		if (le == "+Inf")
			all[series] = $2
		next
	}
	/_count[{ ]/ {
		series = $1
		sub(/}$/, "", series)
		sub(/_count/, "", series)
		if (!(series in all) || all[series] != $2)
			bad()
		n++
	}
	function bad() {
		print FILENAME ":" FNR ": " $0
		status = 1
	}
	END { print n; exit status }' "$1" > "$work/histograms" || {
		cat "$work/histograms" >&2
		fail "histograms"
	}
	between 3 100 "$(< "$work/histograms")" "series of histograms"
}

limit_of() {
	local limit

	limit=$(< "$1")
	[ "$limit" != max ] || limit=+Inf
	echo "$limit"
}

check_caches() {
	local dir name label

	for dir in "$M"/caches/*/; do
		dir=${dir%/}
		name=${dir##*/}
		name=${name//\\/\\\\}
		label="{slab=\"${name//\"/\\\"}\"}"
		same_metric "cache_used_objects$label" "$(< "$dir/alloc")"
		same_metric "cache_parked_objects$label" "$(< "$dir/cached")"
		same_metric "cache_peak_objects$label" "$(< "$dir/peak")"
		same_metric "cache_limit_objects$label" \
			"$(limit_of "$dir/limit")"
		same_metric "cache_slabs$label" "$(cut -d ' ' -f 1 "$dir/slabs")"
		same_metric "cache_partial_slabs$label" \
			"$(cut -d ' ' -f 1 "$dir/partial")"
		same_metric "slabinfo_objects$label" \
			"$(cut -d ' ' -f 1 "$dir/total_objects")"
		same_metric "slabinfo_object_size_bytes$label" \
			"$(< "$dir/slab_size")"
		same_metric "slabinfo_objects_per_slab$label" \
			"$(< "$dir/objs_per_slab")"
		same_metric "slabinfo_pages_per_slab$label" \
			$((1 << $(< "$dir/order")))
		same_metric "slabinfo_active_objects$label" \
			$(($(< "$dir/alloc") + $(< "$dir/cached")))
		same_metric "cache_allocs_total$label" \
			$(($(< "$dir/alloc_fastpath") + \
			$(< "$dir/alloc_slowpath")))
		same_metric "cache_slabs_made_total$label" \
			"$(cut -d ' ' -f 1 "$dir/alloc_slab")"
	done
}

check_zones() {
	local dir zone label file word order

	for dir in "$M"/nodes/node*/[A-Z]*; do
		zone=${dir#*/nodes/node}
		label="node=\"${zone%/*}\",zone=\"${zone#*/}\""
		for file in min low high spanned present managed; do
			same_metric "zoneinfo_${file}_pages{$label}" \
				"$(< "$dir/$file")"
		done
		same_metric "zoneinfo_nr_free_pages{$label}" "$(< "$dir/free")"
	done
	while read -r -a word; do
		for order in {0..10}; do
			label="node=\"${word[1]%,}\",size=\"$order\""
			label="$label,zone=\"${word[3]}\""
			same_metric "buddyinfo_blocks{$label}" \
				"${word[4 + order]}"
		done
	done < "$M/proc/buddyinfo"
	while read -r -a word; do
		label="node=\"${word[1]%,}\",size=\"3\",zone=\"${word[3]}\""
		same "$(printf %.3f "${word[7]}")" "$(printf %.3f \
			"${metric[allocfs_zone_unusable_free_ratio{$label\}]}")" \
			"unusable part, $label"
	done < "$M/debug/extfrag/unusable_index"
}

check_pools() {
	local name dir label key

	for name in io idle; do
		dir=$M/pools/$name
		label="{pool=\"$name\"}"
		same_metric "pool_min_elements$label" "$(< "$dir/min_nr")"
		same_metric "pool_reserve_elements$label" "$(< "$dir/curr_nr")"
		same_metric "pool_reserve_low_elements$label" "$(< "$dir/low")"
		same_metric "pool_used_elements$label" "$(< "$dir/alloc")"
		same_metric "pool_peak_elements$label" "$(< "$dir/peak")"
		same_metric "pool_waiters$label" "$(< "$dir/waiters")"
		same_metric "pool_element_size_bytes$label" \
			"$(< "$dir/objsize")"
		for key in allocs frees waits failed cancelled resizes; do
			same_metric "pool_${key}_total$label" \
				"$(value $key "$dir/stats")"
		done
	done
	same_metric 'pool_wait_seconds_count{pool="io"}' 2
	same_metric 'pool_wait_seconds_count{pool="idle"}' 0
	awk '$1 == "wait_ns_total" { printf "%.12g\n", $2 / 1e9 }' \
		"$pool/stats" > "$work/stats"
	same_metric 'pool_wait_seconds_sum{pool="io"}' "$(< "$work/stats")"
	# The buckets of the file are those of stats, one on top of the other.
	awk '/^wait_ns_to_/ { n += $2
			printf "%.12g %d\n", substr($1, 12) / 1e9, n }' \
		"$pool/stats" > "$work/stats"
	while read -r -a word; do
		same_metric "pool_wait_seconds_bucket{le=\"${word[0]}\",pool=\"io\"}" \
			"${word[1]}"
	done < "$work/stats"
}

check_sources() {
	local order label

	for order in {0..10}; do
		label="{dir=\"pages/order-$order\"}"
		same_metric "source_used_objects$label" \
			"$(< "$M/pages/order-$order/alloc")"
		same_metric "source_available_objects$label" \
			"$(< "$M/pages/order-$order/free")"
	done
	same_metric 'source_used_objects{dir="kmalloc"}' 7
	same_metric 'source_allocated_total{dir="vmalloc"}' 1
	same_metric mount_objects $((89 + 2 + 3 + 7 + 1))
	same_metric mount_waiters 0
	# What is smaller than 100 bytes, and what is not.
	label='le="96",type="kmalloc"'
	same_metric "kmalloc_size_bytes_bucket{le=\"128\",type=\"kmalloc\"}" \
		$((${metric[allocfs_kmalloc_size_bytes_bucket{$label\}]} + 5))
	label='le="4096",type="kmalloc"'
	same_metric "kmalloc_size_bytes_bucket{le=\"8192\",type=\"kmalloc\"}" \
		$((${metric[allocfs_kmalloc_size_bytes_bucket{$label\}]} + 2))
}

check_memory() {
	local key name got

	while read -r key name; do
		got=$(($(value "$key:" "$M/proc/meminfo" | tr -dc 0-9) * 1024))
		same_metric "memory_${name}_bytes" $got
	done << 'END'
MemTotal mem_total
MemFree mem_free
MemAvailable mem_available
Slab slab
VmallocTotal vmalloc_total
VmallocUsed vmalloc_used
END
	for key in pgalloc_dma32 pgfree slabs_scanned drop_slab; do
		same_metric vmstat_${key}_total "$(value $key "$M/proc/vmstat")"
	done
	same_metric "build_info{version=\"$(< "$M/version")\"}" 1
	same_metric arena_free_bytes "${metric[allocfs_memory_mem_free_bytes]}"
}

start_daemon -o memory=64M,cpus=2
fill
cp "$prom" "$work/allocfs.prom"
same "$(stat -c %s "$prom")" "$(stat -c %s "$work/allocfs.prom")" "its size"
check_format "$work/allocfs.prom"
check_histograms "$work/allocfs.prom"
if command -v promtool > /dev/null; then
	expect "" promtool check metrics < "$work/allocfs.prom"
elif [ "${CI:-}" = true ]; then
	fail "promtool is missing (package prometheus)"
fi
read_metrics "$work/allocfs.prom"
check_caches
check_zones
check_pools
check_sources
check_memory

# Two nodes, and memory without an address.
stop_daemon
start_daemon -o memory=64M,nodes=2,zones=DMA:16M,Normal,HighMem:16M
cp "$prom" "$work/allocfs.prom"
check_format "$work/allocfs.prom"
read_metrics "$work/allocfs.prom"
check_zones
stop_daemon
