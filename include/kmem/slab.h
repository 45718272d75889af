/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab.h - caches of equal objects, and kmalloc on top of them
 */
#ifndef KMEM_SLAB_H
#define KMEM_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef unsigned int slab_flags_t;

/* The flags that a creator may give, with the kernel's bit numbers. */
#define SLAB_CONSISTENCY_CHECKS (1u << 0)
#define SLAB_RED_ZONE (1u << 1)
#define SLAB_POISON (1u << 2)
#define SLAB_HWCACHE_ALIGN (1u << 4)
#define SLAB_CACHE_DMA (1u << 5)
#define SLAB_CACHE_DMA32 (1u << 6)
#define SLAB_STORE_USER (1u << 7)
#define SLAB_PANIC (1u << 8)
#define SLAB_TYPESAFE_BY_RCU (1u << 9)
#define SLAB_TRACE (1u << 10)
#define SLAB_NOLEAKTRACE (1u << 12)
#define SLAB_NO_MERGE (1u << 13)
#define SLAB_ACCOUNT (1u << 15)
#define SLAB_NO_USER_FLAGS (1u << 17)
#define SLAB_RECLAIM_ACCOUNT (1u << 19)
#define SLAB_TEMPORARY SLAB_RECLAIM_ACCOUNT

/* Each of these makes every allocation and free go through the checks. */
#define SLAB_DEBUG_FLAGS                                                       \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |               \
	 SLAB_STORE_USER | SLAB_TRACE)

/* X(name): the same, for parsers and printers. */
#define KMEM_SLAB_FLAGS(X)                                                     \
	X(SLAB_CONSISTENCY_CHECKS)                                             \
	X(SLAB_RED_ZONE)                                                       \
	X(SLAB_POISON)                                                         \
	X(SLAB_STORE_USER)                                                     \
	X(SLAB_TRACE)                                                          \
	X(SLAB_HWCACHE_ALIGN)                                                  \
	X(SLAB_CACHE_DMA)                                                      \
	X(SLAB_CACHE_DMA32)                                                    \
	X(SLAB_PANIC)                                                          \
	X(SLAB_TYPESAFE_BY_RCU)                                                \
	X(SLAB_NOLEAKTRACE)                                                    \
	X(SLAB_NO_MERGE)                                                       \
	X(SLAB_ACCOUNT)                                                        \
	X(SLAB_NO_USER_FLAGS)                                                  \
	X(SLAB_RECLAIM_ACCOUNT)

#define KMALLOC_MAX_CACHE_SIZE 8192ul
#define KMALLOC_MAX_SIZE KMEM_BLOCK_SIZE
#define KMALLOC_MIN_SIZE 8ul

/* What kmalloc(0) gives: not NULL, not to be dereferenced, freeable. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

struct kmem_cache;

/**
 * struct kmem_cache_args - the rarer parameters; all zero means defaults
 * @align: least alignment in bytes, a power of two, 0 for 8
 * @useroffset: start of the part that may be copied to user space
 * @usersize: its length
 * @freeptr_offset: where a free object keeps the link to the next one
 * @use_freeptr_offset: whether @freeptr_offset is meant; needs
 *	SLAB_TYPESAFE_BY_RCU or @ctor
 * @ctor: runs once for each object when its slab is made
 * @sheaf_capacity: objects that a thread may park; 0: by size
 */
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	void (*ctor)(void *object);
	unsigned int sheaf_capacity;
};

/**
 * kmem_cache_create() - make a cache
 * @name: copied; shown in the mount and in slabinfo; need not be unique
 * @size: bytes per object, 1 to 4 MiB
 *
 * Two forms, told apart by the type of the third argument, as in the kernel:
 * (name, size, struct kmem_cache_args *args or NULL, flags) and
 * (name, size, align, flags, ctor).
 *
 * Context: may sleep.
 * Return: the cache, or NULL: a size of 0 or above 4 MiB, an alignment that
 * is no power of two, an unknown flag (each reported), no memory. With
 * SLAB_PANIC a failure aborts.
 */
#define kmem_cache_create(name, size, args, ...)                               \
	_Generic((args),                                                       \
		struct kmem_cache_args *: kmem_cache_create_args,              \
		const struct kmem_cache_args *: kmem_cache_create_args,        \
		void *: kmem_cache_create_default,                             \
		default: kmem_cache_create_legacy)(name, size, args, __VA_ARGS__)

