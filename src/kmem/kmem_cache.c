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
 *	the slabs             under the cache's lock, entered for half a sheaf
 *	                      at a time (slab.c)
 *	the pages             when no slab has a free object, or one is empty
 *	                      that nobody needs (page_alloc.c)
 *
 * A limited cache has only the last two, so that its limit holds to the object,
 * and so has one that debugs. Where there are several nodes, the first two are
 * for objects of the thread's node: what is of another, or wanted from another,
 * goes to and from the slabs, one at a time. How caches come to be and go is in cache_life.c,
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

	return limit != KMEM_NO_LIMIT && counter_read(s->out) >= limit;
}

/* Under the record's and the cache's lock: opens the record if it may be. */
static bool may_park(struct kmem_cache *s, struct kmem_record *r)
{
	return r && cache_parks(s) && s->layout.sheaf_capacity &&
	       record_open(r, s->layout.sheaf_capacity);
}

/*
 * One object of a node from another sheaf, or from partial slabs, and half a
 * sheaf more while we are there.
 */
static void *refill(struct kmem_cache *s, struct kmem_record *r,
		    unsigned int node)
{
	void *object = NULL;
	unsigned int n;

	if (r)
		record_lock(r);
	lock(&s->lock, LOCK_SLABS);
	if (may_park(s, r)) {
		if (!kmem_record_count(r) && !sheaf_get(s, r)) {
			n = slab_take(s, node, r->capacity / 2 + 1, r->slots);
			record_move(r, n);
			counter_add(s->stat[KMEM_CACHE_STAT_sheaf_refill], n);
		}
		if (kmem_record_count(r))
			object = record_take(r);
	} else if (slab_take(s, node, 1, &object)) {
		counter_add(s->stat[KMEM_CACHE_STAT_alloc_slowpath], 1);
	}
	unlock(&s->lock);
	if (r)
		record_unlock(r);
	return object;
}

/*
 * A slab more; leaves the cache locked, so that its maker gets the first pick.
 * The slab is made without the lock, and meanwhile the cache must keep its
 * shape. It may be of another node, if that one has no pages.
 */
static struct page *grow_and_lock(struct kmem_cache *s, gfp_t gfp,
				  unsigned int node)
{
	struct page *slab;

	lock(&s->lock, LOCK_SLABS);
	s->growing++;
	unlock(&s->lock);
	slab = slab_new(s, gfp, node);
	lock(&s->lock, LOCK_SLABS);
	s->growing--;
	if (slab)
		slab_install(s, slab);
	return slab;
}

