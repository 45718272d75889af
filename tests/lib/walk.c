/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * walk.c - what is in a tree, and whether stat(2), readdir(3) and read(2) agree
 *
 * walk DIR	a line for each entry below DIR:
 *
 *	TYPE MODE INODE SIZE END PATH
 *
 * TYPE is d, f or l, MODE octal. Of a file SIZE is how many bytes a reader got
 * and END is n when the last of them is a newline, e when there are none, else
 * x; of all else SIZE is 0 and END is -.
 *
 * What does not agree is said on stderr, and makes the exit status 1: d_type or
 * d_ino that is not what stat(2) says, a size that is not what a reader gets. A
 * text may have changed between stat(2) and read(2); then the two that are
 * around the read differ, and it is looked at again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 100

static bool trouble;

static void complain(const char *path, const char *what)
{
	fprintf(stderr, "%s: %s\n", path, what);
	trouble = true;
}

static unsigned char type_of(mode_t mode)
{
	return (unsigned char)IFTODT(mode);
}

/* All of a file: the bytes, -1 on failure, and the last of them. */
static long long read_all(int fd, char *ret_last)
{
	static char buf[65536];
	long long len = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		len += n;
		*ret_last = buf[n - 1];
	}
	return n < 0 ? -1 : len;
}

/* Return: the bytes read, -1 when stat(2) does not agree with them. */
static long long read_once(int dir, const char *name, char *ret_last)
{
	struct stat before, after;
	int fd = openat(dir, name, O_RDONLY);
	long long len = -1;

	*ret_last = 0;
	if (fd < 0)
		return -1;
	if (!fstat(fd, &before))
		len = read_all(fd, ret_last);
	if (fstat(fd, &after) ||
	    (len != before.st_size && len != after.st_size))
		len = -1;
	close(fd);
	return len;
}

static void look_at_file(int dir, const char *name, const char *path,
			 const struct stat *st)
{
	long long len = -1;
	char end = 'e', last;
	int i;

	/* One that is the same all the time is wrong all the time. */
	for (i = 0; len < 0 && i < TRIES; i++)
		len = read_once(dir, name, &last);
	if (len < 0)
		complain(path, "st_size is not what a reader gets");
	if (len > 0)
		end = last == '\n' ? 'n' : 'x';
	printf("f %04o %llu %lld %c %s\n", st->st_mode & 07777u,
	       (unsigned long long)st->st_ino, len, end, path);
}

static void look_into(int parent, const char *name, const char *path);

static void look_at(int dir, const struct dirent *d, const char *path)
{
	struct stat st;

	if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
		complain(path, strerror(errno));
		return;
	}
	if (d->d_type != type_of(st.st_mode))
		complain(path, "d_type is not that of stat(2)");
	if (d->d_ino != st.st_ino)
		complain(path, "d_ino is not that of stat(2)");
	if (S_ISREG(st.st_mode)) {
		look_at_file(dir, d->d_name, path, &st);
		return;
	}
	printf("%c %04o %llu 0 - %s\n", S_ISDIR(st.st_mode) ? 'd' : 'l',
	       st.st_mode & 07777u, (unsigned long long)st.st_ino, path);
	if (S_ISDIR(st.st_mode))
		look_into(dir, d->d_name, path);
}

static void look_into(int parent, const char *name, const char *path)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char *below;

	if (!dir) {
		complain(path, strerror(errno));
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (asprintf(&below, "%s%s%s", path, *path ? "/" : "",
			     d->d_name) < 0)
			exit(2);
		look_at(fd, d, below);
		free(below);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("walk DIR\n", stderr);
		return 2;
	}
	look_into(AT_FDCWD, argv[1], "");
	return trouble;
}
