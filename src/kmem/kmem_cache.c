/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem_cache.c - caches: the way of an object, and the life of a cache
 *
 * An object travels through three layers:
 *
 *	the thread's record   an array of up to sheaf_capacity objects, used
 *	                      without a lock (fast.h)
 *	the slabs             under the node's lock, entered for half an array
 *	                      at a time (slab.c)
 *	the pages             when no slab has a free object, or one is empty
 *	                      that nobody needs (page_alloc.c)
 *
 * A limited cache has no first layer, so that its limit holds to the object.
 *
 * Life of a cache: on cache_list from create to destroy; pinned by readers for
 * the length of a request; dying once destroy has begun, when no new pin is
 * given and the last one is waited for.
 *
 * Where it differs from the kernel: the arrays exist once per thread, not per
 * CPU; there is one array where the kernel has a main, a spare and a barn of
 * full ones. Sizes, alignments and flags are checked. kmem_cache_shrink()
 * returns pages to their zones at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

struct list_head cache_list = LIST_HEAD_INIT(cache_list);
pthread_mutex_t cache_list_lock = PTHREAD_MUTEX_INITIALIZER; /* LOCK_CACHES */

static pthread_cond_t cache_unpinned = PTHREAD_COND_INITIALIZER;

/* LOCK_CACHES. A serial is a count of caches made, and the slot. */
static struct slot_set cache_slots;
static struct kmem_cache *cache_of_slot[MAX_CACHES];
static uint64_t caches_made;

#define DISCARD_INIT(name, zone) { LIST_HEAD_INIT((name).list), zone }

/* ---- allocation ---- */

static bool at_limit(struct kmem_cache *s)
{
	uint64_t limit = counter_read(s->limit);

	return limit != KMEM_NO_LIMIT && counter_read(s->node.out) >= limit;
}

/*
 * One object from partial slabs, and half an array more for the thread while
 * we are there.
 */
static void *refill(struct kmem_cache *s, struct kmem_record *r)
{
	struct cache_node *node = &s->node;
	unsigned int n, want;
	void *object = NULL;
	bool keep = false;

	if (r) {
		record_lock(r);
		keep = cache_keeps_sheaves(s) &&
		       record_open(r, s->layout.sheaf_capacity);
	}
	lock(&node->lock, LOCK_NODE);
	if (keep) {
		want = MIN(r->capacity / 2 + 1, r->capacity - r->count);
		n = slab_take(s, want, r->slots + r->count);
		counter_set(r->count, r->count + n);
		if (r->count) {
			object = r->slots[r->count - 1];
			counter_set(r->count, r->count - 1);
		}
		counter_add(node->stat[KMEM_CACHE_STAT_sheaf_refill], n);
	} else {
		slab_take(s, 1, &object);
	}
	if (object)
		counter_add(node->stat[KMEM_CACHE_STAT_alloc_slowpath], 1);
	unlock(&node->lock);
	if (r)
		record_unlock(r);
	return object;
}