/* Up to @nr objects of a new slab; the rest of it is for everybody. */
static unsigned int take_from_new_slab(struct kmem_cache *s, gfp_t gfp,
				       unsigned int node, unsigned int nr,
				       void **objects)
{
	unsigned int n = 0;
	struct page *slab;

	if (at_limit(s))
		return 0;
	slab = grow_and_lock(s, gfp, node);
	if (slab) {
		n = slab_take(s, slab->node, nr, objects);
		counter_add(s->stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	}
	unlock(&s->lock);
	return n;
}

/*
 * Up to @nr objects of other nodes: before a new slab is made, what they have
 * plenty of, if it is this request's turn; afterwards whatever they have.
 */
static unsigned int take_elsewhere(struct kmem_cache *s, unsigned int node,
				   bool last, unsigned int nr, void **objects)
{
	unsigned int n = 0;

	lock(&s->lock, LOCK_SLABS);
	if (last || slab_may_look_elsewhere(s))
		n = slab_take_elsewhere(s, node, last ? 0 : s->min_partial, nr,
					objects);
	counter_add(s->stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	unlock(&s->lock);
	return n;
}

/* For a slab of the node alone, if that is to be had for nothing. */
static gfp_t own_node(gfp_t gfp)
{
	return (gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL)) | __GFP_THISNODE |
	       __GFP_NOMEMALLOC | __GFP_NOWARN;
}

static bool must_stay(gfp_t gfp)
{
	return gfp & __GFP_THISNODE || kmem.nr_nodes == 1;
}

/*
 * Up to @nr objects, when no slab of the node has any. A full node is made up
 * for by what others have begun; a slab more on one of them is the last resort,
 * or each object would come with its own.
 */
static unsigned int take_more(struct kmem_cache *s, gfp_t gfp,
			      unsigned int node, bool named, unsigned int nr,
			      void **objects)
{
	bool stay = must_stay(gfp);
	unsigned int n = 0;

	if (!stay && !named)
		n = take_elsewhere(s, node, false, nr, objects);
	if (!stay && !n)
		n = take_from_new_slab(s, own_node(gfp), node, nr, objects);
	if (!stay && !n)
		n = take_elsewhere(s, node, true, nr, objects);
	if (!n)
		n = take_from_new_slab(s, gfp, node, nr, objects);
	/* Reclaim found no page, but brought what others had parked. */
	if (!stay && !n && gfpflags_allow_blocking(gfp))
		n = take_elsewhere(s, node, true, nr, objects);
	return n;
}

/* Of a new slab; the cache is locked before and after, not in between. */
static void *checked_new(struct kmem_cache *s, gfp_t gfp, unsigned int node,
			 const struct slab_user *user)
{
	struct page *slab;

	if (at_limit(s))
		return NULL;
	unlock(&s->lock);
	slab = grow_and_lock(s, gfp, node);
	return slab ? slab_take_checked(s, slab->node, user) : NULL;
}

static void *checked_elsewhere(struct kmem_cache *s, unsigned int node,
			       const struct slab_user *user)
{
	void *object = NULL;

	for (const uint8_t *z = zonelist(node, 0);
	     !object && *z != ZONELIST_END; z++)
		object = slab_take_checked(s, kmem.zone[*z].node, user);
	return object;
}

/* For caches that debug: the same steps. */
static void *alloc_checked(struct kmem_cache *s, gfp_t gfp, unsigned int node,
			   const struct slab_user *user)
{
	bool stay = must_stay(gfp);
	void *object;

	lock(&s->lock, LOCK_SLABS);
	object = slab_take_checked(s, node, user);
	if (!stay && !object)
		object = checked_new(s, own_node(gfp), node, user);
	if (!stay && !object)
		object = checked_elsewhere(s, node, user);
	if (!object)
		object = checked_new(s, gfp, node, user);
	if (object)
		counter_add(s->stat[KMEM_CACHE_STAT_alloc_slowpath], 1);
	unlock(&s->lock);
	return object;
}

/*
 * From the slabs of a node that the caller named, or of its own; parked objects
 * are of the latter. A new slab hands its first object to the caller under the
 * lock that makes it known, so that others cannot empty it first.
 */
static void *alloc_from(struct kmem_cache *s, gfp_t gfp, unsigned int node,
			bool named)
{
	struct kmem_record *r = NULL;
	struct thread *t = thread_self;
	void *object;

	if (t && t->node == node)
		r = &t->record[s->slot];
	object = refill(s, r, node);
	if (!object)
		take_more(s, gfp, node, named, 1, &object);
	/* As there, for its own node. */
	if (!object && gfpflags_allow_blocking(gfp))
		object = refill(s, r, node);
	return object;
}

/*
 * Past the array. Whether the cache debugs is known for sure under its lock
 * alone: one that begins to, just now, refuses to give objects unchecked. The
 * way with checks is right for any cache.
 */
static void *alloc_past_array(struct kmem_cache *s, gfp_t gfp,
			      unsigned int node, bool named, size_t size,
			      void *caller)
{
	unsigned int shapes = counter_read(s->shapes);
	struct slab_user user = { size, caller };
	void *object = NULL;

	if (!cache_debugs(s))
		object = alloc_from(s, gfp, node, named);
	if (!object && (cache_debugs(s) || counter_read(s->shapes) != shapes))
		object = alloc_checked(s, gfp, node, &user);
	return object;
}

/* The array is empty or closed. */
static void *alloc_slow(struct kmem_cache *s, gfp_t gfp, size_t size,
			void *caller)
{
	struct thread *t = thread_get();

	return alloc_past_array(s, gfp, t ? t->node : 0, false, size, caller);
}

/* The same, and cleared if that is wanted. */
__attribute__((noinline)) void *
cache_alloc_unparked(struct kmem_cache *s, gfp_t gfp, size_t size, void *caller)
{
	void *object = alloc_slow(s, gfp, size, caller);

	/* Of what debugging watches, no more than was asked for. */
	if (object && (gfp | counter_read(s->always)) & __GFP_ZERO)
		memset(object, 0, slab_debug_request(s, object));
	return object;
}

/*
 * The hot pair, with kmem_cache_free(): a load, a pop, two tests. Whatever else
 * there is to do is a tail call, so that no register has to be saved for it.
 */
static inline void *alloc_object(struct kmem_cache *s, gfp_t gfp, size_t size,
				 void *caller)
{
	struct kmem_record *r = thread_record(s->slot);
	void *object = likely(r != NULL) ? kmem_record_pop(r) : NULL;

	if (unlikely(!object))
		return cache_alloc_unparked(s, gfp, size, caller);
	/* What was parked is not watched. */
	if (unlikely((gfp | counter_read(s->always)) & __GFP_ZERO))
		return memset(object, 0, s->object_size);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return alloc_object(s, gfp, counter_read(s->object_size),
			    __builtin_return_address(0));
}

/* From a node that is not the thread's. */
static void *alloc_named(struct kmem_cache *s, gfp_t gfp, unsigned int node,
			 size_t size, void *caller)
{
	void *object;

	lock(&s->lock, LOCK_SLABS);
	counter_add(s->stat[KMEM_CACHE_STAT_alloc_node_mismatch], 1);
	unlock(&s->lock);
	object = alloc_past_array(s, gfp, node, true, size, caller);
	if (object && (gfp | counter_read(s->always)) & __GFP_ZERO)
		memset(object, 0, slab_debug_request(s, object));
	return object;
}

/*
 * A node that does not exist has nothing for who insists on it; all others may
 * have memory from anywhere.
 */
void *cache_alloc_on(struct kmem_cache *s, gfp_t gfp, int node, size_t size,
		     void *caller)
{
	bool exists = node_exists(node);

	if (!exists && node != NUMA_NO_NODE && gfp & __GFP_THISNODE)
		return NULL;
	if (exists && (unsigned int)node != thread_node())
		return alloc_named(s, gfp, (unsigned int)node, size, caller);
	return alloc_object(s, gfp, size, caller);
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	return cache_alloc_on(s, gfp, node, counter_read(s->object_size),
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
	return alloc_object(s, gfp | __GFP_ZERO, counter_read(s->object_size),
			    __builtin_return_address(0));
}

/* A sheaf of the barn, or what partial slabs have. */
static unsigned int take_some(struct kmem_cache *s, unsigned int node,
			      unsigned int nr, void **objects)
{
	unsigned int n;

	lock(&s->lock, LOCK_SLABS);
	n = sheaf_take_bulk(s, nr, objects);
	if (!n) {
		n = slab_take(s, node, nr, objects);
		counter_add(s->stat[KMEM_CACHE_STAT_alloc_slowpath], n);
	}
	unlock(&s->lock);
	return n;
}

/* Asked first, so that a refusal leaves no trace in the peak. */
static bool room_for(struct kmem_cache *s, size_t nr)
{
	uint64_t limit = counter_read(s->limit);

	return limit == KMEM_NO_LIMIT ||
	       (nr <= limit && counter_read(s->out) <= limit - nr);
}

static bool alloc_bulk_checked(struct kmem_cache *s, gfp_t gfp, size_t nr,
			       void **objects, void *caller)
{
	unsigned int size = counter_read(s->object_size);
	size_t n = 0;

	while (n < nr && (objects[n] = cache_alloc_sized(s, gfp, size, caller)))
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
	unsigned int node = thread_node();

	if (want <= BULK_FEW) {
		objects[0] =
			alloc_slow(s, gfp, counter_read(s->object_size), NULL);
		return objects[0] != NULL;
	}
	got = take_some(s, node, want, objects);
	if (!got)
		got = take_more(s, gfp, node, false, want, objects);
	/* As in alloc_from(). */
	if (!got && gfpflags_allow_blocking(gfp))
		got = take_some(s, node, want, objects);
	return got;
}

/* Objects in hand keep the cache as it is: only the first may fail for that. */
static bool alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
		       void **objects)
{
	struct kmem_record *r;
	size_t n = 0;

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
	for (size_t i = 0;
	     (gfp | counter_read(s->always)) & __GFP_ZERO && i < nr; i++)
		memset(objects[i], 0, s->object_size);
	return true;
}

bool kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			   void **objects)
{
	unsigned int shapes = counter_read(s->shapes);

	if (nr == 0 || !room_for(s, nr))
		return false;
	if (!cache_debugs(s) && alloc_bulk(s, gfp, nr, objects))
		return true;
	/* As in alloc_past_array(). */
	return (cache_debugs(s) || counter_read(s->shapes) != shapes) &&
	       alloc_bulk_checked(s, gfp, nr, objects,
				  __builtin_return_address(0));
}

