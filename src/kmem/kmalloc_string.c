/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kmalloc_string.c - copies of bytes and strings, and formatted text, in memory
 * of kmalloc()
 *
 * Debugging sees who called these functions, not them.
 */
#include <string.h>

#include <kmem/sprintf.h>

#include "internal.h"

static char *copy_text(const char *s, size_t len, gfp_t gfp, void *caller)
{
	char *copy = kmalloc_caller(len + 1, gfp, caller);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	if (!s)
		return NULL;
	return copy_text(s, strlen(s), gfp, __builtin_return_address(0));
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	if (!s)
		return NULL;
	return copy_text(s, strnlen(s, max), gfp, __builtin_return_address(0));
}

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	if (!s || len > KMALLOC_MAX_SIZE)
		return NULL;
	return copy_text(s, len, gfp, __builtin_return_address(0));
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc_caller(len, gfp, __builtin_return_address(0));

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}

/* The arguments are gone through twice: for the length, then for the text. */
static char *format_text(gfp_t gfp, const char *format, va_list args,
			 void *caller)
{
	va_list again;
	size_t len;
	char *text;

	va_copy(again, args);
	len = (size_t)kmem_vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = kmalloc_caller(len + 1, gfp, caller);
	if (text)
		kmem_vsnprintf(text, len + 1, format, args);
	return text;
}

char *kvasprintf(gfp_t gfp, const char *format, va_list args)
{
	return format_text(gfp, format, args, __builtin_return_address(0));
}

char *kasprintf(gfp_t gfp, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_text(gfp, format, args, __builtin_return_address(0));
	va_end(args);
	return text;
}
