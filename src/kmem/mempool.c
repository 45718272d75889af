/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool.c - pools: the reserve, the backing, and the way between them
 *
 * Terms
 *   backing   the allocator behind the pool, two functions of the user's.
 *   reserve   curr_nr elements set aside, a stack of max(1, min_nr) slots.
 *   request   a wish for nr elements, all or none (mempool_queue.c).
 *
 * An allocation asks the backing lightly (no reclaim, no I/O), then takes from
 * the reserve, then asks the backing with its full mask, looks at the reserve
 * once more, and then waits if it may. A free fills the reserve before it
 * bothers the backing. So the reserve is touched only when the backing fails,
 * and then it is the first thing to be repaired.
 *
 * Why a waiter is always woken: it queued under the lock when the reserve had
 * too few elements for it, so curr_nr < min_nr then. Whoever frees an element
 * that came from the reserve finds curr_nr < min_nr too, takes the lock, adds
 * it and serves the queue before letting go. The unlocked test in
 * mempool_free() is safe because the element was handed to the freeing thread
 * in some orderly way, which carries the pop that produced it along: the test
 * reads that value of curr_nr or a later one.
 *
 * Where it differs from the kernel: elements go to waiters in the order in
 * which these came, and nobody overtakes. Who waits for several holds none
 * meanwhile; the kernel's bulk requests keep what the backing gave, so that two
 * of them may have between them what would serve one. Growth wakes waiters.
 * Pools have names. Init does not need a cleared struct; a negative or zero
 * min_nr where it makes no sense is reported and refused.
 *
 * The slots of the reserve and everything cold come from the metadata region.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

/* ---- the reserve, under the pool's lock ---- */

void *pool_pop(mempool_t *pool)
{
	lock_assert_held(&pool->lock);
	counter_set(pool->curr_nr, pool->curr_nr - 1);
	if (pool->curr_nr < pool->cold->low)
		counter_set(pool->cold->low, pool->curr_nr);
	if (unlikely(pool->cold->watched))
		pool_unpoison(pool, pool->elements[pool->curr_nr]);
	return pool->elements[pool->curr_nr];
}

void pool_push(mempool_t *pool, void *element)
{
	lock_assert_held(&pool->lock);
	if (unlikely(pool->cold->watched))
		pool_poison(pool, element);
	pool->elements[pool->curr_nr] = element;
	counter_set(pool->curr_nr, pool->curr_nr + 1);
}

/* ---- counting ---- */

/* Elements that the backing gave are counted, or on their way back. */
static void pool_unpend(mempool_t *pool, unsigned int nr)
{
	struct mempool_cold *cold = pool->cold;

	/* A limit that was set in between began with nothing pending. */
	cold->pending -= MIN(cold->pending, nr);
}

/* Elements that the backing gave; the words are the thread's own. */
static inline void count_out(mempool_t *pool, unsigned int nr)
{
	struct thread *t = thread_self;

	if (likely(t != NULL) || (t = thread_get()))
		counter_add(t->cell[pool->slot].from_backing, nr);
}

static inline void count_in(mempool_t *pool, unsigned int nr)
{
	struct thread *t = thread_self;

	if (likely(t != NULL) || (t = thread_get()))
		counter_add(t->cell[pool->slot].frees, nr);
}

/*
 * Elements were handed out, of which @backing came from the backing; the others
 * are counted where they leave the reserve. Under the pool's lock, where a
 * careful pool looks at the sum.
 */
void pool_count_out(mempool_t *pool, unsigned int backing)
{
	uint64_t active;

	lock_assert_held(&pool->lock);
	if (backing)
		count_out(pool, backing);
	if (pool->careful) {
		pool_unpend(pool, backing);
		active = pool_active(pool);
		if (active > pool->cold->peak)
			counter_set(pool->cold->peak, active);
	}
}

/* ---- the backing, without locks ---- */

/* Whether a limited pool may ask for @nr more; takes them as granted. */
static bool take_quota(mempool_t *pool, unsigned int nr)
{
	struct mempool_cold *cold = pool->cold;
	uint64_t used;
	bool ok = true;

	pool_lock(pool);
	if (cold->limit != KMEM_NO_LIMIT) {
		used = pool_active(pool) + cold->pending;
		ok = used <= cold->limit && nr <= cold->limit - used;
	}
	if (ok)
		cold->pending += nr;
	pool_unlock(pool);
	return ok;
}

static void drop_quota(mempool_t *pool, unsigned int nr)
{
	pool_lock(pool);
	pool_unpend(pool, nr);
	pool_unlock(pool);
}

