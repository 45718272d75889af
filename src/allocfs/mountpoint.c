/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mountpoint.c - the remains of a mount whose server died
 *
 * When a FUSE server is killed its mount stays, and every access answers
 * ENOTCONN; a new server could not even see the directory. If it was one of
 * ours, as the table of mounts says, it is detached.
 */
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "view.h"

#define FS_TYPE "fuse.allocfs"
#define MAX_STACKED 16

extern char **environ;

/* Absolute, if need be without looking at the last component, which is dead. */
static int absolute_path(const char *path, char *buf)
{
	char copy[PATH_MAX], *slash;
	size_t len = strlen(path);

	if (realpath(path, buf))
		return 0;
	if (errno != ENOTCONN)
		return -errno;
	if (len >= sizeof(copy))
		return -ENAMETOOLONG;
	memcpy(copy, path, len + 1);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	slash = strrchr(copy, '/');
	if (slash == copy) {
		strcpy(buf, copy);
		return 0;
	}
	if (slash)
		*slash = '\0';
	if (!realpath(slash ? copy : ".", buf))
		return -errno;
	if (strlen(buf) + len + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	strcat(buf, "/");
	strcat(buf, slash ? slash + 1 : copy);
	return 0;
}

/* Undo the octal escapes of mountinfo. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] && text[2] && text[3]) {
			*to++ = (char)((text[1] - '0') << 6 |
				       (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* One line of mountinfo: is our type mounted at @path? */
static bool line_is_ours(char *line, const char *path)
{
	char *type = strstr(line, " - ");
	char *field = line;
	unsigned int i;
	size_t len;

	if (!type)
		return false;
	type += 3;
	len = strcspn(type, " ");
	if (len != strlen(FS_TYPE) || strncmp(type, FS_TYPE, len) != 0)
		return false;
	for (i = 0; i < 4 && field; i++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (!field)
		return false;
	field[strcspn(field, " ")] = '\0';
	unescape(field);
	return !strcmp(field, path);
}

/* The last mount at @path is the one that is seen. */
static bool is_ours(const char *path)
{
	FILE *table = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t room = 0;
	bool ours = false;

	if (!table)
		return false;
	while (getline(&line, &room, table) > 0)
		if (line_is_ours(line, path))
			ours = true;
	free(line);
	fclose(table);
	return ours;
}

/* What root does by itself, fusermount3 does for others. */
static int detach(const char *path)
{
	const char *const argv[] = {
		"fusermount3", "-u", "-z", "--", path, NULL
	};
	/* Success where it is not told, as with SIGCHLD ignored: we look again. */
	int status = 0;
	pid_t pid;
	int err;

	if (!umount2(path, MNT_DETACH))
		return 0;
	if (errno != EPERM)
		return -errno;
	err = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv,
			   environ);
	if (err)
		return -err;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPERM;
}

/*
 * Is there a dead server? The kernel may remember the attributes of the root
 * for a moment; statfs(2) it has to ask for.
 */
static int probe(const char *path, bool ours)
{
	struct statfs fs;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return ours && statfs(path, &fs) ? -errno : 0;
}

int mountpoint_clear(const char *path)
{
	char buf[PATH_MAX];
	unsigned int i;
	bool ours;
	int err;

	err = absolute_path(path, buf);
	if (err)
		return err;
	for (i = 0; i < MAX_STACKED; i++) {
		ours = is_ours(buf);
		err = probe(path, ours);
		if (err != -ENOTCONN || !ours)
			return err;
		err = detach(buf);
		if (err)
			return err;
	}
	return -ENOTCONN;
}
