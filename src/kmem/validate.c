/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * validate.c - do the structures say what they should?
 *
 * Each function checks the invariants that the head of the file it looks into
 * states, under that file's locks, reports every fault and returns how many.
 * Nothing is repaired. All may run while other threads allocate: only facts
 * that a held lock keeps still are compared.
 */
#include "internal.h"

/* Counts a fault and says what it is. */
#define FAULT(faults, ...)                                                     \
	do {                                                                   \
		kmem_report(__VA_ARGS__);                                      \
		(faults)++;                                                    \
	} while (0)

/* ---- slabs ---- */

/*
 * Length of a slab's free list, or -1 when it is not one: a link out of the
 * slab, into the middle of an object, or in a circle.
 */
static int count_free(const struct kmem_cache *s, const struct page *slab)
{
	void *object = slab->freelist;
	int n = 0;

	while (object) {
		if (n++ == slab->objects || slab_of(object) != slab ||
		    slab_index(s, slab, object) < 0)
			return -1;
		object = slab_next_free(s, object);
	}
	return n;
}

/* slab.c: inuse + length of the free list = objects; the tails lead home. */
static unsigned int check_slab(const struct kmem_cache *s,
			       const struct page *slab)
{
	unsigned long pfn = __page_to_pfn(slab);
	unsigned int faults = 0;
	int free;

	lock_assert_held(&s->lock);
	if (page_type(slab) != PAGE_SLAB || slab->cache != s) {
		FAULT(faults, "validate %s: pfn %lu is not its slab", s->name,
		      pfn);
		return faults;
	}
	if (slab->objects !=
	    (unsigned int)(KMEM_PAGE_SIZE << slab->order) / s->layout.size)
		FAULT(faults, "validate %s: slab %lu holds %u objects", s->name,
		      pfn, slab->objects);
	free = count_free(s, slab);
	if (free < 0)
		FAULT(faults, "validate %s: slab %lu: free list broken",
		      s->name, pfn);
	else if (slab->inuse + free != slab->objects)
		FAULT(faults, "validate %s: slab %lu: %u in use, %d free of %u",
		      s->name, pfn, slab->inuse, free, slab->objects);
	for (unsigned int i = 1; i < 1u << slab->order; i++)
		if (page_type(&slab[i]) != PAGE_TAIL || slab[i].tail != i)
			FAULT(faults, "validate %s: slab %lu: page %u strayed",
			      s->name, pfn, i);
	for (unsigned int i = 0; i < 1u << slab->order; i++)
		if (kmem.bin[pfn + i] != (s->on_free ? 0 : s->bin))
			FAULT(faults,
			      "validate %s: slab %lu: page %u in bin %u",
			      s->name, pfn, i, kmem.bin[pfn + i]);
	return faults;
}

/* What the slabs say that the node's counts must say too. */
struct slab_sums {
	uint64_t slabs;
	uint64_t total;
	uint64_t inuse;
};

/* slab.c: full slabs on one list, all others on the other. */
static unsigned int check_slab_list(struct kmem_cache *s, unsigned int node,
				    struct list_head *list, bool full,
				    struct slab_sums *sums)
{
	struct page *slab, *next;
	unsigned int faults = 0;

	/* What debugging mends may move the slab to the other list. */
	list_for_each_entry_safe(slab, next, list, list) {
		if (cache_debugs(s))
			faults += slab_debug_validate(s, slab);
		faults += check_slab(s, slab);
		if (slab->node != node || page_to_nid(slab) != (int)node)
			FAULT(faults, "validate %s: slab %lu is of node %d",
			      s->name, __page_to_pfn(slab), page_to_nid(slab));
		if (slab->full != full)
			continue;
		if ((slab->freelist == NULL) != full)
			FAULT(faults, "validate %s: slab %lu on the wrong list",
			      s->name, __page_to_pfn(slab));
		sums->slabs++;
		sums->total += slab->objects;
		sums->inuse += slab->inuse;
	}
	return faults;
}

