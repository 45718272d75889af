/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * prefill.c - sheaves that a user fills ahead of time
 *
 * Who must not fail later asks for a sheaf of so many objects now, takes them
 * from it one by one, and returns what is left. It is a sheaf like those of
 * sheaf.c, so that one of theirs can be taken over whole and given back; one
 * larger than the cache's capacity is made and freed for the purpose.
 *
 * Objects in such a sheaf are in use, as far as counts and limits go.
 *
 * Where it differs from the kernel: a sheaf that is returned half used is not
 * filled up again; its objects are freed.
 */
#include <errno.h>

#include "internal.h"

struct slab_sheaf {
	unsigned int size; /* objects left */
	unsigned int capacity; /* of the array */
	void **objects;
};

static void count(struct kmem_cache *s, enum kmem_cache_stat stat)
{
	lock(&s->lock, LOCK_SLABS);
	counter_add(s->stat[stat], 1);
	unlock(&s->lock);
}

/* A full sheaf of the thread's or of the barn, if there is one. */
static void **take_ready(struct kmem_cache *s)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	void **ready = NULL;

	if (!r || !s->layout.sheaf_capacity)
		return NULL;
	record_lock(r);
	lock(&s->lock, LOCK_SLABS);
	if (cache_parks(s))
		ready = sheaf_lend(s, r);
	unlock(&s->lock);
	record_unlock(r);
	return ready;
}

static bool give_ready(struct kmem_cache *s, void **full)
{
	struct kmem_record *r = thread_get() ? thread_record(s->slot) : NULL;
	bool taken = false;

	if (!r || !cache_is_local(s, full, s->layout.sheaf_capacity))
		return false;
	record_lock(r);
	lock(&s->lock, LOCK_SLABS);
	if (cache_parks(s))
		taken = sheaf_take_back(s, r, full);
	unlock(&s->lock);
	record_unlock(r);
	return taken;
}

static int fill(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf,
		unsigned int size)
{
	unsigned int more = size - sheaf->size;

	if (more &&
	    !kmem_cache_alloc_bulk(s, gfp | __GFP_NOMEMALLOC | __GFP_NOWARN,
				   more, sheaf->objects + sheaf->size))
		return -ENOMEM;
	sheaf->size = size;
	return 0;
}

static void drop(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	kmem_cache_free_bulk(s, sheaf->size, sheaf->objects);
	kmem_meta_free(sheaf->objects,
		       sheaf->capacity * sizeof(*sheaf->objects));
	kmem_meta_free(sheaf, sizeof(*sheaf));
}

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size)
{
	unsigned int usual = s->layout.sheaf_capacity;
	struct slab_sheaf *sheaf;

	if (size == 0)
		return NULL;
	sheaf = kmem_meta_alloc(sizeof(*sheaf));
	if (!sheaf)
		return NULL;
	sheaf->capacity = MAX(size, usual);
	if (size <= usual)
		sheaf->objects = take_ready(s);
	if (sheaf->objects) {
		sheaf->size = usual;
		count(s, KMEM_CACHE_STAT_sheaf_prefill_fast);
		return sheaf;
	}
	sheaf->objects =
		kmem_meta_alloc(sheaf->capacity * sizeof(*sheaf->objects));
	if (!sheaf->objects || fill(s, gfp, sheaf, size)) {
		drop(s, sheaf);
		return NULL;
	}
	count(s, size > usual ? KMEM_CACHE_STAT_sheaf_prefill_oversize
			      : KMEM_CACHE_STAT_sheaf_prefill_slow);
	return sheaf;
}

int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheafp, unsigned int size)
{
	struct slab_sheaf *larger;

	if (!sheafp || !*sheafp)
		return -EINVAL;
	if ((*sheafp)->size >= size)
		return 0;
	if ((*sheafp)->capacity >= size)
		return fill(s, gfp, *sheafp, size);
	larger = kmem_cache_prefill_sheaf(s, gfp, size);
	if (!larger)
		return -ENOMEM;
	drop(s, *sheafp);
	*sheafp = larger;
	return 0;
}

void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf)
{
	(void)gfp; /* it is never filled up again */
	if (sheaf->size == s->layout.sheaf_capacity &&
	    sheaf->capacity == sheaf->size && give_ready(s, sheaf->objects)) {
		kmem_meta_free(sheaf, sizeof(*sheaf));
		count(s, KMEM_CACHE_STAT_sheaf_return_fast);
		return;
	}
	drop(s, sheaf);
	count(s, KMEM_CACHE_STAT_sheaf_return_slow);
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf)
{
	void *object;

	if (sheaf->size == 0)
		return NULL;
	object = sheaf->objects[--sheaf->size];
	if ((gfp | counter_read(s->always)) & __GFP_ZERO)
		__builtin_memset(object, 0, slab_debug_request(s, object));
	return object;
}

unsigned int kmem_cache_sheaf_size(const struct slab_sheaf *sheaf)
{
	return sheaf->size;
}
