/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_slab_debug.c - caches that debug: what is looked at when objects come
 * and go, what is said about it, and that nothing else is harmed
 *
 * Each test has three live neighbours whose bytes must survive it, and ends
 * with a validation that finds nothing more. One byte after the other is the
 * subject of check_slab_debug_clobber.c; the kernel's own cases are in
 * check_slab_kunit.c.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

#define SIZE 64
#define NEIGHBOURS 3
#define FZPU                                                                   \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |               \
	 SLAB_STORE_USER)

/* What consistency checks go together with. */
static const slab_flags_t checked[] = {
	SLAB_CONSISTENCY_CHECKS,
	SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE,
	SLAB_CONSISTENCY_CHECKS | SLAB_POISON,
	SLAB_CONSISTENCY_CHECKS | SLAB_STORE_USER,
	FZPU,
};

#define NR_CHECKED ((int)(sizeof(checked) / sizeof(checked[0])))

/* ---- what was reported --------------------------------------------------- */

#define TEXTS 64
#define TEXT_LENGTH 8192

/* The fixture keeps the beginning of a report only; here are whole ones. */
static struct {
	unsigned int nr; /* faults and repairs */
	unsigned int notes;
	char text[TEXTS][TEXT_LENGTH];
	char note[256];
} heard;

static void hear(void *arg, const char *text)
{
	(void)arg;
	if (!strncmp(text, "TRACE ", 6)) {
		heard.notes++;
		snprintf(heard.note, sizeof(heard.note), "%s", text);
		return;
	}
	/* The first ones, and the last. */
	snprintf(heard.text[heard.nr < TEXTS ? heard.nr : TEXTS - 1],
		 TEXT_LENGTH, "%s", text);
	heard.nr++;
}

static void forget(void)
{
	heard.nr = 0;
	heard.notes = 0;
}

static bool told(const char *word)
{
	for (unsigned int i = 0; i < heard.nr && i < TEXTS; i++)
		if (strstr(heard.text[i], word))
			return true;
	return false;
}

static const char *latest(void)
{
	if (!heard.nr)
		return "";
	return heard.text[heard.nr < TEXTS ? heard.nr - 1 : TEXTS - 1];
}

static void assert_heard(unsigned int nr)
{
	ck_assert_msg(heard.nr == nr, "%u reports, not %u; the last: %s",
		      heard.nr, nr, latest());
}

#define assert_told(word)                                                      \
	ck_assert_msg(told(word), "no \"%s\" in %u reports; the last: %s",     \
		      word, heard.nr, latest())

/* ---- a cache with neighbours --------------------------------------------- */

static struct kmem_cache *cache;
static unsigned char *neighbour[NEIGHBOURS];
static unsigned int lost; /* objects that the test gave up */

static void debug_setup(void)
{
	kmem_up();
	kmem_set_report(hear, NULL);
	forget();
	cache = NULL;
	lost = 0;
}

