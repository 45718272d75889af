/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * introspect.h - looking into a running allocator, and driving it from outside
 *
 * What the view (liballocfs), tests and debuggers need beyond the kernel's
 * API. Everything read here is a snapshot in a plain struct: the caller never
 * sees, and can never break, an allocator's own structures.
 *
 * Caches and pools are named by *serials* that are never used twice. A serial
 * becomes a pointer by pinning: as long as it is pinned the object exists;
 * destroying waits for the pin. Pins are for the length of one request: who
 * holds one must not sleep.
 *
 * Numbers of a busy allocator are each right for some moment during the call;
 * when nothing runs they all agree (objects = active + cached, total_objects =
 * active + free).
 */
#ifndef KMEM_INTROSPECT_H
#define KMEM_INTROSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/iomem.h>
#include <kmem/kmem.h>
#include <kmem/mempool.h>
#include <kmem/page_alloc.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define KMEM_NO_LIMIT UINT64_MAX

/* The longest name of an owner: that of a module of the kernel. */
#define KMEM_OWNER_MAX 55

/**
 * kmem_set_owner() - whose the calling thread's caches and pools are from now on
 * @name: a module's; cut to KMEM_OWNER_MAX bytes. NULL: the program's again
 *
 * For who runs the code of others, such as a loader of modules around their
 * init. What is made in a module's name is never merged with anything.
 * Context: any; per thread, threads that it makes begin with the program's.
 */
void kmem_set_owner(const char *name);

/* ---- memory and zones ---------------------------------------------------- */

/**
 * struct kmem_memory_info - the whole arena
 * @base: address of page frame 0
 * @size: installed bytes
 * @managed_pages: pages of all zones
 * @free_pages: pages on the buddy lists of all zones
 * @cached_pages: pages parked in threads' page lists
 * @cpus: virtual CPUs of the formulas
 */
struct kmem_memory_info {
	const void *base;
	size_t size;
	unsigned long managed_pages;
	unsigned long free_pages;
	unsigned long cached_pages;
	unsigned int cpus;
};

void kmem_memory_info(struct kmem_memory_info *ret_info);

/* Pages have a migrate type by groups of so many. */
#define KMEM_PAGEBLOCK_ORDER 9

/**
 * struct kmem_zone_info - one zone, in pages
 * @node: its node
 * @type: 0 to KMEM_NR_ZONE_TYPES - 1, ascending as the zones do
 * @name: "DMA", "DMA32", "Normal", "HighMem", "Movable"
 * @start_pfn: first page frame
 * @spanned: pages from first to last
 * @present: of those, pages that exist
 * @managed: of those, pages that the allocator owns
 * @free: pages in @nr_free
 * @boost: by which all marks are raised just now, see watermark_boost_factor; it
 *	is part of @min, @low, @high and @promo
 * @min: watermark below which only atomic requests are served
 * @low: watermark of the first attempt
 * @high: watermark at which background reclaim stops
 * @promo: the fourth, as far above @high as that is above @low
 * @lowmem_reserve: pages kept from requests that could use a zone of type i
 * @nr_free: free blocks of each order
 * @nr_free_type: of those, the ones of each enum migratetype
 * @nr_pageblocks: groups of 2^KMEM_PAGEBLOCK_ORDER pages of each type
 * @free_highatomic: pages in the blocks of MIGRATE_HIGHATOMIC
 * @absent: free pages that take no memory: never touched, or given back to the
 *          system
 */
struct kmem_zone_info {
	unsigned int node;
	unsigned int type;
	const char *name;
	unsigned long start_pfn;
	unsigned long spanned;
	unsigned long present;
	unsigned long managed;
	unsigned long free;
	unsigned long boost;
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long promo;
	unsigned long lowmem_reserve[KMEM_NR_ZONE_TYPES];
	unsigned long nr_free[KMEM_NR_ORDERS];
	unsigned long nr_free_type[MIGRATE_TYPES][KMEM_NR_ORDERS];
	unsigned long nr_pageblocks[MIGRATE_TYPES];
	unsigned long free_highatomic;
	unsigned long absent;
};

/**
 * kmem_nr_zones() - populated zones, nodes ascending, lowest zone first
 */
unsigned int kmem_nr_zones(void);

