/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map.c - a picture of the memory as numbers
 *
 * The memory is cut into cells, a power of two of pages each, so that there are
 * not more than who draws them wants, however large it is. Blocks come by page
 * frame ascending; each is counted for its owner in all cells that it is in.
 * Only the cell that is being filled has a count for each owner: when it is
 * full, what is kept is who has most of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"

#include "map.h"

/* ---- making -------------------------------------------------------------- */

static unsigned int cells_of(const struct kmem_zone_info *zone,
			     unsigned int cell_pages)
{
	return (unsigned int)((zone->spanned + cell_pages - 1) / cell_pages);
}

/* The finest scale that there is room for. */
static void set_scale(struct map *map, unsigned int most)
{
	unsigned long pages = map_pages(map);

	map->cell_pages = 1;
	while (pages / map->cell_pages > most)
		map->cell_pages *= 2;
	for (unsigned int i = 0; i < map->nr_zones; i++) {
		struct map_zone *zone = &map->zones[i];

		zone->first = map->nr_cells;
		zone->nr = cells_of(&zone->info, map->cell_pages);
		map->nr_cells += zone->nr;
	}
}

int map_begin(struct map *map, const struct kmem_zone_info *zones,
	      unsigned int nr_zones, const struct map_owner *caches,
	      unsigned int nr_caches, unsigned int most)
{
	memset(map, 0, sizeof(*map));
	map->zones = calloc(nr_zones ? nr_zones : 1, sizeof(*map->zones));
	map->nr_owners = MAP_FIRST_CACHE + nr_caches;
	map->owners = calloc(map->nr_owners, sizeof(*map->owners));
	map->ranked = calloc(map->nr_owners, sizeof(*map->ranked));
	map->tally = calloc(map->nr_owners, sizeof(*map->tally));
	map->tallied = calloc(map->nr_owners, sizeof(*map->tallied));
	if (!map->zones || !map->owners || !map->ranked || !map->tally ||
	    !map->tallied)
		return -ENOMEM;
	map->nr_zones = nr_zones;
	for (unsigned int i = 0; i < nr_zones; i++)
		map->zones[i].info = zones[i];
	if (nr_caches)
		memcpy(map->owners + MAP_FIRST_CACHE, caches,
		       nr_caches * sizeof(*caches));
	set_scale(map, most);
	map->cells =
		calloc(map->nr_cells ? map->nr_cells : 1, sizeof(*map->cells));
	return map->cells ? 0 : -ENOMEM;
}

void map_free(struct map *map)
{
	free(map->zones);
	free(map->cells);
	free(map->owners);
	free(map->ranked);
	free(map->pools);
	free(map->tally);
	free(map->tallied);
	memset(map, 0, sizeof(*map));
}

static struct map_cell *cell_now(struct map *map)
{
	return &map->cells[map->zone->first + map->cell];
}

/* Who has most of the cell; of equals the one that came first. */
static void finish_cell(struct map *map)
{
	struct map_cell *cell = cell_now(map);

	for (unsigned int i = 0; i < map->nr_tallied; i++) {
		unsigned int owner = map->tallied[i];

		if (map->tally[owner] > cell->owned) {
			cell->owner = owner;
			cell->owned = map->tally[owner];
		}
		map->tally[owner] = 0;
	}
	map->nr_tallied = 0;
	map->cell++;
}

static void start_cell(struct map *map)
{
	struct map_cell *cell = cell_now(map);
	unsigned long done = (unsigned long)map->cell * map->cell_pages;
	unsigned long left = map->zone->info.spanned - done;

	cell->pages = map->cell_pages < left ? map->cell_pages
					     : (unsigned int)left;
	cell->starts = -1;
	cell->order = -1;
}

void map_begin_zone(struct map *map, unsigned int zone)
{
	map->zone = &map->zones[zone];
	map->cell = 0;
	if (map->zone->nr)
		start_cell(map);
}

static int by_serial(const void *key, const void *owner)
{
	uint64_t serial = *(const uint64_t *)key;
	uint64_t other = ((const struct map_owner *)owner)->serial;

	return serial < other ? -1 : serial > other;
}

/* A cache that came or went meanwhile is nobody's: one more of the others. */
static unsigned int owner_of(const struct map *map,
			     const struct kmem_block_info *block)
{
	const struct map_owner *found;

	if (block->kind != KMEM_BLOCK_SLAB)
		return block->kind;
	found = bsearch(&block->cache, map->owners + MAP_FIRST_CACHE,
			map->nr_owners - MAP_FIRST_CACHE, sizeof(*found),
			by_serial);
	return found ? (unsigned int)(found - map->owners) : KMEM_BLOCK_SLAB;
}

static void count(struct map *map, unsigned int owner, unsigned int pages)
{
	if (!map->tally[owner])
		map->tallied[map->nr_tallied++] = owner;
	map->tally[owner] += pages;
	cell_now(map)->used += pages;
}

