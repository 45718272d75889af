/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * introspect_cache.h - caches: snapshots, shape, limits, statistics
 *
 * A part of introspect.h, which says what it all is for.
 */
#ifndef KMEM_INTROSPECT_CACHE_H
#define KMEM_INTROSPECT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/kmem.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* ---- caches -------------------------------------------------------------- */

/**
 * enum kmem_ctor - constructors that the library brings along
 * @KMEM_CTOR_NONE: none
 * @KMEM_CTOR_ZERO: clears the object
 * @KMEM_CTOR_BYTE: fills it with kmem_cache_spec.ctor_byte
 * @KMEM_CTOR_SEQUENCE: bytes 0, 1, 2 … 255, 0 …
 * @KMEM_CTOR_CALL: the program's function kmem_cache_spec.ctor
 */
enum kmem_ctor {
	KMEM_CTOR_NONE,
	KMEM_CTOR_ZERO,
	KMEM_CTOR_BYTE,
	KMEM_CTOR_SEQUENCE,
	KMEM_CTOR_CALL,
};

/**
 * struct kmem_cache_spec - what a cache is made from
 * @object_size: 1 to 4 MiB
 * @align: a power of two or 0
 * @flags: SLAB_…
 * @useroffset: see struct kmem_cache_args
 * @usersize: the same
 * @freeptr_offset: the same
 * @use_freeptr_offset: the same
 * @sheaf_capacity: the same
 * @ctor_kind: which constructor
 * @ctor_byte: for KMEM_CTOR_BYTE
 * @ctor: for KMEM_CTOR_CALL
 */
struct kmem_cache_spec {
	unsigned int object_size;
	unsigned int align;
	slab_flags_t flags;
	unsigned int useroffset;
	unsigned int usersize;
	unsigned int freeptr_offset;
	bool use_freeptr_offset;
	unsigned int sheaf_capacity;
	enum kmem_ctor ctor_kind;
	uint8_t ctor_byte;
	void (*ctor)(void *object);
};

/**
 * kmem_cache_new() - kmem_cache_create() for those who want to know why not
 * @name: 1..127 bytes
 * @owner: "mount", "boot" or a program's name; copied
 * @spec: the shape
 * @ret_cache: set on success
 *
 * Return: 0, -EINVAL, -ENAMETOOLONG, -ENOMEM, -ENOSPC (too many caches).
 */
int kmem_cache_new(const char *name, const char *owner,
		   const struct kmem_cache_spec *spec,
		   struct kmem_cache **ret_cache);

/**
 * kmem_cache_reshape() - give an empty cache another shape
 *
 * Releases empty slabs first. Return: 0; -EBUSY with objects in use, -EINVAL
 * for a bad shape: the cache is as it was.
 */
int kmem_cache_reshape(struct kmem_cache *s,
		       const struct kmem_cache_spec *spec);

/**
 * kmem_cache_remove() - destroy, but refuse while objects are in use
 *
 * The caller must hold no pin of its own. Return: 0, -EBUSY.
 */
int kmem_cache_remove(struct kmem_cache *s);

/**
 * kmem_cache_set_limit() - at most @limit objects in use
 * @limit: KMEM_NO_LIMIT lifts it
 *
 * Further allocations fail. A limited cache keeps no per-thread objects, so
 * that the limit is exact. A limit below present use is accepted. Raising a
 * limit lets the requests that wait in pools try again.
 */
void kmem_cache_set_limit(struct kmem_cache *s, uint64_t limit);

/**
 * kmem_cache_set_min_partial() - empty slabs to keep per node
 */
void kmem_cache_set_min_partial(struct kmem_cache *s, unsigned long nr);

/**
 * kmem_cache_reset_peak(), kmem_cache_reset_stats() - begin counting anew
 */
void kmem_cache_reset_peak(struct kmem_cache *s);
void kmem_cache_reset_stats(struct kmem_cache *s);

/*
 * X(name, help): the counters of a cache. The enum, the snapshot and the files
 * of the mount are made from this one list; names are the kernel's.
 */
