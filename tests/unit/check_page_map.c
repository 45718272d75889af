/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page_map.c - who has each page, from outside: known blocks are where
 * they should be, and what nobody touched is told in large pieces; in random
 * states blocks add up to what the counters say
 */
#include <check.h>
#include <string.h>

#include <kmem/mm.h>
#include <kmem/vmalloc.h>

#include "fixture.h"
#include "runner.h"
#include "world.h"

/* What a walk over a zone sees. */
struct sight {
	unsigned long next; /* frame at which the next block must begin */
	bool gap;
	unsigned long blocks;
	unsigned long fresh; /* pages */
	unsigned long pages[KMEM_NR_BLOCK_KINDS];
	unsigned long free[KMEM_NR_ORDERS]; /* blocks */

	uint64_t cache; /* serial to look out for */
	unsigned long cache_pages;
	unsigned long pfn; /* a frame to look out for */
	struct kmem_block_info found;
};

static void see(void *arg, const struct kmem_block_info *block)
{
	struct sight *sight = arg;
	unsigned long pages = 1ul << block->order;

	sight->gap |= block->pfn != sight->next || block->pfn & (pages - 1);
	sight->next = block->pfn + pages;
	sight->blocks++;
	sight->pages[block->kind] += pages;
	if (block->kind == KMEM_BLOCK_FREE)
		sight->free[block->order]++;
	if (block->fresh)
		sight->fresh += pages;
	if (block->kind == KMEM_BLOCK_SLAB && block->cache == sight->cache)
		sight->cache_pages += pages;
	if (sight->pfn - block->pfn < pages)
		sight->found = *block;
}

/* All zones, one behind the other. */
static struct sight look(unsigned long pfn, uint64_t cache)
{
	struct sight sight = { .pfn = pfn, .cache = cache };
	unsigned int i;

	for (i = 0; kmem_zone_map(i, see, &sight); i++)
		continue;
	ck_assert_uint_eq(i, kmem_nr_zones());
	return sight;
}

static void assert_block(const struct page *page, enum kmem_block_kind kind,
			 unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	struct sight sight = look(pfn, 0);

	ck_assert_int_eq(sight.found.kind, kind);
	ck_assert_uint_eq(sight.found.order, order);
	ck_assert_uint_eq(sight.found.pfn, pfn & ~((1ul << order) - 1));
	ck_assert(!sight.found.fresh);
}

/* Of all zones together, and of each the free blocks. */
static void assert_sums(void)
{
	unsigned long slabs = 0, fresh = 0, nr_free[KMEM_NR_ORDERS] = { 0 };
	struct sight sight = look(0, 0);
	struct kmem_memory_info memory;
	struct kmem_vmalloc_info areas;
	struct kmem_zone_info zone;
	struct kmem_node_info node;

	kmem_memory_info(&memory);
	kmem_vmalloc_info(&areas);
	for (unsigned int i = 0; kmem_node_info(i, &node); i++)
		slabs += node.slab_reclaimable + node.slab_unreclaimable;
	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++) {
		fresh += zone.absent;
		for (int o = 0; o < KMEM_NR_ORDERS; o++)
			nr_free[o] += zone.nr_free[o];
	}
	ck_assert(!sight.gap);
	ck_assert_uint_eq(sight.next, memory.managed_pages);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_FREE], memory.free_pages);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_PARKED], memory.cached_pages);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_SLAB], slabs);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_VMALLOC], areas.pages);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_BAD], 0);
	ck_assert_uint_le(sight.fresh, fresh);
	ck_assert_mem_eq(sight.free, nr_free, sizeof(nr_free));
}

START_TEST(test_untouched_memory_is_told_in_the_largest_blocks)
{
	struct kmem_config config = { .memory = 1024 * MIB, .cpus = 1 };
	unsigned long pages = 1024 * MIB / KMEM_PAGE_SIZE, largest;
	struct sight sight;

	kmem_up_with(&config);
	largest = pages >> KMEM_MAX_ORDER;
	sight = look(pages, 0);
	ck_assert_uint_le(sight.blocks, largest + 2 * KMEM_MAX_ORDER);
	ck_assert_uint_ge(sight.fresh, pages / 2);
	ck_assert(!kmem_zone_map(kmem_nr_zones(), see, &sight));
	assert_sums();
	kmem_down();
}
END_TEST

