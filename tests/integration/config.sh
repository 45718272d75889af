#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# config.sh - the layout as text: what is read builds the same again, what is
# written changes what it says or is refused

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

# write_config TEXT - with a single write(2), and close(2); the errno, or OK
write_config() {
	limit "$TRY" write "$M/config" "$1"
}

# the_log TEXT - the newest line of error_log is about config, and says TEXT
the_log() {
	local lines

	mapfile -t lines < "$M/error_log"
	checks=$((checks + 1))
	[[ ${lines[-1]:-} =~ ^[0-9]+\ [0-9]+\ /config\ [A-Z0-9]+:\ ($1)$ ]] ||
		fail "error_log: '${lines[-1]:-}', not '$1'"
}

# wrong ERRNO WHY TEXT - refused whole: config is as it was, the log says WHY
wrong() {
	local before after

	before=$(cat "$M/config")
	same "$1" "$(write_config "$3")" "writing '$3'"
	the_log "$2"
	after=$(cat "$M/config")
	same "$before" "$after" "config after '$3'"
}

# accept TEXT
accept() {
	same OK "$(write_config "$1")" "writing '$1'"
}

# build_rich - something of everything
build_rich() {
	put 20 "$M/proc/sys/vm/watermark_scale_factor"
	put '100 200' "$M/proc/sys/vm/lowmem_reserve_ratio"
	mkdir "$M/caches/conn" "$M/caches/req" "$M"/caches/{ü,'a"=\b'}
	put 192 "$M/caches/conn/objsize"
	put SLAB_HWCACHE_ALIGN "$M/caches/conn/flags"
	put 1000 "$M/caches/conn/limit"
	put 'GFP_NOWAIT|__GFP_ZERO' "$M/caches/conn/gfp"
	put 4096 "$M/caches/req/objsize"
	put 256 "$M/caches/req/align"
	put byte:0x5a "$M/caches/req/ctor"
	put 7 "$M/caches/req/min_partial"
	put 33 "$M/caches/req/remote_node_defrag_ratio"
	put 1 "$M/caches/ü/poison"
	put 1 "$M/caches/ü/red_zone"
	put 55 "$M/caches/kmalloc-64/limit"
	put GFP_ATOMIC "$M/caches/kmalloc-128/gfp"
	put 3 "$M/pages/order-3/limit"
	put 100 "$M/kmalloc/objsize"
	put 10 "$M/kmalloc/limit"
	put GFP_NOWAIT "$M/vmalloc/gfp"
	mkdir "$M/iomem/mem" "$M/iomem/dev"
	put 0x200000000 "$M/iomem/mem/phys"
	put 8192 "$M/iomem/mem/size"
	put 0x300000000 "$M/iomem/dev/phys"
	put "$work/a device" "$M/iomem/dev/file"
	mkdir "$M"/pools/{io,big,plain}
	put slab:conn "$M/pools/io/backing"
	put 6 "$M/pools/io/min_nr"
	put 1 "$M/pools/io/poison"
	put pages:2 "$M/pools/big/backing"
	put 4 "$M/pools/big/min_nr"
	put 9 "$M/pools/big/limit"
}

rich='cache kmalloc-128 owner=boot gfp=GFP_ATOMIC
cache conn objsize=192 align=0 flags=SLAB_HWCACHE_ALIGN ctor=none gfp=GFP_NOWAIT|__GFP_ZERO
cache req objsize=4096 align=256 flags=none ctor=byte:0x5a gfp=GFP_KERNEL limit=max min_partial=7 remote_node_defrag_ratio=33
cache ü objsize=64 align=0 flags=SLAB_RED_ZONE|SLAB_POISON ctor=none gfp=GFP_KERNEL limit=max
cache a"=\b objsize=64 align=0 flags=none ctor=none gfp=GFP_KERNEL limit=max
pages order-3 limit=3
kmalloc objsize=100 limit=10
vmalloc gfp=GFP_NOWAIT
iomem mem phys=0x200000000 size=8192 file=none
iomem dev phys=0x300000000 size=4096 file="@WORK@/a device"
pool io backing=slab:conn min_nr=6 gfp=GFP_KERNEL limit=max poison=1
pool big backing=pages:2 min_nr=4 gfp=GFP_KERNEL limit=9 poison=0
pool plain backing=kmalloc:64 min_nr=1 gfp=GFP_KERNEL limit=max poison=0
cache kmalloc-64 owner=boot limit=55
cache conn limit=1000
vm lowmem_reserve_ratio="100	200	32	0	0" watermark_scale_factor=20'

