/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool.h - pools with a guaranteed reserve
 *
 * A pool wraps an allocator and sets min_nr elements aside. mempool_alloc()
 * asks the allocator first and takes from the reserve when that fails; who may
 * sleep waits until an element is returned.
 *
 * The guarantee: with min_nr elements and tasks that hold at most one element
 * each and always return it, every mempool_alloc(GFP_KERNEL) returns, whatever
 * the backing allocator does.
 *
 * Waiters are served in order. A freed element goes to the oldest waiter; who
 * comes later tries the backing, never the reserve, while somebody waits.
 */
#ifndef KMEM_MEMPOOL_H
#define KMEM_MEMPOOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/gfp.h>
#include <kmem/kmem.h>
#include <kmem/slab.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define MEMPOOL_MAX_NR 524288

typedef void *(mempool_alloc_t)(gfp_t gfp, void *pool_data);
typedef void(mempool_free_t)(void *element, void *pool_data);

struct mempool_request;

/**
 * struct mempool - a pool; may be embedded in the caller's own structs
 * @min_nr: guaranteed elements; readable
 * @curr_nr: elements in the reserve; readable
 * @pool_data: handed to @alloc and @free; readable
 * @alloc: the backing's allocator
 * @free: the backing's free
 * @take: private, as are all that follow. The threads' record from which the
 *	backing serves, where that is known and nothing more has to be done; else 0
 * @give: the record to which the backing takes back, likewise
 * @slot: index of the pool's counters in each thread's block
 * @careful: each alloc and free must come by the lock (exact, limited, watched)
 * @lock: protects the fields above and below and is never held while a callback
 *	runs
 * @elements: the reserve, a stack of max(1, min_nr) slots; NULL: no pool
 * @first: the oldest request that waits
 * @last: the newest
 * @waiters: how many wait
 * @serial: identity in the registry, never used twice
 * @next_pool: registry of all pools
 * @prev_pool: the same
 * @cold: name, statistics and the like, see mempool.c
 */
typedef struct mempool {
	int min_nr;
	int curr_nr;
	void *pool_data;
	mempool_alloc_t *alloc;
	mempool_free_t *free;
	unsigned int take;
	unsigned int give;
	unsigned int slot;
	unsigned int careful;

	pthread_mutex_t lock;
	void **elements;
	struct mempool_request *first;
	struct mempool_request *last;
	unsigned int waiters;
	uint64_t serial;
	struct mempool *next_pool;
	struct mempool *prev_pool;
	struct mempool_cold *cold;
} mempool_t;

/**
 * struct mempool_request - elements wanted, by a thread or by a callback
 * @nr: how many, all at once or not at all
 * @gfp: as for mempool_alloc()
 * @elements: room for @nr, filled on success
 * @done: called once when a queued request ends, with 0, -ENOMEM (min_nr fell
 *	below @nr) or -ENODEV (the pool is gone), by whichever thread ended
 *	it, with none of the library's locks held. It may use the pool but not
 *	destroy it. The request is the caller's again from then on.
 * @arg: the caller's
 * @next: private, as are all that follow
 */
struct mempool_request {
	unsigned int nr;
	gfp_t gfp;
	void **elements;
	void (*done)(struct mempool_request *request, int error);
	void *arg;

	struct mempool_request *next;
	struct mempool_request *prev;
	uint64_t since_ns;
	uint64_t ticket;
	uint32_t state;
};

/**
 * mempool_create() - a pool of @min_nr elements
 * @min_nr: 0..524288; 0 keeps one element, as the kernel does
 * @alloc_fn: gives an element or NULL; called without locks
 * @free_fn: takes an element back; called without locks
 * @pool_data: handed to both
 *
 * Each of these, and of the constructors at the end of this file, is a function
 * and a macro of the same name. The macro passes on which function calls, and
 * the pool is named after it.
 *
 * Context: may sleep; calls @alloc_fn max(1, min_nr) times with GFP_KERNEL.
 * Return: the pool, or NULL with everything rolled back (a negative min_nr
 * is reported).
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data);

/**
 * mempool_create_node() - the same with a mask
 * @gfp: for the elements of the reserve, handed to @alloc_fn as it is
 * @node: that the reserve is filled from at first, if the elements come from a
 *	cache, from kmalloc() or are pages; the kernel places the pool itself
 *	there, which is outside all nodes here
 *
 * Context: as @gfp says. Return: as mempool_create().
 */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node);

/**
 * mempool_create_from() - what the macros call
 * @function: the pool's name in the mount is OWNER:FUNCTION, with the owner as
 *	kmem_set_owner() has it, the program or a module; NULL: it is pool-N
 */
mempool_t *mempool_create_from(const char *function, int min_nr,
			       mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node);

