/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab.c - caches: making and removing them, objects, constructors,
 * limits, what they count
 *
 * Misuse is in check_slab_misuse.c, threads in check_slab_threads.c.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"

#define MANY 1000

static struct buddyinfo at_start;
static struct kmem_cache *cache;
static void *objects[MANY];

static void slab_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
	cache = NULL;
}

/* Also: whatever happened, the cache can be emptied to the last page. */
static void slab_teardown(void)
{
	if (cache) {
		ck_assert_uint_eq(kmem_cache_validate(cache), 0);
		ck_assert_int_eq(kmem_cache_shrink(cache), 0);
		buddyinfo_assert_as(&at_start);
		kmem_cache_destroy(cache);
	}
	kmem_down();
}

static struct kmem_cache *make_cache(unsigned int size)
{
	cache = kmem_cache_create("test", size, 0, 0, NULL);
	ck_assert_ptr_nonnull(cache);
	return cache;
}

static struct kmem_cache *new_cache(const struct kmem_cache_spec *spec)
{
	ck_assert_int_eq(kmem_cache_new("test", "check", spec, &cache), 0);
	return cache;
}

static void take(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(objects[i]);
	}
}

static void give(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		kmem_cache_free(cache, objects[i]);
}

static struct kmem_cache_info look(void)
{
	struct kmem_cache_info info;

	kmem_cache_info(cache, &info);
	return info;
}

/* The counts of a quiet cache all follow from each other. */
static void assert_numbers(unsigned int active)
{
	const struct kmem_cache_info info = look();

	ck_assert_uint_eq(info.active, active);
	ck_assert_uint_eq(info.objects, info.active + info.cached);
	ck_assert_uint_ge(info.total_objects, info.objects);
	ck_assert_uint_eq(info.total_objects, info.slabs * info.objs_per_slab);
	ck_assert_uint_le(info.partial, info.slabs);
	ck_assert_uint_eq(info.partial * info.objs_per_slab -
				  info.objects_partial,
			  info.total_objects - info.objects);
	ck_assert_uint_ge(info.peak, info.objects);
}

static int compare_pointers(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sorts the objects. */
static void assert_apart(unsigned int n, size_t size)
{
	qsort(objects, n, sizeof(objects[0]), compare_pointers);
	for (unsigned int i = 1; i < n; i++)
		ck_assert_int_ge((char *)objects[i] - (char *)objects[i - 1],
				 (ptrdiff_t)size);
}

/* ---- making a cache ------------------------------------------------------ */

struct point {
	double x;
	double y;
	char name[13];
};

static void ctor_nothing(void *object)
{
	(void)object;
}

START_TEST(test_create_takes_both_forms)
{
	struct kmem_cache_args args = { .align = 32 };
	struct kmem_cache_info info;
	struct kmem_cache *s[4];

	s[0] = kmem_cache_create("short", 40, &args, SLAB_NO_MERGE);
	s[1] = kmem_cache_create("default", 40, NULL, 0);
	s[2] = kmem_cache_create("long", 40, 16, SLAB_HWCACHE_ALIGN,
				 ctor_nothing);
	s[3] = KMEM_CACHE(point, 0);
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_nonnull(s[i]);
	kmem_cache_info(s[0], &info);
	ck_assert_uint_eq(info.align, 32);
	ck_assert_uint_eq(info.spec.flags, SLAB_NO_MERGE);
	kmem_cache_info(s[1], &info);
	ck_assert_uint_eq(info.align, 8);
	kmem_cache_info(s[2], &info);
	ck_assert_uint_eq(info.align, 64);
	ck_assert_ptr_eq(info.spec.ctor, ctor_nothing);
	kmem_cache_info(s[3], &info);
	ck_assert_str_eq(info.name, "point");
	ck_assert_uint_eq(info.spec.object_size, sizeof(struct point));
	for (int i = 0; i < 4; i++)
		kmem_cache_destroy(s[i]);
}
END_TEST

static const struct {
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
} bad_shapes[] = {
	{ 0, 0, 0 },	     { (4 << 20) + 1, 0, 0 },
	{ ~0u, 0, 0 },	     { 64, 3, 0 },
	{ 64, 24, 0 },	     { 64, 0, 1u << 31 },
	{ 64, 0, 1u << 30 }, { 64, 7, 0 },
};

#define NR_BAD_SHAPES ((int)(sizeof(bad_shapes) / sizeof(bad_shapes[0])))

START_TEST(test_bad_shape_is_reported_and_refused)
{
	struct kmem_cache_spec spec = {
		.object_size = bad_shapes[_i].size,
		.align = bad_shapes[_i].align,
		.flags = bad_shapes[_i].flags,
	};
	size_t caches = kmem_cache_serials(NULL, 0);
	struct kmem_cache *s = NULL;

	ck_assert_ptr_null(kmem_cache_create("bad", spec.object_size,
					     spec.align, spec.flags, NULL));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_int_eq(kmem_cache_new("bad", "check", &spec, &s), -EINVAL);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), caches);
	reports_take();
}
END_TEST

