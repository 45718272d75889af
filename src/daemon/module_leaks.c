/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * module_leaks.c - what a module left behind
 *
 * Caches and pools know their owner, and their serials grow: what has the
 * module's name and is newer than its insertion was made by it, and not by an
 * earlier module of the same name. Shrinkers are known by where their code is.
 * Memory of kmalloc() is not known to anybody, as in the kernel.
 */
#include <stdlib.h>
#include <string.h>

#include <kmem/introspect.h>

#include "modules.h"

typedef size_t(serials_fn)(uint64_t *serials, size_t room);

/* There may be more of them by the time that there is room for all. */
static uint64_t *serials_of(serials_fn *list, size_t *ret_nr)
{
	uint64_t *serials = NULL;
	size_t room = 0, nr;

	while ((nr = list(serials, room)) > room) {
		free(serials);
		room = nr + 16;
		serials = malloc(room * sizeof(*serials));
		if (!serials)
			return NULL;
	}
	*ret_nr = nr;
	return serials;
}

static uint64_t last_of(serials_fn *list)
{
	uint64_t *serials, last = 0;
	size_t nr = 0;

	serials = serials_of(list, &nr);
	/* They ascend. */
	if (serials && nr)
		last = serials[nr - 1];
	free(serials);
	return last;
}

void leaks_mark(struct leak_mark *ret_mark)
{
	ret_mark->last_cache = last_of(kmem_cache_serials);
	ret_mark->last_pool = last_of(mempool_serials);
}

static void add(struct strbuf *sb, const char *what, const char *name)
{
	strbuf_addf(sb, "%s%s '%s'", sb->len ? ", " : "", what, name);
}

static void add_cache(uint64_t serial, const char *owner, struct strbuf *sb)
{
	struct kmem_cache *s = kmem_cache_pin(serial);
	struct kmem_cache_info info;

	if (!s)
		return;
	kmem_cache_info(s, &info);
	kmem_cache_unpin(s);
	if (!strcmp(info.owner, owner))
		add(sb, "cache", info.name);
}

static void add_pool(uint64_t serial, const char *owner, struct strbuf *sb)
{
	mempool_t *pool = mempool_pin(serial);
	struct kmem_mempool_info info;

	if (!pool)
		return;
	mempool_info(pool, &info);
	mempool_unpin(pool);
	if (!strcmp(info.owner, owner))
		add(sb, "pool", info.name);
}

static void add_newer(serials_fn *list, uint64_t last, const char *owner,
		      void (*look)(uint64_t, const char *, struct strbuf *),
		      struct strbuf *sb)
{
	size_t nr = SIZE_MAX, i;
	uint64_t *serials = serials_of(list, &nr);

	/* Who cannot be asked for may be there. */
	if (nr == SIZE_MAX)
		sb->failed = true;
	for (i = 0; serials && i < nr; i++)
		if (serials[i] > last)
			look(serials[i], owner, sb);
	free(serials);
}

void leaks_list(const struct loaded *m, struct strbuf *sb)
{
	char name[KMEM_SHRINKER_NAME];

	add_newer(kmem_cache_serials, m->mark.last_cache, m->name, add_cache,
		  sb);
	add_newer(mempool_serials, m->mark.last_pool, m->name, add_pool, sb);
	if (module_shrinker(m, name))
		add(sb, "shrinker", name);
}
