#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench_handover.sh - an element's way from one client of the mount to another
# that waits for it
#
# Run by make bench.

# shellcheck source=common.sh
. "${abs_top_srcdir:?run by make bench}/tests/bench/common.sh"

start_daemon
mkdir "$M/caches/conn" "$M/pools/io"
put slab:conn "$M/pools/io/backing"
put 0 "$M/caches/conn/limit"
put 1 "$M/pools/io/alloc"
"$abs_top_builddir/tests/bench/handover" "$M/pools/io"
put all "$M/pools/io/free"
stop_daemon
