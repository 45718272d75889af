/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal_thread.h - what the library keeps per thread
 *
 * A part of internal.h, which includes it; nobody else does.
 */
#ifndef KMEM_INTERNAL_THREAD_H
#define KMEM_INTERNAL_THREAD_H

/* ---- thread.c ------------------------------------------------------------ */

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
	struct kmem_record record[MAX_SLOTS]; /* first, for inline.h */
	struct list_head link; /* LOCK_THREADS */
	uint64_t slot; /* virtual CPU = slot modulo cpus */
	unsigned int node; /* that it prefers; the thread's own */
	struct page_set page_set[MAX_ZONES];
	struct kmap_stack kmap;
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

#endif /* KMEM_INTERNAL_THREAD_H */
