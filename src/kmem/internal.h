/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal.h - the map of the library: one section per source file
 *
 * Lock order, outermost first; a thread may only take a lock of a higher rank
 * than all it holds (debug builds check it at run time, see lock.c):
 *
 *	LOCK_INIT      kmem.c       set-up and tear-down
 *	LOCK_CACHES    cache_list.c the list of caches, their shape, pins
 *	LOCK_WATCHERS  mempool_list.c who is told that a pool goes
 *	LOCK_POOLS     mempool_list.c the list of pools, pins
 *	LOCK_POOL      mempool.c    one pool: reserve and queue
 *	LOCK_BACKGROUND background.c whether the library's thread runs
 *	LOCK_SHRINKERS shrinker.c   the list of shrinkers, who uses them
 *	LOCK_PAGE_WAIT page_wait.c  the line of those who wait for pages
 *	LOCK_SYSCTL    sysctl.c     the tunables, and the marks made from them
 *	LOCK_TICKER    wait.c       the thread that retries parked requests
 *	LOCK_RCU       rcu.c        what waits for a grace period
 *	LOCK_IOMEM     iomem.c      device regions and their mappings
 *	LOCK_THREADS   thread.c     the list of thread blocks; drains
 *	LOCK_RECORD    record.c     one thread's record of one source. A drainer
 *	                            takes the same record of several threads,
 *	                            under LOCK_THREADS; others take one
 *	LOCK_SLABS     slab.c       the slabs of one cache, on all nodes
 *	LOCK_STACKS    stack_depot.c the call stacks that were seen
 *	LOCK_ZONE      buddy.c      the free blocks of one zone, and the types
 *	                            of its pageblocks
 *	LOCK_AREAS     vm_area.c    where areas of vmalloc() are
 *	LOCK_KMAP      highmem.c    which pages kmap() has mapped
 *	LOCK_META      meta.c       the metadata region
 *
 * alloc_pages() is called with none of them held, because reclaim may take
 * all from LOCK_CACHES on. Callbacks of users are called with none held. The
 * report hook has a lock of its own, innermost and without a rank.
 */
#ifndef KMEM_INTERNAL_H
#define KMEM_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/fast.h>
#include <kmem/highmem.h>
#include <kmem/introspect.h>
#include <kmem/memalloc.h>
#include <kmem/mm.h>
#include <kmem/numa.h>
#include <kmem/vmalloc.h>

#include "util/list.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* clang-format off */
#define ALIGN_UP(x, a) (((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
/* clang-format on */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/*
 * A counter that is written under a lock, or by one thread alone, and read by
 * anybody without: a plain move on the machine, a defined access in C.
 */
#define counter_read(c) __atomic_load_n(&(c), __ATOMIC_RELAXED)
#define counter_set(c, v) __atomic_store_n(&(c), (v), __ATOMIC_RELAXED)
#define counter_add(c, n) counter_set(c, counter_read(c) + (n))
#define counter_sub(c, n) counter_set(c, counter_read(c) - (n))

/* ---- lock.c -------------------------------------------------------------- */

enum lock_rank {
	LOCK_INIT,
	LOCK_CACHES,
	LOCK_WATCHERS,
	LOCK_POOLS,
	LOCK_POOL,
	LOCK_BACKGROUND,
	LOCK_SHRINKERS,
	LOCK_PAGE_WAIT,
	LOCK_SYSCTL,
	LOCK_TICKER,
	LOCK_RCU,
	LOCK_IOMEM,
	LOCK_THREADS,
	LOCK_RECORD,
	LOCK_SLABS,
	LOCK_STACKS,
	LOCK_ZONE,
	LOCK_AREAS,
	LOCK_KMAP,
	LOCK_META,
};

#ifdef KMEM_DEBUG
void lock_rank_push(const void *lock, enum lock_rank rank);
void lock_rank_pop(const void *lock);
void lock_assert_held(const void *lock);
#else
static inline void lock_rank_push(const void *lock, enum lock_rank rank)
{
	(void)lock;
	(void)rank;
}
static inline void lock_rank_pop(const void *lock)
{
	(void)lock;
}
static inline void lock_assert_held(const void *lock)
{
	(void)lock;
}
#endif

static inline void lock(pthread_mutex_t *m, enum lock_rank rank)
{
	lock_rank_push(m, rank);
	pthread_mutex_lock(m);
}

static inline void unlock(pthread_mutex_t *m)
{
	pthread_mutex_unlock(m);
	lock_rank_pop(m);
}

/*
 * What each file does around a fork: take its locks, let go in the parent,
 * and in the child let go and forget what belonged to threads that are gone.
 * FORK_ORPHAN is a child without the arena: nothing in it may be touched.
 */
enum fork_step {
	FORK_PREPARE,
	FORK_PARENT,
	FORK_CHILD,
	FORK_ORPHAN
};

/* ---- report.c ------------------------------------------------------------ */

void kmem_report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kmem_report_text(const char *text);
void kmem_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kmem_note_text(const char *text);

/* ---- owner.c -------------------------------------------------------------- */

/* In whose name the calling thread makes things. */
const char *owner_name(void);
bool owner_is_module(void);

/* ---- os_memory.c --------------------------------------------------------- */

struct os_arena {
	char *base;
	size_t size;
	int fd;
};

int os_arena_map(const struct kmem_config *config, size_t size, size_t memory,
		 struct os_arena *ret_arena);
void os_arena_unmap(struct os_arena *arena);
int os_arena_return(const struct os_arena *arena, size_t offset, size_t size);
void os_close(int fd);
size_t os_host_memory(void);
unsigned int os_host_cpus(void);
void *os_reserve(size_t size);
void os_discard(void *p, size_t size);
void os_release(void *p, size_t size);
void *os_fence(size_t size);
void os_fence_again(void *p, size_t size);
int os_memfd(const char *name, size_t size);
int os_file_open(const char *path, size_t size);
int os_map_shared(void *where, size_t size, int fd, uint64_t offset);
int os_pread(int fd, void *buf, size_t size, uint64_t offset);
int os_pwrite(int fd, const void *buf, size_t size, uint64_t offset);
int os_clear_file(int fd, size_t offset, size_t size);

enum os_range_flags {
	OS_RANGE_READ_ONLY = 1 << 0,
	OS_RANGE_POPULATE = 1 << 1, /* all of it will be touched at once */
};

void *os_range_reserve(size_t size);
int os_range_map(void *where, size_t size, int fd, size_t offset,
		 enum os_range_flags how);
int os_range_cut(void *where, size_t size);
int os_range_hide(void *where, size_t size);
unsigned long os_max_mappings(void);
bool os_barrier_setup(void);
void os_barrier(void);
uint64_t os_now_ns(void);
uint64_t os_random(void);

/* ---- meta.c -------------------------------------------------------------- */

void meta_init(char *start, char *end);

/* ---- zone.c: what a page is, and which zones there are ------------------- */

