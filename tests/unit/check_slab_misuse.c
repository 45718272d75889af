/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_misuse.c - what callers do wrong: reported at the latest when the
 * pointer reaches its slab, refused, and nothing else harmed
 *
 * Each crime is committed twice: in a cache that parks objects per thread,
 * where shrink brings it to light, and in a limited one, which parks nothing
 * and must report at once.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define OBJECTS 200

static struct kmem_cache *cache;
static unsigned char *objects[OBJECTS];
static bool limited;

static void misuse_setup(void)
{
	kmem_up();
	cache = kmem_cache_create("victim", 64, 0, 0, NULL);
	ck_assert_ptr_nonnull(cache);
	for (int i = 0; i < OBJECTS; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(objects[i]);
		memset(objects[i], i, 64);
	}
	limited = false;
}

static void choose(int loop)
{
	limited = loop;
	if (limited)
		kmem_cache_set_limit(cache, 10000);
}

/* What everybody else has is as it was. */
static void assert_unharmed(int except)
{
	ck_assert_uint_eq(kmem_validate(), 0);
	for (int i = 0; i < OBJECTS; i++)
		ck_assert(i == except ||
			  bytes_are(objects[i], 64, (unsigned char)i));
}

static void assert_reported(int except)
{
	if (!limited)
		kmem_cache_shrink(cache);
	ck_assert_uint_eq(reports_take(), 1);
	assert_unharmed(except);
}

