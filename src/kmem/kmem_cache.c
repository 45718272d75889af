/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem_cache.c - the way of an object, out of a cache and back
 *
 * It leads through four layers:
 *
 *	the thread's record   a sheaf: an array of sheaf_capacity objects, used
 *	                      without a lock (fast.h)
 *	further sheaves       a spare of the thread's, a barn of the cache's,
 *	                      exchanged whole (sheaf.c)
 *	the slabs             under the node's lock, entered for half a sheaf
 *	                      at a time (slab.c)
 *	the pages             when no slab has a free object, or one is empty
 *	                      that nobody needs (page_alloc.c)
 *
 * A limited cache has only the last two, so that its limit holds to the object,
 * and so has one that debugs. How caches come to be and go is in cache_life.c,
 * who finds them in cache_list.c.
 *
 * Where it differs from the kernel: the sheaves exist once per thread, not per
 * CPU. kmem_cache_shrink() returns pages to their zones at once.
 */
#include <string.h>

#include "internal.h"

/* Objects of a bulk request that are worth a refill, and no more. */
#define BULK_FEW 32

/* ---- allocation ---- */

/* Unlocked: a wrong answer costs a slab too many, never an object. */
static bool at_limit(struct kmem_cache *s)
{
	uint64_t limit = counter_read(s->limit);

	return limit != KMEM_NO_LIMIT && counter_read(s->node.out) >= limit;
}

/* Under the record's and the node's lock: opens the record if it may be. */
static bool may_park(struct kmem_cache *s, struct kmem_record *r)
{
	return r && cache_parks(s) && s->layout.sheaf_capacity &&
	       record_open(r, s->layout.sheaf_capacity);
}

/*
 * One object from another sheaf, or from partial slabs, and half a sheaf more
 * while we are there.
 */
static void *refill(struct kmem_cache *s, struct kmem_record *r)
{
	struct cache_node *node = &s->node;
	void *object = NULL;
	unsigned int n;

	if (r)
		record_lock(r);
	lock(&node->lock, LOCK_NODE);
	if (may_park(s, r)) {
		if (!kmem_record_count(r) && !sheaf_get(s, r)) {
			n = slab_take(s, r->capacity / 2 + 1, r->slots);
			record_move(r, n);
			counter_add(node->stat[KMEM_CACHE_STAT_sheaf_refill],
				    n);
		}
		if (kmem_record_count(r))
			object = record_take(r);
	} else if (slab_take(s, 1, &object)) {
		counter_add(node->stat[KMEM_CACHE_STAT_alloc_slowpath], 1);
	}
	unlock(&node->lock);
	if (r)
		record_unlock(r);
	return object;
}

/*
 * A slab more; leaves the node locked, so that its maker gets the first pick.
 * The slab is made without the lock, and meanwhile the cache must keep its
 * shape.
 */
static bool grow_and_lock(struct kmem_cache *s, gfp_t gfp)
{
	struct cache_node *node = &s->node;
	struct page *slab;

	lock(&node->lock, LOCK_NODE);
	node->growing++;
	unlock(&node->lock);
	slab = slab_new(s, gfp);
	lock(&node->lock, LOCK_NODE);
	node->growing--;
	if (slab)
		slab_install(s, slab);
	return slab;
}

/* Up to @nr objects of a new slab; the rest of it is for everybody. */
static unsigned int take_from_new_slab(struct kmem_cache *s, gfp_t gfp,
				       unsigned int nr, void **objects)
{
	struct cache_node *node = &s->node;
	unsigned int n = 0;

	if (grow_and_lock(s, gfp)) {
		n = slab_take(s, nr, objects);
		counter_add(node->stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	}
	unlock(&node->lock);
	return n;
}

/* For caches that debug. */
static void *alloc_checked(struct kmem_cache *s, gfp_t gfp,
			   const struct slab_user *user)
{
	struct cache_node *node = &s->node;
	void *object;

	lock(&node->lock, LOCK_NODE);
	object = slab_take_checked(s, user);
	if (!object && !at_limit(s)) {
		unlock(&node->lock);
		if (grow_and_lock(s, gfp))
			object = slab_take_checked(s, user);
	}
	if (object)
		counter_add(node->stat[KMEM_CACHE_STAT_alloc_slowpath], 1);
	unlock(&node->lock);
	return object;
}

/*
 * The array is empty or closed. A new slab hands its first object to the caller
 * under the lock that makes it known, so that others cannot empty it first.
 */
static __attribute__((noinline)) void *
alloc_slow(struct kmem_cache *s, gfp_t gfp, size_t size, void *caller)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	void *object;

	if (cache_debugs(s)) {
		struct slab_user user = { size, caller };

		return alloc_checked(s, gfp, &user);
	}
	object = refill(s, r);
	if (!object && !at_limit(s))
		take_from_new_slab(s, gfp, 1, &object);
	/* Reclaim found no page, but brought what others had parked. */
	if (!object && gfpflags_allow_blocking(gfp))
		object = refill(s, r);
	return object;
}

