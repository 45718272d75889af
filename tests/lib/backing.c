/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backing.c - an allocator under a pool that fails when it is told to, and
 * remembers how it was called
 *
 * Elements come from malloc(), so that AddressSanitizer sees one that is lost
 * or used after it went back.
 */
#include <sched.h>
#include <stdlib.h>

#include "backing.h"

#define MAGIC 0xba5eba11u

struct element {
	struct backing *owner;
	unsigned int magic;
};

void backing_init(struct backing *b, long budget)
{
	*b = (struct backing){ .lock = PTHREAD_MUTEX_INITIALIZER,
			       .budget = budget };
}

void *backing_alloc(gfp_t gfp, void *pool_data)
{
	struct backing *b = pool_data;
	struct element *element = NULL;

	pthread_mutex_lock(&b->lock);
	if (b->calls < BACKING_MASKS)
		b->mask[b->calls] = gfp;
	b->calls++;
	if (b->budget > 0) {
		if (b->budget != BACKING_ENDLESS)
			b->budget--;
		b->given++;
		element = malloc(sizeof(*element));
		element->owner = b;
		element->magic = MAGIC;
	}
	pthread_mutex_unlock(&b->lock);
	if (b->yield)
		sched_yield();
	return element;
}

void backing_free(void *element, void *pool_data)
{
	struct backing *b = pool_data;
	struct element *e = element;

	pthread_mutex_lock(&b->lock);
	if (e->owner != b || e->magic != MAGIC)
		b->broken++;
	e->magic = 0;
	b->freed++;
	pthread_mutex_unlock(&b->lock);
	free(e);
	if (b->yield)
		sched_yield();
}

void backing_set_budget(struct backing *b, long budget)
{
	pthread_mutex_lock(&b->lock);
	b->budget = budget;
	pthread_mutex_unlock(&b->lock);
}

void backing_forget(struct backing *b)
{
	pthread_mutex_lock(&b->lock);
	b->calls = 0;
	pthread_mutex_unlock(&b->lock);
}

unsigned long backing_calls(struct backing *b)
{
	unsigned long n;

	pthread_mutex_lock(&b->lock);
	n = b->calls;
	pthread_mutex_unlock(&b->lock);
	return n;
}

unsigned long backing_live(struct backing *b)
{
	unsigned long n;

	pthread_mutex_lock(&b->lock);
	n = b->given - b->freed;
	pthread_mutex_unlock(&b->lock);
	return n;
}
