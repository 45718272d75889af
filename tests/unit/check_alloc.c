/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_alloc.c - how far requests may go: marks, reserves, scopes, and what is
 * said when there is nothing left
 */
#include <stdio.h>
#include <string.h>

#include <kmem/memalloc.h>

#include "fixture.h"
#include "runner.h"

#define TEST_PAGES (TEST_MEMORY / KMEM_PAGE_SIZE)

static struct buddyinfo at_start;
static struct page *taken[TEST_PAGES];
static unsigned long nr_taken;

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
	nr_taken = 0;
	buddyinfo_read(&at_start);
}

static void give_back(unsigned int order)
{
	while (nr_taken)
		__free_pages(taken[--nr_taken], order);
}

static unsigned int zone_index(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	struct kmem_zone_info zone;

	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (pfn - zone.start_pfn < zone.spanned)
			return i;
	ck_abort_msg("pfn %lu is in no zone", pfn);
}

/* ---- marks --------------------------------------------------------------- */

enum part {
	WHOLE, /* of the min mark must be left */
	HALF,
	THREE_EIGHTHS,
	NOTHING,
};

/* What each mask must leave, and the highest zone that it may use. */
static const struct {
	gfp_t gfp;
	enum part part;
	unsigned int highest;
} masks[] = {
	{ 0, WHOLE, 2 },
	{ GFP_KERNEL, WHOLE, 2 },
	{ GFP_KERNEL_ACCOUNT, WHOLE, 2 },
	{ GFP_NOWAIT, WHOLE, 2 },
	{ GFP_NOIO, WHOLE, 2 },
	{ GFP_NOFS, WHOLE, 2 },
	{ GFP_USER, WHOLE, 2 },
	{ GFP_HIGHUSER, WHOLE, 2 },
	{ GFP_HIGHUSER_MOVABLE, WHOLE, 2 },
	{ GFP_TRANSHUGE, WHOLE, 2 },
	{ GFP_TRANSHUGE_LIGHT, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_RECLAIMABLE, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_MOVABLE, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_NORETRY, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_RETRY_MAYFAIL, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_NOMEMALLOC, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_THISNODE | __GFP_ZERO, WHOLE, 2 },
	{ GFP_KERNEL | __GFP_HIGH, HALF, 2 },
	{ GFP_ATOMIC, THREE_EIGHTHS, 2 },
	{ __GFP_HIGH, THREE_EIGHTHS, 2 },
	{ GFP_ATOMIC | __GFP_MOVABLE, THREE_EIGHTHS, 2 },
	{ GFP_ATOMIC | __GFP_NOMEMALLOC, HALF, 2 },
	{ GFP_KERNEL | __GFP_MEMALLOC, NOTHING, 2 },
	{ GFP_NOWAIT | __GFP_MEMALLOC, NOTHING, 2 },
	{ GFP_KERNEL | __GFP_MEMALLOC | __GFP_NOMEMALLOC, WHOLE, 2 },
	{ GFP_KERNEL | GFP_DMA32, WHOLE, 1 },
	{ GFP_ATOMIC | GFP_DMA32, THREE_EIGHTHS, 1 },
	{ GFP_KERNEL | GFP_DMA32 | __GFP_MEMALLOC, NOTHING, 1 },
	{ GFP_KERNEL | GFP_DMA, WHOLE, 0 },
	{ GFP_ATOMIC | GFP_DMA, THREE_EIGHTHS, 0 },
	{ GFP_KERNEL | GFP_DMA | __GFP_HIGH, HALF, 0 },
};

#define NR_MASKS ((int)(sizeof(masks) / sizeof(masks[0])))

/* Straight from the kernel's formulas: shares of 512 pages, 256ths of above. */
static unsigned long left_by(int mask, unsigned int zone)
{
	static const unsigned long managed[] = { 4096, 8192, 4096 };
	unsigned long min = 512 * managed[zone] / 16384, above = 0;

	switch (masks[mask].part) {
	case WHOLE:
		break;
	case HALF:
		min -= min / 2;
		break;
	case THREE_EIGHTHS:
		min -= min / 2;
		min -= min / 4;
		break;
	case NOTHING:
		return 0;
	}
	for (unsigned int z = zone + 1; z <= masks[mask].highest; z++)
		above += managed[z];
	return min + above / 256;
}