enum page_type {
	PAGE_NONE, /* never touched, or inside a block */
	PAGE_BUDDY, /* first page of a block on a zone's free list */
	PAGE_PARKED, /* first page of a block in a thread's page list */
	PAGE_USED, /* first page of a block in use */
	PAGE_LARGE, /* the same, by kmalloc */
	PAGE_SLAB, /* first page of a slab */
	PAGE_TAIL, /* further page of a slab; @tail leads to the first */
	PAGE_BAD, /* found damaged, handed out no more */
};

/*
 * One per page frame, in the metadata region. All zero means never touched, so
 * a fresh map costs nothing.
 */
struct page {
	union {
		struct {
			uint8_t type;
			uint8_t order;
			bool compound; /* in use: the block is one unit */
			int32_t refcount;
		};
		/* All of them, for who allocates or frees: one load, one store. */
		uint64_t word;
	};
	uint8_t zone; /* index in kmem.zone */
	uint8_t node;
	uint16_t slot; /* not free: its page list, see page_slot() */
	uint16_t tail; /* pages behind the first one of the slab */
	bool full; /* PAGE_SLAB: on the list of full slabs; see below */
	bool bad; /* the same: given up, debugging found it damaged */
	bool poisoned; /* free: filled with a pattern, see page_poison.c */
	bool absent; /* PAGE_BUDDY: the block takes no memory, see buddy.c */

	/* PAGE_SLAB, under the cache's LOCK_SLABS */
	uint16_t objects;
	uint16_t inuse; /* objects outside the slab's own free list */
	struct kmem_cache *cache;
	void *freelist;

	struct list_head list; /* free list of the zone, or list of slabs */
	size_t reserved2[1];
};

_Static_assert(sizeof(struct page) == 64, "the map is 1/64 of the memory");

/* The parts of page->word, from the low end. */
#define PAGE_WORD_ORDER 8
#define PAGE_WORD_COMPOUND 16
#define PAGE_WORD_REFS 32

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ &&
		       offsetof(struct page, order) * 8 == PAGE_WORD_ORDER &&
		       offsetof(struct page, compound) * 8 ==
			       PAGE_WORD_COMPOUND &&
		       offsetof(struct page, refcount) * 8 == PAGE_WORD_REFS,
	       "the word is made of its parts");

/*
 * A merge looks at the type of a neighbour that may be another thread's. What
 * it asks, "on a free list?", only changes under the zone's lock; any other
 * answer, however stale, means no.
 */
static inline uint8_t page_type(const struct page *page)
{
	return counter_read(page->type);
}

static inline void page_set_type(struct page *page, enum page_type type)
{
	counter_set(page->type, (uint8_t)type);
}

/* A block changes hands: one reference, and nobody else's business any more. */
static inline void page_set_used(struct page *page, unsigned int order,
				 gfp_t gfp)
{
	uint64_t compound = (gfp & __GFP_COMP) != 0;

	counter_set(page->word,
		    1ull << PAGE_WORD_REFS | compound << PAGE_WORD_COMPOUND |
			    (uint64_t)order << PAGE_WORD_ORDER | PAGE_USED);
}

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM, /* not in the linear map, see highmem.c */
	ZONE_MOVABLE, /* always empty */
	NR_ZONE_TYPES,
	ZONE_INVALID = NR_ZONE_TYPES, /* of a mask that contradicts itself */
};

_Static_assert(NR_ZONE_TYPES == KMEM_NR_ZONE_TYPES, "snapshots have them all");

#define MAX_NODES KMEM_MAX_NODES
/* Zones and nodes are ranges: each border makes one part more. */
#define MAX_ZONES (MAX_NODES + NR_ZONE_TYPES - 1)
#define ZONELIST_END MAX_ZONES

/* Orders that threads keep lists of: the kernel's, without huge pages. */
#define PAGE_LIST_ORDERS 4

/* The free blocks of one order, by the type of their pageblock. */
struct free_area {
	struct list_head list[MIGRATE_TYPES];
	unsigned long nr[MIGRATE_TYPES]; /* without the fresh ones */
};

struct zone {
	/* constant after kmem_init() */
	const char *name;
	enum zone_type type;
	unsigned int index;
	unsigned int node;
	unsigned long start_pfn;
	unsigned long end_pfn;

	/* written under LOCK_SYSCTL, read without; see watermark.c */
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long promo;
	unsigned long lowmem_reserve[NR_ZONE_TYPES];

	/* the same; see page_set.c */
	unsigned int batch;
	unsigned int high_min;
	unsigned int high_max;

	pthread_mutex_t lock; /* LOCK_ZONE: all below */
	/* Whole blocks from here to end_pfn were never touched. */
	unsigned long fresh_pfn;
	unsigned long free_pages;
	struct free_area free_area[KMEM_NR_ORDERS];
	uint16_t orders[MIGRATE_TYPES]; /* bit o: a block of order o is there */
	unsigned long nr_pageblocks[MIGRATE_TYPES];
	unsigned long free_highatomic; /* pages */
	unsigned long boost; /* by which all marks are raised for a while */
	unsigned long absent; /* pages in blocks that take no memory */
	unsigned long large; /* pages in other blocks of RELEASE_ORDER and up */
	unsigned long large_least; /* of @large, since @looked_ns */
	uint64_t looked_ns; /* see page_release.c */
	uint64_t handed; /* pages given out by the zone itself */
	uint64_t returned; /* pages taken back by it */

	/* LOCK_THREADS: the same by lists of threads that ended */
	uint64_t folded_allocs;
	uint64_t folded_frees;

	/* without lock: pages, see kmem_zone_numa_info() */
	uint64_t numa_miss;
	uint64_t numa_foreign;
	uint64_t numa_other;
};

static inline unsigned long zone_managed(const struct zone *zone)
{
	return zone->end_pfn - zone->start_pfn;
}

int zones_init(const struct kmem_config *config);
unsigned long zone_fresh_blocks(const struct zone *zone);
struct zone *zone_of_pfn(unsigned long pfn);
const char *zone_type_name(enum zone_type type);

/* By the four lowest bits of a mask. */
extern const uint8_t gfp_zone_table[16];

/* The highest zone that a mask allows; ZONE_INVALID if it names two. */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	return (enum zone_type)gfp_zone_table[gfp & 15];
}

/* ---- node.c -------------------------------------------------------------- */

/*
 * A node is a range of page frames. Its zonelists hold indices in kmem.zone, in
 * the order in which a request is to try them, by the highest zone that it may
 * use: the node's own zones downward, then those of the next nearest. The
 * second set has the node's own alone, for __GFP_THISNODE. A mask without a
 * zone has empty lists.
 */
#define GFP_SLOT_BITS 31u /* zone and migrate type */

struct numa_node {
	unsigned long start_pfn;
	unsigned long end_pfn;
	uint8_t distance[MAX_NODES];
	uint8_t zonelist[2][NR_ZONE_TYPES + 1][MAX_ZONES + 1];
	/* By the lowest bits of a mask: page list of order 0, see node.c. */
	uint16_t first_slot[GFP_SLOT_BITS + 1];
	uint64_t slab_pages[2]; /* of all slabs; [1]: reclaimable ones */
};

