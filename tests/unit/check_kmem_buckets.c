/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kmem_buckets.c - size classes of one's own
 */
#include <string.h>

#include "fixture.h"
#include "runner.h"

static struct buddyinfo at_start;

static void buckets_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
}

static const struct {
	unsigned int size;
	const char *name;
} classes[] = {
	{ 8, "mine-8" },     { 16, "mine-16" },	  { 32, "mine-32" },
	{ 64, "mine-64" },   { 96, "mine-96" },	  { 128, "mine-128" },
	{ 192, "mine-192" }, { 256, "mine-256" }, { 512, "mine-512" },
	{ 1024, "mine-1k" }, { 2048, "mine-2k" }, { 4096, "mine-4k" },
	{ 8192, "mine-8k" },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

/* The snapshot of the cache that an object is from; false: it is from none. */
static bool cache_of(const void *p, struct kmem_cache_info *ret_info)
{
	struct kmem_location location;
	struct kmem_cache *s;

	ck_assert(kmem_locate(p, &location));
	s = location.cache ? kmem_cache_pin(location.cache) : NULL;
	if (!s)
		return false;
	kmem_cache_info(s, ret_info);
	kmem_cache_unpin(s);
	return true;
}

START_TEST(test_each_class_is_a_cache_of_the_set)
{
	kmem_buckets *b =
		kmem_buckets_create("mine", SLAB_ACCOUNT, 0, 8192, NULL);
	struct kmem_cache_info info;

	ck_assert_ptr_nonnull(b);
	for (size_t i = 0; i < CLASSES; i++) {
		void *p = kmem_buckets_alloc(b, classes[i].size, GFP_KERNEL);

		ck_assert(cache_of(p, &info));
		ck_assert_str_eq(info.name, classes[i].name);
		ck_assert_uint_eq(info.spec.object_size, classes[i].size);
		ck_assert_uint_eq(info.spec.flags,
				  SLAB_ACCOUNT | SLAB_NO_MERGE);
		ck_assert_uint_eq(
			(uintptr_t)p % (classes[i].size & -classes[i].size), 0);
		kfree(p);
	}
	kmem_buckets_destroy(b);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_sizes_go_where_kmalloc_would_put_them)
{
	kmem_buckets *b = kmem_buckets_create("mine", 0, 0, 0, NULL);

	for (size_t n = 1; n <= 8192; n++) {
		void *p = kmem_buckets_alloc(b, n, GFP_KERNEL);

		ck_assert_uint_eq(ksize(p), kmalloc_size_roundup(n));
		kfree(p);
	}
	kmem_buckets_destroy(b);
}
END_TEST

START_TEST(test_the_kind_is_the_sets)
{
	kmem_buckets *b = kmem_buckets_create("mine", 0, 0, 0, NULL);
	void *p = kmem_buckets_alloc(b, 100, GFP_KERNEL_ACCOUNT);
	struct kmem_cache_info info;

	ck_assert(cache_of(p, &info));
	ck_assert_str_eq(info.name, "mine-128");
	kfree(p);
	kmem_buckets_destroy(b);
}
END_TEST

START_TEST(test_large_and_empty_blocks_are_nobodys)
{
	kmem_buckets *b = kmem_buckets_create("mine", 0, 0, 0, NULL);
	void *p = kmem_buckets_alloc(b, 8193, GFP_KERNEL);
	struct kmem_cache_info info;

	ck_assert(!cache_of(p, &info));
	ck_assert_uint_eq(ksize(p), 16384);
	ck_assert_ptr_eq(kmem_buckets_alloc(b, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_ptr_null(
		kmem_buckets_alloc(b, KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	kfree(p);
	kmem_buckets_destroy(b);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_no_set_means_kmalloc)
{
	void *p = kmem_buckets_alloc(NULL, 100, GFP_KERNEL_ACCOUNT);
	struct kmem_cache_info info;

	ck_assert(cache_of(p, &info));
	ck_assert_str_eq(info.name, "kmalloc-cg-128");
	kfree(p);
}
END_TEST

START_TEST(test_the_window_is_cut_to_each_class)
{
	kmem_buckets *b = kmem_buckets_create("mine", 0, 48, 100, NULL);
	struct kmem_cache_info info;

	for (size_t i = 0; i < CLASSES; i++) {
		void *p = kmem_buckets_alloc(b, classes[i].size, GFP_KERNEL);
		unsigned int size = classes[i].size, rest;

		ck_assert(cache_of(p, &info));
		rest = size > 48 ? size - 48 : 0;
		ck_assert_uint_eq(info.spec.useroffset, rest ? 48 : 0);
		ck_assert_uint_eq(info.spec.usersize, rest < 100 ? rest : 100);
		kfree(p);
	}
	kmem_buckets_destroy(b);
}
END_TEST

static void construct(void *object)
{
	memset(object, 0x42, 8);
}

START_TEST(test_objects_are_constructed)
{
	kmem_buckets *b = kmem_buckets_create("mine", 0, 0, 0, construct);

	for (size_t i = 0; i < CLASSES; i++) {
		void *p = kmem_buckets_alloc(b, classes[i].size, GFP_KERNEL);

		ck_assert(bytes_are(p, 8, 0x42));
		kfree(p);
	}
	kmem_buckets_destroy(b);
}
END_TEST

START_TEST(test_failed_create_leaves_nothing)
{
	size_t caches = kmem_cache_serials(NULL, 0);
	char name[KMEM_NAME_MAX + 1];

	ck_assert_ptr_null(kmem_buckets_create("mine", 1u << 31, 0, 0, NULL));
	ck_assert_uint_eq(reports_take(), 1);
	/* NAME-8 is just short enough, NAME-16 is not. */
	memset(name, 'x', sizeof(name));
	name[KMEM_NAME_MAX - 2] = '\0';
	ck_assert_ptr_null(kmem_buckets_create(name, 0, 0, 0, NULL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(kmem_buckets_create(NULL, 0, 0, 0, NULL));
	reports_take();
	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), caches);
	kmem_buckets_destroy(NULL);
}
END_TEST

START_TEST(test_destroy_removes_the_caches)
{
	size_t caches = kmem_cache_serials(NULL, 0);
	kmem_buckets *b = kmem_buckets_create("mine", 0, 0, 0, NULL);

	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), caches + CLASSES);
	kmem_buckets_destroy(b);
	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), caches);
	ck_assert_uint_eq(kmem_cache_find("mine-64"), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("kmem_buckets");
	TCase *tc = suite_add(s, "buckets", buckets_setup, kmem_down);

	tcase_add_test(tc, test_each_class_is_a_cache_of_the_set);
	tcase_add_test(tc, test_sizes_go_where_kmalloc_would_put_them);
	tcase_add_test(tc, test_the_kind_is_the_sets);
	tcase_add_test(tc, test_large_and_empty_blocks_are_nobodys);
	tcase_add_test(tc, test_no_set_means_kmalloc);
	tcase_add_test(tc, test_the_window_is_cut_to_each_class);
	tcase_add_test(tc, test_objects_are_constructed);
	tcase_add_test(tc, test_failed_create_leaves_nothing);
	tcase_add_test(tc, test_destroy_removes_the_caches);
	return s;
}
