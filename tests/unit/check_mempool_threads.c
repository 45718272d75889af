/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_threads.c - pools under many threads: the guarantee, and a
 * search for lost wake-ups
 *
 * A wake-up that is lost shows as a timeout: somebody was found by the retry of
 * each five seconds who should have been woken before. So where the backing
 * never gives, the counter of timeouts must stay at 0.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <kmem/fast.h>

#include "fixture.h"
#include "pool_fixture.h"
#include "runner.h"

#define THREADS 12
#define MOST 4 /* elements that a request may ask for */

#if KMEM_TSAN
#define MANY_RESIZES 20000ul
#elif defined(__SANITIZE_ADDRESS__)
#define MANY_RESIZES 100000ul
#else
#define MANY_RESIZES 1000000ul
#endif

static struct {
	uint64_t seed;
	unsigned long steps;
	int out; /* elements held by anybody */
	int most_out;
	unsigned int faults;
	unsigned int running;
} crowd;

static void crowd_setup(void)
{
	pool_setup();
	memset(&crowd, 0, sizeof(crowd));
}

static void fault_if(bool wrong)
{
	if (wrong)
		__atomic_fetch_add(&crowd.faults, 1, __ATOMIC_RELAXED);
}

/* What was held is counted before it goes back, and after it came. */
static void note_taken(int n)
{
	int out = __atomic_add_fetch(&crowd.out, n, __ATOMIC_RELAXED);
	int most = __atomic_load_n(&crowd.most_out, __ATOMIC_RELAXED);

	while (out > most &&
	       !__atomic_compare_exchange_n(&crowd.most_out, &most, out, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

static void give_elements(void **elements, unsigned int n)
{
	note_taken(-(int)n);
	for (unsigned int i = 0; i < n; i++)
		mempool_free(elements[i], pool);
}

static void linger(struct prng *prng)
{
	for (unsigned int n = prng_below(prng, 3); n; n--)
		sched_yield();
}

static void assert_quiet(void)
{
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_int_eq(crowd.out, 0);
	ck_assert_uint_eq(pool_look().active, 0);
	ck_assert_uint_eq(pool_look().waiters, 0);
	ck_assert_uint_eq(mempool_validate(pool), 0);
	ck_assert(mempool_is_saturated(pool));
}

/* ---- the guarantee ------------------------------------------------------- */

static void hold_one_at_a_time(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };
	void *element;

	(void)arg;
	for (unsigned long i = 0; i < crowd.steps; i++) {
		element = mempool_alloc(pool, GFP_KERNEL);
		fault_if(!element);
		note_taken(1);
		linger(&prng);
		give_elements(&element, 1);
	}
}

START_TEST(test_invariant_09_all_threads_progress)
{
	static const int counts[] = { 1, 2, 4, 8 };
	int min_nr = counts[_i];

	crowd.seed = test_seed("invariant_09");
	crowd.steps = test_steps(5000);
	pool_make(min_nr);
	backing_set_budget(&backing, 0);
	threads_run(THREADS, hold_one_at_a_time, NULL);
	assert_quiet();
	ck_assert_int_le(crowd.most_out, min_nr);
	ck_assert_int_eq(pool->curr_nr, min_nr);
	ck_assert_uint_eq(POOL_STAT(allocs), THREADS * crowd.steps);
	ck_assert_uint_eq(POOL_STAT(frees), THREADS * crowd.steps);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_uint_eq(backing.freed, 0);
}
END_TEST

/*
 * As mempool.h states it: whatever the backing does. It fails for ever, or it
 * gives for a while and then fails; then more may be out than min_nr.
 */
START_TEST(test_guarantee_holds_for_64_threads)
{
	static const int counts[] = { 1, 8, 63 };
	int min_nr = counts[_i % 3];
	bool moody = _i >= 3;

	crowd.seed = test_seed("guarantee_holds_for_64_threads");
	crowd.steps = test_steps(500);
	pool_make(min_nr);
	backing_set_budget(&backing, moody ? (long)(20 * crowd.steps) : 0);
	backing.yield = true;
	threads_run(THREADS_MAX, hold_one_at_a_time, NULL);
	assert_quiet();
	if (!moody)
		ck_assert_int_le(crowd.most_out, min_nr);
	ck_assert_int_eq(pool->curr_nr, min_nr);
	ck_assert_uint_eq(POOL_STAT(allocs), THREADS_MAX * crowd.steps);
	ck_assert_uint_eq(POOL_STAT(frees), THREADS_MAX * crowd.steps);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

START_TEST(test_zero_min_pool_serves_many_threads)
{
	crowd.seed = test_seed("zero_min_pool_serves_many_threads");
	crowd.steps = test_steps(3000);
	pool_make(0);
	backing_set_budget(&backing, 0);
	threads_run(THREADS, hold_one_at_a_time, NULL);
	assert_quiet();
	ck_assert_int_le(crowd.most_out, 1);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

/* ---- a random schedule --------------------------------------------------- */

struct order {
	struct mempool_request request;
	void *elements[MOST];
	int state; /* 0 waits, 1 ended */
	int error;
};

static void order_done(struct mempool_request *request, int error)
{
	struct order *order = request->arg;

	order->error = error;
	__atomic_store_n(&order->state, 1, __ATOMIC_RELEASE);
}

/* Wait for the callback, or take the request back; 0: elements are there. */
static int end_order(struct order *order, bool patient)
{
	if (!patient && mempool_cancel(pool, &order->request))
		return -ECANCELED;
	while (!__atomic_load_n(&order->state, __ATOMIC_ACQUIRE))
		sched_yield();
	return order->error;
}

static void by_callback(struct prng *prng, unsigned int n)
{
	struct order order = {
		.request = { .nr = n, .gfp = GFP_KERNEL, .done = order_done },
	};
	int error;

	order.request.elements = order.elements;
	order.request.arg = &order;
	error = mempool_submit(pool, &order.request);
	if (error == -EINPROGRESS) {
		linger(prng);
		error = end_order(&order, prng_below(prng, 3));
	}
	fault_if(error && error != -ECANCELED && error != -ENOMEM);
	if (error)
		return;
	note_taken((int)n);
	linger(prng);
	give_elements(order.elements, n);
}

static void by_thread(struct prng *prng, unsigned int n)
{
	void *elements[MOST] = { NULL };

	if (n == 1)
		elements[0] = mempool_alloc(pool, GFP_KERNEL);
	else
		fault_if(mempool_alloc_bulk(pool, elements, n));
	for (unsigned int i = 0; i < n; i++)
		fault_if(!elements[i]);
	note_taken((int)n);
	linger(prng);
	give_elements(elements, n);
}

static void without_waiting(struct prng *prng)
{
	void *element = mempool_alloc(pool, GFP_NOWAIT);

	if (!element)
		return;
	note_taken(1);
	linger(prng);
	give_elements(&element, 1);
}

static void ask_somehow(struct prng *prng)
{
	unsigned int n = 1 + prng_below(prng, MOST);

	switch (prng_below(prng, 4)) {
	case 0:
		by_callback(prng, n);
		break;
	case 1:
		without_waiting(prng);
		break;
	default:
		by_thread(prng, prng_below(prng, 2) ? 1 : n);
		break;
	}
}

static void ask_in_all_ways(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };

	(void)arg;
	for (unsigned long i = 0; i < crowd.steps; i++)
		ask_somehow(&prng);
}

START_TEST(test_no_wakeup_is_lost)
{
	crowd.seed = test_seed("no_wakeup_is_lost");
	crowd.steps = test_steps(4000);
	pool_make(MOST + _i);
	backing.yield = true;
	backing_set_budget(&backing, 0);
	threads_run(THREADS, ask_in_all_ways, NULL);
	assert_quiet();
	ck_assert_int_le(crowd.most_out, MOST + _i);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
	ck_assert_uint_eq(backing.freed, 0);
}
END_TEST

/* The last thread changes min_nr, the backing's mood and the limit meanwhile. */
static void meddle(struct prng *prng)
{
	struct kmem_mempool_info info;

	while (__atomic_load_n(&crowd.running, __ATOMIC_ACQUIRE)) {
		int min_nr = MOST + (int)prng_below(prng, 6);

		switch (prng_below(prng, 5)) {
		case 0:
			fault_if(mempool_resize(pool, min_nr));
			break;
		case 1:
			backing_set_budget(&backing, prng_below(prng, 4));
			break;
		case 2:
			mempool_set_limit(pool, prng_below(prng, 8));
			break;
		case 3:
			mempool_set_limit(pool, KMEM_NO_LIMIT);
			break;
		default:
			mempool_info(pool, &info);
			fault_if(mempool_validate(pool));
			break;
		}
		linger(prng);
	}
}

static void ask_or_meddle(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };

	if (index == THREADS - 1) {
		meddle(&prng);
		return;
	}
	ask_in_all_ways(index, arg);
	__atomic_fetch_sub(&crowd.running, 1, __ATOMIC_RELEASE);
}

START_TEST(test_pool_may_change_while_threads_use_it)
{
	crowd.seed = test_seed("pool_may_change_while_threads_use_it");
	crowd.steps = test_steps(3000);
	crowd.running = THREADS - 1;
	pool_make(MOST);
	mempool_set_exact(pool, _i);
	backing.yield = true;
	threads_run(THREADS, ask_or_meddle, NULL);
	mempool_set_limit(pool, KMEM_NO_LIMIT);
	backing_set_budget(&backing, BACKING_ENDLESS);
	pool_take_number(20);
	pool_give_all();
	assert_quiet();
}
END_TEST

/*
 * Numbers that are read without the pool's lock. The backing never gives, so an
 * element is in the reserve or out; the pool is exact, so what is out is counted
 * under the lock, too. Only where the lock was never free for a whole look may
 * the numbers not be of one moment: that is not to happen each time.
 */
static void look_or_ask(unsigned int index, void *arg)
{
	unsigned long *whole = arg;
	struct kmem_mempool_info info;

	if (index) {
		ask_in_all_ways(index, NULL);
		__atomic_fetch_sub(&crowd.running, 1, __ATOMIC_RELEASE);
		return;
	}
	do {
		mempool_info(pool, &info);
		fault_if(info.curr_nr < 0 || info.curr_nr > info.min_nr);
		fault_if(info.low < 0 || info.low > info.min_nr);
		fault_if(info.waiters >= THREADS);
		if (info.active + (uint64_t)info.curr_nr == MOST)
			(*whole)++;
	} while (__atomic_load_n(&crowd.running, __ATOMIC_ACQUIRE));
}

START_TEST(test_numbers_are_read_without_the_lock)
{
	unsigned long whole = 0;

	crowd.seed = test_seed("numbers_are_read_without_the_lock");
	crowd.steps = test_steps(3000);
	crowd.running = THREADS - 1;
	pool_make(MOST);
	mempool_set_exact(pool, true);
	backing.yield = true;
	backing_set_budget(&backing, 0);
	threads_run(THREADS, look_or_ask, &whole);
	assert_quiet();
	ck_assert_uint_gt(whole, 0);
	ck_assert_uint_le(pool_look().peak, MOST);
}
END_TEST

/* Several resizers at once: the last one wins, nothing is lost. */
static void resize_to_and_fro(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };

	(void)arg;
	for (unsigned long i = 0; i < crowd.steps; i++) {
		void *element;

		if (index < 4) {
			int n = 1 + (int)prng_below(&prng, 40);

			fault_if(mempool_resize(pool, n));
			fault_if(mempool_validate(pool));
			continue;
		}
		element = mempool_alloc(pool, GFP_NOWAIT);
		linger(&prng);
		mempool_free(element, pool);
	}
}

START_TEST(test_resizes_may_run_at_once)
{
	crowd.seed = test_seed("resizes_may_run_at_once");
	crowd.steps = test_steps(3000);
	pool_make(10);
	threads_run(8, resize_to_and_fro, NULL);
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_int_le(pool->curr_nr, pool->min_nr);
	ck_assert_uint_eq(backing_live(&backing), (unsigned int)pool->curr_nr);
}
END_TEST

/* ---- a million resizes ---------------------------------------------------- */

#define TOKENS 256
#define RESIZERS 2
#define USERS 3

/* Elements that know who has them. Those nobody has are a stack. */
static struct {
	pthread_mutex_t lock;
	int held[TOKENS];
	int *free[TOKENS];
	unsigned int nr;
} tokens = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void *token_alloc(gfp_t gfp, void *pool_data)
{
	void *token;

	(void)gfp;
	(void)pool_data;
	pthread_mutex_lock(&tokens.lock);
	token = tokens.nr ? tokens.free[--tokens.nr] : NULL;
	pthread_mutex_unlock(&tokens.lock);
	return token;
}

static void token_free(void *element, void *pool_data)
{
	int *token = element;

	(void)pool_data;
	fault_if(__atomic_load_n(token, __ATOMIC_RELAXED));
	pthread_mutex_lock(&tokens.lock);
	fault_if(tokens.nr >= TOKENS);
	if (tokens.nr < TOKENS)
		tokens.free[tokens.nr++] = token;
	pthread_mutex_unlock(&tokens.lock);
}

static void hold_token(gfp_t gfp)
{
	int *token = mempool_alloc(pool, gfp);

	if (!token)
		return;
	fault_if(__atomic_exchange_n(token, 1, __ATOMIC_RELAXED));
	fault_if(!__atomic_exchange_n(token, 0, __ATOMIC_RELAXED));
	mempool_free(token, pool);
}

static void resize_or_use(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };

	(void)arg;
	if (index < RESIZERS) {
		for (unsigned long i = 0; i < crowd.steps; i++)
			fault_if(mempool_resize(pool, 1 + (int)prng_below(&prng,
									  12)));
		__atomic_fetch_sub(&crowd.running, 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&crowd.running, __ATOMIC_ACQUIRE))
		hold_token(index % 2 ? GFP_KERNEL : GFP_NOWAIT);
}

