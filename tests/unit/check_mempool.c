/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool.c - pools seen by one thread: making them, masks, the reserve,
 * resizing, numbers
 *
 * test_invariant_NN_… are thirteen invariants of mempools; those that
 * need waiting are in check_mempool_wait.c, number 9 and stress in
 * check_mempool_threads.c, names in check_mempool_names.c, the kernel's backings
 * in check_mempool_backing.c,
 * poison in check_mempool_debug.c, every schedule of a few tasks in
 * check_mempool_schedules.c.
 *
 * What today's kernel leaves to its callers, and where it is tried here:
 *
 *	free_bulk of nothing reads elements[0]	free_bulk_of_none_takes_none
 *	poison of blocks of size 0		hazard_blocks_of_no_size_…
 *	poison of mixed pairs			hazard_mixed_pairs_are_left_alone
 *	init of what is not cleared		init_needs_no_zeroed_memory
 *	negative min_nr				bad_min_nr_is_reported
 *
 * What the kernel had to mend, and where it would be seen here:
 *
 *	2.6	guesses about reclaim		masks_of_both_rounds
 *	2.6.30	kzalloc pools gave dirty memory	zeroing_is_refused
 *	3.3	a free that saw a stale curr_nr	elements_may_be_freed_by_…
 *						another_thread
 *	3.3	a sleep before the second round	second_round_follows_at_once
 *	3.3	prefill without the given mask	invariant_01_init_uses_…
 *	3.3	destroy with elements out	invariant_03_elements_balance
 *	4.1	growth from atomic context	growth_fills_the_reserve: its
 *						mask is GFP_KERNEL, no other
 *	4.8	__GFP_NOMEMALLOC dropped when	masks_of_both_rounds, of an
 *		the pool is empty		empty pool
 *	4.x	order of poison and checks	reserve_is_poisoned,
 *						right_use_is_not_reported
 *	6.17	zero-minimum pools		waiters_of_a_zero_min_pool_…,
 *						zero_min_pool_serves_…
 *	6.18	poison past a page		history_page_poison_ends_…
 *	6.19	bulk, timeouts			invariant_13_…, invariant_10_…
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

/* What every request adds to its mask, and what its first round leaves out. */
#define ADDED (__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN)
#define FIRST_WITHOUT (__GFP_DIRECT_RECLAIM | __GFP_IO)

/* ---- making a pool ------------------------------------------------------- */

START_TEST(test_invariant_01_init_fills_the_reserve)
{
	static const int counts[] = { 0, 1, 2, 5, 17 };
	int min_nr = counts[_i];
	int expect = min_nr ? min_nr : 1;

	pool = mempool_create(min_nr, backing_alloc, backing_free, &backing);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(pool->curr_nr, expect);
	ck_assert_int_eq(pool->min_nr, min_nr);
	ck_assert_ptr_eq(pool->pool_data, &backing);
	ck_assert_uint_eq(backing.calls, (unsigned int)expect);
	for (int i = 0; i < expect; i++)
		ck_assert_uint_eq(backing.mask[i], GFP_KERNEL);
}
END_TEST

