/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * map.h - the pictures of the memory: what they are made from, and who draws
 *
 * attrs_map.c asks the allocator, map.c makes a struct map of what it says, and
 * map_text.c and map_svg.c draw that; map_cache.c draws one cache. Nothing here
 * knows a mount, so tests can draw memory that never was.
 */
#ifndef ALLOCFS_MAP_H
#define ALLOCFS_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include <kmem/introspect.h>

#include "util/strbuf.h"

/* Of a text map; the zones are drawn with one scale, and each begins a line. */
#define MAP_TEXT_COLUMNS 64
#define MAP_TEXT_LINES 32

/* The same of the SVG, where a character is a box. */
#define MAP_SVG_COLUMNS 64
#define MAP_SVG_LINES 16

/* Of an owner without a cache: indices in map->owners, in kmem_block_kind's
 * order. Caches follow. */
#define MAP_FIRST_CACHE KMEM_NR_BLOCK_KINDS

/**
 * struct map_owner - who may have pages
 * @serial: of a cache
 * @name: of a cache, as the mount shows it; of one without pages it may be NULL
 * @pages: that it has
 * @rank: 0 for the cache with most pages, and so on; set by map_finish()
 */
struct map_owner {
	uint64_t serial;
	const char *name;
	unsigned long pages;
	unsigned int rank;
};

/**
 * struct map_cell - so many pages as one character or box stands for
 * @pages: how many these are; fewer than others at the end of a zone
 * @used: of those, not on a free list of the zone
 * @owner: index of who has most of them
 * @owned: how many that are
 * @starts: the highest order of a free block that begins here; -1: none does
 * @order: the highest order of a free block that has pages here; -1: none
 */
struct map_cell {
	unsigned int pages;
	unsigned int used;
	unsigned int owner;
	unsigned int owned;
	int starts;
	int order;
};

/**
 * struct map_zone - one zone
 * @first: its first cell
 * @nr: its cells
 * @parked: pages in threads' lists
 */
struct map_zone {
	struct kmem_zone_info info;
	unsigned int first;
	unsigned int nr;
	unsigned long parked;
};

/* Of a pool. */
struct map_pool {
	char name[KMEM_NAME_MAX + 9];
	int min_nr;
	int curr_nr;
	unsigned int waiters;
	uint64_t active;
};

/**
 * struct map - the whole picture
 * @cell_pages: what a cell stands for, a power of two
 * @zones: @nr_zones of them
 * @cells: @nr_cells of them, those of a zone one after the other
 * @owners: @nr_owners of them: one of each kind, then caches by serial
 * @ranked: indices of the caches that have pages, most pages first;
 *	@nr_ranked of them
 * @pools: @nr_pools of them, those that somebody waits for first
 */
struct map {
	unsigned int cell_pages;
	struct map_zone *zones;
	unsigned int nr_zones;
	struct map_cell *cells;
	unsigned int nr_cells;
	struct map_owner *owners;
	unsigned int nr_owners;
	unsigned int *ranked;
	unsigned int nr_ranked;
	struct map_pool *pools;
	unsigned int nr_pools;

	/* while it is being made */
	struct map_zone *zone;
	unsigned int cell; /* in the zone */
	unsigned int *tally; /* of the cell, by owner */
	unsigned int *tallied; /* the owners that have some of it */
	unsigned int nr_tallied;
};

/* ---- map.c --------------------------------------------------------------- */

/*
 * In this order: begin, then for each zone map_begin_zone() and its blocks by
 * map_add_block(), which is a kmem_block_visit_t, then map_finish().
 */

/**
 * map_begin() - an empty picture
 * @zones: what is known of the zones to come, in their order
 * @caches: serial and name of each, sorted by serial; the names are the
 *	caller's, and stay as long as the map. They may be set as late as before
 *	map_finish()
 * @most: cells that there may be; each zone may have one more
 *
 * Return: 0, -ENOMEM; map_free() either way.
 */
int map_begin(struct map *map, const struct kmem_zone_info *zones,
	      unsigned int nr_zones, const struct map_owner *caches,
	      unsigned int nr_caches, unsigned int most);
void map_begin_zone(struct map *map, unsigned int zone);
void map_add_block(void *arg, const struct kmem_block_info *block);
void map_finish(struct map *map);
void map_free(struct map *map);

/* For bars: those that somebody waits for, then the emptiest. */
void map_sort_pools(struct map_pool *pools, unsigned int nr);

/* Pages of all zones, and of those that nobody has. */
unsigned long map_pages(const struct map *map);

/* The highest order of which a zone has a free block; -1: it has none. */
int map_largest_free(const struct kmem_zone_info *zone);

/* "12 MiB", "1.5 GiB" */
void map_add_bytes(struct strbuf *sb, uint64_t bytes);

/* Bytes of the character at @p, at least 1 before the end; what is no UTF-8 is
 * one character a byte. */
size_t map_char_length(const char *p);

/* Whether it has no shape of its own: it turns the line that follows around, or
 * makes two names look alike. */
bool map_char_unseen(const char *p);

/* ---- map_text.c, map_svg.c ------------------------------------------------ */

void map_text(const struct map *map, bool ascii, struct strbuf *sb);
void map_svg(const struct map *map, struct strbuf *sb);

/* ---- map_cache.c --------------------------------------------------------- */

/* Slabs that the picture of a cache shows at most. */
#define MAP_CACHE_SLABS 256

void map_cache_head(const struct kmem_cache_info *cache, struct strbuf *sb);
void map_cache_slab(const struct kmem_slab_info *slab, struct strbuf *sb);
void map_cache_rest(uint64_t slabs, struct strbuf *sb);

#endif /* ALLOCFS_MAP_H */
