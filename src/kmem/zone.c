/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zone.c - how the memory is divided, and what each part keeps back
 *
 * Zones are ranges of page frames with different limits for the requests they
 * serve; a request names the highest zone it may use and falls back downward,
 * then to other nodes (node.c). Here they matter for teaching and for tests
 * rather than for devices, so the default borders are those of x86-64 as far as
 * the memory reaches. HighMem exists where it is asked for. Movable is there
 * for its name: nothing moves pages.
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
	[ZONE_HIGHMEM] = { "HighMem", ~0ul },
	[ZONE_MOVABLE] = { "Movable", ~0ul },
};

#define BLOCK_PAGES (1ul << KMEM_MAX_ORDER)

/*
 * Of __GFP_DMA, __GFP_HIGHMEM and __GFP_DMA32 a mask may have one. __GFP_MOVABLE
 * says what may be done with the page; only with __GFP_HIGHMEM is it also a
 * zone.
 */
const uint8_t gfp_zone_table[16] = {
	[0] = ZONE_NORMAL,
	[__GFP_DMA] = ZONE_DMA,
	[__GFP_HIGHMEM] = ZONE_HIGHMEM,
	[__GFP_DMA32] = ZONE_DMA32,
	[__GFP_MOVABLE] = ZONE_NORMAL,
	[__GFP_MOVABLE | __GFP_DMA] = ZONE_DMA,
	[__GFP_MOVABLE | __GFP_HIGHMEM] = ZONE_MOVABLE,
	[__GFP_MOVABLE | __GFP_DMA32] = ZONE_DMA32,
	/* All that are left name two. */
	[3] = ZONE_INVALID,
	[5 ... 7] = ZONE_INVALID,
	[11] = ZONE_INVALID,
	[13 ... 15] = ZONE_INVALID,
};

const char *zone_type_name(enum zone_type type)
{
	return zone_table[type].name;
}

/* Zones are in the order of their frames, and leave none out. */
struct zone *zone_of_pfn(unsigned long pfn)
{
	unsigned int i = 0;

	while (i + 1 < kmem.nr_zones && pfn >= kmem.zone[i].end_pfn)
		i++;
	return &kmem.zone[i];
}

/* Blocks of the highest order that were never touched, see buddy.c. */
unsigned long zone_fresh_blocks(const struct zone *zone)
{
	return (zone->end_pfn - counter_read(zone->fresh_pfn)) / BLOCK_PAGES;
}

static void add_zone(enum zone_type type, unsigned int node,
		     unsigned long start, unsigned long end)
{
	struct zone *zone = &kmem.zone[kmem.nr_zones];

	memset(zone, 0, sizeof(*zone));
	zone->name = zone_table[type].name;
	zone->type = type;
	zone->index = kmem.nr_zones++;
	zone->node = node;
	zone->start_pfn = start;
	zone->end_pfn = end;
	pthread_mutex_init(&zone->lock, NULL);
	buddy_init_zone(zone);
}

