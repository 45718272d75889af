/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool_fixture.h - one pool on a backing that obeys, and the elements that the
 * test holds
 */
#ifndef TESTS_POOL_FIXTURE_H
#define TESTS_POOL_FIXTURE_H

#include <kmem/introspect.h>

#include "backing.h"

#define HELD_MAX 64

extern struct backing backing;
extern mempool_t *pool;
extern void *held[HELD_MAX];
extern unsigned int nr_held;

/**
 * pool_setup() - the stack is up, the backing endless, @pool NULL
 */
void pool_setup(void);

/**
 * pool_teardown() - what is held goes back, the pool is destroyed, and nothing
 * of the backing's may be lost or have come back twice
 */
void pool_teardown(void);

/**
 * pool_make() - @pool on @backing, which forgets the calls that filled it
 */
void pool_make(int min_nr);

/**
 * pool_take() - hold one element more, or NULL
 */
void *pool_take(gfp_t gfp);

/**
 * pool_take_number() - hold @n more, by GFP_KERNEL
 */
void pool_take_number(unsigned int n);

/**
 * pool_give() - free the element that was taken last
 */
void pool_give(void);
void pool_give_all(void);

struct kmem_mempool_info pool_look(void);

#define POOL_STAT(name) pool_look().stat[KMEM_MEMPOOL_STAT_##name]

/**
 * pool_wait_for_waiters() - until @n requests wait in @pool
 */
void pool_wait_for_waiters(unsigned int n);

#endif /* TESTS_POOL_FIXTURE_H */
