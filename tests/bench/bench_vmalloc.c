/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_vmalloc.c - nanoseconds per page of vmalloc() and vfree() of 64 pages,
 * and how many system calls that takes
 *
 * An area is mapped by one call for each run of neighbouring pages, and
 * unmapped by one, so its page frames say how many there were; strace -c counts
 * the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmem/introspect.h>
#include <kmem/vmalloc.h>

#include "bench.h"

#define PAGES 64ul
#define PAIRS 300ul
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void pairs_of(unsigned long pairs, bool touch)
{
	while (pairs--) {
		char *p = vmalloc(PAGES * KMEM_PAGE_SIZE);

		for (unsigned long i = 0; touch && i < PAGES; i++)
			p[i * KMEM_PAGE_SIZE] = 1;
		bench_keep(p);
		vfree(p);
	}
}

static void untouched(void *arg, unsigned long pairs)
{
	(void)arg;
	pairs_of(pairs, false);
}

static void touched(void *arg, unsigned long pairs)
{
	(void)arg;
	pairs_of(pairs, true);
}

/* Runs of neighbours in an area, on average. */
static double runs(void)
{
	unsigned long sum = 0;

	for (int n = 0; n < 100; n++) {
		char *p = vmalloc(PAGES * KMEM_PAGE_SIZE);

		sum++;
		for (unsigned long i = 1; i < PAGES; i++)
			sum += vmalloc_to_pfn(p + i * KMEM_PAGE_SIZE) !=
			       vmalloc_to_pfn(p + (i - 1) * KMEM_PAGE_SIZE) + 1;
		vfree(p);
	}
	return (double)sum / 100;
}

static void report(const char *what)
{
	struct bench_case cases[] = {
		{ .name = "untouched", .run = untouched, .pairs = PAIRS },
		{ .name = "touched", .run = touched, .pairs = PAIRS },
	};

	bench_run(what, cases, ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		printf("  %-12s %8.1f ns/page\n", cases[i].name,
		       bench_median(cases[i].ns, BENCH_ROUNDS) / PAGES);
	printf("  system calls %7.2f per vmalloc(), 1 per vfree()\n", runs());
}

static bool is_odd(unsigned long pfn)
{
	return pfn % 2;
}

/* Half of the pages, in runs of any length. */
static bool is_chosen(unsigned long pfn)
{
	pfn = (pfn ^ pfn << 30) * 0xbf58476d1ce4e5b9ul;
	pfn = (pfn ^ pfn >> 27) * 0x94d049bb133111ebul;
	return pfn >> 63;
}

/* The memory is full but for some single pages. */
static void fill_but(bool (*is_free)(unsigned long pfn))
{
	unsigned long n = 0, room = (1ul << 30) / KMEM_PAGE_SIZE;
	struct page **pages = calloc(room, sizeof(*pages));

	if (!pages)
		exit(1);
	while (n < room && (pages[n] = alloc_page(GFP_ATOMIC | __GFP_MEMALLOC |
						  __GFP_NOWARN)))
		n++;
	while (n--)
		if (is_free(page_to_pfn(pages[n])))
			__free_page(pages[n]);
	drain_all_pages();
	free(pages);
}

static void run(const char *what, bool (*is_free)(unsigned long pfn))
{
	const struct kmem_config config = { .memory = 1ul << 30,
					    .backing = KMEM_MEMFD };

	if (kmem_init(&config)) {
		fprintf(stderr, "kmem_init failed\n");
		exit(1);
	}
	if (is_free)
		fill_but(is_free);
	report(what);
	kmem_exit();
}

int main(void)
{
	run("vmalloc + vfree of 64 pages, memory in one piece", NULL);
	run("vmalloc + vfree of 64 pages, half of all pages free, at random",
	    is_chosen);
	run("vmalloc + vfree of 64 pages, no two free pages together", is_odd);
	return 0;
}