START_TEST(test_invariant_01_init_uses_the_given_mask)
{
	pool = mempool_create_node(3, backing_alloc, backing_free, &backing,
				   GFP_NOFS | __GFP_NOWARN, -1);
	ck_assert_ptr_nonnull(pool);
	ck_assert_uint_eq(backing.calls, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(backing.mask[i], GFP_NOFS | __GFP_NOWARN);
}
END_TEST

START_TEST(test_invariant_08_init_rolls_back)
{
	mempool_t embedded;

	backing_set_budget(&backing, _i);
	ck_assert_ptr_null(
		mempool_create(6, backing_alloc, backing_free, &backing));
	ck_assert_uint_eq(backing.given, (unsigned int)_i);
	ck_assert_uint_eq(backing.freed, (unsigned int)_i);

	memset(&embedded, 0xff, sizeof(embedded));
	backing_set_budget(&backing, _i);
	ck_assert_int_eq(mempool_init(&embedded, 6, backing_alloc, backing_free,
				      &backing),
			 -ENOMEM);
	ck_assert_uint_eq(backing.freed, 2 * (unsigned int)_i);
	ck_assert_ptr_null(embedded.elements);
	ck_assert(!mempool_initialized(&embedded));
	ck_assert_uint_eq(mempool_serials(NULL, 0), 0);
	mempool_exit(&embedded);
}
END_TEST

START_TEST(test_init_needs_no_zeroed_memory)
{
	mempool_t embedded;

	memset(&embedded, 0xa5, sizeof(embedded));
	ck_assert_int_eq(mempool_init(&embedded, 3, backing_alloc, backing_free,
				      &backing),
			 0);
	ck_assert(mempool_initialized(&embedded));
	ck_assert_int_eq(embedded.curr_nr, 3);
	ck_assert_uint_eq(mempool_validate(&embedded), 0);
	mempool_free(mempool_alloc(&embedded, GFP_KERNEL), &embedded);
	mempool_exit(&embedded);
	ck_assert(!mempool_initialized(&embedded));
	mempool_exit(&embedded);
}
END_TEST

START_TEST(test_exit_of_a_zeroed_pool_is_harmless)
{
	mempool_t embedded;

	memset(&embedded, 0, sizeof(embedded));
	ck_assert(!mempool_initialized(&embedded));
	mempool_exit(&embedded);
	mempool_exit(&embedded);
	mempool_destroy(NULL);
}
END_TEST

START_TEST(test_embedded_pool_may_be_made_again)
{
	mempool_t embedded = { 0 };

	for (int i = 1; i < 5; i++) {
		ck_assert_int_eq(mempool_init(&embedded, i, backing_alloc,
					      backing_free, &backing),
				 0);
		ck_assert_int_eq(embedded.curr_nr, i);
		mempool_exit(&embedded);
		ck_assert_uint_eq(backing_live(&backing), 0);
	}
}
END_TEST

START_TEST(test_bad_min_nr_is_reported)
{
	static const int bad[] = { -1, INT_MIN, MEMPOOL_MAX_NR + 1, INT_MAX };
	mempool_t embedded;

	ck_assert_ptr_null(
		mempool_create(bad[_i], backing_alloc, backing_free, &backing));
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_int_eq(mempool_init(&embedded, bad[_i], backing_alloc,
				      backing_free, &backing),
			 -EINVAL);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_uint_eq(backing.calls, 0);
}
END_TEST

/* ---- masks --------------------------------------------------------------- */

static const struct {
	gfp_t gfp;
	unsigned int calls;
} requests[] = {
	{ GFP_ATOMIC, 1 },
	{ GFP_NOWAIT, 1 },
	{ 0, 1 },
	{ __GFP_IO, 2 },
	{ __GFP_IO | __GFP_FS, 2 },
	{ __GFP_FS | __GFP_HIGH, 1 },
	{ GFP_KERNEL, 2 },
	{ GFP_NOIO, 2 },
	{ GFP_NOFS, 2 },
	{ GFP_KERNEL | __GFP_HIGH | __GFP_DMA, 2 },
	{ __GFP_DIRECT_RECLAIM, 2 },
};

#define NR_REQUESTS ((int)(sizeof(requests) / sizeof(requests[0])))

/*
 * With nothing to be had: one round, or two if the mask may do more in the
 * second. A request without done() says that it would wait.
 */
START_TEST(test_masks_of_both_rounds)
{
	gfp_t gfp = requests[_i].gfp;
	void *element;
	struct mempool_request request = {
		.nr = 1,
		.gfp = gfp,
		.elements = &element,
	};

	pool_make(1);
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	backing_forget(&backing);
	ck_assert_int_eq(mempool_submit(pool, &request),
			 gfpflags_allow_blocking(gfp) ? -EAGAIN : -ENOMEM);
	ck_assert_uint_eq(backing.calls, requests[_i].calls);
	ck_assert_uint_eq(backing.mask[0], (gfp & ~FIRST_WITHOUT) | ADDED);
	if (requests[_i].calls == 2)
		ck_assert_uint_eq(backing.mask[1], gfp | ADDED);
	ck_assert_uint_eq(pool_look().waiters, 0);
}
END_TEST

START_TEST(test_masks_are_the_same_for_mempool_alloc)
{
	gfp_t gfp = requests[_i].gfp;

	if (gfpflags_allow_blocking(gfp))
		return;
	pool_make(1);
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	backing_forget(&backing);
	ck_assert_ptr_null(pool_take(gfp));
	ck_assert_uint_eq(backing.calls, requests[_i].calls);
	ck_assert_uint_eq(backing.mask[0], (gfp & ~FIRST_WITHOUT) | ADDED);
	if (requests[_i].calls == 2)
		ck_assert_uint_eq(backing.mask[1], gfp | ADDED);
	ck_assert_uint_eq(POOL_STAT(failed), 1);
}
END_TEST

/* Between the rounds nobody sleeps: the second may bring the element. */
static void *alloc_when_it_may_reclaim(gfp_t gfp, void *pool_data)
{
	void *element = backing_alloc(gfp, pool_data);

	if (element && !(gfp & __GFP_DIRECT_RECLAIM)) {
		backing_free(element, pool_data);
		return NULL;
	}
	return element;
}

START_TEST(test_second_round_follows_at_once)
{
	pool = mempool_create(1, alloc_when_it_may_reclaim, backing_free,
			      &backing);
	pool_take_number(1);
	ck_assert_uint_eq(POOL_STAT(from_reserve), 1);
	backing_forget(&backing);
	pool_take_number(1);
	ck_assert_uint_eq(backing.calls, 2);
	ck_assert_uint_eq(POOL_STAT(from_backing), 1);
	ck_assert_uint_eq(POOL_STAT(waits), 0);
}
END_TEST

START_TEST(test_backing_is_always_asked_first)
{
	pool_make(4);
	pool_take_number(10);
	ck_assert_int_eq(pool->curr_nr, 4);
	ck_assert_uint_eq(backing.calls, 10);
	ck_assert_uint_eq(POOL_STAT(from_backing), 10);
	ck_assert_uint_eq(POOL_STAT(from_reserve), 0);
}
END_TEST

START_TEST(test_noreserve_asks_the_backing_alone)
{
	pool_make(2);
	held[nr_held] = mempool_alloc_noreserve(pool, GFP_NOFS | __GFP_DMA);
	ck_assert_ptr_nonnull(held[nr_held++]);
	ck_assert_uint_eq(backing.calls, 1);
	ck_assert_uint_eq(backing.mask[0], GFP_NOFS | __GFP_DMA);
	backing_set_budget(&backing, 0);
	ck_assert_ptr_null(mempool_alloc_noreserve(pool, GFP_KERNEL));
	ck_assert_int_eq(pool->curr_nr, 2);
}
END_TEST

START_TEST(test_preallocated_takes_the_reserve_alone)
{
	pool_make(2);
	for (int i = 0; i < 2; i++) {
		held[nr_held] = mempool_alloc_preallocated(pool);
		ck_assert_ptr_nonnull(held[nr_held++]);
	}
	ck_assert_ptr_null(mempool_alloc_preallocated(pool));
	ck_assert_uint_eq(backing.calls, 0);
	ck_assert_int_eq(pool->curr_nr, 0);
}
END_TEST

/*
 * Elements of the reserve are as their last user left them, so nobody may count
 * on zeroes: the flag is told, and left out.
 */
START_TEST(test_zeroing_is_refused)
{
	pool_make(2);
	(void)pool_take(GFP_KERNEL | __GFP_ZERO);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("__GFP_ZERO"));
	ck_assert_uint_eq(nr_held, 1);
	ck_assert_uint_eq(backing.calls, 1);
	ck_assert_uint_eq(backing.mask[0] & __GFP_ZERO, 0);
}
END_TEST