/* ---- free ---- */

/* For caches that debug. */
static void free_checked(struct kmem_cache *s, void *object, void *caller)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct slab_user user = { 0, caller };

	/* Tracks name the thread; its block cannot be made under the lock. */
	thread_get();
	lock(&s->lock, LOCK_SLABS);
	slab_give_checked(s, object, &user, &discard);
	counter_add(s->stat[KMEM_CACHE_STAT_free_slowpath], 1);
	unlock(&s->lock);
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
__attribute__((noinline)) void cache_free_unparked(struct kmem_cache *s,
						   void *object, void *caller)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	struct slab_discard discard = DISCARD_INIT(discard, false);

	if (cache_debugs(s)) {
		free_checked(s, object, caller);
		return;
	}
	if (r)
		record_lock(r);
	lock(&s->lock, LOCK_SLABS);
	if (may_park(s, r)) {
		if (!is_double_free(s, r, object)) {
			if (kmem_record_count(r) == r->capacity)
				sheaf_make_room(s, r, &discard);
			record_put(r, object);
		}
	} else {
		slab_give(s, &object, 1, &discard);
		counter_add(s->stat[KMEM_CACHE_STAT_free_slowpath], 1);
	}
	unlock(&s->lock);
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

/* Past the sheaves, all under one hold of the lock. */
static void give_bulk(struct kmem_cache *s, size_t nr, void **objects)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);

	lock(&s->lock, LOCK_SLABS);
	counter_add(s->stat[KMEM_CACHE_STAT_free_slowpath], nr);
	slab_give(s, objects, (unsigned int)nr, &discard);
	unlock(&s->lock);
	slab_release(s, &discard);
}

