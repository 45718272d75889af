/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page_api.c - references, compound pages, splitting, exact sizes, bulk,
 * poison, and what the kernel's own tests of the page allocator ask
 */
#include <string.h>

#include <kmem/mm.h>

#include "fixture.h"
#include "inside.h"
#include "runner.h"

#define TEST_PAGES (TEST_MEMORY / KMEM_PAGE_SIZE)

static struct buddyinfo at_start;

static void setup(void)
{
	kmem_up();
	buddyinfo_read(&at_start);
}

static void setup_poison(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.page_poison = true,
	};

	kmem_up_with(&config);
	buddyinfo_read(&at_start);
}

/* Lists of freed pages must not count as lost ones. */
static unsigned long free_after_drain(void)
{
	drain_all_pages();
	return free_pages_now();
}

/* ---- references ---------------------------------------------------------- */

START_TEST(test_page_is_freed_with_the_last_reference)
{
	struct page *page = alloc_page(GFP_KERNEL);

	ck_assert_int_eq(page_count(page), 1);
	get_page(page);
	ck_assert_int_eq(page_count(page), 2);
	put_page(page);
	ck_assert_int_eq(page_count(page), 1);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - 1);
	put_page(page);
	ck_assert_int_eq(page_count(page), 0);
	put_page(NULL);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* A free that is not the last one keeps the first page, and no other. */
START_TEST(test_shared_block_loses_its_tails_at_once)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_KERNEL, order);

	get_page(page);
	__free_pages(page, order);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - 1);
	ck_assert_uint_eq(kmem_block_validate(page, 0), 0);
	ck_assert_uint_eq(kmem_validate(), 0);
	put_page(page);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_shared_compound_page_stays_whole)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);

	get_page(page);
	__free_pages(page, order);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - (1ul << order));
	put_page(page);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* The other holder comes first: the block is freed by its owner as usual. */
START_TEST(test_block_outlives_a_short_reference)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	get_page(page);
	put_page(page);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - 8);
	__free_pages(page, 3);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* The kernel's test_free_pages: nothing is lost, with and without __GFP_COMP. */
