/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check_reclaim.c - who gives memory back when it is short, and who waits
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kmem/fast.h>
#include <kmem/memalloc.h>
#include <kmem/shrinker.h>

#include "fixture.h"
#include "runner.h"

#define TEST_PAGES (TEST_MEMORY / KMEM_PAGE_SIZE)

static struct page *taken[TEST_PAGES];
static unsigned long nr_taken;

static void setup(void)
{
	kmem_up();
	nr_taken = 0;
}

/* No shrinker stays behind, and no page. */
static void teardown(void)
{
	while (nr_taken)
		__free_page(taken[--nr_taken]);
	kmem_down();
}

/* Down to the last page but @rest, reclaiming nothing. */
static void fill_up(unsigned long rest)
{
	struct page *page;

	while ((page = alloc_page(GFP_NOWAIT | __GFP_MEMALLOC)))
		taken[nr_taken++] = page;
	while (rest-- && nr_taken)
		__free_page(taken[--nr_taken]);
	drain_all_pages();
}

static uint64_t event(enum kmem_vm_event event)
{
	uint64_t counts[KMEM_NR_VM_EVENTS];

	kmem_vm_events(counts);
	return counts[event];
}

/* ---- a program that keeps pages ------------------------------------------ */

#define HOARD 2048

static struct hoard {
	struct page *pages[HOARD];
	unsigned long nr;
	unsigned long looks; /* calls that count, one for each priority */
	unsigned long calls;
	unsigned long largest; /* that was asked for in one call */
	gfp_t mask;
	int node;
	bool refuses;
	bool allocates;
} hoard;

static unsigned long hoard_count(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	struct hoard *h = shrinker->private_data;

	(void)sc;
	h->looks++;
	return h->nr ? h->nr : SHRINK_EMPTY;
}

/* Allocating while memory is short must neither recurse nor fail. */
static void allocate_inside(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (page)
		__free_page(page);
}

static unsigned long hoard_scan(struct shrinker *shrinker,
				struct shrink_control *sc)
{
	struct hoard *h = shrinker->private_data;
	unsigned long freed = 0;

	h->calls++;
	h->mask = sc->gfp_mask;
	h->node = sc->nid;
	if (sc->nr_to_scan > h->largest)
		h->largest = sc->nr_to_scan;
	if (h->refuses)
		return SHRINK_STOP;
	if (h->allocates)
		allocate_inside();
	for (; freed < sc->nr_to_scan && h->nr; freed++)
		__free_page(h->pages[--h->nr]);
	return freed;
}

static struct shrinker *hoard_register(void)
{
	struct shrinker *shrinker = shrinker_alloc(0, "hoard-%d", 1);

	ck_assert_ptr_nonnull(shrinker);
	ck_assert_str_eq(shrinker->name, "hoard-1");
	memset(&hoard, 0, sizeof(hoard));
	shrinker->count_objects = hoard_count;
	shrinker->scan_objects = hoard_scan;
	shrinker->private_data = &hoard;
	shrinker_register(shrinker);
	return shrinker;
}

static void hoard_fill(void)
{
	while (hoard.nr < HOARD)
		hoard.pages[hoard.nr++] = alloc_page(GFP_KERNEL);
}

static void hoard_empty(void)
{
	while (hoard.nr)
		__free_page(hoard.pages[--hoard.nr]);
}

START_TEST(test_shrinker_is_asked_before_a_request_fails)
{
	struct shrinker *shrinker = hoard_register();
	struct page *page;

	hoard_fill();
	fill_up(0);
	ck_assert_ptr_null(alloc_page(GFP_NOWAIT));
	ck_assert_uint_eq(hoard.calls, 0);
	page = alloc_page(GFP_NOFS);
	ck_assert_ptr_nonnull(page);
	ck_assert_uint_gt(hoard.calls, 0);
	ck_assert_uint_eq(hoard.mask, GFP_NOFS);
	ck_assert_int_eq(hoard.node, 0);
	ck_assert_uint_le(hoard.largest, SHRINK_BATCH);
	ck_assert_uint_ge(event(KMEM_VM_EVENT_slabs_scanned), HOARD - hoard.nr);
	ck_assert_uint_gt(event(KMEM_VM_EVENT_pgsteal_direct), 0);
	__free_page(page);
	hoard_empty();
	shrinker_free(shrinker);
}
END_TEST