static const struct kmem_cache_spec bad_freeptrs[] = {
	{ .use_freeptr_offset = true, .freeptr_offset = 8 },
	{ .use_freeptr_offset = true,
	  .freeptr_offset = 64,
	  .flags = SLAB_TYPESAFE_BY_RCU },
	{ .use_freeptr_offset = true,
	  .freeptr_offset = 4,
	  .flags = SLAB_TYPESAFE_BY_RCU },
};

START_TEST(test_bad_freeptr_is_refused)
{
	struct kmem_cache_spec spec = bad_freeptrs[_i];
	struct kmem_cache *s = NULL;

	spec.object_size = 64;
	ck_assert_int_eq(kmem_cache_new("bad", "check", &spec, &s), -EINVAL);
	ck_assert_ptr_null(s);
	reports_take();
}
END_TEST

START_TEST(test_names_have_1_to_127_bytes)
{
	const struct kmem_cache_spec spec = { .object_size = 64 };
	struct kmem_cache_info info;
	struct kmem_cache *s = NULL;
	char name[130];

	memset(name, 'n', sizeof(name));
	name[128] = '\0';
	ck_assert_int_eq(kmem_cache_new(name, "check", &spec, &s),
			 -ENAMETOOLONG);
	ck_assert_int_eq(kmem_cache_new("", "check", &spec, &s), -EINVAL);
	ck_assert_ptr_null(s);
	name[127] = '\0';
	ck_assert_int_eq(kmem_cache_new(name, "check", &spec, &s), 0);
	kmem_cache_info(s, &info);
	ck_assert_str_eq(info.name, name);
	ck_assert_str_eq(info.owner, "check");
	kmem_cache_destroy(s);
	reports_take();
}
END_TEST

START_TEST(test_name_is_copied)
{
	char name[] = "mine";

	cache = kmem_cache_create(name, 64, 0, 0, NULL);
	memset(name, 'x', sizeof(name) - 1);
	ck_assert_str_eq(look().name, "mine");
}
END_TEST

START_TEST(test_panic_flag_aborts_on_failure)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)!kmem_cache_create("vital", 0, 0, SLAB_PANIC, NULL);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGABRT);
}
END_TEST

START_TEST(test_destroy_of_nothing_is_harmless)
{
	kmem_cache_destroy(NULL);
}
END_TEST

/* ---- naming caches ------------------------------------------------------- */

