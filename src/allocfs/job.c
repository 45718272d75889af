/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * job.c - commands that take long, on threads of their own
 *
 * No request thread ever waits. A command that runs the code of others, who may
 * sleep as long as they like, gets a thread, and the request is parked until
 * that is done. Three may answer it, and watch_remove() says who does:
 *
 *	done		the thread, when the command has ended
 *	interrupted	libfuse calls job_interrupt() for a signal
 *	drained		watch_drain() calls job_check() at the end of the mount
 *
 * What has begun cannot be stopped. After an interrupt it goes on, and only its
 * result is told to nobody but error_log. A mount that ends does not wait: the
 * thread lets go of it by job_exit(), and finds at its end that it has no view
 * any more. While a thread answers, the view waits for it.
 *
 * A task works on the view itself, so the view waits for all of it, but for what
 * may take long: it lets go of the view around that (job_leave(), job_enter()).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/worker.h"

#include "view.h"

/**
 * struct job - a command that runs
 *
 * Constant: all but the following.
 * Under job_lock: link, view, answering (or at work on the view).
 * Its thread's: why.
 */
struct job {
	struct watch watch;
	struct list_head link; /* in view->jobs */
	struct view *view; /* NULL: it has ended */
	bool answering; /* the view must stay */
	atomic_bool interrupted;
	const struct allocfs_modules *modules;
	job_fn *run;
	job_task *task; /* instead of @run, with @arg, which @drop frees */
	void *arg;
	void (*drop)(void *arg);
	fuse_req_t req;
	uid_t uid;
	struct place place; /* with a reference */
	size_t size;
	char name[SOURCE_NAME_MAX + 1];
	char why[JOB_WHY_MAX];
	char text[];
};

static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t job_answered = PTHREAD_COND_INITIALIZER;

static struct job *job_of(struct watch *watch)
{
	return container_of(watch, struct job, watch);
}

static void job_destroy(struct watch *watch)
{
	struct job *job = job_of(watch);

	source_put(job->view, job->place.source);
	if (job->drop)
		job->drop(job->arg);
	free(job);
}

/* By who was told by watch_remove() to answer. */
static void job_answer(struct job *job, int err)
{
	if (err)
		fuse_reply_err(job->req, -err);
	else if (job->size)
		fuse_reply_write(job->req, job->size);
	else
		fuse_reply_err(job->req, 0);
}

/* Context: libfuse's lock of the request is held. */
static void job_interrupt(fuse_req_t req, void *arg)
{
	struct job *job = arg;

	(void)req;
	/* Its thread may be done, and have it freed, once it is off the list. */
	watch_get(&job->watch);
	atomic_store(&job->interrupted, true);
	if (watch_remove(job->view, &job->watch))
		job_answer(job, -EINTR);
	watch_put(&job->watch);
}

/* Nothing is to be looked at but whether the mount ends. */
static void job_check(struct watch *watch)
{
	struct job *job = job_of(watch);

	if (!atomic_load(&job->view->ending) || !watch_remove(job->view, watch))
		return;
	fuse_req_interrupt_func(job->req, NULL, NULL);
	job_answer(job, -ESHUTDOWN);
}

/* A refusal, or something worth a line that is none. */
static void job_note(struct job *job, int err)
{
	struct strbuf path = { 0 };

	if (!err)
		watch_kick(job->view);
	if (!err && !*job->why)
		return;
	place_path(job->view, &job->place, &path);
	if (*job->name)
		strbuf_addf(&path, "/%s", job->name);
	if (strbuf_ok(&path))
		error_log_add(job->view, job->uid, path.data,
			      err ? -err : ENOTEMPTY, job->why);
	strbuf_free(&path);
}

/* The view stays while this runs. */
static void job_done(struct job *job, int err)
{
	job_note(job, err);
	if (!err)
		meta_touch(job->view, &job->place);
	if (!watch_remove(job->view, &job->watch))
		return;
	fuse_req_interrupt_func(job->req, NULL, NULL);
	job_answer(job, err);
}

/* Return: whether there is still a mount to answer to. */
bool job_enter(struct job *job)
{
	bool there;

	pthread_mutex_lock(&job_lock);
	there = job->view != NULL;
	job->answering = there;
	pthread_mutex_unlock(&job_lock);
	return there;
}

void job_leave(struct job *job)
{
	pthread_mutex_lock(&job_lock);
	job->answering = false;
	pthread_cond_broadcast(&job_answered);
	pthread_mutex_unlock(&job_lock);
}

