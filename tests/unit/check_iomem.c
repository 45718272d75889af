/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_iomem.c - device regions: registering, mapping and unmapping them
 *
 *	0          64M             DEV    DEV + 64K
 *	|== RAM ==|  nothing there  |======|  nothing there
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/vmalloc.h>

#include "fixture.h"
#include "runner.h"

#define DEV 0xfe000000ul
#define DEV_SIZE (64ul * 1024)
#define PAGE KMEM_PAGE_SIZE

static struct kmem_iomem *add(const char *name, uint64_t phys, size_t size)
{
	const struct kmem_iomem_spec spec = { .name = name,
					      .phys = phys,
					      .size = size };
	struct kmem_iomem *region = NULL;

	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	ck_assert_ptr_nonnull(region);
	return region;
}

static int try_add(const struct kmem_iomem_spec *spec)
{
	struct kmem_iomem *region = NULL;
	int err = kmem_iomem_register(spec, &region);

	/* A refusal leaves the parameter alone. */
	ck_assert((err == 0) == (region != NULL));
	if (!err)
		ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	return err;
}

static int try_range(uint64_t phys, size_t size)
{
	const struct kmem_iomem_spec spec = { .name = "dev",
					      .phys = phys,
					      .size = size };

	return try_add(&spec);
}

static int set_file(struct kmem_iomem *region, const char *path)
{
	return kmem_iomem_set_file(kmem_iomem_serial(region), path);
}

/* Temporary file of @size bytes, each its offset in pages plus 1. */
static void make_file(char *path, size_t size)
{
	int fd;

	strcpy(path, "/tmp/check_iomem.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < size; i++) {
		char byte = (char)(i / PAGE + 1);

		ck_assert_int_eq(write(fd, &byte, 1), 1);
	}
	close(fd);
}

/* Does a load from @p fault? In a child, which may die of it. */
static bool faults(const volatile void *p)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(*(const volatile char *)p ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
#ifdef __SANITIZE_ADDRESS__
	return WIFSIGNALED(status) || WEXITSTATUS(status) > 1;
#else
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
#endif
}

/* ---- registering --------------------------------------------------------- */

START_TEST(test_a_region_says_what_it_is)
{
	struct kmem_iomem *region = add("uart", DEV, DEV_SIZE);
	struct kmem_iomem_info info;
	uint64_t serial;

	kmem_iomem_info(region, &info);
	ck_assert_str_eq(info.name, "uart");
	ck_assert_str_eq(info.owner, program_invocation_short_name);
	ck_assert_uint_eq(info.phys, DEV);
	ck_assert_uint_eq(info.size, DEV_SIZE);
	ck_assert_str_eq(info.file, "");
	ck_assert_int_eq(info.space, KMEM_IOMEM_MEMORY);
	ck_assert(!info.emulated);
	ck_assert_uint_eq(info.mappings, 0);
	ck_assert_uint_eq(kmem_iomem_serials(&serial, 1), 1);
	ck_assert_uint_eq(serial, info.serial);
	ck_assert_uint_eq(serial, kmem_iomem_serial(region));
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	ck_assert_uint_eq(kmem_iomem_serials(&serial, 1), 0);
	ck_assert_ptr_null(kmem_iomem_pin(serial));
	ck_assert_int_eq(kmem_iomem_unregister(NULL), 0);
}
END_TEST

START_TEST(test_a_module_owns_what_it_registers)
{
	struct kmem_iomem_info info;
	struct kmem_iomem *region;

	kmem_set_owner("8250");
	region = add("uart", DEV, PAGE);
	kmem_set_owner(NULL);
	kmem_iomem_info(region, &info);
	ck_assert_str_eq(info.owner, "8250");
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_overlaps_are_refused_and_neighbours_are_not)
{
	struct kmem_iomem *region = add("middle", DEV, 4 * PAGE);

	ck_assert_int_eq(try_range(DEV, 4 * PAGE), -EBUSY);
	ck_assert_int_eq(try_range(DEV, PAGE), -EBUSY);
	ck_assert_int_eq(try_range(DEV + 3 * PAGE, PAGE), -EBUSY);
	ck_assert_int_eq(try_range(DEV - PAGE, 2 * PAGE), -EBUSY);
	ck_assert_int_eq(try_range(DEV - PAGE, 100 * PAGE), -EBUSY);
	ck_assert_int_eq(try_range(DEV - PAGE, PAGE), 0);
	ck_assert_int_eq(try_range(DEV + 4 * PAGE, PAGE), 0);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	ck_assert_int_eq(try_range(DEV, 4 * PAGE), 0);
}
END_TEST

