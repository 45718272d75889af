/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool_info.c - the numbers of a pool, and setting them back
 *
 * The counters of the fast path are cells in the threads' blocks; what they add
 * up to is computed when somebody asks. All others are written under the pool's
 * lock, between two steps of a sequence number (pool_lock()), so that a reader
 * needs no lock to have them of one moment: it reads on until the number is even
 * and the same before and after. So allocations never wait for a reader.
 *
 * Nor does a reader for ever: in a pool whose lock is never free, and only there,
 * it takes the numbers as they are in the end. Then each is right by itself, but
 * an element on its way may be in two of them or in none.
 */
#include <sched.h>
#include <string.h>

#include "internal.h"

/*
 * Looks at a pool before they are taken as they are. One takes less than a
 * microsecond, as does what is done under the lock, and whoever has it may be
 * waiting for a CPU: hence the reader offers its own.
 */
#define LOOKS_MAX 100

/* ---- the lock ---- */

/*
 * Until the unlock, numbers may be changing that belong together. The fence
 * pairs with the one in look(): what is written behind it is not seen without
 * the odd number.
 */
void pool_lock(mempool_t *pool)
{
	lock(&pool->lock, LOCK_POOL);
	counter_add(pool->cold->seq, 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void pool_unlock(mempool_t *pool)
{
	uint32_t *seq = &pool->cold->seq;

	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELEASE);
	unlock(&pool->lock);
}

/* ---- counters ---- */

/* Of a cell that its thread may be counting in right now. */
static void add_cell(struct pool_cell *sum, const struct pool_cell *cell)
{
	/* Frees first: an element is never seen to come back before it went. */
	sum->frees += counter_read(cell->frees);
	sum->from_backing += counter_read(cell->from_backing);
}

static struct pool_cell sum_cells(const mempool_t *pool)
{
	struct pool_cell sum = { 0 };
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	add_cell(&sum, &pool->cold->folded);
	for_each_thread(t)
		add_cell(&sum, &t->cell[pool->slot]);
	unlock(&thread_list_lock);
	return sum;
}

/* The thread is ending; its counts stay. */
void pool_fold(mempool_t *pool, struct pool_cell *cell)
{
	lock(&thread_list_lock, LOCK_THREADS);
	add_cell(&pool->cold->folded, cell);
	memset(cell, 0, sizeof(*cell));
	unlock(&thread_list_lock);
}

/* Each element that was handed out came from the one or from the other. */
static uint64_t allocs_of(const mempool_t *pool, const struct pool_cell *sum)
{
	return sum->from_backing +
	       counter_read(pool->cold->stat[KMEM_MEMPOOL_STAT_from_reserve]);
}

/* Elements handed out and not returned. */
uint64_t pool_active(const mempool_t *pool)
{
	struct pool_cell sum = sum_cells(pool);
	uint64_t allocs = allocs_of(pool, &sum);

	return allocs - MIN(sum.frees, allocs);
}

/* The cold counters, and those summed from the cells. */
static void read_stats(const mempool_t *pool, uint64_t *stat)
{
	struct pool_cell sum = sum_cells(pool);

	for (int i = 0; i < KMEM_NR_MEMPOOL_STATS; i++)
		stat[i] = counter_read(pool->cold->stat[i]);
	stat[KMEM_MEMPOOL_STAT_allocs] = allocs_of(pool, &sum);
	stat[KMEM_MEMPOOL_STAT_frees] = sum.frees;
	stat[KMEM_MEMPOOL_STAT_from_backing] = sum.from_backing;
}

/* ---- setting back ---- */

/* A maximum cannot be subtracted from, so that one is really cleared. */
void mempool_reset_stats(mempool_t *pool)
{
	struct mempool_cold *cold = pool->cold;
	uint64_t stat[KMEM_NR_MEMPOOL_STATS];

	pool_lock(pool);
	counter_set(cold->stat[KMEM_MEMPOOL_STAT_wait_ns_max], 0);
	read_stats(pool, stat);
	stat[KMEM_MEMPOOL_STAT_wait_ns_max] = 0;
	for (int i = 0; i < KMEM_NR_MEMPOOL_STATS; i++)
		counter_set(cold->stat_base[i], stat[i]);
	for (int i = 0; i < KMEM_MEMPOOL_WAIT_BUCKETS; i++)
		counter_set(cold->wait_base[i], cold->wait[i]);
	pool_unlock(pool);
}

/* Who looks at the same time may note afterwards what it saw before. */
void mempool_reset_peak(mempool_t *pool)
{
	pool_lock(pool);
	counter_set(pool->cold->seen, 0);
	counter_set(pool->cold->peak, pool_active(pool));
	pool_unlock(pool);
}

void mempool_reset_low(mempool_t *pool)
{
	pool_lock(pool);
	counter_set(pool->cold->low, pool->curr_nr);
	pool_unlock(pool);
}

/* ---- snapshot ---- */

/* Elements, not numbers: these are taken under the lock. */
size_t mempool_reserve(mempool_t *pool, void **elements, size_t room)
{
	size_t nr;

	pool_lock(pool);
	nr = (size_t)pool->curr_nr;
	memcpy(elements, pool->elements, MIN(nr, room) * sizeof(*elements));
	pool_unlock(pool);
	return nr;
}

/* What is counted since a reset, which may have come after the count. */
static uint64_t since(uint64_t count, const uint64_t *base)
{
	uint64_t then = counter_read(*base);

	return count - MIN(then, count);
}

static void read_numbers(const mempool_t *pool, struct kmem_mempool_info *info)
{
	const struct mempool_cold *cold = pool->cold;

	info->kind = counter_read(cold->kind);
	info->backing = counter_read(cold->backing);
	info->element_size = counter_read(cold->element_size);
	info->min_nr = counter_read(pool->min_nr);
	info->curr_nr = counter_read(pool->curr_nr);
	info->waiters = counter_read(pool->waiters);
	info->low = counter_read(cold->low);
	info->limit = counter_read(cold->limit);
	info->poison = counter_read(cold->watched);
	info->peak = counter_read(cold->peak);
	read_stats(pool, info->stat);
	info->active = info->stat[KMEM_MEMPOOL_STAT_allocs] -
		       MIN(info->stat[KMEM_MEMPOOL_STAT_frees],
			   info->stat[KMEM_MEMPOOL_STAT_allocs]);
	for (int i = 0; i < KMEM_NR_MEMPOOL_STATS; i++)
		info->stat[i] = since(info->stat[i], &cold->stat_base[i]);
	for (int i = 0; i < KMEM_MEMPOOL_WAIT_BUCKETS; i++)
		info->wait[i] =
			since(counter_read(cold->wait[i]), &cold->wait_base[i]);
}

/* Return: whether they are of one moment. */
static bool look(const mempool_t *pool, struct kmem_mempool_info *info)
{
	const uint32_t *seq = &pool->cold->seq;
	uint32_t before = __atomic_load_n(seq, __ATOMIC_ACQUIRE);

	read_numbers(pool, info);
	/* Pairs with pool_lock(): who saw a new number sees the step, too. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return before % 2 == 0 && counter_read(*seq) == before;
}

/* The most that looks have seen; several readers may note it at once. */
static uint64_t note_active(struct mempool_cold *cold, uint64_t active)
{
	uint64_t seen = counter_read(cold->seen);

	while (active > seen &&
	       !__atomic_compare_exchange_n(&cold->seen, &seen, active, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return MAX(active, seen);
}

/* Reading also notes a peak that nobody counted. */
void mempool_info(mempool_t *pool, struct kmem_mempool_info *ret_info)
{
	unsigned int looks = 1;
	uint64_t seen;

	memset(ret_info, 0, sizeof(*ret_info));
	lock_reader_begin();
	ret_info->serial = pool->serial;
	pool_names(pool, ret_info);
	while (!look(pool, ret_info) && looks++ < LOOKS_MAX)
		sched_yield();
	/* Of more moments than one, they may add up to more than there was. */
	if (looks > LOOKS_MAX)
		seen = counter_read(pool->cold->seen);
	else
		seen = note_active(pool->cold, ret_info->active);
	ret_info->peak = MAX(ret_info->peak, seen);
	lock_reader_end();
}
