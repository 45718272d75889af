/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * park.c - allocation requests that wait
 *
 * A write to `alloc` of a pool may have to wait until an element is freed, and
 * one with __GFP_NOFAIL until there are pages. The request is handed to the pool,
 * or to the line of all that wait for pages, with a callback and forgotten by
 * the thread that served it; whoever frees the element, or the library's own
 * thread, answers it from there. Requests with __GFP_NOFAIL on sources that
 * cannot queue, or that a limit of the mount keeps waiting, are tried again by
 * watch.c.
 *
 * A request can end in three ways, and exactly one of them answers:
 *
 *	served		the library calls park_ended(), or a polled try succeeds
 *	interrupted	libfuse calls park_interrupt() for a signal
 *	drained		watch_drain() calls park_check() at the end of the mount
 *
 * For requests that the library has, kind->cancel() decides: who gets true from
 * it owns the request, else park_ended() does. For polled ones watch_remove()
 * does.
 *
 * The interrupt function is registered before the request is queued, because
 * the signal may be there already. submit_lock makes it see the request either
 * not yet queued, when it leaves a note, or queued; kind->submit() ends no
 * other request of its source, which could wait for that lock. The function is
 * unregistered before any other path answers, which waits until a running one
 * has returned. libfuse calls it under its lock of the request, so no lock of
 * ours may be held while it is (un)registered.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/**
 * struct park - a request that waits, or may have to
 *
 * Constant: all but the following.
 * Under source->submit_lock: queued, cancelled.
 */
struct park {
	struct watch watch;
	union request request;
	struct order order;
	struct view *view;
	struct source *source; /* with a reference */
	fuse_req_t req; /* of a write; NULL for streams */
	park_done *done; /* of a stream */
	void *arg;
	uid_t uid;
	gid_t gid;
	uint32_t index; /* of the file in its directory */
	uint32_t size; /* of the write */
	bool queued;
	bool cancelled;
	void *elements[];
};

/* 200 of them must not cost much: see the contract. */
static_assert(sizeof(struct park) <= 256, "a waiting request is small");

static struct park *park_of(struct watch *watch)
{
	return container_of(watch, struct park, watch);
}

static void park_destroy(struct watch *watch)
{
	struct park *park = park_of(watch);

	source_put(park->view, park->source);
	free(park);
}

void park_put(struct park *park)
{
	watch_put(&park->watch);
}

/* A call on behalf of the one who wrote. */
static void park_call(struct park *park, struct call *call)
{
	memset(call, 0, sizeof(*call));
	call->view = park->view;
	call->uid = park->uid;
	call->gid = park->gid;
	call->place.source = source_get(park->source);
	call->place.index = park->index;
	call->place.node = &park->source->kind->table[park->index - 1];
}

/* Answer a write; the objects go when nobody is there to know of them. */
static void park_answer(struct park *park, struct call *call, int error,
			uint64_t first)
{
	int err;

	call_note(call, error, NULL);
	if (error) {
		fuse_reply_err(park->req, -error);
		return;
	}
	meta_touch(call->view, &call->place);
	err = fuse_reply_write(park->req, park->size);
	if (err == -ENOENT)
		object_free_unnamed(call, first, park->order.nr);
}

/* Whoever owns the end of the request calls this, once. */
static void park_finish(struct park *park, int error, bool unregister)
{
	unsigned int nr = park->order.nr;
	struct call call;
	uint64_t first = 0;

	park_call(park, &call);
	account_refund(park->view, park->uid, ACCOUNT_WAITERS, 1);
	if (!error) {
		error = object_publish(&call, &park->order, park->elements,
				       &first);
	} else {
		object_refuse(&call, nr);
		source_count(park->source,
			     error == -ENOMEM ? SOURCE_EVENT_failed
					      : SOURCE_EVENT_interrupted,
			     1);
	}
	if (error == -ENOMEM)
		object_no_memory(&call, error, nr);
	if (park->req && unregister)
		fuse_req_interrupt_func(park->req, NULL, NULL);
	if (park->req)
		park_answer(park, &call, error, first);
	else if (park->done)
		park->done(park->arg, &call, error, first, nr);
	call_end(&call);
	park_put(park);
}

