/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slab.h - caches of equal objects, and kmalloc on top of them
 */
#ifndef KMEM_SLAB_H
#define KMEM_SLAB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>
#include <kmem/numa.h>

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
struct slab_sheaf;

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
 * kmem_cache_create_usercopy() - the five-argument form, with a part of the
 * object that may be copied to user space
 * @name: as kmem_cache_create()
 * @size: as kmem_cache_create()
 * @align: least alignment in bytes, a power of two or 0
 * @flags: SLAB_…
 * @useroffset: where the part begins
 * @usersize: its length; one that is not inside the object is reported, and
 *	nothing may be copied
 * @ctor: runs once for each object when its slab is made, or NULL
 *
 * Context: may sleep. Return: as kmem_cache_create().
 */
static inline struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *object))
{
	struct kmem_cache_args args = { align, useroffset, usersize, 0,
					false, ctor,	   0 };

	return kmem_cache_create_args(name, size, &args, flags);
}

/* As KMEM_CACHE(), where one field may be copied to user space. */
#define KMEM_CACHE_USERCOPY(tag, flags, field)                                 \
	kmem_cache_create_usercopy(#tag, sizeof(struct tag),                   \
				   __alignof__(struct tag), (flags),           \
				   offsetof(struct tag, field),                \
				   sizeof(((struct tag *)0)->field), NULL)

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
 * kmem_cache_alloc_node() - take one object, preferably of a node
 * @s: the cache
 * @gfp: as kmem_cache_alloc(); __GFP_THISNODE forbids all other nodes
 * @node: NUMA_NO_NODE, or one that does not exist: the calling thread's
 *
 * A slab of the node, an old or a new one, else of the next nearest. Objects of
 * the thread's own node come as fast as without a node, others under a lock;
 * freed by a thread of another node they go to their slab at once.
 *
 * Context: as kmem_cache_alloc().
 * Return: the object, or NULL; that, too, when @gfp insists on a node that has
 * none left or does not exist.
 */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
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

/* ---- memory by size ------------------------------------------------------ */

/**
 * kmem_cache_prefill_sheaf() - objects to be taken later without failing
 * @size: at least so many; more than the cache's sheaf_capacity is allowed
 *
 * Context: as kmem_cache_alloc_bulk(). Objects in the sheaf count as in use.
 * Return: the sheaf, or NULL: no memory, or @size 0.
 */
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned int size);

/**
 * kmem_cache_refill_sheaf() - fill a used sheaf up again
 * @sheafp: may be replaced by a larger one
 *
 * Return: 0; -EINVAL (no sheaf); -ENOMEM: the sheaf is as it was.
 */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp,
			    struct slab_sheaf **sheafp, unsigned int size);

/**
 * kmem_cache_return_sheaf() - give a sheaf back with what is left in it
 */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf);

/**
 * kmem_cache_alloc_from_sheaf() - the next object of a sheaf
 *
 * Return: NULL when it is empty: it does not ask the cache.
 */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf);

/**
 * kmem_cache_sheaf_size() - objects left in a sheaf
 */
unsigned int kmem_cache_sheaf_size(const struct slab_sheaf *sheaf);

/**
 * kmalloc() - memory of a size class: 8 16 32 64 96 128 192 256 512 1k 2k 4k
 * 8k, whole pages above, up to 4 MiB
 * @size: bytes
 * @gfp: how to find memory, and of which kind: the classes exist four times,
 *	as dma-kmalloc-N for __GFP_DMA, else kmalloc-rcl-N for
 *	__GFP_RECLAIMABLE, else kmalloc-cg-N for __GFP_ACCOUNT, else kmalloc-N
 *
 * Aligned to the largest power of two that divides the class. __GFP_DMA32,
 * __GFP_HIGHMEM and bits that mean nothing are taken out of @gfp and reported
 * when pages are needed. kzalloc() is the same with __GFP_ZERO.
 *
 * Context: as kmem_cache_alloc().
 * Return: the block; ZERO_SIZE_PTR for @size 0; NULL.
 */
void *kmalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), warn_unused_result));
void *kzalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), warn_unused_result));

/**
 * kmalloc_array() - kmalloc(n * size), NULL when the product overflows
 * @n: elements
 * @size: bytes of each
 * @gfp: as kmalloc()
 *
 * kcalloc() is the same with __GFP_ZERO.
 *
 * Context: as kmalloc(). Return: as kmalloc().
 */
