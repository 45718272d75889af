/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_remove.c - who comes in while a cache or a pool is being removed, or
 * has an element on its way while the pool is to get another backing
 *
 * The moments are chosen. A remover waits as long as the test has a pin, and
 * that it waits is seen by the count of those who do. Whoever works on a pool is
 * held up in a function of its backing, of which he has had one call or more.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

/* ---- while it is being removed ------------------------------------------- */

struct removal {
	pthread_t thread;
	struct kmem_cache *cache;
	mempool_t *pool;
	int err;
};

static void *remove_it(void *arg)
{
	struct removal *r = arg;

	r->err = r->cache ? kmem_cache_remove(r->cache)
			  : mempool_remove(r->pool);
	return NULL;
}

/* Written under a lock of the library's own files; a stale look is no harm. */
static bool is_awaited(const struct removal *r)
{
	return r->cache ? counter_read(r->cache->awaited)
			: counter_read(r->pool->cold->awaited);
}

static void removal_begin(struct removal *r)
{
	int err = pthread_create(&r->thread, NULL, remove_it, r);

	ck_assert_int_eq(err, 0);
	while (!is_awaited(r))
		sched_yield();
}

static int removal_end(struct removal *r)
{
	pthread_join(r->thread, NULL);
	return r->err;
}

START_TEST(test_cache_is_there_while_it_is_awaited)
{
	struct kmem_cache *s = kmem_cache_create("wanted", 64, 0, 0, NULL);
	uint64_t serial = kmem_cache_serial(s);
	struct removal r = { .cache = s };
	void *object;

	ck_assert_ptr_eq(kmem_cache_pin(serial), s);
	removal_begin(&r);
	ck_assert_uint_eq(kmem_cache_find("wanted"), serial);
	ck_assert_ptr_eq(kmem_cache_pin(serial), s);
	object = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_unpin(s);
	kmem_cache_unpin(s);
	ck_assert_int_eq(removal_end(&r), -EBUSY);
	ck_assert_ptr_eq(kmem_cache_pin(serial), s);
	kmem_cache_unpin(s);
	kmem_cache_free(s, object);
	ck_assert_int_eq(kmem_cache_remove(s), 0);
	ck_assert_ptr_null(kmem_cache_pin(serial));
}
END_TEST

/* However soon another comes after the last: readers do not keep it for ever. */
START_TEST(test_cache_is_gone_with_the_last_pin)
{
	struct kmem_cache *s = kmem_cache_create("wanted", 64, 0, 0, NULL);
	uint64_t serial = kmem_cache_serial(s);
	struct removal r = { .cache = s };

	ck_assert_ptr_eq(kmem_cache_pin(serial), s);
	removal_begin(&r);
	kmem_cache_unpin(s);
	ck_assert_ptr_null(kmem_cache_pin(serial));
	ck_assert_int_eq(removal_end(&r), 0);
}
END_TEST

START_TEST(test_pool_is_there_while_it_is_awaited)
{
	struct removal r = { 0 };
	uint64_t serial;
	void *element;
	int err;

	err = mempool_new("wanted", "test", 1, KMEM_MEMPOOL_KMALLOC, 64,
			  &r.pool);
	ck_assert_int_eq(err, 0);
	serial = mempool_serial(r.pool);
	ck_assert_ptr_eq(mempool_pin(serial), r.pool);
	removal_begin(&r);
	ck_assert_ptr_eq(mempool_pin(serial), r.pool);
	element = mempool_alloc(r.pool, GFP_KERNEL);
	mempool_unpin(r.pool);
	mempool_unpin(r.pool);
	ck_assert_int_eq(removal_end(&r), -EBUSY);
	ck_assert_ptr_eq(mempool_pin(serial), r.pool);
	mempool_unpin(r.pool);
	mempool_free(element, r.pool);
	ck_assert_int_eq(mempool_remove(r.pool), 0);
	ck_assert_ptr_null(mempool_pin(serial));
}
END_TEST

START_TEST(test_pool_is_gone_with_the_last_pin)
{
	struct removal r = { 0 };
	uint64_t serial;
	int err;

	err = mempool_new("wanted", "test", 1, KMEM_MEMPOOL_KMALLOC, 64,
			  &r.pool);
	ck_assert_int_eq(err, 0);
	serial = mempool_serial(r.pool);
	ck_assert_ptr_eq(mempool_pin(serial), r.pool);
	removal_begin(&r);
	mempool_unpin(r.pool);
	ck_assert_ptr_null(mempool_pin(serial));
	ck_assert_int_eq(removal_end(&r), 0);
}
END_TEST

