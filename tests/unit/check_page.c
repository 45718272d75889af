/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page.c - blocks of pages: buddies, zones, watermarks, misuse, threads
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "runner.h"

/* Everything that may be had without waiting, down to the last page. */
#define GFP_ALL_OF_IT (GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN)

#define TEST_PAGES (TEST_MEMORY / KMEM_PAGE_SIZE)

static struct buddyinfo at_start;
/* Blocks that a test took, in that order. */
static struct page *taken[TEST_PAGES];
static unsigned long nr_taken;

static void remember_start(void)
{
	nr_taken = 0;
	buddyinfo_read(&at_start);
}

static void page_setup(void)
{
	kmem_up();
	remember_start();
}

/* DMA to 16 MiB, DMA32 to 48 MiB, Normal to 64 MiB; 2 MiB of reserve. */
static void zones_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.min_free_kbytes = 2048,
		.zones = "DMA:16M,DMA32:32M,Normal",
	};

	kmem_up_with(&config);
	remember_start();
}

static void take_all(gfp_t gfp, unsigned int order)
{
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, order)))
		taken[nr_taken++] = page;
}

static void give_back(unsigned int order)
{
	while (nr_taken)
		__free_pages(taken[--nr_taken], order);
}

static const char *zone_of(const struct page *page)
{
	struct kmem_location location;

	if (!kmem_locate(page_address(page), &location))
		return "none";
	return location.zone;
}

/* ---- orders -------------------------------------------------------------- */

START_TEST(test_block_is_aligned_and_merges_back)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_KERNEL, order);
	size_t bytes = KMEM_PAGE_SIZE << order;

	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(page_to_pfn(page) % (1ul << order), 0);
	ck_assert_uint_eq((uintptr_t)page_address(page) % KMEM_PAGE_SIZE, 0);
	memset(page_address(page), 0x5a, bytes);
	ck_assert_uint_eq(kmem_block_validate(page, order), 0);
	__free_pages(page, order);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_blocks_of_an_order_do_not_overlap)
{
	unsigned int order = (unsigned int)_i;
	unsigned char seen[TEST_PAGES] = { 0 };
	unsigned long pages = 0;

	take_all(GFP_ALL_OF_IT, order);
	for (unsigned long i = 0; i < nr_taken; i++) {
		unsigned long pfn = page_to_pfn(taken[i]);

		for (unsigned long j = 0; j < 1ul << order; j++) {
			ck_assert_uint_lt(pfn + j, TEST_PAGES);
			ck_assert_uint_eq(seen[pfn + j]++, 0);
			pages++;
		}
	}
	ck_assert_uint_eq(pages, TEST_PAGES);
	ck_assert_uint_eq(free_pages_now(), 0);
	give_back(order);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* The lower half of a split block is the one that is handed out. */
START_TEST(test_pages_of_a_block_come_in_ascending_order)
{
	unsigned long first;

	for (nr_taken = 0; nr_taken < 1000; nr_taken++)
		taken[nr_taken] = alloc_page(GFP_KERNEL);
	first = page_to_pfn(taken[0]);
	for (unsigned long i = 0; i < nr_taken; i++)
		ck_assert_uint_eq(page_to_pfn(taken[i]), first + i);
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/*
 * One order-10 block is split for one page of order 4:
 *
 *	|4|4|  5  |    6    |  7 ... | 8 ... | 9 ...                    |
 *	 ^ taken; one free block of each order from 4 to 9 remains
 */
START_TEST(test_split_leaves_one_block_of_each_order)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);
	struct buddyinfo now;
	unsigned int top;

	ck_assert_ptr_nonnull(page);
	buddyinfo_read(&now);
	top = now.zones - 1;
	for (unsigned int o = 0; o < 4; o++)
		ck_assert_uint_eq(now.nr_free[top][o], 0);
	for (unsigned int o = 4; o < 10; o++)
		ck_assert_uint_eq(now.nr_free[top][o], 1);
	ck_assert_uint_eq(now.nr_free[top][10], at_start.nr_free[top][10] - 1);
	ck_assert_uint_eq(kmem_zone_validate(top), 0);
	__free_pages(page, 4);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_only_both_buddies_merge)
{
	struct page *a = alloc_pages(GFP_KERNEL, 5);
	struct page *b = alloc_pages(GFP_KERNEL, 5);
	struct page *c = alloc_pages(GFP_KERNEL, 5);
	struct buddyinfo now;
	unsigned int top = at_start.zones - 1;

	ck_assert_uint_eq(page_to_pfn(b), page_to_pfn(a) + 32);
	ck_assert_uint_eq(page_to_pfn(c), page_to_pfn(a) + 64);
	__free_pages(b, 5);
	buddyinfo_read(&now);
	ck_assert_uint_eq(now.nr_free[top][5], 2);
	__free_pages(a, 5);
	buddyinfo_read(&now);
	ck_assert_uint_eq(now.nr_free[top][5], 1);
	ck_assert_uint_eq(now.nr_free[top][6], 1);
	__free_pages(c, 5);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_frees_in_any_order_merge_back)
{
	struct prng prng = { test_seed("frees_in_any_order") };

	take_all(GFP_ALL_OF_IT, 0);
	for (unsigned long i = nr_taken - 1; i > 0; i--) {
		unsigned long j = prng_next(&prng) % (i + 1);
		struct page *page = taken[i];

		taken[i] = taken[j];
		taken[j] = page;
	}
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_order_above_ten_is_reported)
{
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 11));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_ptr_null(alloc_pages(GFP_ATOMIC, 4000000000u));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(__get_free_pages(GFP_KERNEL, 12), 0);
	ck_assert_uint_eq(reports_take(), 1);
}
END_TEST