/* ---- the reserve --------------------------------------------------------- */

static void assert_bounds(void)
{
	int most = pool->min_nr ? pool->min_nr : 1;

	ck_assert_int_ge(pool->curr_nr, 0);
	ck_assert_int_le(pool->curr_nr, most);
	ck_assert_uint_eq(mempool_validate(pool), 0);
}

START_TEST(test_invariant_02_curr_nr_stays_in_bounds)
{
	struct prng prng = { test_seed("invariant_02") };

	pool_make(_i);
	for (int i = 0; i < 5000; i++) {
		backing_set_budget(&backing, prng_below(&prng, 3));
		if (nr_held < HELD_MAX && prng_below(&prng, 2))
			(void)pool_take(GFP_NOWAIT);
		else if (nr_held)
			pool_give();
		assert_bounds();
		ck_assert_uint_eq(backing_live(&backing),
				  nr_held + (unsigned int)pool->curr_nr);
	}
}
END_TEST

START_TEST(test_invariant_03_elements_balance)
{
	pool_make(4);
	backing_set_budget(&backing, 3);
	pool_take_number(7);
	ck_assert_uint_eq(backing_live(&backing), 7);
	pool_give();
	ck_assert_uint_eq(backing_live(&backing),
			  nr_held + (unsigned int)pool->curr_nr);
	mempool_destroy(pool);
	pool = NULL;
	ck_assert_uint_eq(backing_live(&backing), 6);
	while (nr_held)
		backing_free(held[--nr_held], &backing);
}
END_TEST

