/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kmalloc.c - memory by size: classes, large blocks, krealloc, misuse
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

static struct buddyinfo at_start;

static void kmalloc_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
}

/* The smallest class that holds @size; whole pages above 8192. */
static size_t class_of(size_t size)
{
	static const size_t classes[] = { 8,   16,  32,	  64,	96,   128, 192,
					  256, 512, 1024, 2048, 4096, 8192 };
	size_t pages = KMEM_PAGE_SIZE;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (size <= classes[i])
			return classes[i];
	}
	while (pages < size)
		pages *= 2;
	return pages;
}

static const char *cache_name_of(const void *p, char *room)
{
	struct kmem_location location;
	struct kmem_cache_info info;
	struct kmem_cache *s;

	room[0] = '\0';
	if (!kmem_locate(p, &location) || !location.cache)
		return room;
	s = kmem_cache_pin(location.cache);
	ck_assert_ptr_nonnull(s);
	kmem_cache_info(s, &info);
	kmem_cache_unpin(s);
	return strcpy(room, info.name);
}

/* ---- sizes --------------------------------------------------------------- */

START_TEST(test_sizes_to_8192_go_to_their_class)
{
	for (size_t n = 1; n <= 8192; n++) {
		size_t class = class_of(n);
		unsigned char *p = kmalloc(n, GFP_KERNEL);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(ksize(p), class);
		ck_assert_uint_eq(kmalloc_size_roundup(n), class);
		ck_assert_uint_eq((uintptr_t)p % (class & -class), 0);
		memset(p, 0xee, class);
		kfree(p);
	}
}
END_TEST

START_TEST(test_class_caches_have_the_kernels_names)
{
	static const char *const names[] = {
		"kmalloc-8",   "kmalloc-16",  "kmalloc-32",  "kmalloc-64",
		"kmalloc-96",  "kmalloc-128", "kmalloc-192", "kmalloc-256",
		"kmalloc-512", "kmalloc-1k",  "kmalloc-2k",  "kmalloc-4k",
		"kmalloc-8k",
	};
	static const size_t sizes[] = { 1,   9,	  17,  33,   65,   97,	129,
					193, 257, 513, 1025, 2049, 4097 };
	char name[KMEM_NAME_MAX + 1];
	void *p;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = kmalloc(sizes[i], GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		ck_assert_str_eq(cache_name_of(p, name), names[i]);
		kfree(p);
	}
}
END_TEST

START_TEST(test_large_dma_blocks_come_from_the_dma_zone)
{
	void *p = kmalloc(100000, GFP_KERNEL | __GFP_DMA);
	struct kmem_location location;

	ck_assert(kmem_locate(p, &location));
	ck_assert_str_eq(location.zone, "DMA");
	kfree(p);
}
END_TEST

START_TEST(test_zero_bytes_give_the_special_pointer)
{
	void *p = kmalloc(0, GFP_KERNEL);

	ck_assert_ptr_eq(p, ZERO_SIZE_PTR);
	ck_assert(ZERO_OR_NULL_PTR(p));
	ck_assert(ZERO_OR_NULL_PTR(NULL));
	ck_assert_uint_eq(ksize(p), 0);
	ck_assert_uint_eq(ksize(NULL), 0);
	ck_assert_uint_eq(kmalloc_size_roundup(0), 0);
	kfree(p);
	kfree(NULL);
	ck_assert_ptr_eq(kzalloc(0, GFP_ATOMIC), ZERO_SIZE_PTR);
	ck_assert_ptr_eq(kmalloc_array(0, 100, GFP_KERNEL), ZERO_SIZE_PTR);
}
END_TEST