START_TEST(test_bad_ranges_are_refused)
{
	ck_assert_int_eq(try_range(DEV, 0), -EINVAL);
	ck_assert_int_eq(try_range(DEV, 100), -EINVAL);
	ck_assert_int_eq(try_range(DEV + 16, PAGE), -EINVAL);
	ck_assert_int_eq(try_range(DEV, SIZE_MAX), -EINVAL);
	ck_assert_int_eq(try_range(UINT64_MAX - PAGE + 1, PAGE), -EINVAL);
	ck_assert_int_eq(try_range(1ull << 52, PAGE), -EINVAL);
	ck_assert_int_eq(try_range((1ull << 52) - PAGE, 2 * PAGE), -EINVAL);
	ck_assert_int_eq(try_range((1ull << 52) - PAGE, PAGE), 0);
	/* RAM, its last page, and a range around all of it. */
	ck_assert_int_eq(try_range(0, PAGE), -EINVAL);
	ck_assert_int_eq(try_range(TEST_MEMORY - PAGE, 2 * PAGE), -EINVAL);
	ck_assert_int_eq(try_range(0, 2 * TEST_MEMORY), -EINVAL);
	ck_assert_int_eq(try_range(TEST_MEMORY, PAGE), 0);
}
END_TEST

START_TEST(test_bad_names_and_mixtures_are_refused)
{
	static const struct kmem_iomem_ops ops;
	struct kmem_iomem_spec spec = { .phys = DEV, .size = PAGE };
	char name[KMEM_NAME_MAX + 2];

	ck_assert_int_eq(try_add(&spec), -EINVAL);
	spec.name = "";
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	memset(name, 'x', sizeof(name));
	name[KMEM_NAME_MAX + 1] = '\0';
	spec.name = name;
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	name[KMEM_NAME_MAX] = '\0';
	ck_assert_int_eq(try_add(&spec), 0);
	spec.space = KMEM_IOMEM_PORTS;
	spec.phys = 0x3f8;
	spec.size = 8;
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	spec.ops = &ops;
	ck_assert_int_eq(try_add(&spec), 0);
	spec.size = 0x10000;
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	spec.space = (enum kmem_iomem_space)2;
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	spec.space = KMEM_IOMEM_MEMORY;
	spec.phys = DEV;
	spec.file = "/dev/null";
	ck_assert_int_eq(try_add(&spec), -EINVAL);
}
END_TEST

START_TEST(test_files_must_be_there_regular_and_long_enough)
{
	struct kmem_iomem_spec spec = { .name = "rom",
					.phys = DEV,
					.size = 2 * PAGE };
	char path[64];

	spec.file = "/nowhere/at/all";
	ck_assert_int_eq(try_add(&spec), -ENOENT);
	spec.file = "/tmp";
	ck_assert_int_eq(try_add(&spec), -EISDIR);
	spec.file = "/dev/null";
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	make_file(path, 2 * PAGE - 1);
	spec.file = path;
	ck_assert_int_eq(try_add(&spec), -EINVAL);
	ck_assert_int_eq(truncate(path, 2 * PAGE), 0);
	ck_assert_int_eq(try_add(&spec), 0);
	unlink(path);
}
END_TEST

START_TEST(test_anywhere_is_the_lowest_free_address)
{
	struct kmem_iomem *a = add("a", KMEM_IOMEM_ANYWHERE, PAGE);
	struct kmem_iomem *b = add("b", KMEM_IOMEM_ANYWHERE, 4 * PAGE);
	struct kmem_iomem *c = add("c", KMEM_IOMEM_ANYWHERE, PAGE);
	struct kmem_iomem_info info[3];

	kmem_iomem_info(a, &info[0]);
	kmem_iomem_info(b, &info[1]);
	kmem_iomem_info(c, &info[2]);
	ck_assert_uint_ge(info[0].phys, TEST_MEMORY);
	/* A multiple of its own size, as firmware does it; c fits between. */
	ck_assert_uint_eq(info[1].phys % (4 * PAGE), 0);
	ck_assert_uint_eq(info[1].phys, info[0].phys + 4 * PAGE);
	ck_assert_uint_eq(info[2].phys, info[0].phys + PAGE);
	ck_assert_int_eq(try_range(KMEM_IOMEM_ANYWHERE, 1ull << 52), -ENOSPC);
	ck_assert_int_eq(kmem_iomem_unregister(a), 0);
	ck_assert_int_eq(kmem_iomem_unregister(b), 0);
	ck_assert_int_eq(kmem_iomem_unregister(c), 0);
}
END_TEST

static struct kmem_iomem *many[KMEM_IOMEM_MAX];

