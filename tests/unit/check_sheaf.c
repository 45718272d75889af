/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_sheaf.c - sheaves: spare, barn, prefilled ones; and what hardening does
 * to objects on their way
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define MANY 2000

static struct buddyinfo at_start;
static struct kmem_cache *cache;

static void sheaf_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
	cache = kmem_cache_create("sheaf", 64, 0, 0, NULL);
	ck_assert_ptr_nonnull(cache);
}

static void sheaf_teardown(void)
{
	kmem_cache_destroy(cache);
	buddyinfo_assert_as(&at_start);
	kmem_down();
}

static struct kmem_cache_info look(void)
{
	struct kmem_cache_info info;

	ck_assert_uint_eq(kmem_cache_validate(cache), 0);
	kmem_cache_info(cache, &info);
	ck_assert_uint_eq(info.objects, info.active + info.cached);
	return info;
}

static void *objects[MANY];

static void take_many(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(objects[i]);
	}
}

static void give_many(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kmem_cache_free(cache, objects[i]);
}

START_TEST(test_frees_fill_main_spare_and_barn_then_slabs)
{
	unsigned int capacity = look().sheaf_capacity;
	struct kmem_cache_info info;

	take_many(MANY);
	give_many(MANY);
	info = look();
	ck_assert_uint_eq(info.active, 0);
	/* Main, spare and ten in the barn, as far as they are full. */
	ck_assert_uint_ge(info.cached, 11 * capacity);
	ck_assert_uint_le(info.cached, 12 * capacity);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_barn_put], 10);
	ck_assert_uint_gt(info.stat[KMEM_CACHE_STAT_barn_put_fail], 0);
	ck_assert_uint_gt(info.stat[KMEM_CACHE_STAT_sheaf_flush], 0);
}
END_TEST

START_TEST(test_allocations_empty_the_barn_before_slabs)
{
	struct kmem_cache_info before, after;

	take_many(MANY);
	give_many(MANY);
	before = look();
	take_many((unsigned int)before.cached);
	after = look();
	ck_assert_uint_eq(after.cached, 0);
	ck_assert_uint_eq(after.stat[KMEM_CACHE_STAT_barn_get], 10);
	ck_assert_uint_eq(after.stat[KMEM_CACHE_STAT_sheaf_refill],
			  before.stat[KMEM_CACHE_STAT_sheaf_refill]);
	give_many((unsigned int)before.cached);
}
END_TEST

/* After it was emptied by force it begins again, with ten. */
static void give_what_overflows(void)
{
	take_many(MANY);
	give_many(MANY);
	ck_assert_uint_le(look().cached, 12ul * look().sheaf_capacity);
}

/* What a program takes and gives again and again comes to fit. */
START_TEST(test_barn_grows_with_what_goes_to_and_fro)
{
	struct kmem_cache_info before, after;

	for (unsigned int i = 0; i < 10; i++) {
		take_many(MANY);
		give_many(MANY);
	}
	before = look();
	ck_assert_uint_gt(before.cached, MANY - before.sheaf_capacity);
	take_many(MANY);
	give_many(MANY);
	after = look();
	ck_assert_uint_eq(after.stat[KMEM_CACHE_STAT_sheaf_flush],
			  before.stat[KMEM_CACHE_STAT_sheaf_flush]);
	ck_assert_uint_eq(after.stat[KMEM_CACHE_STAT_sheaf_refill],
			  before.stat[KMEM_CACHE_STAT_sheaf_refill]);
}
END_TEST

/* Of the memory, 64 MiB, no more than a 64th. */
START_TEST(test_barn_grows_to_a_limit)
{
	const unsigned long most = TEST_MEMORY / 64 / 64;
	static void *many[4 * TEST_MEMORY / 64 / 64];
	unsigned int capacity = look().sheaf_capacity;

	for (unsigned int i = 0; i < 20; i++) {
		for (unsigned int k = 0; k < 4 * most; k++)
			many[k] = kmem_cache_alloc(cache, GFP_KERNEL);
		for (unsigned int k = 0; k < 4 * most; k++)
			kmem_cache_free(cache, many[k]);
	}
	ck_assert_uint_gt(look().cached, most / 2);
	ck_assert_uint_le(look().cached, most + 2ul * capacity);
	kmem_cache_shrink(cache);
	give_what_overflows();
}
END_TEST

