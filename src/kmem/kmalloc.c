/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmalloc.c - memory by size: thirteen caches, whole pages above
 *
 * The classes are the kernel's: powers of two from 8 bytes to 8 KiB, and 96
 * and 192 between them. A larger request is a block of pages of its own, whose
 * first struct page says so.
 *
 * Where it differs from the kernel: there is one set of classes (no DMA,
 * reclaimable or accounted twins). kfree() of what kmalloc() did not give is
 * reported and refused.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const struct {
	unsigned int size;
	const char *name;
} classes[] = {
	{ 8, "kmalloc-8" },	{ 16, "kmalloc-16" },
	{ 32, "kmalloc-32" },	{ 64, "kmalloc-64" },
	{ 96, "kmalloc-96" },	{ 128, "kmalloc-128" },
	{ 192, "kmalloc-192" }, { 256, "kmalloc-256" },
	{ 512, "kmalloc-512" }, { 1024, "kmalloc-1k" },
	{ 2048, "kmalloc-2k" }, { 4096, "kmalloc-4k" },
	{ 8192, "kmalloc-8k" },
};

static struct kmem_cache *cache_of_class[ARRAY_SIZE(classes)];

/* Class of each size up to 192, by (size - 1) / 8. */
static uint8_t small_class[24];

int kmalloc_init(void)
{
	unsigned int class = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(small_class); i++) {
		if ((i + 1) * 8 > classes[class].size)
			class++;
		small_class[i] = (uint8_t)class;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		unsigned int size = classes[i].size;
		struct kmem_cache_spec spec = {
			.object_size = size,
			/* The largest power of two that divides it. */
			.align = size & -size,
			.usersize = size,
		};
		int err = kmem_cache_new(classes[i].name, "boot", &spec,
					 &cache_of_class[i]);

		if (err)
			return err;
	}
	return 0;
}

void kmalloc_exit(void)
{
	memset(cache_of_class, 0, sizeof(cache_of_class));
}

/* For sizes from 1 to KMALLOC_MAX_CACHE_SIZE. */
static unsigned int class_of(size_t size)
{
	if (size <= 192)
		return small_class[(size - 1) / 8];
	/* 256 is class 7 and needs 8 bits. */
	return 64u - (unsigned int)__builtin_clzl(size - 1) - 1;
}

/* The type of the first page tells kfree() what it is. */
static void *alloc_large(size_t size, gfp_t gfp)
{
	struct page *page;

	if (size > KMALLOC_MAX_SIZE)
		return NULL;
	page = alloc_pages(gfp | __GFP_COMP, get_order(size));
	if (!page)
		return NULL;
	page_set_type(page, PAGE_LARGE);
	return __page_address(page);
}

static inline void *alloc(size_t size, gfp_t gfp, void *caller)
{
	if (unlikely(size == 0))
		return ZERO_SIZE_PTR;
	if (unlikely(!kmem_up()))
		return NULL;
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return alloc_large(size, gfp);
	return cache_alloc_sized(cache_of_class[class_of(size)], gfp, size,
				 caller);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp, __builtin_return_address(0));
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp | __GFP_ZERO, __builtin_return_address(0));
}

void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc(bytes, gfp, __builtin_return_address(0));
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return alloc(bytes, gfp | __GFP_ZERO, __builtin_return_address(0));
}

/* The first page of a large block that starts at @p, or NULL. */
static struct page *large_block(const void *p)
{
	struct page *page;

	if (!kmem.ready || !kmem_contains(p) ||
	    (size_t)p & (KMEM_PAGE_SIZE - 1))
		return NULL;
	page = __virt_to_page(p);
	return page_type(page) == PAGE_LARGE ? page : NULL;
}

size_t ksize(const void *p)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(p))
		return 0;
	page = slab_of(p);
	if (page)
		return page->cache->object_size;
	page = large_block(p);
	if (page)
		return KMEM_PAGE_SIZE << page->order;
	kmem_report("ksize(%p): not a kmalloc allocation", p);
	return 0;
}

size_t kmalloc_size_roundup(size_t size)
{
	if (size == 0 || size > KMALLOC_MAX_SIZE)
		return size;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return KMEM_PAGE_SIZE << get_order(size);
	return classes[class_of(size)].size;
}

/* What the caller was promised of a block: what it asked for, if known. */
static size_t promised(const void *p)
{
	struct page *slab = slab_of(p);

	return slab ? slab_debug_request(slab->cache, p) : ksize(p);
}

/* With zeroing, what the block had beyond its old size must not show. */
static void *realloc_in_place(void *p, size_t size, size_t old, gfp_t gfp)
{
	struct page *slab = slab_of(p);
	bool tracked = slab && slab->cache->layout.request;
	size_t end = tracked ? size : ksize(p);
	size_t from = tracked ? MIN(old, size) : size;

	if (gfp & __GFP_ZERO)
		memset((char *)p + from, 0, end - from);
	if (slab)
		slab_debug_set_request(slab->cache, p, size);
	return p;
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	size_t old;
	void *new;

	if (size == 0) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(p))
		return alloc(size, gfp, __builtin_return_address(0));
	if (ksize(p) == 0)
		return NULL;
	old = promised(p);
	if (size <= ksize(p))
		return realloc_in_place((void *)p, size, old, gfp);
	new = alloc(size, gfp, __builtin_return_address(0));
	if (!new)
		return NULL;
	memcpy(new, p, old);
	kfree(p);
	return new;
}

/* From an address to its cache by two loads: page, then cache. */
void kfree(const void *p)
{
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(p)))
		return;
	page = slab_of(p);
	if (likely(page != NULL)) {
		cache_free(page->cache, (void *)p, __builtin_return_address(0));
		return;
	}
	page = large_block(p);
	if (!page) {
		kmem_report("kfree(%p): Not a kmalloc allocation", p);
		return;
	}
	page_set_type(page, PAGE_USED);
	__free_pages(page, page->order);
}
