/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_threads.c - caches under many threads: parked objects, remote
 * frees, shrinking and validating meanwhile, threads that end
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"

#define THREADS 6
#define HELD 100
#define BOXES 32
#define OBJECT_SIZE 72
#define PARKED_MAX 1000

/*
 * What the threads share. An object in a box belongs to nobody; who takes it
 * out of the box, or puts another in, owns what comes out.
 */
struct crowd {
	struct kmem_cache *cache;
	uint64_t seed;
	unsigned long steps;
	uint64_t *boxes[BOXES];
	void *parked[PARKED_MAX];
	unsigned int nr_parked;
	unsigned long taken;
	unsigned int faults;
	unsigned int refused;
	bool done;
};

static struct buddyinfo at_start;
static struct crowd crowd;

static void threads_setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
	memset(&crowd, 0, sizeof(crowd));
	crowd.cache = kmem_cache_create("crowd", OBJECT_SIZE, 0, 0, NULL);
	ck_assert_ptr_nonnull(crowd.cache);
}

static struct kmem_cache_info look(void)
{
	struct kmem_cache_info info;

	kmem_cache_info(crowd.cache, &info);
	return info;
}

/* Every object is back, every page too. */
static void threads_teardown(void)
{
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_uint_eq(look().active, 0);
	ck_assert_uint_eq(kmem_validate(), 0);
	ck_assert_int_eq(kmem_cache_shrink(crowd.cache), 0);
	ck_assert_uint_eq(look().objects, 0);
	buddyinfo_assert_as(&at_start);
	kmem_cache_destroy(crowd.cache);
	kmem_down();
}

/* An object carries a word at its start and the same at its end. */
static uint64_t *last_word(uint64_t *object)
{
	return object + OBJECT_SIZE / sizeof(uint64_t) - 1;
}

