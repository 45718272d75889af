/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * draw.c - what is on the screen
 *
 *	which mount, when		not below 9 lines
 *	memory				not below 9 lines
 *	all rows together		not below 9 lines
 *	views, sorting, filter		not below 5 lines
 *	headers of columns		not below 3 lines
 *	rows
 *	keys, or what is wrong		not below 3 lines
 */
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top/screen.h"

#define ALL_LINES 9
#define WITH_VIEWS 5
#define WITH_HEADER 3

#define MEMORY_BAR 24

int draw_table_rows(int height)
{
	if (height >= ALL_LINES)
		return height - 6;
	if (height >= WITH_VIEWS)
		return height - 3;
	if (height >= WITH_HEADER)
		return height - 2;
	return height > 0 ? height : 1;
}

void draw_line(int y, int attr, bool fill, const char *text,
	       const struct look *look)
{
	struct strbuf sb = { 0 };

	strbuf_adds(&sb, "");
	format_text(&sb, text, COLS, look);
	if (!strbuf_ok(&sb))
		return;
	attrset((attr_t)attr);
	mvaddstr(y, 0, sb.data);
	for (int x = format_width(sb.data); fill && x < COLS; x++)
		addch(' ');
	attrset(A_NORMAL);
	strbuf_free(&sb);
}

static void draw_title(const struct screen *screen, int y)
{
	const struct watch *watch = screen->watch;
	char clock[32];
	time_t now = time(NULL);
	struct strbuf sb = { 0 };
	struct tm tm;
	int width;

	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	strbuf_addf(&sb, "allocfs-top  %s", watch->mount);
	if (watch->nr_mounts > 1)
		strbuf_addf(&sb, "  (first of %d mounts)", watch->nr_mounts);
	if (strbuf_ok(&sb))
		draw_line(y, A_BOLD, false, sb.data, &watch->look);
	width = (int)strlen(clock) + 1;
	if (strbuf_ok(&sb) && format_width(sb.data) + width < COLS)
		mvaddstr(y, COLS - width + 1, clock);
	strbuf_free(&sb);
}

static void draw_summary(const struct screen *screen, int y)
{
	const struct look *look = &screen->watch->look;
	const struct view *view = &views[screen->view];
	struct strbuf sb = { 0 };

	memory_summary(&sb, &screen->model.memory, COLS >= 80 ? MEMORY_BAR : 0,
		       look);
	if (strbuf_ok(&sb))
		draw_line(y, 0, false, sb.data, look);
	strbuf_reset(&sb);
	view->totals(&sb, &screen->model.list[screen->view], look);
	if (strbuf_ok(&sb))
		draw_line(y + 1, 0, false, sb.data, look);
	strbuf_free(&sb);
}

/* "12-30 of 53" */
static void add_place(struct strbuf *sb, const struct screen *screen)
{
	size_t nr = screen->model.list[screen->view].nr_shown;
	size_t first = screen->shown[screen->view].first;
	size_t last = first + screen_rows();

	if (nr)
		strbuf_addf(sb, "  %zu-%zu of %zu", first + 1,
			    last < nr ? last : nr, nr);
}

static void draw_views(const struct screen *screen, int y)
{
	const struct shown *shown = &screen->shown[screen->view];
	const struct look *look = &screen->watch->look;
	struct strbuf sb = { 0 };

	for (int i = 0; i < NR_VIEWS; i++) {
		bool here = i == (int)screen->view;

		if (COLS >= 70)
			strbuf_addf(&sb, here ? "[%d %s]" : " %d %s ", i + 1,
				    views[i].title);
		else if (here)
			strbuf_addf(&sb, "%s", views[i].title);
	}
	strbuf_addf(&sb, "  by %s%s", shown->sort->header,
		    shown->reverse ? " reversed" : "");
	if (shown->filter[0])
		strbuf_addf(&sb, "  only %s", shown->filter);
	add_place(&sb, screen);
	if (strbuf_ok(&sb))
		draw_line(y, A_BOLD, false, sb.data, look);
	strbuf_free(&sb);
}

/* Columns that are left for the last one. */
static int rest_of(const struct view *view, uint64_t chosen)
{
	int rest = COLS;

	for (int i = 0; view->columns[i].key; i++)
		if ((chosen & 1ull << i) && !column_is_last(&view->columns[i]))
			rest -= view->columns[i].width + 1;
	return rest < 1 ? 1 : rest;
}

