/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone.c - how the memory is divided, and what each part keeps back
 *
 * Zones are ranges of page frames with different limits for the requests they
 * serve; a request names the highest zone it may use and falls back downward.
 * Here they matter for teaching and for tests rather than for devices, so the
 * default borders are those of x86-64 as far as the memory reaches.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static const struct {
	const char *name;
	unsigned long end_pfn; /* where it ends unless "zones" says otherwise */
} zone_table[NR_ZONE_TYPES] = {
	[ZONE_DMA] = { "DMA", (16ul << 20) >> KMEM_PAGE_SHIFT },
	[ZONE_DMA32] = { "DMA32", (4ul << 30) >> KMEM_PAGE_SHIFT },
	[ZONE_NORMAL] = { "Normal", ~0ul },
};

#define BLOCK_PAGES (1ul << KMEM_MAX_ORDER)

/* The highest zone that a mask allows; there is no HighMem or Movable. */
enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	return ZONE_NORMAL;
}

/* Blocks of the highest order that were never touched, see buddy.c. */
unsigned long zone_fresh_blocks(const struct zone *zone)
{
	return (zone->end_pfn - counter_read(zone->fresh_pfn)) / BLOCK_PAGES;
}

/*
 * A zone begins wholly untouched. Its batch is the kernel's: a thousandth of
 * the zone's pages in quarters, at most 64, rounded to a power of two less one.
 */
static void add_zone(enum zone_type type, unsigned long start,
		     unsigned long end)
{
	struct zone *zone = &kmem.zone[kmem.nr_zones];
	unsigned long batch = MIN((end - start) >> 12, 64ul);

	memset(zone, 0, sizeof(*zone));
	zone->name = zone_table[type].name;
	zone->type = type;
	zone->index = kmem.nr_zones++;
	zone->start_pfn = start;
	zone->end_pfn = end;
	zone->fresh_pfn = start;
	zone->free_pages = end - start;
	batch += batch / 2;
	zone->batch = batch < 2 ? 1 : (1u << (63 - __builtin_clzl(batch))) - 1;
	pthread_mutex_init(&zone->lock, NULL);
	for (int order = 0; order < KMEM_NR_ORDERS; order++)
		list_init(&zone->free_list[order]);
}

/*
 * One item of a zones list, "NAME" or "NAME:SIZE[K|M|G]". A zone without a size
 * takes what its table entry or the end of the memory allows.
 */
static int parse_zone(const char **text, enum zone_type *ret_type,
		      unsigned long *ret_pages)
{
	const char *p = *text;
	size_t len = strcspn(p, ":,");
	unsigned long size = 0;
	unsigned int type = 0;

	while (type < NR_ZONE_TYPES &&
	       (strlen(zone_table[type].name) != len ||
		strncmp(zone_table[type].name, p, len) != 0))
		type++;
	if (type == NR_ZONE_TYPES)
		return -EINVAL;
	p += len;
	if (*p == ':') {
		for (p++; *p >= '0' && *p <= '9'; p++)
			if (__builtin_mul_overflow(size, 10ul, &size) ||
			    __builtin_add_overflow(size, *p - '0', &size))
				return -ERANGE;
		if (*p == 'K' || *p == 'M' || *p == 'G')
			size <<= *p == 'K' ? 10 : *p == 'M' ? 20 : 30, p++;
		if (size == 0 || size % KMEM_BLOCK_SIZE)
			return -EINVAL;
	}
	if (*p != '\0' && (*p != ',' || p[1] == '\0'))
		return -EINVAL;
	*text = *p ? p + 1 : p;
	*ret_type = type;
	*ret_pages = size >> KMEM_PAGE_SHIFT;
	return 0;
}

/* Ascending, and together exactly the memory; only the last may be open. */
static int zones_from_list(const char *text)
{
	unsigned long start = 0, pages, room;
	enum zone_type type;
	int last = -1, err;

	while (*text) {
		err = parse_zone(&text, &type, &pages);
		if (err)
			return err;
		room = kmem.nr_pages - start;
		if ((int)type <= last || (!pages && *text) || pages > room)
			return -EINVAL;
		last = type;
		if (!pages)
			pages = room;
		if (pages)
			add_zone(type, start, start + pages);
		start += pages;
	}
	return start == kmem.nr_pages ? 0 : -EINVAL;
}

static void zones_by_default(void)
{
	unsigned long start = 0;

	for (int type = 0; type < NR_ZONE_TYPES && start < kmem.nr_pages;
	     type++) {
		unsigned long end =
			MIN(zone_table[type].end_pfn, kmem.nr_pages);

		add_zone(type, start, end);
		start = end;
	}
}

/*
 * A request for a zone that does not exist goes to the one below, as the
 * kernel's zonelists have it; one below all zones that exist finds nothing.
 */
static void set_fallback(void)
{
	for (int type = 0; type < NR_ZONE_TYPES; type++) {
		unsigned int n = 0;

		for (int i = (int)kmem.nr_zones - 1; i >= 0; i--)
			if ((int)kmem.zone[i].type <= type)
				kmem.fallback[type][n++] = (uint8_t)i;
		kmem.fallback[type][n] = FALLBACK_END;
	}
}

/* More than half the memory kept free is a mistake, not a setting. */
int zones_init(const struct kmem_config *config)
{
	unsigned long max_kb = kmem.nr_pages << (KMEM_PAGE_SHIFT - 10);
	int err = 0;

	if (config->min_free_kbytes > max_kb / 2)
		return -EINVAL;
	kmem.nr_zones = 0;
	if (config->zones)
		err = zones_from_list(config->zones);
	else
		zones_by_default();
	if (err)
		return err;
	zones_set_watermarks(config->min_free_kbytes);
	zones_set_lowmem_reserve();
	set_fallback();
	return 0;
}

void zones_fork(enum fork_step step)
{
	for (unsigned int i = 0; i < kmem.nr_zones; i++)
		fork_mutex(&kmem.zone[i].lock, step);
}

unsigned int kmem_nr_zones(void)
{
	return kmem_up() ? kmem.nr_zones : 0;
}

bool kmem_zone_info(unsigned int i, struct kmem_zone_info *ret_info)
{
	const struct zone *zone;

	if (!kmem_up() || i >= kmem.nr_zones)
		return false;
	zone = &kmem.zone[i];
	*ret_info = (struct kmem_zone_info){
		.node = zone->node,
		.name = zone->name,
		.start_pfn = zone->start_pfn,
		.spanned = zone_managed(zone),
		.present = zone_managed(zone),
		.managed = zone_managed(zone),
		.free = counter_read(zone->free_pages),
		.min = zone->min,
		.low = zone->low,
		.high = zone->high,
	};
	for (int type = 0; type < NR_ZONE_TYPES; type++)
		ret_info->lowmem_reserve[type] = zone->lowmem_reserve[type];
	for (int order = 0; order < KMEM_NR_ORDERS; order++)
		ret_info->nr_free[order] = counter_read(zone->nr_free[order]);
	ret_info->nr_free[KMEM_MAX_ORDER] += zone_fresh_blocks(zone);
	return true;
}

void kmem_memory_info(struct kmem_memory_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	if (!kmem_up())
		return;
	ret_info->base = kmem.base;
	ret_info->size = kmem.memory;
	ret_info->cpus = kmem.cpus;
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		const struct zone *zone = &kmem.zone[i];

		ret_info->managed_pages += zone_managed(zone);
		ret_info->free_pages += counter_read(zone->free_pages);
		ret_info->cached_pages += pages_parked(zone);
	}
}