START_TEST(test_resizes_lose_and_double_nothing)
{
	crowd.seed = test_seed("resizes_lose_and_double_nothing");
	crowd.steps = test_steps(MANY_RESIZES) / RESIZERS;
	crowd.running = RESIZERS;
	for (tokens.nr = 0; tokens.nr < TOKENS; tokens.nr++)
		tokens.free[tokens.nr] = &tokens.held[tokens.nr];
	pool = mempool_create(4, token_alloc, token_free, NULL);
	threads_run(RESIZERS + USERS, resize_or_use, NULL);
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_uint_eq(POOL_STAT(resizes), RESIZERS * crowd.steps);
	ck_assert_uint_eq(pool_look().active, 0);
	ck_assert_uint_eq(pool_look().waiters, 0);
	ck_assert_uint_eq(mempool_validate(pool), 0);
	ck_assert_uint_eq(tokens.nr + (unsigned int)pool->curr_nr, TOKENS);
	mempool_destroy(pool);
	pool = NULL;
	ck_assert_uint_eq(tokens.nr, TOKENS);
	for (int i = 0; i < TOKENS; i++)
		for (int j = 0; j < i; j++)
			fault_if(tokens.free[i] == tokens.free[j]);
	ck_assert_uint_eq(crowd.faults, 0);
}
END_TEST

