#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# modules.sh - kernel-style modules in the daemon: kmodc, inserting, what is
# shown of them, removing, everything that is refused, and ends under waits

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_fuse
kmodc=$abs_top_srcdir/contrib/kmodc
sources=$abs_top_srcdir/tests/data/modules
for name in pool user waits; do
	"$kmodc" "$sources/$name.c" -o "$work/$name.so" -Werror ||
		fail "kmodc $name.c"
done

# insert COMMAND - echo COMMAND > modules/insert
insert() {
	put "$1" "$M/modules/insert"
}

# refuse_insert ERRNO COMMAND WORDS - refused, and error_log says WORDS
refuse_insert() {
	expect_errno "$1" write "$M/modules/insert" "$2"
	says "$1: .*$3"
}

# says REGEX - the last line of error_log
says() {
	local last

	last=$(tail -n 1 "$M/error_log")
	checks=$((checks + 1))
	grep -Eq -- "$1" <<< "$last" || fail "error_log says '$last', not '$1'"
}

# printed TEXT - a record of kmsg has exactly that text
printed() {
	cut -d ';' -f 2- "$M/kmsg" | grep -Fqx -- "$1"
}

is_state() {
	[ "$(cat "$M/modules/$1/initstate" 2> /dev/null)" = "$2" ]
}

