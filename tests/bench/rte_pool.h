/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rte_pool.h - DPDK's rte_mempool, where libdpdk is installed
 *
 * Its fast path is compiled into the program. All of its objects are made when
 * the pool is, and a thread has to be known to DPDK to get a cache.
 */
#ifndef RTE_POOL_H
#define RTE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef HAVE_DPDK
/* DPDK has a type of that name, libkmem as well. */
#define phys_addr_t rte_phys_addr_t
#include <rte_mempool.h>
#undef phys_addr_t
#else
struct rte_mempool;
#endif

/* The largest that DPDK allows. */
#define RTE_POOL_CACHE 512u

/* Return: whether it is here; a line is printed if not. */
bool rte_pool_init(void);

/* @nr: objects in use at the same time; @cache: objects that a thread keeps */
struct rte_mempool *rte_pool_open(size_t size, size_t nr, unsigned int cache);
void rte_pool_close(struct rte_mempool *pool);

/* A thread other than that which called rte_pool_init() begins and ends. */
void rte_pool_enter(void);
void rte_pool_leave(void);

static inline __attribute__((always_inline)) void *
rte_pool_get(struct rte_mempool *pool)
{
	void *object = NULL;

#ifdef HAVE_DPDK
	if (__builtin_expect(rte_mempool_get(pool, &object), 0))
		return NULL;
#else
	(void)pool;
#endif
	return object;
}

static inline __attribute__((always_inline)) void
rte_pool_put(struct rte_mempool *pool, void *object)
{
#ifdef HAVE_DPDK
	rte_mempool_put(pool, object);
#else
	(void)pool;
	(void)object;
#endif
}

static inline __attribute__((always_inline)) bool
rte_pool_get_bulk(struct rte_mempool *pool, void **objects, unsigned int n)
{
#ifdef HAVE_DPDK
	return rte_mempool_get_bulk(pool, objects, n) == 0;
#else
	(void)pool;
	(void)objects;
	(void)n;
	return false;
#endif
}

static inline __attribute__((always_inline)) void
rte_pool_put_bulk(struct rte_mempool *pool, void **objects, unsigned int n)
{
#ifdef HAVE_DPDK
	rte_mempool_put_bulk(pool, objects, n);
#else
	(void)pool;
	(void)objects;
	(void)n;
#endif
}

#endif /* RTE_POOL_H */