static void *take(void)
{
	void *p = kmem_cache_alloc(cache, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	return p;
}

static void give(void *p)
{
	kmem_cache_free(cache, p);
}

static struct kmem_cache_info look(void)
{
	struct kmem_cache_info info;

	kmem_cache_info(cache, &info);
	return info;
}

static void new_cache(const struct kmem_cache_spec *spec)
{
	ck_assert_int_eq(kmem_cache_new("watched", "test", spec, &cache), 0);
	for (int i = 0; i < NEIGHBOURS; i++) {
		neighbour[i] = take();
		memset(neighbour[i], 'a' + i, spec->object_size);
	}
}

static void make_cache(slab_flags_t flags)
{
	const struct kmem_cache_spec spec = {
		.object_size = SIZE,
		.flags = flags,
	};

	new_cache(&spec);
}

/* Nothing new is wrong, and @others objects are out beside the neighbours. */
static void assert_sound(unsigned int others)
{
	const struct kmem_cache_info info = look();

	forget();
	ck_assert_uint_eq(info.active, NEIGHBOURS + others);
	ck_assert_uint_eq(info.cached, 0);
	ck_assert_uint_eq(kmem_cache_validate(cache), 0);
	assert_heard(0);
	for (int i = 0; i < NEIGHBOURS; i++)
		ck_assert(bytes_are(neighbour[i], info.spec.object_size,
				    (unsigned char)('a' + i)));
}

static void debug_teardown(void)
{
	if (cache) {
		assert_sound(lost);
		for (int i = 0; i < NEIGHBOURS; i++)
			give(neighbour[i]);
		kmem_cache_destroy(cache);
		ck_assert_int_eq(heard.nr != 0, lost != 0);
	}
	kmem_down();
}

/* ---- free: what is refused ----------------------------------------------- */

START_TEST(test_double_free)
{
	void *a, *b, *x, *y;

	make_cache(checked[_i]);
	a = take();
	b = take();
	give(a);
	give(b);
	assert_sound(0);
	/* Neither the first of the free list nor the last. */
	give(a);
	assert_heard(2);
	assert_told("Object already free");
	assert_told("not freed");
	assert_sound(0);
	x = take();
	y = take();
	ck_assert(x != y && (x == a || x == b) && (y == a || y == b));
	give(x);
	give(y);
}
END_TEST

/* Of the object that was freed last, caches without checks see as much. */
START_TEST(test_double_free_without_checks)
{
	static const slab_flags_t flags[] = { SLAB_RED_ZONE, SLAB_POISON,
					      SLAB_STORE_USER, SLAB_TRACE };
	void *a;

	make_cache(flags[_i]);
	a = take();
	give(a);
	forget();
	give(a);
	assert_heard(1);
	assert_told("free already");
	assert_sound(0);
}
END_TEST

START_TEST(test_double_free_in_bulk)
{
	void *p[20];

	make_cache(checked[_i]);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 20, p));
	p[13] = p[4];
	kmem_cache_free_bulk(cache, 20, p);
	assert_heard(2);
	assert_told("Object already free");
	lost = 1;
}
END_TEST

START_TEST(test_free_into_another_cache)
{
	struct kmem_cache *other;
	unsigned char *p;

	make_cache(checked[_i]);
	other = kmem_cache_create("other", SIZE, 0, checked[_i], NULL);
	p = kmem_cache_alloc(other, GFP_KERNEL);
	memset(p, 'p', SIZE);
	give(p);
	assert_heard(1);
	assert_told("belongs to different cache other");
	assert_sound(0);
	ck_assert(bytes_are(p, SIZE, 'p'));
	ck_assert_uint_eq(kmem_cache_validate(other), 0);
	kmem_cache_free(other, p);
	kmem_cache_destroy(other);
	assert_heard(0);
}
END_TEST

/* Inside of the object, and where its neighbourhood is. */
START_TEST(test_free_of_a_middle_pointer)
{
	static const int offsets[] = { 1, 8, SIZE - 1, SIZE, SIZE + 1, -1, -8 };
	unsigned char *p;

	make_cache(FZPU);
	p = take();
	memset(p, 'p', SIZE);
	give(p + offsets[_i]);
	assert_heard(2);
	assert_told("Invalid object pointer");
	assert_told("not freed");
	assert_sound(1);
	ck_assert(bytes_are(p, SIZE, 'p'));
	kfree(p + offsets[_i]);
	assert_heard(2);
	assert_sound(1);
	give(p);
}
END_TEST

/* The last slot of a slab is followed by bytes that are no object's. */
START_TEST(test_free_of_the_slab_tail)
{
	struct kmem_location at;
	unsigned char *slab;

	make_cache(FZPU);
	ck_assert(kmem_locate(neighbour[0], &at));
	slab = (unsigned char *)neighbour[0] - at.offset -
	       (size_t)at.index * look().size;
	give(slab + (size_t)look().objs_per_slab * look().size);
	ck_assert_uint_ge(heard.nr, 1);
	assert_sound(0);
}
END_TEST

