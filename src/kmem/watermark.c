/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watermark.c - how much of a zone must stay free, and for whom
 *
 * A zone has four marks, a delta apart: min, low, high, promo. Requests are
 * first served down to low; when no zone allows that, down to min, which who is
 * urgent may undercut, and who has leave to ignores. Background reclaim works
 * up to high. On top of a mark a zone keeps lowmem_reserve from requests that
 * zones above it could have served.
 *
 * The numbers follow from the sizes of the zones and from the tunables of
 * sysctl.c, by the kernel's formulas; watermarks() is nothing but these, so that
 * a test can feed it the zones of any machine.
 *
 * The limits hold to the page: a mark is compared under the zone's lock, and
 * a batch for a thread's page list ends where the mark does.
 *
 * Where it differs from the kernel:
 * - min_free_kbytes is computed from all of low memory, not from what is above
 *   the high marks, which are still 0 at the only time when it matters.
 * - It is raised for transparent huge pages only where kmem_config.thp asks.
 * - A boost is there for background reclaim to work off. Without that thread
 *   there is none, and direct reclaim ends it, so that no request that may
 *   reclaim fails for it.
 * - Real-time threads have no reserve of their own; there is no OOM killer, so
 *   nobody has its victims' reserve.
 */
#include "internal.h"

/* What migration would need to defragment a zone: see watermark_default_min(). */
#define THP_BLOCKS (2 + 3 * 3)

/* HighMem and Movable serve nobody who is urgent. */
#define HIGHMEM_MIN 32ul
#define HIGHMEM_MAX 128ul

/* The largest root with root * root <= n, bit by bit. */
static unsigned long isqrt(unsigned long n)
{
	unsigned long root = 0;

	for (unsigned long bit = 1ul << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root;
}

/* a * b / c, of any size. */
static unsigned long fraction(unsigned long a, unsigned long b, unsigned long c)
{
	return c ? (unsigned long)((__extension__(unsigned __int128) a) * b / c)
		 : 0;
}

static bool is_lowmem(enum zone_type type)
{
	return type != ZONE_HIGHMEM && type != ZONE_MOVABLE;
}

static unsigned long lowmem_pages(const struct zone_size *zones,
				  unsigned int nr)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < nr; i++)
		if (is_lowmem(zones[i].type))
			pages += zones[i].managed;
	return pages;
}

/*
 * With huge pages a kernel keeps two pageblocks of each zone free to migrate
 * into, and one for each pair of migrate types, so that they need not mix; but
 * no more than a twentieth of the memory.
 */
static unsigned long thp_min_pages(const struct zone_size *zones,
				   unsigned int nr)
{
	unsigned long populated = 0;

	for (unsigned int i = 0; i < nr; i++)
		populated += is_lowmem(zones[i].type) && zones[i].managed;
	return MIN(PAGEBLOCK_PAGES * populated * THP_BLOCKS,
		   lowmem_pages(zones, nr) / 20);
}

/**
 * watermark_default_min() - min_free_kbytes by the formula
 * @zones: all zones of all nodes
 * @nr: their number
 * @thp: as a kernel with transparent huge pages
 *
 * 4 * sqrt(low memory in kB), 128 to 262144.
 */
unsigned long watermark_default_min(const struct zone_size *zones,
				    unsigned int nr, bool thp)
{
	unsigned long shift = KMEM_PAGE_SHIFT - 10;
	unsigned long kb = isqrt((lowmem_pages(zones, nr) << shift) * 16);

	kb = MAX(128ul, MIN(262144ul, kb));
	if (thp)
		kb = MAX(kb, thp_min_pages(zones, nr) << shift);
	return kb;
}

static void set_marks(const struct zone_size *zone,
		      const struct watermark_tunables *t, unsigned long lowmem,
		      struct zone_marks *marks)
{
	unsigned long min_pages = t->min_free_kbytes >> (KMEM_PAGE_SHIFT - 10);
	unsigned long share = fraction(min_pages, zone->managed, lowmem);
	unsigned long delta;

	marks->min = share;
	if (!is_lowmem(zone->type))
		marks->min = MAX(HIGHMEM_MIN,
				 MIN(HIGHMEM_MAX, zone->managed / 1024));
	delta = MAX(share / 4, fraction(zone->managed, t->scale_factor, 10000));
	marks->low = marks->min + delta;
	marks->high = marks->low + delta;
	marks->promo = marks->high + delta;
}

/* What could serve a request instead of the zone: above it, in its node. */
static void set_reserve(const struct zone_size *zones, unsigned int nr,
			const struct zone_size *zone,
			const struct watermark_tunables *t,
			struct zone_marks *marks)
{
	unsigned int ratio = t->reserve_ratio[zone->type];
	unsigned long above = 0;

	for (unsigned int type = 0; type < NR_ZONE_TYPES; type++) {
		marks->lowmem_reserve[type] = 0;
		if (type <= zone->type || !ratio || !zone->managed)
			continue;
		for (unsigned int i = 0; i < nr; i++)
			if (zones[i].node == zone->node &&
			    zones[i].type == type)
				above += zones[i].managed;
		marks->lowmem_reserve[type] = above / ratio;
	}
}

/**
 * watermarks() - all marks and reserves of all zones
 * @zones: all zones of all nodes, those without pages too if they are wanted
 * @nr: their number
 * @t: the tunables
 * @ret_marks: of each zone
 */