# settings - every file that shows a setting, of all that can be made
settings() {
	local files=(objsize align flags ctor gfp limit min_partial order
		remote_node_defrag_ratio sanity_checks red_zone poison backing
		store_user trace min_nr curr_nr phys size file slab_size)
	local expression=() file

	for file in "${files[@]}"; do
		expression+=(-o -name "$file")
	done
	(cd "$M" && find caches pools iomem kmalloc vmalloc pages proc/sys \
		-type f \( "${expression[@]:1}" -o -path 'proc/sys/*' \) \
		! -name drop_caches -exec grep -aH '' {} + | sort)
}

head -c 4096 /dev/zero > "$work/a device"
start_daemon -o memory=64M,cpus=2
same '' "$(< "$M/config")" "config of an empty mount"
same 644 "$(stat -c %a "$M/config")" "its mode"
build_rich
same "${rich/@WORK@/$work}" "$(< "$M/config")" "config"
same "$(stat -c %s "$M/config")" "$(wc -c < "$M/config")" "its size"
cat "$M/config" > "$work/rich"
settings > "$work/settings"
accept "$(< "$work/rich")"$'\n'
cmp "$M/config" "$work/rich" || fail "config after it was written to itself"

# A line for what is there sets what differs; what is in use cannot change, but
# may be told to be what it is.
put 3 "$M/caches/conn/alloc"
put 1 "$M/pools/io/alloc"
accept "$(grep conn "$work/rich")"$'\n'
accept 'cache conn limit=900 min_partial=3'$'\n'
expect_value 900 "$M/caches/conn/limit"
expect_value 3 "$M/caches/conn/min_partial"
accept 'cache conn flags=0x10 objsize=0192'$'\n'
same EBUSY "$(write_config $'kmalloc limit=1\ncache conn objsize=200\nkmalloc limit=2\n')" "in use"
the_log 'line 2: objects are in use'
expect_value 1 "$M/kmalloc/limit"
expect_value 192 "$M/caches/conn/objsize"
same EBUSY "$(write_config $'pool io backing=kmalloc:64\n')" "elements are out"
the_log 'line 1: backing: elements are out or requests wait'
put all "$M/pools/io/free"
put all "$M/caches/conn/free"

# Its time is that of the last write.
before=$(stat -c %y "$M/config")
accept $'# nothing\n'
checks=$((checks + 1))
[[ $(stat -c %y "$M/config") > $before ]] || fail "the time of a write"

# The shape is one: on the way there is none that cannot be.
accept $'cache shape objsize=4194304\n'
accept $'cache shape flags=SLAB_STORE_USER|SLAB_RED_ZONE objsize=64\n'
accept $'cache shape objsize=4194304 flags=none\n'
rmdir "$M/caches/shape"
accept "$(< "$work/rich")"$'\n'
stop_daemon

# ---- a new daemon with the same layout -----------------------------------------

start_daemon -o "memory=64M,cpus=2,config=$work/rich"
cmp "$M/config" "$work/rich" || fail "config after a start with it"
settings > "$work/again"
diff "$work/settings" "$work/again" || fail "settings after a start with config"
rmdir "$M/pools/io" "$M/caches/conn"
printf '' > "$M/config"
accept ''
accept $'\n\n   \n# a comment\n  # another\n'
accept "$(grep -E '^pool io|conn ' "$work/rich")"$'\n'
same "$(sort "$work/rich")" "$(sort "$M/config")" "config after two lines of it"

