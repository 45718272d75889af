#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kernel-style.sh - a driver as one writes it for the kernel compiles with the
# flags of libkmem-linux.pc, unmodified and without a warning, and works

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_pkg_config
[ -e "$abs_top_builddir/.libs/libkmem.so" ] ||
	skip "built without shared libraries"
cd "$abs_top_srcdir/tests/data/kernel"
# shellcheck disable=SC2046,SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Wshadow -Werror -O2 -o "$work/rqdrv" main.c \
	rqdrv.c $(kernel_style --cflags --libs) \
	-Wl,-rpath,"$abs_top_builddir/.libs" || fail "it does not build"

limit "$work/rqdrv" > "$work/output" 2> "$work/console" ||
	fail "it ends with status $?: $(cat "$work/console")"
expect 'rq0: 7 5 3
rq0: 7 5 3 9
2000 served
0 reports' cat "$work/output"
expect 'rqdrv.c: 120 bytes each, 4 in reserve
rqdrv.c: sector 11: -EIO
rqdrv.c: gone' sed 's/^\[ *[0-9]*\.[0-9]\{6\}\] //' "$work/console"