int nodes_init(const struct kmem_config *config);
void nodes_set_zonelists(void);
unsigned int node_of_pfn(unsigned long pfn);
unsigned int node_of_slot(uint64_t slot);
unsigned int node_cpus(unsigned int node);
void node_count_slab(const struct page *slab, int sign);

/* Whether a number, NUMA_NO_NODE say, is that of a node. */
#define node_exists(node) ((unsigned int)(node) < kmem.nr_nodes)

/* ---- watermark.c --------------------------------------------------------- */

/*
 * How far a request may go: a mark, and what it may take below it. Names and
 * values are the kernel's.
 */
#define ALLOC_WMARK_MIN 0x0u
#define ALLOC_WMARK_LOW 0x1u
#define ALLOC_WMARK_HIGH 0x2u
#define ALLOC_WMARK_MASK 0x3u
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM 0x8u /* the last resort; nobody is it here */
#define ALLOC_NON_BLOCK 0x10u /* who asks cannot reclaim by himself */
#define ALLOC_MIN_RESERVE 0x20u /* __GFP_HIGH */
#define ALLOC_NOFRAGMENT 0x100u /* no pageblock is to mix types for it */
#define ALLOC_HIGHATOMIC 0x200u /* may use, and make, the atomic reserve */

/* Of these, what makes free pages of the atomic reserve count. */
#define ALLOC_RESERVES                                                         \
	(ALLOC_OOM | ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC)

/* What the formulas know of a zone. */
struct zone_size {
	unsigned int node;
	enum zone_type type;
	unsigned long managed;
};

/* What can be tuned; the first is in effect, never 0 for "by the formula". */
struct watermark_tunables {
	unsigned long min_free_kbytes;
	unsigned int scale_factor;
	unsigned int boost_factor;
	unsigned int reserve_ratio[NR_ZONE_TYPES];
};

/* What follows. */
struct zone_marks {
	unsigned long min;
	unsigned long low;
	unsigned long high;
	unsigned long promo;
	unsigned long lowmem_reserve[NR_ZONE_TYPES];
};

unsigned long watermark_default_min(const struct zone_size *zones,
				    unsigned int nr, bool thp);
void watermarks(const struct zone_size *zones, unsigned int nr,
		const struct watermark_tunables *t,
		struct zone_marks *ret_marks);
unsigned long zones_default_min(bool thp);
void zones_set_watermarks(const struct watermark_tunables *t);
void zone_boost(struct zone *zone);
void zones_end_boosts(void);
unsigned long zone_floor(const struct zone *zone, unsigned int order,
			 enum zone_type highest, unsigned int flags);
unsigned long zone_spare_blocks(const struct zone *zone, unsigned int order,
				unsigned long floor, unsigned int flags);
bool zone_is_balanced(const struct zone *zone);

/* ---- sysctl.c ------------------------------------------------------------ */

int sysctl_init(const struct kmem_config *config);
unsigned int tunable_boost_factor(void);

/* ---- buddy.c ------------------------------------------------------------- */

void buddy_init_zone(struct zone *zone);
struct page *buddy_take(struct zone *zone, unsigned int order,
			enum migratetype type, unsigned int flags);
struct page *buddy_take_own(struct zone *zone, unsigned int order,
			    enum migratetype type);
struct page *buddy_split(struct zone *zone, struct page *page,
			 unsigned int have, unsigned int order,
			 enum migratetype type);
void buddy_give(struct zone *zone, struct page *page, unsigned int order,
		bool tail);
void buddy_give_back(struct zone *zone, struct page *page, unsigned int order,
		     bool absent);
struct page *buddy_take_present(struct zone *zone, unsigned int *ret_order);
void buddy_unlist(struct zone *zone, struct page *page, enum migratetype type);
void buddy_move(struct zone *zone, struct page *page, enum migratetype from,
		enum migratetype to);
bool buddy_list_fresh(struct zone *zone);
void buddy_info(const struct zone *zone, struct kmem_zone_info *ret_info);

/* ---- page_release.c ------------------------------------------------------ */

/* Blocks of 2 MiB, and larger ones, may go back to the system. */
#define RELEASE_ORDER 9
#define RELEASE_PERIOD_NS (10 * 1000000000ull)

void page_release_idle(uint64_t now_ns);

/* ---- pageblock.c --------------------------------------------------------- */

#define PAGEBLOCK_ORDER KMEM_PAGEBLOCK_ORDER
#define PAGEBLOCK_PAGES (1ul << PAGEBLOCK_ORDER)

int pageblocks_init(void);
void pageblocks_set(struct zone *zone, unsigned long pfn, unsigned int order,
		    enum migratetype type);
struct page *pageblock_fallback(struct zone *zone, unsigned int order,
				enum migratetype type, unsigned int flags);
void zone_reserve_highatomic(struct zone *zone, struct page *page,
			     unsigned int order);
bool zone_unreserve_highatomic(struct zone *zone, enum migratetype type,
			       bool force);

/* ---- thread.c ------------------------------------------------------------ */

/* A zone's page lists: four types of each order, of which the last is unused. */
#define ZONE_SLOTS (PAGE_LIST_ORDERS * MIGRATE_TYPES)
#define PAGE_SLOTS (MAX_ZONES * ZONE_SLOTS)
#define MAX_CACHES 16384u
#define MAX_POOLS 16384u
#define MAX_SLOTS (PAGE_SLOTS + MAX_CACHES)

/* One thread's counters of one pool, written by that thread alone. */
struct pool_cell {
	uint64_t from_backing;
	uint64_t frees;
	uint64_t reserved[6];
};

/* One thread's page lists of one zone; written by that thread alone. */
struct page_set {
	uint32_t high; /* pages that they may hold; 0: none so far */
	uint32_t alloc_factor; /* a refill is a batch so often doubled */
	uint32_t free_count; /* pages that came back lately */
	uint64_t decayed_s; /* when @high was lowered last */
};

/* What a thread has mapped by kmap_local_page(), see highmem.c. */
struct kmap_stack {
	char *area; /* KMAP_AREA bytes of addresses, or NULL */
	unsigned int depth;
	unsigned int untracked; /* above @depth, of low memory */
	const struct page *page[KMAP_LOCAL_MAX];
};

#define KMAP_AREA (KMAP_LOCAL_MAX * 2 * KMEM_PAGE_SIZE)

/*
 * What the library keeps per thread: a sparse block that is mapped whole and
 * touched where it is used.
 */
struct thread {
	struct list_head link; /* LOCK_THREADS */
	uint64_t slot; /* virtual CPU = slot modulo cpus */
	unsigned int node; /* that it prefers; the thread's own */
	struct page_set page_set[MAX_ZONES];
	struct kmap_stack kmap;
	struct kmem_record record[MAX_SLOTS];
	struct pool_cell cell[MAX_POOLS];
};

/* The calling thread's block; NULL until its first slow path. */
extern __thread struct thread *thread_self;

struct thread *thread_get(void);
extern struct list_head thread_list;
extern pthread_mutex_t thread_list_lock;
void threads_place(void);
void threads_reset(void);

