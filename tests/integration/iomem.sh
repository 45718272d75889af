#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# iomem.sh - device regions: made, moved, resized, backed by a file, read and
# written through the mount, and mapped by a program that has it

# shellcheck source=../lib/common.sh
. "${abs_top_srcdir:?run by make check}/tests/lib/common.sh"

why() {
	local line

	line=$(tail -n 1 "$M/error_log")
	checks=$((checks + 1))
	[[ $line == *"$1"* ]] || fail "error_log says '$line', not '$1'"
}

# refused ERRNO FILE TEXT WHY - a write is refused, and error_log tells why
refused() {
	expect_errno "$1" write "$2" "$3"
	why "$4"
}

start_daemon -o memory=64M
D=$M/iomem/uart

# A new region is a page of zeroes somewhere outside RAM.
expect "" ls "$M/iomem"
mkdir "$D"
expect_value 4096 "$D/size"
expect_value none "$D/file"
expect_value mount "$D/owner"
expect_value 0 "$D/mapped"
phys=$(< "$D/phys")
[ $((phys)) -ge $((64 << 20)) ] || fail "$phys is RAM"
expect 4096 stat -c %s "$D/data"
expect 644 stat -c %a "$D/data"
cmp -n 4096 "$D/data" /dev/zero || fail "data is not zero"
expect_errno EEXIST mkdir "$D"
expect_errno EINVAL mkdir "$M/iomem/a b"
expect_errno EPERM mkdir "$D/sub"

# Attributes: what the range may be.
put 0xfe000000 "$D/phys"
expect_value 0xfe000000 "$D/phys"
put 4261412864 "$D/phys"
expect_value 0xfe000000 "$D/phys"
put 65536 "$D/size"
expect 65536 stat -c %s "$D/data"
refused EINVAL "$D/phys" 0 "outside RAM"
refused EINVAL "$D/phys" 0x3fff000 "outside RAM"
refused EINVAL "$D/phys" 0xfe000010 "whole pages"
refused EINVAL "$D/phys" 0xffffffffffffffff "whole pages"
refused ERANGE "$D/phys" 0x1ffffffffffffffff "too large"
refused EINVAL "$D/phys" 0xjunk "no number"
refused EINVAL "$D/size" 0 "whole pages"
refused EINVAL "$D/size" 100 "whole pages"
refused EINVAL "$D/size" 64K "no number"
refused ERANGE "$D/size" 99999999999999999999 "more than"
expect_errno EACCES write "$D/mapped" 1
expect_errno EACCES write "$D/owner" me
expect_value 65536 "$D/size"

# No two overlap.
mkdir "$M/iomem/second"
refused EBUSY "$M/iomem/second/phys" 0xfe00f000 "another region"
put 0xfe010000 "$M/iomem/second/phys"
refused EBUSY "$D/size" 69632 "another region"
expect_value 65536 "$D/size"

# Bytes: anywhere in the range, none outside it.
printf hello | dd of="$D/data" bs=1 seek=40000 conv=notrunc status=none
expect hello dd if="$D/data" bs=1 skip=40000 count=5 status=none
dd if=/dev/urandom of="$work/random" bs=64K count=1 status=none
cp "$work/random" "$D/data"
cmp "$work/random" "$D/data" || fail "data is not what was copied there"
expect_errno EFBIG pwrite "$D/data" 65532 hello
expect_errno EFBIG pwrite "$D/data" 65536 x
expect_errno EFBIG append "$D/data" x
expect_errno OK pwrite "$D/data" 65531 hello
expect_errno EINVAL truncate "$D/data" 100
expect_errno OK truncate "$D/data" 0
expect hello tail -c 5 "$D/data"
# Nobody can share them; a private mapping is a copy.
printf shared | dd of="$D/data" conv=notrunc status=none
expect_errno ENODEV mapshared "$D/data"
expect_errno OK mapprivate "$D/data" shared
expect shared head -c 6 "$D/data"
# A move keeps them, another size does not.
put 0xfd000000 "$D/phys"
expect hello tail -c 5 "$D/data"
put 4096 "$D/size"
cmp -n 4096 "$D/data" /dev/zero || fail "a resized region is not zero"

# A file.
truncate -s 8K "$work/rom"
printf firmware | dd of="$work/rom" conv=notrunc status=none
put "$work/rom" "$D/file"
expect_value "$work/rom" "$D/file"
expect firmware head -c 8 "$D/data"
printf FIRM | dd of="$D/data" conv=notrunc status=none
expect FIRMware head -c 8 "$work/rom"
put 8192 "$D/size"
expect_value "$work/rom" "$D/file"
refused EINVAL "$D/size" 12288 "of that size"
refused EINVAL "$D/file" rom "no path from the root"
refused ENOENT "$D/file" /nowhere/at/all ""
refused EINVAL "$D/file" /dev/zero "no regular file"
refused EINVAL "$D/file" "$M/iomem/second/data" "FUSE"
expect_value "$work/rom" "$D/file"
# It becomes shorter: an error, not the end of the daemon.
truncate -s 100 "$work/rom"
checks=$((checks + 1))
! limit cat "$D/data" > "$work/all" 2> "$work/said" || fail "a short file"
grep -q "Input/output error" "$work/said" || fail "$(< "$work/said")"
put none "$D/file"
cmp -n 8192 "$D/data" /dev/zero || fail "memory is not zero"

