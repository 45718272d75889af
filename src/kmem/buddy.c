/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * buddy.c - the free blocks of a zone
 *
 * Free memory is kept as blocks of 2^order pages, aligned to their size. The
 * buddy of a block is its neighbour in the block of the next order: its frame
 * number with one bit flipped. A request splits the smallest block that is
 * large enough and keeps the lower half; a free block merges with its buddy as
 * long as that is free too.
 *
 * There is a list for each order and each migrate type. A block is on the list
 * of its pageblock's type, a block of several pageblocks on that of all of
 * them; pageblock.c has the types and what happens when a list is empty.
 *
 *	free_pages = sum of nr[order][type] << order, and the fresh range
 *	bit o of orders[type] says whether list [o][type] has a block
 *
 * A block may be absent: its memory went back to the system (page_release.c),
 * or was never touched. Large ones are behind all others on their lists, so
 * that memory which is there is used first. What is split off an absent block is
 * absent too; a block that merged is when both its halves were.
 *
 * Where it differs from the kernel: memory that was never touched is not on
 * the lists but a range at the end of the zone. It counts as movable blocks of
 * the highest order behind those on the list, and goes there one by one when
 * that list is empty. So installing memory costs nothing, and the map of pages
 * is touched where memory is used. No merge reaches into that range, since
 * blocks never merge beyond the highest order.
 *
 * Everything here runs under the zone's lock.
 */
#include <string.h>

#include "internal.h"

/* A zone begins wholly untouched. */
void buddy_init_zone(struct zone *zone)
{
	for (int order = 0; order < KMEM_NR_ORDERS; order++)
		for (int type = 0; type < MIGRATE_TYPES; type++)
			list_init(&zone->free_area[order].list[type]);
	zone->fresh_pfn = zone->start_pfn;
	zone->free_pages = zone->end_pfn - zone->start_pfn;
	zone->nr_pageblocks[MIGRATE_MOVABLE] = zone->free_pages >>
					       PAGEBLOCK_ORDER;
}

/* ---- lists ---- */

static void count_block(struct zone *zone, unsigned int order,
			enum migratetype type, long n)
{
	counter_add(zone->free_area[order].nr[type], (unsigned long)n);
	if (type == MIGRATE_HIGHATOMIC)
		counter_add(zone->free_highatomic, (unsigned long)n << order);
}

/* What @n blocks, which come or go, add to the sums of pages. */
static void count_memory(struct zone *zone, unsigned int order, bool absent,
			 long n)
{
	unsigned long pages = (unsigned long)n << order;

	if (absent) {
		counter_add(zone->absent, pages);
	} else if (order >= RELEASE_ORDER) {
		if (!zone->large)
			background_look();
		zone->large += pages;
		zone->large_least = MIN(zone->large_least, zone->large);
	}
}

static void list_block(struct zone *zone, struct page *page, unsigned int order,
		       enum migratetype type, bool tail)
{
	struct list_head *list = &zone->free_area[order].list[type];

	if (order >= RELEASE_ORDER)
		tail = page->absent;
	count_memory(zone, order, page->absent, 1);
	page_set_type(page, PAGE_BUDDY);
	counter_set(page->order, (uint8_t)order);
	page->zone = (uint8_t)zone->index;
	page->node = (uint8_t)zone->node;
	if (tail)
		list_add_tail(&page->list, list);
	else
		list_add(&page->list, list);
	count_block(zone, order, type, 1);
	zone->orders[type] |= (uint16_t)(1u << order);
}

/* The caller knows what becomes of it; its type is PAGE_NONE meanwhile. */
void buddy_unlist(struct zone *zone, struct page *page, enum migratetype type)
{
	unsigned int order = page->order;

	list_del(&page->list);
	page_set_type(page, PAGE_NONE);
	count_memory(zone, order, page->absent, -1);
	count_block(zone, order, type, -1);
	if (list_empty(&zone->free_area[order].list[type]))
		zone->orders[type] &= (uint16_t) ~(1u << order);
}

