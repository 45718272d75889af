#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients-files.sh - what programs expect of the files of proc/ and caches/
# beside their formats: that they can be kept open, seeked in, opened as the
# kernel's are, and copied; and readers that are told where /proc is

# shellcheck disable=SC2016 # $M is for the shells that are started
# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"
# shellcheck source=../lib/clients.sh
. "$abs_top_srcdir/tests/lib/clients.sh"

start_daemon -o memory=64M,cpus=2
mkdir "$M/caches/conn" "$M/pools/io"
put SLAB_STORE_USER "$M/caches/conn/flags"
put 100 "$M/caches/conn/alloc"
put 10000 "$M/vmalloc/alloc"

# Kept open: new at offset 0, of one moment behind it.
expect_errno OK reread "$M/proc/slabinfo" "$M/caches/conn/alloc" 500
for file in buddyinfo pagetypeinfo zoneinfo vmstat meminfo; do
	expect_errno OK reread "$M/proc/$file" "$M/pages/order-8/alloc" 1
done
expect_errno OK reread "$M/proc/vmallocinfo" "$M/vmalloc/alloc" 20000
expect_errno OK reread "$M/debug/extfrag/unusable_index" \
	"$M/pages/order-8/alloc" 1
for file in meminfo numastat vmstat; do
	expect_errno OK reread "$M/sys/devices/system/node/node0/$file" \
		"$M/pages/order-8/alloc" 1
done
for file in total_objects slabs stats; do
	expect_errno OK reread "$M/caches/conn/$file" "$M/caches/conn/alloc" 500
done
put 'newest 4000' "$M/caches/conn/free"

# Seekable, and as long as stat(2) says; readable for all who get in. Ages in
# traces grow meanwhile.
while read -r file; do
	content=$(limit cat "$file" | wc -c)
	same "$content" "$(stat -c %s "$file")" "size of $file"
	same "$content" "$(tail -c +1 "$file" | wc -c)" "$file by tail"
	same "$(tail -c 9 "$file" | cksum)" \
		"$(dd if="$file" bs=1 skip=$((content - 9)) status=none |
			cksum)" "the end of $file"
	same 444 "$(stat -c %a "$file")" "mode of $file"
done < <(find "$M/proc" "$M/debug" "$M/sys/devices" -name sys -prune -o \
	-type f ! -name '*_traces' -size +9c -print)

# Types of entries, everywhere.
while IFS= read -r dir; do
	expect_errno OK dtypes "$dir"
done < <(find "$M" -type d)
same '' "$(find "$M/caches/" -mindepth 1 -maxdepth 1 ! -type d ! -type l)" \
	"what is neither directory nor link in caches/"
same '' "$(find "$M" -xtype l)" "dangling links"

# Opened as fopen(path, "w") does: nothing is written yet, nothing changes.
contents() {
	grep -r . "$M/caches/conn" "$M/proc/sys" --exclude=where \
		--exclude-dir=objects | sort
}

before=$(contents)
while IFS= read -r file; do
	expect_errno OK open "$file" wct
done < <(find "$M/caches/conn" "$M/proc/sys" -type f -perm -200 \
	! -path '*/objects/*')
same "$before" "$(contents)" "files that were opened for writing"
same EACCES "$("$TRY" open "$M/caches/conn/slab_size" wct)" "a read-only file"

# Nothing is lost by copying: each way gives the same files.
whole() {
	(cd "$1" && find . ! -type d ! -name where ! -name '*_traces' \
		-printf '%p %y %m %s %l\n' | sort)
}

# same_files FOLDER - but for what tells the time
same_files() {
	expect '' diff -r --no-dereference -x where -x '*_traces' "$M" "$1"
	expect '' diff <(whole "$M") <(whole "$1")
}

if command -v rsync > /dev/null; then
	limit rsync -a "$M/" "$work/rsync" || fail "rsync: $?"
	same_files "$work/rsync"
elif [ "${CI:-}" = true ]; then
	fail "rsync is missing"
fi
mkdir "$work/tar"
limit tar -C "$M" -cf "$work/M.tar" . || fail "tar: $?"
limit tar -C "$work/tar" -xpf "$work/M.tar" || fail "tar -x: $?"
same_files "$work/tar"
same "$before" "$(contents)" "files that were copied"

# A reader that can be told where /proc is.
for python in python3 /usr/bin/python3 ''; do
	"$python" -c 'import psutil' 2> /dev/null && break
done
if [ -n "$python" ]; then
	limit "$python" - "$M/proc" > "$work/psutil" << 'EOF' || fail psutil
import sys
import psutil
psutil.PROCFS_PATH = sys.argv[1]
memory = psutil.virtual_memory()
print(memory.total, memory.free, memory.available)
EOF
	awk '/^(MemTotal|MemFree|MemAvailable):/ {
		printf "%s%d", sep, $2 * 1024; sep = " " }' "$M/proc/meminfo" |
		diff "$work/psutil" <(cat - <(echo)) || fail "psutil"
elif [ "${CI:-}" = true ]; then
	fail "psutil is missing (package python3-psutil)"
fi
stop_daemon
