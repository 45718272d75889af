/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * linux/string.h - strings and bytes
 */
#include_next <linux/string.h>

#ifndef KMEM_LINUX_STRING_H
#define KMEM_LINUX_STRING_H

#include <string.h>
#include <strings.h>

#include <kmem/slab.h>
#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/types.h>

#pragma GCC visibility push(default)

/**
 * strscpy() - copy a string, cut to fit, always terminated
 * @dst: an array, or a pointer with its size as third argument
 * @src: a string
 *
 * Return: its length; -E2BIG when it was cut, or the size is 0.
 */
#define strscpy(dst, ...)                                                      \
	KMEM_THIRD(dst, ##__VA_ARGS__, KMEM_STRSCPY_3, KMEM_STRSCPY_2)         \
	(dst, __VA_ARGS__)
#define KMEM_THIRD(a, b, c, d, ...) d
#define KMEM_STRSCPY_2(dst, src)                                               \
	kmem_strscpy(dst, src, sizeof(dst) + 0 * ARRAY_SIZE(dst))
#define KMEM_STRSCPY_3(dst, src, size) kmem_strscpy(dst, src, size)
ssize_t kmem_strscpy(char *dst, const char *src, size_t size);

/* The same, and zeroes up to the end. */
ssize_t strscpy_pad(char *dst, const char *src, size_t size);

/* The first character that isspace(3) does not know; without those at the
 * end, in place; both. */
char *skip_spaces(const char *s);
char *strim(char *s);
#define strstrip(s) strim(s)

/* @s with each @old replaced by @new_char. Return: @s. */
char *strreplace(char *s, char old, char new_char);

/* Within the first @n bytes of @s, or NULL. */
char *strnchr(const char *s, size_t n, int c);

/* The first byte of @n that is not @c, or NULL. */
void *memchr_inv(const void *p, int c, size_t n);

/* Equal, but for one newline at the end? */
bool sysfs_streq(const char *a, const char *b);

/* The index of @s in @n strings, the first NULL ends them; -EINVAL. */
int match_string(const char *const *array, size_t n, const char *s);
int __sysfs_match_string(const char *const *array, size_t n, const char *s);
#define sysfs_match_string(array, s)                                           \
	__sysfs_match_string(array, ARRAY_SIZE(array), s)

#pragma GCC visibility pop

/* Length of @prefix if @s begins with it, else 0. */
static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? n : 0;
}

static inline bool strstarts(const char *s, const char *prefix)
{
	return str_has_prefix(s, prefix) != 0 || !*prefix;
}

/* What follows the last '/'. */
static inline const char *kbasename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static inline bool mem_is_zero(const void *p, size_t n)
{
	return !memchr_inv(p, 0, n);
}

/* A memset() that no compiler leaves out. */
static inline void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

/* Strings that need not be copied are copied all the same. */
static inline const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return kstrdup(s, gfp);
}

static inline void kfree_const(const void *p)
{
	kfree(p);
}

#endif /* KMEM_LINUX_STRING_H */