/* @row: NULL for the headers. */
static void draw_fields(const struct screen *screen, int y, uint64_t chosen,
			const struct row *row)
{
	const struct shown *shown = &screen->shown[screen->view];
	const struct look *look = &screen->watch->look;
	const struct view *view = &views[screen->view];
	int rest = rest_of(view, chosen), attr;
	struct strbuf sb = { 0 };

	move(y, 0);
	for (int i = 0; view->columns[i].key; i++) {
		const struct column *column = &view->columns[i];

		if (!(chosen & 1ull << i))
			continue;
		strbuf_reset(&sb);
		if (row) {
			table_cell(&sb, column, row, rest, look);
			attr = terminal_attr(column->tone ? column->tone(row)
							  : TONE_PLAIN);
		} else {
			table_header(&sb, column, rest, look);
			attr = A_REVERSE;
			if (column == shown->sort)
				attr |= A_BOLD | A_UNDERLINE;
		}
		attrset((attr_t)attr);
		if (strbuf_ok(&sb) && sb.len)
			addstr(sb.data);
		attrset(row ? A_NORMAL : A_REVERSE);
		if (!column_is_last(column))
			addch(' ');
	}
	attrset(A_NORMAL);
	strbuf_free(&sb);
}

static void draw_header(const struct screen *screen, int y, uint64_t chosen)
{
	attrset(A_REVERSE);
	mvhline(y, 0, ' ' | A_REVERSE, COLS);
	draw_fields(screen, y, chosen, NULL);
}

/* The bytes of @text that go into a line: whole words, if there are any. */
static size_t line_bytes(const char *text, size_t width)
{
	size_t len = strlen(text), cut = width;

	if (len <= width)
		return len;
	while (cut && text[cut] != ' ')
		cut--;
	return cut ? cut : width;
}

/* Long text over several lines. */
static void draw_wrapped(int y, int lines, const char *text)
{
	size_t len;

	attrset((attr_t)terminal_attr(TONE_BAD));
	while (lines-- > 0 && *text) {
		len = line_bytes(text, (size_t)COLS);
		mvaddnstr(y++, 0, text, (int)len);
		text += len + (text[len] == ' ');
	}
	attrset(A_NORMAL);
}

/* Why there are no rows. */
static void draw_nothing(const struct screen *screen, int y, int lines)
{
	const char *filter = screen->shown[screen->view].filter;
	const struct model *model = &screen->model;
	struct strbuf sb = { 0 };

	if (model->error)
		strbuf_addf(&sb, "%s. Trying again.",
			    model->trouble.len ? model->trouble.data
					       : strerror(-model->error));
	else if (filter[0])
		strbuf_addf(&sb, "The filter %s leaves none of the %s.", filter,
			    views[screen->view].name);
	else
		strbuf_addf(&sb, "No %s.", views[screen->view].name);
	if (strbuf_ok(&sb) && model->error)
		draw_wrapped(y, lines, sb.data);
	else if (strbuf_ok(&sb))
		draw_line(y, 0, false, sb.data, &screen->watch->look);
	strbuf_free(&sb);
}

static void draw_rows(const struct screen *screen, int y, uint64_t chosen)
{
	const struct list *list = &screen->model.list[screen->view];
	size_t first = screen->shown[screen->view].first;
	size_t rows = screen_rows();

	if (!list->nr_shown)
		draw_nothing(screen, y, (int)rows);
	for (size_t i = 0; i < rows && first + i < list->nr_shown; i++)
		draw_fields(screen, y + (int)i, chosen, list->shown[first + i]);
}

static void draw_bottom(const struct screen *screen, int y)
{
	const struct look *look = &screen->watch->look;
	const struct model *model = &screen->model;
	struct strbuf sb = { 0 };

	if (screen->edited) {
		strbuf_addf(&sb, "Only names with: %s_",
			    screen->shown[screen->view].filter);
		if (strbuf_ok(&sb))
			draw_line(y, A_BOLD, false, sb.data, look);
		strbuf_free(&sb);
		return;
	}
	if (model->trouble.len && !model->error) {
		draw_line(y, terminal_attr(TONE_BAD), false,
			  model->trouble.data, look);
		return;
	}
	draw_line(y, A_REVERSE, true,
		  COLS < 70 ? " q quit  ? help  Tab view"
			    : " Tab view  letter sort  r reverse  / filter  "
			      "Space refresh  ? help  q quit",
		  look);
}

static void draw_all(const struct screen *screen)
{
	uint64_t chosen = table_columns(&views[screen->view], COLS,
					screen->shown[screen->view].sort);
	int y = 0;

	if (LINES >= ALL_LINES) {
		draw_title(screen, y++);
		if (!screen->model.error)
			draw_summary(screen, y);
		y += 2;
	}
	if (LINES >= WITH_VIEWS)
		draw_views(screen, y++);
	if (LINES >= WITH_HEADER)
		draw_header(screen, y++, chosen);
	draw_rows(screen, y, chosen);
	if (LINES >= WITH_HEADER)
		draw_bottom(screen, LINES - 1);
}

void draw_screen(const struct screen *screen)
{
	erase();
	if (screen->help)
		draw_help(screen);
	else
		draw_all(screen);
	refresh();
}

void draw_wait(double seconds)
{
	const struct look plain = { 0 };
	struct strbuf sb = { 0 };

	strbuf_addf(&sb, "The mount has not answered for %.0f s; q ends.",
		    seconds);
	if (strbuf_ok(&sb))
		draw_line(LINES - 1, terminal_attr(TONE_BAD), true, sb.data,
			  &plain);
	strbuf_free(&sb);
	refresh();
}
