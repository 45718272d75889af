/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_backing.c - pools on caches, kmalloc and pages: the kernel's
 * helper pairs, pools made by kind, another backing later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

/* ---- helper pairs -------------------------------------------------------- */

START_TEST(test_slab_pool_takes_from_its_cache)
{
	struct kmem_cache *s = kmem_cache_create("backing", 200, 0, 0, NULL);
	struct kmem_mempool_info info;
	struct kmem_cache_info cache;

	pool = mempool_create_slab_pool(4, s);
	ck_assert_ptr_nonnull(pool);
	info = pool_look();
	ck_assert_int_eq(info.kind, KMEM_MEMPOOL_SLAB);
	ck_assert_uint_eq(info.backing, kmem_cache_serial(s));
	ck_assert_uint_eq(info.element_size, 200);
	pool_take_number(6);
	kmem_cache_info(s, &cache);
	ck_assert_uint_eq(cache.active, 10);
	kmem_cache_set_limit(s, 10);
	pool_take_number(4);
	ck_assert_ptr_null(pool_take(GFP_ATOMIC));
	for (unsigned int i = 0; i < nr_held; i++)
		memset(held[i], 0xff, 200);
	pool_give_all();
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_info(s, &cache);
	ck_assert_uint_eq(cache.active, 0);
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_kmalloc_pool_gives_its_size)
{
	pool = mempool_create_kmalloc_pool(3, 100);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_KMALLOC);
	ck_assert_uint_eq(pool_look().backing, 100);
	ck_assert_uint_ge(pool_look().element_size, 100);
	pool_take_number(5);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(ksize(held[i]), 128);
		memset(held[i], 0xff, 100);
	}
}
END_TEST

/* What a pool takes by itself must be what its function would have given. */
START_TEST(test_kmalloc_pool_obeys_masks)
{
	static const struct {
		gfp_t gfp;
		const char *cache;
	} kinds[] = {
		{ GFP_KERNEL, "kmalloc-64" },
		{ GFP_KERNEL | __GFP_RECLAIMABLE, "kmalloc-rcl-64" },
		{ GFP_KERNEL | __GFP_DMA, "dma-kmalloc-64" },
		{ GFP_KERNEL | __GFP_ACCOUNT, "kmalloc-cg-64" },
	};
	struct kmem_location location;

	pool = mempool_create_kmalloc_pool(2, 64);
	for (int round = 0; round < 3; round++) {
		ck_assert(kmem_locate(pool_take(kinds[_i].gfp), &location));
		ck_assert_uint_eq(location.cache,
				  kmem_cache_find(kinds[_i].cache));
		pool_take_number(1);
		pool_give_all();
	}
	ck_assert_uint_eq(POOL_STAT(from_backing), 6);
}
END_TEST

/* kfree() takes any block, so a pool of kmalloc()'s does. */
START_TEST(test_kmalloc_pool_takes_other_sizes)
{
	struct kmem_cache_info info;
	struct kmem_cache *other;

	pool = mempool_create_kmalloc_pool(2, 64);
	other = kmem_cache_pin(kmem_cache_find("kmalloc-1k"));
	held[nr_held++] = kmalloc(1000, GFP_KERNEL);
	kmem_cache_info(other, &info);
	ck_assert_uint_eq(info.active, 1);
	pool_give();
	kmem_cache_info(other, &info);
	ck_assert_uint_eq(info.active, 0);
	kmem_cache_unpin(other);
}
END_TEST

static void zeroing_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.init_on_alloc = true,
		.init_on_free = true,
	};

	pool_setup();
	kmem_down();
	kmem_up_with(&config);
}

/* Nor may the shortcut leave out what a configuration asks for. */
START_TEST(test_pools_clear_where_it_is_asked_for)
{
	struct kmem_cache *s = kmem_cache_create("backing", 200, 0, 0, NULL);

	pool = _i ? mempool_create_kmalloc_pool(2, 200)
		  : mempool_create_slab_pool(2, s);
	for (int round = 0; round < 10; round++) {
		unsigned char *element = pool_take(GFP_KERNEL);

		ck_assert(bytes_are(element, 200, 0));
		memset(element, 0xff, 200);
		pool_give();
		ck_assert(bytes_are(element, 200, 0));
	}
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_page_pool_gives_pages)
{
	struct buddyinfo at_start;

	buddyinfo_read(&at_start);
	pool = mempool_create_page_pool(3, 2);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_PAGES);
	ck_assert_uint_eq(pool_look().backing, 2);
	ck_assert_uint_eq(pool_look().element_size, 4 * KMEM_PAGE_SIZE);
	pool_take_number(5);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(kmem_block_validate(held[i], 2), 0);
	pool_give_all();
	mempool_destroy(pool);
	pool = NULL;
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* Larger than any block of kmalloc()'s, so that an area must be mapped. */
START_TEST(test_kvmalloc_pool_gives_areas)
{
	pool = mempool_create_kvmalloc_pool(2, KMALLOC_MAX_SIZE + 1);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_KVMALLOC);
	ck_assert_uint_eq(pool_look().backing, KMALLOC_MAX_SIZE + 1);
	ck_assert_uint_eq(pool_look().element_size, KMALLOC_MAX_SIZE + 1);
	pool_take_number(4);
	for (int i = 0; i < 4; i++)
		memset(held[i], 0xff, KMALLOC_MAX_SIZE + 1);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_KVMALLOC, 64), 0);
	pool_take_number(3);
	ck_assert_uint_eq(ksize(held[0]), 64);
}
END_TEST

