#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# prometheus.sh - node_exporter hands metrics/allocfs.prom on, beside its own
# collectors; rules and dashboard of contrib/ use names that there are

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"
# shellcheck source=../lib/metrics.sh
. "$abs_top_srcdir/tests/lib/metrics.sh"

contrib=$abs_top_srcdir/contrib
dashboard=$contrib/grafana/allocfs.json
collectors=(--collector.textfile --collector.slabinfo --collector.buddyinfo
	--collector.zoneinfo --collector.vmstat --collector.meminfo)

# settled FILE - its samples, but for what the library's own thread changes when
# nobody asks for memory
settled() {
	samples "$1" > "$work/samples"
	grep -Ev '^allocfs_(arena|zone)_released_bytes' "$work/samples"
}

# All samples of the mount's file are in the answer, with its numbers.
check_answer() {
	grep -E '^(# TYPE )?allocfs_' "$work/answer" > "$work/ours"
	checks=$((checks + 1))
	settled "$M/metrics/allocfs.prom" > "$work/file"
	settled "$work/ours" > "$work/answered"
	diff "$work/file" "$work/answered" > "$work/diff" ||
		fail "the file (<) and the answer (>): $(head "$work/diff")"
	same "$(families "$M/metrics/allocfs.prom" | wc -l)" \
		"$(families "$work/ours" | wc -l)" "families in the answer"
}

# What both have is the same: its collectors read the kernel's formats.
check_twins() {
	local line name

	checks=$((checks + 1))
	samples "$work/answer" > "$work/all"
	grep -E '^allocfs_(slabinfo|buddyinfo|zoneinfo)_' "$work/all" |
		sed 's/^allocfs_/node_/' > "$work/ours"
	between 100 100000 "$(wc -l < "$work/ours")" "metrics of the same name"
	grep -Fxvf "$work/all" "$work/ours" > "$work/diff" &&
		fail "not what the collectors say: $(head "$work/diff")"
	# Others' capitals and types are not ours.
	while read -r line name; do
		same "$(sed -n "s/^node_$line //p" "$work/all")" \
			"$(sed -n "s/^allocfs_$name //p" "$work/all")" "$name"
	done << 'END'
memory_MemTotal_bytes memory_mem_total_bytes
memory_MemFree_bytes memory_mem_free_bytes
memory_MemAvailable_bytes memory_mem_available_bytes
memory_Slab_bytes memory_slab_bytes
memory_SReclaimable_bytes memory_sreclaimable_bytes
memory_SUnreclaim_bytes memory_sunreclaim_bytes
memory_VmallocTotal_bytes memory_vmalloc_total_bytes
memory_VmallocUsed_bytes memory_vmalloc_used_bytes
END
}

# names_used FILE - the metrics that expressions of Prometheus name
names_used() {
	grep -oE '\b(allocfs|node)_[a-zA-Z0-9_]+' "$1" | sort -u
}

# known_names LEAST WHAT FILE - all that FILE names are in the answer
known_names() {
	names_used "$3" > "$work/names"
	between "$1" 1000 "$(wc -l < "$work/names")" "metrics that $2 names"
	sed -e 's/^# TYPE \([^ ]*\) .*/\1/' -e 's/[{ ].*//' "$work/answer" |
		sort -u > "$work/known"
	same "" "$(comm -23 "$work/names" "$work/known")" \
		"metrics that $2 names and nobody has"
}

