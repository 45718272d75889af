/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * workload.c - what a program does with its objects, for any allocator
 *
 * Each workload is written once, as NAME_as(), and expanded for each kind of
 * allocator by WORKLOAD().
 */
#include <sched.h>
#include <stdlib.h>

#include "bench.h"
#include "workload.h"

#define RING 1024u
#define MAX_BULK 64u
#define CACHE_LINE 64

#define always_inline inline __attribute__((always_inline))

#define WORKLOAD(name)                                                         \
	static void name(struct worker *w)                                     \
	{                                                                      \
		switch (w->from->peer->kind) {                                 \
		case PEER_CACHE:                                               \
			name##_as(w, PEER_CACHE);                              \
			break;                                                 \
		case PEER_CACHE_INLINE:                                        \
			name##_as(w, PEER_CACHE_INLINE);                       \
			break;                                                 \
		case PEER_KMALLOC:                                             \
			name##_as(w, PEER_KMALLOC);                            \
			break;                                                 \
		case PEER_MALLOC:                                              \
			name##_as(w, PEER_MALLOC);                             \
			break;                                                 \
		case PEER_RTE:                                                 \
			name##_as(w, PEER_RTE);                                \
			break;                                                 \
		case PEER_FLOOR:                                               \
			name##_as(w, PEER_FLOOR);                              \
			break;                                                 \
		case PEER_FLOOR_INLINE:                                        \
			name##_as(w, PEER_FLOOR_INLINE);                       \
			break;                                                 \
		case PEER_FLOOR_LIST:                                          \
			name##_as(w, PEER_FLOOR_LIST);                         \
			break;                                                 \
		}                                                              \
	}

static uint16_t same_order[BATCH];
static uint16_t reverse_order[BATCH];
static uint16_t random_order[BATCH];

static always_inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static always_inline size_t random_below(uint64_t *state, size_t n)
{
	return (size_t)(((next_random(state) >> 32) * n) >> 32);
}

/* ---- one thread ---------------------------------------------------------- */

static always_inline void hot_as(struct worker *w, enum peer_kind kind)
{
	for (unsigned long n = w->pairs; n; n--)
		source_free(w->from, kind, source_alloc(w->from, kind));
}
WORKLOAD(hot)

static always_inline void batch_as(struct worker *w, enum peer_kind kind)
{
	void *objects[BATCH];

	for (unsigned long n = w->pairs; n >= w->batch; n -= w->batch) {
		for (unsigned int i = 0; i < w->batch; i++)
			objects[i] = source_alloc(w->from, kind);
		for (unsigned int i = 0; i < w->batch; i++)
			source_free(w->from, kind, objects[w->order[i]]);
	}
}
WORKLOAD(batch)

static always_inline void replace_as(struct worker *w, enum peer_kind kind)
{
	uint64_t state = w->random;

	for (unsigned long n = w->pairs; n; n--) {
		void **slot = &w->live[random_below(&state, w->nr_live)];

		source_free(w->from, kind, *slot);
		*slot = source_alloc(w->from, kind);
	}
	w->random = state;
}
WORKLOAD(replace)

static always_inline void bulk_as(struct worker *w, enum peer_kind kind)
{
	struct kmem_cache *s = w->from->cache;
	struct rte_mempool *rte = w->from->rte;
	void *objects[MAX_BULK];

	for (unsigned long n = w->pairs; n >= w->bulk; n -= w->bulk) {
		if (kind == PEER_RTE ? !rte_pool_get_bulk(rte, objects, w->bulk)
				     : !kmem_cache_alloc_bulk(s, GFP_KERNEL,
							      w->bulk, objects))
			bench_no_memory();
		bench_keep(objects);
		if (kind == PEER_RTE)
			rte_pool_put_bulk(rte, objects, w->bulk);
		else
			kmem_cache_free_bulk(s, w->bulk, objects);
	}
}
WORKLOAD(bulk)

static always_inline void fill_as(struct worker *w, enum peer_kind kind)
{
	for (size_t i = 0; i < w->nr_live; i++)
		w->live[i] = source_alloc(w->from, kind);
}
WORKLOAD(fill)

static always_inline void drain_as(struct worker *w, enum peer_kind kind)
{
	for (size_t i = 0; i < w->nr_live; i++)
		source_free(w->from, kind, w->live[i]);
}
WORKLOAD(drain)

void worker_fill(struct worker *w)
{
	if (w->table)
		w->live = &w->table[w->index * w->nr_live];
	else
		w->live = calloc(w->nr_live + 1, sizeof(w->live[0]));
	if (!w->live)
		bench_no_memory();
	fill(w);
}

void worker_drain(struct worker *w)
{
	drain(w);
	if (!w->table)
		free(w->live);
	w->live = NULL;
}

/* ---- from one thread to another ------------------------------------------ */

