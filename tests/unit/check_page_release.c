/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page_release.c - memory of free blocks goes back to the system
 *
 * What is resident is asked of the system, by mincore(2), page by page.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kmem/mm.h>

#include "fixture.h"
#include "inside.h"
#include "runner.h"

#define PAGES (TEST_MEMORY / KMEM_PAGE_SIZE)
#define BLOCK_PAGES (1ul << KMEM_MAX_ORDER)
#define BLOCKS 8

static struct buddyinfo at_start;
static struct page *block[BLOCKS];
static char file[64];

static void up(enum kmem_backing backing, bool poison)
{
	struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.backing = backing,
		.zones = "Normal",
		.path = file,
		.page_poison = poison,
	};

	snprintf(file, sizeof(file), "/tmp/check_page_release.%d",
		 (int)getpid());
	kmem_up_with(&config);
	buddyinfo_read(&at_start);
}

static void down(void)
{
	kmem_down();
	unlink(file);
}

static void up_anon(void)
{
	up(KMEM_ANON, false);
}

static unsigned long resident(void)
{
	static unsigned char vec[PAGES];
	struct kmem_memory_info info;
	unsigned long n = 0;

	kmem_memory_info(&info);
	ck_assert_int_eq(mincore((void *)info.base, info.size, vec), 0);
	for (unsigned long i = 0; i < PAGES; i++)
		n += vec[i] & 1;
	return n;
}

static unsigned long absent(void)
{
	struct kmem_zone_info zone;

	ck_assert(kmem_zone_info(0, &zone));
	return zone.absent;
}

static void take_and_touch(void)
{
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = alloc_pages(GFP_KERNEL, KMEM_MAX_ORDER);
		ck_assert_ptr_nonnull(block[i]);
		memset(page_address(block[i]), 0x5a, KMEM_BLOCK_SIZE);
	}
	ck_assert_uint_ge(resident(), BLOCKS * BLOCK_PAGES);
}

static void give_all(void)
{
	for (int i = 0; i < BLOCKS; i++)
		__free_pages(block[i], KMEM_MAX_ORDER);
}

/* ---- on demand ----------------------------------------------------------- */

START_TEST(test_free_blocks_go_back_to_the_system)
{
	static const enum kmem_backing backings[] = { KMEM_ANON, KMEM_MEMFD,
						      KMEM_FILE };

	up(backings[_i % 3], _i >= 3);
	ck_assert_uint_eq(absent(), PAGES);
	take_and_touch();
	ck_assert_uint_eq(absent(), PAGES - BLOCKS * BLOCK_PAGES);
	give_all();
	ck_assert_uint_ge(resident(), BLOCKS * BLOCK_PAGES);
	ck_assert_uint_eq(kmem_release_free_pages(), BLOCKS * BLOCK_PAGES);
	/* What the system caches of a file is its own affair. */
	if (backings[_i % 3] != KMEM_FILE)
		ck_assert_uint_eq(resident(), 0);
	ck_assert_uint_eq(absent(), PAGES);
	ck_assert_uint_eq(kmem_release_free_pages(), 0);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);

	/* Back again, as if never touched. */
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = alloc_pages(GFP_KERNEL, KMEM_MAX_ORDER);
		ck_assert(
			bytes_are(page_address(block[i]), KMEM_BLOCK_SIZE, 0));
	}
	give_all();
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_drop_caches_gives_back_what_it_says)
{
	take_and_touch();
	give_all();
	ck_assert_int_eq(sysctl_set("drop_caches", 2), 0);
	ck_assert_uint_eq(absent(), PAGES - BLOCKS * BLOCK_PAGES);
	ck_assert_int_eq(sysctl_set("drop_caches", 1), 0);
	ck_assert_uint_eq(absent(), PAGES);
	ck_assert_int_eq(sysctl_set("drop_caches", 0), -EINVAL);
	ck_assert_int_eq(sysctl_set("drop_caches", 8), -ERANGE);
}
END_TEST