/**
 * kmem_zone_info() - snapshot of the @i-th populated zone
 *
 * Return: false when there are not that many.
 */
bool kmem_zone_info(unsigned int i, struct kmem_zone_info *ret_info);

/**
 * kmem_node_zone_info() - snapshot of a node's zone of a type, populated or not
 *
 * One that has no pages says so (@managed 0), and is 0 but for its names, and
 * for the marks that the kernel gives to HighMem and Movable without pages.
 * Return: false when there is no such node or type.
 */
bool kmem_node_zone_info(unsigned int node, unsigned int type,
			 struct kmem_zone_info *ret_info);

/**
 * struct kmem_node_info - one node, in pages
 * @start_pfn: first page frame
 * @spanned: its pages
 * @managed: of those, pages that the allocator owns
 * @free: pages on the buddy lists of its zones
 * @nr_cpus: virtual CPUs that belong to it; cpu_to_node() says which
 * @slab_reclaimable: pages of the slabs of caches with SLAB_RECLAIM_ACCOUNT
 * @slab_unreclaimable: pages of the others
 * @memmap: what the struct pages of the node would take
 * @distance: to the memory of each node, as node_distance()
 */
struct kmem_node_info {
	unsigned long start_pfn;
	unsigned long spanned;
	unsigned long managed;
	unsigned long free;
	unsigned int nr_cpus;
	unsigned long slab_reclaimable;
	unsigned long slab_unreclaimable;
	unsigned long memmap;
	unsigned int distance[KMEM_MAX_NODES];
};

/**
 * struct kmem_numa_info - pages that a zone gave out, by who wanted them
 * @hit: to requests for its node
 * @miss: to requests for another node, which had none
 * @foreign: that another node gave to requests for this one
 * @local: to threads of its node
 * @other: to threads of another
 *
 * The kernel counts requests, whatever their order.
 */
struct kmem_numa_info {
	uint64_t hit;
	uint64_t miss;
	uint64_t foreign;
	uint64_t local;
	uint64_t other;
};

/**
 * kmem_zone_numa_info() - the same for the @i-th populated zone
 *
 * Return: false when there are not that many.
 */
bool kmem_zone_numa_info(unsigned int i, struct kmem_numa_info *ret_info);

/**
 * kmem_nr_nodes() - nodes that there are
 */
unsigned int kmem_nr_nodes(void);

/**
 * kmem_node_info() - snapshot of a node
 *
 * Return: false when there is no such node.
 */
bool kmem_node_info(unsigned int node, struct kmem_node_info *ret_info);

/**
 * kmem_release_free_pages() - give the memory of free blocks back to the system
 *
 * Of all blocks of 2 MiB and more, after the page lists were drained. They stay
 * free; touching them again costs what first touch costs. With
 * kmem_config.background the same happens by itself to blocks that nobody needed
 * for ten seconds, in zones above their high mark.
 *
 * Context: may sleep; a system call for each block. Return: pages given back.
 */
unsigned long kmem_release_free_pages(void);

/**
 * struct kmem_pageset_info - page lists of one zone and one virtual CPU
 * @count: pages in the lists of all its threads
 * @high: pages at which a list gives some back; the highest of its threads, 0
 *        while none of them allocated from the zone
 * @batch: pages that move at a time, at least
 * @high_min: limits of @high
 * @high_max: the same
 */
struct kmem_pageset_info {
	unsigned long count;
	unsigned int high;
	unsigned int batch;
	unsigned int high_min;
	unsigned int high_max;
};

/**
 * kmem_pageset_info() - what zoneinfo says of a zone's "pagesets"
 * @i: the zone, as for kmem_zone_info()
 * @cpu: the virtual CPU
 *
 * Return: false when there is no such zone or CPU.
 */
bool kmem_pageset_info(unsigned int i, unsigned int cpu,
		       struct kmem_pageset_info *ret_info);

/* ---- events ---------------------------------------------------------------- */

