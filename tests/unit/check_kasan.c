/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_kasan.c - the kernel's KASAN and KFENCE cases for slabs and kmalloc(),
 * and the zeroing part of test_meminit, under slab_debug=FZPU
 *
 * KASAN sees every access as it happens, by a shadow of all memory. Red zones,
 * poison and checks see what was written, and see it later: when the object is
 * freed, when it is allocated again, or when somebody validates. So a case that
 * reads in the kernel writes here, and ends with one of those three looks.
 *
 * Cases that cannot be seen this way:
 *
 *	reads of any kind: kmalloc_aligned_oob_read, invalid_access,
 *	use_after_free_read(_nofault), kmalloc_memmove_invalid_size, the read
 *	halves of all others - nothing changes that a later look finds
 *	kmalloc_memmove_negative_size - leaves the whole address space
 *	kmalloc_large_oob_right, kmalloc_large_uaf, krealloc_large_*_oob,
 *	page_alloc_* - whole pages: no red zones, no poison
 *	kmalloc_uaf2 - without a quarantine, the stale pointer is the new one
 *	ksize_uaf - ksize() looks at the page, not at the object
 *	kmem_cache_double_destroy - the cache is no more than an address then
 *	vmalloc_*, vmap_*, *_bitops, strings, stack and globals - not memory of
 *	the slab allocator; rcu_uaf and workqueue_uaf are tested with those parts,
 *	mempool_* in check_mempool_debug.c; init_on_free with its option
 *
 * Right after it was detected, damage is mended: the tests go on with the same
 * cache, and end with a validation that finds nothing.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define FZPU                                                                   \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |               \
	 SLAB_STORE_USER)

static void kasan_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.slab_debug = "FZPU",
	};

	kmem_up_with(&config);
}

/* ---- blocks of kmalloc() ------------------------------------------------- */

/* The compiler must not know what it points to: it would warn of it. */
static unsigned char *hide(void *p)
{
	__asm__("" : "+r"(p));
	ck_assert_ptr_nonnull(p);
	return p;
}

static unsigned char *take(size_t size)
{
	unsigned char *p = hide(kmalloc(size, GFP_KERNEL));

	memset(p, 0x11, size);
	return p;
}

static unsigned char *resize(unsigned char *p, size_t size)
{
	return hide(krealloc(p, size, GFP_KERNEL));
}

static void assert_quiet(void)
{
	ck_assert_msg(reports_take() == 0, "reported: %s", reports_last());
	ck_assert_uint_eq(kmem_validate(), 0);
}

/* A block that was overrun: told when it is freed, and not freed. */
static void assert_told_at_free(unsigned char *p, const char *zone)
{
	kfree(p);
	ck_assert_uint_eq(reports_take(), 3);
	ck_assert_msg(reports_mention(zone), "no %s", zone);
	ck_assert(reports_mention("not freed"));
	assert_quiet();
	kfree(p);
	assert_quiet();
}

/*
 * A free block that was written to, told by a look at everything. @regions: 2
 * if the last byte, which is poisoned otherwise, was among it.
 */
static void assert_told_by_validate(unsigned int regions)
{
	ck_assert_uint_eq(kmem_validate(), 1);
	ck_assert_uint_eq(reports_take(), 2 * regions);
	ck_assert(reports_mention("[Poison overwritten]"));
	assert_quiet();
}

/* The same by who would get it next; @size must be that of the block. */
static void assert_told_at_alloc(unsigned char *p, size_t size)
{
	unsigned char *q = take(size);

	ck_assert_uint_eq(reports_take(), 3);
	ck_assert(reports_mention("[Poison overwritten]"));
	ck_assert(reports_mention("Marking all objects used"));
	ck_assert_ptr_ne(q, p);
	kfree(q);
	assert_quiet();
}

/* ---- beyond a block ------------------------------------------------------ */

#define KMALLOC_ZONE "[kmalloc Redzone overwritten]"
#define RIGHT_ZONE "[Right Redzone overwritten]"
#define LEFT_ZONE "[Left Redzone overwritten]"

