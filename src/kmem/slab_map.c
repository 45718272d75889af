/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab_map.c - a picture of a cache: every slab, every object, its state
 *
 * Taken in three steps, so that no lock is held while somebody looks at it:
 * slabs and their free lists are copied under the cache's lock, what the barn
 * holds likewise, then what each thread has parked, with its record closed.
 * Between the steps objects move; the picture of a busy cache is a little
 * blurred, and never wrong about one that is at rest.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

struct map {
	struct kmem_cache *cache;
	struct kmem_slab_info *slabs; /* by pfn, ascending */
	uint8_t *states;
	size_t nr, room;
	size_t objects, objects_room;
};

static int by_pfn(const void *a, const void *b)
{
	unsigned long x = ((const struct kmem_slab_info *)a)->pfn;
	unsigned long y = ((const struct kmem_slab_info *)b)->pfn;

	return x < y ? -1 : x > y;
}

static int find_pfn(const void *key, const void *slab)
{
	unsigned long pfn = *(const unsigned long *)key;
	const struct kmem_slab_info *info = slab;

	return pfn < info->pfn ? -1 : pfn > info->pfn;
}

/* Under the cache's lock. What came since the room was measured is left out. */
static void add_slab(struct map *map, struct page *slab)
{
	struct kmem_slab_info *info = &map->slabs[map->nr];
	uint8_t *state = map->states + map->objects;
	void *object = slab->freelist;

	if (map->objects_room - map->objects < slab->objects)
		return;
	*info = (struct kmem_slab_info){
		.pfn = __page_to_pfn(slab),
		.order = slab->order,
		.node = slab->node,
		.objects = slab->objects,
		.inuse = slab->inuse,
		.state = state,
	};
	for (unsigned int i = 0; i < slab->objects; i++)
		state[i] = slab->bad ? KMEM_OBJECT_BAD : KMEM_OBJECT_USED;
	for (unsigned int n = 0; object && n < slab->objects; n++) {
		int index = slab_index(map->cache, slab, object);

		if (index < 0)
			break;
		state[index] = KMEM_OBJECT_FREE;
		object = slab_next_free(map->cache, object);
	}
	map->nr++;
	map->objects += slab->objects;
}

static void mark_parked(void *arg, void **objects, unsigned int nr)
{
	struct map *map = arg;

	for (unsigned int i = 0; i < nr; i++) {
		struct page *slab = slab_of(objects[i]);
		struct kmem_slab_info *info;
		unsigned long pfn;
		int index;

		if (!slab || slab->cache != map->cache)
			continue;
		pfn = __page_to_pfn(slab);
		info = bsearch(&pfn, map->slabs, map->nr, sizeof(*info),
			       find_pfn);
		index = slab_index(map->cache, slab, objects[i]);
		if (info && index >= 0)
			info->state[index] = KMEM_OBJECT_PARKED;
	}
}

static void add_slabs(struct map *map, const struct list_head *list)
{
	struct page *slab;

	list_for_each_entry(slab, list, list) {
		if (map->nr == map->room)
			break;
		add_slab(map, slab);
	}
}

/* As long as the lock is held for so many slabs as there is room for. */
static void copy_slabs(struct map *map)
{
	struct kmem_cache *s = map->cache;

	lock(&s->lock, LOCK_SLABS);
	for_each_cache_node(s, node) add_slabs(map, &node->partial);
	for_each_cache_node(s, node) add_slabs(map, &node->full);
	qsort(map->slabs, map->nr, sizeof(*map->slabs), by_pfn);
	for_each_cache_node(s, node) for (unsigned int i = 0;
					  i < node->barn.nr_full; i++)
		mark_parked(map, node->barn.full[i], s->layout.sheaf_capacity);
	unlock(&s->lock);
}

int kmem_cache_map(struct kmem_cache *s, size_t most, kmem_slab_visit_t *visit,
		   void *arg)
{
	struct map map = {
		.cache = s,
		/* A few more, for slabs that are made meanwhile. */
		.room = MIN(cache_sum(s, nr_slabs) + 16, most),
		.objects_room = cache_sum(s, total) + 4096,
	};
	size_t slab_bytes = map.room * sizeof(*map.slabs);
	int err = -ENOMEM;

	map.slabs = kmem_meta_alloc(slab_bytes);
	map.states = kmem_meta_alloc(map.objects_room);
	if (map.slabs && map.states) {
		copy_slabs(&map);
		record_walk(s->slot, mark_parked, &map);
		for (size_t i = 0; i < map.nr; i++)
			visit(arg, &map.slabs[i]);
		err = 0;
	}
	kmem_meta_free(map.slabs, slab_bytes);
	kmem_meta_free(map.states, map.objects_room);
	return err;
}
