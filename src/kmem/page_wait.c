/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page_wait.c - requests that wait for pages
 *
 * A request with __GFP_NOFAIL that finds nothing waits in one line, with a
 * thread that sleeps on its state or with a callback. The background thread
 * goes along the line from the oldest on when a page became free, and serves
 * who can be served, down to half of the min mark. A request that cannot be
 * served holds up those behind it that may use no other zones, so that small
 * ones do not starve a large one for ever; it does not hold up others.
 *
 *	idle      not in the line, or taken back
 *	queued    in the line; pages may be filled in any time
 *	done      served: pages are there
 *
 * A page that is freed must be seen. So nobody keeps page lists while somebody
 * waits: the first in the line has all of them closed, and a list is not opened
 * again before the line is empty (page_lists.c). Frees then go to the zones,
 * where buddy.c looks at one word that is almost never written.
 *
 * Why a free is never missed: who joins the line has made the word nonzero
 * before he looks at the zones, and a free looks at the word after it changed
 * the zone, both under the zone's lock.
 *
 * A request that queued is not its owner's to touch until its state says done,
 * or until it was taken back; that store is the last access.
 *
 * Where it differs from the kernel: there everybody loops by himself, in no
 * order.
 */
#include <errno.h>

#include "internal.h"

enum request_state {
	REQUEST_IDLE,
	REQUEST_QUEUED,
	REQUEST_DONE,
};

/* How often a thread looks by itself when there is no background thread. */
#define LOOK_NS (100 * 1000000ull)

unsigned int page_waiters; /* LOCK_PAGE_WAIT for writers, read without */

static struct {
	pthread_mutex_t lock; /* LOCK_PAGE_WAIT: the line */
	struct kmem_page_request *first;
	struct kmem_page_request *last;
	unsigned int forks; /* requests of before a fork are the parent's */
} line = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- the line, under its lock ---- */

static void enqueue(struct kmem_page_request *request)
{
	lock_assert_held(&line.lock);
	request->state = REQUEST_QUEUED;
	request->forks = line.forks;
	request->next = NULL;
	request->prev = line.last;
	if (line.last)
		line.last->next = request;
	else
		line.first = request;
	line.last = request;
	counter_add(page_waiters, 1);
}

static void dequeue(struct kmem_page_request *request)
{
	lock_assert_held(&line.lock);
	if (request->prev)
		request->prev->next = request->next;
	else
		line.first = request->next;
	if (request->next)
		request->next->prev = request->prev;
	else
		line.last = request->prev;
	counter_sub(page_waiters, 1);
}

/* ---- serving ---- */

static void give_back(struct kmem_page_request *request, unsigned int nr)
{
	while (nr--) {
		struct page *page = request->pages[nr];

		zone_free(&kmem.zone[page->zone], request->order, page);
	}
}

/*
 * All of its pages or none. What goes back is no news for the others in the
 * line: PF_SERVES keeps it from being told.
 */
static bool try_to_serve(struct kmem_page_request *request)
{
	const struct attempt a = { .gfp = request->gfp,
				   .order = request->order,
				   .zonelist = request->zonelist,
				   .allowed = request->allowed };
	unsigned int flags = attempt_flags(&a) | ALLOC_MIN_RESERVE;
	unsigned int scope = memalloc_flags_save(PF_SERVES);
	unsigned int got = 0;

	while (got < request->nr &&
	       (request->pages[got] = attempt_take(&a, flags)))
		got++;
	if (got < request->nr)
		give_back(request, got);
	memalloc_flags_restore(scope);
	return got == request->nr;
}

/* Ends a request: wakes its thread, or puts it on the list of @ended. */
static void end(struct kmem_page_request *request,
		struct kmem_page_request **ended)
{
	dequeue(request);
	if (request->done) {
		request->state = REQUEST_DONE;
		request->next = *ended;
		*ended = request;
		return;
	}
	__atomic_store_n(&request->state, REQUEST_DONE, __ATOMIC_RELEASE);
	wake_word(&request->state);
}

/* Calls back in the order of the line: the list is the other way round. */
static void run_ended(struct kmem_page_request *ended, int error)
{
	struct kmem_page_request *request, *next, *in_order = NULL;

	for (request = ended; request; request = next) {
		next = request->next;
		request->next = in_order;
		in_order = request;
	}
	for (request = in_order; request; request = next) {
		next = request->next;
		for (unsigned int i = 0; !error && i < request->nr; i++)
			page_hand_out(request->pages[i], request->gfp,
				      request->order);
		request->done(request, error);
	}
}

/* The zones that a request may use, as bits. */
static uint32_t zones_of(const struct kmem_page_request *request)
{
	uint32_t zones = 0;

	for (const uint8_t *i = request->zonelist; *i != ZONELIST_END; i++)
		if (!request->allowed ||
		    node_isset(kmem.zone[*i].node, *request->allowed))
			zones |= 1u << *i;
	return zones;
}