/*
 * The kernel tries three bytes in kmalloc_oob_right: in the granule that ends
 * the block, in the next one, and behind the size class.
 */
static const struct {
	const char *name;
	size_t size;
	int offset;
	size_t bytes;
	const char *zone;
} overruns[] = {
	{ "kmalloc_oob_right", 115, 115, 1, KMALLOC_ZONE },
	{ "kmalloc_oob_right", 115, 120, 1, KMALLOC_ZONE },
	{ "kmalloc_oob_right", 115, 128, 1, RIGHT_ZONE },
	{ "kmalloc_oob_left", 15, -1, 1, LEFT_ZONE },
	{ "kmalloc_node_oob_right", 4096, 4096, 1, RIGHT_ZONE },
	{ "kmalloc_track_caller_oob_right", 115, 115, 1, KMALLOC_ZONE },
	{ "kmalloc_big_oob_right", KMALLOC_MAX_CACHE_SIZE - 256,
	  KMALLOC_MAX_CACHE_SIZE - 256, 1, KMALLOC_ZONE },
	{ "kmalloc_oob_16", 13, 0, 16, KMALLOC_ZONE },
	{ "kmalloc_oob_in_memset", 120, 0, 128, KMALLOC_ZONE },
	{ "kmalloc_oob_memset_2", 120, 119, 2, KMALLOC_ZONE },
	{ "kmalloc_oob_memset_4", 120, 117, 4, KMALLOC_ZONE },
	{ "kmalloc_oob_memset_8", 120, 113, 8, KMALLOC_ZONE },
	{ "kmalloc_oob_memset_16", 112, 97, 16, KMALLOC_ZONE },
	{ "out_of_bounds_write left", 32, -1, 1, LEFT_ZONE },
	{ "out_of_bounds_write right", 32, 32, 1, RIGHT_ZONE },
	{ "corruption left", 32, -1, 1, LEFT_ZONE },
	{ "corruption right", 32, 32, 1, RIGHT_ZONE },
	{ "kmalloc_aligned_oob_write", 73, 73, 1, KMALLOC_ZONE },
	{ "one byte of many", 1000, 1023, 1, KMALLOC_ZONE },
	{ "one byte", 1, 1, 1, KMALLOC_ZONE },
};

#define NR_OVERRUNS ((int)(sizeof(overruns) / sizeof(overruns[0])))

START_TEST(test_overrun)
{
	size_t size = overruns[_i].size;
	unsigned char *p = take(size);

	memset(p + overruns[_i].offset, 0x22, overruns[_i].bytes);
	assert_told_at_free(p, overruns[_i].zone);
	p = take(size);
	memset(p + overruns[_i].offset, 0x22, overruns[_i].bytes);
	ck_assert_uint_eq(kmem_validate(), 1);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert(reports_mention(overruns[_i].zone));
	kfree(p);
	assert_quiet();
}
END_TEST

/* krealloc_more_oob, krealloc_less_oob: 201 and 235 are of the same class. */
START_TEST(test_krealloc_oob)
{
	static const size_t sizes[][2] = {
		{ 201, 235 }, { 235, 201 }, { 201, 600 }, { 600, 201 }
	};
	size_t from = sizes[_i][0], to = sizes[_i][1];
	unsigned char *p = resize(take(from), to);

	ck_assert(bytes_are(p, from < to ? from : to, 0x11));
	memset(p, 0x33, to);
	assert_quiet();
	p[to] = 0x22;
	assert_told_at_free(p, KMALLOC_ZONE);
}
END_TEST

/* ksize_unpoisons_memory: who asked what there is may use it, and no more. */
START_TEST(test_ksize_gives_the_whole_class)
{
	unsigned char *p = take(115);
	size_t real = ksize(p);

	ck_assert_uint_gt(real, 115);
	ck_assert_uint_ge(real, 128);
	memset(p, 0x33, 128);
	assert_quiet();
	p[128] = 0x22;
	assert_told_at_free(p, RIGHT_ZONE);
}
END_TEST

