/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kvmalloc.c - memory by size, however large: kmalloc first, vmalloc after it
 *
 * A block that is physically in one piece is faster to get and to use, so it is
 * tried, but not insisted on: no reclaim for its sake and no complaint. What is
 * larger than a page has a second chance in single pages.
 *
 * Where it differs from the kernel: what is neither an area nor of kmalloc() is
 * reported and refused; kvfree_sensitive() never clears past the block's end.
 */
#include <limits.h>
#include <string.h>

#include "internal.h"

/* The mask for a try that may fail. */
static gfp_t try_gfp(gfp_t gfp, size_t size)
{
	if (size <= KMEM_PAGE_SIZE)
		return gfp;
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return gfp & ~__GFP_NOFAIL;
}

static void *alloc(size_t size, gfp_t gfp, int node, void *caller)
{
	gfp_t try = try_gfp(gfp, size);
	void *p;

	p = node == NUMA_NO_NODE ? kmalloc_caller(size, try, caller)
				 : kmalloc_node(size, try, node);
	if (p || size <= KMEM_PAGE_SIZE)
		return p;
	if (size > INT_MAX) {
		if (!(gfp & __GFP_NOWARN))
			kmem_report("kvmalloc: size %zu is above %d", size,
				    INT_MAX);
		return NULL;
	}
	return __vmalloc_node(size, 1, gfp, node, caller);
}

static void *alloc_array(size_t n, size_t size, gfp_t gfp, int node,
			 void *caller)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc(bytes, gfp, node, caller);
}

#define CALLER __builtin_return_address(0)

void *kvmalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp, NUMA_NO_NODE, CALLER);
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp | __GFP_ZERO, NUMA_NO_NODE, CALLER);
}

void *kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return alloc(size, gfp, node, CALLER);
}

void *kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return alloc(size, gfp | __GFP_ZERO, node, CALLER);
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return alloc_array(n, size, gfp, NUMA_NO_NODE, CALLER);
}

void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return alloc_array(n, size, gfp | __GFP_ZERO, NUMA_NO_NODE, CALLER);
}

void *kvmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return alloc_array(n, size, gfp, node, CALLER);
}

void *kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
{
	return alloc_array(n, size, gfp | __GFP_ZERO, node, CALLER);
}

/* ---- free ---------------------------------------------------------------- */

void kvfree(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree(p);
	else
		kfree(p);
}

void kvfree_atomic(const void *p)
{
	if (is_vmalloc_addr(p))
		vfree_atomic(p);
	else
		kfree(p);
}

/* Bytes of the block that begins at @p; 0: there is none. */
static size_t block_bytes(const void *p)
{
	struct vm_area *area;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	if (!is_vmalloc_addr(p))
		return kmalloc_bucket(p);
	area = vm_area_find(p, VM_ALLOC);
	return area ? (size_t)area->nr_map << KMEM_PAGE_SHIFT : 0;
}

void kvfree_sensitive(const void *p, size_t len)
{
	size_t bytes = block_bytes(p);

	if (bytes)
		explicit_bzero((void *)p, MIN(len, bytes));
	kvfree(p);
}

/* ---- another size -------------------------------------------------------- */

/* From kmalloc to wherever there is room, when it is not to be had there. */
static void *move(const void *p, size_t size, gfp_t gfp, void *caller)
{
	size_t bucket = block_bytes(p);
	void *new = alloc(size, gfp, NUMA_NO_NODE, caller);

	if (!new)
		return NULL;
	memcpy(new, p, MIN(size, bucket));
	kfree(p);
	return new;
}

void *kvrealloc(const void *p, size_t size, gfp_t gfp)
{
	void *new;

	if (is_vmalloc_addr(p))
		return vrealloc(p, size, gfp);
	if (ZERO_OR_NULL_PTR(p))
		return alloc(size, gfp, NUMA_NO_NODE, CALLER);
	new = krealloc(p, size, try_gfp(gfp, size));
	if (new || !block_bytes(p))
		return new;
	return move(p, size, gfp, CALLER);
}
