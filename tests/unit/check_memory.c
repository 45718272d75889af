/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_memory.c - setting the stack up and down, what memory is made of, the
 * metadata region
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"

#define GIB (1024 * MIB)

static void report_setup(void)
{
	reports_capture();
}

/* ---- init and exit ------------------------------------------------------- */

START_TEST(test_init_makes_the_stack_ready)
{
	const struct kmem_config config = { .memory = TEST_MEMORY };

	ck_assert(!kmem_ready());
	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert(kmem_ready());
	kmem_exit();
	ck_assert(!kmem_ready());
}
END_TEST

START_TEST(test_init_twice_is_busy)
{
	const struct kmem_config config = { .memory = TEST_MEMORY };

	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_int_eq(kmem_init(&config), -EBUSY);
	ck_assert_int_eq(kmem_init(NULL), -EBUSY);
	ck_assert(kmem_ready());
}
END_TEST

START_TEST(test_exit_without_init_is_harmless)
{
	kmem_exit();
	kmem_exit();
	ck_assert(!kmem_ready());
}
END_TEST

START_TEST(test_exit_drops_everything_in_use)
{
	const struct kmem_config config = { .memory = TEST_MEMORY };
	struct kmem_cache *s;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(kmem_init(&config), 0);
		s = kmem_cache_create("left", 100, 0, 0, NULL);
		ck_assert_ptr_nonnull(s);
		ck_assert_ptr_nonnull(kmem_cache_alloc(s, GFP_KERNEL));
		ck_assert_ptr_nonnull(alloc_pages(GFP_KERNEL, 3));
		ck_assert_ptr_nonnull(kmalloc(10000, GFP_KERNEL));
		ck_assert_ptr_nonnull(mempool_create_slab_pool(4, s));
		kmem_exit();
	}
	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_uint_eq(kmem_cache_find("left"), 0);
	ck_assert_uint_eq(mempool_serials(NULL, 0), 0);
}
END_TEST

START_TEST(test_init_again_may_choose_otherwise)
{
	struct kmem_config config = { .memory = 16 * MIB, .cpus = 4 };
	struct kmem_memory_info info;

	ck_assert_int_eq(kmem_init(&config), 0);
	kmem_memory_info(&info);
	ck_assert_uint_eq(info.size, 16 * MIB);
	ck_assert_uint_eq(info.cpus, 4);
	kmem_exit();

	config.memory = 128 * MIB;
	config.cpus = 64;
	config.backing = KMEM_MEMFD;
	ck_assert_int_eq(kmem_init(&config), 0);
	kmem_memory_info(&info);
	ck_assert_uint_eq(info.size, 128 * MIB);
	ck_assert_uint_eq(info.cpus, 64);
}
END_TEST

START_TEST(test_first_call_sets_the_stack_up)
{
	void *p = kmalloc(64, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	ck_assert(kmem_ready());
	kfree(p);
}
END_TEST

/* Threads that come and go with stacks that come and go. */
static void touch_stack(unsigned int index, void *arg)
{
	void **p = arg;

	p[index] = kmalloc(64, GFP_KERNEL);
	kfree(kmalloc(200, GFP_KERNEL));
	__free_page(alloc_page(GFP_KERNEL));
}

START_TEST(test_records_of_an_old_stack_are_forgotten)
{
	const struct kmem_config config = { .memory = TEST_MEMORY };
	void *p[4];

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(kmem_init(&config), 0);
		touch_stack(0, p);
		threads_run(4, touch_stack, p);
		for (int j = 0; j < 4; j++)
			kfree(p[j]);
		ck_assert_uint_eq(kmem_validate(), 0);
		kmem_exit();
	}
}
END_TEST

/* ---- bad configurations -------------------------------------------------- */

