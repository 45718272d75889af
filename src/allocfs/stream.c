/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream.c - files that answer: `alloc` and `wait` opened for reading and
 * writing
 *
 * A write asks, a read waits for the answer to the oldest question. The text
 * of an answer ends with end of file, once; who asks again after reading the
 * text, without having asked for that end, has evidently seen enough, and it
 * is left out. An error is an answer, too, and is read once.
 *
 * Such a file has no position: the kernel is told so (FOPEN_STREAM), because
 * otherwise it would hold a lock for the position while a read waits, and
 * whoever shares the open file would wait for that lock, deaf to signals.
 *
 * Reads that wait are a queue. A reader belongs to whoever takes it off that
 * queue: to the one who has the answer or to the interrupt function.
 *
 * poll(2) says POLLIN when a read would not wait. Whoever waits in it is woken
 * as the readers are.
 *
 * Context: stream->lock is not held while a request is answered or while an
 * allocation is submitted or taken back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

/**
 * struct stream - one open file
 *
 * Constant: view, ops, place, uid, gid.
 * Under lock: the rest.
 */
struct stream {
	struct watch watch; /* on the list while somebody waits, see __waits() */
	struct view *view;
	const struct stream_ops *ops;
	struct place place;
	uid_t uid;
	gid_t gid;

	pthread_mutex_t lock;
	struct list_head asks; /* oldest first */
	struct list_head readers; /* oldest first */
	struct fuse_pollhandle *poll;
	time_t lease; /* of @poll, see poll.c */
	bool asked;
	bool closed;
};

struct reader {
	struct list_head link;
	struct stream *stream;
	fuse_req_t req;
	size_t size;
	bool queued;
	bool cancelled;
};

/* What a read gives. */
struct portion {
	int error;
	char *data;
	size_t len;
};

static struct stream *stream_of(struct watch *watch)
{
	return container_of(watch, struct stream, watch);
}

/* A call on behalf of the one who opened the file. */
static void stream_call(struct stream *stream, struct call *call)
{
	memset(call, 0, sizeof(*call));
	call->view = stream->view;
	call->uid = stream->uid;
	call->gid = stream->gid;
	call->place = stream->place;
	source_get(call->place.source);
}

/* ---- questions ----------------------------------------------------------- */

/* Keeps the stream: an answer may come when the file is closed already. */
static struct ask *ask_new(struct stream *stream)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	list_init(&ask->link);
	ask->stream = stream;
	watch_get(&stream->watch);
	return ask;
}

void ask_free(struct ask *ask)
{
	strbuf_free(&ask->text);
	condition_free(ask->condition);
	if (ask->park)
		park_put(ask->park);
	watch_put(&ask->stream->watch);
	free(ask);
}

static struct ask *__head(struct stream *stream)
{
	return list_empty(&stream->asks)
		       ? NULL
		       : list_first_entry(&stream->asks, struct ask, link);
}

static void __drop_head(struct stream *stream)
{
	struct ask *ask = __head(stream);

	list_del(&ask->link);
	ask_free(ask);
}

/* Has its text been read, so that only the end of file is left? */
static bool ask_consumed(const struct ask *ask)
{
	return ask->ready && !ask->error && ask->pos == ask->text.len;
}

/* What is read before anything was asked, as if it had been asked for. */
static int __ask_idle(struct stream *stream, struct call *call)
{
	struct ask *ask = ask_new(stream);
	int err;

	if (!ask)
		return -ENOMEM;
	err = call_hold(call);
	if (!err)
		err = stream->ops->idle(call, &ask->text);
	ask->ready = true;
	if (err) {
		ask_free(ask);
		return err;
	}
	list_add_tail(&ask->link, &stream->asks);
	return 0;
}

/* The next @size bytes of a text. */
static void __portion(struct ask *ask, size_t size, struct portion *portion)
{
	size_t left = ask->text.len - ask->pos;

	portion->len = left < size ? left : size;
	portion->data = malloc(portion->len ? portion->len : 1);
	if (!portion->data) {
		portion->error = -ENOMEM;
		return;
	}
	if (portion->len)
		memcpy(portion->data, ask->text.data + ask->pos, portion->len);
	ask->pos += portion->len;
}

/* Somebody waits, or no longer: be on the list, or not. */
static void __waits(struct stream *stream)
{
	if (list_empty(&stream->readers) && !stream->poll)
		watch_remove(stream->view, &stream->watch);
	else
		watch_add(stream->view, &stream->watch);
}

/* Would a read get something, be it the end of file? */
static bool __readable(struct stream *stream, struct call *call)
{
	struct ask *ask = __head(stream);

	if (ask && !ask->ready && stream->ops->poll)
		stream->ops->poll(call, ask);
	return !ask || ask->ready;
}

/*
 * What a read gets now. Return: false: it must wait.
 */
static bool __next(struct stream *stream, struct call *call, size_t size,
		   struct portion *portion)
{
	struct ask *ask;