/* X(name, help): what is counted, under the names of the kernel's vmstat. */
#define KMEM_VM_EVENTS(X)                                                      \
	X(pgalloc_dma, "pages given out by zones DMA")                         \
	X(pgalloc_dma32, "pages given out by zones DMA32")                     \
	X(pgalloc_normal, "pages given out by zones Normal")                   \
	X(pgalloc_high, "pages given out by zones HighMem")                    \
	X(pgalloc_movable, "pages given out by zones Movable")                 \
	X(allocstall_dma, "requests up to DMA that had to reclaim")            \
	X(allocstall_dma32, "requests up to DMA32 that had to reclaim")        \
	X(allocstall_normal, "requests up to Normal that had to reclaim")      \
	X(allocstall_high, "requests up to HighMem that had to reclaim")       \
	X(allocstall_movable, "requests up to Movable that had to reclaim")    \
	X(pgfree, "pages taken back")                                          \
	X(pgsteal_kswapd, "pages that background reclaim made free")           \
	X(pgsteal_direct, "pages that requests made free by reclaim")          \
	X(slabs_scanned, "objects that shrinkers looked at")                   \
	X(pageoutrun, "runs of background reclaim")                            \
	X(drop_pagecache, "times that free blocks were dropped by hand")       \
	X(drop_slab, "times that caches were shrunk by hand")

enum kmem_vm_event {
#define KMEM_STAT_ENUM(name, help) KMEM_VM_EVENT_##name,
	KMEM_VM_EVENTS(KMEM_STAT_ENUM)
#undef KMEM_STAT_ENUM
	KMEM_NR_VM_EVENTS
};

/**
 * kmem_vm_events() - what happened since the stack was set up
 * @ret_counts: room for KMEM_NR_VM_EVENTS
 *
 * pgalloc and pgfree count pages that went to users and came back, not those
 * that moved between zones and threads' lists.
 */
void kmem_vm_events(uint64_t *ret_counts);

/* ---- waiting for pages ------------------------------------------------------ */

/**
 * struct kmem_page_request - blocks wanted, by who must not sleep for them
 * @nr: how many, all at once or not at all
 * @order: of each
 * @gfp: as for alloc_pages(); only one with __GFP_NOFAIL and
 *	__GFP_DIRECT_RECLAIM waits
 * @node: preferred; NUMA_NO_NODE: the calling thread's
 * @pages: room for @nr, filled with struct page * on success
 * @done: called once when a queued request ends, with 0 or -ENODEV (the stack
 *	is taken down), on a thread of the library's, with no locks held. The
 *	request is the caller's again from then on
 * @arg: the caller's
 * @next: private, as are all that follow
 */
struct kmem_page_request {
	unsigned int nr;
	unsigned int order;
	gfp_t gfp;
	int node;
	void **pages;
	void (*done)(struct kmem_page_request *request, int error);
	void *arg;

	struct kmem_page_request *next;
	struct kmem_page_request *prev;
	const uint8_t *zonelist;
	const nodemask_t *allowed;
	uint32_t state;
	unsigned int forks;
};

/**
 * kmem_pages_submit() - allocate now, or be called when there are pages
 *
 * Reclaims as alloc_pages() does, but never sleeps for pages: a request that may
 * wait joins the line of all that do. The line is served in order, as pages are
 * freed; a request holds up those behind it that may use no other zones.
 *
 * Return: 0: @pages are there, and @done is not called; -EINPROGRESS: @done will
 * be; -ENOMEM: refused; -EINVAL: no blocks, or an order above 10.
 */
int kmem_pages_submit(struct kmem_page_request *request);

/**
 * kmem_pages_cancel() - take a request back
 *
 * Return: true: it is the caller's again; false: @done was or will be called, or
 * the request is that of a parent process.
 */
bool kmem_pages_cancel(struct kmem_page_request *request);

/* ---- tunables ------------------------------------------------------------ */

/**
 * struct kmem_sysctl - a value of the kernel's /proc/sys/vm
 * @name: its file there
 * @help: one line
 * @nr: how many numbers it is; with several, a write may set only the first ones
 * @min: least number: below it is -EINVAL
 * @max: largest: above it is -ERANGE
 * @get: private; NULL where it can be written only
 * @set: private
 *
 * min_free_kbytes: what the min marks of all zones are made from, in kB.
 * watermark_scale_factor: how far apart the marks of a zone are at least, in
 * 1/10000 of it. watermark_boost_factor: how far a zone's marks may rise for a
 * while when a request mixes pageblocks, in 1/10000 of the high mark; 0: not at
 * all. drop_caches: 1 gives free blocks back to the system, 2 shrinks caches and
 * asks shrinkers, 3 does both; 4 more is accepted, there is no message to
 * suppress. lowmem_reserve_ratio: for each type of zone, the part (1/n) of
 * the memory above it that it keeps from requests that could use that; less than
 * 1: nothing. percpu_pagelist_high_fraction: the page lists of all CPUs hold at
 * most this part (1/n) of a zone; 0: by the kernel's formulas, 1 to 7: -EINVAL.
 */