static void note_order(int *order, unsigned int other)
{
	if ((int)other > *order)
		*order = (int)other;
}

void map_add_block(void *arg, const struct kmem_block_info *block)
{
	struct map *map = arg;
	struct map_zone *zone = map->zone;
	unsigned long at = block->pfn - zone->info.start_pfn;
	unsigned long end = at + (1ul << block->order);
	bool free = block->kind == KMEM_BLOCK_FREE;
	unsigned int owner = owner_of(map, block);

	map->owners[owner].pages += end - at;
	if (block->kind == KMEM_BLOCK_PARKED)
		zone->parked += end - at;
	if (free)
		note_order(&cell_now(map)->starts, block->order);
	while (at < end) {
		struct map_cell *cell = cell_now(map);
		unsigned long next =
			(unsigned long)map->cell * map->cell_pages +
			cell->pages;
		unsigned long upto = end < next ? end : next;

		if (free)
			note_order(&cell->order, block->order);
		else
			count(map, owner, (unsigned int)(upto - at));
		at = upto;
		if (at < next)
			break;
		finish_cell(map);
		if (map->cell == zone->nr)
			break;
		start_cell(map);
	}
}

/* For qsort(), which passes nothing along; one map is finished at a time. */
struct rank {
	unsigned int owner;
	unsigned long pages;
	const char *name;
};

static int by_pages(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	return strcmp(x->name, y->name);
}

void map_finish(struct map *map)
{
	struct rank *ranks = calloc(map->nr_owners, sizeof(*ranks));
	unsigned int nr = 0;

	for (unsigned int i = MAP_FIRST_CACHE; i < map->nr_owners; i++) {
		map->owners[i].rank = map->nr_owners;
		if (ranks && map->owners[i].pages)
			ranks[nr++] = (struct rank){ i, map->owners[i].pages,
						     map->owners[i].name };
	}
	/* Without memory all caches are others. */
	if (nr)
		qsort(ranks, nr, sizeof(*ranks), by_pages);
	for (unsigned int i = 0; i < nr; i++) {
		map->ranked[i] = ranks[i].owner;
		map->owners[ranks[i].owner].rank = i;
	}
	map->nr_ranked = nr;
	free(ranks);
}

static int by_need(const void *a, const void *b)
{
	const struct map_pool *x = a, *y = b;
	int64_t left = (int64_t)x->curr_nr * y->min_nr;
	int64_t right = (int64_t)y->curr_nr * x->min_nr;

	if (x->waiters != y->waiters)
		return x->waiters > y->waiters ? -1 : 1;
	if (left != right)
		return left < right ? -1 : 1;
	return strcmp(x->name, y->name);
}

void map_sort_pools(struct map_pool *pools, unsigned int nr)
{
	if (nr)
		qsort(pools, nr, sizeof(*pools), by_need);
}

/* ---- asking -------------------------------------------------------------- */

unsigned long map_pages(const struct map *map)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < map->nr_zones; i++)
		pages += map->zones[i].info.spanned;
	return pages;
}

int map_largest_free(const struct kmem_zone_info *zone)
{
	int order = KMEM_MAX_ORDER;

	while (order >= 0 && !zone->nr_free[order])
		order--;
	return order;
}

/* Whole numbers from 10 on, else one digit behind the point unless it is 0; to
 * the nearest, so that what all but fills the memory reads as all of it. */
void map_add_bytes(struct strbuf *sb, uint64_t bytes)
{
	static const char units[][4] = { "B", "KiB", "MiB", "GiB", "TiB" };
	uint64_t one = 1, tenths;
	unsigned int unit = 0;

	/* 1023.5 of a unit are one of the next. */
	while (unit < 4 && bytes >= one * 1024 - one / 2) {
		one *= 1024;
		unit++;
	}
	tenths = bytes / one * 10 + (bytes % one * 10 + one / 2) / one;
	if (tenths >= 100)
		tenths = (bytes + one / 2) / one * 10;
	if (tenths % 10 == 0)
		strbuf_addf(sb, "%llu %s", (unsigned long long)(tenths / 10),
			    units[unit]);
	else
		strbuf_addf(sb, "%llu.%llu %s",
			    (unsigned long long)(tenths / 10),
			    (unsigned long long)(tenths % 10), units[unit]);
}

size_t map_char_length(const char *p)
{
	unsigned int len = parse_utf8(p);

	return len ? len : 1;
}

/* U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF. */
bool map_char_unseen(const char *p)
{
	const unsigned char *c = (const unsigned char *)p;

	if (c[0] == 0xe2 && c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) ||
		       (c[2] >= 0xaa && c[2] <= 0xae);
	if (c[0] == 0xe2 && c[1] == 0x81)
		return c[2] >= 0xa0 && c[2] <= 0xaf;
	return c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf;
}
