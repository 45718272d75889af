/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool_fixture.c - one pool on a backing that obeys, and the elements that the
 * test holds
 */
#include <check.h>

#include "fixture.h"
#include "pool_fixture.h"

struct backing backing;
mempool_t *pool;
void *held[HELD_MAX];
unsigned int nr_held;

void pool_setup(void)
{
	kmem_up();
	backing_init(&backing, BACKING_ENDLESS);
	pool = NULL;
	nr_held = 0;
}

void pool_teardown(void)
{
	pool_give_all();
	if (pool)
		ck_assert_uint_eq(mempool_validate(pool), 0);
	mempool_destroy(pool);
	ck_assert_uint_eq(backing_live(&backing), 0);
	ck_assert_uint_eq(backing.broken, 0);
	kmem_down();
}

void pool_make(int min_nr)
{
	pool = mempool_create(min_nr, backing_alloc, backing_free, &backing);
	ck_assert_ptr_nonnull(pool);
	backing_forget(&backing);
}

void *pool_take(gfp_t gfp)
{
	void *element = mempool_alloc(pool, gfp);

	if (element)
		held[nr_held++] = element;
	return element;
}

void pool_take_number(unsigned int n)
{
	while (n--)
		ck_assert_ptr_nonnull(pool_take(GFP_KERNEL));
}

void pool_give(void)
{
	mempool_free(held[--nr_held], pool);
}

void pool_give_all(void)
{
	while (nr_held)
		pool_give();
}

struct kmem_mempool_info pool_look(void)
{
	struct kmem_mempool_info info;

	mempool_info(pool, &info);
	return info;
}

static bool as_many_wait(void *arg)
{
	return pool_look().waiters == *(unsigned int *)arg;
}

void pool_wait_for_waiters(unsigned int n)
{
	wait_for(as_many_wait, &n);
}
