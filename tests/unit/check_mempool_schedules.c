/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_mempool_schedules.c - a search for lost wake-ups, by running the pool's
 * own code under a scheduler that decides everything
 *
 * The tasks are coroutines of one thread. One goes on until it comes to a point
 * where another could come in between: before it takes a lock, inside a call of
 * the backing or of done(), when it sleeps or wakes somebody. There a random
 * number says who is next. So a schedule is a seed, and the same seed is the
 * same schedule again:
 *
 *	ALLOCFS_SEED=N ALLOCFS_STEPS=1 tests/unit/check_mempool_schedules
 *
 * Nobody's time is ever up. A wake-up that is lost leaves a task asleep while
 * nobody can run, and that is what fails. Besides, at each point where nobody
 * holds the pool's lock,
 *
 *	the oldest request wants more than the reserve has;
 *	tickets ascend along the queue: nobody overtook;
 *	no element is in two hands;
 *
 * and who is woken finds what it waited for, so that one element wakes one task.
 * Who reads the numbers of the pool finds no element in two of them.
 *
 * To that end this file takes the place of wait.c and lock.c, which a program
 * gets from the library only where it has no functions of these names. In a
 * build without --enable-debug locks are no calls, and only the other points
 * are left.
 */
#undef _FORTIFY_SOURCE /* its longjmp() only goes up the stack */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

#if defined(__SANITIZE_ADDRESS__) || KMEM_TSAN
#define SANITIZED 1
#define SCHEDULES 10000ul
#else
#define SANITIZED 0
#define SCHEDULES 1000000ul
#endif

#if KMEM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define TASKS 4
#define LEAST 2 /* min_nr never falls below, so no request is larger */
#define MOST 5
#define STACK_SIZE (128 * 1024)

/* ---- coroutines ---------------------------------------------------------- */

enum task_state {
	TASK_READY,
	TASK_ASLEEP,
	TASK_DONE
};

struct task {
	enum task_state state;
	uint32_t *word; /* that it sleeps on */
	bool woken;
	unsigned int locks;
	bool started;
	jmp_buf jump;
	ucontext_t context;
	void *fiber;
	char *stack;
};

/* The last one is the test itself, which goes on when all others are done. */
static struct task tasks[TASKS + 1];
static struct task *current; /* NULL: not exploring */
static struct prng choices;
static const char *fault;
static bool impatient; /* in this schedule, time may be up */

static void fail_schedule(const char *what)
{
	if (!fault)
		fault = what;
}

static void switch_to(struct task *next)
{
	struct task *last = current;

	if (next == last)
		return;
	current = next;
#if KMEM_TSAN
	__tsan_switch_to_fiber(next->fiber, 0);
#endif
	if (SANITIZED) {
		swapcontext(&last->context, &next->context);
	} else if (!_setjmp(last->jump)) {
		if (next->started)
			_longjmp(next->jump, 1);
		next->started = true;
		setcontext(&next->context);
	}
}

/* Any task that can run; one that sleeps may be woken for nothing, too. */
static struct task *choose(void)
{
	unsigned int first = prng_below(&choices, TASKS);
	struct task *asleep = NULL;

	for (unsigned int i = 0; i < TASKS; i++) {
		struct task *task = &tasks[(first + i) % TASKS];

		if (task->state == TASK_READY)
			return task;
		if (task->state == TASK_ASLEEP)
			asleep = task;
	}
	if (asleep)
		fail_schedule("a task sleeps and nobody can wake it");
	return &tasks[TASKS];
}

static void check_pool(void);

static void point(void)
{
	if (!current || current->locks)
		return;
	check_pool();
	if (!fault)
		switch_to(choose());
	/* After a fault, everybody is left where it is. */
	while (fault)
		switch_to(&tasks[TASKS]);
}

/* ---- in place of lock.c --------------------------------------------------- */

/* Other builds do not call these, so tasks change only where they wait. */
#ifdef KMEM_DEBUG
void lock_rank_push(const void *lock, enum lock_rank rank)
{
	(void)lock;
	(void)rank;
	point();
	if (current)
		current->locks++;
}

void lock_rank_pop(const void *lock)
{
	(void)lock;
	if (current)
		current->locks--;
}

void lock_assert_held(const void *lock)
{
	(void)lock;
	if (current && !current->locks)
		fail_schedule("a lock is not held where it must be");
}

void lock_reader_begin(void)
{
}

void lock_reader_end(void)
{
}
#endif

/* ---- in place of wait.c --------------------------------------------------- */

void wait_set_retry(void (*retry)(bool timed))
{
	(void)retry;
}

void wait_retry(void)
{
}

