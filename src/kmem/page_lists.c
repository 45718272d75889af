/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_lists.c - pages that threads keep, between them and the zones
 *
 * A page list is a record (fast.h) per zone, order and migrate type: orders 0
 * to 3, as the kernel's per-CPU lists have them. Pages of a list are not free
 * as far as the zone is concerned, so its marks do not count them. A list is
 * refilled in batches that stop at the mark in force, so that the marks hold to
 * the page. How much a thread may keep of a zone, in all its lists together, is
 * said by page_set.c; a list's gate is as far as it may grow before its thread
 * has to ask there again.
 *
 * Where it differs from the kernel: a list is a thread's, not a CPU's; it goes
 * home with its thread. A page comes back to the list of the type that it was
 * asked for, not of its pageblock, which is known only to the zone.
 */
#include "internal.h"

#define LIST_LEAST 32u /* slots of a list to begin with */

/*
 * By the owner, under the record's lock: room for @more blocks, or for some.
 * The gate is never below what is there, or pops would fail.
 */
static bool list_widen(struct kmem_record *r, unsigned int more)
{
	unsigned int count = kmem_record_count(r);
	unsigned int want = MIN(count + more, KMEM_COUNT_MASK / 2 + 1);

	/* While somebody waits for pages, see page_wait.c, nobody keeps any. */
	if (!kmem.barrier || page_waiters_exist())
		return false;
	if (want > r->capacity) {
		unsigned int capacity = MAX(2 * r->capacity, LIST_LEAST);

		while (capacity < want)
			capacity *= 2;
		if (!record_grow(r, capacity))
			want = r->capacity;
	}
	if (want <= count)
		return false;
	counter_set(r->gate, want);
	return true;
}

/* Last in is first out: blocks that came in ascending order leave so too. */
static void reverse(void **blocks, unsigned long n)
{
	for (unsigned long i = 0; i < n / 2; i++) {
		void *block = blocks[i];

		blocks[i] = blocks[n - 1 - i];
		blocks[n - 1 - i] = block;
	}
}

/* Up to @nr blocks of the zone go on the list; the first is for the caller. */
static struct page *take_batch(struct zone *zone, unsigned int order,
			       enum migratetype type, unsigned int flags,
			       struct kmem_record *r, unsigned long nr)
{
	struct page *first = buddy_take(zone, order, type, flags);
	unsigned int held = kmem_record_count(r);
	unsigned long n = 1;

	for (; first && n < nr; n++) {
		struct page *page = buddy_take(zone, order, type, flags);

		if (!page)
			break;
		page_set_type(page, PAGE_PARKED);
		counter_set(page->order, (uint8_t)order);
		record_stock(r, page);
	}
	reverse(r->slots + held, kmem_record_count(r) - held);
	return first;
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
	unsigned long spare, nr = 1;
	struct page *page;

	if (order < PAGE_LIST_ORDERS && thread_get()) {
		r = thread_record(page_slot(zone->index, order, type));
		page = kmem_record_pop(r);
		if (page)
			return page;
		if (!(flags & ALLOC_HIGHATOMIC))
			nr = page_set_refill(thread_self, zone, order);
		record_lock(r);
		/* One is for the caller; the list may get less room than asked. */
		if (nr > 1 && list_widen(r, 2 * (unsigned int)nr))
			nr = MIN(nr, r->gate - kmem_record_count(r) + 1ul);
		else
			nr = 1;
	}
	lock(&zone->lock, LOCK_ZONE);
	spare = zone_spare_blocks(zone, order, floor, flags);
	if (spare && nr > 1)
		page = take_batch(zone, order, type, flags, r, MIN(spare, nr));
	else
		page = spare ? buddy_take(zone, order, type, flags) : NULL;
	if (page)
		counter_add(zone->handed, 1ul << order);
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

/* A free that goes past the lists. */
void zone_free(struct zone *zone, unsigned int order, struct page *page)
{
	lock(&zone->lock, LOCK_ZONE);
	counter_add(zone->returned, 1ul << order);
	buddy_give(zone, page, order, false);
	unlock(&zone->lock);
}

/* The @nr oldest of a list; the zone's lock makes it one step. */
static void list_trim(struct zone *zone, unsigned int order,
		      struct kmem_record *r, unsigned long nr)
{
	unsigned int n;