static void give_all_elsewhere(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	for (unsigned int i = 0; i < MANY; i++)
		kmem_cache_free(cache, objects[i]);
}

/* What another thread frees comes back by the sheaf, not by the object. */
START_TEST(test_objects_freed_by_another_thread_come_back_through_the_barn)
{
	take_many(MANY);
	thread_run(give_all_elsewhere, NULL);
	ck_assert_uint_eq(look().active, 0);
	/* That thread's own sheaves went with it; the barn stays. */
	ck_assert_uint_ge(look().cached, 10 * look().sheaf_capacity);
	take_many(look().sheaf_capacity * 2);
	ck_assert_uint_ge(look().stat[KMEM_CACHE_STAT_barn_get], 1);
	give_many(look().sheaf_capacity * 2);
}
END_TEST

START_TEST(test_shrink_empties_every_sheaf)
{
	take_many(MANY);
	give_many(MANY);
	ck_assert_int_eq(kmem_cache_shrink(cache), 0);
	ck_assert_uint_eq(look().cached, 0);
	ck_assert_uint_eq(look().slabs, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_limit_empties_every_sheaf_and_holds)
{
	take_many(MANY);
	give_many(MANY);
	kmem_cache_set_limit(cache, 3);
	ck_assert_uint_eq(look().cached, 0);
	take_many(3);
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
	give_many(3);
	ck_assert_uint_eq(look().cached, 0);
	kmem_cache_set_limit(cache, KMEM_NO_LIMIT);
}
END_TEST

START_TEST(test_bulk_takes_whole_sheaves)
{
	unsigned int capacity = look().sheaf_capacity;

	take_many(MANY);
	give_many(MANY);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 5 * capacity,
					objects));
	ck_assert_uint_gt(look().stat[KMEM_CACHE_STAT_barn_get], 0);
	ck_assert_uint_eq(look().active, 5 * capacity);
	kmem_cache_free_bulk(cache, 5 * capacity, objects);
}
END_TEST

/* ---- prefilled sheaves ---- */

START_TEST(test_prefilled_sheaf_gives_its_objects_and_no_more)
{
	struct slab_sheaf *sheaf;

	sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 5);
	ck_assert_ptr_nonnull(sheaf);
	ck_assert_uint_ge(kmem_cache_sheaf_size(sheaf), 5);
	for (unsigned int n = kmem_cache_sheaf_size(sheaf), i = 0; i < n; i++) {
		objects[i] =
			kmem_cache_alloc_from_sheaf(cache, GFP_KERNEL, sheaf);
		ck_assert_ptr_nonnull(objects[i]);
		ck_assert_uint_eq(look().active, n);
		if (i + 1 == n) {
			ck_assert_ptr_null(kmem_cache_alloc_from_sheaf(
				cache, GFP_KERNEL, sheaf));
			kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
			give_many(n);
		}
	}
	ck_assert_uint_eq(look().active, 0);
}
END_TEST

START_TEST(test_prefilled_sheaf_above_capacity_is_made_for_it)
{
	unsigned int size = 3 * look().sheaf_capacity;
	struct slab_sheaf *sheaf =
		kmem_cache_prefill_sheaf(cache, GFP_KERNEL, size);

	ck_assert_ptr_nonnull(sheaf);
	ck_assert_uint_eq(kmem_cache_sheaf_size(sheaf), size);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_sheaf_prefill_oversize],
			  1);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	ck_assert_uint_eq(look().active, 0);
}
END_TEST

START_TEST(test_full_sheaf_is_lent_and_taken_back_whole)
{
	struct slab_sheaf *sheaf;

	take_many(MANY);
	give_many(MANY);
	sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 2);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_sheaf_prefill_fast], 1);
	ck_assert_uint_eq(kmem_cache_sheaf_size(sheaf), look().sheaf_capacity);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_sheaf_return_fast], 1);
	ck_assert_uint_eq(look().active, 0);
}
END_TEST