/*
 * Takes everything. Of zones that a request finds for the first time, each is
 * below the one before.
 */
static void take_all(gfp_t gfp, unsigned int order, unsigned int highest)
{
	unsigned int lowest = highest + 1;
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, order))) {
		unsigned int zone = zone_index(page);

		taken[nr_taken++] = page;
		ck_assert_uint_le(zone, highest);
		if (zone >= lowest)
			continue;
		ck_assert_uint_eq(zone, lowest - 1);
		lowest = zone;
	}
	ck_assert_uint_eq(lowest, 0);
}

START_TEST(test_mask_stops_at_its_mark)
{
	struct kmem_zone_info zone;

	take_all(masks[_i].gfp, 0, masks[_i].highest);
	for (unsigned int z = 0; kmem_zone_info(z, &zone); z++)
		ck_assert_uint_eq(zone.free, z > masks[_i].highest
						     ? zone.managed
						     : left_by(_i, z));
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* With blocks, a page list or not, the last one must leave the mark whole. */
START_TEST(test_mask_stops_at_its_mark_with_blocks)
{
	struct kmem_zone_info zone;

	for (unsigned int order = 1; order < 6; order += 2) {
		take_all(masks[_i].gfp, order, masks[_i].highest);
		for (unsigned int z = 0; z <= masks[_i].highest; z++) {
			unsigned long mark = left_by(_i, z);

			ck_assert(kmem_zone_info(z, &zone));
			ck_assert_uint_ge(zone.free, mark);
			ck_assert_uint_lt(zone.free, mark + (1ul << order));
		}
		give_back(order);
		buddyinfo_assert_as(&at_start);
	}
}
END_TEST

/* Marks that move bind at once, those that pages of lists came from too. */
START_TEST(test_moved_mark_binds_at_once)
{
	struct kmem_zone_info zone;

	take_all(GFP_KERNEL, 0, 2);
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 1024), 0);
	take_all(GFP_KERNEL | GFP_DMA, 0, 0);
	ck_assert(kmem_zone_info(0, &zone));
	ck_assert_uint_eq(zone.free, 64);
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 4096), 0);
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT));
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- scopes -------------------------------------------------------------- */

START_TEST(test_scopes_nest)
{
	unsigned int nofs = memalloc_nofs_save(), noio, pin;

	ck_assert_uint_eq(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	noio = memalloc_noio_save();
	ck_assert_uint_eq(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	pin = memalloc_pin_save();
	ck_assert_uint_eq(current_gfp_context(GFP_HIGHUSER_MOVABLE),
			  GFP_HIGHUSER & ~(__GFP_IO | __GFP_FS));
	memalloc_noio_restore(memalloc_noio_save());
	ck_assert_uint_eq(current_gfp_context(GFP_KERNEL), GFP_NOIO);
	memalloc_pin_restore(pin);
	memalloc_noio_restore(noio);
	ck_assert_uint_eq(current_gfp_context(GFP_KERNEL), GFP_NOFS);
	memalloc_nofs_restore(nofs);
	ck_assert_uint_eq(current_gfp_context(GFP_HIGHUSER_MOVABLE),
			  GFP_HIGHUSER_MOVABLE);
}
END_TEST

static void look_at_scope(unsigned int index, void *arg)
{
	(void)index;
	*(gfp_t *)arg = current_gfp_context(GFP_KERNEL);
}

START_TEST(test_scope_is_the_threads_own)
{
	unsigned int scope = memalloc_noio_save();
	gfp_t other = 0;

	thread_run(look_at_scope, &other);
	ck_assert_uint_eq(other, GFP_KERNEL);
	memalloc_noio_restore(scope);
}
END_TEST

START_TEST(test_noreclaim_may_use_the_last_page)
{
	unsigned int scope;

	take_all(GFP_KERNEL, 0, 2);
	scope = memalloc_noreclaim_save();
	ck_assert_ptr_null(
		alloc_page(GFP_KERNEL | __GFP_NOMEMALLOC | __GFP_NOWARN));
	take_all(GFP_KERNEL, 0, 2);
	memalloc_noreclaim_restore(scope);
	ck_assert_uint_eq(free_pages_now(), 0);
	give_back(0);
	buddyinfo_assert_as(&at_start);
}
END_TEST

/* ---- the report ---------------------------------------------------------- */

static void expect_in_report(const char *text)
{
	ck_assert_msg(strstr(failure_last(), text) != NULL, "no '%s' in: %s",
		      text, failure_last());
}

START_TEST(test_failure_is_reported_whole)
{
	char normal[64];
	struct kmem_zone_info zone;

	take_all(GFP_KERNEL, 0, 2);
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL | __GFP_ZERO, 2));
	ck_assert_uint_eq(failures_take(), 1);
	expect_in_report(": page allocation failure: order:2, "
			 "mode:0xdc0(GFP_KERNEL|__GFP_ZERO), "
			 "nodemask=(null)\n");
	ck_assert(kmem_zone_info(2, &zone));
	snprintf(normal, sizeof(normal),
		 "Node 0 Normal free:%lukB min:%lukB low:%lukB high:%lukB ",
		 zone.free * 4, zone.min * 4, zone.low * 4, zone.high * 4);
	expect_in_report(normal);
	expect_in_report("managed:16384kB");
	expect_in_report("lowmem_reserve[]: 0 32 48 48 48\n");
	expect_in_report("\nNode 0 DMA32: ");
	expect_in_report("*4kB ");
	expect_in_report("*4096kB = ");
	/* No fault: nothing is counted as one. */
	ck_assert_uint_eq(kmem_report_count(), 0);
	give_back(0);
}
END_TEST

