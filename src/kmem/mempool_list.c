/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool_list.c - all pools: their registry and settings
 *
 * A pool is on the list from init to exit, wherever its struct lives. Readers
 * pin it by its serial for the length of a request, as with caches.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "internal.h"
#include "util/text.h"

static pthread_mutex_t pool_list_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_unpinned = PTHREAD_COND_INITIALIZER;

/* LOCK_POOLS. A serial is the count of pools made, and the slot. */
static struct mempool *pool_first, *pool_last;
static struct slot_set pool_slots;
static struct mempool *pool_of_slot[MAX_POOLS];
static struct kmem_changes pool_changes;

_Static_assert(MAX_POOLS <= MAX_CACHES, "a slot set is large enough");

/* ---- the list ---- */

/* The oldest comes first; serials ascend along the list. */
int pool_list(mempool_t *pool)
{
	int slot;

	lock(&pool_list_lock, LOCK_POOLS);
	slot = slot_take(&pool_slots);
	if (slot >= 0) {
		pool->slot = (unsigned int)slot;
		pool->serial = ++pool_changes.made * MAX_POOLS + pool->slot;
		pool_of_slot[slot] = pool;
		if (!*pool->cold->name)
			text_format(pool->cold->name, sizeof(pool->cold->name),
				    "pool-%llu",
				    (unsigned long long)pool_changes.made);
		pool->prev_pool = pool_last;
		if (pool_last)
			pool_last->next_pool = pool;
		else
			pool_first = pool;
		pool_last = pool;
	}
	unlock(&pool_list_lock);
	return slot < 0 ? -ENOSPC : 0;
}

/* The slot gets another pool: all threads' cells for it begin at 0 again. */
static void clear_cells(unsigned int slot)
{
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t) {
		counter_set(t->cell[slot].from_backing, 0);
		counter_set(t->cell[slot].frees, 0);
	}
	unlock(&thread_list_lock);
}

/* ---- watchers ---- */

/*
 * Not held while a watcher is called, so that it may use pools as it likes:
 * mempool_unwatch() waits for the calls instead, and whoever calls finds the
 * watcher still linked when it comes back.
 */
static pthread_mutex_t watchers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t watcher_called = PTHREAD_COND_INITIALIZER;
static struct mempool_watcher *watchers; /* LOCK_WATCHERS */

void mempool_watch(struct mempool_watcher *watcher)
{
	watcher->calls = 0;
	lock(&watchers_lock, LOCK_WATCHERS);
	watcher->next = watchers;
	watchers = watcher;
	unlock(&watchers_lock);
}

void mempool_unwatch(struct mempool_watcher *watcher)
{
	struct mempool_watcher **link;

	lock(&watchers_lock, LOCK_WATCHERS);
	while (watcher->calls)
		pthread_cond_wait(&watcher_called, &watchers_lock);
	link = &watchers;
	while (*link && *link != watcher)
		link = &(*link)->next;
	if (*link)
		*link = watcher->next;
	unlock(&watchers_lock);
}

static void tell_watchers(uint64_t serial)
{
	struct mempool_watcher *w;

	lock(&watchers_lock, LOCK_WATCHERS);
	for (w = watchers; w; w = w->next) {
		w->calls++;
		unlock(&watchers_lock);
		w->gone(w->arg, serial);
		lock(&watchers_lock, LOCK_WATCHERS);
		if (--w->calls == 0)
			pthread_cond_broadcast(&watcher_called);
	}
	unlock(&watchers_lock);
}

/* ---- the end of a pool ---- */

/* Waits until nobody looks at the pool, then forgets it. */
void pool_unlist(mempool_t *pool)
{
	tell_watchers(pool->serial);
	lock(&pool_list_lock, LOCK_POOLS);
	pool->cold->dying = true;
	while (pool->cold->pins)
		pthread_cond_wait(&pool_unpinned, &pool_list_lock);
	if (pool->prev_pool)
		pool->prev_pool->next_pool = pool->next_pool;
	else
		pool_first = pool->next_pool;
	if (pool->next_pool)
		pool->next_pool->prev_pool = pool->prev_pool;
	else
		pool_last = pool->prev_pool;
	pool_of_slot[pool->slot] = NULL;
	pool_changes.gone++;
	clear_cells(pool->slot);
	slot_put(&pool_slots, pool->slot);
	unlock(&pool_list_lock);
}

/* What it is called may change; @ret_info is copied into. */
void pool_names(const mempool_t *pool, struct kmem_mempool_info *ret_info)
{
	lock(&pool_list_lock, LOCK_POOLS);
	text_copy(ret_info->name, sizeof(ret_info->name), pool->cold->name);
	text_copy(ret_info->owner, sizeof(ret_info->owner), pool->cold->owner);
	unlock(&pool_list_lock);
}

