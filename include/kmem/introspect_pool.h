/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * introspect_pool.h - pools: snapshots, backing, limits, statistics
 *
 * A part of introspect.h, which says what it all is for.
 */
#ifndef KMEM_INTROSPECT_POOL_H
#define KMEM_INTROSPECT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kmem/introspect_cache.h>
#include <kmem/kmem.h>
#include <kmem/mempool.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

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

/*
 * Waits by their length: bucket i counts those of at most
 * kmem_mempool_wait_ns(i) nanoseconds that bucket i - 1 does not, the last one
 * those that are longer than all.
 */
#define KMEM_MEMPOOL_WAIT_BUCKETS 25
#define KMEM_MEMPOOL_WAIT_LEAST_NS 4096u

static inline uint64_t kmem_mempool_wait_ns(unsigned int bucket)
{
	return (uint64_t)KMEM_MEMPOOL_WAIT_LEAST_NS << bucket;
}

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
 * @wait: requests whose wait has ended, by its length; their time is that of
 *	wait_ns_total
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
	uint64_t wait[KMEM_MEMPOOL_WAIT_BUCKETS];
};

void mempool_info(mempool_t *pool, struct kmem_mempool_info *ret_info);
uint64_t mempool_serial(const mempool_t *pool);
size_t mempool_serials(uint64_t *serials, size_t room);
void mempool_changes(struct kmem_changes *ret_changes);

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

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* KMEM_INTROSPECT_POOL_H */
