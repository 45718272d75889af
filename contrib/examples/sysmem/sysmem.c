/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sysmem.c - pools are a cache with a mempool on top, the rest is kmalloc()
 */
#include <linux/mempool.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sysmem.h"

struct mem_pool {
	struct kmem_cache *cache;
	mempool_t *reserve;
};

/* @file is NULL where nobody wants to know. Return: @p. */
static void *check(void *p, size_t size, const char *file, int line)
{
	if (!p && file)
		pr_err("%s:%d: no memory for %zu bytes\n", kbasename(file),
		       line, size);
	return p;
}

static gfp_t how(bool atomic)
{
	return (atomic ? GFP_ATOMIC : GFP_KERNEL) | __GFP_NOWARN;
}

/* ---- pools --------------------------------------------------------------- */

/* Undoes as much of mem_pool_create() as was done. */
void mem_pool_destroy(struct mem_pool *pool)
{
	if (!pool)
		return;
	mempool_destroy(pool->reserve);
	kmem_cache_destroy(pool->cache);
	kfree(pool);
}

struct mem_pool *__mem_pool_create(const char *name, size_t size, size_t align,
				   int min_nr, const char *file, int line)
{
	struct mem_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (pool)
		pool->cache = kmem_cache_create(name, size, align,
						SLAB_HWCACHE_ALIGN, NULL);
	if (pool && pool->cache)
		pool->reserve = mempool_create_slab_pool(min_nr, pool->cache);
	if (!pool || !pool->reserve) {
		mem_pool_destroy(pool);
		return check(NULL, size * min_nr, file, line);
	}
	return pool;
}

void *__mem_pool_alloc(struct mem_pool *pool, bool atomic, const char *file,
		       int line)
{
	return check(mempool_alloc(pool->reserve, how(atomic)),
		     kmem_cache_size(pool->cache), file, line);
}

void mem_pool_free(struct mem_pool *pool, void *object)
{
	mempool_free(object, pool->reserve);
}

/* ---- memory by size ------------------------------------------------------ */

void *__sys_malloc(size_t size, bool atomic, const char *file, int line)
{
	return check(kmalloc(size, how(atomic)), size, file, line);
}

/* All of n * size bytes are cleared, or there are none: kcalloc() sees a
 * product that does not fit. The log shows SIZE_MAX then. */
void *__sys_calloc(size_t n, size_t size, const char *file, int line)
{
	return check(kcalloc(n, size, how(false)), size_mul(n, size), file,
		     line);
}

/*
 * krealloc() copies what both blocks can hold and frees the old one only when
 * it has a new one: after a failure @p is as it was.
 */
void *__sys_realloc(void *p, size_t size, const char *file, int line)
{
	if (!size) {
		kfree(p);
		return NULL;
	}
	return check(krealloc(p, size, how(false)), size, file, line);
}

void sys_free(void *p)
{
	kfree(p);
}
