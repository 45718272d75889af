/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_debug.c - pools that watch over their reserve, and the kernel's
 * twelve KASAN cases for mempools
 *
 * KASAN sees a wrong access when it happens. Here a write is seen when the
 * element next changes hands: what was overrun when it is returned, what was
 * written after it was freed when it is taken again. Where KASAN's case reads,
 * ours writes. Of a cache, bytes behind an object are the cache's to watch, so
 * that case ends when the pool gives its element back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

#define FREE 0x6b
#define END 0xa5
#define IN_USE 0x5a

static struct kmem_cache *cache;

static void debug_setup(void)
{
	const struct kmem_config config = {
		.memory = 4 * TEST_MEMORY,
		.cpus = 2,
		.mempool_debug = true,
	};

	kmem_up_with(&config);
	backing_init(&backing, BACKING_ENDLESS);
	pool = NULL;
	nr_held = 0;
	cache = kmem_cache_create("backing", 123, 0,
				  SLAB_RED_ZONE | SLAB_CONSISTENCY_CHECKS,
				  NULL);
}

static void debug_teardown(void)
{
	if (pool)
		pool_give_all();
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(cache);
	kmem_down();
}

/* ---- pools of each kind --------------------------------------------------- */

static const struct {
	const char *name;
	int kind;
	size_t size;
} kinds[] = {
	{ "slab", KMEM_MEMPOOL_SLAB, 123 },
	{ "kmalloc", KMEM_MEMPOOL_KMALLOC, 107 },
	{ "kmalloc_large", KMEM_MEMPOOL_KMALLOC, KMALLOC_MAX_CACHE_SIZE + 1 },
	{ "page_alloc", KMEM_MEMPOOL_PAGES, 4 * KMEM_PAGE_SIZE },
	{ "kvmalloc", KMEM_MEMPOOL_KVMALLOC, KMALLOC_MAX_SIZE + 1 },
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* Four elements, one of them taken, as the kernel's cases begin. */
static void make_pool(int kind)
{
	if (kinds[kind].kind == KMEM_MEMPOOL_SLAB)
		pool = mempool_create_slab_pool(4, cache);
	else if (kinds[kind].kind == KMEM_MEMPOOL_KMALLOC)
		pool = mempool_create_kmalloc_pool(4, kinds[kind].size);
	else if (kinds[kind].kind == KMEM_MEMPOOL_KVMALLOC)
		pool = mempool_create_kvmalloc_pool(4, kinds[kind].size);
	else
		pool = mempool_create_page_pool(4, 2);
	ck_assert_ptr_nonnull(pool);
	ck_assert(pool_look().poison);
	held[nr_held++] = mempool_alloc_preallocated(pool);
	ck_assert_ptr_nonnull(held[0]);
}

/* The compiler must not know what it points to: it would warn of it. */
static unsigned char *memory_of(void *element)
{
	unsigned char *p = element;

	if (pool_look().kind == KMEM_MEMPOOL_PAGES)
		p = page_address(element);
	__asm__("" : "+r"(p));
	return p;
}

static void *take_preallocated(void)
{
	void *element = mempool_alloc_preallocated(pool);

	ck_assert_ptr_nonnull(element);
	return element;
}

static void assert_reported(const char *words)
{
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_msg(reports_mention(words), "no '%s' in: %s", words,
		      reports_last());
}

static void assert_quiet(void)
{
	ck_assert_msg(reports_take() == 0, "reported: %s", reports_last());
}

/* ---- the twelve cases ----------------------------------------------------- */

/* mempool_kmalloc_oob_right, mempool_kmalloc_large_oob_right */
START_TEST(test_kasan_mempool_kmalloc_oob_right)
{
	unsigned char *element;

	make_pool(_i);
	element = take_preallocated();
	memset(element, 0x11, kinds[_i].size);
	element[kinds[_i].size] = 'x';
	mempool_free(element, pool);
	assert_reported("byte 0 behind the end was overwritten: 0x78");
	ck_assert_int_eq(pool->curr_nr, 3);
}
END_TEST

START_TEST(test_kasan_mempool_slab_oob_right)
{
	unsigned char *element;

	make_pool(0);
	element = take_preallocated();
	__asm__("" : "+r"(element));
	element[123] = 'x';
	mempool_free(element, pool);
	assert_quiet();
	pool_give();
	mempool_destroy(pool);
	pool = NULL;
	ck_assert_uint_ge(reports_take(), 1);
	ck_assert(reports_mention("[Right Redzone overwritten]"));
	kmem_cache_free(cache, element);
}
END_TEST

/*
 * mempool_kmalloc_uaf, mempool_kmalloc_large_uaf, mempool_slab_uaf,
 * mempool_page_alloc_uaf
 */
START_TEST(test_kasan_mempool_uaf)
{
	void *element;

	make_pool(_i);
	element = take_preallocated();
	mempool_free(element, pool);
	assert_quiet();
	memory_of(element)[0] = 'x';
	ck_assert_ptr_eq(take_preallocated(), element);
	assert_reported("BUG: mempool element poison mismatch");
	/* What was found is told once, and the element is as good as any. */
	mempool_free(element, pool);
	ck_assert_ptr_eq(take_preallocated(), element);
	assert_quiet();
	mempool_free(element, pool);
}
END_TEST

/*
 * mempool_kmalloc_double_free, mempool_kmalloc_large_double_free,
 * mempool_page_alloc_double_free
 */
START_TEST(test_kasan_mempool_double_free)
{
	void *element;

	make_pool(_i);
	element = take_preallocated();
	mempool_free(element, pool);
	mempool_free(element, pool);
	assert_reported("element is free already");
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert_uint_eq(pool_look().active, 1);
	/* Where the kernel would not look: the reserve is full. */
	pool_give();
	ck_assert_int_eq(pool->curr_nr, 4);
	mempool_free(element, pool);
	assert_reported("element is free already");
	ck_assert_uint_eq(pool_look().active, 0);
	ck_assert_uint_eq(mempool_validate(pool), 0);
}
END_TEST

/* mempool_kmalloc_invalid_free, mempool_kmalloc_large_invalid_free */
START_TEST(test_kasan_mempool_invalid_free)
{
	char *element;

	make_pool(_i);
	element = take_preallocated();
	mempool_free(element + 1, pool);
	assert_reported("not an element");
	ck_assert_int_eq(pool->curr_nr, 2);
	mempool_free(element, pool);
	assert_quiet();
	ck_assert_int_eq(pool->curr_nr, 3);
}
END_TEST

/* ---- what else is no element ---------------------------------------------- */

/* Of another cache, of another size, of another order. */
START_TEST(test_element_of_another_pool_is_refused)
{
	void *other = kmalloc(32, GFP_KERNEL);
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	make_pool(_i);
	mempool_free(_i == 3 ? (void *)page : other, pool);
	assert_reported("not an element");
	mempool_free(memory_of(held[0]) + 64, pool);
	assert_reported("not an element");
	mempool_free(&other, pool);
	assert_reported("not an element");
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert_uint_eq(pool_look().active, 1);
	kfree(other);
	__free_pages(page, 1);
}
END_TEST

/* ---- poison, byte by byte ------------------------------------------------- */

START_TEST(test_reserve_is_poisoned)
{
	size_t size = kinds[_i].size;
	unsigned char *p;
	void *elements[4];

	make_pool(_i);
	ck_assert_uint_eq(mempool_reserve(pool, elements, 4), 3);
	for (int i = 0; i < 3; i++) {
		p = memory_of(elements[i]);
		ck_assert(bytes_are(p, size - 1, FREE));
		ck_assert_uint_eq(p[size - 1], END);
	}
	ck_assert(bytes_are(memory_of(held[0]), size, IN_USE));
	memset(memory_of(held[0]), 0, size);
	p = memory_of(held[0]);
	pool_give();
	ck_assert(bytes_are(p, size - 1, FREE));
	ck_assert_uint_eq(p[size - 1], END);
}
END_TEST

/* The whole text, for a byte at each end, near it, and in the middle. */
START_TEST(test_report_names_the_bytes)
{
	static const size_t bytes[] = { 0, 3, 8, 9, 50, 98, 99, 100, 106 };
	size_t at = bytes[_i], size = 107;
	size_t from = at < 8 ? 0 : at - 8, end = at + 8 < size ? at + 8 : size;
	unsigned char *element;
	char expected[400];
	int n;

	make_pool(1);
	mempool_set_name(pool, "io");
	element = held[0];
	pool_give();
	element[at] = 0x42;
	n = sprintf(expected,
		    "BUG: mempool element poison mismatch\n"
		    "Mempool io %p size 107\n nr=3 @ %p: %s0x",
		    (void *)pool, (void *)element, from ? "... " : "");
	for (size_t i = from; i < end; i++)
		n += sprintf(expected + n, "%x ",
			     i == at	     ? 0x42
			     : i == size - 1 ? END
					     : FREE);
	sprintf(expected + n, "%s", end < size ? "..." : "");
	ck_assert_ptr_eq(take_preallocated(), element);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_str_eq(reports_last(), expected);
	mempool_free(element, pool);
}
END_TEST

/* However an element leaves the reserve, it is looked at. */
START_TEST(test_each_way_out_is_watched)
{
	unsigned char *element;

	make_pool(1);
	element = held[0];
	pool_give();
	element[1] = 0;
	switch (_i) {
	case 0:
		ck_assert_int_eq(mempool_resize(pool, 3), 0);
		break;
	case 1:
		ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_PAGES, 0),
				 0);
		break;
	case 2:
		ck_assert_int_eq(mempool_set_poison(pool, false), 0);
		break;
	case 3:
		mempool_set_limit(pool, 0);
		pool_take_number(1);
		break;
	default:
		mempool_destroy(pool);
		pool = NULL;
		break;
	}
	assert_reported("poison mismatch");
}
END_TEST