	memset(portion, 0, sizeof(*portion));
	if (!stream->asked && list_empty(&stream->asks) && stream->ops->idle) {
		portion->error = __ask_idle(stream, call);
		if (portion->error)
			return true;
	}
	if (!__readable(stream, call))
		return false;
	ask = __head(stream);
	if (!ask)
		return true; /* end of file */
	if (ask->error) {
		portion->error = ask->error;
		__drop_head(stream);
	} else if (ask_consumed(ask)) {
		__drop_head(stream);
	} else {
		__portion(ask, size, portion);
	}
	return true;
}

/* ---- readers ------------------------------------------------------------- */

/* No lock is held; the client may close the file before this returns. */
static void portion_reply(fuse_req_t req, struct portion *portion)
{
	if (portion->error)
		fuse_reply_err(req, -portion->error);
	else
		fuse_reply_buf(req, portion->data, portion->len);
	free(portion->data);
}

/* End the wait of a reader that was taken off the queue. */
static void reader_reply(struct reader *reader, struct portion *portion)
{
	fuse_req_interrupt_func(reader->req, NULL, NULL);
	portion_reply(reader->req, portion);
	watch_put(&reader->stream->watch);
	free(reader);
}

/* Take the oldest reader for whom there is something now. */
static struct reader *stream_pop(struct stream *stream, struct portion *portion)
{
	struct reader *reader = NULL;
	struct call call;