/* A scope shows in the mask that shrinkers see. */
START_TEST(test_shrinker_sees_the_scope)
{
	struct shrinker *shrinker = hoard_register();
	unsigned int scope = memalloc_noio_save();

	hoard_fill();
	fill_up(0);
	__free_page(alloc_page(GFP_KERNEL));
	ck_assert_uint_eq(hoard.mask, GFP_NOIO);
	memalloc_noio_restore(scope);
	hoard_empty();
	shrinker_free(shrinker);
}
END_TEST

START_TEST(test_shrinker_that_allocates_is_not_entered_again)
{
	struct shrinker *shrinker = hoard_register();
	struct page *page;

	hoard.allocates = true;
	hoard_fill();
	fill_up(2);
	page = alloc_page(GFP_KERNEL);
	ck_assert_ptr_nonnull(page);
	__free_page(page);
	hoard_empty();
	shrinker_free(shrinker);
}
END_TEST

START_TEST(test_shrinker_that_refuses_does_not_hang_a_request)
{
	struct shrinker *shrinker = hoard_register();

	hoard.refuses = true;
	hoard_fill();
	fill_up(0);
	ck_assert_ptr_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
	ck_assert_uint_gt(hoard.calls, 1);
	ck_assert_uint_eq(hoard.nr, HOARD);
	hoard_empty();
	shrinker_free(shrinker);
}
END_TEST

/* One round for who does not insist, as many as 16 for who does. */
START_TEST(test_effort_is_as_asked_for)
{
	static const struct {
		gfp_t gfp;
		unsigned int order;
		unsigned long least, most;
	} cases[] = {
		{ GFP_KERNEL | __GFP_NORETRY, 0, 1, 1 },
		{ GFP_KERNEL, 4, 1, 1 },
		{ GFP_KERNEL, 0, 16, 16 },
		{ GFP_KERNEL | __GFP_RETRY_MAYFAIL, 4, 16, 16 },
		{ GFP_NOWAIT, 0, 0, 0 },
	};
	struct shrinker *shrinker = hoard_register();
	unsigned long rounds;

	/* With one that refuses, a round goes through all 13 priorities. */
	hoard.refuses = true;
	hoard_fill();
	fill_up(0);
	ck_assert_ptr_null(
		alloc_pages(cases[_i].gfp | __GFP_NOWARN, cases[_i].order));
	ck_assert_uint_eq(hoard.looks % 13, 0);
	rounds = hoard.looks / 13;
	ck_assert_uint_ge(rounds, cases[_i].least);
	ck_assert_uint_le(rounds, cases[_i].most);
	hoard_empty();
	shrinker_free(shrinker);
}
END_TEST

static unsigned long count_four(struct shrinker *shrinker,
				struct shrink_control *sc)
{
	(void)shrinker;
	(void)sc;
	return 4;
}

static unsigned long scan_four(struct shrinker *shrinker,
			       struct shrink_control *sc)
{
	struct hoard *h = shrinker->private_data;

	__atomic_fetch_or(&h->calls, 1ul << sc->nid, __ATOMIC_RELAXED);
	return sc->nr_to_scan;
}

/* In memory of the program's own, one call for each node. */
START_TEST(test_registered_by_the_old_names)
{
	struct shrinker shrinker = {
		.count_objects = count_four,
		.scan_objects = scan_four,
		.private_data = &hoard,
		.seeks = DEFAULT_SEEKS,
		.flags = SHRINKER_NUMA_AWARE,
	};
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.nodes = 2,
	};

	memset(&hoard, 0, sizeof(hoard));
	kmem_up_with(&config);
	ck_assert_int_eq(register_shrinker(&shrinker, "two"), 0);
	ck_assert_str_eq(shrinker.name, "two");
	ck_assert_int_eq(register_shrinker(&shrinker, "two"), -EINVAL);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert_int_eq(sysctl_set("drop_caches", 2), 0);
	ck_assert_uint_eq(hoard.calls, 3);
	ck_assert_uint_eq(event(KMEM_VM_EVENT_drop_slab), 1);
	unregister_shrinker(&shrinker);
	unregister_shrinker(&shrinker);
	hoard.calls = 0;
	ck_assert_int_eq(sysctl_set("drop_caches", 2), 0);
	ck_assert_uint_eq(hoard.calls, 0);
	kmem_down();
}
END_TEST