# proc/iomem, in the kernel's format and by address.
printf '%s\n' '00000000-03ffffff : System RAM' 'fd000000-fd001fff : uart' \
	'fe010000-fe010fff : second' | diff - "$M/proc/iomem" ||
	fail "proc/iomem"
put 0x8000000000 "$D/phys"
expect '8000000000-8000001fff : uart' tail -n 1 "$M/proc/iomem"
expect "" cat "$M/where"

# Regions are no source of objects.
if [ -e "$D/alloc" ] || [ -e "$D/objects" ]; then
	fail "it allocates"
fi
grep -r . "$M" > "$work/all" 2>&1 || fail "grep -r"
exec 5< "$D/size"
rmdir "$D"
expect_errno ENOENT stat "$D"
checks=$((checks + 1))
! read -r -u 5 _ 2> /dev/null || fail "a region that is gone has a size"
exec 5<&-
mkdir "$D"
rmdir "$D" "$M/iomem/second"
expect '00000000-03ffffff : System RAM' cat "$M/proc/iomem"
stop_daemon

# A path into the mount asks the one who opens it, be there but one thread.
start_daemon -s -o memory=64M
mkdir "$D" "$M/iomem/second"
ln -s "$M/iomem" "$work/inside"
refused EINVAL "$D/file" "$M/iomem/second/data" "FUSE"
refused EINVAL "$D/file" "$work/inside/uart/data" "FUSE"
refused ENOENT "$D/file" "$work/inside/third/data" ""
truncate -s 4K "$work/rom"
put "$work/rom" "$D/file"
expect_value "$work/rom" "$D/file"
put none "$D/file"
expect_value none "$D/file"
rmdir "$D" "$M/iomem/second"
stop_daemon

# A program with a mount of its own: a driver of the device that we make, and
# the maker of one that we cannot look into.
libs=$abs_top_builddir/.libs
[ -e "$libs/liballocfs.so" ] || exit 0
cat > "$work/driver.c" << 'END'
#include <inttypes.h>
#include <stdio.h>

#include <allocfs/allocfs.h>
#include <kmem/iomem.h>

static uint64_t answer(void *arg, uint64_t offset, unsigned int width)
{
	(void)arg;
	(void)width;
	return 42 + offset;
}

int main(int argc, char **argv)
{
	static const struct kmem_iomem_ops ops = { .read = answer };
	struct kmem_config config = { .memory = 64 << 20 };
	struct kmem_iomem_spec spec = { .name = "adc/0", .phys = 0xfd000000,
					.size = 64, .ops = &ops };
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;
	struct kmem_iomem *adc;
	struct allocfs *fs;
	uint64_t phys;
	char *regs;

	if (argc != 2 || kmem_init(&config) ||
	    kmem_iomem_register(&spec, &adc) ||
	    allocfs_start(argv[1], &options, &fs) < 0)
		return 1;
	while (scanf("%" SCNx64, &phys) == 1) {
		regs = ioremap(phys, 8);
		if (!regs)
			return 2;
		printf("%#x\n", readl(regs));
		writel(0x0a6b6f0a, regs + 4);
		fflush(stdout);
		getchar(); /* the end of the line */
		getchar(); /* and another line */
		iounmap(regs);
		puts("unmapped");
		fflush(stdout);
	}
	allocfs_stop(fs);
	return 0;
}
END
# shellcheck disable=SC2086 # CC may have options
limit ${CC:-cc} -Wall -Wextra -Werror -I "$abs_top_srcdir/include" \
	-o "$work/driver" "$work/driver.c" -L "$libs" -lallocfs -lkmem \
	-Wl,-rpath,"$libs" || fail "it does not build"
mkdir -p "$M"
mkfifo "$work/input"
: > "$work/output"
"$work/driver" "$M" < "$work/input" > "$work/output" 2> "$daemon_log" &
daemon_pid=$!
exec 4> "$work/input"
until_true mount_answers

mkdir "$D"
put 0xfe000000 "$D/phys"
printf '\001\002\003\004' > "$D/data"
echo 0xfe000000 >&4
until_true grep -qx 0x4030201 "$work/output"
expect_value 1 "$D/mapped"
until_true grep -aqx ok "$D/data" # what writel() left behind
expect_errno EBUSY rmdir "$D"
why "mapped or in use"
refused EBUSY "$D/phys" 0xfe100000 "mapped"
refused EBUSY "$D/size" 8192 "mapped"
refused EBUSY "$D/file" "$abs_top_srcdir/README.md" "mapped"
printf X | dd of="$D/data" bs=1 seek=100 conv=notrunc status=none
echo >&4
until_true grep -qx unmapped "$work/output"
expect_value 0 "$D/mapped"
rmdir "$D"

# The program's device: seen, and left alone.
A='adc!0'
expect "$A" ls "$M/iomem"
A=$M/iomem/$A
expect_value 0xfd000000 "$A/phys"
expect_value 64 "$A/size"
expect_value callbacks "$A/file"
expect_value driver "$A/owner"
expect 0 stat -c %s "$A/data"
expect_errno EPERM open "$A/data" -
expect 444 stat -c %a "$A/phys"
expect_errno EPERM rmdir "$A"
expect 'fd000000-fd00003f : adc!0' tail -n 1 "$M/proc/iomem"
# Mapped by its address, it answers.
echo 0xfd000000 >&4
until_true grep -qx 0x2a "$work/output"
echo >&4
exec 4>&-
await_exit "$daemon_pid" || fail "status $?"
daemon_pid=
! is_mounted "$M" || fail "still mounted"
