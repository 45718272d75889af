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
 * A page list is a record (fast.h) per zone and order. It is refilled in
 * batches that stop at the mark in force, so that the marks hold to the page.
 *
 * Where it differs from the kernel: step 1 does not look at the marks (its
 * pages count as taken already). There is no page cache to reclaim, no kswapd,
 * no OOM killer; nothing sleeps, so __GFP_NOFAIL may use the last page but
 * returns NULL when there is none. A wrong free is reported and refused.
 */
#include <string.h>

#include "internal.h"

#define BATCH_MAX 64

static unsigned int page_slot(const struct zone *zone, unsigned int order)
{
	return zone->index * PAGE_LIST_ORDERS + order;
}

/* What a list of @order holds at most: the kernel's four batches, in pages. */
static unsigned int list_capacity(const struct zone *zone, unsigned int order)
{
	return MAX((4 * zone->batch) >> order, 4u);
}

static unsigned int list_batch(const struct zone *zone, unsigned int order)
{
	return MAX(zone->batch >> order, 2u);
}

/* A block changes hands: plain stores, it belongs to nobody else now. */
static void mark_in_use(struct page *page, unsigned int order)
{
	page_set_type(page, PAGE_USED);
	counter_set(page->order, (uint8_t)order);
	page->refcount = 1;
}

/* ---- watermarks ---- */

/*
 * Free pages that a request must leave in the zone: the mark, less for who is
 * urgent, plus what is kept for those who can be served nowhere else.
 */
static unsigned long floor_of(const struct zone *zone, unsigned long mark,
			      gfp_t gfp)
{
	unsigned long min = mark;

	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return 0;
	if (gfp & __GFP_HIGH) {
		min -= min / 2;
		/* Who cannot reclaim either gets a quarter of the rest. */
		if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC)))
			min -= min / 4;
	}
	return min + zone->lowmem_reserve[gfp_zone(gfp)];
}

/* Blocks of @order that may go before the floor is reached. */
static unsigned long spare_blocks(const struct zone *zone, unsigned int order,
				  unsigned long floor)
{
	unsigned long free = zone->free_pages;

	return free > floor ? (free - floor) >> order : 0;
}

/* ---- one zone ---- */

/*
 * Takes a batch from the zone: the first block for the caller, the others for
 * its list, stacked so that they come out in ascending order too.
 */
static struct page *take_batch(struct zone *zone, unsigned int order,
			       struct kmem_record *r, unsigned long nr)
{
	void *block[BATCH_MAX];
	unsigned long n = 0;

	nr = MIN(nr, (unsigned long)(r->capacity - kmem_record_count(r)) + 1);
	while (n < nr && (block[n] = buddy_take(zone, order)))
		n++;
	for (unsigned long i = n; i > 1; i--) {
		struct page *page = block[i - 1];

		page_set_type(page, PAGE_PARKED);
		counter_set(page->order, (uint8_t)order);
		record_put(r, page);
	}
	return n ? block[0] : NULL;
}

/*
 * A block of one zone, if its floor allows or the thread has one parked: a zone
 * that serves as a fallback filled its list too. The record's lock comes before
 * the zone's, so it is taken whether the zone has anything or not.
 */
static struct page *zone_take(struct zone *zone, unsigned int order,
			      unsigned long floor)
{
	struct kmem_record *r = NULL;
	struct page *page = NULL;
	bool listed = false;
	unsigned long spare;

	if (order < PAGE_LIST_ORDERS && thread_get()) {
		r = thread_record(page_slot(zone, order));
		page = kmem_record_pop(r);
		if (page)
			return page;
		record_lock(r);
		listed = record_open(r, list_capacity(zone, order));
	}
	lock(&zone->lock, LOCK_ZONE);
	spare = spare_blocks(zone, order, floor);
	if (spare && listed)
		page = take_batch(zone, order, r,
				  MIN(spare, list_batch(zone, order)));
	else if (spare)
		page = buddy_take(zone, order);
	unlock(&zone->lock);
	if (r)
		record_unlock(r);
	return page;
}

static void __zone_give(struct zone *zone, unsigned int order, void **pages,
			unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		buddy_give(zone, pages[i], order);
}

