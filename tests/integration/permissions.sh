#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# permissions.sh - owners, modes and delegation, tried as other users: what
# each may do, and with which errno the rest is refused

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

need_users
ann=54321 bob=54322 eve=54323
C=$M/caches/c
O=$C/objects

# refused_to USER CALL ARGUMENT... - for want of permission
refused_to() {
	errno_as "$1" EACCES "${@:2}"
}

# owned UID:GID MODE PATH...
owned() {
	expect "$1 $2" stat -c '%u:%g %a' "${@:3}"
}

# ---- everybody sees, nobody else changes -------------------------------------

start_daemon -o memory=64M,cpus=2,allow_other
grep -q " $M fuse.allocfs .*default_permissions" /proc/self/mounts ||
	fail "allow_other without default_permissions"
mkdir "$C" "$M/pools/p" "$M/iomem/dev"
put 2 "$C/alloc"
owned 0:0 755 "$M"
owned 0:0 755 "$M/caches"
owned 0:0 755 "$C"
owned 0:0 644 "$C/alloc"
owned 0:0 644 "$O/1"

for file in caches/c/alloc caches/c/objects/1 proc/slabinfo error_log; do
	errno_as $ann OK read "$M/$file"
	refused_to $ann open "$M/$file" w
done
refused_to $ann write "$C/alloc" 1
refused_to $ann write "$C/free" all
refused_to $ann open "$C/alloc" +
refused_to $ann write "$C/objects/1" x
refused_to $ann open "$O/new" wc
refused_to $ann unlink "$O/1"
refused_to $ann rename "$O/1" "$O/one"
refused_to $ann mkdir "$M/caches/d"
refused_to $ann rmdir "$C"
refused_to $ann mkdir "$M/pools/q"
refused_to $ann mkdir "$M/iomem/dev2"
refused_to $ann write "$M/proc/sys/vm/drop_caches" 3
refused_to $ann write "$M/kmsg" hello
refused_to $ann write "$M/modules/insert" /nowhere.so
refused_to $ann write "$M/iomem/dev/file" /etc/passwd
errno_as $ann EPERM chmod "$C/alloc" 666
errno_as $ann EPERM chown "$C/alloc" $ann -1
errno_as $ann EPERM chown "$C/alloc" -1 $ann
errno_as $ann EPERM chmod "$O/1" 666
expect_value 2 "$C/alloc"

# Read-only attributes are so for root, whatever their mode says.
expect_errno EACCES write "$C/objects_partial" 1
chmod 666 "$C/objects_partial"
owned 0:0 666 "$C/objects_partial"
expect_errno EACCES write "$C/objects_partial" 1
errno_as $ann EACCES write "$C/objects_partial" 1

# ---- a cache delegated: control files, then objects/ ------------------------

# As with cgroups, each file is given away by itself.
chown $ann:$ann "$C/alloc" "$C/free"
owned $ann:$ann 644 "$C/alloc"
owned 0:0 644 "$C/limit"
errno_as $ann OK write "$C/alloc" 3
owned $ann:$ann 644 "$O/3"
errno_as $ann OK ask "$C/alloc" 1
refused_to $ann write "$C/limit" 1
refused_to $ann open "$O/mine" wc
refused_to $ann unlink "$O/3"
errno_as $ann OK write "$C/free" '3 4'
refused_to $bob write "$C/alloc" 1

# The one in whose name an object is may use its memory, and only he.
errno_as $ann OK write "$O/5" mine
refused_to $bob write "$O/5" his
errno_as $bob OK read "$O/5"
errno_as $ann OK chmod "$O/5" 600
owned $ann:$ann 600 "$O/5"
refused_to $bob read "$O/5"
errno_as $bob EPERM chmod "$O/5" 644
errno_as $ann EPERM chown "$O/5" $bob -1

chown $ann "$O"
owned $ann:0 755 "$O"
errno_as $ann OK open "$O/mine" wc
owned $ann:$ann 644 "$O/mine"
errno_as $ann OK rename "$O/mine" "$O/renamed"
errno_as $ann OK unlink "$O/renamed"
# An object goes with who may write the directory it is in, whoever owns it.
errno_as $ann OK unlink "$O/1"
refused_to $bob open "$O/bobs" wc

