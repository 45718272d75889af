/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_mempool.c - what a pool costs on top of its backing: nanoseconds per
 * pair of alloc and free, with the pair of the backing beside it
 *
 * While the backing gives, a pool should be no more than its counters. When the
 * backing fails, the pool is one lock to get an element and one to return it;
 * the last table has an uncontended mutex, locked and unlocked twice, and DPDK's
 * pool without its caches, to compare.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <kmem/introspect.h>

#include "bench.h"
#include "rte_pool.h"

#define PAIRS 500000ul
#define SIZE 64

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void pair_pool(void *arg, unsigned long pairs)
{
	mempool_t *pool = arg;

	while (pairs--) {
		void *p = mempool_alloc(pool, GFP_KERNEL);

		bench_keep(p);
		mempool_free(p, pool);
	}
}

static void pair_cache(void *arg, unsigned long pairs)
{
	struct kmem_cache *s = arg;

	while (pairs--) {
		void *p = kmem_cache_alloc(s, GFP_KERNEL);

		bench_keep(p);
		kmem_cache_free(s, p);
	}
}

static void pair_kmalloc(void *arg, unsigned long pairs)
{
	size_t size = (size_t)arg;

	while (pairs--) {
		void *p = kmalloc(size, GFP_KERNEL);

		bench_keep(p);
		kfree(p);
	}
}

static void pair_pages(void *arg, unsigned long pairs)
{
	unsigned int order = (unsigned int)(size_t)arg;

	while (pairs--) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		bench_keep(page);
		__free_pages(page, order);
	}
}

/* A backing of a program's own, as small as can be. */
static void *own_alloc(gfp_t gfp, void *pool_data)
{
	(void)gfp;
	return pool_data;
}

static void own_free(void *element, void *pool_data)
{
	bench_keep(element);
	bench_keep(pool_data);
}

static void pair_own(void *arg, unsigned long pairs)
{
	mempool_alloc_t *alloc_fn = own_alloc;
	mempool_free_t *free_fn = own_free;

	__asm__("" : "+r"(alloc_fn), "+r"(free_fn));
	while (pairs--) {
		void *p = alloc_fn(GFP_KERNEL, arg);

		bench_keep(p);
		free_fn(p, arg);
	}
}

/* A backing that gave the reserve and gives nothing any more. */
static bool exhausted;

static void *failing_alloc(gfp_t gfp, void *pool_data)
{
	(void)gfp;
	return exhausted ? NULL : pool_data;
}

static void pair_rte(void *arg, unsigned long pairs)
{
	struct rte_mempool *pool = arg;

	while (pairs--) {
		void *p = rte_pool_get(pool);

		bench_keep(p);
		rte_pool_put(pool, p);
	}
}

static void pair_mutex(void *arg, unsigned long pairs)
{
	pthread_mutex_t *lock = arg;

	while (pairs--) {
		pthread_mutex_lock(lock);
		pthread_mutex_unlock(lock);
		pthread_mutex_lock(lock);
		pthread_mutex_unlock(lock);
	}
}

static mempool_t *checked(mempool_t *pool)
{
	if (!pool) {
		fprintf(stderr, "bench_mempool: no pool\n");
		exit(1);
	}
	return pool;
}

static void bench_on_top(struct kmem_cache *s)
{
	static int own;
	struct bench_case cases[] = {
		{ "kmem_cache_alloc", pair_cache, s, PAIRS, { 0 } },
		{ "a pool on it",
		  pair_pool,
		  checked(mempool_create_slab_pool(16, s)),
		  PAIRS,
		  { 0 } },
		{ "kmalloc", pair_kmalloc, (void *)SIZE, PAIRS, { 0 } },
		{ "a pool on it",
		  pair_pool,
		  checked(mempool_create_kmalloc_pool(16, SIZE)),
		  PAIRS,
		  { 0 } },
		{ "alloc_pages", pair_pages, NULL, PAIRS, { 0 } },
		{ "a pool on it",
		  pair_pool,
		  checked(mempool_create_page_pool(16, 0)),
		  PAIRS,
		  { 0 } },
		{ "two functions", pair_own, &own, PAIRS, { 0 } },
		{ "a pool on them",
		  pair_pool,
		  checked(mempool_create(16, own_alloc, own_free, &own)),
		  PAIRS,
		  { 0 } },
	};

	double most = 0;

	bench_run("pools while the backing gives, ns per pair", cases,
		  ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i += 2) {
		double more =
			bench_middle(&cases[i + 1]) - bench_middle(&cases[i]);

		most = more > most ? more : most;
	}
	bench_limit_head();
	bench_limit("mempool on top of its backing, ns", "", most, 1.5,
		    most <= 1.5);
	bench_limit_ratio("alloc_pages order 0 / kmem_cache, hot pair",
			  &cases[4], &cases[0], 1.5);
}

static void bench_reserve(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static int own;
	struct bench_case cases[] = {
		{ "reserve",
		  pair_pool,
		  checked(mempool_create(16, failing_alloc, own_free, &own)),
		  PAIRS,
		  { 0 } },
		{ "a mutex, twice", pair_mutex, &lock, PAIRS, { 0 } },
		{ "rte_mempool without a cache", pair_rte, NULL, PAIRS, { 0 } },
	};
	size_t n = ARRAY_SIZE(cases);

	exhausted = true;
	if (rte_pool_init())
		cases[2].arg = rte_pool_open(SIZE, 16, 0);
	if (!cases[2].arg)
		n--;
	bench_run("pools while the backing fails, ns per pair", cases, n);
	if (!cases[2].arg)
		return;
	bench_limit_head();
	bench_limit_ratio("mempool reserve / rte_mempool without cache",
			  &cases[0], &cases[2], 1.00);
}

int main(void)
{
	const struct kmem_config config = { .memory = 256ul << 20 };
	struct kmem_cache *s;

	bench_start();
	if (kmem_init(&config)) {
		fprintf(stderr, "bench_mempool: no memory\n");
		return 1;
	}
	s = kmem_cache_create("bench", SIZE, 0, 0, NULL);
	bench_on_top(s);
	bench_reserve();
	kmem_exit();
	return 0;
}