/*
 * Up to @nr elements of the backing, to be counted with pool_count_out() or
 * returned with pool_put_back().
 */
unsigned int pool_ask_backing(mempool_t *pool, gfp_t gfp, unsigned int nr,
			      void **elements)
{
	bool careful = counter_read(pool->careful);
	unsigned int n = 0;

	if (unlikely(careful) && !take_quota(pool, nr))
		return 0;
	while (n < nr && (elements[n] = pool->alloc(gfp, pool->pool_data)))
		n++;
	if (unlikely(careful) && n < nr)
		drop_quota(pool, nr - n);
	if (unlikely(counter_read(pool->cold->watched)))
		for (unsigned int i = 0; i < n; i++)
			pool_mark_out(pool, elements[i]);
	return n;
}

/* ---- the shortcut ---- */

/* Masks that a cache's parked objects do not answer, or not those of kmalloc. */
#define NO_SHORTCUT (__GFP_ZERO | __GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT)

/*
 * Where elements of the backing lie ready in the calling thread: those of a
 * cache whose objects need nothing done to them. A pool with such a backing
 * takes from there by itself, and spares the calls. What kmalloc() gave need
 * not go back to the cache that the pool takes from.
 */
static void set_shortcut(mempool_t *pool)
{
	struct kmem_cache *s = NULL;
	bool both = false;

	if (pool->alloc == mempool_alloc_slab) {
		s = pool->pool_data;
		both = pool->free == mempool_free_slab;
	} else if (pool->alloc == mempool_kmalloc) {
		s = kmalloc_cache((size_t)pool->pool_data);
	}
	if (pool->careful || !s || counter_read(s->on_free) ||
	    counter_read(s->always) & __GFP_ZERO)
		s = NULL;
	counter_set(pool->take, s ? s->slot : 0);
	counter_set(pool->give, s && both ? s->slot : 0);
}

/* Whether each alloc and free must come by the lock, and be looked at. */
void pool_set_careful(mempool_t *pool)
{
	const struct mempool_cold *cold = pool->cold;

	counter_set(pool->careful, cold->exact || cold->watched ||
					   cold->limit != KMEM_NO_LIMIT);
	if (!pool->careful)
		pool->cold->pending = 0;
	set_shortcut(pool);
}

/* ---- giving to the reserve ---- */

/* Whether a returned element may go into the reserve; counts it then. */
static bool take_back(mempool_t *pool, void *element)
{
	if (unlikely(pool->cold->watched) && !pool_may_return(pool, element))
		return false;
	count_in(pool, 1);
	pool_count(pool, KMEM_MEMPOOL_STAT_refills, 1);
	return true;
}

/*
 * As many as it has room for; waiters get them at once. Return: how many are no
 * longer the caller's, with those that were refused.
 */
static unsigned int refill(mempool_t *pool, void **elements, unsigned int nr,
			   bool returned)
{
	struct pool_ended ended;
	unsigned int n = 0;

	pool_ended_init(&ended);
	pool_lock(pool);
	while (n < nr && pool->curr_nr < pool_capacity(pool)) {
		void *element = elements[n++];

		if (returned && !take_back(pool, element))
			continue;
		pool_push(pool, element);
		pool_serve(pool, &ended);
	}
	pool_unlock(pool);
	pool_ended_run(&ended, 0);
	return n;
}

/*
 * What the backing gave for a request that cannot use it goes back there, not
 * into the reserve: that could end another's request, and who submits one may
 * hold locks which that other's callback needs.
 */
void pool_put_back(mempool_t *pool, void **elements, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		pool->free(elements[i], pool->pool_data);
	/* The last thing: until then the pool keeps its backing. */
	if (nr && counter_read(pool->careful))
		drop_quota(pool, nr);
}

/* ---- life ---- */

static void *slots_alloc(int nr)
{
	return kmem_meta_alloc((size_t)nr * sizeof(void *));
}

static void slots_free(void **slots, int nr)
{
	kmem_meta_free(slots, (size_t)nr * sizeof(void *));
}

/* To the brim, by init alone: nobody else knows the pool yet. */
static int fill(mempool_t *pool, const struct pool_backing *backing, gfp_t gfp)
{
	while (pool->curr_nr < pool_capacity(pool)) {
		void *element = pair_alloc_first(backing, gfp);

		if (!element)
			return -ENOMEM;
		pool->elements[pool->curr_nr++] = element;
	}
	pool->cold->low = pool->curr_nr;
	return 0;
}