size_t mempool_serials(uint64_t *serials, size_t room)
{
	size_t n = 0;

	lock(&pool_list_lock, LOCK_POOLS);
	for (mempool_t *pool = pool_first; pool; pool = pool->next_pool) {
		if (pool->cold->dying)
			continue;
		if (n < room)
			serials[n] = pool->serial;
		n++;
	}
	unlock(&pool_list_lock);
	return n;
}

void mempool_changes(struct kmem_changes *ret_changes)
{
	lock(&pool_list_lock, LOCK_POOLS);
	*ret_changes = pool_changes;
	unlock(&pool_list_lock);
}

mempool_t *mempool_pin(uint64_t serial)
{
	mempool_t *pool;

	lock(&pool_list_lock, LOCK_POOLS);
	pool = pool_of_slot[serial % MAX_POOLS];
	if (pool && pool->serial == serial && !pool->cold->dying)
		pool->cold->pins++;
	else
		pool = NULL;
	unlock(&pool_list_lock);
	return pool;
}

/*
 * Under the pool's lock: does anybody wait for elements, or have some, or is
 * getting one? The last is only known of a careful pool.
 */
bool pool_in_use(mempool_t *pool)
{
	lock_assert_held(&pool->lock);
	return pool->waiters || pool->cold->pending || pool_active(pool);
}

static bool is_busy(mempool_t *pool)
{
	bool busy;

	pool_lock(pool);
	busy = pool_in_use(pool);
	pool_unlock(pool);
	return busy;
}

void mempool_unpin(mempool_t *pool)
{
	lock(&pool_list_lock, LOCK_POOLS);
	if (--pool->cold->pins == 0 &&
	    (pool->cold->dying || pool->cold->awaited)) {
		pool->cold->dying |= !is_busy(pool);
		pthread_cond_broadcast(&pool_unpinned);
	}
	unlock(&pool_list_lock);
}

uint64_t mempool_serial(const mempool_t *pool)
{
	return pool->serial;
}

uint64_t mempool_find(const char *name)
{
	uint64_t serial = 0;

	lock(&pool_list_lock, LOCK_POOLS);
	for (mempool_t *pool = pool_first; pool && !serial;
	     pool = pool->next_pool)
		if (!pool->cold->dying && strcmp(pool->cold->name, name) == 0)
			serial = pool->serial;
	unlock(&pool_list_lock);
	return serial;
}

/* The next pool with waiters behind @serial, pinned; serials ascend. */
static mempool_t *next_waiting(uint64_t serial)
{
	mempool_t *pool;

	lock(&pool_list_lock, LOCK_POOLS);
	for (pool = pool_first; pool; pool = pool->next_pool)
		if (pool->serial > serial && !pool->cold->dying &&
		    counter_read(pool->waiters))
			break;
	if (pool)
		pool->cold->pins++;
	unlock(&pool_list_lock);
	return pool;
}

/* Lets every pool's oldest request try again; see wait_retry(). */
static void retry_all(bool timed)
{
	uint64_t serial = 0;
	mempool_t *pool;

	while ((pool = next_waiting(serial))) {
		serial = pool->serial;
		pool_kick(pool, timed);
		mempool_unpin(pool);
	}
}

void pools_init(void)
{
	wait_set_retry(retry_all);
}

/* Forgets all pools; what they were made of goes with the arena. */
void pools_exit(void)
{
	wait_set_retry(NULL);
	lock(&pool_list_lock, LOCK_POOLS);
	pool_first = NULL;
	pool_last = NULL;
	memset(pool_of_slot, 0, sizeof(pool_of_slot));
	memset(&pool_slots, 0, sizeof(pool_slots));
	unlock(&pool_list_lock);
}

/* ---- fork ---- */

/* Nobody waits in the child: those who did are the parent's. */
static void forget_waiters(mempool_t *pool)
{
	pool->first = NULL;
	pool->last = NULL;
	pool->waiters = 0;
	pool->cold->pins = 0;
	pool->cold->awaited = 0;
	pool->cold->resizing = 0;
	pool->cold->pending = 0;
}

void pools_fork(enum fork_step step)
{
	if (step == FORK_PREPARE) {
		fork_mutex(&watchers_lock, step);
		fork_mutex(&pool_list_lock, step);
	}
	for (mempool_t *pool = pool_first; pool && fork_inherits();
	     pool = pool->next_pool) {
		if (step == FORK_CHILD)
			forget_waiters(pool);
		fork_mutex(&pool->lock, step);
	}
	if (step == FORK_CHILD || step == FORK_ORPHAN) {
		/* Who watches does it for the parent. */
		watchers = NULL;
		pthread_cond_init(&watcher_called, NULL);
		pthread_cond_init(&pool_unpinned, NULL);
	}
	if (step != FORK_PREPARE) {
		fork_mutex(&pool_list_lock, step);
		fork_mutex(&watchers_lock, step);
	}
	if (step == FORK_ORPHAN)
		pools_exit();
}

