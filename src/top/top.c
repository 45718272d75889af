/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * top.c - allocfs-top(1): what is asked for, which mount, and how to show it
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top/top.h"

void top_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("allocfs-top: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* Help and version are asked for: a failure to print them is one. */
static int print(const struct strbuf *sb)
{
	if (strbuf_ok(sb) && fputs(sb->data, stdout) >= 0 && !fflush(stdout))
		return 0;
	top_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

static int print_text(bool help)
{
	struct strbuf sb = { 0 };
	int status;

	if (help)
		options_help(&sb);
	else
		strbuf_adds(&sb, "allocfs-top " PACKAGE_VERSION "\n");
	status = print(&sb);
	strbuf_free(&sb);
	return status;
}

/* How many there are; *@ret_path is the first. */
static int find_mount(char **ret_path)
{
	static const char path[] = "/proc/self/mountinfo";
	struct strbuf text = { 0 };
	int err, nr = 0;

	strbuf_adds(&text, "");
	err = read_file(&text, path);
	if (err)
		top_error("%s: %s", path, strerror(-err));
	else
		nr = mount_find(text.data, ret_path);
	strbuf_free(&text);
	if (!nr && !err)
		top_error("nothing of type fuse.allocfs is mounted; "
			  "which folder is it?");
	return nr;
}

static int watch_mount(const struct options *options,
		       int (*show)(struct watch *watch))
{
	struct watch watch = {
		.mount = options->mount,
		.rounds = options->rounds,
		.delay = options->delay,
		.request = options->request,
	};
	char *path = NULL;
	int status;

	watch.look.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!watch.mount) {
		watch.nr_mounts = find_mount(&path);
		if (watch.nr_mounts <= 0)
			return EXIT_FAILED;
		watch.mount = path;
	}
	status = show(&watch);
	free(path);
	return status;
}

/* Characters are the user's, numbers and messages are not. */
int top_main(int argc, char **argv, int (*screen)(struct watch *watch))
{
	struct options options;
	int status;

	setlocale(LC_CTYPE, "");
	if (options_parse(&options, argc, argv)) {
		top_error("%s (-h shows all options)", options.text.data);
		status = EXIT_USAGE;
	} else if (options.help || options.version) {
		status = print_text(options.help);
	} else if (!options.batch && !screen) {
		top_error("built without ncurses: only -b works");
		status = EXIT_USAGE;
	} else {
		status = watch_mount(&options,
				     options.batch ? batch_run : screen);
	}
	options_free(&options);
	return status;
}