/* The remover is the parent's: in the child nobody waits. */
START_TEST(test_child_keeps_what_is_awaited)
{
	struct kmem_cache *s = kmem_cache_create("wanted", 64, 0, 0, NULL);
	uint64_t serial = kmem_cache_serial(s);
	struct removal r = { .cache = s };
	int status;
	pid_t pid;

	ck_assert_ptr_eq(kmem_cache_pin(serial), s);
	removal_begin(&r);
	pid = fork();
	if (!pid) {
		if (kmem_cache_pin(serial))
			kmem_cache_unpin(s);
		_exit(kmem_cache_pin(serial) != s);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	kmem_cache_unpin(s);
	ck_assert_int_eq(removal_end(&r), 0);
}
END_TEST

/* ---- elements on their way ----------------------------------------------- */

/* A backing of its own, with a gate that the first who comes finds closed. */
static struct {
	bool give_closed, take_closed;
	int left; /* what it still gives */
	int out;
	sem_t inside, open;
	mempool_t *pool;
} gate;

static void gate_pass(bool *closed)
{
	if (!__atomic_exchange_n(closed, false, __ATOMIC_SEQ_CST))
		return;
	sem_post(&gate.inside);
	sem_wait(&gate.open);
}

static void *gate_give(gfp_t gfp, void *data)
{
	(void)gfp;
	(void)data;
	gate_pass(&gate.give_closed);
	if (__atomic_sub_fetch(&gate.left, 1, __ATOMIC_SEQ_CST) < 0)
		return NULL;
	__atomic_add_fetch(&gate.out, 1, __ATOMIC_SEQ_CST);
	return malloc(64);
}

static void gate_take(void *element, void *data)
{
	(void)data;
	gate_pass(&gate.take_closed);
	__atomic_sub_fetch(&gate.out, 1, __ATOMIC_SEQ_CST);
	free(element);
}

static void *grow(void *arg)
{
	return mempool_resize(gate.pool, 4) ? NULL : arg;
}

static void *reduce(void *arg)
{
	return mempool_resize(gate.pool, 1) ? NULL : arg;
}

/* The backing has two and the reserve one: not enough, and back they go. */
static void *ask_for_four(void *arg)
{
	void *elements[4];
	struct mempool_request request = {
		.nr = 4,
		.gfp = GFP_NOWAIT,
		.elements = elements,
	};

	gate.left = 2;
	return mempool_submit(gate.pool, &request) == -ENOMEM ? arg : NULL;
}

static void *take_one(void *arg)
{
	void *element = mempool_alloc(gate.pool, GFP_KERNEL);

	mempool_free(element, gate.pool);
	return element ? arg : NULL;
}

static const struct way {
	void *(*go)(void *arg);
	int min_nr;
	bool *closed;
	bool new_limit; /* while somebody is held up */
} ways[] = {
	{ grow, 2, &gate.give_closed, false },
	{ reduce, 3, &gate.take_closed, false },
	{ ask_for_four, 1, &gate.take_closed, false },
	{ take_one, 1, &gate.give_closed, false },
	{ take_one, 1, &gate.give_closed, true },
};

#define NR_WAYS (int)(sizeof(ways) / sizeof(ways[0]))

static void gate_setup(int min_nr)
{
	sem_init(&gate.inside, 0, 0);
	sem_init(&gate.open, 0, 0);
	gate.left = 100;
	gate.pool = mempool_create(min_nr, gate_give, gate_take, NULL);
	ck_assert_ptr_nonnull(gate.pool);
	/* So that what is asked of the backing is known. */
	mempool_set_limit(gate.pool, 50);
}

static int move_pool(void)
{
	return mempool_rebase(gate.pool, KMEM_MEMPOOL_KMALLOC, 64);
}

START_TEST(test_pool_keeps_its_backing_for_what_is_on_its_way)
{
	const struct way *way = &ways[_i];
	pthread_t thread;
	void *went;

	gate_setup(way->min_nr);
	*way->closed = true;
	ck_assert_int_eq(pthread_create(&thread, NULL, way->go, &gate), 0);
	sem_wait(&gate.inside);
	if (way->new_limit)
		mempool_set_limit(gate.pool, 40);
	ck_assert_int_eq(move_pool(), -EBUSY);
	sem_post(&gate.open);
	pthread_join(thread, &went);
	ck_assert_ptr_eq(went, &gate);
	ck_assert_int_eq(move_pool(), 0);
	ck_assert_int_eq(gate.out, 0);
	mempool_destroy(gate.pool);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("remove");
	TCase *tc;

	tc = suite_add(s, "awaited", kmem_up, kmem_down);
	tcase_add_test(tc, test_cache_is_there_while_it_is_awaited);
	tcase_add_test(tc, test_pool_is_there_while_it_is_awaited);
	tcase_add_test(tc, test_cache_is_gone_with_the_last_pin);
	tcase_add_test(tc, test_pool_is_gone_with_the_last_pin);
	tcase_add_test(tc, test_child_keeps_what_is_awaited);
	tc = suite_add(s, "on the way", kmem_up, kmem_down);
	tcase_add_loop_test(tc,
			    test_pool_keeps_its_backing_for_what_is_on_its_way,
			    0, NR_WAYS);
	return s;
}