/* ---- after the free ------------------------------------------------------ */

static const struct {
	const char *name;
	size_t size;
	size_t offset;
	size_t bytes;
	unsigned int regions;
} uses[] = {
	{ "kmalloc_uaf", 10, 8, 1, 1 },
	{ "kmalloc_uaf_16", 16, 0, 16, 2 },
	{ "kmalloc_uaf_memset", 33, 0, 33, 1 },
	{ "kmalloc_uaf3", 43, 40, 1, 1 },
	{ "use_after_free_write", 32, 0, 1, 1 },
	{ "the last byte but one", 256, 254, 1, 1 },
	{ "behind the request", 100, 120, 1, 1 },
};

#define NR_USES ((int)(sizeof(uses) / sizeof(uses[0])))

START_TEST(test_use_after_free_by_validate)
{
	unsigned char *p = take(uses[_i].size);

	kfree(p);
	memset(p + uses[_i].offset, 0x22, uses[_i].bytes);
	assert_told_by_validate(uses[_i].regions);
}
END_TEST

START_TEST(test_use_after_free_at_alloc)
{
	unsigned char *p = take(uses[_i].size);

	kfree(p);
	p[uses[_i].offset] = 0x22;
	assert_told_at_alloc(p, uses[_i].size);
}
END_TEST

/* krealloc_uaf: within the class it is the library that writes. */
START_TEST(test_krealloc_after_free)
{
	unsigned char *p = take(201), *q;

	kfree(p);
	if (_i == 0) {
		resize(p, 235);
		ck_assert_uint_ge(kmem_validate(), 1);
		ck_assert_uint_ge(reports_take(), 1);
	} else {
		q = resize(p, 600);
		ck_assert_uint_eq(reports_take(), 2);
		ck_assert(reports_mention("Object already free"));
		kfree(q);
	}
	assert_quiet();
}
END_TEST

/* ---- frees that are none ------------------------------------------------- */

static void assert_refused(const void *p, unsigned long reports,
			   const char *why)
{
	kfree(p);
	ck_assert_uint_eq(reports_take(), reports);
	ck_assert_msg(reports_mention(why), "%s", reports_last());
	assert_quiet();
}

/* double_free, kmalloc_double_kzfree: cleared or not. */
START_TEST(test_double_free)
{
	unsigned char *p = take(_i < 2 ? 16 : 1000);

	if (_i % 2)
		memset(p, 0, 16);
	kfree(p);
	assert_refused(p, 2, "Object already free");
}
END_TEST

/* invalid_addr_free, kmem_cache_invalid_free: the right free works after. */
START_TEST(test_invalid_free)
{
	unsigned char *p = take(128);

	assert_refused(p + 1, 2, "Invalid object pointer");
	assert_refused(p + 127, 2, "Invalid object pointer");
	assert_refused(p - 1, 2, "Invalid object pointer");
	kfree(p);
}
END_TEST

START_TEST(test_large_invalid_free)
{
	unsigned char *p = take(KMALLOC_MAX_CACHE_SIZE + 10);

	assert_refused(p + 1, 1, "Not a kmalloc allocation");
	assert_refused(p + KMEM_PAGE_SIZE, 1, "Not a kmalloc allocation");
	kfree(p);
	assert_refused(p, 1, "Not a kmalloc allocation");
}
END_TEST

START_TEST(test_kfree_via_page)
{
	unsigned char *p = take(8);
	size_t offset = (uintptr_t)p % KMEM_PAGE_SIZE;

	kfree((char *)page_address(virt_to_page(p)) + offset);
	assert_quiet();
}
END_TEST

/* ---- a private cache ----------------------------------------------------- */

static struct kmem_cache *cache;

static void make_cache(unsigned int size, slab_flags_t flags,
		       void (*ctor)(void *object))
{
	cache = kmem_cache_create("test_cache", size, 0, flags, ctor);
	ck_assert_ptr_nonnull(cache);
}

static unsigned char *take_object(void)
{
	return hide(kmem_cache_alloc(cache, GFP_KERNEL));
}