/* Frames of one type become a zone in each node that has some of them. */
static void add_zones(enum zone_type type, unsigned long start,
		      unsigned long end)
{
	for (unsigned int i = 0; i < kmem.nr_nodes; i++) {
		const struct numa_node *node = &kmem.node[i];
		unsigned long from = MAX(start, node->start_pfn);
		unsigned long to = MIN(end, node->end_pfn);

		if (from < to)
			add_zone(type, i, from, to);
	}
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
	unsigned long size = 0, unit = 1;
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
			unit <<= *p == 'K' ? 10 : *p == 'M' ? 20 : 30, p++;
		if (__builtin_mul_overflow(size, unit, &size))
			return -ERANGE;
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

/* What a list gives to each type; no more than the memory, all together. */
struct zone_sizes {
	unsigned long pages[NR_ZONE_TYPES];
	unsigned long sum;
	int open; /* the type that gets the rest, or -1 */
};

/* Ascending; one may be open. Movable is known, and has nothing. */
static int parse_zones(const char *text, struct zone_sizes *sizes)
{
	enum zone_type type;
	unsigned long pages;
	int last = -1, err;

	while (*text) {
		err = parse_zone(&text, &type, &pages);
		if (err)
			return err;
		if ((int)type <= last || pages > kmem.nr_pages - sizes->sum)
			return -EINVAL;
		last = type;
		if (type == ZONE_MOVABLE ? pages != 0
					 : !pages && sizes->open >= 0)
			return -EINVAL;
		if (!pages && type != ZONE_MOVABLE)
			sizes->open = type;
		sizes->pages[type] = pages;
		sizes->sum += pages;
	}
	return 0;
}

/* Together exactly the memory, and not all of it HighMem. */
static int zones_from_list(const char *text)
{
	struct zone_sizes sizes = { .open = -1 };
	unsigned long start = 0;
	int err = parse_zones(text, &sizes);

	if (err)
		return err;
	if (sizes.open >= 0)
		sizes.pages[sizes.open] = kmem.nr_pages - sizes.sum;
	else if (sizes.sum != kmem.nr_pages)
		return -EINVAL;
	if (sizes.pages[ZONE_HIGHMEM] == kmem.nr_pages)
		return -EINVAL;
	if (sizes.pages[ZONE_HIGHMEM] && kmem.arena.fd < 0)
		return -EOPNOTSUPP;
	for (int type = 0; type < NR_ZONE_TYPES; type++) {
		add_zones((enum zone_type)type, start,
			  start + sizes.pages[type]);
		start += sizes.pages[type];
	}
	return 0;
}

static void zones_by_default(void)
{
	unsigned long start = 0;

	for (int type = 0; type < NR_ZONE_TYPES && start < kmem.nr_pages;
	     type++) {
		unsigned long end =
			MIN(zone_table[type].end_pfn, kmem.nr_pages);

		add_zones((enum zone_type)type, start, end);
		start = end;
	}
}

int zones_init(const struct kmem_config *config)
{
	int err = nodes_init(config);

	if (err)
		return err;
	kmem.nr_zones = 0;
	err = pageblocks_init();
	if (err)
		return err;
	if (config->zones)
		err = zones_from_list(config->zones);
	else
		zones_by_default();
	if (err)
		return err;
	nodes_set_zonelists();
	return sysctl_init(config);
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

static void zone_info(const struct zone *zone, struct kmem_zone_info *ret_info)
{
	unsigned long boost = counter_read(zone->boost);

	lock_reader_begin();
	*ret_info = (struct kmem_zone_info){
		.node = zone->node,
		.type = zone->type,
		.name = zone->name,
		.start_pfn = zone->start_pfn,
		.spanned = zone_managed(zone),
		.present = zone_managed(zone),
		.managed = zone_managed(zone),
		.free = counter_read(zone->free_pages),
		.boost = boost,
		.min = counter_read(zone->min) + boost,
		.low = counter_read(zone->low) + boost,
		.high = counter_read(zone->high) + boost,
		.promo = counter_read(zone->promo) + boost,
	};
	for (int type = 0; type < NR_ZONE_TYPES; type++)
		ret_info->lowmem_reserve[type] =
			counter_read(zone->lowmem_reserve[type]);
	buddy_info(zone, ret_info);
	lock_reader_end();
}

/* The kernel prints marks even there: HighMem and Movable have a least. */
static void empty_zone_info(unsigned int node, enum zone_type type,
			    struct kmem_zone_info *ret_info)
{
	const struct watermark_tunables none = { 0 };
	const struct zone_size size = { .node = node, .type = type };
	struct zone_marks marks;

	watermarks(&size, 1, &none, &marks);
	*ret_info = (struct kmem_zone_info){
		.node = node,
		.type = type,
		.name = zone_table[type].name,
		.min = marks.min,
		.low = marks.low,
		.high = marks.high,
		.promo = marks.promo,
	};
}

bool kmem_zone_info(unsigned int i, struct kmem_zone_info *ret_info)
{
	if (!kmem_up() || i >= kmem.nr_zones)
		return false;
	zone_info(&kmem.zone[i], ret_info);
	return true;
}

bool kmem_node_zone_info(unsigned int node, unsigned int type,
			 struct kmem_zone_info *ret_info)
{
	if (!kmem_up() || node >= kmem.nr_nodes || type >= NR_ZONE_TYPES)
		return false;
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		if (kmem.zone[i].node != node || kmem.zone[i].type != type)
			continue;
		zone_info(&kmem.zone[i], ret_info);
		return true;
	}
	empty_zone_info(node, (enum zone_type)type, ret_info);
	return true;
}

void kmem_memory_info(struct kmem_memory_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	if (!kmem_up())
		return;
	lock_reader_begin();
	ret_info->base = kmem.base;
	ret_info->size = kmem.memory;
	ret_info->cpus = kmem.cpus;
	for (unsigned int i = 0; i < kmem.nr_zones; i++) {
		const struct zone *zone = &kmem.zone[i];

		ret_info->managed_pages += zone_managed(zone);
		ret_info->free_pages += counter_read(zone->free_pages);
		ret_info->cached_pages += pages_parked(zone);
	}
	lock_reader_end();
}

bool kmem_zone_numa_info(unsigned int i, struct kmem_numa_info *ret_info)
{
	const struct zone *zone;
	uint64_t allocs, frees;

	if (!kmem_up() || i >= kmem.nr_zones)
		return false;
	zone = &kmem.zone[i];
	*ret_info = (struct kmem_numa_info){
		.miss = counter_read(zone->numa_miss),
		.foreign = counter_read(zone->numa_foreign),
		.other = counter_read(zone->numa_other),
	};
	/* Later than those, so never less. */
	lock_reader_begin();
	zone_traffic(zone, &allocs, &frees);
	lock_reader_end();
	ret_info->hit = allocs - MIN(allocs, ret_info->miss);
	ret_info->local = allocs - MIN(allocs, ret_info->other);
	return true;
}
