/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_views.c - what can be seen of a cache from outside: the map of its
 * objects, where they come from, and the names that were merged into it
 */
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define OBJECTS 100

/* ---- map ---- */

struct tally {
	unsigned int slabs;
	unsigned int state[4];
	unsigned long last_pfn;
	bool ascending;
	const void *watched;
	int watched_state;
};

static void tally_slab(void *arg, const struct kmem_slab_info *slab)
{
	struct tally *tally = arg;
	struct kmem_location at;

	tally->ascending &= tally->slabs == 0 || slab->pfn > tally->last_pfn;
	tally->last_pfn = slab->pfn;
	tally->slabs++;
	for (unsigned int i = 0; i < slab->objects; i++)
		tally->state[slab->state[i]]++;
	if (tally->watched && kmem_locate(tally->watched, &at) &&
	    at.slab_pfn == slab->pfn)
		tally->watched_state = slab->state[at.index];
}

static struct tally tally_of(struct kmem_cache *s, const void *watched)
{
	struct tally tally = {
		.ascending = true,
		.watched = watched,
		.watched_state = -1,
	};

	ck_assert_int_eq(kmem_cache_map(s, SIZE_MAX, tally_slab, &tally), 0);
	ck_assert(tally.ascending);
	return tally;
}

START_TEST(test_map_shows_every_object_in_its_state)
{
	struct kmem_cache *s = kmem_cache_create("map", 200, 0, 0, NULL);
	struct kmem_cache_info info;
	void *objects[OBJECTS];
	struct tally tally;

	for (int i = 0; i < OBJECTS; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	tally = tally_of(s, objects[0]);
	ck_assert_int_eq(tally.watched_state, KMEM_OBJECT_USED);
	for (int i = 0; i < OBJECTS / 2; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_info(s, &info);
	tally = tally_of(s, objects[OBJECTS / 2 - 1]);
	ck_assert_int_eq(tally.watched_state, KMEM_OBJECT_PARKED);
	ck_assert_uint_eq(tally.slabs, info.slabs);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_USED], info.active);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_PARKED], info.cached);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_FREE],
			  info.total_objects - info.objects);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_BAD], 0);
	for (int i = OBJECTS / 2; i < OBJECTS; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_map_of_few_slabs_has_the_partial_ones)
{
	struct kmem_cache *s = kmem_cache_create("few", 2048, 0, 0, NULL);
	struct tally tally = { .ascending = true };
	struct kmem_cache_info info;
	void *objects[OBJECTS];

	/* Nothing is parked, so that what is freed is free. */
	kmem_cache_set_limit(s, OBJECTS);
	for (int i = 0; i < OBJECTS; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, objects[0]);
	kmem_cache_free(s, objects[OBJECTS - 1]);
	kmem_cache_info(s, &info);
	ck_assert_uint_gt(info.slabs, info.partial + 1);
	ck_assert_int_eq(
		kmem_cache_map(s, info.partial + 1, tally_slab, &tally), 0);
	ck_assert(tally.ascending);
	ck_assert_uint_eq(tally.slabs, info.partial + 1);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_FREE],
			  info.total_objects - info.objects);
	for (int i = 1; i < OBJECTS - 1; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_map_marks_a_slab_that_was_given_up)
{
	struct kmem_cache *s = kmem_cache_create(
		"bad", 64, 0, SLAB_POISON | SLAB_CONSISTENCY_CHECKS, NULL);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);
	struct tally tally;

	kmem_cache_free(s, object);
	object[3] = 1;
	ck_assert_ptr_nonnull(kmem_cache_alloc(s, GFP_KERNEL));
	ck_assert_uint_gt(reports_take(), 0);
	tally = tally_of(s, object);
	ck_assert_int_eq(tally.watched_state, KMEM_OBJECT_BAD);
	ck_assert_uint_eq(tally.state[KMEM_OBJECT_USED], 1);
	kmem_cache_destroy(s);
	ck_assert_uint_gt(reports_take(), 0);
}
END_TEST