	stream_call(stream, &call);
	pthread_mutex_lock(&stream->lock);
	if (!list_empty(&stream->readers)) {
		reader =
			list_first_entry(&stream->readers, struct reader, link);
		if (atomic_load(&stream->view->ending)) {
			memset(portion, 0, sizeof(*portion));
			portion->error = -ESHUTDOWN;
		} else if (!__next(stream, &call, reader->size, portion)) {
			reader = NULL;
		}
	}
	if (reader) {
		list_del(&reader->link);
		reader->queued = false;
		__waits(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	call_end(&call);
	return reader;
}

/* Wake who waits in poll(2) when a read would not wait. */
static void stream_tell(struct stream *stream)
{
	struct fuse_pollhandle *handle = NULL;
	struct call call;

	stream_call(stream, &call);
	pthread_mutex_lock(&stream->lock);
	if (stream->poll &&
	    (atomic_load(&stream->view->ending) ||
	     poll_lease_over(stream->lease) || __readable(stream, &call))) {
		handle = stream->poll;
		stream->poll = NULL;
		__waits(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	call_end(&call);
	poll_tell(handle);
}

/*
 * One reader at a time, as each answer needs the lock to be let go. The caller
 * has a reference, or the file is sure to be open.
 */
static void stream_serve(struct stream *stream)
{
	struct reader *reader;
	struct portion portion;

	while ((reader = stream_pop(stream, &portion)) != NULL)
		reader_reply(reader, &portion);
	stream_tell(stream);
}

bool stream_poll(struct stream *stream, struct fuse_pollhandle *handle)
{
	struct call call;
	bool readable;

	stream_call(stream, &call);
	pthread_mutex_lock(&stream->lock);
	if (handle) {
		poll_forget(stream->poll);
		stream->poll = handle;
		stream->lease = poll_lease();
		__waits(stream);
	}
	readable = list_empty(&stream->readers) && __readable(stream, &call);
	pthread_mutex_unlock(&stream->lock);
	call_end(&call);
	if (readable)
		stream_tell(stream);
	return readable;
}

static void stream_check(struct watch *watch)
{
	stream_serve(stream_of(watch));
}

/* Context: libfuse's lock of the request is held. */
static void reader_interrupt(fuse_req_t req, void *arg)
{
	struct reader *reader = arg;
	struct stream *stream = reader->stream;
	bool mine;

	pthread_mutex_lock(&stream->lock);
	mine = reader->queued;
	reader->cancelled = true;
	if (mine) {
		list_del(&reader->link);
		reader->queued = false;
		__waits(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	if (!mine)
		return;
	fuse_reply_err(req, EINTR);
	free(reader);
	watch_put(&stream->watch);
}

/*
 * Registered for interrupts before it is queued: a signal that came earlier
 * calls reader_interrupt() at once, which leaves a note that we find here.
 */
static void reader_queue(struct call *call, struct stream *stream, size_t size)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	bool cancelled;

	if (!reader) {
		fuse_reply_err(call->req, ENOMEM);
		return;
	}
	list_init(&reader->link);
	reader->stream = stream;
	reader->req = call->req;
	reader->size = size;
	/*
	 * One reference is the reader's. One is ours: once it is queued it may
	 * be answered, and the file closed, before we look at it again.
	 */
	watch_get(&stream->watch);
	watch_get(&stream->watch);
	fuse_req_interrupt_func(call->req, reader_interrupt, reader);
	pthread_mutex_lock(&stream->lock);
	cancelled = reader->cancelled;
	if (!cancelled) {
		list_add_tail(&reader->link, &stream->readers);
		reader->queued = true;
		__waits(stream);
	}
	pthread_mutex_unlock(&stream->lock);
	if (cancelled) {
		struct portion portion = { .error = -EINTR };

		reader_reply(reader, &portion);
		watch_put(&stream->watch);
		return;
	}
	/* The answer, or the end of the mount, may have come meanwhile. */
	stream_serve(stream);
	watch_put(&stream->watch);
}

/* Who comes while others wait, waits behind them. */
void stream_read(struct call *call, struct stream *stream, size_t size)
{
	struct portion portion;
	struct call mine;
	bool now;

	stream_call(stream, &mine);
	pthread_mutex_lock(&stream->lock);
	now = list_empty(&stream->readers) &&
	      __next(stream, &mine, size, &portion);
	pthread_mutex_unlock(&stream->lock);
	call_end(&mine);
	if (!now && (call->flags & O_NONBLOCK)) {
		portion.error = -EAGAIN;
		portion.data = NULL;
		now = true;
	}
	if (now)
		portion_reply(call->req, &portion);
	else
		reader_queue(call, stream, size);
}

/* ---- writers and answers ------------------------------------------------- */

/*
 * The question is asked before it is queued, because one that is refused must
 * not be read; nobody can read or close meanwhile what is not there yet.
 */
int stream_write(struct call *call, struct stream *stream, char *text)
{
	struct ask *ask = ask_new(stream);
	int err;

	if (!ask)
		return -ENOMEM;
	err = stream->ops->ask(call, ask, text);
	if (err) {
		ask_free(ask);
		return err;
	}
	pthread_mutex_lock(&stream->lock);
	stream->asked = true;
	if (__head(stream) && ask_consumed(__head(stream)))
		__drop_head(stream);
	list_add_tail(&ask->link, &stream->asks);
	pthread_mutex_unlock(&stream->lock);
	stream_serve(stream);
	return 0;
}

static void name_objects(struct ask *ask, uint64_t first, unsigned int nr)
{
	unsigned int i;

	ask->first = first;
	ask->nr = nr;
	for (i = 0; i < nr; i++)
		strbuf_addf(&ask->text, "%llu\n",
			    (unsigned long long)(first + i));
	if (!strbuf_ok(&ask->text))
		ask->error = -ENOMEM;
}

bool stream_answer(struct ask *ask, int error, uint64_t first, unsigned int nr)
{
	struct stream *stream = ask->stream;
	bool closed;

	watch_get(&stream->watch);
	pthread_mutex_lock(&stream->lock);
	closed = stream->closed;
	ask->error = error;
	if (!error)
		name_objects(ask, first, nr);
	ask->ready = true;
	if (closed)
		list_del(&ask->link);
	pthread_mutex_unlock(&stream->lock);
	if (closed)
		ask_free(ask);
	else
		stream_serve(stream);
	watch_put(&stream->watch);
	return !closed;
}

/* ---- open and close ------------------------------------------------------ */

static void stream_destroy(struct watch *watch)
{
	struct stream *stream = stream_of(watch);

	place_put(stream->view, &stream->place);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

struct stream *stream_new(struct call *call, const struct stream_ops *ops)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	watch_setup(&stream->watch, ops->poll != NULL, stream_check,
		    stream_destroy);
	stream->view = call->view;
	stream->ops = ops;
	stream->place = call->place;
	source_get(stream->place.source);
	stream->uid = call->uid;
	stream->gid = call->gid;
	pthread_mutex_init(&stream->lock, NULL);
	list_init(&stream->asks);
	list_init(&stream->readers);
	return stream;
}

/*
 * The next question that close has to deal with. One that waits stays queued,
 * for stream_answer() to find; its request, with a reference, is what the
 * caller may use, the question itself may be answered and gone at any time.
 */
static struct ask *close_next(struct stream *stream, struct park **ret_park)
{
	struct ask *ask, *found = NULL;

	*ret_park = NULL;
	pthread_mutex_lock(&stream->lock);
	stream->closed = true;
	list_for_each_entry(ask, &stream->asks, link) {
		if (!ask->ready && ask->park) {
			*ret_park = ask->park;
			ask->park = NULL;
			found = ask;
			break;
		}
		if (ask->ready || ask->condition) {
			list_del(&ask->link);
			found = ask;
			break;
		}
	}
	pthread_mutex_unlock(&stream->lock);
	return found;
}

/*
 * The last one has closed the file. What waits is taken back; what was answered
 * and not read is dropped, objects included; what is being answered right now
 * is left to stream_answer(), which sees that the file is closed.
 */
void stream_close(struct stream *stream)
{
	struct park *park;
	struct call call;
	struct ask *ask;

	stream_call(stream, &call);
	while ((ask = close_next(stream, &park)) != NULL) {
		if (park) {
			bool mine = park_cancel(park);

			park_put(park);
			if (!mine)
				continue; /* stream_answer() frees it */
			pthread_mutex_lock(&stream->lock);
			list_del(&ask->link);
			pthread_mutex_unlock(&stream->lock);
		} else if (stream->ops->drop) {
			stream->ops->drop(&call, ask);
		}
		ask_free(ask);
	}
	call_end(&call);
	pthread_mutex_lock(&stream->lock);
	poll_forget(stream->poll);
	stream->poll = NULL;
	__waits(stream);
	pthread_mutex_unlock(&stream->lock);
	watch_put(&stream->watch);
}
