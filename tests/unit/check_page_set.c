/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_page_set.c - how many pages threads keep: the kernel's formulas, and
 * that lists grow, give back and go home by them
 *
 * One zone of 256 MiB: batch 15, and with two CPUs high_max is 4096.
 */
#include <errno.h>

#include "fixture.h"
#include "inside.h"
#include "runner.h"

#define MEMORY (256 * MIB)
#define PAGES (MEMORY / KMEM_PAGE_SIZE)
#define BATCH 15
#define HIGH_MAX (PAGES / 8 / 2)

static struct buddyinfo at_start;
static struct page *page[PAGES];

static void set_setup(void)
{
	const struct kmem_config config = {
		.memory = MEMORY,
		.cpus = 2,
		.zones = "Normal",
	};

	kmem_up_with(&config);
	buddyinfo_read(&at_start);
}

static struct kmem_pageset_info info_of(unsigned int cpu)
{
	struct kmem_pageset_info info;

	ck_assert(kmem_pageset_info(0, cpu, &info));
	return info;
}

static unsigned long parked(void)
{
	return info_of(0).count + info_of(1).count;
}

static unsigned int highest(void)
{
	unsigned int a = info_of(0).high, b = info_of(1).high;

	return a > b ? a : b;
}

static void take(unsigned int n, unsigned int order)
{
	for (unsigned int i = 0; i < n; i++) {
		page[i] = alloc_pages(GFP_KERNEL, order);
		ck_assert_ptr_nonnull(page[i]);
	}
}

static void give(unsigned int n, unsigned int order)
{
	for (unsigned int i = 0; i < n; i++)
		__free_pages(page[i], order);
}

/* ---- formulas ------------------------------------------------------------ */

/* The first three are zones of a real host with two CPUs, as it prints them. */
static const struct {
	unsigned long managed, low;
	unsigned int cpus, fraction;
	unsigned int batch, high_min, high_max;
} limits[] = {
	{ 3840, 72, 2, 0, 1, 36, 240 },
	{ 772917, 14780, 2, 0, 63, 7390, 48307 },
	{ 327680, 6265, 2, 0, 63, 3132, 20480 },
	/* Small zones keep four batches. */
	{ 2048, 10, 16, 0, 1, 4, 16 },
	{ 16384, 20, 64, 0, 3, 12, 32 },
	{ 65536, 100, 4, 0, 15, 60, 2048 },
	/* A fraction is both limits. */
	{ 327680, 6265, 2, 8, 63, 20480, 20480 },
	{ 327680, 6265, 2, 100, 63, 1638, 1638 },
	{ 327680, 6265, 2, 1000000, 63, 252, 252 },
};

#define NR_LIMITS ((int)(sizeof(limits) / sizeof(limits[0])))

START_TEST(test_limits_follow_the_formulas)
{
	unsigned int got[3];

	inside_page_set(limits[_i].managed, limits[_i].low, limits[_i].cpus,
			limits[_i].fraction, got);
	ck_assert_uint_eq(got[0], limits[_i].batch);
	ck_assert_uint_eq(got[1], limits[_i].high_min);
	ck_assert_uint_eq(got[2], limits[_i].high_max);
}
END_TEST

START_TEST(test_zone_says_its_limits)
{
	struct kmem_zone_info zone;
	struct kmem_pageset_info info = info_of(0);

	ck_assert(kmem_zone_info(0, &zone));
	ck_assert_uint_eq(info.batch, BATCH);
	ck_assert_uint_eq(info.high_min, zone.low / 2);
	ck_assert_uint_eq(info.high_max, HIGH_MAX);
	ck_assert_uint_eq(info.high, 0);
	ck_assert_uint_eq(info.count, 0);
	ck_assert(!kmem_pageset_info(0, 2, &info));
	ck_assert(!kmem_pageset_info(1, 0, &info));
}
END_TEST

/* ---- lists --------------------------------------------------------------- */

START_TEST(test_list_keeps_no_more_than_high)
{
	unsigned int order = (unsigned int)_i;
	unsigned int n = 20000 >> order;

	take(n, order);
	give(n, order);
	ck_assert_uint_gt(parked(), 0);
	/* A list asks after each batch whether it may grow. */
	ck_assert_uint_le(parked(), highest() + BATCH);
	ck_assert_uint_le(highest(), HIGH_MAX);
	ck_assert_uint_eq(free_pages_now() + parked(), PAGES);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
	ck_assert_uint_eq(parked(), 0);
}
END_TEST

