/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * poll.c - files that say when they have changed
 *
 * As in sysfs: who has read a file and polls it is told POLLPRI and POLLERR
 * when reading it again, from offset 0, would show something else; a file that
 * was opened and never read has changed. What it shows is compared with what
 * was read, so there is nothing to count where the change happens, and a file
 * that nobody polls costs nothing. A value that came back to what was read did
 * not change.
 *
 * Somebody who waits is a handle of the kernel's in the open file. The file is
 * then on the list of watch.c, which looks again after each request that may
 * have changed something, and every 50 ms at what the hosting program does. The
 * newest handle replaces the one before: the kernel has one queue for each open
 * file, and wakes all of it.
 *
 * Nobody tells us that somebody waits no longer. So every few seconds he is woken
 * for nothing: the kernel then asks again on his behalf, and he sleeps on without
 * noticing; if there is nobody, nobody asks, and the file is off the list.
 */
#include <poll.h>
#include <string.h>
#include <time.h>

#include "view.h"

#define POLL_CHANGED (POLLPRI | POLLERR)
#define LEASE_S 3

time_t poll_lease(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + LEASE_S;
}

bool poll_lease_over(time_t lease)
{
	return poll_lease() - LEASE_S > lease;
}

void poll_forget(struct fuse_pollhandle *handle)
{
	if (handle)
		fuse_pollhandle_destroy(handle);
}

void poll_tell(struct fuse_pollhandle *handle)
{
	if (!handle)
		return;
	fuse_lowlevel_notify_poll(handle);
	fuse_pollhandle_destroy(handle);
}

/* What cannot be shown any more has changed, too. Under file->lock. */
static bool __changed(struct call *call, const struct file *file)
{
	struct strbuf now = { 0 };
	bool changed;

	if (!file->shown)
		return true;
	changed = attr_show(call, &now) || now.len != file->text.len ||
		  (now.len && memcmp(now.data, file->text.data, now.len));
	strbuf_free(&now);
	return changed;
}

/* By watch.c: somebody may be waiting for it. */
void file_check(struct watch *watch)
{
	struct file *file = container_of(watch, struct file, watch);
	struct call call = {
		.view = file->view,
		.uid = file->uid,
		.place = file->place,
	};
	struct fuse_pollhandle *handle = NULL;

	pthread_mutex_lock(&file->lock);
	if (atomic_load(&file->view->ending) || !file->poll ||
	    poll_lease_over(file->lease) || __changed(&call, file)) {
		handle = file->poll;
		file->poll = NULL;
		watch_remove(file->view, watch);
	}
	pthread_mutex_unlock(&file->lock);
	call_release(&call);
	poll_tell(handle);
}

/*
 * On the list before the look, so that no change falls between the two. A
 * change ends the wait of those who came earlier, too.
 */
static bool changed_or_wait(struct call *call, struct file *file,
			    struct fuse_pollhandle *handle)
{
	bool changed;

	pthread_mutex_lock(&file->lock);
	if (handle) {
		poll_forget(file->poll);
		file->poll = handle;
		file->lease = poll_lease();
		watch_add(call->view, &file->watch);
	}
	handle = NULL;
	changed = __changed(call, file);
	if (changed) {
		handle = file->poll;
		file->poll = NULL;
		watch_remove(call->view, &file->watch);
	}
	pthread_mutex_unlock(&file->lock);
	poll_tell(handle);
	return changed;
}

unsigned int file_poll(struct call *call, struct file *file,
		       struct fuse_pollhandle *handle)
{
	if (file->stream)
		return POLLOUT | POLLWRNORM |
		       (stream_poll(file->stream, handle) ? POLLIN | POLLRDNORM
							  : 0);
	if (!(call->place.node->attr->flags & ATTR_POLL)) {
		poll_forget(handle);
		return POLL_ALWAYS;
	}
	return POLL_ALWAYS |
	       (changed_or_wait(call, file, handle) ? POLL_CHANGED : 0);
}
