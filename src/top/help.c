/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * help.c - the keys, and what the columns of this view mean
 */
#include <curses.h>

#include "top/screen.h"

static const char *const key_help[] = {
	"Tab  1 2 3 4   the next view; caches, pools, zones, orders",
	"letters        sort by a column, see below",
	"r              the other way round",
	"/              show names with a text, or of a pattern (*, ?) only",
	"Esc            show all",
	"arrows, pages  scroll",
	"space          read now",
	"q              end",
	"",
	"Columns, those that the screen has room for:",
};

static void column_help(struct strbuf *sb, const struct column *column)
{
	strbuf_reset(sb);
	strbuf_addf(sb, "%c %-14s %s", column->letter, column->header,
		    column->help);
}

void draw_help(const struct screen *screen)
{
	const struct view *view = &views[screen->view];
	const struct look *look = &screen->watch->look;
	int line = 1 - screen->help_first;
	struct strbuf sb = { 0 };

	draw_line(0, A_REVERSE, true, " allocfs-top: help; arrows scroll it",
		  look);
	for (size_t i = 0; i < NR_ITEMS(key_help); i++, line++)
		if (line > 0 && line < LINES - 1)
			draw_line(line, 0, false, key_help[i], look);
	for (int i = 0; view->columns[i].key; i++, line++) {
		column_help(&sb, &view->columns[i]);
		if (line > 0 && line < LINES - 1 && strbuf_ok(&sb))
			draw_line(line, 0, false, sb.data, look);
	}
	draw_line(LINES - 1, A_REVERSE, true, " any other key goes back", look);
	strbuf_free(&sb);
}
