/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * start_modules.c - the modules of the command line
 *
 * An init may sleep for ever, and the daemon is to end when it is told to all
 * the same: so a thread inserts, and who started it waits for the thread or for
 * the end, whichever comes first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/strbuf.h"
#include "util/text.h"
#include "util/worker.h"

#include "daemon.h"
#include "modules.h"

/* The thread's, and of who waits for it, who may go first. */
struct start {
	atomic_int refs;
	const struct text_list *list;
	int done[2]; /* a pipe: closed when all are inserted */
	int err;
	const char *failed;
	char why[256];
};

static void start_put(struct start *start)
{
	if (atomic_fetch_sub(&start->refs, 1) != 1)
		return;
	close(start->done[0]);
	free(start);
}

/* The shell's folder is still ours. */
static int insert_one(const char *text, const struct why *why)
{
	struct strbuf command = { 0 };
	char *here = NULL;
	int err = -ENOMEM;

	if (*text != '/') {
		here = getcwd(NULL, 0);
		if (!here)
			return -errno;
		strbuf_addf(&command, "%s/", here);
	}
	strbuf_adds(&command, text);
	if (strbuf_ok(&command))
		err = modules_insert(command.data, why);
	strbuf_free(&command);
	free(here);
	return err;
}

static void *start_main(void *arg)
{
	struct start *start = arg;
	const struct why why = { start->why, sizeof(start->why) };
	size_t i;

	for (i = 0; !start->err && i < start->list->nr; i++) {
		start->failed = start->list->text[i];
		start->err = insert_one(start->failed, &why);
	}
	close(start->done[1]);
	start_put(start);
	modules_count_running(-1);
	return NULL;
}

static bool done_first(const struct start *start, int end_fd)
{
	struct pollfd fds[2] = {
		{ .fd = start->done[0], .events = POLLIN },
		{ .fd = end_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return fds[0].revents;
}

static int wait_for_start(struct start *start, pthread_t thread, int end_fd,
			  char **ret_text)
{
	struct strbuf sb = { 0 };
	int err;

	if (!done_first(start, end_fd)) {
		*ret_text = strdup("told to end before its modules were there");
		pthread_detach(thread);
		return -EINTR;
	}
	pthread_join(thread, NULL);
	err = start->err;
	if (err)
		strbuf_addf(&sb, "module %s: %s", start->failed, start->why);
	/* Unless that has said it. */
	if (err && !strstr(start->why, strerror(-err)))
		strbuf_addf(&sb, "%s%s", *start->why ? ": " : "",
			    strerror(-err));
	*ret_text = sb.data;
	return err;
}

int start_modules(const struct text_list *list, int end_fd, char **ret_text)
{
	struct start *start;
	pthread_t thread;
	int err;

	if (!list->nr)
		return 0;
	start = calloc(1, sizeof(*start));
	if (!start)
		return -ENOMEM;
	start->list = list;
	if (pipe2(start->done, O_CLOEXEC)) {
		err = -errno;
		free(start);
		return err;
	}
	atomic_store(&start->refs, 2);
	/* modules_stop() waits for the thread: what it reads stays until then. */
	modules_count_running(1);
	err = worker_start(&thread, start_main, start);
	if (err) {
		modules_count_running(-1);
		close(start->done[1]);
		start_put(start);
	} else {
		err = wait_for_start(start, thread, end_fd, ret_text);
	}
	start_put(start);
	return err;
}