START_TEST(test_report_names_the_nodes_of_a_mask)
{
	nodemask_t nodes = { { 1 } };

	take_all(GFP_KERNEL, 0, 2);
	ck_assert_ptr_null(__alloc_pages(__GFP_IO, 3, 0, &nodes));
	expect_in_report("order:3, mode:0x40(__GFP_IO), nodemask=0\n");
	give_back(0);
}
END_TEST

/* Zones end in the middle of nodes: there can be no more of them. */
static void many_zones_setup(void)
{
	const struct kmem_config config = {
		.memory = KMEM_MAX_NODES * 8 * MIB,
		.backing = KMEM_MEMFD,
		.nodes = KMEM_MAX_NODES,
		.zones = "DMA:4M,DMA32:8M,Normal,HighMem:4M",
	};

	kmem_up_with(&config);
	nr_taken = 0;
}

START_TEST(test_report_has_all_zones)
{
	const unsigned int order = KMEM_NR_ORDERS - 1;
	const char *report = failure_last();
	struct kmem_zone_info zone;
	struct page *page;
	char text[64];
	unsigned int i;

	while ((page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order)))
		taken[nr_taken++] = page;
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL, order));
	ck_assert_uint_eq(failures_take(), 1);
	for (i = 0; kmem_zone_info(i, &zone); i++) {
		snprintf(text, sizeof(text), "\nNode %u %s free:%lukB ",
			 zone.node, zone.name, zone.free * 4);
		expect_in_report(text);
		snprintf(text, sizeof(text), "\nNode %u %s: ", zone.node,
			 zone.name);
		expect_in_report(text);
	}
	ck_assert_uint_eq(i, KMEM_MAX_NODES + 3);
	ck_assert(kmem_zone_info(i - 1, &zone));
	ck_assert_str_eq(zone.name, "HighMem");
	snprintf(text, sizeof(text), "*4096kB = %lukB", zone.free * 4);
	ck_assert_str_eq(report + strlen(report) - strlen(text), text);
	give_back(order);
}
END_TEST

START_TEST(test_reports_are_few)
{
	take_all(GFP_KERNEL, 0, 2);
	for (int i = 0; i < 100; i++)
		ck_assert_ptr_null(alloc_pages(GFP_KERNEL, 4));
	/* One, or two when ten seconds went by. */
	ck_assert_uint_le(failures_take(), 2);
	give_back(0);
}
END_TEST

START_TEST(test_nowarn_is_silent)
{
	take_all(GFP_KERNEL, 0, 2);
	ck_assert_ptr_null(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4));
	ck_assert_ptr_null(alloc_pages(GFP_NOWAIT, 0));
	ck_assert_uint_eq(failures_take(), 0);
	give_back(0);
}
END_TEST

