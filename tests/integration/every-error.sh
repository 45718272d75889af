#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# every-error.sh - each error that allocfs(5) lists, provoked on a live mount,
# with the line that it leaves in error_log
#
# A row is: errno, line, call of lib/try.c, path, arguments. The line is what
# error_log has behind "uid /path errno: ", or why it has none:
#
#	-kernel	the kernel refuses it, and the daemon never sees it
#	-read	nothing was refused: a read that has no answer yet
#	-signal	nothing was refused: the writer did not want to wait longer
#
# wrong-input.sh has all that is wrong with commands; here is one of each kind,
# and errors that need more than a command. Two have no row: ESHUTDOWN, because
# nobody can read the log of a daemon that ends, and EUCLEAN, which is a line but
# no error, and is provoked in slab-debug.sh.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# listed - the names under ERRORS in the manual
listed() {
	sed -n '/^\.SH ERRORS/,/^\.SH EXAMPLES/s/^\.B \(E[A-Z0-9]*\)$/\1/p' \
		"$abs_top_srcdir/man/allocfs.5"
}

uid=$(id -u)
read_only=
failures=0
declare -A seen

wrong() {
	echo "WRONG: $*"
	failures=$((failures + 1))
}

# is_line TEXT ERRNO PATH LINE - what error_log has is what the row says
is_line() {
	case $4 in
	-*) [ -z "$1" ] ;;
	*) [[ $1 =~ ^[0-9]+\ (.*)$ ]] &&
		[ "${BASH_REMATCH[1]}" = "$uid /$3 $2: $4" ] ;;
	esac
}

row() {
	local want=$1 line=$2 call=$3 path=$4 got log

	shift 4
	checks=$((checks + 1))
	seen[$want]=yes
	[ -n "$read_only" ] || put 0 "$M/error_log"
	got=$(limit "$TRY" "$call" "$M/$path" "$@")
	log=$(< "$M/error_log")
	[ "$got" = "$want" ] || wrong "$call $path '$*' is $got, not $want"
	is_line "$log" "$want" "$path" "$line" ||
		wrong "error_log after $call $path '$*': '$log'"
}

# waiters N - so many are blocked in the pool
waiters() {
	[ "$(< "$M/pools/p/waiters")" -eq "$1" ]
}

start_daemon -o memory=64M,cpus=2,max_objects=100,max_waiters=1
mkdir "$M/caches/c" "$M/caches/used" "$M/caches/spare" "$M/pools/p" "$M/iomem/i"
C=$M/caches/c
put 1 "$M/caches/used/alloc"
put zero "$M/caches/spare/ctor"
: > "$C/objects/named"
: > "$C/objects/other"
put 0 "$M/caches/kmalloc-64/limit" # the pool's backing has no more
put 1 "$M/pools/p/alloc"           # and the reserve is out
printf -v long '%0128d' 0

# ---- EINVAL: malformed -------------------------------------------------------

row EINVAL "no number: '12x'" write caches/c/limit 12x
row EINVAL "no number: '-1'" write caches/c/limit -1
row EINVAL "an empty command" write caches/c/limit $'\n'
row EINVAL "no number of objects: '0'" write caches/c/alloc 0
row EINVAL "no GFP mask: 'GFP_NONE'" write caches/c/gfp GFP_NONE
row EINVAL "no flag: 'SLAB_NONE'" write caches/c/flags SLAB_NONE
row EINVAL "object 1 twice" write caches/used/free '1 1'
row EINVAL "a cache with a constructor: 'slab:spare'" write pools/p/backing slab:spare
row EINVAL "no comparison, such as curr_nr>=4" ask caches/c/wait alloc
row EINVAL "a name that is not allowed" mkdir 'caches/a,b'
row EINVAL "a word of \`free\`" open caches/c/objects/all wc
row EINVAL "digits are IDs, not names" rename caches/c/objects/named \
	"$C/objects/7"
row EINVAL "it keeps its size" truncate caches/c/objects/named 8

# ---- ERANGE: too large -------------------------------------------------------

row ERANGE "18446744073709551616 is more than 18446744073709551614" \
	write caches/c/limit 18446744073709551616
row ERANGE "4194305 is more than 4194304" write caches/c/objsize 4194305
row ERANGE "524289 is more than 524288" write pools/p/min_nr 524289

# ---- ENOENT: not there -------------------------------------------------------

row ENOENT "no object '7'" write caches/c/free 7
row ENOENT "there are only 2 objects" write caches/c/free 'oldest 3'
row ENOENT "no cache 'none'" write pools/p/backing slab:none
row ENOENT "no file 'none' here" ask caches/c/wait 'none>1'
row ENOENT -kernel unlink caches/c/objects/none
row ENOENT -kernel rmdir caches/none

# ---- EEXIST: the name is taken -----------------------------------------------

row EEXIST "digits are IDs, not names" open caches/c/objects/7 wcx
row EEXIST "there is one of that name" rename caches/c/objects/named \
	"$C/objects/other"
