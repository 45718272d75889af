/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * error_log.c - the last refusals, in words
 *
 * An errno says too little about a command that was refused; a line here says
 * what was wrong with what. A ring of the last 64; a reader sees the lines of
 * its own user, root sees all, and who clears it clears what he sees.
 */
#include <stdlib.h>
#include <string.h>

#include "util/parse.h"

#include "view.h"

/*
 * Commands are quoted in messages, and cut to fit: keep a line one line, and
 * text. A blank in a path would be taken for its end.
 */
static void make_printable(char *text, bool blanks)
{
	while (*text) {
		unsigned int n = parse_utf8(text);

		if (!n || (unsigned char)*text < ' ' || *text == 0x7f ||
		    (*text == ' ' && !blanks)) {
			*text = '?';
			n = 1;
		}
		text += n;
	}
}

void error_log_add(struct view *view, uid_t uid, const char *path, int error,
		   const char *why)
{
	const char *name = strerrorname_np(error);
	struct strbuf sb = { 0 };
	struct timespec now = meta_now();
	struct error_line *line;
	size_t start;

	strbuf_addf(&sb, "%lld %u ", (long long)now.tv_sec, (unsigned int)uid);
	start = sb.len;
	strbuf_adds(&sb, path);
	if (strbuf_ok(&sb))
		make_printable(sb.data + start, false);
	strbuf_addf(&sb, " %s: %s", name ? name : "?",
		    *why ? why : strerrordesc_np(error));
	if (!strbuf_ok(&sb)) {
		strbuf_free(&sb);
		return;
	}
	make_printable(sb.data, true);
	pthread_mutex_lock(&view->log_lock);
	line = &view->error_lines[view->error_next];
	free(line->text);
	line->text = sb.data;
	line->uid = uid;
	view->error_next = (view->error_next + 1) % ERROR_LOG_LINES;
	pthread_mutex_unlock(&view->log_lock);
}

static bool is_seen(const struct error_line *line, uid_t uid)
{
	return !uid || line->uid == uid;
}

void error_log_show(struct view *view, uid_t uid, struct strbuf *sb)
{
	unsigned int i;

	pthread_mutex_lock(&view->log_lock);
	for (i = 0; i < ERROR_LOG_LINES; i++) {
		unsigned int at = (view->error_next + i) % ERROR_LOG_LINES;
		const struct error_line *line = &view->error_lines[at];

		if (line->text && is_seen(line, uid))
			strbuf_addf(sb, "%s\n", line->text);
	}
	pthread_mutex_unlock(&view->log_lock);
}

void error_log_clear(struct view *view, uid_t uid)
{
	unsigned int i;

	pthread_mutex_lock(&view->log_lock);
	for (i = 0; i < ERROR_LOG_LINES; i++) {
		if (!is_seen(&view->error_lines[i], uid))
			continue;
		free(view->error_lines[i].text);
		view->error_lines[i].text = NULL;
	}
	pthread_mutex_unlock(&view->log_lock);
}