# poke FILE OFFSET BYTES - overwrite, BYTES as printf has them
poke() {
	# shellcheck disable=SC2059 # it is the format
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# u64 FILE OFFSET, u32, u16 - a number in a file
u64() { od -An -tu8 -N8 -j"$2" "$1"; }
u32() { od -An -tu4 -N4 -j"$2" "$1"; }
u16() { od -An -tu2 -N2 -j"$2" "$1"; }

# dynsym_header FILE - where the section header of .dynsym is (SHT_DYNSYM)
dynsym_header() {
	local at i

	at=$(($(u64 "$1" 40)))
	for ((i = $(u16 "$1" 60); i > 0; i--, at += 64)); do
		[ $(($(u32 "$1" $((at + 4))))) -ne 11 ] || break
	done
	echo $at
}

# The daemon has a copy of a module: it catches signals by then, which what is
# not the daemon yet, a shell, may seem to do as well.
has_copy() {
	grep -q '/memfd:allocfs-module' "/proc/$1/maps"
}

# ---- kmodc -------------------------------------------------------------------

# wrong STATUS WORDS ARGUMENT... - kmodc says WORDS and ends with STATUS
wrong() {
	local want=$1 words=$2 status got

	shift 2
	got=$("$kmodc" "$@" 2>&1) && status=0 || status=$?
	same "$want" "$status" "status of kmodc $*"
	[[ $got == *"$words"* ]] || fail "kmodc $*: '$got'"
}

wrong 2 "usage: kmodc"
wrong 2 "-o needs a file" "$sources/pool.c" -o
wrong 2 "no source file" "$work/pool.so"
wrong 2 "neither a file nor an option" "$sources/pool.c" nothing
wrong 1 "no such file" "$work/none.c"
wrong 2 "no name for a module" "$sources/pool.c" -o "$work/po ol.so"
echo 'int f(void) { return nobody_declared_this(); }' > "$work/bad.c"
wrong 1 nobody_declared_this "$work/bad.c" -o "$work/bad.so"
expect "usage: kmodc FILE.c... [-o FILE.so] [COMPILER-OPTION...]" \
	"$kmodc" --help
(cd "$work" && cp "$sources/user.c" my-user.c && "$kmodc" my-user.c) ||
	fail "kmodc in another folder"
[ -f "$work/my-user.so" ] || fail "no my-user.so"

# ---- not without -o modules --------------------------------------------------

start_daemon -o memory=16M
expect insert ls "$M/modules"
expect "" cat "$M/modules/insert"
refuse_insert EPERM "$work/pool.so" "not started with -o modules"
stop_daemon

start_daemon -o memory=16M,module="$work/pool.so"
expect_value live "$M/modules/pool/initstate"
refuse_insert EPERM "$work/user.so" "not started with -o modules"
expect_errno EPERM rmdir "$M/modules/pool"
stop_daemon

# ---- a module's life ---------------------------------------------------------

start_daemon -o memory=16M,modules,allow_other
expect_errno EPERM mkdir "$M/modules/x"
says "inserted by its path"
insert "$work/pool.so nr=6 text=\"some words\" list=7,8 leak-cache=n off=Y mask=0x1f other_name=-5"
expect "insert
pool" ls "$M/modules"
cd "$M/modules/pool"
expect_value live initstate
expect_value 0 refcnt
expect_value "$work/pool.so" path
expect_value LGPL license
expect 'One <one@example.org>
Two' sort author
expect_value 'makes a pool' description
expect_value 1.2 version
expect_value 'leak_cache N
leak_pool N
list 7,8
mask 0x1f
nr 6
off Y
other_name -5
text some words
word word' parameters
expect_errno EACCES open parameters w
cd "$work"
printed "pool: 6 elements, 'some words'" || fail "kmsg: $(< "$M/kmsg")"

# What it made is there, and its own.
expect_value pool "$M/caches/items/owner" "$M/pools/items/owner"
expect_value slab:items "$M/pools/items/backing"
expect_value 6 "$M/pools/items/curr_nr"
expect_value 7 "$M/caches/items/alloc"
expect_errno EPERM rmdir "$M/caches/items"
expect_errno EPERM rmdir "$M/pools/items"
put 8 "$M/pools/items/min_nr"
expect_value 8 "$M/pools/items/curr_nr"

# A name is taken once; another module finds names in it, and keeps it.
refuse_insert EEXIST "$work/pool.so" "module pool is there already"
insert "$work/user.so"
printed "the answer is 42" || fail "kmsg: $(< "$M/kmsg")"
expect_value 1 "$M/modules/pool/refcnt"
expect_value 0 "$M/modules/user/refcnt"
expect_errno EBUSY rmdir "$M/modules/pool"
says "/modules/pool EBUSY: it has 1 users"
expect_errno OK rmdir "$M/modules/user"
expect_value 0 "$M/modules/pool/refcnt"

# The file may be overwritten meanwhile: it was copied.
truncate -s 0 "$work/pool.so"
expect_value 'makes a pool' "$M/modules/pool/description"
exec 4< "$M/modules/pool/version"
expect_errno OK rmdir "$M/modules/pool"
! cat <&4 2> /dev/null || fail "read a file of what is gone"
exec 4<&-
expect insert ls "$M/modules"
[ ! -e "$M/caches/items" ] || fail "its cache stayed"
[ ! -e "$M/pools/items" ] || fail "its pool stayed"
printed "pool: gone" || fail "its exit did not run"
expect_errno ENOENT rmdir "$M/modules/pool"
"$kmodc" "$sources/pool.c" -o "$work/pool.so"

# Another file, the same name; the name is of the file that was made.
refuse_insert ENOEXEC "$work/user.so" "user.so: undefined symbol: pool_answer"
insert "$work/pool.so"
insert "$work/my-user.so"
expect_value 0 "$M/modules/my_user/refcnt"
expect_errno OK rmdir "$M/modules/my_user"
expect_errno OK rmdir "$M/modules/pool"

# ---- what is refused ---------------------------------------------------------

lines=$(wc -l < "$M/error_log")
refuse_insert ENOENT "$work/none.so" "none.so: No such file"
refuse_insert EINVAL "pool.so" "named by its path, from / on: 'pool.so'"
refuse_insert EINVAL "$work" "not a regular file"
mkfifo "$work/fifo.so"
refuse_insert EINVAL "$work/fifo.so" "not a regular file"
: > "$work/empty.so"
refuse_insert ENOEXEC "$work/empty.so" "not an ELF file"
refuse_insert ENOEXEC "$sources/pool.c" "not an ELF file"
head -c 200 "$work/pool.so" > "$work/cut.so"
refuse_insert ENOEXEC "$work/cut.so" "not a module|not an ELF"
head -c 9000 "$work/pool.so" > "$work/cut.so"
refuse_insert ENOEXEC "$work/cut.so" "not a module"
refuse_insert ENOEXEC "$TRY" "not a module|not a shared object"
echo 'int answer(void) { return 42; }
__attribute__((constructor)) static void run(void) { __builtin_trap(); }' \
	> "$work/plain.c"
# shellcheck disable=SC2086 # CC may have options
${CC:-cc} -shared -fPIC -o "$work/plain.so" "$work/plain.c"
refuse_insert ENOEXEC "$work/plain.so" "not a module: nothing of <linux/module.h>"
# shellcheck disable=SC2086
${CC:-cc} -c -fPIC -o "$work/plain.o" "$work/plain.c"
refuse_insert ENOEXEC "$work/plain.o" "kmodc links a module"
sed 's/libkmem-0/libkmem-9/g' "$work/pool.so" > "$work/old.so"
refuse_insert ENOEXEC "$work/old.so" \
	"version magic 'libkmem-9' should be 'libkmem-0'"
# Whatever the tables inside promise: more bytes of a segment (of the first,
# behind the header), more symbols (the size of .dynsym) than there are
cp "$work/pool.so" "$work/bad.so"
poke "$work/bad.so" 100 '\x01'
refuse_insert ENOEXEC "$work/bad.so" "damaged: it ends too early"
cp "$work/user.so" "$work/bad.so"
poke "$work/bad.so" $(($(dynsym_header "$work/bad.so") + 38)) '\x01'
refuse_insert ENOEXEC "$work/bad.so" "undefined symbol: pool_answer"
refuse_insert EINVAL "$work/pool.so nothing=1" "unknown parameter 'nothing'"
refuse_insert EINVAL "$work/pool.so nr=six" "parameter nr cannot be 'six'"
refuse_insert EINVAL "$work/pool.so nr= " "parameter nr cannot be ''"
refuse_insert EINVAL "$work/pool.so nr" "parameter nr needs a value"
refuse_insert ERANGE "$work/pool.so nr=2147483648" "nr is out of range"
refuse_insert ERANGE "$work/pool.so list=7,256" \
	"list is out of range: '256'"
refuse_insert ERANGE "$work/pool.so list=-1" "list is out of range"
refuse_insert ERANGE "$work/pool.so list=1,2,3,4" "list is out of range"
refuse_insert ERANGE "$work/pool.so word=12345678" "word is out of range"
refuse_insert EINVAL "$work/pool.so leak_pool=maybe" "leak_pool cannot be"
refuse_insert ENOMEM "$work/pool.so fail=-12" "init of pool returned -12"
refuse_insert ENOTTY "$work/pool.so fail=-25" "init of pool returned -25"
refuse_insert EIO "$work/pool.so fail=-517" "init of pool returned -517"
between 24 64 $(($(wc -l < "$M/error_log") - lines)) "lines in error_log"
expect insert ls "$M/modules"
expect_errno E2BIG fill "$M/modules/insert" 5000
expect_errno EPERM unlink "$M/modules/insert"

# Without an exit it stays; without either there is nothing to stay for.
printf '%s\n' '#include <linux/module.h>' 'static int __init f(void)' \
	'{ return 0; }' 'module_init(f);' > "$work/stays.c"
"$kmodc" "$work/stays.c" -o "$work/stays.so" -Werror || fail "kmodc stays.c"
insert "$work/stays.so"
expect_value "" "$M/modules/stays/license" "$M/modules/stays/parameters"
expect_errno EBUSY rmdir "$M/modules/stays"
says "/modules/stays EBUSY: it has no exit"
printf '#include <linux/module.h>\n' > "$work/none.c"
printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n' > "$work/more.c"
(cd "$work" && "$kmodc" none.c more.c && "$kmodc" none.c -oglued.so) ||
	fail "kmodc of two files"
insert "$work/glued.so"
expect_errno OK rmdir "$M/modules/glued"
insert "$work/none.so"
expect_value GPL "$M/modules/none/license"
expect_errno OK rmdir "$M/modules/none"

# The linker keeps it, and would find it instead of another with its path.
printf '%s\n' '#include <linux/module.h>' 'static int __init f(void)' \
	'{ return 0; }' 'static void __exit g(void) { }' \
	'module_init(f);' 'module_exit(g);' > "$work/keeps.c"
"$kmodc" "$work/keeps.c" -o "$work/keeps.so" -Wl,-z,nodelete ||
	fail "kmodc -z nodelete"
insert "$work/keeps.so"
expect_errno OK rmdir "$M/modules/keeps"
insert "$work/none.so"
expect_value GPL "$M/modules/none/license"
refuse_insert ENOTTY "$work/pool.so fail=-25" "init of pool returned -25"
expect_errno OK rmdir "$M/modules/none"

# The daemon's own library is the module's; another one is not.
libs=$abs_top_builddir/.libs
if [ -e "$libs/libkmem.so" ] && [ -e "$libs/libkmem.a" ]; then
	"$kmodc" "$work/none.c" -o "$work/none.so" -L "$libs" \
		-Wl,--no-as-needed -lkmem || fail "kmodc -lkmem"
	insert "$work/none.so"
	expect_errno OK rmdir "$M/modules/none"
	"$kmodc" "$work/none.c" -o "$work/own.so" \
		-Wl,-u,kmem_init "$libs/libkmem.a" || fail "kmodc libkmem.a"
	refuse_insert ENOEXEC "$work/own.so" "an allocator of its own"
fi

# Nobody but who runs it, and root
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
	chmod 666 "$M/modules/insert"
	chmod 755 "$work"
	expect EPERM setpriv --reuid 65534 --clear-groups \
		"$TRY" write "$M/modules/insert" "$work/pool.so"
	says "65534 /modules/insert EPERM: only who runs it, and root, may"
fi

# ---- kmsg --------------------------------------------------------------------

# record PRIORITY TEXT - the last record of kmsg
record() {
	# shellcheck disable=SC2016 # the last line
	expect "$1;$2" sed -n '$s/,[0-9]*,[0-9]*,-;/;/p' "$M/kmsg"
}

put hello "$M/kmsg"
record 12 hello
put '<3>an error' "$M/kmsg"
record 11 'an error'
put '<190>of a facility' "$M/kmsg"
record 190 'of a facility'
put '<x>as it is' "$M/kmsg"
record 12 '<x>as it is'
printf 'tab\tback\\slash é' > "$M/kmsg"
record 12 'tab\x09back\x5cslash \xc3\xa9'
for ((i = 0; i < 70; i++)); do
	printf "$i %04000d" 0 > "$M/kmsg"
done
last=$(sed -n '$s/^12,\([0-9]*\),.*/\1/p' "$M/kmsg")
first=$(sed -n '1s/^12,\([0-9]*\),.*/\1/p' "$M/kmsg")
between 60 65 "$(wc -l < "$M/kmsg")" "records of 4000 bytes that are kept"
same "$(wc -l < "$M/kmsg")" $((last - first + 1)) "numbers of records"

# ---- what is left behind -----------------------------------------------------

insert "$work/pool.so leak_cache"
expect_errno OK rmdir "$M/modules/pool"
says "/modules/pool ENOTEMPTY: pool left cache 'items' behind and stays mapped"
printed "pool left cache 'items' behind and stays mapped" || fail "kmsg"
expect "insert
stays" ls "$M/modules"
expect_value pool "$M/caches/items/owner"
# Its constructor, which is in the module, still runs.
put 200 "$M/caches/items/alloc"
expect ' 07 00 00 00' od -An -tx1 -j16 -N4 "$M/caches/items/objects/1"
put all "$M/caches/items/free"

# The next of that name is not blamed for it.
insert "$work/pool.so"
expect_value pool "$M/caches/items~2/owner"
expect_errno OK rmdir "$M/modules/pool"
grep -c ENOTEMPTY "$M/error_log" | grep -qx 1 || fail "blamed twice"

# Nor does anybody get its names, which are first for the linker.
insert "$work/pool.so"
refuse_insert EBUSY "$work/user.so" \
	"pool_answer would be that of a module pool that was removed"
expect_value 0 "$M/modules/pool/refcnt"
expect_errno OK rmdir "$M/modules/pool"

insert "$work/pool.so leak_pool=1"
expect_errno OK rmdir "$M/modules/pool"
says "pool left cache 'items', pool 'items' behind"
expect_value 4 "$M/pools/items/curr_nr"
put 2 "$M/pools/items/alloc"
put all "$M/pools/items/free"

refuse_insert EINVAL "$work/pool.so fail=-22 leak_cache" \
	"init of pool returned -22; pool left cache 'items' behind"

expect_log 'Slab cache still has objects|Object 0x'
insert "$work/pool.so leak_object"
expect_errno OK rmdir "$M/modules/pool"
says "stays mapped: the allocator complained at its end, see kmsg"
printed "kmem_cache_destroy items: Slab cache still has objects" ||
	fail "no report in kmsg"

# A shrinker would be called the next time that memory is short.
cat > "$work/shrinks.c" << 'EOF'
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/shrinker.h>

static unsigned long count(struct shrinker *shrinker, struct shrink_control *sc)
{
	pr_info("asked\n");
	return shrinker && sc ? 0 : SHRINK_EMPTY;
}

static int __init begin(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "kept");

	shrinker->count_objects = count;
	shrinker->scan_objects = count;
	shrinker_register(shrinker);
	return 0;
}