struct kmem_sysctl {
	const char *name;
	const char *help;
	unsigned int nr;
	int64_t min;
	int64_t max;
	void (*get)(int64_t *values);
	int (*set)(const int64_t *values, unsigned int nr);
};

#define KMEM_SYSCTL_VALUES KMEM_NR_ZONE_TYPES

/**
 * kmem_sysctl() - the @i-th, by name ascending
 *
 * Return: NULL when there are not that many.
 */
const struct kmem_sysctl *kmem_sysctl(unsigned int i);

/**
 * kmem_sysctl_find() - by name; NULL: there is none
 */
const struct kmem_sysctl *kmem_sysctl_find(const char *name);

/**
 * kmem_sysctl_get() - the numbers in effect
 * @ret_values: room for KMEM_SYSCTL_VALUES
 *
 * Return: 0; -EACCES for one that can be written only; -ENOMEM when the stack
 * is not up and cannot be set up.
 */
int kmem_sysctl_get(const struct kmem_sysctl *sysctl, int64_t *ret_values);

/**
 * kmem_sysctl_set() - other numbers, in effect at once
 * @values: @nr of them, at least 1
 *
 * Context: no locks; may sleep. Return: 0; -EINVAL, -ERANGE (see above; more
 * than half the memory for min_free_kbytes, too): nothing changed; -ENOMEM as
 * above.
 */
int kmem_sysctl_set(const struct kmem_sysctl *sysctl, const int64_t *values,
		    unsigned int nr);

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
 * @objects: objects it holds
 * @inuse: of those, outside its free list
 * @state: of each object, an enum kmem_object_state
 */
struct kmem_slab_info {
	unsigned long pfn;
	unsigned int order;
	unsigned int objects;
	unsigned int inuse;
	uint8_t *state;
};

typedef void(kmem_slab_visit_t)(void *arg, const struct kmem_slab_info *slab);

/**
 * kmem_cache_map() - look at every object of a cache
 * @visit: called for each slab, lowest address first, without locks
 *
 * Return: 0, -ENOMEM.
 */
int kmem_cache_map(struct kmem_cache *s, kmem_slab_visit_t *visit, void *arg);

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

/* ---- pools --------------------------------------------------------------- */

/* X(name, help): the counters of a pool. */
#define KMEM_MEMPOOL_STATS(X)                                                  \
	X(allocs, "elements handed out")                                       \
	X(frees, "elements returned")                                          \
	X(from_backing, "elements that the backing gave")                      \
	X(from_reserve, "elements that the reserve gave")                      \
	X(refills, "returned elements that went into the reserve")             \
	X(waits, "requests that had to wait")                                  \
	X(timeouts, "retries of a waiting request because time was up")        \
	X(failed, "requests refused")                                          \
	X(cancelled, "waiting requests that were taken back")                  \
	X(wait_ns_total, "nanoseconds waited, all requests")                   \
	X(wait_ns_max, "longest wait in nanoseconds")                          \
	X(resizes, "changes of min_nr")

enum kmem_mempool_stat {
#define KMEM_STAT_ENUM(name, help) KMEM_MEMPOOL_STAT_##name,
	KMEM_MEMPOOL_STATS(KMEM_STAT_ENUM)
#undef KMEM_STAT_ENUM
	KMEM_NR_MEMPOOL_STATS
};

/**
 * enum kmem_mempool_kind - what a pool takes its elements from
 */
enum kmem_mempool_kind {
	KMEM_MEMPOOL_CUSTOM,
	KMEM_MEMPOOL_SLAB,
	KMEM_MEMPOOL_KMALLOC,
	KMEM_MEMPOOL_PAGES,
	KMEM_MEMPOOL_KVMALLOC,
};

