/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch.c - the list of all that waits
 *
 * Requests that wait are parked: they keep no thread. Most are ended by an
 * event (a freed element, an answer), and are on the list only so that
 * watch_drain() finds them at the end. Some have nobody to tell them when they
 * are due, as conditions of `wait` on what the hosting program changes: those
 * are polled, by one thread, after each request that may have changed
 * something and every 50 ms; so are files that somebody poll(2)s. While nothing
 * is polled that thread sleeps.
 *
 * watch->check runs with a reference and without the lock, so that it may end
 * the request, take itself off the list and answer. A dummy element marks how
 * far a walk has come.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "view.h"

#define POLL_MS 50

void watch_setup(struct watch *watch, bool polled,
		 void (*check)(struct watch *), void (*destroy)(struct watch *))
{
	list_init(&watch->link);
	atomic_store(&watch->refs, 1);
	watch->polled = polled;
	watch->check = check;
	watch->destroy = destroy;
}

void watch_get(struct watch *watch)
{
	atomic_fetch_add(&watch->refs, 1);
}

void watch_put(struct watch *watch)
{
	if (atomic_fetch_sub(&watch->refs, 1) == 1)
		watch->destroy(watch);
}

void watch_add(struct view *view, struct watch *watch)
{
	pthread_mutex_lock(&view->watch_lock);
	if (list_empty(&watch->link)) {
		list_add_tail(&watch->link, &view->watches);
		atomic_fetch_add(&view->nr_watches, 1);
		if (watch->polled && !atomic_fetch_add(&view->nr_polled, 1))
			sem_post(&view->watch_wake);
	}
	pthread_mutex_unlock(&view->watch_lock);
}

bool watch_remove(struct view *view, struct watch *watch)
{
	bool was;

	pthread_mutex_lock(&view->watch_lock);
	was = !list_empty(&watch->link);
	if (was) {
		list_del(&watch->link);
		atomic_fetch_sub(&view->nr_watches, 1);
		atomic_fetch_sub(&view->nr_polled, watch->polled);
	}
	pthread_mutex_unlock(&view->watch_lock);
	return was;
}

void watch_kick(struct view *view)
{
	/*
	 * Racy: who starts to wait at this moment looks at what it waits for
	 * after it got onto the list.
	 */
	if (atomic_load(&view->nr_polled))
		sem_post(&view->watch_wake);
}

/* The next one behind @cursor that is to be checked, with a reference. */
static struct watch *watch_next(struct view *view, struct watch *cursor,
				bool polled_only)
{
	struct watch *found = NULL;
	struct list_head *at;

	pthread_mutex_lock(&view->watch_lock);
	for (at = cursor->link.next; at != &view->watches; at = at->next) {
		struct watch *w = list_entry(at, struct watch, link);

		/* Another walk's cursor checks nothing. */
		if (w->check && (w->polled || !polled_only)) {
			watch_get(w);
			found = w;
			break;
		}
	}
	list_del(&cursor->link);
	if (found)
		list_add(&cursor->link, &found->link);
	pthread_mutex_unlock(&view->watch_lock);
	return found;
}

static void watch_walk(struct view *view, bool polled_only)
{
	struct watch cursor = { .check = NULL };
	struct watch *watch;

	pthread_mutex_lock(&view->watch_lock);
	list_add(&cursor.link, &view->watches);
	pthread_mutex_unlock(&view->watch_lock);
	while ((watch = watch_next(view, &cursor, polled_only)) != NULL) {
		watch->check(watch);
		watch_put(watch);
	}
}

void watch_drain(struct view *view)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int patience = 500;

	atomic_store(&view->ending, true);
	/* Again, as some were just being answered by another thread. */
	do {
		watch_walk(view, false);
		if (!atomic_load(&view->nr_watches))
			break;
		nanosleep(&pause, NULL);
	} while (--patience);
}

/* Sleep until something changed, at most 50 ms while something is polled. */
static void watch_sleep(struct view *view)
{
	struct timespec until;

	if (!atomic_load(&view->nr_polled)) {
		while (sem_wait(&view->watch_wake) && errno == EINTR)
			;
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += POLL_MS * 1000000l;
	if (until.tv_nsec >= 1000000000l) {
		until.tv_nsec -= 1000000000l;
		until.tv_sec++;
	}
	while (sem_clockwait(&view->watch_wake, CLOCK_MONOTONIC, &until) &&
	       errno == EINTR)
		;
	/* Many changes are one reason to look. */
	while (!sem_trywait(&view->watch_wake))
		;
}

static void *watch_main(void *arg)
{
	struct view *view = arg;

	while (!__atomic_load_n(&view->watch_stop, __ATOMIC_ACQUIRE)) {
		watch_sleep(view);
		watch_walk(view, true);
	}
	return NULL;
}

int watch_init(struct view *view)
{
	list_init(&view->watches);
	if (sem_init(&view->watch_wake, 0, 0))
		return -errno;
	return -pthread_create(&view->watch_thread, NULL, watch_main, view);
}

void watch_exit(struct view *view)
{
	__atomic_store_n(&view->watch_stop, true, __ATOMIC_RELEASE);
	sem_post(&view->watch_wake);
	pthread_join(view->watch_thread, NULL);
	sem_destroy(&view->watch_wake);
}