static void __exit end(void)
{
}

module_init(begin);
module_exit(end);
EOF
"$kmodc" "$work/shrinks.c" -o "$work/shrinks.so" || fail "kmodc shrinks.c"
insert "$work/shrinks.so"
expect_errno OK rmdir "$M/modules/shrinks"
says "shrinks left shrinker 'kept' behind and stays mapped"
put 2 "$M/proc/sys/vm/drop_caches"
printed asked || fail "the shrinker was not asked"

# ---- waits -------------------------------------------------------------------

# The writer is parked, the mount goes on, and what is waited for comes.
echo "$work/waits.so" > "$M/modules/insert" &
until_true printed waits
expect_value coming "$M/modules/waits/initstate"
expect_errno EBUSY rmdir "$M/modules/waits"
says "/modules/waits EBUSY: its init still runs"
refuse_insert EEXIST "$work/waits.so" "there already"
expect_value 1 "$M/pools/waits/waiters"
put max "$M/caches/waits/limit"
wait $! || fail "the insertion failed"
expect_value live "$M/modules/waits/initstate"
printed "has waited" || fail "kmsg: $(< "$M/kmsg")"
expect_errno OK rmdir "$M/modules/waits"

# waiting CALL ARGUMENT... - a system call on modules/ that does not return;
# its process is $!
waiting() {
	local before

	before=$(grep -c ';waits$' "$M/kmsg")
	"$TRY" "$@" > "$work/answer" &
	until_true waits_since "$before"
}

