/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mempool_queue.c - requests: how they are served, and how they wait
 *
 * A request wants nr elements at once. It belongs to a thread, which sleeps on
 * the request's state, or to a callback, which somebody calls. Otherwise the
 * two are alike, and wait in one queue:
 *
 *	idle      not queued, or taken back
 *	queued    in the pool's queue; elements may be filled in any time
 *	done      served: elements are there
 *	failed    refused: min_nr fell below nr, or the pool is gone
 *
 * Only the oldest is ever served, so nobody overtakes; when it is, the next
 * becomes the oldest and has its turn. It is served from the reserve by whoever
 * frees an element, and from backing and reserve together by whoever has reason
 * to think that the backing gives again: the five seconds are over, or a limit
 * was raised.
 *
 * A request that queued is not its owner's to touch until its state says done
 * or failed, or until it was taken back; that store is the last access, for the
 * request may be gone after it.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

enum request_state {
	REQUEST_IDLE,
	REQUEST_QUEUED,
	REQUEST_DONE,
	REQUEST_FAILED,
};

/* ---- the queue, under the pool's lock ---- */

static void enqueue(mempool_t *pool, struct mempool_request *request)
{
	lock_assert_held(&pool->lock);
	request->since_ns = os_now_ns();
	request->ticket = ++pool->cold->tickets;
	request->state = REQUEST_QUEUED;
	request->next = NULL;
	request->prev = pool->last;
	if (pool->last)
		pool->last->next = request;
	else
		pool->first = request;
	pool->last = request;
	counter_set(pool->waiters, pool->waiters + 1);
	pool_count(pool, KMEM_MEMPOOL_STAT_waits, 1);
}

static unsigned int wait_bucket(uint64_t waited)
{
	unsigned int i = 0;

	while (i < KMEM_MEMPOOL_WAIT_BUCKETS - 1 &&
	       waited > kmem_mempool_wait_ns(i))
		i++;
	return i;
}

/* A wait is over, whatever came of it. */
static void count_wait(mempool_t *pool, uint64_t waited)
{
	struct mempool_cold *cold = pool->cold;

	pool_count(pool, KMEM_MEMPOOL_STAT_wait_ns_total, waited);
	if (waited > cold->stat[KMEM_MEMPOOL_STAT_wait_ns_max])
		counter_set(cold->stat[KMEM_MEMPOOL_STAT_wait_ns_max], waited);
	counter_add(cold->wait[wait_bucket(waited)], 1);
}

static void dequeue(mempool_t *pool, struct mempool_request *request)
{
	if (request->prev)
		request->prev->next = request->next;
	else
		pool->first = request->next;
	if (request->next)
		request->next->prev = request->prev;
	else
		pool->last = request->prev;
	counter_set(pool->waiters, pool->waiters - 1);
	count_wait(pool, os_now_ns() - request->since_ns);
}

/* Ends a request: wakes its thread, or keeps it for pool_ended_run(). */
static void end(mempool_t *pool, struct mempool_request *request,
		enum request_state state, struct pool_ended *ended)
{
	dequeue(pool, request);
	if (request->done) {
		request->state = state;
		request->next = NULL;
		*ended->last = request;
		ended->last = &request->next;
		return;
	}
	__atomic_store_n(&request->state, state, __ATOMIC_RELEASE);
	wake_word(&request->state);
}

static void take_from_reserve(mempool_t *pool, void **elements, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		elements[i] = pool_pop(pool);
	pool_count(pool, KMEM_MEMPOOL_STAT_from_reserve, nr);
}

/* Serves the oldest requests as far as the reserve goes. */
void pool_serve(mempool_t *pool, struct pool_ended *ended)
{
	struct mempool_request *request;

	lock_assert_held(&pool->lock);
	while ((request = pool->first) &&
	       (unsigned int)pool->curr_nr >= request->nr) {
		take_from_reserve(pool, request->elements, request->nr);
		pool_count_out(pool, 0);
		end(pool, request, REQUEST_DONE, ended);
	}
}

/*
 * Ends the requests for at least @least elements. A thread's bulk request may
 * ask for more than min_nr and wait for the backing, so only the end of the
 * pool (@least 0) ends it.
 */
void pool_refuse(mempool_t *pool, unsigned int least, struct pool_ended *ended)
{
	struct mempool_request *request, *next;

	lock_assert_held(&pool->lock);
	for (request = pool->first; request; request = next) {
		next = request->next;
		if (request->nr < least || (least && !request->done))
			continue;
		pool_count(pool, KMEM_MEMPOOL_STAT_failed, 1);
		end(pool, request, REQUEST_FAILED, ended);
	}
}

/* ---- callbacks, without locks ---- */

void pool_ended_init(struct pool_ended *ended)
{
	ended->first = NULL;
	ended->last = &ended->first;
}

void pool_ended_run(struct pool_ended *ended, int error)
{
	struct mempool_request *request, *next;

	for (request = ended->first; request; request = next) {
		next = request->next;
		ticker_disarm();
		request->done(request,
			      request->state == REQUEST_DONE ? 0 : error);
	}
}

/* ---- asking ---- */

/*
 * The reserve's part: what the backing did not give, all or nothing, and not
 * while others wait. Queues the request under the same lock, so that no free
 * can come between the look and the wait.
 */
