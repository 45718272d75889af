#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# man-pages.sh - allocfs(8) has every option of --help; for allocfs(5) see
# walk.sh

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# The names of --help: letters and words behind "-", and what -o takes.
options() {
	sed -n 's/^ *\(-[a-zA-Z]\) .*/\1/p' "$1"
	sed -n '/^ *-o/,/^and /s/^    *\([a-z_]\{3,\}\) .*/\1/p' "$1"
}

"$ALLOCFS" --help > "$work/help" || fail "--help"
options "$work/help" > "$work/options"
between 12 100 "$(wc -l < "$work/options")" "options in --help"
while read -r option; do
	checks=$((checks + 1))
	sed 's/\\-/-/g' "$abs_top_srcdir/man/allocfs.8" |
		grep -Eq -- "^\.B[IR]? \"?$option" ||
		fail "allocfs.8 does not have $option"
done < "$work/options"
