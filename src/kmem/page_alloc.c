/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_alloc.c - which zone serves a request, and how far it may go
 *
 * buddy.c knows blocks; here is the policy above it. A request goes through
 * these steps until one gives a page:
 *
 *	1  the calling thread's page list of the best zone (orders 0 to 3)
 *	2  each zone that the mask allows, in the order of the node's zonelist
 *	   (node.c), down to its low mark; at first without mixing pageblocks,
 *	   where there is a DMA32 zone that can do without
 *	3  with __GFP_KSWAPD_RECLAIM: background reclaim is woken (background.c)
 *	4  the zones again, down to the min mark, or below it for __GFP_HIGH and
 *	   for who cannot reclaim
 *	5  for __GFP_MEMALLOC and in a noreclaim scope: down to the last page
 *	6  with __GFP_DIRECT_RECLAIM: reclaim (reclaim.c), then step 4 again; and
 *	   again while there is progress. __GFP_NORETRY tries once, an order above
 *	   3 too unless __GFP_RETRY_MAYFAIL insists; without progress it is over
 *	   after 16 rounds
 *	7  __GFP_NOFAIL: half of min, then wait in line (page_wait.c)
 *	8  a report, and NULL
 *
 * Scopes (memalloc.c) change the mask before step 2.
 *
 * Where it differs from the kernel: step 1 does not look at the marks (its
 * pages count as taken already). There is no page cache to reclaim, no
 * compaction, no OOM killer: a request of order 0 to 3 fails when reclaim makes
 * no progress, instead of looping until something was killed. Without a
 * program's shrinkers it fails after the first such round, since nothing would
 * be different in the second.
 */
#include <sched.h>
#include <string.h>

#include "internal.h"

/* Rounds without progress before a request gives up. */
#define MAX_ROUNDS 16

#define COSTLY_ORDER 3

static bool may_use(const struct attempt *a, const struct zone *zone)
{
	return !a->allowed || node_isset(zone->node, *a->allowed);
}

static struct page *take_from_zone(const struct attempt *a, struct zone *zone,
				   unsigned int flags)
{
	unsigned long floor =
		zone_floor(zone, a->order, gfp_zone(a->gfp), flags);
	struct page *page = page_list_take(
		zone, a->order, gfp_migratetype(a->gfp), floor, flags);

	if (page && flags & ALLOC_HIGHATOMIC)
		zone_reserve_highatomic(zone, page, a->order);
	return page;
}

/*
 * What a thread's own lists give is its node's and was wanted from there; here
 * is the rest, see kmem_zone_numa_info().
 */
static void count_numa(const struct attempt *a, struct zone *zone)
{
	struct zone *wanted = &kmem.zone[a->zonelist[0]];
	uint64_t pages = 1ull << a->order;

	if (zone->node != wanted->node) {
		__atomic_fetch_add(&zone->numa_miss, pages, __ATOMIC_RELAXED);
		__atomic_fetch_add(&wanted->numa_foreign, pages,
				   __ATOMIC_RELAXED);
	}
	if (zone->node != thread_node())
		__atomic_fetch_add(&zone->numa_other, pages, __ATOMIC_RELAXED);
}

/* The first zone that can, from the best down. */
struct page *attempt_take(const struct attempt *a, unsigned int flags)
{
	for (const uint8_t *i = a->zonelist; *i != ZONELIST_END; i++) {
		struct zone *zone = &kmem.zone[*i];
		struct page *page = NULL;

		if (may_use(a, zone))
			page = take_from_zone(a, zone, flags);
		if (page) {
			count_numa(a, zone);
			return page;
		}
	}
	return NULL;
}

/* ---- how far a request may go ---- */

/* Fragments are better made in DMA32 than in Normal, where it is in use. */
static bool has_zone_to_fragment(const uint8_t *zonelist)
{
	const struct zone *best, *next;

	if (zonelist[0] == ZONELIST_END || zonelist[1] == ZONELIST_END)
		return false;
	best = &kmem.zone[zonelist[0]];
	next = &kmem.zone[zonelist[1]];
	return best->type == ZONE_NORMAL && next->type == ZONE_DMA32 &&
	       best->node == next->node;
}

