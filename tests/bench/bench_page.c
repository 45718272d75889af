/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_page.c - what the page allocator costs: to set up, per pair of alloc
 * and free, and per page that goes back to the system and returns
 *
 *	pair     a block that is freed at once. Orders 0 to 3 come from the
 *	         thread's list. Others are split off a block of order 10 each
 *	         time and merge with it again: 6 levels for order 4, none for 10
 *	levels   order 0 off a free block of order 10 and back, past the lists:
 *	         10 levels down, 10 up, with the zone's lock each way. This is
 *	         buddy.c's worst case, which no request has alone: lists are
 *	         filled in batches
 *	release  of free blocks of 2 MiB that were written to, and refill: to
 *	         allocate them and write to each page again. First touch is to
 *	         write to memory that was never used, resident to write to what
 *	         is there
 */
#include <stdio.h>
#include <stdlib.h>

#include "kmem/internal.h"

#include "bench.h"

#define PAIRS 2000000ul
#define SLOW_PAIRS 500000ul
#define HUGE_ORDER 9
#define BLOCKS 32

#define MEMORY ((size_t)1 << 30)
#define PAGES (BLOCKS << HUGE_ORDER)
#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void init_or_die(size_t memory, enum kmem_backing backing)
{
	const struct kmem_config config = {
		.memory = memory,
		.backing = backing,
		.zones = "Normal",
	};
	int error = kmem_init(&config);

	if (error) {
		fprintf(stderr, "bench_page: kmem_init: error %d\n", -error);
		exit(EXIT_FAILURE);
	}
}

/* ---- kmem_init ----------------------------------------------------------- */

static void measure_init(const char *name, enum kmem_backing backing)
{
	double ms[BENCH_ROUNDS], kib[BENCH_ROUNDS];

	for (int i = 0; i < BENCH_ROUNDS; i++) {
		const struct kmem_config config = {
			.memory = (size_t)64 << 30,
			.backing = backing,
		};
		long resident = bench_resident_kib();
		uint64_t start = bench_now_ns();

		if (kmem_init(&config)) {
			printf("  %-42s not on this machine\n", name);
			return;
		}
		ms[i] = (double)(bench_now_ns() - start) / 1e6;
		kib[i] = (double)(bench_resident_kib() - resident);
		kmem_exit();
	}
	printf("  %-42s %9.2f ms %9.0f KiB\n", name,
	       bench_median(ms, BENCH_ROUNDS), bench_median(kib, BENCH_ROUNDS));
}

/* ---- pairs --------------------------------------------------------------- */

static void pairs_of_order(void *arg, unsigned long pairs)
{
	const unsigned int *order = arg;

	while (pairs--) {
		struct page *page = alloc_pages(GFP_KERNEL, *order);

		bench_keep(page);
		__free_pages(page, *order);
	}
}

/* With nothing free but blocks of order 10, each of which is one buddy. */
static void pairs_of_levels(void *arg, unsigned long pairs)
{
	struct zone *zone = arg;

	while (pairs--) {
		struct page *page;

		lock(&zone->lock, LOCK_ZONE);
		page = buddy_take(zone, 0, MIGRATE_MOVABLE, 0);
		unlock(&zone->lock);
		bench_keep(page);
		zone_free(zone, 0, page);
	}
}

static void check_levels(void)
{
	struct kmem_zone_info zone;

	drain_all_pages();
	kmem_zone_info(0, &zone);
	if (zone.nr_free[KMEM_MAX_ORDER] << KMEM_MAX_ORDER == zone.managed)
		return;
	fprintf(stderr, "bench_page: the free blocks are not of order 10\n");
	exit(EXIT_FAILURE);
}

