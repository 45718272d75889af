/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_meminit.c - memory is what it should be when it is handed out
 *
 * The groups of the kernel's test_meminit, with init_on_alloc and init_on_free:
 * what was full of garbage comes back clear; a constructor's work and the bytes
 * of a SLAB_TYPESAFE_BY_RCU object survive a free. Its kvmalloc group is that
 * of kmalloc here, as there is no vmalloc.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

#define GARBAGE 0x09
#define CTOR_MARK 0x41
#define ROUNDS 10
#define BULK 10
#define BULK_ROUNDS 1024
#define SEARCH 1024

/* What a cache is made with. */
enum trait {
	CTOR = 1,
	RCU = 2,
	ZERO = 4,
	COMBINATIONS = 8
};

static void meminit_setup(void)
{
	struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.init_on_alloc = true,
		.init_on_free = true,
	};

	kmem_up_with(&config);
}

/* ---- pages and kmalloc ---- */

START_TEST(test_pages_come_back_clear)
{
	struct page *page = alloc_pages(GFP_KERNEL, _i);

	memset(page_address(page), GARBAGE, KMEM_PAGE_SIZE << _i);
	__free_pages(page, _i);
	page = alloc_pages(GFP_KERNEL, _i);
	ck_assert(bytes_are(page_address(page), KMEM_PAGE_SIZE << _i, 0));
	__free_pages(page, _i);
}
END_TEST

START_TEST(test_kmalloc_comes_back_clear)
{
	size_t size = 1ul << _i;
	void *p = kmalloc(size, GFP_KERNEL);

	ck_assert_ptr_nonnull(p);
	memset(p, GARBAGE, size);
	kfree(p);
	p = kmalloc(size, GFP_KERNEL);
	ck_assert(bytes_are(p, size, 0));
	kfree(p);
}
END_TEST

/* ---- caches ---- */

static void mark(void *object)
{
	memset(object, CTOR_MARK, 4);
}

static struct kmem_cache *make(size_t size, unsigned int traits)
{
	slab_flags_t flags = traits & RCU ? SLAB_TYPESAFE_BY_RCU : 0;
	struct kmem_cache *s = kmem_cache_create("meminit", size, 1, flags,
						 traits & CTOR ? mark : NULL);

	ck_assert_ptr_nonnull(s);
	return s;
}

static void assert_fresh(const void *object, size_t size, unsigned int traits)
{
	if (traits & ZERO)
		ck_assert(bytes_are(object, size, 0));
	else if (traits & CTOR)
		ck_assert(bytes_are(object, 4, CTOR_MARK));
	else if (!(traits & RCU))
		ck_assert(bytes_are(object, size, 0));
}

/* A constructed object is given back as it was; so is its mark. */
static void use_up(void *object, size_t size, unsigned int traits)
{
	size_t from = traits & CTOR ? 4 : 0;

	memset((char *)object + from, GARBAGE, size - from);
}

static void one_round(struct kmem_cache *s, size_t size, unsigned int traits)
{
	gfp_t gfp = GFP_KERNEL | (traits & ZERO ? __GFP_ZERO : 0);
	unsigned char *object = kmem_cache_alloc(s, gfp);
	size_t from = traits & CTOR ? 4 : 0;

	ck_assert_ptr_nonnull(object);
	assert_fresh(object, size, traits);
	use_up(object, size, traits);
	kmem_cache_free(s, object);
	/* Type-safe: a reader may still look, and sees what was there. */
	if (traits & RCU)
		ck_assert(bytes_are(object + from, size - from, GARBAGE));
}

START_TEST(test_objects_are_what_their_cache_promises)
{
	size_t size = 8ul << _i / COMBINATIONS;
	unsigned int traits = _i % COMBINATIONS;
	struct kmem_cache *s;

	/* A constructed object must not be cleared. */
	if ((traits & CTOR) && (traits & ZERO))
		return;
	s = make(size, traits);
	for (int round = 0; round < ROUNDS; round++)
		one_round(s, size, traits);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_bulk_objects_come_back_clear)
{
	size_t size = 8ul << _i;
	struct kmem_cache *s = make(size, 0);
	void *objects[BULK];

	for (int round = 0; round < BULK_ROUNDS; round++) {
		ck_assert(kmem_cache_alloc_bulk(s, GFP_KERNEL, BULK, objects));
		for (int i = 0; i < BULK; i++) {
			ck_assert(bytes_are(objects[i], size, 0));
			memset(objects[i], GARBAGE, size);
		}
		kmem_cache_free_bulk(s, BULK, objects);
	}
	kmem_cache_destroy(s);
}
END_TEST

/* Allocates until @wanted comes again; everything is freed but that. */
static bool comes_again(struct kmem_cache *s, const void *wanted)
{
	void *taken[SEARCH];
	bool found = false;
	int n = 0;

	while (n < SEARCH && !found) {
		taken[n] = kmem_cache_alloc(s, GFP_KERNEL);
		ck_assert_ptr_nonnull(taken[n]);
		found = taken[n++] == wanted;
	}
	for (int i = 0; i < n; i++)
		if (taken[i] != wanted)
			kmem_cache_free(s, taken[i]);
	return found;
}

START_TEST(test_rcu_objects_keep_their_bytes_until_they_come_again)
{
	size_t size = 8ul << _i;
	struct kmem_cache *s = kmem_cache_create("persistent", size, size,
						 SLAB_TYPESAFE_BY_RCU, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	memset(object, GARBAGE, size);
	kmem_cache_free(s, object);
	ck_assert(comes_again(s, object));
	ck_assert(bytes_are(object, size, GARBAGE));
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}
END_TEST

/* A constructed state is kept in free objects, but not in free pages. */
START_TEST(test_slabs_that_go_leave_nothing)
{
	struct kmem_cache *s = kmem_cache_create("whole", 4096, 0, 0, mark);
	unsigned char *object = kmem_cache_alloc(s, GFP_KERNEL);

	memset(object, GARBAGE, 4096);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	ck_assert(bytes_are(object, 4096, 0));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("meminit");
	TCase *tc = suite_add(s, "meminit", meminit_setup, kmem_down);

	tcase_add_loop_test(tc, test_pages_come_back_clear, 0, KMEM_NR_ORDERS);
	tcase_add_loop_test(tc, test_kmalloc_comes_back_clear, 0, 20);
	tcase_add_loop_test(tc, test_objects_are_what_their_cache_promises, 0,
			    10 * COMBINATIONS);
	tcase_add_test(tc, test_slabs_that_go_leave_nothing);
	tcase_add_loop_test(tc, test_bulk_objects_come_back_clear, 0, 10);
	tcase_add_loop_test(
		tc, test_rcu_objects_keep_their_bytes_until_they_come_again, 0,
		10);
	return s;
}