/* sheaf.c: a barn has objects of its node alone. */
static unsigned int check_barn(const struct kmem_cache *s, unsigned int node)
{
	const struct barn *barn = &s->node[node].barn;
	unsigned int faults = 0;

	for (unsigned int i = 0; i < barn->nr_full; i++) {
		for (unsigned int k = 0; k < s->layout.sheaf_capacity; k++) {
			const struct page *slab = slab_of(barn->full[i][k]);

			if (!slab || slab->cache != s || slab->node != node)
				FAULT(faults,
				      "validate %s: %p is no object of node %u",
				      s->name, barn->full[i][k], node);
		}
	}
	return faults;
}

static unsigned int check_node(struct kmem_cache *s, unsigned int i)
{
	struct slab_sums partial = { 0 }, full = { 0 };
	struct cache_node *node = &s->node[i];
	unsigned int faults;

	faults = check_slab_list(s, i, &node->partial, false, &partial);
	faults += check_slab_list(s, i, &node->full, true, &full);
	if (partial.slabs != node->nr_partial ||
	    partial.slabs + full.slabs != node->nr_slabs)
		FAULT(faults, "validate %s: slabs counted wrong", s->name);
	if (partial.total != node->partial_total ||
	    partial.total + full.total != node->total)
		FAULT(faults, "validate %s: capacity counted wrong", s->name);
	if (partial.inuse + full.inuse != node->out)
		FAULT(faults, "validate %s: %llu objects out, slabs say %llu",
		      s->name, (unsigned long long)node->out,
		      (unsigned long long)(partial.inuse + full.inuse));
	return faults + check_barn(s, i);
}

static unsigned int check_nodes(struct kmem_cache *s)
{
	unsigned int faults = 0;

	lock(&s->lock, LOCK_SLABS);
	for (unsigned int i = 0; i < kmem.nr_nodes; i++)
		faults += check_node(s, i);
	if (cache_sum(s, out) != s->out)
		FAULT(faults, "validate %s: %llu objects out, nodes say %llu",
		      s->name, (unsigned long long)s->out,
		      (unsigned long long)cache_sum(s, out));
	unlock(&s->lock);
	return faults;
}

/* ---- parked objects ---- */

struct parked_check {
	struct kmem_cache *cache;
	unsigned int faults;
};

/* Bounded, for a list that may be a circle. */
static bool is_free(const struct kmem_cache *s, const struct page *slab,
		    const void *object)
{
	int n = 0;

	for (void *p = slab->freelist; p && n <= slab->objects; n++) {
		if (p == object)
			return true;
		p = slab_next_free(s, p);
	}
	return false;
}

/*
 * fast.h: what is parked is an object of the cache, outside its slab's free
 * list, and parked once. The drainer holds the record still meanwhile.
 */
static void check_parked(void *arg, void **objects, unsigned int nr)
{
	struct parked_check *check = arg;
	struct kmem_cache *s = check->cache;

	lock(&s->lock, LOCK_SLABS);
	for (unsigned int i = 0; i < nr; i++) {
		const struct page *slab = slab_of(objects[i]);

		if (!slab || slab->cache != s ||
		    slab_index(s, slab, objects[i]) < 0)
			FAULT(check->faults,
			      "validate %s: %p is parked but no object",
			      s->name, objects[i]);
		else if (is_free(s, slab, objects[i]))
			FAULT(check->faults,
			      "validate %s: %p is parked and free", s->name,
			      objects[i]);
		for (unsigned int j = 0; j < i; j++)
			if (objects[j] == objects[i])
				FAULT(check->faults,
				      "validate %s: %p is parked twice",
				      s->name, objects[i]);
	}
	unlock(&s->lock);
}

