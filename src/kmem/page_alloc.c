/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_alloc.c - which zone serves a request, and how far it may go
 *
 * buddy.c knows blocks; here is the policy above it. An attempt goes through
 * these steps until one gives a page:
 *
 *	1  the calling thread's page list of the best zone (orders 0 to 3)
 *	2  each zone that the mask allows, in the order of the node's zonelist
 *	   (node.c), down to its low mark
 *	3  the same down to the min mark, or below it for __GFP_HIGH and
 *	   __GFP_MEMALLOC
 *	4  with __GFP_DIRECT_RECLAIM: all page lists drained, all empty slabs
 *	   released, and step 3 once more
 *
 * Where it differs from the kernel: step 1 does not look at the marks (its
 * pages count as taken already). There is no page cache to reclaim, no kswapd,
 * no OOM killer; nothing sleeps, so __GFP_NOFAIL may use the last page but
 * returns NULL when there is none.
 */
#include <string.h>

#include "internal.h"

/* A block changes hands: plain stores, it belongs to nobody else now. */
static void mark_in_use(struct page *page, unsigned int order, gfp_t gfp)
{
	page_set_type(page, PAGE_USED);
	counter_set(page->order, (uint8_t)order);
	counter_set(page->mobility, (uint8_t)gfp_migratetype(gfp));
	counter_set(page->compound, (gfp & __GFP_COMP) != 0);
	counter_set(page->refcount, 1);
}

/* A request, as its steps see it. */
struct attempt {
	gfp_t gfp;
	unsigned int order;
	const uint8_t *zonelist;
	const nodemask_t *allowed; /* NULL: every node */
};

enum pass {
	PASS_LOW,
	PASS_MIN
};

static bool may_use(const struct attempt *a, const struct zone *zone)
{
	return !a->allowed || node_isset(zone->node, *a->allowed);
}

/*
 * Who asks for several pages and can neither wait nor fail may use the atomic
 * reserve, once the low mark is reached.
 */
static unsigned int alloc_flags(gfp_t gfp, unsigned int order, enum pass pass)
{
	if (pass == PASS_LOW || gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC))
		return 0;
	return ALLOC_NON_BLOCK |
	       (order && gfp & __GFP_HIGH ? ALLOC_HIGHATOMIC : 0);
}

/* Steps 2 and 3: the first zone that can, from the best down. */
static struct page *take_from_zones(const struct attempt *a, enum pass pass,
				    gfp_t gfp)
{
	unsigned int flags = alloc_flags(gfp, a->order, pass);

	for (const uint8_t *i = a->zonelist; *i != ZONELIST_END; i++) {
		struct zone *zone = &kmem.zone[*i];
		unsigned long floor;
		struct page *page;

		if (!may_use(a, zone))
			continue;
		if (pass == PASS_LOW)
			floor = zone_floor(zone, zone->low, gfp & ~__GFP_HIGH);
		else if (gfp & __GFP_NOFAIL)
			floor = 0;
		else
			floor = zone_floor(zone, zone->min, gfp);
		page = page_list_take(zone, a->order, gfp_migratetype(gfp),
				      floor, flags);
		if (page && flags & ALLOC_HIGHATOMIC)
			zone_reserve_highatomic(zone, page, a->order);
		if (page)
			return page;
	}
	return NULL;
}

/*
 * Page lists first, so that slabs which shrink next find whole blocks; again
 * after it, for the pages that went through this thread's own lists.
 */
static void reclaim(void)
{
	drain_all_pages();
	caches_shrink();
	drain_all_pages();
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		zone_unreserve_highatomic(&kmem.zone[i], MIGRATE_MOVABLE, true);
}

/* Which node's zonelist serves the request; false: none may. */
static bool choose_node(gfp_t gfp, int node, unsigned int *ret_node)
{
	if (node_exists(node))
		*ret_node = (unsigned int)node;
	else if (node == NUMA_NO_NODE || !(gfp & __GFP_THISNODE))
		*ret_node = thread_node();
	else
		return false;
	return true;
}

/*
 * Also the way in for a process that never called kmem_init(). __GFP_NOFAIL is
 * worth the last page only when everything else was tried.
 */
static struct page *alloc_slow(gfp_t gfp, unsigned int order, int node,
			       const nodemask_t *allowed)
{
	struct attempt a = { .gfp = gfp, .order = order, .allowed = allowed };
	gfp_t light = gfp & ~__GFP_NOFAIL;
	unsigned int from;
	struct page *page;

	if (!kmem_up() || !choose_node(gfp, node, &from))
		return NULL;
	if (gfp_zone(gfp) == ZONE_INVALID) {
		kmem_report("alloc_pages: mode %#x names more than one zone",
			    gfp);
		return NULL;
	}
	if ((gfp & GFP_MOVABLE_MASK) == GFP_MOVABLE_MASK) {
		kmem_report("alloc_pages: mode %#x is movable and reclaimable",
			    gfp);
		return NULL;
	}
	a.zonelist = zonelist(from, gfp);
	page = take_from_zones(&a, PASS_LOW, light);
	if (!page)
		page = take_from_zones(&a, PASS_MIN, light);
	if (!page && gfpflags_allow_blocking(gfp)) {
		reclaim();
		page = take_from_zones(&a, PASS_MIN, gfp);
	}
	return page;
}

/* Step 1: no lock, no look at a mark. */
static struct page *take_from_list(gfp_t gfp, unsigned int order)
{
	struct thread *t = thread_self;
	unsigned int zone;

	if (order >= PAGE_LIST_ORDERS || !t)
		return NULL;
	zone = zonelist(t->node, gfp)[0];
	if (zone == ZONELIST_END)
		return NULL;
	return kmem_record_pop(
		&t->record[page_slot(zone, order, gfp_migratetype(gfp))]);
}

static bool is_order(unsigned int order)
{
	if (likely(order <= KMEM_MAX_ORDER))
		return true;
	kmem_report("alloc_pages: order %u is above %d", order, KMEM_MAX_ORDER);
	return false;
}

static inline struct page *hand_out(struct page *page, gfp_t gfp,
				    unsigned int order)
{
	mark_in_use(page, order, gfp);
	if (unlikely(kmem.page_poison))
		block_check_poison(page, order);
	if (unlikely(gfp & __GFP_ZERO || kmem.init_on_alloc))
		block_clear(page, order);
	return page;
}

struct page *page_hand_out(struct page *page, gfp_t gfp, unsigned int order)
{
	return hand_out(page, gfp, order);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (!is_order(order))
		return NULL;
	page = take_from_list(gfp, order);
	if (unlikely(!page)) {
		page = alloc_slow(gfp, order, NUMA_NO_NODE, NULL);
		if (!page)
			return NULL;
	}
	return hand_out(page, gfp, order);
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int node,
			   const nodemask_t *allowed)
{
	struct page *page;

	if (node == NUMA_NO_NODE && !allowed)
		return alloc_pages(gfp, order);
	if (!is_order(order))
		return NULL;
	page = alloc_slow(gfp, order, node, allowed);
	return page ? hand_out(page, gfp, order) : NULL;
}

struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, node, NULL);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)__page_address(page) : 0;
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}
