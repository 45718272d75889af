/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.c - text into buffers of fixed size; the one door to the C library's
 * formatting for code that must not know stdio
 */
#include <stdio.h>
#include <string.h>

#include "util/text.h"

size_t text_vformat(char *buf, size_t size, const char *format, va_list args)
{
	int n = vsnprintf(buf, size, format, args);

	if (n < 0) {
		buf[0] = '\0';
		return 0;
	}
	return (size_t)n < size ? (size_t)n : size - 1;
}

size_t text_vlength(const char *format, va_list args)
{
	int n = vsnprintf(NULL, 0, format, args);

	return n < 0 ? 0 : (size_t)n;
}

size_t text_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = text_vformat(buf, size, format, args);
	va_end(args);
	return n;
}

void text_copy(char *buf, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	memcpy(buf, text, n);
	buf[n] = '\0';
}

uint32_t text_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}