void park_ended(union request *request, int error)
{
	struct park *park = container_of(request, struct park, request);

	watch_remove(park->view, &park->watch);
	park_finish(park, error, true);
}

/* Take it back. Return: true: the caller owns its end now. */
static bool park_take_back(struct park *park)
{
	struct call call;
	bool mine;

	if (park->watch.polled)
		return watch_remove(park->view, &park->watch);
	park_call(park, &call);
	/* What is gone has ended all its requests. */
	mine = !call_hold(&call) &&
	       park->source->kind->cancel(&call, &park->request);
	call_end(&call);
	if (mine)
		watch_remove(park->view, &park->watch);
	return mine;
}

bool park_cancel(struct park *park)
{
	if (!park_take_back(park))
		return false;
	park->done = NULL;
	park_finish(park, -ECANCELED, false);
	return true;
}

/* Context: libfuse's lock of the request is held. */
static void park_interrupt(fuse_req_t req, void *arg)
{
	struct park *park = arg;
	bool queued;

	(void)req;
	pthread_mutex_lock(&park->source->submit_lock);
	queued = park->queued;
	park->cancelled = true;
	pthread_mutex_unlock(&park->source->submit_lock);
	if (queued && park_take_back(park))
		park_finish(park, -EINTR, false);
}

/* Polled, or the mount is ending. */
static void park_check(struct watch *watch)
{
	struct park *park = park_of(watch);
	struct call call;
	int err;

	if (atomic_load(&park->view->ending)) {
		/* It may just be being submitted. */
		pthread_mutex_lock(&park->source->submit_lock);
		pthread_mutex_unlock(&park->source->submit_lock);
		if (park_take_back(park))
			park_finish(park, -ESHUTDOWN, true);
		return;
	}
	if (!watch->polled)
		return;
	park_call(park, &call);
	err = call_hold(&call);
	if (!err)
		err = park->source->kind->take(&call, &park->order,
					       park->elements);
	if (err != -ENOMEM && err != -EAGAIN) {
		if (watch_remove(park->view, watch))
			park_finish(park, err, true);
		else if (!err)
			park->source->kind->give(&call, park->order.nr,
						 park->elements);
	}
	call_end(&call);
}

static struct park *park_new(struct call *call, const struct order *order,
			     size_t size, park_done *done, void *arg)
{
	const struct kind *kind = call->place.source->kind;
	bool polled = !kind->submit ||
		      (kind->untold && kind->untold(call, order));
	struct park *park;

	park = calloc(1, sizeof(*park) + order->nr * sizeof(void *));
	if (!park)
		return NULL;
	watch_setup(&park->watch, polled, park_check, park_destroy);
	park->order = *order;
	park->view = call->view;
	park->source = source_get(call->place.source);
	park->req = done ? NULL : call->req;
	park->done = done;
	park->arg = arg;
	park->uid = call->uid;
	park->gid = call->gid;
	park->index = call->place.index;
	park->size = (uint32_t)size;
	return park;
}

/* The first try; -EINPROGRESS: it is queued now. Under submit_lock. */
static int __park_queue(struct call *call, struct park *park)
{
	const struct kind *kind = park->source->kind;
	int err;

	if (park->cancelled)
		return -EINTR;
	/* From now on park_ended() may run, and @park be gone. */
	park->queued = true;
	if (!park->watch.polled) {
		watch_add(park->view, &park->watch);
		err = kind->submit(call, &park->order, park->elements,
				   &park->request);
		if (err != -EINPROGRESS) {
			park->queued = false;
			watch_remove(park->view, &park->watch);
		}
		return err;
	}
	err = kind->take(call, &park->order, park->elements);
	if (err == -ENOMEM || err == -EAGAIN) {
		watch_add(park->view, &park->watch);
		return -EINPROGRESS;
	}
	park->queued = false;
	return err;
}

