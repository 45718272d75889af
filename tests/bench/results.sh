#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# results.sh - write RESULTS.md: the host in words, the limits, all tables
#
# Run in the build folder after make bench built the programs:
#
#	tests/bench/results.sh FOLDER   the programs' output is kept in FOLDER,
#	                                and taken from it where it is there
#
# The file is written beside this script. What results-*.md there say in words
# comes between the limits and the tables.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
kept=${1:?results.sh FOLDER}
mkdir -p "$kept"

# program NAME: run it if its output is not there
program() {
	[ -s "$kept/$1" ] || "tests/bench/$1" > "$kept/$1" ||
		{ rm -f "$kept/$1" && return 1; }
}

for name in bench_slab bench_memory bench_mempool bench_page bench_growth; do
	program "$name"
done
[ -s "$kept/instructions" ] ||
	bash "$here/instructions.sh" > "$kept/instructions"

if command -v gnuplot > /dev/null; then
	gnuplot -e "table='$kept/bench_growth'" "$here/growth.gp" \
		> "$here/growth.svg"
fi

# host: what it runs on, without its name
host() {
	local class
	class=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "$(nproc) CPUs ($class), kernel $(uname -r | cut -d. -f1,2)," \
		"glibc $(getconf GNU_LIBC_VERSION | cut -d' ' -f2)." \
		"Load when this was written: $(cut -d' ' -f1-3 /proc/loadavg)."
}

{
	echo "# Results"
	echo
	echo "Made by \`tests/bench/results.sh FOLDER\` on $(date -u +%F)."
	host
	echo
	echo "Nanoseconds are CPU time of the thread, the median of the rounds"
	echo "in which the peers took turns."
	echo
	echo "## Limits"
	echo
	echo '| compared | kept in | worst | at most | |'
	echo '|---|---|---|---|---|'
	cat "$kept"/* | sed -nE 's/^limit: (.{46}) (.{9}) +([0-9.-]+) +([0-9.]+) (.*)$/| \1 | \2 | \3 | \4 | \5 |/p' |
		sed -E 's/ +\|/ |/g; s/\| +/| /g'
	for words in "$here"/results-*.md; do
		[ -e "$words" ] || continue
		echo
		cat "$words"
	done
	for name in bench_slab bench_memory bench_mempool bench_page \
		bench_growth instructions; do
		echo
		echo "## $name"
		echo
		[ "$name" != bench_growth ] || printf '![growth](growth.svg)\n\n'
		echo '```'
		grep -v '^limit: \|   limits  ' "$kept/$name"
		echo '```'
	done
} > "$here/RESULTS.md"
