/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cache_list.c - all caches: their registry, snapshots and settings
 *
 * A serial is what a reader may keep: it is never used twice, so a serial of a
 * cache that is gone finds nothing. It holds the slot in its low bits, which
 * makes finding it one look into a table. A pin keeps the cache while a
 * request works on it; who destroys waits for the last.
 *
 * Readers take no lock that an allocation takes: counts are words that their
 * writers store whole (counter_read), and those of the threads are added up
 * here. So each is right at some moment, and all agree when nothing runs.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

struct list_head cache_list = LIST_HEAD_INIT(cache_list); /* newest first */
pthread_mutex_t cache_list_lock = PTHREAD_MUTEX_INITIALIZER; /* LOCK_CACHES */

static pthread_cond_t cache_unpinned = PTHREAD_COND_INITIALIZER;

/* LOCK_CACHES. A serial is a count of caches made, and the slot. */
static struct slot_set cache_slots;
static struct kmem_cache *cache_of_slot[MAX_CACHES];
static struct kmem_changes cache_changes;

/* ---- the list ---- */

/* The newest comes first, as slabinfo shows them. */
int cache_list_add(struct kmem_cache *s)
{
	int slot;

	lock(&cache_list_lock, LOCK_CACHES);
	slot = slot_take(&cache_slots);
	if (slot >= 0) {
		s->slot = PAGE_SLOTS + (unsigned int)slot;
		s->serial =
			++cache_changes.made * MAX_CACHES + (unsigned int)slot;
		cache_of_slot[slot] = s;
		list_add(&s->link, &cache_list);
	}
	unlock(&cache_list_lock);
	return slot < 0 ? -ENOSPC : 0;
}

/*
 * Shuts the cache at a moment when nobody looks at it and it is not in use. Who
 * comes before is let in: told that the cache is gone, he would forget what he
 * has of it, while it may well stay. So the last who leaves decides, for us who
 * wait: by the time that we were awake, others would have come. Return: it is
 * shut; else it is in use.
 */
bool cache_list_shut(struct kmem_cache *s)
{
	bool busy = false;

	lock_assert_held(&cache_list_lock);
	counter_add(s->awaited, 1);
	while (!s->dying && !(busy = cache_in_use(s)) && s->pins)
		pthread_cond_wait(&cache_unpinned, &cache_list_lock);
	counter_sub(s->awaited, 1);
	if (!busy)
		s->dying = true;
	return !busy;
}

/* Forgets the cache, once nobody looks at it any more; not its slot. */
void cache_list_remove(struct kmem_cache *s)
{
	lock_assert_held(&cache_list_lock);
	s->dying = true;
	while (s->pins)
		pthread_cond_wait(&cache_unpinned, &cache_list_lock);
	list_del(&s->link);
	cache_forget_aliases(s);
	cache_of_slot[s->slot - PAGE_SLOTS] = NULL;
	cache_changes.gone++;
}

/* The records of the slot are empty in all threads: it may serve again. */
void cache_slot_put(struct kmem_cache *s)
{
	lock_assert_held(&cache_list_lock);
	slot_put(&cache_slots, s->slot - PAGE_SLOTS);
}

/* Somebody else's cache got a further name. */
void cache_list_named(void)
{
	lock_assert_held(&cache_list_lock);
	cache_changes.named++;
}

/* Forgets everything; the memory that it was in goes with the arena. */
void caches_exit(void)
{
	lock(&cache_list_lock, LOCK_CACHES);
	list_init(&cache_list);
	cache_merge_reset();
	memset(cache_of_slot, 0, sizeof(cache_of_slot));
	memset(&cache_slots, 0, sizeof(cache_slots));
	unlock(&cache_list_lock);
}

void caches_fork(enum fork_step step)
{
	fork_mutex(&cache_list_lock, step);
	if (step == FORK_CHILD || step == FORK_ORPHAN)
		pthread_cond_init(&cache_unpinned, NULL);
	if (step == FORK_ORPHAN)
		caches_exit();
}

/* The caches' locks rank below those of threads and records. */
void slabs_fork(enum fork_step step)
{
	struct kmem_cache *s;

	if (!fork_inherits())
		return;
	list_for_each_entry(s, &cache_list, link) {
		fork_mutex(&s->lock, step);
		if (step == FORK_CHILD) {
			s->pins = 0;
			s->awaited = 0;
			s->growing = 0;
		}
	}
}

uint64_t kmem_cache_serial(const struct kmem_cache *s)
{
	return s->serial;
}

/* From the tail, where the oldest is. */
size_t kmem_cache_serials(uint64_t *serials, size_t room)
{
	struct kmem_cache *s;
	size_t n = 0;

	if (!kmem_up())
		return 0;
	lock(&cache_list_lock, LOCK_CACHES);
	for (struct list_head *l = cache_list.prev; l != &cache_list;
	     l = l->prev) {
		s = list_entry(l, struct kmem_cache, link);
		if (s->dying)
			continue;
		if (n < room)
			serials[n] = s->serial;
		n++;
	}
	unlock(&cache_list_lock);
	return n;
}

void kmem_cache_changes(struct kmem_changes *ret_changes)
{
	lock(&cache_list_lock, LOCK_CACHES);
	*ret_changes = cache_changes;
	unlock(&cache_list_lock);
}

struct kmem_cache *kmem_cache_pin(uint64_t serial)
{
	struct kmem_cache *s;

	if (!kmem_up())
		return NULL;
	lock(&cache_list_lock, LOCK_CACHES);
	s = cache_of_slot[serial % MAX_CACHES];
	if (s && s->serial == serial && !s->dying)
		s->pins++;
	else
		s = NULL;
	unlock(&cache_list_lock);
	return s;
}