START_TEST(test_elements_on_their_way_to_waiters_are_watched)
{
	struct mempool_request request = {
		.nr = 1,
		.gfp = GFP_ATOMIC,
		.elements = &held[1],
	};

	make_pool(1);
	mempool_set_limit(pool, 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(mempool_submit(pool, &request), 0);
		request.elements++;
		nr_held++;
	}
	for (unsigned int i = 0; i < nr_held; i++)
		ck_assert(bytes_are(held[i], 107, IN_USE));
	assert_quiet();
}
END_TEST

/* ---- the switch ----------------------------------------------------------- */

START_TEST(test_poison_is_switched_while_idle)
{
	void *elements[4];

	make_pool(_i);
	ck_assert_int_eq(mempool_set_poison(pool, false), -EBUSY);
	ck_assert_int_eq(mempool_set_poison(pool, true), 0);
	pool_give();
	ck_assert_int_eq(mempool_set_poison(pool, false), 0);
	ck_assert(!pool_look().poison);
	ck_assert_uint_eq(mempool_reserve(pool, elements, 4), 4);
	for (int i = 0; i < 4; i++)
		memset(memory_of(elements[i]), i, kinds[_i].size);
	pool_take_number(3);
	pool_give_all();
	ck_assert_int_eq(mempool_set_poison(pool, true), 0);
	ck_assert(pool_look().poison);
	ck_assert_uint_eq(memory_of(elements[2])[1], FREE);
	pool_take_number(6);
	pool_give_all();
	assert_quiet();
}
END_TEST

