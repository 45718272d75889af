/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watermark.c - how much of a zone must stay free, and for whom
 *
 * A zone has three marks. Requests are first served down to low; when no zone
 * allows that, down to min, which __GFP_HIGH may undercut and __GFP_MEMALLOC
 * may ignore. On top of a mark a zone keeps lowmem_reserve from requests that
 * zones above it could have served.
 *
 * The numbers follow the kernel's formulas, without the raise for transparent
 * huge pages, which an allocator without page migration has no use for.
 */
#include "internal.h"

/* The part of the pages above a zone that it keeps free for its own kind. */
static const unsigned int reserve_ratio[NR_ZONE_TYPES] = {
	[ZONE_DMA] = 256,
	[ZONE_DMA32] = 256,
	[ZONE_NORMAL] = 32,
	/* Nobody else may use HighMem and Movable: 0, nothing to keep. */
};

/* The largest root with root * root <= n, bit by bit. */
static unsigned long isqrt(unsigned long n)
{
	unsigned long root = 0;

	for (unsigned long bit = 1ul << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root;
}

static bool is_lowmem(const struct zone *zone)
{
	return zone->type < ZONE_HIGHMEM;
}

static unsigned long lowmem_pages(void)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		if (is_lowmem(&kmem.zone[i]))
			pages += zone_managed(&kmem.zone[i]);
	return pages;
}

/* HighMem serves nobody who is urgent: a little for all that come is enough. */
static unsigned long min_mark(const struct zone *zone, unsigned long min_pages,
			      unsigned long lowmem)
{
	unsigned long managed = zone_managed(zone);

	if (!is_lowmem(zone))
		return MAX(32ul, MIN(128ul, managed / 1024));
	return min_pages * managed / lowmem;
}

/*
 * min is the zone's share of min_free_kbytes, 4 * sqrt(low memory in kB) unless
 * told otherwise; low and high are a quarter of it above, or a thousandth of
 * the zone where that is more.
 */
void zones_set_watermarks(unsigned long min_free_kbytes)
{
	unsigned long lowmem = lowmem_pages();
	unsigned long min_pages;

	if (!min_free_kbytes) {
		min_free_kbytes =
			isqrt((lowmem << (KMEM_PAGE_SHIFT - 10)) * 16);
		min_free_kbytes = MAX(128ul, MIN(262144ul, min_free_kbytes));
	}
	min_pages = min_free_kbytes >> (KMEM_PAGE_SHIFT - 10);
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		struct zone *zone = &kmem.zone[i];
		unsigned long delta;

		zone->min = min_mark(zone, min_pages, lowmem);
		delta = MAX(zone->min / 4, zone_managed(zone) / 1000);
		zone->low = zone->min + delta;
		zone->high = zone->low + delta;
	}
}

/*
 * What a zone keeps from requests that could be served by zones above it in
 * its node: their pages, divided by the zone's own ratio.
 */
void zones_set_lowmem_reserve(void)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		struct zone *zone = &kmem.zone[i];
		unsigned int ratio = reserve_ratio[zone->type];
		unsigned long above = 0;
		unsigned int next = i + 1;

		for (int type = zone->type + 1; type < NR_ZONE_TYPES; type++) {
			if (next < kmem.nr_zones &&
			    kmem.zone[next].node == zone->node &&
			    (int)kmem.zone[next].type == type)
				above += zone_managed(&kmem.zone[next++]);
			zone->lowmem_reserve[type] = ratio ? above / ratio : 0;
		}
	}
}

/*
 * Free pages that a request must leave in the zone: the mark, less for who is
 * urgent, plus what is kept for those who can be served nowhere else.
 */
unsigned long zone_floor(const struct zone *zone, unsigned long mark, gfp_t gfp)
{
	unsigned long min = mark;

	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return 0;
	if (gfp & __GFP_HIGH) {
		min -= min / 2;
		/* Who cannot reclaim either gets a quarter of the rest. */
		if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC)))
			min -= min / 4;
	}
	return min + zone->lowmem_reserve[gfp_zone(gfp)];
}

/* Blocks of @order that may go before the floor is reached. */
unsigned long zone_spare_blocks(const struct zone *zone, unsigned int order,
				unsigned long floor)
{
	unsigned long free = zone->free_pages;

	return free > floor ? (free - floor) >> order : 0;
}
