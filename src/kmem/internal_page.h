/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal_page.h - the page allocator, HighMem and GFP masks
 *
 * A part of internal.h, which includes it; nobody else does.
 */
#ifndef KMEM_INTERNAL_PAGE_H
#define KMEM_INTERNAL_PAGE_H

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
	bool of_area; /* PAGE_USED: of vmalloc(), which alone sets it */
	struct kmem_cache *cache;
	void *freelist;

	struct list_head list; /* free list of the zone, or list of slabs */
	uint64_t cache_serial; /* PAGE_SLAB: of @cache, for who reads it late */
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
bool page_release_pending(void);

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

/* ---- page_lists.c -------------------------------------------------------- */

/* A zone's page lists: four types of each order, of which the last is unused. */
#define ZONE_SLOTS (PAGE_LIST_ORDERS * MIGRATE_TYPES)
#define PAGE_SLOTS (MAX_ZONES * ZONE_SLOTS)

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
bool check_page_free(struct page *page, unsigned int order);

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
void background_look(void);
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

/* ---- gfp.c --------------------------------------------------------------- */

/* What no slab and no large block may be made with. */
#define GFP_SLAB_BUG_MASK (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK)

gfp_t gfp_fix(gfp_t gfp, gfp_t wrong);
gfp_t slab_fix_gfp(const struct kmem_cache *s, gfp_t gfp);

/* ---- memalloc.c ---------------------------------------------------------- */

/* The calling thread's PF_MEMALLOC..., and the library's own: */
extern __thread unsigned int thread_flags;

#define PF_SERVES                                                              \
	(1u << 31) /* what it gives back is no news, see page_wait.c */

#endif /* KMEM_INTERNAL_PAGE_H */