START_TEST(test_free_pages_of_a_referenced_block_does_not_leak)
{
	gfp_t gfp = GFP_KERNEL | (_i ? __GFP_COMP : 0);
	unsigned long n = test_steps(1000000);

	for (unsigned long i = 0; i < n; i++) {
		unsigned long address = __get_free_pages(gfp, 3);
		struct page *page = virt_to_page((void *)address);

		if (!address)
			ck_abort_msg("lost after %lu", i);
		get_page(page);
		free_pages(address, 3);
		put_page(page);
	}
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

#define HOLDERS 4

struct shared {
	struct page *page;
	unsigned long rounds;
};

static void hold(unsigned int index, void *arg)
{
	struct shared *shared = arg;

	(void)index;
	for (unsigned long i = 0; i < shared->rounds; i++) {
		get_page(shared->page);
		put_page(shared->page);
	}
	put_page(shared->page);
}

/* Threads come and go; the last one frees the block, whoever it is. */
START_TEST(test_threads_share_a_page)
{
	for (int round = 0; round < 20; round++) {
		struct shared shared = {
			.page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2),
			.rounds = 1000,
		};

		for (int i = 1; i < HOLDERS; i++)
			get_page(shared.page);
		threads_run(HOLDERS, hold, &shared);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- compound pages ------------------------------------------------------ */

START_TEST(test_every_page_of_a_unit_leads_to_its_head)
{
	unsigned int order = (unsigned int)_i;
	struct page *head = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
	unsigned long pfn = page_to_pfn(head);

	for (unsigned long i = 0; i < 1ul << order; i++) {
		struct page *page = pfn_to_page(pfn + i);

		ck_assert_ptr_eq(compound_head(page), head);
		ck_assert_ptr_eq(
			virt_to_head_page((char *)page_address(page) + 17),
			head);
		ck_assert(PageTail(page) == (i > 0));
		ck_assert(PageHead(page) == (i == 0));
		ck_assert(PageCompound(page));
		ck_assert_int_eq(page_count(page), 1);
		ck_assert_int_eq(page_ref_count(page), i == 0);
	}
	ck_assert_uint_eq(compound_order(head), order);
	ck_assert_uint_eq(compound_nr(head), 1ul << order);
	ck_assert_uint_eq(page_size(head), KMEM_PAGE_SIZE << order);
	/* Any page of it stands for all. */
	get_page(pfn_to_page(pfn + (1ul << order) - 1));
	put_page(head);
	put_page(pfn_to_page(pfn + (1ul << order) / 2));
	ck_assert_ptr_eq(compound_head(pfn_to_page(pfn + 1)),
			 pfn_to_page(pfn + 1));
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* Kernel code may split it, too. */
START_TEST(test_single_page_is_no_unit)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_COMP);

	ck_assert(!PageCompound(page) && !PageHead(page) && !PageTail(page));
	split_page(page, 0);
	ck_assert_uint_eq(reports_take(), 0);
	__free_page(page);
}
END_TEST

START_TEST(test_other_blocks_are_no_units)
{
	struct page *page = alloc_pages(GFP_KERNEL, 4);
	struct page *tail = pfn_to_page(page_to_pfn(page) + 3);

	ck_assert(!PageCompound(page) && !PageHead(page) && !PageTail(tail));
	ck_assert_ptr_eq(compound_head(tail), tail);
	ck_assert_uint_eq(compound_order(page), 0);
	ck_assert_uint_eq(page_size(page), KMEM_PAGE_SIZE);
	ck_assert_int_eq(page_count(tail), 0);
	ck_assert_ptr_null(virt_to_head_page(&tail));
	__free_pages(page, 4);
	ck_assert(PageBuddy(page));
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_slabs_and_large_blocks_are_units)
{
	struct kmem_cache *s = kmem_cache_create("big", 3000, 0, 0, NULL);
	char *object = kmem_cache_alloc(s, GFP_KERNEL);
	char *large = kmalloc(64 << 10, GFP_KERNEL);
	struct page *head = virt_to_head_page(object);

	ck_assert(PageSlab(head));
	ck_assert(PageSlab(virt_to_page(object + 2999)));
	ck_assert_uint_eq(page_size(head),
			  KMEM_PAGE_SIZE << compound_order(head));
	ck_assert_ptr_eq(page_address(virt_to_head_page(large + 60000)), large);
	ck_assert_uint_eq(page_size(virt_to_head_page(large)), 64 << 10);
	kfree(large);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- split, exact, bulk -------------------------------------------------- */

START_TEST(test_split_pages_are_freed_one_by_one)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_KERNEL, order);
	unsigned long pfn = page_to_pfn(page);

	split_page(page, order);
	for (unsigned long i = 0; i < 1ul << order; i++) {
		ck_assert_int_eq(page_count(pfn_to_page(pfn + i)), 1);
		ck_assert_uint_eq(kmem_block_validate(pfn_to_page(pfn + i), 0),
				  0);
	}
	for (unsigned long i = 0; i < 1ul << order; i += 2)
		__free_page(pfn_to_page(pfn + i));
	for (unsigned long i = 1; i < 1ul << order; i += 2)
		put_page(pfn_to_page(pfn + i));
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_what_cannot_be_split_is_refused)
{
	struct page *unit = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	split_page(unit, 3);
	ck_assert_uint_eq(reports_take(), 1);
	split_page(page, 2);
	ck_assert_uint_eq(reports_take(), 1);
	split_page(pfn_to_page(page_to_pfn(page) + 1), 0);
	ck_assert_uint_eq(reports_take(), 1);
	__free_pages(unit, 3);
	__free_pages(page, 3);
	split_page(page, 3);
	ck_assert_uint_eq(reports_take(), 1);
	buddyinfo_assert_as(&at_start);
}
END_TEST

static const size_t exact_sizes[] = { 1,	4096,	      4097,
				      3 * 4096, 5 * 4096 + 1, 100000,
				      1 << 20,	4 << 20 };

