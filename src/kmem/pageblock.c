/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pageblock.c - pages grouped by how long they stay
 *
 * One page that is never freed makes 4 MiB useless for a large request. So
 * pages that may stay are kept apart from pages that come back: every group of
 * 2^9 pages, a pageblock, has a migrate type, and its free blocks are on the
 * lists of that type. All begin as movable. A request whose own lists are
 * empty goes these ways, one after the other:
 *
 *	claim   a block of another type, the largest there is, with its
 *	        pageblock, which changes its type: always when the block is a
 *	        whole pageblock, else when half of the pageblock is free or
 *	        alike. Not for a movable request and a small block: what is
 *	        movable does no harm where it is
 *	steal   just the block, the smallest that fits; its pageblock and the
 *	        rest of it stay as they were. Not with ALLOC_NOFRAGMENT
 *
 * A pageblock from which an atomic request of order 1 or above was served may
 * become a reserve for such requests, MIGRATE_HIGHATOMIC, until there is about
 * a hundredth of the zone of them. Other types never claim or steal those;
 * reclaim takes them back.
 *
 * Types are a byte for each pageblock in the metadata region, written under
 * the lock of the zone.
 *
 * Where it differs from the kernel: which pages in use are movable is known
 * from the mask that they were asked for with, not from who uses them. There
 * is no CMA and no isolation.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Other types that a request may be served from, best first. */
static const enum migratetype fallbacks[MIGRATE_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

int pageblocks_init(void)
{
	size_t n = kmem.nr_pages >> PAGEBLOCK_ORDER;

	kmem.pageblock = kmem_meta_alloc(n);
	if (!kmem.pageblock)
		return -ENOMEM;
	memset(kmem.pageblock, MIGRATE_MOVABLE, n);
	return 0;
}

/* All pageblocks of a block of 2^order pages, or the one that holds it. */
void pageblocks_set(struct zone *zone, unsigned long pfn, unsigned int order,
		    enum migratetype type)
{
	unsigned long first = pfn >> PAGEBLOCK_ORDER;
	unsigned long n =
		order > PAGEBLOCK_ORDER ? 1ul << (order - PAGEBLOCK_ORDER) : 1;

	lock_assert_held(&zone->lock);
	for (unsigned long i = first; i < first + n; i++) {
		counter_sub(zone->nr_pageblocks[kmem.pageblock[i]], 1);
		counter_add(zone->nr_pageblocks[type], 1);
		counter_set(kmem.pageblock[i], (uint8_t)type);
	}
}

/* ---- one pageblock, page by page ---- */

/* Moves its free blocks, which are all smaller than it, to another type. */
static void move_free_blocks(struct zone *zone, unsigned long start,
			     enum migratetype from, enum migratetype to)
{
	unsigned long pfn = start;

	while (pfn < start + PAGEBLOCK_PAGES) {
		struct page *page = kmem.map + pfn;

		pfn++;
		if (page_type(page) != PAGE_BUDDY)
			continue;
		pfn += (1ul << page->order) - 1;
		buddy_move(zone, page, from, to);
	}
	pageblocks_set(zone, start, PAGEBLOCK_ORDER, to);
}

/* Who frees or takes a page just now may make the sums wrong: it is a guess. */
static void count_pages(unsigned long start, unsigned long *ret_free,
			unsigned long *ret_movable)
{
	unsigned long free = 0, movable = 0, pfn = start;

	while (pfn < start + PAGEBLOCK_PAGES) {
		const struct page *page = kmem.map + pfn;
		unsigned long pages = 1ul << counter_read(page->order);

		pfn++;
		if (page_type(page) == PAGE_BUDDY) {
			free += pages;
			pfn += pages - 1;
		} else if (page_type(page) == PAGE_USED &&
			   page_mobility(page) == MIGRATE_MOVABLE) {
			movable += pages;
		}
	}
	*ret_free = free;
	*ret_movable = MIN(movable, PAGEBLOCK_PAGES - free);
}

/* Would the pageblock be as good as of the request's type? */
static bool is_mostly(unsigned long start, enum migratetype type,
		      enum migratetype from)
{
	unsigned long free, movable, alike = 0;

	count_pages(start, &free, &movable);
	if (type == MIGRATE_MOVABLE)
		alike = movable;
	else if (from == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - free - movable;
	return free + alike >= PAGEBLOCK_PAGES / 2;
}

/* ---- falling back ---- */

static bool find_fallback(const struct zone *zone, unsigned int order,
			  enum migratetype type, enum migratetype *ret_from)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks[type]); i++) {
		enum migratetype from = fallbacks[type][i];

		if (zone->orders[from] & 1u << order) {
			*ret_from = from;
			return true;
		}
	}
	return false;
}

static struct page *claim_block(struct zone *zone, unsigned int order,
				enum migratetype type, unsigned int have,
				enum migratetype from)
{
	struct page *page = list_first_entry(&zone->free_area[have].list[from],
					     struct page, list);
	unsigned long pfn = __page_to_pfn(page);