START_TEST(test_free_of_no_object)
{
	struct page *page;
	int on_stack = 1;

	make_cache(checked[_i]);
	give(&on_stack);
	assert_heard(1);
	assert_told("not in a slab");
	give(&cache);
	assert_heard(2);
	page = alloc_page(GFP_KERNEL);
	give(page_address(page));
	assert_heard(3);
	give(NULL);
	assert_heard(4);
	give((void *)16);
	assert_heard(5);
	__free_page(page);
}
END_TEST

/* ---- free: who wrote beyond the object ----------------------------------- */

START_TEST(test_overrun_at_free)
{
	unsigned char *p;

	make_cache(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | (_i ? FZPU : 0));
	p = take();
	p[SIZE] = 0;
	give(p);
	assert_heard(3);
	assert_told("[Right Redzone overwritten]");
	assert_told("Restoring Right Redzone");
	assert_told("not freed");
	assert_sound(1);
	give(p);
	assert_heard(0);
	take();
	give(p);
}
END_TEST

START_TEST(test_underrun_at_free)
{
	unsigned char *p;

	make_cache(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | (_i ? FZPU : 0));
	p = take();
	memset(p - 3, 0, 2);
	give(p);
	assert_heard(3);
	assert_told("[Left Redzone overwritten]");
	assert_told("Restoring Left Redzone");
	assert_told("not freed");
	assert_sound(1);
	give(p);
	assert_heard(0);
}
END_TEST

/*
 * Red zones without checks: free says nothing, and repairs by refilling. A
 * compiler may believe that nobody else looks at fresh memory, and leave a
 * write out that another follows; hence volatile.
 */
START_TEST(test_overrun_without_checks)
{
	volatile unsigned char *p;

	make_cache(SLAB_RED_ZONE);
	p = take();
	p[SIZE] = 0;
	ck_assert_uint_eq(kmem_cache_validate(cache), 1);
	assert_heard(2);
	p[SIZE] = 0;
	give((void *)p);
	assert_heard(2);
}
END_TEST

/* ---- alloc: who wrote to a free object ----------------------------------- */

static uint64_t slab_at(const void *p)
{
	struct kmem_location at;

	ck_assert(kmem_locate(p, &at));
	ck_assert_int_eq(at.kind, KMEM_LOCATION_SLAB);
	return at.slab_pfn;
}

/* After a check that failed, no object comes from the slab any more. */
static void assert_slab_unused(uint64_t slab)
{
	void *p[50];

	for (int i = 0; i < 50; i++) {
		p[i] = take();
		ck_assert_uint_ne(slab_at(p[i]), slab);
	}
	for (int i = 0; i < 50; i++)
		give(p[i]);
}

static unsigned int lose_slab(void)
{
	return look().objs_per_slab - NEIGHBOURS;
}

START_TEST(test_write_to_a_free_object)
{
	static const slab_flags_t flags[] = {
		SLAB_CONSISTENCY_CHECKS | SLAB_POISON, FZPU
	};
	unsigned char *p, *q;

	make_cache(flags[_i]);
	p = take();
	give(p);
	p[20] = 1;
	q = take();
	assert_heard(3);
	assert_told("[Poison overwritten]");
	assert_told("Restoring Poison");
	assert_told("Marking all objects used");
	ck_assert_uint_ne(slab_at(q), slab_at(p));
	give(q);
	lost = lose_slab();
	assert_sound(lost);
	assert_slab_unused(slab_at(p));
}
END_TEST

START_TEST(test_red_zone_of_a_free_object)
{
	unsigned char *p, *q;

	make_cache(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE);
	p = take();
	give(p);
	p[_i ? -1 : SIZE] = 1;
	q = take();
	assert_heard(3);
	assert_told("Redzone overwritten]");
	assert_told("Marking all objects used");
	ck_assert_uint_ne(slab_at(q), slab_at(p));
	give(q);
	lost = lose_slab();
	assert_sound(lost);
	assert_slab_unused(slab_at(p));
}
END_TEST

