/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_alloc.c - which zone serves a request, and how far it may go
 *
 * buddy.c knows blocks; here is the policy above it. An attempt goes through
 * these steps until one gives a page:
 *
 *	1  the calling thread's page list of the best zone (orders 0 to 3)
 *	2  each zone that the mask allows, best first, down to its low mark
 *	3  the same down to the min mark, or below it for __GFP_HIGH and
 *	   __GFP_MEMALLOC
 *	4  with __GFP_DIRECT_RECLAIM: all page lists drained, all empty slabs
 *	   released, and step 3 once more
 *
 * Where it differs from the kernel: step 1 does not look at the marks (its
 * pages count as taken already). There is no page cache to reclaim, no kswapd,
 * no OOM killer; nothing sleeps, so __GFP_NOFAIL may use the last page but
 * returns NULL when there is none.
 */
#include <string.h>

#include "internal.h"

/* A block changes hands: plain stores, it belongs to nobody else now. */
static void mark_in_use(struct page *page, unsigned int order)
{
	page_set_type(page, PAGE_USED);
	counter_set(page->order, (uint8_t)order);
	page->refcount = 1;
}

enum pass {
	PASS_LOW,
	PASS_MIN
};

/* Steps 2 and 3: the first zone that can, from the best down. */
static struct page *take_from_zones(gfp_t gfp, unsigned int order,
				    enum pass pass)
{
	const uint8_t *i = kmem.fallback[gfp_zone(gfp)];

	for (; *i != FALLBACK_END; i++) {
		struct zone *zone = &kmem.zone[*i];
		unsigned long floor;
		struct page *page;

		if (pass == PASS_LOW)
			floor = zone_floor(zone, zone->low, gfp & ~__GFP_HIGH);
		else if (gfp & __GFP_NOFAIL)
			floor = 0;
		else
			floor = zone_floor(zone, zone->min, gfp);
		page = page_list_take(zone, order, floor);
		if (page)
			return page;
	}
	return NULL;
}

/*
 * Page lists first, so that slabs which shrink next find whole blocks; again
 * after it, for the pages that went through this thread's own lists.
 */
static void reclaim(void)
{
	drain_all_pages();
	caches_shrink();
	drain_all_pages();
}

/*
 * Also the way in for a process that never called kmem_init(). __GFP_NOFAIL is
 * worth the last page only when everything else was tried.
 */
static struct page *alloc_slow(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (!kmem_up())
		return NULL;
	page = take_from_zones(gfp & ~__GFP_NOFAIL, order, PASS_LOW);
	if (!page)
		page = take_from_zones(gfp & ~__GFP_NOFAIL, order, PASS_MIN);
	if (!page && gfpflags_allow_blocking(gfp)) {
		reclaim();
		page = take_from_zones(gfp, order, PASS_MIN);
	}
	return page;
}

/* Step 1: no lock, no look at a mark. */
static struct page *take_from_list(gfp_t gfp, unsigned int order)
{
	struct kmem_record *r;
	unsigned int zone;

	if (order >= PAGE_LIST_ORDERS || !thread_self)
		return NULL;
	zone = kmem.fallback[gfp_zone(gfp)][0];
	if (zone == FALLBACK_END)
		return NULL;
	r = thread_record(zone * PAGE_LIST_ORDERS + order);
	return kmem_record_pop(r);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(order > KMEM_MAX_ORDER)) {
		kmem_report("alloc_pages: order %u is above %d", order,
			    KMEM_MAX_ORDER);
		return NULL;
	}
	page = take_from_list(gfp, order);
	if (unlikely(!page)) {
		page = alloc_slow(gfp, order);
		if (!page)
			return NULL;
	}
	mark_in_use(page, order);
	if (unlikely(gfp & __GFP_ZERO || kmem.init_on_alloc))
		memset(__page_address(page), 0, KMEM_PAGE_SIZE << order);
	return page;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)__page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
