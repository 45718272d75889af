/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal.h - the map of the library: one section per source file, here and in
 * the parts that it includes: internal_page.h, _thread.h, _slab.h, _vm.h and
 * _pool.h
 *
 * Lock order, outermost first; a thread may only take a lock of a higher rank
 * than all it holds (debug builds check it at run time, see lock.c):
 *
 *	LOCK_INIT      kmem.c       set-up and tear-down
 *	LOCK_CACHES    cache_list.c the list of caches, their shape, pins
 *	LOCK_WATCHERS  mempool_list.c who is told that a pool goes
 *	LOCK_POOLS     mempool_list.c the list of pools, pins
 *	LOCK_POOL      mempool.c    one pool: reserve and queue; pool_lock()
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
 * Who only reads numbers, between lock_reader_begin() and lock_reader_end(),
 * takes none that an allocation waits for: the lists' and LOCK_THREADS alone.
 * What lies in a reserve, and which areas vmalloc() has, are no numbers: who
 * lists them takes LOCK_POOL or LOCK_AREAS.
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

#include <kmem/inline.h>
#include <kmem/highmem.h>
#include <kmem/introspect.h>
#include <kmem/memalloc.h>
#include <kmem/mm.h>
#include <kmem/numa.h>
#include <kmem/vmalloc.h>

#include "util/list.h"

struct kmem_cache;
struct thread;
struct vm_area;

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
void lock_reader_begin(void);
void lock_reader_end(void);
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
static inline void lock_reader_begin(void)
{
}
static inline void lock_reader_end(void)
{
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

#include "internal_page.h"
#include "internal_thread.h"
#include "internal_slab.h"
#include "internal_vm.h"
#include "internal_pool.h"

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
	uint8_t *bin; /* of each frame's slab, see kmalloc.c */
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
