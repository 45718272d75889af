#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# walk.sh - allocfs(5) has every file of a live mount with its mode and nothing
# else, and every file keeps the rules for all files
#
# The manual page is the table. What this test reads of it:
#
#	.SS FOLDER			files in FOLDER follow; FOLDER is a
#	.SS FOLDER and FOLDER ...	path, or "root folder"
#	.TP
#	.BR FILE " MODE"		in each of these folders is FILE
#	text				what it is, what writing does, errors
#
# So a new file is such an entry under the .SS of its folder, a new folder one
# more .SS; a folder or a FILE that comes many times is written with NAME, ZONE,
# order-N or nodeN in place of its name. MODE is one of
#
#	0644			a value, which ends with a newline
#	0644/0444		the second where `owner` is not mount
#	0444, may be empty	a value, or nothing
#	0644, memory		bytes, not a text
#	link			a symbolic link
#
# The tree is to be full: whoever adds a file that is there only sometimes adds
# to fill() what brings it about.

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

man=$abs_top_srcdir/man/allocfs.5
walk=$abs_top_builddir/tests/lib/walk

# described - "PATH MODE OTHER-MODE SORT" for each file that the manual has
described() {
	awk '
	function bare(word) {
		gsub(/[,"]/, "", word)
		gsub(/\\-/, "-", word)
		return word
	}
	# entry(NAME, MODES, SORT): one for each folder of the section
	function entry(name, modes, sort_,	i, mode) {
		if (split(modes, mode, "/") < 2)
			mode[2] = mode[1]
		for (i = 1; i <= n; i++)
			print folder[i] name, mode[1], mode[2], sort_
		here = FNR + 1
	}
	/^\.S[SH] / {
		n = 0
		for (i = 2; i <= NF; i++)
			if ($i != "and")
				folder[++n] = bare($i) "/"
		if ($0 == ".SS root folder")
			folder[n = 1] = ""
	}
	FNR == here && /^\.[TSP]/ {
		print FILENAME ":" FNR ": no text for an entry" > "/dev/stderr"
		exit 1
	}
	/^\.BR [^ ]+ " 0[0-7]+(\/0[0-7]+)?"$/ {
		entry(bare($2), bare($4), "value")
	}
	/^\.BR [^ ]+ " 0[0-7]+(\/0[0-7]+)?, may be empty"$/ {
		entry(bare($2), bare($4), "empty")
	}
	/^\.BR [^ ]+ " 0[0-7]+, memory"$/ {
		entry(bare($2), bare($4), "memory")
	}
	/^\.BR [^ ]+ " link"$/ {
		entry(bare($2), "0777", "link")
	}' "$man"
}

# owners DIR - "OWNER FOLDER" for each folder that has an owner
owners() {
	local file

	find "$1" -name owner -printf '%P\n' | while read -r file; do
		echo "$(< "$1/$file") ${file%/owner}"
	done
}

# judge DESCRIBED OWNERS WALKED - what is wrong, a line each
judge() {
	awk '
	function wrong(path, what) {
		print path ": " what
	}
	function folder_of(path) {
		return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : ""
	}
	# The path of the manual as an expression that live paths match.
	function expression(path) {
		path = "/" path "/"
		gsub(/[.+]/, "[&]", path)
		while (sub(/\/NAME\//, "/[^/]+/", path))
			;
		gsub(/\/ZONE\//, "/[A-Z][A-Za-z0-9]*/", path)
		gsub(/\/order-N\//, "/order-[0-9]+/", path)
		gsub(/\/nodeN\//, "/node[0-9]+/", path)
		return "^" path "$"
	}
	# Every folder on the way is described, too.
	function add_folder(path) {
		if (path in folder_expr)
			return
		folder_expr[path] = expression(path)
		if (path != "")
			add_folder(folder_of(path))
	}
	function look_at_folder(path,	p) {
		if (type == "d" && mode != "0755")
			wrong(path, "a folder of mode " mode)
		for (p in folder_expr)
			if (("/" path "/") ~ folder_expr[p]) {
				folder_met[p] = 1
				return
			}
		wrong(path, "the manual lacks this folder")
	}
	# The entry for a file: that folder matches, and the name does.
	function entry_of(path,	folder, name, p, e) {
		folder = folder_of(path)
		name = substr(path, length(folder) + (folder == "" ? 1 : 2))
		if (!(folder in matching)) {
			matching[folder] = "\n"
			for (p in folder_expr)
				if (("/" folder "/") ~ folder_expr[p])
					matching[folder] = matching[folder] p "\n"
			if (folder == "")
				matching[folder] = "\n\n"
		}
		nr_folders = split(matching[folder], folders, "\n")
		for (p = 2; p < nr_folders; p++) {
			e = folders[p] == "" ? "" : folders[p] "/"
			if ((e name) in sort_of)
				return e name
			if ((e "NAME") in sort_of)
				return e "NAME"
		}
		return ""
	}
	function look_at_file(path,	e, want) {
		e = entry_of(path)
		if (e == "") {
			wrong(path, "the manual lacks this file")
			return
		}
		met[e] = 1
		want = mode_of[e]
		if (folder_of(path) in foreign)
			want = other_mode_of[e]
		if (mode != want)
			wrong(path, "mode " mode ", in the manual " want)
		if (type == "l" || sort_of[e] == "link") {
			if (type != "l" || sort_of[e] != "link")
				wrong(path, "is it a link?")
		} else if (end == "x" && sort_of[e] != "memory") {
			wrong(path, "no newline at the end")
		} else if (end == "e" && sort_of[e] == "value") {
			wrong(path, "nothing in it")
		}
	}
	FILENAME == ARGV[1] {
		if ($1 in sort_of)
			wrong($1, "the manual has it twice")
		mode_of[$1] = $2
		other_mode_of[$1] = $3
		sort_of[$1] = $4
		add_folder(folder_of($1))
		next
	}
	FILENAME == ARGV[2] {
		if ($1 != "mount")
			foreign[$2] = 1
		next
	}
	{
		type = $1
		mode = $2
		end = $5
		if ($3 in inode)
			wrong($6, "has the inode number of " inode[$3])
		inode[$3] = $6
	}
	type == "d" { look_at_folder($6) }
	type == "f" { look_at_file($6) }
	# A merged cache is a link where the folder would be.
	type == "l" && folder_of($6) != "caches" { look_at_file($6) }
	END {
		folder_met[""] = 1
		for (e in sort_of)
			if (!(e in met))
				wrong(e, "in the manual, but not in the mount")
		for (p in folder_expr)
			if (!(p in folder_met))
				wrong(p, "a folder that is not in the mount")
	}' "$@"
}

# a_module - one with a cache and a pool
a_module() {
	cat > "$work/full.c" << 'END'
#include <linux/module.h>
#include <kmem/mempool.h>
#include <kmem/slab.h>

static struct kmem_cache *cache;
static mempool_t *pool;

static int __init full_init(void)
{
	cache = kmem_cache_create("modules_own", 1048, NULL, 0);
	pool = mempool_create_slab_pool(2, cache);
	return cache && pool ? 0 : -1;
}

static void __exit full_exit(void)
{
	mempool_destroy(pool);
	kmem_cache_destroy(cache);
}

module_init(full_init);
module_exit(full_exit);
MODULE_LICENSE("LGPL");
END
	"$abs_top_srcdir/contrib/kmodc" "$work/full.c" -o "$work/full.so" ||
		fail "kmodc"
}

# pool NAME BACKING - with a reserve, and with elements out
pool() {
	mkdir "$M/pools/$1"
	put "$2" "$M/pools/$1/backing"
	put 4 "$M/pools/$1/min_nr"
	put 2 "$M/pools/$1/alloc"
}

# fill - something of everything
fill() {
	put "$work/full.so" "$M/modules/insert"

	mkdir "$M/caches/conn" "$M/caches/debugged" "$M/caches/empty"
	put 192 "$M/caches/conn/objsize"
	put zero "$M/caches/conn/ctor"
	put 100 "$M/caches/conn/alloc"
	put '3 5-9' "$M/caches/conn/free"
	put 'SLAB_RED_ZONE|SLAB_POISON|SLAB_STORE_USER' \
		"$M/caches/debugged/flags"
	put 3 "$M/caches/debugged/alloc"
	put 'newest 1' "$M/caches/debugged/free"

	pool of_slab slab:empty
	pool of_kmalloc kmalloc:100
	pool of_kvmalloc kvmalloc:9000
	pool of_pages pages:2

	put 3 "$M/pages/order-0/alloc"
	put '2 GFP_HIGHUSER node=1' "$M/pages/order-3/alloc"
	put '500 2' "$M/kmalloc/alloc"
	put 9000 "$M/vmalloc/alloc"
	for dir in caches/empty pools/of_slab pages/order-1 kmalloc vmalloc; do
		: > "$M/$dir/objects/named" || fail "no object in $dir"
	done

	mkdir "$M/iomem/dev" "$M/iomem/disk"
	head -c 8192 /dev/zero > "$work/disk"
	put 8192 "$M/iomem/disk/size"
	[ "$(id -u)" -ne 0 ] || put "$work/disk" "$M/iomem/disk/file"
	refuse nonsense "$M/caches/conn/objsize"
}

described > "$work/described" || fail "described"
between 150 1000 "$(wc -l < "$work/described")" "entries in allocfs.5"
a_module
start_daemon -o memory=256M,cpus=2,nodes=2,modules \
	-o zones=DMA:16M,Normal:192M,HighMem:48M
fill
"$walk" "$M" > "$work/walked" || fail "stat, readdir and read disagree"
owners "$M" > "$work/owners"
judge "$work/described" "$work/owners" "$work/walked" | sort > "$work/wrong"
checks=$((checks + $(wc -l < "$work/walked")))
[ ! -s "$work/wrong" ] || {
	head -n 40 "$work/wrong"
	fail "$(wc -l < "$work/wrong") things are wrong"
}
stop_daemon