/* Up to @nr objects of a new slab; the rest of it is for everybody. */
static unsigned int take_from_new_slab(struct kmem_cache *s, gfp_t gfp,
				       unsigned int nr, void **objects)
{
	struct page *slab = slab_new(s, gfp);
	unsigned int n;

	if (!slab)
		return 0;
	lock(&s->node.lock, LOCK_NODE);
	slab_install(s, slab);
	n = slab_take(s, nr, objects);
	counter_add(s->node.stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	unlock(&s->node.lock);
	return n;
}

static void *alloc_slow(struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	void *object = refill(s, r);

	if (!object && !at_limit(s))
		take_from_new_slab(s, gfp, 1, &object);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	struct kmem_record *r = thread_record(s->slot);
	void *object = likely(r != NULL) ? kmem_record_pop(r) : NULL;

	if (unlikely(!object))
		object = alloc_slow(s, gfp);
	if (unlikely(gfp & __GFP_ZERO) && object)
		memset(object, 0, s->object_size);
	return object;
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

static bool room_for(struct kmem_cache *s, size_t nr)
{
	uint64_t limit = counter_read(s->limit);

	return limit == KMEM_NO_LIMIT ||
	       (nr <= limit && counter_read(s->node.out) <= limit - nr);
}

bool kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			   void **objects)
{
	struct kmem_record *r = thread_record(s->slot);
	size_t n = 0;

	if (nr == 0 || !room_for(s, nr))
		return false;
	while (r && n < nr && (objects[n] = kmem_record_pop(r)))
		n++;
	while (n < nr) {
		unsigned int want = (unsigned int)MIN(nr - n, 1u << 20);
		unsigned int got;

		lock(&s->node.lock, LOCK_NODE);
		got = slab_take(s, want, objects + n);
		counter_add(s->node.stat[KMEM_CACHE_STAT_alloc_slowpath], got);
		unlock(&s->node.lock);
		if (!got && !at_limit(s))
			got = take_from_new_slab(s, gfp, want, objects + n);
		if (!got) {
			kmem_cache_free_bulk(s, n, objects);
			return false;
		}
		n += got;
	}
	for (size_t i = 0; gfp & __GFP_ZERO && i < nr; i++)
		memset(objects[i], 0, s->object_size);
	return true;
}

/* ---- free ---- */

/*
 * The array is full or closed. If full, its older half goes to the slabs: the
 * younger is what the processor still has in its caches.
 */
static void free_slow(struct kmem_cache *s, void *object)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct cache_node *node = &s->node;
	bool keep = false;

	if (r) {
		record_lock(r);
		keep = cache_keeps_sheaves(s) &&
		       record_open(r, s->layout.sheaf_capacity);
	}
	lock(&node->lock, LOCK_NODE);
	if (keep) {
		if (r->count == r->capacity) {
			unsigned int half = (r->capacity + 1) / 2;

			slab_give(s, r->slots, half, &discard);
			record_drop_oldest(r, half);
			counter_add(node->stat[KMEM_CACHE_STAT_sheaf_flush],
				    half);
		}
		record_put(r, object);
		counter_set(r->puts, r->puts + 1);
	} else {
		slab_give(s, &object, 1, &discard);
		counter_add(node->stat[KMEM_CACHE_STAT_free_slowpath], 1);
	}
	unlock(&node->lock);
	if (r)
		record_unlock(r);
	slab_release(s, &discard);
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	struct kmem_record *r = thread_record(s->slot);

	if (unlikely(!object)) {
		kmem_report("kmem_cache_free(%s, NULL)", s->name);
		return;
	}
	if (unlikely(!r || !kmem_record_push(r, object)))
		free_slow(s, object);
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct kmem_record *r;
	size_t n = 0;

	if (!s) {
		for (size_t i = 0; i < nr; i++)
			kfree(objects[i]);
		return;
	}
	r = thread_record(s->slot);
	while (r && n < nr && kmem_record_push(r, objects[n]))
		n++;
	if (n == nr)
		return;
	lock(&s->node.lock, LOCK_NODE);
	counter_add(s->node.stat[KMEM_CACHE_STAT_free_slowpath], nr - n);
	slab_give(s, objects + n, (unsigned int)(nr - n), &discard);
	unlock(&s->node.lock);
	slab_release(s, &discard);
}

/* ---- giving back ---- */

struct flush {
	struct kmem_cache *cache;
	struct slab_discard *discard;
};

static void flush_objects(void *arg, void **objects, unsigned int nr)
{
	struct flush *flush = arg;
	struct kmem_cache *s = flush->cache;

	lock(&s->node.lock, LOCK_NODE);
	slab_give(s, objects, nr, flush->discard);
	counter_add(s->node.stat[KMEM_CACHE_STAT_sheaf_flush], nr);
	unlock(&s->node.lock);
}

/* Takes every parked object and every empty slab off the cache. */
static void strip(struct kmem_cache *s,
		  void (*drain)(unsigned int, record_sink_t *, void *),
		  struct slab_discard *discard)
{
	struct flush flush = { s, discard };

