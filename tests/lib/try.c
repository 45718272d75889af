/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * try.c - do one system call and print OK or the name of its errno
 *
 * The shell knows only "failed"; tests of the mount must know with which
 * error. See usage() for the calls. Exit status: 0, whatever the call gave;
 * 2 for a usage error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* ENOSTR stands for a short write, which the mount must not do. */
static int print_result(long ret)
{
	if (ret >= 0)
		puts("OK");
	else
		puts(strerrorname_np(errno));
	return 0;
}

static int write_all(const char *path, int flags, const char *text, size_t len)
{
	int fd = open(path, flags, 0644);
	ssize_t ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, len);
	if (ret >= 0 && (size_t)ret != len) {
		errno = ENOSTR;
		ret = -1;
	}
	if (close(fd) < 0 && ret >= 0)
		ret = -1;
	return ret < 0 ? -1 : 0;
}

static int do_write(char **arg)
{
	return write_all(arg[0], O_WRONLY, arg[1], strlen(arg[1]));
}

static int do_nonblock(char **arg)
{
	return write_all(arg[0], O_WRONLY | O_NONBLOCK, arg[1], strlen(arg[1]));
}

/*
 * The first so many bytes, then the rest, so many at a time, also after one that
 * was refused; the first error is the result.
 */
static int do_cut(char **arg)
{
	size_t n = strtoul(arg[1], NULL, 10), each = strtoul(arg[2], NULL, 10);
	int fd = open(arg[0], O_WRONLY), error = 0;
	const char *text = arg[3];
	size_t left = strlen(text);

	if (fd < 0)
		return -1;
	for (; left; text += n, left -= n, n = each) {
		n = n < left ? n : left;
		if (write(fd, text, n) < 0 && !error)
			error = errno;
	}
	if (close(fd) < 0 && !error)
		error = errno;
	errno = error;
	return error ? -1 : 0;
}

static int do_append(char **arg)
{
	return write_all(arg[0], O_WRONLY | O_APPEND, arg[1], strlen(arg[1]));
}

static int do_fill(char **arg)
{
	size_t len = strtoul(arg[1], NULL, 10);
	char *text = malloc(len + 1);
	int ret;

	if (!text)
		return -1;
	memset(text, '1', len);
	ret = write_all(arg[0], O_WRONLY, text, len);
	free(text);
	return ret;
}

static int do_pwrite(char **arg)
{
	int fd = open(arg[0], O_WRONLY);
	size_t len = strlen(arg[2]);

	if (fd < 0)
		return -1;
	return pwrite(fd, arg[2], len, atoll(arg[1])) == (ssize_t)len ? 0 : -1;
}

static int do_open(char **arg)
{
	int flags = 0;

	for (const char *c = arg[1]; *c; c++) {
		flags |= *c == 'w' ? O_WRONLY : 0;
		flags |= *c == '+' ? O_RDWR : 0;
		flags |= *c == 'c' ? O_CREAT : 0;
		flags |= *c == 'x' ? O_EXCL : 0;
		flags |= *c == 't' ? O_TRUNC : 0;
		flags |= *c == 'n' ? O_NONBLOCK : 0;
		flags |= *c == 'd' ? O_DIRECTORY : 0;
	}
	return open(arg[0], flags, 0644);
}

static int do_seek(char **arg)
{
	int fd = do_open(arg);

	return fd < 0 ? -1 : (int)lseek(fd, 0, SEEK_SET);
}

static int do_read(char **arg)
{
	int fd = open(arg[0], O_RDONLY);
	char byte;

	return fd < 0 ? -1 : (int)read(fd, &byte, 1);
}

/*
 * A reader that has begun when TEXT is written to another file goes on in OLD,
 * and sees NEW when it goes back. ENOSTR stands for anything else.
 */