# A panel has a number of its own, a place beside the others, a unit, and asks
# the data source that the viewer chose; variables are those of the dashboard.
check_dashboard() {
	checks=$((checks + 1))
	jq -e '
	def overlap(a; b): a.x < b.x + b.w and b.x < a.x + a.w and
		a.y < b.y + b.h and b.y < a.y + a.h;
	(.title | length > 0) and (.uid | length > 0) and
	(.schemaVersion | type == "number") and
	([.panels[].id] | length == (unique | length)) and
	([.panels[].gridPos] as $g | [range($g | length) as $i |
		range($i) as $j | overlap($g[$i]; $g[$j])] | any | not) and
	all(.panels[]; .type == "row" or (
		(.title | length > 0) and (.description | length > 0) and
		.datasource == { type: "prometheus", uid: "${datasource}" } and
		(.fieldConfig.defaults.unit | length > 0) and
		.gridPos.x + .gridPos.w <= 24 and
		([.targets[].refId] | length == (unique | length)) and
		all(.targets[]; .expr | contains("$instance")))) and
	([.templating.list[].name] ==
		["datasource", "instance", "slab", "pool"])
	' "$dashboard" > "$work/jq" || fail "$dashboard: $(< "$work/jq")"
	jq -r '.panels[].targets[]?.expr, .templating.list[].definition // ""' \
		"$dashboard" > "$work/expressions"
	known_names 30 "the dashboard" "$work/expressions"
}

# As rules, so that promtool says whether each is an expression at all.
check_expressions() {
	jq '{ groups: [{ name: "dashboard", rules: [.panels[].targets[]?.expr |
		gsub("\\$__rate_interval"; "5m")] | to_entries |
		map({ record: "panel:\(.key)", expr: .value }) }] }' \
		"$dashboard" > "$work/dashboard.yml"
	limit promtool check rules "$work/dashboard.yml" > "$work/promtool" \
		2>&1 || fail "$(< "$work/promtool")"
	between 30 1000 "$(sed -n 's/.*SUCCESS: \([0-9]*\) rules.*/\1/p' \
		"$work/promtool")" "expressions of the dashboard"
}

check_contrib() {
	local file

	cp "$contrib"/prometheus/*.yml "$work"
	sed -n 's/^ *expr: //p; /^ *expr: >-$/,/^ *for:/p' \
		"$work/allocfs.rules.yml" > "$work/expressions"
	known_names 10 "the rules" "$work/expressions"
	for file in 'check config prometheus.yml' \
		'check rules allocfs.rules.yml' \
		'test rules allocfs.rules-test.yml'; do
		checks=$((checks + 1))
		# shellcheck disable=SC2086 # words
		(cd "$work" && limit promtool $file > said 2>&1) ||
			fail "promtool $file: $(< "$work/said")"
	done
}

need_client prometheus-node-exporter prometheus-node-exporter
need_client promtool prometheus
need_client jq jq

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/caches/we\"ird\\ä" "$M/pools/io" "$M/pools/idle"
put 192 "$M/caches/conn/objsize"
put 1000 "$M/caches/conn/alloc"
put 2000 "$M/caches/conn/limit"
put slab:conn "$M/pools/io/backing"
put 4 "$M/pools/io/min_nr"
put 6 "$M/pools/io/alloc"
put '3 GFP_KERNEL' "$M/pages/order-2/alloc"
put '10000 1' "$M/vmalloc/alloc"

# Over the folder, and over a link in the folder that others use, too.
start_exporter "${collectors[@]}" --path.procfs="$M/proc" \
	--collector.textfile.directory="$M/metrics"
scrape "$work/answer"
stop_exporter
read_metrics "$work/answer"
same 0 "${metric[node_textfile_scrape_error]}" "errors of the text files"
for collector in textfile slabinfo buddyinfo zoneinfo vmstat meminfo; do
	same 1 "${metric[node_scrape_collector_success{collector=\"$collector\"\}]}" \
		"success of $collector"
done
check_answer
check_twins
check_dashboard
check_expressions
check_contrib

mkdir "$work/textfile"
ln -s "$M/metrics/allocfs.prom" "$work/textfile/"
echo 'another_metric 1' > "$work/textfile/another.prom"
start_exporter --collector.textfile \
	--collector.textfile.directory="$work/textfile"
scrape "$work/answer"
read_metrics "$work/answer"
same 0 "${metric[node_textfile_scrape_error]}" "errors of the text files"
same 1 "${metric[another_metric]}" "the other file"
check_answer

# What the rules take for a mount that is gone.
stop_daemon
scrape "$work/answer"
read_metrics "$work/answer"
same 1 "${metric[node_textfile_scrape_error]}" "errors without a mount"
same 1 "${metric[another_metric]}" "the other file"
stop_exporter