/*
 * The hot pair, with kmem_cache_free(): a load, a pop, two tests. What only the
 * slow path needs stays in registers.
 */
static inline void *alloc_object(struct kmem_cache *s, gfp_t gfp, size_t size,
				 void *caller)
{
	struct kmem_record *r = thread_record(s->slot);
	void *object = likely(r != NULL) ? kmem_record_pop(r) : NULL;

	if (unlikely(!object))
		object = alloc_slow(s, gfp, size, caller);
	/* Of what debugging watches, no more than was asked for. */
	if (unlikely((gfp | s->always) & __GFP_ZERO) && object)
		memset(object, 0, slab_debug_request(s, object));
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return alloc_object(s, gfp, s->object_size,
			    __builtin_return_address(0));
}

/* For kmalloc(), which knows how much of the object is wanted. */
void *cache_alloc_sized(struct kmem_cache *s, gfp_t gfp, size_t size,
			void *caller)
{
	return alloc_object(s, gfp, size, caller);
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return alloc_object(s, gfp | __GFP_ZERO, s->object_size,
			    __builtin_return_address(0));
}

/* A sheaf of the barn, or what partial slabs have. */
static unsigned int take_some(struct kmem_cache *s, unsigned int nr,
			      void **objects)
{
	unsigned int n;

	lock(&s->node.lock, LOCK_NODE);
	n = sheaf_take_bulk(s, nr, objects);
	if (!n) {
		n = slab_take(s, nr, objects);
		counter_add(s->node.stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	}
	unlock(&s->node.lock);
	return n;
}

/* Asked first, so that a refusal leaves no trace in the peak. */
static bool room_for(struct kmem_cache *s, size_t nr)
{
	uint64_t limit = counter_read(s->limit);

	return limit == KMEM_NO_LIMIT ||
	       (nr <= limit && counter_read(s->node.out) <= limit - nr);
}

static bool alloc_bulk_checked(struct kmem_cache *s, gfp_t gfp, size_t nr,
			       void **objects, void *caller)
{
	size_t n = 0;

	while (n < nr &&
	       (objects[n] = cache_alloc_sized(s, gfp, s->object_size, caller)))
		n++;
	if (n < nr)
		kmem_cache_free_bulk(s, n, objects);
	return n == nr;
}

/*
 * Some of @nr objects, when none is parked. A handful fills the thread's sheaf
 * on the way; more go straight into the caller's array.
 */
static unsigned int take_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			      void **objects)
{
	unsigned int want = (unsigned int)MIN(nr, 1u << 20), got;

	if (want <= BULK_FEW) {
		objects[0] = alloc_slow(s, gfp, s->object_size, NULL);
		return objects[0] != NULL;
	}
	got = take_some(s, want, objects);
	if (!got && !at_limit(s))
		got = take_from_new_slab(s, gfp, want, objects);
	/* As in alloc_slow(). */
	if (!got && gfpflags_allow_blocking(gfp))
		got = take_some(s, want, objects);
	return got;
}

bool kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			   void **objects)
{
	struct kmem_record *r;
	size_t n = 0;

	if (nr == 0 || !room_for(s, nr))
		return false;
	if (cache_debugs(s))
		return alloc_bulk_checked(s, gfp, nr, objects,
					  __builtin_return_address(0));
	for (;;) {
		unsigned int got;

		r = thread_record(s->slot);
		if (likely(r != NULL))
			n += kmem_record_pop_many(r, nr - n, objects + n);
		if (n == nr)
			break;
		got = take_bulk(s, gfp, nr - n, objects + n);
		if (!got) {
			kmem_cache_free_bulk(s, n, objects);
			return false;
		}
		n += got;
	}
	for (size_t i = 0; (gfp | s->always) & __GFP_ZERO && i < nr; i++)
		memset(objects[i], 0, s->object_size);
	return true;
}

/* ---- free ---- */

/* For caches that debug. */
static void free_checked(struct kmem_cache *s, void *object, void *caller)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct slab_user user = { 0, caller };

	/* Tracks name the thread; its block cannot be made under the lock. */
	thread_get();
	lock(&s->node.lock, LOCK_NODE);
	slab_give_checked(s, object, &user, &discard);
	counter_add(s->node.stat[KMEM_CACHE_STAT_free_slowpath], 1);
	unlock(&s->node.lock);
	slab_release(s, &discard);
}

/* What the fast path refused to park a second time in a row. */
static bool is_double_free(const struct kmem_cache *s,
			   const struct kmem_record *r, const void *object)
{
	uint32_t n = kmem_record_count(r);

	if (!n || r->slots[n - 1] != object)
		return false;
	kmem_report("kmem_cache_free(%s, %p): object is free already", s->name,
		    object);
	return true;
}