START_TEST(test_refill_fills_up_or_leaves_as_it_was)
{
	unsigned int capacity = look().sheaf_capacity;
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL,
							    4),
			  *none = NULL;

	ck_assert_int_eq(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &none, 1),
			 -EINVAL);
	ck_assert_int_eq(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf,
						 capacity),
			 0);
	ck_assert_uint_eq(kmem_cache_sheaf_size(sheaf), capacity);
	kmem_cache_set_limit(cache, capacity + 1);
	ck_assert_int_eq(kmem_cache_refill_sheaf(cache, GFP_KERNEL, &sheaf,
						 2 * capacity),
			 -ENOMEM);
	ck_assert_uint_eq(kmem_cache_sheaf_size(sheaf), capacity);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
	kmem_cache_set_limit(cache, KMEM_NO_LIMIT);
	ck_assert_ptr_null(kmem_cache_prefill_sheaf(cache, GFP_KERNEL, 0));
}
END_TEST

/* ---- hardening ---- */

START_TEST(test_immediate_double_free_is_reported_and_refused)
{
	void *object = kmem_cache_alloc(cache, GFP_KERNEL), *a, *b;

	kmem_cache_free(cache, object);
	kmem_cache_free(cache, object);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("free already"));
	a = kmem_cache_alloc(cache, GFP_KERNEL);
	b = kmem_cache_alloc(cache, GFP_KERNEL);
	ck_assert_ptr_ne(a, b);
	kmem_cache_free(cache, a);
	kmem_cache_free(cache, b);
}
END_TEST

static void hardened_setup(void)
{
	struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.freelist_random = true,
	};

	kmem_up_with(&config);
}

/* 64 objects in ascending order twice in a row is not what chance does. */
START_TEST(test_freelist_random_gives_no_ascending_slab)
{
	struct kmem_cache *s = kmem_cache_create("random", 64, 0, 0, NULL);
	unsigned int ascending = 0;

	kmem_cache_set_limit(s, MANY); /* no sheaves: slab order shows */
	for (unsigned int i = 0; i < 128; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 1; i < 128; i++)
		ascending += objects[i] > objects[i - 1];
	ck_assert_uint_lt(ascending, 126);
	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kmem_cache_free_bulk(s, 128, objects);
	kmem_cache_destroy(s);
}
END_TEST

static void add_sheaf_tests(TCase *tc)
{
	tcase_add_test(tc, test_frees_fill_main_spare_and_barn_then_slabs);
	tcase_add_test(tc, test_allocations_empty_the_barn_before_slabs);
	tcase_add_test(tc, test_barn_grows_with_what_goes_to_and_fro);
	tcase_add_test(tc, test_barn_grows_to_a_limit);
	tcase_add_test(
		tc,
		test_objects_freed_by_another_thread_come_back_through_the_barn);
	tcase_add_test(tc, test_shrink_empties_every_sheaf);
	tcase_add_test(tc, test_limit_empties_every_sheaf_and_holds);
	tcase_add_test(tc, test_bulk_takes_whole_sheaves);
	tcase_add_test(tc, test_prefilled_sheaf_gives_its_objects_and_no_more);
	tcase_add_test(tc, test_prefilled_sheaf_above_capacity_is_made_for_it);
	tcase_add_test(tc, test_full_sheaf_is_lent_and_taken_back_whole);
	tcase_add_test(tc, test_refill_fills_up_or_leaves_as_it_was);
	tcase_add_test(tc, test_immediate_double_free_is_reported_and_refused);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("sheaf");
	TCase *tc = suite_add(s, "sheaves", sheaf_setup, sheaf_teardown);

	add_sheaf_tests(tc);
	tc = suite_add(s, "hardening", hardened_setup, kmem_down);
	tcase_add_test(tc, test_freelist_random_gives_no_ascending_slab);
	return s;
}
