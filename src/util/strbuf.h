/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * strbuf.h - text that grows
 *
 * Running out of memory is remembered instead of reported by each call: the
 * writer goes on, and whoever uses the text asks strbuf_ok() once at the end.
 */
#ifndef UTIL_STRBUF_H
#define UTIL_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct strbuf - a text; all zero is the empty one
 * @data: the text, terminated by NUL once anything was added
 * @len: bytes without the NUL
 * @room: allocated bytes
 * @failed: something did not fit into memory and is missing
 */
struct strbuf {
	char *data;
	size_t len;
	size_t room;
	bool failed;
};

/**
 * strbuf_reset() - empty it, keep the memory
 */
void strbuf_reset(struct strbuf *sb);

/**
 * strbuf_cut() - keep the first @len bytes only
 */
void strbuf_cut(struct strbuf *sb, size_t len);

/**
 * strbuf_free() - empty it, release the memory; it may be used again
 */
void strbuf_free(struct strbuf *sb);

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_adds(struct strbuf *sb, const char *text);
void strbuf_addf(struct strbuf *sb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *format, va_list args);

static inline bool strbuf_ok(const struct strbuf *sb)
{
	return !sb->failed;
}

#endif /* UTIL_STRBUF_H */
