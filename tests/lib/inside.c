/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kmem/internal.h"

#include "inside.h"

_Static_assert(INSIDE_NON_BLOCK == ALLOC_NON_BLOCK &&
		       INSIDE_NOFRAGMENT == ALLOC_NOFRAGMENT &&
		       INSIDE_HIGHATOMIC == ALLOC_HIGHATOMIC,
	       "the flags are the library's");

struct page *inside_take(unsigned int order, enum migratetype type,
			 unsigned int flags)
{
	struct zone *zone = &kmem.zone[0];
	struct page *page;

	lock(&zone->lock, LOCK_ZONE);
	page = buddy_take(zone, order, type, flags);
	unlock(&zone->lock);
	if (page) {
		page_set_type(page, PAGE_USED);
		page->order = (uint8_t)order;
	}
	return page;
}

void inside_give(struct page *page)
{
	void *one = page;

	zone_give(&kmem.zone[0], page->order, &one, 1);
}

void inside_set_refcount(struct page *page, int refcount)
{
	page->refcount = refcount;
}

enum migratetype inside_type(const struct page *page)
{
	return pageblock_type(__page_to_pfn(page));
}

void inside_reserve(struct page *page)
{
	zone_reserve_highatomic(&kmem.zone[0], page, page->order);
}

bool inside_unreserve(enum migratetype type, bool force)
{
	return zone_unreserve_highatomic(&kmem.zone[0], type, force);
}

void inside_page_set(unsigned long managed, unsigned long low,
		     unsigned int cpus, unsigned int fraction,
		     unsigned int ret_limits[3])
{
	struct page_set_limits limits;

	page_set_limits(managed, low, cpus, fraction, &limits);
	ret_limits[0] = limits.batch;
	ret_limits[1] = limits.high_min;
	ret_limits[2] = limits.high_max;
}

bool inside_release_pending(void)
{
	return page_release_pending();
}

void inside_release_idle(uint64_t now_ns)
{
	page_release_idle(now_ns);
}

void inside_reader_begin(void)
{
	lock_reader_begin();
}

void inside_reader_end(void)
{
	lock_reader_end();
}