START_TEST(test_serials_list_caches_oldest_first)
{
	size_t before = kmem_cache_serials(NULL, 0);
	struct kmem_cache *s[3];
	uint64_t serials[64];

	ck_assert_uint_lt(before + 3, 64);
	for (int i = 0; i < 3; i++)
		s[i] = kmem_cache_create("same", 64, 0, 0, NULL);
	ck_assert_uint_eq(kmem_cache_serials(serials, 64), before + 3);
	for (size_t i = 1; i < before + 3; i++)
		ck_assert_uint_gt(serials[i], serials[i - 1]);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(serials[before + (size_t)i],
				  kmem_cache_serial(s[i]));
	ck_assert_uint_eq(kmem_cache_find("same"), kmem_cache_serial(s[0]));
	kmem_cache_destroy(s[0]);
	ck_assert_uint_eq(kmem_cache_find("same"), kmem_cache_serial(s[1]));
	ck_assert_uint_eq(kmem_cache_serials(serials, 1), before + 2);
	kmem_cache_destroy(s[1]);
	kmem_cache_destroy(s[2]);
	ck_assert_uint_eq(kmem_cache_find("same"), 0);
}
END_TEST

START_TEST(test_serials_are_never_used_twice)
{
	struct kmem_cache *s = kmem_cache_create("one", 64, 0, 0, NULL);
	uint64_t old = kmem_cache_serial(s);

	ck_assert_ptr_eq(kmem_cache_pin(old), s);
	kmem_cache_unpin(s);
	kmem_cache_destroy(s);
	ck_assert_ptr_null(kmem_cache_pin(old));
	for (int i = 0; i < 100; i++) {
		s = kmem_cache_create("one", 64, 0, 0, NULL);
		ck_assert_uint_gt(kmem_cache_serial(s), old);
		old = kmem_cache_serial(s);
		kmem_cache_destroy(s);
	}
	ck_assert_ptr_null(kmem_cache_pin(0));
	ck_assert_ptr_null(kmem_cache_pin(old + 1));
}
END_TEST

static void *destroy_main(void *arg)
{
	kmem_cache_destroy(cache);
	__atomic_store_n((bool *)arg, true, __ATOMIC_RELEASE);
	return NULL;
}

START_TEST(test_destroy_waits_for_the_pin)
{
	bool gone = false;
	uint64_t serial;
	pthread_t thread;

	make_cache(64);
	serial = kmem_cache_serial(cache);
	ck_assert_ptr_eq(kmem_cache_pin(serial), cache);
	ck_assert_int_eq(pthread_create(&thread, NULL, destroy_main, &gone), 0);
	while (kmem_cache_pin(serial)) {
		kmem_cache_unpin(cache);
		sched_yield();
	}
	/* It has begun. One that did not wait would be done after this. */
	usleep(20000);
	ck_assert(!__atomic_load_n(&gone, __ATOMIC_ACQUIRE));
	ck_assert_uint_eq(look().serial, serial);
	kmem_cache_unpin(cache);
	pthread_join(thread, NULL);
	ck_assert(gone);
	ck_assert_ptr_null(kmem_cache_pin(serial));
	cache = NULL;
}
END_TEST

/* ---- objects ------------------------------------------------------------- */

static const unsigned int sizes[] = { 1,    7,	  8,	16,   24,   64,
				      100,  192,  256,	1000, 1024, 4000,
				      4096, 5000, 8192, 20000 };

#define NR_SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

START_TEST(test_objects_are_apart_and_keep_their_bytes)
{
	unsigned int size = sizes[_i];

	make_cache(size);
	take(MANY);
	for (int i = 0; i < MANY; i++)
		memset(objects[i], i, size);
	for (int i = 0; i < MANY; i++)
		ck_assert(bytes_are(objects[i], size, (unsigned char)i));
	assert_apart(MANY, size);
	assert_numbers(MANY);
	give(MANY);
	assert_numbers(0);
}
END_TEST

START_TEST(test_bulk_takes_all_and_counts_all)
{
	static const unsigned int counts[] = { 1, 2, 15, 64, 500, MANY };

	make_cache(96);
	for (int i = 0; i < 6; i++) {
		ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, counts[i],
						objects));
		assert_apart(counts[i], 96);
		assert_numbers(counts[i]);
		kmem_cache_free_bulk(cache, counts[i], objects);
		assert_numbers(0);
	}
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 0, objects));
	kmem_cache_free_bulk(cache, 0, objects);
}
END_TEST