/* Which indices of the blocks' arrays are in use. */
struct slot_set {
	uint64_t used[MAX_CACHES / 64];
};

int slot_take(struct slot_set *set);
void slot_put(struct slot_set *set, unsigned int slot);

/* Whose memory the calling thread prefers. */
unsigned int thread_node(void);

#define for_each_thread(t) list_for_each_entry(t, &thread_list, link)

static inline struct kmem_record *thread_record(unsigned int slot)
{
	struct thread *t = thread_self;

	return likely(t != NULL) ? &t->record[slot] : NULL;
}

/* ---- record.c ------------------------------------------------------------ */

typedef void(record_sink_t)(void *arg, void **objects, unsigned int nr);

_Static_assert(sizeof(struct kmem_record) == 64, "a record is a cache line");

/* Another number of objects, which came from elsewhere in the record. */
static inline void record_set_count(struct kmem_record *r, uint32_t n)
{
	counter_set(r->state, (r->state & ~(uint64_t)KMEM_COUNT_MASK) | n);
}

/* The same for objects that came from outside of it, or went there. */
static inline void record_move(struct kmem_record *r, uint32_t n)
{
	counter_set(r->moved, r->moved + kmem_record_count(r) - n);
	record_set_count(r, n);
}

/* Puts an object there that came from elsewhere: with room, under the lock. */
static inline void record_stock(struct kmem_record *r, void *object)
{
	r->slots[kmem_record_count(r)] = object;
	counter_set(r->state, r->state + 1);
	counter_set(r->moved, r->moved - 1);
}

static inline void record_move_spare(struct kmem_record *r, uint32_t n)
{
	counter_set(r->moved, r->moved + r->spare_count - n);
	counter_set(r->spare_count, n);
}

/* What the owner popped and pushed, as far as another thread can see. */
static inline uint64_t record_pops(const struct kmem_record *r)
{
	return counter_read(r->state) >> KMEM_COUNT_BITS;
}

static inline uint64_t record_pushes(const struct kmem_record *r)
{
	return record_pops(r) + kmem_record_count(r) +
	       counter_read(r->spare_count) + counter_read(r->moved);
}

/* Never used by its thread, or by nobody since its source went: no counts. */
static inline bool record_is_blank(const struct kmem_record *r)
{
	return !counter_read(r->slots) && !counter_read(r->state) &&
	       !counter_read(r->moved);
}

void *record_take(struct kmem_record *r);
void record_lock(struct kmem_record *r);
void record_unlock(struct kmem_record *r);
bool record_open(struct kmem_record *r, unsigned int capacity);
bool record_grow(struct kmem_record *r, unsigned int capacity);
void record_put(struct kmem_record *r, void *object);
void record_drain(unsigned int slot, record_sink_t *sink, void *arg);
void record_shut(unsigned int slot, record_sink_t *sink, void *arg);
void record_retire(unsigned int slot, record_sink_t *sink, void *arg);
void record_drop_oldest(struct kmem_record *r, unsigned int nr);
void record_close(struct kmem_record *r, record_sink_t *sink, void *arg);
uint64_t record_parked(unsigned int slot);
void record_walk(unsigned int slot, record_sink_t *visit, void *arg);

/* ---- page_lists.c -------------------------------------------------------- */

static inline unsigned int page_slot(unsigned int zone, unsigned int order,
				     enum migratetype type)
{
	return zone * ZONE_SLOTS + order * MIGRATE_TYPES + (unsigned int)type;
}

/* What page->slot says, but for the order. */
static inline void page_set_slot(struct page *page, const struct zone *zone,
				 enum migratetype type)
{
	counter_set(page->slot, (uint16_t)page_slot(zone->index, 0, type));
}

/* The type that a page in use was asked for. */
static inline enum migratetype page_mobility(const struct page *page)
{
	return (enum migratetype)(counter_read(page->slot) % MIGRATE_TYPES);
}

/* Slots of the zones that there are. */
#define page_slots() (kmem.nr_zones * ZONE_SLOTS)

struct page *page_list_take(struct zone *zone, unsigned int order,
			    enum migratetype type, unsigned long floor,
			    unsigned int flags);
void page_list_give(struct zone *zone, struct page *page, unsigned int order);
void zone_give(struct zone *zone, unsigned int order, void **pages,
	       unsigned int nr);
void zone_free(struct zone *zone, unsigned int order, struct page *page);
void page_thread_exit(struct thread *t);
uint64_t pages_parked(const struct zone *zone);
void page_lists_shut(void);
void zone_traffic(const struct zone *zone, uint64_t *ret_allocs,
		  uint64_t *ret_frees);

/* ---- page_set.c ---------------------------------------------------------- */

struct page_set_limits {
	unsigned int batch;
	unsigned int high_min;
	unsigned int high_max;
};

void page_set_limits(unsigned long managed, unsigned long low,
		     unsigned int cpus, unsigned int fraction,
		     struct page_set_limits *ret_limits);
void zones_set_page_sets(void);
unsigned long page_set_count(const struct thread *t, const struct zone *zone);
unsigned int page_set_refill(struct thread *t, const struct zone *zone,
			     unsigned int order);
unsigned long page_set_excess(struct thread *t, const struct zone *zone,
			      unsigned int freed);

/* ---- page_check.c -------------------------------------------------------- */

/* What was reported of bad pages lately. */
struct report_burst {
	unsigned int shown;
	unsigned long missed;
	uint64_t resume_ns;
};

void bad_page(const struct page *page, const char *call, const char *why);
void complain_of_free(const struct page *page, unsigned int order,
		      const char *call);
bool check_page_in_use(const struct page *page, const char *call);
bool check_page_free(struct page *page);

/* ---- page_ref.c ---------------------------------------------------------- */

bool page_ref_drop(struct page *page);

/* ---- page_poison.c ------------------------------------------------------- */

void block_poison(struct page *page, unsigned int order);
void block_forget_poison(struct page *page, unsigned int order);
void block_check_poison(struct page *page, unsigned int order);

/* ---- page_alloc.c -------------------------------------------------------- */

/* A request, as its steps see it. */
struct attempt {
	gfp_t gfp; /* what scopes take away is gone */
	unsigned int order;
	const uint8_t *zonelist;
	const nodemask_t *allowed; /* NULL: every node */
};

bool attempt_init(struct attempt *a, gfp_t gfp, unsigned int order, int node,
		  const nodemask_t *allowed);
unsigned int attempt_flags(const struct attempt *a);
struct page *attempt_take(const struct attempt *a, unsigned int flags);
struct page *page_hand_out(struct page *page, gfp_t gfp, unsigned int order);

/* ---- alloc_report.c ------------------------------------------------------ */

void report_failure(gfp_t gfp, const nodemask_t *allowed, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));
void report_failure_reset(void);

/* ---- reclaim.c ----------------------------------------------------------- */

unsigned long reclaim(gfp_t gfp, bool all);
void reclaim_everything(void);
bool reclaim_highatomic(enum migratetype type);