waits_since() {
	[ "$(grep -c ';waits$' "$M/kmsg")" -gt "$1" ]
}

# A signal ends the wait; init goes on, and its result is there to be seen.
waiting write "$M/modules/insert" "$work/waits.so"
kill -TERM $!
wait $! || :
is_state waits coming || fail "an interrupted init did not go on"
put max "$M/caches/waits/limit"
until_true is_state waits live
expect_errno OK rmdir "$M/modules/waits"

# The same at exit, also with a signal that cannot be handled
insert "$work/waits.so at_exit"
waiting rmdir "$M/modules/waits"
kill -KILL $!
wait $! || :
expect_value going "$M/modules/waits/initstate"
expect_errno EBUSY rmdir "$M/modules/waits"
says "EBUSY: its exit runs already"
put max "$M/caches/waits/limit"
until_true test ! -e "$M/modules/waits"

insert "$work/waits.so at_exit"
waiting rmdir "$M/modules/waits"
waiter=$!
put max "$M/caches/waits/limit"
wait "$waiter"
expect_value OK "$work/answer"

# One that waits before its init, in a constructor: under the linker's lock, for
# which the next one waits, too, but nobody else
cat > "$work/early.c" << 'EOF'
#include <fcntl.h>
#include <linux/module.h>

__attribute__((constructor)) static void wait_for_writer(void)
{
	if (open(FIFO, O_RDONLY) < 0)
		__builtin_trap();
}
EOF
"$kmodc" "$work/early.c" -o "$work/early.so" "-DFIFO=\"$work/fifo.so\"" ||
	fail "kmodc early.c"
