/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * terminal.c - taking the terminal, and giving it back as it was
 *
 * Signals come through a file descriptor: nothing of curses runs in a handler,
 * and whatever ends the program, the terminal is put right first. SIGTSTP alone
 * is left to curses, which does just that.
 */
#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "top/screen.h"

static SCREEN *curses;
static sigset_t mask_before;
static bool coloured;

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !no || !*no;
}

static void start_colours(void)
{
	static const short colour[NR_TONES] = {
		[TONE_GOOD] = COLOR_GREEN,
		[TONE_WARN] = COLOR_YELLOW,
		[TONE_BAD] = COLOR_RED,
	};
	short background = -1;

	if (!wants_colour() || !has_colors() || start_color() != OK)
		return;
	if (use_default_colors() != OK)
		background = COLOR_BLACK;
	for (short tone = 0; tone < NR_TONES; tone++)
		if (colour[tone])
			init_pair(tone, colour[tone], background);
	coloured = true;
}

int terminal_attr(enum tone tone)
{
	static const int plain[NR_TONES] = {
		[TONE_WARN] = (int)A_BOLD,
		[TONE_BAD] = (int)A_BOLD,
		[TONE_DIM] = (int)A_DIM,
	};
	int pair = coloured && tone != TONE_PLAIN && tone != TONE_DIM ? tone
								      : 0;

	return plain[tone] | COLOR_PAIR(pair);
}

/* Blocked in this thread, and in those that it starts. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, &mask_before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool terminal_start(int *ret_fd)
{
	const char *term = getenv("TERM");
	int fd;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		top_error("no terminal; -b prints text");
		return false;
	}
	fd = catch_signals();
	if (fd < 0) {
		top_error("signalfd: %s", strerror(errno));
		return false;
	}
	curses = newterm(NULL, stdout, stdin);
	if (!curses) {
		sigprocmask(SIG_SETMASK, &mask_before, NULL);
		close(fd);
		top_error("the terminal (TERM=%s) cannot be used; "
			  "-b prints text",
			  term ? term : "");
		return false;
	}
	start_colours();
	cbreak();
	noecho();
	nonl();
	set_escdelay(25);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	*ret_fd = fd;
	return true;
}

int terminal_signal(int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

void terminal_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row ||
	    !size.ws_col)
		return;
	resizeterm(size.ws_row, size.ws_col);
	clearok(stdscr, TRUE);
}

void terminal_end(int fd, int signal)
{
	endwin();
	delscreen(curses);
	close(fd);
	if (signal) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(signal, &action, NULL);
		raise(signal);
	}
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}
