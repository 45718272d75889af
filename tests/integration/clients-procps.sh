#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients-procps.sh - slabtop, vmstat and free, unmodified, where the files of
# the mount lie over the kernel's: what they print is what the mount says

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"

need_client slabtop procps
need_client vmstat procps
need_client free procps
need_client script bsdutils
need_private_view
export TERM=xterm

meminfo() {
	awk -v "key=$1:" '$1 == key { print $2 }' "$M/proc/meminfo"
}

# told TEXT FILE - the number in front of TEXT in what vmstat -s printed
told() {
	awk -v "text=$1" '{ n = $1; $1 = "" } $0 == " " text { print n }' "$2"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/caches/inode" "$M/caches/twenty_five_letters_long_"
put SLAB_RECLAIM_ACCOUNT "$M/caches/inode/flags"
put 1000 "$M/caches/inode/objsize"
put 100000 "$M/caches/conn/limit" # so that it parks none
put 1111 "$M/caches/conn/alloc"
put 333 "$M/caches/inode/alloc"
put 'oldest 77' "$M/caches/inode/free"
put '5 GFP_KERNEL' "$M/pages/order-4/alloc"
put 7000 "$M/vmalloc/alloc"

of_slabinfo > "$work/table"
same_caches "$work/table" proc/slabinfo

private_view slabtop -o > "$work/slabtop" || fail "slabtop: $?"
of_slabtop "$work/slabtop" > "$work/table"
same_caches "$work/table" slabtop
read -r active all < <(awk '{ a += $2; t += $3 } END { print a, t }' \
	"$work/table")
expect " Active / Total Objects (% used) : $active / $all" \
	sed -n 's/  *:/ :/;s/ ([0-9.]*%)$//;1p' "$work/slabtop"

# It cuts names at 24 columns.
private_view vmstat -m > "$work/vmstat-m" || fail "vmstat -m: $?"
of_vmstat_m "$work/vmstat-m" |
	sed 's/^twenty_five_letters_long /twenty_five_letters_long_ /' \
	> "$work/table"
same_caches "$work/table" 'vmstat -m'

private_view free -k > "$work/free" || fail "free: $?"
read -r _ total used free _ _ available < <(grep ^Mem: "$work/free")
same 65536 "$total" "total of free"
same "$(meminfo MemFree)" "$free" "free of free"
same "$(meminfo MemAvailable)" "$available" "available of free"
same "$((total - available))" "$used" "used of free"

private_view vmstat -s > "$work/vmstat" || fail "vmstat -s: $?"
same "$total" "$(told 'K total memory' "$work/vmstat")" "total of vmstat -s"
same "$free" "$(told 'K free memory' "$work/vmstat")" "free of vmstat -s"
same 0 "$(told 'K paged in' "$work/vmstat")" "paged in of vmstat -s"
private_view vmstat > "$work/vmstat" || fail "vmstat: $?"
same "$free" "$(awk 'NR == 3 { print $4 }' "$work/vmstat")" "free of vmstat"

# Anybody may do so, as root of a user namespace, where the host allows it.
if unshare -rm true 2> /dev/null; then
	unshare=-rm private_view slabtop -o > "$work/slabtop.user" ||
		fail "slabtop in a user namespace: $?"
	expect '' diff "$work/slabtop" "$work/slabtop.user"
fi

# As README.md says.
as_in_readme slabtop
expect '' diff "$work/slabtop" "$work/out"
as_in_readme 'vmstat -m'
expect '' diff "$work/vmstat-m" "$work/out"
as_in_readme free
same "$free" "$(awk '/^Mem:/ { print $4 }' "$work/out")" "free of free"
as_in_readme 'vmstat -s'
same "$free" "$(told 'K free memory' "$work/out")" "free of vmstat -s"

# Live, on a terminal: it keeps the file open, and sees what changes.
mkfifo "$work/keys"
# shellcheck disable=SC2016
private_view script -q -f -e -c 'stty rows 40 cols 100 && exec slabtop -d 1' \
	"$work/screen" < "$work/keys" > /dev/null 2>&1 &
client=$!
exec 4> "$work/keys"

# shows TEXT - is it somewhere in what went to the terminal? Curses writes what
# changed, so numbers are looked for of which every digit does.
shows() {
	! has_ended "$client" || fail "slabtop ended: $(< "$work/screen")"
	grep -qsaF "$1" "$work/screen"
}

until_true shows 1111
put $((2345 - 1111)) "$M/caches/conn/alloc"
until_true shows 2345
put $((5678 - 2345)) "$M/caches/conn/alloc"
until_true shows 5678
put "newest $((5678 - 1290))" "$M/caches/conn/free"
until_true shows 1290
printf q >&4
exec 4>&-
await_exit "$client" || fail "slabtop on a terminal: $?"
stop_daemon
