/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * link.c - further names of caches: symbolic links next to their directories
 *
 * Where merging is on, a program's new cache may become another name of one
 * that is there (kmem_cache_alias()). The kernel shows such a name as a link in
 * /sys/kernel/slab, and so do we. A cache keeps its names as long as it lives,
 * so links come one by one and go with their target, all at once.
 *
 * The same name twice for one cache is one link, and none where it is the
 * cache's own. Links and directories share one set of names: what is taken gets
 * ~2, whoever came first.
 */
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

/**
 * struct link - one of them; constant but for its being in view->links
 * @links: by serial, ascending
 * @serial: identity, never used twice
 * @source: the target; no reference, it takes us with it
 * @name: as shown
 * @given: as the program said
 */
struct link {
	struct list_head links;
	uint32_t serial;
	struct source *source;
	char name[SOURCE_NAME_MAX + 1];
	char given[KMEM_NAME_MAX + 1];
};

bool __link_name_taken(const struct view *view, const char *name)
{
	const struct link *link;

	list_for_each_entry(link, &view->links, links)
		if (!strcmp(link->name, name))
			return true;
	return false;
}

void __link_forget(struct view *view, const struct source *source)
{
	struct link *link, *next;

	list_for_each_entry_safe(link, next, &view->links, links) {
		if (link->source != source)
			continue;
		list_del(&link->links);
		free(link);
		view->links_lost++;
	}
}

static bool __is_known(const struct view *view, const struct source *source,
		       const char *given)
{
	const struct link *link;

	if (!strcmp(source->given, given))
		return true;
	list_for_each_entry(link, &view->links, links)
		if (link->source == source && !strcmp(link->given, given))
			return true;
	return false;
}

/* Without memory it is missing, and looked for again next time. */
static bool __link_add(struct view *view, struct source *source,
		       const char *given)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return false;
	link->serial = ++view->last_link;
	link->source = source;
	text_copy(link->given, sizeof(link->given), given);
	__source_show_name(view, source->kind, given, link->name);
	list_add_tail(&link->links, &view->links);
	return true;
}

/*
 * When a cache goes meanwhile, so do its names, and those behind them move up:
 * one may be missed, until the next time. Return: none was, as far as we know.
 */
static bool sync_all(struct view *view)
{
	char given[KMEM_NAME_MAX + 1];
	bool all = true;
	uint64_t kmem;
	size_t i;

	for (i = 0; kmem_cache_alias(i, given, sizeof(given), &kmem); i++) {
		struct source *source = source_by_kmem(view, &cache_kind, kmem);

		if (!source) {
			all = false;
			continue;
		}
		pthread_mutex_lock(&view->lock);
		if (source->dead)
			all = false;
		else if (!__is_known(view, source, given))
			all &= __link_add(view, source, given);
		pthread_mutex_unlock(&view->lock);
		source_put(view, source);
	}
	return all;
}

/* As source_sync(): the allocator counts the names that it was given. */
void link_sync(struct view *view)
{
	struct kmem_changes before, after;
	uint64_t lost;
	bool agree;

	kmem_cache_changes(&before);
	pthread_mutex_lock(&view->lock);
	lost = view->links_lost;
	agree = view->links_seen == before.named && view->links_settled == lost;
	pthread_mutex_unlock(&view->lock);
	if (agree || !sync_all(view))
		return;
	kmem_cache_changes(&after);
	if (after.gone != before.gone)
		return;
	pthread_mutex_lock(&view->lock);
	view->links_seen = before.named;
	view->links_settled = lost;
	pthread_mutex_unlock(&view->lock);
}

struct source *link_by_name(struct view *view, const char *name,
			    uint32_t *ret_serial)
{
	struct source *source = NULL;
	const struct link *link;

	link_sync(view);
	pthread_mutex_lock(&view->lock);
	list_for_each_entry(link, &view->links, links) {
		if (strcmp(link->name, name) != 0)
			continue;
		source = source_get(link->source);
		*ret_serial = link->serial;
		break;
	}
	pthread_mutex_unlock(&view->lock);
	return source;
}

struct source *link_by_serial(struct view *view, uint32_t serial)
{
	struct source *source = NULL;
	const struct link *link;

	pthread_mutex_lock(&view->lock);
	list_for_each_entry(link, &view->links, links) {
		if (link->serial != serial)
			continue;
		source = source_get(link->source);
		break;
	}
	pthread_mutex_unlock(&view->lock);
	return source;
}

uint32_t link_next(struct view *view, uint32_t from, char *name, size_t size)
{
	const struct link *link;
	uint32_t serial = 0;

	pthread_mutex_lock(&view->lock);
	list_for_each_entry(link, &view->links, links) {
		if (link->serial < from)
			continue;
		serial = link->serial;
		text_copy(name, size, link->name);
		break;
	}
	pthread_mutex_unlock(&view->lock);
	return serial;
}
