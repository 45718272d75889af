/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numa.c - requests that name a node
 *
 * The memory is one node, number 0. A request that prefers another gets memory
 * of this one, as on a kernel whose other nodes have none left; one that allows
 * no other node (__GFP_THISNODE) gets nothing.
 *
 * Where it differs from the kernel: any number is a node that might exist.
 */
#include "internal.h"

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	if (!node_serves(node, gfp))
		return NULL;
	return cache_alloc_sized(s, gfp, s->object_size,
				 __builtin_return_address(0));
}

/* A product that overflows is too large for anybody. */
static void *alloc_array(size_t n, size_t size, gfp_t gfp, int node,
			 void *caller)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	/* Nothing is to be had everywhere. */
	if (bytes && !node_serves(node, gfp))
		return NULL;
	return kmalloc_caller(bytes, gfp, caller);
}

void *kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return alloc_array(1, size, gfp, node, __builtin_return_address(0));
}

void *kzalloc_node(size_t size, gfp_t gfp, int node)
{
	return alloc_array(1, size, gfp | __GFP_ZERO, node,
			   __builtin_return_address(0));
}

void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return alloc_array(n, size, gfp, node, __builtin_return_address(0));
}

void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return alloc_array(n, size, gfp | __GFP_ZERO, node,
			   __builtin_return_address(0));
}
