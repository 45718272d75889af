/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_map.c - who has each page of a zone
 *
 * A walk over the struct pages from block to block. The first page of a block
 * says what it is and how long; all others say nothing, except those of a slab.
 * Memory that was never touched is a range at the end of the zone (buddy.c),
 * which is told without looking at it.
 *
 * No lock is taken: types, orders and marks are single words, written when a
 * block changes hands. What changes during the walk may be seen as it was or
 * as it is, or as single pages in use while it is neither; a length that does
 * not fit its place is cut. So the walk always ends, each page is told once,
 * and nothing is said of a zone at rest that is not so. Slabs name their cache
 * by its serial, so nobody has to look into a cache that may be going.
 */
#include "internal.h"

/* Blocks are aligned to their size, and inside their zone. */
static unsigned int order_at(unsigned long pfn, unsigned long end,
			     unsigned int order)
{
	order = MIN(order, (unsigned int)KMEM_MAX_ORDER);
	while (pfn & ((1ul << order) - 1) || pfn + (1ul << order) > end)
		order--;
	return order;
}

static enum kmem_block_kind kind_in_use(const struct page *page)
{
	return counter_read(page->of_area) ? KMEM_BLOCK_VMALLOC
					   : KMEM_BLOCK_PAGES;
}

static void look_at(const struct page *page, struct kmem_block_info *block)
{
	block->order = counter_read(page->order);
	switch ((enum page_type)page_type(page)) {
	case PAGE_BUDDY:
		block->kind = KMEM_BLOCK_FREE;
		break;
	case PAGE_PARKED:
		block->kind = KMEM_BLOCK_PARKED;
		break;
	case PAGE_USED:
		block->kind = kind_in_use(page);
		break;
	case PAGE_LARGE:
		block->kind = KMEM_BLOCK_LARGE;
		break;
	case PAGE_SLAB:
		block->kind = KMEM_BLOCK_SLAB;
		block->cache = counter_read(page->cache_serial);
		break;
	case PAGE_BAD:
		block->kind = KMEM_BLOCK_BAD;
		break;
	case PAGE_NONE:
	case PAGE_TAIL:
		/* On its way: from one list to another, or to its user. */
		block->kind = KMEM_BLOCK_PAGES;
		block->order = 0;
		break;
	}
}

bool kmem_zone_map(unsigned int i, kmem_block_visit_t *visit, void *arg)
{
	const struct zone *zone;
	unsigned long pfn, fresh;

	if (!kmem_up() || i >= kmem.nr_zones)
		return false;
	zone = &kmem.zone[i];
	fresh = counter_read(zone->fresh_pfn);
	for (pfn = zone->start_pfn; pfn < zone->end_pfn;) {
		struct kmem_block_info block = { .pfn = pfn };

		if (pfn < fresh) {
			look_at(kmem.map + pfn, &block);
		} else {
			block.order = KMEM_MAX_ORDER;
			block.fresh = true;
		}
		block.order = order_at(pfn, zone->end_pfn, block.order);
		visit(arg, &block);
		pfn += 1ul << block.order;
	}
	return true;
}