/* ---- shrinker.c ---------------------------------------------------------- */

unsigned long shrinkers_run(gfp_t gfp, unsigned int priority);
bool shrinkers_exist(void);
void shrinkers_reset(void);

/* ---- page_wait.c --------------------------------------------------------- */

/* Requests that wait for pages; a hint for whoever frees some. */
extern unsigned int page_waiters;

static inline bool page_waiters_exist(void)
{
	return unlikely(counter_read(page_waiters));
}

struct page *page_wait(const struct attempt *a);
void page_waiters_serve(void);
void page_wait_exit(void);

/* ---- background.c -------------------------------------------------------- */

int background_init(const struct kmem_config *config);
int background_start(void);
void background_stop(void);
void background_order(void);
void background_wake(void);
bool background_is_self(void);
void background_hope(void);
void background_serve(void);
bool background_balances(void);

/* ---- vm_event.c ---------------------------------------------------------- */

void vm_event(enum kmem_vm_event event, uint64_t n);
void vm_event_of_zone(enum kmem_vm_event first, enum zone_type type,
		      uint64_t n);
void vm_events_reset(void);

/* ---- page_free.c --------------------------------------------------------- */

void block_free(struct page *page, unsigned int order);
void block_free_last(struct page *page, unsigned int order);

/* Back to the zone, past the page lists, where it can merge at once. */
void free_pages_to_zone(struct page *page, unsigned int order);

/* ---- highmem.c ----------------------------------------------------------- */

int highmem_init(void);
void highmem_exit(void);
void highmem_fork(enum fork_step step);
void highmem_thread_exit(struct thread *t);
void *kmap_address(const struct page *page);
void *block_map(const struct page *page, unsigned int order);
void block_unmap(const struct page *page, unsigned int order, void *p);
void block_clear(const struct page *page, unsigned int order);

/* ---- slab_layout.c ------------------------------------------------------- */

/* How objects lie in a slab; computed from the spec, constant after it. */
struct slab_layout {
	unsigned int size;
	unsigned int align;
	unsigned int inuse;
	unsigned int freeptr;
	unsigned int order;
	unsigned int min_order;
	unsigned int objects;
	unsigned int sheaf_capacity;
	unsigned long min_partial;

	/* debugging; 0 where there is none */
	unsigned int red_left_pad; /* before each object */
	unsigned int track; /* offset of two struct track */
	unsigned int request; /* offset of the size that was asked for */
	unsigned int end; /* offset behind the last of these */
	bool poison; /* the object's own bytes, when free */
};

int slab_layout(const struct kmem_cache_spec *spec, unsigned int cpus,
		struct slab_layout *ret_layout);

/* ---- slab.c -------------------------------------------------------------- */

/* Sheaves that are with no thread, see sheaf.c. The kernel's numbers. */
#define BARN_FULL 10
#define BARN_EMPTY 10

struct barn {
	unsigned int nr_full;
	unsigned int nr_empty;
	void **full[BARN_FULL];
	void **empty[BARN_EMPTY];
};

/*
 * The slabs of a cache on one node. Every slab is on exactly one of the two
 * lists.
 *
 *	out = sum of page->inuse over both lists
 *	total - out = free objects, all of them in slabs on the partial list
 */
struct cache_node {
	struct list_head partial;
	struct list_head full;
	struct barn barn; /* objects of this node alone */
	/* read without the lock */
	uint64_t nr_slabs;
	uint64_t nr_partial;
	uint64_t total;
	uint64_t partial_total; /* capacity of the slabs on @partial */
	uint64_t out;
};

/* What a free has to do beside parking the object. */
#define FREE_WIPE 1u /* clear it */
#define FREE_HOME 2u /* look whether it is of the thread's node */

struct kmem_cache {
	unsigned int slot; /* its record in each thread's block; constant */

	/* The shape: changed under LOCK_CACHES and LOCK_SLABS together,
	 * while the cache has no slab. */
	unsigned int object_size;
	gfp_t always; /* __GFP_ZERO where every object is to be cleared */
	unsigned int on_free; /* FREE_… */
	struct slab_layout layout;
	struct kmem_cache_spec spec;
	gfp_t gfp; /* added to every request for pages */
	/* read without the lock, as @object_size */
	unsigned int shapes; /* that it has had */
	bool debugs; /* it has one of SLAB_DEBUG_FLAGS */

	uint64_t random; /* what links in free objects are mixed with */
	uint16_t *shuffle; /* an order of a slab's objects, or NULL */

	uint64_t serial;
	struct list_head link; /* LOCK_CACHES, as the next four */
	unsigned int pins;
	unsigned int users; /* that created it, under one name or another */
	bool mergeable;
	bool dying;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];

	pthread_mutex_t lock; /* LOCK_SLABS: all below, and the nodes */
	unsigned int growing; /* slabs that are being made */
	/* read without the lock */
	uint64_t limit;
	bool shut; /* its shape is changing, or it is going: nothing is parked */
	unsigned long min_partial;
	bool min_partial_set; /* by hand: another shape does not change it */

	unsigned int defrag_ratio;
	unsigned int defrag_turn;
	uint64_t out; /* objects outside slabs, of all nodes */
	uint64_t peak;
	uint64_t stat[KMEM_NR_CACHE_STATS];

	/* LOCK_THREADS: of threads that ended; what "reset" subtracts */
	uint64_t folded_gets;
	uint64_t folded_puts;
	uint64_t stat_base[KMEM_NR_CACHE_STATS];

	struct cache_node node[]; /* kmem.nr_nodes of them */
};

#define for_each_cache_node(s, n)                                              \
	for (struct cache_node *n = (s)->node; n < (s)->node + kmem.nr_nodes;  \
	     n++)

/* A count of all nodes together. */
#define cache_sum(s, field)                                                    \
	__extension__({                                                        \
		uint64_t sum_ = 0;                                             \
		for (unsigned int i_ = 0; i_ < kmem.nr_nodes; i_++)            \
			sum_ += counter_read((s)->node[i_].field);             \
		sum_;                                                          \
	})

/* Of a descriptor with its nodes. */
#define cache_bytes()                                                          \
	(sizeof(struct kmem_cache) + kmem.nr_nodes * sizeof(struct cache_node))

/* The library's own flag, of the caches behind kmalloc(). */
#define SLAB_KMALLOC (1u << 3)

static inline bool cache_debugs(const struct kmem_cache *s)
{
	return counter_read(s->debugs);
}

/* Under the cache's lock: may its objects be kept in threads and in the barn? */
static inline bool cache_parks(const struct kmem_cache *s)
{
	return s->limit == KMEM_NO_LIMIT && !s->shut;
}

/* Who asks, as far as debugging wants to know. */
struct slab_user {
	size_t size; /* asked for, of kmalloc() */
	void *caller;
};

/* Slabs that became empty and wait to be released outside the lock. */
struct slab_discard {
	struct list_head list;
	bool to_zone;
};

#define DISCARD_INIT(name, zone)                                               \
	{                                                                      \
		LIST_HEAD_INIT((name).list), zone                              \
	}

