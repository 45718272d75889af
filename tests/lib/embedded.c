/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * embedded.c - a program that mounts its allocator, several times if told so
 *
 * Commands come from standard input, a line each; the answer to each is a line
 * on standard output, OK or the name of an errno.
 *
 *	init			set libkmem up itself
 *	exit			take it down
 *	start PLACE DIR [fuse options]
 *	stop PLACE		PLACE is 0 to 3
 *	ready			OK while libkmem is set up, else ENODEV
 *	validate		OK, or EUCLEAN if there is anything wrong with it
 *	limit N			max_objects and max_waiters of what starts next
 *
 * The end of the input stops all, in the order of their places.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <allocfs/allocfs.h>
#include <kmem/introspect.h>
#include <kmem/kmem.h>

#define PLACES 4

static struct allocfs *mounts[PLACES];
static uint64_t limit;

static int do_init(char **arg)
{
	(void)arg;
	return kmem_init(NULL);
}

static int do_exit(char **arg)
{
	(void)arg;
	kmem_exit();
	return 0;
}

static int do_start(char **arg)
{
	struct allocfs_options options = ALLOCFS_OPTIONS_INIT;

	/* More than CPUs, so that one is in the midst of what another does. */
	options.threads = 8;
	options.fuse_options = arg[2];
	options.max_objects = limit;
	options.max_waiters = limit;
	return allocfs_start(arg[1], &options, &mounts[atoi(arg[0]) % PLACES]);
}

static int do_stop(char **arg)
{
	int place = atoi(arg[0]) % PLACES;

	allocfs_stop(mounts[place]);
	mounts[place] = NULL;
	return 0;
}

static int do_ready(char **arg)
{
	(void)arg;
	return kmem_ready() ? 0 : -ENODEV;
}

static int do_validate(char **arg)
{
	(void)arg;
	return kmem_validate() ? -EUCLEAN : 0;
}

static int do_limit(char **arg)
{
	limit = strtoull(arg[0], NULL, 10);
	return 0;
}

static const struct command {
	const char *name;
	int (*fn)(char **arg);
	int args; /* at least */
} commands[] = {
	{ "init", do_init, 0 },		{ "exit", do_exit, 0 },
	{ "start", do_start, 2 },	{ "stop", do_stop, 1 },
	{ "ready", do_ready, 0 },	{ "limit", do_limit, 1 },
	{ "validate", do_validate, 0 },
};

static int obey(char *line)
{
	char *word[4] = { NULL };
	size_t nr = 0, i;

	for (char *w = strtok(line, " \n"); w && nr < 4;
	     w = strtok(NULL, " \n"))
		word[nr++] = w;
	for (i = 0; nr && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, word[0]) &&
		    (int)nr > commands[i].args)
			return commands[i].fn(word + 1);
	return -EINVAL;
}

int main(void)
{
	char line[512];
	int i;

	while (fgets(line, sizeof(line), stdin)) {
		int err = obey(line);

		puts(err ? strerrorname_np(-err) : "OK");
		fflush(stdout);
	}
	for (i = 0; i < PLACES; i++)
		allocfs_stop(mounts[i]);
	return 0;
}