/* Whether objects may be parked here: all that are any are of our node. */
bool cache_is_local(const struct kmem_cache *s, void **objects, unsigned int nr)
{
	unsigned int node = counter_read(s->on_free) & FREE_HOME ? thread_node()
								 : 0;

	for (unsigned int i = 0; counter_read(s->on_free) & FREE_HOME && i < nr;
	     i++) {
		const struct page *slab = slab_of(objects[i]);

		if (slab && slab->node != node)
			return false;
	}
	return true;
}

/* All but the plain way: no object, or a cache that wants more, see on_free. */
static __attribute__((noinline)) void free_unusual(struct kmem_cache *s,
						   void *object, void *caller)
{
	struct kmem_record *r = thread_record(s->slot);

	if (!object) {
		kmem_report("kmem_cache_free(%s, NULL)", s->name);
		return;
	}
	if (counter_read(s->on_free) & FREE_WIPE)
		wipe(s, object);
	if (!cache_debugs(s) && !cache_is_local(s, &object, 1))
		give_bulk(s, 1, &object);
	else if (!r || !kmem_record_push(r, object))
		cache_free_unparked(s, object, caller);
}

static inline void free_object(struct kmem_cache *s, void *object, void *caller)
{
	struct kmem_record *r;

	if (unlikely(!object || counter_read(s->on_free))) {
		free_unusual(s, object, caller);
		return;
	}
	r = thread_record(s->slot);
	if (unlikely(!r || !kmem_record_push(r, object)))
		cache_free_unparked(s, object, caller);
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

/* A sheaf at a time; cache_free_unparked() makes room, or finds that there is none. */
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
		cache_free_unparked(s, objects[n++], caller);
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
	/* Objects of several nodes part here. */
	for (size_t i = 0; counter_read(s->on_free) && i < nr; i++)
		free_object(s, objects[i], caller);
	if (counter_read(s->on_free))
		return;
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
	lock(&s->lock, LOCK_SLABS);
	counter_add(s->stat[KMEM_CACHE_STAT_free_rcu_sheaf], 1);
	unlock(&s->lock);
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

	lock(&s->lock, LOCK_SLABS);
	slab_give(s, objects, nr, flush->discard);
	counter_add(s->stat[KMEM_CACHE_STAT_sheaf_flush], nr);
	unlock(&s->lock);
}

/* Takes every parked object and every empty slab off the cache. */
void cache_strip(struct kmem_cache *s,
		 void (*drain)(unsigned int, record_sink_t *, void *),
		 struct slab_discard *discard)
{
	struct flush flush = { s, discard };

	drain(s->slot, flush_objects, &flush);
	lock(&s->lock, LOCK_SLABS);
	barns_empty(s, discard);
	slab_collect_empty(s, discard);
	unlock(&s->lock);
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
	return cache_sum(s, nr_slabs) != 0;
}

/* For reclaim: what the caches can give without being used differently. */
void caches_shrink(void)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);
	struct kmem_cache *s;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(s, &cache_list, link) {
		if (!cache_sum(s, nr_slabs))
			continue;
		cache_strip(s, record_drain, &discard);
		slab_release(s, &discard);
	}
	unlock(&cache_list_lock);
}

/* What threads have parked goes to the slabs, for one that changes its node. */
void caches_drain(void)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct kmem_cache *s;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(s, &cache_list, link) {
		struct flush flush = { s, &discard };

		if (!cache_sum(s, nr_slabs))
			continue;
		record_drain(s->slot, flush_objects, &flush);
		slab_release(s, &discard);
	}
	unlock(&cache_list_lock);
}

/*
 * The list is held throughout: a cache that is destroyed meanwhile would find
 * neither the thread nor its objects. Most threads use few of all caches.
 */
void cache_thread_exit(struct thread *t)
{
	struct slab_discard discard = DISCARD_INIT(discard, false);
	struct kmem_cache *s;

	lock(&cache_list_lock, LOCK_CACHES);
	list_for_each_entry(s, &cache_list, link) {
		struct kmem_record *r = &t->record[s->slot];
		struct flush flush = { s, &discard };

		if (record_is_blank(r))
			continue;
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