# Shared as /tmp is, each removes his own.
chmod 1777 "$O"
owned $ann:0 1777 "$O"
errno_as $bob OK open "$O/bobs" wc
chown 0 "$O"
errno_as $ann EPERM unlink "$O/bobs"
errno_as $bob OK unlink "$O/bobs"

# Modes, by owner and root alone, and seen at once.
errno_as $ann OK chmod "$C/alloc" 666
owned $ann:$ann 666 "$C/alloc"
errno_as $bob OK write "$C/alloc" 1
errno_as $bob EPERM chmod "$C/alloc" 644
chmod 600 "$C/alloc"
refused_to $bob read "$C/alloc"
errno_as $ann OK read "$C/alloc"
chmod 400 "$C/alloc"
refused_to $ann write "$C/alloc" 1
put 1 "$C/alloc"
chmod 700 "$C"
refused_to $ann stat "$C/alloc"
expect 700 stat -c %a "$C"
chmod 755 "$C"

# They last as long as the cache, not longer.
put all "$C/free"
put 128 "$C/objsize"
for file in alloc limit where; do
	cat "$C/$file" > /dev/null
done
owned $ann:$ann 400 "$C/alloc"
rmdir "$C"
mkdir "$C"
owned 0:0 644 "$C/alloc"
owned 0:0 755 "$O"

# A cache that nobody here made is delegated, too, and keeps its shape.
boot=$M/caches/kmalloc-64
chown $ann "$boot/alloc" "$boot/objsize"
chmod 644 "$boot/objsize"
errno_as $ann OK write "$boot/alloc" 1
refused_to $ann write "$boot/objsize" 32
expect_errno EACCES write "$boot/objsize" 32
put all "$boot/free"

# A pool.
chown $bob "$M/pools/p/min_nr" "$M/pools/p/alloc" "$M/pools/p/free"
errno_as $bob OK write "$M/pools/p/min_nr" 4
expect_value 4 "$M/pools/p/curr_nr"
errno_as $bob OK write "$M/pools/p/alloc" 2
errno_as $bob OK write "$M/pools/p/free" all
refused_to $bob write "$M/pools/p/backing" kmalloc:32
refused_to $ann write "$M/pools/p/min_nr" 1

# ---- a place to make them in --------------------------------------------------

chown $ann "$M/caches"
owned $ann:0 755 "$M/caches"
refused_to $bob mkdir "$M/caches/bobs"
errno_as $ann OK mkdir "$M/caches/anns"
A=$M/caches/anns
owned $ann:$ann 755 "$A"
owned $ann:$ann 644 "$A/objsize"
owned $ann:$ann 755 "$A/objects"
owned $ann:$ann 444 "$A/where"
expect_value mount "$A/owner"
errno_as $ann OK write "$A/objsize" 32
errno_as $ann OK write "$A/alloc" 2
errno_as $ann OK chmod "$A/alloc" 600
refused_to $bob write "$A/limit" 1
errno_as $ann EBUSY rmdir "$A"
errno_as $ann OK write "$A/free" all
# What she may not remove are others' caches, once the directory is sticky.
chown 0 "$M/caches" && chmod 1777 "$M/caches"
errno_as $ann EPERM rmdir "$C"
errno_as $bob OK mkdir "$M/caches/bobs"
errno_as $ann EPERM rmdir "$M/caches/bobs"
errno_as $ann OK rmdir "$A"
errno_as $ann EPERM rmdir "$M/caches/kmalloc-64"
errno_as $bob OK rmdir "$M/caches/bobs"

# ---- the layout as text --------------------------------------------------------

# Who has it has the layout, but not the daemon's rights to files.
refused_to $ann write "$M/config" 'cache anns'
chown $ann "$M/config"
errno_as $ann OK write "$M/config" 'cache anns objsize=32'
owned $ann:$ann 755 "$M/caches/anns"
errno_as $ann EPERM write "$M/config" 'iomem anns file=/etc/passwd'
[ ! -e "$M/iomem/anns" ] || fail "a region is left of a refused line"
# Lines are whose the open file is, whoever has inherited it.
"$as" $ann bash -c 'echo "cache handed" >&3' 3> "$M/config" ||
	fail "writing to a descriptor that was handed on"
