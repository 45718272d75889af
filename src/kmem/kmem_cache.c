/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmem_cache.c - caches: the way of an object, and the life of a cache
 *
 * An object travels through three layers:
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
 * and so has one that debugs.
 *
 * Life of a cache: on cache_list from create to destroy; pinned by readers for
 * the length of a request; dying once destroy has begun, when no new pin is
 * given and the last one is waited for.
 *
 * Where it differs from the kernel: the sheaves exist once per thread, not per
 * CPU. Sizes, alignments and flags are checked. kmem_cache_shrink()
 * returns pages to their zones at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/rcu.h>

#include "internal.h"
#include "util/text.h"

#define DISCARD_INIT(name, zone) { LIST_HEAD_INIT((name).list), zone }

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
	return r && s->limit == KMEM_NO_LIMIT && s->layout.sheaf_capacity &&
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
		if (!r->count && !sheaf_get(s, r)) {
			n = slab_take(s, r->capacity / 2 + 1, r->slots);
			counter_set(r->count, n);
			counter_add(node->stat[KMEM_CACHE_STAT_sheaf_refill],
				    n);
		}
		if (r->count) {
			object = r->slots[r->count - 1];
			counter_set(r->count, r->count - 1);
			counter_set(r->gets, r->gets + 1);
		}
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
static void *alloc_slow(struct kmem_cache *s, gfp_t gfp,
			const struct slab_user *user)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	void *object;

	if (cache_debugs(s))
		return alloc_checked(s, gfp, user);
	object = refill(s, r);
	if (!object && !at_limit(s))
		take_from_new_slab(s, gfp, 1, &object);
	/* Reclaim found no page, but brought what others had parked. */
	if (!object && gfpflags_allow_blocking(gfp))
		object = refill(s, r);
	return object;
}

/* The hot pair, with kmem_cache_free(): a load, a pop, two tests. */
static inline void *alloc_object(struct kmem_cache *s, gfp_t gfp,
				 const struct slab_user *user)
{
	struct kmem_record *r = thread_record(s->slot);
	void *object = likely(r != NULL) ? kmem_record_pop(r) : NULL;

	if (unlikely(!object))
		object = alloc_slow(s, gfp, user);
	/* Of what debugging watches, no more than was asked for. */
	if (unlikely((gfp | s->always) & __GFP_ZERO) && object)
		memset(object, 0, slab_debug_request(s, object));
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_user user = { s->object_size, __builtin_return_address(0) };

	return alloc_object(s, gfp, &user);
}

/* For kmalloc(), which knows how much of the object is wanted. */
void *cache_alloc_sized(struct kmem_cache *s, gfp_t gfp, size_t size,
			void *caller)
{
	struct slab_user user = { size, caller };

	return alloc_object(s, gfp, &user);
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_user user = { s->object_size, __builtin_return_address(0) };

	return alloc_object(s, gfp | __GFP_ZERO, &user);
}

static unsigned int take_from_slabs(struct kmem_cache *s, unsigned int nr,
				    void **objects)
{
	unsigned int n;

	lock(&s->node.lock, LOCK_NODE);
	n = slab_take(s, nr, objects);
	counter_add(s->node.stat[KMEM_CACHE_STAT_alloc_slowpath], n);
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

	while (n < nr && (objects[n] = cache_alloc_sized(
				  s, gfp, s->object_size, caller)))
		n++;
	if (n < nr)
		kmem_cache_free_bulk(s, n, objects);
	return n == nr;
}

/*
 * What is parked first, then whole slabs: the objects go straight into the
 * caller's array, the thread's own is not refilled for it.
 */
