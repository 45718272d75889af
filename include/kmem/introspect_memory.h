/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * introspect_memory.h - zones, nodes, page lists, events and tunables
 *
 * A part of introspect.h, which says what it all is for.
 */
#ifndef KMEM_INTROSPECT_MEMORY_H
#define KMEM_INTROSPECT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>
#include <kmem/page_alloc.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

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

/* ---- who has the pages ---------------------------------------------------- */

/**
 * enum kmem_block_kind - what a block of pages is
 * @KMEM_BLOCK_FREE: on a free list of its zone
 * @KMEM_BLOCK_PARKED: in a thread's page list
 * @KMEM_BLOCK_SLAB: a slab
 * @KMEM_BLOCK_LARGE: of kmalloc(), too large for a cache
 * @KMEM_BLOCK_VMALLOC: a page of an area of vmalloc()
 * @KMEM_BLOCK_PAGES: with another user, or just changing hands
 * @KMEM_BLOCK_BAD: found damaged, handed out no more
 */
enum kmem_block_kind {
	KMEM_BLOCK_FREE,
	KMEM_BLOCK_PARKED,
	KMEM_BLOCK_SLAB,
	KMEM_BLOCK_LARGE,
	KMEM_BLOCK_VMALLOC,
	KMEM_BLOCK_PAGES,
	KMEM_BLOCK_BAD,
	KMEM_NR_BLOCK_KINDS
};

/**
 * struct kmem_block_info - one block
 * @pfn: its first page frame
 * @order: it has 2^order pages
 * @kind: what it is
 * @fresh: free, and its memory was never touched
 * @cache: KMEM_BLOCK_SLAB: serial of the cache, which may be gone by now
 */
struct kmem_block_info {
	unsigned long pfn;
	unsigned int order;
	enum kmem_block_kind kind;
	bool fresh;
	uint64_t cache;
};

typedef void(kmem_block_visit_t)(void *arg,
				 const struct kmem_block_info *block);

/**
 * kmem_zone_map() - look at every block of the @i-th populated zone
 * @visit: called for each, by page frame ascending; together they are all of
 *	the zone, each page once
 *
 * When nothing runs, blocks add up to what the counters say. A busy zone is a
 * little blurred: each block is what it was at some moment of the walk. Memory
 * that was never touched costs next to nothing, other memory a look at each
 * block.
 *
 * Context: takes no lock. Return: false when there are not that many zones.
 */
bool kmem_zone_map(unsigned int i, kmem_block_visit_t *visit, void *arg);

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

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INTROSPECT_MEMORY_H */