START_TEST(test_shrinker_without_functions_is_refused)
{
	struct shrinker *shrinker = shrinker_alloc(0, "empty");
	struct shrinker own = { .count_objects = hoard_count };

	shrinker_register(shrinker);
	ck_assert_uint_eq(reports_take(), 1);
	ck_assert(reports_mention("empty: a function is missing"));
	shrinker_free(shrinker);
	shrinker_free(NULL);
	ck_assert_int_eq(register_shrinker(&own, "half"), -EINVAL);
	shrinker_free(&own);
	ck_assert_uint_eq(reports_take(), 2);
}
END_TEST

/* Threads that reclaim while others register and free shrinkers. */
static void come_and_go(unsigned int index, void *arg)
{
	struct hoard own = { .nr = 0 };

	(void)arg;
	for (int i = 0; i < 200; i++) {
		struct shrinker *shrinker = shrinker_alloc(0, "own-%u", index);

		shrinker->count_objects = count_four;
		shrinker->scan_objects = scan_four;
		shrinker->private_data = &own;
		shrinker_register(shrinker);
		if (index % 2)
			sysctl_set("drop_caches", 2);
		shrinker_free(shrinker);
	}
}

START_TEST(test_shrinkers_come_and_go)
{
	threads_run(4, come_and_go, NULL);
}
END_TEST

/* ---- waiting ------------------------------------------------------------- */

#define WAITERS 8

static struct waiter {
	struct kmem_page_request request;
	void *pages[4];
	unsigned int ended_as;
	int error;
} waiters[WAITERS];

static unsigned int nr_ended;

static void note_end(struct kmem_page_request *request, int error)
{
	struct waiter *waiter = request->arg;

	waiter->error = error;
	waiter->ended_as = __atomic_load_n(&nr_ended, __ATOMIC_RELAXED) + 1;
	__atomic_fetch_add(&nr_ended, 1, __ATOMIC_RELEASE);
}

static int submit(unsigned int i, unsigned int nr, unsigned int order,
		  gfp_t gfp)
{
	struct waiter *waiter = &waiters[i];

	memset(waiter, 0, sizeof(*waiter));
	waiter->request.nr = nr;
	waiter->request.order = order;
	waiter->request.gfp = gfp;
	waiter->request.node = NUMA_NO_NODE;
	waiter->request.pages = waiter->pages;
	waiter->request.done = note_end;
	waiter->request.arg = waiter;
	return kmem_pages_submit(&waiter->request);
}

static bool have_ended(void *arg)
{
	return __atomic_load_n(&nr_ended, __ATOMIC_ACQUIRE) >=
	       *(unsigned int *)arg;
}

static void wait_for_ends(unsigned int n)
{
	wait_for(have_ended, &n);
}

static void wait_setup(void)
{
	setup();
	no_reserves();
	nr_ended = 0;
	fill_up(0);
}

#define GFP_WAIT (GFP_KERNEL | __GFP_NOFAIL)

START_TEST(test_waiters_are_served_in_order)
{
	for (unsigned int i = 0; i < WAITERS; i++)
		ck_assert_int_eq(submit(i, 1, 0, GFP_WAIT), -EINPROGRESS);
	for (unsigned int i = 0; i < WAITERS; i++) {
		__free_page(taken[--nr_taken]);
		wait_for_ends(i + 1);
		ck_assert_int_eq(waiters[i].error, 0);
		ck_assert_uint_eq(waiters[i].ended_as, i + 1);
	}
	for (unsigned int i = 0; i < WAITERS; i++)
		taken[nr_taken++] = waiters[i].pages[0];
}
END_TEST