static int do_snapshot(char **arg)
{
	int fd = open(arg[0], O_RDONLY);
	char text[4096];
	ssize_t len;

	if (fd < 0 || read(fd, text, 1) != 1 ||
	    write_all(arg[1], O_WRONLY, arg[2], strlen(arg[2])))
		return -1;
	len = read(fd, text + 1, sizeof(text) - 2);
	text[len < 0 ? 0 : len + 1] = '\0';
	errno = ENOSTR;
	if (strcmp(text, arg[3]) != 0)
		return -1;
	len = pread(fd, text, sizeof(text) - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	errno = ENOSTR;
	return strcmp(text, arg[4]) != 0 ? -1 : 0;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Signals come until one ends the write: the first may come before it. */
static int do_interrupt(char **arg)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_alarm };
	int fd = open(arg[0], O_WRONLY);
	int ret, err;

	if (fd < 0 || sigaction(SIGALRM, &action, NULL) ||
	    setitimer(ITIMER_REAL, &often, NULL))
		return -1;
	ret = write(fd, arg[1], strlen(arg[1])) < 0 ? -1 : 0;
	err = errno;
	setitimer(ITIMER_REAL, &never, NULL);
	errno = err;
	return ret;
}

/* What another write, or rmdir, takes away under an open file. */
static int do_outlive(char **arg)
{
	int fd = open(arg[0], O_WRONLY);

	if (fd < 0)
		return -1;
	if (*arg[2] ? write_all(arg[1], O_WRONLY, arg[2], strlen(arg[2]))
		    : rmdir(arg[1])) {
		errno = ENOSTR;
		return -1;
	}
	return write(fd, "1", 1) < 0 ? -1 : 0;
}

/* The read-write form, without waiting: the errno is that of the read. */
static int do_ask(char **arg)
{
	int fd = open(arg[0], O_RDWR | O_NONBLOCK);
	size_t len = strlen(arg[1]);
	char text[64];

	if (fd < 0 || write(fd, arg[1], len) != (ssize_t)len)
		return -1;
	return (int)read(fd, text, sizeof(text));
}

static int do_mkdir(char **arg)
{
	return mkdir(arg[0], 0755);
}

static int do_rmdir(char **arg)
{
	return rmdir(arg[0]);
}

static int do_unlink(char **arg)
{
	return unlink(arg[0]);
}

static int do_rename(char **arg)
{
	return rename(arg[0], arg[1]);
}

static int do_truncate(char **arg)
{
	return truncate(arg[0], atoll(arg[1]));
}

static int do_chmod(char **arg)
{
	return chmod(arg[0], (mode_t)strtoul(arg[1], NULL, 8));
}

/* -1 keeps the one or the other. */
static int do_chown(char **arg)
{
	return chown(arg[0], (uid_t)atol(arg[1]), (gid_t)atol(arg[2]));
}

static int do_symlink(char **arg)
{
	return symlink(arg[0], arg[1]);
}

static int do_link(char **arg)
{
	return link(arg[0], arg[1]);
}

static int do_mknod(char **arg)
{
	return mkfifo(arg[0], 0644);
}

static int do_stat(char **arg)
{
	struct stat st;

	return stat(arg[0], &st);
}

static int do_touch(char **arg)
{
	return utimensat(AT_FDCWD, arg[0], NULL, 0);
}

static void *map_page(const char *path, int flags)
{
	int fd = open(path, O_RDWR);
	void *p;

	if (fd < 0)
		return MAP_FAILED;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, fd, 0);
	close(fd);
	return p;
}

static int do_mapshared(char **arg)
{
	return map_page(arg[0], MAP_SHARED) == MAP_FAILED ? -1 : 0;
}

/* ENOSTR stands for other bytes in the mapping. */
static int do_mapprivate(char **arg)
{
	char *p = map_page(arg[0], MAP_PRIVATE);
	size_t len = strlen(arg[1]);

	if (p == MAP_FAILED)
		return -1;
	if (memcmp(p, arg[1], len) != 0) {
		errno = ENOSTR;
		return -1;
	}
	memset(p, 'x', len);
	return 0;
}

/* All of it from the start, or from where @text has some of it already. */
static size_t read_rest(int fd, char *text, size_t have, size_t size)
{
	ssize_t n;

	while (have < size &&
	       (n = pread(fd, text + have, size - have, (off_t)have)) > 0)
		have += (size_t)n;
	return have;
}

/*
 * What a program sees that keeps a file open. ENOSTR: reading from the start
 * again gave the same; ESTALE: going on did not belong to the start.
 */
