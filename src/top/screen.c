/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * screen.c - waiting: for keys, for signals, for what was read, for the time
 *
 * Keys that come while the sampler reads stay in the terminal until it is done,
 * which takes milliseconds. When the mount does not answer, that is said, and
 * only q is heard.
 */
#include <curses.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/text.h"

#include "top/screen.h"

/* Seconds until silence of the mount is said. */
#define PATIENCE 1.0

/* From a key to the reading of what it uncovers; more keys may follow. */
#define SOON 0.15

size_t screen_rows(void)
{
	return (size_t)draw_table_rows(LINES);
}

static void make_request(const struct screen *screen, struct request *request)
{
	const struct shown *shown = &screen->shown[screen->view];

	*request = (struct request){
		.view = screen->view,
		.sort = shown->sort,
		.reverse = shown->reverse,
		.first = shown->first,
		.rows = screen_rows(),
		.columns =
			table_columns(&views[screen->view], COLS, shown->sort),
	};
	text_copy(request->filter, sizeof(request->filter), shown->filter);
}

void screen_refresh(struct screen *screen)
{
	struct request request;

	if (screen->reading)
		return;
	make_request(screen, &request);
	screen->reading = clock_now();
	screen->next = screen->reading + screen->watch->delay;
	sampler_ask(&screen->sampler, &request);
}

void screen_select(struct screen *screen)
{
	const struct shown *shown = &screen->shown[screen->view];
	double soon = clock_now() + SOON;

	if (!screen->model.error)
		list_select(&screen->model.list[screen->view], shown->filter,
			    shown->sort, shown->reverse);
	if (screen->next > soon)
		screen->next = soon;
}

/* The list may be shorter now than where it was scrolled to. */
static void draw(struct screen *screen)
{
	struct shown *shown = &screen->shown[screen->view];
	size_t nr = screen->model.list[screen->view].nr_shown;
	size_t rows = screen_rows();

	if (shown->first + rows > nr)
		shown->first = nr > rows ? nr - rows : 0;
	draw_screen(screen);
}

/* What was pressed meanwhile counts, up to a key that has it read again. */
static void on_kept_keys(struct screen *screen)
{
	unsigned int n = 0;

	while (n < screen->nr_kept && !screen->quit && !screen->reading) {
		struct pressed key = screen->kept[n++];

		keys_press(screen, key.key, key.code);
	}
	screen->nr_kept -= n;
	memmove(screen->kept, screen->kept + n,
		screen->nr_kept * sizeof(screen->kept[0]));
}

static void on_done(struct screen *screen)
{
	sampler_done(&screen->sampler);
	screen->reading = 0;
	screen->rounds++;
	if (screen->watch->rounds && screen->rounds >= screen->watch->rounds)
		screen->quit = true;
	on_kept_keys(screen);
	if (!screen->reading)
		draw(screen);
}

static void on_keys(struct screen *screen)
{
	wint_t key;
	int kind;

	while (!screen->quit && !screen->reading) {
		kind = get_wch(&key);
		if (kind == ERR)
			break;
		keys_press(screen, key, kind == KEY_CODE_YES);
	}
	if (!screen->reading)
		draw(screen);
}

/* Only the end is heard while the mount is silent; the rest waits. */
static void on_keys_while_waiting(struct screen *screen)
{
	wint_t key;
	int kind;

	while ((kind = get_wch(&key)) != ERR) {
		if (kind == OK && key == 'q')
			screen->quit = true;
		else if (screen->nr_kept < KEYS_KEPT)
			screen->kept[screen->nr_kept++] =
				(struct pressed){ key, kind == KEY_CODE_YES };
	}
}

/* The one that is to end us, or 0. */
static int on_signals(struct screen *screen, int fd)
{
	int signal;

	while ((signal = terminal_signal(fd)) != 0) {
		if (signal != SIGWINCH) {
			screen->quit = true;
			return signal;
		}
		terminal_resize();
		if (!screen->reading) {
			screen_select(screen);
			draw(screen);
		}
	}
	return 0;
}