void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), warn_unused_result));
void *kcalloc(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), warn_unused_result));

/**
 * kmalloc_node() - the four above, with a preferred node
 * @size: as kmalloc()
 * @gfp: as kmalloc(); __GFP_THISNODE forbids all other nodes
 * @node: as kmem_cache_alloc_node()
 *
 * Context: as kmalloc().
 * Return: as kmalloc(); NULL when @gfp insists on a node that has none left or
 * does not exist.
 */
void *kmalloc_node(size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1), warn_unused_result));
void *kzalloc_node(size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1), warn_unused_result));
void *kmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1, 2), warn_unused_result));
void *kcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1, 2), warn_unused_result));

/**
 * krealloc() - change the size of a block
 * @p: NULL or ZERO_SIZE_PTR: as kmalloc
 * @size: 0: as kfree, gives ZERO_SIZE_PTR
 * @gfp: as kmalloc()
 *
 * Stays in place while the block is large enough: its class, the object size
 * of a cache, or its pages. A block that stays keeps its kind, whatever @gfp
 * says. With __GFP_ZERO everything beyond the old block is cleared.
 *
 * Context: as kmalloc().
 * Return: the block, or NULL, which leaves @p as it was.
 */
void *krealloc(const void *p, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * krealloc_array() - krealloc(p, n * size)
 * @p: as krealloc()
 * @n: elements
 * @size: bytes of each
 * @gfp: as krealloc()
 *
 * Context: as krealloc().
 * Return: as krealloc(); NULL when the product overflows, @p stays as it was.
 */
void *krealloc_array(const void *p, size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2, 3), warn_unused_result));

/**
 * krealloc_node_align() - krealloc(), which moves a block that is badly placed
 * @p: as krealloc()
 * @size: as krealloc()
 * @align: a power of two; a new block is only aligned as its class is
 * @gfp: as krealloc(); with __GFP_THISNODE a block of another node moves
 * @node: as kmem_cache_alloc_node()
 *
 * Context: as krealloc(). Return: as krealloc().
 */
void *krealloc_node_align(const void *p, size_t size, unsigned long align,
			  gfp_t gfp, int node)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * kfree() - free a block of kmalloc or an object of any cache
 * @p: NULL and ZERO_SIZE_PTR are no-ops; any other address that the library
 *	did not give out is reported and refused
 *
 * Context: as kmem_cache_free().
 */
void kfree(const void *p);

/**
 * kfree_sensitive() - clear a block, all ksize() bytes of it, then free it
 * @p: as kfree(); what is refused is not cleared
 *
 * Context: as kfree().
 */
void kfree_sensitive(const void *p);

/**
 * kfree_bulk() - free blocks of any kind and size
 * @nr: how many
 * @p: their addresses, each as for kfree()
 *
 * Context: as kfree().
 */
static inline void kfree_bulk(size_t nr, void **p)
{
	kmem_cache_free_bulk(NULL, nr, p);
}

/**
 * ksize() - usable bytes of a block
 * @p: as kfree()
 *
 * Of kmalloc, the class or the pages. Of another cache, at least its object
 * size, and what lies unused behind the object as well. Who asks may use it
 * all: to a cache that remembers what was asked for, all of it was. But only
 * the object size survives a krealloc().
 *
 * Context: any. Return: the bytes; 0 for NULL and ZERO_SIZE_PTR.
 */
size_t ksize(const void *p);

/**
 * kmalloc_size_roundup() - the bytes that kmalloc(@size) would give
 * @size: bytes
 *
 * Context: any. Return: 0 for 0, and @size itself when it is too large.
 */
size_t kmalloc_size_roundup(size_t size);

/*
 * Memory by what it is for, as the kernel has it since 7.0: the type of @P, or
 * of the object it names; GFP_KERNEL unless another mask follows.
 *
 *	struct conn *c = kzalloc_obj(*c);
 *	int *table = kmalloc_objs(*table, 100, GFP_NOWAIT);
 *	struct msg *m = kmalloc_flex(*m, text, length);
 */