START_TEST(test_pages_in_use_keep_their_memory)
{
	unsigned char *p;

	take_and_touch();
	for (int i = 0; i < BLOCKS; i += 2)
		__free_pages(block[i], KMEM_MAX_ORDER);
	ck_assert_uint_eq(kmem_release_free_pages(), BLOCKS / 2 * BLOCK_PAGES);
	ck_assert_uint_eq(resident(), BLOCKS / 2 * BLOCK_PAGES);
	for (int i = 1; i < BLOCKS; i += 2) {
		p = page_address(block[i]);
		ck_assert(bytes_are(p, KMEM_BLOCK_SIZE, 0x5a));
		__free_pages(block[i], KMEM_MAX_ORDER);
	}
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* One page of a pageblock keeps it; the other pageblock of the block goes. */
START_TEST(test_small_blocks_keep_their_memory)
{
	struct page *page;

	take_and_touch();
	split_page(block[0], KMEM_MAX_ORDER);
	page = block[0];
	for (unsigned long i = 1; i < BLOCK_PAGES; i++)
		__free_page(pfn_to_page(page_to_pfn(page) + i));
	ck_assert_uint_eq(kmem_release_free_pages(), BLOCK_PAGES / 2);
	ck_assert_uint_eq(kmem_validate(), 0);
	/* The whole block is not absent when the page comes back to it. */
	__free_page(page);
	ck_assert_uint_eq(kmem_release_free_pages(), BLOCK_PAGES);
	ck_assert_uint_eq(kmem_validate(), 0);
	for (int i = 1; i < BLOCKS; i++)
		__free_pages(block[i], KMEM_MAX_ORDER);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_memory_that_is_there_is_used_first)
{
	struct page *page;

	take_and_touch();
	__free_pages(block[3], KMEM_MAX_ORDER);
	ck_assert_uint_eq(kmem_release_free_pages(), BLOCK_PAGES);
	__free_pages(block[6], KMEM_MAX_ORDER);
	page = alloc_pages(GFP_KERNEL, 9);
	ck_assert_uint_eq(page_to_pfn(page), page_to_pfn(block[6]));
	__free_pages(page, 9);
	for (int i = 0; i < BLOCKS; i++)
		if (i != 3 && i != 6)
			__free_pages(block[i], KMEM_MAX_ORDER);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- by itself ----------------------------------------------------------- */

#define SECOND 1000000000ull

START_TEST(test_idle_blocks_go_back_after_a_while)
{
	take_and_touch();
	give_all();
	inside_release_idle(100 * SECOND);
	inside_release_idle(105 * SECOND);
	ck_assert_uint_ge(resident(), BLOCKS * BLOCK_PAGES);
	ck_assert(inside_release_pending());
	inside_release_idle(111 * SECOND);
	ck_assert(!inside_release_pending());
	ck_assert_uint_eq(resident(), 0);
	ck_assert_uint_eq(absent(), PAGES);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* What was needed at the worst moment of the period stays. */
START_TEST(test_blocks_in_use_now_and_then_stay)
{
	take_and_touch();
	give_all();
	inside_release_idle(100 * SECOND);
	for (int i = 0; i < BLOCKS - 2; i++)
		block[i] = alloc_pages(GFP_KERNEL, KMEM_MAX_ORDER);
	for (int i = 0; i < BLOCKS - 2; i++)
		__free_pages(block[i], KMEM_MAX_ORDER);
	inside_release_idle(111 * SECOND);
	ck_assert_uint_eq(resident(), (BLOCKS - 2) * BLOCK_PAGES);
	inside_release_idle(122 * SECOND);
	ck_assert_uint_eq(resident(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- others meanwhile ---------------------------------------------------- */

static void churn(unsigned int index, void *arg)
{
	struct prng prng = { *(uint64_t *)arg + index };
	unsigned long n = test_steps(2000);

	for (unsigned long i = 0; i < n; i++) {
		unsigned int order = 7 + prng_below(&prng, 4);
		struct page *page;

		if (index == 0) {
			kmem_release_free_pages();
			continue;
		}
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (!page)
			continue;
		memset(page_address(page), (int)index, KMEM_PAGE_SIZE);
		if (!bytes_are(page_address(page), KMEM_PAGE_SIZE,
			       (unsigned char)index))
			abort();
		__free_pages(page, order);
	}
}

START_TEST(test_release_beside_other_threads)
{
	uint64_t seed = test_seed("release_beside_other_threads");

	threads_run(4, churn, &seed);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
	kmem_release_free_pages();
	ck_assert_uint_eq(resident(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("page_release");
	TCase *tc = suite_add(s, "backings", NULL, down);

	tcase_add_loop_test(tc, test_free_blocks_go_back_to_the_system, 0, 6);

	tc = suite_add(s, "demand", up_anon, down);
	tcase_add_test(tc, test_drop_caches_gives_back_what_it_says);
	tcase_add_test(tc, test_pages_in_use_keep_their_memory);
	tcase_add_test(tc, test_small_blocks_keep_their_memory);
	tcase_add_test(tc, test_memory_that_is_there_is_used_first);

	tc = suite_add(s, "idle", up_anon, down);
	tcase_add_test(tc, test_idle_blocks_go_back_after_a_while);
	tcase_add_test(tc, test_blocks_in_use_now_and_then_stay);

	tc = suite_add(s, "threads", up_anon, down);
	tcase_add_test(tc, test_release_beside_other_threads);
	return s;
}