/* 64 MiB hold no 1000 objects of 100 KiB: not one must stay allocated. */
START_TEST(test_bulk_takes_nothing_when_memory_ends)
{
	make_cache(100 << 10);
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, MANY, objects));
	assert_numbers(0);
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_ATOMIC, MANY, objects));
	assert_numbers(0);
}
END_TEST

START_TEST(test_bulk_free_finds_each_objects_cache)
{
	struct kmem_cache *other = kmem_cache_create("other", 40, 0, 0, NULL);

	make_cache(300);
	for (int i = 0; i < 90; i += 3) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		objects[i + 1] = kmem_cache_alloc(other, GFP_KERNEL);
		objects[i + 2] = kmalloc(20000, GFP_KERNEL);
	}
	kmem_cache_free_bulk(NULL, 90, objects);
	assert_numbers(0);
	kmem_cache_destroy(other);
}
END_TEST

START_TEST(test_zalloc_clears_used_objects)
{
	unsigned int size = sizes[_i];

	make_cache(size);
	take(100);
	for (int i = 0; i < 100; i++)
		memset(objects[i], 0xff, size);
	give(100);
	for (int i = 0; i < 100; i++) {
		objects[i] = i % 2 ? kmem_cache_zalloc(cache, GFP_KERNEL)
				   : kmem_cache_alloc(cache,
						      GFP_KERNEL | __GFP_ZERO);
		ck_assert(bytes_are(objects[i], size, 0));
	}
	give(100);
}
END_TEST

START_TEST(test_bulk_clears_objects_when_told)
{
	make_cache(64);
	take(200);
	for (int i = 0; i < 200; i++)
		memset(objects[i], 0xff, 64);
	give(200);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_ZERO, 200,
					objects));
	for (int i = 0; i < 200; i++)
		ck_assert(bytes_are(objects[i], 64, 0));
	give(200);
}
END_TEST

START_TEST(test_alignment_holds_for_every_object)
{
	const struct kmem_cache_spec spec = {
		.object_size = 40,
		.align = 1u << _i,
	};

	new_cache(&spec);
	take(200);
	for (int i = 0; i < 200; i++)
		ck_assert_uint_eq((uintptr_t)objects[i] % spec.align, 0);
	give(200);
}
END_TEST

START_TEST(test_dma_cache_lives_in_its_zone)
{
	const struct kmem_cache_spec spec = {
		.object_size = 40,
		.flags = _i ? SLAB_CACHE_DMA32 : SLAB_CACHE_DMA,
	};
	struct kmem_location location;

	new_cache(&spec);
	take(200);
	for (int i = 0; i < 200; i++) {
		ck_assert(kmem_locate(objects[i], &location));
		ck_assert_str_eq(location.zone, _i ? "DMA32" : "DMA");
	}
	give(200);
}
END_TEST

/* ---- constructors -------------------------------------------------------- */

#define BORN 0xfeedc0dedull

static unsigned int births;

static void ctor_count(void *object)
{
	births++;
	*(uint64_t *)object = BORN;
}

START_TEST(test_ctor_runs_once_per_object)
{
	const struct kmem_cache_spec spec = {
		.object_size = 40,
		.ctor_kind = KMEM_CTOR_CALL,
		.ctor = ctor_count,
	};

	births = 0;
	new_cache(&spec);
	take(300);
	ck_assert_uint_eq(births, look().total_objects);
	for (int i = 0; i < 300; i++) {
		ck_assert_uint_eq(*(uint64_t *)objects[i], BORN);
		memset((char *)objects[i] + 8, 0xff, 32);
	}
	give(300);
	take(300);
	ck_assert_uint_eq(births, look().total_objects);
	for (int i = 0; i < 300; i++)
		ck_assert_uint_eq(*(uint64_t *)objects[i], BORN);
	give(300);
	kmem_cache_shrink(cache);
	births = 0;
	take(1);
	ck_assert_uint_eq(births, look().total_objects);
	give(1);
}
END_TEST

