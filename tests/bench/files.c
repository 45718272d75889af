/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * files.c - what one system call on one file of a large directory costs
 *
 *	files FOLDER NUMBER COUNT
 *
 * FOLDER has the files 1 to NUMBER. COUNT of them, drawn by chance, each once,
 * are looked at by stat(2), then opened, read and closed, then unlinked. Each
 * line of the output is a name and the microseconds per file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static int folder;
static unsigned long *files;

static void die(const char *what, unsigned long file)
{
	fprintf(stderr, "files: %s %lu: %s\n", what, file, strerror(errno));
	exit(1);
}

static void do_stat(unsigned long file, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, 0))
		die("stat", file);
}

static void do_read(unsigned long file, const char *name)
{
	int fd = openat(folder, name, O_RDONLY);
	char buf[64];

	if (fd < 0 || read(fd, buf, sizeof(buf)) != sizeof(buf) || close(fd))
		die("read", file);
}

static void do_unlink(unsigned long file, const char *name)
{
	if (unlinkat(folder, name, 0))
		die("unlink", file);
}

/* The first @count of a shuffled deck of @nr: Fisher and Yates. */
static void draw(unsigned long nr, unsigned long count)
{
	unsigned long i, j, swap;

	files = calloc(nr, sizeof(*files));
	if (!files)
		abort();
	for (i = 0; i < nr; i++)
		files[i] = i + 1;
	srandom(1);
	for (i = 0; i < count; i++) {
		j = i + (unsigned long)random() % (nr - i);
		swap = files[i];
		files[i] = files[j];
		files[j] = swap;
	}
}

static void measure(const char *what, unsigned long count,
		    void (*call)(unsigned long file, const char *name))
{
	uint64_t start = bench_now_ns();
	char name[32];
	unsigned long i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%lu", files[i]);
		call(files[i], name);
	}
	printf("%s %.1f\n", what,
	       (double)(bench_now_ns() - start) / 1000 / (double)count);
}

int main(int argc, char **argv)
{
	unsigned long nr, count;

	if (argc != 4) {
		fprintf(stderr, "usage: files FOLDER NUMBER COUNT\n");
		return 2;
	}
	folder = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (folder < 0)
		die(argv[1], 0);
	nr = strtoul(argv[2], NULL, 10);
	count = strtoul(argv[3], NULL, 10);
	if (!count || count > nr)
		return 2;
	draw(nr, count);
	measure("stat", count, do_stat);
	measure("read", count, do_read);
	measure("rm", count, do_unlink);
	return 0;
}
