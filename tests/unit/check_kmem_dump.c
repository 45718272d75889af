/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kmem_dump.c - what kmem_dump_obj() tells about an address
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* The fixture cuts reports; a dump is longer. */
static char told[8192];

static void remember(void *arg, const char *text)
{
	(void)arg;
	snprintf(told, sizeof(told), "%s", text);
}

static void dump_setup(void)
{
	kmem_up();
	told[0] = '\0';
	kmem_set_report(remember, NULL);
}

static struct kmem_cache *cache_with(slab_flags_t flags)
{
	return kmem_cache_create("mine", 100, 0, flags, NULL);
}

START_TEST(test_dump_of_a_plain_object)
{
	struct kmem_cache *s = cache_with(0);
	char *p = kmem_cache_alloc(s, GFP_KERNEL), want[128];
	unsigned long faults = kmem_report_count();

	ck_assert(kmem_dump_obj(p));
	snprintf(want, sizeof(want),
		 " slab mine start %p pointer offset 0 size 100", (void *)p);
	ck_assert_str_eq(told, want);
	ck_assert(kmem_dump_obj(p + 37));
	snprintf(want, sizeof(want),
		 " slab mine start %p pointer offset 37 size 100", (void *)p);
	ck_assert_str_eq(told, want);
	/* Somebody asked: nothing is wrong. */
	ck_assert_uint_eq(kmem_report_count(), faults);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_dump_counts_the_red_zone)
{
	struct kmem_cache *s = cache_with(SLAB_RED_ZONE);
	char *p = kmem_cache_alloc(s, GFP_KERNEL), want[128];

	ck_assert(kmem_dump_obj(p + 5));
	snprintf(want, sizeof(want),
		 " slab mine start %p data offset 8 pointer offset 5 size 100",
		 (void *)(p - 8));
	ck_assert_str_eq(told, want);
	ck_assert(kmem_dump_obj(p - 3));
	ck_assert_ptr_nonnull(strstr(told, " pointer offset -3 "));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

/* How many lines of @told follow the one that contains @word. */
static unsigned int lines_after(const char *word)
{
	const char *at = strstr(told, word);
	unsigned int n = 0;

	ck_assert_ptr_nonnull(at);
	while ((at = strchr(at, '\n')) && strncmp(at, "\n    ", 5) == 0) {
		at++;
		n++;
	}
	return n;
}

START_TEST(test_dump_knows_who_allocated)
{
	struct kmem_cache *s = cache_with(SLAB_STORE_USER);
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	ck_assert(kmem_dump_obj(p));
	ck_assert_uint_ge(lines_after(" allocated at "), 1);
	ck_assert_uint_le(lines_after(" allocated at "), 16);
	ck_assert_ptr_null(strstr(told, "Free path"));
	ck_assert_int_ne(told[strlen(told) - 1], '\n');
	kmem_cache_free(s, p);
	ck_assert(kmem_dump_obj(p));
	ck_assert_uint_ge(lines_after(" allocated at "), 1);
	ck_assert_uint_ge(lines_after(" Free path:"), 1);
	ck_assert_uint_le(lines_after(" Free path:"), 16);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_dump_of_anything_but_an_object_is_refused)
{
	unsigned long page = __get_free_pages(GFP_KERNEL, 0);
	void *large = kmalloc(20000, GFP_KERNEL), *heap = malloc(8);
	int local;

	ck_assert(!kmem_dump_obj(NULL));
	ck_assert(!kmem_dump_obj(ZERO_SIZE_PTR));
	ck_assert(!kmem_dump_obj(&local));
	ck_assert(!kmem_dump_obj(heap));
	ck_assert(!kmem_dump_obj((void *)UINTPTR_MAX));
	ck_assert(!kmem_dump_obj((void *)page));
	ck_assert(!kmem_dump_obj(large));
	ck_assert_str_eq(told, "");
	free(heap);
	kfree(large);
	free_pages(page, 0);
}
END_TEST

/* Slabs have bytes behind their last object that belong to none. */
START_TEST(test_dump_of_every_address_of_a_slab)
{
	struct kmem_cache *s = cache_with(SLAB_STORE_USER | SLAB_RED_ZONE);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);
	struct kmem_location location;
	char *slab;

	ck_assert(kmem_locate(p, &location));
	slab = page_address(pfn_to_page(location.slab_pfn));
	for (size_t i = 0; i < KMEM_PAGE_SIZE << location.order; i++) {
		ck_assert(kmem_dump_obj(slab + i));
		ck_assert_ptr_nonnull(strstr(told, " slab mine start "));
	}
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}
END_TEST

/* There, padding must not be taken for the names of functions. */
START_TEST(test_dump_behind_the_last_object_names_nobody)
{
	const slab_flags_t flags = SLAB_STORE_USER | SLAB_POISON;
	struct kmem_location location;
	struct kmem_cache *s;
	char *p, *slab;

	for (unsigned int size = 8; size < 2000; size += 8) {
		s = kmem_cache_create("mine", size, 0, flags, NULL);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		ck_assert(kmem_locate(p, &location));
		slab = page_address(pfn_to_page(location.slab_pfn));
		slab += KMEM_PAGE_SIZE << location.order;
		ck_assert(kmem_dump_obj(slab - 1));
		ck_assert_ptr_null(strstr(told, "5a5a5a5a"));
		kmem_cache_free(s, p);
		kmem_cache_destroy(s);
	}
}
END_TEST

START_TEST(test_dump_needs_no_hook)
{
	void *p = kmalloc(64, GFP_KERNEL);

	kmem_set_report(NULL, NULL);
	ck_assert(kmem_dump_obj(p));
	kfree(p);
}
END_TEST

/* With kmem_set_panic_on_report(): a dump is none. */
START_TEST(test_dump_does_not_panic)
{
	void *p = kmalloc(64, GFP_KERNEL);

	kmem_set_panic_on_report(true);
	ck_assert(kmem_dump_obj(p));
	kmem_set_panic_on_report(false);
	kfree(p);
}
END_TEST

START_TEST(test_dump_before_the_stack_is_up)
{
	int local;

	ck_assert(!kmem_dump_obj(&local));
	ck_assert(!kmem_ready());
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("kmem_dump");
	TCase *tc = suite_add(s, "dump", dump_setup, kmem_down);

	tcase_add_test(tc, test_dump_of_a_plain_object);
	tcase_add_test(tc, test_dump_counts_the_red_zone);
	tcase_add_test(tc, test_dump_knows_who_allocated);
	tcase_add_test(tc, test_dump_of_anything_but_an_object_is_refused);
	tcase_add_test(tc, test_dump_of_every_address_of_a_slab);
	tcase_add_test(tc, test_dump_behind_the_last_object_names_nobody);
	tcase_add_test(tc, test_dump_needs_no_hook);
	tcase_add_test(tc, test_dump_does_not_panic);
	tcase_add_test(suite_add(s, "down", NULL, NULL),
		       test_dump_before_the_stack_is_up);
	return s;
}
