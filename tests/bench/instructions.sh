#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# instructions.sh - instructions per pair of alloc and free, by callgrind
#
# The companion of bench_slab that no other program of the machine disturbs:
# bench_slab --count PEER makes two runs of the hot pair that differ by a known
# number of pairs, and the difference of the counts is what they took.
set -euo pipefail

bench=${1:-tests/bench/bench_slab}
command -v valgrind > /dev/null || {
	echo "left out: valgrind is not installed"
	exit 0
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count PEER PAIRS: the instructions of the whole program
count() {
	"${libtool:-./libtool}" --mode=execute valgrind --tool=callgrind \
		--callgrind-out-file="$work/out" \
		"$bench" --count "$1" "$2" > /dev/null 2> "$work/err" || {
		cat "$work/err" >&2
		return 1
	}
	sed -n 's/^summary: //p; s/^totals: //p' "$work/out" | head -n 1
}

export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384
echo "hot pair of 64 bytes, instructions with those of the loop"
for peer in kmem_cache "kmem_cache inline" kmalloc glibc mimalloc jemalloc \
	tcmalloc "floor inline" "floor list" "floor called"; do
	few=$(count "$peer" 100000) || continue
	many=$(count "$peer" 200000) || continue
	printf '  %-20s %8.1f\n' "$peer" \
		"$(awk "BEGIN { print ($many - $few) / 100000 }")"
done