START_TEST(test_nofail_without_waiting_is_misuse)
{
	struct page *page = alloc_pages(__GFP_NOFAIL, 4);

	ck_assert_ptr_nonnull(page);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("must not fail and may not wait"));
	__free_pages(page, 4);
	take_all(GFP_KERNEL, 0, 2);
	ck_assert_ptr_null(alloc_pages(GFP_NOWAIT | __GFP_NOFAIL, 4));
	ck_assert_uint_eq(reports_take(), 1);
	give_back(0);
}
END_TEST

/* ---- events -------------------------------------------------------------- */

static uint64_t event(enum kmem_vm_event event)
{
	uint64_t counts[KMEM_NR_VM_EVENTS];

	kmem_vm_events(counts);
	return counts[event];
}

static uint64_t given_out(void)
{
	return event(KMEM_VM_EVENT_pgalloc_dma) +
	       event(KMEM_VM_EVENT_pgalloc_dma32) +
	       event(KMEM_VM_EVENT_pgalloc_normal);
}

static void allocate_and_free(unsigned int index, void *arg)
{
	struct page *pages[500];

	(void)index;
	for (int i = 0; i < 500; i++)
		pages[i] = alloc_pages(GFP_KERNEL, *(unsigned int *)arg);
	for (int i = 0; i < 500; i++)
		__free_pages(pages[i], *(unsigned int *)arg);
}

/* Pages that went to users and came back, those of threads that ended too. */
START_TEST(test_pages_are_counted)
{
	unsigned int order = (unsigned int)_i;
	uint64_t given = given_out();
	uint64_t back = event(KMEM_VM_EVENT_pgfree);

	for (int i = 0; i < 3; i++) {
		thread_run(allocate_and_free, &order);
		allocate_and_free(0, &order);
		drain_all_pages();
	}
	ck_assert_uint_eq(given_out() - given, 3000ull << order);
	ck_assert_uint_eq(event(KMEM_VM_EVENT_pgfree) - back, 3000ull << order);
}
END_TEST

START_TEST(test_stalls_are_counted_by_zone)
{
	take_all(GFP_NOWAIT | GFP_DMA, 0, 0);
	ck_assert_uint_eq(event(KMEM_VM_EVENT_allocstall_dma), 0);
	ck_assert_ptr_null(alloc_page(GFP_KERNEL | GFP_DMA | __GFP_NOWARN));
	ck_assert_uint_eq(event(KMEM_VM_EVENT_allocstall_dma), 1);
	ck_assert_uint_eq(event(KMEM_VM_EVENT_allocstall_normal), 0);
	ck_assert_uint_eq(event(KMEM_VM_EVENT_pgalloc_dma), nr_taken);
	give_back(0);
}
END_TEST

static void add_limit_tests(Suite *s)
{
	TCase *tc = suite_add(s, "marks", zones_setup, kmem_down);

	tcase_add_loop_test(tc, test_mask_stops_at_its_mark, 0, NR_MASKS);
	tcase_add_loop_test(tc, test_mask_stops_at_its_mark_with_blocks, 0,
			    NR_MASKS);
	tcase_add_test(tc, test_moved_mark_binds_at_once);

	tc = suite_add(s, "scopes", zones_setup, kmem_down);
	tcase_add_test(tc, test_scopes_nest);
	tcase_add_test(tc, test_scope_is_the_threads_own);
	tcase_add_test(tc, test_noreclaim_may_use_the_last_page);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("alloc");
	TCase *tc;

	add_limit_tests(s);
	tc = suite_add(s, "report", zones_setup, kmem_down);
	tcase_add_test(tc, test_failure_is_reported_whole);
	tcase_add_test(tc, test_report_names_the_nodes_of_a_mask);
	tcase_add_test(tc, test_reports_are_few);
	tcase_add_test(tc, test_nowarn_is_silent);
	tcase_add_test(tc, test_nofail_without_waiting_is_misuse);

	tc = suite_add(s, "report of many", many_zones_setup, kmem_down);
	tcase_add_test(tc, test_report_has_all_zones);

	tc = suite_add(s, "events", zones_setup, kmem_down);
	tcase_add_loop_test(tc, test_pages_are_counted, 0, 5);
	tcase_add_test(tc, test_stalls_are_counted_by_zone);
	return s;
}