#define kmalloc_obj(P, ...)                                                    \
	((__typeof__(P) *)kmalloc(sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kzalloc_obj(P, ...)                                                    \
	((__typeof__(P) *)kzalloc(sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kmalloc_objs(P, n, ...)                                                \
	((__typeof__(P) *)kmalloc_array((n), sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kzalloc_objs(P, n, ...)                                                \
	((__typeof__(P) *)kcalloc((n), sizeof(P), KMEM_GFP(__VA_ARGS__)))

/* With @n elements in the flexible array @FAM at the end of the struct. */
#define kmalloc_flex(P, FAM, n, ...)                                           \
	((__typeof__(P) *)kmalloc(kmem_flex_size(sizeof(P),                    \
						 sizeof((P).FAM[0]), (n)),     \
				  KMEM_GFP(__VA_ARGS__)))
#define kzalloc_flex(P, FAM, n, ...)                                           \
	((__typeof__(P) *)kzalloc(kmem_flex_size(sizeof(P),                    \
						 sizeof((P).FAM[0]), (n)),     \
				  KMEM_GFP(__VA_ARGS__)))

#define KMEM_GFP(...) KMEM_SECOND(0, ##__VA_ARGS__, GFP_KERNEL, 0)
#define KMEM_SECOND(first, second, ...) second

/* Saturates, and no allocator has SIZE_MAX bytes. */
static inline size_t kmem_flex_size(size_t base, size_t element, size_t n)
{
	size_t bytes;

	if (__builtin_mul_overflow(element, n, &bytes) ||
	    __builtin_add_overflow(base, bytes, &bytes))
		return SIZE_MAX;
	return bytes;
}

/* ---- blocks of any size -------------------------------------------------- */

/**
 * kvmalloc() - kmalloc(), or vmalloc() where that has nothing
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: as kmalloc()
 *
 * Up to a page it is kmalloc(). Above, kmalloc() is tried without effort and
 * without complaint, and then single pages are mapped side by side.
 *
 * Context: as vmalloc() above a page, else as kmalloc().
 * Return: the block, for kvfree(); NULL.
 */
void *kvmalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * kvzalloc() - kvmalloc(), cleared
 */
void *kvzalloc(size_t size, gfp_t gfp)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * kvmalloc_node(), kvzalloc_node() - the same from a node
 * @node: NUMA_NO_NODE: any
 */
void *kvmalloc_node(size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1), malloc, warn_unused_result));
void *kvzalloc_node(size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1), malloc, warn_unused_result));

/**
 * kvmalloc_array(), kvcalloc() - @n elements; a product that overflows is NULL
 */
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));
void *kvcalloc(size_t n, size_t size, gfp_t gfp)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));
void *kvmalloc_array_node(size_t n, size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));
void *kvcalloc_node(size_t n, size_t size, gfp_t gfp, int node)
	__attribute__((alloc_size(1, 2), malloc, warn_unused_result));

/**
 * kvrealloc() - another size for a block of kvmalloc(), kmalloc() or vmalloc()
 * @p: NULL: as kvmalloc()
 * @size: 0 frees it: ZERO_SIZE_PTR, or NULL for an area
 * @gfp: as kvmalloc()
 *
 * Return: the block, perhaps elsewhere; NULL: @p is as it was.
 */