/*
 * Requests for more than min_nr are refused, at once or when it falls; the
 * others are served. None may be left behind.
 */
static void ask_or_shrink(unsigned int index, void *arg)
{
	struct prng prng = { crowd.seed + index };

	(void)arg;
	if (index == 0) {
		while (__atomic_load_n(&crowd.running, __ATOMIC_ACQUIRE))
			fault_if(mempool_resize(pool,
						1 + (int)prng_below(&prng, 4)));
		fault_if(mempool_resize(pool, 1));
		return;
	}
	for (unsigned long i = 0; i < crowd.steps; i++)
		by_callback(&prng, 1 + prng_below(&prng, MOST));
	__atomic_fetch_sub(&crowd.running, 1, __ATOMIC_RELEASE);
}

START_TEST(test_requests_end_while_min_nr_falls)
{
	crowd.seed = test_seed("requests_end_while_min_nr_falls");
	crowd.steps = test_steps(5000);
	crowd.running = 3;
	pool_make(4);
	threads_run(4, ask_or_shrink, NULL);
	assert_quiet();
}
END_TEST

/* ---- elements that change hands ------------------------------------------ */

static void *box[THREADS];

static void pass_on(unsigned int index, void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < crowd.steps; i++) {
		void *element = mempool_alloc(pool, GFP_KERNEL);

		element = __atomic_exchange_n(&box[(index + i) % THREADS],
					      element, __ATOMIC_ACQ_REL);
		mempool_free(element, pool);
	}
}

