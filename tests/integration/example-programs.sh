#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# example-programs.sh - the programs of contrib/examples build as their
# comments say, without a warning, and print what they should

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_pkg_config
libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || skip "built without shared libraries"
examples=$abs_top_srcdir/contrib/examples

# build NAME OPTION-OR-FILE... - $work/NAME
build() {
	local name=$1

	shift
	# shellcheck disable=SC2046,SC2086 # CC may have options
	limit ${CC:-cc} -Wall -Wextra -Wshadow -Werror -O2 -o "$work/$name" \
		"$@" $(kernel_style --cflags --libs) -Wl,-rpath,"$libs" ||
		fail "$name does not build"
}

# ---- sysmem: a system abstraction layer --------------------------------------

cd "$examples/sysmem"
build debug -DSYSMEM_DEBUG demo.c sysmem.c
build release demo.c sysmem.c
transcript='aligned: yes
two from the reserve: yes
<3>demo.c:40: no memory for 100 bytes
a third: no
after one came back: yes
calloc clears: yes
<3>demo.c:60: no memory for 18446744073709551615 bytes
calloc of too much: no
realloc keeps: yes
<3>demo.c:66: no memory for 67108864 bytes
realloc to too much: no
which leaves it alone: yes
realloc to nothing: no
malloc_atomic: yes'
expect "$transcript" "$work/debug"
expect "$(grep -v '^<' <<< "$transcript")" "$work/release"

# ---- exhaustion: a test with Check that turns the taps of a mount ------------

pkg-config --exists 'check >= 0.15' || {
	echo "without Check: one example less"
	exit 0
}
need_fuse
cd "$examples/exhaustion"
# shellcheck disable=SC2046
build check_queue check_queue.c queue.c -L "$libs" -lallocfs \
	$(pkg-config --cflags --libs check)
unset "${!CK_@}"
expect 'Running suite(s): queue
100%: Checks: 4, Failures: 0, Errors: 0' "$work/check_queue"