# A limit may be below what the pools set aside before, and watermarks above what
# they left; both are of no concern to a pool that has its reserve.
build_low() {
	mkdir "$M/caches/conn" "$M"/pools/{io,small,big}
	put slab:conn "$M/pools/io/backing"
	put 6 "$M/pools/io/min_nr"
	put kmalloc:100 "$M/pools/small/backing"
	put 9 "$M/pools/small/min_nr"
	put pages:9 "$M/pools/big/backing"
	put 22 "$M/pools/big/min_nr"
	for file in caches/{conn,kmalloc-64,kmalloc-128} pools/{io,small,big} \
		pages/order-9 kmalloc vmalloc; do
		put 0 "$M/$file/limit"
	done
	put 30000 "$M/proc/sys/vm/min_free_kbytes"
}
stop_daemon
start_daemon -o memory=64M
build_low
cat "$M/config" > "$work/low"
settings > "$work/settings"
expect_value 22 "$M/pools/big/curr_nr"
stop_daemon
start_daemon -o "memory=64M,config=$work/low"
cmp "$M/config" "$work/low" || fail "config with limits below what there is"
settings | diff "$work/settings" - || fail "settings with such limits"
accept "$(< "$work/low")"$'\n'
cmp "$M/config" "$work/low" || fail "such a config written to itself"
settings | diff "$work/settings" - || fail "settings after it was written"
stop_daemon
start_daemon -o "memory=64M,cpus=2,config=$work/rich"

# ---- what is refused, whole ------------------------------------------------------

good='cache never objsize=100'
for line in 'nosuch x=1' 'cache' 'pool' 'cache # name' 'cache a objsize' \
	'cache a objsize= 5' 'cache a =5' 'cache a nosuch=1' \
	'cache a alloc=1' 'cache a free=all' 'cache a shrink=1' \
	'cache a validate=1' 'cache a slab_size=64' 'cache a min_nr=1' \
	'cache a poison=1' 'cache a stats=0' 'cache a objects=1' \
	'cache a objsize=0' 'cache a objsize=-1' 'cache a objsize=12x' \
	'cache a objsize=""' 'cache a objsize="6' 'cache a objsize="6"4' \
	'cache a objsize=64 objsize=64' 'cache a owner=boot owner=boot' \
	'cache a align=3' 'cache a flags=SLAB_NONE' 'cache a flags=' \
	'cache a ctor=one' 'cache a ctor=byte:zz' 'cache a gfp=GFP_NO' \
	'cache a limit=most' 'cache a min_partial=x' \
	'cache a/b' 'cache .a' 'cache #a' 'cache :a' 'cache a,b' 'cache a;b' \
	$'cache a\x01b' $'cache \xff' 'Cache a' 'cache:a' '"cache" a' \
	'pool a gfp=__GFP_ZERO' 'pool a min_nr=0' 'pool a backing=junk' \
	'pool a backing=kmalloc:0' \
	'pool a poison=x' 'pool a low=1' \
	'pool a curr_nr=1' 'iomem a size=x' 'iomem a phys=0xg' \
	'iomem a file=relative' 'iomem a data=x' 'kmalloc a objsize=1' \
	'kmalloc objsize=0' 'kmalloc owner=boot' 'vm nosuch=1' \
	'vm drop_caches=1' 'vm min_free_kbytes=x' 'vm a min_free_kbytes=1' \
	'vm lowmem_reserve_ratio="1 2 3 4 5 6"' 'vm ..=1' 'vm /=1'; do
	wrong EINVAL 'line 3: .*' "$good"$'\n# 2\n'"$line"$'\ncache b\n'
done
for line in 'cache a objsize=4194305' 'cache a ctor=byte:0x100' \
	'cache a limit=99999999999999999999' 'pool a min_nr=524289' \
	'cache a remote_node_defrag_ratio=101' 'pool a backing=pages:11' \
	'pool a backing=kmalloc:4194305' 'kmalloc objsize=4294967296'; do
	wrong ERANGE 'line 2: .*' "$good"$'\n'"$line"$'\n'
done
wrong ENOENT 'line 2: backing: no cache .*' "$good"$'\npool a backing=slab:a/b\n'
printf -v long '%0128d' 0
wrong ENAMETOOLONG 'line 2: a name .*' "$good"$'\ncache '"$long"$'\n'
wrong EPERM 'line 2: objsize is .*' "$good"$'\ncache kmalloc-64 owner=boot objsize=1\n'
printf -v long '%05000d' 1
wrong E2BIG 'line 2: .*' "$good"$'\ncache a objsize='"$long"$'\n'
printf -v long '%040000d' 1
wrong E2BIG 'line 2: .*' "$good"$'\ncache a objsize='"$long"
wrong E2BIG 'line 2: longer than 32768 bytes' "$good"$'\n#'"$long"$'\ncache a\n'
same EINVAL "$(printf 'cache a\0b\n' > "$work/nul"
	limit cat "$work/nul" 2>&1 > "$M/config" | grep -q 'Invalid argument' &&
		echo EINVAL)" "a NUL byte"