/*
 * An element is freed by another thread than the one that took it. The boxes
 * may hold THREADS elements, one is on its way in each thread.
 */
START_TEST(test_elements_may_be_freed_by_another_thread)
{
	crowd.steps = test_steps(20000);
	memset(box, 0, sizeof(box));
	pool_make(2 * THREADS);
	backing_set_budget(&backing, 0);
	threads_run(THREADS, pass_on, NULL);
	for (int i = 0; i < THREADS; i++)
		mempool_free(box[i], pool);
	assert_quiet();
	ck_assert_uint_eq(backing.freed, 0);
	ck_assert_uint_eq(POOL_STAT(timeouts), 0);
}
END_TEST

/* ---- the kernel's backings ----------------------------------------------- */

START_TEST(test_slab_pool_keeps_its_guarantee)
{
	struct kmem_cache *s = kmem_cache_create("backing", 64, 0, 0, NULL);

	crowd.seed = test_seed("slab_pool_keeps_its_guarantee");
	crowd.steps = test_steps(5000);
	kmem_cache_set_limit(s, 4);
	pool = mempool_create_slab_pool(4, s);
	ck_assert_ptr_nonnull(pool);
	threads_run(THREADS, hold_one_at_a_time, NULL);
	assert_quiet();
	ck_assert_int_le(crowd.most_out, 4);
	mempool_destroy(pool);
	pool = NULL;
	kmem_cache_destroy(s);
}
END_TEST