/* ---- traces ---- */

struct origins {
	unsigned int nr;
	uint64_t count[4];
	unsigned int frames;
	void *caller[4];
};

static void note_origin(void *arg, const struct kmem_trace *trace)
{
	struct origins *origins = arg;

	if (origins->nr < 4) {
		origins->count[origins->nr] = trace->count;
		origins->caller[origins->nr] = trace->caller;
	}
	origins->nr++;
	origins->frames += trace->nr_frames;
}

static struct origins origins_of(struct kmem_cache *s, bool free)
{
	struct origins origins = { 0 };

	ck_assert_int_eq(kmem_cache_traces(s, free, note_origin, &origins), 0);
	return origins;
}

START_TEST(test_traces_count_objects_by_origin_most_frequent_first)
{
	struct kmem_cache *s =
		kmem_cache_create("traced", 64, 0, SLAB_STORE_USER, NULL);
	void *often[10], *seldom[3];
	struct origins origins;

	ck_assert_uint_eq(origins_of(s, false).nr, 0);
	/* An unrolled loop would have as many origins as rounds. */
	for (volatile int i = 0; i < 3; i++)
		seldom[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (volatile int i = 0; i < 10; i++)
		often[i] = kmem_cache_alloc(s, GFP_KERNEL);
	origins = origins_of(s, false);
	ck_assert_uint_eq(origins.nr, 2);
	ck_assert_uint_eq(origins.count[0], 10);
	ck_assert_uint_eq(origins.count[1], 3);
	ck_assert_uint_gt(origins.frames, 0);
	/* None was ever freed: one origin, unknown. */
	origins = origins_of(s, true);
	ck_assert_uint_eq(origins.nr, 1);
	ck_assert_ptr_null(origins.caller[0]);
	for (int i = 0; i < 10; i++)
		kmem_cache_free(s, often[i]);
	ck_assert_uint_eq(origins_of(s, false).count[0], 3);
	for (int i = 0; i < 3; i++)
		kmem_cache_free(s, seldom[i]);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_traces_need_store_user)
{
	struct kmem_cache *s = kmem_cache_create("plain", 64, 0, 0, NULL);

	ck_assert_int_eq(kmem_cache_traces(s, false, note_origin, NULL),
			 -EINVAL);
	kmem_cache_destroy(s);
}
END_TEST

/* ---- merging ---- */

static void merge_setup(void)
{
	struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.merge = true,
	};

	kmem_up_with(&config);
}

static void build(void *object)
{
	*(char *)object = 1;
}

