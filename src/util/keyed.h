/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * keyed.h - lines of words and `key=value`, both ways
 *
 * Blanks and tabs separate; a word that begins with # begins a comment. A value
 * that has blanks or control characters, or begins with a quotation mark, or is
 * empty, stands in quotation marks; in those \" \\ \n \t and \xNN mean what they
 * mean in C, and other bytes themselves. Any other value is what is there, up to
 * the next blank.
 */
#ifndef UTIL_KEYED_H
#define UTIL_KEYED_H

#include "util/strbuf.h"

/**
 * keyed_word() - cut the next word off
 * @cursor: in a line without its newline; moved behind the word
 *
 * Return: the word, terminated in place, or NULL at the end of the line, which
 * a comment is, too.
 */
char *keyed_word(char **cursor);

/**
 * keyed_pair() - cut the next key and its value off
 * @ret_key: terminated in place, as is @ret_value, without its quotation
 * @ret_wrong: on failure what is wrong, in words
 *
 * Return: 1; 0 at the end of the line; -EINVAL.
 */
int keyed_pair(char **cursor, char **ret_key, char **ret_value,
	       const char **ret_wrong);

/**
 * keyed_print() - append a blank and a pair, quoted where it must be
 */
void keyed_print(struct strbuf *sb, const char *key, const char *value);

#endif /* UTIL_KEYED_H */