	drain(s->slot, flush_objects, &flush);
	lock(&s->node.lock, LOCK_NODE);
	slab_collect_empty(s, discard);
	unlock(&s->node.lock);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);

	strip(s, record_drain, &discard);
	slab_release(s, &discard);
	drain_all_pages();
	return counter_read(s->node.nr_slabs) != 0;
}

/* For reclaim: what the caches can give without being used differently. */
void caches_shrink(void)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);
	struct kmem_cache *s;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(s, &cache_list, link) {
		if (!counter_read(s->node.nr_slabs))
			continue;
		strip(s, record_drain, &discard);
		slab_release(s, &discard);
	}
	unlock(&cache_list_lock);
}

void cache_thread_exit(struct thread *t)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct kmem_cache *s;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(s, &cache_list, link) {
		struct kmem_record *r = &t->record[s->slot];
		struct flush flush = { s, &discard };

		record_close(r, flush_objects, &flush);
		slab_release(s, &discard);
		lock(&thread_list_lock, LOCK_THREADS);
		s->folded_gets += r->gets;
		s->folded_puts += r->puts;
		counter_set(r->gets, 0);
		counter_set(r->puts, 0);
		unlock(&thread_list_lock);
	}
	unlock(&cache_list_lock);
}

/* ---- create ---- */

static gfp_t page_flags(slab_flags_t flags)
{
	gfp_t gfp = 0;

	if (flags & SLAB_CACHE_DMA)
		gfp |= __GFP_DMA;
	if (flags & SLAB_CACHE_DMA32)
		gfp |= __GFP_DMA32;
	if (flags & SLAB_RECLAIM_ACCOUNT)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

static void set_shape(struct kmem_cache *s, const struct kmem_cache_spec *spec,
		      const struct slab_layout *layout)
{
	s->spec = *spec;
	s->layout = *layout;
	s->object_size = spec->object_size;
	s->gfp = page_flags(spec->flags);
	counter_set(s->min_partial, layout->min_partial);
}

int kmem_cache_new(const char *name, const char *owner,
		   const struct kmem_cache_spec *spec,
		   struct kmem_cache **ret_cache)
{
	struct slab_layout layout;
	struct kmem_cache *s;
	int slot;

	if (!name || !*name || slab_layout(spec, kmem.cpus, &layout))
		return -EINVAL;
	if (strlen(name) > KMEM_NAME_MAX)
		return -ENAMETOOLONG;
	s = kmem_meta_alloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	set_shape(s, spec, &layout);
	text_copy(s->name, sizeof(s->name), name);
	text_copy(s->owner, sizeof(s->owner), owner);
	s->limit = KMEM_NO_LIMIT;
	slab_node_init(&s->node);
	lock(&cache_list_lock, LOCK_CACHES);
	slot = slot_take(&cache_slots);
	if (slot >= 0) {
		s->slot = PAGE_SLOTS + (unsigned int)slot;
		s->serial = ++caches_made * MAX_CACHES + (unsigned int)slot;
		cache_of_slot[slot] = s;
		list_add(&s->link, &cache_list);
	}
	unlock(&cache_list_lock);
	if (slot < 0) {
		kmem_meta_free(s, sizeof(*s));
		return -ENOSPC;
	}
	*ret_cache = s;
	return 0;
}

static struct kmem_cache *create(const char *name,
				 const struct kmem_cache_spec *spec)
{
	struct kmem_cache *s = NULL;
	int err = kmem_up() ? 0 : -ENOMEM;

	if (!err)
		err = kmem_cache_new(name, program_invocation_short_name, spec,
				     &s);
	if (err) {
		kmem_report("kmem_cache_create(%s) failed with error %d",
			    name ? name : "NULL", err);
		if (spec->flags & SLAB_PANIC)
			abort();
	}
	return s;
}

struct kmem_cache *kmem_cache_create_args(const char *name, unsigned int size,
					  const struct kmem_cache_args *args,
					  slab_flags_t flags)
{
	static const struct kmem_cache_args none;
	struct kmem_cache_spec spec;

	if (!args)
		args = &none;
	spec = (struct kmem_cache_spec){
		.object_size = size,
		.align = args->align,
		.flags = flags,
		.useroffset = args->useroffset,
		.usersize = args->usersize,
		.freeptr_offset = args->freeptr_offset,
		.use_freeptr_offset = args->use_freeptr_offset,
		.sheaf_capacity = args->sheaf_capacity,
		.ctor_kind = args->ctor ? KMEM_CTOR_CALL : KMEM_CTOR_NONE,
		.ctor = args->ctor,
	};
	/* A window that is not inside the object fails closed. */
	if (spec.usersize > size || spec.useroffset > size - spec.usersize) {
		kmem_report("kmem_cache_create(%s): user-copy window outside "
			    "the object",
			    name ? name : "NULL");
		spec.useroffset = 0;
		spec.usersize = 0;
	}
	return create(name, &spec);
}

struct kmem_cache *kmem_cache_create_default(const char *name,
					     unsigned int size, void *args,
					     slab_flags_t flags)
{
	return kmem_cache_create_args(name, size, args, flags);
}

struct kmem_cache *kmem_cache_create_legacy(const char *name, unsigned int size,
					    unsigned int align,
					    slab_flags_t flags,
					    void (*ctor)(void *object))
{
	struct kmem_cache_args args = { .align = align, .ctor = ctor };

	return kmem_cache_create_args(name, size, &args, flags);
}

int kmem_cache_reshape(struct kmem_cache *s, const struct kmem_cache_spec *spec)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);
	struct slab_layout layout;
	int err = 0;

	if (slab_layout(spec, kmem.cpus, &layout))
		return -EINVAL;
	if (counter_read(s->node.out) > record_parked(s->slot))
		return -EBUSY;
	lock(&cache_list_lock, LOCK_CACHES);
	strip(s, record_shut, &discard);
	lock(&s->node.lock, LOCK_NODE);
	if (s->node.nr_slabs)
		err = -EBUSY;
	else
		set_shape(s, spec, &layout);
	unlock(&s->node.lock);
	unlock(&cache_list_lock);
	slab_release(s, &discard);
	return err;
}

