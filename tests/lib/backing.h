/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * backing.h - an allocator under a pool that fails when it is told to, and
 * remembers how it was called
 */
#ifndef TESTS_BACKING_H
#define TESTS_BACKING_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>

#include <kmem/mempool.h>

#define BACKING_ENDLESS LONG_MAX
#define BACKING_MASKS 32

/**
 * struct backing - pool_data for backing_alloc() and backing_free()
 * @lock: protects all below
 * @budget: elements that it will still give
 * @calls: of backing_alloc() since backing_forget()
 * @mask: the masks of the first of these calls
 * @given: elements given, ever
 * @freed: elements taken back, ever
 * @broken: elements taken back that were not its own, or twice
 * @yield: let other threads run before each call ends
 */
struct backing {
	pthread_mutex_t lock;
	long budget;
	unsigned long calls;
	gfp_t mask[BACKING_MASKS];
	unsigned long given;
	unsigned long freed;
	unsigned long broken;
	bool yield;
};

void backing_init(struct backing *b, long budget);
void *backing_alloc(gfp_t gfp, void *pool_data);
void backing_free(void *element, void *pool_data);

void backing_set_budget(struct backing *b, long budget);
void backing_forget(struct backing *b);
unsigned long backing_calls(struct backing *b);

/**
 * backing_live() - elements that are somewhere: with users or in a reserve
 */
unsigned long backing_live(struct backing *b);

#endif /* TESTS_BACKING_H */