/*
 * Nothing is known of what a program's functions give. A pair of which one
 * function is the kernel's is such a one, too; it poisoned once and did not
 * look, or the other way round.
 */
static void *my_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

static void my_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

START_TEST(test_hazard_mixed_pairs_are_left_alone)
{
	static const struct {
		mempool_alloc_t *alloc;
		mempool_free_t *free;
	} mixed[] = {
		{ my_kmalloc, mempool_kfree },
		{ mempool_kmalloc, my_kfree },
	};

	pool = mempool_create(2, mixed[_i].alloc, mixed[_i].free, (void *)64);
	ck_assert(!pool_look().poison);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_CUSTOM);
	ck_assert_int_eq(mempool_set_poison(pool, true), -EOPNOTSUPP);
	for (int i = 0; i < 2; i++) {
		held[nr_held] = mempool_alloc_preallocated(pool);
		memset(held[nr_held++], 7, 64);
	}
	pool_take_number(2);
	pool_give_all();
	ck_assert(bytes_are(held[0], 64, 7));
	assert_quiet();
}
END_TEST

/* Poison would be written to the byte before the element. */
START_TEST(test_hazard_blocks_of_no_size_are_left_alone)
{
	pool = mempool_create_kmalloc_pool(2, 0);
	ck_assert_ptr_nonnull(pool);
	ck_assert(!pool_look().poison);
	ck_assert_int_eq(mempool_set_poison(pool, true), -EOPNOTSUPP);
	pool_take_number(3);
	pool_give_all();
	assert_quiet();
}
END_TEST

