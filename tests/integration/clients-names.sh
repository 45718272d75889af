#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients-names.sh - a program's caches may have any names: they are shown so
# that every client reads all of them, and nobody can make a bad one by mkdir

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"

libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || skip "built without shared libraries"
need_fuse
need_client slabtop procps
need_client vmstat procps
need_client prometheus-node-exporter prometheus-node-exporter
need_private_view

cat > "$work/names.c" << 'EOF'
#include <stdio.h>
#include <string.h>

#include <allocfs/allocfs.h>
#include <kmem/slab.h>

static char long_name[128], long_umlauts[128];

static const char *const names[] = {
	"two words", "a\tb", "new\nline", "a,b;c|d*", "path/of/it", ".hidden",
	":colon", "#number", "h\xc3\xa9", "\xff\xfe", "half\xe2\x82", "h\xc3\xa9",
	"same", "same", "same", long_name, long_name, long_umlauts,
	long_umlauts, "\x7f\x01", "C1\xc2\x85", "%s%n", "{quote\"}",
};

int main(int argc, char **argv)
{
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	struct allocfs *fs;
	unsigned int i;

	memset(long_name, 'x', sizeof(long_name) - 1);
	/* 127 bytes: one and 63 characters of two. */
	long_umlauts[0] = 'u';
	for (i = 1; i < sizeof(long_umlauts) - 1; i += 2)
		memcpy(long_umlauts + i, "\xc3\xbc", 2);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct kmem_cache *s = kmem_cache_create(names[i], 200, NULL, 0);

		/* Every one has a number of objects of its own. */
		for (unsigned int n = 0; s && n < 100 + i; n++)
			if (!kmem_cache_alloc(s, GFP_KERNEL))
				return 1;
		if (!s)
			return 1;
	}
	if (argc != 2 || allocfs_start(argv[1], &options, &fs) < 0)
		return 1;
	getchar();
	allocfs_stop(fs);
	return 0;
}
EOF
# shellcheck disable=SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Werror -I "$abs_top_srcdir/include" \
	-o "$work/names" "$work/names.c" -L "$libs" -lallocfs -lkmem \
	-Wl,-rpath,"$libs" || fail "it does not build"
mkdir "$M"
mkfifo "$work/in"
"$work/names" "$M" < "$work/in" > "$daemon_log" 2>&1 &
daemon_pid=$!
exec 4> "$work/in"
until_true mount_answers

xs=$(printf 'x%.0s' {1..127})
us=u$(printf 'ü%.0s' {1..63})
cat > "$work/expected" << EOF
two_words
a_b
new_line
a_b_c_d_
path!of!it
_hidden
_colon
_number
hé
__
half__
hé~2
same
same~2
same~3
$xs
${xs%xx}~2
$us
${us%ü}~2
__~2
C1__
%s%n
{quote"}
EOF
find "$M/caches" -mindepth 1 -printf '%f\n' -prune | grep -v kmalloc | sort \
	> "$work/names.shown"
expect '' diff <(sort "$work/expected") "$work/names.shown"
expect '' diff <(sort "$work/expected") \
	<(awk 'NR > 2 { print $1 }' "$M/proc/slabinfo" | grep -v kmalloc | sort)
same '' "$(LC_ALL=C grep -avx '.\{1,127\}' "$work/names.shown")" "too long"
iconv -f UTF-8 -t UTF-8 "$work/names.shown" > "$work/valid" ||
	fail "a name that is not UTF-8"

# All clients have all caches, each with its own numbers.
of_slabinfo > "$work/table"
same_caches "$work/table" proc/slabinfo
private_view slabtop -o > "$work/slabtop" || fail "slabtop: $?"
of_slabtop "$work/slabtop" > "$work/table"
same_caches "$work/table" slabtop
private_view vmstat -m > "$work/vmstat" || fail "vmstat -m: $?"
same "$(sed 1,2d "$M/proc/slabinfo" | wc -l)" \
	"$(grep -vc '^Cache  *Num' "$work/vmstat")" "caches of vmstat -m"
start_exporter --path.procfs="$M/proc" --collector.slabinfo
scrape "$work/answer"
same 1 "$(sample 'node_scrape_collector_success{collector="slabinfo"}' \
	"$work/answer")" "collector slabinfo"
of_exporter "$work/answer" > "$work/table"
same_caches "$work/table" "collector slabinfo"
stop_exporter

echo >&4
exec 4>&-
await_exit "$daemon_pid" || fail "status $?"
daemon_pid=

# Names that users choose are refused instead.
start_daemon
for name in 'a b' $'a\tb' $'a\nb' 'a,b' 'a;b' 'a|b' 'a*b' .a :a '#a' $'\x7f' \
	$'\xff' $'\xe2\x82' $'a\xc2\x85'; do
	expect_errno EINVAL mkdir "$M/caches/$name"
	expect_errno EINVAL mkdir "$M/pools/$name"
done
expect_errno ENAMETOOLONG mkdir "$M/caches/x$xs"
expect_errno OK mkdir "$M/caches/$xs"
put 10 "$M/caches/$xs/alloc"
private_view slabtop -o > "$work/slabtop" || fail "slabtop: $?"
of_slabtop "$work/slabtop" > "$work/table"
same_caches "$work/table" slabtop
stop_daemon