START_TEST(test_large_blocks_are_whole_pages)
{
	static const size_t sizes[] = { 8193,	 16384,	  16385,  100000,
					1 << 20, 3 << 20, 4 << 20 };
	size_t size = sizes[_i];
	unsigned char *p = kmalloc(size, GFP_KERNEL);
	struct kmem_location location;

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(ksize(p), class_of(size));
	ck_assert_uint_eq(kmalloc_size_roundup(size), class_of(size));
	ck_assert_uint_eq((uintptr_t)p % KMEM_PAGE_SIZE, 0);
	ck_assert(kmem_locate(p, &location));
	ck_assert_int_eq(location.kind, KMEM_LOCATION_LARGE);
	ck_assert_uint_eq(location.order, get_order(size));
	memset(p, 1, ksize(p));
	kfree(p);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_more_than_4_mib_are_refused)
{
	size_t size = _i == 0	? KMALLOC_MAX_SIZE + 1
		      : _i == 1 ? 1ul << 40
				: SIZE_MAX - (size_t)_i;

	ck_assert_ptr_null(kmalloc(size, GFP_KERNEL));
	ck_assert_ptr_null(kzalloc(size, GFP_KERNEL));
	ck_assert_uint_eq(kmalloc_size_roundup(size), size);
	reports_take();
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_array_product_may_not_overflow)
{
	volatile size_t huge = SIZE_MAX;

	ck_assert_ptr_null(kmalloc_array(huge, 2, GFP_KERNEL));
	ck_assert_ptr_null(kmalloc_array(2, huge, GFP_KERNEL));
	ck_assert_ptr_null(kmalloc_array(huge / 2, 3, GFP_KERNEL));
	ck_assert_ptr_null(kcalloc(huge / 3, 4, GFP_KERNEL));
	ck_assert_ptr_null(kcalloc(huge, huge, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

START_TEST(test_array_forms_give_the_product)
{
	unsigned char *p = kmalloc_array(25, 40, GFP_KERNEL);
	unsigned char *q;

	ck_assert_uint_eq(ksize(p), 1024);
	memset(p, 0xff, 1000);
	kfree(p);
	q = kcalloc(25, 40, GFP_KERNEL);
	ck_assert_uint_eq(ksize(q), 1024);
	ck_assert(bytes_are(q, 1000, 0));
	kfree(q);
}
END_TEST

START_TEST(test_kzalloc_clears_used_memory)
{
	static const size_t sizes[] = { 1, 8, 100, 1024, 8000, 20000, 1 << 20 };
	unsigned char *p;

	for (int i = 0; i < 7; i++) {
		for (int round = 0; round < 5; round++) {
			p = kzalloc(sizes[i], GFP_KERNEL);
			ck_assert(bytes_are(p, sizes[i], 0));
			memset(p, 0xff, ksize(p));
			kfree(p);
		}
	}
}
END_TEST

START_TEST(test_everything_comes_back)
{
	static void *p[3000];
	struct prng prng = { test_seed("everything_comes_back") };
	uint64_t serials[256];
	size_t n;

	for (int i = 0; i < 3000; i++)
		p[i] = kmalloc(1 + prng_below(&prng, 12000), GFP_KERNEL);
	for (int i = 0; i < 3000; i++)
		kfree(p[i]);
	n = kmem_cache_serials(serials, 256);
	ck_assert_uint_le(n, 256);
	for (size_t i = 0; i < n; i++) {
		struct kmem_cache *s = kmem_cache_pin(serials[i]);

		ck_assert_int_eq(kmem_cache_shrink(s), 0);
		kmem_cache_unpin(s);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- krealloc ------------------------------------------------------------ */

START_TEST(test_krealloc_of_nothing_allocates)
{
	void *p = krealloc(NULL, 100, GFP_KERNEL);
	void *q = krealloc(ZERO_SIZE_PTR, 5000, GFP_KERNEL);

	ck_assert_uint_eq(ksize(p), 128);
	ck_assert_uint_eq(ksize(q), 8192);
	ck_assert_ptr_eq(krealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	kfree(p);
	kfree(q);
}
END_TEST

START_TEST(test_krealloc_to_nothing_frees)
{
	void *p = kmalloc(20000, GFP_KERNEL);

	ck_assert_ptr_eq(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_krealloc_stays_while_it_fits)
{
	unsigned char *p = kmalloc(100, GFP_KERNEL);
	unsigned char *large = kmalloc(20000, GFP_KERNEL);

	for (size_t n = 1; n <= 128; n++)
		ck_assert_ptr_eq(krealloc(p, n, GFP_KERNEL), p);
	for (size_t n = 1; n <= 32768; n += 371)
		ck_assert_ptr_eq(krealloc(large, n, GFP_KERNEL), large);
	kfree(p);
	kfree(large);
}
END_TEST

START_TEST(test_krealloc_moves_the_bytes)
{
	static const size_t sizes[] = { 8,    9,     64,      65,     192,
					1000, 8192,  8193,    40000,  100,
					16,   70000, 1 << 20, 4 << 20 };
	unsigned char *p = kmalloc(8, GFP_KERNEL);
	size_t had = 8;

	memset(p, 0x5c, 8);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = krealloc(p, sizes[i], GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_ge(ksize(p), sizes[i]);
		ck_assert(bytes_are(p, had < sizes[i] ? had : sizes[i], 0x5c));
		memset(p, 0x5c, sizes[i]);
		had = sizes[i];
	}
	kfree(p);
}
END_TEST

START_TEST(test_krealloc_clears_what_it_adds)
{
	unsigned char *p = kmalloc(64, GFP_KERNEL);
	unsigned char *dirty = kmalloc(5000, GFP_KERNEL);

	memset(dirty, 0xff, 5000);
	kfree(dirty);
	memset(p, 0x11, 64);
	p = krealloc(p, 5000, GFP_KERNEL | __GFP_ZERO);
	ck_assert(bytes_are(p, 64, 0x11));
	ck_assert(bytes_are(p + 64, 5000 - 64, 0));
	kfree(p);
}
END_TEST

START_TEST(test_failed_krealloc_leaves_the_block)
{
	unsigned char *p = kmalloc(64, GFP_KERNEL);

	memset(p, 0x11, 64);
	ck_assert_ptr_null(krealloc(p, KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	ck_assert(bytes_are(p, 64, 0x11));
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3))
		;
	ck_assert_ptr_null(krealloc(p, 1 << 20, GFP_KERNEL));
	ck_assert(bytes_are(p, 64, 0x11));
	kfree(p);
	reports_take();
}
END_TEST

/* ---- kfree of other things ----------------------------------------------- */

START_TEST(test_kfree_takes_objects_of_any_cache)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 0, 0, NULL);
	struct kmem_cache_info info;

	for (int i = 0; i < 300; i++)
		kfree(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.active, 0);
	ck_assert_int_eq(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_ksize_of_a_cache_object_is_usable)
{
	struct kmem_cache *s = kmem_cache_create("mine", 100, 0, 0, NULL);
	unsigned char *p = kmem_cache_alloc(s, GFP_KERNEL);

	ck_assert_uint_ge(ksize(p), 100);
	ck_assert_uint_le(ksize(p), 104);
	memset(p, 0xff, ksize(p));
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kfree(p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_kfree_of_a_foreign_address_is_refused)
{
	struct kmem_memory_info info;
	void *heap = malloc(100);
	int local;

	kmem_memory_info(&info);
	kfree(&local);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(heap);
	ck_assert_uint_eq(reports_take(), 1);
	kfree((char *)info.base + info.size);
	ck_assert_uint_eq(reports_take(), 1);
	kfree((void *)17);
	ck_assert_uint_eq(reports_take(), 1);
	kfree((void *)UINTPTR_MAX);
	ck_assert_uint_eq(reports_take(), 1);
	free(heap);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_kfree_of_pages_is_refused)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	char *untouched = page_address(pfn_to_page(100));

	kfree(page_address(page));
	ck_assert_uint_eq(reports_take(), 1);
	kfree(untouched);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(kmem_block_validate(page, 2), 0);
	__free_pages(page, 2);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_kfree_inside_a_large_block_is_refused)
{
	char *p = kmalloc(50000, GFP_KERNEL);

	kfree(p + 8);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p + 4096);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(ksize(p), 65536);
	kfree(p);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_double_kfree_of_a_large_block_is_refused)
{
	char *p = kmalloc(50000, GFP_KERNEL);

	kfree(p);
	kfree(p);
	ck_assert_uint_eq(reports_take(), 1);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_large_block_is_not_freed_as_pages_of_another_order)
{
	char *p = kmalloc(50000, GFP_KERNEL);

	free_pages((unsigned long)p, 2);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_kfree_inside_an_object_is_reported)
{
	uint64_t serial = kmem_cache_find("kmalloc-64");
	struct kmem_cache *s = kmem_cache_pin(serial);
	char *p = kmalloc(64, GFP_KERNEL);

	ck_assert_ptr_nonnull(s);
	kfree(p + 8);
	kmem_cache_shrink(s);
	ck_assert_uint_eq(reports_take(), 1);
	kfree(p);
	ck_assert_int_eq(kmem_cache_shrink(s), 0);
	kmem_cache_unpin(s);
	buddyinfo_assert_as(&at_start);
}
END_TEST

static void add_size_tests(Suite *s)
{
	TCase *tc = suite_add(s, "sizes", kmalloc_setup, kmem_down);

	tcase_add_test(tc, test_sizes_to_8192_go_to_their_class);
	tcase_add_test(tc, test_class_caches_have_the_kernels_names);
	tcase_add_test(tc, test_large_dma_blocks_come_from_the_dma_zone);
	tcase_add_test(tc, test_zero_bytes_give_the_special_pointer);
	tcase_add_loop_test(tc, test_large_blocks_are_whole_pages, 0, 7);
	tcase_add_loop_test(tc, test_more_than_4_mib_are_refused, 0, 4);
	tcase_add_test(tc, test_array_product_may_not_overflow);
	tcase_add_test(tc, test_array_forms_give_the_product);
	tcase_add_test(tc, test_kzalloc_clears_used_memory);
	tcase_add_test(tc, test_everything_comes_back);
}

static void add_krealloc_tests(Suite *s)
{
	TCase *tc = suite_add(s, "krealloc", kmalloc_setup, kmem_down);

	tcase_add_test(tc, test_krealloc_of_nothing_allocates);
	tcase_add_test(tc, test_krealloc_to_nothing_frees);
	tcase_add_test(tc, test_krealloc_stays_while_it_fits);
	tcase_add_test(tc, test_krealloc_moves_the_bytes);
	tcase_add_test(tc, test_krealloc_clears_what_it_adds);
	tcase_add_test(tc, test_failed_krealloc_leaves_the_block);
}

static void add_kfree_tests(Suite *s)
{
	TCase *tc = suite_add(s, "kfree", kmalloc_setup, kmem_down);

	tcase_add_test(tc, test_kfree_takes_objects_of_any_cache);
	tcase_add_test(tc, test_ksize_of_a_cache_object_is_usable);
	tcase_add_test(tc, test_kfree_of_a_foreign_address_is_refused);
	tcase_add_test(tc, test_kfree_of_pages_is_refused);
	tcase_add_test(tc, test_kfree_inside_a_large_block_is_refused);
	tcase_add_test(tc, test_double_kfree_of_a_large_block_is_refused);
	tcase_add_test(tc,
		       test_large_block_is_not_freed_as_pages_of_another_order);
	tcase_add_test(tc, test_kfree_inside_an_object_is_reported);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("kmalloc");

	add_size_tests(s);
	add_krealloc_tests(s);
	add_kfree_tests(s);
	return s;
}