bool kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			   void **objects)
{
	struct kmem_record *r = thread_record(s->slot);
	size_t n = 0;

	if (nr == 0 || !room_for(s, nr))
		return false;
	if (cache_debugs(s))
		return alloc_bulk_checked(s, gfp, nr, objects,
					  __builtin_return_address(0));
	while (r && n < nr && (objects[n] = kmem_record_pop(r)))
		n++;
	while (n < nr) {
		unsigned int want = (unsigned int)MIN(nr - n, 1u << 20);
		unsigned int got = take_from_slabs(s, want, objects + n);

		lock(&s->node.lock, LOCK_NODE);
		got = sheaf_take_bulk(s, want, objects + n);
		if (!got) {
			got = slab_take(s, want, objects + n);
			counter_add(
				s->node.stat[KMEM_CACHE_STAT_alloc_slowpath],
				got);
		}
		unlock(&s->node.lock);
		if (!got && !at_limit(s))
			got = take_from_new_slab(s, gfp, want, objects + n);
		/* As in alloc_slow(). */
		if (!got && gfpflags_allow_blocking(gfp))
			got = take_from_slabs(s, want, objects + n);
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
	if (!r->count || r->slots[r->count - 1] != object)
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
			if (r->count == r->capacity)
				sheaf_make_room(s, r, &discard);
			record_put(r, object);
			counter_set(r->puts, r->puts + 1);
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

/* As much as the array takes, the rest under one hold of the lock. */
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
	for (; cache_debugs(s) && n < nr; n++)
		free_checked(s, objects[n], __builtin_return_address(0));
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
static void strip(struct kmem_cache *s,
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

/* Fisher and Yates. A cache that cannot have an order does without. */
static void shuffle(struct kmem_cache *s, unsigned int objects)
{
	if (!kmem.freelist_random || objects < 2)
		return;
	s->shuffle = kmem_meta_alloc(objects * sizeof(*s->shuffle));
	for (unsigned int i = 0; s->shuffle && i < objects; i++) {
		unsigned int j = (unsigned int)(os_random() % (i + 1));

		s->shuffle[i] = s->shuffle[j];
		s->shuffle[j] = (uint16_t)i;
	}
}

static void unshuffle(struct kmem_cache *s)
{
	if (s->shuffle)
		kmem_meta_free(s->shuffle,
			       s->layout.objects * sizeof(*s->shuffle));
	s->shuffle = NULL;
}

/* Caches whose free objects mean something are cleared on request alone. */
static void set_clearing(struct kmem_cache *s)
{
	bool keeps = s->spec.ctor_kind != KMEM_CTOR_NONE ||
		     s->spec.flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON);

	s->always = kmem.init_on_alloc && !keeps ? __GFP_ZERO : 0;
	s->wipe = kmem.init_on_free && !keeps;
}

/* Under the list's and the node's lock, with no slab there or in the making. */
static void set_shape(struct kmem_cache *s, const struct kmem_cache_spec *spec,
		      const struct slab_layout *layout)
{
	unshuffle(s);
	s->spec = *spec;
	s->layout = *layout;
	counter_set(s->object_size, spec->object_size);
	s->gfp = page_flags(spec->flags);
	s->random = os_random();
	set_clearing(s);
	shuffle(s, layout->objects);
	counter_set(s->min_partial, layout->min_partial);
}

/* A spec with what the slab_debug option adds for a cache of that name. */
static int with_debug(const char *name, const struct kmem_cache_spec *spec,
		      struct kmem_cache_spec *ret_spec,
		      struct slab_layout *ret_layout)
{
	bool keep_order;
	int err;

	*ret_spec = *spec;
	ret_spec->flags = slab_options_for(name, spec->flags, &keep_order);
	err = slab_layout(ret_spec, kmem.cpus, ret_layout);
	if (err || !keep_order ||
	    get_order(ret_layout->size) <= get_order(spec->object_size))
		return err;
	/* Metadata that would cost a higher order is not worth it. */
	ret_spec->flags &= ~(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER) |
			   (spec->flags & SLAB_DEBUG_FLAGS);
	return slab_layout(ret_spec, kmem.cpus, ret_layout);
}

int kmem_cache_new(const char *name, const char *owner,
		   const struct kmem_cache_spec *spec,
		   struct kmem_cache **ret_cache)
{
	struct kmem_cache_spec debugged;
	struct slab_layout layout;
	struct kmem_cache *s;
	int err;

	if (!name || !*name || with_debug(name, spec, &debugged, &layout))
		return -EINVAL;
	if (strlen(name) > KMEM_NAME_MAX)
		return -ENAMETOOLONG;
	s = kmem_meta_alloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	set_shape(s, &debugged, &layout);
	text_copy(s->name, sizeof(s->name), name);
	text_copy(s->owner, sizeof(s->owner), owner);
	s->users = 1;
	s->limit = KMEM_NO_LIMIT;
	slab_node_init(&s->node);
	err = cache_list_add(s);
	if (err)
		kmem_meta_free(s, sizeof(*s));
	else
		*ret_cache = s;
	return err;
}

/* A cache that is there already, where merging is asked for. */
static struct kmem_cache *merge(const char *name,
				const struct kmem_cache_spec *spec)
{
	struct kmem_cache_spec debugged;
	struct slab_layout layout;
	struct kmem_cache *s;

	if (!kmem.merge || !name || !*name ||
	    with_debug(name, spec, &debugged, &layout))
		return NULL;
	lock(&cache_list_lock, LOCK_CACHES);
	s = cache_merge(name, &debugged, &layout);
	unlock(&cache_list_lock);
	return s;
}

/* What kernel code calls: no errno, a report instead. */
static struct kmem_cache *create(const char *name,
				 const struct kmem_cache_spec *spec)
{
	struct kmem_cache *s = NULL;
	int err = kmem_up() ? 0 : -ENOMEM;

	if (!err)
		s = merge(name, spec);
	if (!err && !s)
		err = kmem_cache_new(name, program_invocation_short_name, spec,
				     &s);
	if (!err)
		s->mergeable = true;
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

/*
 * The first test spares a busy cache the loss of its arrays; the second, under
 * the lock, decides.
 */
int kmem_cache_reshape(struct kmem_cache *s, const struct kmem_cache_spec *spec)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);
	struct slab_layout layout;
	int err = 0;

	if (slab_layout(spec, kmem.cpus, &layout))
		return -EINVAL;
	if (counter_read(s->node.out) > cache_parked(s))
		return -EBUSY;
	lock(&cache_list_lock, LOCK_CACHES);
	strip(s, record_shut, &discard);
	lock(&s->node.lock, LOCK_NODE);
	if (s->node.nr_slabs || s->node.growing)
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
 * From here on nobody finds the cache. Its parked objects leave the threads'
 * arrays in the same breath: a thread that ends later could not find the cache
 * to give them back to.
 */
static void unlist(struct kmem_cache *s)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);

	cache_list_remove(s);
	strip(s, record_retire, &discard);
	slab_release(s, &discard);
	if (!s->node.nr_slabs)
		cache_slot_put(s);
}