/**
 * struct kmem_mempool_info - snapshot of a pool
 * @serial: its identity
 * @name: by mempool_set_name(); else of who made it, "PROGRAM:FUNCTION" or
 *	"MODULE:FUNCTION"; else "pool-N", counting from 1
 * @owner: as for a cache, or a module's name
 * @kind: of its backing
 * @backing: serial of the cache, bytes, or order
 * @element_size: usable bytes of an element; 0 for KMEM_MEMPOOL_CUSTOM
 * @min_nr: guaranteed elements
 * @curr_nr: elements in the reserve
 * @waiters: requests that wait
 * @low: least curr_nr since reset
 * @active: elements handed out
 * @peak: most elements handed out since reset; exact for an exact pool, see
 *	mempool_set_exact(), else the most that a look at the pool has seen
 * @limit: see mempool_set_limit()
 * @poison: see mempool_set_poison()
 * @stat: by enum kmem_mempool_stat
 */
struct kmem_mempool_info {
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	enum kmem_mempool_kind kind;
	uint64_t backing;
	size_t element_size;
	int min_nr;
	int curr_nr;
	unsigned int waiters;
	int low;
	uint64_t active;
	uint64_t peak;
	uint64_t limit;
	bool poison;
	uint64_t stat[KMEM_NR_MEMPOOL_STATS];
};

void mempool_info(mempool_t *pool, struct kmem_mempool_info *ret_info);
uint64_t mempool_serial(const mempool_t *pool);
size_t mempool_serials(uint64_t *serials, size_t room);

/**
 * mempool_pin() - as kmem_cache_pin(); destroy and exit wait for the unpin
 */
mempool_t *mempool_pin(uint64_t serial);
void mempool_unpin(mempool_t *pool);
uint64_t mempool_find(const char *name);

/**
 * mempool_reserve() - the elements that are set aside just now
 * @elements: room for @room; what is stored may be handed out any moment
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t mempool_reserve(mempool_t *pool, void **elements, size_t room);

/**
 * struct mempool_watcher - wants to know before a pool goes
 * @gone: called at the beginning of destroy and exit, on the thread that
 *	destroys, without locks, perhaps by several at once; the pool still
 *	works, and what it takes back now goes where it should
 * @arg: handed to @gone
 * @calls: private, as is what follows
 * @next: see above
 *
 * A child process has no watchers: those it inherits watch for the parent.
 */
struct mempool_watcher {
	void (*gone)(void *arg, uint64_t serial);
	void *arg;
	unsigned int calls;
	struct mempool_watcher *next;
};

void mempool_watch(struct mempool_watcher *watcher);

/**
 * mempool_unwatch() - no call is running and none will come afterwards
 *
 * Context: waits for calls that are running; not from one.
 */
void mempool_unwatch(struct mempool_watcher *watcher);

/**
 * mempool_new() - a pool with a name, an owner and a backing by kind
 * @backing: serial of a cache, bytes, or order
 *
 * Return: 0, -EINVAL, -ENOENT (no such cache), -ENOMEM, -ENOSPC.
 */
int mempool_new(const char *name, const char *owner, int min_nr,
		enum kmem_mempool_kind kind, uint64_t backing,
		mempool_t **ret_pool);

/**
 * mempool_rebase() - another backing for a pool that nobody uses
 *
 * Return: 0; -EBUSY with elements out or requests waiting; -EINVAL (a cache
 * with a constructor, bytes or order out of range), -ENOENT, -ENOMEM: the
 * pool is as it was.
 */
int mempool_rebase(mempool_t *pool, enum kmem_mempool_kind kind,
		   uint64_t backing);

/**
 * mempool_remove() - destroy, but refuse with elements out or requests waiting
 *
 * Only for pools of mempool_new() and mempool_create(). The caller must hold
 * no pin of its own. Return: 0, -EBUSY.
 */
int mempool_remove(mempool_t *pool);

/**
 * mempool_set_exact() - count under the lock, so that peak is exact
 *
 * For pools that are watched rather than fast; the mount's are.
 */
void mempool_set_exact(mempool_t *pool, bool exact);

/**
 * mempool_set_limit() - at most @limit elements out before the backing counts
 * as exhausted
 *
 * Requests beyond it are served from the reserve or wait. Raising it lets
 * those that wait try again. Exact only for an exact pool.
 */
void mempool_set_limit(mempool_t *pool, uint64_t limit);