/* Down to the min mark, and below it for who is urgent. */
unsigned int attempt_flags(const struct attempt *a)
{
	unsigned int flags = ALLOC_WMARK_MIN;
	gfp_t gfp = a->gfp;

	if (gfp & __GFP_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC))) {
		flags |= ALLOC_NON_BLOCK;
		if (a->order && gfp & __GFP_HIGH)
			flags |= ALLOC_HIGHATOMIC;
	}
	return flags;
}

static bool may_use_everything(gfp_t gfp)
{
	return !(gfp & __GFP_NOMEMALLOC) &&
	       (gfp & __GFP_MEMALLOC || thread_flags & PF_MEMALLOC);
}

/* ---- the steps ---- */

static struct page *take_fast(const struct attempt *a)
{
	struct page *page = NULL;

	if (has_zone_to_fragment(a->zonelist))
		page = attempt_take(a, ALLOC_WMARK_LOW | ALLOC_NOFRAGMENT);
	return page ? page : attempt_take(a, ALLOC_WMARK_LOW);
}

/* Whether another round of reclaim makes sense, after one that was in vain. */
static bool may_retry(const struct attempt *a, bool progress,
		      unsigned int *rounds)
{
	bool costly = a->order > COSTLY_ORDER;

	if (a->gfp & __GFP_NORETRY)
		return false;
	if (costly && !(a->gfp & __GFP_RETRY_MAYFAIL))
		return false;
	if (progress && !costly)
		*rounds = 0;
	else if (++*rounds >= MAX_ROUNDS)
		return false;
	if (!progress && !shrinkers_exist() && !(a->gfp & __GFP_RETRY_MAYFAIL))
		return false;
	/* Others may be about to free what they hold. */
	if (!progress)
		sched_yield();
	return true;
}

/* Free pages where the request may look for them. */
static unsigned long free_for(const struct attempt *a)
{
	unsigned long pages = 0;

	for (const uint8_t *i = a->zonelist; *i != ZONELIST_END; i++)
		if (may_use(a, &kmem.zone[*i]))
			pages += counter_read(kmem.zone[*i].free_pages);
	return pages;
}

/* Return: whether there is more for the request than before. */
static bool reclaim_for(const struct attempt *a, bool all)
{
	unsigned long before = free_for(a), pages;

	zones_end_boosts();
	pages = reclaim(a->gfp, all);
	vm_event(KMEM_VM_EVENT_pgsteal_direct, pages);
	if (pages)
		background_hope();
	return free_for(a) > before;
}

static struct page *take_with_reclaim(const struct attempt *a,
				      unsigned int flags)
{
	bool progress = reclaim_for(a, false);
	struct page *page = progress ? attempt_take(a, flags) : NULL;
	unsigned int rounds = 0;

	vm_event_of_zone(KMEM_VM_EVENT_allocstall_dma, gfp_zone(a->gfp), 1);
	while (!page) {
		progress = reclaim_for(a, true);
		page = attempt_take(a, flags);
		if (!page && !may_retry(a, progress, &rounds))
			break;
	}
	if (!page && reclaim_highatomic(gfp_migratetype(a->gfp)))
		page = attempt_take(a, flags);
	return page;
}

/*
 * Who waits has everything that can be had without harm: half of min, and a
 * place in the line.
 */
static struct page *take_or_wait(const struct attempt *a, unsigned int flags)
{
	struct page *page = attempt_take(a, flags | ALLOC_MIN_RESERVE);

	return page ? page : page_wait(a);
}

/* Steps 3 to 8. */
static struct page *take_slow(const struct attempt *a)
{
	unsigned int flags = attempt_flags(a);
	bool nofail = a->gfp & __GFP_NOFAIL && gfpflags_allow_blocking(a->gfp);
	struct page *page;

