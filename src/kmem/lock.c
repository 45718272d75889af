/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lock.c - the run-time check of the lock order (debug builds)
 *
 * Each thread keeps the locks it holds on a small stack. Taking one whose rank
 * is not above the top is a bug of the library, found on the first run that
 * takes the two in the wrong order, without a deadlock having to happen. A
 * drainer, which holds one record per thread, counts them as one lock.
 *
 * Being watched must not slow an allocation, so a reader of numbers that takes a
 * lock which allocations take is a bug, too.
 */
#include <stdlib.h>

#include "internal.h"

#ifdef KMEM_DEBUG

#define HELD_MAX 16 /* more than there are ranks */

static __thread struct {
	unsigned int nr;
	unsigned int readers; /* functions that only read, in one another */
	struct {
		const void *lock;
		enum lock_rank rank;
	} held[HELD_MAX];
} stack;

/* What allocating and freeing take on any of their ways. */
static bool is_of_allocation(enum lock_rank rank)
{
	return rank == LOCK_POOL || rank == LOCK_PAGE_WAIT ||
	       rank >= LOCK_RECORD;
}

void lock_reader_begin(void)
{
	stack.readers++;
}

void lock_reader_end(void)
{
	stack.readers--;
}

void lock_rank_push(const void *lock, enum lock_rank rank)
{
	if (stack.readers && is_of_allocation(rank)) {
		kmem_report("BUG: a reader takes a lock of rank %d", rank);
		abort();
	}
	if (stack.nr > 0 && stack.held[stack.nr - 1].rank >= rank) {
		kmem_report("BUG: lock of rank %d taken while %d is held", rank,
			    stack.held[stack.nr - 1].rank);
		abort();
	}
	stack.held[stack.nr].lock = lock;
	stack.held[stack.nr].rank = rank;
	stack.nr++;
}

void lock_rank_pop(const void *lock)
{
	unsigned int i = stack.nr;

	while (i > 0 && stack.held[i - 1].lock != lock)
		i--;
	if (i == 0) {
		kmem_report("BUG: released a lock that is not held");
		abort();
	}
	for (; i < stack.nr; i++)
		stack.held[i - 1] = stack.held[i];
	stack.nr--;
}

void lock_assert_held(const void *lock)
{
	for (unsigned int i = 0; i < stack.nr; i++)
		if (stack.held[i].lock == lock)
			return;
	kmem_report("BUG: a lock is not held where it must be");
	abort();
}

#endif /* KMEM_DEBUG */