owned 0:0 755 "$M/caches/handed"
expect_errno OK rmdir "$M/caches/handed"
expect_errno OK rmdir "$M/caches/anns"
chown 0 "$M/config"

# ---- error_log: everybody's own, root's all ----------------------------------

chmod 666 "$M/error_log"
put 0 "$M/error_log"
put 0 "$M/pools/p/stats"
chown $ann "$C/limit" && chown $bob "$C/gfp"
errno_as $ann EINVAL write "$C/limit" x
errno_as $bob EINVAL write "$C/gfp" y
refuse z "$C/min_partial"
same 3 "$(wc -l < "$M/error_log")" "lines that root sees"
got=$("$as" $ann cat "$M/error_log")
[[ $got =~ ^[0-9]+\ $ann\ /caches/c/limit\ EINVAL:\ [^$'\n']*$ ]] ||
	fail "ann sees '$got'"
errno_as $ann OK write "$M/error_log" 0
expect "" "$as" $ann cat "$M/error_log"
expect 1 "$as" $bob grep -c . "$M/error_log"
same 2 "$(wc -l < "$M/error_log")" "lines after ann cleared hers"
put 0 "$M/error_log"
expect "" "$as" $bob cat "$M/error_log"
stop_daemon

# ---- the tree's owner and umask -----------------------------------------------

start_daemon -o memory=64M,allow_other,uid=$ann,gid=$bob,umask=027
owned $ann:$bob 750 "$M"
chmod 755 "$M" && chmod 755 "$M/caches"
owned $ann:$bob 640 "$M/error_log"
owned $ann:$bob 440 "$M/proc/slabinfo"
errno_as $ann OK read "$M/proc/slabinfo"
refused_to $eve read "$M/proc/slabinfo"
errno_as $ann OK chmod "$M/version" 444
errno_as $eve OK read "$M/version"
errno_as $ann OK mkdir "$M/caches/anns"
owned $ann:$ann 750 "$M/caches/anns"
# What root makes is for whose tree it is; what others make is theirs.
mkdir "$C"
owned $ann:$bob 750 "$C"
errno_as $ann OK write "$C/alloc" 1
owned $ann:$ann 640 "$C/objects/1"
chmod 1777 "$M/caches"
errno_as $bob OK mkdir "$M/caches/bobs"
owned $bob:$bob 750 "$M/caches/bobs"
errno_as $bob OK write "$M/caches/bobs/alloc" 1
stop_daemon

# ---- without allow_other, and read-only ---------------------------------------

start_daemon -o memory=64M
errno_as $ann EACCES stat "$M/version"
stop_daemon
start_daemon -o memory=64M,default_permissions
grep -q " $M fuse.allocfs .*default_permissions" /proc/self/mounts ||
	fail "no default_permissions"
errno_as $ann EACCES stat "$M/version"
stop_daemon
start_daemon -o memory=64M,ro,allow_other
boot=$M/caches/kmalloc-64
while read -r file; do
	expect_errno EROFS open "$file" w
done < <(find "$M" -maxdepth 1 -type f -perm /222)
for file in alloc free limit min_partial shrink stats; do
	expect_errno EROFS write "$boot/$file" 1
	expect_errno OK read "$boot/$file"
done
expect_errno EROFS open "$boot/alloc" +
expect_errno EROFS open "$boot/objects/o" wc
expect_errno EROFS mkdir "$M/caches/c"
expect_errno EROFS rmdir "$boot"
expect_errno EROFS chmod "$boot/alloc" 600
expect_errno EROFS chown "$boot/alloc" $ann -1
expect_errno EROFS touch "$boot/alloc"
expect_errno EROFS truncate "$boot/alloc" 0
expect_errno EROFS write "$M/proc/sys/vm/drop_caches" 1
find "$M" -type f ! -path '*/iomem/*' -exec cat {} + > /dev/null ||
	fail "a read-only mount cannot be read"
errno_as $ann OK read "$M/proc/slabinfo"
stop_daemon
