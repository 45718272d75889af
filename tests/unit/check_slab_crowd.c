/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_crowd.c - many threads, many caches, one who watches; and objects
 * that one thread allocates and another frees
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define THREADS 64
#define CACHES 1000
#define HELD 50

static struct {
	unsigned int next;
	unsigned int left;
	unsigned int faults;
	unsigned long looked;
	unsigned int sums;
} crowd;

/* One life of a cache: made, used, found right, destroyed. */
static bool live_once(unsigned int n)
{
	struct kmem_cache *s;
	struct kmem_cache_info info;
	char name[32] = "crowd-";
	void *objects[HELD];
	bool ok = true;

	name[6] = (char)('a' + n % 26);
	s = kmem_cache_create(name, 8 + n % 500, 0, 0, NULL);
	if (!s)
		return false;
	for (int i = 0; i < HELD; i++) {
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		ok &= objects[i] != NULL;
	}
	kmem_cache_info(s, &info);
	ok &= info.active == HELD;
	for (int i = 0; i < HELD; i++)
		if (objects[i])
			kmem_cache_free(s, objects[i]);
	kmem_cache_info(s, &info);
	ok &= info.active == 0 && kmem_cache_validate(s) == 0;
	kmem_cache_destroy(s);
	return ok;
}

static void live(void)
{
	unsigned int n;

	while ((n = __atomic_fetch_add(&crowd.next, 1, __ATOMIC_RELAXED)) <
	       test_steps(CACHES))
		if (!live_once(n))
			__atomic_fetch_add(&crowd.faults, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&crowd.left, 1, __ATOMIC_RELEASE);
}

/* Reads every number of every cache there is, over and over. */
static void watch(void)
{
	static uint64_t serials[4096];
	struct kmem_cache_info info;

	while (__atomic_load_n(&crowd.left, __ATOMIC_ACQUIRE)) {
		size_t nr = kmem_cache_serials(serials, 4096);

		for (size_t i = 0; i < nr && i < 4096; i++) {
			struct kmem_cache *s = kmem_cache_pin(serials[i]);

			if (!s)
				continue;
			kmem_cache_info(s, &info);
			if (info.serial != serials[i] || !info.name[0])
				crowd.sums++;
			kmem_cache_unpin(s);
			crowd.looked++;
		}
	}
}

static void crowd_member(unsigned int index, void *arg)
{
	(void)arg;
	if (index == 0)
		watch();
	else
		live();
}

START_TEST(test_64_threads_and_1000_caches_under_watch)
{
	size_t before = kmem_cache_serials(NULL, 0);
	struct buddyinfo at_start;

	buddyinfo_read(&at_start);
	memset(&crowd, 0, sizeof(crowd));
	crowd.left = THREADS - 1;
	threads_run(THREADS, crowd_member, NULL);
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_uint_eq(crowd.sums, 0);
	ck_assert_uint_gt(crowd.looked, 0);
	ck_assert_uint_eq(kmem_cache_serials(NULL, 0), before);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- producer and consumer ---- */

#define RING 1024u
#define FLOW 10000000ul

static struct {
	struct kmem_cache *cache;
	unsigned long flow;
	void *ring[RING];
	uint64_t head; /* written by the producer */
	uint64_t tail; /* written by the consumer */
	uint64_t most_slabs;
	unsigned int faults;
} river;

static void produce(void)
{
	struct kmem_cache_info info;

	for (uint64_t i = 0; i < river.flow; i++) {
		uint64_t *object = kmem_cache_alloc(river.cache, GFP_KERNEL);

		if (!object) {
			river.faults++;
			object = NULL;
		} else {
			*object = i;
		}
		while (i - __atomic_load_n(&river.tail, __ATOMIC_ACQUIRE) ==
		       RING)
			sched_yield();
		river.ring[i % RING] = object;
		__atomic_store_n(&river.head, i + 1, __ATOMIC_RELEASE);
		if (i % 100000 == 0) {
			kmem_cache_info(river.cache, &info);
			if (info.slabs > river.most_slabs)
				river.most_slabs = info.slabs;
		}
	}
}

static unsigned int consume(void)
{
	unsigned int faults = 0;

	for (uint64_t i = 0; i < river.flow; i++) {
		uint64_t *object;

		while (__atomic_load_n(&river.head, __ATOMIC_ACQUIRE) == i)
			sched_yield();
		object = river.ring[i % RING];
		if (object) {
			faults += *object != i;
			kmem_cache_free(river.cache, object);
		}
		__atomic_store_n(&river.tail, i + 1, __ATOMIC_RELEASE);
	}
	return faults;
}

static void flow(unsigned int index, void *arg)
{
	if (index == 0)
		produce();
	else
		*(unsigned int *)arg = consume();
}

/*
 * The ring holds at most RING objects and the cache parks at most fourteen
 * sheaves of sixty; four times what the ring needs is far more than both.
 */
START_TEST(test_slabs_stay_bounded_between_producer_and_consumer)
{
	struct kmem_cache_info info;
	unsigned int faults = 0;
	uint64_t need;

	memset(&river, 0, sizeof(river));
	river.flow = test_steps(FLOW);
	river.cache = kmem_cache_create("river", 64, 0, 0, NULL);
	threads_run(2, flow, &faults);
	ck_assert_uint_eq(faults + river.faults, 0);
	kmem_cache_info(river.cache, &info);
	need = RING / info.objs_per_slab + 1;
	ck_assert_msg(river.most_slabs < 4 * need, "%lu slabs, %lu needed",
		      (unsigned long)river.most_slabs, (unsigned long)need);
	ck_assert_uint_eq(info.active, 0);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_alloc_fastpath] +
				  info.stat[KMEM_CACHE_STAT_alloc_slowpath],
			  river.flow);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_free_fastpath] +
				  info.stat[KMEM_CACHE_STAT_free_slowpath],
			  river.flow);
	ck_assert_uint_eq(info.slabs,
			  info.stat[KMEM_CACHE_STAT_alloc_slab] -
				  info.stat[KMEM_CACHE_STAT_free_slab]);
	ck_assert_uint_eq(kmem_cache_validate(river.cache), 0);
	kmem_cache_destroy(river.cache);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slab crowd");
	TCase *tc = suite_add(s, "crowd", kmem_up, kmem_down);

	tcase_add_test(tc, test_64_threads_and_1000_caches_under_watch);
	tcase_add_test(tc,
		       test_slabs_stay_bounded_between_producer_and_consumer);
	return s;
}