START_TEST(test_exact_sizes_take_no_page_too_many)
{
	size_t size = exact_sizes[_i];
	unsigned long pages = (size + KMEM_PAGE_SIZE - 1) / KMEM_PAGE_SIZE;
	char *p = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);

	ck_assert_ptr_nonnull(p);
	ck_assert(bytes_are(p, size, 0));
	memset(p, 0x5a, size);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - pages);
	ck_assert_uint_eq(kmem_validate(), 0);
	free_pages_exact(p, size);
	p = alloc_pages_exact_nid(0, size, GFP_KERNEL);
	ck_assert_ptr_nonnull(p);
	free_pages_exact(p, size);
	free_pages_exact(NULL, size);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_impossible_exact_sizes_are_refused)
{
	static const size_t sizes[] = { 0, (4 << 20) + 1, SIZE_MAX };
	void *p;

	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_null(alloc_pages_exact(sizes[i], GFP_KERNEL));
		ck_assert_uint_eq(reports_take(), 1);
	}
	/* Said once, and done without. */
	for (int i = 0; i < 2; i++) {
		p = alloc_pages_exact(3 * 4096, GFP_KERNEL | __GFP_COMP);
		ck_assert_ptr_nonnull(p);
		free_pages_exact(p, 3 * 4096);
		ck_assert_uint_eq(reports_take(), i == 0);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

#define BULK 500

START_TEST(test_bulk_fills_the_empty_slots)
{
	struct page *pages[BULK] = { NULL }, *mine[2];

	mine[0] = pages[0] = alloc_page(GFP_KERNEL);
	mine[1] = pages[77] = alloc_page(GFP_KERNEL);
	ck_assert_uint_eq(alloc_pages_bulk(GFP_KERNEL, BULK, pages), BULK);
	ck_assert_ptr_eq(pages[0], mine[0]);
	ck_assert_ptr_eq(pages[77], mine[1]);
	for (int i = 0; i < BULK; i++) {
		ck_assert_uint_eq(kmem_block_validate(pages[i], 0), 0);
		for (int j = 0; j < i; j++)
			if (pages[i] == pages[j])
				ck_abort_msg("slots %d and %d are one", i, j);
	}
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - BULK);
	ck_assert_uint_eq(alloc_pages_bulk(GFP_KERNEL, BULK, pages), BULK);
	pages[3] = NULL;
	__free_page(mine[1]);
	pages[77] = NULL;
	ck_assert_uint_eq(alloc_pages_bulk_node(GFP_KERNEL, 0, 10, pages), 10);
	free_pages_bulk(pages, BULK);
	/* The one that pages[3] was. */
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - 1);
	buddyinfo_read(&at_start);
}
END_TEST

START_TEST(test_bulk_stops_when_memory_ends)
{
	static struct page *pages[2 * TEST_PAGES];
	unsigned long n;

	n = alloc_pages_bulk(GFP_ATOMIC | __GFP_NOWARN, 2 * TEST_PAGES, pages);
	ck_assert_uint_gt(n, TEST_PAGES / 2);
	ck_assert_uint_le(n, TEST_PAGES);
	for (unsigned long i = 0; i < 2 * TEST_PAGES; i++)
		ck_assert(!pages[i] == (i >= n));
	free_pages_bulk(pages, 2 * TEST_PAGES);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- the kernel's test_alloc_fresh --------------------------------------- */

/* From a zone never used: the right place, and all of it merged afterwards. */
START_TEST(test_fresh_blocks_merge_back)
{
	static const gfp_t masks[] = { GFP_KERNEL, GFP_ATOMIC, GFP_USER,
				       GFP_DMA32 };
	unsigned int order = (unsigned int)_i % KMEM_NR_ORDERS;
	gfp_t gfp = masks[_i / KMEM_NR_ORDERS];
	struct page *page = alloc_pages(gfp, order), *head;
	struct kmem_pageset_info set;

	ck_assert_ptr_nonnull(page);
	ck_assert_uint_le(page_zonenum(page), gfp & __GFP_DMA32 ? 1 : 2);
	head = pfn_to_page(page_to_pfn(page) & ~1023ul);
	__free_pages(page, order);
	drain_all_pages();
	ck_assert(PageBuddy(head));
	ck_assert_uint_eq(kmem_validate(), 0);
	for (unsigned int z = 0; z < kmem_nr_zones(); z++)
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			ck_assert(kmem_pageset_info(z, cpu, &set));
			ck_assert_uint_eq(set.count, 0);
		}
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- misuse -------------------------------------------------------------- */

static void expect_report(const char *word)
{
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_msg(reports_mention(word), "no %s in: %s", word,
		      reports_last());
	ck_assert_uint_eq(kmem_validate(), 0);
}

START_TEST(test_wrong_references_are_refused)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page *tail = pfn_to_page(page_to_pfn(page) + 1);
	void *large = kmalloc(32 << 10, GFP_KERNEL);
	int local;

	get_page(tail);
	expect_report("not the first page");
	put_page(tail);
	expect_report("not the first page");
	get_page(virt_to_page(large));
	expect_report("kmalloc");
	put_page((struct page *)&local);
	expect_report("not a page");
	__free_pages(page, 2);
	get_page(page);
	expect_report("BUG: Bad page state in process");
	put_page(page);
	expect_report("free already");
	kfree(large);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_bad_pages_are_reported_in_a_burst)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	for (int i = 0; i < 200; i++)
		__free_page(page);
	ck_assert_uint_eq(reports_take(), 60);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* A page on a free list that somebody refers to is not handed out. */