void slab_nodes_init(struct kmem_cache *s);
struct page *slab_new(struct kmem_cache *s, gfp_t gfp, unsigned int node);
void slab_install(struct kmem_cache *s, struct page *slab);
unsigned int slab_take(struct kmem_cache *s, unsigned int node, unsigned int nr,
		       void **objects);
unsigned int slab_take_elsewhere(struct kmem_cache *s, unsigned int node,
				 unsigned long spared, unsigned int nr,
				 void **objects);
bool slab_may_look_elsewhere(struct kmem_cache *s);
void slab_give(struct kmem_cache *s, void **objects, unsigned int nr,
	       struct slab_discard *discard);
void slab_collect_empty(struct kmem_cache *s, struct slab_discard *discard);
void slab_release(struct kmem_cache *s, struct slab_discard *discard);
void slab_release_now(struct slab_discard *discard);
struct page *slab_of(const void *object);
void *slab_take_checked(struct kmem_cache *s, unsigned int node,
			const struct slab_user *user);
void slab_give_checked(struct kmem_cache *s, void *object,
		       const struct slab_user *user,
		       struct slab_discard *discard);
void slab_set_next_free(const struct kmem_cache *s, void *object, void *next);
void slab_adjust_inuse(struct kmem_cache *s, struct page *slab,
		       unsigned int inuse);
void *slab_object(const struct kmem_cache *s, const struct page *slab,
		  unsigned int index);
void *slab_next_free(const struct kmem_cache *s, const void *object);
int slab_index(const struct kmem_cache *s, const struct page *slab,
	       const void *object);

/* ---- sheaf.c ------------------------------------------------------------- */

bool sheaf_get(struct kmem_cache *s, struct kmem_record *r);
void sheaf_make_room(struct kmem_cache *s, struct kmem_record *r,
		     struct slab_discard *discard);
unsigned int sheaf_take_bulk(struct kmem_cache *s, unsigned int nr,
			     void **objects);
void **sheaf_lend(struct kmem_cache *s, struct kmem_record *r);
bool sheaf_take_back(struct kmem_cache *s, struct kmem_record *r, void **full);
void barns_empty(struct kmem_cache *s, struct slab_discard *discard);
uint64_t cache_parked(const struct kmem_cache *s);

/* ---- slab_debug.c -------------------------------------------------------- */

void slab_debug_new(struct kmem_cache *s, struct page *slab);
bool slab_debug_may_take(struct kmem_cache *s, struct page *slab);
void slab_debug_taken(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user);
bool slab_debug_may_give(struct kmem_cache *s, struct page *slab, void *object);
void slab_debug_given(struct kmem_cache *s, struct page *slab, void *object,
		      const struct slab_user *user);
unsigned int slab_debug_validate(struct kmem_cache *s, struct page *slab);
void slab_debug_report_used(struct kmem_cache *s);
size_t slab_debug_request(const struct kmem_cache *s, const void *object);
void slab_debug_set_request(struct kmem_cache *s, void *object, size_t size);
unsigned int slab_debug_origin(const struct kmem_cache *s, void *object,
			       bool freed, void **ret_caller,
			       void *const **ret_frames);

/* Who did it; two of them behind each object, of the alloc and of the free. */
struct slab_track {
	void *addr;
	uint32_t stack; /* see stack_depot.c */
	int32_t cpu;
	int32_t pid;
	uint64_t when_ms;
};

void slab_debug_track(const struct kmem_cache *s, void *object, bool free,
		      struct slab_track *ret_track);
void slab_debug_for_each_used(struct kmem_cache *s,
			      void (*visit)(void *arg, void *object),
			      void *arg);

/* ---- slab_options.c ------------------------------------------------------ */

int slab_options_set(const char *text);
slab_flags_t slab_options_for(const char *name, slab_flags_t flags,
			      bool *ret_keep_order);

/* ---- stack_depot.c ------------------------------------------------------- */

uint32_t stack_save(void *caller);
unsigned int stack_fetch(uint32_t handle, void *const **ret_frames);
void stacks_reset(void);
void stacks_fork(enum fork_step step);

/* ---- kmem_cache.c -------------------------------------------------------- */

void cache_strip(struct kmem_cache *s,
		 void (*drain)(unsigned int, record_sink_t *, void *),
		 struct slab_discard *discard);

void *cache_alloc_sized(struct kmem_cache *s, gfp_t gfp, size_t size,
			void *caller);
void *cache_alloc_on(struct kmem_cache *s, gfp_t gfp, int node, size_t size,
		     void *caller);
bool cache_is_local(const struct kmem_cache *s, void **objects,
		    unsigned int nr);
void caches_drain(void);
void cache_free(struct kmem_cache *s, void *object, void *caller);
void cache_count_rcu(struct kmem_cache *s);
void caches_shrink(void);
void cache_thread_exit(struct thread *t);

/* ---- cache_list.c -------------------------------------------------------- */

extern struct list_head cache_list;
extern pthread_mutex_t cache_list_lock;

int cache_list_add(struct kmem_cache *s);
void cache_list_settle(struct kmem_cache *s);
void cache_list_remove(struct kmem_cache *s);
void cache_slot_put(struct kmem_cache *s);
void caches_exit(void);

/* ---- gfp.c --------------------------------------------------------------- */

/* What no slab and no large block may be made with. */
#define GFP_SLAB_BUG_MASK (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK)

gfp_t gfp_fix(gfp_t gfp, gfp_t wrong);
gfp_t slab_fix_gfp(const struct kmem_cache *s, gfp_t gfp);

/* ---- cache_merge.c ------------------------------------------------------- */

struct kmem_cache *cache_merge(const char *name,
			       const struct kmem_cache_spec *spec,
			       const struct slab_layout *layout);
void cache_forget_aliases(const struct kmem_cache *s);
void cache_merge_reset(void);

/* ---- kmalloc.c ----------------------------------------------------------- */

struct kmalloc_class {
	unsigned int size;
	const char *name; /* what follows "kmalloc-" */
};

#define KMALLOC_CLASSES 13

extern const struct kmalloc_class kmalloc_classes[KMALLOC_CLASSES];
extern const uint8_t kmalloc_small_class[24];

/* The smallest class that holds @size, of 1 to KMALLOC_MAX_CACHE_SIZE. */
static inline unsigned int kmalloc_class_of(size_t size)
{
	if (size <= 192)
		return kmalloc_small_class[(size - 1) / 8];
	/* 256 is class 7 and needs 8 bits. */
	return 64u - (unsigned int)__builtin_clzl(size - 1) - 1;
}

/* The alignment that a class promises: the power of two that divides it. */
static inline unsigned int kmalloc_class_align(unsigned int class)
{
	return kmalloc_classes[class].size & -kmalloc_classes[class].size;
}

int kmalloc_init(void);
void kmalloc_exit(void);
struct kmem_cache *kmalloc_cache(size_t size);
void *kmalloc_caller(size_t size, gfp_t gfp, void *caller);
void *kmalloc_on(size_t size, gfp_t gfp, int node, void *caller);
size_t kmalloc_bucket(const void *p);