/* Half of what a thread frees is what the other one allocated. */
static always_inline void share_as(struct worker *w, enum peer_kind kind)
{
	uint64_t state = w->random;

	for (unsigned long n = w->pairs; n; n--) {
		void **slot = &w->table[random_below(&state, w->nr_table)];
		void *p = source_alloc(w->from, kind);

		source_free(w->from, kind,
			    __atomic_exchange_n(slot, p, __ATOMIC_ACQ_REL));
	}
	w->random = state;
}
WORKLOAD(share)

/* Both counters only grow; a pair of threads leaves the ring empty. */
static struct {
	_Alignas(CACHE_LINE) size_t put;
	_Alignas(CACHE_LINE) size_t taken;
	_Alignas(CACHE_LINE) void *slot[RING];
} ring;

/* Waits until *@counter is not @value: its new value. */
static size_t await_change(const size_t *counter, size_t value)
{
	unsigned int spins = 0;
	size_t now;

	while ((now = __atomic_load_n(counter, __ATOMIC_ACQUIRE)) == value) {
		if (++spins % 1024 == 0)
			sched_yield();
	}
	return now;
}

static always_inline void produce_as(struct worker *w, enum peer_kind kind)
{
	size_t put = ring.put;
	size_t taken = __atomic_load_n(&ring.taken, __ATOMIC_ACQUIRE);

	for (unsigned long n = w->pairs; n; n--) {
		void *p = source_alloc(w->from, kind);

		if (put - taken == RING)
			taken = await_change(&ring.taken, taken);
		ring.slot[put++ % RING] = p;
		/* Pairs with the acquire in await_change(). */
		__atomic_store_n(&ring.put, put, __ATOMIC_RELEASE);
	}
}

static always_inline void consume_as(struct worker *w, enum peer_kind kind)
{
	size_t taken = ring.taken, put = taken;

	for (unsigned long n = w->pairs; n; n--) {
		void *p;

		if (put == taken)
			put = await_change(&ring.put, taken);
		p = ring.slot[taken++ % RING];
		/* Pairs with the acquire in await_change(). */
		__atomic_store_n(&ring.taken, taken, __ATOMIC_RELEASE);
		source_free(w->from, kind, p);
	}
}

static always_inline void pass_on_as(struct worker *w, enum peer_kind kind)
{
	if (w->index == 0)
		produce_as(w, kind);
	else
		consume_as(w, kind);
}
WORKLOAD(pass_on)

/* ---- the table ----------------------------------------------------------- */

/* Objects of each of the two threads that share ten thousand. */
#define HALF 5000

const struct workload workloads[NR_WORKLOADS] = {
	[HOT] = { .name = "hot pair", .run = hot, .workers = 1 },
	[BATCH_SAME] = { .name = "batch of 1000, freed in order",
			 .run = batch,
			 .workers = 1,
			 .batch = BATCH,
			 .order = same_order },
	[BATCH_REVERSE] = { .name = "batch of 1000, in reverse",
			    .run = batch,
			    .workers = 1,
			    .batch = BATCH,
			    .order = reverse_order },
	[BATCH_RANDOM] = { .name = "batch of 1000, at random",
			   .run = batch,
			   .workers = 1,
			   .batch = BATCH,
			   .order = random_order },
	[BURST_16] = { .name = "burst of 16",
		       .run = batch,
		       .workers = 1,
		       .batch = 16,
		       .order = same_order },
	[BURST_64] = { .name = "burst of 64",
		       .run = batch,
		       .workers = 1,
		       .batch = 64,
		       .order = same_order },
	[REPLACE_10K] = { .name = "replace 1 of 10 thousand",
			  .run = replace,
			  .workers = 1,
			  .nr_live = 10000 },
	[REPLACE_1M] = { .name = "replace 1 of 1 million",
			 .run = replace,
			 .workers = 1,
			 .nr_live = 1000000 },
	[BULK_16] = { .name = "bulk of 16",
		      .run = bulk,
		      .workers = 1,
		      .bulk = 16 },
	[BULK_64] = { .name = "bulk of 64",
		      .run = bulk,
		      .workers = 1,
		      .bulk = 64 },
	[HOT_2] = { .name = "hot pair, 2 threads", .run = hot, .workers = 2 },
	[REPLACE_2] = { .name = "replace 1 of 10 thousand, 2 threads",
			.run = replace,
			.workers = 2,
			.nr_live = 10000 },
	[SHARED_2] = { .name = "2 threads replace 1 of 10 thousand of both",
		       .run = share,
		       .workers = 2,
		       .nr_live = HALF,
		       .shared = true,
		       .crosses = true },
	[PASS_ON] = { .name = "producer and consumer",
		      .run = pass_on,
		      .workers = 2,
		      .crosses = true },
};

void workloads_init(void)
{
	uint64_t state = 1;

	for (unsigned int i = 0; i < BATCH; i++) {
		same_order[i] = (uint16_t)i;
		reverse_order[i] = (uint16_t)(BATCH - 1 - i);
		random_order[i] = (uint16_t)i;
	}
	for (unsigned int i = BATCH - 1; i; i--) {
		size_t j = random_below(&state, i + 1);
		uint16_t swap = random_order[i];

		random_order[i] = random_order[j];
		random_order[j] = swap;
	}
}
