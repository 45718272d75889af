/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cache_merge.c - one cache for several names
 *
 * Only where kmem_init() asked for it, and only for programs' caches: a new one
 * whose objects fit into an existing one with less than a word of waste, and
 * which wants nothing special, becomes another name of that. The rules are the
 * kernel's. A name stays, as a link in the mount, when a cache that it was given
 * to is destroyed; the memory goes with the last.
 *
 * Context: the lock of the list of caches.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

/* Flags that make a cache somebody's own. */
#define NEVER_MERGE                                                            \
	(SLAB_DEBUG_FLAGS | SLAB_TYPESAFE_BY_RCU | SLAB_NOLEAKTRACE |          \
	 SLAB_NO_MERGE)

/* Flags that both must have, or neither. */
#define MERGE_SAME                                                             \
	(SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 |            \
	 SLAB_ACCOUNT)

struct cache_alias {
	struct list_head link;
	struct kmem_cache *cache;
	char name[KMEM_NAME_MAX + 1];
};

static struct list_head aliases = LIST_HEAD_INIT(aliases); /* oldest first */

static bool may_merge(const struct kmem_cache_spec *spec)
{
	return !(spec->flags & NEVER_MERGE) &&
	       spec->ctor_kind == KMEM_CTOR_NONE && !spec->usersize &&
	       !spec->sheaf_capacity;
}

static bool fits(const struct kmem_cache *s, const struct kmem_cache_spec *spec,
		 const struct slab_layout *layout)
{
	return s->mergeable && may_merge(&s->spec) &&
	       ((s->spec.flags ^ spec->flags) & MERGE_SAME) == 0 &&
	       layout->size <= s->layout.size &&
	       s->layout.size % layout->align == 0 &&
	       s->layout.size - layout->size < sizeof(void *);
}

/* The oldest cache that can take objects of @spec, or NULL. */
static struct kmem_cache *find(const struct kmem_cache_spec *spec,
			       const struct slab_layout *layout)
{
	struct kmem_cache *s, *oldest = NULL;

	list_for_each_entry(s, &cache_list, link)
		if (!s->dying && fits(s, spec, layout))
			oldest = s;
	return oldest;
}

/**
 * cache_merge() - make @name another name of a cache that is there
 *
 * Return: that cache, or NULL: a new one is needed.
 */
struct kmem_cache *cache_merge(const char *name,
			       const struct kmem_cache_spec *spec,
			       const struct slab_layout *layout)
{
	struct cache_alias *alias;
	struct kmem_cache *s;

	lock_assert_held(&cache_list_lock);
	if (!kmem.merge || !may_merge(spec))
		return NULL;
	s = find(spec, layout);
	if (!s)
		return NULL;
	alias = kmem_meta_alloc(sizeof(*alias));
	if (!alias)
		return NULL;
	alias->cache = s;
	text_copy(alias->name, sizeof(alias->name), name);
	list_add_tail(&alias->link, &aliases);
	cache_list_named();
	s->users++;
	counter_set(s->object_size, MAX(s->object_size, spec->object_size));
	s->spec.object_size = s->object_size;
	return s;
}

/* The cache is going, and with it all names it had. */
void cache_forget_aliases(const struct kmem_cache *s)
{
	struct cache_alias *alias, *next;

	list_for_each_entry_safe(alias, next, &aliases, link) {
		if (s && alias->cache != s)
			continue;
		list_del(&alias->link);
		kmem_meta_free(alias, sizeof(*alias));
	}
}

bool kmem_cache_alias(size_t i, char *name, size_t size, uint64_t *ret_serial)
{
	struct cache_alias *alias;
	bool found = false;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(alias, &aliases, link) {
		if (i-- > 0)
			continue;
		text_copy(name, size, alias->name);
		*ret_serial = alias->cache->serial;
		found = true;
		break;
	}
	unlock(&cache_list_lock);
	return found;
}

/* The arena is going: nothing of it may be touched any more. */
void cache_merge_reset(void)
{
	list_init(&aliases);
}
