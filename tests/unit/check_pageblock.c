/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_pageblock.c - migrate types: exact free lists after claims and steals,
 * the reserve of atomic requests
 *
 * One zone of 64 MiB: 16 blocks of the highest order, 32 pageblocks. Blocks are
 * taken from and given to the zone directly where page lists would blur what
 * is on its lists.
 */
#include "fixture.h"
#include "inside.h"
#include "runner.h"

#define BLOCKS (TEST_MEMORY / KMEM_BLOCK_SIZE)
#define PAGEBLOCKS (2 * BLOCKS)

#define PAGEBLOCK_PAGES (1ul << KMEM_PAGEBLOCK_ORDER)

#define U MIGRATE_UNMOVABLE
#define M MIGRATE_MOVABLE
#define R MIGRATE_RECLAIMABLE
#define H MIGRATE_HIGHATOMIC

static struct buddyinfo at_start;

static void up(size_t memory)
{
	const struct kmem_config config = {
		.memory = memory,
		.cpus = 2,
		.zones = "Normal",
	};

	kmem_up_with(&config);
	buddyinfo_read(&at_start);
}

static void one_zone(void)
{
	up(TEST_MEMORY);
}

/* Large enough for a reserve: a hundredth is two pageblocks and a half. */
static void large_zone(void)
{
	up(512 * MIB);
}

static unsigned long pageblocks_of(enum migratetype type)
{
	struct kmem_zone_info zone;

	ck_assert(kmem_zone_info(0, &zone));
	return zone.nr_pageblocks[type];
}

static unsigned long free_of(enum migratetype type, unsigned int order)
{
	struct kmem_zone_info zone;

	ck_assert(kmem_zone_info(0, &zone));
	return zone.nr_free_type[type][order];
}

/* All the zone's memory in blocks of order 5, in ascending order. */
#define FIVES (TEST_MEMORY / KMEM_PAGE_SIZE / 32)
#define FIVES_PER_PAGEBLOCK 16u

static struct page *five[FIVES];

static void take_fives(enum migratetype type)
{
	for (unsigned int i = 0; i < FIVES; i++) {
		five[i] = inside_take(5, type, 0);
		ck_assert_ptr_nonnull(five[i]);
	}
	ck_assert_ptr_null(inside_take(0, type, 0));
}

static void give_fives(void)
{
	for (unsigned int i = 0; i < FIVES; i++)
		if (five[i])
			inside_give(five[i]);
	buddyinfo_assert_as(&at_start);
}

/* Gives back every other block of a pageblock, @n of them: none can merge. */
static void give_some(unsigned int pageblock, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned int which = pageblock * FIVES_PER_PAGEBLOCK + 2 * i;

		inside_give(five[which]);
		five[which] = NULL;
	}
}

static unsigned long pageblock_number(const struct page *page)
{
	return page_to_pfn(page) / PAGEBLOCK_PAGES;
}

/* ---- types --------------------------------------------------------------- */

START_TEST(test_all_memory_begins_as_movable)
{
	ck_assert_uint_eq(pageblocks_of(M), PAGEBLOCKS);
	ck_assert_uint_eq(free_of(M, 10), BLOCKS);
	for (unsigned int o = 0; o < 10; o++)
		ck_assert_uint_eq(free_of(M, o), 0);
}
END_TEST

START_TEST(test_type_of_a_request_follows_its_mask)
{
	ck_assert_int_eq(gfp_migratetype(GFP_KERNEL), U);
	ck_assert_int_eq(gfp_migratetype(GFP_HIGHUSER_MOVABLE), M);
	ck_assert_int_eq(gfp_migratetype(GFP_KERNEL | __GFP_RECLAIMABLE), R);
}
END_TEST