START_TEST(test_helper_pairs_work_in_embedded_pools)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);
	mempool_t pools[3];

	ck_assert_int_eq(mempool_init_slab_pool(&pools[0], 2, s), 0);
	ck_assert_int_eq(mempool_init_kmalloc_pool(&pools[1], 2, 9000), 0);
	ck_assert_int_eq(mempool_init_page_pool(&pools[2], 2, 0), 0);
	for (int i = 0; i < 3; i++) {
		mempool_free(mempool_alloc(&pools[i], GFP_KERNEL), &pools[i]);
		ck_assert_int_eq(pools[i].curr_nr, 2);
		mempool_exit(&pools[i]);
	}
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_pool_survives_exhausted_memory)
{
	static struct page *pages[TEST_MEMORY / KMEM_PAGE_SIZE + 1];
	unsigned long n = 0;

	pool = mempool_create_page_pool(4, 0);
	while ((pages[n] = alloc_page(GFP_ATOMIC | __GFP_MEMALLOC)))
		n++;
	pool_take_number(4);
	ck_assert_ptr_null(pool_take(GFP_ATOMIC));
	ck_assert_uint_eq(POOL_STAT(from_reserve), 4);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 4);
	while (n)
		__free_page(pages[--n]);
}
END_TEST

START_TEST(test_kmalloc_pool_of_nothing_works)
{
	pool = mempool_create_kmalloc_pool(2, 0);
	if (pool) {
		pool_take_number(4);
		pool_give_all();
	}
	reports_take();
}
END_TEST

/* ---- pools by kind ------------------------------------------------------- */

START_TEST(test_new_makes_pools_of_each_kind)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);
	const struct {
		enum kmem_mempool_kind kind;
		uint64_t backing;
		size_t element_size;
	} cases[] = {
		{ KMEM_MEMPOOL_SLAB, kmem_cache_serial(s), 64 },
		{ KMEM_MEMPOOL_KMALLOC, 192, 192 },
		{ KMEM_MEMPOOL_PAGES, 1, 8192 },
	};

	ck_assert_int_eq(mempool_new("mine", "check", 3, cases[_i].kind,
				     cases[_i].backing, &pool),
			 0);
	ck_assert_str_eq(pool_look().name, "mine");
	ck_assert_str_eq(pool_look().owner, "check");
	ck_assert_int_eq(pool_look().kind, cases[_i].kind);
	ck_assert_uint_eq(pool_look().backing, cases[_i].backing);
	ck_assert_uint_eq(pool_look().element_size, cases[_i].element_size);
	ck_assert_uint_eq(mempool_find("mine"), mempool_serial(pool));
	pool_take_number(5);
	ck_assert_int_eq(mempool_remove(pool), -EBUSY);
	pool_give_all();
	ck_assert_int_eq(mempool_remove(pool), 0);
	pool = NULL;
	ck_assert_uint_eq(mempool_find("mine"), 0);
	kmem_cache_destroy(s);
}
END_TEST

static const struct {
	enum kmem_mempool_kind kind;
	uint64_t backing;
	int min_nr;
	int error;
} bad_pools[] = {
	{ KMEM_MEMPOOL_SLAB, 999999, 2, -ENOENT },
	{ KMEM_MEMPOOL_SLAB, 0, 2, -ENOENT },
	{ KMEM_MEMPOOL_KMALLOC, 0, 2, -EINVAL },
	{ KMEM_MEMPOOL_KMALLOC, KMALLOC_MAX_SIZE + 1, 2, -EINVAL },
	{ KMEM_MEMPOOL_PAGES, 11, 2, -EINVAL },
	{ KMEM_MEMPOOL_PAGES, UINT64_MAX, 2, -EINVAL },
	{ KMEM_MEMPOOL_KMALLOC, 64, -1, -EINVAL },
	{ KMEM_MEMPOOL_KMALLOC, 64, MEMPOOL_MAX_NR + 1, -EINVAL },
	{ KMEM_MEMPOOL_PAGES, 10, 1000, -ENOMEM },
};

#define NR_BAD_POOLS ((int)(sizeof(bad_pools) / sizeof(bad_pools[0])))