START_TEST(test_invariant_04_reserve_fills_before_any_free)
{
	unsigned int min_nr = (unsigned int)(_i ? _i : 1);

	pool_make(_i);
	backing_set_budget(&backing, 0);
	pool_take_number(min_nr);
	ck_assert_ptr_null(pool_take(GFP_NOWAIT));
	ck_assert_int_eq(pool->curr_nr, 0);
	pool_give_all();
	ck_assert_uint_eq(backing.freed, 0);
	ck_assert_int_eq(pool->curr_nr, (int)min_nr);
	ck_assert(mempool_is_saturated(pool));
}
END_TEST

START_TEST(test_invariant_05_free_prefers_the_reserve)
{
	pool_make(3);
	pool_take_number(4);
	ck_assert_uint_eq(backing.freed, 0);
	backing_set_budget(&backing, 0);
	pool_take_number(2);
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert(!mempool_is_saturated(pool));
	pool_give();
	pool_give();
	ck_assert_uint_eq(backing.freed, 0);
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert(mempool_is_saturated(pool));
	pool_give();
	ck_assert_uint_eq(backing.freed, 1);
	ck_assert_uint_eq(POOL_STAT(refills), 2);
}
END_TEST

START_TEST(test_invariant_06_reserve_is_a_stack)
{
	void *order[5];

	pool_make(5);
	backing_set_budget(&backing, 0);
	pool_take_number(5);
	memcpy(order, held, sizeof(order));
	nr_held = 0;
	for (int i = 0; i < 5; i++)
		mempool_free(order[i], pool);
	for (int i = 4; i >= 0; i--)
		ck_assert_ptr_eq(pool_take(GFP_NOWAIT), order[i]);
}
END_TEST

/* Callbacks that look at their own pool, and use it. */
static int nested;

static void look_from_callback(void)
{
	void *element;

	if (!pool || nested)
		return;
	nested = 1;
	(void)pool_look();
	ck_assert_uint_eq(mempool_validate(pool), 0);
	element = mempool_alloc_preallocated(pool);
	mempool_free(element, pool);
	nested = 2;
}