static const struct kmem_config bad_configs[] = {
	{ .memory = 1 },
	{ .memory = KMEM_MIN_MEMORY - 1 },
	{ .memory = TEST_MEMORY, .cpus = 1025 },
	{ .memory = TEST_MEMORY, .backing = 17 },
	{ .memory = TEST_MEMORY, .backing = KMEM_FILE, .path = NULL },
	{ .memory = TEST_MEMORY, .zones = "Bogus:8M,Normal" },
	{ .memory = TEST_MEMORY, .zones = "DMA:,Normal" },
	{ .memory = TEST_MEMORY, .zones = "DMA:12,Normal" },
	{ .memory = TEST_MEMORY, .zones = "DMA:16Q,Normal" },
	{ .memory = TEST_MEMORY, .zones = "Normal,DMA:16M" },
	{ .memory = TEST_MEMORY, .zones = "DMA:16M,DMA:32M,Normal" },
	{ .memory = TEST_MEMORY, .zones = "DMA:16M,Normal," },
	{ .memory = TEST_MEMORY, .zones = "," },
};

#define NR_BAD_CONFIGS ((int)(sizeof(bad_configs) / sizeof(bad_configs[0])))

START_TEST(test_bad_config_is_invalid)
{
	const struct kmem_config good = { .memory = TEST_MEMORY };

	ck_assert_int_eq(kmem_init(&bad_configs[_i]), -EINVAL);
	ck_assert(!kmem_ready());
	ck_assert_int_eq(kmem_init(&good), 0);
	reports_take();
}
END_TEST

START_TEST(test_file_in_no_folder_gives_the_errno_of_open)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = KMEM_FILE,
		.path = "/nonexistent/folder/memory",
	};

	ck_assert_int_eq(kmem_init(&config), -ENOENT);
	ck_assert(!kmem_ready());
	reports_take();
}
END_TEST

/* ---- sizes --------------------------------------------------------------- */

static const struct {
	size_t memory;
	size_t expect;
} sizes[] = {
	{ KMEM_MIN_MEMORY, KMEM_MIN_MEMORY },
	{ KMEM_MIN_MEMORY + 1, KMEM_MIN_MEMORY },
	{ 3 * KMEM_BLOCK_SIZE - 1, 2 * KMEM_BLOCK_SIZE },
	{ 3 * KMEM_BLOCK_SIZE, 3 * KMEM_BLOCK_SIZE },
	{ 100 * MIB + 12345, 100 * MIB },
};

#define NR_SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

START_TEST(test_size_is_rounded_down_to_blocks)
{
	const struct kmem_config config = { .memory = sizes[_i].memory };
	struct kmem_memory_info info;
	struct kmem_zone_info zone;
	unsigned long managed = 0;
	unsigned long present = 0;

	ck_assert_int_eq(kmem_init(&config), 0);
	kmem_memory_info(&info);
	ck_assert_uint_eq(info.size, sizes[_i].expect);
	for (unsigned int z = 0; kmem_zone_info(z, &zone); z++) {
		managed += zone.managed;
		present += zone.present;
		ck_assert_uint_le(zone.managed, zone.present);
		ck_assert_uint_le(zone.present, zone.spanned);
		ck_assert_uint_eq(zone.free, zone.managed);
	}
	ck_assert_uint_eq(present, info.size / KMEM_PAGE_SIZE);
	ck_assert_uint_eq(managed, info.managed_pages);
	ck_assert_uint_eq(info.free_pages + info.cached_pages, managed);
}
END_TEST

/* Resident KiB of this process. */
static long resident_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = -1;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

START_TEST(test_16_gib_cost_almost_no_resident_memory)
{
	const struct kmem_config config = {
		.memory = 16 * GIB,
		.backing = _i ? KMEM_MEMFD : KMEM_ANON,
	};
	long before = resident_kib();
	struct kmem_memory_info info;
	struct page *page;

	ck_assert_int_eq(kmem_init(&config), 0);
	kmem_memory_info(&info);
	ck_assert_uint_eq(info.size, 16 * GIB);
	page = alloc_page(GFP_KERNEL);
	ck_assert_ptr_nonnull(page);
	memset(page_address(page), 1, KMEM_PAGE_SIZE);
	ck_assert_int_le(resident_kib() - before, 64 * 1024);
	__free_page(page);
}
END_TEST