/* Each asks for what cannot share a cache with "first", of 100 bytes. */
START_TEST(test_what_is_special_is_not_merged)
{
	struct kmem_cache_args window = { .useroffset = 8, .usersize = 8 };
	struct kmem_cache *first, *other[8];

	first = kmem_cache_create("first", 100, 0, 0, NULL);
	other[0] = kmem_cache_create("no", 100, 0, SLAB_NO_MERGE, NULL);
	other[1] = kmem_cache_create("rcu", 100, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	other[2] = kmem_cache_create("debug", 100, 0, SLAB_POISON, NULL);
	other[3] = kmem_cache_create("ctor", 100, 0, 0, build);
	other[4] = kmem_cache_create("window", 100, &window, 0);
	other[5] = kmem_cache_create("dma", 100, 0, SLAB_CACHE_DMA, NULL);
	other[6] = kmem_cache_create("small", 96, 0, 0, NULL);
	other[7] = kmem_cache_create("aligned", 100, 64, 0, NULL);
	for (int i = 0; i < 8; i++) {
		ck_assert_ptr_nonnull(other[i]);
		ck_assert_ptr_ne(other[i], first);
		kmem_cache_destroy(other[i]);
	}
	kmem_cache_destroy(first);
}
END_TEST

START_TEST(test_like_caches_are_one_until_the_last_is_destroyed)
{
	struct kmem_cache *first = kmem_cache_create("one", 97, 0, 0, NULL);
	struct kmem_cache *second = kmem_cache_create("two", 104, 0, 0, NULL);
	struct kmem_cache_info info;
	uint64_t serial = 0;
	char name[128];
	void *object;

	ck_assert_ptr_eq(first, second);
	kmem_cache_info(first, &info);
	ck_assert_uint_eq(info.aliases, 1);
	ck_assert_uint_eq(info.spec.object_size, 104);
	ck_assert(kmem_cache_alias(0, name, sizeof(name), &serial));
	ck_assert_str_eq(name, "two");
	ck_assert_uint_eq(serial, kmem_cache_serial(first));
	ck_assert(!kmem_cache_alias(1, name, sizeof(name), &serial));
	kmem_cache_destroy(first);
	object = kmem_cache_alloc(second, GFP_KERNEL);
	ck_assert_ptr_nonnull(object);
	kmem_cache_free(second, object);
	kmem_cache_destroy(second);
	ck_assert_ptr_null(kmem_cache_pin(serial));
	ck_assert(!kmem_cache_alias(0, name, sizeof(name), &serial));
}
END_TEST

static const char *owner_of(struct kmem_cache *s)
{
	static struct kmem_cache_info info;

	kmem_cache_info(s, &info);
	return info.owner;
}

START_TEST(test_an_owners_caches_are_his_own)
{
	char longest[KMEM_OWNER_MAX + 20];
	struct kmem_mempool_info info;
	struct kmem_cache *s[4];
	mempool_t *pool;

	memset(longest, 'm', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	s[0] = kmem_cache_create("one", 100, 0, 0, NULL);
	kmem_set_owner(longest);
	s[1] = kmem_cache_create("two", 100, 0, 0, NULL);
	s[2] = kmem_cache_create("three", 100, 0, 0, NULL);
	pool = mempool_create_kmalloc_pool(1, 64);
	kmem_set_owner(NULL);
	s[3] = kmem_cache_create("four", 100, 0, 0, NULL);

	longest[KMEM_OWNER_MAX] = '\0';
	mempool_info(pool, &info);
	ck_assert_str_eq(info.owner, longest);
	ck_assert_str_eq(owner_of(s[1]), longest);
	ck_assert_str_eq(owner_of(s[0]), program_invocation_short_name);
	ck_assert_ptr_ne(s[1], s[0]);
	ck_assert_ptr_ne(s[2], s[1]);
	ck_assert_ptr_eq(s[3], s[0]);
	mempool_destroy(pool);
	for (int i = 0; i < 4; i++)
		kmem_cache_destroy(s[i]);
}
END_TEST

START_TEST(test_without_the_option_nothing_is_merged)
{
	struct kmem_cache *first = kmem_cache_create("one", 100, 0, 0, NULL);
	struct kmem_cache *second = kmem_cache_create("two", 100, 0, 0, NULL);

	ck_assert_ptr_ne(first, second);
	kmem_cache_destroy(first);
	kmem_cache_destroy(second);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab views");
	TCase *tc = suite_add(s, "map", kmem_up, kmem_down);

	tcase_add_test(tc, test_map_shows_every_object_in_its_state);
	tcase_add_test(tc, test_map_of_few_slabs_has_the_partial_ones);
	tcase_add_test(tc, test_map_marks_a_slab_that_was_given_up);
	tcase_add_test(tc,
		       test_traces_count_objects_by_origin_most_frequent_first);
	tcase_add_test(tc, test_traces_need_store_user);
	tcase_add_test(tc, test_without_the_option_nothing_is_merged);
	tc = suite_add(s, "merging", merge_setup, kmem_down);
	tcase_add_test(tc, test_what_is_special_is_not_merged);
	tcase_add_test(tc,
		       test_like_caches_are_one_until_the_last_is_destroyed);
	tcase_add_test(tc, test_an_owners_caches_are_his_own);
	return s;
}
