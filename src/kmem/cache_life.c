/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cache_life.c - caches are made, get another shape or a limit, and go
 *
 * A shape is a spec and what follows from it: a layout, an order of objects,
 * what is cleared when. It is set when the cache is made, and may be set anew
 * while there is no slab that has the old one.
 *
 * A cache goes in two steps. First nobody finds it any more and its sheaves are
 * taken from all threads; then, if no slab is left, its memory is given back.
 * With objects in use it stays as it is, known to their users alone.
 *
 * Where it differs from the kernel: sizes, alignments and flags are checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/rcu.h>

#include "internal.h"
#include "util/text.h"

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

/* Of nobody, with no slab. */
static void dispose(struct kmem_cache *s)
{
	pthread_mutex_destroy(&s->lock);
	unshuffle(s);
	kmem_meta_free(s, cache_bytes());
}

/* Caches whose free objects mean something are cleared on request alone. */
static void set_clearing(struct kmem_cache *s)
{
	bool keeps = s->spec.ctor_kind != KMEM_CTOR_NONE ||
		     s->spec.flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON);
	unsigned int on_free = kmem.init_on_free && !keeps ? FREE_WIPE : 0;

	if (kmem.nr_nodes > 1)
		on_free |= FREE_HOME;
	counter_set(s->always, kmem.init_on_alloc && !keeps ? __GFP_ZERO : 0);
	counter_set(s->on_free, on_free);
}

/* Under the list's and the cache's lock, with no slab there or in the making. */
static void set_shape(struct kmem_cache *s, const struct kmem_cache_spec *spec,
		      const struct slab_layout *layout)
{
	unshuffle(s);
	counter_add(s->shapes, 1);
	counter_set(s->debugs, (spec->flags & SLAB_DEBUG_FLAGS) != 0);
	s->spec = *spec;
	s->layout = *layout;
	counter_set(s->object_size, spec->object_size);
	counter_set(s->sheaf_capacity, layout->sheaf_capacity);
	s->gfp = page_flags(spec->flags);
	s->random = os_random();
	set_clearing(s);
	shuffle(s, layout->objects);
	if (!s->min_partial_set)
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
	ret_spec->flags &= ~(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER);
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
	s = kmem_meta_alloc(cache_bytes());
	if (!s)
		return -ENOMEM;
	set_shape(s, &debugged, &layout);
	text_copy(s->name, sizeof(s->name), name);
	text_copy(s->owner, sizeof(s->owner), owner);
	s->users = 1;
	s->limit = KMEM_NO_LIMIT;
	s->defrag_ratio = 100;
	slab_nodes_init(s);
	err = cache_list_add(s);
	if (err)
		dispose(s);
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

	/* What a module made must be told from what others made. */
	if (!kmem.merge || owner_is_module() || !name || !*name ||
	    with_debug(name, spec, &debugged, &layout))
		return NULL;
	lock(&cache_list_lock, LOCK_CACHES);
	s = cache_merge(name, &debugged, &layout);
	unlock(&cache_list_lock);
	return s;
}

static void set_mergeable(struct kmem_cache *s)
{
	lock(&cache_list_lock, LOCK_CACHES);
	s->mergeable = true;
	unlock(&cache_list_lock);
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
		err = kmem_cache_new(name, owner_name(), spec, &s);
	if (!err && !owner_is_module())
		set_mergeable(s);
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

/* Shut before the arrays are emptied, so that no owner opens its own again. */
static void shut(struct kmem_cache *s)
{
	lock(&s->lock, LOCK_SLABS);
	s->shut = true;
	unlock(&s->lock);
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
	if (counter_read(s->out) > cache_parked(s))
		return -EBUSY;
	lock(&cache_list_lock, LOCK_CACHES);
	shut(s);
	cache_strip(s, record_shut, &discard);
	/* Before the flags change that say what its readers may expect. */
	slab_release(s, &discard);
	lock(&s->lock, LOCK_SLABS);
	if (cache_sum(s, nr_slabs) || s->growing)
		err = -EBUSY;
	else
		set_shape(s, spec, &layout);
	s->shut = false;
	unlock(&s->lock);
	unlock(&cache_list_lock);
	return err;
}

/* ---- destroy ---- */

/*
 * From here on nobody finds the cache. Its parked objects leave the threads'
 * arrays in the same breath: a thread that ends later could not find the cache
 * to give them back to. It stays shut: what is parked would never come out.
 * Return: nothing of it is in use.
 */
static bool unlist(struct kmem_cache *s)
{
	struct slab_discard discard = DISCARD_INIT(discard, true);
	bool empty;

	cache_list_remove(s);
	shut(s);
	cache_strip(s, record_retire, &discard);
	slab_release(s, &discard);
	lock(&s->lock, LOCK_SLABS);
	empty = !cache_sum(s, nr_slabs);
	unlock(&s->lock);
	if (empty)
		cache_slot_put(s);
	return empty;
}

static void report_remaining(struct kmem_cache *s)
{
	kmem_report("kmem_cache_destroy %s: Slab cache still has objects",
		    s->name);
	slab_debug_report_used(s);
}

/*
 * With objects in use the cache stays as it is, known to nobody: whoever frees
 * one later must find a cache that is whole.
 */
static void drop(struct kmem_cache *s, bool empty)
{
	if (!empty) {
		report_remaining(s);
		counter_set(s->limit, 0);
		return;
	}
	/* Slabs that wait for readers still name the cache. */
	if (s->spec.flags & SLAB_TYPESAFE_BY_RCU)
		kmem_rcu_barrier();
	dispose(s);
	drain_all_pages();
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	bool last, empty = false;

	if (!s)
		return;
	/* Objects that kfree_rcu() has are not in use any more. */
	kmem_rcu_barrier();
	lock(&cache_list_lock, LOCK_CACHES);
	last = --s->users == 0;
	if (last)
		empty = unlist(s);
	unlock(&cache_list_lock);
	if (last)
		drop(s, empty);
}

bool cache_in_use(const struct kmem_cache *s)
{
	return counter_read(s->out) > cache_parked(s);
}

/*
 * Who has the cache pinned may be about to take objects from it, as a pool that
 * moves onto it is; so what counts is whether it is in use when they are done.
 */
int kmem_cache_remove(struct kmem_cache *s)
{
	bool shut, empty = false;

	kmem_rcu_barrier();
	lock(&cache_list_lock, LOCK_CACHES);
	shut = cache_list_shut(s);
	if (shut)
		empty = unlist(s);
	unlock(&cache_list_lock);
	if (!shut)
		return -EBUSY;
	drop(s, empty);
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

	lock(&s->lock, LOCK_SLABS);
	old = s->limit;
	counter_set(s->limit, limit);
	unlock(&s->lock);
	if (old == KMEM_NO_LIMIT && limit != KMEM_NO_LIMIT) {
		cache_strip(s, record_shut, &discard);
		slab_release(s, &discard);
	}
	if (limit > old)
		wait_retry();
}