static uint64_t *get(struct crowd *c, uint64_t mark)
{
	uint64_t *object = kmem_cache_alloc(c->cache, GFP_KERNEL);

	if (!object) {
		__atomic_fetch_add(&c->refused, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	*object = mark;
	*last_word(object) = mark;
	return object;
}

static void put(struct crowd *c, uint64_t *object)
{
	if (!object)
		return;
	if (*object != *last_word(object))
		__atomic_fetch_add(&c->faults, 1, __ATOMIC_RELAXED);
	*object = 0;
	kmem_cache_free(c->cache, object);
}

static uint64_t *swap_box(struct crowd *c, unsigned int i, uint64_t *object)
{
	return __atomic_exchange_n(&c->boxes[i], object, __ATOMIC_ACQ_REL);
}

static void empty_boxes(struct crowd *c)
{
	for (unsigned int i = 0; i < BOXES; i++)
		put(c, swap_box(c, i, NULL));
}

static void worker(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	struct prng prng = { c->seed + index };
	uint64_t *held[HELD] = { NULL };

	for (unsigned long i = 0; i < c->steps; i++) {
		unsigned int slot = prng_below(&prng, HELD);

		if (!held[slot]) {
			held[slot] = get(c, prng_next(&prng));
		} else if (prng_below(&prng, 4)) {
			put(c, held[slot]);
			held[slot] = NULL;
		} else {
			held[slot] = swap_box(c, prng_below(&prng, BOXES),
					      held[slot]);
		}
		if (prng_below(&prng, 64) == 0)
			sched_yield();
	}
	for (unsigned int i = 0; i < HELD; i++)
		put(c, held[i]);
}

START_TEST(test_threads_never_share_an_object)
{
	crowd.seed = test_seed("threads_never_share_an_object");
	crowd.steps = test_steps(300000);
	threads_run(THREADS, worker, &crowd);
	empty_boxes(&crowd);
	ck_assert_uint_eq(crowd.refused, 0);
}
END_TEST

/* Thread 0 does to the cache what the mount would do. */
static void meddle(struct crowd *c)
{
	struct kmem_cache_info info;
	unsigned int round = 0;

	while (!__atomic_load_n(&c->done, __ATOMIC_ACQUIRE)) {
		switch (round++ % 6) {
		case 0:
		case 3:
			kmem_cache_shrink(c->cache);
			break;
		case 1:
			if (kmem_cache_validate(c->cache))
				__atomic_fetch_add(&c->faults, 1,
						   __ATOMIC_RELAXED);
			break;
		case 2:
			kmem_cache_info(c->cache, &info);
			break;
		case 4:
			kmem_cache_set_limit(c->cache, 1000000);
			break;
		default:
			kmem_cache_set_limit(c->cache, KMEM_NO_LIMIT);
			break;
		}
		sched_yield();
	}
}

static void worker_or_meddler(unsigned int index, void *arg)
{
	struct crowd *c = arg;

	if (index == 0) {
		meddle(c);
		return;
	}
	worker(index, c);
	if (__atomic_add_fetch(&c->taken, 1, __ATOMIC_ACQ_REL) == THREADS - 1)
		__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
}

START_TEST(test_shrink_and_validate_while_threads_work)
{
	crowd.seed = test_seed("shrink_and_validate_while_threads_work");
	crowd.steps = test_steps(100000);
	threads_run(THREADS, worker_or_meddler, &crowd);
	empty_boxes(&crowd);
	ck_assert_uint_eq(crowd.refused, 0);
}
END_TEST

static void bulk_worker(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	struct prng prng = { c->seed + index };
	void *objects[150];

	for (unsigned long i = 0; i < c->steps / 50; i++) {
		unsigned int n = 1 + prng_below(&prng, 150);

		if (!kmem_cache_alloc_bulk(c->cache, GFP_KERNEL, n, objects)) {
			__atomic_fetch_add(&c->refused, 1, __ATOMIC_RELAXED);
			continue;
		}
		for (unsigned int j = 0; j < n; j++)
			*(uint64_t *)objects[j] = (uint64_t)&objects[j];
		for (unsigned int j = 0; j < n; j++) {
			if (*(uint64_t *)objects[j] != (uint64_t)&objects[j])
				__atomic_fetch_add(&c->faults, 1,
						   __ATOMIC_RELAXED);
		}
		kmem_cache_free_bulk(c->cache, n, objects);
	}
}

START_TEST(test_bulk_of_many_threads)
{
	crowd.seed = test_seed("bulk_of_many_threads");
	crowd.steps = test_steps(100000);
	threads_run(THREADS, bulk_worker, &crowd);
	ck_assert_uint_eq(crowd.refused, 0);
}
END_TEST

/* ---- one gives, another frees -------------------------------------------- */

static void producer_or_consumer(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	unsigned int box = index / 2 * 4;

	for (unsigned long i = 0; i < c->steps; i++) {
		unsigned int b = box + i % 4;
		uint64_t *object;

		if (index % 2) {
			object = swap_box(c, b, NULL);
			put(c, object);
		} else {
			object = swap_box(c, b, get(c, i));
			put(c, object);
		}
	}
}

START_TEST(test_objects_may_be_freed_by_another_thread)
{
	crowd.steps = test_steps(200000);
	threads_run(THREADS, producer_or_consumer, &crowd);
	empty_boxes(&crowd);
	ck_assert_uint_eq(crowd.refused, 0);
}
END_TEST

/* ---- threads that end ---------------------------------------------------- */

static void use_and_end(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	void *objects[200];

	(void)index;
	for (int i = 0; i < 200; i++)
		objects[i] = kmem_cache_alloc(c->cache, GFP_KERNEL);
	for (int i = 0; i < 200; i++)
		kmem_cache_free(c->cache, objects[i]);
}

START_TEST(test_thread_exit_gives_its_objects_back)
{
	thread_run(use_and_end, &crowd);
	ck_assert_uint_eq(look().active, 0);
	/* Its own sheaves are empty; the barn keeps the full ones it got. */
	ck_assert_uint_eq(look().cached % look().sheaf_capacity, 0);
	ck_assert_int_eq(kmem_cache_shrink(crowd.cache), 0);
	ck_assert_uint_eq(look().objects, 0);
}
END_TEST

START_TEST(test_many_short_threads_leave_nothing)
{
	for (int round = 0; round < 40; round++) {
		threads_run(8, use_and_end, &crowd);
		ck_assert_uint_le(look().cached, 10 * look().sheaf_capacity);
	}
	ck_assert_uint_eq(look().stat[KMEM_CACHE_STAT_alloc_fastpath] +
				  look().stat[KMEM_CACHE_STAT_alloc_slowpath],
			  40 * 8 * 200);
}
END_TEST

/* Ends while its objects are drained by somebody else. */
static void end_or_shrink(unsigned int index, void *arg)
{
	struct crowd *c = arg;

	if (index < 4) {
		use_and_end(index, c);
		return;
	}
	for (int i = 0; i < 50; i++)
		kmem_cache_shrink(c->cache);
}

START_TEST(test_threads_end_while_others_shrink)
{
	for (int round = 0; round < 30; round++)
		threads_run(6, end_or_shrink, &crowd);
}
END_TEST

static void keep_one(unsigned int index, void *arg)
{
	struct crowd *c = arg;

	swap_box(c, index, get(c, index));
}

START_TEST(test_objects_outlive_their_thread)
{
	threads_run(8, keep_one, &crowd);
	ck_assert_uint_eq(look().active, 8);
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_uint_eq(*crowd.boxes[i], i);
	empty_boxes(&crowd);
}
END_TEST

/* More threads at once than there are virtual CPUs, by far. */
START_TEST(test_sixty_threads_at_once)
{
	threads_run(60, use_and_end, &crowd);
	ck_assert_uint_le(look().cached, 10 * look().sheaf_capacity);
}
END_TEST

/* ---- the end of memory --------------------------------------------------- */

#define PARKED 40

/* Frees what the main thread gave it and stays, with the objects parked. */
static void *park_and_stay(void *arg)
{
	struct crowd *c = arg;

	for (unsigned int i = 0; i < PARKED; i++)
		kmem_cache_free(c->cache, c->parked[i]);
	__atomic_store_n(&c->taken, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&c->done, __ATOMIC_ACQUIRE))
		sched_yield();
	return NULL;
}

static bool has_parked(void *arg)
{
	return __atomic_load_n(&((struct crowd *)arg)->taken, __ATOMIC_ACQUIRE);
}

static void take_all_pages(void)
{
	while (alloc_page(GFP_ATOMIC | __GFP_MEMALLOC))
		;
}

/*
 * No page is left and no slab has a free object; another thread has some in
 * its array. Who may reclaim gets one of those.
 */
START_TEST(test_parked_objects_of_others_are_found)
{
	void *bulk[PARKED / 2];
	pthread_t thread;
	void *object;

	while (crowd.nr_parked < PARKED || look().partial || look().cached)
		crowd.parked[crowd.nr_parked++ % PARKED_MAX] =
			kmem_cache_alloc(crowd.cache, GFP_KERNEL);
	ck_assert_int_eq(pthread_create(&thread, NULL, park_and_stay, &crowd),
			 0);
	wait_for(has_parked, &crowd);
	take_all_pages();
	if (_i) {
		ck_assert(kmem_cache_alloc_bulk(crowd.cache, GFP_KERNEL,
						PARKED / 2, bulk));
	} else {
		object = kmem_cache_alloc(crowd.cache, GFP_KERNEL);
		ck_assert_ptr_nonnull(object);
	}
	__atomic_store_n(&crowd.done, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(kmem_validate(), 0);
	kmem_cache_destroy(crowd.cache);
	reports_take();
}
END_TEST

/* ---- limits -------------------------------------------------------------- */

#define LIMIT 100

static void grab(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	void *objects[LIMIT];
	unsigned int n = 0;

	(void)index;
	for (int i = 0; i < LIMIT; i++) {
		objects[n] = kmem_cache_alloc(c->cache, GFP_KERNEL);
		if (objects[n])
			n++;
	}
	__atomic_fetch_add(&c->taken, n, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&c->taken, __ATOMIC_ACQUIRE) < LIMIT)
		sched_yield();
	while (n)
		kmem_cache_free(c->cache, objects[--n]);
}

START_TEST(test_limit_is_exact_among_threads)
{
	kmem_cache_set_limit(crowd.cache, LIMIT);
	threads_run(THREADS, grab, &crowd);
	ck_assert_uint_eq(look().peak, LIMIT);
	ck_assert_uint_ge(crowd.taken, LIMIT);
	kmem_cache_set_limit(crowd.cache, KMEM_NO_LIMIT);
}
END_TEST

/* ---- caches that come and go --------------------------------------------- */

static void come_and_go(unsigned int index, void *arg)
{
	struct crowd *c = arg;
	uint64_t serials[64] = { 0 };
	struct kmem_cache *s;

	for (unsigned long i = 0; i < c->steps / 200; i++) {
		if (index % 2) {
			kmem_cache_serials(serials, 64);
			s = kmem_cache_pin(serials[i % 64]);
			if (s) {
				struct kmem_cache_info info;

				kmem_cache_info(s, &info);
				kmem_cache_unpin(s);
			}
			continue;
		}
		s = kmem_cache_create("short-lived", 40 + index, 0, 0, NULL);
		if (s)
			kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		kmem_cache_destroy(s);
	}
}

START_TEST(test_caches_come_and_go_while_others_look)
{
	crowd.steps = test_steps(200000);
	threads_run(THREADS, come_and_go, &crowd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab threads");
	TCase *tc;

	tc = suite_add(s, "sharing", threads_setup, threads_teardown);
	tcase_add_test(tc, test_threads_never_share_an_object);
	tcase_add_test(tc, test_shrink_and_validate_while_threads_work);
	tcase_add_test(tc, test_bulk_of_many_threads);
	tcase_add_test(tc, test_objects_may_be_freed_by_another_thread);
	tcase_add_test(tc, test_limit_is_exact_among_threads);
	tcase_add_test(tc, test_caches_come_and_go_while_others_look);

	tc = suite_add(s, "scarcity", threads_setup, kmem_down);
	tcase_add_loop_test(tc, test_parked_objects_of_others_are_found, 0, 2);

	tc = suite_add(s, "ending", threads_setup, threads_teardown);
	tcase_add_test(tc, test_thread_exit_gives_its_objects_back);
	tcase_add_test(tc, test_many_short_threads_leave_nothing);
	tcase_add_test(tc, test_threads_end_while_others_shrink);
	tcase_add_test(tc, test_objects_outlive_their_thread);
	tcase_add_test(tc, test_sixty_threads_at_once);
	return s;
}