/* The thread's sheaf is full, or closed. */
static void free_slow(struct kmem_cache *s, void *object, void *caller)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct cache_node *node = &s->node;

	if (cache_debugs(s)) {
		free_checked(s, object, caller);
		return;
	}
	if (r)
		record_lock(r);
	lock(&node->lock, LOCK_NODE);
	if (may_park(s, r)) {
		if (!is_double_free(s, r, object)) {
			if (kmem_record_count(r) == r->capacity)
				sheaf_make_room(s, r, &discard);
			record_put(r, object);
		}
	} else {
		slab_give(s, &object, 1, &discard);
		counter_add(node->stat[KMEM_CACHE_STAT_free_slowpath], 1);
	}
	unlock(&node->lock);
	if (r)
		record_unlock(r);
	slab_release(s, &discard);
}

/* Only what is an object for sure: a wrong free is found later. */
static void wipe(struct kmem_cache *s, void *object)
{
	struct page *slab = slab_of(object);

	if (slab && slab->cache == s && slab_index(s, slab, object) >= 0)
		memset(object, 0, s->object_size);
}

static inline void free_object(struct kmem_cache *s, void *object, void *caller)
{
	struct kmem_record *r = thread_record(s->slot);

	if (unlikely(!object)) {
		kmem_report("kmem_cache_free(%s, NULL)", s->name);
		return;
	}
	if (unlikely(s->wipe))
		wipe(s, object);
	if (unlikely(!r || !kmem_record_push(r, object)))
		free_slow(s, object, caller);
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	free_object(s, object, __builtin_return_address(0));
}

/* For kfree(), which found the cache. */
void cache_free(struct kmem_cache *s, void *object, void *caller)
{
	free_object(s, object, caller);
}

/* Of a cache without sheaves: all under one hold of the lock. */
static void give_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);

	lock(&s->node.lock, LOCK_NODE);
	counter_add(s->node.stat[KMEM_CACHE_STAT_free_slowpath], nr);
	slab_give(s, objects, (unsigned int)nr, &discard);
	unlock(&s->node.lock);
	slab_release(s, &discard);
}

/* A sheaf at a time; free_slow() makes room, or finds that there is none. */
static void free_bulk(struct kmem_cache *s, size_t nr, void **objects,
		      void *caller)
{
	struct kmem_record *r;
	size_t n = 0;

	for (;;) {
		r = thread_record(s->slot);
		if (likely(r != NULL))
			n += kmem_record_push_many(r, nr - n, objects + n);
		if (n == nr)
			return;
		free_slow(s, objects[n++], caller);
		r = thread_record(s->slot);
		if (!r || !counter_read(r->gate))
			break;
	}
	give_bulk(s, nr - n, objects + n);
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	void *caller = __builtin_return_address(0);

	for (size_t i = 0; !s && i < nr; i++)
		kfree(objects[i]);
	if (!s)
		return;
	for (size_t i = 0; s->wipe && i < nr; i++)
		wipe(s, objects[i]);
	if (!cache_debugs(s)) {
		free_bulk(s, nr, objects, caller);
		return;
	}
	for (size_t i = 0; i < nr; i++)
		free_checked(s, objects[i], caller);
}

/* One of its objects was freed in a batch after a grace period. */
void cache_count_rcu(struct kmem_cache *s)
{
	lock(&s->node.lock, LOCK_NODE);
	counter_add(s->node.stat[KMEM_CACHE_STAT_free_rcu_sheaf], 1);
	unlock(&s->node.lock);
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
void cache_strip(struct kmem_cache *s,
		 void (*drain)(unsigned int, record_sink_t *, void *),
		 struct slab_discard *discard)
{
	struct flush flush = { s, discard };

	drain(s->slot, flush_objects, &flush);
	lock(&s->node.lock, LOCK_NODE);
	barn_empty(s, discard);
	slab_collect_empty(s, discard);
	unlock(&s->node.lock);
}

/*
 * Emptied last: pages that pass through a page list would not merge, and who
 * shrinks by hand wants to see them in buddyinfo.
 */
int kmem_cache_shrink(struct kmem_cache *s)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);

	cache_strip(s, record_drain, &discard);
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
		cache_strip(s, record_drain, &discard);
		slab_release(s, &discard);
	}
	unlock(&cache_list_lock);
}

/*
 * The list is held throughout: a cache that is destroyed meanwhile would find
 * neither the thread nor its objects.
 */
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
		s->folded_gets += record_pops(r);
		s->folded_puts += record_pushes(r);
		counter_set(r->state, 0);
		counter_set(r->moved, 0);
		unlock(&thread_list_lock);
	}
	unlock(&cache_list_lock);
}
