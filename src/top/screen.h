/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * screen.h - private definitions of allocfs-top's screen, one section per file
 *
 *	screen		waits for keys, signals, and what was read
 *	sampler		reads, in a thread of its own
 *	keys		what each key does
 *	draw, help	what is on the screen
 *	terminal	getting it, and giving it back as it was
 *
 * The model belongs to the sampler while it reads, and to the screen otherwise:
 * neither ever waits for the other.
 */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include <pthread.h>
#include <wchar.h>

#include "top/top.h"

/* ---- sampler.c ----------------------------------------------------------- */

struct sampler {
	/* constant after the start */
	pthread_t thread;
	const char *mount;
	struct model *model;
	int done_fd; /* becomes readable when it has read */
	/* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct request request;
	bool wanted;
	bool stopped;
};

/** sampler_start() - 0 or a negative errno */
int sampler_start(struct sampler *sampler, const char *mount,
		  struct model *model);

/** sampler_ask() - read; the model is the sampler's until sampler_done() */
void sampler_ask(struct sampler *sampler, const struct request *request);

/** sampler_done() - take the model back, after @done_fd became readable */
void sampler_done(struct sampler *sampler);

/** sampler_stop() - for one that is not reading */
void sampler_stop(struct sampler *sampler);

/* ---- screen.c ------------------------------------------------------------ */

/**
 * struct shown - what a view remembers while others are on the screen
 */
struct shown {
	const struct column *sort;
	bool reverse;
	size_t first;
	char filter[sizeof(((struct request *)0)->filter)];
};

/** struct pressed - a character, or with @code one of curses' KEY_ */
struct pressed {
	wint_t key;
	bool code;
};

#define KEYS_KEPT 32

/**
 * struct screen - all that is on it, and why
 * @reading: since when the sampler has the model; 0: it has not
 * @next: when it will be asked again
 * @kept: keys that were pressed while the mount was silent, oldest first
 * @edited: where the filter is being typed, what it was before; else NULL
 */
struct screen {
	struct watch *watch;
	struct model model;
	struct sampler sampler;
	enum view_id view;
	struct shown shown[NR_VIEWS];
	char *edited;
	bool help;
	int help_first;
	double reading;
	double next;
	struct pressed kept[KEYS_KEPT];
	unsigned int nr_kept;
	unsigned long rounds;
	bool quit;
	int status;
};

/** screen_rows() - rows of the table that there is room for */
size_t screen_rows(void);

/** screen_select() - sort and filter what is there; read again soon */
void screen_select(struct screen *screen);

/** screen_refresh() - read again at once */
void screen_refresh(struct screen *screen);

/* ---- keys.c -------------------------------------------------------------- */

/** keys_press() - @code: it is one of curses' KEY_, no character */
void keys_press(struct screen *screen, wint_t key, bool code);

/* ---- draw.c -------------------------------------------------------------- */

void draw_screen(const struct screen *screen);

/** draw_wait() - say that the mount has not answered for so many seconds */
void draw_wait(double seconds);

/** draw_line() - one line of text, cut to the width; @fill: up to the margin */
void draw_line(int y, int attr, bool fill, const char *text,
	       const struct look *look);

/** draw_table_rows() - how many rows fit on a screen of @height lines */
int draw_table_rows(int height);

/* ---- help.c -------------------------------------------------------------- */

void draw_help(const struct screen *screen);

/* ---- terminal.c ---------------------------------------------------------- */

/** terminal_start() - false: it has said why; *@ret_fd gives signals */
bool terminal_start(int *ret_fd);

/** terminal_signal() - the next one that came, 0: none */
int terminal_signal(int fd);

/** terminal_resize() - it may have another size now */
void terminal_resize(void);

/** terminal_attr() - how to show what a tone means */
int terminal_attr(enum tone tone);

/** terminal_end() - as it was; @signal: then end by it, unless it is 0 */
void terminal_end(int fd, int signal);

#endif /* TOP_SCREEN_H */