/* Context: no locks. By the background thread. */
void page_waiters_serve(void)
{
	struct kmem_page_request *request, *next, *ended = NULL;
	/* Zones that are wanted already, by the highest a request may use. */
	uint32_t wanted[NR_ZONE_TYPES + 1] = { 0 };

	lock(&line.lock, LOCK_PAGE_WAIT);
	for (request = line.first; request; request = next) {
		uint32_t *before = &wanted[gfp_zone(request->gfp)];
		uint32_t zones = zones_of(request);

		next = request->next;
		if (!(zones & ~*before))
			continue;
		if (try_to_serve(request))
			end(request, &ended);
		else
			*before |= zones;
	}
	unlock(&line.lock);
	run_ended(ended, 0);
}

/* ---- joining ---- */

static void join(struct kmem_page_request *request)
{
	bool first;

	lock(&line.lock, LOCK_PAGE_WAIT);
	first = !line.first;
	enqueue(request);
	unlock(&line.lock);
	/* Everything that is parked comes to the zones, and is told of. */
	if (first)
		page_lists_shut();
	background_serve();
}

/**
 * page_wait() - wait for a page, however long
 *
 * Context: no locks. Return: never NULL.
 */
struct page *page_wait(const struct attempt *a)
{
	void *page = NULL;
	struct kmem_page_request request = {
		.nr = 1,
		.order = a->order,
		.gfp = a->gfp,
		.pages = &page,
		.zonelist = a->zonelist,
		.allowed = a->allowed,
	};
	/* Nobody else serves it: no thread, or this is it, in a shrinker. */
	bool alone = background_start() != 0 || background_is_self();
	uint64_t look_ns = alone ? LOOK_NS : WAIT_RETRY_NS;

	join(&request);
	while (!wait_word(&request.state, REQUEST_QUEUED, look_ns)) {
		if (!alone)
			continue;
		if (!(thread_flags & PF_MEMALLOC))
			reclaim(a->gfp, true);
		page_waiters_serve();
	}
	return page;
}

/* ---- requests of callbacks ---- */

/* Everything short of waiting, as for any request: all pages or none. */
static bool take_all(struct kmem_page_request *request)
{
	gfp_t gfp = (request->gfp & ~__GFP_NOFAIL) | __GFP_NOWARN;
	unsigned int got = 0;

	while (got < request->nr &&
	       (request->pages[got] = __alloc_pages(gfp, request->order,
						    request->node, NULL)))
		got++;
	if (got == request->nr)
		return true;
	while (got--)
		__free_pages(request->pages[got], request->order);
	return false;
}

int kmem_pages_submit(struct kmem_page_request *request)
{
	bool waits = request->gfp & __GFP_NOFAIL &&
		     gfpflags_allow_blocking(request->gfp);
	struct attempt a;

	request->state = REQUEST_IDLE;
	if (!request->nr || request->order > KMEM_MAX_ORDER)
		return -EINVAL;
	if (!kmem_up())
		return -ENOMEM;
	/* Who may wait goes behind those who do. */
	if (!(waits && page_waiters_exist()) && take_all(request))
		return 0;
	if (!waits || !attempt_init(&a, request->gfp, request->order,
				    request->node, NULL))
		return -ENOMEM;
	request->gfp = a.gfp;
	request->zonelist = a.zonelist;
	request->allowed = NULL;
	if (background_start())
		return -ENOMEM;
	join(request);
	return -EINPROGRESS;
}

bool kmem_pages_cancel(struct kmem_page_request *request)
{
	bool queued;

	lock(&line.lock, LOCK_PAGE_WAIT);
	queued = request->state == REQUEST_QUEUED &&
		 request->forks == line.forks;
	if (queued) {
		dequeue(request);
		request->state = REQUEST_IDLE;
	}
	unlock(&line.lock);
	/* The next may want less. */
	if (queued && page_waiters_exist())
		background_serve();
	return queued;
}

/* ---- tear-down, fork ---- */

/* By kmem_exit(): no thread waits, and the callbacks' requests end. */
void page_wait_exit(void)
{
	struct kmem_page_request *ended = NULL;

	lock(&line.lock, LOCK_PAGE_WAIT);
	while (line.first)
		end(line.first, &ended);
	unlock(&line.lock);
	run_ended(ended, -ENODEV);
}

/* Who waits, and what is parked, stays with the parent. */
void page_wait_fork(enum fork_step step)
{
	if (step == FORK_CHILD || step == FORK_ORPHAN) {
		line.first = NULL;
		line.last = NULL;
		line.forks++;
		page_waiters = 0;
	}
	fork_mutex(&line.lock, step);
}