static int from_reserve(mempool_t *pool, struct mempool_request *request,
			unsigned int got, bool queue)
{
	unsigned int missing = request->nr - got;
	int err = -EAGAIN;

	pool_lock(pool);
	if (!missing ||
	    (!pool->first && (unsigned int)pool->curr_nr >= missing)) {
		take_from_reserve(pool, request->elements + got, missing);
		pool_count_out(pool, got);
		err = 0;
	} else if (queue && request->done &&
		   request->nr > (unsigned int)pool_capacity(pool)) {
		/* min_nr fell since mempool_submit() looked. */
		err = -ENOMEM;
	} else if (queue) {
		enqueue(pool, request);
		err = -EINPROGRESS;
	}
	pool_unlock(pool);
	return err;
}

static unsigned int from_backing(mempool_t *pool,
				 struct mempool_request *request, gfp_t gfp,
				 unsigned int got)
{
	return got + pool_ask_backing(pool, gfp, request->nr - got,
				      request->elements + got);
}

/**
 * pool_request() - both rounds of an allocation
 * @may_queue: whether it may wait in the end
 * @asked: the caller asked the backing for the light round already, in vain
 *
 * Return: 0; -EINPROGRESS when it is queued; -EAGAIN when it is not.
 */
int pool_request(mempool_t *pool, struct mempool_request *request,
		 bool may_queue, bool asked)
{
	gfp_t gfp = request->gfp | POOL_GFP;
	gfp_t light = gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO);
	unsigned int got = 0;
	int err;

	if (!asked)
		got = from_backing(pool, request, light, 0);
	err = from_reserve(pool, request, got, false);
	if (err && light != gfp) {
		got = from_backing(pool, request, gfp, got);
		err = from_reserve(pool, request, got, may_queue && !got);
	}
	if (err != -EAGAIN)
		return err;
	pool_put_back(pool, request->elements, got);
	if (may_queue)
		return from_reserve(pool, request, 0, true);
	pool_lock(pool);
	pool_count(pool, KMEM_MEMPOOL_STAT_failed, 1);
	pool_unlock(pool);
	return -EAGAIN;
}

/* ---- trying again ---- */

/* Gives the oldest request what was got for it, if it still waits. */
static bool serve_with(mempool_t *pool, uint64_t ticket, void **elements,
		       unsigned int got, struct pool_ended *ended)
{
	struct mempool_request *request;
	bool served = false;

	pool_lock(pool);
	request = pool->first;
	if (request && request->ticket == ticket &&
	    got + (unsigned int)pool->curr_nr >= request->nr) {
		memcpy(request->elements, elements, got * sizeof(*elements));
		take_from_reserve(pool, request->elements + got,
				  request->nr - got);
		pool_count_out(pool, got);
		end(pool, request, REQUEST_DONE, ended);
		served = true;
	}
	pool_unlock(pool);
	return served;
}

/* Return: whether the oldest request was served, so that the next may hope. */
static bool retry_oldest(mempool_t *pool, bool timed)
{
	struct pool_ended ended;
	unsigned int nr = 0, got;
	uint64_t ticket = 0;
	void *one, **elements = &one;
	gfp_t gfp = 0;
	bool served;

	pool_lock(pool);
	if (pool->first) {
		nr = pool->first->nr;
		gfp = pool->first->gfp | POOL_GFP;
		ticket = pool->first->ticket;
		pool_count(pool, KMEM_MEMPOOL_STAT_timeouts, timed);
	}
	pool_unlock(pool);
	if (nr > 1)
		elements = kmem_meta_alloc(nr * sizeof(*elements));
	if (nr == 0 || !elements)
		return false;
	pool_ended_init(&ended);
	got = pool_ask_backing(pool, gfp, nr, elements);
	served = serve_with(pool, ticket, elements, got, &ended);
	if (!served)
		pool_put_back(pool, elements, got);
	if (nr > 1)
		kmem_meta_free(elements, nr * sizeof(*elements));
	pool_ended_run(&ended, 0);
	return served;
}

void pool_kick(mempool_t *pool, bool timed)
{
	while (retry_oldest(pool, timed))
		;
}

/**
 * pool_sleep() - wait for a queued request of the calling thread
 *
 * Return: 0, or -ENODEV when the pool went away.
 */
int pool_sleep(mempool_t *pool, struct mempool_request *request)
{
	while (!wait_word(&request->state, REQUEST_QUEUED, WAIT_RETRY_NS))
		pool_kick(pool, true);
	return request->state == REQUEST_DONE ? 0 : -ENODEV;
}

/* ---- requests of callbacks ---- */

int mempool_submit(mempool_t *pool, struct mempool_request *request)
{
	bool blocking = gfpflags_allow_blocking(request->gfp);
	bool fits = request->nr <= (unsigned int)pool_capacity(pool);
	bool may_queue = blocking && fits && request->done;
	int err;

	request->state = REQUEST_IDLE;
	if (request->nr == 0)
		return -EINVAL;
	if (may_queue && ticker_arm())
		return -ENOMEM;
	err = pool_request(pool, request, may_queue, false);
	if (may_queue && err != -EINPROGRESS)
		ticker_disarm();
	if (err == -EAGAIN && (!blocking || !fits))
		err = -ENOMEM;
	return err;
}

bool mempool_cancel(mempool_t *pool, struct mempool_request *request)
{
	struct pool_ended ended;
	bool queued;

	pool_ended_init(&ended);
	pool_lock(pool);
	queued = request->state == REQUEST_QUEUED;
	if (queued) {
		dequeue(pool, request);
		request->state = REQUEST_IDLE;
		pool_count(pool, KMEM_MEMPOOL_STAT_cancelled, 1);
		/* The next may want less. */
		pool_serve(pool, &ended);
	}
	pool_unlock(pool);
	if (queued)
		ticker_disarm();
	pool_ended_run(&ended, 0);
	return queued;
}