/* ---- threads ---- */

/* The thread is ending; its counts stay. */
void pool_thread_exit(struct thread *t)
{
	lock(&pool_list_lock, LOCK_POOLS);
	for (mempool_t *pool = pool_first; pool; pool = pool->next_pool)
		pool_fold(pool, &t->cell[pool->slot]);
	unlock(&pool_list_lock);
}

/* ---- the backing by name ---- */

static const struct {
	mempool_alloc_t *alloc;
	mempool_free_t *free;
} pairs[] = {
	[KMEM_MEMPOOL_SLAB] = { mempool_alloc_slab, mempool_free_slab },
	[KMEM_MEMPOOL_KMALLOC] = { mempool_kmalloc, mempool_kfree },
	[KMEM_MEMPOOL_PAGES] = { mempool_alloc_pages, mempool_free_pages },
	[KMEM_MEMPOOL_KVMALLOC] = { mempool_kvmalloc, mempool_kvfree },
};

enum kmem_mempool_kind pool_kind_of(const mempool_t *pool)
{
	for (unsigned int i = 1; i < ARRAY_SIZE(pairs); i++)
		if (pool->alloc == pairs[i].alloc &&
		    pool->free == pairs[i].free)
			return (enum kmem_mempool_kind)i;
	return KMEM_MEMPOOL_CUSTOM;
}

/*
 * The inverse of resolve(), for those who ask what the backing is. They do not
 * look at it themselves, as a cache may go when the pool has moved off it; its
 * objects' size stays while elements of it are in the pool.
 */
void pool_describe(mempool_t *pool)
{
	struct mempool_cold *cold = pool->cold;
	enum kmem_mempool_kind kind = pool_kind_of(pool);
	uint64_t backing = (uint64_t)pool->pool_data, size = backing;

	if (kind == KMEM_MEMPOOL_SLAB) {
		backing = kmem_cache_serial(pool->pool_data);
		size = kmem_cache_size(pool->pool_data);
	} else if (kind == KMEM_MEMPOOL_PAGES) {
		size = KMEM_PAGE_SIZE << backing;
	} else if (kind == KMEM_MEMPOOL_CUSTOM) {
		backing = size = 0;
	}
	counter_set(cold->kind, kind);
	counter_set(cold->backing, backing);
	counter_set(cold->element_size, size);
}

/* The cache is pinned; see let_go(). */
static int resolve_cache(uint64_t serial, void **ret_data)
{
	struct kmem_cache *s = kmem_cache_pin(serial);

	if (!s)
		return -ENOENT;
	/* A constructed state would not survive the reserve. */
	if (s->spec.ctor_kind != KMEM_CTOR_NONE) {
		kmem_cache_unpin(s);
		return -EINVAL;
	}
	*ret_data = s;
	return 0;
}

/*
 * From what a person names to what a pool calls. A cache stays until let_go(),
 * which may be called when elements of it are in the reserve: they keep it.
 */
static int resolve(enum kmem_mempool_kind kind, uint64_t backing,
		   struct pool_backing *ret_backing)
{
	void *data = (void *)backing;
	int err = -EINVAL;

	switch (kind) {
	case KMEM_MEMPOOL_SLAB:
		err = resolve_cache(backing, &data);
		break;
	case KMEM_MEMPOOL_KMALLOC:
		if (backing >= 1 && backing <= KMALLOC_MAX_SIZE)
			err = 0;
		break;
	case KMEM_MEMPOOL_PAGES:
		if (backing <= KMEM_MAX_ORDER)
			err = 0;
		break;
	case KMEM_MEMPOOL_KVMALLOC:
		if (backing >= 1 && backing <= INT_MAX)
			err = 0;
		break;
	default:
		break;
	}
	if (!err)
		*ret_backing = (struct pool_backing){ pairs[kind].alloc,
						      pairs[kind].free, data,
						      NUMA_NO_NODE };
	return err;
}

static void let_go(const struct pool_backing *b)
{
	if (b->alloc == mempool_alloc_slab)
		kmem_cache_unpin(b->data);
}

int mempool_new(const char *name, const char *owner, int min_nr,
		enum kmem_mempool_kind kind, uint64_t backing,
		mempool_t **ret_pool)
{
	const struct pool_maker maker = { .owner = owner, .name = name };
	struct pool_backing b;
	int err;

	if (!*name || strlen(name) > KMEM_NAME_MAX || min_nr < 0 ||
	    min_nr > MEMPOOL_MAX_NR)
		return -EINVAL;
	err = resolve(kind, backing, &b);
	if (err)
		return err;
	err = pool_create(&maker, min_nr, &b, GFP_KERNEL, ret_pool);
	let_go(&b);
	return err;
}