/* A free block changes lists, because its pageblock changes types. */
void buddy_move(struct zone *zone, struct page *page, enum migratetype from,
		enum migratetype to)
{
	unsigned int order = page->order;

	list_move_tail(&page->list, &zone->free_area[order].list[to]);
	count_block(zone, order, from, -1);
	count_block(zone, order, to, 1);
	zone->orders[to] |= (uint16_t)(1u << order);
	if (list_empty(&zone->free_area[order].list[from]))
		zone->orders[from] &= (uint16_t) ~(1u << order);
}

/* ---- taking ---- */

/* One block of the range that was never touched goes on its list. */
bool buddy_list_fresh(struct zone *zone)
{
	struct page *page = kmem.map + zone->fresh_pfn;

	if (zone->fresh_pfn == zone->end_pfn)
		return false;
	counter_add(zone->fresh_pfn, 1ul << KMEM_MAX_ORDER);
	page->absent = true;
	list_block(zone, page, KMEM_MAX_ORDER, MIGRATE_MOVABLE, true);
	return true;
}

/*
 * Keeps the lowest part of a block that is on no list; the upper halves go on
 * the lists, so that pages of one block come out in ascending order.
 */
struct page *buddy_split(struct zone *zone, struct page *page,
			 unsigned int have, unsigned int order,
			 enum migratetype type)
{
	lock_assert_held(&zone->lock);
	while (have > order) {
		have--;
		page[1ul << have].absent = page->absent;
		list_block(zone, page + (1ul << have), have, type, false);
	}
	return page;
}

/* A block of the type's own lists, the smallest that is large enough. */
struct page *buddy_take_own(struct zone *zone, unsigned int order,
			    enum migratetype type)
{
	unsigned int fits = (unsigned int)zone->orders[type] >> order;
	unsigned int have;
	struct page *page;

	if (!fits) {
		if (type != MIGRATE_MOVABLE || !buddy_list_fresh(zone))
			return NULL;
		fits = (unsigned int)zone->orders[type] >> order;
	}
	have = order + (unsigned int)__builtin_ctz(fits);
	page = list_first_entry(&zone->free_area[have].list[type], struct page,
				list);
	buddy_unlist(zone, page, type);
	return buddy_split(zone, page, have, order, type);
}

/* What is reserved for atomic requests of higher orders is theirs first. */
static struct page *take_any(struct zone *zone, unsigned int order,
			     enum migratetype type, unsigned int flags)
{
	struct page *page = NULL;

	if (flags & ALLOC_HIGHATOMIC)
		page = buddy_take_own(zone, order, MIGRATE_HIGHATOMIC);
	if (!page)
		page = buddy_take_own(zone, order, type);
	if (!page)
		page = pageblock_fallback(zone, order, type, flags);
	if (!page && flags & (ALLOC_OOM | ALLOC_NON_BLOCK))
		page = buddy_take_own(zone, order, MIGRATE_HIGHATOMIC);
	return page;
}

/*
 * A block of @order for a request of @type, or NULL: by the rules of
 * pageblock.c, and as the last resort of who cannot wait from the reserve.
 */
struct page *buddy_take(struct zone *zone, unsigned int order,
			enum migratetype type, unsigned int flags)
{
	struct page *page;

	lock_assert_held(&zone->lock);
	do {
		page = take_any(zone, order, type, flags);
		if (!page)
			return NULL;
		counter_sub(zone->free_pages, 1ul << order);
	} while (!check_page_free(page, order));
	page_set_slot(page, zone, type);
	return page;
}

/* ---- giving ---- */

static bool is_free_block(unsigned long pfn, unsigned int order)
{
	const struct page *page = kmem.map + pfn;

	return page_type(page) == PAGE_BUDDY && page->order == order;
}

/*
 * A block whose next merge is half ready goes to the end of its list: the
 * longer it stays, the likelier the other half comes back.
 */
static bool merge_is_likely(unsigned long pfn, unsigned int order)
{
	unsigned long above = pfn & ~(1ul << order);

	return order < KMEM_MAX_ORDER - 1 &&
	       is_free_block(above ^ (1ul << (order + 1)), order + 1);
}