/* In an order that is not that of addresses, so that all of it is sorted. */
START_TEST(test_as_many_regions_as_there_may_be)
{
	static const struct kmem_iomem_ops ops;
	struct kmem_iomem_spec spec = { .name = "many",
					.size = 16,
					.ops = &ops };
	struct kmem_iomem_info info;
	uint64_t serials[2];

	for (size_t i = 0; i < KMEM_IOMEM_MAX; i++) {
		spec.phys = DEV + (i * 389 % KMEM_IOMEM_MAX) * 16;
		ck_assert_int_eq(kmem_iomem_register(&spec, &many[i]), 0);
	}
	spec.phys = DEV - 16;
	ck_assert_int_eq(try_add(&spec), -ENOSPC);
	ck_assert_uint_eq(kmem_iomem_validate(), 0);
	ck_assert_uint_eq(kmem_iomem_serials(serials, 2), KMEM_IOMEM_MAX);
	for (size_t i = 0; i < KMEM_IOMEM_MAX; i++) {
		kmem_iomem_info(many[i], &info);
		ck_assert_uint_eq(info.phys,
				  DEV + (i * 389 % KMEM_IOMEM_MAX) * 16);
		ck_assert_int_eq(kmem_iomem_unregister(many[i]), 0);
		ck_assert_uint_eq(kmem_iomem_validate(), 0);
	}
	ck_assert_int_eq(try_add(&spec), 0);
}
END_TEST

/* ---- changing ------------------------------------------------------------ */

START_TEST(test_a_move_keeps_the_bytes_and_a_resize_does_not)
{
	struct kmem_iomem *region = add("dev", DEV, PAGE);
	struct kmem_iomem *other = add("other", DEV + 8 * PAGE, PAGE);
	struct kmem_iomem_info info;
	char byte = 7;

	ck_assert_int_eq(kmem_iomem_write(region, 5, &byte, 1), 0);
	ck_assert_int_eq(kmem_iomem_move(region, DEV + PAGE), 0);
	byte = 0;
	ck_assert_int_eq(kmem_iomem_read(region, 5, &byte, 1), 0);
	ck_assert_int_eq(byte, 7);
	ck_assert_int_eq(kmem_iomem_move(region, DEV + 8 * PAGE), -EBUSY);
	ck_assert_int_eq(kmem_iomem_resize(region, 8 * PAGE), -EBUSY);
	ck_assert_int_eq(kmem_iomem_move(region, 0), -EINVAL);
	ck_assert_int_eq(kmem_iomem_move(region, DEV + 1), -EINVAL);
	ck_assert_int_eq(kmem_iomem_resize(region, 0), -EINVAL);
	ck_assert_int_eq(kmem_iomem_resize(region, 1), -EINVAL);
	ck_assert_int_eq(kmem_iomem_resize(region, PAGE), 0);
	kmem_iomem_info(region, &info);
	ck_assert_uint_eq(info.phys, DEV + PAGE);
	ck_assert_int_eq(kmem_iomem_read(region, 5, &byte, 1), 0);
	ck_assert_int_eq(byte, 7);
	/* Its own old place is not in its way. */
	ck_assert_int_eq(kmem_iomem_resize(region, 4 * PAGE), 0);
	ck_assert_int_eq(kmem_iomem_read(region, 5, &byte, 1), 0);
	ck_assert_int_eq(byte, 0);
	ck_assert_int_eq(kmem_iomem_move(region, DEV), 0);
	ck_assert_int_eq(kmem_iomem_move(region, KMEM_IOMEM_ANYWHERE), 0);
	kmem_iomem_info(region, &info);
	ck_assert_uint_eq(info.phys % (4 * PAGE), 0);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	ck_assert_int_eq(kmem_iomem_unregister(other), 0);
}
END_TEST

START_TEST(test_another_file)
{
	struct kmem_iomem *region = add("dev", DEV, 2 * PAGE);
	struct kmem_iomem_info info;
	uint64_t serial;
	char path[64], byte = 9;

	make_file(path, 2 * PAGE);
	ck_assert_int_eq(set_file(region, path), 0);
	kmem_iomem_info(region, &info);
	ck_assert_str_eq(info.file, path);
	ck_assert_int_eq(kmem_iomem_read(region, PAGE, &byte, 1), 0);
	ck_assert_int_eq(byte, 2);
	ck_assert_int_eq(kmem_iomem_resize(region, 4 * PAGE), -EINVAL);
	ck_assert_int_eq(kmem_iomem_resize(region, PAGE), 0);
	ck_assert_int_eq(kmem_iomem_resize(region, 2 * PAGE), 0);
	ck_assert_int_eq(set_file(region, "/nowhere/at/all"), -ENOENT);
	ck_assert_int_eq(set_file(region, path), 0);
	ck_assert_int_eq(kmem_iomem_read(region, PAGE, &byte, 1), 0);
	ck_assert_int_eq(byte, 2);
	/* It becomes shorter under our hands: an error, no signal. */
	ck_assert_int_eq(truncate(path, 10), 0);
	ck_assert_int_eq(kmem_iomem_read(region, PAGE, &byte, 1), -EIO);
	ck_assert_int_eq(set_file(region, NULL), 0);
	ck_assert_int_eq(kmem_iomem_read(region, PAGE, &byte, 1), 0);
	ck_assert_int_eq(byte, 0);
	ck_assert_int_eq(kmem_iomem_read(region, 2 * PAGE, &byte, 1), -ERANGE);
	ck_assert_int_eq(kmem_iomem_read(region, UINT64_MAX, &byte, 1),
			 -ERANGE);
	ck_assert_int_eq(kmem_iomem_write(region, 0, &byte, SIZE_MAX), -ERANGE);
	serial = kmem_iomem_serial(region);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	ck_assert_int_eq(kmem_iomem_set_file(serial, NULL), -ENODEV);
	unlink(path);
}
END_TEST

