/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shrinker.h - programs that give memory back when it is short
 *
 * Who keeps objects that can be made again (a cache of its own, say) registers
 * a shrinker: two functions, one that counts them, one that frees some. The
 * page allocator calls them when a request with __GFP_DIRECT_RECLAIM finds no
 * page, from the background thread, and on behalf of drop_caches.
 */
#ifndef KMEM_SHRINKER_H
#define KMEM_SHRINKER_H

#include <stdbool.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define SHRINK_STOP (~0ul)
#define SHRINK_EMPTY (~0ul - 1)
#define DEFAULT_SEEKS 2
#define SHRINK_BATCH 128

#define SHRINKER_NUMA_AWARE 0x4u

#define KMEM_SHRINKER_NAME 64

struct mem_cgroup;

/**
 * struct shrink_control - one call of a shrinker
 * @gfp_mask: of the request that needs memory; do nothing that it forbids
 * @nid: the node to shrink; 0 for shrinkers without SHRINKER_NUMA_AWARE
 * @nr_to_scan: objects to look at
 * @nr_scanned: set to @nr_to_scan before each call of scan_objects; who looks at
 *	another number says so here
 * @memcg: always NULL
 */
struct shrink_control {
	gfp_t gfp_mask;
	int nid;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	struct mem_cgroup *memcg;
};

/**
 * struct shrinker - who can give memory back
 * @count_objects: how many objects could be freed, about; 0 or SHRINK_EMPTY for
 *	none. Must be quick
 * @scan_objects: look at @nr_to_scan of them, free those that are not needed;
 *	returns how many were freed, or SHRINK_STOP when no progress can be made
 *	without risk of deadlock
 * @batch: objects per call of scan_objects; 0: SHRINK_BATCH
 * @seeks: what it costs to make an object again, DEFAULT_SEEKS being usual; 0:
 *	nothing, so half of them go at each pressure
 * @flags: SHRINKER_NUMA_AWARE or 0
 * @private_data: the program's
 * @name: for people; set by shrinker_alloc() and register_shrinker()
 * @next: private, as are all that follow
 *
 * Both functions are called with none of the library's locks held, by several
 * threads at once. What they allocate comes from the reserves and reclaims
 * nothing, so a shrinker is never entered again from itself. They must not free
 * or unregister a shrinker.
 */
struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker,
				       struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker,
				      struct shrink_control *sc);
	long batch;
	int seeks;
	unsigned int flags;
	void *private_data;
	char name[KMEM_SHRINKER_NAME];

	struct shrinker *next;
	unsigned int users;
	bool dying;
	bool allocated;
	unsigned long nr_deferred[KMEM_MAX_NODES];
};

/**
 * shrinker_alloc() - a shrinker with DEFAULT_SEEKS, to be filled in
 * @flags: SHRINKER_NUMA_AWARE or 0
 * @fmt: its name, as printf(3)
 *
 * Return: to be given to shrinker_register() with both functions set, and to
 * shrinker_free(); NULL without memory.
 */
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result));

/**
 * shrinker_register() - from now on it may be called
 * @shrinker: of shrinker_alloc(). One without both functions, or registered
 *	already, is reported and refused
 */
void shrinker_register(struct shrinker *shrinker);

/**
 * shrinker_free() - unregister it, if it was registered, and free it
 * @shrinker: NULL is a no-op
 *
 * Context: waits until no call of its functions is running.
 */
void shrinker_free(struct shrinker *shrinker);

/**
 * register_shrinker() - the same for a shrinker in memory of the program's own
 * @shrinker: the functions, @batch, @seeks and @flags set, the rest 0
 * @fmt: its name, as printf(3)
 *
 * The way before Linux 6.7.
 * Return: 0, -EINVAL (as shrinker_register(), reported), -ENOMEM.
 */
int register_shrinker(struct shrinker *shrinker, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * unregister_shrinker() - undo register_shrinker(); not registered is a no-op
 *
 * Context: as shrinker_free().
 */
void unregister_shrinker(struct shrinker *shrinker);

/**
 * kmem_shrinker_within() - is a registered shrinker in a range of memory, or
 * one of its functions?
 * @from: the first byte
 * @to: behind the last one
 * @ret_name: its name
 *
 * For who is about to unmap code, and must know whether it may be called.
 * Context: any. Return: false: there is none.
 */
bool kmem_shrinker_within(const void *from, const void *to,
			  char ret_name[KMEM_SHRINKER_NAME]);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_SHRINKER_H */