START_TEST(test_objects_keep_the_state_they_were_freed_in)
{
	const struct kmem_cache_spec spec = {
		.object_size = 48,
		.ctor_kind = KMEM_CTOR_ZERO,
	};

	new_cache(&spec);
	take(200);
	for (int i = 0; i < 200; i++)
		memset(objects[i], 0x77, 48);
	ck_assert_uint_ge(look().total_objects, 200);
	give(200);
	kmem_cache_set_limit(cache, 1000000);
	take(200);
	for (int i = 0; i < 200; i++) {
		const unsigned char *p = objects[i];

		ck_assert(bytes_are(p, 48, p[0]));
		ck_assert(p[0] == 0x77 || p[0] == 0);
	}
	give(200);
}
END_TEST

START_TEST(test_built_in_ctors_fill_objects)
{
	const struct kmem_cache_spec spec = {
		.object_size = 600,
		.ctor_kind = KMEM_CTOR_ZERO + (unsigned int)_i,
		.ctor_byte = 0xc3,
	};
	unsigned char expect[600];

	for (unsigned int j = 0; j < 600; j++)
		expect[j] = _i == 0 ? 0 : _i == 1 ? 0xc3 : (unsigned char)j;
	new_cache(&spec);
	take(50);
	for (int i = 0; i < 50; i++)
		ck_assert_mem_eq(objects[i], expect, 600);
	give(50);
}
END_TEST

/* ---- giving memory back -------------------------------------------------- */

START_TEST(test_shrink_returns_every_page)
{
	make_cache(sizes[_i]);
	take(MANY);
	give(MANY);
	ck_assert_int_eq(kmem_cache_shrink(cache), 0);
	ck_assert_uint_eq(look().slabs, 0);
	ck_assert_uint_eq(look().cached, 0);
	assert_numbers(0);
	/* Not even a page list keeps one back. */
	for (unsigned int z = 0; z < at_start.zones; z++) {
		struct kmem_zone_info zone;

		ck_assert(kmem_zone_info(z, &zone));
		ck_assert_mem_eq(zone.nr_free, at_start.nr_free[z],
				 sizeof(zone.nr_free));
	}
}
END_TEST

START_TEST(test_shrink_keeps_slabs_in_use)
{
	make_cache(64);
	take(MANY);
	for (int i = 1; i < MANY; i++)
		kmem_cache_free(cache, objects[i]);
	ck_assert_int_eq(kmem_cache_shrink(cache), 1);
	ck_assert_uint_eq(look().slabs, 1);
	assert_numbers(1);
	kmem_cache_free(cache, objects[0]);
}
END_TEST

/* A limited cache parks nothing, so that each free reaches its slab. */
START_TEST(test_min_partial_bounds_the_empty_slabs)
{
	static const unsigned int keep[] = { 0, 1, 5, 9 };

	make_cache(512);
	kmem_cache_set_limit(cache, MANY);
	kmem_cache_set_min_partial(cache, keep[_i]);
	ck_assert_uint_eq(look().min_partial, keep[_i]);
	take(MANY);
	give(MANY);
	ck_assert_uint_le(look().slabs, keep[_i]);
	ck_assert_uint_ge(look().slabs + 1, keep[_i]);
	assert_numbers(0);
}
END_TEST

START_TEST(test_lower_min_partial_counts_at_the_next_shrink)
{
	make_cache(512);
	kmem_cache_set_min_partial(cache, 100);
	kmem_cache_set_limit(cache, MANY);
	take(MANY);
	give(MANY);
	ck_assert_uint_gt(look().slabs, 20);
	ck_assert_int_eq(kmem_cache_shrink(cache), 0);
	ck_assert_uint_eq(look().slabs, 0);
}
END_TEST

