/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_free.c - the way back: what may be freed, and where it goes
 *
 * A block goes to the calling thread's page list if its order has one, else to
 * its zone. Before that its struct page says whether it may be freed so.
 *
 * Where it differs from the kernel: a wrong free is reported and refused, in
 * every build; the block stays as it was.
 */
#include <string.h>

#include "internal.h"

/* Whether the block may be freed so; says why not. */
static bool check_free(const struct page *page, unsigned int order)
{
	const char *wrong = NULL;

	if (!is_map_entry(page)) {
		kmem_report("__free_pages(%p, %u): not a page", (void *)page,
			    order);
		return false;
	}
	switch (page_type(page)) {
	case PAGE_USED:
		if (page->order != order)
			wrong = "allocated with another order";
		break;
	case PAGE_BUDDY:
	case PAGE_PARKED:
		wrong = "free already";
		break;
	case PAGE_SLAB:
	case PAGE_TAIL:
		wrong = "part of a slab";
		break;
	case PAGE_LARGE:
		wrong = "a block of kmalloc";
		break;
	default:
		wrong = "not the first page of a block";
	}
	if (wrong)
		kmem_report("__free_pages: pfn %lu, order %u: %s",
			    __page_to_pfn(page), order, wrong);
	return !wrong;
}

/*
 * The hot pair with alloc_pages(): the checks read what the block's own struct
 * page says, which was written when it was allocated.
 */
void __free_pages(struct page *page, unsigned int order)
{
	struct kmem_record *r;
	struct zone *zone;

	if (!page)
		return;
	if (unlikely(!check_free(page, order)))
		return;
	if (unlikely(kmem.init_on_free))
		block_clear(page, order);
	zone = &kmem.zone[page->zone];
	page->refcount = 0;
	page_set_type(page, PAGE_PARKED);
	r = order < PAGE_LIST_ORDERS
		    ? thread_record(page_slot(
			      page->zone, order,
			      pageblock_type(__page_to_pfn(page))))
		    : NULL;
	if (unlikely(!r || !kmem_record_push(r, page)))
		page_list_give(zone, page, order);
}

void free_pages(unsigned long address, unsigned int order)
{
	struct page *page;

	if (!address)
		return;
	page = virt_to_page((void *)address);
	if (page && !(address & (KMEM_PAGE_SIZE - 1)))
		__free_pages(page, order);
	else
		kmem_report("free_pages(%#lx, %u): not the address of a block",
			    address, order);
}

void free_pages_to_zone(struct page *page, unsigned int order)
{
	void *one = page;

	if (unlikely(kmem.init_on_free))
		block_clear(page, order);
	page->refcount = 0;
	zone_give(&kmem.zone[page->zone], order, &one, 1);
}
