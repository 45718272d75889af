/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_record.c - an owner and a drainer at one record, at every instruction
 *
 * A drain empties a record and opens it again. The owner may stand anywhere in
 * its fast path then, between any two loads, and must come out of it with what
 * was there before or with what is there after. No stress finds the moment
 * where that goes wrong by chance, so here it is chosen: a drain is held up
 * while it has the objects in its hands, the owner goes through its fast path
 * one instruction at a time, and after the n-th the drain runs to its end. All
 * n are tried.
 *
 * Builds for ThreadSanitizer have another protocol, a lock, and nothing to see
 * here. How to go by single steps is only known for x86-64.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <ucontext.h>

#include "fixture.h"
#include "runner.h"

/* The library has one of its own, for itself. */
#define kmem_up internal_kmem_up
#include "kmem/internal.h"
#undef kmem_up

#if defined(__x86_64__) && !KMEM_TSAN
#define STEPS_ARE_KNOWN

#define PARKED 6
#define MANY 4

/* A fast path; it says how many objects it moved. */
typedef uint32_t(path_fn)(struct kmem_record *r, void **objects);

/* ---- the drain ----------------------------------------------------------- */

enum drain_state {
	DRAIN_STARTS,
	DRAIN_HOLDS, /* the objects; the owner may go on */
	DRAIN_ENDS, /* the owner says so */
	DRAIN_IS_OVER,
};

static struct {
	enum drain_state state;
	unsigned int slot;
	unsigned int nr; /* objects that it got */
} drain;

static void drain_goes(enum drain_state state)
{
	__atomic_store_n(&drain.state, state, __ATOMIC_SEQ_CST);
}

static void drain_await(enum drain_state state)
{
	while (__atomic_load_n(&drain.state, __ATOMIC_SEQ_CST) != state)
		sched_yield();
}

static void hold_up(void *arg, void **objects, unsigned int nr)
{
	(void)arg;
	(void)objects;
	drain.nr += nr;
	drain_goes(DRAIN_HOLDS);
	drain_await(DRAIN_ENDS);
}

static void *drain_main(void *arg)
{
	record_drain(drain.slot, hold_up, NULL);
	drain_goes(DRAIN_IS_OVER);
	return arg;
}

/* ---- one instruction at a time ------------------------------------------- */

#define TRAP_FLAG 0x100

static struct {
	unsigned long steps;
	unsigned long last; /* after so many the drain ends */
	volatile bool off;
} walk;

/* The trap flag is clear in here, and set again on return. */
static void on_step(int sig, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)sig;
	(void)info;
	if (walk.steps++ == walk.last) {
		drain_goes(DRAIN_ENDS);
		drain_await(DRAIN_IS_OVER);
	}
	if (walk.off)
		c->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

/* Below the red zone, where the compiler may keep what is not pushed. */
static inline __attribute__((always_inline)) void walk_begin(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orq %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::"i"(TRAP_FLAG)
			 : "memory", "cc");
}

/*
 * One path with a drain that ends after @last instructions. Return: whether the
 * path was as long as that.
 */
static bool walk_path(path_fn *path, struct kmem_record *r, void **objects,
		      unsigned long last, uint32_t *ret_moved)
{
	pthread_t thread;

	drain.nr = 0;
	drain_goes(DRAIN_STARTS);
	ck_assert_int_eq(pthread_create(&thread, NULL, drain_main, NULL), 0);
	drain_await(DRAIN_HOLDS);
	walk.steps = 0;
	walk.last = last;
	walk.off = false;
	walk_begin();
	*ret_moved = path(r, objects);
	walk.off = true;
	if (walk.steps <= last)
		drain_goes(DRAIN_ENDS);
	pthread_join(thread, NULL);
	return walk.steps > last;
}

/* ---- the paths ----------------------------------------------------------- */

static __attribute__((noinline)) uint32_t pop(struct kmem_record *r,
					      void **objects)
{
	objects[0] = kmem_record_pop(r);
	return objects[0] != NULL;
}

static __attribute__((noinline)) uint32_t push(struct kmem_record *r,
					       void **objects)
{
	return kmem_record_push(r, objects[0]);
}

static __attribute__((noinline)) uint32_t pop_many(struct kmem_record *r,
						   void **objects)
{
	return kmem_record_pop_many(r, MANY, objects);
}

static __attribute__((noinline)) uint32_t push_many(struct kmem_record *r,
						    void **objects)
{
	return kmem_record_push_many(r, MANY, objects);
}

static const struct {
	path_fn *path;
	bool puts;
} paths[] = {
	{ pop, false },
	{ push, true },
	{ pop_many, false },
	{ push_many, true },
};

/* ---- the test ------------------------------------------------------------ */

