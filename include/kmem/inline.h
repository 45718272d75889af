/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inline.h - kmem_cache_alloc() and kmem_cache_free() without a call
 *
 * A program that includes this header has the fast paths compiled into it: an
 * object that the thread has parked is taken, and one is parked, by a few
 * loads and stores (fast.h). Everything else is a call of the function of the
 * same name, so that both ways can be mixed as one likes, also by programs whose
 * parts are built differently.
 *
 * What is fixed by that, and stays so as long as the library's soname does: the
 * three words with which a cache begins, and struct kmem_record.
 */
#ifndef KMEM_INLINE_H
#define KMEM_INLINE_H

#include <kmem/fast.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct kmem_cache_fast - what a cache begins with
 * @slot: the index of its record in each thread's array
 * @always: __GFP_ZERO where every object is to be cleared, or 0
 * @on_free: not 0 where a free is more than parking the object
 */
struct kmem_cache_fast {
	uint32_t slot;
	gfp_t always;
	uint32_t on_free;
};

#pragma GCC visibility push(default)

/* The calling thread's records, or NULL before its first call. */
extern __thread struct kmem_record *kmem_thread_records;

#pragma GCC visibility pop

/**
 * kmem_cache_alloc_inline() - take one object
 * @s: the cache
 * @gfp: as kmem_cache_alloc()
 *
 * Context: as kmem_cache_alloc().
 * Return: as kmem_cache_alloc().
 */
static inline void *kmem_cache_alloc_inline(struct kmem_cache *s, gfp_t gfp)
{
	const struct kmem_cache_fast *fast =
		(const struct kmem_cache_fast *)(const void *)s;
	struct kmem_record *records = kmem_thread_records;
	gfp_t want = gfp | __atomic_load_n(&fast->always, __ATOMIC_RELAXED);
	void *object;

	/* ThreadSanitizer's records are locked in another way. */
	if (__builtin_expect(KMEM_TSAN || !records || want & __GFP_ZERO, 0))
		return kmem_cache_alloc(s, gfp);
	object = kmem_record_pop(&records[fast->slot]);
	if (__builtin_expect(object != NULL, 1))
		return object;
	return kmem_cache_alloc(s, gfp);
}

/**
 * kmem_cache_free_inline() - give an object back
 * @s: its cache
 * @object: what kmem_cache_alloc() or the like returned
 *
 * Context: as kmem_cache_free().
 */
static inline void kmem_cache_free_inline(struct kmem_cache *s, void *object)
{
	const struct kmem_cache_fast *fast =
		(const struct kmem_cache_fast *)(const void *)s;
	struct kmem_record *records = kmem_thread_records;

	if (__builtin_expect(KMEM_TSAN || !records || !object, 0) ||
	    __builtin_expect(__atomic_load_n(&fast->on_free,
					     __ATOMIC_RELAXED) != 0,
			     0) ||
	    __builtin_expect(!kmem_record_push(&records[fast->slot], object),
			     0))
		kmem_cache_free(s, object);
}

/* For a program that wants all of its calls so. */
#ifdef KMEM_INLINE_ALL
#define kmem_cache_alloc(s, gfp) kmem_cache_alloc_inline(s, gfp)
#define kmem_cache_free(s, object) kmem_cache_free_inline(s, object)
#endif

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INLINE_H */