unsigned int kmem_cache_validate(struct kmem_cache *s)
{
	struct parked_check check = { s, 0 };

	record_walk(s->slot, check_parked, &check);
	return check.faults + check_nodes(s);
}

unsigned int kmem_slab_validate(const void *object)
{
	struct page *slab = slab_of(object);
	struct kmem_cache *s;
	unsigned int faults = 0;

	if (!slab) {
		FAULT(faults, "validate: %p is in no slab", object);
		return faults;
	}
	s = slab->cache;
	lock(&s->lock, LOCK_SLABS);
	faults = check_slab(s, slab);
	if (slab_index(s, slab, object) < 0)
		FAULT(faults, "validate %s: %p is not the start of an object",
		      s->name, object);
	unlock(&s->lock);
	return faults;
}

/* ---- blocks of pages ---- */

/* pageblock.c: the reserve of atomic requests does not melt into others. */
static bool should_merge(unsigned long pfn, unsigned int order)
{
	unsigned long other = pfn ^ (1ul << order);
	const struct page *buddy = kmem.map + other;

	return order < KMEM_MAX_ORDER && page_type(buddy) == PAGE_BUDDY &&
	       buddy->order == order &&
	       (pageblock_type(pfn) == MIGRATE_HIGHATOMIC) ==
		       (pageblock_type(other) == MIGRATE_HIGHATOMIC);
}

/*
 * buddy.c: aligned, inside the touched part, merged if it could be, and all of
 * its pageblocks of the type that the list is for.
 */
static unsigned int check_free_block(const struct zone *zone,
				     const struct page *page,
				     unsigned int order, enum migratetype type)
{
	unsigned long pfn = __page_to_pfn(page), end = pfn + (1ul << order);
	unsigned int faults = 0;

	if (page_type(page) != PAGE_BUDDY || page->order != order ||
	    pfn & ((1ul << order) - 1) || pfn < zone->start_pfn ||
	    end > zone->fresh_pfn) {
		FAULT(faults, "validate %s: pfn %lu is no free block of %u",
		      zone->name, pfn, order);
		return faults;
	}
	/* kmalloc.c: what is no slab has none. */
	for (unsigned long i = pfn; i < end; i++)
		if (kmem.bin[i])
			FAULT(faults, "validate %s: free pfn %lu in bin %u",
			      zone->name, i, kmem.bin[i]);
	if (should_merge(pfn, order))
		FAULT(faults,
		      "validate %s: pfn %lu and its buddy did not merge",
		      zone->name, pfn);
	for (unsigned long i = pfn; i < end; i += PAGEBLOCK_PAGES)
		if (pageblock_type(i) != type)
			FAULT(faults,
			      "validate %s: pfn %lu of order %u on the list "
			      "of type %d",
			      zone->name, pfn, order, (int)type);
	return faults;
}

/*
 * Free blocks by walking the map, to find those that overlap or hide. Only
 * "free" is looked at: any other type may be changing hands just now.
 */
static unsigned int check_map(const struct zone *zone, unsigned long expect)
{
	unsigned long pfn = zone->start_pfn, pages = 0;
	unsigned int faults = 0;

	while (pfn < zone->fresh_pfn) {
		const struct page *page = kmem.map + pfn;
		unsigned long end = pfn + 1;

		if (page_type(page) == PAGE_BUDDY) {
			end = pfn + (1ul << page->order);
			pages += end - pfn;
		}
		for (pfn++; pfn < end; pfn++)
			if (page_type(kmem.map + pfn) == PAGE_BUDDY)
				FAULT(faults,
				      "validate %s: pfn %lu is free twice",
				      zone->name, pfn);
	}
	if (pages != expect)
		FAULT(faults, "validate %s: %lu pages on lists, %lu in the map",
		      zone->name, expect, pages);
	return faults;
}

/* What the lists say that the zone's counts must say too. */
struct free_sums {
	unsigned long pages;
	unsigned long absent;
	unsigned long large;
};