static void fill(struct kmem_record *r, void **objects)
{
	while (kmem_record_count(r) < PARKED)
		ck_assert(kmem_record_push(r, (char *)objects +
						      kmem_record_count(r)));
}

/* All that were there are the drain's, once; only what was put is there now. */
static void check_end(struct kmem_record *r, void **objects, uint32_t moved,
		      bool puts)
{
	ck_assert_uint_eq(drain.nr, PARKED);
	if (!puts)
		ck_assert_uint_eq(moved, 0);
	ck_assert_uint_eq(kmem_record_count(r), moved);
	for (uint32_t i = 0; i < moved; i++)
		ck_assert_ptr_eq(r->slots[i], objects[i]);
}

START_TEST(test_drain_ends_at_any_instruction)
{
	struct sigaction action = { .sa_sigaction = on_step,
				    .sa_flags = SA_SIGINFO };
	struct kmem_cache *s;
	struct kmem_record *r;
	unsigned long last = 0;
	bool reached;

	kmem_up();
	s = kmem_cache_create("stepped", 64, 0, 0, NULL);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	r = thread_record(s->slot);
	drain.slot = s->slot;
	kmem_cache_shrink(s);
	sigaction(SIGTRAP, &action, NULL);
	do {
		void *objects[MANY] = { &objects[0], &objects[1], &objects[2],
					&objects[3] };
		uint32_t moved;

		fill(r, objects);
		reached = walk_path(paths[_i].path, r, objects, last++, &moved);
		check_end(r, objects, moved, paths[_i].puts);
		record_move(r, 0);
	} while (reached);
	/* Everything there is to step over is a few instructions at least. */
	ck_assert_uint_gt(last, 10);
	kmem_cache_destroy(s);
	kmem_down();
}
END_TEST

#endif

/* ---- at any time --------------------------------------------------------- */

#define TOKENS 100
#define ROUNDS 20000

enum place {
	WITH_OWNER,
	IN_RECORD,
	WITH_DRAINER,
};

/* Where each is, and whether one was ever found where it was not. */
static struct {
	enum place place[TOKENS];
	unsigned int slot;
	bool over;
	bool lost;
} crowd;

static void token_goes(unsigned int i, enum place from, enum place to)
{
	if (__atomic_exchange_n(&crowd.place[i], to, __ATOMIC_RELAXED) != from)
		__atomic_store_n(&crowd.lost, true, __ATOMIC_RELAXED);
}

static unsigned int token_of(const void *object)
{
	return (unsigned int)((const enum place *)object - crowd.place);
}

static void take_away(void *arg, void **objects, unsigned int nr)
{
	(void)arg;
	for (unsigned int i = 0; i < nr; i++)
		token_goes(token_of(objects[i]), IN_RECORD, WITH_DRAINER);
}

static void *drain_often(void *arg)
{
	while (!__atomic_load_n(&crowd.over, __ATOMIC_RELAXED)) {
		record_drain(crowd.slot, take_away, NULL);
		sched_yield();
	}
	return arg;
}

/* What the drainer has may be put back; what is refused stays with the owner. */
static void put_back(struct kmem_record *r, unsigned int i)
{
	enum place was = __atomic_load_n(&crowd.place[i], __ATOMIC_RELAXED);

	if (was == IN_RECORD)
		return;
	token_goes(i, was, IN_RECORD);
	if (!kmem_record_push(r, &crowd.place[i]))
		token_goes(i, IN_RECORD, WITH_OWNER);
}

static void use(struct kmem_record *r)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		void *object = kmem_record_pop(r);

		if (object)
			token_goes(token_of(object), IN_RECORD, WITH_OWNER);
		put_back(r, round % TOKENS);
		put_back(r, (round + 1) % TOKENS);
	}
}

START_TEST(test_drains_at_any_time)
{
	struct kmem_cache *s;
	struct kmem_record *r;
	pthread_t thread;

	kmem_up();
	s = kmem_cache_create("crowded", 64, 0, 0, NULL);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_shrink(s);
	crowd.slot = s->slot;
	r = thread_record(s->slot);
	ck_assert_int_eq(pthread_create(&thread, NULL, drain_often, NULL), 0);
	use(r);
	__atomic_store_n(&crowd.over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	record_drain(s->slot, take_away, NULL);
	ck_assert(!crowd.lost);
	kmem_cache_destroy(s);
	kmem_down();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("record");
	TCase *tc = suite_add(s, "drains", NULL, NULL);

	tcase_add_test(tc, test_drains_at_any_time);
#ifdef STEPS_ARE_KNOWN
	tcase_add_loop_test(tc, test_drain_ends_at_any_instruction, 0,
			    sizeof(paths) / sizeof(paths[0]));
#endif
	return s;
}
