#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# wrong-input.sh - everything that the mount must refuse
#
# Each line of the table: the errno, the call of lib/try.c, its arguments. Every
# refused write leaves one line in error_log, and the allocator as it was.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# dump - all attributes and names but those that tell the time. First what may
# differ rightly is put aside: empty slabs that happen to be kept, counters,
# which of a slab's objects it is.
dump() {
	local dir

	for dir in "$M"/caches/*; do
		put 1 "$dir/shrink"
	done
	for dir in "$M"/caches/* "$M"/pools/*; do
		put 0 "$dir/stats"
		put 0 "$dir/peak"
	done
	# How many pages went to and fro is no state.
	(cd "$M" && find . -printf '%p %y %m\n' | sort &&
		find caches pools pages proc -type f ! -name where \
			! -name map -exec grep -aH '' {} +) |
		grep -aEv '^proc/(vmstat:(numa|pg)|zoneinfo: +(numa_|high:|count:))'
}

# the_log_says ERRNO PATH - one new line, about that
the_log_says() {
	local lines

	mapfile -t lines < "$M/error_log"
	[ ${#lines[@]} -eq 1 ] &&
		[[ ${lines[0]} =~ ^[0-9]+\ [0-9]+\ "/$2"\ "$1":\ .+ ]]
}

# wrong WHAT... - note it, and go on with the table
wrong() {
	echo "WRONG: $*"
	failures=$((failures + 1))
}

# row ERRNO CALL PATH [TEXT] - refused with ERRNO, and writes with a line
row() {
	local want=$1 call=$2 path=$3 got

	shift 3
	checks=$((checks + 1))
	put 0 "$M/error_log"
	got=$(limit "$TRY" "$call" "$M/$path" "$@")
	[ "$got" = "$want" ] || {
		wrong "$call $path '$*' is $got, not $want"
		return 0
	}
	case $call in
	write | fill)
		the_log_says "$want" "$path" ||
			wrong "error_log after $call $path '$*':" \
				"$(< "$M/error_log")"
		;;
	esac
}

# The same words are wrong for every file that takes one positive number.
bad_numbers() {
	row EINVAL write "$1" -1
	row EINVAL write "$1" 12x
	row EINVAL write "$1" ' 12'
	row EINVAL write "$1" '12 '
	row EINVAL write "$1" 0x10
	row EINVAL write "$1" '+1'
	row EINVAL write "$1" '1 2'
	row EINVAL write "$1" $'1\n2'
	row EINVAL write "$1" $'\n'
	row EINVAL write "$1" ' '
	row ERANGE write "$1" 18446744073709551616
	row ERANGE write "$1" 99999999999999999999999999
	row E2BIG fill "$1" 5000
}

failures=0
start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/c" "$M/caches/used" "$M/caches/other" "$M/pools/p"
put 10 "$M/caches/used/alloc"
put '3 5' "$M/caches/used/free"
put 4 "$M/caches/other/alloc"
: > "$M/caches/other/objects/mine"
put 0 "$M/error_log"
mkdir "$M/caches/built" && put zero "$M/caches/built/ctor"
dump > "$work/before"

bad_numbers caches/c/objsize
row EINVAL write caches/c/objsize 0
row ERANGE write caches/c/objsize 4194305
row EBUSY write caches/used/objsize 128
bad_numbers caches/c/align
row EINVAL write caches/c/align 3
row EBUSY write caches/used/align 64
row EINVAL write caches/c/flags SLAB_NO_SUCH
row EINVAL write caches/c/flags 'SLAB_PANIC|'
row EINVAL write caches/c/flags 'SLAB_PANIC SLAB_ACCOUNT'
row E2BIG fill caches/c/flags 5000
row EBUSY write caches/used/flags SLAB_HWCACHE_ALIGN
row EINVAL write caches/c/ctor one
row EINVAL write caches/c/ctor byte:
row ERANGE write caches/c/ctor byte:0x100
row EINVAL write caches/c/ctor byte:zz
row EBUSY write caches/used/ctor zero

bad_numbers caches/c/alloc
row EINVAL write caches/c/alloc 0
row EINVAL write caches/c/alloc '1 GFP_NO_SUCH'
row EINVAL write caches/c/alloc '1 GFP_KERNEL|'
row EINVAL write caches/c/alloc '1 node=x'
row EINVAL write caches/c/alloc '1 GFP_KERNEL node=0 more'
row EINVAL write caches/c/gfp GFP_NO_SUCH
row EINVAL write caches/c/gfp 'GFP_KERNEL GFP_NOWAIT'
row EINVAL write caches/c/gfp 0xffffffff
row E2BIG fill caches/c/gfp 5000

row ENOENT write caches/used/free 999
row ENOENT write caches/used/free 3
row ENOENT write caches/used/free '1 3'
row ENOENT write caches/used/free '1 2 nobody'
row ENOENT write caches/used/free mine
row ENOENT write caches/used/free 8-11
row ENOENT write caches/used/free 'oldest 9'
row ENOENT write caches/c/free 1
row EINVAL write caches/used/free '1 1'
row EINVAL write caches/used/free '1 1-2'
row EINVAL write caches/used/free 9-8
row EINVAL write caches/used/free 'oldest'
row EINVAL write caches/used/free 'newest 0'
row EINVAL write caches/used/free 'oldest x'
row EINVAL write caches/used/free $'\n'

bad_numbers caches/c/limit
row EINVAL write caches/c/limit maximum
row EINVAL write caches/c/limit $'\n'
row EINVAL write caches/c/shrink 2
row EINVAL write caches/c/validate 0
row EINVAL write caches/c/stats 1
bad_numbers caches/c/min_partial

bad_numbers pools/p/min_nr
row EINVAL write pools/p/min_nr 0
row ERANGE write pools/p/min_nr 524289
row EINVAL write pools/p/backing junk
row ENOENT write pools/p/backing slab:
row EINVAL write pools/p/backing kmalloc:
row EINVAL write pools/p/backing kmalloc:0
row EINVAL write pools/p/backing kmalloc:x
row EINVAL write pools/p/backing pages:x
row ERANGE write pools/p/backing pages:11
row ERANGE write pools/p/backing kmalloc:4194305
row ENOENT write pools/p/backing slab:nobody
row EINVAL write pools/p/backing slab:built
row EINVAL write pools/p/gfp __GFP_ZERO
row EINVAL write pools/p/alloc '1 __GFP_ZERO'
row EINVAL write pools/p/alloc 0
row EINVAL write pages/order-0/alloc 0
row EINVAL write pages/order-0/alloc x
row ENOENT write pages/order-0/free 1

# An empty write changes nothing and succeeds, where a newline would not.
for file in caches/c/{objsize,align,flags,ctor,alloc,free,gfp,limit,shrink} \
	pools/p/{min_nr,backing,alloc,free,low}; do
	expect_errno OK write "$M/$file" ''
done

# Read-only attributes cannot be opened for writing, even by root.
for file in version where caches/c/{slab_size,objs_per_slab,owner,where} \
	pools/p/{curr_nr,waiters,objsize,owner} pages/order-0/objsize \
	proc/buddyinfo proc/slabinfo; do
	row EACCES open "$file" w
	row EACCES open "$file" +
done
row EPERM open caches/c/nosuch cw
row EPERM open caches/nosuch cw
row ENOENT open caches/c/nosuch w
row ENOENT open caches/nosuch/objsize w

# Names.
row EEXIST mkdir caches/c
row EEXIST mkdir pools/p
row EINVAL mkdir 'caches/a b'
row EINVAL mkdir $'caches/a\tb'
row EINVAL mkdir $'caches/a\nb'
row EINVAL mkdir 'caches/a,b'
row EINVAL mkdir 'caches/a;b'
row EINVAL mkdir 'pools/a|b'
row EINVAL mkdir 'pools/a*b'
row EINVAL mkdir caches/.hidden
row EINVAL mkdir caches/:0000064
row EINVAL mkdir 'caches/#1'
row EINVAL mkdir $'caches/\xff\xfe'
printf -v long '%0128d' 0
row ENAMETOOLONG mkdir "caches/$long"
row EPERM mkdir nosuch
row EPERM mkdir pages/order-11
row EPERM mkdir caches/c/objects/sub

# Directories in use, and those that are not ours.
row EBUSY rmdir caches/used
put slab:c "$M/pools/p/backing"
row EBUSY rmdir caches/c
put kmalloc:64 "$M/pools/p/backing"
put 1 "$M/pools/p/alloc"
row EBUSY rmdir pools/p
row EBUSY write pools/p/backing kmalloc:32
put all "$M/pools/p/free"
row EPERM rmdir caches/kmalloc-64
row EACCES open caches/kmalloc-64/objsize w
row EPERM rmdir pages/order-0
row EPERM rmdir caches
row EPERM rmdir caches/c/objects
row EPERM unlink caches/c/objsize
row EPERM mkfifo caches/c/objects/pipe
row EPERM link caches/c/objsize "$M/caches/c/x"
expect_errno EPERM symlink x "$M/caches/x"
row EISDIR read caches

# What was put to use above is as new; the rest never changed.
rmdir "$M/pools/p" && mkdir "$M/pools/p"
put 0 "$M/error_log"
dump > "$work/after"
diff -u "$work/before" "$work/after" || wrong "the allocator has changed"
same 0 $failures "rows that are wrong"
stop_daemon
