/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool_pairs.c - the ready-made backings: a cache, kmalloc, kvmalloc, pages
 *
 * The kernel had the pair of kvmalloc() until 6.18.
 */
#include "internal.h"

/*
 * An element for the reserve of a new pool, from the node that it was made for.
 * A callback of the user's knows no nodes.
 */
void *pair_alloc_first(const struct pool_backing *backing, gfp_t gfp)
{
	int node = backing->node;

	if (node == NUMA_NO_NODE)
		return backing->alloc(gfp, backing->data);
	if (backing->alloc == mempool_alloc_slab)
		return kmem_cache_alloc_node(backing->data, gfp, node);
	if (backing->alloc == mempool_kmalloc)
		return kmalloc_node((size_t)backing->data, gfp, node);
	if (backing->alloc == mempool_kvmalloc)
		return kvmalloc_node((size_t)backing->data, gfp, node);
	if (backing->alloc == mempool_alloc_pages)
		return alloc_pages_node(node, gfp,
					(unsigned int)(size_t)backing->data);
	return backing->alloc(gfp, backing->data);
}

void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return kmem_cache_alloc(pool_data, gfp);
}

void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}

void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

void mempool_kfree(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(size_t)pool_data);
}

void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (unsigned int)(size_t)pool_data);
}

/* The light round of an allocation may not sleep, so it finds no new area. */
void *mempool_kvmalloc(gfp_t gfp, void *pool_data)
{
	return kvmalloc((size_t)pool_data, gfp);
}

void mempool_kvfree(void *element, void *pool_data)
{
	(void)pool_data;
	kvfree(element);
}