START_TEST(test_link_of_a_free_object)
{
	unsigned char *p, *q;

	make_cache(checked[_i]);
	p = take();
	give(p);
	memset(p + look().freeptr, 0x41, sizeof(void *));
	q = take();
	ck_assert_uint_ge(heard.nr, 2);
	assert_told("Freepointer corrupt");
	assert_told("Marking all objects used");
	ck_assert_uint_ne(slab_at(q), slab_at(p));
	give(q);
	lost = lose_slab();
	assert_sound(lost);
	assert_slab_unused(slab_at(p));
}
END_TEST

/* What is freed into a slab that was taken out of use does not wake it. */
START_TEST(test_free_into_a_slab_out_of_use)
{
	unsigned char *p, *live;

	make_cache(FZPU);
	live = take();
	p = take();
	give(p);
	p[20] = 1;
	give(take());
	forget();
	give(live);
	assert_heard(2);
	assert_told("Slab disabled since SLUB metadata consistency check "
		    "failed");
	assert_told("not freed");
	lost = lose_slab();
	assert_sound(lost);
	assert_slab_unused(slab_at(p));
}
END_TEST

/* ---- the free list ------------------------------------------------------- */

START_TEST(test_free_list_in_a_circle)
{
	unsigned char *p;

	make_cache(checked[_i]);
	p = take();
	give(p);
	slab_set_next_free(cache, p, p);
	ck_assert_uint_ge(kmem_cache_validate(cache), 1);
	assert_told("Freelist cycle detected");
	assert_told("Freelist cleared");
	lost = lose_slab();
}
END_TEST

START_TEST(test_free_list_cut_short)
{
	unsigned char *p;

	make_cache(checked[_i]);
	p = take();
	give(p);
	slab_set_next_free(cache, p, NULL);
	ck_assert_uint_ge(kmem_cache_validate(cache), 1);
	assert_told("Wrong object count");
	assert_told("Object count adjusted");
	lost = lose_slab() - 1;
}
END_TEST

/* ---- what a report says -------------------------------------------------- */

START_TEST(test_report_says_who)
{
	unsigned char *p;
	char word[32];

	make_cache(FZPU);
	p = take();
	give(p);
	assert_heard(0);
	give(p);
	assert_told("BUG watched (Not tainted): Object already free");
	assert_told("Allocated in ");
	assert_told("Freed in ");
	assert_told(" age=");
	assert_told(" cpu=");
	snprintf(word, sizeof(word), "Object %p @offset=", (void *)p);
	assert_told(word);
	assert_told("Slab ");
	assert_told("Redzone  ");
	assert_told("Object   ");
	assert_told("Padding  ");
	assert_told("6b 6b 6b 6b");
}
END_TEST

START_TEST(test_report_says_who_only_if_stored)
{
	unsigned char *p;

	make_cache(FZPU & ~SLAB_STORE_USER);
	p = take();
	give(p);
	give(p);
	assert_heard(2);
	ck_assert(!told("Allocated in "));
	ck_assert(!told("Freed in "));
}
END_TEST

START_TEST(test_report_says_what_was_there)
{
	unsigned char *p;
	char word[64];

	make_cache(FZPU);
	p = take();
	memcpy(p + SIZE, "ABC", 3);
	give(p);
	snprintf(word, sizeof(word), "%p-%p @offset=", (void *)(p + SIZE),
		 (void *)(p + SIZE + 2));
	assert_told(word);
	assert_told("First byte 0x41 instead of 0xcc");
	snprintf(word, sizeof(word), "Restoring Right Redzone %p-%p=0xcc",
		 (void *)(p + SIZE), (void *)(p + SIZE + 2));
	assert_told(word);
	give(p);
}
END_TEST

START_TEST(test_trace_is_no_report)
{
	unsigned long before;
	char word[64];
	void *p;

	make_cache(SLAB_TRACE | (_i ? FZPU : 0));
	before = kmem_report_count();
	forget();
	p = take();
	ck_assert_uint_eq(heard.notes, 1);
	snprintf(word, sizeof(word), "TRACE watched alloc %p inuse=", p);
	ck_assert_ptr_nonnull(strstr(heard.note, word));
	give(p);
	ck_assert_uint_eq(heard.notes, 2);
	snprintf(word, sizeof(word), "TRACE watched free %p inuse=", p);
	ck_assert_ptr_nonnull(strstr(heard.note, word));
	ck_assert_uint_eq(kmem_report_count(), before);
	assert_heard(0);
}
END_TEST

