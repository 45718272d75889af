/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keys.c - what each key does
 *
 * One table for keys that mean the same everywhere. Other letters sort, by the
 * columns of the view; capitals count. While the filter is typed, all but the
 * keys that end that are text.
 */
#include <curses.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "util/parse.h"

#include "top/screen.h"

#define CTRL(letter) ((letter)&0x1f)
#define KEY_ESCAPE 27

static struct shown *shown(struct screen *screen)
{
	return &screen->shown[screen->view];
}

static void quit(struct screen *screen, int arg)
{
	(void)arg;
	screen->quit = true;
}

static void refresh_now(struct screen *screen, int arg)
{
	(void)arg;
	screen_refresh(screen);
}

static void redraw(struct screen *screen, int arg)
{
	(void)screen;
	(void)arg;
	clearok(stdscr, TRUE);
}

static void reverse(struct screen *screen, int arg)
{
	(void)arg;
	shown(screen)->reverse = !shown(screen)->reverse;
	screen_select(screen);
}

static void show_view(struct screen *screen, int view)
{
	screen->view = (enum view_id)view;
	screen_refresh(screen);
}

static void step_view(struct screen *screen, int step)
{
	show_view(screen, ((int)screen->view + NR_VIEWS + step) % NR_VIEWS);
}

static void scroll_by(struct screen *screen, long rows)
{
	struct shown *view = shown(screen);

	if (rows < 0 && view->first < (size_t)-rows)
		view->first = 0;
	else
		view->first += (size_t)rows;
	screen_select(screen);
}

static void scroll_rows(struct screen *screen, int rows)
{
	scroll_by(screen, rows);
}

static void scroll_pages(struct screen *screen, int pages)
{
	scroll_by(screen, pages * (long)screen_rows());
}

/* Drawing puts it back to where there are rows. */
static void scroll_end(struct screen *screen, int end)
{
	size_t nr = screen->model.list[screen->view].nr_shown;

	shown(screen)->first = end ? nr : 0;
	screen_select(screen);
}

static void show_help(struct screen *screen, int arg)
{
	(void)arg;
	screen->help = true;
	screen->help_first = 0;
}

static void edit_filter(struct screen *screen, int arg)
{
	(void)arg;
	screen->edited = strdup(shown(screen)->filter);
}

static void clear_filter(struct screen *screen, int arg)
{
	(void)arg;
	shown(screen)->filter[0] = '\0';
	screen_select(screen);
}

static const struct key {
	wint_t key;
	bool code;
	void (*act)(struct screen *screen, int arg);
	int arg;
} keys[] = {
	{ 'q', false, quit, 0 },
	{ ' ', false, refresh_now, 0 },
	{ CTRL('L'), false, redraw, 0 },
	{ 'r', false, reverse, 0 },
	{ '/', false, edit_filter, 0 },
	{ KEY_ESCAPE, false, clear_filter, 0 },
	{ '?', false, show_help, 0 },
	{ 'h', false, show_help, 0 },
	{ KEY_F(1), true, show_help, 0 },
	{ '1', false, show_view, VIEW_CACHES },
	{ '2', false, show_view, VIEW_POOLS },
	{ '3', false, show_view, VIEW_ZONES },
	{ '4', false, show_view, VIEW_ORDERS },
	{ '\t', false, step_view, 1 },
	{ KEY_RIGHT, true, step_view, 1 },
	{ KEY_LEFT, true, step_view, -1 },
	{ KEY_BTAB, true, step_view, -1 },
	{ KEY_DOWN, true, scroll_rows, 1 },
	{ KEY_UP, true, scroll_rows, -1 },
	{ KEY_NPAGE, true, scroll_pages, 1 },
	{ KEY_PPAGE, true, scroll_pages, -1 },
	{ KEY_HOME, true, scroll_end, 0 },
	{ KEY_END, true, scroll_end, 1 },
};

static void sort_by(struct screen *screen, wint_t letter)
{
	const struct column *column = NULL;

	if (letter > ' ' && letter < 0x7f)
		column = view_column_letter(&views[screen->view], (char)letter);
	if (!column)
		return;
	shown(screen)->sort = column;
	shown(screen)->reverse = false;
	shown(screen)->first = 0;
	screen_select(screen);
}

/* ---- typing the filter --------------------------------------------------- */

static void end_edit(struct screen *screen, bool keep)
{
	if (!keep)
		strcpy(shown(screen)->filter, screen->edited);
	free(screen->edited);
	screen->edited = NULL;
}

static void erase_character(char *text)
{
	size_t len = strlen(text);

	while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len ? len - 1 : 0] = '\0';
}

static void add_character(struct screen *screen, wint_t key)
{
	char *filter = shown(screen)->filter;
	size_t len = strlen(filter);
	char bytes[MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t more = wcrtomb(bytes, (wchar_t)key, &state);

	if (key < ' ' || key == 0x7f || more == (size_t)-1 ||
	    len + more >= sizeof(shown(screen)->filter))
		return;
	memcpy(filter + len, bytes, more);
	filter[len + more] = '\0';
}

static void edit_press(struct screen *screen, wint_t key, bool code)
{
	if (code ? key == KEY_ENTER : key == '\r' || key == '\n')
		end_edit(screen, true);
	else if (!code && (key == KEY_ESCAPE || key == CTRL('G')))
		end_edit(screen, false);
	else if (code ? key == KEY_BACKSPACE : key == 0x7f || key == '\b')
		erase_character(shown(screen)->filter);
	else if (!code && key == CTRL('U'))
		shown(screen)->filter[0] = '\0';
	else if (!code)
		add_character(screen, key);
	shown(screen)->first = 0;
	screen_select(screen);
}

static void help_press(struct screen *screen, wint_t key, bool code)
{
	if (code && key == KEY_DOWN)
		screen->help_first++;
	else if (code && key == KEY_UP && screen->help_first)
		screen->help_first--;
	else if (!code || (key != KEY_UP && key != KEY_DOWN))
		screen->help = false;
}

void keys_press(struct screen *screen, wint_t key, bool code)
{
	if (screen->help) {
		help_press(screen, key, code);
		return;
	}
	if (screen->edited) {
		edit_press(screen, key, code);
		return;
	}
	for (size_t i = 0; i < NR_ITEMS(keys); i++) {
		if (keys[i].key == key && keys[i].code == code) {
			keys[i].act(screen, keys[i].arg);
			return;
		}
	}
	if (!code)
		sort_by(screen, key);
}
