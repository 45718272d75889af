/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error_log.c - the last refusals, in words
 *
 * An errno says too little about a command that was refused; a line here says
 * what was wrong with what. A ring of the last 64; a reader sees the lines of
 * its own user, root sees all.
 */
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#include "view.h"

/* Commands are quoted in messages: keep a line one line. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void error_log_add(struct view *view, uid_t uid, const char *path, int error,
		   const char *why)
{
	const char *name = strerrorname_np(error);
	struct strbuf sb = { 0 };
	struct timespec now = meta_now();
	struct error_line *line;

	strbuf_addf(&sb, "%lld %u %s %s: %s", (long long)now.tv_sec,
		    (unsigned int)uid, path, name ? name : "?",
		    *why ? why : strerrordesc_np(error));
	if (!strbuf_ok(&sb)) {
		strbuf_free(&sb);
		return;
	}
	make_printable(sb.data);
	pthread_mutex_lock(&view->log_lock);
	line = &view->error_lines[view->error_next];
	free(line->text);
	line->text = sb.data;
	line->uid = uid;
	view->error_next = (view->error_next + 1) % ERROR_LOG_LINES;
	if (view->error_nr < ERROR_LOG_LINES)
		view->error_nr++;
	pthread_mutex_unlock(&view->log_lock);
}

void error_log_show(struct view *view, uid_t uid, struct strbuf *sb)
{
	unsigned int i;

	pthread_mutex_lock(&view->log_lock);
	for (i = view->error_nr; i; i--) {
		unsigned int at = (view->error_next + ERROR_LOG_LINES - i) %
				  ERROR_LOG_LINES;
		const struct error_line *line = &view->error_lines[at];

		if (!uid || line->uid == uid)
			strbuf_addf(sb, "%s\n", line->text);
	}
	pthread_mutex_unlock(&view->log_lock);
}

void error_log_clear(struct view *view)
{
	unsigned int i;

	pthread_mutex_lock(&view->log_lock);
	for (i = 0; i < ERROR_LOG_LINES; i++) {
		free(view->error_lines[i].text);
		view->error_lines[i].text = NULL;
	}
	view->error_nr = 0;
	view->error_next = 0;
	pthread_mutex_unlock(&view->log_lock);
}