"$TRY" write "$M/modules/insert" "$work/early.so" > "$work/answer" &
early=$!
until_true is_state early coming
"$TRY" write "$M/modules/insert" "$work/pool.so" > "$work/answer2" &
second=$!
until_true is_state pool coming
refuse_insert EEXIST "$work/pool.so" "there already"
expect_value coming "$M/modules/early/initstate" "$M/modules/pool/initstate"
: > "$work/fifo.so"
wait $early $second
expect_value OK "$work/answer" "$work/answer2"
expect_errno OK rmdir "$M/modules/early"
expect_errno OK rmdir "$M/modules/pool"

# Two at a time, and the end of the daemon meanwhile
expect_log "a module's init or exit does not end"
waiting write "$M/modules/insert" "$work/waits.so"
waiter=$!
"$kmodc" "$sources/waits.c" -o "$work/again.so"
insert "$work/again.so at_exit"
stop_daemon
wait "$waiter"
expect_value ESHUTDOWN "$work/answer"

# ---- -o module= --------------------------------------------------------------

# fails WORDS ARGUMENT... - the daemon does not come up, and says one line
fails() {
	local words=$1 status=0

	shift
	limit "$ALLOCFS" "$@" "$M" > "$work/out" 2>&1 || status=$?
	same 1 "$status" "status of allocfs $*: $(< "$work/out")"
	same 1 "$(grep -c '^allocfs: module ' "$work/out")" "its lines"
	grep -Eq -- "$words" "$work/out" ||
		fail "allocfs $*: '$(< "$work/out")'"
	! is_mounted "$M" || fail "mounted"
}

