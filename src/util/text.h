/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text.h - text into buffers of fixed size
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/**
 * text_vformat() - as vsnprintf(3)
 *
 * Return: the length of what @buf holds now, always less than @size and so
 * usable as an offset to go on writing at.
 */
size_t text_vformat(char *buf, size_t size, const char *format, va_list args);

/**
 * text_vlength() - the length of what text_vformat() would write, were there
 * room for it
 */
size_t text_vlength(const char *format, va_list args);

size_t text_format(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * text_copy() - as strlcpy(3): cut to fit, always terminated
 */
void text_copy(char *buf, size_t size, const char *text);

/**
 * text_hash() - FNV-1a, for tables of names
 */
uint32_t text_hash(const char *text);

#endif /* UTIL_TEXT_H */