START_TEST(test_what_is_mapped_stays_as_it_is)
{
	struct kmem_iomem *region = add("dev", DEV, 2 * PAGE);
	void *p = ioremap(DEV + PAGE, 4);
	struct kmem_iomem_info info;

	kmem_iomem_info(region, &info);
	ck_assert_uint_eq(info.mappings, 1);
	ck_assert_int_eq(kmem_iomem_unregister(region), -EBUSY);
	ck_assert_int_eq(kmem_iomem_resize(region, PAGE), -EBUSY);
	ck_assert_int_eq(kmem_iomem_move(region, DEV - PAGE), -EBUSY);
	ck_assert_int_eq(set_file(region, "/proc/version"), -EINVAL);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_resize(region, PAGE), 0);
	/* A mapping of the page behind it is none of its business. */
	p = ioremap(DEV + PAGE, 4);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	iounmap(p);
}
END_TEST

/* ---- mapping ------------------------------------------------------------- */

START_TEST(test_all_mappings_show_the_same_bytes)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *a = ioremap(DEV, DEV_SIZE);
	char *b = ioremap(DEV + PAGE + 0x123, 16);
	char byte;

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_ne(a + PAGE + 0x123, b);
	ck_assert_uint_eq((uintptr_t)a % DEV_SIZE, 0);
	ck_assert_uint_eq((uintptr_t)b % PAGE, 0x123);
	a[PAGE + 0x123] = 77;
	ck_assert_int_eq(b[0], 77);
	ck_assert_int_eq(kmem_iomem_read(region, PAGE + 0x123, &byte, 1), 0);
	ck_assert_int_eq(byte, 77);
	byte = 78;
	ck_assert_int_eq(kmem_iomem_write(region, PAGE + 0x123, &byte, 1), 0);
	ck_assert_int_eq(a[PAGE + 0x123], 78);
	iounmap(a);
	ck_assert_int_eq(b[0], 78);
	iounmap(b);
	/* The region is there without mappings. */
	a = ioremap(DEV, DEV_SIZE);
	ck_assert_int_eq(a[PAGE + 0x123], 78);
	iounmap(a);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_a_file_is_the_region)
{
	struct kmem_iomem_spec spec = { .name = "rom",
					.phys = DEV,
					.size = 2 * PAGE };
	struct kmem_iomem *region;
	char path[64], *p, byte;
	int fd;

	make_file(path, 3 * PAGE);
	spec.file = path;
	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	p = ioremap(DEV, 2 * PAGE);
	ck_assert_int_eq(p[0], 1);
	ck_assert_int_eq(p[2 * PAGE - 1], 2);
	p[10] = 99;
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(pread(fd, &byte, 1, 10), 1);
	ck_assert_int_eq(byte, 99);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(test_the_page_behind_a_mapping_faults)
{
	struct kmem_iomem *region = add("dev", DEV, 2 * PAGE);
	char *p = ioremap(DEV, 2 * PAGE);

	ck_assert(!faults(p + 2 * PAGE - 1));
	ck_assert(faults(p + 2 * PAGE));
	iounmap(p);
	ck_assert(faults(p));
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_two_regions_in_one_mapping)
{
	struct kmem_iomem *a = add("a", DEV, PAGE);
	struct kmem_iomem *b = add("b", DEV + PAGE, 2 * PAGE);
	unsigned long reported = kmem_report_count();
	char *p = ioremap(DEV, 3 * PAGE);
	char byte = 5;

	ck_assert_ptr_nonnull(p);
	/* Worth a line, and no fault. */
	ck_assert(reports_mention("mapping multiple BARs"));
	reports_take();
	ck_assert_uint_eq(kmem_report_count(), reported);
	ck_assert_int_eq(kmem_iomem_write(a, 0, &byte, 1), 0);
	byte = 6;
	ck_assert_int_eq(kmem_iomem_write(b, PAGE, &byte, 1), 0);
	ck_assert_int_eq(p[0], 5);
	ck_assert_int_eq(p[2 * PAGE], 6);
	ck_assert_int_eq(kmem_iomem_unregister(a), -EBUSY);
	ck_assert_int_eq(kmem_iomem_unregister(b), -EBUSY);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(a), 0);
	ck_assert_int_eq(kmem_iomem_unregister(b), 0);
}
END_TEST

