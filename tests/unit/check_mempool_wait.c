/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_wait.c - requests that wait for elements, as threads and as
 * callbacks: who is served when, and what ends a wait
 *
 * Where a test says that somebody was woken and not found by the retry of each
 * five seconds, it looks at the counter of timeouts and at no clock.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

/* ---- a request with a callback that writes down how it ended ------------- */

#define ORDERS_MAX 16
#define NOT_ENDED 4711

struct order {
	struct mempool_request request;
	void *elements[HELD_MAX];
	int error;
	unsigned int ended_as;
	unsigned int times;
	bool kept; /* what free_and_ask_again() was told */
};

static struct order orders[ORDERS_MAX];
static unsigned int nr_ended;

static void note_end(struct mempool_request *request, int error)
{
	struct order *order = request->arg;

	order->error = error;
	order->times++;
	order->ended_as =
		__atomic_fetch_add(&nr_ended, 1, __ATOMIC_ACQ_REL) + 1;
}

static int submit(unsigned int i, unsigned int nr, gfp_t gfp)
{
	struct order *order = &orders[i];

	memset(order, 0, sizeof(*order));
	order->error = NOT_ENDED;
	order->request.nr = nr;
	order->request.gfp = gfp;
	order->request.elements = order->elements;
	order->request.done = note_end;
	order->request.arg = order;
	return mempool_submit(pool, &order->request);
}

static bool ended_in_time(void *arg)
{
	return __atomic_load_n(&nr_ended, __ATOMIC_ACQUIRE) ==
	       *(unsigned int *)arg;
}

static void wait_for_ends(unsigned int n)
{
	wait_for(ended_in_time, &n);
}

static void assert_served(unsigned int i, unsigned int nr)
{
	ck_assert_int_eq(orders[i].error, 0);
	ck_assert_uint_eq(orders[i].times, 1);
	for (unsigned int j = 0; j < nr; j++) {
		ck_assert_ptr_nonnull(orders[i].elements[j]);
		for (unsigned int k = 0; k < j; k++)
			ck_assert_ptr_ne(orders[i].elements[j],
					 orders[i].elements[k]);
	}
}

/* What an order got becomes the test's. */
static void hold_order(unsigned int i, unsigned int nr)
{
	assert_served(i, nr);
	for (unsigned int j = 0; j < nr; j++)
		held[nr_held++] = orders[i].elements[j];
}

static void wait_setup(void)
{
	pool_setup();
	memset(orders, 0, sizeof(orders));
	nr_ended = 0;
}

/* A pool whose reserve is out and whose backing gives nothing. */
static void make_empty_pool(int min_nr)
{
	pool_make(min_nr);
	backing_set_budget(&backing, 0);
	pool_take_number((unsigned int)min_nr);
	backing_forget(&backing);
}

/* ---- a thread that waits ------------------------------------------------- */

struct sleeper {
	pthread_t id;
	unsigned int nr;
	void *elements[HELD_MAX];
	int ret;
};

static void *sleeper_main(void *arg)
{
	struct sleeper *sleeper = arg;

	if (sleeper->nr == 1)
		sleeper->elements[0] = mempool_alloc(pool, GFP_KERNEL);
	else
		sleeper->ret = mempool_alloc_bulk(pool, sleeper->elements,
						  sleeper->nr);
	return NULL;
}

static void sleeper_start(struct sleeper *sleeper, unsigned int nr)
{
	unsigned int waiters = pool_look().waiters;

	memset(sleeper, 0, sizeof(*sleeper));
	sleeper->nr = nr;
	ck_assert_int_eq(
		pthread_create(&sleeper->id, NULL, sleeper_main, sleeper), 0);
	pool_wait_for_waiters(waiters + 1);
}