/* The reserve's pageblocks do not melt into blocks that others use. */
static bool may_merge(enum migratetype a, enum migratetype b)
{
	return a == b || (a < MIGRATE_PCPTYPES && b < MIGRATE_PCPTYPES);
}

/*
 * The buddy leaves its list for a merge. A pageblock of another type becomes
 * one of @type, so that all of the merged block is of one.
 */
static bool absorb(struct zone *zone, unsigned long buddy, unsigned int order,
		   enum migratetype type)
{
	enum migratetype other = pageblock_type(buddy);

	if (!may_merge(type, other))
		return false;
	buddy_unlist(zone, kmem.map + buddy, other);
	if (other != type)
		pageblocks_set(zone, buddy, order, type);
	return true;
}

static void give(struct zone *zone, struct page *page, unsigned int order,
		 bool tail, bool absent)
{
	unsigned long pfn = __page_to_pfn(page);
	enum migratetype type = pageblock_type(pfn);

	lock_assert_held(&zone->lock);
	counter_add(zone->free_pages, 1ul << order);
	page_set_type(page, PAGE_NONE);
	while (order < KMEM_MAX_ORDER) {
		unsigned long buddy = pfn ^ (1ul << order);

		if (!is_free_block(buddy, order) ||
		    !absorb(zone, buddy, order, type))
			break;
		absent = absent && kmem.map[buddy].absent;
		pfn &= buddy;
		order++;
	}
	kmem.map[pfn].absent = absent;
	list_block(zone, kmem.map + pfn, order, type,
		   tail || merge_is_likely(pfn, order));
	/* Pairs with join() in page_wait.c, by the zone's lock. */
	if (page_waiters_exist())
		background_serve();
}

/* @tail: used again as late as possible. */
void buddy_give(struct zone *zone, struct page *page, unsigned int order,
		bool tail)
{
	give(zone, page, order, tail, false);
}

/* ---- blocks that go back to the system ---- */

/* A block of RELEASE_ORDER or more that takes memory, the largest first. */
struct page *buddy_take_present(struct zone *zone, unsigned int *ret_order)
{
	struct page *page;

	lock_assert_held(&zone->lock);
	for (unsigned int order = KMEM_NR_ORDERS; order-- > RELEASE_ORDER;) {
		for (int type = 0; type < MIGRATE_TYPES; type++) {
			if (!(zone->orders[type] & 1u << order))
				continue;
			page = list_first_entry(
				&zone->free_area[order].list[type], struct page,
				list);
			if (page->absent)
				continue;
			buddy_unlist(zone, page, (enum migratetype)type);
			counter_sub(zone->free_pages, 1ul << order);
			*ret_order = order;
			return page;
		}
	}
	return NULL;
}

/* And on the list again, with or without its memory. */
void buddy_give_back(struct zone *zone, struct page *page, unsigned int order,
		     bool absent)
{
	give(zone, page, order, false, absent);
}

/* ---- what others want to know ---- */

/* Written under the lock, read without: each number was right at some time. */
void buddy_info(const struct zone *zone, struct kmem_zone_info *ret_info)
{
	unsigned long fresh = zone_fresh_blocks(zone);

	for (int type = 0; type < MIGRATE_TYPES; type++) {
		unsigned long *nr = ret_info->nr_free_type[type];

		for (int order = 0; order < KMEM_NR_ORDERS; order++)
			nr[order] =
				counter_read(zone->free_area[order].nr[type]);
		if (type == MIGRATE_MOVABLE)
			nr[KMEM_MAX_ORDER] += fresh;
		for (int order = 0; order < KMEM_NR_ORDERS; order++)
			ret_info->nr_free[order] += nr[order];
		ret_info->nr_pageblocks[type] =
			counter_read(zone->nr_pageblocks[type]);
	}
	ret_info->free_highatomic = counter_read(zone->free_highatomic);
	ret_info->absent =
		counter_read(zone->absent) + (fresh << KMEM_MAX_ORDER);
}