static const struct {
	size_t size;
	unsigned int order;
} orders[] = {
	{ 1, 0 },	   { 4095, 0 },
	{ 4096, 0 },	   { 4097, 1 },
	{ 8192, 1 },	   { 8193, 2 },
	{ 16384, 2 },	   { 16385, 3 },
	{ 1 << 20, 8 },	   { (1 << 20) + 1, 9 },
	{ 4 << 20, 10 },   { (4 << 20) + 1, 11 },
	{ 1ul << 40, 28 }, { 0, 52 },
};

#define NR_ORDERS ((int)(sizeof(orders) / sizeof(orders[0])))

START_TEST(test_get_order_is_the_smallest_that_holds)
{
	ck_assert_uint_eq(get_order(orders[_i].size), orders[_i].order);
}
END_TEST

/* ---- addresses ----------------------------------------------------------- */

START_TEST(test_address_page_and_pfn_convert_back)
{
	struct kmem_memory_info info;
	struct page *page;

	kmem_memory_info(&info);
	for (unsigned long pfn = 0; pfn < info.size / KMEM_PAGE_SIZE; pfn++) {
		const char *address =
			(const char *)info.base + pfn * KMEM_PAGE_SIZE;

		page = pfn_to_page(pfn);
		ck_assert_ptr_nonnull(page);
		ck_assert_uint_eq(page_to_pfn(page), pfn);
		ck_assert_ptr_eq(page_address(page), address);
		ck_assert_ptr_eq(virt_to_page(address), page);
		ck_assert_ptr_eq(virt_to_page(address + 4095), page);
	}
}
END_TEST

START_TEST(test_addresses_outside_have_no_page)
{
	struct kmem_memory_info info;
	struct kmem_location location;
	int local;

	kmem_memory_info(&info);
	ck_assert_ptr_null(virt_to_page(NULL));
	ck_assert_ptr_null(virt_to_page(&local));
	ck_assert_ptr_null(virt_to_page((const char *)info.base - 1));
	ck_assert_ptr_null(virt_to_page((const char *)info.base + info.size));
	ck_assert_ptr_null(virt_to_page((void *)UINTPTR_MAX));
	ck_assert_ptr_null(pfn_to_page(info.size / KMEM_PAGE_SIZE));
	ck_assert_ptr_null(pfn_to_page(~0ul));
	ck_assert(!kmem_locate(&local, &location));
}
END_TEST