/**
 * mempool_set_poison() - fill elements of the reserve with a pattern, and look
 * at it when they leave
 *
 * Such a pool also reports an element that comes back twice, or is none, or
 * was written to behind its end; it refuses the first two. It takes its lock
 * for each alloc and free. kmem_config.mempool_debug is what pools begin with.
 *
 * Return: 0; -EBUSY with elements out or requests waiting; -EOPNOTSUPP: nothing
 * is known of what its functions give.
 */
int mempool_set_poison(mempool_t *pool, bool on);

void mempool_reset_peak(mempool_t *pool);
void mempool_reset_low(mempool_t *pool);
void mempool_reset_stats(mempool_t *pool);

/* ---- areas of vmalloc and ioremap ---------------------------------------- */

/**
 * struct kmem_vmalloc_area - one area
 * @address: its first byte
 * @size: bytes to the end of its guard page
 * @requested: bytes that were asked for
 * @flags: VM_…, see vmalloc.h
 * @map_ram: it is of vm_map_ram()
 * @caller: code that made it
 * @nr_pages: pages that go when it is freed
 * @phys: address of a device region
 * @node_pages: of @nr_pages, those of each node
 */
struct kmem_vmalloc_area {
	void *address;
	size_t size;
	size_t requested;
	unsigned long flags;
	bool map_ram;
	const void *caller;
	unsigned long nr_pages;
	uint64_t phys;
	unsigned long node_pages[KMEM_MAX_NODES];
};

/**
 * kmem_vmalloc_areas() - all areas at one moment, and all mappings of devices
 * (VM_IOREMAP) at another, lowest address first
 * @areas: room for @room; may be NULL when @room is 0
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t kmem_vmalloc_areas(struct kmem_vmalloc_area *areas, size_t room);

/**
 * struct kmem_vmalloc_info - the addresses where areas are
 * @base: the first one
 * @size: bytes
 * @areas: areas just now
 * @pages: pages of areas, those of vmap() and of devices not counted
 */
struct kmem_vmalloc_info {
	const void *base;
	size_t size;
	unsigned long areas;
	unsigned long pages;
};

void kmem_vmalloc_info(struct kmem_vmalloc_info *ret_info);

/* ---- objects ------------------------------------------------------------- */

/**
 * enum kmem_location_kind - what an address is part of
 */
enum kmem_location_kind {
	KMEM_LOCATION_FREE,
	KMEM_LOCATION_PAGES,
	KMEM_LOCATION_SLAB,
	KMEM_LOCATION_LARGE,
	KMEM_LOCATION_VMALLOC,
};

/**
 * struct kmem_location - where an address is
 * @kind: see above
 * @pfn: page frame of the address
 * @node: its node
 * @zone: its zone's name
 * @order: of the block or slab
 * @slab_pfn: first page frame of the block or slab
 * @index: object in the slab, or page in the block or area
 * @offset: bytes into that object, or into that page
 * @cache: serial of the slab's cache, else 0
 */
struct kmem_location {
	enum kmem_location_kind kind;
	unsigned long pfn;
	unsigned int node;
	const char *zone;
	unsigned int order;
	unsigned long slab_pfn;
	unsigned int index;
	unsigned int offset;
	uint64_t cache;
};

/**
 * kmem_locate() - say what an address is part of
 *
 * In an area of vmalloc() it is the page at the address, on an anonymous arena
 * the one that was taken for it.
 *
 * Return: false outside the memory and its areas.
 */
bool kmem_locate(const void *address, struct kmem_location *ret_location);

/**
 * kmem_locate_page() - the same for a page, which may have no address
 */
bool kmem_locate_page(const struct page *page,
		      struct kmem_location *ret_location);

/* ---- device regions ------------------------------------------------------ */

/**
 * struct kmem_iomem_info - snapshot of a device region
 * @serial: its identity
 * @owner: as for a cache
 * @file: its path; "" when it is memory or emulated; cut when it is longer
 * @emulated: its accesses go to callbacks
 * @mappings: mappings that have some of its bytes
 */
struct kmem_iomem_info {
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	enum kmem_iomem_space space;
	phys_addr_t phys;
	uint64_t size;
	char file[4096];
	bool emulated;
	unsigned int mappings;
};

void kmem_iomem_info(struct kmem_iomem *region,
		     struct kmem_iomem_info *ret_info);
uint64_t kmem_iomem_serial(const struct kmem_iomem *region);

