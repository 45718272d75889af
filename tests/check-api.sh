#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# check-api.sh - the libraries export what their public headers declare,
# nothing more and nothing less.

set -eu
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# The functions that headers declare: comments, preprocessor lines, macros that
# stand for inline functions, and inline bodies are dropped, then the word before
# the first "(" of each statement is a name.
declared() {
	sed -e 's@//.*@@' "$@" | awk '
	{ text = text $0 "\n" }
	END {
		while ((i = index(text, "/*")) > 0) {
			rest = substr(text, i + 2)
			text = substr(text, 1, i - 1) \
				substr(rest, index(rest, "*/") + 2)
		}
		gsub(/\\\n/, " ", text)
		n = split(text, line, "\n")
		flat = ""
		for (i = 1; i <= n; i++)
			if (line[i] !~ /^[ \t]*#/ &&
			    line[i] !~ /^extern "C"/ &&
			    line[i] !~ /^[A-Z_]+\(.*\)$/)
				flat = flat " " line[i]
		depth = 0
		statement = ""
		for (i = 1; i <= length(flat); i++) {
			c = substr(flat, i, 1)
			if (c == "{")
				depth++
			if (depth == 0)
				statement = statement c
			if (c == "}" && --depth <= 0) {
				# The end of extern "C", or of a body.
				if (depth < 0 || statement ~ /^ *static /)
					statement = ""
				depth = 0
			}
			if (c == ";" && depth == 0) {
				name(statement)
				statement = ""
			}
		}
	}
	function name(s, words, n) {
		if (s ~ /typedef|^ *(struct|enum|union) +[a-z_]+ *;/)
			return
		if (!match(s, /[A-Za-z_][A-Za-z_0-9]* *\(/))
			return
		s = substr(s, RSTART, RLENGTH - 1)
		gsub(/ /, "", s)
		if (s != "__attribute__")
			print s
	}' | sort -u
}

exported() {
	nm -D --defined-only "$1" | awk '$2 == "T" || $2 == "i" {
		sub(/@.*/, "", $3); print $3 }' | sort -u
}

# compare LIBRARY HEADER...
compare() {
	local lib=$abs_top_builddir/.libs/$1

	[ -e "$lib" ] || skip "built without shared libraries"
	shift
	declared "$@" > "$work/declared"
	exported "$lib" > "$work/exported"
	[ -s "$work/declared" ] || fail "no declarations found in $*"
	diff -u "$work/declared" "$work/exported" ||
		fail "$lib exports (+) other functions than its headers declare (-)"
	echo "${lib##*/}: $(wc -l < "$work/exported") functions"
}

command -v nm > /dev/null || skip "nm is not installed"
include=$abs_top_srcdir/include
headers=("$include"/kmem/*.h)
for header in "$include"/kmem/linux/*.h; do
	# What these declare is for each module to define.
	case $header in
	*/module.h | */moduleparam.h) ;;
	*) headers+=("$header") ;;
	esac
done
compare libkmem.so "${headers[@]}"
compare liballocfs.so "$include"/allocfs/*.h
