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
 * Where it differs from the kernel: memory that was never touched is not on
 * the lists but a range at the end of the zone, from which blocks of the
 * highest order are taken when the lists have none large enough. So installing
 * memory costs nothing, and the map of pages is touched where memory is used.
 * No merge reaches into that range, since blocks never merge beyond the
 * highest order.
 *
 * Everything here runs under the zone's lock.
 */
#include "internal.h"

static void put_on_list(struct zone *zone, struct page *page,
			unsigned int order, bool tail)
{
	page_set_type(page, PAGE_BUDDY);
	counter_set(page->order, (uint8_t)order);
	page->zone = (uint8_t)zone->index;
	page->node = (uint8_t)zone->node;
	if (tail)
		list_add_tail(&page->list, &zone->free_list[order]);
	else
		list_add(&page->list, &zone->free_list[order]);
	counter_add(zone->nr_free[order], 1);
}

static void take_off_list(struct zone *zone, struct page *page)
{
	list_del(&page->list);
	page_set_type(page, PAGE_NONE);
	counter_sub(zone->nr_free[page->order], 1);
}

static struct page *take_block(struct zone *zone, unsigned int order,
			       unsigned int *ret_order)
{
	struct page *page;

	for (unsigned int o = order; o <= KMEM_MAX_ORDER; o++) {
		if (list_empty(&zone->free_list[o]))
			continue;
		page = list_first_entry(&zone->free_list[o], struct page, list);
		take_off_list(zone, page);
		*ret_order = o;
		return page;
	}
	if (zone->fresh_pfn == zone->end_pfn)
		return NULL;
	page = kmem.map + zone->fresh_pfn;
	page->zone = (uint8_t)zone->index;
	page->node = (uint8_t)zone->node;
	counter_add(zone->fresh_pfn, 1ul << KMEM_MAX_ORDER);
	*ret_order = KMEM_MAX_ORDER;
	return page;
}

/*
 * A block of @order, or NULL. Of a larger one the upper halves go on the lists,
 * so that pages of one block come out in ascending order.
 */
struct page *buddy_take(struct zone *zone, unsigned int order)
{
	unsigned int have;
	struct page *page;

	lock_assert_held(&zone->lock);
	page = take_block(zone, order, &have);
	if (!page)
		return NULL;
	while (have > order) {
		have--;
		put_on_list(zone, page + (1ul << have), have, false);
	}
	counter_sub(zone->free_pages, 1ul << order);
	return page;
}

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

void buddy_give(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long pfn = __page_to_pfn(page);

	lock_assert_held(&zone->lock);
	counter_add(zone->free_pages, 1ul << order);
	page_set_type(page, PAGE_NONE);
	while (order < KMEM_MAX_ORDER) {
		unsigned long buddy = pfn ^ (1ul << order);

		if (!is_free_block(buddy, order))
			break;
		take_off_list(zone, kmem.map + buddy);
		pfn &= buddy;
		order++;
	}
	put_on_list(zone, kmem.map + pfn, order, merge_is_likely(pfn, order));
}
