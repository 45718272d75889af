/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * daemon.h - private definitions of allocfs(8), one section per source file
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include <allocfs/allocfs.h>
#include <kmem/kmem.h>

#include "util/strbuf.h"

/* Exit codes. */
enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* Texts of the command line. */
struct text_list {
	const char **text;
	size_t nr;
};

/* ---- daemon.c ------------------------------------------------------------ */

int daemon_main(int argc, char **argv);

/* ---- start_modules.c ----------------------------------------------------- */

/**
 * start_modules() - insert those of the command line, one after the other
 * @end_fd: becomes readable when the daemon is to end
 * @ret_text: which one failed and why, to be freed
 *
 * Return: 0; the first failure; -EINTR when the end came before.
 */
int start_modules(const struct text_list *list, int end_fd, char **ret_text);

/* ---- options.c ----------------------------------------------------------- */

/**
 * struct options - what the command line says
 * @kmem: how to set the allocator up
 * @view: how to mount it
 * @mountpoint: where
 * @foreground: do not become a daemon
 * @one_thread: serve by one thread
 * @modules: let modules be inserted through the mount
 * @inserted: modules to begin with
 * @config: file with the layout to begin with
 * @help: print the usage and end
 * @version: print the version and end
 * @fuse: FUSE's own mount options, separated by commas
 * @path: file of backing=file:
 */
struct options {
	struct kmem_config kmem;
	struct allocfs_options view;
	const char *mountpoint;
	bool foreground;
	bool one_thread;
	bool modules;
	struct text_list inserted;
	const char *config;
	bool help;
	bool version;
	struct strbuf fuse;
	struct strbuf text;
};

/**
 * options_parse() - read the command line
 *
 * Return: 0; -EINVAL, and what is wrong is in options->text, one line.
 */
int options_parse(struct options *options, int argc, char **argv);
void options_free(struct options *options);
/* Append the usage, made from the table of options. */
void options_help(struct strbuf *sb);

/* ---- log.c --------------------------------------------------------------- */

/* To stderr, or to syslog once log_to_syslog() was called. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_to_syslog(void);
/* The same as callbacks of the libraries. */
void log_text(void *arg, const char *text);
/* Keep the lines of log_text() for a while instead of printing them. */
void log_hold(bool hold);
/* The last line that was held, or NULL. */
const char *log_held(void);

#endif /* DAEMON_DAEMON_H */