/* Pools that are made and destroyed while others list and look. */
static void come_and_go(unsigned int index, void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < crowd.steps; i++) {
		uint64_t serials[32] = { 0 };
		struct kmem_mempool_info info;
		mempool_t *p;

		if (index % 2) {
			mempool_serials(serials, 32);
			p = mempool_pin(serials[i % 4]);
			if (p) {
				mempool_info(p, &info);
				mempool_unpin(p);
			}
			continue;
		}
		p = mempool_create_kmalloc_pool(3, 64);
		mempool_free(mempool_alloc(p, GFP_KERNEL), p);
		mempool_destroy(p);
	}
}

START_TEST(test_pools_come_and_go_while_others_look)
{
	crowd.steps = test_steps(2000);
	threads_run(6, come_and_go, NULL);
	ck_assert_uint_eq(mempool_serials(NULL, 0), 0);
}
END_TEST

/* The cache may go at any moment but the one at which a pool moves onto it. */
static void move_or_remove(unsigned int index, void *arg)
{
	uint64_t *serial = arg;

	for (unsigned long i = 0; i < crowd.steps; i++) {
		if (index) {
			int err = mempool_rebase(
				pool, KMEM_MEMPOOL_SLAB,
				__atomic_load_n(serial, __ATOMIC_RELAXED));

			fault_if(err && err != -ENOENT);
			fault_if(
				mempool_rebase(pool, KMEM_MEMPOOL_KMALLOC, 64));
			continue;
		}
		struct kmem_cache *s =
			kmem_cache_create("backing", 64, 0, 0, NULL);

		__atomic_store_n(serial, kmem_cache_serial(s),
				 __ATOMIC_RELAXED);
		while (kmem_cache_remove(s))
			sched_yield();
	}
}