static void *nosy_alloc(gfp_t gfp, void *pool_data)
{
	look_from_callback();
	return backing_alloc(gfp, pool_data);
}

static void nosy_free(void *element, void *pool_data)
{
	look_from_callback();
	backing_free(element, pool_data);
}

START_TEST(test_invariant_07_callbacks_run_without_the_lock)
{
	nested = 0;
	pool = mempool_create(3, nosy_alloc, nosy_free, &backing);
	pool_take_number(1);
	ck_assert_int_eq(nested, 2);
	nested = 0;
	pool_give();
	ck_assert_int_eq(nested, 2);
	nested = 0;
	ck_assert_int_eq(mempool_resize(pool, 6), 0);
	ck_assert_int_eq(nested, 2);
	nested = 0;
	ck_assert_int_eq(mempool_resize(pool, 2), 0);
	ck_assert_int_eq(nested, 2);
	nested = 1;
}
END_TEST

START_TEST(test_invariant_12_free_bulk_takes_the_first)
{
	unsigned int missing = (unsigned int)_i;
	void *elements[8];

	pool_make(5);
	for (int i = 0; i < 8; i++) {
		elements[i] = mempool_alloc(pool, GFP_KERNEL);
		ck_assert_ptr_nonnull(elements[i]);
	}
	backing_set_budget(&backing, 0);
	pool_take_number(missing);
	ck_assert_uint_eq(mempool_free_bulk(pool, elements, 8), missing);
	ck_assert_int_eq(pool->curr_nr, 5);
	ck_assert_uint_eq(backing.freed, 0);
	for (unsigned int i = missing; i < 8; i++)
		backing_free(elements[i], &backing);
	for (unsigned int i = missing; i--;)
		ck_assert_ptr_eq(pool_take(GFP_NOWAIT), elements[i]);
}
END_TEST

START_TEST(test_free_bulk_of_none_takes_none)
{
	void *trap = (void *)0x123;

	pool_make(_i);
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	ck_assert_uint_eq(mempool_free_bulk(pool, &trap, 0), 0);
	ck_assert_uint_eq(mempool_free_bulk(pool, NULL, 0), 0);
	ck_assert_int_eq(pool->curr_nr, _i ? _i - 1 : 0);
}
END_TEST

START_TEST(test_zero_min_pool_keeps_one_element)
{
	pool_make(0);
	ck_assert(mempool_is_saturated(pool));
	backing_set_budget(&backing, 0);
	pool_take_number(1);
	ck_assert(mempool_is_saturated(pool));
	ck_assert_ptr_null(pool_take(GFP_NOWAIT));
	pool_give();
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_uint_eq(backing.freed, 0);
	backing_set_budget(&backing, 2);
	pool_take_number(2);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_uint_eq(backing.freed, 2);
}
END_TEST

START_TEST(test_free_of_nothing_is_harmless)
{
	pool_make(2);
	mempool_free(NULL, pool);
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(POOL_STAT(frees), 0);
}
END_TEST

START_TEST(test_bulk_takes_backing_then_reserve)
{
	pool_make(4);
	backing_set_budget(&backing, 2);
	ck_assert_int_eq(mempool_alloc_bulk(pool, held, 4), 0);
	nr_held = 4;
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(POOL_STAT(from_backing), 2);
	ck_assert_uint_eq(POOL_STAT(from_reserve), 2);
	for (int i = 0; i < 4; i++) {
		ck_assert_ptr_nonnull(held[i]);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(held[i], held[j]);
	}
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 4);
}
END_TEST

/* ---- resize -------------------------------------------------------------- */