/* Milliseconds to the next thing to do by itself. */
static int patience(const struct screen *screen, double now)
{
	double seconds = screen->reading ? PATIENCE : screen->next - now;

	return seconds < 0 ? 0 : (int)ceil(seconds * 1000);
}

/* Nothing else came within the time. */
static void on_time(struct screen *screen)
{
	double now = clock_now();

	if (screen->reading && now - screen->reading >= PATIENCE)
		draw_wait(now - screen->reading);
	else if (!screen->reading && now >= screen->next)
		screen_refresh(screen);
}

/* Stopped and continued: the terminal has been somebody else's meanwhile. */
static void on_interrupt(struct screen *screen)
{
	terminal_resize();
	if (!screen->reading)
		draw(screen);
}

static int wait_and_act(struct screen *screen, int signal_fd)
{
	double now = clock_now();
	bool waiting = screen->reading && now - screen->reading >= PATIENCE;
	bool listening = !screen->reading || waiting;
	struct pollfd fds[] = {
		{ signal_fd, POLLIN, 0 },
		{ screen->sampler.done_fd, POLLIN, 0 },
		{ listening ? STDIN_FILENO : -1, POLLIN, 0 },
	};
	int nr = poll(fds, NR_ITEMS(fds), patience(screen, now));

	if (nr < 0 && errno == EINTR)
		on_interrupt(screen);
	if (nr < 0)
		return 0;
	if (fds[0].revents)
		return on_signals(screen, signal_fd);
	if (fds[1].revents)
		on_done(screen);
	else if (fds[2].revents & POLLIN && screen->reading)
		on_keys_while_waiting(screen);
	else if (fds[2].revents & POLLIN)
		on_keys(screen);
	else if (fds[2].revents)
		return SIGHUP; /* the terminal is gone */
	on_time(screen);
	return 0;
}

static void screen_init(struct screen *screen, struct watch *watch)
{
	memset(screen, 0, sizeof(*screen));
	screen->watch = watch;
	screen->view = watch->request.view;
	for (int i = 0; i < NR_VIEWS; i++)
		screen->shown[i].sort = view_column(&views[i], views[i].sort);
	screen->shown[screen->view].sort = watch->request.sort;
	text_copy(screen->shown[screen->view].filter,
		  sizeof(watch->request.filter), watch->request.filter);
}

/*
 * A sampler that hangs is left behind, with the model: the end of the process
 * ends it, and nothing else could.
 */
static int screen_loop(struct screen *screen)
{
	int signal_fd, signal = 0, err;

	if (!terminal_start(&signal_fd))
		return EXIT_FAILED;
	err = sampler_start(&screen->sampler, screen->watch->mount,
			    &screen->model);
	if (err) {
		terminal_end(signal_fd, 0);
		top_error("no thread: %s", strerror(-err));
		return EXIT_FAILED;
	}
	screen_refresh(screen);
	while (!screen->quit && !signal)
		signal = wait_and_act(screen, signal_fd);
	terminal_end(signal_fd, signal);
	if (screen->reading)
		_exit(0);
	sampler_stop(&screen->sampler);
	return 0;
}

/* What cannot be read at all is said before the terminal is taken. */
int screen_run(struct watch *watch)
{
	struct screen *screen = malloc(sizeof(*screen));
	struct request first = watch->request;
	int status = EXIT_FAILED;

	if (!screen) {
		top_error("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	screen_init(screen, watch);
	if (reader_read(&screen->model, watch->mount, &first, clock_now()))
		top_error("%s", screen->model.trouble.len
					? screen->model.trouble.data
					: strerror(-screen->model.error));
	else
		status = screen_loop(screen);
	model_free(&screen->model);
	free(screen->edited);
	free(screen);
	return status;
}