	if (have >= PAGEBLOCK_ORDER) {
		buddy_unlist(zone, page, from);
		pageblocks_set(zone, pfn, have, type);
		return buddy_split(zone, page, have, order, type);
	}
	zone_boost(zone);
	pfn &= ~(PAGEBLOCK_PAGES - 1);
	if (!is_mostly(pfn, type, from))
		return NULL;
	move_free_blocks(zone, pfn, from, type);
	return buddy_take_own(zone, order, type);
}

/* The largest block first, so that claims are few. */
static struct page *claim(struct zone *zone, unsigned int order,
			  enum migratetype type, unsigned int flags)
{
	unsigned int least = order;
	enum migratetype from;
	struct page *page;

	if (flags & ALLOC_NOFRAGMENT)
		least = MAX(least, (unsigned int)PAGEBLOCK_ORDER);
	else if (type == MIGRATE_MOVABLE)
		least = MAX(least, PAGEBLOCK_ORDER / 2u);
	for (unsigned int have = KMEM_NR_ORDERS; have-- > least;) {
		if (!find_fallback(zone, have, type, &from))
			continue;
		page = claim_block(zone, order, type, have, from);
		if (page)
			return page;
	}
	return NULL;
}

static struct page *steal(struct zone *zone, unsigned int order,
			  enum migratetype type)
{
	enum migratetype from;

	for (unsigned int have = order; have < KMEM_NR_ORDERS; have++) {
		struct page *page;

		if (!find_fallback(zone, have, type, &from))
			continue;
		page = list_first_entry(&zone->free_area[have].list[from],
					struct page, list);
		buddy_unlist(zone, page, from);
		return buddy_split(zone, page, have, order, from);
	}
	return NULL;
}

/* The lists of @type have no block of @order: one of another type, or NULL. */
struct page *pageblock_fallback(struct zone *zone, unsigned int order,
				enum migratetype type, unsigned int flags)
{
	struct page *page;

	lock_assert_held(&zone->lock);
	/* What was never touched counts as movable, on the list or not. */
	if (!(zone->orders[MIGRATE_MOVABLE] & 1u << KMEM_MAX_ORDER))
		buddy_list_fresh(zone);
	page = claim(zone, order, type, flags);
	if (!page && !(flags & ALLOC_NOFRAGMENT))
		page = steal(zone, order, type);
	return page;
}

/* ---- the reserve of atomic requests ---- */

static unsigned long highatomic_most(const struct zone *zone)
{
	unsigned long percent = zone_managed(zone) / 100;

	if (percent < PAGEBLOCK_PAGES)
		return 0;
	return ALIGN_UP(percent, PAGEBLOCK_PAGES) >> PAGEBLOCK_ORDER;
}

/* An atomic request got @page: its pageblock is for such requests from now. */
void zone_reserve_highatomic(struct zone *zone, struct page *page,
			     unsigned int order)
{
	unsigned long most = highatomic_most(zone);
	unsigned long pfn = __page_to_pfn(page);
	enum migratetype type;

	if (counter_read(zone->nr_pageblocks[MIGRATE_HIGHATOMIC]) >= most)
		return;
	lock(&zone->lock, LOCK_ZONE);
	type = pageblock_type(pfn);
	if (zone->nr_pageblocks[MIGRATE_HIGHATOMIC] < most &&
	    type != MIGRATE_HIGHATOMIC) {
		if (order < PAGEBLOCK_ORDER)
			move_free_blocks(zone, pfn & ~(PAGEBLOCK_PAGES - 1),
					 type, MIGRATE_HIGHATOMIC);
		else
			pageblocks_set(zone, pfn, order, MIGRATE_HIGHATOMIC);
	}
	unlock(&zone->lock);
}

/* The head of the reserve's smallest free block, or NULL. */
static struct page *free_of_reserve(const struct zone *zone)
{
	unsigned int orders = zone->orders[MIGRATE_HIGHATOMIC];
	unsigned int order;

	if (!orders)
		return NULL;
	order = (unsigned int)__builtin_ctz(orders);
	return list_first_entry(
		&zone->free_area[order].list[MIGRATE_HIGHATOMIC], struct page,
		list);
}

/*
 * Makes a pageblock of the reserve that has something free one of @type. The
 * last one stays, unless @force. Return: whether there was one.
 */
bool zone_unreserve_highatomic(struct zone *zone, enum migratetype type,
			       bool force)
{
	struct page *page = NULL;

	if (counter_read(zone->nr_pageblocks[MIGRATE_HIGHATOMIC]) <=
	    (force ? 0 : 1))
		return false;
	lock(&zone->lock, LOCK_ZONE);
	if (zone->nr_pageblocks[MIGRATE_HIGHATOMIC])
		page = free_of_reserve(zone);
	if (page && page->order < PAGEBLOCK_ORDER) {
		move_free_blocks(zone,
				 __page_to_pfn(page) & ~(PAGEBLOCK_PAGES - 1),
				 MIGRATE_HIGHATOMIC, type);
	} else if (page) {
		/* Its neighbours may merge with it now. */
		unsigned int order = page->order;
		bool absent = page->absent;

		buddy_unlist(zone, page, MIGRATE_HIGHATOMIC);
		counter_sub(zone->free_pages, 1ul << order);
		pageblocks_set(zone, __page_to_pfn(page), order, type);
		buddy_give_back(zone, page, order, absent);
	}
	unlock(&zone->lock);
	return page != NULL;
}