/* Under the lock of an idle pool: @b and @slots become its, and vice versa. */
static void exchange(mempool_t *pool, struct pool_backing *b, void ***slots,
		     int *nr)
{
	struct pool_backing old = { pool->alloc, pool->free, pool->pool_data,
				    NUMA_NO_NODE };
	bool watched = pool->cold->watched;
	void **old_slots = pool->elements;
	int old_nr = pool->curr_nr;

	pool_watch(pool, KMEM_MEMPOOL_CUSTOM);
	pool->alloc = b->alloc;
	pool->free = b->free;
	pool->pool_data = b->data;
	pool_describe(pool);
	pool->elements = *slots;
	counter_set(pool->curr_nr, *nr);
	counter_set(pool->cold->low, *nr);
	pool_watch(pool, watched ? pool_watchable(pool) : KMEM_MEMPOOL_CUSTOM);
	*b = old;
	*slots = old_slots;
	*nr = old_nr;
}

/* A reserve of @nr elements; what is missing in the end was not to be had. */
static int fill_slots(const struct pool_backing *b, void **slots, int nr)
{
	int made = 0;

	while (made < nr && (slots[made] = b->alloc(GFP_KERNEL, b->data)))
		made++;
	return made;
}

/*
 * The new reserve is made before the old one goes, in an array of its own, and
 * the two are exchanged at one moment; what is left over then is freed. The
 * caller's first look spared the new backing the trouble, this one decides.
 */
static int move_to(mempool_t *pool, struct pool_backing b)
{
	int nr = pool_capacity(pool), made, err = 0;
	size_t bytes = (size_t)nr * sizeof(void *);
	void **slots = kmem_meta_alloc(bytes);

	if (!slots)
		return -ENOMEM;
	made = fill_slots(&b, slots, nr);
	pool_lock(pool);
	if (pool_in_use(pool) || pool->cold->resizing ||
	    nr != pool_capacity(pool))
		err = -EBUSY;
	else if (made < nr)
		err = -ENOMEM;
	else
		exchange(pool, &b, &slots, &made);
	pool_unlock(pool);
	while (made > 0)
		b.free(slots[--made], b.data);
	kmem_meta_free(slots, bytes);
	return err;
}

int mempool_rebase(mempool_t *pool, enum kmem_mempool_kind kind,
		   uint64_t backing)
{
	struct pool_backing b;
	int err = resolve(kind, backing, &b);

	if (err)
		return err;
	err = is_busy(pool) ? -EBUSY : move_to(pool, b);
	let_go(&b);
	return err;
}

/*
 * Who has the pool pinned may be about to take an element: what counts is
 * whether it is in use when nobody has, and then nobody may pin it any more. But
 * not before, as whoever is told that it is gone forgets what he has of it. The
 * last who leaves decides (mempool_unpin()): by the time that we were awake,
 * others would have come.
 */
int mempool_remove(mempool_t *pool)
{
	bool busy = false;

	lock(&pool_list_lock, LOCK_POOLS);
	counter_add(pool->cold->awaited, 1);
	while (!pool->cold->dying && !(busy = is_busy(pool)) &&
	       pool->cold->pins)
		pthread_cond_wait(&pool_unpinned, &pool_list_lock);
	counter_sub(pool->cold->awaited, 1);
	pool->cold->dying = !busy;
	unlock(&pool_list_lock);
	if (busy)
		return -EBUSY;
	mempool_destroy(pool);
	return 0;
}

/* ---- settings ---- */

int mempool_set_name(mempool_t *pool, const char *name)
{
	if (!*name || strlen(name) > KMEM_NAME_MAX)
		return -EINVAL;
	lock(&pool_list_lock, LOCK_POOLS);
	text_copy(pool->cold->name, sizeof(pool->cold->name), name);
	pool_changes.named++;
	unlock(&pool_list_lock);
	return 0;
}

void mempool_set_exact(mempool_t *pool, bool exact)
{
	pool_lock(pool);
	pool->cold->exact = exact;
	pool_set_careful(pool);
	pool_unlock(pool);
}

/* What is asked of the backing meanwhile goes on being pending. */
void mempool_set_limit(mempool_t *pool, uint64_t limit)
{
	uint64_t old;

	pool_lock(pool);
	old = pool->cold->limit;
	counter_set(pool->cold->limit, limit);
	pool_set_careful(pool);
	pool_unlock(pool);
	if (limit > old)
		pool_kick(pool, false);
}