static int check_min_nr(const char *who, int min_nr, int least)
{
	if (min_nr >= least && min_nr <= MEMPOOL_MAX_NR)
		return 0;
	kmem_report("%s: min_nr %d is not in %d..%d", who, min_nr, least,
		    MEMPOOL_MAX_NR);
	return -EINVAL;
}

/*
 * Before it is listed, where others see it; under the name that pool_list()
 * gives it, if nobody else does.
 */
static void set_maker(mempool_t *pool, const struct pool_maker *maker)
{
	struct mempool_cold *cold = pool->cold;

	text_copy(cold->owner, sizeof(cold->owner), maker->owner);
	if (maker->name)
		text_copy(cold->name, sizeof(cold->name), maker->name);
	else if (maker->function)
		text_format(cold->name, sizeof(cold->name), "%s:%s",
			    cold->owner, maker->function);
}

/*
 * Does all of the work; what fails is undone by mempool_exit(), which accepts
 * half a pool.
 */
static int init(mempool_t *pool, const struct pool_maker *maker, int min_nr,
		const struct pool_backing *backing, gfp_t gfp)
{
	int err;

	memset(pool, 0, sizeof(*pool));
	err = check_min_nr("mempool_init", min_nr, 0);
	if (err)
		return err;
	if (!kmem_up())
		return -ENOMEM;
	pool->min_nr = min_nr;
	pool->alloc = backing->alloc;
	pool->free = backing->free;
	pool->pool_data = backing->data;
	pthread_mutex_init(&pool->lock, NULL);
	pool->elements = slots_alloc(pool_capacity(pool));
	pool->cold = kmem_meta_alloc(sizeof(*pool->cold));
	err = pool->elements && pool->cold ? 0 : -ENOMEM;
	if (!err) {
		pool->cold->limit = KMEM_NO_LIMIT;
		set_maker(pool, maker);
		pool_describe(pool);
		err = fill(pool, backing, gfp);
	}
	if (!err)
		pool_watch(pool, kmem.mempool_debug ? pool_watchable(pool)
						    : KMEM_MEMPOOL_CUSTOM);
	if (!err)
		err = pool_list(pool);
	if (err)
		mempool_exit(pool);
	return err;
}

int mempool_init_from(const char *function, mempool_t *pool, int min_nr,
		      mempool_alloc_t *alloc_fn, mempool_free_t *free_fn,
		      void *pool_data, gfp_t gfp, int node)
{
	const struct pool_backing backing = { alloc_fn, free_fn, pool_data,
					      node };
	const struct pool_maker maker = { .owner = owner_name(),
					  .function = function };

	return init(pool, &maker, min_nr, &backing, gfp);
}

/* In parentheses, as these are macros, too. */
int(mempool_init_node)(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		       mempool_free_t *free_fn, void *pool_data, gfp_t gfp,
		       int node)
{
	return mempool_init_from(NULL, pool, min_nr, alloc_fn, free_fn,
				 pool_data, gfp, node);
}

int(mempool_init)(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		  mempool_free_t *free_fn, void *pool_data)
{
	return (mempool_init_node)(pool, min_nr, alloc_fn, free_fn, pool_data,
				   GFP_KERNEL, NUMA_NO_NODE);
}

static void *take_one(mempool_t *pool)
{
	void *element;

	pool_lock(pool);
	element = pool_pop(pool);
	pool_unlock(pool);
	return element;
}

/* Serves init's failure path as well: half a pool is listed nowhere. */
void mempool_exit(mempool_t *pool)
{
	struct pool_ended ended;

	if (!pool->alloc)
		return;
	if (pool->serial) {
		pool_unlist(pool);
		pool_ended_init(&ended);
		pool_lock(pool);
		pool_refuse(pool, 0, &ended);
		pool_unlock(pool);
		pool_ended_run(&ended, -ENODEV);
	}
	while (pool->curr_nr > 0)
		pool->free(take_one(pool), pool->pool_data);
	slots_free(pool->elements, pool_capacity(pool));
	kmem_meta_free(pool->cold, sizeof(*pool->cold));
	pthread_mutex_destroy(&pool->lock);
	memset(pool, 0, sizeof(*pool));
}

/* Where the error matters; @ret_pool is one for mempool_destroy(). */
int pool_create(const struct pool_maker *maker, int min_nr,
		const struct pool_backing *backing, gfp_t gfp,
		mempool_t **ret_pool)
{
	mempool_t *pool = kmem_up() ? kmem_meta_alloc(sizeof(*pool)) : NULL;
	int err;

	if (!pool)
		return -ENOMEM;
	err = init(pool, maker, min_nr, backing, gfp);
	if (err)
		kmem_meta_free(pool, sizeof(*pool));
	else
		*ret_pool = pool;
	return err;
}