START_TEST(test_destroy_returns_every_page)
{
	make_cache(200);
	take(MANY);
	give(MANY);
	kmem_cache_destroy(cache);
	cache = NULL;
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- another shape, and removal ------------------------------------------ */

START_TEST(test_reshape_needs_an_empty_cache)
{
	const struct kmem_cache_spec spec = { .object_size = 1000,
					      .align = 16 };
	struct kmem_cache_info before;

	make_cache(64);
	take(1);
	before = look();
	ck_assert_int_eq(kmem_cache_reshape(cache, &spec), -EBUSY);
	ck_assert_uint_eq(look().size, before.size);
	give(1);
	ck_assert_int_eq(kmem_cache_reshape(cache, &spec), 0);
	ck_assert_uint_eq(look().spec.object_size, 1000);
	ck_assert_uint_eq(look().size, 1008);
	ck_assert_uint_eq(look().serial, before.serial);
	ck_assert_uint_eq(kmem_cache_size(cache), 1000);
	take(100);
	for (int i = 0; i < 100; i++)
		memset(objects[i], i, 1000);
	assert_apart(100, 1000);
	give(100);
}
END_TEST

START_TEST(test_bad_reshape_changes_nothing)
{
	struct kmem_cache_spec spec = {
		.object_size = bad_shapes[_i].size,
		.align = bad_shapes[_i].align,
		.flags = bad_shapes[_i].flags,
	};
	struct kmem_cache_info before;
	struct kmem_cache_info after;

	make_cache(72);
	before = look();
	ck_assert_int_eq(kmem_cache_reshape(cache, &spec), -EINVAL);
	after = look();
	ck_assert_uint_eq(after.size, before.size);
	ck_assert_uint_eq(after.align, before.align);
	ck_assert_uint_eq(after.spec.flags, before.spec.flags);
	take(10);
	give(10);
	reports_take();
}
END_TEST

START_TEST(test_remove_needs_an_empty_cache)
{
	uint64_t serial;

	make_cache(64);
	serial = kmem_cache_serial(cache);
	take(2);
	ck_assert_int_eq(kmem_cache_remove(cache), -EBUSY);
	kmem_cache_free(cache, objects[0]);
	ck_assert_int_eq(kmem_cache_remove(cache), -EBUSY);
	ck_assert_uint_eq(kmem_cache_find("test"), serial);
	kmem_cache_free(cache, objects[1]);
	ck_assert_int_eq(kmem_cache_remove(cache), 0);
	cache = NULL;
	ck_assert_uint_eq(kmem_cache_find("test"), 0);
	ck_assert_ptr_null(kmem_cache_pin(serial));
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- limit and peak ------------------------------------------------------ */

START_TEST(test_limit_is_exact)
{
	make_cache(64);
	kmem_cache_set_limit(cache, 10);
	take(10);
	for (int round = 0; round < 3; round++) {
		ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
		kmem_cache_free(cache, objects[9]);
		objects[9] = kmem_cache_alloc(cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(objects[9]);
	}
	ck_assert_uint_eq(look().limit, 10);
	ck_assert_uint_eq(look().cached, 0);
	assert_numbers(10);
	kmem_cache_set_limit(cache, 12);
	objects[10] = kmem_cache_alloc(cache, GFP_KERNEL);
	objects[11] = kmem_cache_alloc(cache, GFP_KERNEL);
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
	give(12);
	ck_assert_uint_eq(look().peak, 12);
}
END_TEST

START_TEST(test_limit_below_use_is_accepted)
{
	make_cache(64);
	take(20);
	kmem_cache_set_limit(cache, 5);
	for (unsigned int i = 20; i > 5; i--) {
		ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
		kmem_cache_free(cache, objects[i - 1]);
	}
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
	kmem_cache_free(cache, objects[4]);
	objects[4] = kmem_cache_alloc(cache, GFP_KERNEL);
	ck_assert_ptr_nonnull(objects[4]);
	give(5);
}
END_TEST

START_TEST(test_limit_of_zero_refuses_all)
{
	make_cache(64);
	take(3);
	give(3);
	kmem_cache_set_limit(cache, 0);
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
	ck_assert_ptr_null(kmem_cache_zalloc(cache, GFP_ATOMIC));
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 1, objects));
	kmem_cache_set_limit(cache, KMEM_NO_LIMIT);
	ck_assert_uint_eq(look().limit, KMEM_NO_LIMIT);
	take(100);
	give(100);
}
END_TEST

START_TEST(test_bulk_beyond_the_limit_takes_nothing)
{
	make_cache(64);
	kmem_cache_set_limit(cache, 10);
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 11, objects));
	assert_numbers(0);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 10, objects));
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 1, objects + 10));
	assert_numbers(10);
	kmem_cache_free_bulk(cache, 10, objects);
	assert_numbers(0);
}
END_TEST