static int park_queue(struct call *call, struct park *park)
{
	struct source *source = call->place.source;
	fuse_req_t req = park->req;
	int err;

	if (req)
		fuse_req_interrupt_func(req, park_interrupt, park);
	pthread_mutex_lock(&source->submit_lock);
	err = __park_queue(call, park);
	pthread_mutex_unlock(&source->submit_lock);
	if (err == -EINPROGRESS) {
		source_count(source, SOURCE_EVENT_blocked, 1);
		/* A drain that began meanwhile may have missed it. */
		if (atomic_load(&call->view->ending))
			watch_drain(call->view);
		return err;
	}
	if (req)
		fuse_req_interrupt_func(req, NULL, NULL);
	return err;
}

/* For requests that do not wait. */
static int submit_now(struct call *call, const struct order *order,
		      uint64_t *ret_first)
{
	void **elements = malloc(order->nr * sizeof(*elements));
	int err = -ENOMEM;

	if (!elements) {
		object_refuse(call, order->nr);
		return err;
	}
	err = object_take(call, order, elements);
	if (!err)
		err = object_publish(call, order, elements, ret_first);
	free(elements);
	return err;
}

static bool may_wait(const struct call *call, const struct order *order,
		     bool stream)
{
	if (!stream && (call->flags & O_NONBLOCK))
		return false;
	return order->nofail || (call->place.source->kind->reserve &&
				 gfpflags_allow_blocking(order->gfp));
}

/* A user with max_waiters may be served at once all the same. */
static int submit_over_quota(struct call *call, const struct order *order,
			     uint64_t *ret_first)
{
	int err = submit_now(call, order, ret_first);

	if (err != -EAGAIN && !(err == -ENOMEM && order->nofail))
		return err;
	return account_refuse(call, -EDQUOT, call->uid, ACCOUNT_WAITERS, 1);
}

/* It did not have to wait, and is the caller's again. */
static int park_served(struct call *call, struct park *park, int err,
		       uint64_t *ret_first)
{
	unsigned int nr = park->order.nr;

	account_refund(call->view, call->uid, ACCOUNT_WAITERS, 1);
	if (!err)
		return object_publish(call, &park->order, park->elements,
				      ret_first);
	object_refuse(call, nr);
	if (err == -ENOMEM)
		source_count(call->place.source, SOURCE_EVENT_failed, 1);
	return object_no_memory(call, err, nr);
}

int park_submit(struct call *call, const struct order *order, size_t size,
		park_done *done, void *arg, uint64_t *ret_first,
		struct park **ret_park)
{
	struct park *park;
	int err;

	if (atomic_load(&call->view->ending))
		return call_fail(call, -ESHUTDOWN, "the mount is ending");
	err = object_admit(call, order);
	if (err)
		return err;
	if (!may_wait(call, order, done != NULL))
		return submit_now(call, order, ret_first);
	if (account_charge(call->view, call->uid, ACCOUNT_WAITERS, 1))
		return submit_over_quota(call, order, ret_first);
	park = park_new(call, order, size, done, arg);
	if (!park) {
		account_refund(call->view, call->uid, ACCOUNT_WAITERS, 1);
		object_refuse(call, order->nr);
		return -ENOMEM;
	}
	/* The stream's reference is there before anybody can end it. */
	if (done)
		watch_get(&park->watch);
	*ret_park = done ? park : NULL;
	err = park_queue(call, park);
	if (err == -EINPROGRESS)
		return err;
	err = park_served(call, park, err, ret_first);
	if (done)
		park_put(park);
	*ret_park = NULL;
	park_put(park);
	return err;
}
