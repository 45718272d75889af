#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# man-pages.sh - allocfs(5) has every file of a live mount with its mode, and
# nothing else; allocfs(8) has every option of --help

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# described - "path mode" of each entry of allocfs.5: under ".SS FOLDER", or
# ".SS FOLDER and FOLDER ...", a line `.BR NAME " MODE"'
described() {
	awk '
	function strip(word) {
		gsub(/[,"]/, "", word)
		gsub(/\\-/, "-", word)
		return word
	}
	/^\.S[SH] / {
		n = 0
		for (i = 2; i <= NF; i++)
			if ($i != "and")
				folder[++n] = strip($i) "/"
		if ($0 == ".SS root folder")
			folder[n = 1] = ""
	}
	/^\.BR [^ ]+ " 0[0-7]+"$/ {
		for (i = 1; i <= n; i++)
			print folder[i] strip($2), strip($4)
	}' "$abs_top_srcdir/man/allocfs.5" | sort
}

live() {
	(cd "$M" && find . -type f ! -path '*/objects/*' -printf '%P 0%m\n') |
		grep -Ev '^(caches|debug/slab)/[a-z-]*kmalloc-' |
		sed -e 's@^caches/[^/]*/@caches/NAME/@' \
			-e 's@^debug/slab/[^/]*/@debug/slab/NAME/@' \
			-e 's@^pools/[^/]*/@pools/NAME/@' \
			-e 's@^iomem/[^/]*/@iomem/NAME/@' \
			-e 's@^pages/order-[0-9]*/@pages/order-N/@' \
			-e 's@^modules/[^/]*/@modules/NAME/@' \
			-e 's@/node[0-9][0-9]*/@/nodeN/@' \
			-e 's@^nodes/node[0-9]*/@nodes/nodeN/@' \
			-e 's@^\(nodes/nodeN\)/[A-Z][A-Za-z0-9]*/@\1/ZONE/@' |
		sort -u
}

# The names of --help: letters and words behind "-", and what -o takes.
options() {
	sed -n 's/^ *\(-[a-zA-Z]\) .*/\1/p' "$1"
	sed -n '/^ *-o/,/^and /s/^    *\([a-z_]\{3,\}\) .*/\1/p' "$1"
}

start_daemon -o memory=64M,modules
printf '#include <linux/module.h>\nMODULE_LICENSE("LGPL");\n' > "$work/m.c"
"$abs_top_srcdir/contrib/kmodc" "$work/m.c" -o "$work/m.so" || fail "kmodc"
put "$work/m.so" "$M/modules/insert"
mkdir "$M/caches/c" "$M/pools/p" "$M/iomem/i"
put 1 "$M/caches/c/store_user"
described > "$work/described"
live > "$work/live"
[ -s "$work/described" ] || fail "allocfs.5 describes nothing"
diff -u "$work/described" "$work/live" ||
	fail "the mount has (+), allocfs.5 has (-)"
echo "$(wc -l < "$work/live") files"
stop_daemon

"$ALLOCFS" --help > "$work/help" || fail "--help"
options "$work/help" > "$work/options"
between 12 100 "$(wc -l < "$work/options")" "options in --help"
while read -r option; do
	checks=$((checks + 1))
	sed 's/\\-/-/g' "$abs_top_srcdir/man/allocfs.8" |
		grep -Eq -- "^\.B[IR]? \"?$option" ||
		fail "allocfs.8 does not have $option"
done < "$work/options"
