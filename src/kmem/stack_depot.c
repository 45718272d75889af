/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stack_depot.c - call stacks, each kept once, named by 32 bits
 *
 * A program allocates from a few places, many times. So an object's track holds
 * no stack but a handle, and equal stacks share one. They are never dropped:
 * the number of different ones is bounded by the program.
 *
 * A handle is where the stack lies in the arena, in cache lines behind the map.
 */
#include <execinfo.h>
#include <string.h>

#include "internal.h"

#define FRAMES_MAX 16
#define SKIP_MAX 12 /* frames of the library's own before the caller's */
#define BUCKETS 1024u
#define LINE 64u

struct stack {
	struct stack *next; /* same bucket */
	uint32_t hash;
	uint32_t nr;
	void *frames[FRAMES_MAX];
};

static pthread_mutex_t stacks_lock = PTHREAD_MUTEX_INITIALIZER;
static struct stack *buckets[BUCKETS]; /* LOCK_STACKS */

static uint32_t hash_of(void *const *frames, unsigned int nr)
{
	uint64_t hash = nr;

	for (unsigned int i = 0; i < nr; i++)
		hash = (hash ^ (uint64_t)frames[i]) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(hash >> 32);
}

static struct stack *find(uint32_t hash, void *const *frames, unsigned int nr)
{
	struct stack *stack = buckets[hash % BUCKETS];

	while (stack && (stack->hash != hash || stack->nr != nr ||
			 memcmp(stack->frames, frames, nr * sizeof(*frames))))
		stack = stack->next;
	return stack;
}

static struct stack *add(uint32_t hash, void *const *frames, unsigned int nr)
{
	struct stack *stack = kmem_meta_alloc(sizeof(*stack));

	if (!stack)
		return NULL;
	stack->hash = hash;
	stack->nr = nr;
	memcpy(stack->frames, frames, nr * sizeof(*frames));
	stack->next = buckets[hash % BUCKETS];
	buckets[hash % BUCKETS] = stack;
	return stack;
}

/**
 * stack_save() - remember how we came here
 * @caller: the frame to begin with, an address of __builtin_return_address()
 *
 * Return: a handle; 0 when there was no memory for it.
 */
uint32_t stack_save(void *caller)
{
	void *frames[FRAMES_MAX + SKIP_MAX];
	int nr = backtrace(frames, FRAMES_MAX + SKIP_MAX), skip = 0;
	struct stack *stack;
	uint32_t hash;

	while (skip < nr && skip < SKIP_MAX && frames[skip] != caller)
		skip++;
	if (skip == nr || skip == SKIP_MAX)
		skip = 0;
	nr = MIN(nr - skip, FRAMES_MAX);
	if (nr <= 0)
		return 0;
	hash = hash_of(frames + skip, (unsigned int)nr);
	lock(&stacks_lock, LOCK_STACKS);
	stack = find(hash, frames + skip, (unsigned int)nr);
	if (!stack)
		stack = add(hash, frames + skip, (unsigned int)nr);
	unlock(&stacks_lock);
	if (!stack)
		return 0;
	return (uint32_t)((size_t)((char *)stack - (char *)kmem.map) / LINE);
}

/* The frames of a handle, and how many they are. */
unsigned int stack_fetch(uint32_t handle, void *const **ret_frames)
{
	const struct stack *stack;

	if (!handle)
		return 0;
	stack = (const struct stack *)((char *)kmem.map +
				       (size_t)handle * LINE);
	*ret_frames = stack->frames;
	return stack->nr;
}

/* The arena is going, and the stacks with it. */
void stacks_reset(void)
{
	lock(&stacks_lock, LOCK_STACKS);
	memset(buckets, 0, sizeof(buckets));
	unlock(&stacks_lock);
}

void stacks_fork(enum fork_step step)
{
	fork_mutex(&stacks_lock, step);
	if (step == FORK_ORPHAN)
		stacks_reset();
}