# What only shows when it is tried ends the write at its line; what that line
# made is gone again.
tried() {
	same "$1" "$(write_config $'cache c1 objsize=8\n'"$3"$'\ncache c2\n')" "$3"
	the_log "line 2: $2"
	[ -d "$M/caches/c1" ] || fail "line 1 was not carried out"
	[ ! -e "$M/caches/c2" ] || fail "line 3 was carried out"
	rmdir "$M/caches/c1"
}
tried ENOENT "backing: no cache 'nobody'" 'pool new backing=slab:nobody'
[ ! -e "$M/pools/new" ] || fail "a pool is left of its line"
tried EINVAL 'no slab can be .*' 'cache new objsize=4194304 flags=SLAB_RED_ZONE'
[ ! -e "$M/caches/new" ] || fail "a cache is left of its line"
tried ENOENT 'no order-11' 'pages order-11 limit=5'
tried ENOENT '.*' "iomem new file=$work/nosuch"
[ ! -e "$M/iomem/new" ] || fail "a region is left of its line"
tried EPERM 'objsize is .*' 'cache kmalloc-64 objsize=8'
# Another's that is not there is passed over.
accept 'cache kmalloc-64 owner=nobody limit=7'$'\n''pool x owner=y limit=3'$'\n'
expect_value 55 "$M/caches/kmalloc-64/limit"
[ ! -e "$M/pools/x" ] || fail "somebody else's pool was made"
accept 'cache mine owner=mount objsize=80 # with a comment'$'\n'
expect_value 80 "$M/caches/mine/objsize"
rmdir "$M/caches/mine"

# ---- lines that come in pieces ----------------------------------------------------

# Numbers of lines count on, over refused ones, too.
exec 3> "$M/config"
printf '# 1\n\n# 3\n' >&3
printf 'cache torn nosuch=1\n' >&3 2> "$work/err" && fail "line 4 was accepted"
the_log 'line 4: cache has no setting .*'
printf '\npool torn min_nr=0\n' >&3 2> "$work/err" && fail "line 6 was accepted"
the_log 'line 6: min_nr: .*'
printf 'cache torn\n' >&3
[ -d "$M/caches/torn" ] || fail "what came after an error"
exec 3>&-
rmdir "$M/caches/torn"

# The end of a refused line is not one of its own, and neither is the end of one
# whose begin was in a refused write.
text=$'cache torn nosuch=1\ncacache skipped\ncache torn\npool torn min_nr=0\n'
same EINVAL "$(limit "$TRY" cut "$M/config" 22 100 "$text")" "$text"
the_log 'line 4: min_nr: .*'
[ ! -e "$M/caches/skipped" ] || fail "the end of a refused line"
text=$'cache torn nosuch=1\ncacache skipped\n\ncache torn\n'
same EINVAL "$(limit "$TRY" cut "$M/config" 22 1 "$text")" "$text"
[ ! -e "$M/caches/skipped" ] || fail "the end of a refused line"
[ -d "$M/caches/torn" ] || fail "what came after an error"
rmdir "$M/caches/torn"

# Two writers of the same: what the one makes the other finds.
for ((i = 0; i < 200; i++)); do
	echo "cache two$i objsize=$((64 + i)) limit=5"
	echo "pool two$i backing=slab:two$i min_nr=3"
done > "$work/two"
limit dd if="$work/two" of="$M/config" bs=100 status=none &
pids=$!
limit dd if="$work/two" of="$M/config" bs=100 status=none ||
	fail "the second of two writers"
wait "$pids" || fail "the first of two writers"
grep -E '^(cache|pool) two' "$M/config" | sort > "$work/both"
for ((i = 0; i < 200; i++)); do
	rmdir "$M/pools/two$i" "$M/caches/two$i"
done
limit cat "$work/two" > "$M/config" || fail "one writer"
grep -E '^(cache|pool) two' "$M/config" | sort | cmp - "$work/both" ||
	fail "two writers gave something else than one"