static void sleeper_join(struct sleeper *sleeper)
{
	pthread_join(sleeper->id, NULL);
	ck_assert_int_eq(sleeper->ret, 0);
	for (unsigned int i = 0; i < sleeper->nr; i++) {
		ck_assert_ptr_nonnull(sleeper->elements[i]);
		held[nr_held++] = sleeper->elements[i];
	}
}

/* ---- waiting threads ----------------------------------------------------- */

START_TEST(test_invariant_10_waiter_finds_the_backing_again)
{
	struct sleeper sleeper;

	make_empty_pool(1);
	sleeper_start(&sleeper, 1);
	backing_set_budget(&backing, 1);
	sleeper_join(&sleeper);
	ck_assert_uint_ge(POOL_STAT(timeouts), 1);
	ck_assert_uint_eq(POOL_STAT(from_backing), 1);
}
END_TEST

static void ignore_signal(int number)
{
	(void)number;
}

static bool backing_was_asked(void *arg)
{
	pthread_kill(((struct sleeper *)arg)->id, SIGUSR1);
	return backing_calls(&backing) > 2;
}

/* Signals interrupt the sleep, but do not put the retry off. */
START_TEST(test_signals_do_not_delay_the_retry)
{
	const struct sigaction action = { .sa_handler = ignore_signal };
	struct sleeper sleeper;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	make_empty_pool(1);
	sleeper_start(&sleeper, 1);
	backing_set_budget(&backing, 1);
	wait_for(backing_was_asked, &sleeper);
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(from_backing), 1);
}
END_TEST

START_TEST(test_invariant_11_free_wakes_the_waiter)
{
	struct sleeper sleeper;

	make_empty_pool(1);
	sleeper_start(&sleeper, 1);
	pool_give();
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_uint_eq(POOL_STAT(waits), 1);
	ck_assert_uint_eq(pool_look().waiters, 0);
}
END_TEST

START_TEST(test_invariant_13_bulk_takes_all_or_nothing)
{
	struct sleeper sleeper;

	make_empty_pool(4);
	for (int i = 0; i < 3; i++)
		pool_give();
	sleeper_start(&sleeper, 4);
	ck_assert_int_eq(pool->curr_nr, 3);
	pool_give();
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_int_eq(pool->curr_nr, 0);
}
END_TEST

START_TEST(test_waiting_asks_the_backing_twice)
{
	struct sleeper sleeper;

	make_empty_pool(1);
	sleeper_start(&sleeper, 1);
	ck_assert_uint_eq(backing_calls(&backing), 2);
	pool_give();
	sleeper_join(&sleeper);
}
END_TEST

START_TEST(test_waiters_of_a_zero_min_pool_are_woken)
{
	struct sleeper sleeper;

	pool_make(0);
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	sleeper_start(&sleeper, 1);
	pool_give();
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_free_bulk_wakes_waiters)
{
	struct sleeper sleepers[3];
	void *elements[4];

	make_empty_pool(4);
	memcpy(elements, held, sizeof(elements));
	nr_held = 0;
	for (int i = 0; i < 3; i++)
		sleeper_start(&sleepers[i], 1);
	ck_assert_uint_eq(mempool_free_bulk(pool, elements, 4), 4);
	for (int i = 0; i < 3; i++)
		sleeper_join(&sleepers[i]);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_int_eq(pool->curr_nr, 1);
}
END_TEST

START_TEST(test_growth_wakes_waiters)
{
	struct sleeper sleepers[2];

	make_empty_pool(1);
	for (int i = 0; i < 2; i++)
		sleeper_start(&sleepers[i], 1);
	backing_set_budget(&backing, 2);
	ck_assert_int_eq(mempool_resize(pool, 3), 0);
	for (int i = 0; i < 2; i++)
		sleeper_join(&sleepers[i]);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_higher_limit_wakes_waiters)
{
	struct sleeper sleeper;

	pool_make(1);
	mempool_set_exact(pool, true);
	mempool_set_limit(pool, 2);
	pool_take_number(3);
	sleeper_start(&sleeper, 1);
	mempool_set_limit(pool, 3);
	ck_assert_uint_eq(pool_look().waiters, 1);
	mempool_set_limit(pool, 4);
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_higher_limit_of_the_cache_wakes_waiters)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);
	struct sleeper sleeper;

	kmem_cache_set_limit(s, 3);
	pool = mempool_create_slab_pool(2, s);
	pool_take_number(3);
	sleeper_start(&sleeper, 1);
	kmem_cache_set_limit(s, 4);
	sleeper_join(&sleeper);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	pool_give_all();
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(s);
}
END_TEST