void watermarks(const struct zone_size *zones, unsigned int nr,
		const struct watermark_tunables *t,
		struct zone_marks *ret_marks)
{
	unsigned long lowmem = lowmem_pages(zones, nr);

	for (unsigned int i = 0; i < nr; i++) {
		set_marks(&zones[i], t, lowmem, &ret_marks[i]);
		set_reserve(zones, nr, &zones[i], t, &ret_marks[i]);
	}
}

static unsigned int zone_sizes(struct zone_size *sizes)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		const struct zone *zone = &kmem.zone[i];

		sizes[i] = (struct zone_size){
			.node = zone->node,
			.type = zone->type,
			.managed = zone_managed(zone),
		};
	}
	return kmem.nr_zones;
}

unsigned long zones_default_min(bool thp)
{
	struct zone_size sizes[MAX_ZONES];

	return watermark_default_min(sizes, zone_sizes(sizes), thp);
}

/**
 * zones_set_watermarks() - make other tunables take effect
 *
 * Each number is one store. Who reads between two of them sees a mark of before
 * and one of after, either of which was right a moment ago.
 */
void zones_set_watermarks(const struct watermark_tunables *t)
{
	struct zone_size sizes[MAX_ZONES];
	struct zone_marks marks[MAX_ZONES];
	unsigned int nr = zone_sizes(sizes);

	watermarks(sizes, nr, t, marks);
	for (unsigned int i = 0; i < nr; i++) {
		struct zone *zone = &kmem.zone[i];

		counter_set(zone->min, marks[i].min);
		counter_set(zone->low, marks[i].low);
		counter_set(zone->high, marks[i].high);
		counter_set(zone->promo, marks[i].promo);
		for (int type = 0; type < NR_ZONE_TYPES; type++)
			counter_set(zone->lowmem_reserve[type],
				    marks[i].lowmem_reserve[type]);
	}
	zones_set_page_sets();
}

/* ---- the boost ---- */

/**
 * zone_boost() - a request was served from a block of another migrate type
 *
 * Background reclaim is to make more room, so that it happens less: the marks
 * rise by a pageblock, up to watermark_boost_factor of the high mark. A zone of
 * a few pageblocks would only lose by it.
 *
 * Context: the zone's lock.
 */
void zone_boost(struct zone *zone)
{
	unsigned int factor = tunable_boost_factor();
	unsigned long limit;

	lock_assert_held(&zone->lock);
	if (!factor || !background_balances() ||
	    zone_managed(zone) < 4 * PAGEBLOCK_PAGES)
		return;
	limit = fraction(counter_read(zone->high), factor, 10000);
	limit = MAX(limit, PAGEBLOCK_PAGES);
	counter_set(zone->boost, MIN(zone->boost + PAGEBLOCK_PAGES, limit));
	background_order();
}

/* They have been worked off, or stand in somebody's way. */
void zones_end_boosts(void)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		struct zone *zone = &kmem.zone[i];

		if (!counter_read(zone->boost))
			continue;
		lock(&zone->lock, LOCK_ZONE);
		counter_set(zone->boost, 0);
		unlock(&zone->lock);
	}
}

/* ---- the check ---- */

static unsigned long zone_mark(const struct zone *zone, unsigned int order,
			       unsigned int flags)
{
	unsigned long boost = counter_read(zone->boost);

	switch (flags & ALLOC_WMARK_MASK) {
	case ALLOC_WMARK_MIN:
		/* Urgent, and no cause of fragments. */
		if (!order && flags & ALLOC_MIN_RESERVE)
			boost = 0;
		return counter_read(zone->min) + boost;
	case ALLOC_WMARK_LOW:
		return counter_read(zone->low) + boost;
	default:
		return counter_read(zone->high) + boost;
	}
}

/**
 * zone_floor() - free pages that a request must leave in the zone
 * @zone: the zone
 * @order: of the request
 * @highest: highest zone that the request may use
 * @flags: ALLOC_...: the mark, and what it may take of the reserve below
 *
 * The mark, less for who is urgent, plus what is kept for those who can be
 * served nowhere else.
 */
unsigned long zone_floor(const struct zone *zone, unsigned int order,
			 enum zone_type highest, unsigned int flags)
{
	unsigned long floor;

	if (flags & ALLOC_NO_WATERMARKS)
		return 0;
	floor = zone_mark(zone, order, flags);
	if (flags & ALLOC_MIN_RESERVE) {
		floor -= floor / 2;
		/* Who cannot reclaim either gets a quarter of the rest. */
		if (flags & ALLOC_NON_BLOCK)
			floor -= floor / 4;
	}
	return floor + counter_read(zone->lowmem_reserve[highest]);
}

/*
 * Blocks of @order that may go before the floor is reached. Free pages of the
 * atomic reserve are free only for who may use them.
 */
unsigned long zone_spare_blocks(const struct zone *zone, unsigned int order,
				unsigned long floor, unsigned int flags)
{
	unsigned long free = counter_read(zone->free_pages);

	if (!(flags & (ALLOC_RESERVES | ALLOC_NO_WATERMARKS)))
		floor += counter_read(zone->free_highatomic);
	return free > floor ? (free - floor) >> order : 0;
}

/* Whether background reclaim has nothing to do here. */
bool zone_is_balanced(const struct zone *zone)
{
	return counter_read(zone->free_pages) >=
	       zone_mark(zone, 0, ALLOC_WMARK_HIGH);
}