static int do_reread(char **arg)
{
	static char first[1 << 20], again[1 << 20], parts[1 << 20];
	int fd = open(arg[0], O_RDONLY);
	size_t n[3];

	if (fd < 0)
		return -1;
	n[0] = read_rest(fd, first, 0, sizeof(first));
	if (write_all(arg[1], O_WRONLY, arg[2], strlen(arg[2])))
		return -1;
	n[1] = read_rest(fd, again, 0, sizeof(again));
	if (lseek(fd, 0, SEEK_SET) || read(fd, parts, 7) != 7 ||
	    write_all(arg[1], O_WRONLY, arg[2], strlen(arg[2])))
		return -1;
	n[2] = read_rest(fd, parts, 7, sizeof(parts));
	errno = 0;
	if (n[0] == n[1] && !memcmp(first, again, n[0]))
		errno = ENOSTR;
	else if (n[1] != n[2] || memcmp(again, parts, n[1]) != 0)
		errno = ESTALE;
	return errno ? -1 : 0;
}

/* ENOSTR: an entry of the directory is not said to be what it is. */
static int do_dtypes(char **arg)
{
	DIR *dir = opendir(arg[0]);
	struct dirent *entry;
	struct stat st;
	int err;

	if (!dir)
		return -1;
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW))
			break;
		if (entry->d_type != IFTODT(st.st_mode)) {
			errno = ENOSTR;
			break;
		}
	}
	err = errno;
	closedir(dir);
	errno = err;
	return err ? -1 : 0;
}

static const struct call {
	const char *name;
	int (*fn)(char **arg);
	int args;
	const char *help;
} calls[] = {
	{ "write", do_write, 2, "PATH TEXT" },
	{ "nonblock", do_nonblock, 2, "PATH TEXT: write with O_NONBLOCK" },
	{ "append", do_append, 2, "PATH TEXT: write with O_APPEND" },
	{ "cut", do_cut, 4, "PATH N EACH TEXT: N bytes, then EACH at a time" },
	{ "fill", do_fill, 2, "PATH N: one write of N digits" },
	{ "pwrite", do_pwrite, 3, "PATH OFFSET TEXT" },
	{ "open", do_open, 2, "PATH FLAGS: letters of w+cxtnd, - for none" },
	{ "seek", do_seek, 2, "PATH FLAGS: to the beginning" },
	{ "read", do_read, 1, "PATH" },
	{ "snapshot", do_snapshot, 5,
	  "PATH OTHER TEXT OLD NEW: read, write TEXT to OTHER, read on" },
	{ "interrupt", do_interrupt, 2,
	  "PATH TEXT: a write ended by a signal" },
	{ "outlive", do_outlive, 3,
	  "PATH OTHER TEXT: open, write TEXT to OTHER or, without, rmdir OTHER,\n"
	  "\tand write" },
	{ "ask", do_ask, 2, "PATH TEXT: write, then read, with O_NONBLOCK" },
	{ "mkdir", do_mkdir, 1, "PATH" },
	{ "rmdir", do_rmdir, 1, "PATH" },
	{ "unlink", do_unlink, 1, "PATH" },
	{ "rename", do_rename, 2, "PATH PATH" },
	{ "truncate", do_truncate, 2, "PATH SIZE" },
	{ "chmod", do_chmod, 2, "PATH OCTAL" },
	{ "chown", do_chown, 3, "PATH UID GID" },
	{ "symlink", do_symlink, 2, "TARGET PATH" },
	{ "link", do_link, 2, "PATH PATH" },
	{ "mkfifo", do_mknod, 1, "PATH" },
	{ "stat", do_stat, 1, "PATH" },
	{ "touch", do_touch, 1, "PATH: utimensat, nothing created" },
	{ "mapshared", do_mapshared, 1, "PATH: its first page" },
	{ "mapprivate", do_mapprivate, 2,
	  "PATH TEXT: its first page, which begins so; then written to" },
	{ "reread", do_reread, 3,
	  "PATH OTHER TEXT: does it change with TEXT being written to OTHER?" },
	{ "dtypes", do_dtypes, 1, "PATH: types of the directory's entries" },
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static int usage(void)
{
	for (size_t i = 0; i < NR_CALLS; i++)
		fprintf(stderr, "try %s %s\n", calls[i].name, calls[i].help);
	return 2;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < NR_CALLS; i++)
		if (!strcmp(argv[1], calls[i].name) &&
		    argc - 2 == calls[i].args)
			return print_result(calls[i].fn(argv + 2));
	return usage();
}