/*
 * A page that is freed is told of, rather than found at the next look. Looks
 * reclaim, so a shrinker sees them. Whatever the thread does meanwhile, not all
 * of twenty pages come just when it looks.
 */
static unsigned long nr_looks;

static unsigned long note_look(struct shrinker *shrinker,
			       struct shrink_control *sc)
{
	(void)shrinker;
	(void)sc;
	__atomic_fetch_add(&nr_looks, 1, __ATOMIC_RELAXED);
	return SHRINK_EMPTY;
}

static bool has_looked_since(void *arg)
{
	return __atomic_load_n(&nr_looks, __ATOMIC_RELAXED) >
	       *(unsigned long *)arg;
}

/* Whether a page that is freed ends a wait before the thread looks again. */
static bool is_served_without_a_look(void)
{
	unsigned long looks;

	nr_ended = 0;
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	looks = __atomic_load_n(&nr_looks, __ATOMIC_RELAXED);
	/* The thread has been told of the request, and sleeps again. */
	wait_for(has_looked_since, &looks);
	usleep(2000);
	looks = __atomic_load_n(&nr_looks, __ATOMIC_RELAXED);
	__free_page(taken[--nr_taken]);
	wait_for_ends(1);
	taken[nr_taken++] = waiters[0].pages[0];
	return __atomic_load_n(&nr_looks, __ATOMIC_RELAXED) == looks;
}

START_TEST(test_freed_page_is_told_of)
{
	struct shrinker *shrinker = shrinker_alloc(0, "looks");
	unsigned int told = 0;

	ck_assert_ptr_nonnull(shrinker);
	shrinker->count_objects = note_look;
	shrinker->scan_objects = note_look;
	shrinker_register(shrinker);
	for (int i = 0; i < 20; i++)
		told += is_served_without_a_look();
	ck_assert_uint_gt(told, 4);
	shrinker_free(shrinker);
}
END_TEST

/* Who wants much is not overtaken by who comes later and wants little. */
START_TEST(test_large_request_is_not_overtaken)
{
	ck_assert_int_eq(submit(0, 4, 0, GFP_WAIT), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, 0, GFP_WAIT), -EINPROGRESS);
	for (int i = 0; i < 3; i++)
		__free_page(taken[--nr_taken]);
	ck_assert_uint_eq(__atomic_load_n(&nr_ended, __ATOMIC_ACQUIRE), 0);
	__free_page(taken[--nr_taken]);
	wait_for_ends(1);
	ck_assert_uint_eq(waiters[0].ended_as, 1);
	__free_page(taken[--nr_taken]);
	wait_for_ends(2);
	for (int i = 0; i < 4; i++)
		taken[nr_taken++] = waiters[0].pages[i];
	taken[nr_taken++] = waiters[1].pages[0];
}
END_TEST

START_TEST(test_request_can_be_taken_back)
{
	ck_assert_int_eq(submit(0, 4, 0, GFP_WAIT), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, 0, GFP_WAIT), -EINPROGRESS);
	__free_page(taken[--nr_taken]);
	ck_assert(kmem_pages_cancel(&waiters[0].request));
	ck_assert(!kmem_pages_cancel(&waiters[0].request));
	/* Nobody is in the way of the next any more. */
	wait_for_ends(1);
	ck_assert_uint_eq(waiters[1].ended_as, 1);
	taken[nr_taken++] = waiters[1].pages[0];
	ck_assert(!kmem_pages_cancel(&waiters[1].request));
}
END_TEST