START_TEST(test_cache_may_go_while_a_pool_moves_onto_it)
{
	uint64_t serial = 0;

	crowd.steps = test_steps(3000);
	ck_assert_int_eq(mempool_new("mine", "check", 3, KMEM_MEMPOOL_KMALLOC,
				     64, &pool),
			 0);
	threads_run(2, move_or_remove, &serial);
	assert_quiet();
}
END_TEST

/* ---- watchers ------------------------------------------------------------ */

static void look_at_the_pool(void *arg, uint64_t serial)
{
	mempool_t *p = mempool_pin(serial);

	fault_if(!p);
	if (p) {
		mempool_free(mempool_alloc(p, GFP_KERNEL), p);
		mempool_unpin(p);
	}
	__atomic_fetch_add((unsigned long *)arg, 1, __ATOMIC_RELAXED);
}

static void watch_or_destroy(unsigned int index, void *arg)
{
	unsigned long calls = 0;

	for (unsigned long i = 0; i < crowd.steps; i++) {
		struct mempool_watcher watcher = { .gone = look_at_the_pool,
						   .arg = &calls };

		if (index < 2) {
			mempool_watch(&watcher);
			sched_yield();
			mempool_unwatch(&watcher);
			continue;
		}
		mempool_destroy(mempool_create_kmalloc_pool(2, 64));
	}
	__atomic_fetch_add((unsigned long *)arg, calls, __ATOMIC_RELAXED);
}

/* Each is on its thread's stack: a call after the end of unwatch would show. */
START_TEST(test_watchers_come_and_go_while_pools_do)
{
	unsigned long calls = 0;
	struct mempool_watcher constant = { .gone = look_at_the_pool,
					    .arg = &calls };

	crowd.steps = test_steps(2000);
	mempool_watch(&constant);
	threads_run(5, watch_or_destroy, &calls);
	mempool_unwatch(&constant);
	ck_assert_uint_eq(crowd.faults, 0);
	ck_assert_uint_ge(calls, 3 * crowd.steps);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool threads");
	TCase *tc;

	tc = suite_add(s, "guarantee", crowd_setup, pool_teardown);
	tcase_add_loop_test(tc, test_invariant_09_all_threads_progress, 0, 4);
	tcase_add_loop_test(tc, test_guarantee_holds_for_64_threads, 0, 6);
	tcase_add_test(tc, test_zero_min_pool_serves_many_threads);
	tcase_add_test(tc, test_slab_pool_keeps_its_guarantee);

	tc = suite_add(s, "schedules", crowd_setup, pool_teardown);
	tcase_add_loop_test(tc, test_no_wakeup_is_lost, 0, 3);
	tcase_add_loop_test(tc, test_pool_may_change_while_threads_use_it, 0,
			    2);
	tcase_add_test(tc, test_numbers_are_read_without_the_lock);
	tcase_add_test(tc, test_resizes_may_run_at_once);
	tcase_add_test(tc, test_resizes_lose_and_double_nothing);
	tcase_add_test(tc, test_requests_end_while_min_nr_falls);
	tcase_add_test(tc, test_elements_may_be_freed_by_another_thread);
	tcase_add_test(tc, test_pools_come_and_go_while_others_look);
	tcase_add_test(tc, test_cache_may_go_while_a_pool_moves_onto_it);
	tcase_add_test(tc, test_watchers_come_and_go_while_pools_do);
	return s;
}