START_TEST(test_known_blocks_are_what_they_are)
{
	struct kmem_cache *s;
	struct page *page;
	char *object, *large, *area;
	struct sight sight;

	kmem_up_memfd();
	s = kmem_cache_create("known", 512, 0, 0, NULL);
	page = alloc_pages(GFP_KERNEL, 4);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	large = kmalloc(64 * 1024, GFP_KERNEL);
	area = vmalloc(3 * KMEM_PAGE_SIZE);

	assert_block(page, KMEM_BLOCK_PAGES, 4);
	assert_block(pfn_to_page(page_to_pfn(page) + 5), KMEM_BLOCK_PAGES, 4);
	assert_block(virt_to_page(large), KMEM_BLOCK_LARGE, 4);
	assert_block(vmalloc_to_page(area), KMEM_BLOCK_VMALLOC, 0);
	sight = look(page_to_pfn(virt_to_page(object)), kmem_cache_serial(s));
	ck_assert_int_eq(sight.found.kind, KMEM_BLOCK_SLAB);
	ck_assert_uint_eq(sight.found.cache, kmem_cache_serial(s));
	ck_assert_uint_eq(sight.cache_pages, 1ul << sight.found.order);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_LARGE], 16);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_VMALLOC], 3);
	assert_sums();

	/* In the order of the blocks it is now free, or parked, or both. */
	split_page(page, 4);
	assert_block(pfn_to_page(page_to_pfn(page) + 5), KMEM_BLOCK_PAGES, 0);
	for (int i = 0; i < 16; i++)
		__free_page(pfn_to_page(page_to_pfn(page) + i));
	assert_sums();
	kmem_cache_free(s, object);
	kfree(large);
	vfree(area);
	kmem_cache_destroy(s);
	assert_sums();
	drain_all_pages();
	sight = look(0, 0);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_PARKED], 0);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_LARGE], 0);
	ck_assert_uint_eq(sight.pages[KMEM_BLOCK_VMALLOC], 0);
	assert_sums();
	kmem_down();
}
END_TEST

/* A page of an area that somebody still refers to is his, not the area's. */
START_TEST(test_a_page_that_outlives_its_area_is_in_use)
{
	struct page *page;
	char *area;

	kmem_up_memfd();
	area = vmalloc(KMEM_PAGE_SIZE);
	page = vmalloc_to_page(area);
	get_page(page);
	vfree(area);
	assert_block(page, KMEM_BLOCK_PAGES, 0);
	put_page(page);
	assert_sums();
	kmem_down();
}
END_TEST

static struct model model;

START_TEST(test_random_states_add_up)
{
	struct kmem_config config = { .memory = TEST_MEMORY,
				      .cpus = 2,
				      .zones = "DMA:8M,Normal" };
	struct world w = { .model = &model,
			   .prng = { test_seed("page map") },
			   .most = 20 * MIB };
	unsigned long steps = test_steps(3000);
	struct kmem_memory_info memory;

	kmem_up_with(&config);
	kmem_memory_info(&memory);
	model_init(&model, memory.base, memory.size);
	w.source[0].kind = SOURCE_KMALLOC;
	w.source[1].kind = SOURCE_PAGES;
	while (w.step < steps && !w.fault) {
		world_step(&w);
		if (w.step % 50 == 0)
			assert_sums();
	}
	ck_assert_msg(!w.fault, "step %lu: %s", w.fault_step, w.fault);
	world_empty(&w);
	assert_sums();
	for (unsigned int i = 0; i < WORLD_SOURCES; i++)
		source_remove(&w, &w.source[i]);
	assert_sums();
	model_exit(&model);
	kmem_down();
}
END_TEST

/* ---- while others work ---- */

#define CHURNERS 2
#define WALKS 100

struct crowd {
	bool over;
	bool gap; /* of the walker */
	unsigned long end;
};

static void churn(unsigned int seed, const bool *over)
{
	struct prng prng = { seed };
	void *held[32] = { NULL };

	while (!__atomic_load_n(over, __ATOMIC_ACQUIRE)) {
		unsigned int i = prng_below(&prng, 32);
		unsigned int order = prng_below(&prng, 6);
		struct page *page = alloc_pages(GFP_KERNEL, order);

		kfree(held[i]);
		held[i] = kmalloc(1ul << prng_below(&prng, 17), GFP_KERNEL);
		vfree(vmalloc(prng_below(&prng, 20000) + 1));
		__free_pages(page, order);
	}
	for (int i = 0; i < 32; i++)
		kfree(held[i]);
}

static void join_crowd(unsigned int index, void *arg)
{
	struct crowd *crowd = arg;

	if (index) {
		churn(index, &crowd->over);
		return;
	}
	for (int walk = 0; walk < WALKS; walk++) {
		struct sight sight = { .cache = 0 };

		for (unsigned int i = 0; kmem_zone_map(i, see, &sight); i++)
			continue;
		crowd->gap |= sight.gap;
		crowd->end = sight.next;
	}
	__atomic_store_n(&crowd->over, true, __ATOMIC_RELEASE);
}

START_TEST(test_each_page_is_told_once_whatever_happens)
{
	struct kmem_memory_info memory;
	struct crowd crowd = { 0 };

	kmem_up_memfd();
	threads_run(1 + CHURNERS, join_crowd, &crowd);
	kmem_memory_info(&memory);
	ck_assert(!crowd.gap);
	ck_assert_uint_eq(crowd.end, memory.managed_pages);
	assert_sums();
	kmem_down();
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("page map");
	TCase *tcase = tcase_create("blocks");

	tcase_add_test(tcase,
		       test_untouched_memory_is_told_in_the_largest_blocks);
	tcase_add_test(tcase, test_known_blocks_are_what_they_are);
	tcase_add_test(tcase, test_a_page_that_outlives_its_area_is_in_use);
	tcase_add_test(tcase, test_random_states_add_up);
	tcase_add_test(tcase, test_each_page_is_told_once_whatever_happens);
	suite_add_tcase(suite, tcase);
	return suite;
}