fails "module $work/missing.so: $work/missing.so: No such file or directory$" -o module="$work/missing.so"
fails "init of pool returned -12: Cannot allocate memory" \
	-o "module=$work/pool.so fail=-12"
fails "module pool is there already: File exists" -f \
	-o "module=$work/pool.so,module=$work/pool.so"

cd "$work"
start_daemon -o module=./pool.so,"module=user.so hold,module=waits.so at_exit"
cd /
expect 'insert
pool
user
waits' ls "$M/modules"
expect_value "$work/./pool.so" "$M/modules/pool/path"
expect_value 4 "$M/pools/items/curr_nr"
expect_value 1 "$M/modules/user/refcnt" "$M/modules/pool/refcnt"
put max "$M/caches/waits/limit"
stop_daemon

# Ended by a signal before its modules are there
"$ALLOCFS" -f -o module="$work/waits.so" "$M" > "$daemon_log" 2>&1 &
daemon_pid=$!
until_true has_copy "$daemon_pid"
kill -TERM "$daemon_pid"
status=0
await_exit "$daemon_pid" || status=$?
daemon_pid=
same 1 "$status" "status of a start that was ended"
grep -q "told to end before its modules were there" "$daemon_log" ||
	fail "$(< "$daemon_log")"
! is_mounted "$M" || fail "mounted"
