/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_set.c - how many pages a thread may keep
 *
 * A page set is one thread's lists of one zone, together. Its sizes follow the
 * kernel's formulas, with the virtual CPUs of the zone's node:
 *
 *	batch     a 4096th of the zone, at most 64, as a power of two less one
 *	high_min  the thread's share of the low mark, at least four batches
 *	high_max  its share of an eighth of the zone
 *	high      between them: a batch more with each refill, an eighth less
 *	          with each second
 *
 * A set whose thread allocates much is refilled in larger and larger steps, one
 * whose thread frees much gives back in larger and larger ones.
 *
 * Where it differs from the kernel: numbers change where a thread comes by with
 * a list that is empty or full, not with each page, and so does the decay: a
 * thread that does nothing keeps what it has until somebody drains it.
 */
#include "internal.h"

#define SECOND_NS 1000000000ull
/* Steps grow up to this many doublings of a batch. */
#define SCALE_MAX 5
#define DECAY_MAX 32

/* ---- sizes ---- */

/* @fraction: of the zone that all lists may hold; 0: by the formulas above. */
void page_set_limits(unsigned long managed, unsigned long low,
		     unsigned int cpus, unsigned int fraction,
		     struct page_set_limits *ret_limits)
{
	unsigned long batch = MIN(managed >> 12, 64ul);
	unsigned long least, most;

	batch += batch / 2;
	batch = batch < 2 ? 1 : (1ul << (63 - __builtin_clzl(batch))) - 1;
	least = fraction ? managed / fraction / cpus : low / cpus;
	most = managed / (fraction ? fraction : 8) / cpus;
	*ret_limits = (struct page_set_limits){
		.batch = (unsigned int)batch,
		.high_min = (unsigned int)MAX(least, 4 * batch),
		.high_max = (unsigned int)MAX(most, 4 * batch),
	};
}

/* After anything that they follow from has changed; under LOCK_SYSCTL. */
void zones_set_page_sets(void)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		struct zone *zone = &kmem.zone[i];
		unsigned int cpus = node_cpus(zone->node);
		struct page_set_limits limits;

		/* A node without CPUs is used by those of all others. */
		page_set_limits(zone_managed(zone), counter_read(zone->low),
				cpus ? cpus : kmem.cpus,
				kmem.page_list_fraction, &limits);
		counter_set(zone->batch, limits.batch);
		counter_set(zone->high_min, limits.high_min);
		counter_set(zone->high_max, limits.high_max);
	}
}

/* ---- one thread's set ---- */

static void set_high(struct page_set *set, const struct zone *zone,
		     unsigned int high)
{
	unsigned int least = counter_read(zone->high_min);
	unsigned int most = MAX(least, counter_read(zone->high_max));

	counter_set(set->high, MAX(least, MIN(high, most)));
}

/* Pages in the set's lists; exact for its own thread. */
unsigned long page_set_count(const struct thread *t, const struct zone *zone)
{
	const struct kmem_record *r = &t->record[page_slot(zone->index, 0, 0)];
	unsigned long pages = 0;

	for (unsigned int i = 0; i < ZONE_SLOTS; i++)
		pages += (unsigned long)kmem_record_count(&r[i])
			 << i / MIGRATE_TYPES;
	return pages;
}

/* A list of @order is empty: how many blocks it should get. */
unsigned int page_set_refill(struct thread *t, const struct zone *zone,
			     unsigned int order)
{
	struct page_set *set = &t->page_set[zone->index];
	unsigned int batch = counter_read(zone->batch), nr;
	long most;

	set->free_count >>= 1;
	set_high(set, zone, set->high + batch);
	most = (long)set->high - (long)page_set_count(t, zone) - (long)batch;
	most = MAX(most, (long)batch);
	if (order) {
		nr = MIN(batch, (unsigned int)most);
		return nr > 1 ? MAX(nr >> order, 2u) : 1;
	}
	nr = batch << set->alloc_factor;
	if ((long)nr <= most && set->alloc_factor < SCALE_MAX)
		set->alloc_factor++;
	return (unsigned int)MIN((long)nr, most);
}

/* What was needed once is not for ever; a second is one step. */
static void decay(struct page_set *set, const struct zone *zone,
		  unsigned long count)
{
	unsigned int batch = counter_read(zone->batch);
	uint64_t now = os_now_ns() / SECOND_NS;
	uint64_t steps = MIN(now - set->decayed_s, (uint64_t)DECAY_MAX);
	long high = set->high;

	set->decayed_s = now;
	while (steps--)
		high = MAX((long)count - ((long)batch << SCALE_MAX),
			   high - high / 8);
	set_high(set, zone, (unsigned int)MAX(high, 0l));
}

/* A list is full of @freed pages more: how many the set should give back. */
unsigned long page_set_excess(struct thread *t, const struct zone *zone,
			      unsigned int freed)
{
	struct page_set *set = &t->page_set[zone->index];
	unsigned long count = page_set_count(t, zone), batch;

	batch = counter_read(zone->batch);
	set->alloc_factor >>= 1;
	set->free_count = (uint32_t)MIN((unsigned long)set->free_count + freed,
					batch << SCALE_MAX);
	decay(set, zone, count);
	if (count < set->high)
		return 0;
	if (set->high < set->free_count + batch)
		set_high(set, zone, (unsigned int)(set->free_count + batch));
	if (count < set->high)
		return 0;
	/* At least what it is above; a batch stays. */
	return MAX(MIN(MAX((unsigned long)set->free_count, batch),
		       set->high - batch),
		   count - set->high);
}

/* ---- what others want to know ---- */

bool kmem_pageset_info(unsigned int i, unsigned int cpu,
		       struct kmem_pageset_info *ret_info)
{
	const struct zone *zone;
	struct thread *t;

	if (!kmem_up() || i >= kmem.nr_zones || cpu >= kmem.cpus)
		return false;
	zone = &kmem.zone[i];
	*ret_info = (struct kmem_pageset_info){
		.batch = counter_read(zone->batch),
		.high_min = counter_read(zone->high_min),
		.high_max = counter_read(zone->high_max),
	};
	lock_reader_begin();
	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t) {
		unsigned int high = counter_read(t->page_set[i].high);

		if (t->slot % kmem.cpus != cpu)
			continue;
		ret_info->count += page_set_count(t, zone);
		ret_info->high = MAX(ret_info->high, high);
	}
	unlock(&thread_list_lock);
	lock_reader_end();
	return true;
}