/* Readers may look at them until a grace period is over. */
START_TEST(test_objects_freed_by_rcu_are_left_alone)
{
	struct kmem_cache *s =
		kmem_cache_create("rcu", 64, 0, SLAB_TYPESAFE_BY_RCU, NULL);

	pool = mempool_create_slab_pool(2, s);
	ck_assert(!pool_look().poison);
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(s);
}
END_TEST

/* Page elements of each order: poison keeps to them, and reaches their end. */
START_TEST(test_history_page_poison_ends_with_the_block)
{
	struct page *before, *after;

	pool = mempool_create_page_pool(1, _i);
	held[nr_held++] = take_preallocated();
	before = (struct page *)held[0];
	memset(page_address(before), 0x33, KMEM_PAGE_SIZE << _i);
	after = alloc_pages(GFP_KERNEL, (unsigned int)_i);
	memset(page_address(after), 0x44, KMEM_PAGE_SIZE << _i);
	pool_give();
	ck_assert(bytes_are(page_address(before), (KMEM_PAGE_SIZE << _i) - 1,
			    FREE));
	ck_assert(bytes_are(page_address(after), KMEM_PAGE_SIZE << _i, 0x44));
	__free_pages(after, (unsigned int)_i);
	ck_assert_ptr_eq(take_preallocated(), before);
	assert_quiet();
	mempool_free(before, pool);
}
END_TEST

/* ---- users who do nothing wrong ------------------------------------------- */

START_TEST(test_right_use_is_not_reported)
{
	struct prng prng = { test_seed("right_use_is_not_reported") };
	unsigned long steps = test_steps(kinds[_i].size > MIB ? 50 : 3000);

	make_pool(_i);
	for (unsigned long i = 0; i < steps; i++) {
		unsigned int what = prng_below(&prng, 10);

		mempool_set_limit(pool, prng_below(&prng, 20));
		if (what == 0)
			ck_assert_int_eq(
				mempool_resize(pool,
					       1 + (int)prng_below(&prng, 8)),
				0);
		else if (what < 6 && nr_held < HELD_MAX &&
			 pool_take(GFP_NOWAIT))
			memset(memory_of(held[nr_held - 1]), (int)i,
			       kinds[_i].size);
		else if (nr_held)
			pool_give();
	}
	pool_give_all();
	ck_assert_uint_eq(mempool_validate(pool), 0);
	assert_quiet();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool debug");
	TCase *tc;

	tc = suite_add(s, "kasan", debug_setup, debug_teardown);
	tcase_add_loop_test(tc, test_kasan_mempool_kmalloc_oob_right, 1, 3);
	tcase_add_test(tc, test_kasan_mempool_slab_oob_right);
	tcase_add_loop_test(tc, test_kasan_mempool_uaf, 0, KINDS);
	tcase_add_loop_test(tc, test_kasan_mempool_double_free, 0, KINDS);
	tcase_add_loop_test(tc, test_kasan_mempool_invalid_free, 0, KINDS);
	tcase_add_loop_test(tc, test_element_of_another_pool_is_refused, 0,
			    KINDS);

	tc = suite_add(s, "poison", debug_setup, debug_teardown);
	tcase_add_loop_test(tc, test_reserve_is_poisoned, 0, KINDS);
	tcase_add_loop_test(tc, test_report_names_the_bytes, 0, 9);
	tcase_add_loop_test(tc, test_each_way_out_is_watched, 0, 5);
	tcase_add_test(tc, test_elements_on_their_way_to_waiters_are_watched);
	tcase_add_loop_test(tc, test_history_page_poison_ends_with_the_block, 0,
			    5);
	tcase_add_loop_test(tc, test_right_use_is_not_reported, 0, KINDS);

	tc = suite_add(s, "switch", debug_setup, debug_teardown);
	tcase_add_loop_test(tc, test_poison_is_switched_while_idle, 0, KINDS);
	tcase_add_loop_test(tc, test_hazard_mixed_pairs_are_left_alone, 0, 2);
	tcase_add_test(tc, test_hazard_blocks_of_no_size_are_left_alone);
	tcase_add_test(tc, test_objects_freed_by_rcu_are_left_alone);
	return s;
}