static int compare_pointers(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The cache still gives out each object once. */
static void assert_works(void)
{
	static void *fresh[1000];

	for (int i = 0; i < 1000; i++) {
		fresh[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(fresh[i]);
	}
	qsort(fresh, 1000, sizeof(fresh[0]), compare_pointers);
	for (int i = 1; i < 1000; i++)
		ck_assert_int_ge((char *)fresh[i] - (char *)fresh[i - 1], 64);
	for (int i = 0; i < 1000; i++)
		kmem_cache_free(cache, fresh[i]);
	ck_assert_uint_eq(kmem_validate(), 0);
}

/* Every object that is in use comes back, and with them every slab. */
static void assert_empties(int except)
{
	for (int i = 0; i < OBJECTS; i++) {
		if (i != except)
			kmem_cache_free(cache, objects[i]);
	}
	ck_assert_int_eq(kmem_cache_shrink(cache), 0);
	kmem_cache_destroy(cache);
	ck_assert_uint_eq(reports_take(), 0);
}

START_TEST(test_free_of_null_is_reported)
{
	choose(_i);
	kmem_cache_free(cache, NULL);
	ck_assert_uint_eq(reports_take(), 1);
	assert_unharmed(-1);
	assert_works();
	assert_empties(-1);
}
END_TEST

START_TEST(test_double_free_is_reported)
{
	choose(_i);
	kmem_cache_free(cache, objects[50]);
	if (!limited)
		kmem_cache_shrink(cache);
	kmem_cache_free(cache, objects[50]);
	assert_reported(50);
	assert_works();
	assert_empties(50);
}
END_TEST

START_TEST(test_double_free_while_parked_is_reported)
{
	kmem_cache_free(cache, objects[50]);
	kmem_cache_free(cache, objects[50]);
	assert_reported(50);
	assert_works();
	assert_empties(50);
}
END_TEST

START_TEST(test_double_free_in_bulk_is_reported)
{
	void *twice[3] = { objects[7], objects[7], objects[7] };

	choose(_i);
	kmem_cache_free_bulk(cache, 3, twice);
	if (!limited)
		kmem_cache_shrink(cache);
	ck_assert_uint_eq(reports_take(), 2);
	assert_unharmed(7);
	assert_works();
	assert_empties(7);
}
END_TEST

#ifdef KMEM_DEBUG
/* Only debug builds walk the slab's free list for it. */
START_TEST(test_double_free_behind_others_is_reported)
{
	choose(_i);
	for (int i = 50; i < 60; i++)
		kmem_cache_free(cache, objects[i]);
	if (!limited)
		kmem_cache_shrink(cache);
	kmem_cache_free(cache, objects[52]);
	if (!limited)
		kmem_cache_shrink(cache);
	ck_assert_uint_eq(reports_take(), 1);
	for (int i = 50; i < 60; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		memset(objects[i], i, 64);
	}
	assert_unharmed(-1);
	assert_works();
	assert_empties(-1);
}
END_TEST
#endif

START_TEST(test_free_to_the_wrong_cache_is_reported)
{
	struct kmem_cache *other = kmem_cache_create("other", 64, 0, 0, NULL);
	void *object = kmem_cache_alloc(other, GFP_KERNEL);

	choose(_i);
	kmem_cache_free(cache, object);
	assert_reported(-1);
	assert_works();
	kmem_cache_free(other, object);
	kmem_cache_destroy(other);
	assert_empties(-1);
}
END_TEST

START_TEST(test_free_of_a_middle_pointer_is_reported)
{
	static const int offsets[] = { 1, 8, 32, 63 };

	choose(_i % 2);
	kmem_cache_free(cache, objects[9] + offsets[_i / 2]);
	assert_reported(-1);
	assert_works();
	assert_empties(-1);
}
END_TEST

/* 4096 / 72 = 56 objects and 64 bytes that belong to none. */
START_TEST(test_free_of_the_slabs_tail_is_reported)
{
	struct kmem_cache *s = kmem_cache_create("tail", 72, 0, 0, NULL);
	struct kmem_location location;
	struct kmem_cache_info info;
	char *slab;
	void *p;

	kmem_cache_info(s, &info);
	if (_i)
		kmem_cache_set_limit(s, 100);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert(kmem_locate(p, &location));
	slab = page_address(pfn_to_page(location.slab_pfn));
	kmem_cache_free(s, slab + info.objs_per_slab * info.size);
	kmem_cache_shrink(s);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	assert_unharmed(-1);
}
END_TEST

/* A slot of the slab that was never given out. */
START_TEST(test_free_of_a_free_slot_is_reported)
{
	struct kmem_cache *s = kmem_cache_create("fresh", 64, 0, 0, NULL);
	unsigned char *page;
	unsigned char *p;

	kmem_cache_set_limit(s, 100);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	page = page_address(virt_to_page(p));
	kmem_cache_free(s, p == page ? page + 64 : page);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_free_of_a_foreign_address_is_reported)
{
	struct kmem_memory_info info;
	void *heap = malloc(64);
	int local;

	choose(_i);
	kmem_memory_info(&info);
	kmem_cache_free(cache, &local);
	assert_reported(-1);
	kmem_cache_free(cache, heap);
	assert_reported(-1);
	kmem_cache_free(cache, (char *)info.base + info.size);
	assert_reported(-1);
	kmem_cache_free(cache, (char *)info.base - 64);
	assert_reported(-1);
	kmem_cache_free(cache, (void *)8);
	assert_reported(-1);
	kmem_cache_free(cache, (void *)UINTPTR_MAX);
	assert_reported(-1);
	assert_works();
	assert_empties(-1);
	free(heap);
}
END_TEST

START_TEST(test_free_of_pages_is_reported)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	void *large = kmalloc(100000, GFP_KERNEL);
	struct page *unused = pfn_to_page(17);

	choose(_i);
	kmem_cache_free(cache, page_address(page));
	assert_reported(-1);
	kmem_cache_free(cache, large);
	assert_reported(-1);
	kmem_cache_free(cache, page_address(unused));
	assert_reported(-1);
	ck_assert_uint_eq(kmem_block_validate(page, 2), 0);
	__free_pages(page, 2);
	kfree(large);
	assert_works();
	assert_empties(-1);
}
END_TEST

START_TEST(test_bulk_free_refuses_only_the_bad_ones)
{
	void *mixed[5] = { objects[1], objects[2] + 4, objects[3], &limited,
			   objects[4] };
	struct kmem_cache_info info;

	choose(_i);
	kmem_cache_free_bulk(cache, 5, mixed);
	if (!limited)
		kmem_cache_shrink(cache);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert_uint_eq(kmem_validate(), 0);
	kmem_cache_info(cache, &info);
	ck_assert_uint_eq(info.active, OBJECTS - 3);
	objects[1] = kmem_cache_alloc(cache, GFP_KERNEL);
	objects[3] = kmem_cache_alloc(cache, GFP_KERNEL);
	objects[4] = kmem_cache_alloc(cache, GFP_KERNEL);
	assert_empties(-1);
}
END_TEST

START_TEST(test_refused_frees_leave_the_counts)
{
	struct kmem_cache_info info;

	choose(_i);
	for (int i = 0; i < 100; i++)
		kmem_cache_free(cache, objects[0] + 8);
	kmem_cache_shrink(cache);
	ck_assert_uint_eq(reports_take(), 100);
	kmem_cache_info(cache, &info);
	ck_assert_uint_eq(info.active, OBJECTS);
	ck_assert_uint_eq(info.objects, OBJECTS);
	assert_unharmed(-1);
	assert_empties(-1);
}
END_TEST

/* ---- destroy with objects in use ----------------------------------------- */

START_TEST(test_destroy_with_live_objects_is_reported)
{
	uint64_t serial = kmem_cache_serial(cache);
	size_t caches = kmem_cache_serials(NULL, 0);

	kmem_cache_destroy(cache);
	ck_assert_uint_ge(reports_take(), 1);
	ck_assert(reports_mention("victim"));
	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), caches - 1);
	ck_assert_uint_eq(kmem_cache_find("victim"), 0);
	ck_assert_ptr_null(kmem_cache_pin(serial));
	assert_unharmed(-1);
}
END_TEST

