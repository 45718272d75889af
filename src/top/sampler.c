/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sampler.c - reading, in a thread of its own
 *
 * A mount may hang: its program stands in a debugger, say. Whoever reads it then
 * waits in the kernel, and cannot be interrupted but by the end of the process.
 * So the thread that has the keys never reads; it can always say what is going
 * on, and end.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/worker.h"

#include "top/screen.h"

static void *sampler_run(void *arg)
{
	struct sampler *sampler = arg;
	const uint64_t one = 1;

	pthread_mutex_lock(&sampler->lock);
	for (;;) {
		while (!sampler->wanted && !sampler->stopped)
			pthread_cond_wait(&sampler->changed, &sampler->lock);
		if (sampler->stopped)
			break;
		sampler->wanted = false;
		pthread_mutex_unlock(&sampler->lock);
		reader_read(sampler->model, sampler->mount, &sampler->request,
			    clock_now());
		pthread_mutex_lock(&sampler->lock);
		/* It cannot fail: one unread wake-up at most is there. */
		if (write(sampler->done_fd, &one, sizeof(one)) < 0)
			break;
	}
	pthread_mutex_unlock(&sampler->lock);
	return NULL;
}

int sampler_start(struct sampler *sampler, const char *mount,
		  struct model *model)
{
	int err;

	sampler->mount = mount;
	sampler->model = model;
	sampler->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sampler->done_fd < 0)
		return -errno;
	pthread_mutex_init(&sampler->lock, NULL);
	pthread_cond_init(&sampler->changed, NULL);
	err = worker_start(&sampler->thread, sampler_run, sampler);
	if (err)
		close(sampler->done_fd);
	return err;
}

/* The request is read without the lock, but changed only here, while idle. */
void sampler_ask(struct sampler *sampler, const struct request *request)
{
	pthread_mutex_lock(&sampler->lock);
	sampler->request = *request;
	sampler->wanted = true;
	pthread_cond_signal(&sampler->changed);
	pthread_mutex_unlock(&sampler->lock);
}

/* The lock makes what the thread wrote to the model visible here. */
void sampler_done(struct sampler *sampler)
{
	uint64_t count;

	pthread_mutex_lock(&sampler->lock);
	if (read(sampler->done_fd, &count, sizeof(count)) < 0)
		count = 0;
	pthread_mutex_unlock(&sampler->lock);
}

void sampler_stop(struct sampler *sampler)
{
	pthread_mutex_lock(&sampler->lock);
	sampler->stopped = true;
	pthread_cond_signal(&sampler->changed);
	pthread_mutex_unlock(&sampler->lock);
	pthread_join(sampler->thread, NULL);
	pthread_cond_destroy(&sampler->changed);
	pthread_mutex_destroy(&sampler->lock);
	close(sampler->done_fd);
}