START_TEST(test_what_need_not_wait_does_not)
{
	ck_assert_int_eq(submit(0, 1, 0, GFP_KERNEL), -ENOMEM);
	ck_assert_int_eq(submit(0, 1, 0, GFP_NOWAIT), -ENOMEM);
	ck_assert_int_eq(submit(0, 0, 0, GFP_WAIT), -EINVAL);
	ck_assert_int_eq(submit(0, 1, 11, GFP_WAIT), -EINVAL);
	__free_page(taken[--nr_taken]);
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT | __GFP_ZERO), 0);
	ck_assert(bytes_are(page_address(waiters[0].pages[0]), KMEM_PAGE_SIZE,
			    0));
	taken[nr_taken++] = waiters[0].pages[0];
	ck_assert_uint_eq(nr_ended, 0);
}
END_TEST

/* Lower marks are as good as a free page. */
START_TEST(test_lower_marks_end_a_wait)
{
	/* All of DMA, which is to keep 64 pages then; half of it for a waiter. */
	for (int i = 0; i < 30; i++)
		__free_page(taken[--nr_taken]);
	drain_all_pages();
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 1024), 0);
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	ck_assert_int_eq(sysctl_set("min_free_kbytes", 0), 0);
	wait_for_ends(1);
	taken[nr_taken++] = waiters[0].pages[0];
}
END_TEST

/* A slab that becomes empty tells nobody; the waiter's thread looks. */
START_TEST(test_objects_that_are_freed_end_a_wait)
{
	struct kmem_cache *s;
	void *object;

	__free_page(taken[--nr_taken]);
	s = kmem_cache_create("last", 512, 0, 0, NULL);
	ck_assert_ptr_nonnull(s);
	object = kmem_cache_alloc(s, GFP_ATOMIC);
	ck_assert_ptr_nonnull(object);
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	kmem_cache_free(s, object);
	wait_for_ends(1);
	taken[nr_taken++] = waiters[0].pages[0];
	kmem_cache_destroy(s);
}
END_TEST

/* Who ends by the tear-down is not in the line of the next stack. */
static int resubmitted;

static void submit_again(struct kmem_page_request *request, int error)
{
	ck_assert_int_eq(error, -ENODEV);
	request->done = note_end;
	resubmitted = kmem_pages_submit(request);
}

START_TEST(test_nobody_waits_for_a_stack_that_goes)
{
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	waiters[0].request.done = submit_again;
	kmem_exit();
	nr_taken = 0;
	ck_assert_int_eq(resubmitted, -ENOMEM);
	ck_assert(!kmem_pages_cancel(&waiters[0].request));
}
END_TEST

/* What a process waits for is no business of its child's. */
static int cancel_in_child(void)
{
	unsigned int one = 1;

	if (kmem_pages_cancel(&waiters[0].request))
		return 1;
	if (submit(1, 1, 0, GFP_WAIT) != -EINPROGRESS)
		return 2;
	if (kmem_pages_cancel(&waiters[0].request))
		return 3;
	__free_page(taken[--nr_taken]);
	while (!have_ended(&one))
		sched_yield();
	return 0;
}

START_TEST(test_child_cannot_take_a_request_back)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(cancel_in_child());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert(kmem_pages_cancel(&waiters[0].request));
}
END_TEST

/* A shrinker that insists, called by the thread that serves who waits. */
static pthread_t main_thread;
static bool insisted;

static unsigned long insist(struct shrinker *shrinker,
			    struct shrink_control *sc)
{
	struct page *page;

	(void)shrinker;
	(void)sc;
	if (pthread_equal(pthread_self(), main_thread) ||
	    __atomic_load_n(&insisted, __ATOMIC_RELAXED))
		return SHRINK_EMPTY;
	__atomic_store_n(&insisted, true, __ATOMIC_RELEASE);
	page = alloc_page(GFP_WAIT);
	__free_page(page);
	return SHRINK_EMPTY;
}

static bool has_insisted(void *arg)
{
	(void)arg;
	return __atomic_load_n(&insisted, __ATOMIC_ACQUIRE);
}

START_TEST(test_shrinker_may_insist)
{
	struct shrinker *shrinker = shrinker_alloc(0, "insists");

	ck_assert_ptr_nonnull(shrinker);
	main_thread = pthread_self();
	shrinker->count_objects = insist;
	shrinker->scan_objects = insist;
	shrinker_register(shrinker);
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	wait_for(has_insisted, NULL);
	/* One for each of the two. */
	__free_page(taken[--nr_taken]);
	__free_page(taken[--nr_taken]);
	wait_for_ends(1);
	taken[nr_taken++] = waiters[0].pages[0];
	shrinker_free(shrinker);
}
END_TEST