int ticker_arm(void)
{
	return 0;
}

void ticker_disarm(void)
{
}

void ticker_stop(void)
{
}

void ticker_fork(enum fork_step step)
{
	(void)step;
}

bool wait_word(uint32_t *word, uint32_t value, uint64_t timeout_ns)
{
	(void)timeout_ns;
	point();
	while (*word == value) {
		if (impatient && prng_below(&choices, 4) == 0)
			return false;
		current->word = word;
		current->woken = false;
		/* Now and then a sleep ends for no reason, as futexes may. */
		if (prng_below(&choices, 16))
			current->state = TASK_ASLEEP;
		point();
		if (current->woken && *word == value)
			fail_schedule("somebody was woken for nothing");
	}
	return true;
}

void wake_word(uint32_t *word)
{
	for (unsigned int i = 0; i < TASKS; i++)
		if (tasks[i].state == TASK_ASLEEP && tasks[i].word == word) {
			tasks[i].state = TASK_READY;
			tasks[i].woken = true;
		}
#ifdef KMEM_DEBUG
	/* Under the pool's lock, too, as only the hooks above can tell. */
	point();
#endif
}

/* ---- elements and their backing ------------------------------------------- */

#define ELEMENTS 64

static struct element {
	bool given; /* by the backing, and not back there */
	bool held; /* by a task */
} elements[ELEMENTS];

static unsigned int live;
static mempool_t *pool;

/* Gives to those who fill the reserve, and never to requests. */
static void *scarce_alloc(gfp_t gfp, void *pool_data)
{
	(void)pool_data;
	point();
	for (int i = 0; !(gfp & __GFP_NOMEMALLOC) && i < ELEMENTS; i++)
		if (!elements[i].given) {
			elements[i].given = true;
			live++;
			return &elements[i];
		}
	return NULL;
}

static void scarce_free(void *p, void *pool_data)
{
	struct element *element = p;

	(void)pool_data;
	point();
	if (!element->given || element->held)
		fail_schedule("the backing got what nobody had given up");
	element->given = false;
	live--;
}

static void take_up(void **taken, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct element *element = taken[i];

		if (!element || !element->given || element->held) {
			fail_schedule("an element is in two hands");
			return;
		}
		element->held = true;
	}
}

static void give_up(void **taken, unsigned int nr)
{
	bool bulk = nr > 1 && prng_below(&choices, 2);
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr; i++)
		((struct element *)taken[i])->held = false;
	if (bulk) {
		n = mempool_free_bulk(pool, taken, nr);
		for (; n < nr; n++)
			scarce_free(taken[n], NULL);
	}
	for (; n < nr; n++)
		mempool_free(taken[n], pool);
}

static void check_pool(void)
{
	const struct mempool_request *request = pool->first;
	uint64_t ticket = 0;

	if (request && request->nr <= (unsigned int)pool->curr_nr)
		fail_schedule("the oldest waits for what is there");
	for (; request; request = request->next) {
		if (request->ticket <= ticket)
			fail_schedule("somebody overtook");
		ticket = request->ticket;
	}
}

/* ---- what a task does ----------------------------------------------------- */

struct order {
	struct mempool_request request;
	uint32_t ended;
	int error;
};

static void order_done(struct mempool_request *request, int error)
{
	struct order *order = request->arg;

	point();
	order->error = error;
	order->ended = 1;
	wake_word(&order->ended);
}

static bool by_callback(unsigned int nr, void **taken)
{
	struct order order = {
		.request = { .nr = nr,
			     .gfp = GFP_KERNEL,
			     .elements = taken,
			     .done = order_done,
			     .arg = &order },
	};
	int err = mempool_submit(pool, &order.request);

	if (err != -EINPROGRESS)
		return !err;
	point();
	if (prng_below(&choices, 2) && mempool_cancel(pool, &order.request))
		return false;
	/* Nobody's time is up here: that end is the ticker's. */
	while (!order.ended) {
		bool was = impatient;

		impatient = false;
		wait_word(&order.ended, 0, 0);
		impatient = was;
	}
	return !order.error;
}

static bool by_sleeping(unsigned int nr, void **taken)
{
	if (nr > 1)
		return mempool_alloc_bulk(pool, taken, nr) == 0;
	taken[0] = mempool_alloc(pool, GFP_KERNEL);
	return true;
}

static bool at_once(unsigned int *nr, void **taken)
{
	*nr = 1;
	taken[0] = prng_below(&choices, 2) ? mempool_alloc_preallocated(pool)
					   : mempool_alloc(pool, GFP_ATOMIC);
	return taken[0];
}