START_TEST(test_zones_divide_the_memory_in_order)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.zones = "DMA:8M,DMA32:24M,Normal",
	};
	static const char *const names[] = { "DMA", "DMA32", "Normal" };
	static const unsigned long ends[] = { 8, 32, 64 };
	struct kmem_zone_info zone;
	unsigned long start = 0;

	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_uint_eq(kmem_nr_zones(), 3);
	for (unsigned int z = 0; z < 3; z++) {
		ck_assert(kmem_zone_info(z, &zone));
		ck_assert_str_eq(zone.name, names[z]);
		ck_assert_uint_eq(zone.start_pfn, start);
		start = ends[z] * MIB / KMEM_PAGE_SIZE;
		ck_assert_uint_eq(zone.start_pfn + zone.spanned, start);
	}
	ck_assert(!kmem_zone_info(3, &zone));
}
END_TEST

START_TEST(test_default_zones_are_those_of_x86_64)
{
	const struct kmem_config config = { .memory = 5 * GIB };
	static const char *const names[] = { "DMA", "DMA32", "Normal" };
	static const unsigned long ends[] = { 16, 4096, 5120 };
	struct kmem_zone_info zone;

	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_uint_eq(kmem_nr_zones(), 3);
	for (unsigned int z = 0; z < 3; z++) {
		ck_assert(kmem_zone_info(z, &zone));
		ck_assert_str_eq(zone.name, names[z]);
		ck_assert_uint_eq(zone.start_pfn + zone.spanned,
				  ends[z] * MIB / KMEM_PAGE_SIZE);
	}
}
END_TEST

/* ---- backings ------------------------------------------------------------ */

static char file_path[64];

