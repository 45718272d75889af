#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-linux-headers.sh - the headers for kernel-style code compile alone, all
# together, and before and after every header of the C library, without a
# warning

set -eu
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_pkg_config
cd "$abs_top_srcdir/include/kmem"
ours=(linux/*.h linux/*/*.h)
[ ${#ours[@]} -gt 20 ] || fail "where are the headers?"
cflags=$(kernel_style --cflags)

# As a foreign program is compiled that wants to hear everything.
# compile COMPILER FILE
compile() {
	# shellcheck disable=SC2086 # all three may be several words
	limit $1 $cflags -Wall -Wextra -Wshadow -Werror -fsyntax-only -x c "$2"
}

# includes HEADER... - a file that includes these
includes() {
	printf '#include <%s>\n' "$@" > "$work/test.c"
}

# expect_compiles COMPILER WHAT - $work/test.c
expect_compiles() {
	checks=$((checks + 1))
	compile "$1" "$work/test.c" > "$work/messages" 2>&1 && return
	head -n 30 "$work/messages" >&2
	fail "$2"
}

# The system's headers that can be included at all. Some are there to complain.
find_libc_headers() {
	local header

	libc=()
	while read -r header; do
		includes "$header"
		# shellcheck disable=SC2086
		! limit $CC -Werror -fsyntax-only "$work/test.c" 2> /dev/null ||
			libc+=("$header")
	done < <(grep -v '^#' "$abs_top_srcdir/tests/data/libc-headers.txt")
	[ ${#libc[@]} -gt 60 ] || fail "where is the C library?"
}

# Its functions for the machine's own ports have the names of linux/io.h.
without_ports() {
	printf '%s\n' "$@" | grep -vx sys/io.h
}

CC=${CC:-cc}
compilers=("$CC")
! command -v clang > /dev/null || compilers+=(clang)
find_libc_headers
mapfile -t for_io < <(without_ports "${libc[@]}")
for compiler in "${compilers[@]}"; do
	for header in "${ours[@]}"; do
		includes "$header"
		expect_compiles "$compiler" "$header alone"
	done
	includes "${ours[@]}" "${ours[@]}"
	expect_compiles "$compiler" "all together"
done
for header in "${ours[@]}"; do
	others=("${libc[@]}")
	[ "$header" != linux/io.h ] || others=("${for_io[@]}")
	includes "$header" "${others[@]}"
	expect_compiles "$CC" "the C library after $header"
	includes "${others[@]}" "$header"
	expect_compiles "$CC" "the C library before $header"
done
# Who comes first may hide what it does to the others.
mapfile -t backwards < <(printf '%s\n' "${for_io[@]}" | tac)
includes "${ours[@]}" "${backwards[@]}"
expect_compiles "$CC" "the C library, backwards, after all"
echo "${#ours[@]} headers, ${#libc[@]} of the C library"