/**
 * mempool_destroy() - free the reserve and the pool; NULL is a no-op
 *
 * Elements that users hold are theirs. Requests that wait end with -ENODEV.
 */
void mempool_destroy(mempool_t *pool);

/**
 * mempool_init() - the same in the caller's memory
 * @pool: need not be cleared before (the kernel's must)
 *
 * Return: 0, -ENOMEM, -EINVAL (min_nr).
 */
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data);
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp,
		      int node);
int mempool_init_from(const char *function, mempool_t *pool, int min_nr,
		      mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
		      void *pool_data, gfp_t gfp, int node);

/* clang-format off */
#define mempool_create(min_nr, alloc_fn, free_fn, pool_data)                   \
	mempool_create_from(__func__, min_nr, alloc_fn, free_fn, pool_data,    \
			    GFP_KERNEL, NUMA_NO_NODE)
#define mempool_create_node(min_nr, alloc_fn, free_fn, pool_data, gfp, node)   \
	mempool_create_from(__func__, min_nr, alloc_fn, free_fn, pool_data,    \
			    gfp, node)
#define mempool_init(pool, min_nr, alloc_fn, free_fn, pool_data)               \
	mempool_init_from(__func__, pool, min_nr, alloc_fn, free_fn,           \
			  pool_data, GFP_KERNEL, NUMA_NO_NODE)
#define mempool_init_node(pool, min_nr, alloc_fn, free_fn, pool_data, gfp,     \
			  node)                                                \
	mempool_init_from(__func__, pool, min_nr, alloc_fn, free_fn,           \
			  pool_data, gfp, node)
/* clang-format on */

/**
 * mempool_exit() - undo mempool_init(); harmless on a zeroed pool and twice
 */
void mempool_exit(mempool_t *pool);

/**
 * mempool_set_name() - the pool's name in the mount
 * @name: 1..127 bytes; the mount shows what it forbids in names as _ or !
 *
 * Return: 0, -EINVAL (empty or longer than 127 bytes).
 */
int mempool_set_name(mempool_t *pool, const char *name);

/**
 * mempool_resize() - change the guarantee
 * @new_min_nr: 1..524288
 *
 * Shrinking frees the surplus; requests for more than @new_min_nr end with
 * -ENOMEM. Growth that the backing cannot fill succeeds with fewer elements
 * in the reserve, and later frees fill it; new elements wake waiters.
 * Context: may sleep. Return: 0, -ENOMEM (slot array; nothing changed),
 * -EINVAL (reported; the kernel crashes).
 */
int mempool_resize(mempool_t *pool, int new_min_nr);

/**
 * mempool_alloc() - take one element
 * @gfp: without __GFP_ZERO (elements of the reserve are not cleared)
 *
 * Return: the element. NULL only when @gfp lacks __GFP_DIRECT_RECLAIM, or the
 * pool was ended meanwhile.
 * Context: with it, may sleep until an element is returned; retries the
 * backing every 5 s meanwhile. No lock while the backing succeeds.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp)
	__attribute__((warn_unused_result));

/**
 * mempool_alloc_bulk() - take @count elements, GFP_KERNEL
 * @count: at most min_nr; more is reported and may wait for ever
 *
 * All at once: what the backing gave goes back there when the reserve cannot
 * add the rest (the kernel holds on to it while it waits for more).
 *
 * Return: 0; -ENODEV when the pool was ended meanwhile.
 */
int mempool_alloc_bulk(mempool_t *pool, void **elements, unsigned int count);

/**
 * mempool_alloc_preallocated() - take one element of the reserve
 *
 * Return: NULL when there is none, or while others wait for one.
 */
void *mempool_alloc_preallocated(mempool_t *pool)
	__attribute__((warn_unused_result));

/**
 * mempool_alloc_noreserve() - ask the backing alone, with @gfp as it is
 */
void *mempool_alloc_noreserve(mempool_t *pool, gfp_t gfp)
	__attribute__((warn_unused_result));

/**
 * mempool_free() - return an element; NULL is a no-op
 *
 * Fills the reserve first, then goes to free_fn.
 */
void mempool_free(void *element, mempool_t *pool);

/**
 * mempool_free_bulk() - return elements to the reserve
 *
 * Return: how many of the first ones it took. The rest has left the pool and
 * goes back to the backing by the caller's own hand, not by mempool_free().
 */
unsigned int mempool_free_bulk(mempool_t *pool, void **elements,
			       unsigned int count);

/**
 * mempool_initialized() - is it between init and exit?
 */
bool mempool_initialized(const mempool_t *pool);

/**
 * mempool_is_saturated() - is the reserve full? Unlocked: true a moment ago.
 */
bool mempool_is_saturated(const mempool_t *pool);

