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
static __attribute__((noinline)) void wipe(struct page *page,
					   unsigned int order)
{
	if (kmem.page_poison)
		block_poison(page, order);
	else if (kmem.init_on_free)
		block_clear(page, order);
}

/*
 * A block without a reference goes on a page list, that of the type which was
 * asked for, or to its zone. @word is what its struct page says; of that only
 * the type and the count change.
 */
static inline __attribute__((always_inline)) void
release(struct page *page, uint64_t word, unsigned int order)
{
	struct kmem_record *r = NULL;

	if (unlikely(kmem.wipe_pages))
		wipe(page, order);
	counter_set(page->word, (uint32_t)(word & ~0xffull) | PAGE_PARKED);
	if (likely(order < PAGE_LIST_ORDERS))
		r = thread_record(counter_read(page->slot) +
				  order * MIGRATE_TYPES);
	if (unlikely(!r || !kmem_record_push(r, page)))
		page_list_give(&kmem.zone[page->zone], page, order);
}

void block_free(struct page *page, unsigned int order)
{
	counter_set(page->order, (uint8_t)order);
	release(page, counter_read(page->word), order);
}

/*
 * The pages behind the first, as the blocks they fall into. Nothing was said of
 * them so far.
 */
static void free_tails(struct page *page, unsigned int order)
{
	while (order-- > 0) {
		struct page *tail = page + (1ul << order);

		tail->zone = page->zone;
		tail->node = page->node;
		counter_set(tail->slot, page->slot);
		block_free(tail, order);
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
	if (page_ref_drop(page))
		block_free(page, order);
	else if (!unit)
		free_tails(page, order);
}

/* Everything but the last reference to a block that may be freed so. */
static __attribute__((noinline)) void free_unusual(struct page *page,
						   unsigned int order)
{
	if (!page)
		return;
	if (!is_map_entry(page) || page_type(page) != PAGE_USED ||
	    counter_read(page->order) != order ||
	    counter_read(page->refcount) <= 0)
		complain_of_free(page, order, "__free_pages");
	else
		drop_shared(page, order);
}

/*
 * The hot pair with alloc_pages(): all that is to be checked is in one word,
 * which was written when the block was allocated. Who sees one reference there
 * holds it, and sees what others did before they dropped theirs.
 */
void __free_pages(struct page *page, unsigned int order)
{
	const uint64_t care = UINT32_MAX * (1ull << PAGE_WORD_REFS) | 0xff;
	uint64_t word;

	if (unlikely(!is_map_entry(page))) {
		free_unusual(page, order);
		return;
	}
	word = __atomic_load_n(&page->word, __ATOMIC_ACQUIRE);
	if (likely((word & care) == (1ull << PAGE_WORD_REFS | PAGE_USED) &&
		   (uint8_t)(word >> PAGE_WORD_ORDER) == order))
		release(page, word, order);
	else
		free_unusual(page, order);
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
	if (unlikely(kmem.wipe_pages))
		wipe(page, order);
	counter_set(page->refcount, 0);
	zone_free(&kmem.zone[page->zone], order, page);
}

/* The same, behind all others on the zone's list. */
void block_free_last(struct page *page, unsigned int order)
{
	struct zone *zone = &kmem.zone[page->zone];

	if (unlikely(kmem.wipe_pages))
		wipe(page, order);
	counter_set(page->refcount, 0);
	lock(&zone->lock, LOCK_ZONE);
	counter_add(zone->returned, 1ul << order);
	buddy_give(zone, page, order, true);
	unlock(&zone->lock);
}