/* ---- submit -------------------------------------------------------------- */

START_TEST(test_submit_serves_at_once_when_it_can)
{
	pool_make(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), 0);
	ck_assert_uint_eq(POOL_STAT(from_backing), 3);
	backing_set_budget(&backing, 1);
	ck_assert_int_eq(submit(1, 4, GFP_KERNEL), 0);
	ck_assert_uint_eq(POOL_STAT(from_reserve), 3);
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_uint_eq(nr_ended, 0);
	for (unsigned int i = 0; i < 2; i++) {
		orders[i].error = 0;
		orders[i].times = 1;
		hold_order(i, 3 + i);
	}
}
END_TEST

START_TEST(test_submit_queues_and_ends_by_done)
{
	make_empty_pool(2);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert_uint_eq(pool_look().waiters, 1);
	ck_assert_uint_eq(nr_ended, 0);
	pool_give();
	wait_for_ends(1);
	hold_order(0, 1);
	ck_assert_uint_eq(pool_look().waiters, 0);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_uint_eq(pool_look().active, 2);
}
END_TEST

START_TEST(test_submit_refuses_what_can_never_be)
{
	struct mempool_request silent = { .nr = 1, .gfp = GFP_KERNEL };
	void *element;

	make_empty_pool(2);
	silent.elements = &element;
	ck_assert_int_eq(submit(0, 0, GFP_KERNEL), -EINVAL);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -ENOMEM);
	ck_assert_int_eq(submit(0, 1, GFP_ATOMIC), -ENOMEM);
	ck_assert_int_eq(submit(0, 1, GFP_NOWAIT), -ENOMEM);
	ck_assert_int_eq(mempool_submit(pool, &silent), -EAGAIN);
	ck_assert_uint_eq(pool_look().waiters, 0);
	ck_assert_uint_eq(POOL_STAT(waits), 0);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(nr_ended, 0);
	reports_take();
}
END_TEST

/* What a failed request got from the backing does not stay out. */
START_TEST(test_failed_submit_keeps_nothing)
{
	pool_make(4);
	pool_take_number(2);
	backing_set_budget(&backing, 0);
	pool_take_number(3);
	backing_set_budget(&backing, 2);
	ck_assert_int_eq(submit(0, 4, GFP_ATOMIC), -ENOMEM);
	ck_assert_uint_eq(backing_live(&backing),
			  nr_held + (unsigned int)pool->curr_nr);
	ck_assert_uint_eq(pool_look().active, nr_held);
	ck_assert_uint_eq(mempool_validate(pool), 0);
}
END_TEST

START_TEST(test_callback_finds_the_backing_again)
{
	make_empty_pool(1);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	backing_set_budget(&backing, 1);
	wait_for_ends(1);
	hold_order(0, 1);
	ck_assert_uint_ge(POOL_STAT(timeouts), 1);
}
END_TEST

/*
 * What the backing gave is no use to a request that has to wait; the reserve
 * alone serves it, and nothing is lost.
 */
START_TEST(test_backing_that_gives_a_part_is_no_help)
{
	make_empty_pool(4);
	backing_set_budget(&backing, 2);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	ck_assert_uint_eq(backing_live(&backing),
			  nr_held + (unsigned int)pool->curr_nr);
	for (int i = 0; i < 3; i++)
		pool_give();
	wait_for_ends(1);
	hold_order(0, 3);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_uint_eq(backing_live(&backing),
			  nr_held + (unsigned int)pool->curr_nr);
}
END_TEST