	record_lock(r);
	n = (unsigned int)MIN(nr, (unsigned long)kmem_record_count(r));
	lock(&zone->lock, LOCK_ZONE);
	__zone_give(zone, order, r->slots, n);
	record_drop_oldest(r, n);
	unlock(&zone->lock);
	record_unlock(r);
}

/* So many pages of the thread's lists go back, of each list its share. */
static void set_trim(struct thread *t, struct zone *zone, unsigned long pages)
{
	unsigned long count = page_set_count(t, zone);

	for (unsigned int i = 0; count && i < ZONE_SLOTS; i++) {
		struct kmem_record *r =
			&t->record[page_slot(zone->index, 0, 0) + i];
		unsigned int order = i / MIGRATE_TYPES;
		unsigned long nr = kmem_record_count(r);

		if (nr)
			list_trim(zone, order, r,
				  (pages * nr + count - 1) / count);
	}
}

/* The list is as long as its thread was last allowed, or closed. */
void page_list_give(struct zone *zone, struct page *page, unsigned int order)
{
	enum migratetype type = page_mobility(page);
	struct thread *t = thread_get();
	unsigned int batch = MAX(counter_read(zone->batch) >> order, 1u);
	struct kmem_record *r;
	unsigned long excess;

	if (order >= PAGE_LIST_ORDERS || !t) {
		zone_free(zone, order, page);
		return;
	}
	excess = page_set_excess(t, zone, batch << order);
	if (excess)
		set_trim(t, zone, excess);
	r = &t->record[page_slot(zone->index, order, type)];
	record_lock(r);
	if (list_widen(r, batch))
		record_put(r, page);
	else
		zone_free(zone, order, page);
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
	for_each_page_slot(slot)
	{
		struct list_of list = list_of_slot(slot);

		/* A page parked just now may be missed: it came later. */
		if (record_parked(slot))
			record_drain(slot, give_list, &list);
	}
}

/* For those who wait: all lists go home, and stay closed until nobody does. */
void page_lists_shut(void)
{
	for_each_page_slot(slot)
	{
		struct list_of list = list_of_slot(slot);

		record_shut(slot, give_list, &list);
	}
}

/* The counts of a list that is no more are the zone's. */
static void fold(struct zone *zone, unsigned int order, struct kmem_record *r)
{
	lock(&thread_list_lock, LOCK_THREADS);
	zone->folded_allocs += record_pops(r) << order;
	zone->folded_frees += record_pushes(r) << order;
	counter_set(r->state, 0);
	counter_set(r->moved, 0);
	unlock(&thread_list_lock);
}

/* The thread is ending; its lists go home. */
void page_thread_exit(struct thread *t)
{
	for_each_page_slot(slot)
	{
		struct kmem_record *r = &t->record[slot];
		struct list_of list = list_of_slot(slot);

		if (record_is_blank(r))
			continue;
		record_close(r, give_list, &list);
		fold(list.zone, list.order, r);
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

/**
 * zone_traffic() - pages that were ever given out, and taken back
 *
 * The fast paths count pops and pushes anyway; the rest goes through the zone.
 */
void zone_traffic(const struct zone *zone, uint64_t *ret_allocs,
		  uint64_t *ret_frees)
{
	uint64_t allocs = counter_read(zone->handed);
	uint64_t frees = counter_read(zone->returned);
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	allocs += zone->folded_allocs;
	frees += zone->folded_frees;
	for_each_thread(t) {
		for (unsigned int i = 0; i < ZONE_SLOTS; i++) {
			unsigned int slot = zone->index * ZONE_SLOTS + i;
			unsigned int order = i / MIGRATE_TYPES;

			allocs += record_pops(&t->record[slot]) << order;
			frees += record_pushes(&t->record[slot]) << order;
		}
	}
	unlock(&thread_list_lock);
	*ret_allocs = allocs;
	*ret_frees = frees;
}