static void kasan_cache_teardown(void)
{
	kmem_cache_destroy(cache);
	kmem_down();
}

START_TEST(test_kmem_cache_oob)
{
	unsigned char *p;

	make_cache(200, 0, NULL);
	p = take_object();
	p[_i ? -1 : 200] = 0x22;
	kmem_cache_free(cache, p);
	ck_assert_uint_eq(reports_take(), 3);
	ck_assert(reports_mention(_i ? LEFT_ZONE : RIGHT_ZONE));
	kmem_cache_free(cache, p);
	assert_quiet();
}
END_TEST

START_TEST(test_kmem_cache_double_free)
{
	unsigned char *p;

	make_cache(200, 0, NULL);
	p = take_object();
	kmem_cache_free(cache, p);
	kmem_cache_free(cache, p);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert(reports_mention("Object already free"));
	assert_quiet();
}
END_TEST

START_TEST(test_kmem_cache_invalid_free)
{
	unsigned char *p;

	make_cache(200, 0, NULL);
	p = take_object();
	kmem_cache_free(cache, p + 1);
	ck_assert_uint_eq(reports_take(), 2);
	ck_assert(reports_mention("Invalid object pointer"));
	assert_quiet();
	kmem_cache_free(cache, p);
	assert_quiet();
}
END_TEST

START_TEST(test_kmem_cache_uaf)
{
	unsigned char *p;

	make_cache(200, 0, NULL);
	p = take_object();
	kmem_cache_free(cache, p);
	p[100] = 0x22;
	assert_told_by_validate(1);
}
END_TEST

START_TEST(test_kmem_cache_rcu_reuse)
{
	unsigned char *p;

	make_cache(200, SLAB_TYPESAFE_BY_RCU, NULL);
	p = take_object();
	kmem_cache_free(cache, p);
	ck_assert_ptr_eq(take_object(), p);
	kmem_cache_free(cache, p);
	assert_quiet();
}
END_TEST

/* memcache_typesafe_by_rcu: what was there can be read after the free. */
START_TEST(test_typesafe_by_rcu)
{
	unsigned char *p;

	make_cache(32, SLAB_TYPESAFE_BY_RCU, NULL);
	p = take_object();
	*p = 42;
	kmem_cache_free(cache, p);
	ck_assert_uint_eq(*p, 42);
	assert_quiet();
}
END_TEST

START_TEST(test_kmem_cache_accounted)
{
	unsigned char *p;

	make_cache(200, SLAB_ACCOUNT, NULL);
	for (int i = 0; i < 5; i++) {
		p = take_object();
		kmem_cache_free(cache, p);
	}
	assert_quiet();
}
END_TEST

START_TEST(test_kmem_cache_bulk)
{
	unsigned char *p[10];

	make_cache(200, 0, NULL);
	ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 10, (void **)p));
	for (int i = 0; i < 10; i++)
		p[i][0] = p[i][199] = 42;
	kmem_cache_free_bulk(cache, 10, (void **)p);
	assert_quiet();
}
END_TEST

static void ctor_x(void *object)
{
	memset(object, 'x', 8);
}

/* free_bulk: objects of several origins, with and without a constructor. */
START_TEST(test_free_bulk)
{
	struct prng prng = { test_seed("free_bulk") };
	struct kmem_cache *other;
	void *p[6];

	for (int round = 0; round < 100; round++) {
		unsigned int size = 8 + prng_below(&prng, 300);

		make_cache(size, 0, round % 2 ? ctor_x : NULL);
		other = cache;
		make_cache(size + 8, 0, ctor_x);
		for (int i = 0; i < 6; i += 3) {
			p[i] = take(size);
			p[i + 1] = take_object();
			p[i + 2] = hide(kmem_cache_alloc(other, GFP_KERNEL));
		}
		kmem_cache_free_bulk(NULL, 6, p);
		kmem_cache_destroy(other);
		kmem_cache_destroy(cache);
		cache = NULL;
		ck_assert_uint_eq(reports_take(), 0);
	}
	assert_quiet();
}
END_TEST

