/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * numa.c - blocks of kmalloc() from a node that the caller names
 *
 * A request that prefers a node gets memory of the next nearest when that one
 * has none left; one that allows no other (__GFP_THISNODE) gets nothing. The
 * objects of the caller's own node are the fast ones: they may be parked.
 *
 * Where it differs from the kernel: any number is a node that might exist.
 */
#include "internal.h"

/* A product that overflows is too large for anybody. */
static void *alloc_array(size_t n, size_t size, gfp_t gfp, int node,
			 void *caller)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc_on(bytes, gfp, node, caller);
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