START_TEST(test_movable_and_reclaimable_exclude_each_other)
{
	gfp_t both = GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE;

	for (unsigned int order = 0; order <= KMEM_MAX_ORDER; order++) {
		ck_assert_ptr_null(alloc_pages(both, order));
		ck_assert_uint_eq(reports_take(), 1);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* What the lists must be after one block of order 4 of each type. */
START_TEST(test_each_type_claims_a_block_of_its_own)
{
	enum migratetype type = (enum migratetype)_i;
	struct page *page = alloc_pages(GFP_KERNEL | (gfp_t)_i << 3, 4);

	ck_assert_ptr_nonnull(page);
	for (unsigned int o = 0; o < 10; o++)
		ck_assert_uint_eq(free_of(type, o), o >= 4);
	ck_assert_uint_eq(free_of(M, 10), BLOCKS - 1);
	ck_assert_uint_eq(pageblocks_of(type), type == M ? PAGEBLOCKS : 2);
	ck_assert_uint_eq(kmem_validate(), 0);
	__free_pages(page, 4);
	/* The pageblocks stay what they became. */
	ck_assert_uint_eq(free_of(type, 10), type == M ? BLOCKS : 1);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_types_do_not_share_pageblocks_while_there_is_room)
{
	enum migratetype type[3] = { U, M, R };
	struct page *page[3][100];

	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int t = 0; t < 3; t++)
			page[t][i] = alloc_page(GFP_KERNEL | type[t] << 3);
	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int t = 0; t < 3; t++)
			ck_assert_int_eq(inside_type(page[t][i]), type[t]);
	for (unsigned int i = 0; i < 100; i++)
		for (unsigned int t = 0; t < 3; t++)
			__free_page(page[t][i]);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_slabs_of_reclaimable_caches_are_reclaimable)
{
	struct kmem_cache *plain = kmem_cache_create("plain", 256, 0, 0, NULL);
	struct kmem_cache *reclaim = kmem_cache_create(
		"reclaim", 256, 0, SLAB_RECLAIM_ACCOUNT, NULL);
	/* The cache decides, whatever the caller asks for. */
	void *a = kmem_cache_alloc(plain, GFP_KERNEL | __GFP_MOVABLE);
	void *b = kmem_cache_alloc(reclaim, GFP_KERNEL | __GFP_MOVABLE);

	ck_assert_int_eq(inside_type(virt_to_page(a)), U);
	ck_assert_int_eq(inside_type(virt_to_page(b)), R);
	kmem_cache_free(plain, a);
	kmem_cache_free(reclaim, b);
	kmem_cache_destroy(plain);
	kmem_cache_destroy(reclaim);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- claims -------------------------------------------------------------- */

/*
 * In a zone full of blocks of order 5 one pageblock has @freed of its 16 back.
 * A request of another type claims the pageblock when half of it is free or
 * alike, else it steals a block.
 */
static const struct {
	enum migratetype owner, request;
	unsigned int freed;
	bool claimed;
} halves[] = {
	{ M, U, 8, true },  { M, U, 7, false }, { M, R, 8, true },
	{ M, R, 7, false }, { U, M, 8, true },	{ U, M, 7, false },
	{ U, R, 8, true },  { U, R, 7, false }, { R, U, 8, true },
	{ R, U, 7, false }, { R, M, 8, true },	{ R, M, 7, false },
};

#define NR_HALVES ((int)(sizeof(halves) / sizeof(halves[0])))

START_TEST(test_pageblock_is_claimed_when_half_is_free)
{
	enum migratetype owner = halves[_i].owner;
	enum migratetype request = halves[_i].request;
	bool claimed = halves[_i].claimed;
	struct page *page;

	take_fives(owner);
	give_some(3, halves[_i].freed);
	page = inside_take(5, request, 0);
	ck_assert_ptr_nonnull(page);
	ck_assert_int_eq(inside_type(page), claimed ? request : owner);
	ck_assert_uint_eq(free_of(request, 5),
			  claimed ? halves[_i].freed - 1 : 0);
	ck_assert_uint_eq(free_of(owner, 5),
			  claimed ? 0 : halves[_i].freed - 1);
	ck_assert_uint_eq(pageblocks_of(request), claimed);
	ck_assert_uint_eq(kmem_validate(), 0);
	inside_give(page);
	give_fives();
}
END_TEST

/* 6 blocks free and 2 unmovable ones: half of it is as good as unmovable. */
START_TEST(test_alike_pages_count_as_free_ones_do)
{
	struct page *page[3];

	take_fives(M);
	give_some(3, 2);
	page[0] = inside_take(5, U, 0);
	page[1] = inside_take(5, U, 0);
	ck_assert_uint_eq(pageblocks_of(U), 0);
	for (unsigned int i = 2; i < 8; i++) {
		unsigned int which = 3 * FIVES_PER_PAGEBLOCK + 2 * i;

		inside_give(five[which]);
		five[which] = NULL;
	}
	page[2] = inside_take(5, U, 0);
	ck_assert_uint_eq(pageblocks_of(U), 1);
	ck_assert_uint_eq(free_of(U, 5), 5);
	for (unsigned int i = 0; i < 3; i++)
		inside_give(page[i]);
	give_fives();
}
END_TEST

START_TEST(test_largest_block_is_claimed_first)
{
	struct page *page;

	take_fives(M);
	give_some(3, 8);
	/* Two neighbours in another pageblock: a block of order 6, and more. */
	for (unsigned int i = 0; i < 8; i++) {
		inside_give(five[7 * FIVES_PER_PAGEBLOCK + i]);
		five[7 * FIVES_PER_PAGEBLOCK + i] = NULL;
	}
	ck_assert_uint_eq(free_of(M, 8), 1);
	page = inside_take(4, U, 0);
	ck_assert_uint_eq(pageblock_number(page), 7);
	for (unsigned int o = 4; o < 8; o++)
		ck_assert_uint_eq(free_of(U, o), 1);
	ck_assert_uint_eq(free_of(M, 8), 0);
	ck_assert_uint_eq(free_of(M, 5), 8);
	inside_give(page);
	give_fives();
}
END_TEST

/* Whole pageblocks of order 9, one free of each of the two other types. */
START_TEST(test_types_fall_back_in_their_order)
{
	static const enum migratetype order[3][2] = {
		[U] = { R, M }, [M] = { R, U }, [R] = { U, M }
	};
	enum migratetype type = (enum migratetype)_i;
	struct page *nines[PAGEBLOCKS], *got[2];

	/* Two neighbours of each type, so that freeing one does not merge. */
	for (unsigned int i = 0; i < PAGEBLOCKS; i++)
		nines[i] = inside_take(9, (enum migratetype)(i / 2 % 3), 0);
	for (unsigned int i = 0; i < 6; i += 2)
		if ((int)(i / 2) != _i)
			inside_give(nines[i]);
	for (unsigned int i = 0; i < 2; i++) {
		enum migratetype from = order[type][i];

		ck_assert_uint_eq(free_of(from, 9), 1);
		got[i] = inside_take(9, type, 0);
		ck_assert_ptr_eq(got[i], nines[2 * from]);
		ck_assert_int_eq(inside_type(got[i]), type);
	}
	for (unsigned int i = 0; i < PAGEBLOCKS; i++)
		inside_give(nines[i]);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- steals -------------------------------------------------------------- */

/* The smallest that fits, and its rest stays of the old type. */
START_TEST(test_smallest_block_is_stolen)
{
	struct page *page;

	take_fives(U);
	give_some(3, 4);
	inside_give(five[7 * FIVES_PER_PAGEBLOCK]);
	inside_give(five[7 * FIVES_PER_PAGEBLOCK + 1]);
	five[7 * FIVES_PER_PAGEBLOCK] = NULL;
	five[7 * FIVES_PER_PAGEBLOCK + 1] = NULL;
	ck_assert_uint_eq(free_of(U, 6), 1);
	page = inside_take(2, M, 0);
	ck_assert_uint_eq(pageblock_number(page), 3);
	ck_assert_uint_eq(pageblocks_of(M), 0);
	for (unsigned int o = 2; o < 5; o++)
		ck_assert_uint_eq(free_of(U, o), 1);
	ck_assert_uint_eq(free_of(U, 5), 3);
	ck_assert_uint_eq(free_of(U, 6), 1);
	inside_give(page);
	give_fives();
}
END_TEST

/* A small block is not worth a pageblock to a movable request. */
START_TEST(test_movable_requests_claim_no_small_blocks)
{
	struct page *page, *threes[4];

	take_fives(U);
	for (unsigned int i = 0; i < FIVES_PER_PAGEBLOCK; i++) {
		inside_give(five[i]);
		five[i] = NULL;
	}
	/* One pageblock with nothing but one block of order 3 taken ... */
	for (unsigned int i = 0; i < 4; i++)
		threes[i] = inside_take(3, U, 0);
	for (unsigned int i = 4; i < FIVES_PER_PAGEBLOCK; i += 4)
		five[i] = inside_take(7, U, 0);
	/* ... and one more block of order 3 free. */
	inside_give(threes[1]);
	ck_assert_uint_eq(free_of(U, 3), 1);
	page = inside_take(3, M, 0);
	ck_assert_ptr_eq(page, threes[1]);
	ck_assert_uint_eq(pageblocks_of(M), 0);
	inside_give(page);
	inside_give(threes[0]);
	inside_give(threes[2]);
	inside_give(threes[3]);
	give_fives();
}
END_TEST

START_TEST(test_nofragment_claims_whole_pageblocks_only)
{
	struct page *page;

	take_fives(M);
	give_some(3, 8);
	ck_assert_ptr_null(inside_take(0, U, INSIDE_NOFRAGMENT));
	ck_assert_uint_eq(free_of(M, 5), 8);
	for (unsigned int i = 0; i < FIVES_PER_PAGEBLOCK; i++) {
		inside_give(five[7 * FIVES_PER_PAGEBLOCK + i]);
		five[7 * FIVES_PER_PAGEBLOCK + i] = NULL;
	}
	page = inside_take(0, U, INSIDE_NOFRAGMENT);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(pageblock_number(page), 7);
	ck_assert_uint_eq(pageblocks_of(U), 1);
	inside_give(page);
	give_fives();
}
END_TEST

/* ---- the reserve --------------------------------------------------------- */

START_TEST(test_small_zones_have_no_reserve)
{
	struct page *page = inside_take(3, U, 0);

	inside_reserve(page);
	ck_assert_uint_eq(pageblocks_of(H), 0);
	inside_give(page);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* 1310 pages are a hundredth: three pageblocks hold them. */
START_TEST(test_reserve_is_a_hundredth_of_the_zone)
{
	struct page *page[12];

	/* Every other one, so that what is freed stays apart. */
	for (unsigned int i = 0; i < 12; i++) {
		page[i] = inside_take(9, U, 0);
		if (i % 2 == 0)
			inside_reserve(page[i]);
		ck_assert_uint_eq(pageblocks_of(H), i < 4 ? i / 2 + 1 : 3);
	}
	for (unsigned int i = 0; i < 12; i += 2)
		inside_give(page[i]);
	ck_assert_uint_eq(free_of(H, 9), 3);
	ck_assert_uint_eq(kmem_validate(), 0);
	/* One stays, unless there is need. */
	ck_assert(inside_unreserve(M, false));
	ck_assert(inside_unreserve(M, false));
	ck_assert(!inside_unreserve(M, false));
	ck_assert_uint_eq(pageblocks_of(H), 1);
	ck_assert(inside_unreserve(M, true));
	ck_assert(!inside_unreserve(M, true));
	ck_assert_uint_eq(pageblocks_of(H), 0);
	for (unsigned int i = 1; i < 12; i += 2)
		inside_give(page[i]);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* Free neighbours of the reserve merge when it is given up, not before. */
START_TEST(test_reserve_does_not_merge_with_others)
{
	struct page *a = inside_take(9, U, 0), *b = inside_take(9, U, 0);

	inside_reserve(a);
	inside_give(a);
	inside_give(b);
	ck_assert_uint_eq(free_of(H, 9), 1);
	ck_assert_uint_eq(free_of(U, 9), 1);
	ck_assert_uint_eq(kmem_validate(), 0);
	ck_assert(inside_unreserve(U, true));
	ck_assert_uint_eq(free_of(U, 10), 1);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* Who may use it: atomic requests first, who cannot wait at last. */
START_TEST(test_reserve_serves_those_it_is_for)
{
	struct page *first = inside_take(3, U, 0), *page;
	unsigned long pageblock = pageblock_number(first);
	struct kmem_zone_info zone;

	inside_reserve(first);
	ck_assert(kmem_zone_info(0, &zone));
	ck_assert_uint_eq(zone.free_highatomic, PAGEBLOCK_PAGES - 8);
	page = inside_take(3, U, 0);
	ck_assert_uint_ne(pageblock_number(page), pageblock);
	inside_give(page);
	page = inside_take(3, U, INSIDE_HIGHATOMIC);
	ck_assert_uint_eq(pageblock_number(page), pageblock);
	inside_give(page);
	/* With everything else gone. */
	while (inside_take(10, U, 0))
		;
	while (inside_take(5, U, 0))
		;
	while (inside_take(0, U, 0))
		;
	ck_assert(kmem_zone_info(0, &zone));
	ck_assert_uint_eq(zone.free, zone.free_highatomic);
	ck_assert_ptr_null(inside_take(0, M, 0));
	page = inside_take(0, M, INSIDE_NON_BLOCK);
	ck_assert_uint_eq(pageblock_number(page), pageblock);
	ck_assert_uint_eq(kmem_validate(), 0);
}
END_TEST

START_TEST(test_partly_used_reserve_is_given_up_under_pressure)
{
	struct page *first = inside_take(3, U, 0);

	inside_reserve(first);
	ck_assert_uint_eq(pageblocks_of(H), 1);
	ck_assert(inside_unreserve(R, true));
	ck_assert_uint_eq(pageblocks_of(H), 0);
	ck_assert_uint_eq(pageblocks_of(R), 1);
	for (unsigned int o = 3; o < 9; o++)
		ck_assert_uint_eq(free_of(R, o), 1);
	ck_assert_uint_eq(kmem_validate(), 0);
	inside_give(first);
	buddyinfo_assert_as(&at_start);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("pageblock");
	TCase *tc = suite_add(s, "types", one_zone, kmem_down);

	tcase_add_test(tc, test_all_memory_begins_as_movable);
	tcase_add_test(tc, test_type_of_a_request_follows_its_mask);
	tcase_add_test(tc, test_movable_and_reclaimable_exclude_each_other);
	tcase_add_loop_test(tc, test_each_type_claims_a_block_of_its_own, 0, 3);
	tcase_add_test(tc,
		       test_types_do_not_share_pageblocks_while_there_is_room);
	tcase_add_test(tc, test_slabs_of_reclaimable_caches_are_reclaimable);

	tc = suite_add(s, "fallback", one_zone, kmem_down);
	tcase_add_loop_test(tc, test_pageblock_is_claimed_when_half_is_free, 0,
			    NR_HALVES);
	tcase_add_test(tc, test_alike_pages_count_as_free_ones_do);
	tcase_add_test(tc, test_largest_block_is_claimed_first);
	tcase_add_loop_test(tc, test_types_fall_back_in_their_order, 0, 3);
	tcase_add_test(tc, test_smallest_block_is_stolen);
	tcase_add_test(tc, test_movable_requests_claim_no_small_blocks);
	tcase_add_test(tc, test_nofragment_claims_whole_pageblocks_only);

	tc = suite_add(s, "reserve", large_zone, kmem_down);
	tcase_add_test(tc, test_reserve_is_a_hundredth_of_the_zone);
	tcase_add_test(tc, test_reserve_does_not_merge_with_others);
	tcase_add_test(tc, test_reserve_serves_those_it_is_for);
	tcase_add_test(tc, test_partly_used_reserve_is_given_up_under_pressure);

	tc = suite_add(s, "no reserve", one_zone, kmem_down);
	tcase_add_test(tc, test_small_zones_have_no_reserve);
	return s;
}