/* ---- memalloc.c ---------------------------------------------------------- */

/* The calling thread's PF_MEMALLOC..., and the library's own: */
extern __thread unsigned int thread_flags;

#define PF_SERVES                                                              \
	(1u << 31) /* what it gives back is no news, see page_wait.c */

/* ---- vm_area.c ----------------------------------------------------------- */

/* Of vm_map_ram(): no user sees its struct. A flag of our own, as the kernel
 * has no bit for it. */
#define VM_AREA_RAM (1ul << 31)

/*
 * Who may touch what, by state:
 *
 *	VM_AREA_NEW	who makes it, alone; nobody finds it
 *	VM_AREA_LIVE	whoever finds it may read @vm, @map and @nr_map; its
 *			owner, who alone may resize it, does so under the lock
 *	VM_AREA_CLOSED	who closed it, alone; nobody finds it
 */
enum vm_area_state {
	VM_AREA_NEW,
	VM_AREA_LIVE,
	VM_AREA_CLOSED,
};

/*
 * struct vm_area - a range of addresses and what is mapped there
 * @map: the pages, in the order of addresses; none of a device region
 * @map_room: entries of @map, for giving it back
 * @mapped: bytes from the start on that are not hidden
 * @link: for who closed it
 *
 * LOCK_AREAS: the state and the place in the tree.
 * @gap: bytes between the end of the area before this one and its start
 * @max_gap: the largest @gap of this area and all below it in the tree
 */
struct vm_area {
	struct vm_struct vm;
	struct page **map;
	unsigned int nr_map;
	unsigned int map_room;
	size_t mapped;
	struct list_head link;

	enum vm_area_state state;
	uint32_t priority;
	struct vm_area *left;
	struct vm_area *right;
	size_t gap;
	size_t max_gap;
};

int vm_areas_init(size_t memory);
void vm_areas_exit(void);
void vm_areas_fork(enum fork_step step);
void vm_areas_lock(void);
void vm_areas_unlock(void);

struct vm_area *vm_area_new(size_t bytes, size_t align, unsigned long flags,
			    const void *caller);
bool vm_areas_could_hold(size_t bytes, size_t align);
bool vm_area_make_map(struct vm_area *area, unsigned int nr);
int vm_area_map(struct vm_area *area, enum os_range_flags how);
void vm_area_open(struct vm_area *area);
struct vm_area *__vm_area_at(const void *p);
struct vm_area *vm_area_find(const void *p, unsigned long flags);
struct vm_area *vm_area_close(const void *p, unsigned long flags);
bool vm_area_hide(struct vm_area *area);
void vm_area_delete(struct vm_area *area);
void vm_area_set_request(struct vm_area *area, size_t size);
void vm_area_shrink(struct vm_area *area, size_t bytes);
void vm_areas_walk(void (*visit)(void *arg, const struct vm_area *area),
		   void *arg);
void vm_areas_range(const void **ret_base, size_t *ret_size);
unsigned int vm_areas_validate(void);

/* ---- vm_info.c ----------------------------------------------------------- */

bool vm_area_locate(const void *p, struct page **ret_page,
		    unsigned int *ret_index);

/* ---- vmalloc.c ----------------------------------------------------------- */

void vm_complain(gfp_t gfp, size_t size, const char *what);
void vm_complain_map(gfp_t gfp, size_t size, int err);
void vm_area_release(struct vm_area *area);

/* ---- mempool.c ----------------------------------------------------------- */

/* Never drain emergency reserves, never insist, never complain. */
#define POOL_GFP (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)

/* A backing as the pool calls it. */
struct pool_backing {
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	void *data;
	int node; /* that the first elements come from, or NUMA_NO_NODE */
};

void *pair_alloc_first(const struct pool_backing *backing, gfp_t gfp);

/* What a pool needs beside the words of its fast path. */
struct mempool_cold {
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];

	/* LOCK_POOLS */
	unsigned int pins;
	bool dying;

	/* the pool's lock for writers, read without */
	bool exact;
	enum kmem_mempool_kind watched; /* how its elements are; 0: they are not */
	int low;
	uint64_t limit;
	uint64_t pending; /* asked of the backing, not yet counted */
	uint64_t peak;
	uint64_t tickets;
	uint64_t stat[KMEM_NR_MEMPOOL_STATS];

	/* LOCK_THREADS: of threads that ended; what "reset" subtracts */
	struct pool_cell folded;
	uint64_t stat_base[KMEM_NR_MEMPOOL_STATS];
};

/* A pool without a minimum keeps one element, or its waiters would starve. */
static inline int pool_capacity(const mempool_t *pool)
{
	return MAX(1, counter_read(pool->min_nr));
}

static inline void pool_count(mempool_t *pool, enum kmem_mempool_stat stat,
			      uint64_t n)
{
	counter_add(pool->cold->stat[stat], n);
}

int pool_create(const char *owner, const char *function, int min_nr,
		const struct pool_backing *backing, gfp_t gfp,
		mempool_t **ret_pool);
void pool_set_careful(mempool_t *pool);
void *pool_pop(mempool_t *pool);
void pool_push(mempool_t *pool, void *element);
unsigned int pool_ask_backing(mempool_t *pool, gfp_t gfp, unsigned int nr,
			      void **elements);
void pool_count_out(mempool_t *pool, unsigned int backing);
void pool_put_back(mempool_t *pool, void **elements, unsigned int nr);

/* ---- mempool_queue.c ------------------------------------------------------ */

/* Requests with a callback that ended under the lock. */
struct pool_ended {
	struct mempool_request *first;
	struct mempool_request **last;
};

void pool_ended_init(struct pool_ended *ended);
void pool_ended_run(struct pool_ended *ended, int error);
void pool_serve(mempool_t *pool, struct pool_ended *ended);
void pool_refuse(mempool_t *pool, unsigned int above, struct pool_ended *ended);
void pool_kick(mempool_t *pool, bool timed);
int pool_request(mempool_t *pool, struct mempool_request *request,
		 bool may_queue, bool asked);
int pool_sleep(mempool_t *pool, struct mempool_request *request);

/* ---- mempool_debug.c ------------------------------------------------------ */

enum kmem_mempool_kind pool_watchable(const mempool_t *pool);
void pool_watch(mempool_t *pool, enum kmem_mempool_kind kind);
void pool_poison(mempool_t *pool, void *element);
void pool_unpoison(mempool_t *pool, void *element);
void pool_mark_out(mempool_t *pool, void *element);
bool pool_may_return(mempool_t *pool, void *element);

/* ---- mempool_list.c ------------------------------------------------------- */

int pool_list(mempool_t *pool);
void pool_unlist(mempool_t *pool);
enum kmem_mempool_kind pool_kind_of(const mempool_t *pool);
uint64_t pool_active(mempool_t *pool);
bool pool_in_use(mempool_t *pool);
void pools_init(void);
void pools_exit(void);
void pool_thread_exit(struct thread *t);