START_TEST(test_address_forms_agree_with_pages)
{
	unsigned long address = __get_free_pages(GFP_KERNEL, 2);
	unsigned long page = __get_free_page(GFP_KERNEL | __GFP_HIGHMEM);

	ck_assert_uint_ne(address, 0);
	ck_assert_uint_ne(page, 0);
	ck_assert_uint_eq(kmem_block_validate(virt_to_page((void *)address), 2),
			  0);
	ck_assert_uint_eq(address % (4 * KMEM_PAGE_SIZE), 0);
	free_pages(address, 2);
	free_page(page);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_location_names_the_block)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 4);
	struct kmem_location location;
	char *address = page_address(page);

	ck_assert(kmem_locate(address + 3 * KMEM_PAGE_SIZE + 17, &location));
	ck_assert_int_eq(location.kind, KMEM_LOCATION_PAGES);
	ck_assert_uint_eq(location.pfn, page_to_pfn(page) + 3);
	ck_assert_uint_eq(location.order, 4);
	ck_assert_uint_eq(location.slab_pfn, page_to_pfn(page));
	ck_assert_uint_eq(location.index, 3);
	ck_assert_uint_eq(location.offset, 17);
	ck_assert_uint_eq(location.cache, 0);
	__free_pages(page, 4);
	ck_assert(kmem_locate(address, &location));
	ck_assert_int_eq(location.kind, KMEM_LOCATION_FREE);
}
END_TEST

START_TEST(test_zeroed_page_is_zero)
{
	const unsigned char *p;
	unsigned long address;

	for (int i = 0; i < 200; i++) {
		taken[i] = alloc_page(GFP_KERNEL);
		memset(page_address(taken[i]), 0xff, KMEM_PAGE_SIZE);
	}
	for (int i = 0; i < 200; i++)
		__free_page(taken[i]);
	for (int i = 0; i < 200; i++) {
		address = get_zeroed_page(GFP_KERNEL);
		p = (const unsigned char *)address;
		ck_assert_uint_ne(address, 0);
		ck_assert(bytes_are(p, KMEM_PAGE_SIZE, 0));
		taken[i] = virt_to_page(p);
	}
	nr_taken = 200;
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_zero_flag_clears_the_whole_block)
{
	unsigned int order = (unsigned int)_i;
	size_t bytes = KMEM_PAGE_SIZE << order;
	struct page *page = alloc_pages(GFP_KERNEL, order);

	memset(page_address(page), 0xff, bytes);
	__free_pages(page, order);
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
	ck_assert(bytes_are(page_address(page), bytes, 0));
	__free_pages(page, order);
}
END_TEST