mempool_t *mempool_create_from(const char *function, int min_nr,
			       mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int node)
{
	const struct pool_backing backing = { alloc_fn, free_fn, pool_data,
					      node };
	const struct pool_maker maker = { .owner = owner_name(),
					  .function = function };
	mempool_t *pool = NULL;

	pool_create(&maker, min_nr, &backing, gfp, &pool);
	return pool;
}

mempool_t *(mempool_create_node)(int min_nr, mempool_alloc_t *alloc_fn,
				 mempool_free_t *free_fn, void *pool_data,
				 gfp_t gfp, int node)
{
	return mempool_create_from(NULL, min_nr, alloc_fn, free_fn, pool_data,
				   gfp, node);
}

mempool_t *(mempool_create)(int min_nr, mempool_alloc_t *alloc_fn,
			    mempool_free_t *free_fn, void *pool_data)
{
	return (mempool_create_node)(min_nr, alloc_fn, free_fn, pool_data,
				     GFP_KERNEL, NUMA_NO_NODE);
}

void mempool_destroy(mempool_t *pool)
{
	if (!pool)
		return;
	mempool_exit(pool);
	kmem_meta_free(pool, sizeof(*pool));
}

/* ---- alloc and free ---- */

/* @asked: the light round failed already. */
static void *alloc_slow(mempool_t *pool, gfp_t gfp, bool asked)
{
	void *element = NULL;
	struct mempool_request request = {
		.nr = 1,
		.gfp = gfp,
		.elements = &element,
	};
	int err = pool_request(pool, &request, gfpflags_allow_blocking(gfp),
			       asked);

	if (err == -EINPROGRESS)
		err = pool_sleep(pool, &request);
	return err ? NULL : element;
}

/* What cannot be answered at once. */
static __attribute__((noinline)) void *alloc_carefully(mempool_t *pool,
						       gfp_t gfp)
{
	if (unlikely(gfp & __GFP_ZERO)) {
		kmem_report("mempool_alloc: __GFP_ZERO is not for pools");
		gfp &= ~__GFP_ZERO;
	}
	return alloc_slow(pool, gfp | POOL_GFP, false);
}

/* The light round by the backing's function. */
static __attribute__((noinline)) void *alloc_by_call(mempool_t *pool, gfp_t gfp)
{
	void *element;

	if (unlikely(gfp & __GFP_ZERO || counter_read(pool->careful)))
		return alloc_carefully(pool, gfp);
	element = pool->alloc((gfp | POOL_GFP) &
				      ~(__GFP_DIRECT_RECLAIM | __GFP_IO),
			      pool->pool_data);
	if (unlikely(!element))
		return alloc_slow(pool, gfp | POOL_GFP, true);
	count_out(pool, 1);
	return element;
}

/*
 * While the backing gives, this is the shortcut or the backing's call, and a
 * counter; a careful pool goes through its lock at once.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	unsigned int take = counter_read(pool->take);
	struct thread *t = thread_self;
	void *element;

	if (!take || unlikely(!t || gfp & NO_SHORTCUT))
		return alloc_by_call(pool, gfp);
	element = kmem_record_pop(&t->record[take]);
	if (unlikely(!element))
		return alloc_by_call(pool, gfp);
	counter_add(t->cell[pool->slot].from_backing, 1);
	return element;
}

int mempool_alloc_bulk(mempool_t *pool, void **elements, unsigned int count)
{
	struct mempool_request request = {
		.nr = count,
		.gfp = GFP_KERNEL | POOL_GFP,
		.elements = elements,
	};
	int err;

	if (count == 0)
		return 0;
	if (count > (unsigned int)pool_capacity(pool))
		kmem_report("mempool_alloc_bulk: %u elements of a pool of %d",
			    count, pool->min_nr);
	err = pool_request(pool, &request, true, false);
	if (err == -EINPROGRESS)
		err = pool_sleep(pool, &request);
	return err;
}

void *mempool_alloc_preallocated(mempool_t *pool)
{
	void *element = NULL;

	pool_lock(pool);
	if (pool->curr_nr > 0 && !pool->first) {
		element = pool_pop(pool);
		pool_count(pool, KMEM_MEMPOOL_STAT_from_reserve, 1);
		pool_count_out(pool, 0);
	}
	pool_unlock(pool);
	return element;
}

void *mempool_alloc_noreserve(mempool_t *pool, gfp_t gfp)
{
	void *element = NULL;

	if (!pool_ask_backing(pool, gfp, 1, &element))
		return NULL;
	pool_lock(pool);
	pool_count_out(pool, 1);
	pool_unlock(pool);
	return element;
}

unsigned int mempool_free_bulk(mempool_t *pool, void **elements,
			       unsigned int count)
{
	unsigned int n = refill(pool, elements, count, true);

	/* The rest goes to the backing by the caller's hand. */
	count_in(pool, count - n);
	return n;
}

