/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench_alloc.c - nanoseconds per pair of alloc and free, beside malloc(3),
 * and what 16 GiB of memory cost before anybody uses them
 *
 *	hot     one object, freed at once: the thread's array serves it
 *	batch   1000 objects, then all are freed: arrays are filled and emptied
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmem/introspect.h>

#include "bench.h"

#define BATCH 1000
#define HOT_PAIRS 4000000ul
#define BATCH_PAIRS 2000000ul
#define SIZE 64

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void *batch[BATCH];

/* ---- hot pairs ----------------------------------------------------------- */

static void hot_cache(void *arg, unsigned long pairs)
{
	struct kmem_cache *s = arg;

	while (pairs--) {
		void *p = kmem_cache_alloc(s, GFP_KERNEL);

		bench_keep(p);
		kmem_cache_free(s, p);
	}
}

static void hot_mempool(void *arg, unsigned long pairs)
{
	mempool_t *pool = arg;

	while (pairs--) {
		void *p = mempool_alloc(pool, GFP_KERNEL);

		bench_keep(p);
		mempool_free(p, pool);
	}
}

static void hot_page(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--) {
		struct page *page = alloc_page(GFP_KERNEL);

		bench_keep(page);
		__free_page(page);
	}
}

static void hot_kmalloc(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--) {
		void *p = kmalloc(SIZE, GFP_KERNEL);

		bench_keep(p);
		kfree(p);
	}
}

static void hot_malloc(void *arg, unsigned long pairs)
{
	(void)arg;
	while (pairs--) {
		void *p = malloc(SIZE);

		bench_keep(p);
		free(p);
	}
}

/* ---- batches ------------------------------------------------------------- */

static void batch_cache(void *arg, unsigned long pairs)
{
	struct kmem_cache *s = arg;

	for (; pairs >= BATCH; pairs -= BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = kmem_cache_alloc(s, GFP_KERNEL);
		bench_keep(batch);
		for (int i = 0; i < BATCH; i++)
			kmem_cache_free(s, batch[i]);
	}
}

static void batch_bulk(void *arg, unsigned long pairs)
{
	struct kmem_cache *s = arg;

	for (; pairs >= BATCH; pairs -= BATCH) {
		if (!kmem_cache_alloc_bulk(s, GFP_KERNEL, BATCH, batch))
			abort();
		bench_keep(batch);
		kmem_cache_free_bulk(s, BATCH, batch);
	}
}

static void batch_mempool(void *arg, unsigned long pairs)
{
	mempool_t *pool = arg;

	for (; pairs >= BATCH; pairs -= BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = mempool_alloc(pool, GFP_KERNEL);
		bench_keep(batch);
		for (int i = 0; i < BATCH; i++)
			mempool_free(batch[i], pool);
	}
}

static void batch_pages(void *arg, unsigned long pairs)
{
	(void)arg;
	for (; pairs >= BATCH; pairs -= BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = alloc_page(GFP_KERNEL);
		bench_keep(batch);
		for (int i = 0; i < BATCH; i++)
			__free_page(batch[i]);
	}
}

static void batch_kmalloc(void *arg, unsigned long pairs)
{
	(void)arg;
	for (; pairs >= BATCH; pairs -= BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = kmalloc(SIZE, GFP_KERNEL);
		bench_keep(batch);
		for (int i = 0; i < BATCH; i++)
			kfree(batch[i]);
	}
}

static void batch_malloc(void *arg, unsigned long pairs)
{
	(void)arg;
	for (; pairs >= BATCH; pairs -= BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = malloc(SIZE);
		bench_keep(batch);
		for (int i = 0; i < BATCH; i++)
			free(batch[i]);
	}
}

/* ---- memory -------------------------------------------------------------- */

static void init_or_die(const struct kmem_config *config)
{
	int error = kmem_init(config);

	if (error) {
		fprintf(stderr, "bench_alloc: kmem_init: error %d\n", -error);
		exit(EXIT_FAILURE);
	}
}

static void measure_memory(const char *name, enum kmem_backing backing)
{
	const struct kmem_config config = {
		.memory = (size_t)16 << 30,
		.backing = backing,
	};
	long resident = bench_resident_kib();
	uint64_t start = bench_now_ns();
	uint64_t took;

	init_or_die(&config);
	took = bench_now_ns() - start;
	printf("  %-30s %9.2f ms %11ld KiB\n", name, (double)took / 1e6,
	       bench_resident_kib() - resident);
	kmem_exit();
}

static void measure_pairs(void)
{
	struct kmem_cache *s = kmem_cache_create("bench", SIZE, 0, 0, NULL);
	mempool_t *pool = mempool_create_slab_pool(16, s);
	struct bench_case hot[] = {
		{ "kmem_cache_alloc", hot_cache, s, HOT_PAIRS, { 0 } },
		{ "mempool_alloc", hot_mempool, pool, HOT_PAIRS, { 0 } },
		{ "alloc_pages, order 0", hot_page, NULL, HOT_PAIRS, { 0 } },
		{ "kmalloc", hot_kmalloc, NULL, HOT_PAIRS, { 0 } },
		{ "malloc", hot_malloc, NULL, HOT_PAIRS, { 0 } },
	};
	struct bench_case batches[] = {
		{ "kmem_cache_alloc", batch_cache, s, BATCH_PAIRS, { 0 } },
		{ "kmem_cache_alloc_bulk", batch_bulk, s, BATCH_PAIRS, { 0 } },
		{ "mempool_alloc", batch_mempool, pool, BATCH_PAIRS, { 0 } },
		{ "alloc_pages, order 0",
		  batch_pages,
		  NULL,
		  BATCH_PAIRS,
		  { 0 } },
		{ "kmalloc", batch_kmalloc, NULL, BATCH_PAIRS, { 0 } },
		{ "malloc", batch_malloc, NULL, BATCH_PAIRS, { 0 } },
	};

	bench_run("hot pair, 64 bytes, ns", hot, ARRAY_SIZE(hot));
	bench_run("batch of 1000, 64 bytes, ns per pair", batches,
		  ARRAY_SIZE(batches));
	mempool_destroy(pool);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct kmem_config config = { .memory = (size_t)1 << 30 };

	printf("%-32s %12s %15s\n", "memory: kmem_init of 16 GiB", "time",
	       "resident");
	measure_memory("anonymous", KMEM_ANON);
	measure_memory("memfd", KMEM_MEMFD);
	init_or_die(&config);
	measure_pairs();
	kmem_exit();
	return 0;
}