START_TEST(test_peak_of_a_limited_cache_is_exact)
{
	make_cache(64);
	kmem_cache_set_limit(cache, KMEM_NO_LIMIT - 1);
	take(70);
	give(30);
	ck_assert_uint_eq(look().peak, 70);
	kmem_cache_reset_peak(cache);
	ck_assert_uint_eq(look().peak, 40);
	take(10);
	ck_assert_uint_eq(look().peak, 50);
	give(10);
	for (int i = 30; i < 70; i++)
		kmem_cache_free(cache, objects[i]);
	ck_assert_uint_eq(look().peak, 50);
	kmem_cache_reset_peak(cache);
	ck_assert_uint_eq(look().peak, 0);
}
END_TEST

/* ---- counters ------------------------------------------------------------ */

static uint64_t allocs_counted(const struct kmem_cache_info *info)
{
	return info->stat[KMEM_CACHE_STAT_alloc_fastpath] +
	       info->stat[KMEM_CACHE_STAT_alloc_slowpath];
}

static uint64_t frees_counted(const struct kmem_cache_info *info)
{
	return info->stat[KMEM_CACHE_STAT_free_fastpath] +
	       info->stat[KMEM_CACHE_STAT_free_slowpath];
}

START_TEST(test_counters_add_up)
{
	struct kmem_cache_info info;

	make_cache(128);
	if (_i)
		kmem_cache_set_limit(cache, MANY);
	for (int round = 0; round < 3; round++) {
		take(MANY);
		give(MANY);
	}
	info = look();
	ck_assert_uint_eq(allocs_counted(&info), 3 * MANY);
	ck_assert_uint_eq(frees_counted(&info), 3 * MANY);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_alloc_slab] -
				  info.stat[KMEM_CACHE_STAT_free_slab],
			  info.slabs);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_order_fallback], 0);
	if (_i)
		ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_alloc_fastpath], 0);
	kmem_cache_reset_stats(cache);
	info = look();
	for (int i = 0; i < KMEM_NR_CACHE_STATS; i++)
		ck_assert_uint_eq(info.stat[i], 0);
	take(7);
	info = look();
	ck_assert_uint_eq(allocs_counted(&info), 7);
	give(7);
}
END_TEST

/* When no block of the preferred order is left, slabs are of the least one. */
START_TEST(test_slabs_fall_back_to_the_least_order)
{
	static struct page *pages[TEST_MEMORY / KMEM_PAGE_SIZE + 1];
	unsigned long n = 0;
	struct kmem_location location;

	make_cache(1000);
	ck_assert_uint_gt(look().order, 0);
	while ((pages[n] = alloc_page(GFP_ATOMIC | __GFP_MEMALLOC)))
		n++;
	for (unsigned long i = 0; i < n; i += 2)
		__free_page(pages[i]);
	drain_all_pages();
	take(1);
	ck_assert(kmem_locate(objects[0], &location));
	ck_assert_uint_eq(location.order, 0);
	ck_assert_uint_ge(look().stat[KMEM_CACHE_STAT_order_fallback], 1);
	ck_assert_uint_eq(look().total_objects, 4 * look().slabs);
	ck_assert_uint_eq(kmem_cache_validate(cache), 0);
	give(1);
	for (unsigned long i = 1; i < n; i += 2)
		__free_page(pages[i]);
}
END_TEST