#define KMEM_CACHE_STATS(X)                                                    \
	X(alloc_fastpath, "objects taken from a thread's sheaf")               \
	X(alloc_slowpath, "objects taken from slabs directly")                 \
	X(free_rcu_sheaf, "objects of kfree_rcu() freed in batches")           \
	X(free_rcu_sheaf_fail, "always 0: batches need no memory")             \
	X(free_fastpath, "objects put into a thread's sheaf")                  \
	X(free_slowpath, "objects put into slabs directly")                    \
	X(free_add_partial, "frees that made a full slab partial")             \
	X(free_remove_partial, "frees that emptied a slab and released it")    \
	X(alloc_slab, "slabs taken from the page allocator")                   \
	X(alloc_node_mismatch,                                                 \
	  "allocations from a node that is not the thread's")                  \
	X(free_slab, "slabs given back to it")                                 \
	X(order_fallback, "slabs of the least order, the preferred failing")   \
	X(cmpxchg_double_fail, "always 0: slabs change under a lock")          \
	X(sheaf_flush, "objects moved from sheaves into slabs")                \
	X(sheaf_refill, "objects moved from slabs into sheaves")               \
	X(sheaf_alloc, "sheaves made")                                         \
	X(sheaf_free, "sheaves given up")                                      \
	X(barn_get, "full sheaves taken from the barn")                        \
	X(barn_get_fail, "times the barn had none")                            \
	X(barn_put, "full sheaves put into the barn")                          \
	X(barn_put_fail, "times the barn was full")                            \
	X(sheaf_prefill_fast, "prefilled sheaves that were there")             \
	X(sheaf_prefill_slow, "prefilled sheaves that had to be filled")       \
	X(sheaf_prefill_oversize, "prefilled sheaves above the capacity")      \
	X(sheaf_return_fast, "prefilled sheaves taken back whole")             \
	X(sheaf_return_slow, "prefilled sheaves whose objects were freed")

enum kmem_cache_stat {
#define KMEM_STAT_ENUM(name, help) KMEM_CACHE_STAT_##name,
	KMEM_CACHE_STATS(KMEM_STAT_ENUM)
#undef KMEM_STAT_ENUM
	KMEM_NR_CACHE_STATS
};

/**
 * kmem_cache_set_defrag_ratio() - how ready to use other nodes' slabs
 * @ratio: of a hundred requests that find no free object on their node, as many
 *	take one of another node's partial slabs, where it has more than
 *	min_partial, before a new slab is made; 100 at first
 *
 * Return: 0, -ERANGE above 100.
 */
int kmem_cache_set_defrag_ratio(struct kmem_cache *s, unsigned int ratio);

/**
 * kmem_cache_reset_stat() - begin counting one thing anew
 */
void kmem_cache_reset_stat(struct kmem_cache *s, enum kmem_cache_stat stat);

/**
 * struct kmem_cache_node_info - a cache's slabs on one node
 * @objects: objects outside the slabs' free lists, in use or parked
 * @total_objects: capacity of all slabs
 * @slabs: slabs
 * @partial: slabs with free objects
 * @objects_partial: objects outside those slabs' free lists
 */
struct kmem_cache_node_info {
	uint64_t objects;
	uint64_t total_objects;
	uint64_t slabs;
	uint64_t partial;
	uint64_t objects_partial;
};

/**
 * struct kmem_cache_info - snapshot of a cache
 * @serial: its identity
 * @name: as given at creation
 * @owner: "mount", "boot", or the program's name
 * @spec: what it was made from (align as given)
 * @size: bytes per object with metadata (slab_size)
 * @align: alignment in effect
 * @inuse: offset of metadata
 * @freeptr: offset of the link in a free object
 * @order: preferred order of a slab
 * @objs_per_slab: objects in a slab of that order
 * @min_partial: empty slabs kept per node
 * @min_partial_set: by hand: another shape does not change it
 * @sheaf_capacity: objects a thread may park
 * @aliases: further names merged into it
 * @limit: KMEM_NO_LIMIT when none
 * @active: objects in use, by anybody (mount: alloc)
 * @cached: objects parked in threads' arrays
 * @objects: active + cached
 * @total_objects: capacity of all slabs
 * @slabs: slabs
 * @partial: slabs with free objects
 * @objects_partial: objects outside those slabs' free lists
 * @peak: most objects outside the slabs since reset (exact when limited)
 * @defrag_ratio: see kmem_cache_set_defrag_ratio()
 * @node: the numbers of each node; those that do not exist are 0
 * @stat: by enum kmem_cache_stat
 */
struct kmem_cache_info {
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	struct kmem_cache_spec spec;
	unsigned int size;
	unsigned int align;
	unsigned int inuse;
	unsigned int freeptr;
	unsigned int order;
	unsigned int objs_per_slab;
	unsigned long min_partial;
	bool min_partial_set;
	unsigned int sheaf_capacity;
	unsigned int aliases;
	uint64_t limit;
	uint64_t active;
	uint64_t cached;
	uint64_t objects;
	uint64_t total_objects;
	uint64_t slabs;
	uint64_t partial;
	uint64_t objects_partial;
	uint64_t peak;
	unsigned int defrag_ratio;
	struct kmem_cache_node_info node[KMEM_MAX_NODES];
	uint64_t stat[KMEM_NR_CACHE_STATS];
};

