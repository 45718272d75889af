/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * shrinker.c - the programs' own ways to give memory back
 *
 * A call for memory has a priority, 12 to 0: how little of the objects is asked
 * for, as a power of two. Of what a shrinker says it has, a share is scanned:
 * 4/seeks of objects >> priority. What is too little for a batch, or was
 * refused, is remembered and asked for next time, up to twice of all.
 *
 * A shrinker on the list is called with no lock held; a count of its users
 * keeps it there meanwhile. It is only taken off the list with none.
 *
 * Where it differs from the kernel: no memory cgroups; a shrinker has no
 * debugfs directory; what is deferred is a plain sum, so two threads that
 * shrink at the same moment may ask for it twice.
 */
#include <errno.h>
#include <string.h>

#include <kmem/memalloc.h>
#include <kmem/shrinker.h>

#include "util/text.h"

#include "internal.h"

static struct {
	pthread_mutex_t lock; /* LOCK_SHRINKERS: the list, users, dying */
	pthread_cond_t unused; /* a shrinker that dies has no users any more */
	struct shrinker *first;
} shrinkers = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.unused = PTHREAD_COND_INITIALIZER };

/* ---- calling one ---- */

/* How many objects to look at, what was put off before included. */
static unsigned long share(const struct shrinker *shrinker,
			   unsigned long freeable, unsigned long deferred,
			   unsigned int priority)
{
	unsigned long wanted = freeable / 2;

	if (shrinker->seeks > 0)
		wanted = (freeable >> priority) * 4 /
			 (unsigned long)shrinker->seeks;
	wanted += deferred >> priority;
	return MIN(wanted, freeable * 2);
}

/*
 * Scans in batches, a rest only where it is all there is. Return: objects freed;
 * what was looked at is in @ret_scanned.
 */
static unsigned long scan(struct shrinker *shrinker, struct shrink_control *sc,
			  unsigned long freeable, unsigned long wanted,
			  unsigned long *ret_scanned)
{
	unsigned long batch = shrinker->batch > 0
				      ? (unsigned long)shrinker->batch
				      : SHRINK_BATCH;
	unsigned long freed = 0, scanned = 0;

	while (wanted && (wanted >= batch || wanted >= freeable)) {
		unsigned long one;

		sc->nr_to_scan = MIN(batch, wanted);
		sc->nr_scanned = sc->nr_to_scan;
		one = shrinker->scan_objects(shrinker, sc);
		if (one == SHRINK_STOP || !sc->nr_scanned)
			break;
		freed += one;
		scanned += sc->nr_scanned;
		wanted -= MIN(wanted, sc->nr_scanned);
	}
	*ret_scanned = scanned;
	return freed;
}

static unsigned long shrink_node(struct shrinker *shrinker, gfp_t gfp,
				 unsigned int node, unsigned int priority)
{
	struct shrink_control sc = { .gfp_mask = gfp, .nid = (int)node };
	unsigned long freeable, deferred, wanted, scanned, freed, left;
	unsigned long *put_off = &shrinker->nr_deferred[node];

	freeable = shrinker->count_objects(shrinker, &sc);
	if (freeable == 0 || freeable == SHRINK_EMPTY)
		return 0;
	deferred = __atomic_exchange_n(put_off, 0, __ATOMIC_RELAXED);
	wanted = share(shrinker, freeable, deferred, priority);
	freed = scan(shrinker, &sc, freeable, wanted, &scanned);
	left = deferred - (deferred >> priority) + wanted;
	left -= MIN(left, scanned);
	__atomic_fetch_add(put_off, MIN(left, freeable * 2), __ATOMIC_RELAXED);
	vm_event(KMEM_VM_EVENT_slabs_scanned, scanned);
	return freed;
}

static unsigned long shrink_one(struct shrinker *shrinker, gfp_t gfp,
				unsigned int priority)
{
	unsigned int nodes = 1;
	unsigned long freed = 0;

	if (shrinker->flags & SHRINKER_NUMA_AWARE)
		nodes = kmem.nr_nodes;
	for (unsigned int node = 0; node < nodes; node++)
		freed += shrink_node(shrinker, gfp, node, priority);
	return freed;
}

/**
 * shrinkers_run() - call every shrinker once
 * @gfp: of the request that needs memory
 * @priority: 12, a little, to 0, all
 *
 * Context: no locks. Return: objects that were freed, as the shrinkers say.
 */
unsigned long shrinkers_run(gfp_t gfp, unsigned int priority)
{
	unsigned int scope = memalloc_noreclaim_save();
	unsigned long freed = 0;

	lock(&shrinkers.lock, LOCK_SHRINKERS);
	for (struct shrinker *s = shrinkers.first; s; s = s->next) {
		if (s->dying)
			continue;
		s->users++;
		unlock(&shrinkers.lock);
		freed += shrink_one(s, gfp, priority);
		lock(&shrinkers.lock, LOCK_SHRINKERS);
		if (--s->users == 0 && s->dying)
			pthread_cond_broadcast(&shrinkers.unused);
	}
	unlock(&shrinkers.lock);
	memalloc_noreclaim_restore(scope);
	return freed;
}

