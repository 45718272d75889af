/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * locate.c - what an address is part of
 *
 * Read without locks, from types and orders that only change when a block
 * changes hands: right for memory that the caller owns, a guess for other.
 */
#include <string.h>

#include "internal.h"

/* The block that covers a page: the first of a type at an aligned frame. */
static const struct page *block_of(const struct page *page)
{
	unsigned long pfn = __page_to_pfn(page);

	for (unsigned int order = 0; order <= KMEM_MAX_ORDER; order++) {
		const struct page *head =
			kmem.map + (pfn & ~((1ul << order) - 1));

		if (page_type(head) != PAGE_NONE &&
		    page_type(head) != PAGE_TAIL &&
		    counter_read(head->order) >= order)
			return head;
	}
	return NULL;
}

static void locate_in_slab(const struct page *slab, size_t offset,
			   struct kmem_location *l)
{
	const struct kmem_cache *s = counter_read(slab->cache);

	if (!s)
		return; /* it was released a moment ago */
	l->kind = KMEM_LOCATION_SLAB;
	l->cache = s->serial;
	l->index = (unsigned int)(offset / s->layout.size);
	l->offset = (unsigned int)(offset % s->layout.size);
}

static void locate_page(const struct page *page, struct kmem_location *l)
{
	l->pfn = __page_to_pfn(page);
	l->slab_pfn = l->pfn;
	l->node = node_of_pfn(l->pfn);
	l->zone = zone_of_pfn(l->pfn)->name;
}

static bool locate_in_area(const void *address, struct kmem_location *l)
{
	struct page *page;

	if (!vm_area_locate(address, &page, &l->index))
		return false;
	locate_page(page, l);
	l->kind = KMEM_LOCATION_VMALLOC;
	l->offset = (unsigned int)((size_t)address & (KMEM_PAGE_SIZE - 1));
	return true;
}

static void locate(const struct page *page, size_t in_page,
		   struct kmem_location *l)
{
	const struct page *head = page;
	size_t offset;

	memset(l, 0, sizeof(*l));
	locate_page(page, l);
	if (page_type(page) == PAGE_TAIL)
		head -= page->tail;
	if (page_type(head) != PAGE_SLAB)
		head = block_of(page);
	if (!head)
		return; /* never touched */
	offset = ((size_t)(page - head) << KMEM_PAGE_SHIFT) + in_page;
	l->order = counter_read(head->order);
	l->slab_pfn = __page_to_pfn(head);
	l->index = (unsigned int)(offset >> KMEM_PAGE_SHIFT);
	l->offset = (unsigned int)(offset & (KMEM_PAGE_SIZE - 1));
	if (page_type(head) == PAGE_SLAB)
		locate_in_slab(head, offset, l);
	else if (page_type(head) == PAGE_LARGE)
		l->kind = KMEM_LOCATION_LARGE;
	else if (page_type(head) == PAGE_USED)
		l->kind = KMEM_LOCATION_PAGES;
}

bool kmem_locate(const void *address, struct kmem_location *ret_location)
{
	memset(ret_location, 0, sizeof(*ret_location));
	if (!kmem.ready)
		return false;
	if (is_vmalloc_addr(address))
		return locate_in_area(address, ret_location);
	if (!kmem_contains(address))
		return false;
	locate(__virt_to_page(address), (size_t)address & (KMEM_PAGE_SIZE - 1),
	       ret_location);
	return true;
}

bool kmem_locate_page(const struct page *page,
		      struct kmem_location *ret_location)
{
	memset(ret_location, 0, sizeof(*ret_location));
	if (!kmem.ready || __page_to_pfn(page) >= kmem.nr_pages)
		return false;
	locate(page, 0, ret_location);
	return true;
}
