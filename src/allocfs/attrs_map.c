/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * attrs_map.c - the pictures: map, map.txt, map.svg, nodes/nodeN/ZONE/map and
 * caches/NAME/map
 *
 * What is drawn is gathered here: zones and blocks from the library, which
 * takes no lock for it, names from the directories of the mount.
 */
#include <errno.h>
#include <stdlib.h>

#include "util/text.h"

#include "map.h"
#include "view.h"

/* ---- gathering ----------------------------------------------------------- */

/* A map, and the memory that the names in it are in. */
struct picture {
	struct map map;
	char (*names)[SOURCE_NAME_MAX + 1];
};

static void picture_free(struct picture *picture)
{
	map_free(&picture->map);
	free(picture->names);
}

/* No page has an owner yet. Serials of the library ascend, oldest first. */
static int begin(struct view *view, struct map *map, unsigned int first,
		 unsigned int nr, unsigned int most)
{
	struct kmem_zone_info *zones = calloc(nr, sizeof(*zones));
	struct map_owner *caches;
	uint64_t *serials;
	size_t nr_caches = 0;
	int err = -ENOMEM;

	source_sync(view, &cache_kind);
	serials = source_serials(view, &cache_kind, &nr_caches);
	caches = calloc(nr_caches + 1, sizeof(*caches));
	if (zones && serials && caches) {
		for (unsigned int i = 0; i < nr; i++)
			kmem_zone_info(first + i, &zones[i]);
		for (size_t i = 0; i < nr_caches; i++)
			caches[i].serial = serials[i];
		err = map_begin(map, zones, nr, caches, (unsigned int)nr_caches,
				most);
	}
	free(zones);
	free(serials);
	free(caches);
	return err;
}

static void name_of(struct view *view, const struct kind *kind, uint64_t serial,
		    char *name)
{
	struct source *source = source_by_kmem(view, kind, serial);

	if (source)
		source_name(view, source, name, SOURCE_NAME_MAX + 1);
	else
		text_copy(name, SOURCE_NAME_MAX + 1, "(gone)");
	source_put(view, source);
}

/* Of those alone that have pages: there may be thousands that have none. */
static int name_owners(struct view *view, struct picture *picture)
{
	struct map *map = &picture->map;
	size_t nr = 0;

	for (unsigned int i = MAP_FIRST_CACHE; i < map->nr_owners; i++)
		nr += map->owners[i].pages != 0;
	picture->names = calloc(nr + 1, sizeof(*picture->names));
	if (!picture->names)
		return -ENOMEM;
	for (unsigned int i = MAP_FIRST_CACHE; i < map->nr_owners; i++) {
		struct map_owner *owner = &map->owners[i];

		if (!owner->pages)
			continue;
		nr--;
		name_of(view, &cache_kind, owner->serial, picture->names[nr]);
		owner->name = picture->names[nr];
	}
	return 0;
}

/* Of @nr zones from @first on. */
static int gather(struct view *view, struct picture *picture,
		  unsigned int first, unsigned int nr, unsigned int most)
{
	struct map *map = &picture->map;
	int err = begin(view, map, first, nr, most);

	if (err)
		return err;
	for (unsigned int i = 0; i < nr; i++) {
		map_begin_zone(map, i);
		kmem_zone_map(first + i, map_add_block, map);
	}
	err = name_owners(view, picture);
	if (!err)
		map_finish(map);
	return err;
}

/* ---- the memory ---------------------------------------------------------- */

static int show_text(struct call *call, struct strbuf *sb, unsigned int first,
		     unsigned int nr, bool ascii)
{
	struct picture picture = { .names = NULL };
	int err = gather(call->view, &picture, first, nr,
			 MAP_TEXT_COLUMNS * MAP_TEXT_LINES);

	if (!err)
		map_text(&picture.map, ascii, sb);
	picture_free(&picture);
	return err;
}

static int map_show(struct call *call, struct strbuf *sb)
{
	return show_text(call, sb, 0, kmem_nr_zones(), false);
}
ATTR_RO(map, "who has the memory, as a picture", .flags = ATTR_LONG);

static int map_txt_show(struct call *call, struct strbuf *sb)
{
	return show_text(call, sb, 0, kmem_nr_zones(), true);
}
ATTR_RO(map_txt, "the same in ASCII", .flags = ATTR_LONG);

static int zone_map_show(struct call *call, struct strbuf *sb)
{
	return show_text(call, sb, call->place.about, 1, false);
}
ATTR_RO(zone_map, "who has its memory, as a picture", .flags = ATTR_LONG);

/* ---- with pools ---------------------------------------------------------- */

/* Return: false: it is gone. */
static bool take_pool(struct view *view, uint64_t serial, struct map_pool *ret)
{
	mempool_t *pool = mempool_pin(serial);
	struct kmem_mempool_info info;

	if (!pool)
		return false;
	mempool_info(pool, &info);
	mempool_unpin(pool);
	name_of(view, &pool_kind, serial, ret->name);
	ret->min_nr = info.min_nr;
	ret->curr_nr = info.curr_nr;
	ret->waiters = info.waiters;
	ret->active = info.active;
	return true;
}

static int gather_pools(struct view *view, struct map *map)
{
	uint64_t *serials;
	size_t nr = 1; /* untouched without memory; none have no serials */

	source_sync(view, &pool_kind);
	serials = source_serials(view, &pool_kind, &nr);
	map->pools = calloc(nr + 1, sizeof(*map->pools));
	if (nr && !serials)
		return -ENOMEM;
	for (size_t i = 0; map->pools && i < nr; i++)
		map->nr_pools +=
			take_pool(view, serials[i], &map->pools[map->nr_pools]);
	if (map->pools)
		map_sort_pools(map->pools, map->nr_pools);
	free(serials);
	return map->pools ? 0 : -ENOMEM;
}

static int map_svg_show(struct call *call, struct strbuf *sb)
{
	struct picture picture = { .names = NULL };
	int err = gather(call->view, &picture, 0, kmem_nr_zones(),
			 MAP_SVG_COLUMNS * MAP_SVG_LINES);

	if (!err)
		err = gather_pools(call->view, &picture.map);
	if (!err)
		map_svg(&picture.map, sb);
	picture_free(&picture);
	return err;
}
ATTR_RO(map_svg, "the same for a browser, with pools", .flags = ATTR_LONG);

/* ---- one cache ----------------------------------------------------------- */

struct slabs {
	struct strbuf *sb;
	uint64_t shown;
};

static void show_slab(void *arg, const struct kmem_slab_info *slab)
{
	struct slabs *slabs = arg;

	map_cache_slab(slab, slabs->sb);
	slabs->shown++;
}

static int cache_map_show(struct call *call, struct strbuf *sb)
{
	struct slabs slabs = { .sb = sb };
	struct kmem_cache_info info;
	int err;

	kmem_cache_info(call->cache, &info);
	map_cache_head(&info, sb);
	err = kmem_cache_map(call->cache, MAP_CACHE_SLABS, show_slab, &slabs);
	if (!err && info.slabs > slabs.shown)
		map_cache_rest(info.slabs - slabs.shown, sb);
	return err;
}
ATTR_RO(cache_map, "each slab, each object", .flags = ATTR_LONG);