static void file_setup(void)
{
	int fd;

	reports_capture();
	snprintf(file_path, sizeof(file_path), "/tmp/check_memory.XXXXXX");
	fd = mkstemp(file_path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void file_teardown(void)
{
	kmem_down();
	unlink(file_path);
}

START_TEST(test_each_backing_holds_what_is_written)
{
	static const enum kmem_backing backings[] = { KMEM_ANON, KMEM_MEMFD,
						      KMEM_FILE };
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = backings[_i],
		.path = file_path,
	};
	unsigned char *p;

	ck_assert_int_eq(kmem_init(&config), 0);
	p = kmalloc(KMEM_BLOCK_SIZE, GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	memset(p, 0xa7, KMEM_BLOCK_SIZE);
	ck_assert(bytes_are(p, KMEM_BLOCK_SIZE, 0xa7));
	kfree(p);
}
END_TEST

START_TEST(test_file_is_made_when_it_is_missing)
{
	const struct kmem_config config = {
		.memory = 8 * MIB,
		.backing = KMEM_FILE,
		.path = file_path,
	};

	ck_assert_int_eq(unlink(file_path), 0);
	ck_assert_int_eq(kmem_init(&config), 0);
	ck_assert_int_eq(access(file_path, R_OK | W_OK), 0);
}
END_TEST

START_TEST(test_file_of_something_else_is_left_alone)
{
	const struct kmem_config config = {
		.memory = 8 * MIB,
		.backing = KMEM_FILE,
		.path = file_path,
	};
	char text[16] = "";
	FILE *f;

	f = fopen(file_path, "w");
	fputs(_i ? "letters to my mother, the first volume" : "short", f);
	fclose(f);
	ck_assert_int_eq(kmem_init(&config), -EEXIST);
	ck_assert(!kmem_ready());
	f = fopen(file_path, "r");
	ck_assert_ptr_nonnull(fgets(text, 6, f));
	fclose(f);
	ck_assert_str_eq(text, _i ? "lette" : "short");
	reports_take();
}
END_TEST

START_TEST(test_file_of_an_arena_is_used_again)
{
	const struct kmem_config config = {
		.memory = 8 * MIB,
		.backing = KMEM_FILE,
		.path = file_path,
	};

	for (int i = 0; i < 3; i++) {
		void *p;

		ck_assert_int_eq(kmem_init(&config), 0);
		ck_assert_uint_eq(free_pages_now(), 8 * MIB / KMEM_PAGE_SIZE);
		p = kmalloc(1000, GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		memset(p, 0xff, 1000);
		kmem_exit();
	}
}
END_TEST

START_TEST(test_file_that_is_a_folder_is_refused)
{
	const struct kmem_config config = {
		.memory = 8 * MIB,
		.backing = KMEM_FILE,
		.path = "/tmp",
	};

	ck_assert_int_lt(kmem_init(&config), 0);
	ck_assert(!kmem_ready());
	reports_take();
}
END_TEST

/*
 * A child of an anonymous stack has a copy; a child of a memfd stack has no
 * mapping of it, and what it does reaches the parent in neither case.
 */
START_TEST(test_fork_does_not_share_memory)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.backing = _i ? KMEM_MEMFD : KMEM_ANON,
	};
	unsigned char *p;
	int status;
	pid_t pid;

	ck_assert_int_eq(kmem_init(&config), 0);
	p = kmalloc(4096, GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	memset(p, 1, 4096);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		unsigned char resident;

		if (_i)
			_exit(mincore(p, 4096, &resident) == -1 ? 7 : 1);
		memset(p, 2, 4096);
		kfree(kmalloc(64, GFP_KERNEL));
		_exit(p[0] == 2 ? 7 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	ck_assert_uint_eq(p[0], 1);
	ck_assert_uint_eq(p[4095], 1);
	kfree(p);
}
END_TEST

/* ---- metadata ------------------------------------------------------------ */

START_TEST(test_meta_memory_is_zeroed_every_time)
{
	static const size_t lengths[] = { 1, 8, 64, 100, 4096, 5000, 70000 };
	unsigned char *p;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 7; i++) {
			p = kmem_meta_alloc(lengths[i]);
			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq((uintptr_t)p % 8, 0);
			ck_assert(bytes_are(p, lengths[i], 0));
			memset(p, 0xff, lengths[i]);
			kmem_meta_free(p, lengths[i]);
		}
	}
	kmem_meta_free(NULL, 64);
}
END_TEST

START_TEST(test_meta_memory_has_an_end)
{
	ck_assert_ptr_null(kmem_meta_alloc(1ul << 50));
	ck_assert_ptr_null(kmem_meta_alloc(SIZE_MAX));
	ck_assert_ptr_null(kmem_meta_alloc(SIZE_MAX / 2 + 2));
}
END_TEST

START_TEST(test_meta_memory_stays_out_of_the_zones)
{
	struct kmem_location location;
	struct buddyinfo before;
	void *p[100];

	buddyinfo_read(&before);
	for (int i = 0; i < 100; i++) {
		p[i] = kmem_meta_alloc(1000);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_ptr_null(virt_to_page(p[i]));
		ck_assert(!kmem_locate(p[i], &location));
	}
	buddyinfo_assert_as(&before);
	for (int i = 0; i < 100; i++)
		kmem_meta_free(p[i], 1000);
	buddyinfo_assert_as(&before);
}
END_TEST

START_TEST(test_meta_pieces_do_not_overlap)
{
	unsigned char *p[200];

	for (int i = 0; i < 200; i++) {
		p[i] = kmem_meta_alloc(24 + i * 7);
		ck_assert_ptr_nonnull(p[i]);
		memset(p[i], i, 24 + i * 7);
	}
	for (int i = 0; i < 200; i++) {
		ck_assert(bytes_are(p[i], 24 + i * 7, i));
		kmem_meta_free(p[i], 24 + i * 7);
	}
}
END_TEST

START_TEST(test_naming_an_object_works_with_the_zones_exhausted)
{
	struct kmem_cache *s;
	mempool_t *pool;
	void *p;

	while (alloc_pages(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN, 0))
		;
	s = kmem_cache_create("late", 64, 0, 0, NULL);
	ck_assert_ptr_nonnull(s);
	p = kmem_meta_alloc(1000);
	ck_assert_ptr_nonnull(p);
	kmem_meta_free(p, 1000);
	pool = mempool_create_slab_pool(4, s);
	ck_assert_ptr_null(pool);
	kmem_cache_destroy(s);
	reports_take();
}
END_TEST

/* ---- reports ------------------------------------------------------------- */

START_TEST(test_reports_are_counted_without_a_hook)
{
	unsigned long before = kmem_report_count();

	kmem_set_report(NULL, NULL);
	kfree((void *)4711);
	ck_assert_uint_gt(kmem_report_count(), before);
	reports_capture();
}
END_TEST

START_TEST(test_panic_on_report_aborts)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		kmem_set_panic_on_report(true);
		kfree((void *)4711);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

static void add_init_tests(Suite *s)
{
	TCase *tc = suite_add(s, "init", report_setup, kmem_down);

	tcase_add_test(tc, test_init_makes_the_stack_ready);
	tcase_add_test(tc, test_init_twice_is_busy);
	tcase_add_test(tc, test_exit_without_init_is_harmless);
	tcase_add_test(tc, test_exit_drops_everything_in_use);
	tcase_add_test(tc, test_init_again_may_choose_otherwise);
	tcase_add_test(tc, test_first_call_sets_the_stack_up);
	tcase_add_test(tc, test_records_of_an_old_stack_are_forgotten);
	tcase_add_loop_test(tc, test_bad_config_is_invalid, 0, NR_BAD_CONFIGS);
	tcase_add_test(tc, test_file_in_no_folder_gives_the_errno_of_open);
}

static void add_size_tests(Suite *s)
{
	TCase *tc = suite_add(s, "sizes", report_setup, kmem_down);

	tcase_add_loop_test(tc, test_size_is_rounded_down_to_blocks, 0,
			    NR_SIZES);
	tcase_add_loop_test(tc, test_16_gib_cost_almost_no_resident_memory, 0,
			    2);
	tcase_add_test(tc, test_zones_divide_the_memory_in_order);
	tcase_add_test(tc, test_default_zones_are_those_of_x86_64);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("memory");
	TCase *tc;

	add_init_tests(s);
	add_size_tests(s);

	tc = suite_add(s, "backing", file_setup, file_teardown);
	tcase_add_loop_test(tc, test_each_backing_holds_what_is_written, 0, 3);
	tcase_add_test(tc, test_file_is_made_when_it_is_missing);
	tcase_add_loop_test(tc, test_file_of_something_else_is_left_alone, 0,
			    2);
	tcase_add_test(tc, test_file_of_an_arena_is_used_again);
	tcase_add_test(tc, test_file_that_is_a_folder_is_refused);
	tcase_add_loop_test(tc, test_fork_does_not_share_memory, 0, 2);

	tc = suite_add(s, "metadata", kmem_up, kmem_down);
	tcase_add_test(tc, test_meta_memory_is_zeroed_every_time);
	tcase_add_test(tc, test_meta_memory_has_an_end);
	tcase_add_test(tc, test_meta_memory_stays_out_of_the_zones);
	tcase_add_test(tc, test_meta_pieces_do_not_overlap);
	tcase_add_test(tc,
		       test_naming_an_object_works_with_the_zones_exhausted);

	tc = suite_add(s, "reports", kmem_up, kmem_down);
	tcase_add_test(tc, test_reports_are_counted_without_a_hook);
	tcase_add_test(tc, test_panic_on_report_aborts);
	return s;
}
