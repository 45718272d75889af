/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strbuf.c - text that grows, by doubling
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/strbuf.h"

#define STRBUF_LEAST 128

/* Room for @more bytes and the NUL behind them. */
static bool strbuf_grow(struct strbuf *sb, size_t more)
{
	size_t room = sb->room ? sb->room : STRBUF_LEAST;
	char *data;

	if (sb->failed)
		return false;
	while (room - sb->len <= more) {
		if (room > (size_t)-1 / 2) {
			sb->failed = true;
			return false;
		}
		room *= 2;
	}
	if (room == sb->room)
		return true;
	data = realloc(sb->data, room);
	if (!data) {
		sb->failed = true;
		return false;
	}
	sb->data = data;
	sb->room = room;
	return true;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
}

void strbuf_cut(struct strbuf *sb, size_t len)
{
	if (len >= sb->len)
		return;
	sb->len = len;
	sb->data[len] = '\0';
}

void strbuf_free(struct strbuf *sb)
{
	free(sb->data);
	memset(sb, 0, sizeof(*sb));
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (!strbuf_grow(sb, len))
		return;
	memcpy(sb->data + sb->len, data, len);
	sb->len += len;
	sb->data[sb->len] = '\0';
}

void strbuf_addc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_adds(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

/* Tried in the room that there is; mostly it fits. */
void strbuf_vaddf(struct strbuf *sb, const char *format, va_list args)
{
	va_list again;
	int n;

	if (!strbuf_grow(sb, 1))
		return;
	va_copy(again, args);
	n = vsnprintf(sb->data + sb->len, sb->room - sb->len, format, args);
	if (n < 0) {
		sb->failed = true;
	} else if ((size_t)n < sb->room - sb->len) {
		sb->len += (size_t)n;
	} else if (strbuf_grow(sb, (size_t)n)) {
		vsnprintf(sb->data + sb->len, sb->room - sb->len, format,
			  again);
		sb->len += (size_t)n;
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vaddf(sb, format, args);
	va_end(args);
}