START_TEST(test_late_frees_do_no_harm)
{
	void *p[100];

	kmem_cache_destroy(cache);
	reports_take();
	for (int i = 0; i < OBJECTS / 2; i++)
		kmem_cache_free(cache, objects[i]);
	for (int i = OBJECTS / 2; i < OBJECTS; i++)
		kfree(objects[i]);
	for (int i = 0; i < 100; i++)
		p[i] = kmalloc(64, GFP_KERNEL);
	for (int i = 0; i < 100; i++)
		kfree(p[i]);
	ck_assert_uint_eq(kmem_validate(), 0);
	reports_take();
}
END_TEST

/* ---- damage -------------------------------------------------------------- */

/* Who writes after the free hits the link of the free list. */
START_TEST(test_validate_finds_a_broken_free_list)
{
	struct kmem_cache_info info;

	choose(1);
	kmem_cache_info(cache, &info);
	kmem_cache_free(cache, objects[20]);
	memset(objects[20] + info.freeptr, 0x41, sizeof(void *));
	ck_assert_uint_gt(kmem_cache_validate(cache), 0);
	ck_assert_uint_ge(reports_take(), 1);
	ck_assert_uint_gt(kmem_slab_validate(objects[20]), 0);
	kmem_exit();
	reports_take();
}
END_TEST

START_TEST(test_slab_validate_knows_what_is_no_slab)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int local;

	ck_assert_uint_eq(kmem_slab_validate(objects[0]), 0);
	ck_assert_uint_eq(kmem_slab_validate(page_address(page)), 1);
	ck_assert_uint_eq(kmem_slab_validate(&local), 1);
	ck_assert_uint_eq(kmem_slab_validate(NULL), 1);
	__free_page(page);
	reports_take();
}
END_TEST

static void add_free_tests(Suite *s)
{
	TCase *tc = suite_add(s, "free", misuse_setup, kmem_down);

	tcase_add_loop_test(tc, test_free_of_null_is_reported, 0, 2);
	tcase_add_loop_test(tc, test_double_free_is_reported, 0, 2);
	tcase_add_test(tc, test_double_free_while_parked_is_reported);
	tcase_add_loop_test(tc, test_double_free_in_bulk_is_reported, 0, 2);
#ifdef KMEM_DEBUG
	tcase_add_loop_test(tc, test_double_free_behind_others_is_reported, 0,
			    2);
#endif
	tcase_add_loop_test(tc, test_free_to_the_wrong_cache_is_reported, 0, 2);
	tcase_add_loop_test(tc, test_free_of_a_middle_pointer_is_reported, 0,
			    8);
	tcase_add_loop_test(tc, test_free_of_the_slabs_tail_is_reported, 0, 2);
	tcase_add_test(tc, test_free_of_a_free_slot_is_reported);
	tcase_add_loop_test(tc, test_free_of_a_foreign_address_is_reported, 0,
			    2);
	tcase_add_loop_test(tc, test_free_of_pages_is_reported, 0, 2);
	tcase_add_loop_test(tc, test_bulk_free_refuses_only_the_bad_ones, 0, 2);
	tcase_add_loop_test(tc, test_refused_frees_leave_the_counts, 0, 2);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("slab misuse");
	TCase *tc;

	add_free_tests(s);

	tc = suite_add(s, "destroy", misuse_setup, kmem_down);
	tcase_add_test(tc, test_destroy_with_live_objects_is_reported);
	tcase_add_test(tc, test_late_frees_do_no_harm);

	tc = suite_add(s, "damage", misuse_setup, kmem_down);
	tcase_add_test(tc, test_validate_finds_a_broken_free_list);
	tcase_add_test(tc, test_slab_validate_knows_what_is_no_slab);
	return s;
}