void kmem_cache_info(struct kmem_cache *s, struct kmem_cache_info *ret_info);

/**
 * enum kmem_object_state - what an object of a slab is
 * @KMEM_OBJECT_FREE: on the slab's free list
 * @KMEM_OBJECT_PARKED: in a sheaf
 * @KMEM_OBJECT_USED: with a user
 * @KMEM_OBJECT_BAD: in a slab that debugging took out of use
 */
enum kmem_object_state {
	KMEM_OBJECT_FREE,
	KMEM_OBJECT_PARKED,
	KMEM_OBJECT_USED,
	KMEM_OBJECT_BAD,
};

/**
 * struct kmem_slab_info - one slab of a map
 * @pfn: its first page frame
 * @order: it has 2^order pages
 * @node: of its memory
 * @objects: objects it holds
 * @inuse: of those, outside its free list
 * @state: of each object, an enum kmem_object_state
 */
struct kmem_slab_info {
	unsigned long pfn;
	unsigned int order;
	unsigned int node;
	unsigned int objects;
	unsigned int inuse;
	uint8_t *state;
};

typedef void(kmem_slab_visit_t)(void *arg, const struct kmem_slab_info *slab);

/**
 * kmem_cache_map() - look at every object of a cache
 * @most: slabs to look at, if there are more: partial ones before full ones
 * @visit: called for each slab, lowest address first, without locks
 *
 * Return: 0, -ENOMEM.
 */
int kmem_cache_map(struct kmem_cache *s, size_t most, kmem_slab_visit_t *visit,
		   void *arg);

/**
 * struct kmem_trace - objects of one origin, of a cache with SLAB_STORE_USER
 * @count: objects
 * @caller: where they were allocated, or freed last; NULL: unknown
 * @frames: the call stack, @nr_frames addresses
 * @nr_frames: see above
 * @waste: bytes of each object that were not asked for
 * @age_min_ms: of the youngest
 * @age_sum_ms: of all together
 * @age_max_ms: of the oldest
 * @pid_min: least and greatest ID of the threads
 * @pid_max: see above
 * @cpus: the virtual CPUs, a bit each, modulo 64
 */
struct kmem_trace {
	uint64_t count;
	void *caller;
	void *const *frames;
	unsigned int nr_frames;
	uint64_t waste;
	uint64_t age_min_ms;
	uint64_t age_sum_ms;
	uint64_t age_max_ms;
	int32_t pid_min;
	int32_t pid_max;
	uint64_t cpus;
};

typedef void(kmem_trace_visit_t)(void *arg, const struct kmem_trace *trace);

/**
 * kmem_cache_traces() - where the objects in use come from
 * @free: by who freed them before, not by who allocated them
 * @visit: called for each origin, the most frequent first, without locks
 *
 * Return: 0; -EINVAL without SLAB_STORE_USER; -ENOMEM.
 */
int kmem_cache_traces(struct kmem_cache *s, bool free,
		      kmem_trace_visit_t *visit, void *arg);

/**
 * kmem_cache_serial() - the identity of a cache
 */
uint64_t kmem_cache_serial(const struct kmem_cache *s);

/**
 * kmem_cache_serials() - all caches, oldest first
 * @serials: room for @room; may be NULL when @room is 0
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t kmem_cache_serials(uint64_t *serials, size_t room);

/**
 * struct kmem_changes - what has happened so far to a list of caches or pools
 * @made: how many were made
 * @gone: how many of them exist no more
 * @named: how many names were given later, by mempool_set_name(), or by
 *	merging into a cache
 *
 * Who keeps a list of his own needs to look at this one only when a number has
 * moved.
 */
struct kmem_changes {
	uint64_t made;
	uint64_t gone;
	uint64_t named;
};

void kmem_cache_changes(struct kmem_changes *ret_changes);

/**
 * kmem_cache_pin() - the cache of a serial, which then stays until unpinned
 *
 * Return: NULL when it is gone.
 */
struct kmem_cache *kmem_cache_pin(uint64_t serial);
void kmem_cache_unpin(struct kmem_cache *s);

/**
 * kmem_cache_alias() - the @i-th name that was merged into another cache
 * @name: room for @size bytes
 * @ret_serial: of that cache
 *
 * Return: false when there are not that many.
 */
bool kmem_cache_alias(size_t i, char *name, size_t size, uint64_t *ret_serial);

/**
 * kmem_cache_find() - serial of the oldest cache of that name, 0: none
 */
uint64_t kmem_cache_find(const char *name);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INTROSPECT_CACHE_H */