/**
 * kmem_iomem_serials() - all regions, oldest first, as kmem_cache_serials()
 */
size_t kmem_iomem_serials(uint64_t *serials, size_t room);

/**
 * kmem_iomem_pin() - as kmem_cache_pin(); unregister waits for the unpin
 */
struct kmem_iomem *kmem_iomem_pin(uint64_t serial);
void kmem_iomem_unpin(struct kmem_iomem *region);

/**
 * kmem_iomem_move() - another address, with what it holds
 *
 * Return: as kmem_iomem_register(); -EBUSY also while it is mapped or accessed.
 * On failure nothing has changed; so with the next two.
 */
int kmem_iomem_move(struct kmem_iomem *region, phys_addr_t phys);

/**
 * kmem_iomem_resize() - another size: it begins anew, as zeroes or as the file
 *
 * Return: as above; -EINVAL of an emulated device.
 */
int kmem_iomem_resize(struct kmem_iomem *region, size_t size);

/**
 * kmem_iomem_set_file() - be another file, or with NULL memory, all zero
 * @serial: of the region, which is not pinned while the file is opened
 *
 * Return: as above; -EINVAL of an emulated device, -ENODEV of one that is gone.
 */
int kmem_iomem_set_file(uint64_t serial, const char *file);

/**
 * kmem_iomem_read(), kmem_iomem_write() - copy bytes out of it or into it
 *
 * Return: 0; -ERANGE past its end; -EOPNOTSUPP of an emulated device, which a
 * look would change; the error of pread(2) or pwrite(2), -EIO of a file that
 * has become shorter.
 */
int kmem_iomem_read(struct kmem_iomem *region, uint64_t offset, void *buf,
		    size_t size);
int kmem_iomem_write(struct kmem_iomem *region, uint64_t offset,
		     const void *buf, size_t size);

/**
 * struct kmem_iomap_info - a mapping made by ioremap() or memremap()
 * @start: its first address
 * @size: bytes, the unmapped page behind it included
 * @phys: physical address of its first page
 * @caller: who made it
 */
struct kmem_iomap_info {
	void *start;
	size_t size;
	phys_addr_t phys;
	void *caller;
};

/**
 * kmem_iomaps() - all of them, by address
 *
 * Return: how many there are; the first @room of them are stored.
 */
size_t kmem_iomaps(struct kmem_iomap_info *infos, size_t room);

/* ---- validation ---------------------------------------------------------- */

/**
 * kmem_cache_validate() - check every slab, list and array of a cache
 *
 * Walks the free lists of all slabs, compares counts with lists, threads'
 * arrays with slabs. Each fault is reported. Context: takes the cache's locks;
 * the arrays of running threads are closed meanwhile.
 * Return: the number of faults.
 */
unsigned int kmem_cache_validate(struct kmem_cache *s);

/**
 * kmem_slab_validate() - check the one slab that holds an object
 *
 * Return: faults; 1 when @object is in no slab.
 */
unsigned int kmem_slab_validate(const void *object);

/**
 * kmem_zone_validate() - check the buddy lists of the @i-th populated zone
 */
unsigned int kmem_zone_validate(unsigned int i);

/**
 * kmem_block_validate() - check that the block at @page may be in use: type
 * and order are right, and no part of it is on a buddy list
 */
unsigned int kmem_block_validate(const struct page *page, unsigned int order);

/**
 * mempool_validate() - check counts, reserve and queue of a pool
 */
unsigned int mempool_validate(mempool_t *pool);

/**
 * kmem_iomem_validate() - check the device regions and their mappings
 */
unsigned int kmem_iomem_validate(void);

/**
 * kmem_validate() - all of the above
 */
unsigned int kmem_validate(void);

/* ---- memory outside the zones --------------------------------------------- */

/**
 * kmem_meta_alloc() - zeroed memory of the metadata region
 * @size: bytes
 *
 * For descriptors and handles: it does not fail because the zones are full,
 * and does not show in buddyinfo. Return: NULL when the region is full.
 */
void *kmem_meta_alloc(size_t size) __attribute__((warn_unused_result));

/**
 * kmem_meta_free() - give it back
 * @p: NULL is a no-op
 * @size: as it was asked for
 */
void kmem_meta_free(void *p, size_t size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INTROSPECT_H */
