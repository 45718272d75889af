/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fast.h - the per-thread record: a stack of pointers that its owner uses
 * without a lock and that anybody may empty
 *
 * The kernel keeps such arrays per CPU and guards them by switching off
 * preemption. A user program cannot do that, so a record belongs to one
 * thread. Its owner pushes and pops with plain loads and stores; another
 * thread that needs the objects (shrink, destroy, reclaim, a new limit) closes
 * the record first:
 *
 *	owner                           drainer (holds the record's lock)
 *	busy = 1                        gate = 0
 *	compiler barrier                membarrier()   <- a barrier on both sides
 *	g = gate (acquire), s = state   wait until busy == 0
 *	if it fits: use the slots       take the slots, no object left
 *	busy = 0 (release)              gate = capacity (release), unlock
 *
 * Either the drainer sees busy and waits, or the owner sees the closed gate
 * and goes the slow way, where the lock makes it wait, or it sees the gate that
 * the drainer opened again. Then it must see what the drainer left as well: the
 * gate is read first, and the state after it. @gate is what the record
 * may hold, its capacity or less, while it is open, and 0 while it is closed, so
 * that one comparison answers "may I?" and "does it fit?" together:
 *
 *	pop:  count - 1 < gate    (count 0 wraps and fails)
 *	push: count < gate
 *
 * ThreadSanitizer cannot follow a barrier that another thread issues; its
 * builds make @busy a spin lock of both sides. Nothing here may be called
 * from a signal handler.
 *
 * Invariants: count <= capacity; slots[0 .. count) are the parked objects, the
 * most recent last; count <= gate <= capacity while it is open; a record without
 * slots has gate 0; the spare array is empty or full.
 */
#ifndef KMEM_FAST_H
#define KMEM_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__SANITIZE_THREAD__)
#define KMEM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KMEM_TSAN 1
#endif
#endif
#ifndef KMEM_TSAN
#define KMEM_TSAN 0
#endif

/*
 * The state word has two numbers, so that one store keeps both: parked objects
 * in the low bits, pops since the record was made above. Pushes need no count of
 * their own: they are the pops, and what is parked, and what went elsewhere.
 */
#define KMEM_COUNT_BITS 16
#define KMEM_COUNT_MASK ((1u << KMEM_COUNT_BITS) - 1)

/**
 * struct kmem_record - one thread's parked objects of one source
 * @busy: 1 while the owner uses the record; written by the owner alone
 * @gate: what it may hold while open, 0 while closed; written under @lock
 * @lock: a word of the library's (0 free), taken by drainers and slow paths
 * @capacity: size of both arrays, at most KMEM_COUNT_MASK
 * @slots: the array, made when the record is first filled
 * @state: objects in @slots and pops; the owner's, or the drainer's while closed
 * @moved: objects that slow paths and drainers took out, less those they put in
 * @spare: a second array, exchanged with @slots under @lock, or NULL
 * @spare_count: objects in it, 0 or @capacity
 * @closed_gate: what @gate was before a drainer closed it
 * @reserved: keeps a record at one cache line
 */
struct kmem_record {
	uint32_t busy;
	uint32_t gate;
	uint32_t lock;
	uint32_t capacity;
	void **slots;
	uint64_t state;
	uint64_t moved;
	void **spare;
	uint32_t spare_count;
	uint32_t closed_gate;
	uint64_t reserved;
};

/*
 * For a record that is an element of an array: its address is computed once, and
 * kept in one register. Left to itself a compiler takes one for each member.
 */
#define KMEM_RECORD_ADDRESS(r) __asm__("" : "+r"(r))

/* The owner comes in. Return: the gate, before anything else is read. */
static inline uint32_t kmem_record_enter(struct kmem_record *r)
{
#if KMEM_TSAN
	while (__atomic_exchange_n(&r->busy, 1, __ATOMIC_ACQUIRE))
		;
#else
	__atomic_store_n(&r->busy, 1, __ATOMIC_RELAXED);
	/* Pairs with the membarrier in record_close(). */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
#endif
	/* Pairs with the release store in drain_one(). */
	return __atomic_load_n(&r->gate, __ATOMIC_ACQUIRE);
}

static inline void kmem_record_leave(struct kmem_record *r)
{
	/* Pairs with the acquire load of busy in record_close(). */
	__atomic_store_n(&r->busy, 0, __ATOMIC_RELEASE);
}

/**
 * kmem_record_pop() - take the most recently parked object
 * @r: a record of the calling thread
 *
 * Context: the owner only; no lock, no atomic read-modify-write, no system
 * call; not from a signal handler.
 * Return: the object, or NULL when the record is empty or closed.
 */
static inline void *kmem_record_pop(struct kmem_record *r)
{
	void *object = NULL;
	uint32_t gate, n;
	uint64_t state;

	KMEM_RECORD_ADDRESS(r);
	gate = kmem_record_enter(r);
	state = __atomic_load_n(&r->state, __ATOMIC_RELAXED);
	n = (uint32_t)(state & KMEM_COUNT_MASK) - 1;
	if (__builtin_expect(n < gate, 1)) {
		object = r->slots[n];
		if (!object)
			__builtin_unreachable();
		/* One object less, one pop more. */
		__atomic_store_n(&r->state, state + KMEM_COUNT_MASK,
				 __ATOMIC_RELAXED);
	}
	kmem_record_leave(r);
	return object;
}

/**
 * kmem_record_push() - park an object
 * @r: a record of the calling thread
 * @object: what to park
 *
 * Context: as kmem_record_pop().
 * Return: false when the record is full or closed, or when @object is what was
 * parked last; the object stays the caller's.
 */
static inline bool kmem_record_push(struct kmem_record *r, void *object)
{
	uint32_t gate, n;
	uint64_t state;

	KMEM_RECORD_ADDRESS(r);
	gate = kmem_record_enter(r);
	state = __atomic_load_n(&r->state, __ATOMIC_RELAXED);
	n = (uint32_t)(state & KMEM_COUNT_MASK);
	/* An object that was freed a moment ago: the slow path says so. */
	if (__builtin_expect(n >= gate, 0) ||
	    __builtin_expect(n && r->slots[n - 1] == object, 0)) {
		kmem_record_leave(r);
		return false;
	}
	r->slots[n] = object;
	__atomic_store_n(&r->state, state + 1, __ATOMIC_RELAXED);
	kmem_record_leave(r);
	return true;
}

/**
 * kmem_record_pop_many() - take up to @nr parked objects
 *
 * Context: as kmem_record_pop(). Return: how many were taken.
 */
static inline uint32_t kmem_record_pop_many(struct kmem_record *r, size_t nr,
					    void **objects)
{
	uint32_t gate, n, take = 0;
	uint64_t state;

	gate = kmem_record_enter(r);
	state = __atomic_load_n(&r->state, __ATOMIC_RELAXED);
	n = (uint32_t)(state & KMEM_COUNT_MASK);
	if (gate) {
		take = nr < n ? (uint32_t)nr : n;
		__builtin_memcpy(objects, r->slots + (n - take),
				 take * sizeof(*objects));
		__atomic_store_n(&r->state,
				 state + (uint64_t)take * KMEM_COUNT_MASK,
				 __ATOMIC_RELAXED);
	}
	kmem_record_leave(r);
	return take;
}

/**
 * kmem_record_push_many() - park up to @nr objects, the first ones first
 *
 * Context: as kmem_record_pop(). Return: how many were parked.
 */
static inline uint32_t kmem_record_push_many(struct kmem_record *r, size_t nr,
					     void **objects)
{
	uint32_t gate, n, put = 0;
	uint64_t state;

	gate = kmem_record_enter(r);
	state = __atomic_load_n(&r->state, __ATOMIC_RELAXED);
	n = (uint32_t)(state & KMEM_COUNT_MASK);
	if (n < gate) {
		put = nr < gate - n ? (uint32_t)nr : gate - n;
		__builtin_memcpy(r->slots + n, objects, put * sizeof(*objects));
		__atomic_store_n(&r->state, state + put, __ATOMIC_RELAXED);
	}
	kmem_record_leave(r);
	return put;
}

/**
 * kmem_record_count() - objects in the record's first array
 */
static inline uint32_t kmem_record_count(const struct kmem_record *r)
{
	return (uint32_t)(__atomic_load_n(&r->state, __ATOMIC_RELAXED) &
			  KMEM_COUNT_MASK);
}

#ifdef __cplusplus
}
#endif

#endif /* KMEM_FAST_H */
