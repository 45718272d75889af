/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * parse.h - numbers and words out of commands
 *
 * Strict throughout: the whole text must be what is asked for. Junk is
 * -EINVAL, a number that is one but too large is -ERANGE, and results are
 * untouched on failure.
 */
#ifndef UTIL_PARSE_H
#define UTIL_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * parse_number() - decimal digits and nothing else
 * @max: larger is -ERANGE
 */
int parse_number(const char *text, uint64_t max, uint64_t *ret_value);

/**
 * parse_hex() - 0x and hexadecimal digits
 */
int parse_hex(const char *text, uint64_t max, uint64_t *ret_value);

/**
 * parse_size() - a number with an optional K, M or G behind it
 */
int parse_size(const char *text, uint64_t max, uint64_t *ret_value);

/**
 * parse_digits() - is this a text of digits only (and not empty)?
 */
bool parse_digits(const char *text);

/**
 * parse_word() - cut the next word off
 * @cursor: moved behind the word; blanks and newlines separate words
 *
 * Return: the word, terminated in place, or NULL at the end.
 */
char *parse_word(char **cursor);

/**
 * parse_name() - does a name follow the rule of the mount?
 *
 * 1..127 bytes of valid UTF-8 without blanks (of whatever script), control
 * characters and any of "/ , ; | *", not beginning with '.', ':' or '#'.
 * Return: 0, -EINVAL, -ENAMETOOLONG.
 */
int parse_name(const char *name);

/**
 * parse_name_char() - length of the character at @text if a name may have it
 *
 * Return: bytes; 0 for none that is allowed, and at the end.
 */
unsigned int parse_name_char(const char *text);

/**
 * parse_utf8() - length of the valid UTF-8 sequence at @text, 0 for none
 */
unsigned int parse_utf8(const char *text);

#endif /* UTIL_PARSE_H */