static void zone_give(struct zone *zone, unsigned int order, void **pages,
		      unsigned int nr)
{
	lock(&zone->lock, LOCK_ZONE);
	__zone_give(zone, order, pages, nr);
	unlock(&zone->lock);
}

/* ---- allocation ---- */

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
			floor = floor_of(zone, zone->low, gfp & ~__GFP_HIGH);
		else if (gfp & __GFP_NOFAIL)
			floor = 0;
		else
			floor = floor_of(zone, zone->min, gfp);
		page = zone_take(zone, order, floor);
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

/* ---- free ---- */

static bool is_map_entry(const struct page *page)
{
	size_t offset = (size_t)((const char *)page - (const char *)kmem.map);

	return kmem.ready && offset < kmem.nr_pages * sizeof(*page) &&
	       offset % sizeof(*page) == 0;
}

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

/* Half of a full list, the oldest; the zone's lock makes it one step. */
static void flush_half(struct zone *zone, unsigned int order,
		       struct kmem_record *r)
{
	uint32_t half = kmem_record_count(r) / 2;

	lock(&zone->lock, LOCK_ZONE);
	__zone_give(zone, order, r->slots, half);
	record_drop_oldest(r, half);
	unlock(&zone->lock);
}

/* The list is full, or closed. */
static void free_slow(struct zone *zone, struct page *page, unsigned int order)
{
	struct kmem_record *r;
	void *one = page;

	if (order >= PAGE_LIST_ORDERS || !thread_get()) {
		zone_give(zone, order, &one, 1);
		return;
	}
	r = thread_record(page_slot(zone, order));
	record_lock(r);
	if (record_open(r, list_capacity(zone, order))) {
		if (kmem_record_count(r) == r->capacity)
			flush_half(zone, order, r);
		record_put(r, page);
	} else {
		zone_give(zone, order, &one, 1);
	}
	record_unlock(r);
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
		memset(__page_address(page), 0, KMEM_PAGE_SIZE << order);
	zone = &kmem.zone[page->zone];
	page->refcount = 0;
	page_set_type(page, PAGE_PARKED);
	r = order < PAGE_LIST_ORDERS ? thread_record(page_slot(zone, order))
				     : NULL;
	if (unlikely(!r || !kmem_record_push(r, page)))
		free_slow(zone, page, order);
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
		memset(__page_address(page), 0, KMEM_PAGE_SIZE << order);
	page->refcount = 0;
	zone_give(&kmem.zone[page->zone], order, &one, 1);
}

/* ---- page lists ---- */

struct list_of {
	struct zone *zone;
	unsigned int order;
};

static void give_list(void *arg, void **pages, unsigned int nr)
{
	struct list_of *list = arg;

	zone_give(list->zone, list->order, pages, nr);
}

void drain_all_pages(void)
{
	if (!kmem_up())
		return;
	for (unsigned int slot = 0; slot < PAGE_SLOTS; slot++) {
		struct list_of list = { &kmem.zone[slot / PAGE_LIST_ORDERS],
					slot % PAGE_LIST_ORDERS };

		/* A page parked just now may be missed: it came later. */
		if (record_parked(slot))
			record_drain(slot, give_list, &list);
	}
}

/* The thread is ending; its lists go home. */
void page_thread_exit(struct thread *t)
{
	for (unsigned int slot = 0; slot < PAGE_SLOTS; slot++) {
		struct list_of list = { &kmem.zone[slot / PAGE_LIST_ORDERS],
					slot % PAGE_LIST_ORDERS };

		record_close(&t->record[slot], give_list, &list);
	}
}

/* Pages of the zone in all threads' lists. */
uint64_t pages_parked(const struct zone *zone)
{
	uint64_t sum = 0;

	for (unsigned int order = 0; order < PAGE_LIST_ORDERS; order++)
		sum += record_parked(page_slot(zone, order)) << order;
	return sum;
}

/* ---- conversions ---- */

void *page_address(const struct page *page)
{
	return __page_address(page);
}

struct page *virt_to_page(const void *address)
{
	return kmem.ready && kmem_contains(address) ? __virt_to_page(address)
						    : NULL;
}

unsigned long page_to_pfn(const struct page *page)
{
	return __page_to_pfn(page);
}

struct page *pfn_to_page(unsigned long pfn)
{
	return kmem.ready && pfn < kmem.nr_pages ? kmem.map + pfn : NULL;
}