static void report_remaining(struct kmem_cache *s)
{
	kmem_report("kmem_cache_destroy %s: Slab cache still has objects",
		    s->name);
	if (cache_debugs(s))
		slab_debug_report_used(s);
}

/*
 * With objects in use the cache stays as it is, known to nobody: whoever frees
 * one later must find a cache that is whole.
 */
static void drop(struct kmem_cache *s)
{
	if (s->node.nr_slabs) {
		report_remaining(s);
		/* No sheaves: what is parked would never come out. */
		counter_set(s->limit, 0);
		return;
	}
	pthread_mutex_destroy(&s->node.lock);
	unshuffle(s);
	kmem_meta_free(s, sizeof(*s));
	drain_all_pages();
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	bool last;

	if (!s)
		return;
	/* Objects that kfree_rcu() has are not in use any more. */
	kmem_rcu_barrier();
	lock(&cache_list_lock, LOCK_CACHES);
	last = --s->users == 0;
	if (last)
		unlist(s);
	unlock(&cache_list_lock);
	if (last)
		drop(s);
}

int kmem_cache_remove(struct kmem_cache *s)
{
	bool busy;

	kmem_rcu_barrier();
	lock(&cache_list_lock, LOCK_CACHES);
	busy = counter_read(s->node.out) > cache_parked(s);
	if (!busy)
		unlist(s);
	unlock(&cache_list_lock);
	if (busy)
		return -EBUSY;
	drop(s);
	return 0;
}

/* ---- limit ---- */

/*
 * The limit is in force before the arrays are emptied and shut: an owner who
 * then wants its array back looks at the limit, under the record's lock.
 */
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

		record_shut(s->slot, flush_objects, &flush);
		lock(&s->node.lock, LOCK_NODE);
		barn_empty(s, &discard);
		unlock(&s->node.lock);
		slab_release(s, &discard);
	}
	if (limit > old)
		wait_retry();
}