START_TEST(test_growth_fills_the_reserve)
{
	pool_make(2);
	ck_assert_int_eq(mempool_resize(pool, 7), 0);
	ck_assert_int_eq(pool->min_nr, 7);
	ck_assert_int_eq(pool->curr_nr, 7);
	ck_assert_uint_eq(backing.calls, 5);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(backing.mask[i], GFP_KERNEL);
	ck_assert_uint_eq(POOL_STAT(resizes), 1);
}
END_TEST

START_TEST(test_growth_without_elements_succeeds)
{
	pool_make(2);
	backing_set_budget(&backing, 1);
	ck_assert_int_eq(mempool_resize(pool, 7), 0);
	ck_assert_int_eq(pool->min_nr, 7);
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert(!mempool_is_saturated(pool));
	backing_set_budget(&backing, BACKING_ENDLESS);
	pool_take_number(6);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 7);
	ck_assert_uint_eq(backing.freed, 2);
}
END_TEST

START_TEST(test_shrinking_frees_the_surplus)
{
	pool_make(8);
	ck_assert_int_eq(mempool_resize(pool, 3), 0);
	ck_assert_int_eq(pool->min_nr, 3);
	ck_assert_int_eq(pool->curr_nr, 3);
	ck_assert_uint_eq(backing.freed, 5);
	ck_assert_int_eq(mempool_resize(pool, 3), 0);
	ck_assert_uint_eq(backing.freed, 5);
	ck_assert_uint_eq(backing.calls, 0);
}
END_TEST

START_TEST(test_shrinking_counts_elements_that_are_out)
{
	pool_make(6);
	backing_set_budget(&backing, 0);
	pool_take_number(6);
	ck_assert_int_eq(mempool_resize(pool, 2), 0);
	ck_assert_int_eq(pool->curr_nr, 0);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_uint_eq(backing.freed, 4);
}
END_TEST

START_TEST(test_bad_resize_changes_nothing)
{
	static const int bad[] = { 0, -1, INT_MIN, MEMPOOL_MAX_NR + 1 };

	pool_make(4);
	ck_assert_int_eq(mempool_resize(pool, bad[_i]), -EINVAL);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_int_eq(pool->min_nr, 4);
	ck_assert_int_eq(pool->curr_nr, 4);
	ck_assert_uint_eq(POOL_STAT(resizes), 0);
}
END_TEST

START_TEST(test_zero_min_pool_may_grow)
{
	pool_make(0);
	ck_assert_int_eq(mempool_resize(pool, 1), 0);
	ck_assert_int_eq(pool->curr_nr, 1);
	ck_assert_int_eq(mempool_resize(pool, 3), 0);
	ck_assert_int_eq(pool->curr_nr, 3);
}
END_TEST

START_TEST(test_resizes_to_and_fro)
{
	struct prng prng = { test_seed("resizes_to_and_fro") };

	pool_make(4);
	for (int i = 0; i < 3000; i++) {
		backing_set_budget(&backing, prng_below(&prng, 20));
		switch (prng_below(&prng, 4)) {
		case 0:
			ck_assert_int_eq(
				mempool_resize(pool,
					       1 + (int)prng_below(&prng, 30)),
				0);
			break;
		case 1:
		case 2:
			if (nr_held < HELD_MAX)
				(void)pool_take(GFP_NOWAIT);
			break;
		default:
			if (nr_held)
				pool_give();
			break;
		}
		assert_bounds();
		ck_assert_uint_eq(backing_live(&backing),
				  nr_held + (unsigned int)pool->curr_nr);
	}
}
END_TEST

/* ---- numbers ------------------------------------------------------------- */

/* What free_bulk does not take goes to the backing by the caller's hand. */
START_TEST(test_free_bulk_counts_all_as_returned)
{
	void *elements[8];

	pool_make(5);
	for (int i = 0; i < 8; i++)
		elements[i] = mempool_alloc(pool, GFP_KERNEL);
	backing_set_budget(&backing, 0);
	pool_take_number(3);
	ck_assert_uint_eq(mempool_free_bulk(pool, elements, 8), 3);
	for (int i = 3; i < 8; i++)
		backing_free(elements[i], &backing);
	ck_assert_uint_eq(pool_look().active, nr_held);
	ck_assert_uint_eq(POOL_STAT(frees), 8);
	ck_assert_uint_eq(POOL_STAT(refills), 3);
}
END_TEST

