/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kvmalloc.c - blocks of any size: from where, and that they get back
 */
#include <string.h>

#include <kmem/rcu.h>
#include <kmem/vmalloc.h>

#include "fixture.h"
#include "runner.h"

#define PAGE KMEM_PAGE_SIZE

static unsigned long nr_areas(void)
{
	struct kmem_vmalloc_info info;

	kmem_vmalloc_info(&info);
	return info.areas;
}

static void teardown(void)
{
	ck_assert_uint_eq(nr_areas(), 0);
	kmem_down();
}

static const size_t sizes[] = { 1,
				64,
				PAGE,
				PAGE + 1,
				64 * 1024,
				KMALLOC_MAX_SIZE,
				KMALLOC_MAX_SIZE + 1,
				9 * MIB };

#define NR_SIZES (sizeof(sizes) / sizeof(*sizes))

START_TEST(test_block_of_any_size)
{
	size_t size = sizes[_i];
	unsigned char *p = kvmalloc(size, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(is_vmalloc_addr(p), size > KMALLOC_MAX_SIZE);
	memset(p, 0x5a, size);
	kvfree(p);
	p = kvzalloc(size, GFP_KERNEL);
	ck_assert(bytes_are(p, size, 0));
	kvfree_sensitive(p, size);
	p = kvmalloc_node(size, GFP_KERNEL, 0);
	kvfree_atomic(p);
	p = kvzalloc_node(size, GFP_KERNEL, NUMA_NO_NODE);
	ck_assert(bytes_are(p, size, 0));
	kvfree_atomic(p);
	kmem_rcu_barrier();
}
END_TEST

START_TEST(test_nothing_and_too_much)
{
	volatile size_t max = SIZE_MAX;

	ck_assert_ptr_eq(kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kvfree(ZERO_SIZE_PTR);
	kvfree(NULL);
	ck_assert_ptr_null(kvmalloc(max, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(kvmalloc(max, GFP_KERNEL | __GFP_NOWARN));
	ck_assert_ptr_null(kvmalloc(TEST_MEMORY * 2, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(kvmalloc_array(max / 2, 3, GFP_KERNEL));
	ck_assert_ptr_null(kvcalloc(3, max / 2, GFP_KERNEL));
	ck_assert_ptr_null(kvmalloc_array_node(max / 2, 3, GFP_KERNEL, 0));
	ck_assert_ptr_null(kvcalloc_node(3, max / 2, GFP_KERNEL, 0));
}
END_TEST

/* No block of 8 pages is left, but enough pages: single ones will do. */
START_TEST(test_without_a_whole_block_single_pages_do)
{
	static struct page *all[TEST_MEMORY / PAGE + 1]; /* and a NULL */
	unsigned long n = 0;
	char *p;

	while ((all[n] =
			alloc_page(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN)))
		n++;
	for (unsigned long i = 0; i < n; i++) {
		if (page_to_pfn(all[i]) % 2 == 0) {
			__free_page(all[i]);
			all[i] = NULL;
		}
	}
	drain_all_pages();
	p = kvmalloc(32 * 1024, GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	ck_assert(is_vmalloc_addr(p));
	memset(p, 1, 32 * 1024);
	kvfree(p);
	while (n--)
		if (all[n])
			__free_page(all[n]);
}
END_TEST

START_TEST(test_arrays_and_types)
{
	struct thing {
		int a;
		int rest[];
	} * thing;
	volatile size_t max = SIZE_MAX;
	int *n = kvcalloc(1000, sizeof(int), GFP_KERNEL);

	ck_assert(bytes_are(n, 4000, 0));
	kvfree(n);
	n = kvmalloc_objs(*n, 10);
	n[9] = 1;
	kvfree(n);
	n = kvzalloc_obj(*n, GFP_NOWAIT);
	ck_assert_int_eq(*n, 0);
	kvfree(n);
	thing = kvzalloc_flex(*thing, rest, 2000000);
	ck_assert_ptr_nonnull(thing);
	ck_assert(is_vmalloc_addr(thing));
	ck_assert_int_eq(thing->rest[1999999], 0);
	kvfree(thing);
	ck_assert_ptr_null(kvmalloc_flex(*thing, rest, max / 2, GFP_NOWAIT));
}
END_TEST

/* From one kind of memory to the other and back. */
START_TEST(test_resize)
{
	unsigned char *p = kvrealloc(NULL, 100, GFP_KERNEL);

	memset(p, 7, 100);
	for (size_t i = 0; i < NR_SIZES; i++) {
		size_t size = sizes[i] < 100 ? 100 : sizes[i];

		p = kvrealloc(p, size, GFP_KERNEL);
		ck_assert_ptr_nonnull(p);
		ck_assert(bytes_are(p, 100, 7));
		p[size - 1] = 7;
	}
	ck_assert(is_vmalloc_addr(p));
	ck_assert_ptr_null(kvrealloc(p, 2 * TEST_MEMORY, GFP_NOWAIT));
	ck_assert(bytes_are(p, 100, 7));
	p = kvrealloc(p, 100, GFP_KERNEL);
	ck_assert(bytes_are(p, 100, 7));
	ck_assert_ptr_null(kvrealloc(p, 0, GFP_KERNEL));
	p = kvmalloc(10, GFP_KERNEL);
	ck_assert_ptr_eq(kvrealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert_ptr_eq(kvrealloc(NULL, 0, GFP_KERNEL), ZERO_SIZE_PTR);
}
END_TEST

START_TEST(test_foreign_pointers_are_refused)
{
	char here[64] = "untouched";
	char *area = vmalloc(PAGE);

	kvfree(here);
	kvfree(area + 8);
	kvfree_sensitive(here, sizeof(here));
	kvfree_sensitive(area + 8, 8);
	ck_assert_uint_eq(reports_take(), 4);
	ck_assert_str_eq(here, "untouched");
	ck_assert_ptr_null(kvrealloc(here, 128, GFP_KERNEL));
	ck_assert_ptr_null(kvrealloc(area + 8, 128, GFP_KERNEL));
	ck_assert_uint_eq(reports_take(), 2);
	/* More than there is: only what there is. */
	kvfree_sensitive(area, 10 * PAGE);
	kvfree_sensitive(kvmalloc(10, GFP_KERNEL), SIZE_MAX);
}
END_TEST

struct deferred {
	char text[3 * PAGE];
	struct kmem_rcu_head rcu;
};

START_TEST(test_free_after_readers)
{
	struct deferred *small = kvmalloc(sizeof(*small), GFP_KERNEL);
	struct deferred *area = vmalloc(sizeof(*area));

	if (!kmem_has_rcu()) {
		kvfree(small);
		vfree(area);
		return;
	}
	kvfree_rcu(small, rcu);
	kvfree_rcu(area, rcu);
	kmem_rcu_barrier();
	kvfree_rcu_mightsleep(vmalloc(PAGE));
	kvfree_rcu_mightsleep(kmalloc(10, GFP_KERNEL));
	ck_assert_uint_eq(nr_areas(), 0);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, test_block_of_any_size, 0, NR_SIZES);
	tcase_add_test(tc, test_nothing_and_too_much);
	tcase_add_test(tc, test_without_a_whole_block_single_pages_do);
	tcase_add_test(tc, test_arrays_and_types);
	tcase_add_test(tc, test_resize);
	tcase_add_test(tc, test_foreign_pointers_are_refused);
	tcase_add_test(tc, test_free_after_readers);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("kvmalloc");

	add_tests(suite_add(s, "anonymous", kmem_up, teardown));
	add_tests(suite_add(s, "memfd", kmem_up_memfd, teardown));
	return s;
}