static void measure_pairs(void)
{
	static unsigned int order[] = { 0, 3, 4, 9, 10 };
	struct bench_case pairs[] = {
		{ "order 0", pairs_of_order, &order[0], PAIRS, { 0 } },
		{ "order 3", pairs_of_order, &order[1], PAIRS, { 0 } },
		{ "order 4", pairs_of_order, &order[2], SLOW_PAIRS, { 0 } },
		{ "order 9", pairs_of_order, &order[3], SLOW_PAIRS, { 0 } },
		{ "order 10", pairs_of_order, &order[4], SLOW_PAIRS, { 0 } },
	};
	struct bench_case levels[] = {
		{ "split 10 levels, merge 10 levels",
		  pairs_of_levels,
		  NULL,
		  SLOW_PAIRS,
		  { 0 } },
	};

	init_or_die(MEMORY, KMEM_ANON);
	levels[0].arg = &kmem.zone[0];
	bench_run("alloc_pages and __free_pages, ns per pair", pairs,
		  ARRAY_LENGTH(pairs));
	check_levels();
	bench_run("order 0 past the lists, ns per pair", levels,
		  ARRAY_LENGTH(levels));
	check_levels();
	kmem_exit();
}

/* ---- memory that goes back ----------------------------------------------- */

/* Every other one is freed later, so that no two of them merge. */
static struct page *block[2 * BLOCKS];

static void take(unsigned int i)
{
	block[i] = alloc_pages(GFP_KERNEL, HUGE_ORDER);
	if (!block[i]) {
		fprintf(stderr, "bench_page: no memory\n");
		exit(EXIT_FAILURE);
	}
}

static double touch_every_other(bool allocate)
{
	uint64_t start = bench_now_ns();

	for (unsigned int i = 0; i < 2 * BLOCKS; i += 2) {
		volatile char *p;

		if (allocate)
			take(i);
		p = page_address(block[i]);
		for (size_t at = 0; at < KMEM_PAGE_SIZE << HUGE_ORDER;
		     at += KMEM_PAGE_SIZE)
			p[at] = 1;
	}
	return (double)(bench_now_ns() - start) / PAGES;
}

/* Nanoseconds per page. */
struct release_cost {
	double first;
	double release;
	double refill;
	double resident;
};

static double release_every_other(void)
{
	unsigned long released;
	uint64_t start;

	for (unsigned int i = 0; i < 2 * BLOCKS; i += 2)
		__free_pages(block[i], HUGE_ORDER);
	start = bench_now_ns();
	released = kmem_release_free_pages();
	if (released != PAGES) {
		fprintf(stderr, "bench_page: %lu pages released, not %d\n",
			released, PAGES);
		exit(EXIT_FAILURE);
	}
	return (double)(bench_now_ns() - start) / PAGES;
}

/* Memory that was never touched each time. */
static void release_round(enum kmem_backing backing, struct release_cost *ret)
{
	init_or_die(MEMORY, backing);
	for (unsigned int i = 0; i < 2 * BLOCKS; i++)
		take(i);
	ret->first = touch_every_other(false);
	ret->release = release_every_other();
	ret->refill = touch_every_other(true);
	ret->resident = touch_every_other(false);
	kmem_exit();
}

/* The first round is not counted: the system may have to find the memory. */
static void measure_release(const char *name, enum kmem_backing backing)
{
	double first[BENCH_ROUNDS], release[BENCH_ROUNDS];
	double refill[BENCH_ROUNDS], resident[BENCH_ROUNDS];

	for (int i = -1; i < BENCH_ROUNDS; i++) {
		struct release_cost cost;

		release_round(backing, &cost);
		if (i < 0)
			continue;
		first[i] = cost.first;
		release[i] = cost.release;
		refill[i] = cost.refill;
		resident[i] = cost.resident;
	}
	printf("  %-20s %11.2f %11.2f %11.2f %11.2f\n", name,
	       bench_median(first, BENCH_ROUNDS),
	       bench_median(release, BENCH_ROUNDS),
	       bench_median(refill, BENCH_ROUNDS),
	       bench_median(resident, BENCH_ROUNDS));
}

int main(void)
{
	printf("kmem_init of 64 GiB, time and resident\n");
	measure_init("anonymous", KMEM_ANON);
	measure_init("memfd", KMEM_MEMFD);
	measure_pairs();
	printf("\n%-22s %11s %11s %11s %11s\n", "blocks of 2 MiB, ns",
	       "first touch", "release", "refill", "resident");
	measure_release("anonymous, per page", KMEM_ANON);
	measure_release("memfd, per page", KMEM_MEMFD);
	return 0;
}