START_TEST(test_new_refuses_bad_backings)
{
	ck_assert_int_eq(mempool_new("bad", "check", bad_pools[_i].min_nr,
				     bad_pools[_i].kind, bad_pools[_i].backing,
				     &pool),
			 bad_pools[_i].error);
	ck_assert_ptr_null(pool);
	ck_assert_uint_eq(mempool_serials(NULL, 0), 0);
	reports_take();
}
END_TEST

static void ctor_nothing(void *object)
{
	(void)object;
}

/* One pool for each slot that there is, and one too many. */
START_TEST(test_new_says_that_no_slot_is_left)
{
	static uint64_t serials[1 << 16];
	mempool_t *last = NULL;
	size_t n = 0;
	int err;

	do
		err = mempool_new("mine", "check", 1, KMEM_MEMPOOL_KMALLOC, 64,
				  &last);
	while (!err && ++n < 1 << 16);
	ck_assert_int_eq(err, -ENOSPC);
	ck_assert_uint_eq(mempool_serials(serials, n), n);
	while (n--) {
		mempool_t *p = mempool_pin(serials[n]);

		mempool_unpin(p);
		ck_assert_int_eq(mempool_remove(p), 0);
	}
}
END_TEST

START_TEST(test_rebase_changes_the_backing)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);

	ck_assert_int_eq(mempool_new("mine", "check", 3, KMEM_MEMPOOL_KMALLOC,
				     100, &pool),
			 0);
	pool_take_number(1);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_PAGES, 0), -EBUSY);
	pool_give_all();
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_PAGES, 0), 0);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_PAGES);
	ck_assert_int_eq(pool->curr_nr, 3);
	pool_take_number(4);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(kmem_block_validate(held[i], 0), 0);
	pool_give_all();
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_SLAB,
					kmem_cache_serial(s)),
			 0);
	ck_assert_uint_eq(pool_look().element_size, 64);
	pool_take_number(4);
	pool_give_all();
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(s);
}
END_TEST

START_TEST(test_failed_rebase_changes_nothing)
{
	struct kmem_cache *ctor =
		kmem_cache_create("ctor", 64, 0, 0, ctor_nothing);
	struct kmem_cache *full = kmem_cache_create("full", 64, 0, 0, NULL);

	kmem_cache_set_limit(full, 2);
	ck_assert_int_eq(mempool_new("mine", "check", 3, KMEM_MEMPOOL_KMALLOC,
				     100, &pool),
			 0);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_SLAB,
					kmem_cache_serial(ctor)),
			 -EINVAL);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_SLAB,
					kmem_cache_serial(full)),
			 -ENOMEM);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_SLAB, 99999),
			 -ENOENT);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_PAGES, 11), -EINVAL);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_KMALLOC, 0),
			 -EINVAL);
	ck_assert_int_eq(pool_look().kind, KMEM_MEMPOOL_KMALLOC);
	ck_assert_uint_eq(pool_look().backing, 100);
	ck_assert_int_eq(pool->curr_nr, 3);
	pool_take_number(4);
	pool_give_all();
	kmem_cache_destroy(ctor);
	kmem_cache_destroy(full);
	reports_take();
}
END_TEST

/* ---- mixed pairs --------------------------------------------------------- */

static void *plain_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

START_TEST(test_mixed_pair_is_no_error)
{
	pool = mempool_create(3, plain_kmalloc, mempool_kfree, (void *)64);
	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < 10; i++)
		memset(pool_take(GFP_KERNEL), i, 64);
	pool_give_all();
	ck_assert_uint_eq(reports_take(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool backing");
	TCase *tc = suite_add(s, "pairs", pool_setup, pool_teardown);

	tcase_add_test(tc, test_slab_pool_takes_from_its_cache);
	tcase_add_test(tc, test_kmalloc_pool_gives_its_size);
	tcase_add_test(tc, test_page_pool_gives_pages);
	tcase_add_test(tc, test_kvmalloc_pool_gives_areas);
	tcase_add_test(tc, test_helper_pairs_work_in_embedded_pools);
	tcase_add_test(tc, test_pool_survives_exhausted_memory);
	tcase_add_test(tc, test_kmalloc_pool_of_nothing_works);
	tcase_add_test(tc, test_mixed_pair_is_no_error);

	tcase_add_loop_test(tc, test_kmalloc_pool_obeys_masks, 0, 4);
	tcase_add_test(tc, test_kmalloc_pool_takes_other_sizes);

	tc = suite_add(s, "zeroing", zeroing_setup, pool_teardown);
	tcase_add_loop_test(tc, test_pools_clear_where_it_is_asked_for, 0, 2);

	tc = suite_add(s, "kinds", pool_setup, pool_teardown);
	tcase_add_loop_test(tc, test_new_makes_pools_of_each_kind, 0, 3);
	tcase_add_loop_test(tc, test_new_refuses_bad_backings, 0, NR_BAD_POOLS);
	tcase_add_test(tc, test_new_says_that_no_slot_is_left);
	tcase_add_test(tc, test_rebase_changes_the_backing);
	tcase_add_test(tc, test_failed_rebase_changes_nothing);
	return s;
}