START_TEST(test_an_absent_device_can_be_mapped_and_faults)
{
	void *p = ioremap(DEV, 0x100);

	ck_assert_ptr_nonnull(p);
	ck_assert(faults(p));
	iounmap(p);
	p = ioremap((1ull << 52) - PAGE, PAGE);
	ck_assert_ptr_nonnull(p);
	iounmap(p);
}
END_TEST

/* ---- mapping: what is refused -------------------------------------------- */

START_TEST(test_sizes_that_are_none_are_refused_silently)
{
	ck_assert_ptr_null(ioremap(DEV, 0));
	ck_assert_ptr_null(ioremap(UINT64_MAX - 10, 20));
	ck_assert_ptr_null(ioremap(DEV, SIZE_MAX));
	ck_assert_ptr_null(memremap(DEV, 0, MEMREMAP_WB));
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

START_TEST(test_ram_is_refused_and_reported)
{
	ck_assert_ptr_null(ioremap(0x1000, 0x1000));
	ck_assert_str_eq(reports_last(), "ioremap on RAM at 0x0000000000001000 "
					 "- 0x0000000000001fff");
	ck_assert_ptr_null(ioremap(TEST_MEMORY - 1, 2));
	ck_assert_ptr_null(ioremap_cache(0, 2 * TEST_MEMORY));
	ck_assert_uint_eq(reports_take(), 3);
}
END_TEST

START_TEST(test_impossible_addresses_are_refused_and_reported)
{
	ck_assert_ptr_null(ioremap(1ull << 52, PAGE));
	ck_assert(reports_mention("invalid physical address 10000000000000"));
	ck_assert_ptr_null(ioremap((1ull << 52) - PAGE, 2 * PAGE));
	ck_assert_ptr_null(memremap(1ull << 60, PAGE, MEMREMAP_WB));
	ck_assert_uint_eq(reports_take(), 3);
	/* More than there is room for. */
	ck_assert_ptr_null(ioremap(DEV, 1ull << 48));
	ck_assert(reports_mention("no room"));
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

START_TEST(test_iounmap_twice_is_reported_and_ignored)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *a = ioremap(DEV, DEV_SIZE);
	char *b = ioremap(DEV, DEV_SIZE);
	char *trap = ioremap(DEV + 2 * DEV_SIZE, PAGE);

	a[0] = 1;
	iounmap(a);
	iounmap(a);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("Trying to iounmap() nonexistent vm area"));
	ck_assert_int_eq(b[0], 1);
	iounmap(trap);
	iounmap(trap);
	ck_assert_uint_eq(reports_take(), 1);
	iounmap(b);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_iounmap_of_what_is_no_mapping_is_reported)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *p = ioremap(DEV + 8, DEV_SIZE - 8);
	char here;
	void *object = kmalloc(64, GFP_KERNEL);

	iounmap(NULL);
	ck_assert_uint_eq(reports_take(), 0);
	iounmap(&here);
	iounmap(object);
	iounmap((void *)0x10200);
	iounmap(p + PAGE); /* inside, but not its first page */
	iounmap(p - 8 + DEV_SIZE); /* behind */
	ck_assert_uint_eq(reports_take(), 5);
	/* Nothing was harmed, and any address in the first page will do. */
	p[0] = 1;
	iounmap(p + 100);
	ck_assert_uint_eq(reports_take(), 0);
	kfree(object);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

/* ---- cache modes --------------------------------------------------------- */

typedef void *map_fn(phys_addr_t phys, size_t size);

static void *cached(phys_addr_t phys, size_t size)
{
	return memremap(phys, size, MEMREMAP_WB);
}

static const struct {
	map_fn *first, *second;
	bool works;
} modes[] = {
	{ ioremap, ioremap_uc, true },
	{ ioremap, ioremap_wc, true },
	{ ioremap_wc, ioremap, true },
	{ ioremap_np, ioremap_wt, true },
	{ ioremap_wt, ioremap_wc, true },
	{ ioremap_wc, ioremap_wt, false },
	{ ioremap_cache, ioremap, false },
	{ ioremap_cache, ioremap_wc, false },
	{ ioremap_cache, ioremap_wt, false },
	{ ioremap, ioremap_cache, true },
	{ ioremap_cache, cached, true },
	{ cached, ioremap_uc, false },
};

