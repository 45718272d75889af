/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_free.c - the way back: where a block goes when nobody refers to it
 *
 * A block goes to the calling thread's page list if its order has one, else to
 * its zone. Before that its struct page says whether it may be freed so, see
 * page_check.c.
 *
 * Where it differs from the kernel: a wrong free is reported and refused, in
 * every build; the block stays as it was.
 */
#include "internal.h"

/* What is in the memory must not be there for the next: cleared or poisoned. */
static inline void wipe(struct page *page, unsigned int order)
{
	if (unlikely(kmem.page_poison))
		block_poison(page, order);
	else if (unlikely(kmem.init_on_free))
		block_clear(page, order);
}

/* Without a reference: to the list, or to the zone. */
static inline void release(struct page *page, unsigned int order)
{
	struct kmem_record *r = NULL;

	wipe(page, order);
	page_set_type(page, PAGE_PARKED);
	if (order < PAGE_LIST_ORDERS)
		r = thread_record(
			page_slot(page->zone, order,
				  pageblock_type(__page_to_pfn(page))));
	if (unlikely(!r || !kmem_record_push(r, page)))
		page_list_give(&kmem.zone[page->zone], page, order);
}

void block_free(struct page *page, unsigned int order)
{
	release(page, order);
}

/*
 * The pages behind the first, as the blocks they fall into. Nothing was said of
 * them so far.
 */
static void release_tails(struct page *page, unsigned int order)
{
	while (order-- > 0) {
		struct page *tail = page + (1ul << order);

		tail->zone = page->zone;
		tail->node = page->node;
		counter_set(tail->order, (uint8_t)order);
		release(tail, order);
	}
}

/*
 * Somebody else refers to the block. If it is no unit, all but its first page
 * go now, so that his put, which is of one page, loses nothing. The order says
 * so before the reference is dropped: he may drop his at any time after that.
 */
static void drop_shared(struct page *page, unsigned int order)
{
	bool unit = page->compound;

	if (!unit)
		counter_set(page->order, 0);
	if (page_ref_drop(page)) {
		counter_set(page->order, (uint8_t)order);
		release(page, order);
	} else if (!unit) {
		release_tails(page, order);
	}
}

/*
 * The hot pair with alloc_pages(): the checks read what the block's own struct
 * page says, which was written when it was allocated.
 */
void __free_pages(struct page *page, unsigned int order)
{
	if (!page)
		return;
	if (unlikely(!is_block_in_use(page, order))) {
		complain_of_free(page, order, "__free_pages");
		return;
	}
	if (unlikely(__atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE) != 1)) {
		drop_shared(page, order);
		return;
	}
	counter_set(page->refcount, 0);
	release(page, order);
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
	wipe(page, order);
	counter_set(page->refcount, 0);
	zone_free(&kmem.zone[page->zone], order, page);
}

/* The same, behind all others on the zone's list. */
void block_free_last(struct page *page, unsigned int order)
{
	struct zone *zone = &kmem.zone[page->zone];

	wipe(page, order);
	counter_set(page->refcount, 0);
	lock(&zone->lock, LOCK_ZONE);
	counter_add(zone->returned, 1ul << order);
	buddy_give(zone, page, order, true);
	unlock(&zone->lock);
}
