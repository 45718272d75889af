/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * thread.c - what the library keeps per thread
 *
 * Per-CPU data of the kernel is per-thread here. A block holds a record for
 * every source (fast.h) and a cell of counters for every pool, at fixed
 * offsets, so that the fast path finds its record by one load and an addition.
 * It is reserved whole and touched where it is used.
 *
 * Life of a block:
 *
 *	made       at the thread's first slow path        on thread_list
 *	reset      by kmem_exit(), to zeroes              stays on the list
 *	removed    when the thread ends, after it gave its objects, pages and
 *	           counts back
 *
 * A thread that allocates in a destructor of thread-specific data which runs
 * after ours simply gets a new block, and the destructor another round.
 */
#include <string.h>

#include "internal.h"

__thread struct thread *thread_self;

/* The same for programs: a block begins with its records. */
extern __thread struct kmem_record *kmem_thread_records
	__attribute__((alias("thread_self")));

struct list_head thread_list = LIST_HEAD_INIT(thread_list);
pthread_mutex_t thread_list_lock = PTHREAD_MUTEX_INITIALIZER; /* LOCK_THREADS */

static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;
static bool thread_key_made;
static uint64_t thread_next_slot; /* LOCK_THREADS */

static void thread_exit(void *arg)
{
	struct thread *t = arg;

	if (counter_read(kmem.ready)) {
		cache_thread_exit(t);
		page_thread_exit(t);
		pool_thread_exit(t);
		highmem_thread_exit(t);
	}
	lock(&thread_list_lock, LOCK_THREADS);
	list_del(&t->link);
	unlock(&thread_list_lock);
	thread_self = NULL;
	os_release(t, sizeof(*t));
}

static void make_key(void)
{
	thread_key_made = pthread_key_create(&thread_key, thread_exit) == 0;
}

/*
 * The calling thread's block. Without one (no address space, no key) a thread
 * works on slabs and zones directly, slower but rightly: NULL.
 */
struct thread *thread_get(void)
{
	struct thread *t = thread_self;

	if (t)
		return t;
	pthread_once(&thread_once, make_key);
	if (!thread_key_made)
		return NULL;
	t = os_reserve(sizeof(*t));
	if (!t)
		return NULL;
	if (pthread_setspecific(thread_key, t)) {
		os_release(t, sizeof(*t));
		return NULL;
	}
	lock(&thread_list_lock, LOCK_THREADS);
	t->slot = thread_next_slot++;
	t->node = node_of_slot(t->slot);
	list_add_tail(&t->link, &thread_list);
	unlock(&thread_list_lock);
	thread_self = t;
	return t;
}

/* Also the way to the node of a thread that comes here first. */
unsigned int thread_node(void)
{
	struct thread *t = thread_self;

	if (unlikely(!t) && kmem.nr_nodes > 1)
		t = thread_get();
	return t ? t->node : 0;
}

/* Another set of nodes: every thread goes where its CPU is. */
void threads_place(void)
{
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t)
		t->node = node_of_slot(t->slot);
	unlock(&thread_list_lock);
}

/* Forgets all records and cells; the blocks stay their threads'. */
void threads_reset(void)
{
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t) {
		memset(t->page_set, 0, sizeof(t->page_set));
		os_discard(t->record, sizeof(t->record));
		os_discard(t->cell, sizeof(t->cell));
	}
	unlock(&thread_list_lock);
}

static void adopt_record(struct kmem_record *r)
{
	r->busy = 0;
	r->lock = 0;
}

/*
 * The blocks of threads that are gone stay, for what is parked in them: a drain
 * finds it, once nobody seems to be busy there.
 */
static void adopt_blocks(void)
{
	struct kmem_cache *s;
	struct thread *t;

	for_each_thread(t) {
		for (unsigned int slot = 0; slot < page_slots(); slot++)
			adopt_record(&t->record[slot]);
		list_for_each_entry(s, &cache_list, link)
			adopt_record(&t->record[s->slot]);
	}
}

void threads_fork(enum fork_step step)
{
	fork_mutex(&thread_list_lock, step);
	if (step == FORK_CHILD)
		adopt_blocks();
	else if (step == FORK_ORPHAN)
		threads_reset();
}

/* The lowest free slot, or -1. The caller serialises. */
int slot_take(struct slot_set *set)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(set->used); i++) {
		unsigned int bit;

		if (set->used[i] == UINT64_MAX)
			continue;
		bit = (unsigned int)__builtin_ctzll(~set->used[i]);
		set->used[i] |= 1ull << bit;
		return (int)(i * 64 + bit);
	}
	return -1;
}

void slot_put(struct slot_set *set, unsigned int slot)
{
	set->used[slot / 64] &= ~(1ull << slot % 64);
}