START_TEST(test_damaged_page_is_kept_out_of_circulation)
{
	struct page *page = inside_take(0, MIGRATE_UNMOVABLE, 0), *next;
	struct page *all[200];

	inside_give(page);
	inside_set_refcount(page, 7);
	next = inside_take(0, MIGRATE_UNMOVABLE, 0);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("nonzero _refcount"));
	ck_assert_ptr_ne(next, page);
	inside_give(next);
	for (int i = 0; i < 200; i++) {
		all[i] = alloc_page(GFP_KERNEL);
		ck_assert_ptr_ne(all[i], page);
	}
	for (int i = 0; i < 200; i++)
		__free_page(all[i]);
	ck_assert_uint_eq(free_after_drain(), TEST_PAGES - 1);
	ck_assert_uint_eq(kmem_validate(), 0);
}
END_TEST

/* ---- poison -------------------------------------------------------------- */

START_TEST(test_free_pages_are_poisoned)
{
	unsigned int order = (unsigned int)_i;
	struct page *page = alloc_pages(GFP_KERNEL, order);
	size_t bytes = KMEM_PAGE_SIZE << order;
	unsigned char *p = page_address(page);

	memset(p, 0x11, bytes);
	__free_pages(page, order);
	ck_assert(bytes_are(p, bytes, 0xaa));
	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, order);
	p = page_address(page);
	ck_assert(bytes_are(p, bytes, 0));
	__free_pages(page, order);
	buddyinfo_assert_as(&at_start);
}
END_TEST

static const struct {
	unsigned int order, at, mask;
	const char *told;
} writes[] = {
	{ 0, 0, 0xff, "memory corruption" },
	{ 0, 4095, 0x10, "single bit error" },
	{ 3, 5 * 4096 + 17, 0x01, "single bit error" },
	{ 3, 5 * 4096 + 17, 0x03, "memory corruption" },
	{ 6, 63 * 4096, 0x80, "single bit error" },
};

START_TEST(test_write_after_free_is_reported)
{
	unsigned int order = writes[_i].order;
	struct page *page = alloc_pages(GFP_KERNEL, order);
	unsigned char *p = page_address(page);

	__free_pages(page, order);
	p[writes[_i].at] ^= (unsigned char)writes[_i].mask;
	ck_assert_ptr_eq(alloc_pages(GFP_KERNEL, order), page);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("pagealloc"));
	ck_assert(reports_mention(writes[_i].told));
	__free_pages(page, order);
	/* It is filled anew. */
	ck_assert_ptr_eq(alloc_pages(GFP_KERNEL, order), page);
	ck_assert_uint_eq(reports_take(), 0);
	__free_pages(page, order);
	buddyinfo_assert_as(&at_start);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("page_api");
	TCase *tc = suite_add(s, "references", setup, kmem_down);

	tcase_add_test(tc, test_page_is_freed_with_the_last_reference);
	tcase_add_loop_test(tc, test_shared_block_loses_its_tails_at_once, 0,
			    11);
	tcase_add_loop_test(tc, test_shared_compound_page_stays_whole, 0, 11);
	tcase_add_test(tc, test_block_outlives_a_short_reference);
	tcase_add_loop_test(
		tc, test_free_pages_of_a_referenced_block_does_not_leak, 0, 2);
	tcase_add_test(tc, test_threads_share_a_page);

	tc = suite_add(s, "compound", setup, kmem_down);
	tcase_add_loop_test(tc, test_every_page_of_a_unit_leads_to_its_head, 1,
			    11);
	tcase_add_test(tc, test_single_page_is_no_unit);
	tcase_add_test(tc, test_other_blocks_are_no_units);
	tcase_add_test(tc, test_slabs_and_large_blocks_are_units);

	tc = suite_add(s, "split", setup, kmem_down);
	tcase_add_loop_test(tc, test_split_pages_are_freed_one_by_one, 0, 11);
	tcase_add_test(tc, test_what_cannot_be_split_is_refused);
	tcase_add_loop_test(tc, test_exact_sizes_take_no_page_too_many, 0, 8);
	tcase_add_test(tc, test_impossible_exact_sizes_are_refused);

	tc = suite_add(s, "bulk", setup, kmem_down);
	tcase_add_test(tc, test_bulk_fills_the_empty_slots);
	tcase_add_test(tc, test_bulk_stops_when_memory_ends);

	tc = suite_add(s, "fresh", setup, kmem_down);
	tcase_add_loop_test(tc, test_fresh_blocks_merge_back, 0, 44);

	tc = suite_add(s, "misuse", setup, kmem_down);
	tcase_add_test(tc, test_wrong_references_are_refused);
	tcase_add_test(tc, test_bad_pages_are_reported_in_a_burst);
	tcase_add_test(tc, test_damaged_page_is_kept_out_of_circulation);

	tc = suite_add(s, "poison", setup_poison, kmem_down);
	tcase_add_loop_test(tc, test_free_pages_are_poisoned, 0, 11);
	tcase_add_loop_test(tc, test_write_after_free_is_reported, 0, 5);
	return s;
}
