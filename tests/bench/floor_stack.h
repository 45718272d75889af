/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * floor_stack.h - the floor of the benchmarks: the least that an allocator of
 * objects with a stock per thread can do
 *
 * The stack is an array of pointers with a count of what is in it and one of
 * what was taken. The list goes through the objects. Neither has a lock, a
 * check, or anybody else who could look at it; what they have too much or too
 * little of goes to the depot in one piece.
 */
#ifndef FLOOR_STACK_H
#define FLOOR_STACK_H

#include "floor_depot.h"

/* More than a batch of the workloads, which then never meets the depot. */
#define FLOOR_SLOTS 2048u
#define FLOOR_MOVE 512u

struct floor_stack {
	size_t count;
	size_t taken;
	void *slot[FLOOR_SLOTS];
};

struct floor_link {
	struct floor_link *next;
};

struct floor_list {
	struct floor_link *first;
	size_t taken;
};

/* The calling thread's, in the program; the called floor has its own. */
extern __thread struct floor_stack floor_stack;
extern __thread struct floor_list floor_list;

#define floor_inline static inline __attribute__((always_inline))
#define floor_unlikely(x) __builtin_expect(!!(x), 0)

floor_inline void *floor_stack_pop(struct floor_stack *s,
				   struct floor_depot *depot)
{
	if (floor_unlikely(!s->count)) {
		floor_depot_take(depot, s->slot, FLOOR_MOVE);
		s->count = FLOOR_MOVE;
	}
	s->taken++;
	return s->slot[--s->count];
}

floor_inline void floor_stack_push(struct floor_stack *s,
				   struct floor_depot *depot, void *object)
{
	if (floor_unlikely(s->count == FLOOR_SLOTS)) {
		s->count -= FLOOR_MOVE;
		floor_depot_put(depot, &s->slot[s->count], FLOOR_MOVE);
	}
	s->slot[s->count++] = object;
}

floor_inline void floor_list_push(struct floor_list *list, void *object)
{
	struct floor_link *link = object;

	link->next = list->first;
	list->first = link;
}

floor_inline void *floor_list_pop(struct floor_list *list,
				  struct floor_depot *depot)
{
	struct floor_link *link;

	if (floor_unlikely(!list->first)) {
		void *objects[FLOOR_MOVE];

		floor_depot_take(depot, objects, FLOOR_MOVE);
		for (size_t i = FLOOR_MOVE; i--;)
			floor_list_push(list, objects[i]);
	}
	link = list->first;
	list->first = link->next;
	list->taken++;
	return link;
}

/* All that the thread holds goes back, before it ends. */
static inline void floor_stack_flush(struct floor_stack *s,
				     struct floor_depot *depot)
{
	floor_depot_put(depot, s->slot, s->count);
	s->count = 0;
}

static inline void floor_list_flush(struct floor_list *list,
				    struct floor_depot *depot)
{
	for (; list->first; list->first = list->first->next)
		floor_depot_put(depot, (void *[]){ list->first }, 1);
}

/* The stack again, in a shared library (floor_call.c). */
#pragma GCC visibility push(default)

void *floor_alloc(struct floor_depot *depot, unsigned int flags);
void floor_free(struct floor_depot *depot, void *object);
void floor_leave(struct floor_depot *depot);

#pragma GCC visibility pop

#endif /* FLOOR_STACK_H */