START_TEST(test_destroy_lists_what_is_in_use)
{
	void *p[20];
	char word[32];

	make_cache(checked[_i]);
	for (int i = 0; i < 20; i++)
		p[i] = take();
	for (int i = 0; i < 20; i += 2)
		give(p[i]);
	kmem_cache_destroy(cache);
	cache = NULL;
	assert_heard(1 + NEIGHBOURS + 10);
	assert_told("watched");
	for (int i = 0; i < 20; i++) {
		snprintf(word, sizeof(word), "Object %p @offset=", p[i]);
		ck_assert_int_eq(told(word), i % 2);
	}
	ck_assert_int_eq(told("Allocated in "),
			 (checked[_i] & SLAB_STORE_USER) != 0);
}
END_TEST

/* ---- what an object holds ------------------------------------------------ */

START_TEST(test_new_objects_hold_poison)
{
	unsigned char *p;

	make_cache(FZPU);
	for (int round = 0; round < 2; round++) {
		p = take();
		ck_assert(bytes_are(p, SIZE - 1, 0x6b));
		ck_assert_uint_eq(p[SIZE - 1], 0xa5);
		ck_assert(bytes_are(p + SIZE, 8, 0xcc));
		ck_assert(bytes_are(p - 8, 8, 0xcc));
		memset(p, 'x', SIZE);
		give(p);
		ck_assert(bytes_are(p, SIZE - 1, 0x6b));
		ck_assert_uint_eq(p[SIZE - 1], 0xa5);
		ck_assert(bytes_are(p + SIZE, 8, 0xbb));
		ck_assert(bytes_are(p - 8, 8, 0xbb));
	}
}
END_TEST

START_TEST(test_zeroing_keeps_the_red_zones)
{
	unsigned char *p;

	make_cache(checked[_i]);
	for (int round = 0; round < 3; round++) {
		p = kmem_cache_zalloc(cache, GFP_KERNEL);
		ck_assert(bytes_are(p, SIZE, 0));
		assert_sound(1);
		memset(p, 'x', SIZE);
		give(p);
	}
}
END_TEST

START_TEST(test_constructed_objects_stay_constructed)
{
	const struct kmem_cache_spec spec = {
		.object_size = SIZE,
		.flags = checked[_i],
		.ctor_kind = KMEM_CTOR_BYTE,
		.ctor_byte = 0x33,
	};
	unsigned char *p;

	new_cache(&spec);
	for (int i = 0; i < NEIGHBOURS; i++)
		ck_assert(bytes_are(neighbour[i], SIZE, 'a' + i));
	for (int round = 0; round < 3; round++) {
		p = take();
		ck_assert(bytes_are(p, SIZE, 0x33));
		give(p);
		ck_assert(bytes_are(p, SIZE, 0x33));
	}
}
END_TEST

START_TEST(test_typesafe_objects_keep_their_bytes)
{
	const struct kmem_cache_spec spec = {
		.object_size = SIZE,
		.flags = checked[_i] | SLAB_TYPESAFE_BY_RCU,
	};
	unsigned char *p;

	new_cache(&spec);
	p = take();
	memset(p, 'x', SIZE);
	give(p);
	ck_assert(bytes_are(p, SIZE, 'x'));
	assert_sound(0);
	ck_assert_ptr_eq(take(), p);
	ck_assert(bytes_are(p, SIZE, 'x'));
	give(p);
}
END_TEST

/* ---- caches that debug are caches ---------------------------------------- */