row EEXIST -kernel mkdir caches/c
row EEXIST -kernel open caches/c/objects/named wcx

# ---- EBUSY: in use -----------------------------------------------------------

row EBUSY "objects are in use" write caches/used/objsize 128
row EBUSY "objects are in use" rmdir caches/used
row EBUSY "elements are out or requests wait" write pools/p/backing kmalloc:8
row EBUSY "elements are out or requests wait" rmdir pools/p

# ---- ENOMEM: the allocator said no -------------------------------------------

put 2 "$C/limit"
row ENOMEM "1 more would exceed the limit of 2" write caches/c/alloc 1
row ENOMEM "1 more would exceed the limit of 2" open caches/c/objects/x wcx
put max "$C/limit"
row ENOMEM "more than all memory" write pages/order-10/alloc 99
row ENOMEM "the largest has 4194304 bytes" write kmalloc/alloc 4194305
row ENOMEM "no memory for 1 object" write pools/p/alloc '1 GFP_NOWAIT'

# ---- EAGAIN: it would block --------------------------------------------------

row EAGAIN "it would have to wait" nonblock pools/p/alloc 1
row EAGAIN "it would have to wait" open pools/p/objects/x wcx
row EAGAIN -read ask pools/p/alloc 1
row EAGAIN -read ask pools/p/wait 'curr_nr>=1'

# ---- EINTR: a signal ended the wait ------------------------------------------

row EINTR -signal interrupt pools/p/alloc 1

# ---- EDQUOT: more than one user may have -------------------------------------

row EDQUOT "98 more for user $uid, who has 4, but max_objects is 100" \
	write caches/c/alloc 98
(trap - EXIT; "$TRY" write "$M/pools/p/alloc" 1 > "$work/first") &
until_true waiters 1
row EDQUOT "1 more for user $uid, who has 1, but max_waiters is 1" \
	write pools/p/alloc 1
put all "$M/pools/p/free"
wait $!
expect_value OK "$work/first"

# ---- ENODEV: what this open file was is gone ---------------------------------

mkdir "$M/caches/old"
put 2 "$M/caches/old/alloc"
row ENODEV "the object is gone" outlive caches/old/objects/1 \
	"$M/caches/old/free" all
row ENODEV "it is gone" outlive caches/old/limit "$M/caches/old" ''

# ---- E2BIG, EFBIG ------------------------------------------------------------

row E2BIG "4097 bytes, at most 4096" fill caches/c/limit 4097
row E2BIG "131073 bytes, at most 131072" fill caches/c/free 131073
row EFBIG "past the object's end at 64" pwrite caches/c/objects/named 60 hello
row EFBIG "an object cannot grow" append caches/c/objects/named x

# ---- EXDEV, EPERM, EACCES ----------------------------------------------------

row EXDEV "into another directory" rename caches/c/objects/named \
	"$M/caches/used/objects/named"
row EXDEV -kernel rename caches/c/objects/named "$work/named"
row EPERM "nothing can be made here" mkdir nothing
row EPERM "nothing can be made here" open caches/c/nothing wc
row EPERM "it cannot be removed" rmdir pages/order-0
row EPERM "only what the mount made can be removed" rmdir caches/kmalloc-64
row EPERM "it cannot be removed" unlink caches/c/alloc
row EPERM "it cannot be renamed" rename caches/c "$M/caches/d"
row EPERM "only regular files" mkfifo caches/c/objects/pipe
row EACCES "it is read-only" open version w
row EACCES "it is read-only" open caches/c/owner +
row EACCES "it is read-only" open caches/kmalloc-64/objsize w

# ---- ENAMETOOLONG, ESPIPE ----------------------------------------------------

row ENAMETOOLONG "a name longer than 127 bytes" mkdir "caches/$long"
row ENAMETOOLONG "a name longer than 127 bytes" \
	rename caches/c/objects/named "$C/objects/x$long"
row ESPIPE -kernel seek caches/c/alloc +
same 0 $failures "rows that are wrong"

# ---- ESHUTDOWN: the daemon is ending -----------------------------------------

# The element that was freed went to the one who waited.
(trap - EXIT; "$TRY" write "$M/pools/p/alloc" 1 > "$work/last") &
until_true waiters 1
stop_daemon
wait $!
expect_value ESHUTDOWN "$work/last"
seen[ESHUTDOWN]=yes seen[EUCLEAN]=yes

# ---- EROFS: by the kernel alone ----------------------------------------------

start_daemon -o ro
read_only=yes
row EROFS -kernel open error_log w
row EROFS -kernel mkdir caches/c
row EROFS -kernel open kmalloc/objects/x wc
stop_daemon

between 15 40 "$(listed | wc -l)" "errors in the manual"
for name in $(listed); do
	[ -n "${seen[$name]-}" ] || wrong "nothing provokes $name"
done
same 0 $failures "rows that are wrong"