void kmem_cache_unpin(struct kmem_cache *s)
{
	lock(&cache_list_lock, LOCK_CACHES);
	if (--s->pins == 0 && (s->dying || s->awaited)) {
		s->dying |= !cache_in_use(s);
		pthread_cond_broadcast(&cache_unpinned);
	}
	unlock(&cache_list_lock);
}

uint64_t kmem_cache_find(const char *name)
{
	struct kmem_cache *s;
	uint64_t serial = 0;

	if (!kmem_up())
		return 0;
	lock(&cache_list_lock, LOCK_CACHES);
	/* Newest first, so the last match is the oldest. */
	list_for_each_entry(s, &cache_list, link)
		if (!s->dying && strcmp(s->name, name) == 0)
			serial = s->serial;
	unlock(&cache_list_lock);
	return serial;
}

/* ---- settings ---- */

void kmem_cache_set_min_partial(struct kmem_cache *s, unsigned long nr)
{
	lock(&s->lock, LOCK_SLABS);
	counter_set(s->min_partial, nr);
	counter_set(s->min_partial_set, true);
	unlock(&s->lock);
}

int kmem_cache_set_defrag_ratio(struct kmem_cache *s, unsigned int ratio)
{
	if (ratio > 100)
		return -ERANGE;
	lock(&s->lock, LOCK_SLABS);
	counter_set(s->defrag_ratio, ratio);
	unlock(&s->lock);
	return 0;
}

void kmem_cache_reset_peak(struct kmem_cache *s)
{
	lock(&s->lock, LOCK_SLABS);
	counter_set(s->peak, s->out);
	unlock(&s->lock);
}

/* ---- snapshot ---- */

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return counter_read(s->object_size);
}

/* Under LOCK_THREADS: a counter that both threads and slow paths feed. */
static void read_stats(struct kmem_cache *s, uint64_t *stat)
{
	uint64_t gets = s->folded_gets, puts = s->folded_puts;
	struct thread *t;

	for_each_thread(t) {
		gets += record_pops(&t->record[s->slot]);
		puts += record_pushes(&t->record[s->slot]);
	}
	for (int i = 0; i < KMEM_NR_CACHE_STATS; i++)
		stat[i] = counter_read(s->stat[i]);
	stat[KMEM_CACHE_STAT_alloc_fastpath] = gets;
	stat[KMEM_CACHE_STAT_free_fastpath] = puts;
}

void kmem_cache_reset_stats(struct kmem_cache *s)
{
	lock(&thread_list_lock, LOCK_THREADS);
	read_stats(s, s->stat_base);
	unlock(&thread_list_lock);
}

void kmem_cache_reset_stat(struct kmem_cache *s, enum kmem_cache_stat stat)
{
	uint64_t now[KMEM_NR_CACHE_STATS];

	lock(&thread_list_lock, LOCK_THREADS);
	read_stats(s, now);
	s->stat_base[stat] = now[stat];
	unlock(&thread_list_lock);
}

static void read_node(const struct cache_node *node,
		      struct kmem_cache_node_info *info)
{
	uint64_t free, partial_total;

	info->objects = counter_read(node->out);
	info->total_objects = counter_read(node->total);
	info->slabs = counter_read(node->nr_slabs);
	info->partial = counter_read(node->nr_partial);
	/* All free objects are in partial slabs. */
	partial_total = counter_read(node->partial_total);
	free = info->total_objects - MIN(info->objects, info->total_objects);
	info->objects_partial = partial_total - MIN(free, partial_total);
}

static void read_counts(struct kmem_cache *s, struct kmem_cache_info *info)
{
	for (unsigned int i = 0; i < kmem.nr_nodes; i++) {
		struct kmem_cache_node_info *node = &info->node[i];

		read_node(&s->node[i], node);
		info->total_objects += node->total_objects;
		info->slabs += node->slabs;
		info->partial += node->partial;
		info->objects_partial += node->objects_partial;
	}
	info->objects = counter_read(s->out);
	info->cached = cache_parked(s);
	info->active = info->objects - MIN(info->cached, info->objects);
	info->peak = counter_read(s->peak);
	info->defrag_ratio = counter_read(s->defrag_ratio);
}

/* A cache may get another shape, but not while its list is locked. */
static void read_shape(struct kmem_cache *s, struct kmem_cache_info *info)
{
	lock(&cache_list_lock, LOCK_CACHES);
	info->spec = s->spec;
	info->spec.flags &= ~SLAB_KMALLOC; /* the library's own business */
	info->size = s->layout.size;
	info->align = s->layout.align;
	info->inuse = s->layout.inuse;
	info->freeptr = s->layout.freeptr;
	info->order = s->layout.order;
	info->objs_per_slab = s->layout.objects;
	info->sheaf_capacity = s->layout.sheaf_capacity;
	info->aliases = s->users - 1;
	unlock(&cache_list_lock);
}

void kmem_cache_info(struct kmem_cache *s, struct kmem_cache_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	lock_reader_begin();
	ret_info->serial = s->serial;
	text_copy(ret_info->name, sizeof(ret_info->name), s->name);
	text_copy(ret_info->owner, sizeof(ret_info->owner), s->owner);
	read_shape(s, ret_info);
	ret_info->min_partial = counter_read(s->min_partial);
	ret_info->min_partial_set = counter_read(s->min_partial_set);
	ret_info->limit = counter_read(s->limit);
	read_counts(s, ret_info);
	lock(&thread_list_lock, LOCK_THREADS);
	read_stats(s, ret_info->stat);
	for (int i = 0; i < KMEM_NR_CACHE_STATS; i++)
		ret_info->stat[i] -= s->stat_base[i];
	unlock(&thread_list_lock);
	lock_reader_end();
}