START_TEST(test_numbers_add_up)
{
	struct prng prng = { test_seed("numbers_add_up") };
	struct kmem_mempool_info info;
	uint64_t failed = 0;
	uint64_t tried = 0;
	uint64_t freed = 0;

	pool_make(5);
	mempool_set_exact(pool, _i);
	for (int i = 0; i < 5000; i++) {
		backing_set_budget(&backing, prng_below(&prng, 2));
		if (nr_held < HELD_MAX && prng_below(&prng, 2)) {
			tried++;
			failed += !pool_take(GFP_NOWAIT);
		} else if (nr_held) {
			freed++;
			pool_give();
		}
		info = pool_look();
		ck_assert_uint_eq(info.active, nr_held);
	}
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_allocs], tried - failed);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_failed], failed);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_frees], freed);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_from_backing] +
				  info.stat[KMEM_MEMPOOL_STAT_from_reserve],
			  tried - failed);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_refills] + backing.freed,
			  freed);
	mempool_reset_stats(pool);
	for (int i = 0; i < KMEM_NR_MEMPOOL_STATS; i++)
		ck_assert_uint_eq(pool_look().stat[i], 0);
	ck_assert_uint_eq(pool_look().active, nr_held);
}
END_TEST

START_TEST(test_exact_peak_and_low)
{
	pool_make(4);
	mempool_set_exact(pool, true);
	pool_take_number(10);
	backing_set_budget(&backing, 0);
	pool_take_number(3);
	pool_give_all();
	ck_assert_uint_eq(pool_look().peak, 13);
	ck_assert_int_eq(pool_look().low, 1);
	mempool_reset_peak(pool);
	mempool_reset_low(pool);
	ck_assert_uint_eq(pool_look().peak, 0);
	ck_assert_int_eq(pool_look().low, 4);
	pool_take_number(2);
	mempool_reset_peak(pool);
	ck_assert_uint_eq(pool_look().peak, 2);
	pool_give_all();
	ck_assert_uint_eq(pool_look().peak, 2);
	ck_assert_int_eq(pool_look().low, 2);
}
END_TEST

START_TEST(test_limit_counts_as_exhaustion)
{
	pool_make(2);
	mempool_set_exact(pool, true);
	mempool_set_limit(pool, 3);
	ck_assert_uint_eq(pool_look().limit, 3);
	pool_take_number(3);
	ck_assert_uint_eq(POOL_STAT(from_backing), 3);
	pool_take_number(2);
	ck_assert_uint_eq(POOL_STAT(from_reserve), 2);
	ck_assert_ptr_null(pool_take(GFP_ATOMIC));
	ck_assert_uint_eq(backing_live(&backing), 5);
	mempool_set_limit(pool, KMEM_NO_LIMIT);
	pool_take_number(1);
	ck_assert_uint_eq(POOL_STAT(from_backing), 4);
	pool_give_all();
	ck_assert_int_eq(pool->curr_nr, 2);
}
END_TEST

START_TEST(test_limit_below_use_is_accepted)
{
	pool_make(2);
	mempool_set_exact(pool, true);
	pool_take_number(5);
	mempool_set_limit(pool, 1);
	pool_take_number(2);
	ck_assert_ptr_null(pool_take(GFP_ATOMIC));
	pool_give_all();
	ck_assert_ptr_nonnull(pool_take(GFP_ATOMIC));
	ck_assert_int_eq(pool->curr_nr, 2);
	ck_assert_ptr_nonnull(pool_take(GFP_ATOMIC));
	ck_assert_int_eq(pool->curr_nr, 1);
}
END_TEST