/* One list: its blocks, and what is counted of them. */
static unsigned int check_free_list(struct zone *zone, unsigned int order,
				    enum migratetype type,
				    struct free_sums *sums)
{
	struct free_area *area = &zone->free_area[order];
	unsigned long blocks = 0;
	unsigned int faults = 0;
	bool absent = false;
	struct page *page;

	list_for_each_entry(page, &area->list[type], list) {
		faults += check_free_block(zone, page, order, type);
		blocks++;
		if (page->absent)
			sums->absent += 1ul << order;
		else if (order >= RELEASE_ORDER)
			sums->large += 1ul << order;
		if (order >= RELEASE_ORDER && absent && !page->absent)
			FAULT(faults,
			      "validate %s: pfn %lu is behind absent ones",
			      zone->name, __page_to_pfn(page));
		absent = page->absent;
	}
	if (blocks != area->nr[type])
		FAULT(faults, "validate %s: order %u, type %d counted wrong",
		      zone->name, order, (int)type);
	if (!!(zone->orders[type] & 1u << order) != (blocks != 0))
		FAULT(faults, "validate %s: order %u, type %d marked wrong",
		      zone->name, order, (int)type);
	sums->pages += blocks << order;
	return faults;
}

static unsigned int check_pageblocks(const struct zone *zone)
{
	unsigned long nr[MIGRATE_TYPES] = { 0 };
	unsigned int faults = 0;

	for (unsigned long pfn = zone->start_pfn; pfn < zone->end_pfn;
	     pfn += PAGEBLOCK_PAGES)
		nr[pageblock_type(pfn)]++;
	for (int type = 0; type < MIGRATE_TYPES; type++)
		if (nr[type] != zone->nr_pageblocks[type])
			FAULT(faults,
			      "validate %s: pageblocks of type %d counted wrong",
			      zone->name, type);
	return faults;
}

unsigned int kmem_zone_validate(unsigned int i)
{
	struct free_sums sums = { 0 };
	unsigned int faults = 0;
	unsigned long before;
	struct zone *zone;

	if (!kmem_up() || i >= kmem.nr_zones)
		return 0;
	zone = &kmem.zone[i];
	lock(&zone->lock, LOCK_ZONE);
	for (int type = 0; type < MIGRATE_TYPES; type++) {
		before = sums.pages;
		for (unsigned int order = 0; order < KMEM_NR_ORDERS; order++)
			faults += check_free_list(
				zone, order, (enum migratetype)type, &sums);
		if (type == MIGRATE_HIGHATOMIC &&
		    sums.pages - before != zone->free_highatomic)
			FAULT(faults, "validate %s: reserve counted wrong",
			      zone->name);
	}
	faults += check_pageblocks(zone);
	faults += check_map(zone, sums.pages);
	if (sums.absent != zone->absent || sums.large != zone->large)
		FAULT(faults, "validate %s: memory counted wrong", zone->name);
	if (sums.pages + (zone_fresh_blocks(zone) << KMEM_MAX_ORDER) !=
	    zone->free_pages)
		FAULT(faults, "validate %s: free pages counted wrong",
		      zone->name);
	unlock(&zone->lock);
	return faults;
}

unsigned int kmem_block_validate(const struct page *page, unsigned int order)
{
	unsigned long pfn = __page_to_pfn(page);
	struct zone *zone = &kmem.zone[page->zone];
	unsigned int faults = 0;

	if ((page_type(page) != PAGE_USED && page_type(page) != PAGE_LARGE) ||
	    page->order != order || pfn & ((1ul << order) - 1))
		FAULT(faults,
		      "validate: pfn %lu is no block of order %u in use", pfn,
		      order);
	lock(&zone->lock, LOCK_ZONE);
	for (unsigned long i = 0; i < 1ul << order; i++)
		if (page_type(page + i) == PAGE_BUDDY)
			FAULT(faults, "validate: pfn %lu is in use and free",
			      pfn + i);
	for (unsigned int o = order + 1; o <= KMEM_MAX_ORDER; o++) {
		const struct page *above = kmem.map + (pfn & ~((1ul << o) - 1));

		if (above != page && page_type(above) == PAGE_BUDDY &&
		    above->order >= o)
			FAULT(faults, "validate: pfn %lu is in a free block",
			      pfn);
	}
	unlock(&zone->lock);
	return faults;
}

