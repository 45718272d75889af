/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount.c - which mounts are ours: those of type fuse.allocfs, whoever made
 * them
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top/top.h"

/* The n-th blank-separated field from @line on; NULL: the line has less. */
static const char *field(const char *line, int n)
{
	while (n-- && line) {
		line += strcspn(line, " \n");
		line = *line == ' ' ? line + 1 : NULL;
	}
	return line;
}

/* The type stands behind a lone "-" that follows fields of any number. */
static bool is_ours(const char *line)
{
	static const char ours[] = "- fuse.allocfs ";
	const char *dash = field(line, 6);

	while (dash && strncmp(dash, "- ", 2) != 0)
		dash = field(dash, 1);
	return dash && !strncmp(dash, ours, strlen(ours));
}

static bool is_octal(const char *text)
{
	for (int i = 0; i < 3; i++)
		if (text[i] < '0' || text[i] > '7')
			return false;
	return true;
}

/* A blank is \040 there, and so on. */
static char *unescape(const char *text, size_t len)
{
	char *path = malloc(len + 1), *to = path;

	for (size_t i = 0; path && i < len; i++) {
		if (text[i] == '\\' && i + 3 < len && is_octal(text + i + 1)) {
			*to++ = (char)((text[i + 1] - '0') << 6 |
				       (text[i + 2] - '0') << 3 |
				       (text[i + 3] - '0'));
			i += 3;
		} else {
			*to++ = text[i];
		}
	}
	if (path)
		*to = '\0';
	return path;
}

int mount_find(const char *mountinfo, char **ret_path)
{
	const char *first = NULL, *line = mountinfo;
	int nr = 0;

	while (*line) {
		if (is_ours(line)) {
			if (!nr++)
				first = field(line, 4);
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (nr) {
		char *path = unescape(first, strcspn(first, " \n"));

		if (!path)
			return -ENOMEM;
		*ret_path = path;
	}
	return nr;
}