static void use_pool(void)
{
	unsigned int nr = 1 + prng_below(&choices, LEAST);
	void *taken[LEAST];
	bool got;

	switch (prng_below(&choices, 8)) {
	case 0:
		got = at_once(&nr, taken);
		break;
	case 1:
	case 2:
	case 3:
		got = by_callback(nr, taken);
		break;
	default:
		got = by_sleeping(nr, taken);
		break;
	}
	if (!got)
		return;
	take_up(taken, nr);
	point();
	give_up(taken, nr);
}

static void resize(void)
{
	int nr = LEAST + (int)prng_below(&choices, MOST - LEAST + 1);

	if (mempool_resize(pool, nr))
		fail_schedule("a resize failed");
}

/*
 * Others may come in between while the numbers are read. An element that went
 * from the reserve to somebody meanwhile must not be in both; one that is on its
 * way to the backing, or from there, is in neither.
 */
static void look(void)
{
	struct kmem_mempool_info info;

	mempool_info(pool, &info);
	if (info.active + (uint64_t)info.curr_nr > live)
		fail_schedule("numbers of a pool are not of one moment");
}

static void task_main(void)
{
	for (;;) {
		unsigned int deeds = 1 + prng_below(&choices, 3);

		while (deeds--) {
			if (prng_below(&choices, 6) == 0)
				resize();
			else if (prng_below(&choices, 16) == 0)
				look();
			else
				use_pool();
		}
		current->state = TASK_DONE;
		switch_to(choose());
	}
}

/* ---- schedules ------------------------------------------------------------ */

static void make_task(struct task *task)
{
	memset(task, 0, sizeof(*task));
#if KMEM_TSAN
	task->fiber = __tsan_create_fiber(0);
#endif
	task->stack = malloc(STACK_SIZE);
	ck_assert_ptr_nonnull(task->stack);
	getcontext(&task->context);
	task->context.uc_stack.ss_sp = task->stack;
	task->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&task->context, task_main, 0);
}

static void explore_setup(void)
{
	kmem_up();
	pool = mempool_create(LEAST, scarce_alloc, scarce_free, NULL);
	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < TASKS; i++)
		make_task(&tasks[i]);
	tasks[TASKS].started = true;
#if KMEM_TSAN
	tasks[TASKS].fiber = __tsan_get_current_fiber();
#endif
}

static void explore_teardown(void)
{
	mempool_destroy(pool);
	ck_assert_uint_eq(live, 0);
	for (int i = 0; i < TASKS; i++) {
#if KMEM_TSAN
		__tsan_destroy_fiber(tasks[i].fiber);
#endif
		free(tasks[i].stack);
	}
	kmem_down();
}

/* Begins with a pool that nobody uses, and must end with one. */
static void run_schedule(uint64_t seed)
{
	choices = (struct prng){ seed };
	mempool_resize(pool, LEAST);
	impatient = prng_below(&choices, 8) == 0;
	for (int i = 0; i < TASKS; i++)
		tasks[i].state = TASK_READY;
	current = &tasks[TASKS];
	switch_to(choose());
	current = NULL;
	if (fault)
		return;
	if (pool->first || pool->waiters)
		fail_schedule("somebody waits in the end");
	if (pool->curr_nr != pool->min_nr || live != (unsigned int)pool->min_nr)
		fail_schedule("an element was lost, or doubled");
}

START_TEST(test_no_wakeup_is_lost_in_any_schedule)
{
	uint64_t seed = test_seed("no_wakeup_is_lost_in_any_schedule");
	unsigned long schedules = test_steps(SCHEDULES);
	struct kmem_mempool_info info;

	for (unsigned long i = 0; i < schedules; i++) {
		run_schedule(seed + i);
		/* Check does some work for each assertion that it makes. */
		if (fault)
			ck_abort_msg("ALLOCFS_SEED=%llu: %s",
				     (unsigned long long)(seed + i), fault);
	}
	mempool_info(pool, &info);
	ck_assert_uint_eq(mempool_validate(pool), 0);
	ck_assert_uint_eq(info.active, 0);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_from_backing], 0);
	ck_assert_uint_eq(info.stat[KMEM_MEMPOOL_STAT_allocs],
			  info.stat[KMEM_MEMPOOL_STAT_frees]);
	/* Else it would have found nothing because nobody ever waited. */
	if (schedules >= 1000)
		ck_assert_uint_ge(info.stat[KMEM_MEMPOOL_STAT_waits],
				  schedules / 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mempool schedules");
	TCase *tc = suite_add(s, "explore", explore_setup, explore_teardown);

	tcase_add_test(tc, test_no_wakeup_is_lost_in_any_schedule);
	return s;
}