	if (a->gfp & __GFP_KSWAPD_RECLAIM)
		background_wake();
	page = attempt_take(a, flags);
	if (!page && may_use_everything(a->gfp))
		page = attempt_take(a, flags | ALLOC_NO_WATERMARKS);
	if (!page && gfpflags_allow_blocking(a->gfp) &&
	    !(thread_flags & PF_MEMALLOC))
		page = take_with_reclaim(a, flags);
	if (!page && nofail)
		page = take_or_wait(a, flags);
	if (!page)
		report_failure(a->gfp, a->allowed,
			       "page allocation failure: order:%u", a->order);
	return page;
}

/* What no mask may be. */
static bool check_mask(gfp_t gfp)
{
	const char *wrong = NULL;
	bool only_hopes = false; /* and may be lucky */

	if (gfp_zone(gfp) == ZONE_INVALID) {
		wrong = "names more than one zone";
	} else if ((gfp & GFP_MOVABLE_MASK) == GFP_MOVABLE_MASK) {
		wrong = "is movable and reclaimable";
	} else if (gfp & __GFP_NOFAIL && !gfpflags_allow_blocking(gfp)) {
		wrong = "must not fail and may not wait";
		only_hopes = true;
	}
	if (wrong)
		kmem_report("alloc_pages: mode %#x %s", gfp, wrong);
	return !wrong || only_hopes;
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

/* What the steps need to know of a request. */
bool attempt_init(struct attempt *a, gfp_t gfp, unsigned int order, int node,
		  const nodemask_t *allowed)
{
	unsigned int from;

	if (!check_mask(gfp) || !choose_node(gfp, node, &from))
		return false;
	a->gfp = current_gfp_context(gfp);
	a->order = order;
	a->allowed = allowed;
	a->zonelist = zonelist(from, a->gfp);
	return true;
}

/* Also the way in for a process that never called kmem_init(). */
static struct page *alloc_slow(gfp_t gfp, unsigned int order, int node,
			       const nodemask_t *allowed)
{
	struct attempt a;
	struct page *page;

	if (!kmem_up() || !attempt_init(&a, gfp, order, node, allowed))
		return NULL;
	page = take_fast(&a);
	return page ? page : take_slow(&a);
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
	page_set_used(page, order, gfp);
	if (unlikely(kmem.page_poison))
		block_check_poison(page, order);
	if (unlikely(gfp & __GFP_ZERO || kmem.init_on_alloc))
		block_clear(page, order);
	return page;
}

__attribute__((noinline)) struct page *
page_hand_out(struct page *page, gfp_t gfp, unsigned int order)
{
	return hand_out(page, gfp, order);
}

/* The list has none, or there is no list. */
static __attribute__((noinline)) struct page *alloc_unlisted(gfp_t gfp,
							     unsigned int order)
{
	struct page *page;

	if (!is_order(order))
		return NULL;
	page = alloc_slow(gfp, order, NUMA_NO_NODE, NULL);
	return page ? hand_out(page, gfp, order) : NULL;
}

/* Step 1: no lock, no look at a mark. */
static inline struct page *take_from_list(gfp_t gfp, unsigned int order)
{
	struct kmem_record *r = first_list(gfp, order);

	return likely(r != NULL) ? kmem_record_pop(r) : NULL;
}

/* Pages that are to be prepared, or of the one bit that a scope takes away. */
static __attribute__((noinline)) struct page *alloc_unusual(gfp_t gfp,
							    unsigned int order)
{
	struct page *page;

	gfp = current_gfp_context(gfp);
	page = take_from_list(gfp, order);
	return page ? hand_out(page, gfp, order) : alloc_unlisted(gfp, order);
}

/* Whatever needs registers to survive a call is elsewhere. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(gfp & (__GFP_MOVABLE | __GFP_ZERO) || kmem.prepare_pages))
		return alloc_unusual(gfp, order);
	page = take_from_list(gfp, order);
	if (unlikely(!page))
		return alloc_unlisted(gfp, order);
	page_set_used(page, order, gfp);
	return page;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int node,
			   const nodemask_t *allowed)
{
	struct page *page;

	if (node == NUMA_NO_NODE && !allowed)
		return alloc_pages(gfp, order);
	if (!is_order(order))
		return NULL;
	gfp = current_gfp_context(gfp);
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