for ((i = 0; i < 200; i++)); do
	rmdir "$M/pools/two$i" "$M/caches/two$i"
done

# Junk without end is refused, and leaves nothing behind.
head -c 1M /dev/zero | tr '\0' x > "$work/junk"
limit dd if="$work/junk" of="$M/config" bs=1M conv=notrunc status=none \
	2> "$work/err" && fail "junk was accepted"
grep -q 'Argument list too long' "$work/err" || fail "junk: $(< "$work/err")"
{
	for ((i = 0; i < 8; i++)); do
		cat "$work/junk" 2> "$work/err" || :
	done
	printf '\ncache torn'
} > "$M/config"
[ -d "$M/caches/torn" ] || fail "what came after junk"
rmdir "$M/caches/torn"

# close(2) tells what becomes of the last line.
printf 'cache a objsize=0' > "$work/unended"
limit dd if="$work/unended" of="$M/config" bs=100 status=none \
	2> "$work/err" && fail "close(2) did not tell"
grep -q 'closing output.*Invalid argument' "$work/err" ||
	fail "dd: $(< "$work/err")"
the_log 'line 1: objsize: objects of 0 bytes'

# A text of several lines, cut in two at every byte.
text=$'vm watermark_scale_factor=21\n# half\ncache t objsize=200 limit=5\n'
text+=$'iomem t phys=0x400000000 file="'$work$'/a device"\npool t backing=slab:t min_nr=2\n'
want=$'cache t objsize=200 align=0 flags=none ctor=none gfp=GFP_KERNEL\n'
want+=$'cache t limit=5\n'
want+=$'iomem t phys=0x400000000 size=4096 file="'$work$'/a device"\n'
want+='pool t backing=slab:t min_nr=2 gfp=GFP_KERNEL limit=max poison=0'
want="$(< "$work/rich")"$'\n'"$want"
want=${want/factor=20/factor=21}
bytes=$(printf '%s' "$text" | wc -c)
for ((i = 0; i <= bytes; i++)); do
	same OK "$(limit "$TRY" cut "$M/config" "$i" 1000 "$text")" "cut at $i"
	same "$(sort <<< "$want")" "$(sort "$M/config")" "cut at $i"
	put 20 "$M/proc/sys/vm/watermark_scale_factor"
	rmdir "$M/pools/t" "$M/caches/t" "$M/iomem/t"
done
same OK "$(limit "$TRY" cut "$M/config" 0 1 "${text%?}")" "byte by byte"
same "$(sort <<< "$want")" "$(sort "$M/config")" "byte by byte"
stop_daemon

# ---- a start with what is wrong -----------------------------------------------------

# refused_start TEXT WHY... - one line on stderr, exit 1, nothing mounted
refused_start() {
	local status

	printf '%s' "$1" > "$work/wrong"
	limit "$ALLOCFS" -o "memory=64M,config=$work/wrong" "$M" \
		> "$work/said" 2>&1 && status=0 || status=$?
	same 1 "$status" "exit status of a start with '$1'"
	same 1 "$(wc -l < "$work/said")" "lines that it says"
	checks=$((checks + 1))
	[[ $(< "$work/said") =~ ^allocfs:\ $work/wrong:$2$ ]] ||
		fail "a start with '$1' says: $(< "$work/said")"
	! is_mounted "$M" || fail "mounted"
}
refused_start $'cache a\n\ncache b objsize=1 nosuch=2\n' \
	"3: cache has no setting 'nosuch'"
refused_start $'cache a\npool b backing=slab:c' "2: backing: no cache 'c'"
refused_start $'iomem a file=/nosuch' '1: No such file or directory'
printf 'cache a\0' > "$work/nul"
for file in nosuch nul /; do
	limit "$ALLOCFS" -o "memory=64M,config=$work/$file" "$M" \
		> "$work/said" 2>&1 && fail "a start with $file"
	same 1 "$(wc -l < "$work/said")" "lines that it says of $file"
	grep -q "^allocfs: $work/$file: [A-Z]" "$work/said" ||
		fail "a start with $file says: $(< "$work/said")"
done
start_daemon -o "memory=64M,config=/dev/null"
same '' "$(< "$M/config")" "config after a start with nothing"
stop_daemon

# ---- layouts at random ---------------------------------------------------------------