void *kvrealloc(const void *p, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * kvfree() - kfree() or vfree(), by address
 */
void kvfree(const void *p);

/**
 * kvfree_atomic() - kfree() or vfree_atomic()
 *
 * Context: any thread, does not sleep.
 */
void kvfree_atomic(const void *p);

/**
 * kvfree_sensitive() - clear a block, then kvfree() it
 * @len: bytes to clear, as far as the block goes
 */
void kvfree_sensitive(const void *p, size_t len);

/* As kmalloc_obj() and its kind. */
#define kvmalloc_obj(P, ...)                                                   \
	((__typeof__(P) *)kvmalloc(sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kvzalloc_obj(P, ...)                                                   \
	((__typeof__(P) *)kvzalloc(sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kvmalloc_objs(P, n, ...)                                               \
	((__typeof__(P) *)kvmalloc_array((n), sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kvzalloc_objs(P, n, ...)                                               \
	((__typeof__(P) *)kvcalloc((n), sizeof(P), KMEM_GFP(__VA_ARGS__)))
#define kvmalloc_flex(P, FAM, n, ...)                                          \
	((__typeof__(P) *)kvmalloc(kmem_flex_size(sizeof(P),                   \
						  sizeof((P).FAM[0]), (n)),    \
				   KMEM_GFP(__VA_ARGS__)))
#define kvzalloc_flex(P, FAM, n, ...)                                          \
	((__typeof__(P) *)kvzalloc(kmem_flex_size(sizeof(P),                   \
						  sizeof((P).FAM[0]), (n)),    \
				   KMEM_GFP(__VA_ARGS__)))

/* ---- private classes ----------------------------------------------------- */

typedef struct kmem_buckets kmem_buckets;

/**
 * kmem_buckets_create() - classes as kmalloc's, shared with nobody else
 * @name: of the caches: NAME-8, NAME-16 … NAME-8k
 * @flags: SLAB_… of all of them, SLAB_NO_MERGE is added
 * @useroffset: start of what may be copied to user space
 * @usersize: its length, cut to fit each class
 * @ctor: of all of them, or NULL
 *
 * Context: may sleep.
 * Return: the set, or NULL when one of its caches cannot be made (reported).
 */
kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize,
				  void (*ctor)(void *object))
	__attribute__((warn_unused_result));

/**
 * kmem_buckets_alloc() - kmalloc() from a private set; freed by kfree()
 * @b: the set; NULL: plain kmalloc()
 * @size: as kmalloc(); above the largest class blocks are nobody's
 * @gfp: as kmalloc(), but the kind of memory is the set's
 *
 * Context: as kmalloc(). Return: as kmalloc().
 */
void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * kmem_buckets_destroy() - kmem_cache_destroy() for each cache of a set
 * @b: NULL is a no-op
 *
 * The kernel has no such function; its sets live as long as it does.
 *
 * Context: may sleep.
 */
void kmem_buckets_destroy(kmem_buckets *b);

/* ---- copies and texts ---------------------------------------------------- */

/**
 * kstrdup() - a copy of a string, from kmalloc()
 * @s: NULL gives NULL
 * @gfp: as kmalloc()
 *
 * Context: as kmalloc(). Return: the copy, for kfree(); NULL.
 */
char *kstrdup(const char *s, gfp_t gfp)
	__attribute__((malloc, warn_unused_result));

/**
 * kstrndup() - kstrdup() of at most @max bytes, terminated
 * @s: NULL gives NULL
 * @max: bytes of @s to look at
 * @gfp: as kmalloc()
 *
 * Context: as kmalloc(). Return: as kstrdup().
 */
char *kstrndup(const char *s, size_t max, gfp_t gfp)
	__attribute__((malloc, warn_unused_result));

/**
 * kmemdup() - a copy of @len bytes
 * @src: where they are
 * @len: how many; 0 gives ZERO_SIZE_PTR
 * @gfp: as kmalloc()
 *
 * Context: as kmalloc(). Return: the copy, for kfree(); NULL.
 */
void *kmemdup(const void *src, size_t len, gfp_t gfp)
	__attribute__((alloc_size(2), warn_unused_result));

/**
 * kmemdup_nul() - a string of @len bytes that need not be terminated
 * @s: NULL gives NULL
 * @len: how many; a zero byte is added
 * @gfp: as kmalloc()
 *
 * Context: as kmalloc(). Return: as kstrdup().
 */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
	__attribute__((malloc, warn_unused_result));

/**
 * kasprintf() - formatted text in a block of its size
 * @gfp: as kmalloc()
 * @format: as printf(3), with the kernel's %p…, see kmem/sprintf.h
 *
 * kvasprintf() is the same with the arguments in @args.
 *
 * Context: as kmalloc(). Return: the text, for kfree(); NULL.
 */
char *kasprintf(gfp_t gfp, const char *format, ...)
	__attribute__((malloc, format(printf, 2, 3), warn_unused_result));
char *kvasprintf(gfp_t gfp, const char *format, va_list args)
	__attribute__((malloc, format(printf, 2, 0), warn_unused_result));

/* ---- for debugging ------------------------------------------------------- */

/**
 * kmem_dump_obj() - tell all that is known about an object
 * @object: an address, of the object or inside of it
 *
 * Its cache, where it begins, and with SLAB_STORE_USER who allocated it and,
 * if it ever was free, who freed it: one text to the report hook, which does
 * not count as a fault.
 *
 * Context: any; right for an object whose cache is not destroyed meanwhile.
 * Return: false, and nothing told, for an address that is in no slab.
 */
bool kmem_dump_obj(void *object);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_SLAB_H */