START_TEST(test_teardown_ends_waits)
{
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	ck_assert_int_eq(submit(1, 1, 0, GFP_WAIT), -EINPROGRESS);
	kmem_exit();
	ck_assert_uint_eq(nr_ended, 2);
	ck_assert_int_eq(waiters[0].error, -ENODEV);
	ck_assert_uint_eq(waiters[0].ended_as, 1);
	ck_assert_int_eq(waiters[1].error, -ENODEV);
	nr_taken = 0;
}
END_TEST

/* ---- threads that wait ---- */

static unsigned int nr_got;

static void get_one(unsigned int index, void *arg)
{
	struct page *page = alloc_page(GFP_WAIT);

	(void)index;
	(void)arg;
	if (page)
		__atomic_fetch_add(&nr_got, 1, __ATOMIC_RELEASE);
	__free_page(page);
}

static void *free_slowly(void *arg)
{
	for (int i = 0; i < 3; i++)
		__free_page(taken[--nr_taken]);
	return arg;
}

/* More threads than pages: each gets one in the end, none gets NULL. */
START_TEST(test_nofail_never_fails)
{
	pthread_t thread;

	nr_got = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, free_slowly, NULL), 0);
	threads_run(12, get_one, NULL);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(nr_got, 12);
}
END_TEST

static void churn(unsigned int index, void *arg)
{
	(void)arg;
	for (int i = 0; i < 300; i++) {
		struct page *page = alloc_pages(GFP_WAIT, index % 2);

		if (page)
			__atomic_fetch_add(&nr_got, 1, __ATOMIC_RELAXED);
		__free_pages(page, index % 2);
	}
}

/* A few pages for many threads, that wait all the time. */
START_TEST(test_few_pages_serve_many)
{
	nr_got = 0;
	/* 16 that lie side by side. */
	for (int i = 0; i < 16; i++)
		__free_page(taken[--nr_taken]);
	threads_run(8, churn, NULL);
	ck_assert_uint_eq(nr_got, 8 * 300);
	drain_all_pages();
	ck_assert_uint_eq(free_pages_now(), 16);
}
END_TEST

/* ---- background reclaim -------------------------------------------------- */

static void background_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.zones = "Normal",
		.background = true,
	};

	kmem_up_with(&config);
	nr_taken = 0;
}

static bool is_above_high(void *arg)
{
	struct kmem_zone_info zone;

	(void)arg;
	for (unsigned int i = 0; kmem_zone_info(i, &zone); i++)
		if (zone.free < zone.high)
			return false;
	return true;
}

/* A request below low wakes it; it works up to high. */
START_TEST(test_background_reclaim_works_up_to_high)
{
	struct shrinker *shrinker = hoard_register();
	struct page *page;

	ck_assert_uint_eq(event(KMEM_VM_EVENT_pageoutrun), 0);
	hoard_fill();
	while ((page = alloc_page(GFP_NOWAIT & ~__GFP_KSWAPD_RECLAIM)))
		taken[nr_taken++] = page;
	ck_assert_uint_eq(event(KMEM_VM_EVENT_pageoutrun), 0);
	ck_assert(!is_above_high(NULL));
	/* Refused, and told to who can do something about it. */
	ck_assert_ptr_null(alloc_pages(GFP_NOWAIT, 10));
	wait_for(is_above_high, NULL);
	ck_assert_uint_gt(event(KMEM_VM_EVENT_pageoutrun), 0);
	ck_assert_uint_gt(event(KMEM_VM_EVENT_pgsteal_kswapd), 0);
	shrinker_free(shrinker);
	hoard_empty();
}
END_TEST