static void add_creation_tests(Suite *s)
{
	TCase *tc = suite_add(s, "create", pool_setup, pool_teardown);

	tcase_add_loop_test(tc, test_invariant_01_init_fills_the_reserve, 0, 5);
	tcase_add_test(tc, test_invariant_01_init_uses_the_given_mask);
	tcase_add_loop_test(tc, test_invariant_08_init_rolls_back, 0, 6);
	tcase_add_test(tc, test_init_needs_no_zeroed_memory);
	tcase_add_test(tc, test_exit_of_a_zeroed_pool_is_harmless);
	tcase_add_test(tc, test_embedded_pool_may_be_made_again);
	tcase_add_loop_test(tc, test_bad_min_nr_is_reported, 0, 4);
}

static void add_mask_tests(Suite *s)
{
	TCase *tc = suite_add(s, "masks", pool_setup, pool_teardown);

	tcase_add_loop_test(tc, test_masks_of_both_rounds, 0, NR_REQUESTS);
	tcase_add_loop_test(tc, test_masks_are_the_same_for_mempool_alloc, 0,
			    NR_REQUESTS);
	tcase_add_test(tc, test_second_round_follows_at_once);
	tcase_add_test(tc, test_backing_is_always_asked_first);
	tcase_add_test(tc, test_zeroing_is_refused);
	tcase_add_test(tc, test_noreserve_asks_the_backing_alone);
	tcase_add_test(tc, test_preallocated_takes_the_reserve_alone);
}

static void add_reserve_tests(Suite *s)
{
	TCase *tc = suite_add(s, "reserve", pool_setup, pool_teardown);

	tcase_add_loop_test(tc, test_invariant_02_curr_nr_stays_in_bounds, 0,
			    7);
	tcase_add_test(tc, test_invariant_03_elements_balance);
	tcase_add_loop_test(tc, test_invariant_04_reserve_fills_before_any_free,
			    0, 7);
	tcase_add_test(tc, test_invariant_05_free_prefers_the_reserve);
	tcase_add_test(tc, test_invariant_06_reserve_is_a_stack);
	tcase_add_test(tc, test_invariant_07_callbacks_run_without_the_lock);
	tcase_add_loop_test(tc, test_invariant_12_free_bulk_takes_the_first, 0,
			    6);
	tcase_add_loop_test(tc, test_free_bulk_of_none_takes_none, 0, 3);
	tcase_add_test(tc, test_zero_min_pool_keeps_one_element);
	tcase_add_test(tc, test_free_of_nothing_is_harmless);
	tcase_add_test(tc, test_bulk_takes_backing_then_reserve);
}

static void add_resize_tests(Suite *s)
{
	TCase *tc = suite_add(s, "resize", pool_setup, pool_teardown);

	tcase_add_test(tc, test_growth_fills_the_reserve);
	tcase_add_test(tc, test_growth_without_elements_succeeds);
	tcase_add_test(tc, test_shrinking_frees_the_surplus);
	tcase_add_test(tc, test_shrinking_counts_elements_that_are_out);
	tcase_add_loop_test(tc, test_bad_resize_changes_nothing, 0, 4);
	tcase_add_test(tc, test_zero_min_pool_may_grow);
	tcase_add_test(tc, test_resizes_to_and_fro);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool");
	TCase *tc;

	add_creation_tests(s);
	add_mask_tests(s);
	add_reserve_tests(s);
	add_resize_tests(s);

	tc = suite_add(s, "numbers", pool_setup, pool_teardown);
	tcase_add_loop_test(tc, test_numbers_add_up, 0, 2);
	tcase_add_test(tc, test_free_bulk_counts_all_as_returned);
	tcase_add_test(tc, test_exact_peak_and_low);
	tcase_add_test(tc, test_limit_counts_as_exhaustion);
	tcase_add_test(tc, test_limit_below_use_is_accepted);
	return s;
}
