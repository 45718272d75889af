/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rcu.c - what has to wait for a grace period
 *
 * Objects of kfree_rcu() and slabs of SLAB_TYPESAFE_BY_RCU caches are put on
 * lists. A worker takes the lists whole, waits for one grace period, frees what
 * was on them, and looks again. So one grace period serves as many objects as
 * were freed during the one before. The worker exists from the first deferred
 * free on and sleeps while there is nothing to do.
 *
 * A deferred object has its own link in the two words that the caller names;
 * nothing is allocated.
 *
 * Areas of vfree_atomic() go the same way, only to be freed by another thread.
 */
#ifdef HAVE_URCU
#include <urcu/urcu-memb.h>
#endif

#include <kmem/rcu.h>

#include "internal.h"
#include "util/worker.h"

struct deferred {
	struct deferred *next;
	void *object;
};

static struct {
	pthread_mutex_t lock; /* LOCK_RCU: all below */
	pthread_cond_t changed;
	struct deferred *objects;
	struct list_head slabs;
	struct list_head areas;
	uint64_t queued; /* rounds begun by those who add */
	uint64_t done; /* rounds that the worker ended */
	pthread_t thread;
	bool running;
	bool stop;
} rcu = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
	.slabs = LIST_HEAD_INIT(rcu.slabs),
	.areas = LIST_HEAD_INIT(rcu.areas),
};

static void wait_for_readers(void)
{
#ifdef HAVE_URCU
	urcu_memb_synchronize_rcu();
#endif
}

bool kmem_has_rcu(void)
{
#ifdef HAVE_URCU
	return true;
#else
	return false;
#endif
}

/* ---- the worker ---- */

static void free_objects(struct deferred *list)
{
	while (list) {
		struct deferred *next = list->next;
		struct page *slab = slab_of(list->object);

		if (slab)
			cache_count_rcu(slab->cache);
		kvfree(list->object);
		list = next;
	}
}

static void free_areas(struct list_head *areas)
{
	struct vm_area *area, *next;

	list_for_each_entry_safe(area, next, areas, link) {
		list_del(&area->link);
		vm_area_release(area);
	}
}

/* What the worker took from the lists, so that others may begin new ones. */
struct work {
	struct deferred *objects;
	struct slab_discard slabs;
	struct list_head areas;
};

static void take_work(struct work *work)
{
	struct vm_area *area, *next_area;
	struct page *slab, *next;

	work->objects = rcu.objects;
	rcu.objects = NULL;
	list_for_each_entry_safe(slab, next, &rcu.slabs, list)
		list_move_tail(&slab->list, &work->slabs.list);
	list_for_each_entry_safe(area, next_area, &rcu.areas, link)
		list_move_tail(&area->link, &work->areas);
}

static bool has_work(void)
{
	return rcu.objects || !list_empty(&rcu.slabs) ||
	       !list_empty(&rcu.areas);
}

static void *worker_main(void *arg)
{
	struct work work = {
		.slabs = DISCARD_INIT(work.slabs, true),
		.areas = LIST_HEAD_INIT(work.areas),
	};
	uint64_t round;

	lock(&rcu.lock, LOCK_RCU);
	while (!rcu.stop || has_work()) {
		if (!has_work()) {
			pthread_cond_wait(&rcu.changed, &rcu.lock);
			continue;
		}
		take_work(&work);
		round = rcu.queued;
		unlock(&rcu.lock);
		wait_for_readers();
		free_objects(work.objects);
		slab_release_now(&work.slabs);
		free_areas(&work.areas);
		lock(&rcu.lock, LOCK_RCU);
		rcu.done = round;
		pthread_cond_broadcast(&rcu.changed);
	}
	unlock(&rcu.lock);
	return arg;
}

/* Something was added. Return: false when nobody can be found to wait. */
static bool wake_worker(void)
{
	lock_assert_held(&rcu.lock);
	rcu.queued++;
	if (!rcu.running)
		rcu.running = worker_start(&rcu.thread, worker_main, NULL) == 0;
	pthread_cond_broadcast(&rcu.changed);
	return rcu.running;
}

/* ---- deferring ---- */

void kmem_free_rcu(void *head, void *object)
{
	struct deferred *deferred = head;

	if (!object)
		return;
	if (!kmem_has_rcu()) {
		kmem_report("kfree_rcu(%p): built without liburcu, leaked",
			    object);
		return;
	}
	deferred->object = object;
	lock(&rcu.lock, LOCK_RCU);
	deferred->next = rcu.objects;
	rcu.objects = deferred;
	wake_worker();
	unlock(&rcu.lock);
}

/* Slabs whose readers may still look at freed objects. */
void rcu_defer_slabs(struct slab_discard *discard)
{
	struct page *slab, *next;

	lock(&rcu.lock, LOCK_RCU);
	list_for_each_entry_safe(slab, next, &discard->list, list)
		list_move_tail(&slab->list, &rcu.slabs);
	wake_worker();
	unlock(&rcu.lock);
}

/* It is closed: only the worker knows it. */
void rcu_defer_area(struct vm_area *area)
{
	lock(&rcu.lock, LOCK_RCU);
	list_move_tail(&area->link, &rcu.areas);
	wake_worker();
	unlock(&rcu.lock);
}

void kmem_rcu_barrier(void)
{
	uint64_t until;

	lock(&rcu.lock, LOCK_RCU);
	/* A child of fork() has the work, but not the worker. */
	if (has_work() && !rcu.running)
		wake_worker();
	until = rcu.queued;
	while (rcu.running && rcu.done < until)
		pthread_cond_wait(&rcu.changed, &rcu.lock);
	unlock(&rcu.lock);
}

void kfree_rcu_mightsleep(void *object)
{
	wait_for_readers();
	kvfree(object);
}

/* By kmem_exit(): everything is freed, then the worker ends. */
void rcu_stop(void)
{
	bool running;

	lock(&rcu.lock, LOCK_RCU);
	/* A child of fork() has the work, but not the worker. */
	if (has_work() && !rcu.running)
		wake_worker();
	running = rcu.running;
	rcu.stop = true;
	pthread_cond_broadcast(&rcu.changed);
	unlock(&rcu.lock);
	if (running)
		pthread_join(rcu.thread, NULL);
	/* Without a worker the arena goes with what they point to. */
	rcu.objects = NULL;
	list_init(&rcu.slabs);
	list_init(&rcu.areas);
	rcu.done = rcu.queued;
	rcu.running = false;
	rcu.stop = false;
}

/*
 * The worker is the parent's, with what it had taken; the rest is freed by the
 * child's own, at its next deferred free or barrier.
 */
void rcu_fork(enum fork_step step)
{
	fork_mutex(&rcu.lock, step);
	if (step == FORK_ORPHAN) {
		rcu.objects = NULL;
		list_init(&rcu.slabs);
		list_init(&rcu.areas);
	}
	if (step == FORK_CHILD || step == FORK_ORPHAN) {
		/* Whoever waited is gone; a condition remembers them. */
		pthread_cond_init(&rcu.changed, NULL);
		rcu.running = false;
		if (!has_work())
			rcu.done = rcu.queued;
	}
}