/* ---- destroy ---- */

/*
 * Takes the cache off the list, with no pin left and none to come, and all its
 * parked objects with it: a thread that ends later could not find it to give
 * them back.
 */
static void unlist(struct kmem_cache *s)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);

	lock_assert_held(&cache_list_lock);
	s->dying = true;
	while (s->pins)
		pthread_cond_wait(&cache_unpinned, &cache_list_lock);
	list_del(&s->link);
	cache_of_slot[s->slot - PAGE_SLOTS] = NULL;
	strip(s, record_retire, &discard);
	slab_release(s, &discard);
	if (!s->node.nr_slabs)
		slot_put(&cache_slots, s->slot - PAGE_SLOTS);
}

static void drop(struct kmem_cache *s)
{
	if (s->node.nr_slabs) {
		kmem_report("kmem_cache_destroy %s: Slab cache still has "
			    "objects",
			    s->name);
		/* Late frees find it, and no array to park in. */
		counter_set(s->limit, 0);
		return;
	}
	pthread_mutex_destroy(&s->node.lock);
	kmem_meta_free(s, sizeof(*s));
	drain_all_pages();
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	lock(&cache_list_lock, LOCK_CACHES);
	unlist(s);
	unlock(&cache_list_lock);
	drop(s);
}

int kmem_cache_remove(struct kmem_cache *s)
{
	bool busy;

	lock(&cache_list_lock, LOCK_CACHES);
	busy = counter_read(s->node.out) > record_parked(s->slot);
	if (!busy)
		unlist(s);
	unlock(&cache_list_lock);
	if (busy)
		return -EBUSY;
	drop(s);
	return 0;
}

/* ---- settings ---- */

void kmem_cache_set_limit(struct kmem_cache *s, uint64_t limit)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	uint64_t old;

	lock(&s->node.lock, LOCK_NODE);
	old = s->limit;
	counter_set(s->limit, limit);
	unlock(&s->node.lock);
	if (old == KMEM_NO_LIMIT && limit != KMEM_NO_LIMIT) {
		struct flush flush = { s, &discard };

		/* Owners find the limit under the record's lock. */
		record_shut(s->slot, flush_objects, &flush);
		slab_release(s, &discard);
	}
	if (limit > old)
		wait_retry();
}