START_TEST(test_many_objects)
{
	static void *p[1000];
	struct kmem_cache_info info;

	make_cache(checked[_i]);
	ck_assert(
		kmem_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_ZERO, 1000, p));
	for (int i = 0; i < 1000; i++) {
		ck_assert(bytes_are(p[i], SIZE, 0));
		memset(p[i], i, SIZE);
	}
	assert_sound(1000);
	for (int i = 0; i < 1000; i++)
		ck_assert(bytes_are(p[i], SIZE, (unsigned char)i));
	kmem_cache_free_bulk(cache, 500, p);
	for (int i = 500; i < 1000; i++)
		give(p[i]);
	assert_sound(0);
	kmem_cache_shrink(cache);
	info = look();
	ck_assert_uint_eq(info.slabs, 1);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_alloc_fastpath], 0);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_alloc_slowpath],
			  1000 + NEIGHBOURS);
	ck_assert_uint_eq(info.stat[KMEM_CACHE_STAT_free_slowpath], 1000);
}
END_TEST

START_TEST(test_limit_holds)
{
	void *p[5];

	make_cache(checked[_i]);
	kmem_cache_set_limit(cache, NEIGHBOURS + 5);
	for (int i = 0; i < 5; i++)
		p[i] = take();
	ck_assert_ptr_null(kmem_cache_alloc(cache, GFP_KERNEL));
	ck_assert(!kmem_cache_alloc_bulk(cache, GFP_KERNEL, 1, p));
	for (int i = 0; i < 5; i++)
		give(p[i]);
	ck_assert_uint_eq(look().peak, NEIGHBOURS + 5);
}
END_TEST

/* Into debugging and out of it, with arrays that were in use before. */
START_TEST(test_reshape)
{
	struct kmem_cache_spec spec = { .object_size = SIZE };
	void *p[100];

	ck_assert_int_eq(kmem_cache_new("watched", "test", &spec, &cache), 0);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 100; i++) {
			p[i] = take();
			memset(p[i], i, SIZE);
		}
		for (int i = 0; i < 100; i++)
			give(p[i]);
		spec.flags ^= checked[_i];
		ck_assert_int_eq(kmem_cache_reshape(cache, &spec), 0);
		ck_assert_uint_eq(kmem_cache_validate(cache), 0);
	}
	kmem_cache_destroy(cache);
	cache = NULL;
	assert_heard(0);
}
END_TEST

#define THREADS 4
#define ROUNDS 3000

static unsigned int damaged;

static void churn(unsigned int index, void *arg)
{
	struct prng prng = { *(uint64_t *)arg + index };
	unsigned char *held[16] = { NULL };

	for (int i = 0; i < ROUNDS; i++) {
		unsigned int slot = prng_below(&prng, 16);
		unsigned char mark = (unsigned char)(index * 16 + slot);

		if (held[slot]) {
			if (!bytes_are(held[slot], SIZE, mark))
				__atomic_fetch_add(&damaged, 1,
						   __ATOMIC_RELAXED);
			kmem_cache_free(cache, held[slot]);
			held[slot] = NULL;
		} else {
			held[slot] = kmem_cache_alloc(cache, GFP_KERNEL);
			memset(held[slot], mark, SIZE);
		}
		if (i % 500 == 0)
			kmem_cache_validate(cache);
	}
	for (int i = 0; i < 16; i++)
		if (held[i])
			kmem_cache_free(cache, held[i]);
}

START_TEST(test_threads)
{
	uint64_t seed = test_seed("threads");

	make_cache(checked[_i]);
	damaged = 0;
	threads_run(THREADS, churn, &seed);
	ck_assert_uint_eq(damaged, 0);
	assert_heard(0);
}
END_TEST

#define VISITS 1000
#define FEW 40 /* more than a bulk request takes through the thread's array */

static bool visited;