/* ---- wait.c -------------------------------------------------------------- */

#define WAIT_RETRY_NS (5 * 1000000000ull)

void wait_set_retry(void (*retry)(bool timed));
void wait_retry(void);
bool wait_word(uint32_t *word, uint32_t value, uint64_t timeout_ns);
void wake_word(uint32_t *word);
int ticker_arm(void);
void ticker_disarm(void);
void ticker_stop(void);

/* ---- rcu.c --------------------------------------------------------------- */

void rcu_defer_slabs(struct slab_discard *discard);
void rcu_defer_area(struct vm_area *area);
void rcu_stop(void);
void rcu_fork(enum fork_step step);

/* ---- iomem.c ------------------------------------------------------------- */

#define IOMEM_END (1ull << 52) /* as far as x86-64 may ever go */
#define IOPORT_END (1ull << 16)
#define IOMEM_NOWHERE UINT64_MAX

struct kmem_iomem {
	/* constant */
	unsigned int slot;
	uint64_t serial;
	char name[KMEM_NAME_MAX + 1];
	char owner[KMEM_OWNER_MAX + 1];
	enum kmem_iomem_space space;
	bool emulated;
	struct kmem_iomem_ops ops;
	void *arg;

	/* LOCK_IOMEM; constant while it is busy or mapped */
	uint64_t phys;
	uint64_t size;
	int fd; /* memory or file; -1 when emulated */
	char *path;
	unsigned int busy; /* accesses that run without the lock */
	unsigned int pins;
	bool dying;
};

extern pthread_mutex_t iomem_lock;

bool phys_has_ram(uint64_t start, uint64_t size, bool *ret_only);
/* The first region with a byte of the range; NULL: none has. */
struct kmem_iomem *__iomem_at(enum kmem_iomem_space space, uint64_t phys,
			      uint64_t size);
void iomem_access(enum kmem_iomem_space space, uint64_t phys,
		  unsigned int width, bool write, uint64_t *value);
void iomem_exit(void);

/* ---- ioremap.c ----------------------------------------------------------- */

/* Must an access to @addr be carried out by iomem_access()? Takes no lock. */
bool iomap_traps(const volatile void *addr);
/* The physical address of such an address; false: it is not mapped. */
bool iomap_phys(const volatile void *addr, uint64_t *ret_phys);
/* Mappings of a page that has a byte of the range. */
unsigned int __iomaps_over(uint64_t phys, uint64_t size);
void iomaps_walk(void (*visit)(void *arg, const struct kmem_iomap_info *info),
		 void *arg);
unsigned int __iomaps_validate(void);
void __iomaps_exit(void);

/* ---- io_access.c --------------------------------------------------------- */

void io_access_reset(void);

/* ---- fork.c -------------------------------------------------------------- */

void fork_mutex(pthread_mutex_t *m, enum fork_step step);
bool fork_inherits(void);
void fork_setup(void);

void kmem_fork(enum fork_step step);
void caches_fork(enum fork_step step);
void pools_fork(enum fork_step step);
void background_fork(enum fork_step step);
void shrinkers_fork(enum fork_step step);
void page_wait_fork(enum fork_step step);
void sysctl_fork(enum fork_step step);
void ticker_fork(enum fork_step step);
void iomem_fork(enum fork_step step);
void threads_fork(enum fork_step step);
void slabs_fork(enum fork_step step);
void zones_fork(enum fork_step step);
void meta_fork(enum fork_step step);
void report_fork(enum fork_step step);

/* ---- kmem.c -------------------------------------------------------------- */

/* Everything that kmem_init() decides; constant until kmem_exit(). */
struct kmem {
	bool ready;
	bool barrier; /* records may be used */
	bool init_on_alloc;
	bool init_on_free;
	bool page_poison;
	bool wipe_pages; /* freeing one is more than giving it back */
	bool prepare_pages; /* the same of allocating one */
	bool freelist_random;
	bool merge;
	bool mempool_debug;
	struct os_arena arena;
	char *base;
	size_t memory;
	size_t linear; /* of it, mapped at @base; the rest is HighMem */
	unsigned long nr_pages;
	struct page *map;
	uint8_t *pageblock; /* type of each, see pageblock_type() */
	unsigned int cpus;
	unsigned int page_list_fraction; /* a tunable, see page_set.c */
	struct report_burst bad_pages;
	unsigned int nr_nodes;
	unsigned int nr_zones;
	struct zone zone[MAX_ZONES]; /* nodes ascending, then types */
	struct numa_node node[MAX_NODES];
};

extern struct kmem kmem;

/*
 * The calling thread's page list that a request takes from first. Without a
 * thread block, or where there is none: one that is always empty, or NULL.
 */
static inline struct kmem_record *first_list(gfp_t gfp, unsigned int order)
{
	struct thread *t = thread_self;

	if (unlikely(order >= PAGE_LIST_ORDERS || !t))
		return NULL;
	return &t->record[kmem.node[t->node].first_slot[gfp & GFP_SLOT_BITS] +
			  order * MIGRATE_TYPES];
}

/* What a request at @node tries, best first, up to ZONELIST_END. */
static inline const uint8_t *zonelist(unsigned int node, gfp_t gfp)
{
	bool only = gfp & __GFP_THISNODE;

	return kmem.node[node].zonelist[only][gfp_zone(gfp)];
}

/* Sets the stack up with defaults at the first call of a public function. */
bool kmem_start(void);

static inline bool kmem_is_up(void)
{
	return likely(__atomic_load_n(&kmem.ready, __ATOMIC_ACQUIRE));
}

static inline bool kmem_up(void)
{
	return kmem_is_up() || kmem_start();
}

static inline bool kmem_contains(const void *p)
{
	return (size_t)((const char *)p - kmem.base) < kmem.linear;
}

static inline unsigned long __page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - kmem.map);
}

/* Is it a struct page at all? */
static inline bool is_map_entry(const struct page *page)
{
	size_t offset = (size_t)((const char *)page - (const char *)kmem.map);

	return kmem.ready && offset < kmem.nr_pages * sizeof(*page) &&
	       offset % sizeof(*page) == 0;
}

static inline bool page_is_high(const struct page *page)
{
	return __page_to_pfn(page) >= kmem.linear >> KMEM_PAGE_SHIFT;
}

/* Of low memory. */
static inline void *__page_address(const struct page *page)
{
	return kmem.base + (__page_to_pfn(page) << KMEM_PAGE_SHIFT);
}

static inline struct page *__virt_to_page(const void *p)
{
	return kmem.map +
	       ((size_t)((const char *)p - kmem.base) >> KMEM_PAGE_SHIFT);
}

/*
 * The type of a frame's pageblock. It changes under the zone's lock; who looks
 * without it may see the old one, and puts a page on a list that fits worse.
 */
static inline enum migratetype pageblock_type(unsigned long pfn)
{
	return (enum migratetype)counter_read(
		kmem.pageblock[pfn >> PAGEBLOCK_ORDER]);
}

#endif /* KMEM_INTERNAL_H */
