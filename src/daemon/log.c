/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * log.c - where the daemon's messages go
 *
 * To stderr as long as somebody may read it, then to syslog. While the mount
 * is being made, libfuse's messages are held back: a failure is one clear
 * line, which quotes the first of them. Reports of the allocator have many
 * lines, each of which is a line here, too: syslog would not show them as such.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "util/text.h"

#include "daemon.h"

static struct {
	pthread_mutex_t lock;
	bool syslog;
	bool hold;
	char held[256];
} log_state = { .lock = PTHREAD_MUTEX_INITIALIZER };

void log_to_syslog(void)
{
	openlog("allocfs", LOG_PID, LOG_DAEMON);
	pthread_mutex_lock(&log_state.lock);
	log_state.syslog = true;
	pthread_mutex_unlock(&log_state.lock);
}

static void __log_line(const char *line, int len)
{
	if (log_state.syslog)
		syslog(LOG_NOTICE, "%.*s", len, line);
	else
		fprintf(stderr, "allocfs: %.*s\n", len, line);
}

/* Under the lock, so that nothing comes between the lines; empty ones go. */
static void __log(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len)
			__log_line(text, (int)len);
		text += len + (text[len] == '\n');
	}
}

/* The first line is enough for a hint. */
static void __hold(const char *text)
{
	if (log_state.held[0])
		return;
	text_copy(log_state.held, sizeof(log_state.held), text);
	log_state.held[strcspn(log_state.held, "\n")] = '\0';
}

void log_line(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	text_vformat(text, sizeof(text), format, args);
	va_end(args);
	pthread_mutex_lock(&log_state.lock);
	__log(text);
	pthread_mutex_unlock(&log_state.lock);
}

void log_text(void *arg, const char *text)
{
	(void)arg;
	pthread_mutex_lock(&log_state.lock);
	if (!log_state.hold)
		__log(text);
	else
		__hold(text);
	pthread_mutex_unlock(&log_state.lock);
}

void log_hold(bool hold)
{
	pthread_mutex_lock(&log_state.lock);
	log_state.hold = hold;
	pthread_mutex_unlock(&log_state.lock);
}

const char *log_held(void)
{
	return log_state.held[0] ? log_state.held : NULL;
}
