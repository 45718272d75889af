#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# proc-formats.sh - proc/ has the kernel's formats to the byte, and its numbers
# agree with those of the directories

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# The kernel's own format strings.
slabinfo_line() {
	printf '%-17s %6d %6d %6d %4d %4d : tunables %4d %4d %4d : slabdata %6d %6d %6d' \
		"$@"
}

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/caches/a_name_longer_than_the_column"
put 192 "$M/caches/conn/objsize"
put 1000 "$M/caches/conn/alloc"

mapfile -t lines < "$M/proc/slabinfo"
same 'slabinfo - version: 2.1' "${lines[0]}" "first line of slabinfo"
same '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>' \
	"${lines[1]}" "second line of slabinfo"
for line in "${lines[@]:2}"; do
	read -r -a word <<< "$line"
	numbers=("${word[@]//[!0-9]/}")
	same "$(slabinfo_line "${word[0]}" "${numbers[@]:1:5}" \
		"${numbers[@]:8:3}" "${numbers[@]:13:3}")" "$line" slabinfo
	dir=$M/caches/${word[0]}
	same "${word[2]}" "$(cut -d ' ' -f 1 "$dir/total_objects")" \
		"$dir/total_objects"
	same "${word[3]}" "$(< "$dir/slab_size")" "$dir/slab_size"
	same "${word[4]}" "$(< "$dir/objs_per_slab")" "$dir/objs_per_slab"
	same "${word[5]}" $((1 << $(< "$dir/order"))) "$dir/order"
	same "${word[14]}" "$(cut -d ' ' -f 1 "$dir/slabs")" "$dir/slabs"
	same "${word[1]}" $(($(< "$dir/alloc") + $(< "$dir/cached"))) \
		"alloc + cached of $dir"
	same "${word[2]}" $(($(< "$dir/alloc") + $(< "$dir/free"))) \
		"alloc + free of $dir"
	same "${word[1]}" "$(cut -d ' ' -f 1 "$M/sys/slab/${word[0]}/objects")" \
		"sys/slab/${word[0]}/objects"
done
caches=("$M"/caches/*)
same ${#caches[@]} $((${#lines[@]} - 2)) "caches in slabinfo"

# sys/slab has them all, to look at and to shrink.
expect '' diff <(ls "$M/caches") <(ls "$M/sys/slab")
expect_errno EPERM mkdir "$M/sys/slab/another"
expect_errno EPERM rmdir "$M/sys/slab/conn"
expect_errno EACCES write "$M/sys/slab/a_name_longer_than_the_column/align" 8
put 1 "$M/sys/slab/conn/validate"
put 1 "$M/sys/slab/conn/shrink"

free=0
while IFS= read -r line; do
	[[ $line =~ ^Node\ 0,\ zone\ ([\ A-Za-z0-9]{8})\ ((\ *[0-9]+\ ){11})$ ]] ||
		fail "a line of buddyinfo: '$line'"
	read -r -a word <<< "${BASH_REMATCH[2]}"
	printf -v again 'Node 0, zone %8s ' "${BASH_REMATCH[1]// /}"
	for ((order = 0; order <= 10; order++)); do
		printf -v again '%s%6d ' "$again" "${word[order]}"
		free=$((free + (word[order] << order)))
	done
	same "$again" "$line" buddyinfo
done < "$M/proc/buddyinfo"
same $free "$(< "$M/pages/order-0/free")" "pages free in buddyinfo"
parked=$(awk '$1 == "count:" { n += $2 } END { print n }' "$M/proc/zoneinfo")
same $((free + parked)) "$(stat -f -c %f "$M")" "pages free in df"
stop_daemon