/* All lists of a zone are one set: no order has a limit of its own. */
START_TEST(test_orders_and_types_share_the_limit)
{
	for (unsigned int type = 0; type < MIGRATE_PCPTYPES; type++)
		for (unsigned int order = 0; order < 4; order++) {
			gfp_t gfp = GFP_KERNEL | type << 3;
			unsigned int n = 4000 >> order;

			for (unsigned int i = 0; i < n; i++)
				page[i] = alloc_pages(gfp, order);
			give(n, order);
		}
	ck_assert_uint_le(parked(), highest() + 12 * 2 * BATCH);
	ck_assert_uint_le(highest(), HIGH_MAX);
	ck_assert_uint_eq(kmem_validate(), 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_high_grows_with_use)
{
	unsigned int first;

	take(1, 0);
	first = highest();
	ck_assert_uint_eq(first, info_of(0).high_min);
	take(20000, 0);
	ck_assert_uint_gt(highest(), first);
	for (unsigned int i = 0; i < 20000; i++)
		__free_pages(page[i], 0);
}
END_TEST

START_TEST(test_pages_stay_in_ascending_order)
{
	unsigned long pfn;

	take(5000, 0);
	pfn = page_to_pfn(page[0]);
	for (unsigned int i = 0; i < 5000; i++)
		ck_assert_uint_eq(page_to_pfn(page[i]), pfn + i);
	give(5000, 0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

static void keep_some(unsigned int index, void *arg)
{
	struct page *mine[500];
	unsigned long *ret_parked = arg;

	(void)index;
	for (unsigned int i = 0; i < 500; i++)
		mine[i] = alloc_page(GFP_KERNEL | __GFP_MOVABLE);
	for (unsigned int i = 0; i < 500; i++)
		__free_page(mine[i]);
	*ret_parked = parked();
}

START_TEST(test_pages_of_a_thread_count_for_its_cpu)
{
	unsigned long seen = 0;

	thread_run(keep_some, &seen);
	ck_assert_uint_gt(seen, 0);
	ck_assert_uint_eq(parked(), 0);
	ck_assert_uint_eq(free_pages_now(), PAGES);
}
END_TEST

/* ---- percpu_pagelist_high_fraction --------------------------------------- */

static const struct kmem_sysctl *fraction(void)
{
	return kmem_sysctl_find("percpu_pagelist_high_fraction");
}

static int set_fraction(int64_t value)
{
	return kmem_sysctl_set(fraction(), &value, 1);
}

static int64_t fraction_now(void)
{
	int64_t values[KMEM_SYSCTL_VALUES];

	ck_assert_int_eq(kmem_sysctl_get(fraction(), values), 0);
	return values[0];
}

START_TEST(test_fraction_limits_the_lists)
{
	take(20000, 0);
	give(20000, 0);
	ck_assert_int_eq(set_fraction(512), 0);
	ck_assert_int_eq(fraction_now(), 512);
	ck_assert_uint_eq(info_of(0).high_min, PAGES / 512 / 2);
	ck_assert_uint_eq(info_of(1).high_max, PAGES / 512 / 2);
	ck_assert_uint_eq(parked(), 0);
	take(20000, 0);
	give(20000, 0);
	ck_assert_uint_le(parked(), PAGES / 512 / 2 + BATCH);
	ck_assert_int_eq(set_fraction(0), 0);
	ck_assert_uint_eq(info_of(0).high_max, HIGH_MAX);
	buddyinfo_assert_as(&at_start);
}
END_TEST

START_TEST(test_fraction_below_eight_is_refused)
{
	ck_assert_int_eq(set_fraction(8), 0);
	for (int64_t n = 1; n < 8; n++)
		ck_assert_int_eq(set_fraction(n), -EINVAL);
	ck_assert_int_eq(fraction_now(), 8);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("page_set");
	TCase *tc = suite_add(s, "formulas", set_setup, kmem_down);

	tcase_add_loop_test(tc, test_limits_follow_the_formulas, 0, NR_LIMITS);
	tcase_add_test(tc, test_zone_says_its_limits);

	tc = suite_add(s, "lists", set_setup, kmem_down);
	tcase_add_loop_test(tc, test_list_keeps_no_more_than_high, 0, 4);
	tcase_add_test(tc, test_orders_and_types_share_the_limit);
	tcase_add_test(tc, test_high_grows_with_use);
	tcase_add_test(tc, test_pages_stay_in_ascending_order);
	tcase_add_test(tc, test_pages_of_a_thread_count_for_its_cpu);

	tc = suite_add(s, "fraction", set_setup, kmem_down);
	tcase_add_test(tc, test_fraction_limits_the_lists);
	tcase_add_test(tc, test_fraction_below_eight_is_refused);
	return s;
}
