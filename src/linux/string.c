/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * string.c - strings and bytes, as the kernel's own library has them
 */
#include <ctype.h>
#include <errno.h>

#include <linux/string.h>

ssize_t kmem_strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size)
		len--;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return src[len] ? -E2BIG : (ssize_t)len;
}

ssize_t strscpy_pad(char *dst, const char *src, size_t size)
{
	ssize_t n = kmem_strscpy(dst, src, size);

	if (n >= 0)
		memset(dst + n, 0, size - (size_t)n);
	return n;
}

char *skip_spaces(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return (char *)s;
}

char *strim(char *s)
{
	size_t len = strlen(s);

	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	s[len] = '\0';
	return skip_spaces(s);
}

char *strreplace(char *s, char old, char new_char)
{
	for (char *p = s; *p; p++)
		if (*p == old)
			*p = new_char;
	return s;
}

char *strnchr(const char *s, size_t n, int c)
{
	for (; n--; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			break;
	}
	return NULL;
}

void *memchr_inv(const void *p, int c, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		if (bytes[i] != (unsigned char)c)
			return (void *)(bytes + i);
	return NULL;
}

/* Length without one newline at the end. */
static size_t line_length(const char *s)
{
	size_t len = strlen(s);

	return len && s[len - 1] == '\n' ? len - 1 : len;
}

bool sysfs_streq(const char *a, const char *b)
{
	size_t len = line_length(a);

	return line_length(b) == len && memcmp(a, b, len) == 0;
}

static int match(const char *const *array, size_t n, const char *s,
		 bool (*equal)(const char *a, const char *b))
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (equal(array[i], s))
			return (int)i;
	return -EINVAL;
}

static bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

int match_string(const char *const *array, size_t n, const char *s)
{
	return match(array, n, s, streq);
}

int __sysfs_match_string(const char *const *array, size_t n, const char *s)
{
	return match(array, n, s, sysfs_streq);
}