/**
 * mempool_submit() - ask for elements without ever sleeping
 * @request: nr, gfp, elements and done set
 *
 * Both rounds of mempool_alloc(); what cannot be served and may wait is queued
 * and ends by request->done(). No other request ends inside this call.
 * Return: 0, served, done is not called; -EINPROGRESS, queued; -EAGAIN, must
 * wait but done is NULL; -ENOMEM, @gfp may not wait or nr > min_nr; -EINVAL,
 * nr 0.
 */
int mempool_submit(mempool_t *pool, struct mempool_request *request);

/**
 * mempool_cancel() - take a queued request back
 *
 * Return: true: it was queued and done() will not be called. false: it has
 * ended, or is ending, through done().
 */
bool mempool_cancel(mempool_t *pool, struct mempool_request *request);

/* The kernel's pairs of functions; pool_data is in the comment. */
void *mempool_alloc_slab(gfp_t gfp, void *pool_data); /* struct kmem_cache * */
void mempool_free_slab(void *element, void *pool_data);
void *mempool_kmalloc(gfp_t gfp, void *pool_data); /* size as integer */
void mempool_kfree(void *element, void *pool_data);
void *mempool_alloc_pages(gfp_t gfp, void *pool_data); /* order as integer */
void mempool_free_pages(void *element, void *pool_data); /* struct page * */
void *mempool_kvmalloc(gfp_t gfp, void *pool_data); /* size as integer */
void mempool_kvfree(void *element, void *pool_data);

/* ---- constructors for these pairs ---------------------------------------- */

static inline void *mempool_slab_data(struct kmem_cache *s)
{
	return s;
}

/* clang-format off */
#define mempool_create_slab_pool(min_nr, s)                                    \
	mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab,          \
		       mempool_slab_data(s))
#define mempool_init_slab_pool(pool, min_nr, s)                                \
	mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab,      \
		     mempool_slab_data(s))
#define mempool_create_kmalloc_pool(min_nr, size)                              \
	mempool_create(min_nr, mempool_kmalloc, mempool_kfree,                 \
		       (void *)(size_t)(size))
#define mempool_init_kmalloc_pool(pool, min_nr, size)                          \
	mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree,             \
		     (void *)(size_t)(size))
#define mempool_create_page_pool(min_nr, order)                                \
	mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages,        \
		       (void *)(size_t)(order))
#define mempool_init_page_pool(pool, min_nr, order)                            \
	mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages,    \
		     (void *)(size_t)(order))
#define mempool_create_kvmalloc_pool(min_nr, size)                             \
	mempool_create(min_nr, mempool_kvmalloc, mempool_kvfree,               \
		       (void *)(size_t)(size))
#define mempool_init_kvmalloc_pool(pool, min_nr, size)                         \
	mempool_init(pool, min_nr, mempool_kvmalloc, mempool_kvfree,           \
		     (void *)(size_t)(size))
/* clang-format on */

static inline mempool_t *(mempool_create_slab_pool)(int min_nr,
						    struct kmem_cache *s)
{
	return (mempool_create)(min_nr, mempool_alloc_slab, mempool_free_slab,
				s);
}

static inline int(mempool_init_slab_pool)(mempool_t *pool, int min_nr,
					  struct kmem_cache *s)
{
	return (mempool_init)(pool, min_nr, mempool_alloc_slab,
			      mempool_free_slab, s);
}

static inline mempool_t *(mempool_create_kmalloc_pool)(int min_nr, size_t size)
{
	return (mempool_create)(min_nr, mempool_kmalloc, mempool_kfree,
				(void *)size);
}

static inline int(mempool_init_kmalloc_pool)(mempool_t *pool, int min_nr,
					     size_t size)
{
	return (mempool_init)(pool, min_nr, mempool_kmalloc, mempool_kfree,
			      (void *)size);
}

static inline mempool_t *(mempool_create_page_pool)(int min_nr, int order)
{
	return (mempool_create)(min_nr, mempool_alloc_pages, mempool_free_pages,
				(void *)(size_t)order);
}

static inline int(mempool_init_page_pool)(mempool_t *pool, int min_nr,
					  int order)
{
	return (mempool_init)(pool, min_nr, mempool_alloc_pages,
			      mempool_free_pages, (void *)(size_t)order);
}

static inline mempool_t *(mempool_create_kvmalloc_pool)(int min_nr, size_t size)
{
	return (mempool_create)(min_nr, mempool_kvmalloc, mempool_kvfree,
				(void *)size);
}

static inline int(mempool_init_kvmalloc_pool)(mempool_t *pool, int min_nr,
					      size_t size)
{
	return (mempool_init)(pool, min_nr, mempool_kvmalloc, mempool_kvfree,
			      (void *)size);
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_MEMPOOL_H */
