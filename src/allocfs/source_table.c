/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * source_table.c - the tables in which sources are found
 *
 * Each source is in all of them while it lives:
 *
 *	by name, by kmem, by serial	hash tables
 *	slots				by the number that its objects' inode
 *					numbers have
 *	of its kind			an array in order of serials
 *
 * Serials ascend and are never used twice, so a new source comes last in the
 * array of its kind, and a listing may let go of the lock, and of the source
 * that it stands on, and go on from a number: the place of any serial, or of
 * the next one, is found by halving. One that dies leaves no gap; what is
 * behind it moves up, eight bytes each.
 *
 * Slots are used again, or their number would run out with long lives of many
 * short-lived directories; the serials of their objects go on, so that inode
 * numbers are not. No slot below slot_hint is free.
 *
 * All under view->lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

/* ---- hash tables --------------------------------------------------------- */

static struct list_head *name_bucket(struct view *view, const char *name)
{
	return &view->table.by_name[text_hash(name) % SOURCE_BUCKETS];
}

static struct list_head *kmem_bucket(struct view *view, uint64_t kmem)
{
	return &view->table.by_kmem[kmem % SOURCE_BUCKETS];
}

static struct list_head *serial_bucket(struct view *view, uint32_t serial)
{
	return &view->table.by_serial[serial % SOURCE_BUCKETS];
}

struct source *__source_find_name(struct view *view, const struct kind *kind,
				  const char *name)
{
	struct source *source;

	list_for_each_entry(source, name_bucket(view, name), same_name)
		if (source->kind == kind && !strcmp(source->name, name))
			return source;
	return NULL;
}

struct source *__source_find_kmem(struct view *view, const struct kind *kind,
				  uint64_t kmem)
{
	struct source *source;

	list_for_each_entry(source, kmem_bucket(view, kmem), same_kmem)
		if (source->kind == kind && source->kmem == kmem)
			return source;
	return NULL;
}

struct source *source_by_kmem(struct view *view, const struct kind *kind,
			      uint64_t kmem)
{
	struct source *source;

	pthread_mutex_lock(&view->lock);
	source = __source_find_kmem(view, kind, kmem);
	if (source)
		source_get(source);
	pthread_mutex_unlock(&view->lock);
	return source;
}

struct source *source_by_serial(struct view *view, uint32_t serial)
{
	struct source *source, *found = NULL;

	pthread_mutex_lock(&view->lock);
	list_for_each_entry(source, serial_bucket(view, serial), same_serial) {
		if (source->serial == serial) {
			found = source_get(source);
			break;
		}
	}
	pthread_mutex_unlock(&view->lock);
	return found;
}

void __source_hash_name(struct view *view, struct source *source)
{
	list_del(&source->same_name);
	list_add_tail(&source->same_name, name_bucket(view, source->name));
}

/* ---- slots --------------------------------------------------------------- */

struct source *source_by_slot(struct view *view, uint32_t slot)
{
	struct source *source = NULL;

	pthread_mutex_lock(&view->lock);
	if (slot < view->table.nr_slots && view->table.slots[slot])
		source = source_get(view->table.slots[slot]);
	pthread_mutex_unlock(&view->lock);
	return source;
}

/* Both arrays or neither, as far as slots_room tells. */
static int __slots_grow(struct source_table *table)
{
	uint32_t room = table->slots_room ? table->slots_room * 2 : 64;
	struct source **slots;
	uint64_t *last;

	slots = realloc(table->slots, room * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	table->slots = slots;
	last = realloc(table->slot_last, room * sizeof(*last));
	if (!last)
		return -ENOMEM;
	table->slot_last = last;
	table->slots_room = room;
	return 0;
}

static int __slot_take(struct source_table *table, struct source *source)
{
	uint32_t i = table->slot_hint;

	while (i < table->nr_slots && table->slots[i])
		i++;
	if (i == table->nr_slots) {
		if (i == MAX_SOURCES)
			return -ENOSPC;
		if (i == table->slots_room && __slots_grow(table))
			return -ENOMEM;
		table->slot_last[i] = 0;
		table->nr_slots++;
	}
	table->slots[i] = source;
	table->slot_hint = i + 1;
	source->slot = i;
	source->first = table->slot_last[i];
	return 0;
}

static void __slot_give(struct source_table *table, const struct source *source)
{
	table->slots[source->slot] = NULL;
	table->slot_last[source->slot] = source->first + source->objects.last;
	if (source->slot < table->slot_hint)
		table->slot_hint = source->slot;
}

/* ---- the sources of a kind ----------------------------------------------- */

static struct source_list *list_of(struct view *view, const struct kind *kind)
{
	return &view->table.of_kind[kind->id];
}

static int __list_room(struct source_list *list)
{
	uint32_t room = list->room ? list->room * 2 : 16;
	struct source **at;

	if (list->nr < list->room)
		return 0;
	at = realloc(list->at, room * sizeof(*at));
	if (!at)
		return -ENOMEM;
	list->at = at;
	list->room = room;
	return 0;
}

/* Where the least serial >= @from is, or would be. */
static uint32_t __list_place(const struct source_list *list, uint32_t from)
{
	uint32_t low = 0, high = list->nr;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (list->at[middle]->serial < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void __list_del(struct source_list *list, const struct source *source)
{
	uint32_t i = __list_place(list, source->serial);

	list->nr--;
	memmove(&list->at[i], &list->at[i + 1],
		(list->nr - i) * sizeof(*list->at));
}

/* So many places behind the first whose serial is not below @serial. */
static struct source *source_near(struct view *view, const struct kind *kind,
				  uint32_t serial, int places)
{
	const struct source_list *list = list_of(view, kind);
	struct source *found = NULL;
	int64_t i;

	pthread_mutex_lock(&view->lock);
	i = (int64_t)__list_place(list, serial) + places;
	if (i >= 0 && i < list->nr)
		found = source_get(list->at[i]);
	pthread_mutex_unlock(&view->lock);
	return found;
}

struct source *source_next(struct view *view, const struct kind *kind,
			   uint32_t from)
{
	return source_near(view, kind, from, 0);
}

struct source *source_prev(struct view *view, const struct kind *kind,
			   uint32_t below)
{
	return source_near(view, kind, below, -1);
}

/* ---- all of them --------------------------------------------------------- */

int __source_table_add(struct view *view, struct source *source)
{
	struct source_list *list = list_of(view, source->kind);
	int err;

	err = __list_room(list);
	if (!err)
		err = __slot_take(&view->table, source);
	if (err)
		return err;
	source->serial = ++view->table.last_serial;
	list->at[list->nr++] = source;
	list_add_tail(&source->same_kmem, kmem_bucket(view, source->kmem));
	list_add_tail(&source->same_serial,
		      serial_bucket(view, source->serial));
	return 0;
}

void __source_table_del(struct view *view, struct source *source)
{
	__list_del(list_of(view, source->kind), source);
	list_del(&source->same_name);
	list_del(&source->same_kmem);
	list_del(&source->same_serial);
	__slot_give(&view->table, source);
}

void source_table_init(struct source_table *table)
{
	unsigned int i;

	for (i = 0; i < SOURCE_BUCKETS; i++) {
		list_init(&table->by_name[i]);
		list_init(&table->by_kmem[i]);
		list_init(&table->by_serial[i]);
	}
}

/* No source is left. */
void source_table_exit(struct source_table *table)
{
	unsigned int i;

	for (i = 0; i < KIND_NR; i++)
		free(table->of_kind[i].at);
	free(table->slots);
	free(table->slot_last);
}
