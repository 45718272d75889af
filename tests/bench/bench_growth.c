/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_growth.c - does it stay as fast when there is more of everything?
 *
 * Nanoseconds per pair of alloc and free: with more objects in use, in one of
 * more caches, and in a larger arena. Lines are flat where nothing is searched;
 * what still grows is the share of the objects, or of the caches' records, that
 * is in no cache of the processor. growth.gp draws the lines of the table.
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmem/introspect.h>

#include "bench.h"

#define PAIRS 200000ul
#define SIZE 64

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void fail(const char *what)
{
	fprintf(stderr, "bench_growth: %s\n", what);
	exit(EXIT_FAILURE);
}

static void init_or_die(size_t memory)
{
	const struct kmem_config config = { .memory = memory };

	if (kmem_init(&config))
		fail("kmem_init");
}

static struct kmem_cache *create(void)
{
	struct kmem_cache *s =
		kmem_cache_create("growth", SIZE, 0, SLAB_NO_MERGE, NULL);

	if (!s)
		fail("no cache");
	return s;
}

static void *alloc(struct kmem_cache *s)
{
	void *p = kmem_cache_alloc(s, GFP_KERNEL);

	if (!p)
		fail("no object");
	return p;
}

/* What two cases of one row are given. */
struct crowd {
	struct kmem_cache **caches;
	size_t nr_caches;
	void **live;
	size_t nr_live;
};

static void hot(void *arg, unsigned long pairs)
{
	const struct crowd *crowd = arg;
	size_t at = 0;

	while (pairs--) {
		struct kmem_cache *s = crowd->caches[at];

		kmem_cache_free(s, alloc(s));
		if (++at == crowd->nr_caches)
			at = 0;
	}
}

static void replace(void *arg, unsigned long pairs)
{
	const struct crowd *crowd = arg;
	struct kmem_cache *s = crowd->caches[0];
	uint64_t random = 1;

	while (pairs--) {
		void **slot;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		slot = &crowd->live[((random >> 32) * crowd->nr_live) >> 32];
		kmem_cache_free(s, *slot);
		*slot = alloc(s);
	}
}

static void print_row(const char *of, double x, struct bench_case *c)
{
	const struct bench_spread ns = bench_spread(c->ns, BENCH_ROUNDS);

	printf("%-8s %12.0f %-20s %9.2f %9.2f %9.2f\n", of, x, c->name,
	       ns.median, ns.least, ns.most);
	fflush(stdout);
}

static void measure(const char *of, double x, const char *name,
		    void (*run)(void *arg, unsigned long pairs),
		    struct crowd *crowd, unsigned long pairs)
{
	struct bench_case c = { name, run, crowd, pairs, { 0 } };

	bench_rounds(&c, 1);
	print_row(of, x, &c);
}

/* ---- objects ------------------------------------------------------------- */

static void measure_objects(size_t n)
{
	struct kmem_cache *s = create();
	struct crowd crowd = { &s, 1, calloc(n, sizeof(void *)), n };

	if (!crowd.live)
		fail("no memory");
	for (size_t i = 0; i < n; i++)
		crowd.live[i] = alloc(s);
	measure("objects", (double)n, "hot pair", hot, &crowd, PAIRS);
	measure("objects", (double)n, "replace at random", replace, &crowd,
		PAIRS);
	for (size_t i = 0; i < n; i++)
		kmem_cache_free(s, crowd.live[i]);
	free(crowd.live);
	kmem_cache_destroy(s);
}

/* ---- caches -------------------------------------------------------------- */

static void create_destroy(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--)
		kmem_cache_destroy(create());
}

static void measure_caches(size_t n)
{
	struct crowd crowd = { calloc(n, sizeof(struct kmem_cache *)), n, NULL,
			       0 };

	if (!crowd.caches)
		fail("no memory");
	for (size_t i = 0; i < n; i++)
		crowd.caches[i] = create();
	measure("caches", (double)n, "pair in turn", hot, &crowd, PAIRS);
	crowd.nr_caches = 1;
	measure("caches", (double)n, "pair in one", hot, &crowd, PAIRS);
	measure("caches", (double)n, "create and destroy", create_destroy, NULL,
		20);
	for (size_t i = 0; i < n; i++)
		kmem_cache_destroy(crowd.caches[i]);
	free(crowd.caches);
}

/* ---- the arena ----------------------------------------------------------- */

static void pages(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--) {
		struct page *page = alloc_pages(GFP_KERNEL, 0);

		bench_keep(page);
		__free_pages(page, 0);
	}
}

static void blocks(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--) {
		struct page *page = alloc_pages(GFP_KERNEL, KMEM_MAX_ORDER);

		bench_keep(page);
		__free_pages(page, KMEM_MAX_ORDER);
	}
}

static double measure_init(size_t memory)
{
	double ns[BENCH_ROUNDS];
	struct bench_case c = { .name = "kmem_init" };

	for (size_t i = 0; i < BENCH_ROUNDS; i++) {
		uint64_t start = bench_now_ns();

		init_or_die(memory);
		ns[i] = (double)(bench_now_ns() - start);
		c.ns[i] = ns[i];
		kmem_exit();
	}
	print_row("MiB", (double)(memory >> 20), &c);
	return bench_middle(&c);
}

static double measure_arena(size_t mib)
{
	const double init = measure_init(mib << 20);
	struct crowd crowd = { .nr_caches = 1 };
	struct kmem_cache *s;

	init_or_die(mib << 20);
	s = create();
	crowd.caches = &s;
	measure("MiB", (double)mib, "hot pair", hot, &crowd, PAIRS);
	measure("MiB", (double)mib, "page, order 0", pages, NULL, PAIRS);
	measure("MiB", (double)mib, "page, order 10", blocks, NULL, PAIRS);
	kmem_exit();
	return init;
}

int main(void)
{
	static const size_t objects[] = { 10, 1000, 100000, 1000000 };
	static const size_t caches[] = { 10, 1000, 10000 };
	static const size_t mib[] = { 64, 512, 4096, 65536 };
	double init = 0;

	bench_start();
	printf("%-8s %12s %-20s %9s %9s %9s\n", "of", "there are", "ns of one",
	       "median", "least", "most");
	init_or_die(0);
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		measure_objects(objects[i]);
	for (size_t i = 0; i < ARRAY_SIZE(caches); i++)
		measure_caches(caches[i]);
	kmem_exit();
	for (size_t i = 0; i < ARRAY_SIZE(mib); i++) {
		double ns = measure_arena(mib[i]);

		if (!i)
			init = ns;
	}
	bench_limit_head();
	bench_limit("kmem_init of 64 MiB, ms", "", init / 1e6, 1.0,
		    init <= 1e6);
	return 0;
}