/* ---- pools ---- */

/* mempool_queue.c: linked both ways, counted, the oldest really waiting. */
static unsigned int check_queue(const mempool_t *pool)
{
	const struct mempool_request *r, *prev = NULL;
	unsigned int nr = 0, faults = 0;

	for (r = pool->first; r; prev = r, r = r->next, nr++)
		if (r->prev != prev)
			FAULT(faults, "validate %s: queue broken",
			      pool->cold->name);
	if (nr != pool->waiters || pool->last != prev)
		FAULT(faults, "validate %s: %u wait, %u counted",
		      pool->cold->name, nr, pool->waiters);
	if (pool->first && pool->first->nr <= (unsigned int)pool->curr_nr)
		FAULT(faults, "validate %s: the oldest waits for nothing",
		      pool->cold->name);
	return faults;
}

unsigned int mempool_validate(mempool_t *pool)
{
	unsigned int faults = 0;

	pool_lock(pool);
	if (pool->curr_nr < 0 || pool->curr_nr > pool_capacity(pool))
		FAULT(faults, "validate %s: %d elements of %d",
		      pool->cold->name, pool->curr_nr, pool->min_nr);
	else
		for (int i = 0; i < pool->curr_nr; i++)
			if (!pool->elements[i])
				FAULT(faults, "validate %s: element %d is NULL",
				      pool->cold->name, i);
	if (pool->cold->low > pool->curr_nr)
		FAULT(faults, "validate %s: low %d above curr_nr %d",
		      pool->cold->name, pool->cold->low, pool->curr_nr);
	faults += check_queue(pool);
	pool_unlock(pool);
	return faults;
}

/* ---- everything ---- */

static unsigned int validate_cache(uint64_t serial)
{
	struct kmem_cache *s = kmem_cache_pin(serial);
	unsigned int faults;

	if (!s)
		return 0;
	faults = kmem_cache_validate(s);
	kmem_cache_unpin(s);
	return faults;
}

static unsigned int validate_pool(uint64_t serial)
{
	mempool_t *pool = mempool_pin(serial);
	unsigned int faults;

	if (!pool)
		return 0;
	faults = mempool_validate(pool);
	mempool_unpin(pool);
	return faults;
}

/*
 * By serial and pin: what is listed may go while we look at another. What could
 * not be looked at is not called sound.
 */
static unsigned int validate_all(size_t (*list)(uint64_t *serials, size_t max),
				 unsigned int (*validate)(uint64_t serial))
{
	size_t nr = list(NULL, 0), found;
	size_t bytes = nr * sizeof(uint64_t);
	unsigned int faults = 0;
	uint64_t *serials;

	if (!nr)
		return 0;
	serials = kmem_meta_alloc(bytes);
	if (!serials) {
		FAULT(faults, "validate: no memory for %zu serials", nr);
		return faults;
	}
	found = list(serials, nr);
	for (size_t i = 0; i < MIN(nr, found); i++)
		faults += validate(serials[i]);
	kmem_meta_free(serials, bytes);
	return faults;
}

unsigned int kmem_validate(void)
{
	unsigned int faults = 0;

	if (!kmem_up())
		return 0;
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		faults += kmem_zone_validate(i);
	faults += vm_areas_validate();
	faults += validate_all(kmem_cache_serials, validate_cache);
	faults += kmem_iomem_validate();
	return faults + validate_all(mempool_serials, validate_pool);
}
