/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_alloc.h - blocks of 2^order pages from the buddy allocator
 */
#ifndef KMEM_PAGE_ALLOC_H
#define KMEM_PAGE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Opaque: conversions are calls, the fields are the allocators' business. */
struct page;

/**
 * alloc_pages() - allocate 2^order pages, aligned to their size
 * @gfp: zones, reserves and effort; __GFP_COMP makes the block one unit
 * @order: 0..10
 *
 * Served from the calling thread's page list (orders 0 to 3), else from the
 * highest zone of the thread's node that @gfp allows and whose watermark holds,
 * then the zones below it, then other nodes, the nearest first. With
 * __GFP_DIRECT_RECLAIM the page lists of all threads are drained, shrinkers
 * called and empty slabs given back before it fails, and with __GFP_NOFAIL
 * it waits until it is served. Else nothing sleeps. A failure is told to the
 * report hook, at most once in ten seconds and not with __GFP_NOWARN.
 *
 * Context: any thread; not from a signal handler.
 * Return: the first page with one reference, or NULL. An order above 10, a @gfp
 * that names two zones or must not fail and may not wait, are reported.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
	__attribute__((warn_unused_result));

#define alloc_page(gfp) alloc_pages(gfp, 0)

/* A set of nodes; see numa.h for what to do with one. */
typedef struct {
	unsigned long bits[1];
} nodemask_t;

/**
 * __alloc_pages() - alloc_pages(), preferring a node
 * @gfp: as alloc_pages(); __GFP_THISNODE forbids all other nodes
 * @order: as alloc_pages()
 * @node: tried first, then the others, the nearest first; NUMA_NO_NODE, or one
 *	that does not exist: the calling thread's
 * @allowed: nodes to take pages from; NULL: all
 *
 * Return: as alloc_pages(); NULL when @gfp insists on a node that does not
 * exist.
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int node,
			   const nodemask_t *allowed)
	__attribute__((warn_unused_result));

/**
 * alloc_pages_node() - __alloc_pages(gfp, order, node, NULL)
 */
struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
	__attribute__((warn_unused_result));

#define __alloc_pages_node(node, gfp, order) alloc_pages_node(node, gfp, order)

/**
 * __free_pages() - drop the reference to a block
 * @page: its first page; NULL is a no-op
 * @order: the order that it was allocated with
 *
 * The last reference frees the block. If it was not the last (see mm.h), and the
 * block is not compound, all but its first page are freed now; the first is a
 * page of order 0 from then on, which the last put_page() frees.
 *
 * A page that is free already, not the first of a block, a slab page, or a
 * wrong @order is reported and refused; the block stays as it was.
 */
void __free_pages(struct page *page, unsigned int order);

#define __free_page(page) __free_pages(page, 0)

/**
 * __get_free_pages() - alloc_pages(), as an address
 *
 * __GFP_HIGHMEM is ignored. Return: the address of the block, or 0.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

#define __get_free_page(gfp) __get_free_pages(gfp, 0)

/**
 * get_zeroed_page() - one page of zeroes, or 0
 */
unsigned long get_zeroed_page(gfp_t gfp);

#define __get_dma_pages(gfp, order) __get_free_pages((gfp) | GFP_DMA, order)

/**
 * free_pages() - free by address; an address of 0 is a no-op
 */
void free_pages(unsigned long address, unsigned int order);

#define free_page(address) free_pages(address, 0)

/**
 * alloc_pages_exact() - neighbouring pages for so many bytes
 * @size: 1 to 4 MiB
 * @gfp: as alloc_pages(); __GFP_COMP and __GFP_HIGHMEM are reported, once, and
 *       ignored
 *
 * The smallest block that holds @size is made single pages, and those that are
 * too much are freed. So memory of three pages takes three, not four.
 *
 * Return: the address of the first page, or NULL (a @size of 0 or above 4 MiB is
 * reported).
 */
void *alloc_pages_exact(size_t size, gfp_t gfp)
	__attribute__((warn_unused_result));

/**
 * alloc_pages_exact_nid() - alloc_pages_exact(), preferring a node
 */
void *alloc_pages_exact_nid(int node, size_t size, gfp_t gfp)
	__attribute__((warn_unused_result));

/**
 * free_pages_exact() - free what one of them returned; NULL is a no-op
 * @size: as it was asked for
 */
void free_pages_exact(void *p, size_t size);

/**
 * alloc_pages_bulk() - fill an array with single pages
 * @gfp: as alloc_pages()
 * @nr: slots of @array
 * @array: slots that are not NULL are left as they are
 *
 * Return: how many slots, from the first on, are not NULL now: @nr, or less
 * when there are no more pages.
 */
unsigned long alloc_pages_bulk(gfp_t gfp, unsigned long nr,
			       struct page **array);

/**
 * alloc_pages_bulk_node() - alloc_pages_bulk(), preferring a node
 */
unsigned long alloc_pages_bulk_node(gfp_t gfp, int node, unsigned long nr,
				    struct page **array);

/**
 * free_pages_bulk() - drop the reference to each of @nr single pages
 * @array: NULLs are skipped; it is not changed
 */
void free_pages_bulk(struct page **array, unsigned long nr);

/**
 * page_address() - where the page's memory is mapped
 *
 * Return: arithmetic, for low memory; NULL for a page of HighMem that kmap() has
 * not mapped (see highmem.h).
 */
void *page_address(const struct page *page);

/**
 * virt_to_page() - the page that holds an address
 *
 * Return: NULL for an address outside the memory (the kernel computes
 * garbage there).
 */
struct page *virt_to_page(const void *address);

/**
 * page_to_pfn() - page frame number: offset in "physical" memory / 4096
 */
unsigned long page_to_pfn(const struct page *page);

/**
 * pfn_to_page() - its inverse; NULL past the installed memory
 */
struct page *pfn_to_page(unsigned long pfn);

/**
 * get_order() - the smallest order whose block holds @size bytes
 *
 * As the kernel's: order 52 for @size 0, where the kernel leaves it undefined.
 */
static inline unsigned int get_order(size_t size)
{
	size_t pages = (size - 1) >> KMEM_PAGE_SHIFT;

	return pages ? 64u - (unsigned int)__builtin_clzl(pages) : 0;
}

/**
 * drain_all_pages() - move the page lists of all threads back to their zones
 */
void drain_all_pages(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_PAGE_ALLOC_H */