START_TEST(test_modes_conflict_as_on_x86)
{
	struct kmem_iomem *region = add("dev", DEV, 4 * PAGE);
	void *a = modes[_i].first(DEV, 2 * PAGE);
	void *b = modes[_i].second(DEV + PAGE, 2 * PAGE);
	void *c = modes[_i].second(DEV + 2 * PAGE, PAGE);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(b != NULL, modes[_i].works);
	ck_assert_uint_eq(reports_take(), !modes[_i].works);
	if (!modes[_i].works)
		ck_assert(reports_mention("another cache mode"));
	iounmap(a);
	iounmap(b);
	iounmap(c);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

/* Who asks for a cached mapping beside another gets one in that mode. */
START_TEST(test_a_second_mapping_has_the_mode_of_the_first)
{
	struct kmem_iomem *region = add("dev", DEV, 4 * PAGE);
	void *a = ioremap(DEV, PAGE);
	void *b = ioremap_cache(DEV, PAGE);
	void *c = ioremap_wc(DEV + PAGE, PAGE);
	void *d = ioremap(DEV, PAGE);

	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_nonnull(c);
	ck_assert_ptr_nonnull(d);
	/* There is no mode for both. */
	ck_assert_ptr_null(ioremap(DEV, 2 * PAGE));
	ck_assert(reports_mention("another cache mode"));
	ck_assert_uint_eq(reports_take(), 1);
	iounmap(a);
	iounmap(b);
	iounmap(d);
	a = ioremap_cache(DEV, PAGE);
	ck_assert_ptr_null(ioremap(DEV, PAGE));
	ck_assert_uint_eq(reports_take(), 1);
	iounmap(a);
	iounmap(c);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_memremap_of_device_memory)
{
	struct kmem_iomem *region = add("nvram", DEV, DEV_SIZE);
	char *a = memremap(DEV + 100, 200, MEMREMAP_WB);
	char *b;

	ck_assert_ptr_nonnull(a);
	a[0] = 3;
	/* Beside a cached mapping only a cached one: the last flag of three. */
	b = memremap(DEV + 100, 1, MEMREMAP_WC | MEMREMAP_WT | MEMREMAP_WB);
	ck_assert_int_eq(b[0], 3);
	memunmap(b);
	ck_assert_ptr_null(memremap(DEV, 1, MEMREMAP_WC | MEMREMAP_WT));
	ck_assert_uint_eq(reports_take(), 1);
	memunmap(a);
	/* Beside write-combining, write-through fails and the next is tried. */
	a = ioremap_wc(DEV, PAGE);
	b = memremap(DEV, PAGE, MEMREMAP_WT | MEMREMAP_WC);
	ck_assert_ptr_nonnull(b);
	iounmap(a);
	memunmap(b);
	memunmap(NULL);
	ck_assert_ptr_null(memremap(DEV, PAGE, 0));
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_memremap_of_ram_is_its_address)
{
	char *object = kmalloc(64, GFP_KERNEL);
	phys_addr_t phys = page_to_pfn(virt_to_page(object)) * PAGE +
			   (uintptr_t)object % PAGE;
	void *p = memremap(phys, 64, MEMREMAP_WB);

	ck_assert_ptr_eq(p, object);
	memunmap(p);
	ck_assert_ptr_null(memremap(phys, 64, MEMREMAP_WC));
	ck_assert(reports_mention("memremap attempted on ram"));
	ck_assert_ptr_null(memremap(TEST_MEMORY - PAGE, 2 * PAGE, MEMREMAP_WB));
	ck_assert(reports_mention("memremap attempted on mixed range"));
	ck_assert_uint_eq(reports_take(), 2);
	kfree(object);
}
END_TEST

START_TEST(test_memremap_wants_memory)
{
	static const struct kmem_iomem_ops ops;
	const struct kmem_iomem_spec spec = {
		.name = "fifo", .phys = DEV, .size = PAGE, .ops = &ops
	};
	struct kmem_iomem *region;

	ck_assert_ptr_null(memremap(DEV, PAGE, MEMREMAP_WB));
	ck_assert_int_eq(kmem_iomem_register(&spec, &region), 0);
	ck_assert_ptr_null(memremap(DEV, PAGE, MEMREMAP_WC));
	ck_assert(reports_mention("not all of it is memory"));
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

/* ---- many mappings ------------------------------------------------------- */

START_TEST(test_mappings_are_listed_with_their_guard_page)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *p = ioremap(DEV + 0x10, 2 * PAGE);
	struct kmem_iomap_info info;

	ck_assert_uint_eq(kmem_iomaps(&info, 1), 1);
	ck_assert_ptr_eq(info.start, p - 0x10);
	ck_assert_uint_eq(info.size, 4 * PAGE);
	ck_assert_uint_eq(info.phys, DEV);
	ck_assert_ptr_nonnull(info.caller);
	iounmap(p);
	ck_assert_uint_eq(kmem_iomaps(NULL, 0), 0);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

/* As the kernel's vmallocinfo: among the areas, and in their order. */
START_TEST(test_mappings_are_areas_of_vmalloc)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	void *direct = ioremap(DEV + PAGE, PAGE);
	void *trap = ioremap(DEV + DEV_SIZE, PAGE);
	void *area = vmalloc(PAGE);
	struct kmem_vmalloc_area areas[4];
	unsigned int devices = 0;

	ck_assert_uint_eq(kmem_vmalloc_areas(areas, 4), 3);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert(i == 0 || areas[i].address > areas[i - 1].address);
		ck_assert_uint_eq(areas[i].size, 2 * PAGE);
		ck_assert_uint_eq(areas[i].requested, PAGE);
		if (areas[i].address == direct)
			ck_assert_uint_eq(areas[i].phys, DEV + PAGE);
		else if (areas[i].address == trap)
			ck_assert_uint_eq(areas[i].phys, DEV + DEV_SIZE);
		else
			ck_assert_ptr_eq(areas[i].address, area);
		devices += areas[i].flags == VM_IOREMAP;
	}
	ck_assert_uint_eq(devices, 2);
	ck_assert_uint_eq(kmem_vmalloc_areas(areas, 1), 3);
	iounmap(direct);
	iounmap(trap);
	vfree(area);
	ck_assert_uint_eq(kmem_vmalloc_areas(NULL, 0), 0);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

#define MAPS 64

/* Random mappings of one region, of which each has its pattern where it is. */
START_TEST(test_random_mappings)
{
	struct prng prng = { test_seed("random_mappings") };
	struct kmem_iomem *region = add("dev", DEV, 256 * PAGE);
	unsigned int offset[MAPS], size[MAPS];
	char *map[MAPS] = { NULL };
	char *all = ioremap(DEV, 256 * PAGE);

	for (unsigned int i = 0; i < 256; i++)
		all[i * PAGE] = (char)i;
	for (unsigned long n = 0; n < test_steps(3000); n++) {
		unsigned int i = prng_below(&prng, MAPS);

		if (map[i]) {
			for (unsigned int k = 0; k < size[i]; k++)
				ck_assert_int_eq(map[i][k * PAGE],
						 (char)(offset[i] + k));
			iounmap(map[i]);
			map[i] = NULL;
			continue;
		}
		offset[i] = prng_below(&prng, 256);
		size[i] = 1 + prng_below(&prng, 256 - offset[i]);
		map[i] = ioremap(DEV + offset[i] * PAGE, size[i] * PAGE);
		ck_assert_ptr_nonnull(map[i]);
		if (n % 64 == 0)
			ck_assert_uint_eq(kmem_iomem_validate(), 0);
	}
	for (unsigned int i = 0; i < MAPS; i++)
		iounmap(map[i]);
	iounmap(all);
	ck_assert_uint_eq(kmem_iomaps(NULL, 0), 0);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

static void map_and_change(unsigned int index, void *arg)
{
	uint64_t phys = DEV + index * DEV_SIZE;
	unsigned long *wrong = arg;
	const struct kmem_iomem_spec spec = { .name = "mine",
					      .phys = phys,
					      .size = DEV_SIZE };

	for (unsigned int n = 0; n < 200; n++) {
		struct kmem_iomem *region;
		char *a, *b;

		if (kmem_iomem_register(&spec, &region)) {
			__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
			continue;
		}
		a = ioremap(phys, DEV_SIZE);
		b = ioremap(phys, PAGE);
		if (a && b) {
			a[0] = (char)index;
			if (b[0] != (char)index)
				__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
		} else {
			__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
		}
		iounmap(a);
		if (kmem_iomem_unregister(region) != -EBUSY)
			__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
		iounmap(b);
		if (kmem_iomem_unregister(region))
			__atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
	}
}

START_TEST(test_threads_with_devices_of_their_own)
{
	unsigned long wrong = 0;

	threads_run(4, map_and_change, &wrong);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_eq(kmem_iomem_serials(NULL, 0), 0);
	ck_assert_uint_eq(kmem_iomaps(NULL, 0), 0);
}
END_TEST

/* ---- fork and the end ---------------------------------------------------- */

static int descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(test_exit_takes_all_along)
{
	int before = descriptors();
	char *p;

	add("left", DEV, DEV_SIZE);
	p = ioremap(DEV, PAGE);
	p[0] = 1;
	ck_assert_ptr_nonnull(ioremap(DEV + DEV_SIZE, PAGE));
	kmem_exit();
	ck_assert_int_eq(descriptors(), before - (_i == 1));
	kmem_up();
	ck_assert_uint_eq(kmem_iomem_serials(NULL, 0), 0);
	ck_assert_uint_eq(kmem_iomaps(NULL, 0), 0);
	ck_assert_int_eq(try_range(DEV, DEV_SIZE), 0);
}
END_TEST

/* Return: 0 or the number of the check that failed. */
static int child_of_anon(char *p)
{
	void *q;

	if (p[0] != 1)
		return 1;
	p[0] = 2;
	iounmap(p);
	q = ioremap(DEV, PAGE);
	if (!q || *(char *)q != 2)
		return 2;
	iounmap(q);
	return kmem_validate() ? 3 : 0;
}

static int child_of_memfd(char *p)
{
	/* The stack of its own may have RAM at DEV. */
	const struct kmem_iomem_spec spec = { .name = "child",
					      .phys = KMEM_IOMEM_ANYWHERE,
					      .size = PAGE };
	struct kmem_iomem *region;

	(void)p;
	if (kmem_ready() || kmem_iomem_validate())
		return 1;
	if (kmem_iomem_register(&spec, &region))
		return 2;
	if (kmem_iomem_serials(NULL, 0) != 1)
		return 3;
	return kmem_iomem_unregister(region) ? 4 : 0;
}

static void fork_and_check(int (*child)(char *p), char *p)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(child(p));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "the child died: %#x", status);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* A device is one device, however many processes have it mapped. */
START_TEST(test_a_child_shares_the_devices)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *p = ioremap(DEV, PAGE);

	p[0] = 1;
	fork_and_check(child_of_anon, p);
	ck_assert_int_eq(p[0], 2);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

START_TEST(test_a_child_without_the_arena_has_no_devices)
{
	struct kmem_iomem *region = add("dev", DEV, DEV_SIZE);
	char *p = ioremap(DEV, PAGE);

	p[0] = 1;
	fork_and_check(child_of_memfd, p);
	ck_assert_int_eq(p[0], 1);
	iounmap(p);
	ck_assert_int_eq(kmem_iomem_unregister(region), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("iomem");
	TCase *tc = suite_add(s, "regions", kmem_up, kmem_down);

	tcase_add_test(tc, test_a_region_says_what_it_is);
	tcase_add_test(tc, test_a_module_owns_what_it_registers);
	tcase_add_test(tc, test_overlaps_are_refused_and_neighbours_are_not);
	tcase_add_test(tc, test_bad_ranges_are_refused);
	tcase_add_test(tc, test_bad_names_and_mixtures_are_refused);
	tcase_add_test(tc, test_files_must_be_there_regular_and_long_enough);
	tcase_add_test(tc, test_anywhere_is_the_lowest_free_address);
	tcase_add_test(tc, test_as_many_regions_as_there_may_be);

	tc = suite_add(s, "change", kmem_up, kmem_down);
	tcase_add_test(tc, test_a_move_keeps_the_bytes_and_a_resize_does_not);
	tcase_add_test(tc, test_another_file);
	tcase_add_test(tc, test_what_is_mapped_stays_as_it_is);

	tc = suite_add(s, "ioremap", kmem_up, kmem_down);
	tcase_add_test(tc, test_all_mappings_show_the_same_bytes);
	tcase_add_test(tc, test_a_file_is_the_region);
	tcase_add_test(tc, test_the_page_behind_a_mapping_faults);
	tcase_add_test(tc, test_two_regions_in_one_mapping);
	tcase_add_test(tc, test_an_absent_device_can_be_mapped_and_faults);
	tcase_add_test(tc, test_mappings_are_listed_with_their_guard_page);
	tcase_add_test(tc, test_mappings_are_areas_of_vmalloc);
	tcase_add_test(tc, test_random_mappings);
	tcase_add_test(tc, test_threads_with_devices_of_their_own);

	tc = suite_add(s, "misuse", kmem_up, kmem_down);
	tcase_add_test(tc, test_sizes_that_are_none_are_refused_silently);
	tcase_add_test(tc, test_ram_is_refused_and_reported);
	tcase_add_test(tc, test_impossible_addresses_are_refused_and_reported);
	tcase_add_test(tc, test_iounmap_twice_is_reported_and_ignored);
	tcase_add_test(tc, test_iounmap_of_what_is_no_mapping_is_reported);

	tc = suite_add(s, "modes", kmem_up, kmem_down);
	tcase_add_loop_test(tc, test_modes_conflict_as_on_x86, 0,
			    sizeof(modes) / sizeof(modes[0]));
	tcase_add_test(tc, test_a_second_mapping_has_the_mode_of_the_first);
	tcase_add_test(tc, test_memremap_of_device_memory);
	tcase_add_test(tc, test_memremap_of_ram_is_its_address);
	tcase_add_test(tc, test_memremap_wants_memory);

	tc = suite_add(s, "anon", kmem_up, kmem_down);
	tcase_add_loop_test(tc, test_exit_takes_all_along, 0, 1);
	tcase_add_test(tc, test_a_child_shares_the_devices);

	tc = suite_add(s, "memfd", kmem_up_memfd, kmem_down);
	tcase_add_loop_test(tc, test_exit_takes_all_along, 1, 2);
	tcase_add_test(tc, test_a_child_without_the_arena_has_no_devices);
	return s;
}
