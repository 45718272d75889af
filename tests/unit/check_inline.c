/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_inline.c - the fast paths that programs have compiled into them: they
 * do what the functions do, and can be mixed with them
 */
#define KMEM_INLINE_ALL
#include <string.h>

#include <kmem/inline.h>

#include "fixture.h"
#include "runner.h"

#define MANY 1000

static void *objects[MANY];

static struct kmem_cache_info look(struct kmem_cache *s)
{
	struct kmem_cache_info info;

	ck_assert_uint_eq(kmem_cache_validate(s), 0);
	kmem_cache_info(s, &info);
	return info;
}

START_TEST(test_objects_come_and_go)
{
	struct kmem_cache *s = kmem_cache_create("inline", 64, 0, 0, NULL);

	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < MANY; i++) {
			objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
			ck_assert_ptr_nonnull(objects[i]);
			memset(objects[i], (int)i, 64);
		}
		ck_assert_uint_eq(look(s).active, MANY);
		for (unsigned int i = 0; i < MANY; i++) {
			ck_assert(bytes_are(objects[i], 64, (unsigned char)i));
			kmem_cache_free(s, objects[i]);
		}
		ck_assert_uint_eq(look(s).active, 0);
	}
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_both_ways_share_what_is_parked)
{
	struct kmem_cache *s = kmem_cache_create("inline", 64, 0, 0, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	(kmem_cache_free)(s, object);
	ck_assert_ptr_eq(kmem_cache_alloc(s, GFP_KERNEL), object);
	kmem_cache_free(s, object);
	ck_assert_ptr_eq((kmem_cache_alloc)(s, GFP_KERNEL), object);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_zero_is_zero)
{
	struct kmem_cache *s = kmem_cache_create("inline", 64, 0, 0, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	memset(object, 0xff, 64);
	kmem_cache_free(s, object);
	object = kmem_cache_alloc(s, GFP_KERNEL | __GFP_ZERO);
	ck_assert(bytes_are(object, 64, 0));
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_wrong_frees_are_told_of)
{
	struct kmem_cache *s = kmem_cache_create("inline", 64, 0, 0, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, NULL);
	ck_assert_uint_eq(reports_take(), 1);
	kmem_cache_free(s, object);
	ck_assert_uint_eq(reports_take(), 0);
	kmem_cache_free(s, object);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("is free already"));
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_limit_is_exact)
{
	struct kmem_cache *s = kmem_cache_create("inline", 64, 0, 0, NULL);

	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_set_limit(s, 2);
	objects[0] = kmem_cache_alloc(s, GFP_KERNEL);
	objects[1] = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_ptr_null(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, objects[1]);
	objects[1] = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert_ptr_nonnull(objects[1]);
	kmem_cache_free(s, objects[0]);
	kmem_cache_free(s, objects[1]);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_debugging_sees_every_object)
{
	struct kmem_cache *s = kmem_cache_create(
		"inline", 64, 0, SLAB_POISON | SLAB_CONSISTENCY_CHECKS, NULL);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);

	kmem_cache_free(s, object);
	object[10] = 1;
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	ck_assert_uint_gt(reports_take(), 0);
	ck_assert(reports_mention("Poison"));
	/* Its slab stays as it is, and with it the cache. */
	kmem_cache_destroy(s);
	reports_take();
}
END_TEST

/* Bits that the library sets for all of its caches. */
START_TEST(test_options_hold)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.nodes = 2,
		.cpus = 2,
		.init_on_alloc = _i == 0,
		.init_on_free = _i == 1,
	};
	struct kmem_cache *s;
	char *object;

	kmem_down();
	kmem_up_with(&config);
	s = kmem_cache_create("inline", 64, 0, 0, NULL);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	memset(object, 0xff, 64);
	kmem_cache_free(s, object);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	ck_assert(bytes_are(object, 64, 0));
	kmem_cache_free(s, object);
	ck_assert_uint_eq(look(s).active, 0);
	kmem_cache_destroy(s);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("inline");
	TCase *tc = suite_add(s, "pairs", kmem_up, kmem_down);

	tcase_add_test(tc, test_objects_come_and_go);
	tcase_add_test(tc, test_both_ways_share_what_is_parked);
	tcase_add_test(tc, test_zero_is_zero);
	tcase_add_test(tc, test_wrong_frees_are_told_of);
	tcase_add_test(tc, test_limit_is_exact);
	tcase_add_test(tc, test_debugging_sees_every_object);
	tcase_add_loop_test(tc, test_options_hold, 0, 2);
	return s;
}
