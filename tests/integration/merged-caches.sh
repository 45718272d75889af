#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# merged-caches.sh - a program whose caches of like objects are one: the later
# names are links to the directory of the first

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || skip "built without shared libraries"
need_fuse

cat > "$work/merge.c" << 'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <allocfs/allocfs.h>
#include <kmem/slab.h>

static struct kmem_cache *cache(const char *name, unsigned int size)
{
	return kmem_cache_create(name, size, NULL, 0);
}

/* A command is a letter on a line; the line comes back when it is done. */
int main(int argc, char **argv)
{
	struct kmem_config config = { .memory = 16 << 20, .merge = true };
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	struct kmem_cache *first, *second = NULL;
	struct allocfs *fs;
	char line[80];

	if (argc != 2 || kmem_init(&config))
		return 1;
	first = cache("first", 1048);
	cache("last/one", 1048);
	if (allocfs_start(argv[1], &options, &fs))
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == 'c')
			second = cache("second", 1044);
		else if (line[0] == 'a')
			cache("first", 1048);
		else if (line[0] == 'o')
			cache("second", 2104);
		else if (line[0] == 'd')
			kmem_cache_destroy(second);
		else if (line[0] == 'e') {
			kmem_cache_destroy(first);
			kmem_cache_destroy(first);
			kmem_cache_destroy(first);
		}
		fputs(line, stdout);
		fflush(stdout);
	}
	allocfs_stop(fs);
	kmem_exit();
	return 0;
}
EOF
# shellcheck disable=SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Werror -I "$abs_top_srcdir/include" \
	-o "$work/merge" "$work/merge.c" -L "$libs" -lallocfs -lkmem \
	-Wl,-rpath,"$libs" || fail "it does not build"

mkdir "$M"
mkfifo "$work/in" "$work/out"
"$work/merge" "$M" < "$work/in" > "$work/out" 2> "$daemon_log" &
daemon_pid=$!
exec 4> "$work/in" 5< "$work/out"

# tell LETTER - and wait until it is done
tell() {
	local answer

	echo "$1" >&4
	read -r -t 60 answer <&5 || fail "no answer to '$1'"
	same "$1" "$answer" "answer"
}

# The names in caches/ that are not the library's own, with their types.
names() {
	find "$M/caches" -mindepth 1 -maxdepth 1 ! -name '*kmalloc-*' \
		-printf '%f %y\n' | sort
}

until_true mount_answers
same $'first d\nlast!one l' "$(names)" "names"
expect "first" readlink "$M/caches/last!one"
expect 5 stat -c %s "$M/caches/last!one"
expect 777 stat -c %a "$M/caches/last!one"
expect_value 1 "$M/caches/first/aliases"

# A later one, found by name before anybody lists the directory.
tell c
expect "first" readlink "$M/caches/second"
same $'first d\nlast!one l\nsecond l' "$(names)" "names"
expect_value 2 "$M/caches/second/aliases"
inode=$(stat -c %i "$M/caches/second")
[ "$M/caches/second/" -ef "$M/caches/first" ] || fail "it leads elsewhere"
put 3 "$M/caches/second/alloc"
expect_value 3 "$M/caches/first/alloc"
put all "$M/caches/first/free"

# Only directories and links, and slabinfo has each cache once.
expect "" find "$M/caches" -mindepth 1 -maxdepth 1 ! -type d ! -type l
same 0 "$(grep -c '^second ' "$M/proc/slabinfo")" "lines of slabinfo"

# Its own name once more is no news.
tell a
same $'first d\nlast!one l\nsecond l' "$(names)" "names"
expect_value 3 "$M/caches/first/aliases"

# What is taken is taken, be it by a directory or a link.
expect_errno EEXIST mkdir "$M/caches/second"
tell o
same $'first d\nlast!one l\nsecond l\nsecond~2 d' "$(names)" "names"
expect_errno EPERM unlink "$M/caches/second"
expect_errno ENOTDIR rmdir "$M/caches/second"
expect_errno EPERM rename "$M/caches/second" "$M/caches/third"

# A name stays as long as the cache, and goes with it.
tell d
expect "$inode" stat -c %i "$M/caches/second"
expect "first" readlink "$M/caches/second"
tell e
expect_errno ENOENT stat "$M/caches/second"
same $'second~2 d' "$(names)" "names"
mkdir "$M/caches/second"
[ "$inode" != "$(stat -c %i "$M/caches/second")" ] || fail "its number again"

exec 4>&-
await_exit "$daemon_pid" || fail "status $?"
daemon_pid=
! is_mounted "$M" || fail "still mounted"
check_log