START_TEST(test_freeing_nothing_is_harmless)
{
	__free_pages(NULL, 0);
	__free_pages(NULL, 10);
	free_pages(0, 0);
	free_pages(0, 3);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- zones --------------------------------------------------------------- */

START_TEST(test_requests_fall_back_to_lower_zones_only)
{
	static const struct {
		gfp_t gfp;
		const char *zones[4];
	} cases[] = {
		{ 0, { "Normal", "DMA32", "DMA" } },
		{ __GFP_DMA32, { "DMA32", "DMA" } },
		{ __GFP_DMA, { "DMA" } },
		{ __GFP_HIGHMEM, { "Normal", "DMA32", "DMA" } },
		{ __GFP_MOVABLE, { "Normal", "DMA32", "DMA" } },
		{ __GFP_MOVABLE | __GFP_DMA32, { "DMA32", "DMA" } },
		{ __GFP_MOVABLE | __GFP_DMA, { "DMA" } },
	};
	const char *const *zone = cases[_i].zones;
	unsigned long i = 0;

	no_reserves();
	take_all(GFP_ALL_OF_IT | cases[_i].gfp, 5);
	for (; *zone; zone++) {
		ck_assert_uint_lt(i, nr_taken);
		ck_assert_str_eq(zone_of(taken[i]), *zone);
		while (i < nr_taken && !strcmp(zone_of(taken[i]), *zone))
			i++;
	}
	ck_assert_uint_eq(i, nr_taken);
	give_back(5);
	buddyinfo_assert_as(&at_start);
}
END_TEST

#define NR_FALLBACKS 7

START_TEST(test_single_pages_obey_their_zone_too)
{
	struct page *high = alloc_page(GFP_KERNEL);
	struct page *low = alloc_page(GFP_KERNEL | GFP_DMA);
	struct page *middle = alloc_page(GFP_KERNEL | GFP_DMA32);

	ck_assert_str_eq(zone_of(high), "Normal");
	ck_assert_str_eq(zone_of(low), "DMA");
	ck_assert_str_eq(zone_of(middle), "DMA32");
	__free_page(high);
	__free_page(low);
	__free_page(middle);
	high = alloc_page(GFP_KERNEL | GFP_DMA);
	ck_assert_str_eq(zone_of(high), "DMA");
	__free_page(high);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- watermarks ---------------------------------------------------------- */

#define RESERVE_RATIO 256
#define SCALE_FACTOR 10

/* The kernel's formulas, computed from nothing but the zones' sizes. */
static void expect_marks(struct kmem_zone_info *zones, unsigned int n,
			 unsigned long min_free_kbytes)
{
	unsigned long total = 0;

	for (unsigned int z = 0; z < n; z++)
		total += zones[z].managed;
	for (unsigned int z = 0; z < n; z++) {
		unsigned long managed = zones[z].managed;
		unsigned long min = min_free_kbytes / 4 * managed / total;
		unsigned long delta = managed * SCALE_FACTOR / 10000;

		if (delta < min / 4)
			delta = min / 4;
		ck_assert_uint_eq(zones[z].min, min);
		ck_assert_uint_eq(zones[z].low, min + delta);
		ck_assert_uint_eq(zones[z].high, min + 2 * delta);
	}
}

START_TEST(test_marks_follow_the_formula)
{
	struct kmem_zone_info zones[3];

	for (unsigned int z = 0; z < 3; z++)
		ck_assert(kmem_zone_info(z, &zones[z]));
	expect_marks(zones, 3, 2048);
}
END_TEST

START_TEST(test_lowmem_reserve_follows_the_formula)
{
	struct kmem_zone_info zones[3];
	unsigned long above;

	for (unsigned int z = 0; z < 3; z++)
		ck_assert(kmem_zone_info(z, &zones[z]));
	for (unsigned int z = 0; z < 2; z++) {
		above = 0;
		for (unsigned int j = z + 1; j < 3; j++) {
			above += zones[j].managed;
			ck_assert_uint_eq(zones[z].lowmem_reserve[j],
					  above / RESERVE_RATIO);
		}
	}
	for (unsigned int z = 0; z < 3; z++) {
		for (unsigned int j = 0; j <= z; j++)
			ck_assert_uint_eq(zones[z].lowmem_reserve[j], 0);
	}
}
END_TEST

/* The part of min that a mask must leave, and the highest zone it may use. */
static const struct {
	gfp_t gfp;
	unsigned int percent_halves; /* 0: whole, 1: 50 %, 2: 37.5 %, 3: none */
	unsigned int highest;
} depths[] = {
	{ GFP_KERNEL, 0, 2 },
	{ GFP_NOWAIT, 0, 2 },
	{ GFP_NOIO, 0, 2 },
	{ GFP_KERNEL | __GFP_HIGH, 1, 2 },
	{ GFP_ATOMIC, 2, 2 },
	{ GFP_ATOMIC | __GFP_NOMEMALLOC, 1, 2 },
	{ GFP_KERNEL | __GFP_MEMALLOC, 3, 2 },
	{ GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, 0, 2 },
	{ GFP_KERNEL | __GFP_DMA32, 0, 1 },
	{ GFP_ATOMIC | __GFP_DMA32, 2, 1 },
	{ GFP_KERNEL | __GFP_DMA, 0, 0 },
	{ GFP_ATOMIC | __GFP_DMA, 2, 0 },
};

#define NR_DEPTHS ((int)(sizeof(depths) / sizeof(depths[0])))

static unsigned long mark_left(const struct kmem_zone_info *zone, int depth)
{
	unsigned long mark = zone->min;

	switch (depths[depth].percent_halves) {
	case 3:
		return 0;
	case 2:
		mark -= mark / 2;
		mark -= mark / 4;
		break;
	case 1:
		mark -= mark / 2;
		break;
	}
	return mark + zone->lowmem_reserve[depths[depth].highest];
}

/*
 * A block of order 4 is granted while free - 15 > mark, so that the last one
 * leaves between mark and mark + 15 pages. No page list takes part.
 */
START_TEST(test_blocks_are_refused_at_the_mark)
{
	struct kmem_zone_info zone;
	unsigned long mark;

	take_all(depths[_i].gfp, 4);
	for (unsigned int z = 0; kmem_zone_info(z, &zone); z++) {
		if (z > depths[_i].highest) {
			ck_assert_uint_eq(zone.free, zone.managed);
			continue;
		}
		mark = mark_left(&zone, _i);
		ck_assert_uint_ge(zone.free, mark);
		ck_assert_uint_le(zone.free, mark + 15);
	}
	give_back(4);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* A page is granted while free > mark, page lists or not. */
START_TEST(test_pages_are_refused_at_the_mark)
{
	struct kmem_zone_info zone;
	unsigned long mark;

	take_all(depths[_i].gfp, 0);
	for (unsigned int z = 0; z <= depths[_i].highest; z++) {
		ck_assert(kmem_zone_info(z, &zone));
		mark = mark_left(&zone, _i);
		ck_assert_uint_eq(zone.free, mark);
	}
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_exhaustion_is_not_reported)
{
	take_all(GFP_KERNEL, 10);
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 10));
	ck_assert_uint_eq(reports_take(), 0);
	give_back(10);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- reclaim ------------------------------------------------------------- */

/* Empty slabs of a cache and page lists come back before a request fails. */
START_TEST(test_reclaim_gives_empty_slabs_back)
{
	struct kmem_cache *s = kmem_cache_create("idle", 4096, 0, 0, NULL);
	struct kmem_cache_info info;
	void *objects[256];

	kmem_cache_set_min_partial(s, 1000);
	ck_assert(kmem_cache_alloc_bulk(s, GFP_KERNEL, 256, objects));
	kmem_cache_free_bulk(s, 256, objects);
	kmem_cache_info(s, &info);
	ck_assert_uint_gt(info.slabs, 0);
	take_all(GFP_KERNEL, 0);
	kmem_cache_info(s, &info);
	ck_assert_uint_eq(info.slabs, 0);
	give_back(0);
	kmem_cache_destroy(s);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_atomic_requests_do_not_reclaim)
{
	struct kmem_cache *s = kmem_cache_create("idle", 4096, 0, 0, NULL);
	struct kmem_cache_info info;
	void *objects[256];

	kmem_cache_set_min_partial(s, 1000);
	ck_assert(kmem_cache_alloc_bulk(s, GFP_KERNEL, 256, objects));
	kmem_cache_free_bulk(s, 256, objects);
	take_all(GFP_ATOMIC, 0);
	kmem_cache_info(s, &info);
	ck_assert_uint_gt(info.slabs, 0);
	give_back(0);
	kmem_cache_destroy(s);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- misuse -------------------------------------------------------------- */

/* Each crime is reported, refused, and leaves the block as it was. */
static void assert_refused(struct page *page, unsigned int order)
{
	ck_assert_uint_eq(reports_take(), 1);
	if (page)
		ck_assert_uint_eq(kmem_block_validate(page, order), 0);
	ck_assert_uint_eq(kmem_validate(), 0);
}

START_TEST(test_double_free_of_a_page_is_refused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	__free_page(page);
	assert_refused(NULL, 0);
	drain_all_pages();
	__free_page(page);
	assert_refused(NULL, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_double_free_of_a_block_is_refused)
{
	struct page *page = alloc_pages(GFP_KERNEL, 6);

	__free_pages(page, 6);
	__free_pages(page, 6);
	assert_refused(NULL, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_free_of_untouched_memory_is_refused)
{
	__free_pages(pfn_to_page(100), 0);
	assert_refused(NULL, 0);
	__free_pages(pfn_to_page(1024), 10);
	assert_refused(NULL, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_free_with_a_wrong_order_is_refused)
{
	static const unsigned int wrong[] = { 0, 1, 4, 10, 11, 77 };

	for (unsigned int i = 0; i < 6; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 3);

		__free_pages(page, wrong[i]);
		assert_refused(page, 3);
		__free_pages(page, 3);
		page = alloc_pages(GFP_KERNEL, 5);
		__free_pages(page, wrong[i]);
		assert_refused(page, 5);
		__free_pages(page, 5);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_free_of_a_tail_page_is_refused)
{
	struct page *page = alloc_pages(GFP_KERNEL | (_i ? __GFP_COMP : 0), 3);
	unsigned long pfn = page_to_pfn(page);

	for (unsigned long i = 1; i < 8; i++) {
		__free_pages(pfn_to_page(pfn + i), 0);
		assert_refused(page, 3);
	}
	__free_pages(pfn_to_page(pfn + 4), 2);
	assert_refused(page, 3);
	__free_pages(page, 3);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_free_of_a_slab_page_is_refused)
{
	struct kmem_cache *s = kmem_cache_create("slab", 64, 0, 0, NULL);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	__free_pages(virt_to_page(object), 0);
	assert_refused(NULL, 0);
	ck_assert_uint_eq(kmem_slab_validate(object), 0);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_free_of_a_foreign_address_is_refused)
{
	struct kmem_memory_info info;
	int local;

	kmem_memory_info(&info);
	free_pages((unsigned long)&local, 0);
	assert_refused(NULL, 0);
	free_pages((unsigned long)info.base + info.size, 0);
	assert_refused(NULL, 0);
	__free_pages((struct page *)&local, 0);
	assert_refused(NULL, 0);
	__free_pages((struct page *)((char *)pfn_to_page(5) + 1), 0);
	assert_refused(NULL, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_block_validate_tells_free_from_used)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	ck_assert_uint_eq(kmem_block_validate(page, 4), 0);
	ck_assert_uint_gt(kmem_block_validate(page, 3), 0);
	__free_pages(page, 4);
	ck_assert_uint_gt(kmem_block_validate(page, 4), 0);
	reports_take();
}
END_TEST

/* ---- page lists and threads ---------------------------------------------- */

static unsigned long cached_pages(void)
{
	struct kmem_memory_info info;

	kmem_memory_info(&info);
	return info.cached_pages;
}

START_TEST(test_freed_pages_park_until_drained)
{
	for (nr_taken = 0; nr_taken < 8; nr_taken++)
		taken[nr_taken] = alloc_page(GFP_KERNEL);
	give_back(0);
	ck_assert_uint_gt(cached_pages(), 0);
	ck_assert_uint_eq(free_pages_now() + cached_pages(), TEST_PAGES);
	ck_assert_uint_eq(kmem_validate(), 0);
	drain_all_pages();
	ck_assert_uint_eq(cached_pages(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

static void use_pages(unsigned int index, void *arg)
{
	struct page *pages[20];

	(void)index;
	(void)arg;
	for (unsigned int o = 0; o < 4; o++) {
		for (int i = 0; i < 20; i++)
			pages[i] = alloc_pages(GFP_KERNEL, o);
		for (int i = 0; i < 20; i++)
			__free_pages(pages[i], o);
	}
}

START_TEST(test_thread_exit_returns_its_page_lists)
{
	struct buddyinfo now;

	thread_run(use_pages, NULL);
	ck_assert_uint_eq(cached_pages(), 0);
	buddyinfo_read(&now);
	ck_assert_mem_eq(&now, &at_start, sizeof(now));
}
END_TEST

#define STRESS_THREADS 4
#define STRESS_HELD 32

struct stress {
	uint64_t seed;
	unsigned long steps;
	unsigned int faults;
};

/* A page says who owns it; another owner's mark is a page given out twice. */
static void stress_page(struct stress *stress, struct prng *prng,
			struct page **held, unsigned char *order,
			uint64_t *owner)
{
	unsigned int i = prng_below(prng, STRESS_HELD);
	uint64_t *mark;

	if (!held[i]) {
		order[i] = (unsigned char)prng_below(prng, 6);
		held[i] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order[i]);
		if (held[i]) {
			owner[i] = prng_next(prng);
			mark = page_address(held[i]);
			*mark = owner[i];
		}
		return;
	}
	mark = page_address(held[i]);
	if (*mark != owner[i])
		__atomic_fetch_add(&stress->faults, 1, __ATOMIC_RELAXED);
	*mark = 0;
	__free_pages(held[i], order[i]);
	held[i] = NULL;
}

static void stress_pages(unsigned int index, void *arg)
{
	struct stress *stress = arg;
	struct prng prng = { stress->seed + index };
	struct page *held[STRESS_HELD] = { NULL };
	unsigned char order[STRESS_HELD];
	uint64_t owner[STRESS_HELD];

	for (unsigned long i = 0; i < stress->steps; i++) {
		stress_page(stress, &prng, held, order, owner);
		if (i % 509 == 0)
			drain_all_pages();
	}
	for (unsigned int i = 0; i < STRESS_HELD; i++) {
		if (held[i])
			__free_pages(held[i], order[i]);
	}
}

START_TEST(test_threads_share_the_zones)
{
	struct stress stress = {
		.seed = test_seed("threads_share_the_zones"),
		.steps = test_steps(200000),
	};

	threads_run(STRESS_THREADS, stress_pages, &stress);
	ck_assert_uint_eq(stress.faults, 0);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* One thread allocates, another frees: the lists fill on the other side. */
static void free_taken(unsigned int index, void *arg)
{
	(void)index;
	(void)arg;
	give_back(0);
}

START_TEST(test_pages_may_be_freed_by_another_thread)
{
	for (int round = 0; round < 10; round++) {
		for (nr_taken = 0; nr_taken < 500; nr_taken++)
			taken[nr_taken] = alloc_page(GFP_KERNEL);
		thread_run(free_taken, NULL);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

static void add_order_tests(Suite *s)
{
	TCase *tc = suite_add(s, "orders", page_setup, kmem_down);

	tcase_add_loop_test(tc, test_block_is_aligned_and_merges_back, 0, 11);
	tcase_add_loop_test(tc, test_blocks_of_an_order_do_not_overlap, 0, 11);
	tcase_add_test(tc, test_pages_of_a_block_come_in_ascending_order);
	tcase_add_test(tc, test_split_leaves_one_block_of_each_order);
	tcase_add_test(tc, test_only_both_buddies_merge);
	tcase_add_test(tc, test_frees_in_any_order_merge_back);
	tcase_add_test(tc, test_order_above_ten_is_reported);
	tcase_add_loop_test(tc, test_get_order_is_the_smallest_that_holds, 0,
			    NR_ORDERS);
}

static void add_address_tests(Suite *s)
{
	TCase *tc = suite_add(s, "addresses", page_setup, kmem_down);

	tcase_add_test(tc, test_address_page_and_pfn_convert_back);
	tcase_add_test(tc, test_addresses_outside_have_no_page);
	tcase_add_test(tc, test_address_forms_agree_with_pages);
	tcase_add_test(tc, test_location_names_the_block);
	tcase_add_test(tc, test_zeroed_page_is_zero);
	tcase_add_loop_test(tc, test_zero_flag_clears_the_whole_block, 0, 11);
	tcase_add_test(tc, test_freeing_nothing_is_harmless);
}

static void add_zone_tests(Suite *s)
{
	TCase *tc = suite_add(s, "zones", zones_setup, kmem_down);

	tcase_add_loop_test(tc, test_requests_fall_back_to_lower_zones_only, 0,
			    NR_FALLBACKS);
	tcase_add_test(tc, test_single_pages_obey_their_zone_too);

	tc = suite_add(s, "watermarks", zones_setup, kmem_down);
	tcase_add_test(tc, test_marks_follow_the_formula);
	tcase_add_test(tc, test_lowmem_reserve_follows_the_formula);
	tcase_add_loop_test(tc, test_blocks_are_refused_at_the_mark, 0,
			    NR_DEPTHS);
	tcase_add_loop_test(tc, test_pages_are_refused_at_the_mark, 0,
			    NR_DEPTHS);
	tcase_add_test(tc, test_exhaustion_is_not_reported);

	tc = suite_add(s, "reclaim", zones_setup, kmem_down);
	tcase_add_test(tc, test_reclaim_gives_empty_slabs_back);
	tcase_add_test(tc, test_atomic_requests_do_not_reclaim);
}

static void add_misuse_tests(Suite *s)
{
	TCase *tc = suite_add(s, "misuse", page_setup, kmem_down);

	tcase_add_test(tc, test_double_free_of_a_page_is_refused);
	tcase_add_test(tc, test_double_free_of_a_block_is_refused);
	tcase_add_test(tc, test_free_of_untouched_memory_is_refused);
	tcase_add_test(tc, test_free_with_a_wrong_order_is_refused);
	tcase_add_loop_test(tc, test_free_of_a_tail_page_is_refused, 0, 2);
	tcase_add_test(tc, test_free_of_a_slab_page_is_refused);
	tcase_add_test(tc, test_free_of_a_foreign_address_is_refused);
	tcase_add_test(tc, test_block_validate_tells_free_from_used);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("page");
	TCase *tc;

	add_order_tests(s);
	add_address_tests(s);
	add_zone_tests(s);
	add_misuse_tests(s);

	tc = suite_add(s, "threads", page_setup, kmem_down);
	tcase_add_test(tc, test_freed_pages_park_until_drained);
	tcase_add_test(tc, test_thread_exit_returns_its_page_lists);
	tcase_add_test(tc, test_threads_share_the_zones);
	tcase_add_test(tc, test_pages_may_be_freed_by_another_thread);
	return s;
}