bool job_is_idle(struct job *job)
{
	return atomic_load(&job->interrupted) ||
	       atomic_load(&job->view->ending);
}

static void job_end_answer(struct job *job)
{
	pthread_mutex_lock(&job_lock);
	list_del(&job->link);
	pthread_cond_broadcast(&job_answered);
	pthread_mutex_unlock(&job_lock);
}

static void *job_main(void *arg)
{
	struct job *job = arg;
	const struct source *source = job->place.source;
	int err = 0;

	if (!job->task)
		err = job->run(job->modules, source ? source->kmem : 0,
			       job->text, job->why, sizeof(job->why));
	else if (job_enter(job))
		err = job->task(job, job->arg, job->why, sizeof(job->why));
	if (job_enter(job)) {
		job_done(job, err);
		job_end_answer(job);
	}
	watch_put(&job->watch);
	return NULL;
}

static struct job *job_new(struct call *call, const char *text, size_t size,
			   const char *name)
{
	size_t len = strlen(text);
	struct job *job = calloc(1, sizeof(*job) + len + 1);

	if (!job)
		return NULL;
	watch_setup(&job->watch, false, job_check, job_destroy);
	job->view = call->view;
	job->modules = call->view->options.modules;
	job->req = call->req;
	job->uid = call->uid;
	job->place = call->place;
	if (job->place.source)
		source_get(job->place.source);
	job->size = size;
	text_copy(job->name, sizeof(job->name), name ? name : "");
	memcpy(job->text, text, len + 1);
	return job;
}

static void job_list(struct job *job)
{
	pthread_mutex_lock(&job_lock);
	list_add_tail(&job->link, &job->view->jobs);
	pthread_mutex_unlock(&job_lock);
	watch_add(job->view, &job->watch);
}

/* One that was interrupted before it was listed is not begun. */
static int job_begin(struct job *job)
{
	pthread_t thread;
	int err;

	if (atomic_load(&job->interrupted))
		return -EINTR;
	watch_get(&job->watch);
	err = worker_start(&thread, job_main, job);
	if (err)
		watch_put(&job->watch);
	else
		pthread_detach(thread);
	return err;
}

/*
 * The interrupt function may be called as soon as it is known, and may not
 * answer then, since libfuse is not done with the request; nor may anybody else
 * before it is known. So the job is listed afterwards, and a signal that came
 * earlier left a note.
 */
static int job_go(struct call *call, struct job *job)
{
	struct view *view = call->view;
	int err;

	fuse_req_interrupt_func(job->req, job_interrupt, job);
	job_list(job);
	err = job_begin(job);
	if (err) {
		/* Unless somebody else has answered. */
		if (watch_remove(view, &job->watch))
			fuse_req_interrupt_func(job->req, NULL, NULL);
		else
			err = 0;
		job_end_answer(job);
	}
	watch_put(&job->watch);
	/* A drain that began meanwhile may have missed it. */
	if (!err && atomic_load(&view->ending))
		watch_drain(view);
	return err ? err : -EINPROGRESS;
}

int job_start(struct call *call, job_fn *run, const char *text, size_t size,
	      const char *name)
{
	struct job *job = job_new(call, text, size, name);

	if (!job)
		return -ENOMEM;
	job->run = run;
	return job_go(call, job);
}

int job_start_task(struct call *call, job_task *run, void *arg,
		   void (*drop)(void *arg), size_t size)
{
	struct job *job = job_new(call, "", size, NULL);

	if (!job) {
		drop(arg);
		return -ENOMEM;
	}
	job->task = run;
	job->arg = arg;
	job->drop = drop;
	return job_go(call, job);
}

int job_start_or_note(struct call *call, job_fn *run, const char *text)
{
	if (!call->later)
		return job_start(call, run, text, call->size, NULL);
	call->later->text = strdup(text);
	if (!call->later->text)
		return -ENOMEM;
	call->later->run = run;
	call->later->kmem = call->place.source->kmem;
	return 0;
}

void job_exit(struct view *view)
{
	struct job *job, *next;

	pthread_mutex_lock(&job_lock);
	for (;;) {
		list_for_each_entry_safe(job, next, &view->jobs, link) {
			if (job->answering)
				continue;
			list_del(&job->link);
			job->view = NULL;
		}
		if (list_empty(&view->jobs))
			break;
		pthread_cond_wait(&job_answered, &job_lock);
	}
	pthread_mutex_unlock(&job_lock);
}