void kmem_cache_set_min_partial(struct kmem_cache *s, unsigned long nr)
{
	lock(&s->node.lock, LOCK_NODE);
	counter_set(s->min_partial, nr);
	unlock(&s->node.lock);
}

void kmem_cache_reset_peak(struct kmem_cache *s)
{
	lock(&s->node.lock, LOCK_NODE);
	counter_set(s->node.peak, s->node.out);
	unlock(&s->node.lock);
}

unsigned int kmem_cache_size(const struct kmem_cache *s)
{
	return s->object_size;
}

/* ---- introspection ---- */

/* Under LOCK_THREADS: a counter that both threads and slow paths feed. */
static void read_stats(struct kmem_cache *s, uint64_t *stat)
{
	uint64_t gets = s->folded_gets, puts = s->folded_puts;
	struct thread *t;

	for_each_thread(t) {
		gets += counter_read(t->record[s->slot].gets);
		puts += counter_read(t->record[s->slot].puts);
	}
	for (int i = 0; i < KMEM_NR_CACHE_STATS; i++)
		stat[i] = counter_read(s->node.stat[i]);
	stat[KMEM_CACHE_STAT_alloc_fastpath] = gets;
	stat[KMEM_CACHE_STAT_free_fastpath] = puts;
}

void kmem_cache_reset_stats(struct kmem_cache *s)
{
	lock(&thread_list_lock, LOCK_THREADS);
	read_stats(s, s->stat_base);
	unlock(&thread_list_lock);
}

static void read_counts(struct kmem_cache *s, struct kmem_cache_info *info)
{
	struct cache_node *node = &s->node;
	uint64_t free, partial_total;

	info->objects = counter_read(node->out);
	info->cached = record_parked(s->slot);
	info->active = info->objects - MIN(info->cached, info->objects);
	info->total_objects = counter_read(node->total);
	info->slabs = counter_read(node->nr_slabs);
	info->partial = counter_read(node->nr_partial);
	/* All free objects are in partial slabs. */
	partial_total = counter_read(node->partial_total);
	free = info->total_objects - MIN(info->objects, info->total_objects);
	info->objects_partial = partial_total - MIN(free, partial_total);
	info->peak = counter_read(node->peak);
}

void kmem_cache_info(struct kmem_cache *s, struct kmem_cache_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	ret_info->serial = s->serial;
	text_copy(ret_info->name, sizeof(ret_info->name), s->name);
	text_copy(ret_info->owner, sizeof(ret_info->owner), s->owner);
	ret_info->spec = s->spec;
	ret_info->size = s->layout.size;
	ret_info->align = s->layout.align;
	ret_info->inuse = s->layout.inuse;
	ret_info->freeptr = s->layout.freeptr;
	ret_info->order = s->layout.order;
	ret_info->objs_per_slab = s->layout.objects;
	ret_info->min_partial = counter_read(s->min_partial);
	ret_info->sheaf_capacity = s->layout.sheaf_capacity;
	ret_info->limit = counter_read(s->limit);
	read_counts(s, ret_info);
	lock(&thread_list_lock, LOCK_THREADS);
	read_stats(s, ret_info->stat);
	for (int i = 0; i < KMEM_NR_CACHE_STATS; i++)
		ret_info->stat[i] -= s->stat_base[i];
	unlock(&thread_list_lock);
}

uint64_t kmem_cache_serial(const struct kmem_cache *s)
{
	return s->serial;
}

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
	if (--s->pins == 0 && s->dying)
		pthread_cond_broadcast(&cache_unpinned);
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

/* ---- set-up ---- */

/* Forgets everything; the memory that it was in goes with the arena. */
void caches_exit(void)
{
	lock(&cache_list_lock, LOCK_CACHES);
	list_init(&cache_list);
	memset(cache_of_slot, 0, sizeof(cache_of_slot));
	memset(&cache_slots, 0, sizeof(cache_slots));
	unlock(&cache_list_lock);
}