static void add_creation_tests(Suite *s)
{
	TCase *tc = suite_add(s, "create", slab_setup, slab_teardown);

	tcase_add_test(tc, test_create_takes_both_forms);
	tcase_add_loop_test(tc, test_bad_shape_is_reported_and_refused, 0,
			    NR_BAD_SHAPES);
	tcase_add_loop_test(tc, test_bad_freeptr_is_refused, 0, 3);
	tcase_add_test(tc, test_names_have_1_to_127_bytes);
	tcase_add_test(tc, test_name_is_copied);
	tcase_add_test(tc, test_panic_flag_aborts_on_failure);
	tcase_add_test(tc, test_destroy_of_nothing_is_harmless);

	tc = suite_add(s, "names", slab_setup, slab_teardown);
	tcase_add_test(tc, test_serials_list_caches_oldest_first);
	tcase_add_test(tc, test_serials_are_never_used_twice);
	tcase_add_test(tc, test_destroy_waits_for_the_pin);
}

static void add_object_tests(Suite *s)
{
	TCase *tc = suite_add(s, "objects", slab_setup, slab_teardown);

	tcase_add_loop_test(tc, test_objects_are_apart_and_keep_their_bytes, 0,
			    NR_SIZES);
	tcase_add_test(tc, test_bulk_takes_all_and_counts_all);
	tcase_add_test(tc, test_bulk_takes_nothing_when_memory_ends);
	tcase_add_test(tc, test_bulk_free_finds_each_objects_cache);
	tcase_add_loop_test(tc, test_zalloc_clears_used_objects, 0, NR_SIZES);
	tcase_add_test(tc, test_bulk_clears_objects_when_told);
	tcase_add_loop_test(tc, test_alignment_holds_for_every_object, 0, 13);
	tcase_add_loop_test(tc, test_dma_cache_lives_in_its_zone, 0, 2);

	tc = suite_add(s, "ctor", slab_setup, slab_teardown);
	tcase_add_test(tc, test_ctor_runs_once_per_object);
	tcase_add_test(tc, test_objects_keep_the_state_they_were_freed_in);
	tcase_add_loop_test(tc, test_built_in_ctors_fill_objects, 0, 3);
}

static void add_release_tests(Suite *s)
{
	TCase *tc = suite_add(s, "release", slab_setup, slab_teardown);

	tcase_add_loop_test(tc, test_shrink_returns_every_page, 0, NR_SIZES);
	tcase_add_test(tc, test_shrink_keeps_slabs_in_use);
	tcase_add_loop_test(tc, test_min_partial_bounds_the_empty_slabs, 0, 4);
	tcase_add_test(tc, test_lower_min_partial_counts_at_the_next_shrink);
	tcase_add_test(tc, test_destroy_returns_every_page);

	tc = suite_add(s, "reshape", slab_setup, slab_teardown);
	tcase_add_test(tc, test_reshape_needs_an_empty_cache);
	tcase_add_loop_test(tc, test_bad_reshape_changes_nothing, 0,
			    NR_BAD_SHAPES);
	tcase_add_test(tc, test_remove_needs_an_empty_cache);
}

static void add_limit_tests(Suite *s)
{
	TCase *tc = suite_add(s, "limit", slab_setup, slab_teardown);

	tcase_add_test(tc, test_limit_is_exact);
	tcase_add_test(tc, test_limit_below_use_is_accepted);
	tcase_add_test(tc, test_limit_of_zero_refuses_all);
	tcase_add_test(tc, test_bulk_beyond_the_limit_takes_nothing);
	tcase_add_test(tc, test_peak_of_a_limited_cache_is_exact);

	tc = suite_add(s, "counters", slab_setup, slab_teardown);
	tcase_add_loop_test(tc, test_counters_add_up, 0, 2);
	tcase_add_test(tc, test_slabs_fall_back_to_the_least_order);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("slab");

	add_creation_tests(s);
	add_object_tests(s);
	add_release_tests(s);
	add_limit_tests(s);
	return s;
}