/* Objects come and go, singly and in bulk; in between the cache is empty. */
static void *come_and_go(void *arg)
{
	unsigned int *failed = arg;
	void *p[FEW];

	for (int i = 0; i < VISITS; i++) {
		sched_yield();
		p[0] = kmem_cache_alloc(cache, GFP_KERNEL);
		memset(p[0], i, SIZE);
		kmem_cache_free(cache, p[0]);
		sched_yield();
		if (kmem_cache_alloc_bulk(cache, GFP_KERNEL, FEW, p))
			kmem_cache_free_bulk(cache, FEW, p);
		else
			++*failed;
	}
	__atomic_store_n(&visited, true, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * Whoever asks just now gets an object as the cache then makes them: one that
 * was not marked as used would be reported when it comes back.
 */
START_TEST(test_reshape_while_others_allocate)
{
	struct kmem_cache_spec spec = { .object_size = SIZE };
	unsigned int failed = 0, switched = 0;
	pthread_t thread;

	visited = false;
	ck_assert_int_eq(kmem_cache_new("watched", "test", &spec, &cache), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, come_and_go, &failed),
			 0);
	while (!__atomic_load_n(&visited, __ATOMIC_ACQUIRE) || !switched) {
		spec.flags ^= FZPU;
		if (kmem_cache_reshape(cache, &spec))
			spec.flags ^= FZPU;
		else
			switched++;
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(failed, 0);
	kmem_cache_destroy(cache);
	cache = NULL;
	assert_heard(0);
}
END_TEST

static void add_free_tests(Suite *s)
{
	TCase *tc = suite_add(s, "free", debug_setup, debug_teardown);

	tcase_add_loop_test(tc, test_double_free, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_double_free_without_checks, 0, 4);
	tcase_add_loop_test(tc, test_double_free_in_bulk, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_free_into_another_cache, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_free_of_a_middle_pointer, 0, 7);
	tcase_add_test(tc, test_free_of_the_slab_tail);
	tcase_add_loop_test(tc, test_free_of_no_object, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_overrun_at_free, 0, 2);
	tcase_add_loop_test(tc, test_underrun_at_free, 0, 2);
	tcase_add_test(tc, test_overrun_without_checks);
}

static void add_alloc_tests(Suite *s)
{
	TCase *tc = suite_add(s, "alloc", debug_setup, debug_teardown);

	tcase_add_loop_test(tc, test_write_to_a_free_object, 0, 2);
	tcase_add_loop_test(tc, test_red_zone_of_a_free_object, 0, 2);
	tcase_add_loop_test(tc, test_link_of_a_free_object, 0, NR_CHECKED);
	tcase_add_test(tc, test_free_into_a_slab_out_of_use);

	tc = suite_add(s, "free list", debug_setup, debug_teardown);
	tcase_add_loop_test(tc, test_free_list_in_a_circle, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_free_list_cut_short, 0, NR_CHECKED);
}

static void add_text_tests(Suite *s)
{
	TCase *tc = suite_add(s, "reports", debug_setup, debug_teardown);

	tcase_add_test(tc, test_report_says_who);
	tcase_add_test(tc, test_report_says_who_only_if_stored);
	tcase_add_test(tc, test_report_says_what_was_there);
	tcase_add_loop_test(tc, test_trace_is_no_report, 0, 2);
	tcase_add_loop_test(tc, test_destroy_lists_what_is_in_use, 0,
			    NR_CHECKED);
}

static void add_object_tests(Suite *s)
{
	TCase *tc = suite_add(s, "objects", debug_setup, debug_teardown);

	tcase_add_test(tc, test_new_objects_hold_poison);
	tcase_add_loop_test(tc, test_zeroing_keeps_the_red_zones, 0,
			    NR_CHECKED);
	tcase_add_loop_test(tc, test_constructed_objects_stay_constructed, 0,
			    NR_CHECKED);
	tcase_add_loop_test(tc, test_typesafe_objects_keep_their_bytes, 0,
			    NR_CHECKED);

	tc = suite_add(s, "caches", debug_setup, debug_teardown);
	tcase_add_loop_test(tc, test_many_objects, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_limit_holds, 0, NR_CHECKED);
	tcase_add_loop_test(tc, test_reshape, 0, NR_CHECKED);
	tcase_add_test(tc, test_reshape_while_others_allocate);
	tcase_add_loop_test(tc, test_threads, 0, NR_CHECKED);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("slab_debug");

	add_free_tests(s);
	add_alloc_tests(s);
	add_text_tests(s);
	add_object_tests(s);
	return s;
}