/* With nothing to be had it gives up, and requests fail as without it. */
START_TEST(test_background_reclaim_gives_up)
{
	fill_up(0);
	for (int i = 0; i < 1000; i++)
		ck_assert_ptr_null(alloc_page(GFP_NOWAIT));
	ck_assert_ptr_null(alloc_page(GFP_KERNEL | __GFP_NOWARN));
}
END_TEST

/*
 * Every other page of a pageblock is taken: an unmovable request finds no block
 * of its own and falls back. The marks rise, and background reclaim ends it.
 */
static unsigned long boost_of(void)
{
	struct kmem_zone_info zone;

	ck_assert(kmem_zone_info(0, &zone));
	return zone.boost;
}

static bool is_not_boosted(void *arg)
{
	(void)arg;
	return boost_of() == 0;
}

START_TEST(test_fallback_boosts_the_marks)
{
	const gfp_t movable = GFP_NOWAIT | __GFP_MOVABLE | __GFP_MEMALLOC;
	uint64_t runs = event(KMEM_VM_EVENT_pageoutrun);
	struct page *page;

	ck_assert_int_eq(sysctl_set("watermark_boost_factor", _i), 0);
	while ((page = alloc_page(movable & ~__GFP_KSWAPD_RECLAIM)))
		taken[nr_taken++] = page;
	for (unsigned long i = 1; i < nr_taken; i++) {
		if (i % 2)
			continue;
		__free_page(taken[i]);
		taken[i] = taken[--nr_taken];
	}
	drain_all_pages();
	page = alloc_page(__GFP_HIGH);
	ck_assert_ptr_nonnull(page);
	taken[nr_taken++] = page;
	wait_for(is_not_boosted, NULL);
	if (_i)
		ck_assert_uint_gt(event(KMEM_VM_EVENT_pageoutrun), runs);
	else
		ck_assert_uint_eq(event(KMEM_VM_EVENT_pageoutrun), runs);
}
END_TEST

/* What the child says by its exit status: 0, or the number of a check. */
static int wait_in_child(void)
{
	unsigned int one = 1;

	/* The parent's request is not the child's. */
	if (submit(1, 1, 0, GFP_WAIT) != -EINPROGRESS)
		return 1;
	__free_page(taken[--nr_taken]);
	while (!have_ended(&one))
		sched_yield();
	if (waiters[1].error || waiters[0].ended_as)
		return 2;
	return 0;
}

/* The child of a process whose thread reclaims and serves gets a new one. */
START_TEST(test_child_serves_its_own_requests)
{
	int status;
	pid_t pid;

	no_reserves();
	nr_ended = 0;
	fill_up(0);
	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(wait_in_child());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_uint_eq(__atomic_load_n(&nr_ended, __ATOMIC_ACQUIRE), 0);
	__free_page(taken[--nr_taken]);
	wait_for_ends(1);
	taken[nr_taken++] = waiters[0].pages[0];
}
END_TEST

START_TEST(test_background_thread_ends_with_the_stack)
{
	for (int i = 0; i < 50; i++) {
		ck_assert_ptr_null(alloc_page(GFP_NOWAIT | __GFP_THISNODE |
					      __GFP_DMA | __GFP_DMA32));
		reports_take();
		kmem_down();
		background_setup();
	}
}
END_TEST

/* ---- waiting on nodes ---- */

static void nodes_setup(void)
{
	const struct kmem_config config = {
		.memory = TEST_MEMORY,
		.cpus = 2,
		.nodes = 2,
		.zones = "Normal",
	};

	kmem_up_with(&config);
	nr_taken = 0;
	nr_ended = 0;
	no_reserves();
	fill_up(0);
}

static void free_one_of_node(int node)
{
	unsigned long i = 0;

	while (page_to_nid(taken[i]) != node)
		i++;
	__free_page(taken[i]);
	taken[i] = taken[--nr_taken];
}

