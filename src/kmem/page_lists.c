/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_lists.c - pages that threads keep, between them and the zones
 *
 * A page list is a record (fast.h) per zone, order and migrate type: orders 0 to
 * 3, as the kernel's per-CPU lists have them. Pages of a list are not free as far as the
 * zone is concerned, so its marks do not count them. A list is refilled in
 * batches that stop at the mark in force, so that the marks hold to the page,
 * and gives its older half back when it is full.
 *
 * Where it differs from the kernel: a list is a thread's, not a CPU's; it goes
 * home with its thread.
 */
#include "internal.h"

#define BATCH_MAX 64

/* What a list of @order holds at most: the kernel's four batches, in pages. */
static unsigned int list_capacity(const struct zone *zone, unsigned int order)
{
	return MAX((4 * zone->batch) >> order, 4u);
}

static unsigned int list_batch(const struct zone *zone, unsigned int order)
{
	return MAX(zone->batch >> order, 2u);
}

/*
 * Takes a batch from the zone: the first block for the caller, the others for
 * its list, stacked so that they come out in ascending order too.
 */
static struct page *take_batch(struct zone *zone, unsigned int order,
			       enum migratetype type, unsigned int flags,
			       struct kmem_record *r, unsigned long nr)
{
	void *block[BATCH_MAX];
	unsigned long n = 0;

	nr = MIN(nr, (unsigned long)(r->capacity - kmem_record_count(r)) + 1);
	while (n < nr && (block[n] = buddy_take(zone, order, type, flags)))
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
 * the zone's, so it is taken whether the zone has anything or not. Lists are
 * not filled from the atomic reserve.
 */
struct page *page_list_take(struct zone *zone, unsigned int order,
			    enum migratetype type, unsigned long floor,
			    unsigned int flags)
{
	struct kmem_record *r = NULL;
	struct page *page = NULL;
	bool listed = false;
	unsigned long spare;

	if (order < PAGE_LIST_ORDERS && thread_get()) {
		r = thread_record(page_slot(zone->index, order, type));
		page = kmem_record_pop(r);
		if (page)
			return page;
		record_lock(r);
		listed = !(flags & ALLOC_HIGHATOMIC) &&
			 record_open(r, list_capacity(zone, order));
	}
	lock(&zone->lock, LOCK_ZONE);
	spare = zone_spare_blocks(zone, order, floor);
	if (spare && listed)
		page = take_batch(zone, order, type, flags, r,
				  MIN(spare, list_batch(zone, order)));
	else if (spare)
		page = buddy_take(zone, order, type, flags);
	unlock(&zone->lock);
	if (r)
		record_unlock(r);
	return page;
}

static void __zone_give(struct zone *zone, unsigned int order, void **pages,
			unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		buddy_give(zone, pages[i], order, false);
}

void zone_give(struct zone *zone, unsigned int order, void **pages,
	       unsigned int nr)
{
	lock(&zone->lock, LOCK_ZONE);
	__zone_give(zone, order, pages, nr);
	unlock(&zone->lock);
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

/* The list is full, or closed; pages of the atomic reserve have none. */
void page_list_give(struct zone *zone, struct page *page, unsigned int order)
{
	enum migratetype type = pageblock_type(__page_to_pfn(page));
	struct kmem_record *r;
	void *one = page;

	if (order >= PAGE_LIST_ORDERS || type >= MIGRATE_PCPTYPES ||
	    !thread_get()) {
		zone_give(zone, order, &one, 1);
		return;
	}
	r = thread_record(page_slot(zone->index, order, type));
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

/* The page list that a slot stands for. */
struct list_of {
	struct zone *zone;
	unsigned int order;
};

static struct list_of list_of_slot(unsigned int slot)
{
	return (struct list_of){ &kmem.zone[slot / ZONE_SLOTS],
				 slot % ZONE_SLOTS / MIGRATE_TYPES };
}

static void give_list(void *arg, void **pages, unsigned int nr)
{
	struct list_of *list = arg;

	zone_give(list->zone, list->order, pages, nr);
}

#define for_each_page_slot(slot)                                               \
	for (unsigned int slot = 0; slot < page_slots(); slot++)

void drain_all_pages(void)
{
	if (!kmem_up())
		return;
	for_each_page_slot(slot) {
		struct list_of list = list_of_slot(slot);

		/* A page parked just now may be missed: it came later. */
		if (record_parked(slot))
			record_drain(slot, give_list, &list);
	}
}

/* The thread is ending; its lists go home. */
void page_thread_exit(struct thread *t)
{
	for_each_page_slot(slot) {
		struct list_of list = list_of_slot(slot);

		record_close(&t->record[slot], give_list, &list);
	}
}

/* Pages of the zone in all threads' lists. */
uint64_t pages_parked(const struct zone *zone)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < ZONE_SLOTS; i++)
		sum += record_parked(zone->index * ZONE_SLOTS + i)
		       << i / MIGRATE_TYPES;
	return sum;
}