/* For the backing, as the reserve is full. */
static bool may_leave(mempool_t *pool, void *element)
{
	bool may = true;

	if (unlikely(counter_read(pool->cold->watched))) {
		pool_lock(pool);
		may = pool_may_return(pool, element);
		pool_unlock(pool);
	}
	return may;
}

/* Once it is counted as back, the pool may get another backing. */
static __attribute__((noinline)) void free_carefully(mempool_t *pool,
						     void *element)
{
	mempool_free_t *free_fn = pool->free;
	void *data = pool->pool_data;

	if (refill(pool, &element, 1, true) || !may_leave(pool, element))
		return;
	count_in(pool, 1);
	free_fn(element, data);
}

void mempool_free(void *element, mempool_t *pool)
{
	struct thread *t = thread_self;
	unsigned int give;

	if (unlikely(!element))
		return;
	/* Unlocked; see the head of this file for why it is safe. */
	if (unlikely(!t || counter_read(pool->careful) ||
		     counter_read(pool->curr_nr) < pool_capacity(pool))) {
		free_carefully(pool, element);
		return;
	}
	counter_add(t->cell[pool->slot].frees, 1);
	give = counter_read(pool->give);
	if (!give || unlikely(!kmem_record_push(&t->record[give], element)))
		pool->free(element, pool->pool_data);
}

/* ---- resize ---- */

/*
 * The array is exactly as long as min_nr says, so every change exchanges it.
 * The lock is dropped for each surplus element; what holds at the end of that
 * loop holds under the lock.
 */
static int set_slots(mempool_t *pool, int new_min_nr, struct pool_ended *ended)
{
	void **slots = slots_alloc(new_min_nr), **old;
	int old_nr;

	if (!slots)
		return -ENOMEM;
	pool_lock(pool);
	while (pool->curr_nr > new_min_nr) {
		void *element = pool_pop(pool);

		pool_unlock(pool);
		pool->free(element, pool->pool_data);
		pool_lock(pool);
	}
	old_nr = pool_capacity(pool);
	old = pool->elements;
	memcpy(slots, old, (size_t)pool->curr_nr * sizeof(*slots));
	pool->elements = slots;
	counter_set(pool->min_nr, new_min_nr);
	pool_refuse(pool, (unsigned int)new_min_nr + 1, ended);
	/* Who stood behind a refused one may have enough. */
	pool_serve(pool, ended);
	pool_count(pool, KMEM_MEMPOOL_STAT_resizes, 1);
	pool_unlock(pool);
	slots_free(old, old_nr);
	return 0;
}

/* Whatever the backing gives; later frees do the rest. */
static void grow_reserve(mempool_t *pool)
{
	while (counter_read(pool->curr_nr) < pool_capacity(pool)) {
		void *element = pool->alloc(GFP_KERNEL, pool->pool_data);

		if (!element)
			return;
		if (!refill(pool, &element, 1, false)) {
			pool->free(element, pool->pool_data);
			return;
		}
	}
}

/* While it goes on, elements are on their way that no count knows. */
static void mark_resizing(mempool_t *pool, int change)
{
	pool_lock(pool);
	pool->cold->resizing += (unsigned int)change;
	pool_unlock(pool);
}

int mempool_resize(mempool_t *pool, int new_min_nr)
{
	struct pool_ended ended;
	int err = check_min_nr("mempool_resize", new_min_nr, 1);

	if (err)
		return err;
	pool_ended_init(&ended);
	mark_resizing(pool, 1);
	err = set_slots(pool, new_min_nr, &ended);
	pool_ended_run(&ended, -ENOMEM);
	if (!err)
		grow_reserve(pool);
	mark_resizing(pool, -1);
	return err;
}

bool mempool_initialized(const mempool_t *pool)
{
	return pool->elements != NULL;
}

bool mempool_is_saturated(const mempool_t *pool)
{
	return counter_read(pool->curr_nr) >= counter_read(pool->min_nr);
}