/* ---- order --------------------------------------------------------------- */

START_TEST(test_waiters_are_served_in_order)
{
	make_empty_pool(3);
	for (unsigned int i = 0; i < 9; i++)
		ck_assert_int_eq(submit(i, 1, GFP_KERNEL), -EINPROGRESS);
	for (unsigned int i = 0; i < 9; i++) {
		pool_give();
		wait_for_ends(i + 1);
		ck_assert_uint_eq(orders[i].ended_as, i + 1);
		hold_order(i, 1);
	}
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_threads_and_callbacks_share_one_queue)
{
	struct sleeper sleeper;

	make_empty_pool(2);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	sleeper_start(&sleeper, 1);
	ck_assert_int_eq(submit(1, 1, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	wait_for_ends(1);
	assert_served(0, 1);
	ck_assert_uint_eq(pool_look().waiters, 2);
	pool_give();
	sleeper_join(&sleeper);
	ck_assert_uint_eq(nr_ended, 1);
	mempool_free(orders[0].elements[0], pool);
	wait_for_ends(2);
	hold_order(1, 1);
}
END_TEST

/* A small request does not overtake a large one that came before. */
START_TEST(test_large_request_is_not_overtaken)
{
	make_empty_pool(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	pool_give();
	ck_assert_uint_eq(nr_ended, 0);
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(mempool_validate(pool), 0);
	pool_give();
	wait_for_ends(1);
	hold_order(0, 3);
	ck_assert_int_eq(orders[1].error, NOT_ENDED);
	pool_give();
	wait_for_ends(2);
	hold_order(1, 1);
}
END_TEST

START_TEST(test_newcomers_leave_the_reserve_to_waiters)
{
	make_empty_pool(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	pool_give();
	ck_assert_ptr_null(pool_take(GFP_ATOMIC));
	ck_assert_int_eq(submit(1, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(pool->curr_nr, 2);
	backing_set_budget(&backing, 1);
	ck_assert_ptr_nonnull(pool_take(GFP_ATOMIC));
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(nr_ended, 0);
	pool_give_all();
	wait_for_ends(2);
	ck_assert_uint_eq(orders[0].ended_as, 1);
	hold_order(0, 3);
	hold_order(1, 1);
}
END_TEST

/* ---- cancel -------------------------------------------------------------- */

START_TEST(test_cancelled_request_never_ends)
{
	make_empty_pool(1);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert(mempool_cancel(pool, &orders[0].request));
	ck_assert_uint_eq(pool_look().waiters, 0);
	ck_assert_uint_eq(POOL_STAT(cancelled), 1);
	ck_assert(!mempool_cancel(pool, &orders[0].request));
	pool_give();
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_uint_eq(nr_ended, 0);
}
END_TEST

START_TEST(test_ended_request_cannot_be_cancelled)
{
	make_empty_pool(1);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	wait_for_ends(1);
	ck_assert(!mempool_cancel(pool, &orders[0].request));
	hold_order(0, 1);
	ck_assert_uint_eq(POOL_STAT(cancelled), 0);
}
END_TEST

START_TEST(test_cancel_lets_the_next_ones_go)
{
	make_empty_pool(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(2, 1, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	pool_give();
	ck_assert_uint_eq(nr_ended, 0);
	ck_assert(mempool_cancel(pool, &orders[0].request));
	wait_for_ends(2);
	hold_order(1, 1);
	hold_order(2, 1);
	ck_assert_uint_eq(orders[1].ended_as, 1);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_int_eq(pool->curr_nr, 0);
}
END_TEST

START_TEST(test_cancel_in_the_middle_keeps_the_order)
{
	make_empty_pool(3);
	for (unsigned int i = 0; i < 5; i++)
		ck_assert_int_eq(submit(i, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert(mempool_cancel(pool, &orders[1].request));
	ck_assert(mempool_cancel(pool, &orders[4].request));
	ck_assert_uint_eq(mempool_validate(pool), 0);
	pool_give_all();
	wait_for_ends(3);
	ck_assert_uint_eq(orders[0].ended_as, 1);
	ck_assert_uint_eq(orders[2].ended_as, 2);
	ck_assert_uint_eq(orders[3].ended_as, 3);
	hold_order(0, 1);
	hold_order(2, 1);
	hold_order(3, 1);
}
END_TEST

/* ---- resize and the end of the pool -------------------------------------- */

START_TEST(test_growth_serves_callbacks)
{
	make_empty_pool(2);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 2, GFP_KERNEL), -EINPROGRESS);
	backing_set_budget(&backing, 3);
	ck_assert_int_eq(mempool_resize(pool, 5), 0);
	wait_for_ends(2);
	hold_order(0, 1);
	hold_order(1, 2);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_int_eq(pool->curr_nr, 0);
}
END_TEST

START_TEST(test_shrinking_ends_requests_that_grew_too_large)
{
	make_empty_pool(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 2, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(2, 4, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(mempool_resize(pool, 2), 0);
	wait_for_ends(2);
	ck_assert_int_eq(orders[0].error, -ENOMEM);
	ck_assert_int_eq(orders[2].error, -ENOMEM);
	ck_assert_int_eq(orders[1].error, NOT_ENDED);
	ck_assert_uint_eq(pool_look().waiters, 1);
	pool_give();
	pool_give();
	wait_for_ends(3);
	hold_order(1, 2);
}
END_TEST

/* The large one goes; what it waited with is enough for the small one. */
START_TEST(test_shrinking_lets_the_next_ones_go)
{
	make_empty_pool(4);
	ck_assert_int_eq(submit(0, 3, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, GFP_KERNEL), -EINPROGRESS);
	pool_give();
	pool_give();
	ck_assert_int_eq(mempool_resize(pool, 2), 0);
	wait_for_ends(2);
	ck_assert_int_eq(orders[0].error, -ENOMEM);
	hold_order(1, 1);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_destroy_ends_callbacks)
{
	make_empty_pool(3);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(submit(i, 1 + i, GFP_KERNEL), -EINPROGRESS);
	mempool_destroy(pool);
	pool = NULL;
	ck_assert_uint_eq(nr_ended, 3);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_int_eq(orders[i].error, -ENODEV);
		ck_assert_uint_eq(orders[i].times, 1);
	}
	while (nr_held)
		backing_free(held[--nr_held], &backing);
}
END_TEST

START_TEST(test_exit_ends_callbacks)
{
	mempool_t embedded;

	ck_assert_int_eq(mempool_init(&embedded, 1, backing_alloc, backing_free,
				      &backing),
			 0);
	pool = &embedded;
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	mempool_exit(&embedded);
	pool = NULL;
	ck_assert_int_eq(orders[0].error, -ENODEV);
	backing_free(held[--nr_held], &backing);
}
END_TEST

START_TEST(test_waiters_forbid_rebase_and_remove)
{
	ck_assert_int_eq(mempool_new("mine", "check", 1, KMEM_MEMPOOL_KMALLOC,
				     64, &pool),
			 0);
	mempool_set_exact(pool, true);
	mempool_set_limit(pool, 0);
	pool_take_number(1);
	ck_assert_int_eq(submit(0, 1, GFP_KERNEL), -EINPROGRESS);
	ck_assert_int_eq(mempool_rebase(pool, KMEM_MEMPOOL_PAGES, 0), -EBUSY);
	ck_assert_int_eq(mempool_remove(pool), -EBUSY);
	ck_assert(mempool_cancel(pool, &orders[0].request));
	pool_give();
	ck_assert_int_eq(mempool_remove(pool), 0);
	pool = NULL;
}
END_TEST

/* ---- callbacks that use the pool ----------------------------------------- */

static void free_and_ask_again(struct mempool_request *request, int error)
{
	struct order *order = request->arg;
	void *got[2] = { order->elements[0], order->elements[1] };

	order->error = error;
	if (order->times++ == 0) {
		order->kept = mempool_submit(pool, request) == -EINPROGRESS;
		mempool_free(got[1], pool);
		mempool_free(got[0], pool);
		return;
	}
	__atomic_store_n(&nr_ended, 1, __ATOMIC_RELEASE);
}

/*
 * done() submits the same request once more and then frees what the first
 * round brought: the second round waits, or is served inside the first.
 */
START_TEST(test_done_may_use_the_pool)
{
	struct order *order = &orders[0];
	void *first[2];

	make_empty_pool(2);
	ck_assert_int_eq(submit(0, 2, GFP_KERNEL), -EINPROGRESS);
	order->request.done = free_and_ask_again;
	memcpy(first, held, sizeof(first));
	nr_held = 0;
	mempool_free(first[0], pool);
	mempool_free(first[1], pool);
	wait_for_ends(1);
	ck_assert(order->kept);
	ck_assert_int_eq(order->error, 0);
	ck_assert_uint_eq(order->times, 2);
	held[nr_held++] = order->elements[0];
	held[nr_held++] = order->elements[1];
	ck_assert_uint_eq(pool_look().active, 2);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

/* ---- numbers ------------------------------------------------------------- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* All three served were waiting for as long as the test saw them wait. */
START_TEST(test_waits_are_counted)
{
	struct kmem_mempool_info info;
	uint64_t waited;

	make_empty_pool(3);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(submit(i, 1, GFP_KERNEL), -EINPROGRESS);
	waited = now_ns();
	ck_assert_uint_eq(pool_look().waiters, 4);
	ck_assert(mempool_cancel(pool, &orders[3].request));
	waited = now_ns() - waited;
	pool_give_all();
	wait_for_ends(3);
	info = pool_look();
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_waits], 4);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_cancelled], 1);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_allocs], 6);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_from_reserve], 6);
	ck_assert_uint_ge(info.stat[KMEM_MEMPOOL_STAT_wait_ns_max], waited);
	ck_assert_uint_ge(info.stat[KMEM_MEMPOOL_STAT_wait_ns_total],
			  info.stat[KMEM_MEMPOOL_STAT_wait_ns_max] +
				  2 * waited);
	for (unsigned int i = 0; i < 3; i++)
		hold_order(i, 1);
}
END_TEST

/* The bucket of a wait is the least one that is not shorter. */
START_TEST(test_waits_are_sorted_by_length)
{
	struct kmem_mempool_info info;
	unsigned int bucket = KMEM_MEMPOOL_WAIT_BUCKETS;
	uint64_t ended = 0, waited;

	make_empty_pool(2);
	for (unsigned int i = 0; i < 2; i++)
		ck_assert_int_eq(submit(i, 1, GFP_KERNEL), -EINPROGRESS);
	info = pool_look();
	for (unsigned int i = 0; i < KMEM_MEMPOOL_WAIT_BUCKETS; i++)
		ck_assert_uint_eq(info.wait[i], 0);
	ck_assert(mempool_cancel(pool, &orders[0].request));
	info = pool_look();
	for (unsigned int i = 0; i < KMEM_MEMPOOL_WAIT_BUCKETS; i++) {
		ended += info.wait[i];
		if (info.wait[i])
			bucket = i;
	}
	ck_assert_uint_eq(ended, 1);
	waited = info.stat[KMEM_MEMPOOL_STAT_wait_ns_total];
	if (bucket < KMEM_MEMPOOL_WAIT_BUCKETS - 1)
		ck_assert_uint_le(waited, kmem_mempool_wait_ns(bucket));
	if (bucket)
		ck_assert_uint_gt(waited, kmem_mempool_wait_ns(bucket - 1));
	mempool_reset_stats(pool);
	info = pool_look();
	ck_assert_uint_eq(info.wait[bucket], 0);
	ck_assert(mempool_cancel(pool, &orders[1].request));
	info = pool_look();
	ended = 0;
	for (unsigned int i = 0; i < KMEM_MEMPOOL_WAIT_BUCKETS; i++)
		ended += info.wait[i];
	ck_assert_uint_eq(ended, 1);
}
END_TEST

static void add_thread_tests(Suite *s)
{
	TCase *tc = suite_add(s, "threads", wait_setup, pool_teardown);

	tcase_add_test(tc, test_invariant_10_waiter_finds_the_backing_again);
	tcase_add_test(tc, test_signals_do_not_delay_the_retry);
	tcase_add_test(tc, test_invariant_11_free_wakes_the_waiter);
	tcase_add_test(tc, test_invariant_13_bulk_takes_all_or_nothing);
	tcase_add_test(tc, test_waiting_asks_the_backing_twice);
	tcase_add_test(tc, test_waiters_of_a_zero_min_pool_are_woken);
	tcase_add_test(tc, test_free_bulk_wakes_waiters);
	tcase_add_test(tc, test_growth_wakes_waiters);
	tcase_add_test(tc, test_higher_limit_wakes_waiters);
	tcase_add_test(tc, test_higher_limit_of_the_cache_wakes_waiters);
}

static void add_submit_tests(Suite *s)
{
	TCase *tc = suite_add(s, "submit", wait_setup, pool_teardown);

	tcase_add_test(tc, test_submit_serves_at_once_when_it_can);
	tcase_add_test(tc, test_submit_queues_and_ends_by_done);
	tcase_add_test(tc, test_submit_refuses_what_can_never_be);
	tcase_add_test(tc, test_failed_submit_keeps_nothing);
	tcase_add_test(tc, test_callback_finds_the_backing_again);
	tcase_add_test(tc, test_backing_that_gives_a_part_is_no_help);
	tcase_add_test(tc, test_done_may_use_the_pool);
	tcase_add_test(tc, test_waits_are_counted);
	tcase_add_test(tc, test_waits_are_sorted_by_length);
}

static void add_order_tests(Suite *s)
{
	TCase *tc = suite_add(s, "order", wait_setup, pool_teardown);

	tcase_add_test(tc, test_waiters_are_served_in_order);
	tcase_add_test(tc, test_threads_and_callbacks_share_one_queue);
	tcase_add_test(tc, test_large_request_is_not_overtaken);
	tcase_add_test(tc, test_newcomers_leave_the_reserve_to_waiters);

	tc = suite_add(s, "cancel", wait_setup, pool_teardown);
	tcase_add_test(tc, test_cancelled_request_never_ends);
	tcase_add_test(tc, test_ended_request_cannot_be_cancelled);
	tcase_add_test(tc, test_cancel_lets_the_next_ones_go);
	tcase_add_test(tc, test_cancel_in_the_middle_keeps_the_order);
}

static void add_end_tests(Suite *s)
{
	TCase *tc = suite_add(s, "ends", wait_setup, pool_teardown);

	tcase_add_test(tc, test_growth_serves_callbacks);
	tcase_add_test(tc, test_shrinking_ends_requests_that_grew_too_large);
	tcase_add_test(tc, test_shrinking_lets_the_next_ones_go);
	tcase_add_test(tc, test_destroy_ends_callbacks);
	tcase_add_test(tc, test_exit_ends_callbacks);
	tcase_add_test(tc, test_waiters_forbid_rebase_and_remove);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool wait");

	add_thread_tests(s);
	add_submit_tests(s);
	add_order_tests(s);
	add_end_tests(s);
	return s;
}
