/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal_pool.h - mempools, and waiting
 *
 * A part of internal.h, which includes it; nobody else does.
 */
#ifndef KMEM_INTERNAL_POOL_H
#define KMEM_INTERNAL_POOL_H

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
	unsigned int awaited; /* by how many, that there are no pins */
	bool dying;

	/* the pool's lock for writers, read without */
	uint32_t seq; /* odd while the lock is held */
	enum kmem_mempool_kind kind; /* of the backing; see pool_describe() */
	uint64_t backing;
	size_t element_size;
	bool exact;
	enum kmem_mempool_kind
		watched; /* how its elements are; 0: they are not */
	int low;
	uint64_t limit;
	uint64_t pending; /* asked of the backing, not yet counted */
	unsigned int resizing; /* who may have an element that is not counted */
	uint64_t peak;
	uint64_t tickets;
	uint64_t stat[KMEM_NR_MEMPOOL_STATS];
	uint64_t wait[KMEM_MEMPOOL_WAIT_BUCKETS];

	uint64_t stat_base[KMEM_NR_MEMPOOL_STATS]; /* what "reset" subtracts */
	uint64_t wait_base[KMEM_MEMPOOL_WAIT_BUCKETS];

	/* no lock: most elements out that a look at the pool has found */
	uint64_t seen;

	/* LOCK_THREADS: of threads that ended */
	struct pool_cell folded;
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

/**
 * struct pool_maker - whose a new pool is
 * @owner: the program, a module, the mount
 * @function: where it was made, which gives it its name
 * @name: another name; NULL: none
 */
struct pool_maker {
	const char *owner;
	const char *function;
	const char *name;
};

int pool_create(const struct pool_maker *maker, int min_nr,
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
void pool_names(const mempool_t *pool, struct kmem_mempool_info *ret_info);
enum kmem_mempool_kind pool_kind_of(const mempool_t *pool);
void pool_describe(mempool_t *pool);
bool pool_in_use(mempool_t *pool);
void pools_init(void);
void pools_exit(void);
void pool_thread_exit(struct thread *t);

/* ---- mempool_info.c ------------------------------------------------------- */

/* For whoever changes a pool, or its numbers. */
void pool_lock(mempool_t *pool);
void pool_unlock(mempool_t *pool);
uint64_t pool_active(const mempool_t *pool);
void pool_fold(mempool_t *pool, struct pool_cell *cell);

/* ---- wait.c -------------------------------------------------------------- */

#define WAIT_RETRY_NS (5 * 1000000000ull)

void wait_set_retry(void (*retry)(bool timed));
void wait_retry(void);
bool wait_word(uint32_t *word, uint32_t value, uint64_t timeout_ns);
void wake_word(uint32_t *word);
int ticker_arm(void);
void ticker_disarm(void);
void ticker_stop(void);

#endif /* KMEM_INTERNAL_POOL_H */
