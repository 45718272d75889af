/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_release.c - memory that goes back to the system
 *
 * Free blocks of 2 MiB and more need not keep the memory behind them: the
 * system takes it, and gives zeroes when the block is touched again, at the cost
 * of memory that is touched for the first time. That happens at once on demand,
 * and by itself, where there is a background thread, to blocks that were free
 * for one period in a zone above its high mark: as many as there were at the
 * worst moment of the period.
 *
 * A block is off the lists while the system takes its memory, so that no lock is
 * held across the call: for that time there is one free block less. Absent
 * blocks stay on the lists, behind all others.
 *
 * Where it differs from the kernel: it has no system below it to give memory
 * back to, but for the host of a virtual machine.
 */
#include "internal.h"

/* Up to @most pages, and what the last block has more than that. */
static unsigned long release(struct zone *zone, unsigned long most)
{
	unsigned long done = 0;
	unsigned int order;
	struct page *page;
	int err = 0;

	while (done < most && !err) {
		lock(&zone->lock, LOCK_ZONE);
		page = buddy_take_present(zone, &order);
		unlock(&zone->lock);
		if (!page)
			break;
		block_forget_poison(page, order);
		err = os_arena_return(&kmem.arena,
				      __page_to_pfn(page) << KMEM_PAGE_SHIFT,
				      KMEM_PAGE_SIZE << order);
		lock(&zone->lock, LOCK_ZONE);
		buddy_give_back(zone, page, order, !err);
		unlock(&zone->lock);
		if (!err)
			done += 1ul << order;
	}
	return done;
}

unsigned long kmem_release_free_pages(void)
{
	unsigned long done = 0;

	if (!kmem_up())
		return 0;
	drain_all_pages();
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		done += release(&kmem.zone[i], ~0ul);
	return done;
}

/* Pages in large blocks that nobody needed in the period that ends now. */
static unsigned long idle_pages(struct zone *zone, uint64_t now_ns)
{
	unsigned long idle = 0;

	lock(&zone->lock, LOCK_ZONE);
	if (!zone->looked_ns) {
		zone->looked_ns = now_ns;
		zone->large_least = zone->large;
	} else if (now_ns - zone->looked_ns >= RELEASE_PERIOD_NS) {
		if (zone->free_pages > counter_read(zone->high))
			idle = zone->large_least;
		zone->looked_ns = now_ns;
		zone->large_least = zone->large;
	}
	unlock(&zone->lock);
	return idle;
}

/* Called from time to time, by one thread. */
void page_release_idle(uint64_t now_ns)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		release(&kmem.zone[i], idle_pages(&kmem.zone[i], now_ns));
}

/* Is there anything for which to look again after a period? */
bool page_release_pending(void)
{
	unsigned long large = 0;

	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		struct zone *zone = &kmem.zone[i];

		lock(&zone->lock, LOCK_ZONE);
		large += zone->large;
		unlock(&zone->lock);
	}
	return large;
}