struct kmem_cache *kmem_cache_create_args(const char *name, unsigned int size,
					  const struct kmem_cache_args *args,
					  slab_flags_t flags);
struct kmem_cache *kmem_cache_create_default(const char *name,
					     unsigned int size, void *args,
					     slab_flags_t flags);
struct kmem_cache *kmem_cache_create_legacy(const char *name, unsigned int size,
					    unsigned int align,
					    slab_flags_t flags,
					    void (*ctor)(void *object));

/* A cache for a struct: its tag, size and alignment. */
#define KMEM_CACHE(tag, flags)                                                 \
	kmem_cache_create_legacy(#tag, sizeof(struct tag),                     \
				 __alignof__(struct tag), (flags), NULL)

/**
 * kmem_cache_destroy() - remove a cache
 * @s: NULL is a no-op
 *
 * With objects in use it is reported, the cache disappears from all lists and
 * its slabs are leaked, so that late frees do no harm. Context: may sleep.
 */
void kmem_cache_destroy(struct kmem_cache *s);

/**
 * kmem_cache_shrink() - give every empty slab back
 *
 * Empties the arrays of all threads first. The pages go straight to their
 * zones, past the page lists, which are drained too: who asked for memory
 * back sees it in buddyinfo (the kernel leaves it in the page lists).
 *
 * Return: 0 when the cache has no slab left, else 1.
 */
int kmem_cache_shrink(struct kmem_cache *s);

/**
 * kmem_cache_size() - bytes per object that the user may use
 */
unsigned int kmem_cache_size(const struct kmem_cache *s);

/**
 * kmem_cache_alloc() - take one object
 * @s: the cache
 * @gfp: how to find memory for a new slab; __GFP_ZERO clears the object
 *
 * Context: no lock and no atomic read-modify-write while the thread's array
 * holds objects. Return: the object, or NULL.
 */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
	__attribute__((malloc, warn_unused_result));

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
	__attribute__((malloc, warn_unused_result));

/**
 * kmem_cache_free() - give one object back
 * @s: the cache that it came from
 * @object: NULL is reported (the kernel crashes); so is, once the object
 *	reaches its slab, one of another cache, one that is free already where
 *	that can be seen, and an address that is no object: refused, leaked
 */
void kmem_cache_free(struct kmem_cache *s, void *object);

/**
 * kmem_cache_alloc_bulk() - take @nr objects or none
 * @objects: room for @nr; unspecified after a failure
 *
 * Return: true when all were taken; false for @nr 0.
 */
bool kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			   void **objects) __attribute__((warn_unused_result));

/**
 * kmem_cache_free_bulk() - give @nr objects back
 * @s: NULL: each object's own cache, large kmalloc blocks included
 */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **objects);

/**
 * kmalloc() - memory of a size class: 8 16 32 64 96 128 192 256 512 1k 2k 4k
 * 8k, whole pages above, up to 4 MiB
 *
 * Aligned to the largest power of two that divides the class.
 * Return: the block; ZERO_SIZE_PTR for @size 0; NULL.
 */
void *kmalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), warn_unused_result));
void *kzalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), warn_unused_result));

/**
 * kmalloc_array() - kmalloc(n * size), NULL when the product overflows
 */
void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), warn_unused_result));
void *kcalloc(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), warn_unused_result));

/**
 * krealloc() - change the size of a block
 * @p: NULL or ZERO_SIZE_PTR: as kmalloc
 * @size: 0: as kfree, gives ZERO_SIZE_PTR
 *
 * Stays in place while the block is large enough. With __GFP_ZERO everything
 * beyond the old block is cleared.
 * Return: the block, or NULL, which leaves @p as it was.
 */
void *krealloc(const void *p, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * kfree() - free a block of kmalloc or an object of any cache
 *
 * NULL and ZERO_SIZE_PTR are no-ops; any other address that the library did
 * not give out is reported and refused.
 */
void kfree(const void *p);

/**
 * ksize() - usable bytes of a block; 0 for NULL and ZERO_SIZE_PTR
 */
size_t ksize(const void *p);

/**
 * kmalloc_size_roundup() - the bytes that kmalloc(@size) would give
 */
size_t kmalloc_size_roundup(size_t size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_SLAB_H */