START_TEST(test_shrink_memcache)
{
	unsigned char *p;

	make_cache(32, 0, NULL);
	p = take_object();
	kmem_cache_shrink(cache);
	assert_quiet();
	kmem_cache_free(cache, p);
	assert_quiet();
}
END_TEST

START_TEST(test_memcache_ctor)
{
	unsigned char *p;

	make_cache(32, 0, ctor_x);
	for (int i = 0; i < 8; i++) {
		p = take_object();
		ck_assert(bytes_are(p, 8, 'x'));
		kmem_cache_free(cache, p);
	}
	assert_quiet();
}
END_TEST

START_TEST(test_memcache_alloc_bulk)
{
	void *p[100];

	make_cache(32, 0, NULL);
	for (int round = 0; round < 10; round++) {
		ck_assert(kmem_cache_alloc_bulk(cache, GFP_ATOMIC, 100, p));
		kmem_cache_free_bulk(cache, 100, p);
	}
	assert_quiet();
}
END_TEST

/* ---- krealloc and zeroing ------------------------------------------------ */

START_TEST(test_krealloc_keeps_the_contents)
{
	static const size_t steps[] = { 64, 96, 128, 96, 64 };
	unsigned char *p = hide(kzalloc(32, GFP_KERNEL)), *old;

	ck_assert_uint_ge(ksize(p), 32);
	for (unsigned int i = 0; i < 32; i++)
		p[i] = (unsigned char)(i + 1);
	for (int i = 0; i < 5; i++) {
		p = resize(p, steps[i]);
		for (unsigned int j = 0; j < 32; j++)
			ck_assert_uint_eq(p[j], j + 1);
	}
	old = p;
	ck_assert_ptr_eq(krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	ck_assert(bytes_are(old, 32, 0x6b));
	assert_quiet();
}
END_TEST

/* gfpzero: memory that was used before comes back clear. */
START_TEST(test_gfpzero)
{
	unsigned char *p, *q;

	for (size_t size = 1; size <= 2 * KMALLOC_MAX_CACHE_SIZE;
	     size += size / 3 + 1) {
		p = take(size);
		kfree(p);
		q = hide(kzalloc(size, GFP_KERNEL));
		ck_assert(bytes_are(q, size, 0));
		if (size <= KMALLOC_MAX_CACHE_SIZE)
			ck_assert_ptr_eq(q, p);
		kfree(q);
	}
	assert_quiet();
}
END_TEST

static void ctor_a(void *object)
{
	memset(object, 'A', 4);
}

/* One object of test_kmemcache(); @kind: nothing, constructor, RCU. */
static void check_meminit_object(int kind, bool zero, unsigned int size)
{
	unsigned char *p = hide(
		kmem_cache_alloc(cache, GFP_KERNEL | (zero ? __GFP_ZERO : 0)));

	if (zero)
		ck_assert(bytes_are(p, size, 0));
	else if (kind == 1)
		ck_assert(bytes_are(p, 4, 'A'));
	if (kind != 1)
		memset(p, 0xab, size);
	kmem_cache_free(cache, p);
	if (kind == 2)
		ck_assert(bytes_are(p, size, 0xab));
}

START_TEST(test_meminit_kmemcache)
{
	unsigned int size = 8u << _i;
	static const slab_flags_t flags[] = { 0, 0, SLAB_TYPESAFE_BY_RCU };

	for (int kind = 0; kind < 3; kind++) {
		make_cache(size, flags[kind], kind == 1 ? ctor_a : NULL);
		for (int i = 0; i < 10; i++) {
			check_meminit_object(kind, false, size);
			if (kind != 1)
				check_meminit_object(kind, true, size);
		}
		kmem_cache_destroy(cache);
		cache = NULL;
	}
	assert_quiet();
}
END_TEST

START_TEST(test_meminit_bulk)
{
	unsigned int size = 8u << _i;
	void *p[10];

	make_cache(size, 0, NULL);
	for (int round = 0; round < 1024; round++) {
		bool clear = true;

		ck_assert(kmem_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_ZERO,
						10, p));
		for (int i = 0; i < 10; i++) {
			clear &= bytes_are(p[i], size, 0);
			memset(p[i], 0xab, size);
		}
		kmem_cache_free_bulk(cache, 10, p);
		if (!clear)
			ck_abort_msg("round %d: not clear", round);
	}
	assert_quiet();
}
END_TEST