/* Who waits for another node is in nobody's way. */
START_TEST(test_nodes_have_lines_of_their_own)
{
	struct waiter *w = waiters;

	ck_assert_int_eq(submit(0, 1, 0, GFP_WAIT), -EINPROGRESS);
	ck_assert(kmem_pages_cancel(&w[0].request));
	for (int i = 0; i < 2; i++) {
		memset(&w[i], 0, sizeof(w[i]));
		w[i].request = (struct kmem_page_request){
			.nr = 1,
			.gfp = GFP_WAIT | __GFP_THISNODE,
			.node = 1 - i,
			.pages = w[i].pages,
			.done = note_end,
			.arg = &w[i],
		};
		ck_assert_int_eq(kmem_pages_submit(&w[i].request),
				 -EINPROGRESS);
	}
	free_one_of_node(0);
	wait_for_ends(1);
	ck_assert_uint_eq(w[1].ended_as, 1);
	taken[nr_taken++] = w[1].pages[0];
	ck_assert_int_eq(page_to_nid(w[1].pages[0]), 0);
	ck_assert(kmem_pages_cancel(&w[0].request));
}
END_TEST

/* Background reclaim goes on in a child, as soon as it is wanted there. */
static int reclaim_in_child(void)
{
	uint64_t runs = event(KMEM_VM_EVENT_pageoutrun);
	struct page *page;

	while ((page = alloc_page(GFP_NOWAIT)))
		taken[nr_taken++] = page;
	while (event(KMEM_VM_EVENT_pageoutrun) == runs)
		sched_yield();
	return 0;
}

START_TEST(test_child_reclaims_in_the_background)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(reclaim_in_child());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static void add_wait_tests(Suite *s)
{
	TCase *tc = suite_add(s, "waiting", wait_setup, teardown);

	tcase_add_test(tc, test_waiters_are_served_in_order);
	tcase_add_test(tc, test_freed_page_is_told_of);
	tcase_add_test(tc, test_large_request_is_not_overtaken);
	tcase_add_test(tc, test_request_can_be_taken_back);
	tcase_add_test(tc, test_what_need_not_wait_does_not);
	tcase_add_test(tc, test_lower_marks_end_a_wait);
	tcase_add_test(tc, test_objects_that_are_freed_end_a_wait);
	tcase_add_test(tc, test_teardown_ends_waits);
	tcase_add_test(tc, test_nobody_waits_for_a_stack_that_goes);
	/* TSan ends a child that starts a thread. */
	if (!KMEM_TSAN)
		tcase_add_test(tc, test_child_cannot_take_a_request_back);
	tcase_add_test(tc, test_shrinker_may_insist);
	tcase_add_test(tc, test_nofail_never_fails);
	tcase_add_test(tc, test_few_pages_serve_many);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("reclaim");
	TCase *tc = suite_add(s, "shrinkers", setup, teardown);

	tcase_add_test(tc, test_shrinker_is_asked_before_a_request_fails);
	tcase_add_test(tc, test_shrinker_sees_the_scope);
	tcase_add_test(tc, test_shrinker_that_allocates_is_not_entered_again);
	tcase_add_test(tc, test_shrinker_that_refuses_does_not_hang_a_request);
	tcase_add_loop_test(tc, test_effort_is_as_asked_for, 0, 5);
	tcase_add_test(tc, test_shrinker_without_functions_is_refused);
	tcase_add_test(tc, test_shrinkers_come_and_go);
	tc = suite_add(s, "old names", NULL, NULL);
	tcase_add_test(tc, test_registered_by_the_old_names);
	add_wait_tests(s);
	tc = suite_add(s, "nodes", nodes_setup, teardown);
	tcase_add_test(tc, test_nodes_have_lines_of_their_own);
	tc = suite_add(s, "background", background_setup, teardown);
	tcase_add_test(tc, test_background_reclaim_works_up_to_high);
	tcase_add_test(tc, test_background_reclaim_gives_up);
	/* TSan ends a child that starts a thread. */
	if (!KMEM_TSAN) {
		tcase_add_test(tc, test_child_reclaims_in_the_background);
		tcase_add_test(tc, test_child_serves_its_own_requests);
	}
	tcase_add_loop_test(tc, test_fallback_boosts_the_marks, 0, 2);
	tcase_add_test(tc, test_background_thread_ends_with_the_stack);
	return s;
}
