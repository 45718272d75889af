/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record.c - the slow side of the per-thread records of fast.h
 *
 * The owner's fast path is in the header. Here are the owner's slow paths,
 * which hold the record's lock, and the drain, which empties a record of every
 * thread, or only looks at it: the one function behind shrink, destroy, reclaim,
 * another limit or shape, maps and validation.
 *
 * State of a record, by (slots, gate):
 *
 *	NULL, 0         never used by this thread, or retired
 *	set, 0          closed: while a drainer works, or because its cache keeps
 *	                no sheaves at the moment
 *	set, capacity   open
 *
 * The lock is a word that is spun on: it is held for the length of a refill or
 * a drain, never across an allocation of pages, and is almost never contended.
 */
#include <sched.h>
#include <string.h>

#include "internal.h"

static void spin_lock(uint32_t *word)
{
	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(word, __ATOMIC_RELAXED))
			sched_yield();
}

static void spin_unlock(uint32_t *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

void record_lock(struct kmem_record *r)
{
	lock_rank_push(r, LOCK_RECORD);
	spin_lock(&r->lock);
}

void record_unlock(struct kmem_record *r)
{
	spin_unlock(&r->lock);
	lock_rank_pop(r);
}

/* Under the record's lock, with nothing parked and the gate closed. */
static void drop_slots(struct kmem_record *r)
{
	void **slots = r->slots, **spare = r->spare;

	/* In this order: a fork in between may leak the arrays, no more. */
	counter_set(r->slots, NULL);
	r->spare = NULL;
	kmem_meta_free(slots, r->capacity * sizeof(*slots));
	kmem_meta_free(spare, r->capacity * sizeof(*spare));
}

/*
 * By the owner, under the record's lock: make the fast path usable. A cache
 * that was reshaped comes with another capacity; its records are empty then.
 */
bool record_open(struct kmem_record *r, unsigned int capacity)
{
	lock_assert_held(r);
	if (r->gate)
		return true;
	if (!kmem.barrier)
		return false;
	if (r->slots && r->capacity != capacity)
		drop_slots(r);
	if (!r->slots) {
		counter_set(r->slots,
			    kmem_meta_alloc(capacity * sizeof(*r->slots)));
		if (!r->slots)
			return false;
		r->capacity = capacity;
	}
	counter_set(r->gate, capacity);
	return true;
}

/*
 * By the owner, under the record's lock: larger arrays, with what is parked.
 * For records without a spare array, whose gate their owner sets himself.
 */
bool record_grow(struct kmem_record *r, unsigned int capacity)
{
	void **slots = kmem_meta_alloc(capacity * sizeof(*slots));
	void **old = r->slots;

	lock_assert_held(r);
	if (!slots)
		return false;
	if (old)
		memcpy(slots, old, kmem_record_count(r) * sizeof(*slots));
	counter_set(r->slots, slots);
	kmem_meta_free(old, r->capacity * sizeof(*old));
	r->capacity = capacity;
	return true;
}

/* By the owner, under the lock, with an object there: a pop as any other. */
void *record_take(struct kmem_record *r)
{
	void *object = r->slots[kmem_record_count(r) - 1];

	counter_set(r->state, r->state + KMEM_COUNT_MASK);
	return object;
}

/* By the owner, under the lock, with room: a push as any other. */
void record_put(struct kmem_record *r, void *object)
{
	r->slots[kmem_record_count(r)] = object;
	counter_set(r->state, r->state + 1);
}

/* Under the record's lock and with the owner outside of its fast path. */
static void take_out(struct kmem_record *r, record_sink_t *sink, void *arg)
{
	if (r->spare_count) {
		sink(arg, r->spare, r->spare_count);
		record_move_spare(r, 0);
	}
	if (kmem_record_count(r)) {
		sink(arg, r->slots, kmem_record_count(r));
		record_move(r, 0);
	}
}

static void look_at(struct kmem_record *r, record_sink_t *visit, void *arg)
{
	if (r->spare_count)
		visit(arg, r->spare, r->spare_count);
	visit(arg, r->slots, kmem_record_count(r));
}

/* By the owner, under the lock: the @nr oldest have gone elsewhere. */
void record_drop_oldest(struct kmem_record *r, unsigned int nr)
{
	uint32_t left = kmem_record_count(r) - nr;

	lock_assert_held(r);
	memmove(r->slots, r->slots + nr, left * sizeof(*r->slots));
	record_move(r, left);
}

/* By the owner, at the end of its life: hand everything to @sink. */
void record_close(struct kmem_record *r, record_sink_t *sink, void *arg)
{
	if (!counter_read(r->slots))
		return;
	record_lock(r);
	counter_set(r->gate, 0);
	take_out(r, sink, arg);
	drop_slots(r);
	record_unlock(r);
}

static void wait_until_idle(struct kmem_record *r)
{
#if KMEM_TSAN
	spin_lock(&r->busy);
#else
	/* Pairs with the release store in kmem_record_leave(). */
	while (__atomic_load_n(&r->busy, __ATOMIC_ACQUIRE))
		sched_yield();
#endif
}

static void let_go(struct kmem_record *r)
{
#if KMEM_TSAN
	spin_unlock(&r->busy);
#else
	(void)r;
#endif
}

enum drain_end {
	DRAIN_REOPEN, /* as it was before */
	DRAIN_SHUT, /* closed, until its owner finds that it may be open */
	DRAIN_RETIRE, /* forget the record, its slot gets another owner */
	DRAIN_LOOK, /* nothing is taken */
};

static void drain_one(struct kmem_record *r, uint32_t gate, enum drain_end end,
		      record_sink_t *sink, void *arg)
{
	wait_until_idle(r);
	if (end == DRAIN_LOOK)
		look_at(r, sink, arg);
	else
		take_out(r, sink, arg);
	let_go(r);
	if (end == DRAIN_RETIRE) {
		drop_slots(r);
		counter_set(r->state, 0);
		counter_set(r->moved, 0);
	} else if (end != DRAIN_SHUT) {
		/* Pairs with the acquire load in kmem_record_enter(). */
		__atomic_store_n(&r->gate, gate, __ATOMIC_RELEASE);
	}
}

/*
 * Empties, or looks at, the record of @slot in all threads. All are closed before the one
 * barrier, which is a system call, then emptied one by one. Owners that need a
 * closed record meanwhile wait for its lock.
 */
static void drain_slot(unsigned int slot, enum drain_end end,
		       record_sink_t *sink, void *arg)
{
	bool any = false;
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	lock_rank_push(&kmem, LOCK_RECORD);
	for_each_thread(t) {
		struct kmem_record *r = &t->record[slot];

		spin_lock(&r->lock);
		if (!r->slots)
			continue;
		r->closed_gate = r->gate;
		counter_set(r->gate, 0);
		any = true;
	}
	if (any && !KMEM_TSAN)
		os_barrier(); /* Pairs with the fence in kmem_record_enter(). */
	for_each_thread(t) {
		struct kmem_record *r = &t->record[slot];

		if (r->slots)
			drain_one(r, r->closed_gate, end, sink, arg);
		spin_unlock(&r->lock);
	}
	lock_rank_pop(&kmem);
	unlock(&thread_list_lock);
}

void record_drain(unsigned int slot, record_sink_t *sink, void *arg)
{
	drain_slot(slot, DRAIN_REOPEN, sink, arg);
}

void record_shut(unsigned int slot, record_sink_t *sink, void *arg)
{
	drain_slot(slot, DRAIN_SHUT, sink, arg);
}

void record_retire(unsigned int slot, record_sink_t *sink, void *arg)
{
	drain_slot(slot, DRAIN_RETIRE, sink, arg);
}

/* Shows @visit every parked object of @slot. */
void record_walk(unsigned int slot, record_sink_t *visit, void *arg)
{
	drain_slot(slot, DRAIN_LOOK, visit, arg);
}

/* Objects parked by all threads; each count right at some moment. */
uint64_t record_parked(unsigned int slot)
{
	uint64_t sum = 0;
	struct thread *t;

	lock(&thread_list_lock, LOCK_THREADS);
	for_each_thread(t)
		sum += kmem_record_count(&t->record[slot]) +
		       counter_read(t->record[slot].spare_count);
	unlock(&thread_list_lock);
	return sum;
}