bool shrinkers_exist(void)
{
	return __atomic_load_n(&shrinkers.first, __ATOMIC_RELAXED) != NULL;
}

/* ---- the list ---- */

/* Where it hangs on the list, or the end of it. */
static struct shrinker **find(const struct shrinker *shrinker)
{
	struct shrinker **at = &shrinkers.first;

	lock_assert_held(&shrinkers.lock);
	while (*at && *at != shrinker)
		at = &(*at)->next;
	return at;
}

static int __add(struct shrinker *shrinker)
{
	if (*find(shrinker))
		return -EEXIST;
	shrinker->users = 0;
	shrinker->dying = false;
	shrinker->next = shrinkers.first;
	__atomic_store_n(&shrinkers.first, shrinker, __ATOMIC_RELAXED);
	return 0;
}

static int add(struct shrinker *shrinker)
{
	int err = -EINVAL;

	if (shrinker->count_objects && shrinker->scan_objects) {
		lock(&shrinkers.lock, LOCK_SHRINKERS);
		err = __add(shrinker);
		unlock(&shrinkers.lock);
	}
	if (err)
		kmem_report("shrinker %s: %s", shrinker->name,
			    err == -EEXIST ? "registered already"
					   : "a function is missing");
	return err ? -EINVAL : 0;
}

/*
 * A walk that stands on a shrinker goes on from it: so it leaves the list when
 * nobody uses it, under the lock of that look.
 */
static void remove_unused(struct shrinker *shrinker)
{
	lock(&shrinkers.lock, LOCK_SHRINKERS);
	if (*find(shrinker)) {
		shrinker->dying = true;
		while (shrinker->users)
			pthread_cond_wait(&shrinkers.unused, &shrinkers.lock);
		__atomic_store_n(find(shrinker), shrinker->next,
				 __ATOMIC_RELAXED);
	}
	unlock(&shrinkers.lock);
}

static void set_name(struct shrinker *shrinker, const char *format,
		     va_list args)
{
	text_vformat(shrinker->name, sizeof(shrinker->name), format, args);
}

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *shrinker;
	va_list args;

	shrinker = kmem_up() ? kmem_meta_alloc(sizeof(*shrinker)) : NULL;
	if (!shrinker)
		return NULL;
	shrinker->flags = flags;
	shrinker->seeks = DEFAULT_SEEKS;
	shrinker->allocated = true;
	va_start(args, fmt);
	set_name(shrinker, fmt, args);
	va_end(args);
	return shrinker;
}

void shrinker_register(struct shrinker *shrinker)
{
	add(shrinker);
}

void shrinker_free(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
	if (!shrinker->allocated) {
		kmem_report("shrinker_free(%p): not of shrinker_alloc()",
			    (void *)shrinker);
		return;
	}
	remove_unused(shrinker);
	kmem_meta_free(shrinker, sizeof(*shrinker));
}

int register_shrinker(struct shrinker *shrinker, const char *fmt, ...)
{
	va_list args;

	if (!kmem_up())
		return -ENOMEM;
	va_start(args, fmt);
	set_name(shrinker, fmt, args);
	va_end(args);
	return add(shrinker);
}

void unregister_shrinker(struct shrinker *shrinker)
{
	remove_unused(shrinker);
}

static bool __is_within(const struct shrinker *s, uintptr_t from, uintptr_t to)
{
	uintptr_t at[] = { (uintptr_t)s, (uintptr_t)s->count_objects,
			   (uintptr_t)s->scan_objects };

	for (unsigned int i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		if (at[i] >= from && at[i] < to)
			return true;
	return false;
}

bool kmem_shrinker_within(const void *from, const void *to,
			  char ret_name[KMEM_SHRINKER_NAME])
{
	struct shrinker *s;

	lock(&shrinkers.lock, LOCK_SHRINKERS);
	for (s = shrinkers.first; s; s = s->next)
		if (__is_within(s, (uintptr_t)from, (uintptr_t)to))
			break;
	if (s)
		text_copy(ret_name, KMEM_SHRINKER_NAME, s->name);
	unlock(&shrinkers.lock);
	return s;
}

/* ---- set-up, tear-down, fork ---- */

/* By kmem_exit(): a program's own may be registered again after it. */
void shrinkers_reset(void)
{
	lock(&shrinkers.lock, LOCK_SHRINKERS);
	__atomic_store_n(&shrinkers.first, NULL, __ATOMIC_RELAXED);
	unlock(&shrinkers.lock);
}

/* Those who were calling one, or waiting for its end, are not the child's. */
void shrinkers_fork(enum fork_step step)
{
	static const pthread_cond_t nobody = PTHREAD_COND_INITIALIZER;

	if (step == FORK_CHILD || step == FORK_ORPHAN)
		shrinkers.unused = nobody;
	if (step == FORK_CHILD)
		for (struct shrinker *s = shrinkers.first; s; s = s->next)
			s->users = 0;
	else if (step == FORK_ORPHAN)
		shrinkers.first = NULL;
	fork_mutex(&shrinkers.lock, step);
}