/* The same address again, with what was in it. */
START_TEST(test_meminit_rcu_persistent)
{
	unsigned int size = 8u << _i;
	unsigned char *p, *q = NULL;

	cache = kmem_cache_create("test_cache", size, size,
				  SLAB_TYPESAFE_BY_RCU, NULL);
	p = take_object();
	memset(p, 0xab, size);
	kmem_cache_free(cache, p);
	for (int i = 0; i < 1024 && q != p; i++) {
		q = take_object();
		if (q == p)
			ck_assert(bytes_are(q, size, 0xab));
		kmem_cache_free(cache, q);
	}
	ck_assert_ptr_eq(q, p);
	assert_quiet();
}
END_TEST

static void add_kmalloc_tests(Suite *s)
{
	TCase *tc = suite_add(s, "kmalloc", kasan_setup, kmem_down);

	tcase_add_loop_test(tc, test_overrun, 0, NR_OVERRUNS);
	tcase_add_loop_test(tc, test_krealloc_oob, 0, 4);
	tcase_add_test(tc, test_ksize_gives_the_whole_class);
	tcase_add_loop_test(tc, test_use_after_free_by_validate, 0, NR_USES);
	tcase_add_loop_test(tc, test_use_after_free_at_alloc, 0, NR_USES);
	tcase_add_loop_test(tc, test_krealloc_after_free, 0, 2);
	tcase_add_loop_test(tc, test_double_free, 0, 4);
	tcase_add_test(tc, test_invalid_free);
	tcase_add_test(tc, test_large_invalid_free);
	tcase_add_test(tc, test_kfree_via_page);
	tcase_add_test(tc, test_krealloc_keeps_the_contents);
	tcase_add_test(tc, test_gfpzero);
}

static void add_cache_tests(Suite *s)
{
	TCase *tc =
		suite_add(s, "kmem_cache", kasan_setup, kasan_cache_teardown);

	tcase_add_loop_test(tc, test_kmem_cache_oob, 0, 2);
	tcase_add_test(tc, test_kmem_cache_double_free);
	tcase_add_test(tc, test_kmem_cache_invalid_free);
	tcase_add_test(tc, test_kmem_cache_uaf);
	tcase_add_test(tc, test_kmem_cache_rcu_reuse);
	tcase_add_test(tc, test_typesafe_by_rcu);
	tcase_add_test(tc, test_kmem_cache_accounted);
	tcase_add_test(tc, test_kmem_cache_bulk);
	tcase_add_test(tc, test_free_bulk);
	tcase_add_test(tc, test_shrink_memcache);
	tcase_add_test(tc, test_memcache_ctor);
	tcase_add_test(tc, test_memcache_alloc_bulk);
}

static void add_meminit_tests(Suite *s)
{
	TCase *tc = suite_add(s, "meminit", kasan_setup, kasan_cache_teardown);

	tcase_add_loop_test(tc, test_meminit_kmemcache, 0, 10);
	tcase_add_loop_test(tc, test_meminit_bulk, 0, 10);
	tcase_add_loop_test(tc, test_meminit_rcu_persistent, 0, 10);
	tc = suite_add(s, "meminit without debugging", kmem_up,
		       kasan_cache_teardown);
	tcase_add_loop_test(tc, test_meminit_kmemcache, 0, 10);
	tcase_add_loop_test(tc, test_meminit_bulk, 0, 10);
	tcase_add_loop_test(tc, test_meminit_rcu_persistent, 0, 10);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("kasan");

	add_kmalloc_tests(s);
	add_cache_tests(s);
	add_meminit_tests(s);
	return s;
}