# one_of WORD...
one_of() {
	shift $((RANDOM % $#))
	echo "$1"
}

# random_cache NAME - shaped by its files; what is refused is left out
random_cache() {
	local dir=$M/caches/$1 file

	mkdir "$dir"
	for file in objsize align flags ctor gfp limit min_partial; do
		[ $((RANDOM % 2)) -eq 0 ] || continue
		case $file in
		objsize) echo $((RANDOM % 9000 + 1)) ;;
		align) one_of 0 8 64 4096 ;;
		flags) one_of SLAB_HWCACHE_ALIGN SLAB_POISON SLAB_RED_ZONE \
			SLAB_RECLAIM_ACCOUNT 'SLAB_STORE_USER|SLAB_POISON' ;;
		ctor) one_of none zero sequence byte:0x7f ;;
		gfp) one_of GFP_NOWAIT GFP_ATOMIC __GFP_ZERO 0x400 ;;
		limit) one_of 0 max $((RANDOM + 100)) ;;
		min_partial) echo $((RANDOM % 20)) ;;
		esac > "$work/value"
		cat "$work/value" > "$dir/$file" 2> "$work/refused" || :
	done
}

random_pool() {
	local dir=$M/pools/$1

	mkdir "$dir"
	one_of "slab:c$((RANDOM % caches))" "kmalloc:$((RANDOM % 4000 + 1))" \
		"kvmalloc:$RANDOM" "pages:$((RANDOM % 3))" > "$work/value"
	cat "$work/value" > "$dir/backing" 2> "$work/refused" || :
	put $((RANDOM % 9 + 1)) "$dir/min_nr"
	put "$(one_of max $((RANDOM % 50)))" "$dir/limit"
}

for seed in "${SEED:-$RANDOM}" 4711 4581; do
	echo "SEED=$seed"
	RANDOM=$seed
	caches=$((RANDOM % 10 + 2))
	start_daemon -o memory=64M
	for ((i = 0; i < caches; i++)); do
		random_cache "c$i"
	done
	for ((i = RANDOM % 8; i > 0; i--)); do
		random_pool "p$i"
	done
	put "$((RANDOM % 10))" "$M/caches/kmalloc-$(one_of 8 64 1k)/limit"
	put "$((RANDOM % 10))" "$M/caches/c$((RANDOM % caches))/limit"
	put "$((RANDOM % 100 + 1))" "$M/proc/sys/vm/watermark_scale_factor"
	! rmdir "$M/caches/c$((RANDOM % caches))" 2> "$work/refused" ||
		echo "a gap"
	cat "$M/config" > "$work/random"
	settings > "$work/settings"
	stop_daemon
	start_daemon -o "memory=64M,config=$work/random"
	cmp "$M/config" "$work/random" || fail "SEED=$seed: config"
	settings | diff "$work/settings" - || fail "SEED=$seed: settings"
	# And once more, into a mount that has something else.
	for ((i = 0; i < caches; i++)); do
		[ ! -d "$M/caches/c$i" ] || put 9 "$M/caches/c$i/limit"
	done
	accept "$(< "$work/random")"$'\n'
	cmp "$M/config" "$work/random" || fail "SEED=$seed: config again"
	stop_daemon
done

# ---- thousands ------------------------------------------------------------------------

# A text in many writes that end anywhere; make bench has ten times as much.
awk 'BEGIN {
	for (i = 0; i < 2000; i++)
		printf "cache c%d objsize=%d align=0 flags=none ctor=none " \
			"gfp=GFP_KERNEL limit=max\n", i, 64 + i % 500 * 8
	for (i = 0; i < 200; i++)
		printf "pool p%d backing=slab:c%d min_nr=%d gfp=GFP_KERNEL " \
			"limit=max poison=0\n", i, i * 7, 1 + i % 3
}' > "$work/many"
start_daemon -o memory=64M
limit cat "$work/many" > "$M/config" || fail "writing thousands of lines"
cmp "$M/config" "$work/many" || fail "config of thousands"
stop_daemon
start_daemon -o "memory=64M,config=$work/many"
limit cat "$M/config" > "$work/again" || fail "reading thousands of lines"
cmp "$work/again" "$work/many" || fail "config after a start with thousands"
stop_daemon
